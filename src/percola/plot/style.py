"""One look for all figures: colours that print and that colour-blind readers can part, quiet axes, SVG text as paths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK = "#1d2733"
GREY = "#7b8794"
PALE = "#d9dee4"
BLUE = "#1f6094"
ORANGE = "#c8702a"
GREEN = "#3a7d5d"
RED = "#a6323f"
VIOLET = "#6a4c93"

#: Order of lines in a figure.
CYCLE = (BLUE, ORANGE, GREEN, RED, VIOLET, GREY)

#: Fixed colour of a place in the membrane, in every figure.
REGION = {"core": RED, "outer_surface": BLUE, "inner_surface": GREEN}
REGION_WORDS = {"core": "core", "outer_surface": "outer surface", "inner_surface": "inner surface"}

#: Matplotlib settings of a report figure; use with ``matplotlib.rc_context(RC)``.
RC: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 8.5,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 8.5,
    "axes.labelcolor": INK,
    "axes.edgecolor": GREY,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e8ebef",
    "grid.linewidth": 0.7,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "xtick.direction": "out",
    "ytick.direction": "out",
    "text.color": INK,
    "lines.linewidth": 1.6,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "legend.handlelength": 1.8,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.fonttype": "path",
    "svg.hashsalt": "percola",  # the same figure gives the same file
    "path.simplify_threshold": 0.5,
}


def axes(ax: Axes | None, figsize: tuple[float, float] = (5.4, 3.6)) -> Axes:
    """``ax`` itself, or the axes of a new figure."""
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    _, new = plt.subplots(figsize=figsize, layout="constrained")
    return new


def nothing(ax: Axes, words: str) -> Axes:
    """Axes that say in words why there is nothing to draw."""
    ax.text(0.5, 0.5, words, ha="center", va="center", wrap=True, color=GREY, transform=ax.transAxes)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.grid(False)
    return ax


def scale_bar(ax: Axes, width_m: float, colour: str = "white", y: float = 0.05) -> str:
    """A scale bar of a round length in the lower left corner of an image whose extent is in micrometres.

    Returns the length in words.
    """
    length, words = round_length(width_m / 4)
    ax.plot([0.05, 0.05 + length / width_m], [y, y], color=colour, lw=3, transform=ax.transAxes, solid_capstyle="butt")
    ax.text(0.05 + length / width_m / 2, y + 0.02, words, color=colour, ha="center", va="bottom", fontsize=8,
            transform=ax.transAxes)  # fmt: skip
    return words


def round_length(length_m: float) -> tuple[float, str]:
    """The largest of 1, 2, 5 x 10^n m not above ``length_m``, and the same in nm or um."""
    import math

    power = 10.0 ** math.floor(math.log10(length_m))
    step = max(s for s in (1, 2, 5) if s * power <= length_m * (1 + 1e-9))
    value = step * power
    return value, f"{value * 1e9:.0f} nm" if value < 0.9995e-6 else f"{value * 1e6:.0f} µm"
