"""Tensors and variables of the frameworks as raw bytes, and back. Imports no framework that nobody used."""

from __future__ import annotations

import importlib
import sys
from typing import Any, NamedTuple

import numpy as np

TORCH_DTYPES = frozenset(
    (
        *("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16"),
        *("float32", "float64", "complex64", "complex128"),
    )
)
# TensorFlow's and Keras's bfloat16 has no NumPy type of its own, so its 16 bits travel as they are.
ARRAY_DTYPES = TORCH_DTYPES | {"uint16", "uint32", "uint64"}


class Packed(NamedTuple):
    """A tensor: its kind, dtype by name, shape, C-ordered bytes, and `trainable` where the kind has it."""

    kind: str
    dtype: str
    shape: tuple[int, ...]
    data: bytes
    trainable: bool = False


def pack(value: Any) -> Packed | None:
    """The tensor `value` as plain data, or nothing when it is no tensor that holds numbers."""
    return _pack_torch(value) or _pack_keras(value) or _pack_tensorflow(value)


def is_tensor(value: Any) -> bool:
    """Whether `value` is a tensor or variable of a framework that is loaded."""
    torch: Any = sys.modules.get("torch")
    if torch is not None and issubclass(type(value), getattr(torch, "Tensor", ())):
        return True
    keras: Any = sys.modules.get("keras")
    if keras is not None and issubclass(type(value), getattr(keras, "Variable", ())):
        return True
    tf: Any = sys.modules.get("tensorflow")
    return tf is not None and hasattr(tf, "Variable") and issubclass(type(value), (tf.Variable, tf.Tensor))


def copy_into(value: Any, content: Any) -> bool:
    """Gives the tensor or variable `value` the numbers of `content`; False when they are not alike."""
    if not is_tensor(value) or type(value) is not type(content):
        return False
    if tuple(value.shape) != tuple(content.shape) or value.dtype != content.dtype:
        return False
    torch: Any = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        with torch.no_grad():
            value.copy_(content)
    elif hasattr(value, "assign"):
        value.assign(content)
    else:
        return False
    return True


def _pack_torch(value: Any) -> Packed | None:
    torch: Any = sys.modules.get("torch")
    if torch is None or not issubclass(type(value), getattr(torch, "Tensor", ())):
        return None
    with torch._C.DisableTorchFunctionSubclass():  # a subclass's overridden operations do not run
        if value.layout != torch.strided or value.is_quantized or value.is_meta:
            return None
        parameter = isinstance(value, torch.nn.Parameter)
        trainable = bool(value.requires_grad and value.is_leaf)
        plain = value.detach().cpu().resolve_conj().resolve_neg()
        name = str(plain.dtype).removeprefix("torch.")
        if name not in TORCH_DTYPES:
            return None
        data = plain.reshape(-1).contiguous().view(torch.uint8).numpy().tobytes()
    kind = "torch-parameter" if parameter else "torch"
    return Packed(kind, name, tuple(int(n) for n in plain.shape), data, trainable)


def _pack_keras(value: Any) -> Packed | None:
    keras: Any = sys.modules.get("keras")
    if keras is None or not issubclass(type(value), getattr(keras, "Variable", ())):
        return None
    return _from_array("keras", np.asarray(keras.ops.convert_to_numpy(value)), bool(value.trainable))


def _pack_tensorflow(value: Any) -> Packed | None:
    tf: Any = sys.modules.get("tensorflow")
    if tf is None or not hasattr(tf, "Variable"):
        return None
    if issubclass(type(value), tf.Variable):
        return _from_array("tensorflow-variable", np.asarray(value.numpy()), bool(value.trainable))
    if issubclass(type(value), tf.Tensor) and callable(getattr(value, "numpy", None)):
        return _from_array("tensorflow", np.asarray(value.numpy()))
    return None


def _from_array(kind: str, array: np.ndarray, trainable: bool = False) -> Packed | None:
    if array.dtype.name not in ARRAY_DTYPES:
        return None
    return Packed(kind, array.dtype.name, array.shape, array.tobytes(), trainable)


def unpack(packed: Packed) -> Any:
    """The tensor again; its framework is imported where it was not yet.

    Raises ValueError for a kind or dtype that does not exist, and for bytes that do not fill the shape.
    """
    if packed.kind in ("torch", "torch-parameter"):
        return _unpack_torch(packed)
    if packed.kind not in ("tensorflow", "tensorflow-variable", "keras"):
        raise ValueError("an unknown kind of tensor")
    array = _to_array(packed)
    if packed.kind == "keras":
        keras: Any = importlib.import_module("keras")
        return keras.Variable(array, dtype=packed.dtype, trainable=packed.trainable)
    tf: Any = importlib.import_module("tensorflow")
    if packed.kind == "tensorflow":
        return tf.constant(array)
    return tf.Variable(array, trainable=packed.trainable)


def _unpack_torch(packed: Packed) -> Any:
    if packed.dtype not in TORCH_DTYPES:
        raise ValueError("an unknown dtype of a tensor")
    torch: Any = importlib.import_module("torch")
    dtype = getattr(torch, packed.dtype)
    _check_size(packed, dtype.itemsize)
    if packed.data:
        raw = torch.frombuffer(bytearray(packed.data), dtype=torch.uint8)
        flat = raw != 0 if dtype is torch.bool else raw.view(dtype)
    else:
        flat = torch.empty(0, dtype=dtype)
    tensor = flat.reshape(packed.shape)
    trainable = packed.trainable and (dtype.is_floating_point or dtype.is_complex)
    if packed.kind == "torch-parameter":
        return torch.nn.Parameter(tensor, requires_grad=trainable)
    return tensor.requires_grad_(trainable)


def _to_array(packed: Packed) -> np.ndarray:
    if packed.dtype not in ARRAY_DTYPES:
        raise ValueError("an unknown dtype of a tensor")
    if packed.dtype == "bfloat16":
        dtype = np.dtype(importlib.import_module("ml_dtypes").bfloat16)
    else:
        dtype = np.dtype(packed.dtype)
    _check_size(packed, dtype.itemsize)
    if dtype.kind == "b":
        return np.ndarray(packed.shape, np.uint8, bytearray(packed.data)) != 0
    return np.ndarray(packed.shape, dtype, bytearray(packed.data)).copy()


def _check_size(packed: Packed, itemsize: int) -> None:
    count = 1
    for length in packed.shape:
        count *= length
    if count * itemsize != len(packed.data):
        raise ValueError("bytes that do not fill the shape of a tensor")
