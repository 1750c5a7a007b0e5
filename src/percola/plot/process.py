"""Pictures of a run's process side, from the JSON files of its run directory: quench, demixing, arrest."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from percola.plot import style
from percola.plot.phase_diagram import crystallization_against_dissolution, phase_curves

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "crystallinity_history",
    "crystallization_against_dissolution",
    "gel_temperature_history",
    "phase_map",
    "structure_length_history",
    "temperature_traces",
]

ZERO_CELSIUS_K = 273.15


def numbers(values: Any) -> np.ndarray:
    """A JSON list with nulls as a float array with NaN."""
    return np.array([np.nan if v is None else v for v in values], dtype=float)


def phase_map(
    diagram: Mapping[str, Any], thermal: Mapping[str, Any] | None = None, ax: Axes | None = None
) -> Axes:
    """The phase diagram with the quench of a run drawn in; see :func:`percola.plot.phase_diagram.phase_curves`.

    Args:
        diagram: content of ``phase_diagram.json``.
        thermal: content of ``thermal.json``, for where the quench ends.
        ax: axes to draw in.
    """
    ends = [t[-1] for t in ((thermal or {}).get("traces") or {}).values() if t]
    return phase_curves(diagram, ax, min(ends) if ends else None)


def temperature_traces(thermal: Mapping[str, Any], ax: Axes | None = None) -> Axes:
    """Temperature against time at the core and both surfaces; dashed, where there are crystals, the
    crystallized part.

    Args:
        thermal: content of ``thermal.json``.
    """
    ax = style.axes(ax)
    t = numbers(thermal["time_s"])
    traces = {k: numbers(v) - ZERO_CELSIUS_K for k, v in (thermal.get("traces") or {}).items() if v}
    moved = [np.flatnonzero(np.abs(y - y[0]) > 0.5) for y in traces.values()]
    first = min((int(m[0]) for m in moved if m.size), default=1)
    start = max(float(t[max(first - 1, 1)]), 1e-6 * float(t[-1])) if len(t) > 1 else 1e-3
    for name, y in traces.items():
        ax.plot(t, y, color=style.REGION.get(name, style.INK), label=style.REGION_WORDS.get(name, name))
    crystallized = {k: numbers(v) for k, v in (thermal.get("crystallized") or {}).items() if v}
    if any(np.nanmax(c, initial=0.0) > 1e-3 for c in crystallized.values()):
        right = ax.twinx()
        for name, c in crystallized.items():
            right.plot(t, 100 * c, color=style.REGION.get(name, style.INK), lw=1, ls="--")
        right.set_ylim(0, 104)
        right.set_ylabel("crystallized (dashed), %")
        right.spines["right"].set_visible(True)
        right.grid(False)
    ax.set_xscale("log")
    style.log_axis(ax.xaxis)
    ax.set_xlim(start, float(t[-1]))
    ax.set_xlabel("time after leaving the die, s")
    ax.set_ylabel("temperature, °C")
    ax.legend(loc="center left", bbox_to_anchor=(0.0, 0.45))
    return ax


def _history(gel: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """(region, history) pairs of gel.json, one or several realizations a region."""
    regions = gel.get("regions", gel)
    out: list[tuple[str, Mapping[str, Any]]] = []
    for name, value in regions.items():
        for history in value if isinstance(value, list) else [value]:
            if isinstance(history, Mapping):
                inner = history.get("history", history)
                if isinstance(inner, Mapping) and inner.get("time_s"):
                    out.append((name.partition("/")[0], inner))
    return out


def _against_time(gel: Mapping[str, Any], key: str, scale: float, offset: float, ax: Axes) -> bool:
    drawn: set[str] = set()
    for region, history in _history(gel):
        if not history.get(key):
            continue
        t, y = numbers(history["time_s"]), numbers(history[key]) * scale + offset
        if not np.isfinite(y).any():
            continue
        n = min(len(t), len(y))
        label = None if region in drawn else style.REGION_WORDS.get(region, region)
        ax.plot(t[:n], y[:n], color=style.REGION.get(region, style.INK), lw=1.3, label=label)
        drawn.add(region)
    if drawn:
        ax.set_xscale("log")
        style.log_axis(ax.xaxis)
        ax.set_xlabel("time, s")
    return bool(drawn)


def structure_length_history(gel: Mapping[str, Any], ax: Axes | None = None) -> Axes:
    """Length of the demixing structure against time, both logarithmic; flat where crystals have arrested
    it."""
    ax = style.axes(ax)
    if not _against_time(gel, "structure_length_m", 1e6, 0.0, ax):
        return style.nothing(ax, "no structure length was recorded")
    ax.set_yscale("log")
    from matplotlib.ticker import FixedLocator, NullFormatter, StrMethodFormatter

    low, high = ax.get_ylim()
    steps = (1, 2, 5) if high / low > 5 else (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8)
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks = [s * 10.0**d for d in decades for s in steps if low <= s * 10.0**d <= high]
    ax.yaxis.set_major_locator(FixedLocator(ticks))
    ax.yaxis.set_minor_formatter(NullFormatter())
    ax.yaxis.set_major_formatter(StrMethodFormatter("{x:.3g}"))
    ax.set_ylabel("structure length, µm")
    return ax


def crystallinity_history(gel: Mapping[str, Any], ax: Axes | None = None) -> Axes:
    """Crystallized part of the polymer-rich phase against time."""
    ax = style.axes(ax)
    if not _against_time(gel, "crystallinity", 100.0, 0.0, ax):
        return style.nothing(ax, "no crystallinity was recorded")
    ax.set_ylim(bottom=0)
    ax.set_ylabel("crystallized, %")
    return ax


def gel_temperature_history(gel: Mapping[str, Any], ax: Axes | None = None) -> Axes:
    """Temperature that the demixing structure saw, against time."""
    ax = style.axes(ax)
    if not _against_time(gel, "temperature_K", 1.0, -ZERO_CELSIUS_K, ax):
        return style.nothing(ax, "no temperature was recorded")
    ax.set_ylabel("temperature, °C")
    return ax
