"""Activation functions in PyTorch: the names and arguments of `course_lib.from_scratch.activations`.

Functions take a tensor of any shape and return one of the same shape and precision.
Autograd differentiates them.
`Swish` and `Mish` are modules, written by hand, that sit in a `torch.nn.Sequential`.
"""

import torch
import torch.nn.functional as F

__all__ = [
    "Mish",
    "Swish",
    "elu",
    "gelu",
    "leaky_relu",
    "linear",
    "log_softmax",
    "mish",
    "relu",
    "sigmoid",
    "softmax",
    "softplus",
    "swish",
    "tanh",
]


def linear(Z: torch.Tensor) -> torch.Tensor:
    """The identity: the output activation of a regression."""
    return Z


def relu(Z: torch.Tensor) -> torch.Tensor:
    """max(0, z)."""
    return F.relu(Z)


def leaky_relu(Z: torch.Tensor, slope: float = 0.01) -> torch.Tensor:
    """z where z > 0, else slope * z (0.01 is also PyTorch's own default)."""
    return F.leaky_relu(Z, slope)


def elu(Z: torch.Tensor, alpha: float = 1.0) -> torch.Tensor:
    """z where z > 0, else alpha * (exp(z) - 1)."""
    return F.elu(Z, alpha)


def sigmoid(Z: torch.Tensor) -> torch.Tensor:
    """1 / (1 + exp(-z))."""
    return torch.sigmoid(Z)


def tanh(Z: torch.Tensor) -> torch.Tensor:
    """(exp(z) - exp(-z)) / (exp(z) + exp(-z))."""
    return torch.tanh(Z)


def softplus(Z: torch.Tensor) -> torch.Tensor:
    """log(1 + exp(z)), exact for every z.

    `torch.nn.functional.softplus` returns z itself above a threshold of 20; logaddexp has no such step.
    """
    return torch.logaddexp(Z, torch.zeros_like(Z))


def swish(Z: torch.Tensor, beta: float = 1.0) -> torch.Tensor:
    """z * sigmoid(beta z); `torch.nn.functional.silu` for beta = 1."""
    return Z * torch.sigmoid(beta * Z)


def gelu(Z: torch.Tensor, approximate: bool = False) -> torch.Tensor:
    """z * Phi(z), or its tanh form. The exact form is PyTorch's own default."""
    return F.gelu(Z, approximate="tanh" if approximate else "none")


def mish(Z: torch.Tensor) -> torch.Tensor:
    """z * tanh(softplus(z))."""
    return Z * torch.tanh(softplus(Z))


def softmax(Z: torch.Tensor, axis: int = -1) -> torch.Tensor:
    """exp(z_i) / sum_j exp(z_j) along `axis`, with the largest entry subtracted first."""
    return F.softmax(Z, dim=axis)


def log_softmax(Z: torch.Tensor, axis: int = -1) -> torch.Tensor:
    """log(softmax(Z)) along `axis`, exact also where the softmax rounds to 0."""
    return F.log_softmax(Z, dim=axis)


class Swish(torch.nn.Module):
    """z * sigmoid(beta z) as a module; with learnable=True, beta is trained like a weight.

    Source: Ramachandran et al. 2017.
    """

    def __init__(self, beta: float = 1.0, learnable: bool = False) -> None:
        super().__init__()
        self.beta = torch.nn.Parameter(torch.tensor(float(beta))) if learnable else float(beta)

    def forward(self, Z: torch.Tensor) -> torch.Tensor:
        """Apply the function to `Z`, a tensor of any shape."""
        return Z * torch.sigmoid(self.beta * Z)


class Mish(torch.nn.Module):
    """z * tanh(softplus(z)) as a module. Source: Misra 2020."""

    def __init__(self) -> None:
        super().__init__()

    def forward(self, Z: torch.Tensor) -> torch.Tensor:
        """Apply the function to `Z`, a tensor of any shape."""
        return mish(Z)
