"""Loss functions in NumPy, each with its derivative written out by hand.

Every loss is ``name(y_hat, y, ...)``: the prediction first, then the target, and one number back, the mean
over the batch. ``name_grad`` takes the same arguments and returns the derivative of that number with respect
to the prediction, in the prediction's shape. Classification losses take logits and stay finite for every
finite logit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from course_lib.from_scratch.activations import log_softmax, sigmoid, softmax, softplus
from course_lib.from_scratch.autodiff import derivative_of

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_grad",
    "categorical_cross_entropy",
    "categorical_cross_entropy_grad",
    "dice",
    "dice_grad",
    "focal",
    "focal_grad",
    "hinge",
    "hinge_grad",
    "huber",
    "huber_grad",
    "kl_divergence",
    "kl_divergence_grad",
    "l1_penalty",
    "l1_penalty_grad",
    "l2_penalty",
    "l2_penalty_grad",
    "mae",
    "mae_grad",
    "mse",
    "mse_grad",
    "negative_log_likelihood",
    "negative_log_likelihood_grad",
    "smooth_l1",
    "smooth_l1_grad",
    "sparse_categorical_cross_entropy",
    "sparse_categorical_cross_entropy_grad",
    "triplet",
    "triplet_grad",
    "weighted_sum",
]

Array = np.ndarray

# Below this, 1 - p counts as this much: it keeps a fractional power of 1 - p differentiable at p = 1.
TINY = 1e-7


def _pair(y_hat: ArrayLike, y: ArrayLike) -> tuple[Array, Array]:
    """Both as float arrays of one shape; a silent broadcast of (n, 1) against (n,) is refused."""
    y_hat, y = np.asarray(y_hat), np.asarray(y)
    if y_hat.shape != y.shape:
        raise ValueError(
            f"prediction {y_hat.shape} and target {y.shape} differ in shape: reshape one of them"
        )
    y_hat = y_hat if np.issubdtype(y_hat.dtype, np.floating) else y_hat.astype(float)
    return y_hat, y.astype(y_hat.dtype)


def _labelled(y_hat: ArrayLike, y: ArrayLike) -> tuple[Array, Array]:
    """Rows of k numbers and their labels with an axis added, ready for ``take_along_axis``."""
    y_hat, y = np.asarray(y_hat), np.asarray(y)
    y_hat = y_hat if np.issubdtype(y_hat.dtype, np.floating) else y_hat.astype(float)
    if y.shape != y_hat.shape[:-1]:
        raise ValueError(f"labels have shape {y.shape}, expected {y_hat.shape[:-1]}: one integer per row")
    if not np.issubdtype(y.dtype, np.integer):
        raise ValueError(
            f"labels must be integers, not {y.dtype}: use categorical_cross_entropy for one-hot rows"
        )
    if y.size and (y.min() < 0 or y.max() >= y_hat.shape[-1]):
        raise ValueError(f"labels must lie in 0..{y_hat.shape[-1] - 1}, found {y.min()}..{y.max()}")
    return y_hat, y[..., None]


# ---------------------------------------------------------------- regression


def mse(y_hat: ArrayLike, y: ArrayLike) -> float:
    """Mean squared error: the mean of (y_hat - y)^2 over all elements, in squared units of y.

    Raises ValueError when the shapes differ.
    """
    y_hat, y = _pair(y_hat, y)
    return float(np.mean((y_hat - y) ** 2))


def mse_grad(y_hat: ArrayLike, y: ArrayLike) -> Array:
    """Derivative of :func:`mse`: 2 (y_hat - y) / n, with n the number of elements."""
    y_hat, y = _pair(y_hat, y)
    return 2 * (y_hat - y) / y.size


def mae(y_hat: ArrayLike, y: ArrayLike) -> float:
    """Mean absolute error: the mean of |y_hat - y| over all elements, in units of y.

    Raises ValueError when the shapes differ.
    """
    y_hat, y = _pair(y_hat, y)
    return float(np.mean(np.abs(y_hat - y)))


def mae_grad(y_hat: ArrayLike, y: ArrayLike) -> Array:
    """Derivative of :func:`mae`: sign(y_hat - y) / n, and 0 (a subgradient) where the error is 0."""
    y_hat, y = _pair(y_hat, y)
    return np.sign(y_hat - y) / y.size


def huber(y_hat: ArrayLike, y: ArrayLike, delta: float = 1.0) -> float:
    """Huber loss: r^2 / 2 where |r| <= delta, delta (|r| - delta / 2) beyond, averaged over all elements.

    ``delta`` > 0 is in units of y. Source: P. J. Huber, Robust estimation of a location parameter (1964).
    """
    y_hat, y = _pair(y_hat, y)
    r = np.abs(y_hat - y)
    return float(np.mean(np.where(r <= delta, r**2 / 2, delta * (r - delta / 2))))


def huber_grad(y_hat: ArrayLike, y: ArrayLike, delta: float = 1.0) -> Array:
    """Derivative of :func:`huber`: the error clipped to [-delta, delta], divided by n."""
    y_hat, y = _pair(y_hat, y)
    return np.clip(y_hat - y, -delta, delta) / y.size


def smooth_l1(y_hat: ArrayLike, y: ArrayLike, beta: float = 1.0) -> float:
    """Smooth L1: Huber with ``delta = beta`` divided by beta, so that the slope of the tails is always 1.

    ``beta`` > 0 is in units of y. Source: R. Girshick, Fast R-CNN (2015).
    """
    return huber(y_hat, y, beta) / beta


def smooth_l1_grad(y_hat: ArrayLike, y: ArrayLike, beta: float = 1.0) -> Array:
    """Derivative of :func:`smooth_l1`: the error divided by beta, clipped to [-1, 1], divided by n."""
    return huber_grad(y_hat, y, beta) / beta


# ------------------------------------------------------------ classification


def binary_cross_entropy(logits: ArrayLike, y: ArrayLike) -> float:
    """Mean of -y log s(z) - (1 - y) log(1 - s(z)) with s the sigmoid and z the logits, in nats.

    Shapes: both the same; y holds 0, 1 or a probability. -log s(z) is softplus(-z), which never takes log(0).
    """
    z, y = _pair(logits, y)
    return float(np.mean(y * softplus(-z) + (1 - y) * softplus(z)))


def binary_cross_entropy_grad(logits: ArrayLike, y: ArrayLike) -> Array:
    """Derivative of :func:`binary_cross_entropy` with respect to the logits: (sigmoid(z) - y) / n."""
    z, y = _pair(logits, y)
    return (sigmoid(z) - y) / y.size


def categorical_cross_entropy(logits: ArrayLike, y: ArrayLike) -> float:
    """Cross-entropy of rows of probabilities: the mean over rows of -sum_k y_k log softmax(z)_k, in nats.

    Shapes: logits (..., k), y (..., k); each row of y sums to 1 (one-hot or soft).
    """
    z, y = _pair(logits, y)
    return float(np.mean(-np.sum(y * log_softmax(z), axis=-1)))


def categorical_cross_entropy_grad(logits: ArrayLike, y: ArrayLike) -> Array:
    """Derivative of :func:`categorical_cross_entropy`: (sum_k y_k softmax(z) - y) / rows; the sum is 1."""
    z, y = _pair(logits, y)
    return (y.sum(axis=-1, keepdims=True) * softmax(z) - y) / (y.size // y.shape[-1])


def negative_log_likelihood(log_probs: ArrayLike, y: ArrayLike) -> float:
    """Mean of minus the log-probability of the right class, in nats.

    Shapes: log_probs (..., k), the output of a log-softmax; y (...) integer labels in 0..k-1.
    Raises ValueError for labels of another shape, of another type or out of range.
    """
    log_probs, y = _labelled(log_probs, y)
    return float(np.mean(-np.take_along_axis(log_probs, y, axis=-1)))


def negative_log_likelihood_grad(log_probs: ArrayLike, y: ArrayLike) -> Array:
    """Derivative of :func:`negative_log_likelihood`: -1 / rows at the right class, 0 elsewhere."""
    log_probs, y = _labelled(log_probs, y)
    grad = np.zeros_like(log_probs)
    np.put_along_axis(grad, y, -1 / y.size, axis=-1)
    return grad


def sparse_categorical_cross_entropy(logits: ArrayLike, y: ArrayLike) -> float:
    """Cross-entropy with integer labels: :func:`negative_log_likelihood` of the log-softmax, in nats.

    Shapes: logits (..., k), y (...) integers in 0..k-1.
    """
    z, _ = _labelled(logits, y)
    return negative_log_likelihood(log_softmax(z), y)


def sparse_categorical_cross_entropy_grad(logits: ArrayLike, y: ArrayLike) -> Array:
    """Derivative of :func:`sparse_categorical_cross_entropy`: (softmax(z) - one-hot(y)) / rows."""
    z, labels = _labelled(logits, y)
    return softmax(z) / labels.size + negative_log_likelihood_grad(z, y)


def hinge(scores: ArrayLike, y: ArrayLike) -> float:
    """Mean of max(0, 1 - y s): zero once a score s has the right sign and is at least 1 in size.

    Shapes: both the same; y holds -1 and +1 (ValueError otherwise). Source: Cortes and Vapnik (1995).
    """
    s, y = _pair(scores, y)
    if not np.all(np.abs(y) == 1):
        raise ValueError("hinge labels are -1 and +1: turn 0/1 labels into 2 * y - 1")
    return float(np.mean(np.maximum(0, 1 - y * s)))


def hinge_grad(scores: ArrayLike, y: ArrayLike) -> Array:
    """Derivative of :func:`hinge`: -y / n where y s < 1, otherwise 0."""
    s, y = _pair(scores, y)
    return np.where(y * s < 1, -y, 0) / y.size


def kl_divergence(log_q: ArrayLike, p: ArrayLike) -> float:
    """Kullback-Leibler divergence KL(p || q): the mean over rows of sum_k p_k (log p_k - log q_k), in nats.

    Shapes: log_q (..., k) log-probabilities of the model, p (..., k) target probabilities. 0 log 0 counts as
    0. This is ``torch.nn.functional.kl_div(log_q, p, reduction="batchmean")``.
    """
    log_q, p = _pair(log_q, p)
    log_p = np.log(np.where(p > 0, p, 1))
    return float(np.mean(np.sum(p * (log_p - log_q), axis=-1)))


def kl_divergence_grad(log_q: ArrayLike, p: ArrayLike) -> Array:
    """Derivative of :func:`kl_divergence` with respect to log_q: -p / rows."""
    log_q, p = _pair(log_q, p)
    return -p / (p.size // p.shape[-1])


def _focal_parts(
    logits: ArrayLike, y: ArrayLike, alpha: ArrayLike | None
) -> tuple[Array, Array, Array, Array]:
    """log p, p and max(1 - p, TINY) of the right class, and its weight; each (..., 1)."""
    z, labels = _labelled(logits, y)
    log_p = np.take_along_axis(log_softmax(z), labels, axis=-1)
    weight = np.ones_like(log_p) if alpha is None else np.asarray(alpha, dtype=z.dtype)[labels]
    return log_p, np.exp(log_p), np.maximum(-np.expm1(log_p), TINY), weight


def focal(logits: ArrayLike, y: ArrayLike, gamma: float = 2.0, alpha: ArrayLike | None = None) -> float:
    """Focal loss: mean of -alpha_y (1 - p)^gamma log p, with p the softmax probability of the right class.

    Shapes: logits (..., k), y (...) integers, alpha (k,): one weight per class (None: 1 for each class).
    gamma = 0 without alpha is cross-entropy. Source: Lin et al., Focal loss for dense object detection
    (2017).
    """
    log_p, _, rest, weight = _focal_parts(logits, y, alpha)
    return float(np.mean(-weight * rest**gamma * log_p))


def focal_grad(logits: ArrayLike, y: ArrayLike, gamma: float = 2.0, alpha: ArrayLike | None = None) -> Array:
    """Derivative of :func:`focal` with respect to the logits.

    The chain is d loss / d log p = -alpha ((1 - p)^gamma - gamma (1 - p)^(gamma - 1) p log p), then
    d log p / d z_j = [j = y] - softmax(z)_j.
    """
    log_p, p, rest, weight = _focal_parts(logits, y, alpha)
    slope = -weight * (rest**gamma - gamma * rest ** (gamma - 1) * p * log_p)
    return -slope * sparse_categorical_cross_entropy_grad(logits, y)


# ------------------------------------------------------- masks and distances


def _overlap(probs: ArrayLike, y: ArrayLike, smoothing: float) -> tuple[Array, Array, Array]:
    """The mask, and numerator and denominator of the Dice coefficient per sample, kept broadcastable."""
    p, y = _pair(probs, y)
    axes = tuple(range(1, p.ndim))
    top = 2 * np.sum(p * y, axis=axes, keepdims=True) + smoothing
    return y, top, np.sum(p + y, axis=axes, keepdims=True) + smoothing


def dice(probs: ArrayLike, y: ArrayLike, smoothing: float = 1.0) -> float:
    """Soft Dice loss: the mean over samples of 1 - (2 sum p y + s) / (sum p + sum y + s).

    Shapes: probs (n, ...) in [0, 1] (take the sigmoid of logits first), y the same with 0 and 1; the sums run
    over everything but the first axis. ``smoothing`` s > 0 makes an empty mask cost 0 when nothing is
    predicted; with s = 0 that case is 0 / 0 and the loss is nan. Source: Milletari et al., V-Net (2016).
    """
    _, top, bottom = _overlap(probs, y, smoothing)
    return float(np.mean(1 - top / bottom))


def dice_grad(probs: ArrayLike, y: ArrayLike, smoothing: float = 1.0) -> Array:
    """Derivative of :func:`dice` with respect to the probabilities, by the quotient rule."""
    y, top, bottom = _overlap(probs, y, smoothing)
    return (top - 2 * y * bottom) / bottom**2 / y.shape[0]


def _distance(a: Array, b: Array, eps: float) -> tuple[Array, Array]:
    """Euclidean distance of rows and the unit vector from b to a; eps keeps the root differentiable at 0."""
    difference = a - b + eps
    length = np.sqrt(np.sum(difference**2, axis=-1, keepdims=True))
    return length, difference / length


def triplet(
    anchor: ArrayLike, positive: ArrayLike, negative: ArrayLike, margin: float = 1.0, eps: float = 1e-6
) -> float:
    """Triplet loss: the mean of max(0, d(anchor, positive) - d(anchor, negative) + margin).

    Shapes: three times (n, d) embeddings; d is the Euclidean distance, with ``eps`` added to every difference
    as in torch.nn.TripletMarginLoss. Source: Schroff et al., FaceNet (2015).
    """
    anchor, positive = _pair(anchor, positive)
    anchor, negative = _pair(anchor, negative)
    near, far = _distance(anchor, positive, eps)[0], _distance(anchor, negative, eps)[0]
    return float(np.mean(np.maximum(0, near - far + margin)))


def triplet_grad(
    anchor: ArrayLike, positive: ArrayLike, negative: ArrayLike, margin: float = 1.0, eps: float = 1e-6
) -> tuple[Array, Array, Array]:
    """Derivatives of :func:`triplet` with respect to anchor, positive and negative, each (n, d)."""
    anchor, positive = _pair(anchor, positive)
    anchor, negative = _pair(anchor, negative)
    near, towards = _distance(anchor, positive, eps)
    far, away = _distance(anchor, negative, eps)
    active = (near - far + margin > 0) / len(anchor)
    return active * (towards - away), -active * towards, active * away


# --------------------------------------------------------------- composition


def weighted_sum(terms: Sequence[tuple[Callable, float]]) -> Callable:
    """A new loss: the sum of weight * loss over ``terms``, a list of (loss, weight) pairs.

    ``weighted_sum([(mse, 0.7), (mae, 0.3)])`` mixes two losses of this module, or ``functools.partial`` of
    them. The result carries its derivative as ``.grad(y_hat, y)``: the derivative of a sum is the sum of the
    derivatives. Raises ValueError without terms.
    """
    terms = list(terms)
    if not terms:
        raise ValueError("weighted_sum needs at least one (loss, weight) pair")

    def total(y_hat: ArrayLike, y: ArrayLike) -> float:
        return sum(weight * term(y_hat, y) for term, weight in terms)

    def grad(y_hat: ArrayLike, y: ArrayLike) -> Array:
        return np.sum([weight * derivative_of(term)(y_hat, y) for term, weight in terms], axis=0)

    total.grad = grad  # type: ignore[attr-defined]
    return total


def l1_penalty(params: Sequence[ArrayLike], strength: float = 1.0) -> float:
    """strength * the sum of |w| over every entry of every array in ``params``."""
    return strength * float(sum(np.sum(np.abs(w)) for w in params))


def l1_penalty_grad(params: Sequence[ArrayLike], strength: float = 1.0) -> list[Array]:
    """Derivative of :func:`l1_penalty`, one array per parameter: strength * sign(w)."""
    return [strength * np.sign(w) for w in params]


def l2_penalty(params: Sequence[ArrayLike], strength: float = 1.0) -> float:
    """strength * the sum of w^2 over every entry of every array in ``params`` (no factor 1/2)."""
    return strength * float(sum(np.sum(np.square(w)) for w in params))


def l2_penalty_grad(params: Sequence[ArrayLike], strength: float = 1.0) -> list[Array]:
    """Derivative of :func:`l2_penalty`, one array per parameter: 2 * strength * w."""
    return [2 * strength * np.asarray(w) for w in params]
