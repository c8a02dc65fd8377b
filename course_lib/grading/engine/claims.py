"""What the student's kernel says about an object: what kind it is, and which classes it claims to be of.

The judge believes none of it. A claim only chooses which proxy stands for the object and what `isinstance` says
of it; no value depends on it.
"""

from __future__ import annotations

import importlib
import sys
import types
from typing import Any

import numpy as np

MOST_CLASSES = 24
_LONGEST = 200

# A real object of one of these would have crossed by value, so nothing else may claim to be one.
_BY_VALUE = (
    *(type(None), bool, int, float, complex, str, bytes, bytearray, list, tuple, dict, set, frozenset),
    *(slice, range, np.ndarray, np.generic, object, type),
)
_OWN = "course_lib.grading.engine"

KINDS: dict[str, type] = {
    "function": types.FunctionType,
    "method": types.MethodType,
    "builtin": types.BuiltinFunctionType,
    "module": types.ModuleType,
    "generator": types.GeneratorType,
    "class": type,
}


def describe(value: Any) -> dict[str, Any]:
    """Kind, name, whether it can be called or iterated over, and the library classes above it."""
    kind = type(value)
    found = next((name for name, known in KINDS.items() if issubclass(kind, known)), "object")
    described: dict[str, Any] = {
        "kind": found,
        "name": _name(value if found in ("class", "function", "module") else kind),
        "callable": callable(value),
        "iterator": hasattr(kind, "__next__"),
    }
    if found == "class":
        described["classes"] = ancestors(value)
        described["raises"] = issubclass(value, BaseException)
    elif found == "object":
        described["classes"] = ancestors(kind)
    return described


def ancestors(kind: type) -> list[list[str]]:
    """Module and qualified name of the classes that `kind` is one of, itself first, without `object`."""
    mro = [c for c in type.mro(kind) if c is not object][:MOST_CLASSES]
    return [[str(c.__module__)[:_LONGEST], str(c.__qualname__)[:_LONGEST]] for c in mro]


def _name(value: Any) -> str:
    return str(getattr(value, "__name__", type(value).__name__))[:_LONGEST]


def library_classes(claimed: Any) -> list[type]:
    """The claimed classes that this process has from a library or from Python, in their order."""
    found: list[type] = []
    for claim in claimed[:MOST_CLASSES] if type(claimed) is list else []:
        if type(claim) is not list or [type(part) for part in claim] != [str, str]:
            continue
        kind = library_object(claim[0], claim[1])
        if isinstance(kind, type) and kind not in _BY_VALUE and kind not in found and not _is_tensor(kind):
            found.append(kind)
    return found


def _is_tensor(kind: type) -> bool:
    torch, tf = sys.modules.get("torch"), sys.modules.get("tensorflow")
    return kind in (getattr(torch, "Tensor", None), getattr(tf, "Tensor", None))


def is_own(module: str) -> bool:
    """Whether a module is the notebook or part of the engine, and so no library of both sides."""
    return module == "__main__" or module.startswith(_OWN)


def library_object(module: str, name: str) -> Any:
    """What `module` of this process calls `name`; nothing for notebooks, the engine, and unknown names."""
    if is_own(module) or module not in sys.modules:
        return None
    found: Any = sys.modules[module]
    for part in name.split("."):
        found = vars(found).get(part) if isinstance(found, type | types.ModuleType) else None
    return found


def where(value: Any) -> tuple[str, str] | None:
    """Module and qualified name under which every process finds `value`, or nothing."""
    if isinstance(value, types.ModuleType):
        spec = value.__spec__
        return (value.__name__, "") if spec is not None and sys.modules.get(value.__name__) is value else None
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if type(value).__module__ == "torch" and type(value).__name__ == "dtype":
        module, _, name = str(value).partition(".")
    if isinstance(value, np.ufunc):
        module, name = "numpy", value.__name__
    if not isinstance(module, str) or not isinstance(name, str):
        return None
    return (module, name) if value is not None and library_object(module, name) is value else None


def find(module: str, name: str) -> Any:
    """The inverse of `where`. Raises ImportError or AttributeError."""
    found: Any = importlib.import_module(module)
    for part in filter(None, name.split(".")):
        found = getattr(found, part)
    return found
