"""The two framework halls as the cases see them; the Keras hall on whichever backend is active."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from types import ModuleType
from typing import Any

import keras
import numpy as np
import torch

import course_lib.keras
import course_lib.pytorch
from tests.halls.cases import Hall


def modules_of(package: ModuleType) -> dict[str, ModuleType]:
    """Every module of a hall by its short name."""
    names = [module.name for module in pkgutil.iter_modules(package.__path__)]
    return {name: importlib.import_module(f"{package.__name__}.{name}") for name in names}


def _torch_gradient(f: Callable[..., Any], arrays: list[np.ndarray]) -> list[np.ndarray]:
    tensors = [torch.tensor(a, requires_grad=True) for a in arrays]
    return [g.numpy() for g in torch.autograd.grad(f(*tensors), tensors)]


def _keras_gradient(f: Callable[..., Any], arrays: list[np.ndarray]) -> list[np.ndarray]:
    if keras.backend.backend() == "torch":
        return _torch_gradient(f, arrays)
    import tensorflow as tf

    tensors = [tf.constant(a) for a in arrays]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        value = f(*tensors)
    return [keras.ops.convert_to_numpy(g) for g in tape.gradient(value, tensors)]


def _torch_apply(optimizer: torch.optim.Optimizer, variables: list[Any], grads: list[np.ndarray]) -> None:
    for variable, grad in zip(variables, grads, strict=True):
        variable.grad = torch.tensor(grad)
    optimizer.step()


def _keras_apply(optimizer: Any, variables: list[Any], grads: list[np.ndarray]) -> None:
    optimizer.apply([keras.ops.convert_to_tensor(g) for g in grads], variables)


def _torch_rates(schedule: Any, updates: int) -> np.ndarray:
    # The rate of the optimiser itself must not matter.
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=123.0)
    scheduler = schedule(optimizer)
    rates = []
    for _ in range(updates):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return np.array(rates)


def _keras_rates(schedule: Any, updates: int) -> np.ndarray:
    optimizer = keras.optimizers.SGD(learning_rate=schedule)
    variable = keras.Variable([0.0])
    optimizer.build([variable])
    rates = []
    for _ in range(updates):
        rates.append(float(keras.ops.convert_to_numpy(optimizer.learning_rate)))
        optimizer.apply([keras.ops.zeros(1)])
    return np.array(rates)


PYTORCH = Hall(
    name="pytorch",
    modules=modules_of(course_lib.pytorch),
    tensor=torch.tensor,
    gradient=_torch_gradient,
    variables=lambda arrays: [torch.nn.Parameter(torch.tensor(a)) for a in arrays],
    apply=_torch_apply,
    numpy=lambda value: value.detach().numpy(),
    total=lambda value: value.sum(),
    parameters=lambda model: model.parameters(),
    call=lambda layer, z: layer(z),
    rates=_torch_rates,
    scheduler=lambda schedule, optimizer: schedule(optimizer),
)
KERAS = Hall(
    name="keras",
    modules=modules_of(course_lib.keras),
    tensor=keras.ops.convert_to_tensor,
    gradient=_keras_gradient,
    variables=lambda arrays: [keras.Variable(a) for a in arrays],
    apply=_keras_apply,
    numpy=keras.ops.convert_to_numpy,
    total=keras.ops.sum,
    parameters=lambda model: model.trainable_variables,
    call=lambda layer, z: layer(z),
    rates=_keras_rates,
    scheduler=lambda schedule, optimizer: schedule,
)
