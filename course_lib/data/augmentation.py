"""Random geometric changes for pictures, as numbers: every hall applies the same ones."""

from __future__ import annotations

import numpy as np


def affine_maps(
    n: int,
    rng: np.random.Generator,
    *,
    degrees: float = 0.0,
    shift: float = 0.0,
    zoom: float = 0.0,
    flip: bool = False,
) -> np.ndarray:
    """Draw ``n`` maps for ``regularization.warp``: float32 ``(n, 2, 3)``.

    ``maps[i] @ (x, y, 1)`` is the place in the old picture that ends up at ``(x, y)`` of the new one, both in
    pixels from the picture's centre, x to the right and y down.
    Each picture turns by up to ``degrees`` to either side, moves by up to ``shift`` pixels along each axis and
    grows or shrinks by up to the share ``zoom``, all uniformly; with ``flip`` every second one, by a coin, is
    mirrored left to right. The same generator state gives the same maps, whatever is switched on.

    Raises ``ValueError`` for a negative ``n``, ``degrees`` or ``shift``, or a ``zoom`` outside [0, 1).
    """
    if n < 0 or degrees < 0 or shift < 0:
        raise ValueError(f"n, degrees and shift must be 0 or more, got {n}, {degrees} and {shift}")
    if not 0 <= zoom < 1:
        raise ValueError(f"zoom is a share and must lie in [0, 1), got {zoom}")
    turn, size, right, down, coin = rng.uniform(-1.0, 1.0, size=(5, n))
    angle, scale = np.deg2rad(degrees) * turn, 1 + zoom * size
    mirror = np.where(flip & (coin < 0), -1.0, 1.0)
    cos, sin = np.cos(angle) / scale, np.sin(angle) / scale
    linear = np.stack([np.stack([mirror * cos, -sin], -1), np.stack([mirror * sin, cos], -1)], axis=1)
    # Shift last: a picture that moves by (right, down) shows at the centre what was at minus that.
    offset = -linear @ (shift * np.stack([right, down], -1))[..., None]
    return np.concatenate([linear, offset], axis=-1).astype(np.float32)
