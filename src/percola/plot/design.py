"""Pictures of predictions and calibrations: intervals, classes, windows as predicted, densities and parity."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from percola.plot import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

#: Colours of the classes, in every figure.
CLASS_COLOURS = {
    "percolation": style.BLUE,
    "coarse": style.ORANGE,
    "non_porous": style.GREY,
    "spherical_particles": style.VIOLET,
}


def strips(rows: Sequence[Mapping[str, Any]], axes: Sequence[Axes]) -> Sequence[Axes]:
    """One strip for each reading on a scale of its own: 90 % intervals, median, what is reported, what 3D runs gave.

    Args:
        rows: each with label, unit, median, low, high, true_low, true_high; where known reported (a number), bound (whether
            that is an upper bound) and full (numbers); all in the unit shown.
        axes: one for each row.
    """
    for row, ax in zip(rows, axes, strict=True):
        _strip(row, ax)
    if rows:
        seen: dict[str, Any] = {}
        for ax in axes:
            for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
                seen.setdefault(label, handle)
        axes[0].legend(
            list(seen.values()), list(seen), loc="lower center", bbox_to_anchor=(0.5, 1.02), ncols=len(seen),
            handletextpad=0.5, columnspacing=1.4,
        )  # fmt: skip
    return axes


def _strip(row: Mapping[str, Any], ax: Axes) -> None:
    low, high = float(row["low"]), float(row["high"])
    values = [low, high, row.get("reported"), *(row.get("full") or ())]
    there = [float(v) for v in values if v is not None and math.isfinite(float(v))]
    log = row["unit"] not in ("%", "°C") and min(there) > 0.0
    ax.plot([low, high], [0, 0], color=style.BLUE, lw=1.6, solid_capstyle="butt", label="90 % of readings")
    ax.plot(
        [row["true_low"], row["true_high"]], [0, 0], color=style.BLUE, lw=6, alpha=0.35, solid_capstyle="butt",
        label="90 % of membranes",
    )  # fmt: skip
    ax.plot(row["median"], 0, "o", ms=6, color=style.BLUE, label="median")
    if row.get("reported") is not None:
        bound = bool(row.get("bound"))
        ax.plot(
            row["reported"], 0, "<" if bound else "D", ms=6.5, mfc="white", mec=style.RED, mew=1.6, zorder=4,
            label="reported (at most)" if bound else "reported",
        )  # fmt: skip
    for i, value in enumerate(row.get("full") or ()):
        if value is not None:
            ax.plot(
                value, 0, "^", ms=6, mfc="none" if i else style.GREEN, mec=style.GREEN, mew=1.3, zorder=5,
                label="3D run, draw" if i else "3D run, posterior mean",
            )  # fmt: skip
    if log:
        a, b = math.log(min(there)), math.log(max(there))
        room = max(0.25 * (b - a), 0.1)
        ax.set_xscale("log")
        ax.set_xlim(math.exp(a - room), math.exp(b + room))
        _few_ticks(ax.xaxis, *ax.get_xlim())
    else:
        room = max(0.2 * (max(there) - min(there)), 1e-9 + 0.02 * abs(max(there)))
        ax.set_xlim(min(there) - room, max(there) + room)
    ax.set_ylim(-1, 1)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    unit = f"\n{row['unit']}" if row["unit"] else ""
    ax.set_ylabel(f"{row['label']}{unit}", rotation=0, ha="right", va="center", labelpad=8)


def _few_ticks(axis: Axis, low: float, high: float) -> None:
    """Some plain numbers on a logarithmic axis, whatever its length."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    ticks: list[float] = []
    for steps in (
        (1,),
        (1, 3),
        (1, 2, 5),
        (1, 1.5, 2, 3, 5, 7),
        (1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 9),
    ):
        powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        ticks = [s * 10.0**p for p in powers for s in steps if low <= s * 10.0**p <= high]
        if len(ticks) >= 4:
            break
    axis.set_major_locator(FixedLocator(ticks if len(ticks) <= 9 else ticks[:: len(ticks) // 6 + 1]))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:.6g}" if 1e-4 <= v < 1e6 else f"{v:.0e}"))


def classes(probabilities: Mapping[str, float], ax: Axes | None = None) -> Axes:
    """Probability of each structure class as bars."""
    ax = style.axes(ax, (5.4, 1.8))
    names = list(probabilities)
    at = np.arange(len(names))[::-1]
    values = [100.0 * probabilities[n] for n in names]
    ax.barh(at, values, height=0.62, color=[CLASS_COLOURS.get(n, style.GREY) for n in names])
    for y, v in zip(at, values, strict=True):
        words = f"{v:.0f} %" if 1.0 <= v <= 99.0 else "< 1 %" if v < 1.0 else "> 99 %"
        ax.annotate(words, (v, y), xytext=(4, 0), textcoords="offset points", va="center", fontsize=8)
    ax.set_yticks(at, [n.replace("_", " ") for n in names])
    ax.set_xlim(0, 112)
    ax.set_xticks([0, 25, 50, 75, 100])
    ax.set_xlabel("probability, %")
    ax.grid(False, axis="y")
    return ax


def window(w: Mapping[str, Any], axes: Sequence[Axes], own_K: float | None = None) -> Sequence[Axes]:
    """Porosity and breaking extension against T_s as predicted, median and 90 % band, with T_l and T_u and their intervals.

    Args:
        w: lower_K, upper_K with _low_ and _high_, temperatures_K, porosity and extension as three rows each.
        axes: two.
        own_K: the recipe's own dissolution temperature.
    """
    t = np.asarray(w["temperatures_K"], float) - 273.15
    for ax, key, label in zip(
        axes, ("porosity", "extension"), ("porosity, %", "breaking extension, %"), strict=True
    ):
        low, median, high = (100.0 * np.asarray(row, float) for row in w[key])
        ax.fill_between(t, low, high, color=style.BLUE, alpha=0.16, lw=0)
        ax.plot(t, median, "-o", ms=3.5, color=style.BLUE)
        ax.set_ylabel(label)
        ax.set_ylim(0, None)
        for name, word in (("lower", "T_l"), ("upper", "T_u")):
            at, a, b = (float(w[f"{name}_{k}K"]) - 273.15 for k in ("", "low_", "high_"))
            ax.axvline(at, color=style.RED, lw=1.1, ls=(0, (3, 2)))
            ax.axvspan(a - 2.5, b + 2.5, color=style.RED, alpha=0.07, lw=0)
            if ax is axes[0]:
                ax.annotate(
                    f"${word}$ {at:.4g} °C", (at, 1.01), xycoords=("data", "axes fraction"), ha="center",
                    va="bottom", color=style.RED, fontsize=8,
                )  # fmt: skip
        if own_K is not None:
            ax.axvline(own_K - 273.15, color=style.GREEN, lw=1.3, label="this recipe")
    if own_K is not None:
        axes[-1].legend(loc="upper right")
    axes[-1].set_xlabel("dissolution temperature, °C")
    return axes


def density(row: Mapping[str, Any], ax: Axes | None = None) -> Axes:
    """Prior (grey, normal) and posterior (blue) of one parameter.

    Args:
        row: name, unit, prior_mean, prior_sd, x and y of the posterior's density, learned (share).
        ax: axes, or None for new ones.
    """
    ax = style.axes(ax, (1.8, 1.3))
    mean, sd = float(row["prior_mean"]), float(row["prior_sd"])
    x = np.linspace(mean - 3.0 * sd, mean + 3.0 * sd, 81)
    prior = np.exp(-0.5 * ((x - mean) / sd) ** 2)
    ax.fill_between(x, 0, prior / prior.max(), color=style.PALE, lw=0)
    if row.get("x"):
        y = np.asarray(row["y"], float)
        ax.plot(row["x"], y / max(float(y.max()), 1e-300), color=style.BLUE, lw=1.3)
    ax.set_ylim(0, 1.08)
    ax.set_yticks([])
    ax.locator_params(axis="x", nbins=4)
    ax.tick_params(labelsize=6.5)
    unit = f" [{row['unit']}]" if row["unit"] not in ("", "1") else ""
    ax.set_title(f"{row['name']}{unit}", fontsize=7, fontweight="normal", loc="left", pad=2)
    ax.grid(False)
    ax.spines["left"].set_visible(False)
    return ax


def parity(points: Sequence[Mapping[str, Any]], ax: Axes, title: str, log: bool = True) -> Axes:
    """Predicted with its 90 % interval against reported; red where the reported number lies outside.

    Args:
        points: each with reported, median, low, high, inside and label, in the unit shown.
        ax: axes.
        title: quantity and unit.
        log: logarithmic scales.
    """
    if not points:
        return style.nothing(ax, f"{title}: nothing reported")
    values = [float(p[k]) for p in points for k in ("reported", "median")]
    a, b = min(values), max(values)
    a, b = (a / 1.5, b * 1.5) if log else (a - 0.1 * (b - a), b + 0.1 * (b - a))
    ax.plot([a, b], [a, b], color=style.GREY, lw=0.9)
    for p in points:
        colour = style.BLUE if p["inside"] else style.RED
        ax.plot([p["reported"]] * 2, [p["low"], p["high"]], color=colour, lw=0.9, alpha=0.55)
        ax.plot(p["reported"], p["median"], "o", ms=3.6, color=colour)
        if not p["inside"]:
            ax.annotate(
                str(p["label"]), (p["reported"], p["median"]), xytext=(4, 3), textcoords="offset points",
                color=style.RED, fontsize=6.5,
            )  # fmt: skip
    if log:
        ax.set_xscale("log")
        ax.set_yscale("log")
    ax.set_xlim(a, b)
    ax.set_ylim(a, b)
    if log:
        for axis in (ax.xaxis, ax.yaxis):
            _few_ticks(axis, a, b)
    ax.set_xlabel("reported")
    ax.set_ylabel("predicted")
    ax.set_title(title)
    return ax
