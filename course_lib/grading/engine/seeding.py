"""Seeds that a test sets, set in the student's process too: there the numbers are drawn."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

_SEEDERS = (
    ("random", "seed"),
    ("numpy", "random.seed"),
    ("torch", "manual_seed"),
    ("tensorflow", "random.set_seed"),
    ("keras", "utils.set_random_seed"),
)

Forward = Callable[[str, str, tuple[Any, ...], dict[str, Any]], None]
"""Called with the module, the dotted name in it, and the arguments of a seeding function that was called."""


def watch(forward: Forward) -> None:
    """Let the seeding functions of the loaded libraries call `forward` after they have done their work."""
    for module, name in _SEEDERS:
        owner: Any = sys.modules.get(module)
        *path, last = name.split(".")
        for part in path:
            owner = getattr(owner, part, None)
        original = getattr(owner, last, None)
        if original is not None and not hasattr(original, "_course_watched"):
            setattr(owner, last, _watched(original, module, name, forward))


def _watched(original: Any, module: str, name: str, forward: Forward) -> Any:
    @functools.wraps(original)
    def seed(*args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        forward(module, name, args, kwargs)
        return result

    seed._course_watched = True  # type: ignore[attr-defined]
    return seed
