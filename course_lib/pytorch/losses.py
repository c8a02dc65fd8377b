"""Loss functions in PyTorch, written out with tensor operations; autograd supplies the derivatives.

Every loss is ``name(y_hat, y, ...)``: the prediction first, then the target, and a scalar tensor back, the
mean over the batch. Classification losses take logits. The formulas are those of
:mod:`course_lib.from_scratch.losses`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn.functional import log_softmax, softplus

__all__ = [
    "binary_cross_entropy",
    "categorical_cross_entropy",
    "dice",
    "focal",
    "hinge",
    "huber",
    "kl_divergence",
    "l1_penalty",
    "l2_penalty",
    "mae",
    "mse",
    "negative_log_likelihood",
    "smooth_l1",
    "sparse_categorical_cross_entropy",
    "triplet",
    "weighted_sum",
]

# Below this, 1 - p counts as this much: it keeps a fractional power of 1 - p differentiable at p = 1.
TINY = 1e-7


def _target(y_hat: Tensor, y: Tensor) -> Tensor:
    """y in the type of the prediction; a silent broadcast of (n, 1) against (n,) is refused."""
    if y_hat.shape != y.shape:
        shapes = f"prediction {tuple(y_hat.shape)} and target {tuple(y.shape)}"
        raise ValueError(f"{shapes} differ in shape: reshape one of them")
    return y.to(y_hat.dtype)


def _of_label(values: Tensor, y: Tensor) -> Tensor:
    """values[..., y]: in each row of k numbers the one of the right class."""
    if y.shape != values.shape[:-1]:
        expected = tuple(values.shape[:-1])
        raise ValueError(f"labels have shape {tuple(y.shape)}, expected {expected}: one integer per row")
    return values.gather(-1, y.long().unsqueeze(-1)).squeeze(-1)


def mse(y_hat: Tensor, y: Tensor) -> Tensor:
    """Mean squared error over all elements, in squared units of y. ValueError when the shapes differ."""
    return ((y_hat - _target(y_hat, y)) ** 2).mean()


def mae(y_hat: Tensor, y: Tensor) -> Tensor:
    """Mean absolute error over all elements, in units of y. ValueError when the shapes differ."""
    return (y_hat - _target(y_hat, y)).abs().mean()


def huber(y_hat: Tensor, y: Tensor, delta: float = 1.0) -> Tensor:
    """Huber loss: r^2 / 2 where |r| <= delta, delta (|r| - delta / 2) beyond, averaged over all elements."""
    r = (y_hat - _target(y_hat, y)).abs()
    return torch.where(r <= delta, r**2 / 2, delta * (r - delta / 2)).mean()


def smooth_l1(y_hat: Tensor, y: Tensor, beta: float = 1.0) -> Tensor:
    """Smooth L1: Huber with ``delta = beta`` divided by beta, so that the slope of the tails is always 1."""
    return huber(y_hat, y, beta) / beta


def binary_cross_entropy(logits: Tensor, y: Tensor) -> Tensor:
    """Mean of -y log s(z) - (1 - y) log(1 - s(z)), s the sigmoid, z the logits, in nats; shapes alike."""
    y = _target(logits, y)
    return (y * softplus(-logits) + (1 - y) * softplus(logits)).mean()


def categorical_cross_entropy(logits: Tensor, y: Tensor) -> Tensor:
    """Mean over rows of -sum_k y_k log softmax(z)_k, in nats; logits and y (..., k), y rows sum to 1."""
    return -(_target(logits, y) * log_softmax(logits, dim=-1)).sum(-1).mean()


def negative_log_likelihood(log_probs: Tensor, y: Tensor) -> Tensor:
    """Mean of minus the log-probability of the right class; log_probs (..., k), y (...) in 0..k-1."""
    return -_of_label(log_probs, y).mean()


def sparse_categorical_cross_entropy(logits: Tensor, y: Tensor) -> Tensor:
    """Cross-entropy with integer labels, in nats; logits (..., k), y (...) integers in 0..k-1."""
    return negative_log_likelihood(log_softmax(logits, dim=-1), y)


def hinge(scores: Tensor, y: Tensor) -> Tensor:
    """Mean of max(0, 1 - y s); scores and labels of one shape, labels -1 and +1."""
    return torch.relu(1 - _target(scores, y) * scores).mean()


def kl_divergence(log_q: Tensor, p: Tensor) -> Tensor:
    """KL(p || q): the mean over rows of sum_k p_k (log p_k - log q_k), in nats; 0 log 0 counts as 0.

    Shapes: log_q (..., k) log-probabilities of the model, p (..., k) target probabilities.
    """
    p = _target(log_q, p)
    log_p = torch.where(p > 0, p, 1.0).log()
    return (p * (log_p - log_q)).sum(-1).mean()


def focal(
    logits: Tensor, y: Tensor, gamma: float = 2.0, alpha: Tensor | Sequence[float] | None = None
) -> Tensor:
    """Focal loss: mean of -alpha_y (1 - p)^gamma log p, with p the softmax probability of the right class.

    Shapes: logits (..., k), y (...) integers, alpha (k,): one weight per class (None: 1 for each class).
    Source: Lin et al., Focal loss for dense object detection (2017).
    """
    log_p = _of_label(log_softmax(logits, dim=-1), y)
    loss = -((-torch.expm1(log_p)).clamp(min=TINY) ** gamma) * log_p
    if alpha is not None:
        loss = loss * torch.as_tensor(alpha, dtype=logits.dtype, device=logits.device)[y.long()]
    return loss.mean()


def dice(probs: Tensor, y: Tensor, smoothing: float = 1.0) -> Tensor:
    """Soft Dice loss: the mean over samples of 1 - (2 sum p y + s) / (sum p + sum y + s).

    Shapes: probs (n, ...) in [0, 1] (take the sigmoid of logits first), y the same; the sums run over
    everything but the first axis. ``smoothing`` s > 0 makes an empty mask cost 0 when nothing is predicted.
    """
    p, y = probs.flatten(1), _target(probs, y).flatten(1)
    return (1 - (2 * (p * y).sum(1) + smoothing) / ((p + y).sum(1) + smoothing)).mean()


def triplet(
    anchor: Tensor, positive: Tensor, negative: Tensor, margin: float = 1.0, eps: float = 1e-6
) -> Tensor:
    """Triplet loss: the mean of max(0, d(anchor, positive) - d(anchor, negative) + margin).

    Shapes: three times (n, d) embeddings; d is the Euclidean distance, with ``eps`` added to every
    difference.
    """
    near = (anchor - _target(anchor, positive) + eps).square().sum(-1).sqrt()
    far = (anchor - _target(anchor, negative) + eps).square().sum(-1).sqrt()
    return torch.relu(near - far + margin).mean()


def weighted_sum(terms: Sequence[tuple[Callable, float]]) -> Callable:
    """A new loss: the sum of weight * loss over ``terms``, a list of (loss, weight) pairs.

    Raises ValueError without terms.
    """
    terms = list(terms)
    if not terms:
        raise ValueError("weighted_sum needs at least one (loss, weight) pair")

    def total(y_hat: Tensor, y: Tensor) -> Tensor:
        return sum(weight * term(y_hat, y) for term, weight in terms)

    return total


def l1_penalty(params: Sequence[Tensor], strength: float = 1.0) -> Tensor:
    """strength * the sum of |w| over every entry of every tensor in ``params``."""
    return strength * sum(w.abs().sum() for w in params)  # type: ignore[return-value]


def l2_penalty(params: Sequence[Tensor], strength: float = 1.0) -> Tensor:
    """strength * the sum of w^2 over every entry of every tensor in ``params`` (no factor 1/2)."""
    return strength * sum(w.square().sum() for w in params)  # type: ignore[return-value]
