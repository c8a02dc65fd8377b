"""Landlock: what is left where namespaces are forbidden, as in most pods of a cluster."""

from __future__ import annotations

from course_lib.kernels.sandbox.confinement import Confinement


def enter(confinement: Confinement, folder: str) -> None:
    """Not there yet."""
    raise OSError("Landlock is not implemented")


def restrict(confinement: Confinement, folder: str) -> None:
    """Not there yet."""
    raise OSError("Landlock is not implemented")


def confines_signals() -> bool:
    """Not there yet."""
    return False
