"""MNIST, Fashion-MNIST and CIFAR-10: read from the cache, downloaded only when you ask for it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from course_lib.data.cache import cached_file
from course_lib.data.formats import read_cifar_batches, read_idx
from course_lib.data.split import Split

_IDX_FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)
_MNIST_MD5 = (
    "f68b3c2dcbeaaa9fbdd348bbdeb94873",
    "d53e105ee54ea40749a09fcbcd1e9432",
    "9fb629c4189551a2d022fa330f9573f3",
    "ec29112dd5afa0611ce80d1b7f02629c",
)
_FASHION_MD5 = (
    "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
    "25c81989df183df01b3e8a0aad5dffbe",
    "bef4ecab320f06d8554ea6380940ec79",
    "bb300cfdad3c16e7a12a480ee83cd310",
)
_CIFAR_FILE = "cifar-10-python.tar.gz"
_CIFAR_TRAIN = [f"data_batch_{i}" for i in range(1, 6)]


@dataclass(frozen=True)
class _Source:
    """Where a set comes from, the MD5 sum of each file, and the embedded set that replaces it."""

    base: str
    md5: dict[str, str]
    instead: str


_SOURCES = {
    "mnist": _Source(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        dict(zip(_IDX_FILES, _MNIST_MD5, strict=True)),
        "course_lib.data.glyphs()",
    ),
    "fashion_mnist": _Source(
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        dict(zip(_IDX_FILES, _FASHION_MD5, strict=True)),
        "course_lib.data.glyphs()",
    ),
    "cifar10": _Source(
        "https://www.cs.toronto.edu/~kriz/",
        {_CIFAR_FILE: "c58f30108f718f92721af3b95e74349a"},
        "course_lib.data.glyphs()",
    ),
}


def mnist(flat: bool = False, *, download: bool = False) -> Split:
    """70,000 handwritten digits of 28 by 28 pixels: 60,000 to train on, 10,000 to test on.

    ``X`` is float32 in [0, 1], ``(n, 28, 28)`` or with ``flat`` ``(n, 784)``; ``y`` is int64, 0 to 9.
    Files are read from ``<cache>/mnist``; with ``download`` missing ones are fetched (12 MB).
    Raises ``DataUnavailable`` when a file is missing or damaged. Source: LeCun, Cortes and Burges (1998).
    """
    return _idx_set("mnist", flat, download)


def fashion_mnist(flat: bool = False, *, download: bool = False) -> Split:
    """70,000 grey pictures of clothes in 10 classes, in the format and sizes of :func:`mnist`.

    Files are read from ``<cache>/fashion_mnist``; with ``download`` missing ones are fetched (31 MB).
    Raises ``DataUnavailable`` when a file is missing or damaged. Source: Xiao, Rasul and Vollgraf (2017).
    """
    return _idx_set("fashion_mnist", flat, download)


def cifar10(*, download: bool = False) -> Split:
    """60,000 colour photographs of 32 by 32 pixels in 10 classes: 50,000 to train on, 10,000 to test on.

    ``X`` is float32 in [0, 1], ``(n, 32, 32, 3)``; ``y`` is int64, 0 to 9.
    The archive is read from ``<cache>/cifar10``; with ``download`` it is fetched if missing (170 MB).
    Raises ``DataUnavailable`` when it is missing or damaged. Source: Krizhevsky (2009).
    """
    archive = _file("cifar10", _CIFAR_FILE, download)
    X_train, y_train = read_cifar_batches(archive, _CIFAR_TRAIN)
    X_test, y_test = read_cifar_batches(archive, ["test_batch"])
    return Split(_unit(X_train), y_train, _unit(X_test), y_test)


def _idx_set(dataset: str, flat: bool, download: bool) -> Split:
    paths = [_file(dataset, name, download) for name in _IDX_FILES]
    X_train, y_train, X_test, y_test = (read_idx(path) for path in paths)
    if flat:
        X_train, X_test = X_train.reshape(len(X_train), -1), X_test.reshape(len(X_test), -1)
    return Split(_unit(X_train), y_train.astype(np.int64), _unit(X_test), y_test.astype(np.int64))


def _file(dataset: str, name: str, download: bool) -> Path:
    source = _SOURCES[dataset]
    return cached_file(
        dataset, name, source.md5[name], url=source.base + name, download=download, instead=source.instead
    )


def _unit(pixels: np.ndarray) -> np.ndarray:
    return pixels.astype(np.float32) / 255.0
