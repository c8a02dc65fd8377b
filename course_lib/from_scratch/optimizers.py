"""Optimisers in NumPy: each is the update equation of its paper and nothing else.

An optimiser holds a list of floating-point arrays and changes them in place.
``optimizer.step(grads)`` takes one gradient per array, in the same order.
Everything but Adafactor works entry by entry, so the arrays may have any shape and ``lr`` may itself be an
array that broadcasts against them: one object can then train many networks, each with its own learning rate.

``eps`` always stands outside the root and after the bias correction, as in the papers: ``sqrt(v_hat) + eps``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

__all__ = [
    "adafactor",
    "adagrad",
    "adam",
    "adamw",
    "ema_momentum",
    "lion",
    "nadam",
    "rmsprop",
    "sgd",
]

Array = np.ndarray[Any, np.dtype[np.floating]]
Rate = float | Array
State = dict[str, Array]


class Optimizer:
    """Base of all: keeps the arrays, one state dictionary for each, and the number ``t`` of the step.

    A subclass says in ``start`` what it remembers per array and in ``change`` what is subtracted from it.
    """

    def __init__(self, params: Iterable[np.ndarray], lr: Rate) -> None:
        """``params``: floating-point arrays, changed in place. ``lr``: 0 or more; may change between steps.

        Raises ``TypeError`` for anything else than such arrays, ``ValueError`` for none or a negative ``lr``.
        """
        self.params = list(params)
        if not self.params:
            raise ValueError("an optimiser needs at least one parameter, got an empty list")
        for w in self.params:
            if not isinstance(w, np.ndarray) or not np.issubdtype(w.dtype, np.floating):
                raise TypeError("parameters must be floating-point NumPy arrays: they are changed in place")
        if np.any(np.asarray(lr) < 0):
            raise ValueError(f"lr must be 0 or more, got {lr}")
        self.lr = lr
        self.t = 0
        self.state = [self.start(w) for w in self.params]

    def start(self, w: Array) -> State:
        """What is remembered for the array ``w`` before the first step."""
        return {}

    def change(self, w: Array, g: Array, s: State) -> Array:
        """What step ``t`` subtracts from ``w``, for gradient ``g`` and state ``s`` (updated here)."""
        raise NotImplementedError

    def step(self, grads: Sequence[np.ndarray]) -> None:
        """One update of every array. ``grads`` has one of the same shape for each, else ``ValueError``."""
        shapes = [np.shape(g) for g in grads]
        if shapes != [w.shape for w in self.params]:
            raise ValueError(f"gradients {shapes} do not fit the parameters {[w.shape for w in self.params]}")
        self.t += 1
        for w, g, s in zip(self.params, grads, self.state, strict=True):
            w -= self.change(w, np.asarray(g), s)

    def state_size(self) -> int:
        """Numbers remembered between two steps, over all arrays: the optimiser's share of the memory."""
        return sum(value.size for s in self.state for value in s.values())


class SGD(Optimizer):
    """v = momentum * v + g; w -= lr * v (Polyak 1964), or lr * (g + momentum * v) (Nesterov 1983)."""

    def __init__(self, params: Iterable[np.ndarray], lr: Rate, momentum: float, nesterov: bool) -> None:
        if nesterov and momentum <= 0:
            raise ValueError("nesterov=True needs a momentum above 0")
        self.momentum, self.nesterov = momentum, nesterov
        super().__init__(params, lr)

    def start(self, w: Array) -> State:
        return {"v": np.zeros_like(w)} if self.momentum else {}

    def change(self, w: Array, g: Array, s: State) -> Array:
        if not self.momentum:
            return self.lr * g
        v = s["v"] = self.momentum * s["v"] + g
        return self.lr * (g + self.momentum * v if self.nesterov else v)


class Adagrad(Optimizer):
    """G += g^2; w -= lr * g / (sqrt(G) + eps) (Duchi, Hazan and Singer 2011)."""

    def __init__(self, params: Iterable[np.ndarray], lr: Rate, eps: float, start_value: float) -> None:
        self.eps, self.start_value = eps, start_value
        super().__init__(params, lr)

    def start(self, w: Array) -> State:
        return {"G": np.full_like(w, self.start_value)}

    def change(self, w: Array, g: Array, s: State) -> Array:
        G = s["G"] = s["G"] + g**2
        return self.lr * g / (np.sqrt(G) + self.eps)


class RMSprop(Optimizer):
    """v = rho * v + (1 - rho) * g^2; w -= lr * g / (sqrt(v) + eps) (Tieleman and Hinton 2012)."""

    def __init__(self, params: Iterable[np.ndarray], lr: Rate, rho: float, eps: float) -> None:
        self.rho, self.eps = rho, eps
        super().__init__(params, lr)

    def start(self, w: Array) -> State:
        return {"v": np.zeros_like(w)}

    def change(self, w: Array, g: Array, s: State) -> Array:
        v = s["v"] = self.rho * s["v"] + (1 - self.rho) * g**2
        return self.lr * g / (np.sqrt(v) + self.eps)


