"""Loss functions in Keras, written out with ``keras.ops``; the backend supplies the derivatives.

Every loss is ``name(y_hat, y, ...)``: the prediction first, then the target (``keras.losses`` and ``compile``
put the target first), and a scalar tensor back, the mean over the batch. Classification losses take logits.
The formulas are those of :mod:`course_lib.from_scratch.losses`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from keras import ops

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

Tensor = Any  # a tensor of whichever backend runs
# Below this, 1 - p counts as this much: it keeps a fractional power of 1 - p differentiable at p = 1.
TINY = 1e-7


def _differ(one: Sequence[int | None], other: Sequence[int | None]) -> bool:
    """True when two shapes cannot be the same; in a traced function an unknown axis (None) fits any size."""
    known = (a is not None and b is not None and a != b for a, b in zip(one, other, strict=False))
    return len(one) != len(other) or any(known)


def _pair(y_hat: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Both as tensors of one type; a silent broadcast of (n, 1) against (n,) is refused."""
    y_hat, y = ops.convert_to_tensor(y_hat), ops.convert_to_tensor(y)
    if _differ(y_hat.shape, y.shape):
        shapes = f"prediction {tuple(y_hat.shape)} and target {tuple(y.shape)}"
        raise ValueError(f"{shapes} differ in shape: reshape one of them")
    return y_hat, ops.cast(y, y_hat.dtype)


def _of_label(values: Tensor, y: Tensor) -> Tensor:
    """values[..., y]: in each row of k numbers the one of the right class."""
    y = ops.cast(y, "int32")
    if _differ(y.shape, values.shape[:-1]):
        expected = tuple(values.shape[:-1])
        raise ValueError(f"labels have shape {tuple(y.shape)}, expected {expected}: one integer per row")
    return ops.squeeze(ops.take_along_axis(values, ops.expand_dims(y, -1), axis=-1), -1)


def mse(y_hat: Tensor, y: Tensor) -> Tensor:
    """Mean squared error over all elements, in squared units of y. ValueError when the shapes differ."""
    y_hat, y = _pair(y_hat, y)
    return ops.mean(ops.square(y_hat - y))


def mae(y_hat: Tensor, y: Tensor) -> Tensor:
    """Mean absolute error over all elements, in units of y. ValueError when the shapes differ."""
    y_hat, y = _pair(y_hat, y)
    return ops.mean(ops.abs(y_hat - y))


def huber(y_hat: Tensor, y: Tensor, delta: float = 1.0) -> Tensor:
    """Huber loss: r^2 / 2 where |r| <= delta, delta (|r| - delta / 2) beyond, averaged over all elements."""
    y_hat, y = _pair(y_hat, y)
    r = ops.abs(y_hat - y)
    return ops.mean(ops.where(r <= delta, ops.square(r) / 2, delta * (r - delta / 2)))


def smooth_l1(y_hat: Tensor, y: Tensor, beta: float = 1.0) -> Tensor:
    """Smooth L1: Huber with ``delta = beta`` divided by beta, so that the slope of the tails is always 1."""
    return huber(y_hat, y, beta) / beta


def binary_cross_entropy(logits: Tensor, y: Tensor) -> Tensor:
    """Mean of -y log s(z) - (1 - y) log(1 - s(z)), s the sigmoid, z the logits, in nats; shapes alike."""
    z, y = _pair(logits, y)
    return ops.mean(y * ops.softplus(-z) + (1 - y) * ops.softplus(z))


def categorical_cross_entropy(logits: Tensor, y: Tensor) -> Tensor:
    """Mean over rows of -sum_k y_k log softmax(z)_k, in nats; logits and y (..., k), y rows sum to 1."""
    z, y = _pair(logits, y)
    return -ops.mean(ops.sum(y * ops.log_softmax(z, axis=-1), axis=-1))


