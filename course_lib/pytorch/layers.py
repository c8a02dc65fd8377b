"""The layers of a PyTorch model: how many numbers they learn, and which shapes come out of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import nn

__all__ = ["count", "summary"]

Row = tuple[str, tuple[int, ...], int]


def count(model: nn.Module) -> int:
    """How many numbers an optimiser changes: the sizes of the trainable parameters, added up."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def summary(model: nn.Module, *inputs: np.ndarray) -> list[Row]:
    """One row per layer in the order of the forward pass: its name, the shape of its output, its parameters.

    ``inputs`` are arrays, samples first; the model sees them once, in evaluation mode. A layer that returns several
    tensors is listed with the shape of the first. A layer that is used again is listed again with 0 parameters, so
    that the column adds up to :func:`count`.
    """
    rows: list[Row] = []
    seen: set[nn.Parameter] = set()

    def note(module: nn.Module, _: Any, output: Any) -> None:
        while isinstance(output, tuple):
            output = output[0]
        own = [p for p in module.parameters(recurse=_is_layer(module)) if p.requires_grad and p not in seen]
        seen.update(own)
        rows.append((type(module).__name__, tuple(output.shape), sum(p.numel() for p in own)))

    handles = [module.register_forward_hook(note) for module in _layers(model)]
    device = next((p.device for p in model.parameters()), torch.device("cpu"))
    was_training = model.training
    model.eval()
    try:
        with torch.no_grad():
            model(*(torch.as_tensor(x, device=device) for x in inputs))
    finally:
        model.train(was_training)
        for handle in handles:
            handle.remove()
    return rows


def _is_layer(module: nn.Module) -> bool:
    """A layer of the library (with whatever is inside it), or a module with nothing inside."""
    home = type(module).__module__
    of_library = home.startswith("torch.nn.") and home != "torch.nn.modules.container"
    return of_library or not list(module.children())


def _layers(module: nn.Module) -> Iterator[nn.Module]:
    """The layers of a model, each once; a model of your own that has parameters beside its layers is one of them."""
    if _is_layer(module):
        yield module
        return
    found: set[nn.Module] = set()
    for child in module.children():
        for layer in _layers(child):
            if layer not in found:
                found.add(layer)
                yield layer
    if list(module.parameters(recurse=False)):
        yield module
