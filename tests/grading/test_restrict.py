"""`without` takes names away, says so in one line, and puts everything back."""

import math
import statistics
from collections import OrderedDict
from collections.abc import Sequence
from math import factorial

import pytest

from course_lib.grading.restrict import NotAvailable, act_in, without


def test_a_forbidden_name_raises_one_clear_line() -> None:
    with without("math.prod"), pytest.raises(NotAvailable) as caught:
        math.prod([1, 2])
    assert str(caught.value) == (
        "this task asks you to build prod yourself: math.prod is not available in its test"
    )


def test_everything_is_put_back_also_after_an_error() -> None:
    original = math.prod
    with pytest.raises(ZeroDivisionError), without("math.prod", "statistics.mean"):
        _ = 1 / 0
    assert math.prod is original
    assert statistics.mean([1, 3]) == 2


def test_imported_aliases_are_covered_and_restored() -> None:
    with without("math.factorial"), pytest.raises(NotAvailable):
        factorial(3)
    assert factorial(3) == 6


def test_methods_of_python_classes_are_covered() -> None:
    with without("statistics.NormalDist.pdf"), pytest.raises(NotAvailable):
        statistics.NormalDist().pdf(0)
    assert statistics.NormalDist().pdf(0) == pytest.approx(0.3989, abs=1e-4)


def test_inherited_methods_are_removed_again() -> None:
    class Child(statistics.NormalDist):
        pass

    statistics.Child = Child  # type: ignore[attr-defined]
    try:
        with without("statistics.Child.cdf"), pytest.raises(NotAvailable):
            Child().cdf(0)
        assert "cdf" not in vars(Child)
        assert Child().cdf(0) == 0.5
    finally:
        del statistics.Child  # type: ignore[attr-defined]


def test_nested_restrictions() -> None:
    with without("math.prod"):
        with without("math.prod", "math.fsum"), pytest.raises(NotAvailable):
            math.fsum([1])
        with pytest.raises(NotAvailable):
            math.prod([1])
        assert math.fsum([1]) == 1
    assert math.prod([2, 3]) == 6


@pytest.mark.parametrize("name", ["math.produkt", "no_such_module.f", "prod"])
def test_a_name_that_does_not_exist_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="there is no such name"), without("math.fsum", name):
        pass
    assert math.fsum([1]) == 1


def test_a_name_that_cannot_be_replaced_is_refused() -> None:
    assert OrderedDict.fromkeys("a")
    with pytest.raises(ValueError, match="does not let"), without("collections.OrderedDict.fromkeys"):
        pass


def test_no_names_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one name"):
        without()


def test_aliases_in_a_namespace_that_is_given() -> None:
    names = {"fact": math.factorial}
    with without("math.factorial", namespace=names), pytest.raises(NotAvailable):
        names["fact"](3)
    assert names["fact"](3) == 6


def test_names_are_taken_away_in_another_process() -> None:
    asked: list[tuple[str, ...]] = []

    class Elsewhere:
        def restrict(self, names: Sequence[str]) -> None:
            asked.append(tuple(names))

        def unrestrict(self) -> None:
            asked.append(())

    act_in(Elsewhere())
    try:
        with without("math.prod", "math.fsum"):
            assert math.prod([2, 3]) == 6
    finally:
        act_in(None)
    assert asked == [("math.prod", "math.fsum"), ()]
