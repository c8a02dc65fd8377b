import io

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from course_lib import data, plots
from course_lib.plots import style


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def svg() -> bytes:
    out = io.BytesIO()
    plt.gcf().savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()


def contrast(first: str, second: str) -> float:
    """The WCAG 2 contrast ratio of two colours."""

    def luminance(colour):
        channels = np.array(matplotlib.colors.to_rgb(colour))
        linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
        return linear @ [0.2126, 0.7152, 0.0722]

    low, high = sorted([luminance(first), luminance(second)])
    return (high + 0.05) / (low + 0.05)


def test_style_is_legible_and_colours_differ_from_each_other():
    assert contrast(style.INK, style.CARD) > 7
    # Three to one is what WCAG asks of graphics; the first three colours carry most figures.
    assert all(contrast(colour, style.CARD) > 3 for colour in style.COLORS[:3])
    cycle = matplotlib.rcParams["axes.prop_cycle"].by_key()
    assert len(set(cycle["color"])) == len(set(map(str, cycle["linestyle"]))) == len(style.COLORS)
    assert matplotlib.rcParams["figure.figsize"][0] * 96 * 72 / 72 <= 700


def test_same_figure_same_bytes_and_small():
    outputs = []
    for _ in range(2):
        rng = np.random.default_rng(0)
        plots.curves({"a": rng.normal(size=(3, 5000)), "b": rng.normal(size=5000)})
        outputs.append(svg())
        plt.close("all")
    assert outputs[0] == outputs[1]
    assert len(outputs[0]) < 100_000


def test_curves_draw_the_mean_and_its_spread():
    runs = np.array([[1.0, 2.0, 3.0], [3.0, 2.0, 5.0]])
    ax = plots.curves({"runs": runs}, x=[10, 20, 40], log="x", limit=(0.5, "best possible"))
    assert np.array_equal(ax.lines[0].get_xydata(), [[10, 2], [20, 2], [40, 4]])
    band = ax.collections[0].get_paths()[0].vertices
    assert band[:, 1].min() == 1
    assert band[:, 1].max() == 5
    assert ax.get_xscale() == "log"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["runs", "best possible"]


def test_curves_count_from_one_and_keep_the_ends_when_thinned():
    line = plots.curves({"long": np.arange(5000.0)}).lines[0].get_xydata()
    assert len(line) == 400
    assert list(line[0]) == [1, 0]
    assert list(line[-1]) == [5000, 4999]


def test_functions_draw_each_function_and_its_derivative():
    x = np.linspace(-1, 1, 5)
    figure = plots.functions({"square": np.square, "exp": np.exp}, x, derivatives={"square": lambda t: 2 * t})
    square, exp = [ax for ax in figure.axes if ax.get_visible()]
    assert square.get_title(loc="left") == "square"
    assert np.allclose(square.lines[0].get_ydata(), x**2)
    assert np.allclose(square.lines[1].get_ydata(), 2 * x)
    assert np.allclose(exp.lines[0].get_ydata(), np.exp(x))
    together = plots.functions(
        {"square": np.square, "exp": np.exp}, x, derivatives={"exp": np.exp}, together=True
    )
    assert np.allclose(together.axes[1].lines[0].get_ydata(), np.exp(x))


def test_functions_together_keep_a_function_s_look_in_both_panels():
    items = {"square": np.square, "exp": np.exp}
    figure = plots.functions(items, derivatives={"exp": np.exp}, together=True)
    functions, derivatives = figure.axes
    assert derivatives.lines[0].get_color() == functions.lines[1].get_color()
    assert derivatives.lines[0].get_linestyle() == functions.lines[1].get_linestyle()


def test_bars_show_means_in_the_given_order():
    ax = plots.bars({"first": [0.5, 0.7], "second": 0.9}, limit=(0.1, "chance"))
    assert [patch.get_width() for patch in ax.patches] == pytest.approx([0.6, 0.9])
    assert [text.get_text() for text in ax.texts] == ["0.6", "0.9"]
    assert ax.yaxis_inverted()


@pytest.mark.parametrize("kind", ["labels", "probabilities", "column", "scores"])
def test_decision_boundary_asks_the_model_everywhere(kind):
    toy = data.gaussians(60)
    seen = []

    def predict(points):
        seen.append(points)
        p = toy.posterior(points)
        return {
            "labels": (p > 0.5).astype(int),
            "probabilities": p,
            "column": p[:, None].astype(np.float32),
            "scores": np.column_stack([np.log(1 - p), np.log(p)]),
        }[kind]

    ax = plots.decision_boundary(predict, toy.X, toy.y, resolution=41)
    assert seen[0].shape == (41 * 41, 2)
    assert seen[0].dtype == np.float32
    assert (seen[0].min(axis=0) < toy.X.min(axis=0)).all()
    assert (seen[0].max(axis=0) > toy.X.max(axis=0)).all()
    # The classes meet at x = 0: blue on the left, orange on the right.
    tint = ax.images[0].get_array()
    assert (tint[:, 0, 2] > tint[:, 0, 0]).all()
    assert (tint[:, -1, 0] > tint[:, -1, 2]).all()
    line = ax.collections[0].get_paths()[0].vertices
    assert np.abs(line[:, 0]).max() < 0.2


