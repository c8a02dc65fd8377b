"""What a machine can give a sandbox is found by trying."""

from __future__ import annotations

import json

import pytest

from course_lib.kernels.sandbox import LANDLOCK, LEVELS, NAMESPACES, NONE, protections
from course_lib.kernels.sandbox.protections import Protections, Trial
from tests.kernels.processes import run_python

BROKEN = Trial(NAMESPACES, "unshare: Operation not permitted")
LEAKY = Trial(LANDLOCK, "", ("files outside can be read", "the network can be reached"))
GOOD = Trial(LANDLOCK)


def test_this_machine_is_tried() -> None:
    found = protections()
    assert [trial.level for trial in found.trials] == [NAMESPACES, LANDLOCK]
    assert found.level() in LEVELS
    # A level that starts must hold.
    assert [trial.breaches for trial in found.trials] == [(), ()]
    assert found is protections()
    assert (found.level() == NONE) == bool(found.missing_for_strict())


@pytest.mark.parametrize(
    ("trials", "level", "missing"),
    [
        ((Trial(NAMESPACES), GOOD), NAMESPACES, []),
        ((Trial(NAMESPACES), BROKEN), NAMESPACES, []),
        ((BROKEN, GOOD), LANDLOCK, []),
        (
            (BROKEN, LEAKY),
            NONE,
            [
                "namespaces (unshare: Operation not permitted)",
                "landlock (files outside can be read, the network can be reached)",
            ],
        ),
    ],
)
def test_the_best_level_that_holds_is_taken(trials, level, missing) -> None:
    found = Protections(trials)
    assert found.level() == level
    assert found.missing_for_strict() == missing
    assert found.lines()[0].startswith(f"sandbox: {level} (")
    assert all(any(reason in line for line in found.lines()) for reason in missing)


ATTACK = """
import json, os, sys
os.chdir(sys.argv[1])
from course_lib.kernels.sandbox.trials import ATTEMPTS, attempt
print(json.dumps([list(ATTEMPTS), attempt("none").breaches]))
"""


def test_the_attempts_get_through_where_nothing_stops_them(tmp_path) -> None:
    """Each attack must be one that works: otherwise its failure shows nothing."""
    run = run_python(ATTACK, str(tmp_path))
    assert run.returncode == 0, run.stderr
    attempts, breaches = map(set, json.loads(run.stdout))
    # The resource limits hold at every level; root's processes are not counted, other users have no privileges.
    limited = {"memory can be taken without end", "a file can grow without end"}
    either = {"processes can be started without end"}
    assert attempts - limited - either <= breaches
    assert not breaches & limited
