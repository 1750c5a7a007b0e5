"""Pictures of the bench: the panels of an analysis, and the window of dissolution temperatures as in Fig. 3."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from percola.lab.panel import Axis, Curve, Mark, Panel
from percola.plot import style
from percola.units import in_unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from percola.judge.window import Window

#: Colours of curves that are measured, several in one panel.
_DATA = (style.BLUE, style.GREEN, style.VIOLET, "#7a8f2a", "#2a8c8f", style.GREY)
_OTHER = {
    "fit": {"color": style.ORANGE, "lw": 1.4},
    "baseline": {"color": style.GREY, "lw": 1.1, "ls": (0, (5, 2))},
    "derived": {"color": style.ORANGE, "lw": 1.3, "ls": (0, (4, 1.5, 1, 1.5))},
    "reference": {"color": style.INK, "lw": 1.3, "ls": (0, (1, 1))},
}
_LABEL_BOX = {"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.8}


def shown(values: Any, axis: Axis) -> npt.NDArray[np.float64]:
    """Values in SI, in the unit that the axis shows."""
    array = np.asarray(values, float)
    if axis.kind == "1" or not axis.unit:
        return array
    return np.asarray(in_unit(array, axis.unit, axis.kind), float)  # type: ignore[arg-type]


def neat(text: str) -> str:
    """Units of a sentence as people write them."""
    text = re.sub(r"(?<=[0-9 ])um\b", "µm", text)
    text = re.sub(r"(?<=[0-9] )degC\b", "°C", text)
    return (
        text.replace("kgf/cm2", "kgf/cm²")
        .replace(" ohm", " Ω")
        .replace("m2.h.", "m²·h·")
        .replace("/m2", "/m²")
    )


def _symbols(text: str) -> str:
    """T_s and the like with their subscript, for labels in figures."""
    return re.sub(r"\bT_([a-z])\b", r"$T_\1$", neat(text))


def axis_title(axis: Axis) -> str:
    """The quantity and its unit."""
    unit = axis.unit.replace("degC", "°C").replace("um", "µm").replace("ohm", "Ω").replace("cm2", "cm²")
    label = axis.label
    if label[1:2].islower():  # a word, not a symbol
        label = label[:1].lower() + label[1:]
    return _symbols(f"{label}, {unit}" if unit else label)


def panel(p: Panel, ax: Axes | None = None, beside: Sequence[Curve] = ()) -> Axes:
    """One panel of an analysis.

    Args:
        p: what to draw.
        ax: axes to draw in, or None for new ones.
        beside: curves of other origin (a simulated run), in SI as those of the panel.
    """
    ax = style.axes(ax)
    if p.image is not None:
        return _image(p, ax)
    if not p.curves and not beside and not p.marks:
        return style.nothing(ax, "nothing to draw")
    number = 0
    for curve in (*p.curves, *beside):
        number += _curve(ax, p, curve.thinned(), number)
    for band in p.bands:
        low, high = shown([band.low, band.high], p.x if band.axis == "x" else p.y)
        span = ax.axvspan if band.axis == "x" else ax.axhspan
        span(
            float(low), float(high), color=style.ORANGE, alpha=0.10, lw=0, label=_symbols(band.label) or None
        )
    # Scales before the marks: their labels are placed by them.
    if p.x.log:
        ax.set_xscale("log")
        _log_axis(ax.xaxis, ax.get_xlim())
    if p.y.log:
        ax.set_yscale("log")
        _log_axis(ax.yaxis, ax.get_ylim())
    if p.equal:
        ax.set_aspect("equal", adjustable="datalim")
    _marks(ax, p)
    if p.x.reverse:
        ax.invert_xaxis()
    if p.y.reverse:
        ax.invert_yaxis()
    ax.set_xlabel(axis_title(p.x))
    ax.set_ylabel(axis_title(p.y))
    if p.x.label.lower() in ("specimen", "reading", "run"):  # counted, not measured
        from matplotlib.ticker import MaxNLocator

        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    if any(not label.startswith("_") for label in ax.get_legend_handles_labels()[1]):
        ax.legend(loc="best")
    return ax


def _log_axis(axis: Any, ends: tuple[float, float]) -> None:
    """Decades; over less than two of them 1, 2 and 5, plainly written."""
    low, high = (max(abs(v), 1e-300) for v in ends)
    if abs(math.log10(high / low)) >= 2:
        style.log_axis(axis)
        return
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axis.set_major_locator(LogLocator(base=10, subs=(1.0, 2.0, 5.0)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.6g}"))
    axis.set_minor_formatter(NullFormatter())


def _curve(ax: Axes, p: Panel, c: Curve, number: int) -> int:
    """Draw one curve; returns how many measured colours it took."""
    x, y = shown(c.x, p.x), shown(c.y, p.y)
    label = _symbols(c.label) or None
    measured = c.style in ("data", "points")
    colour = _DATA[number % len(_DATA)] if measured else None
    if c.style == "points":
        if c.y_error is not None:
            spread = np.abs(shown(c.y + c.y_error, p.y) - y)
            ax.errorbar(
                x,
                y,
                spread,
                fmt="o",
                ms=4,
                color=colour,
                ecolor=colour,
                elinewidth=0.9,
                capsize=2,
                label=label,
            )
        else:
            ax.plot(x, y, "o", ms=3.6 if len(x) < 200 else 2, color=colour, label=label)
    else:
        look: Any = {"color": colour, "lw": 1.5} if measured else dict(_OTHER[c.style])
        if len(x) == 1:
            look["marker"] = "D"
        ax.plot(x, y, label=label, **look)
        colour = look["color"]
        if c.y_error is not None:
            low, high = shown(c.y - c.y_error, p.y), shown(c.y + c.y_error, p.y)
            ax.fill_between(x, low, high, color=colour, alpha=0.15, lw=0)
    if c.fill_to is not None:
        ax.fill_between(x, y, shown(c.fill_to, p.y), color=colour, alpha=0.15, lw=0)
    return 1 if measured else 0


def _marks(ax: Axes, p: Panel) -> None:
    """What was read: points, vertical and horizontal lines, with their labels clear of each other."""
    lines = sorted((m for m in p.marks if m.x is not None and m.y is None), key=lambda m: float(m.x or 0))
    low, high = ax.get_xlim()
    taken: list[list[tuple[float, float]]] = []
    for m in lines:
        x = float(shown(m.x, p.x))
        ax.axvline(x, color=style.RED, lw=1.0, ls=(0, (3, 2)))
        if m.x_error:
            a, b = shown([m.x - m.x_error, m.x + m.x_error], p.x)  # type: ignore[operator]
            ax.axvspan(float(a), float(b), color=style.RED, alpha=0.10, lw=0)
        if not m.label:
            continue
        at = _share(x, low, high, p.x.log)
        wide = 0.02 + 0.0165 * len(m.label)  # of a character at this size, as a share of the axis
        right = at + wide > 1.0
        span = (at - wide, at) if right else (at, at + wide)
        level = next(
            (k for k, row in enumerate(taken) if all(span[1] < a or span[0] > b for a, b in row)), len(taken)
        )
        if level == len(taken):
            taken.append([])
        taken[level].append(span)
        ax.annotate(
            _symbols(m.label), (x, 0.97 - 0.085 * (level % 8)), xycoords=("data", "axes fraction"),
            xytext=(-4 if right else 4, 0), textcoords="offset points", ha="right" if right else "left", va="top",
            color=style.RED, fontsize=7.6, bbox=_LABEL_BOX,
        )  # fmt: skip
    for m in p.marks:
        if m.y is None:
            continue
        y = float(shown(m.y, p.y))
        if m.x is None:
            ax.axhline(y, color=style.RED, lw=1.0, ls=(0, (3, 2)))
            if m.y_error:
                a, b = shown([m.y - m.y_error, m.y + m.y_error], p.y)
                ax.axhspan(float(a), float(b), color=style.RED, alpha=0.10, lw=0)
            ax.annotate(
                _symbols(m.label), (0.01, y), xycoords=("axes fraction", "data"), xytext=(0, 3),
                textcoords="offset points", color=style.RED, fontsize=7.6, bbox=_LABEL_BOX,
            )  # fmt: skip
    _points(ax, p, [m for m in p.marks if m.x is not None and m.y is not None])


def _points(ax: Axes, p: Panel, marks: Sequence[Mark]) -> None:
    low, high = ax.get_xlim()
    for i, m in enumerate(marks):
        x, y = float(shown(m.x, p.x)), float(shown(m.y, p.y))
        wide = tall = None
        if m.x_error:
            wide = abs(float(shown(m.x + m.x_error, p.x)) - x)  # type: ignore[operator]
        if m.y_error:
            tall = abs(float(shown(m.y + m.y_error, p.y)) - y)  # type: ignore[operator]
        ax.errorbar(
            x, y, tall, wide, fmt="o", ms=5, mfc="white", mec=style.RED, mew=1.3, ecolor=style.RED,
            elinewidth=1, capsize=2, zorder=5,
        )  # fmt: skip
        right = _share(x, low, high, p.x.log) > 0.6
        if not m.label:
            continue
        ax.annotate(
            _symbols(m.label), (x, y), xytext=(-8 if right else 8, 9 if i % 2 == 0 else -13), textcoords="offset points",
            ha="right" if right else "left", color=style.RED, fontsize=7.6, bbox=_LABEL_BOX, zorder=6,
        )  # fmt: skip


def _share(x: float, low: float, high: float, log: bool) -> float:
    """Where x lies between the ends of an axis, 0 to 1."""
    if log and min(x, low, high) > 0:
        x, low, high = math.log(x), math.log(low), math.log(high)
    return (x - low) / (high - low) if high != low else 0.5


def _image(p: Panel, ax: Axes) -> Axes:
    assert p.image is not None
    grey = np.asarray(p.image, float)
    ax.imshow(grey, cmap="gray", interpolation="nearest")
    if p.mask is not None:
        tint = np.zeros((*p.mask.shape, 4))
        tint[p.mask] = (0.12, 0.38, 0.58, 0.45)
        ax.imshow(tint, interpolation="nearest")
    ax.set_xticks([])
    ax.set_yticks([])
    ax.grid(False)
    if p.extent_m is not None:
        style.scale_bar(ax, p.extent_m[0])
    return ax


def window(w: Window, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
    """Porosity, breaking strength and breaking extension against T_s, with T_l, T_u and the preferred band (Fig. 3).

    Args:
        w: the window.
        axes: one for each of the quantities that the sweep holds, or None for a new figure.
    """
    s = w.sweep
    rows: list[tuple[str, Any, Any, float]] = [
        ("porosity, %", s.porosity, s.porosity_error, 100.0),
        ("breaking extension, %", s.breaking_extension, s.extension_error, 100.0),
    ]
    if s.breaking_strength_Pa is not None and np.any(np.isfinite(s.breaking_strength_Pa)):
        rows.insert(1, ("breaking strength, kgf/cm²", s.breaking_strength_Pa, None, 1 / 98066.5))
    if axes is None:
        import matplotlib.pyplot as plt

        _, made = plt.subplots(
            len(rows), 1, figsize=(5.4, 2.1 * len(rows)), sharex=True, layout="constrained"
        )
        axes = list(np.atleast_1d(made))
    t = s.temperatures_K - 273.15
    low, high = w.lower.value_K, w.upper.value_K
    for ax, (label, values, error, factor) in zip(axes, rows, strict=False):
        y = np.asarray(values, float) * factor
        ax.plot(t, y, "-", color=style.PALE, lw=1.2)
        spread = None if error is None else np.asarray(error, float) * factor
        ax.errorbar(t, y, spread, fmt="o", ms=4.5, color=style.BLUE, elinewidth=0.9, capsize=2)
        ax.set_ylabel(label)
        ax.set_ylim(bottom=0, top=max(float(np.nanmax(y)) * 1.18, 1e-9) if np.any(np.isfinite(y)) else 1)
        for value, name, sigma in (
            (low, "T_l", w.lower.uncertainty_K),
            (high, "T_u", w.upper.uncertainty_K),
        ):
            if value is None:
                continue
            at = value - 273.15
            ax.axvline(at, color=style.RED, lw=1.1, ls=(0, (3, 2)))
            if sigma:
                ax.axvspan(at - sigma, at + sigma, color=style.RED, alpha=0.08, lw=0)
            if ax is axes[0]:
                ax.annotate(
                    f"${name}$ {at:.4g} °C", (at, 1.01), xycoords=("data", "axes fraction"), ha="center",
                    va="bottom", color=style.RED, fontsize=8,
                )  # fmt: skip
        if w.preferred_K is not None:
            a, b = (v - 273.15 for v in w.preferred_K)
            ax.axvspan(a, b, color=style.GREEN, alpha=0.12, lw=0, label="preferred (para. 66)")
    if w.preferred_K is not None:
        axes[-1].legend(loc="lower left")
    axes[-1].set_xlabel("dissolution temperature, °C")
    return axes
