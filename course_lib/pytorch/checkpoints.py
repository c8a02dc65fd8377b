"""Checkpoints in PyTorch: everything a training run needs to go on exactly where it stopped.

The file is read with ``torch.load(..., weights_only=True)``, which runs no code from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.optim.lr_scheduler import LRScheduler

from course_lib.data.archive import plain, random_state, set_random_state, write_whole

__all__ = ["load", "save"]


def save(
    path: str | Path,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    *,
    step: int,
    schedule: LRScheduler | None = None,
    extra: Mapping[str, Any] | None = None,
) -> None:
    """Write the state of a training run after ``step`` updates to ``path``.

    The file holds weights and buffers, the optimiser's memory, the scheduler's position, the state of all
    global random generators (PyTorch on CPU and GPU, NumPy, Python) and ``extra``: plain values such as the
    history. An older file at ``path`` is replaced only when the new one is complete. Raises ``TypeError``
    when ``extra`` holds something else than plain values, for example a tensor, a NumPy number or a date.
    """
    state = {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "schedule": schedule.state_dict() if schedule is not None else None,
        "step": int(step),
        "extra": plain(dict(extra or {})),
        "random": random_state()
        | {
            "torch": torch.get_rng_state(),
            "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else [],
        },
    }
    write_whole(path, lambda file: torch.save(state, file))


def load(
    path: str | Path,
    model: nn.Module,
    optimizer: torch.optim.Optimizer | None = None,
    *,
    schedule: LRScheduler | None = None,
) -> tuple[int, dict[str, Any]]:
    """Put a run back to the state that :func:`save` wrote; returns ``step`` and ``extra``.

    ``model``, ``optimizer`` and ``schedule`` are built as they were for the first run; they keep their
    devices. Without ``optimizer`` only the weights are loaded, to predict with them, and no random generator
    is touched. Raises ``ValueError`` when only one of file and call has a schedule.
    """
    # Everything to the CPU first: the run may have been saved on a machine with other devices.
    state = torch.load(path, map_location="cpu", weights_only=True)
    if optimizer is None:
        model.load_state_dict(state["model"])
        return state["step"], state["extra"]
    if (state["schedule"] is None) != (schedule is None):
        raise ValueError(f"{path} was saved with{'out' if schedule else ''} a schedule: load it the same way")
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    if schedule is not None:
        schedule.load_state_dict(state["schedule"])
    set_random_state(state["random"])
    torch.set_rng_state(state["random"]["torch"])
    if len(state["random"]["cuda"]) == torch.cuda.device_count():
        torch.cuda.set_rng_state_all(state["random"]["cuda"])
    return state["step"], state["extra"]
