"""The walk over the halls finds what it is there to find, in halls made up for it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import ModuleType

import pytest

from tests.halls.walk import complaints


def mean(X, axis=0):
    """A function of both fake halls."""


class Layer:
    """A class of both fake halls."""

    def __init__(self, size=1):
        self.size = size

    def forward(self, Z):
        """PyTorch's name for what Keras calls ``call``."""


class KerasLayer:
    """Its twin."""

    def __init__(self, size=1):
        self.size = size

    def call(self, Z):
        """Keras' name for what PyTorch calls ``forward``."""


def module(**names: object) -> ModuleType:
    """A module with these public names."""
    made = ModuleType("made")
    vars(made).update(names, __all__=sorted(names))
    return made


def walk(torch_module: ModuleType, keras_module: ModuleType, **one_sided: set[str]) -> list[str]:
    """What the walk says of two halls with one module each."""
    return complaints({"pytorch": {"m": torch_module}, "keras": {"m": keras_module}}, one_sided)


def test_the_walk_has_nothing_to_say_of_twins():
    assert walk(module(mean=mean, Layer=Layer), module(mean=mean, Layer=KerasLayer)) == []


def test_the_walk_finds_a_name_without_twin():
    assert walk(module(mean=mean, Layer=Layer), module(Layer=KerasLayer)) == ["m.mean is in pytorch only"]
    assert walk(module(), module(mean=mean)) == ["m.mean is in keras only"]
    assert complaints({"pytorch": {}, "keras": {"m": module(mean=mean)}}, {}) == ["m.mean is in keras only"]


@pytest.mark.parametrize(
    "other", [lambda X: X, lambda X, axis=1: X, lambda X, dim=0: X, lambda X, *, axis=0: X]
)
def test_the_walk_finds_another_signature(other: Callable[..., object]):
    (said,) = walk(module(mean=mean), module(mean=other))
    assert said == f"m.mean takes (X, axis=0) in pytorch, {inspect.signature(other)} in keras"


def test_the_walk_finds_a_method_without_twin_and_another_signature_of_one():
    class Longer(KerasLayer):
        def reset(self):
            """A method that the other class does not have."""

    class Other(KerasLayer):
        def call(self, Z, training=False):
            """A method with an argument more."""

    class Base:
        def fit(self):
            """A method of the framework: whoever inherits it need not have a twin of it."""

    Base.__module__ = "framework.layers"

    class Derived(KerasLayer, Base):
        """The twin, of a framework's class."""

    assert walk(module(Layer=Layer), module(Layer=Longer)) == ["m.Layer.reset is in keras only"]
    assert walk(module(Layer=Layer), module(Layer=Other)) == [
        "m.Layer.call takes (self, Z) in pytorch, (self, Z, training=False) in keras"
    ]
    assert walk(module(Layer=Layer), module(Layer=Derived)) == []
    assert walk(module(Layer=Layer), module(Layer=lambda size=1: size))[0] == (
        "m.Layer is a class in one hall only"
    )


def test_the_walk_allows_an_exception_only_where_it_is_one():
    class Longer(KerasLayer):
        def reset(self):
            """A method that the other class does not have."""

    halls = module(Layer=Layer), module(Layer=Longer)
    assert walk(*halls, keras={"m.Layer.reset"}) == []
    assert walk(*halls, pytorch={"m.Layer.reset"}) == [
        "m.Layer.reset is in keras only",
        "m.Layer.reset is not in pytorch only, as the exceptions say",
    ]
    assert walk(*halls, keras={"m.Layer.reset", "m.mean"}) == [
        "m.mean is not in keras only, as the exceptions say"
    ]


def test_the_walk_wants_every_module_to_say_what_is_public():
    silent = ModuleType("silent")
    silent.mean = mean
    assert walk(silent, module()) == ["pytorch.m has no __all__"]
