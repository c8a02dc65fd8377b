import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from course_lib import plots


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def test_a_row_shows_five_quantiles():
    ax = plots.distributions({"even": np.arange(101.0), "twice": 2 * np.arange(101.0)})
    thin, thick, dot = ax.lines[:3]
    assert thin.get_xdata() == pytest.approx([1, 99])
    assert thick.get_xdata() == pytest.approx([25, 75])
    assert dot.get_xdata() == pytest.approx([50])
    assert ax.lines[5].get_xdata() == pytest.approx([100])
    assert [label.get_text() for label in ax.get_yticklabels()] == ["even", "twice"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # first name on top


def test_log_takes_absolute_values_and_tells_of_zeros():
    ax = plots.distributions({"a": [[-10.0, 10.0], [0.0, 0.0]]}, log=True)
    assert ax.get_xscale() == "log"
    assert ax.lines[2].get_xdata() == pytest.approx([10])
    assert ax.texts[0].get_text() == "50% zero"


def test_what_is_not_finite_is_told_and_not_drawn():
    ax = plots.distributions({"a": [1.0, np.nan, np.inf, 1.0], "b": [np.nan], "c": [0.0]}, log=True)
    assert [text.get_text() for text in ax.texts] == ["50% not finite", "100% not finite", "100% zero"]
    assert len(ax.lines) == 3
    assert len(ax.get_yticks()) == 3


def test_many_numbers_make_a_small_figure(tmp_path):
    plots.distributions({str(i): np.random.default_rng(i).normal(size=100_000) for i in range(8)})
    plt.gcf().savefig(tmp_path / "many.svg")
    assert (tmp_path / "many.svg").stat().st_size < 60_000


@pytest.mark.parametrize("values", [{}, {"a": []}])
def test_nothing_to_draw_is_an_error(values):
    with pytest.raises(ValueError, match=r"at least one|empty"):
        plots.distributions(values)
