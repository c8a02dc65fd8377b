"""Gradients of a PyTorch model as arrays."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from course_lib.pytorch.networks import canonical_arrays

__all__ = ["gradients"]


def gradients(
    model: nn.Module, loss: Callable[..., torch.Tensor], X: np.ndarray, y: np.ndarray
) -> list[np.ndarray]:
    """dL/dparameter for every trainable parameter, in the layout of ``networks.weights``, by autograd.

    The model's own ``.grad`` fields stay as they were. A parameter that the loss does not depend on has gradient zero.
    """
    entries = [(tensor, axes) for tensor, axes in canonical_arrays(model) if tensor.requires_grad]
    device = entries[0][0].device
    value = loss(model(torch.as_tensor(X, device=device)), torch.as_tensor(y, device=device))
    grads = torch.autograd.grad(value, [tensor for tensor, _ in entries], materialize_grads=True)
    arrays = [(g.cpu().numpy(), axes) for g, (_, axes) in zip(grads, entries, strict=True)]
    return [g if axes is None else g.transpose(axes) for g, axes in arrays]
