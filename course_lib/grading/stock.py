"""nbgrader itself, run in a child process: it changes the working directory and the environment.

`python -m course_lib.grading.stock FILE` reads a JSON list of requests, `{"course": DIR, "slug": ..., "step": ...}`.
"course_id" may be added.
A step is "release" (the student version), "generate" (and the gradebook) or "autograde".
The results lie in the course folder, where nbgrader leaves them; `marks.json` is added after autograding.
"""

import json
import logging
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

CELL_TIMEOUT = 120  # seconds


class GradingFailed(RuntimeError):
    """nbgrader stopped before it was done; the message is its own last line."""


def child(requests: Sequence[dict[str, str]], *, environment: dict[str, str] | None = None) -> None:
    """Runs requests in one child process. Raises GradingFailed when nbgrader gives up.

    environment: variables to add for the child and the kernels it starts.
    """
    with tempfile.TemporaryDirectory(prefix="course-") as scratch:
        file = Path(scratch) / "request.json"
        file.write_text(json.dumps(list(requests)), encoding="utf-8")
        env = os.environ | {
            # nbgrader calls alembic, which lies beside the interpreter
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
            "JUPYTER_NO_CONFIG": "1",
            "OMP_NUM_THREADS": "1",
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "TF_NUM_INTRAOP_THREADS": "1",
            "TF_NUM_INTEROP_THREADS": "1",
            "PYTHONPATH": os.pathsep.join(filter(None, [str(_root()), os.environ.get("PYTHONPATH", "")])),
        }
        done = subprocess.run(
            [sys.executable, "-m", "course_lib.grading.stock", str(file)],
            cwd=scratch,
            env=env | (environment or {}),
            capture_output=True,
            text=True,
        )
    if done.returncode:
        raise GradingFailed(_reason(done.stderr) or f"nbgrader ended with exit code {done.returncode}")


def _reason(stderr: str) -> str:
    """The line of a traceback that says why, without nbgrader's own "see above"."""
    lines = [
        line.strip()
        for line in stderr.splitlines()
        if line.strip() and not line.startswith((" ", "Traceback"))
    ]
    told = [
        line
        for line in lines
        if re.match(r"[\w.]+(Error|Exception|Timeout)\b", line) and "see the the" not in line
    ]
    return (told or lines or [""])[-1]


def _root() -> Path:
    return Path(__file__).resolve().parents[2]


def _perform(request: dict[str, str]) -> None:
    # Imported here: only the child needs nbgrader, and importing it takes a second.
    from nbgrader.converters import Autograde, GenerateAssignment
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config

    config = Config()
    config.CourseDirectory.root = request["course"]
    config.CourseDirectory.assignment_id = request["slug"]
    config.CourseDirectory.course_id = request.get("course_id", "")
    config.Execute.timeout = CELL_TIMEOUT
    config.Execute.shutdown_kernel = "immediate"
    coursedir = CourseDirectory(config=config)
    if request["step"] == "release":
        config.GenerateAssignment.no_database = True
        config.SaveCells.enabled = False
    converter = Autograde if request["step"] == "autograde" else GenerateAssignment
    converter(coursedir=coursedir, config=config).start()
    if request["step"] == "autograde":
        marks = _marks(coursedir.db_url, request["slug"])
        (Path(request["course"]) / "marks.json").write_text(json.dumps(marks), encoding="utf-8")


def _marks(db_url: str, slug: str) -> dict[str, dict[str, float]]:
    """Automatic scores by student and grade_id, from nbgrader's gradebook. A person's cells are left out."""
    from nbgrader.api import Gradebook

    with Gradebook(db_url) as gradebook:
        return {
            submission.student.id: {
                grade.name: grade.auto_score
                for notebook in submission.notebooks
                for grade in notebook.grades
                if grade.auto_score is not None
            }
            for submission in gradebook.assignment_submissions(slug)
        }


def main(argv: Sequence[str]) -> int:
    """The child's entry point."""
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr, format="%(message)s")
    for request in json.loads(Path(argv[0]).read_text(encoding="utf-8")):
        _perform(request)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
