"""Pictures of measurements: flow curves of the porometer, pore sizes, the size effect, results beside
reported ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from percola.plot import style
from percola.plot.process import numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

KGF_CM2_PA = 98066.5


def flow_curves(porometry: Mapping[str, Any], ax: Axes | None = None) -> Axes:
    """Wet, dry and half-dry flow against pressure; mean flow pressure where the wet curve meets the half-dry
    one.

    Args: porometry: ``pressure_Pa``, ``wet``, ``dry`` (flows in one unit, named by ``flow_unit``), and where
        known
            ``bubble_point_Pa``, ``mean_flow_Pa`` and the ``liquid``.
    """
    ax = style.axes(ax)
    p = numbers(porometry["pressure_Pa"]) / 1e6
    wet, dry = numbers(porometry["wet"]), numbers(porometry["dry"])
    ax.plot(p, dry, color=style.GREY, lw=1.3, label="dry")
    ax.plot(p, dry / 2, color=style.GREY, lw=1.1, ls=(0, (5, 2)), label="half-dry")
    ax.plot(p, wet, color=style.BLUE, lw=1.8, label=f"wet ({porometry.get('liquid', 'ethanol')})")
    # one label on each side of its line: both pressures are often nearly the same
    for key, words, colour, side in (
        ("bubble_point_Pa", "bubble point", style.RED, "right"),
        ("mean_flow_Pa", "mean flow", style.GREEN, "left"),
    ):
        value = porometry.get(key)
        if value:
            ax.axvline(value / 1e6, color=colour, lw=1, ls=":")
            ax.annotate(words, (value / 1e6, 0.99), (-3 if side == "right" else 3, -2), xycoords=("data", "axes fraction"),
                        va="top", ha=side, textcoords="offset points", rotation=90, color=colour, fontsize=7.5)  # fmt: skip
    ax.set_xlim(0, float(np.nanmax(p)))
    ax.set_ylim(bottom=0)
    ax.set_xlabel("pressure, MPa")
    ax.set_ylabel(f"gas flow, {porometry.get('flow_unit', 'relative')}")
    ax.legend(loc="upper left")
    return ax


def pore_size_distribution(distribution: Mapping[str, Any], ax: Axes | None = None) -> Axes:
    """Share of the gas flow that passes pores larger than a diameter.

    Args:
        distribution: ``diameter_m`` (falling) and ``larger`` (0..1), and where known ``mean_flow_m`` and
            ``bubble_point_m``.
    """
    ax = style.axes(ax)
    d = numbers(distribution["diameter_m"]) * 1e6
    share = numbers(distribution["larger"]) * 100
    ax.fill_between(d, share, color=style.BLUE, alpha=0.12, lw=0)
    ax.plot(d, share, "o-", color=style.BLUE, ms=3.5)
    ax.axhline(50, color=style.GREY, lw=0.9, ls=(0, (5, 2)))
    for key, words, colour in (
        ("mean_flow_m", "mean flow pore", style.GREEN),
        ("bubble_point_m", "largest pore", style.RED),
    ):
        value = distribution.get(key)
        if value:
            ax.axvline(value * 1e6, color=colour, lw=1.2, ls=":", label=f"{words} {value * 1e6:.3g} µm")
    ax.set_xlabel("pore diameter (F316), µm")
    ax.set_ylabel("gas flow through larger pores, %")
    ax.set_ylim(0, 104)
    ax.set_xlim(left=0)
    if ax.get_legend_handles_labels()[1]:
        ax.legend(loc="lower left")
    return ax


def size_effect(effect: Mapping[str, Any], ax: Axes | None = None) -> Axes:
    """Pore diameters of sub-volumes against their edge, carried on to the whole wall.

    Args: effect: ``series``, each with ``label`` and lists of tuples in metres: ``points`` (edge, diameter),
        ``mean``
            (edge, diameter, deviation), ``predicted`` (thickness, diameter, deviation), and ``wall``
            (thickness, diameter, deviation).
    """
    ax = style.axes(ax)
    for i, one in enumerate(effect["series"]):
        colour = style.CYCLE[i % 6]
        label = one["label"]
        if one["points"]:
            x, y = np.array(one["points"], float).T * 1e6
            ax.plot(x, y, ".", ms=5, color=colour, alpha=0.5, mew=0, label=f"{label}, sub-volumes")
        if one["mean"]:
            x, y, s = np.array(one["mean"], float).T * 1e6
            ax.errorbar(x, y, s, fmt="o", ms=4, lw=1.2, capsize=2.5, color=colour)
        if one["predicted"]:
            x, y, s = np.array(one["predicted"], float).T * 1e6
            ax.plot(x, y, color=colour, lw=1.2, ls=(0, (5, 2)), label=f"{label}, predicted")
            ax.fill_between(x, y - s, y + s, color=colour, alpha=0.12, lw=0)
        thickness, diameter, spread = one["wall"]
        if thickness is not None:
            error = None if spread is None else [spread * 1e6]
            ax.errorbar(
                [thickness * 1e6],
                [diameter * 1e6],
                error,
                fmt="D",
                ms=5.5,
                capsize=3,
                color=colour,
                markerfacecolor="white",
                mew=1.4,
                label=f"{label}, whole wall",
            )
    ax.set_xscale("log")
    style.log_axis(ax.xaxis)
    ax.set_xlabel("thickness, µm")
    ax.set_ylabel("pore diameter (F316), µm")
    ax.set_ylim(bottom=0)
    ax.legend(loc="upper right", fontsize=7, labelspacing=0.25)
    return ax


def against_reported(rows: Sequence[Mapping[str, Any]], ax: Axes | None = None) -> Axes:
    """Computed over reported value, one line a quantity, on a logarithmic axis; the bar is one standard
    deviation.

    Args:
        rows: {"label", "ratio", "low", "high"} each.
    """
    ax = style.axes(ax, (5.4, 0.6 + 0.32 * max(len(rows), 1)))
    if not rows:
        return style.nothing(ax, "no reported values to compare with")
    y = np.arange(len(rows))[::-1]
    ratio = np.array([r["ratio"] for r in rows], float)
    low = np.array([r.get("low") or r["ratio"] for r in rows], float)
    high = np.array([r.get("high") or r["ratio"] for r in rows], float)
    reach = max(1.6, 1.15 * float(np.max([high.max(), 1 / max(low.min(), 1e-6)])))
    ax.axvspan(1 / 1.25, 1.25, color="#eef2f5", lw=0)
    ax.axvline(1, color=style.INK, lw=1)
    ax.errorbar(ratio, y, xerr=[np.maximum(ratio - low, 0), np.maximum(high - ratio, 0)], fmt="o", ms=5,
                color=style.BLUE, lw=1.4, capsize=2.5)  # fmt: skip
    ax.set_xscale("log")
    ax.set_xlim(1 / reach, reach)
    near = (0.8, 1, 1.25) if reach < 3 else (1,)  # as many as stand beside each other
    ticks = [t for t in (0.1, 0.2, 0.5, *near, 2, 5, 10) if 1 / reach <= t <= reach]
    ax.set_xticks(ticks, [f"{t:g}" for t in ticks])
    ax.minorticks_off()
    ax.set_yticks(y, [str(r["label"]) for r in rows])
    ax.set_ylim(-0.6, len(rows) - 0.4)
    ax.grid(axis="y", visible=False)
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel("computed / reported (band: within 25 %)")
    return ax
