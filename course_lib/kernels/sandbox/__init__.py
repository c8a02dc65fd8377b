"""Sandboxes: a function of this package, in a process that reaches nothing of the machine around it.

A sandbox is forked from a warm server, so that what it needs is imported already. `start` makes one,
`protections` says what this machine can give, `usage` what a sandbox uses.
"""

from course_lib.kernels.sandbox.confinement import HOME, LANDLOCK, LEVELS, NAMESPACES, NONE, Confinement
from course_lib.kernels.sandbox.launch import Sandboxed, start

__all__ = ["HOME", "LANDLOCK", "LEVELS", "NAMESPACES", "NONE", "Confinement", "Sandboxed", "start"]
