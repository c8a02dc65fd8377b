"""Copying weights between the halls."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

FRAMEWORK_HALLS = {"torch": "pytorch", "keras": "keras", "course_lib": "from_scratch"}


def hall_of(model: Any) -> str:
    """The hall a model belongs to: ``"pytorch"``, ``"keras"`` or ``"from_scratch"``. Raises ``TypeError`` otherwise."""
    # Keras first: on the torch backend a Keras model is a torch module as well.
    roots = [cls.__module__.split(".")[0] for cls in type(model).__mro__]
    for root in ("keras", "torch", "course_lib"):
        if root in roots:
            return FRAMEWORK_HALLS[root]
    raise TypeError(f"{type(model).__name__} is not a model of PyTorch, Keras or course_lib.from_scratch")


def hall_module(model: Any, name: str) -> ModuleType:
    """The module ``name`` (such as ``"networks"``) of the hall the model belongs to."""
    return importlib.import_module(f"course_lib.{hall_of(model)}.{name}")


def copy_weights(source: Any, target: Any) -> None:
    """Copy the weights of ``source`` into ``target``, transposed where the frameworks store them differently.

    Both models have the same layers in the same order. Raises ``ValueError`` if number or shapes differ.
    """
    arrays = hall_module(source, "networks").weights(source)
    hall_module(target, "networks").set_weights(target, arrays)
