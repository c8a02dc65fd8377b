"""Optimisers in PyTorch: its own classes, with every hyper-parameter named and set.

Same names, arguments and updates as :mod:`course_lib.keras.optimizers`, step by step.
PyTorch has no Lion: it is written here, and with it an optimiser of our own as a model for yours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch

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

Params = Iterable[torch.Tensor]
Closure = Callable[[], Any]


class TensorOptimizer(torch.optim.Optimizer):
    """Base of an optimiser that updates each tensor for itself: a subclass says in ``update`` how."""

    @torch.no_grad()
    def step(self, closure: Closure | None = None) -> Any:
        """One update of all tensors. ``closure`` recomputes loss and gradients; the loss is returned."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for w in group["params"]:
                if w.grad is not None:
                    self.update(w, w.grad, self.state[w], group)
        return loss

    def update(self, w: torch.Tensor, g: torch.Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        """Change ``w`` in place, from its gradient, its own state (empty at first) and the settings."""
        raise NotImplementedError


class EMAMomentum(TensorOptimizer):
    """m = beta * m + (1 - beta) * g; w -= lr * m / (1 - beta^t)."""

    def __init__(self, params: Params, lr: float, beta: float = 0.9, bias_correction: bool = True) -> None:
        if lr < 0 or not 0 <= beta < 1:
            raise ValueError(f"need lr >= 0 and 0 <= beta < 1, got lr={lr} and beta={beta}")
        super().__init__(params, {"lr": lr, "beta": beta, "bias_correction": bias_correction})

    def update(self, w: torch.Tensor, g: torch.Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        """One update of one tensor."""
        if not state:
            state["t"], state["m"] = 0, torch.zeros_like(w)
        state["t"] += 1
        state["m"].lerp_(g, 1 - group["beta"])  # m += (1 - beta) * (g - m)
        correction = 1 - group["beta"] ** state["t"] if group["bias_correction"] else 1.0
        w.sub_(state["m"], alpha=group["lr"] / correction)


class Lion(TensorOptimizer):
    """w -= lr * (sign(beta_1 * m + (1 - beta_1) * g) + weight_decay * w); m averages with beta_2.

    Source: Chen et al. 2023.
    """

    def __init__(
        self,
        params: Params,
        lr: float,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0.0,
    ) -> None:
        if lr < 0 or weight_decay < 0 or not all(0 <= beta < 1 for beta in betas):
            raise ValueError(
                f"need lr, weight_decay >= 0, betas in [0, 1), got {lr}, {weight_decay}, {betas}"
            )
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    def update(self, w: torch.Tensor, g: torch.Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        """One update of one tensor."""
        beta_1, beta_2 = group["betas"]
        if not state:
            state["m"] = torch.zeros_like(w)
        direction = torch.sign(beta_1 * state["m"] + (1 - beta_1) * g)
        w.sub_(direction + group["weight_decay"] * w, alpha=group["lr"])
        state["m"].lerp_(g, 1 - beta_2)


def sgd(params: Params, lr: float, momentum: float = 0.0, nesterov: bool = False) -> torch.optim.Optimizer:
    """Gradient descent, with momentum (0 to 1) where asked for."""
    return torch.optim.SGD(params, lr=lr, momentum=momentum, nesterov=nesterov)


def adagrad(params: Params, lr: float, eps: float = 1e-8, start: float = 0.0) -> torch.optim.Optimizer:
    """Adagrad; ``start`` is what the sum of squares begins with."""
    return torch.optim.Adagrad(params, lr=lr, eps=eps, initial_accumulator_value=start)


def rmsprop(params: Params, lr: float, rho: float = 0.9, eps: float = 1e-8) -> torch.optim.Optimizer:
    """RMSprop; ``rho`` is how much of the old average stays (PyTorch calls it alpha)."""
    return torch.optim.RMSprop(params, lr=lr, alpha=rho, eps=eps)


def adam(
    params: Params,
    lr: float,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    eps: float = 1e-8,
    amsgrad: bool = False,
    l2: float = 0.0,
) -> torch.optim.Optimizer:
    """Adam; ``l2`` is a penalty ``l2 / 2 * |w|^2`` on the loss (what PyTorch's Adam calls weight_decay)."""
    return torch.optim.Adam(params, lr=lr, betas=(beta_1, beta_2), eps=eps, amsgrad=amsgrad, weight_decay=l2)


def adamw(
    params: Params,
    lr: float,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    eps: float = 1e-8,
    weight_decay: float = 0.01,
) -> torch.optim.Optimizer:
    """Adam with decoupled weight decay: each step also shrinks the weights by ``lr * weight_decay``."""
    return torch.optim.AdamW(params, lr=lr, betas=(beta_1, beta_2), eps=eps, weight_decay=weight_decay)


def nadam(
    params: Params, lr: float, beta_1: float = 0.9, beta_2: float = 0.999, eps: float = 1e-8
) -> torch.optim.Optimizer:
    """Nadam; the momentum warms up as ``beta_1 * (1 - 0.5 * 0.96^t)``.

    This is Keras' schedule; PyTorch's own default is the 250 times slower ``0.96^(0.004 t)``.
    """
    return torch.optim.NAdam(params, lr=lr, betas=(beta_1, beta_2), eps=eps, momentum_decay=1.0)


def lion(
    params: Params, lr: float, beta_1: float = 0.9, beta_2: float = 0.99, weight_decay: float = 0.0
) -> torch.optim.Optimizer:
    """Lion, with decoupled weight decay."""
    return Lion(params, lr=lr, betas=(beta_1, beta_2), weight_decay=weight_decay)


def adafactor(
    params: Params,
    lr: float,
    decay: float = 0.8,
    eps_1: float = 1e-16,
    eps_2: float = 1e-3,
    clip: float = 1.0,
) -> torch.optim.Optimizer:
    """Adafactor; ``lr`` is a share of the root mean square of the weights.

    PyTorch keeps the estimate above ``eps_1`` instead of adding it to the square, and asks for its root.
    """
    return torch.optim.Adafactor(params, lr=lr, beta2_decay=-decay, eps=(eps_1**0.5, eps_2), d=clip)


def ema_momentum(
    params: Params, lr: float, beta: float = 0.9, bias_correction: bool = True
) -> torch.optim.Optimizer:
    """Descent along the exponential moving average of the gradients."""
    return EMAMomentum(params, lr=lr, beta=beta, bias_correction=bias_correction)
