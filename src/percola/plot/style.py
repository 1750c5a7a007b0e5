"""One look for all figures: colours that print and that colour-blind readers can part, quiet axes, SVG text
as paths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

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


def between(dark: str, light: str, share: float) -> str:
    """The colour ``share`` of the way from one to another, as "#rrggbb"."""
    one, two = ([int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in (dark, light))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in zip(one, two, strict=True))


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


def log_axis(axis: Axis) -> None:
    """Plain numbers at the decades of a logarithmic axis (0.01, 0.1, 1, ...), quick to draw; superscripts far
    from one."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    raised = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

    def words(value: float, _: object) -> str:
        import math

        power = round(math.log10(value)) if value > 0 else 0
        if not -3 <= power <= 4:
            return f"10{str(power).translate(raised)}"
        return f"{value:.{max(-power, 0)}f}"

    axis.set_major_formatter(FuncFormatter(words))
    axis.set_minor_formatter(NullFormatter())


def scale_bar(ax: Axes, width_m: float, y: float = 0.06) -> str:
    """A white scale bar with a dark rim, of a round length, in the lower left corner of an image ``width_m``
    wide.

    Returns the length in words.
    """
    from matplotlib.patheffects import withStroke

    length, words = round_length(width_m / 4)
    right = 0.05 + length / width_m
    rim = withStroke(linewidth=5.5, foreground=INK)
    ax.plot([0.05, right], [y, y], color="white", lw=3, transform=ax.transAxes, solid_capstyle="butt",
            path_effects=[rim])  # fmt: skip
    ax.text((0.05 + right) / 2, y + 0.025, words, color="white", ha="center", va="bottom", fontsize=8.5,
            fontweight="bold", transform=ax.transAxes,
            path_effects=[withStroke(linewidth=2.2, foreground=INK)])  # fmt: skip
    return words


def round_length(length_m: float) -> tuple[float, str]:
    """The largest of 1, 2, 5 x 10^n m not above ``length_m``, and the same in nm or um."""
    import math

    power = 10.0 ** math.floor(math.log10(length_m))
    step = max(s for s in (1, 2, 5) if s * power <= length_m * (1 + 1e-9))
    value = step * power
    return value, f"{value * 1e9:.0f} nm" if value < 0.9995e-6 else f"{value * 1e6:.0f} µm"