def negative_log_likelihood(log_probs: Tensor, y: Tensor) -> Tensor:
    """Mean of minus the log-probability of the right class; log_probs (..., k), y (...) in 0..k-1."""
    return -ops.mean(_of_label(ops.convert_to_tensor(log_probs), y))


def sparse_categorical_cross_entropy(logits: Tensor, y: Tensor) -> Tensor:
    """Cross-entropy with integer labels, in nats; logits (..., k), y (...) integers in 0..k-1."""
    return negative_log_likelihood(ops.log_softmax(logits, axis=-1), y)


def hinge(scores: Tensor, y: Tensor) -> Tensor:
    """Mean of max(0, 1 - y s); scores and labels of one shape, labels -1 and +1."""
    s, y = _pair(scores, y)
    return ops.mean(ops.relu(1 - y * s))


def kl_divergence(log_q: Tensor, p: Tensor) -> Tensor:
    """KL(p || q): the mean over rows of sum_k p_k (log p_k - log q_k), in nats; 0 log 0 counts as 0.

    Shapes: log_q (..., k) log-probabilities of the model, p (..., k) target probabilities.
    """
    log_q, p = _pair(log_q, p)
    log_p = ops.log(ops.where(p > 0, p, ops.ones_like(p)))
    return ops.mean(ops.sum(p * (log_p - log_q), axis=-1))


def focal(
    logits: Tensor, y: Tensor, gamma: float = 2.0, alpha: Tensor | Sequence[float] | None = None
) -> Tensor:
    """Focal loss: mean of -alpha_y (1 - p)^gamma log p, with p the softmax probability of the right class.

    Shapes: logits (..., k), y (...) integers, alpha (k,): one weight per class (None: 1 for each class).
    Source: Lin et al., Focal loss for dense object detection (2017).
    """
    log_p = _of_label(ops.log_softmax(logits, axis=-1), y)
    loss = -ops.power(ops.maximum(-ops.expm1(log_p), TINY), gamma) * log_p
    if alpha is not None:
        loss = loss * ops.take(ops.cast(alpha, loss.dtype), ops.cast(y, "int32"), axis=0)
    return ops.mean(loss)


def dice(probs: Tensor, y: Tensor, smoothing: float = 1.0) -> Tensor:
    """Soft Dice loss: the mean over samples of 1 - (2 sum p y + s) / (sum p + sum y + s).

    Shapes: probs (n, ...) in [0, 1] (take the sigmoid of logits first), y the same; the sums run over
    everything but the first axis. ``smoothing`` s > 0 makes an empty mask cost 0 when nothing is predicted.
    """
    p, y = _pair(probs, y)
    axes = tuple(range(1, len(p.shape)))
    overlap, total = ops.sum(p * y, axis=axes), ops.sum(p + y, axis=axes)
    return ops.mean(1 - (2 * overlap + smoothing) / (total + smoothing))


def triplet(
    anchor: Tensor, positive: Tensor, negative: Tensor, margin: float = 1.0, eps: float = 1e-6
) -> Tensor:
    """Triplet loss: the mean of max(0, d(anchor, positive) - d(anchor, negative) + margin).

    Shapes: three times (n, d) embeddings; d is the Euclidean distance, with ``eps`` added to every
    difference.
    """
    anchor, positive = _pair(anchor, positive)
    anchor, negative = _pair(anchor, negative)
    near = ops.sqrt(ops.sum(ops.square(anchor - positive + eps), axis=-1))
    far = ops.sqrt(ops.sum(ops.square(anchor - negative + eps), axis=-1))
    return ops.mean(ops.relu(near - far + margin))


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
    """strength * the sum of |w| over every entry of every variable in ``params``."""
    return strength * sum(ops.sum(ops.abs(w)) for w in params)


def l2_penalty(params: Sequence[Tensor], strength: float = 1.0) -> Tensor:
    """strength * the sum of w^2 over every entry of every variable in ``params`` (no factor 1/2)."""
    return strength * sum(ops.sum(ops.square(w)) for w in params)