class Adam(Optimizer):
    """w -= lr * m_hat / (sqrt(v_hat) + eps), with m and v averages of g and g^2 (Kingma and Ba 2015).

    ``amsgrad`` divides by the largest v so far (Reddi, Kale and Kumar 2018). ``l2`` adds ``l2 * w`` to the
    gradient; ``weight_decay`` subtracts ``lr * weight_decay * w`` beside it (Loshchilov and Hutter 2019).
    """

    def __init__(
        self,
        params: Iterable[np.ndarray],
        lr: Rate,
        beta_1: float,
        beta_2: float,
        eps: float,
        *,
        amsgrad: bool = False,
        l2: Rate = 0.0,
        weight_decay: Rate = 0.0,
    ) -> None:
        self.beta_1, self.beta_2, self.eps = beta_1, beta_2, eps
        self.amsgrad, self.l2, self.weight_decay = amsgrad, l2, weight_decay
        super().__init__(params, lr)

    def start(self, w: Array) -> State:
        return {name: np.zeros_like(w) for name in (("m", "v", "v_max") if self.amsgrad else ("m", "v"))}

    def change(self, w: Array, g: Array, s: State) -> Array:
        g = g + self.l2 * w
        m = s["m"] = self.beta_1 * s["m"] + (1 - self.beta_1) * g
        v = s["v"] = self.beta_2 * s["v"] + (1 - self.beta_2) * g**2
        if self.amsgrad:
            v = s["v_max"] = np.maximum(s["v_max"], v)
        m_hat = m / (1 - self.beta_1**self.t)
        v_hat = v / (1 - self.beta_2**self.t)
        return self.lr * m_hat / (np.sqrt(v_hat) + self.eps) + self.lr * self.weight_decay * w


class Nadam(Optimizer):
    """Adam whose average looks one step ahead, as Nesterov's momentum does (Dozat 2016).

    ``mu(t) = beta_1 * (1 - 0.5 * 0.96^t)`` warms the momentum up; its running product replaces ``beta_1^t``.
    """

    def __init__(
        self, params: Iterable[np.ndarray], lr: Rate, beta_1: float, beta_2: float, eps: float
    ) -> None:
        self.beta_1, self.beta_2, self.eps = beta_1, beta_2, eps
        self.product = 1.0
        super().__init__(params, lr)

    def mu(self, t: int) -> float:
        """The momentum of step ``t``."""
        return self.beta_1 * (1 - 0.5 * 0.96**t)

    def start(self, w: Array) -> State:
        return {"m": np.zeros_like(w), "v": np.zeros_like(w)}

    def step(self, grads: Sequence[np.ndarray]) -> None:
        self.product *= self.mu(self.t + 1)
        super().step(grads)

    def change(self, w: Array, g: Array, s: State) -> Array:
        m = s["m"] = self.beta_1 * s["m"] + (1 - self.beta_1) * g
        v = s["v"] = self.beta_2 * s["v"] + (1 - self.beta_2) * g**2
        now, ahead = self.mu(self.t), self.mu(self.t + 1)
        m_hat = ahead * m / (1 - self.product * ahead) + (1 - now) * g / (1 - self.product)
        v_hat = v / (1 - self.beta_2**self.t)
        return self.lr * m_hat / (np.sqrt(v_hat) + self.eps)


class Lion(Optimizer):
    """w -= lr * (sign(beta_1 * m + (1 - beta_1) * g) + weight_decay * w); m averages with beta_2.

    Source: Chen et al. 2023.
    """

    def __init__(
        self, params: Iterable[np.ndarray], lr: Rate, beta_1: float, beta_2: float, weight_decay: Rate
    ) -> None:
        self.beta_1, self.beta_2, self.weight_decay = beta_1, beta_2, weight_decay
        super().__init__(params, lr)

    def start(self, w: Array) -> State:
        return {"m": np.zeros_like(w)}

    def change(self, w: Array, g: Array, s: State) -> Array:
        direction = np.sign(self.beta_1 * s["m"] + (1 - self.beta_1) * g)
        s["m"] = self.beta_2 * s["m"] + (1 - self.beta_2) * g
        return self.lr * (direction + self.weight_decay * w)


