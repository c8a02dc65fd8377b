"""Optimisers in Keras: its own classes, with every hyper-parameter named and set.

Same names, arguments and updates as :mod:`course_lib.pytorch.optimizers`, step by step.
Keras has ``eps`` inside the root in Adagrad and RMSprop, and before the bias correction in Adam.
Three subclasses move it to where PyTorch and the papers' update rules have it, so that one number means
the same in both frameworks.
Everything is ``keras.ops``: the TensorFlow and the torch backend compute the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

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

Params = Sequence[Any]
register = keras.saving.register_keras_serializable(package="course_lib")


@register
class EMAMomentum(keras.optimizers.Optimizer):
    """m = beta * m + (1 - beta) * g; w -= lr * m / (1 - beta^t)."""

    def __init__(
        self,
        learning_rate: float = 0.01,
        beta: float = 0.9,
        bias_correction: bool = True,
        name: str = "ema_momentum",
        **kwargs: Any,
    ) -> None:
        if not 0 <= beta < 1:
            raise ValueError(f"need 0 <= beta < 1, got beta={beta}")
        super().__init__(learning_rate=learning_rate, name=name, **kwargs)
        self.beta, self.bias_correction = beta, bias_correction

    def build(self, variables: Params) -> None:
        """Make the optimiser's memory: one array per variable."""
        if not self.built:
            super().build(variables)
            self.averages = self.add_optimizer_variables(variables, "average")

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """One update of one variable; Keras calls it for each of them."""
        lr = ops.cast(learning_rate, variable.dtype)
        t = ops.cast(self.iterations + 1, variable.dtype)
        m = self.averages[self._get_variable_index(variable)]
        self.assign(m, self.beta * m + (1 - self.beta) * gradient)
        correction = 1 - ops.power(ops.cast(self.beta, t.dtype), t) if self.bias_correction else 1.0
        self.assign_sub(variable, lr * m / correction)

    def get_config(self) -> dict[str, Any]:
        """What is needed to build the same optimiser from a saved model."""
        return super().get_config() | {"beta": self.beta, "bias_correction": self.bias_correction}


@register
class Adagrad(keras.optimizers.Adagrad):
    """Adagrad with eps outside the root."""

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        G = self._accumulators[self._get_variable_index(variable)]
        self.assign_add(G, ops.square(gradient))
        lr = ops.cast(learning_rate, variable.dtype)
        self.assign_sub(variable, lr * gradient / (ops.sqrt(G) + self.epsilon))


@register
class RMSprop(keras.optimizers.RMSprop):
    """RMSprop with eps outside the root."""

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        v = self._velocities[self._get_variable_index(variable)]
        self.assign(v, self.rho * v + (1 - self.rho) * ops.square(gradient))
        lr = ops.cast(learning_rate, variable.dtype)
        self.assign_sub(variable, lr * gradient / (ops.sqrt(v) + self.epsilon))


@register
class Adam(keras.optimizers.Adam):
    """Adam with eps after the bias correction, and with an L2 penalty."""

    def __init__(self, *args: Any, l2: float = 0.0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.l2 = l2

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        index, t = self._get_variable_index(variable), ops.cast(self.iterations + 1, variable.dtype)
        lr = ops.cast(learning_rate, variable.dtype)
        gradient = gradient + self.l2 * variable
        m, v = self._momentums[index], self._velocities[index]
        self.assign(m, self.beta_1 * m + (1 - self.beta_1) * gradient)
        self.assign(v, self.beta_2 * v + (1 - self.beta_2) * ops.square(gradient))
        if self.amsgrad:
            largest = self._velocity_hats[index]
            self.assign(largest, ops.maximum(largest, v))
            v = largest
        m_hat = m / (1 - ops.power(ops.cast(self.beta_1, variable.dtype), t))
        v_hat = v / (1 - ops.power(ops.cast(self.beta_2, variable.dtype), t))
        self.assign_sub(variable, lr * m_hat / (ops.sqrt(v_hat) + self.epsilon))

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"l2": self.l2}


def _built(optimizer: keras.optimizers.Optimizer, params: Params) -> keras.optimizers.Optimizer:
    """Bind the optimiser to its variables, as PyTorch's constructors do."""
    params = list(params)
    if not params:
        raise ValueError("an optimiser needs at least one parameter: is the model built?")
    optimizer.build(params)
    return optimizer


