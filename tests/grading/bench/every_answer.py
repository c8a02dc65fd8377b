"""Runs every answer of a corpus against its test, in one process; prints the kinds that passed, as JSON.

`python -m tests.grading.bench.every_answer CORPUS`
"""

from __future__ import annotations

import json
import sys

from course_lib.grading.bench import corpora


def passed(name: str) -> dict[str, dict[str, list[bool]]]:
    """Whether each answer passes its test, by solution cell and kind of answer."""
    corpus = corpora.read(name)
    cells = corpus.assignment.cells()
    found: dict[str, dict[str, list[bool]]] = {}
    for grade_id, kinds in corpus.answers.items():
        test = cells[f"test_{grade_id}"].source
        for kind, sources in kinds.items():
            for source in sources:
                found.setdefault(grade_id, {}).setdefault(kind, []).append(
                    _passes(cells["setup"].source, source, test)
                )
    return found


def _passes(*cells: str) -> bool:
    namespace: dict[str, object] = {"__name__": "__main__"}
    try:
        for cell in cells:
            exec(cell, namespace)
    except Exception:  # whatever a wrong answer raises
        return False
    return True


if __name__ == "__main__":
    json.dump(passed(sys.argv[1]), sys.stdout)
