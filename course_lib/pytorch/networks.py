"""Fully connected networks in PyTorch, and their weights as arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from course_lib.pytorch.activations import Swish

__all__ = ["mlp", "predict", "set_weights", "weights"]

ACTIVATION_LAYERS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "elu": nn.ELU,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "linear": nn.Identity,
    "swish": nn.SiLU,
    "gelu": nn.GELU,
    "mish": nn.Mish,
    "softplus": nn.Softplus,
}
# Activations that cut off half of their input need twice the variance (He et al. 2015); the others get Glorot's.
HE_ACTIVATIONS = ("relu", "leaky_relu", "elu", "swish", "gelu", "mish")


def mlp(sizes: Sequence[int], activation: str = "relu", seed: int = 0) -> nn.Sequential:
    """A network with layer widths ``sizes`` = (inputs, hidden..., outputs), hidden ``activation`` and a linear output.

    Weights are He normal for the ReLU family and Glorot uniform otherwise, biases zero, all float32.
    """
    if activation not in ACTIVATION_LAYERS:
        raise ValueError(f"no activation {activation!r}: choose one of {', '.join(ACTIVATION_LAYERS)}")
    generator = torch.Generator().manual_seed(seed)
    layers: list[nn.Module] = []
    for number, (fan_in, fan_out) in enumerate(zip(sizes[:-1], sizes[1:], strict=True), start=1):
        # The layer's own initialisation would draw from the global generator: skip it.
        linear = nn.utils.skip_init(nn.Linear, fan_in, fan_out)
        if activation in HE_ACTIVATIONS:
            nn.init.kaiming_normal_(linear.weight, nonlinearity="relu", generator=generator)
        else:
            nn.init.xavier_uniform_(linear.weight, generator=generator)
        nn.init.zeros_(linear.bias)
        layers.append(linear)
        if number < len(sizes) - 1:
            layers.append(ACTIVATION_LAYERS[activation]())
    return nn.Sequential(*layers)


Entry = tuple[torch.Tensor | None, tuple[int, ...] | None]


def _to_canonical(module: nn.Module) -> list[tuple[torch.Tensor, tuple[int, ...] | None]]:
    """Each array of a layer with the axis order that turns PyTorch's layout into the course's."""
    entries: list[Entry]
    if isinstance(module, nn.Linear):
        entries = [(module.weight, (1, 0)), (module.bias, None)]
    elif isinstance(module, nn.Conv1d):
        entries = [(module.weight, (2, 1, 0)), (module.bias, None)]
    elif isinstance(module, nn.Conv2d):
        entries = [(module.weight, (2, 3, 1, 0)), (module.bias, None)]
    elif isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
        entries = [(t, None) for t in (module.weight, module.bias, module.running_mean, module.running_var)]
    elif isinstance(module, nn.LayerNorm):
        entries = [(module.weight, None), (module.bias, None)]
    elif isinstance(module, nn.Embedding):
        entries = [(module.weight, None)]
    elif isinstance(module, Swish) and isinstance(module.beta, nn.Parameter):
        entries = [(module.beta, None)]
    elif list(module.parameters(recurse=False)):
        raise TypeError(
            f"{type(module).__name__} has weights whose layout in the other framework is not known"
        )
    else:
        entries = []
    return [(tensor, axes) for tensor, axes in entries if tensor is not None]


def canonical_arrays(model: nn.Module) -> list[tuple[torch.Tensor, tuple[int, ...] | None]]:
    """Every weight tensor of ``model`` in layer order, with the axis order of the course's layout."""
    return [entry for module in model.modules() for entry in _to_canonical(module)]


def weights(model: nn.Module) -> list[np.ndarray]:
    """Copies of the weights layer by layer.

    Dense kernels are ``(inputs, outputs)``, convolutions ``(*size, inputs, outputs)``.
    Batch normalisation gives scale, shift, running mean and running variance. Raises ``TypeError`` for other layers.
    """
    arrays = [(t.detach().cpu().numpy(), axes) for t, axes in canonical_arrays(model)]
    return [np.array(a if axes is None else a.transpose(axes)) for a, axes in arrays]


def set_weights(model: nn.Module, arrays: Sequence[np.ndarray]) -> None:
    """Put ``arrays`` (layout of :func:`weights`) into the model. Raises ``ValueError`` if number or shapes differ."""
    entries = canonical_arrays(model)
    shapes = [w.shape for w in weights(model)]
    if [a.shape for a in arrays] != shapes:
        raise ValueError(f"shapes {[a.shape for a in arrays]} do not fit the model's {shapes}")
    with torch.no_grad():
        for (tensor, axes), array in zip(entries, arrays, strict=True):
            value = torch.tensor(array)
            tensor.copy_(value if axes is None else value.permute(tuple(np.argsort(axes).tolist())))


def predict(model: nn.Module, X: np.ndarray) -> np.ndarray:
    """Output for inputs ``X`` (samples first), in evaluation mode and without gradients."""
    was_training = model.training
    model.eval()
    parameter = next(model.parameters(), torch.empty(0))
    with torch.no_grad():
        y_hat = model(torch.as_tensor(X, device=parameter.device)).cpu().numpy()
    model.train(was_training)
    return y_hat
