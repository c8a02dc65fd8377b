"""Readers of the two file formats that the well-known image sets come in."""

from __future__ import annotations

import gzip
import math
import pickle
import tarfile
from pathlib import Path
from typing import Any

import numpy as np

# The third byte of an IDX header: the type of the numbers that follow, most significant byte first.
_IDX_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read_idx(path: Path) -> np.ndarray:
    """Read an IDX file, gzip-compressed or not, into an array of the shape its header states.

    Raises ``ValueError`` when the header or the number of bytes is wrong. The format: two zero bytes, a type
    byte, the number of axes, the length of each axis (32 bits, big-endian), then the numbers row by row.
    """
    raw = path.read_bytes()
    content = gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in _IDX_TYPES:
        raise ValueError(f"{path} is not an IDX file: its first bytes are {content[:4].hex()}")
    dtype, axes = np.dtype(_IDX_TYPES[content[2]]), content[3]
    header = 4 + 4 * axes
    shape = tuple(int(length) for length in np.frombuffer(content[4:header], dtype=">u4"))
    expected = header + math.prod(shape) * dtype.itemsize
    if len(shape) != axes or len(content) != expected:
        raise ValueError(f"{path} should hold {expected} bytes for shape {shape}, but holds {len(content)}")
    values = np.frombuffer(content, dtype=dtype, offset=header).reshape(shape)
    return values.astype(dtype.newbyteorder("="))


def read_cifar_batches(archive: Path, names: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Read batches out of the CIFAR-10 "python version" archive.

    ``names`` are file names such as ``data_batch_1``. Returns uint8 images ``(n, 32, 32, 3)`` and int64
    labels ``(n,)``, the batches one after the other. Nothing is unpacked to disk. Raises ``ValueError`` when
    a batch is not in the archive.
    """
    found: dict[str, dict[bytes, Any]] = {}
    with tarfile.open(archive, "r:*") as tar:
        for member in tar:
            name = Path(member.name).name
            if name in names and (stream := tar.extractfile(member)):
                found[name] = _ArrayUnpickler(stream, encoding="bytes").load()
    if missing := [name for name in names if name not in found]:
        raise ValueError(f"{archive} has no {', '.join(missing)}")
    images = np.concatenate([found[name][b"data"] for name in names])
    labels = np.concatenate([found[name][b"labels"] for name in names])
    return images.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), labels.astype(np.int64)


class _ArrayUnpickler(pickle.Unpickler):
    """Unpickles arrays and plain containers; refuses everything else, because a pickle can run any code."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("_codecs", "encode"):
            return super().find_class(module, name)
        if (module, name) in {("numpy", "ndarray"), ("numpy", "dtype")}:
            return getattr(np, name)
        # The module's name in NumPy 1, which wrote the original files, and in NumPy 2.
        if module in {"numpy.core.multiarray", "numpy._core.multiarray"} and name == "_reconstruct":
            return super().find_class("numpy._core.multiarray", name)
        raise pickle.UnpicklingError(f"refused to load {module}.{name} from a data file")