def sgd(
    params: Params, lr: float, momentum: float = 0.0, nesterov: bool = False
) -> keras.optimizers.Optimizer:
    """Gradient descent, with momentum (0 to 1) where asked for."""
    if nesterov and momentum <= 0:
        raise ValueError("nesterov=True needs a momentum above 0")
    return _built(
        keras.optimizers.SGD(learning_rate=float(lr), momentum=float(momentum), nesterov=nesterov), params
    )


def adagrad(params: Params, lr: float, eps: float = 1e-8, start: float = 0.0) -> keras.optimizers.Optimizer:
    """Adagrad; ``start`` is what the sum of squares begins with."""
    return _built(Adagrad(learning_rate=float(lr), epsilon=eps, initial_accumulator_value=start), params)


def rmsprop(params: Params, lr: float, rho: float = 0.9, eps: float = 1e-8) -> keras.optimizers.Optimizer:
    """RMSprop; ``rho`` is how much of the old average stays (PyTorch calls it alpha)."""
    return _built(RMSprop(learning_rate=float(lr), rho=rho, epsilon=eps), params)


def adam(
    params: Params,
    lr: float,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    eps: float = 1e-8,
    amsgrad: bool = False,
    l2: float = 0.0,
) -> keras.optimizers.Optimizer:
    """Adam; ``l2`` is a penalty ``l2 / 2 * |w|^2`` on the loss (what PyTorch's Adam calls weight_decay)."""
    return _built(
        Adam(learning_rate=float(lr), beta_1=beta_1, beta_2=beta_2, epsilon=eps, amsgrad=amsgrad, l2=l2),
        params,
    )


def adamw(
    params: Params,
    lr: float,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    eps: float = 1e-8,
    weight_decay: float = 0.01,
) -> keras.optimizers.Optimizer:
    """Adam with decoupled weight decay: each step also shrinks the weights by ``lr * weight_decay``.

    In Keras every optimiser takes ``weight_decay`` and always decouples it: AdamW is Adam with that argument.
    """
    return _built(
        Adam(learning_rate=float(lr), beta_1=beta_1, beta_2=beta_2, epsilon=eps, weight_decay=weight_decay),
        params,
    )


def nadam(
    params: Params, lr: float, beta_1: float = 0.9, beta_2: float = 0.999, eps: float = 1e-8
) -> keras.optimizers.Optimizer:
    """Nadam; the momentum warms up as ``beta_1 * (1 - 0.5 * 0.96^t)``."""
    return _built(
        keras.optimizers.Nadam(learning_rate=float(lr), beta_1=beta_1, beta_2=beta_2, epsilon=eps), params
    )


def lion(
    params: Params, lr: float, beta_1: float = 0.9, beta_2: float = 0.99, weight_decay: float = 0.0
) -> keras.optimizers.Optimizer:
    """Lion, with decoupled weight decay."""
    return _built(
        keras.optimizers.Lion(
            learning_rate=float(lr), beta_1=beta_1, beta_2=beta_2, weight_decay=weight_decay
        ),
        params,
    )


def adafactor(
    params: Params,
    lr: float,
    decay: float = 0.8,
    eps_1: float = 1e-16,
    eps_2: float = 1e-3,
    clip: float = 1.0,
) -> keras.optimizers.Optimizer:
    """Adafactor; ``lr`` is a share of the root mean square of the weights.

    Keras keeps, beside the factors, the full estimate of every matrix: its memory is not sublinear.
    """
    return _built(
        keras.optimizers.Adafactor(
            learning_rate=float(lr),
            beta_2_decay=-decay,
            epsilon_1=eps_1,
            epsilon_2=eps_2,
            clip_threshold=clip,
            relative_step=True,
        ),
        params,
    )


def ema_momentum(
    params: Params, lr: float, beta: float = 0.9, bias_correction: bool = True
) -> keras.optimizers.Optimizer:
    """Descent along the exponential moving average of the gradients."""
    return _built(EMAMomentum(learning_rate=float(lr), beta=beta, bias_correction=bias_correction), params)
