"""Activation functions and their derivatives, in NumPy.

Every function takes an array `Z` of pre-activations and returns an array of the same shape.
Floating-point input keeps its precision; integers and lists become float64.
The derivatives are closed forms, not `autograd`; `<name>_grad(Z)` is the slope at `Z`, element by element.
Softmax mixes the entries of a row, so its slope is a matrix: `softmax_grad(Z, grad)` multiplies that matrix
(the Jacobian, transposed) by the gradient that arrives from above, without ever building it.

At a kink the derivative is the one from the left (0 for ReLU, `slope` for leaky ReLU, `alpha` for ELU),
the same choice as in PyTorch and TensorFlow.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

__all__ = [
    "ACTIVATIONS",
    "elu",
    "elu_grad",
    "gelu",
    "gelu_grad",
    "leaky_relu",
    "leaky_relu_grad",
    "linear",
    "linear_grad",
    "log_softmax",
    "log_softmax_grad",
    "mish",
    "mish_grad",
    "relu",
    "relu_grad",
    "sigmoid",
    "sigmoid_grad",
    "softmax",
    "softmax_grad",
    "softmax_jacobian",
    "softplus",
    "softplus_grad",
    "swish",
    "swish_grad",
    "tanh",
    "tanh_grad",
]

Array = np.ndarray[Any, np.dtype[np.floating]]

GELU_SCALE = np.sqrt(2 / np.pi).item()
GELU_CUBIC = 0.044715


def _floats(Z: ArrayLike) -> Array:
    """`Z` as a floating-point array: precision kept, integers and lists to float64."""
    Z = np.asarray(Z)
    return Z if np.issubdtype(Z.dtype, np.floating) else Z.astype(np.float64)


def _normal_cdf(Z: Array) -> Array:
    """The distribution function of N(0, 1) in the precision of `Z`; exact also far to the left."""
    return ndtr(Z).astype(Z.dtype)


def linear(Z: ArrayLike) -> Array:
    """The identity: the output activation of a regression."""
    return _floats(Z)


def linear_grad(Z: ArrayLike) -> Array:
    """1 everywhere."""
    return np.ones_like(_floats(Z))


def relu(Z: ArrayLike) -> Array:
    """max(0, z). Range [0, inf). Source: Nair and Hinton 2010."""
    return np.maximum(_floats(Z), 0)


def relu_grad(Z: ArrayLike) -> Array:
    """1 where z > 0, else 0 (also at z = 0)."""
    Z = _floats(Z)
    return (Z > 0).astype(Z.dtype)


def leaky_relu(Z: ArrayLike, slope: float = 0.01) -> Array:
    """z where z > 0, else slope * z. Range: all reals (for slope > 0). Source: Maas et al. 2013.

    This form holds for every slope; max(slope * z, z) is the same function for 0 <= slope <= 1 only.
    """
    Z = _floats(Z)
    return np.where(Z > 0, Z, slope * Z)


def leaky_relu_grad(Z: ArrayLike, slope: float = 0.01) -> Array:
    """1 where z > 0, else slope."""
    Z = _floats(Z)
    return np.where(Z > 0, np.ones_like(Z), np.full_like(Z, slope))


def elu(Z: ArrayLike, alpha: float = 1.0) -> Array:
    """z where z > 0, else alpha * (exp(z) - 1). Range (-alpha, inf). Source: Clevert et al. 2016."""
    Z = _floats(Z)
    return np.where(Z > 0, Z, alpha * np.expm1(np.minimum(Z, 0)))


def elu_grad(Z: ArrayLike, alpha: float = 1.0) -> Array:
    """1 where z > 0, else alpha * exp(z): continuous at 0 for alpha = 1 only."""
    Z = _floats(Z)
    return np.where(Z > 0, np.ones_like(Z), alpha * np.exp(np.minimum(Z, 0)))


def sigmoid(Z: ArrayLike) -> Array:
    """1 / (1 + exp(-z)). Range (0, 1). Only exp(-|z|) is computed, so no input overflows."""
    Z = _floats(Z)
    E = np.exp(-np.abs(Z))
    return np.where(Z >= 0, np.ones_like(E), E) / (1 + E)


def sigmoid_grad(Z: ArrayLike) -> Array:
    """s(z) * (1 - s(z)), written s(z) * s(-z) so that it does not round to 0 for large z."""
    Z = _floats(Z)
    return sigmoid(Z) * sigmoid(-Z)


def tanh(Z: ArrayLike) -> Array:
    """(exp(z) - exp(-z)) / (exp(z) + exp(-z)). Range (-1, 1)."""
    return np.tanh(_floats(Z))


def tanh_grad(Z: ArrayLike) -> Array:
    """1 - tanh(z)^2, written 4 s(2z) s(-2z), because tanh(z) = 2 s(2z) - 1."""
    return 4 * sigmoid_grad(2 * _floats(Z))


def softplus(Z: ArrayLike) -> Array:
    """log(1 + exp(z)). Range (0, inf). A smooth ReLU, never below it."""
    Z = _floats(Z)
    return np.logaddexp(np.zeros_like(Z), Z)


def softplus_grad(Z: ArrayLike) -> Array:
    """The sigmoid."""
    return sigmoid(Z)


def swish(Z: ArrayLike, beta: float = 1.0) -> Array:
    """z * s(beta z), also called SiLU for beta = 1. Range [-0.2785 / beta, inf).

    Source: Ramachandran et al. 2017; Elfwing et al. 2018.
    """
    Z = _floats(Z)
    return Z * sigmoid(beta * Z)


def swish_grad(Z: ArrayLike, beta: float = 1.0) -> Array:
    """s(beta z) + beta z s'(beta z)."""
    Z = _floats(Z)
    return sigmoid(beta * Z) + beta * Z * sigmoid_grad(beta * Z)


