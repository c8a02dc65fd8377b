"""A fully connected network in NumPy, forward and backward."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from course_lib.from_scratch.activations import ACTIVATIONS

__all__ = ["MLP", "mlp", "predict", "set_weights", "weights"]

# Activations that cut off half of their input need twice the variance (He et al. 2015); the others get Glorot's.
HE_ACTIVATIONS = ("relu", "leaky_relu", "elu", "swish", "gelu", "mish")


class MLP:
    """Multi-layer perceptron: ``Z = A @ W + b`` and an activation per hidden layer, a linear output layer.

    ``params`` is the list ``[W1, b1, W2, b2, ...]``; every ``W`` is ``(inputs, outputs)``, every ``b``
    ``(outputs,)``.
    """

    def __init__(self, params: list[np.ndarray], activation: str) -> None:
        self.params = params
        self.activation = activation
        self._inputs: list[np.ndarray] = []
        self._pre_activations: list[np.ndarray] = []

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """Forward pass: ``X`` is ``(n, d)``, the result ``(n, k)``. Keeps what the backward pass needs."""
        g, _ = ACTIVATIONS[self.activation]
        self._inputs, self._pre_activations = [], []
        A = np.asarray(X)
        layers = list(zip(self.params[::2], self.params[1::2], strict=True))
        for number, (W, b) in enumerate(layers, start=1):
            self._inputs.append(A)
            Z = A @ W + b
            self._pre_activations.append(Z)
            A = Z if number == len(layers) else g(Z)
        return A

    def backward(self, grad: np.ndarray) -> list[np.ndarray]:
        """Gradients of the loss for every parameter, from ``grad`` = dL/dy_hat ``(n, k)`` of the last forward pass.

        The recursion is ``delta_l = (delta_{l+1} @ W_{l+1}.T) * g'(Z_l)`` (Rumelhart, Hinton and Williams 1986).
        Raises ``RuntimeError`` if there was no forward pass.
        """
        if not self._inputs:
            raise RuntimeError("backward() needs a forward pass first: call model(X)")
        _, g_prime = ACTIVATIONS[self.activation]
        grads: list[np.ndarray] = []
        delta = grad
        for layer in reversed(range(len(self._inputs))):
            grads = [self._inputs[layer].T @ delta, delta.sum(axis=0), *grads]
            if layer > 0:
                delta = (delta @ self.params[2 * layer].T) * g_prime(self._pre_activations[layer - 1])
        return grads


def mlp(sizes: Sequence[int], activation: str = "relu", seed: int = 0) -> MLP:
    """A network with layer widths ``sizes`` = (inputs, hidden..., outputs), hidden ``activation`` and a linear output.

    Weights are He normal for the ReLU family and Glorot uniform otherwise, biases zero, all float32.
    """
    if activation not in ACTIVATIONS:
        raise ValueError(f"no activation {activation!r}: choose one of {', '.join(ACTIVATIONS)}")
    rng = np.random.default_rng(seed)
    params: list[np.ndarray] = []
    for fan_in, fan_out in zip(sizes[:-1], sizes[1:], strict=True):
        if activation in HE_ACTIVATIONS:
            W = rng.normal(0.0, np.sqrt(2.0 / fan_in), (fan_in, fan_out))
        else:
            limit = np.sqrt(6.0 / (fan_in + fan_out))
            W = rng.uniform(-limit, limit, (fan_in, fan_out))
        params += [W.astype(np.float32), np.zeros(fan_out, np.float32)]
    return MLP(params, activation)


def weights(model: MLP) -> list[np.ndarray]:
    """Copies of the parameters, ``[W1, b1, W2, b2, ...]`` with ``W`` as ``(inputs, outputs)``."""
    return [param.copy() for param in model.params]


def set_weights(model: MLP, arrays: Sequence[np.ndarray]) -> None:
    """Put ``arrays`` (layout of :func:`weights`) into the model. Raises ``ValueError`` if number or shapes differ."""
    if [a.shape for a in arrays] != [p.shape for p in model.params]:
        raise ValueError(
            f"shapes {[a.shape for a in arrays]} do not fit the model's {[p.shape for p in model.params]}"
        )
    # In place: an optimiser holds references to these arrays.
    for param, array in zip(model.params, arrays, strict=True):
        param[...] = array


def predict(model: MLP, X: np.ndarray) -> np.ndarray:
    """Output ``(n, k)`` for inputs ``X`` ``(n, d)``."""
    return model(X)
