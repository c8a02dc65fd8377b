"""Sandboxes: a function of this package, in a process that reaches nothing of the machine around it.

A sandbox is forked from a warm server, so that what it needs is imported already. `start` makes one,
`protections` says what this machine can give, `usage` what a sandbox uses.
"""

from course_lib.kernels.sandbox.confinement import HOME, LANDLOCK, LEVELS, NAMESPACES, NONE, Confinement
from course_lib.kernels.sandbox.launch import Sandboxed, start
from course_lib.kernels.sandbox.protections import Protections, protections
from course_lib.kernels.sandbox.usage import Usage, usage

__all__ = [
    "HOME",
    "LANDLOCK",
    "LEVELS",
    "NAMESPACES",
    "NONE",
    "Confinement",
    "Protections",
    "Sandboxed",
    "Usage",
    "protections",
    "start",
    "usage",
]
