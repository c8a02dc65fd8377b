"""The one look of every figure: readable in a 700 px column, on a light card, in any colour vision."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
from cycler import cycler
from IPython.core.getipython import get_ipython

# Okabe and Ito's colours, strongest contrast first (yellow left out: illegible as a line on a light card).
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
# Colour never carries a meaning alone: each line also has its own dashes.
DASHES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)))
CARD = "#FCFCFC"
INK = "#1F2328"
WIDTH = 7.2  # inches: 518 points in an SVG, which a browser shows 691 pixels wide

_SETTINGS: dict[str, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": INK,
    "axes.facecolor": CARD,
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.labelsize": 10,
    "axes.prop_cycle": cycler(color=COLORS) + cycler(linestyle=DASHES),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "figure.constrained_layout.use": True,
    "figure.dpi": 100,
    "figure.facecolor": CARD,
    "figure.figsize": (WIDTH, 3.6),
    "font.size": 10,
    "grid.color": "#D8DCE0",
    "grid.linewidth": 0.6,
    "image.cmap": "cividis",
    "legend.fontsize": 9,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "savefig.dpi": 144,
    "savefig.facecolor": CARD,
    "svg.fonttype": "path",
    "svg.hashsalt": "course",
    "text.color": INK,
    "xtick.color": INK,
    "xtick.labelsize": 9,
    "ytick.color": INK,
    "ytick.labelsize": 9,
}


def apply() -> None:
    """Set matplotlib's defaults; in a notebook, make inline figures SVG with the same bytes in every run."""
    for name, value in _SETTINGS.items():
        mpl.rcParams[name] = value  # type: ignore[index]
    shell = get_ipython()
    if shell is None:
        return
    from IPython.core.pylabtools import select_figure_formats
    from matplotlib_inline.config import InlineBackend

    options: dict[str, Any] = {"bbox_inches": "tight", "metadata": {"Date": None, "Creator": None}}
    inline = InlineBackend.instance(parent=shell)
    inline.print_figure_kwargs = options
    inline.figure_formats = {"svg"}
    # The backend reads its options when the formats change; say it again in case they were SVG already.
    select_figure_formats(shell, {"svg"}, **options)
