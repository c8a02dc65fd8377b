"""One file of arrays and plain values, written whole or not at all, and the state of Python's and NumPy's random
numbers: what checkpoints are made of, whatever the framework."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

__all__ = ["plain", "random_state", "read_archive", "set_random_state", "write_archive", "write_whole"]

_VALUES = "values.json"


def plain(value: Any, where: str = "extra") -> Any:
    """A copy of ``value`` made of None, bool, int, float, str, lists and dictionaries with text keys.

    Tuples become lists. Everything else raises ``TypeError`` with its place, ``where``: a file of plain values
    can be read without running code from it, and nothing comes back as something else than it was.
    """
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, list | tuple):
        return [plain(part, f"{where}[{i}]") for i, part in enumerate(value)]
    if isinstance(value, Mapping) and all(type(key) is str for key in value):
        return {key: plain(part, f"{where}[{key!r}]") for key, part in value.items()}
    raise TypeError(
        f"{where} is a {type(value).__name__}: a checkpoint keeps plain values only; "
        "use float(...), int(...), .tolist() or .isoformat()"
    )


def write_whole(path: str | Path, write: Callable[[BinaryIO], object]) -> None:
    """Let ``write`` fill a file beside ``path``, then rename it: an interrupted program leaves the old file intact."""
    path = Path(path)
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        write(file)
    os.replace(part, path)


def write_archive(path: str | Path, arrays: Mapping[str, np.ndarray], values: Mapping[str, Any]) -> None:
    """Write named ``arrays`` and plain ``values`` (see :func:`plain`) to ``path``, in NumPy's npz format."""
    text = np.frombuffer(json.dumps(plain(values, "values")).encode(), dtype=np.uint8)
    write_whole(path, lambda file: np.savez(file, **{**arrays, _VALUES: text}))  # type: ignore[arg-type]


def read_archive(path: str | Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The arrays and values of :func:`write_archive`. No code of the file is run.

    Raises ``ValueError`` when the file is something else.
    """
    archive = np.load(path, allow_pickle=False)
    if not isinstance(archive, np.lib.npyio.NpzFile) or _VALUES not in archive:
        raise ValueError(f"{path} is not an archive of arrays and values")
    with archive:
        arrays = {name: archive[name] for name in archive.files}
    return arrays, json.loads(arrays.pop(_VALUES).tobytes())


def random_state() -> dict[str, Any]:
    """The state of the global generators of Python and NumPy, as plain values."""
    version, words, gauss = random.getstate()
    name, keys, position, has_gauss, cached = np.random.get_state(legacy=True)
    return {
        "python": [version, list(words), gauss],
        "numpy": [str(name), [int(key) for key in keys], int(position), int(has_gauss), float(cached)],
    }


def set_random_state(state: Mapping[str, Any]) -> None:
    """Put the global generators of Python and NumPy back to what :func:`random_state` returned."""
    version, words, gauss = state["python"]
    random.setstate((version, tuple(words), gauss))
    name, keys, position, has_gauss, cached = state["numpy"]
    np.random.set_state((name, np.array(keys, dtype=np.uint32), position, has_gauss, cached))
