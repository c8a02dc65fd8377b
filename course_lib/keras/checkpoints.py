"""Checkpoints in Keras: everything a training run needs to go on exactly where it stopped.

The file is a NumPy archive: reading it runs no code from it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import keras
import numpy as np

from course_lib.data.archive import plain, random_state, read_archive, set_random_state, write_archive

__all__ = ["load", "save"]

Schedule: TypeAlias = keras.optimizers.schedules.LearningRateSchedule


def save(
    path: str | Path,
    model: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    *,
    step: int,
    schedule: Schedule | None = None,
    extra: Mapping[str, Any] | None = None,
) -> None:
    """Write the state of a training run after ``step`` updates to ``path``.

    The file holds all variables of the model (also the counters that layers such as dropout draw their
    random numbers from) and of the optimiser, the settings of the schedule (its position is the optimiser's
    own count of updates), the state of Python's and NumPy's random generators and ``extra``: plain values
    such as the history. An older file at ``path`` is replaced only when the new one is complete. Raises
    ``TypeError`` when ``extra`` holds something else than plain values, for example a tensor, a NumPy number
    or a date.
    """
    arrays = _named("model", model.variables) | _named("optimizer", optimizer.variables)
    values = {
        "schedule": _settings(schedule),
        "step": int(step),
        "extra": plain(dict(extra or {})),
        "random": random_state(),
    }
    write_archive(path, arrays, values)


def load(
    path: str | Path,
    model: keras.Model,
    optimizer: keras.optimizers.Optimizer | None = None,
    *,
    schedule: Schedule | None = None,
) -> tuple[int, dict[str, Any]]:
    """Put a run back to the state that :func:`save` wrote; returns ``step`` and ``extra``.

    ``model``, ``optimizer`` and ``schedule`` are built as they were for the first run. Without ``optimizer``
    only the model is loaded, to predict with it, and no random generator is touched. Raises ``ValueError``
    when the shapes or the schedule differ from those in the file.
    """
    arrays, values = read_archive(path)
    if optimizer is not None:
        if values["schedule"] != _settings(schedule):
            raise ValueError(
                f"{path} was saved with the schedule {values['schedule']}: load it with the same one"
            )
        if schedule is not None:
            optimizer.learning_rate = schedule
        if not optimizer.built:
            optimizer.build(model.trainable_variables)
    owners = {"model": model.variables, "optimizer": optimizer.variables if optimizer is not None else []}
    for name, variables in owners.items():
        if optimizer is None and name == "optimizer":
            continue
        wanted = {key: array.shape for key, array in arrays.items() if key.startswith(f"{name}.")}
        have = {f"{name}.{i}": tuple(variable.shape) for i, variable in enumerate(variables)}
        if wanted != have:
            raise ValueError(
                f"{path}: the {name} has shapes {list(have.values())}, not {list(wanted.values())}"
            )
    for name, variables in owners.items():
        for i, variable in enumerate(variables):
            variable.assign(arrays[f"{name}.{i}"])
    if optimizer is not None:
        set_random_state(values["random"])
    return values["step"], values["extra"]


def _named(owner: str, variables: Sequence[keras.Variable]) -> dict[str, np.ndarray]:
    return {f"{owner}.{i}": keras.ops.convert_to_numpy(v) for i, v in enumerate(variables)}


def _settings(schedule: Schedule | None) -> str | None:
    """The schedule's class and arguments as text."""
    if schedule is None:
        return None
    return json.dumps(keras.saving.serialize_keras_object(schedule), sort_keys=True, default=str)
