"""The house has one direction: which part of course_lib may import which, and where a framework may be imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "course_lib"
HALLS = {"from_scratch", "pytorch", "keras"}
ALLOWED: dict[str, set[str]] = {
    "data": set(),
    "from_scratch": {"data"},
    "pytorch": {"data"},
    "keras": {"data"},
    "parity": HALLS,
    "plots": set(),
    "claims": set(),
    "display": set(),
    "kernels": set(),
    "notebooks": {"kernels"},
    "grading": {"notebooks", "kernels", "plots"},
    "site": {"notebooks", "kernels", "claims"},
    "hub": {"grading", "notebooks", "kernels"},
    "cli": {"notebooks", "grading", "site", "kernels", "hub"},
}
FRAMEWORKS = {"torch": {"pytorch"}, "keras": {"keras"}, "tensorflow": {"keras"}}
# The torch backend of Keras: its autograd is the subject there.
EXCEPTIONS = {("keras/autodiff.py", "torch")}
MODULES = sorted(PACKAGE.rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """Absolute names of the modules a file imports, at its top or inside a function."""
    package = ["course_lib", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            name = ".".join([*base, *([node.module] if node.module else [])])
            yield from (
                [name] if name != "course_lib" else (f"course_lib.{alias.name}" for alias in node.names)
            )


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_one_way(path):
    here = path.relative_to(PACKAGE)
    part = here.parts[0].removesuffix(".py")
    for name in imported(path):
        root, *rest = name.split(".")
        if root == "course_lib" and rest and part != "__init__":
            assert rest[0] in ALLOWED[part] | {part}, f"{here} imports {name}"
        if root in FRAMEWORKS and (here.as_posix(), root) not in EXCEPTIONS:
            assert part in FRAMEWORKS[root], f"{here} imports {root}"


def test_every_part_has_a_rule():
    parts = {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in MODULES} - {"__init__"}
    assert parts == set(ALLOWED)
