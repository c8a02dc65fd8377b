# What grades: the exchange, grading on submission, the workers. With the solutions: keep it in a private registry.
# Built from the repository's root (README.md).
FROM python:3.11-slim-bookworm

ARG JUPYTERHUB=5.5.0
ARG EXTRA_INDEX=""

RUN groupadd --gid 1000 grader && useradd --create-home --uid 1000 --gid grader grader

ENV PATH=/opt/venv/bin:$PATH \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1

WORKDIR /opt/build
COPY requirements.txt pyproject.toml README.md LICENSE ./
RUN sed -e "s/^jupyterhub==.*/jupyterhub==${JUPYTERHUB}/" requirements.txt > pinned.txt \
    && grep -q "^jupyterhub==${JUPYTERHUB}$" pinned.txt
COPY course_lib ./course_lib
RUN python -m venv /opt/venv \
    && pip install ${EXTRA_INDEX:+--extra-index-url "$EXTRA_INDEX"} --constraint pinned.txt \
        ".[pytorch,tensorflow-cpu,cluster,hub]" "jupyterhub==${JUPYTERHUB}" \
    && rm -rf /opt/build/course_lib

WORKDIR /opt/course
COPY chapters ./chapters
COPY solutions ./solutions
COPY exercises ./exercises

USER 1000:1000
CMD ["python", "-m", "course_lib.hub.ngshare_service", "--help"]