def gelu(Z: ArrayLike, approximate: bool = False) -> Array:
    """z * Phi(z), with Phi the distribution function of N(0, 1). Range [-0.1700, inf).

    approximate=True gives the tanh form 0.5 z (1 + tanh(sqrt(2 / pi) (z + 0.044715 z^3))).
    Source: Hendrycks and Gimpel 2016.
    """
    Z = _floats(Z)
    if approximate:
        return 0.5 * Z * (1 + np.tanh(GELU_SCALE * (Z + GELU_CUBIC * Z**3)))
    return Z * _normal_cdf(Z)


def gelu_grad(Z: ArrayLike, approximate: bool = False) -> Array:
    """Phi(z) + z phi(z), with phi the density of N(0, 1); or the derivative of the tanh form."""
    Z = _floats(Z)
    if approximate:
        inner = GELU_SCALE * (Z + GELU_CUBIC * Z**3)
        inner_grad = GELU_SCALE * (1 + 3 * GELU_CUBIC * Z**2)
        return 0.5 * (1 + np.tanh(inner)) + 0.5 * Z * tanh_grad(inner) * inner_grad
    return _normal_cdf(Z) + Z * np.exp(-(Z**2) / 2) / np.sqrt(2 * np.pi).item()


def mish(Z: ArrayLike) -> Array:
    """z * tanh(softplus(z)). Range [-0.3088, inf). Source: Misra 2020."""
    Z = _floats(Z)
    return Z * np.tanh(softplus(Z))


def mish_grad(Z: ArrayLike) -> Array:
    """t + z (1 - t^2) s(z), with t = tanh(softplus(z))."""
    Z = _floats(Z)
    P = softplus(Z)
    return np.tanh(P) + Z * tanh_grad(P) * sigmoid(Z)


def softmax(Z: ArrayLike, axis: int = -1) -> Array:
    """exp(z_i) / sum_j exp(z_j) along `axis`: positive numbers that sum to 1.

    The largest entry is subtracted first, which changes nothing in the result and keeps exp from overflowing.
    """
    Z = _floats(Z)
    E = np.exp(Z - Z.max(axis=axis, keepdims=True))
    return E / E.sum(axis=axis, keepdims=True)


def softmax_grad(Z: ArrayLike, grad: ArrayLike, axis: int = -1) -> Array:
    """The gradient at `Z` of a loss whose gradient at softmax(Z) is `grad`: a * (grad - sum(a * grad))."""
    A = softmax(Z, axis)
    grad = np.asarray(grad)
    return A * (grad - (A * grad).sum(axis=axis, keepdims=True))


def softmax_jacobian(z: ArrayLike) -> Array:
    """The whole matrix d a_i / d z_j = a_i (1[i = j] - a_j) of one vector `z` of k logits: (k, k).

    Raises ValueError when `z` is not a vector.
    """
    z = _floats(z)
    if z.ndim != 1:
        raise ValueError(f"softmax_jacobian takes one vector of logits, got shape {z.shape}: pass one row")
    a = softmax(z)
    return np.diag(a) - np.outer(a, a)


def log_softmax(Z: ArrayLike, axis: int = -1) -> Array:
    """log(softmax(Z)) without taking the logarithm of a number that may have rounded to 0."""
    Z = _floats(Z)
    shifted = Z - Z.max(axis=axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


def log_softmax_grad(Z: ArrayLike, grad: ArrayLike, axis: int = -1) -> Array:
    """The gradient at `Z` of a loss whose gradient at log_softmax(Z) is `grad`: grad - a * sum(grad)."""
    grad = np.asarray(grad)
    return grad - softmax(Z, axis) * grad.sum(axis=axis, keepdims=True)


ACTIVATIONS: dict[str, tuple[Callable[..., Array], Callable[..., Array]]] = {
    "linear": (linear, linear_grad),
    "relu": (relu, relu_grad),
    "leaky_relu": (leaky_relu, leaky_relu_grad),
    "elu": (elu, elu_grad),
    "sigmoid": (sigmoid, sigmoid_grad),
    "tanh": (tanh, tanh_grad),
    "softplus": (softplus, softplus_grad),
    "swish": (swish, swish_grad),
    "gelu": (gelu, gelu_grad),
    "mish": (mish, mish_grad),
}
"""Element-wise activations by name, each with its derivative. Softmax is not element-wise and not in it."""
