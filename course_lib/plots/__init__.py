"""The figures several chapters share. Importing this package applies the course's figure style."""

from course_lib.plots import style
from course_lib.plots.fields import decision_boundary, surface
from course_lib.plots.images import confusion, image_grid
from course_lib.plots.lines import bars, curves, functions
from course_lib.plots.spread import distributions
from course_lib.plots.style import COLORS

style.apply()

__all__ = [
    "COLORS",
    "bars",
    "confusion",
    "curves",
    "decision_boundary",
    "distributions",
    "functions",
    "image_grid",
    "surface",
]