def test_decision_boundary_with_three_classes_and_with_one_answer():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(30, 2)), np.arange(30) % 3
    ax = plots.decision_boundary(lambda points: np.column_stack([points, -points[:, :1]]), X, y)
    assert len(ax.get_legend().get_texts()) == 3
    plots.decision_boundary(lambda points: np.zeros(len(points), dtype=int), X, y % 2)


def test_surface_draws_paths_and_the_minimum():
    path = np.array([[1.0, 1.0], [0.5, 0.2], [0.0, 0.0]])
    ax = plots.surface(
        lambda a, b: a**2 + 10 * b**2, (-2, 2), (-1, 1), paths={"sgd": path}, minimum=(0, 0), log=True
    )
    assert any(np.array_equal(line.get_xydata(), path) for line in ax.lines)
    assert ax.get_xlim() == (-2, 2)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["sgd"]


def test_image_grid_scales():
    images = np.stack([np.full((4, 4), 0.2), np.eye(4)])
    shared = plots.image_grid(images, ["grey", "eye"])
    assert [ax.images[0].get_clim() for ax in shared.axes] == [(0, 1), (0, 1)]
    assert [ax.get_title() for ax in shared.axes] == ["grey", "eye"]
    own = plots.image_grid(images, same_scale=False)
    assert own.axes[0].images[0].get_clim() == (0.2, 0.2)
    signed = plots.image_grid(images - 0.7, symmetric=True, columns=1)
    assert signed.axes[0].images[0].get_clim() == pytest.approx((-0.7, 0.7))
    assert plots.image_grid(np.zeros((3, 2, 2, 3)), columns=2).axes[0].images[0].get_array().shape == (
        2,
        2,
        3,
    )


def test_confusion_writes_counts_and_names():
    ax = plots.confusion(np.array([[3, 1], [0, 4]]), ["cat", "dog"])
    assert [text.get_text() for text in ax.texts] == ["3", "1", "4"]
    assert [text.get_text() for text in ax.get_xticklabels()] == ["cat", "dog"]
    assert np.allclose(ax.images[0].get_array(), [[0.75, 0.25], [0, 1]])


BAD = {
    "curves empty": (lambda: plots.curves({}), "at least one"),
    "curves length": (lambda: plots.curves({"a": [1, 2, 3]}, x=[1, 2]), "3 points"),
    "functions empty": (lambda: plots.functions({}), "at least one"),
    "functions derivative": (
        lambda: plots.functions({"a": np.exp}, derivatives={"b": np.exp}),
        "without a function",
    ),
    "bars empty": (lambda: plots.bars({}), "at least one"),
    "boundary X": (lambda: plots.decision_boundary(len, np.zeros((3, 3)), [0, 1, 0]), "two columns"),
    "boundary shape": (
        lambda: plots.decision_boundary(lambda p: p[:5, 0], np.eye(2), [0, 1]),
        "predict must return",
    ),
    "boundary range": (
        lambda: plots.decision_boundary(lambda p: 9 * p[:, 0], np.eye(2), [0, 1]),
        r"outside \[0, 1\]",
    ),
    "surface path": (
        lambda: plots.surface(np.add, (0, 1), (0, 1), paths={"a": [1, 2, 3]}),
        "steps, 2",
    ),
    "grid shape": (lambda: plots.image_grid(np.zeros((4, 4))), "shape"),
    "grid titles": (lambda: plots.image_grid(np.zeros((2, 4, 4)), ["one"]), "1 titles"),
    "confusion square": (lambda: plots.confusion(np.zeros((2, 3))), "square"),
    "confusion names": (lambda: plots.confusion(np.eye(2), ["a"]), "1 names"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input(name):
    call, word = BAD[name]
    with pytest.raises(ValueError, match=word):
        call()


def test_inline_figures_become_deterministic_svg():
    from IPython.core.interactiveshell import InteractiveShell
    from matplotlib_inline.config import InlineBackend

    shell = InteractiveShell.instance()
    style.apply()
    inline = InlineBackend.instance(parent=shell)
    assert inline.figure_formats == {"svg"}
    assert inline.print_figure_kwargs["metadata"]["Date"] is None
    formatter = shell.display_formatter.formatters["image/svg+xml"]
    first, second = (formatter(plots.curves({"a": [1, 2]}).figure) for _ in range(2))
    assert first == second
    assert "<dc:date>" not in first


def test_neighbouring_ticks_of_a_logarithmic_axis_have_different_labels() -> None:
    ax = plots.curves({"error": [0.21, 0.16, 0.14, 0.138]}, log="y")
    ax.figure.canvas.draw()
    labels = [tick.get_text() for tick in ax.yaxis.get_ticklabels(which="both") if tick.get_text()]
    assert len(labels) >= 2
    assert len(set(labels)) == len(labels)
