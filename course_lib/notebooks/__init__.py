"""From text sources to notebooks: synchronise, project, check, execute, and hand the results to the site.

The names below load on first use: the command line answers at once, and a kernel that imports one module of
this package does not pay for the others.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from course_lib.notebooks.environment import FRAMEWORKS
    from course_lib.notebooks.errors import CourseError
    from course_lib.notebooks.layout import Project
    from course_lib.notebooks.projections import project
    from course_lib.notebooks.source import Source, read_source

__all__ = ["FRAMEWORKS", "CourseError", "Project", "Source", "project", "read_source"]

_HOMES = {
    "CourseError": "errors",
    "Project": "layout",
    "FRAMEWORKS": "environment",
    "project": "projections",
    "Source": "source",
    "read_source": "source",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
