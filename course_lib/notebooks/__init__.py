"""From text sources to notebooks: synchronise, project, check, execute, and hand the results to the site."""

from .errors import CourseError
from .layout import Project
from .projections import FRAMEWORKS, project
from .source import Source, read_source

__all__ = ["FRAMEWORKS", "CourseError", "Project", "Source", "project", "read_source"]