class Adafactor(Optimizer):
    """Adam without momentum; v of a matrix is a row average times a column average (Shazeer and Stern 2018).

    The averages keep ``1 - t^(-decay)`` of the old. The step is clipped to root mean square ``clip``, then
    scaled by the root mean square of the weights and by ``min(lr, 1 / sqrt(t))``.
    Vectors keep a full v; tensors are factored over their last two axes.
    """

    def __init__(
        self,
        params: Iterable[np.ndarray],
        lr: Rate,
        decay: float,
        eps_1: float,
        eps_2: float,
        clip: float,
    ) -> None:
        self.decay, self.eps_1, self.eps_2, self.clip = decay, eps_1, eps_2, clip
        super().__init__(params, lr)

    def start(self, w: Array) -> State:
        if w.ndim < 2:
            return {"v": np.zeros_like(w)}
        return {"row": np.zeros_like(w.mean(axis=-1)), "column": np.zeros_like(w.mean(axis=-2))}

    def change(self, w: Array, g: Array, s: State) -> Array:
        square, keep = g**2 + self.eps_1, 1 - self.t**-self.decay
        if w.ndim < 2:
            v = s["v"] = keep * s["v"] + (1 - keep) * square
        else:
            row = s["row"] = keep * s["row"] + (1 - keep) * square.mean(axis=-1)
            column = s["column"] = keep * s["column"] + (1 - keep) * square.mean(axis=-2)
            share = row / row.mean(axis=-1, keepdims=True)
            v = share[..., :, None] * column[..., None, :]
        u = g / np.sqrt(v)
        u = u / max(1.0, rms(u) / self.clip)
        return max(self.eps_2, rms(w)) * np.minimum(self.lr, self.t**-0.5) * u


def rms(x: np.ndarray) -> float:
    """Root mean square of all entries."""
    return float(np.sqrt(np.mean(x**2)))


class EMAMomentum(Optimizer):
    """m = beta * m + (1 - beta) * g; w -= lr * m / (1 - beta^t): the mean of the gradients, not their sum."""

    def __init__(self, params: Iterable[np.ndarray], lr: Rate, beta: float, bias_correction: bool) -> None:
        self.beta, self.bias_correction = beta, bias_correction
        super().__init__(params, lr)

    def start(self, w: Array) -> State:
        return {"m": np.zeros_like(w)}

    def change(self, w: Array, g: Array, s: State) -> Array:
        m = s["m"] = self.beta * s["m"] + (1 - self.beta) * g
        return self.lr * (m / (1 - self.beta**self.t) if self.bias_correction else m)


def sgd(params: Iterable[np.ndarray], lr: Rate, momentum: float = 0.0, nesterov: bool = False) -> SGD:
    """Gradient descent, with momentum (0 to 1) where asked for."""
    return SGD(params, lr, momentum, nesterov)


def adagrad(params: Iterable[np.ndarray], lr: Rate, eps: float = 1e-8, start: float = 0.0) -> Adagrad:
    """Adagrad; ``start`` is what the sum of squares begins with."""
    return Adagrad(params, lr, eps, start)


def rmsprop(params: Iterable[np.ndarray], lr: Rate, rho: float = 0.9, eps: float = 1e-8) -> RMSprop:
    """RMSprop; ``rho`` is how much of the old average stays."""
    return RMSprop(params, lr, rho, eps)


def adam(
    params: Iterable[np.ndarray],
    lr: Rate,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    eps: float = 1e-8,
    amsgrad: bool = False,
    l2: Rate = 0.0,
) -> Adam:
    """Adam; ``l2`` is a penalty ``l2 / 2 * |w|^2`` on the loss, which is not the decay of :func:`adamw`."""
    return Adam(params, lr, beta_1, beta_2, eps, amsgrad=amsgrad, l2=l2)


def adamw(
    params: Iterable[np.ndarray],
    lr: Rate,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    eps: float = 1e-8,
    weight_decay: Rate = 0.01,
) -> Adam:
    """Adam with decoupled weight decay: each step also shrinks the weights by ``lr * weight_decay``."""
    return Adam(params, lr, beta_1, beta_2, eps, weight_decay=weight_decay)


def nadam(
    params: Iterable[np.ndarray], lr: Rate, beta_1: float = 0.9, beta_2: float = 0.999, eps: float = 1e-8
) -> Nadam:
    """Nadam; the momentum warms up as ``beta_1 * (1 - 0.5 * 0.96^t)``."""
    return Nadam(params, lr, beta_1, beta_2, eps)


def lion(
    params: Iterable[np.ndarray],
    lr: Rate,
    beta_1: float = 0.9,
    beta_2: float = 0.99,
    weight_decay: Rate = 0.0,
) -> Lion:
    """Lion, with decoupled weight decay."""
    return Lion(params, lr, beta_1, beta_2, weight_decay)


def adafactor(
    params: Iterable[np.ndarray],
    lr: Rate,
    decay: float = 0.8,
    eps_1: float = 1e-16,
    eps_2: float = 1e-3,
    clip: float = 1.0,
) -> Adafactor:
    """Adafactor. ``lr`` is a number, and relative: a share of the root mean square of the weights.

    ``eps_1`` is added to the squared gradient: below 1e-19 the product of two rows of it is 0 in float32.
    """
    return Adafactor(params, lr, decay, eps_1, eps_2, clip)


def ema_momentum(
    params: Iterable[np.ndarray], lr: Rate, beta: float = 0.9, bias_correction: bool = True
) -> EMAMomentum:
    """Descent along the exponential moving average of the gradients."""
    return EMAMomentum(params, lr, beta, bias_correction)
