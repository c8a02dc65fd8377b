"""Every public name of one framework hall has a twin in the other, and the twins compute the same.

Runs on the Keras backend that is active; ``test_torch_backend.py`` runs it once more on the other one.
"""

from __future__ import annotations

import importlib
import inspect
import os
from types import ModuleType

import keras
import numpy as np
import pytest

from tests.halls.cases import CASES
from tests.halls.frameworks import KERAS, PYTORCH


def public_names(module: ModuleType) -> dict[str, object]:
    """What a module offers: ``__all__``, or the functions and classes that are defined in it."""
    if hasattr(module, "__all__"):
        return {name: getattr(module, name) for name in module.__all__}
    return {
        name: value
        for name, value in vars(module).items()
        if not name.startswith("_")
        and (inspect.isfunction(value) or inspect.isclass(value))
        and value.__module__ == module.__name__
    }


def parameters(value: object) -> list[tuple[str, object, object]]:
    """Names, kinds and defaults of the arguments; annotations name each framework's own types."""
    return [(p.name, p.kind, p.default) for p in inspect.signature(value).parameters.values()]


OFFERED = {
    hall.name: {(m, n): v for m, module in hall.modules.items() for n, v in public_names(module).items()}
    for hall in (PYTORCH, KERAS)
}


def test_halls_have_the_same_modules():
    assert sorted(PYTORCH.modules) == sorted(KERAS.modules)
    for name in PYTORCH.modules:
        importlib.import_module(f"course_lib.from_scratch.{name}")


@pytest.mark.parametrize("key", sorted({**OFFERED["pytorch"], **OFFERED["keras"]}), ids=".".join)
def test_name_has_a_twin_with_the_same_signature(key):
    missing = [hall for hall in OFFERED if key not in OFFERED[hall]]
    assert not missing, f"course_lib.{missing[0]}.{'.'.join(key)} is missing"
    assert parameters(OFFERED["pytorch"][key]) == parameters(OFFERED["keras"][key])


def test_functions_exist_from_scratch():
    missing = [
        f"{m}.{n}"
        for (m, n), value in OFFERED["pytorch"].items()
        if inspect.isfunction(value)
        and not hasattr(importlib.import_module(f"course_lib.from_scratch.{m}"), n)
    ]
    assert missing == []


def test_every_public_name_is_compared():
    assert sorted(OFFERED["pytorch"]) == sorted({(module, name) for module, name, _ in CASES})


@pytest.mark.parametrize(
    "case", [case for _, _, case in CASES], ids=[f"{m}.{n}-{i}" for i, (m, n, _) in enumerate(CASES)]
)
def test_twins_compute_the_same(case):
    ours, theirs = case(PYTORCH), case(KERAS)
    assert len(ours) == len(theirs) > 0
    for a, b in zip(ours, theirs, strict=True):
        assert np.isfinite(a).all()
        np.testing.assert_allclose(b, a, rtol=2e-5, atol=2e-6)


def test_the_backend_is_the_one_asked_for():
    assert keras.backend.backend() == os.environ.get("KERAS_BACKEND", "tensorflow")
