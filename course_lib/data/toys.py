"""Two-class problems in the plane whose Bayes error is known.

Each class is a curve or a set of points blurred with normal noise, so its density can be written down. The
two classes are equally likely. The Bayes error is the share of mistakes that even the best possible rule
makes: half the integral of the smaller of the two densities. Source of the definition: Devroye, Györfi and
Lugosi, A Probabilistic Theory of Pattern Recognition (1996), theorem 2.1.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

Draw = Callable[[np.random.Generator, int], np.ndarray]


@dataclass(frozen=True)
class Toy:
    """Points of two classes and what is known about them.

    ``X`` is ``(n, 2)`` float32 and ``y`` is ``(n,)`` int64 with labels 0 and 1, in random order.
    ``bayes_error`` is the error rate of the best possible rule on fresh points, between 0 and 0.5.
    """

    name: str
    X: np.ndarray
    y: np.ndarray
    noise: float
    bayes_error: float
    _nodes: tuple[np.ndarray, np.ndarray] = field(repr=False)

    def posterior(self, X: np.ndarray) -> np.ndarray:
        """The probability of class 1 at each row of ``X`` ``(n, 2)``, shape ``(n,)``."""
        log0, log1 = (_log_density(np.asarray(X, dtype=float), nodes, self.noise) for nodes in self._nodes)
        return np.exp(log1 - np.logaddexp(log0, log1))

    def bayes_predict(self, X: np.ndarray) -> np.ndarray:
        """The best possible label at each row of ``X`` ``(n, 2)``, int64 ``(n,)``."""
        return (self.posterior(X) > 0.5).astype(np.int64)


def gaussians(n: int = 400, noise: float = 1.0, distance: float = 2.0, seed: int = 0) -> Toy:
    """Two round clouds, ``distance`` apart. Bayes error: ``Phi(-distance / (2 noise))``, in closed form.

    The best rule is a straight line half-way between them. ``Phi`` is the normal distribution function.
    Raises ``ValueError`` for ``n < 2``, ``noise <= 0`` or ``distance < 0``.
    """
    _check(n, noise)
    if distance < 0:
        raise ValueError(f"distance must be 0 or more, got {distance}")
    left, right = np.array([[-distance / 2, 0.0]]), np.array([[distance / 2, 0.0]])
    return _toy(
        "gaussians", (left, right), (_pick(left), _pick(right)), n, noise, _phi(-distance / 2 / noise), seed
    )


def xor(n: int = 400, noise: float = 0.4, seed: int = 0) -> Toy:
    """Four clouds at (+-1, +-1); label 1 where the two coordinates have opposite signs.

    Bayes error ``2 p (1 - p)`` with ``p = Phi(-1 / noise)``: the best rule looks at the two signs, and it is
    wrong when exactly one of them flipped. No straight line does better than 25 % errors.
    Raises ``ValueError`` for ``n < 2`` or ``noise <= 0``.
    """
    _check(n, noise)
    same, opposite = np.array([[1.0, 1.0], [-1.0, -1.0]]), np.array([[1.0, -1.0], [-1.0, 1.0]])
    p = _phi(-1 / noise)
    return _toy("xor", (same, opposite), (_pick(same), _pick(opposite)), n, noise, 2 * p * (1 - p), seed)


def two_moons(n: int = 400, noise: float = 0.2, seed: int = 0) -> Toy:
    """Two interleaved half circles of radius 1 (the geometry of scikit-learn's ``make_moons``).

    The Bayes error is integrated numerically from the two densities.
    Raises ``ValueError`` for ``n < 2`` or ``noise <= 0``.
    """
    _check(n, noise)
    return _toy(
        "two_moons", _on(_moons, noise), tuple(_along(c) for c in _moons), n, noise, _moons_error(noise), seed
    )


def circles(n: int = 400, noise: float = 0.15, seed: int = 0) -> Toy:
    """A circle of radius 0.5 (label 1) inside a circle of radius 1 (label 0).

    The Bayes error is integrated numerically from the two densities.
    Raises ``ValueError`` for ``n < 2`` or ``noise <= 0``.
    """
    _check(n, noise)
    return _toy(
        "circles", _on(_rings, noise), tuple(_along(c) for c in _rings), n, noise, _rings_error(noise), seed
    )


# A curve maps t in [0, 1) to points (m, 2); points are uniform in t.
Curve = Callable[[np.ndarray], np.ndarray]


def _upper_moon(t: np.ndarray) -> np.ndarray:
    return np.column_stack([np.cos(np.pi * t), np.sin(np.pi * t)])


def _lower_moon(t: np.ndarray) -> np.ndarray:
    return np.column_stack([1 - np.cos(np.pi * t), 0.5 - np.sin(np.pi * t)])


def _ring(t: np.ndarray) -> np.ndarray:
    return np.column_stack([np.cos(2 * np.pi * t), np.sin(2 * np.pi * t)])


_moons: tuple[Curve, Curve] = (_upper_moon, _lower_moon)
_rings: tuple[Curve, Curve] = (_ring, lambda t: 0.5 * _ring(t))


def _along(curve: Curve) -> Draw:
    return lambda rng, n: curve(rng.uniform(size=n))


def _pick(centres: np.ndarray) -> Draw:
    return lambda rng, n: centres[rng.integers(len(centres), size=n)]


def _on(curves: tuple[Curve, Curve], noise: float) -> tuple[np.ndarray, np.ndarray]:
    """Equally spaced nodes on each curve, at most a quarter of the noise apart (the longest is 2 pi)."""
    count = max(64, math.ceil(8 * math.pi / noise))
    t = (np.arange(count) + 0.5) / count
    return curves[0](t), curves[1](t)


@lru_cache(maxsize=32)
def _moons_error(noise: float) -> float:
    return integrated_bayes_error(_on(_moons, noise), noise)


@lru_cache(maxsize=32)
def _rings_error(noise: float) -> float:
    return integrated_bayes_error(_on(_rings, noise), noise)


def integrated_bayes_error(nodes: tuple[np.ndarray, np.ndarray], noise: float) -> float:
    """Half the integral of the smaller density of two equally likely classes in the plane.

    ``nodes`` holds the centres ``(m, 2)`` of each class; a class is the average of round normal densities
    with standard deviation ``noise`` around them. The grid
    reaches 6 noise lengths beyond the nodes. The minimum has a kink where the classes meet, so the relative
    error shrinks with the square of the step: with steps of a 40th of ``noise`` it is below 0.1 %. Small
    ``noise`` would make that grid huge, so there it gets coarser, down to a quarter of ``noise``, where the
    densities hardly meet and the result is tiny.
    """
    everything = np.concatenate(nodes)
    low, high = everything.min(axis=0) - 6 * noise, everything.max(axis=0) + 6 * noise
    step = min(noise / 4, max(noise / 40, float((high - low).max()) / 1000))
    axes = [np.linspace(a, b, math.ceil((b - a) / step) + 1) for a, b in zip(low, high, strict=True)]

    def density(centres: np.ndarray) -> np.ndarray:
        # A round normal density is a product over the axes, so the grid of densities is one matrix product.
        by_axis = [
            np.exp(-0.5 * ((axis[:, None] - centres[:, i]) / noise) ** 2) / (noise * math.sqrt(2 * math.pi))
            for i, axis in enumerate(axes)
        ]
        return by_axis[0] @ by_axis[1].T / len(centres)

    cell = (axes[0][1] - axes[0][0]) * (axes[1][1] - axes[1][0])
    return float(0.5 * np.minimum(density(nodes[0]), density(nodes[1])).sum() * cell)


def _log_density(X: np.ndarray, centres: np.ndarray, noise: float) -> np.ndarray:
    """Log density up to a constant that both classes share (``-log(2 pi noise^2)``)."""
    rows = []
    for block in np.array_split(X, max(1, len(X) // 1024)):
        exponent = -0.5 * ((block[:, None, :] - centres) ** 2).sum(axis=2) / noise**2
        peak = exponent.max(axis=1, keepdims=True)
        rows.append(peak[:, 0] + np.log(np.exp(exponent - peak).mean(axis=1)))
    return np.concatenate(rows)


def _toy(
    name: str,
    nodes: tuple[np.ndarray, np.ndarray],
    draws: tuple[Draw, ...],
    n: int,
    noise: float,
    bayes_error: float,
    seed: int,
) -> Toy:
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.arange(n) % 2)
    X = np.empty((n, 2))
    for label, draw in enumerate(draws):
        members = y == label
        X[members] = draw(rng, int(members.sum()))
    X += noise * rng.standard_normal((n, 2))
    return Toy(name, X.astype(np.float32), y.astype(np.int64), float(noise), float(bayes_error), nodes)


def _check(n: int, noise: float) -> None:
    if n < 2:
        raise ValueError(f"n must be at least 2, one point per class, got {n}")
    if not noise > 0:
        raise ValueError(f"noise is a standard deviation and must be above 0, got {noise}")


def _phi(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2))
