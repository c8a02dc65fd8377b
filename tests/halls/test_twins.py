"""Every public name of one framework hall has a twin in the other, and the twins compute the same.

Runs on the Keras backend that is active; ``test_torch_backend.py`` runs it once more on the other one.
"""

from __future__ import annotations

import importlib
import inspect
import os

import keras
import numpy as np
import pytest

from tests.halls.cases import CASES
from tests.halls.frameworks import KERAS, PYTORCH
from tests.halls.walk import ONE_SIDED, complaints, public

PUBLIC = public(PYTORCH.modules)


def test_halls_have_the_same_modules():
    assert sorted(PYTORCH.modules) == sorted(KERAS.modules)
    for name in PYTORCH.modules:
        importlib.import_module(f"course_lib.from_scratch.{name}")


def test_every_name_and_method_has_a_twin_with_the_same_signature():
    assert complaints({"pytorch": PYTORCH.modules, "keras": KERAS.modules}, ONE_SIDED) == []


def test_functions_exist_from_scratch():
    missing = [
        f"{module}.{name}"
        for (module, name), value in PUBLIC.items()
        if inspect.isfunction(value)
        and not hasattr(importlib.import_module(f"course_lib.from_scratch.{module}"), name)
    ]
    assert missing == []


def test_every_public_name_is_compared():
    assert sorted(PUBLIC) == sorted({(module, name) for module, name, _ in CASES})


@pytest.mark.parametrize(
    "case", [case for _, _, case in CASES], ids=[f"{m}.{n}-{i}" for i, (m, n, _) in enumerate(CASES)]
)
def test_twins_compute_the_same(case):
    ours, theirs = case(PYTORCH), case(KERAS)
    assert ours
    assert [np.shape(a) for a in ours] == [np.shape(b) for b in theirs]
    for a, b in zip(ours, theirs, strict=True):
        assert np.isfinite(a).all()
        np.testing.assert_allclose(b, a, rtol=2e-5, atol=2e-6)


def test_the_backend_is_the_one_asked_for():
    assert keras.backend.backend() == os.environ.get("KERAS_BACKEND", "tensorflow")
