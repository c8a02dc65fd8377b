# What a server of the hub runs: JupyterLab, both frameworks, nbgrader, the course's library. Built from the
# repository's root (README.md). No solutions: only what is copied by name below is in it.
FROM python:3.11-slim-bookworm

# The hub's version: a server must have the same. Chart 4.4.0 ships this one.
ARG JUPYTERHUB=5.5.0
# Where pip finds the CPU builds of PyTorch; without it the ones for a GPU are installed.
ARG EXTRA_INDEX=""
# tensorflow-gpu for the image with a GPU.
ARG TENSORFLOW=tensorflow-cpu

RUN useradd --create-home --home-dir /srv/home --uid 1000 --gid 100 jovyan \
    && mkdir /opt/course

ENV HOME=/srv/home \
    PATH=/opt/venv/bin:$PATH \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    JUPYTER_DEFAULT_PROVISIONER_NAME=course-warm

WORKDIR /opt/build
COPY requirements.txt pyproject.toml README.md LICENSE ./
# The pinned set, with the hub's own version in place of the newest.
RUN sed -e "s/^jupyterhub==.*/jupyterhub==${JUPYTERHUB}/" -e "s/^tensorflow==\([0-9.]*\);.*/tensorflow==\1/" \
        requirements.txt > pinned.txt \
    && grep -q "^jupyterhub==${JUPYTERHUB}$" pinned.txt
COPY course_lib ./course_lib
RUN python -m venv /opt/venv \
    && pip install ${EXTRA_INDEX:+--extra-index-url "$EXTRA_INDEX"} --constraint pinned.txt \
        ".[pytorch,${TENSORFLOW},cluster,hub,lab]" "jupyterhub==${JUPYTERHUB}" \
    && rm -rf /opt/build/course_lib

# nbgrader and JupyterLab, as servers of `course hub` have them: for everybody, students, instructors.
COPY hub/local/everybody /opt/course/jupyter/everybody
COPY hub/local/student /opt/course/jupyter/student
COPY hub/local/instructor /opt/course/jupyter/instructor
COPY exercises /opt/course/exercises

USER 1000:100
WORKDIR /srv/home
EXPOSE 8888
CMD ["jupyterhub-singleuser"]
