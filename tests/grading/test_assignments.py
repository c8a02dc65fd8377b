"""The assignments of this course: their graders are proved with every answer there is.

Here in strict mode; in compat mode beside nbgrader, in `records/test_compat.py`; in both, by `course check-graders`.
"""

from pathlib import Path

from course_lib.grading import cli
from course_lib.grading.engine.model import STRICT
from course_lib.notebooks.environment import cores

ROOT = Path(__file__).resolve().parents[2]


def test_every_grader_judges_rightly(capsys) -> None:
    assignments = cli.read(ROOT, [])
    reports, defects = cli.prove(ROOT, assignments, jobs=cores(), modes=[STRICT])
    with capsys.disabled():
        print("\n" + cli.table([cli.HEADER, *(report.row() for report in reports)]))
    assert assignments
    assert defects == []
