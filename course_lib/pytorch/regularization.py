"""What keeps a network from learning its samples by heart, in PyTorch.

Dropout, normalisation and weight decay are PyTorch's own; here is what it leaves to the user.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_lib.pytorch.networks import canonical_arrays

__all__ = ["limit_norms", "smooth_labels", "warp"]


def smooth_labels(y: Tensor, classes: int, eps: float = 0.1) -> Tensor:
    """Integer labels ``(n,)`` as soft targets ``(n, classes)``: ``(1 - eps) * one_hot + eps / classes``, float32.

    The right class keeps ``1 - eps + eps / classes``, as in ``nn.CrossEntropyLoss(label_smoothing=eps)``.
    Raises ``ValueError`` for ``eps`` outside [0, 1]. Source: Szegedy et al. 2016.
    """
    if not 0 <= eps <= 1:
        raise ValueError(f"eps is a share and must lie in [0, 1], got {eps}")
    return (1 - eps) * F.one_hot(y.long(), classes).float() + eps / classes


def limit_norms(model: nn.Module, limit: float) -> None:
    """Shorten, in place, the weights into each unit to a Euclidean length of at most ``limit``; biases stay.

    Works on dense layers and convolutions. Call it after each update.
    Source: Srebro and Shraibman 2005; Srivastava et al. 2014.
    """
    with torch.no_grad():
        for W, axes in canonical_arrays(model):
            if axes is not None:  # a kernel; PyTorch keeps its outputs on the first axis
                length = W.flatten(1).norm(dim=1).clamp(min=limit)
                W.mul_((limit / length).reshape(-1, *[1] * (W.dim() - 1)))


def warp(X: Tensor, maps: np.ndarray) -> Tensor:
    """Move the pixels of images ``(n, h, w)`` or ``(n, channels, h, w)`` by ``maps`` of ``data.affine_maps``.

    Values between pixels are bilinear; outside the picture everything is 0.
    """
    images = X.unsqueeze(1) if X.dim() == 3 else X
    # grid_sample counts from -1 to 1 across the picture; the maps count pixels from the centre.
    half = torch.tensor([(size - 1) / 2 for size in (X.shape[-1], X.shape[-2])], device=X.device)
    theta = torch.as_tensor(maps, dtype=X.dtype, device=X.device) / half[:, None]
    theta = torch.cat([theta[..., :2] * half, theta[..., 2:]], dim=-1)
    grid = F.affine_grid(theta, list(images.shape), align_corners=True)
    return F.grid_sample(images, grid, align_corners=True).reshape(X.shape)
