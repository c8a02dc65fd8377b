"""Looking inside a PyTorch model: activations, weights, gradients, the first value that is not finite.

No probe changes the model: not its weights, its ``.grad`` fields, its running statistics, its mode or the random state.
Layers are named by their path and class, ``"0 Linear"``; parameters as in ``named_parameters``, ``"0.weight"``.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import nn

from course_lib.data import statistics

__all__ = [
    "activation_statistics",
    "activations",
    "check_gradients",
    "first_non_finite",
    "gradient_statistics",
    "weight_statistics",
]

Loss = Callable[..., torch.Tensor]
Table = dict[str, dict[str, float]]


def activations(model: nn.Module, X: np.ndarray) -> dict[str, np.ndarray]:
    """The output of every layer for ``X`` (samples first), by the layer's name, in the order of computation.

    A layer that returns several tensors gives one entry for each, ``"0 LSTM [0]"``; one that is called again
    gives another, ``"1 ReLU (2)"``. Runs in evaluation mode.
    """
    seen: dict[str, np.ndarray] = {}
    calls: dict[str, int] = {}

    def hook_of(name: str) -> Callable[..., None]:
        def hook(module: nn.Module, inputs: Any, output: Any) -> None:
            calls[name] = calls.get(name, 0) + 1
            key = name if calls[name] == 1 else f"{name} ({calls[name]})"
            tensors = list(_tensors(output))
            for i, tensor in enumerate(tensors):
                # A copy: a later in-place operation would overwrite what is only referred to.
                seen[key if len(tensors) == 1 else f"{key} [{i}]"] = np.array(_to_numpy(tensor))

        return hook

    modes = {module: module.training for module in model.modules()}
    layers = [
        (f"{path} {type(m).__name__}".strip(), m) for path, m in model.named_modules() if _is_layer(path, m)
    ]
    handles = [module.register_forward_hook(hook_of(name)) for name, module in layers]
    model.eval()
    try:
        with torch.no_grad():
            model(_on_device(model, X))
    finally:
        for handle in handles:
            handle.remove()
        for module, mode in modes.items():
            module.training = mode
    return seen


def activation_statistics(model: nn.Module, X: np.ndarray) -> Table:
    """Mean, std and the shares of zero, dead and finite outputs of every layer for ``X``, at least two samples.

    See :func:`course_lib.data.statistics.activation_summary`.
    """
    return {name: statistics.activation_summary(A) for name, A in activations(model, X).items()}


def weight_statistics(model: nn.Module) -> Table:
    """Mean, std, norm and finite share of every parameter: :func:`course_lib.data.statistics.weight_summary`."""
    return {name: statistics.weight_summary(_to_numpy(w)) for name, w in model.named_parameters()}


def gradient_statistics(model: nn.Module, loss: Loss, X: np.ndarray, y: np.ndarray) -> Table:
    """Norm of every gradient, its ratio to the weights' norm, and the shares of zero and finite entries.

    In training mode, as in training. A parameter that the loss does not depend on has gradient zero.
    See :func:`course_lib.data.statistics.gradient_summary`.
    """
    _, grads = _step(copy.deepcopy(model).train(), loss, X, y)
    weights = dict(model.named_parameters())
    return {name: statistics.gradient_summary(g, _to_numpy(weights[name])) for name, g in grads.items()}


def first_non_finite(model: nn.Module, loss: Loss, X: np.ndarray, y: np.ndarray) -> str | None:
    """Where the first ``nan`` or infinity of a training step is, or ``None``.

    The search follows the computation: input, target, weights, outputs layer by layer, loss, gradients from
    the last parameter to the first.
    """
    value, grads = _step(copy.deepcopy(model).train(), loss, X, y)
    places: list[tuple[str, Any]] = [("input X", X), ("target y", y)]
    places += [(f"weight {name}", _to_numpy(w)) for name, w in model.named_parameters()]
    places += [(f"output of {name}", A) for name, A in activations(model, X).items()]
    places += [("loss", value)]
    places += [(f"gradient of {name}", g) for name, g in reversed(grads.items())]
    return next((name for name, array in places if not np.isfinite(array).all()), None)


def check_gradients(
    model: nn.Module,
    loss: Loss,
    X: np.ndarray,
    y: np.ndarray,
    *,
    entries: int = 20,
    eps: float = 1e-6,
    seed: int = 0,
) -> dict[str, float]:
    """Compare the gradient of every parameter with central differences in float64: relative errors by name.

    ``entries`` randomly chosen entries of each parameter are moved by ``eps`` both ways, and only these are
    compared. Right gradients give errors near 1e-8, wrong ones above 1e-3. Inputs that sit exactly at a kink
    of the activation raise false alarms. Works on a copy in float64 and in evaluation mode (no dropout).
    """
    double = copy.deepcopy(model).double().eval()
    X, y = _in_float64(X), _in_float64(y)
    _, grads = _step(double, loss, X, y)
    inputs, targets = _on_device(double, X), _on_device(double, y)
    rng = np.random.default_rng(seed)
    errors = {}
    for name, w in double.named_parameters():
        if name not in grads:
            continue
        chosen = rng.choice(w.numel(), min(entries, w.numel()), replace=False)
        numeric = []
        with torch.no_grad():
            flat = w.view(-1)  # moves of single entries are allowed where autograd does not look
            for entry in chosen.tolist():
                middle, values = flat[entry].item(), []
                for moved in (middle + eps, middle - eps):
                    flat[entry] = moved
                    values.append(loss(double(inputs), targets).item())
                flat[entry] = middle
                numeric.append((values[0] - values[1]) / (2 * eps))
        errors[name] = statistics.relative_error(grads[name].reshape(-1)[chosen], np.array(numeric))
    return errors


def _step(
    model: nn.Module, loss: Loss, X: np.ndarray, y: np.ndarray
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Loss and gradients by parameter name, without moving the global random state."""
    named = {name: w for name, w in model.named_parameters() if w.requires_grad}
    with torch.random.fork_rng():
        value = loss(model(_on_device(model, X)), _on_device(model, y))
    grads = torch.autograd.grad(value, list(named.values()), materialize_grads=True)
    return _to_numpy(value), {name: _to_numpy(g) for name, g in zip(named, grads, strict=True)}


def _is_layer(path: str, module: nn.Module) -> bool:
    """Everything that computes: no mere containers, and not the whole model unless it is a single layer."""
    return not isinstance(module, nn.Sequential) and (path != "" or not list(module.children()))


def _tensors(output: Any) -> Iterator[torch.Tensor]:
    """The tensors in a layer's output, which may be nested tuples, lists and dictionaries."""
    if isinstance(output, torch.Tensor):
        yield output
    elif isinstance(output, dict):
        for part in output.values():
            yield from _tensors(part)
    elif isinstance(output, list | tuple):
        for part in output:
            yield from _tensors(part)


def _to_numpy(tensor: torch.Tensor) -> np.ndarray:
    tensor = tensor.detach().cpu()
    return (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()


def _on_device(model: nn.Module, array: np.ndarray) -> torch.Tensor:
    return torch.as_tensor(array, device=next(model.parameters(), torch.empty(0)).device)


def _in_float64(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float64) if np.issubdtype(array.dtype, np.floating) else array
