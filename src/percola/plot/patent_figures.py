"""The patent's Figs. 1 to 4 and parity of predictions with reports, from plain data in SI."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from percola.plot import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ZERO_CELSIUS_K = 273.15
MARKERS = "osD^vP*Xhd<>p8"
OUTLIER = 1.5
"""Factor from which a point is named."""
BEYOND = 6.0
"""Factor beyond everything reported up to which predictions are drawn in their place."""


def _celsius(values: Sequence[float | None]) -> np.ndarray:
    return np.array([np.nan if v is None else v for v in values], float) - ZERO_CELSIUS_K


def solvent_styles(solvents: Sequence[str]) -> dict[str, tuple[str, str]]:
    """(marker, colour) of each solvent, the same in every figure of a page."""
    names = list(dict.fromkeys(solvents))
    return {n: (MARKERS[i % len(MARKERS)], style.CYCLE[i % len(style.CYCLE)]) for i, n in enumerate(names)}


def parity(
    points: Sequence[Mapping[str, Any]],
    label: str,
    unit: str,
    styles: Mapping[str, tuple[str, str]],
    ax: Axes | None = None,
    named: float = OUTLIER,
) -> Axes:
    """Predicted against reported on logarithmic axes, with 90 % intervals; the line of equality and a factor of 1.5 either side.

    Args:
        points: ``id``, ``solvent``, ``reported``, ``median``, ``low``, ``high``, ``ridge`` (or None), in the unit shown.
        label, unit: of the axes.
        styles: of :func:`solvent_styles`.
        named: factor from which a point bears its name.
    """
    ax = style.axes(ax, (4.4, 4.2))
    if not points:
        return style.nothing(ax, "nothing reported to compare with")
    x = np.array([p["reported"] for p in points], float)
    y = np.array([p["median"] for p in points], float)
    both = np.concatenate([x, y])
    # what is predicted far beyond everything reported is drawn at the edge, with an arrow
    low = max(both.min(), x.min() / BEYOND) / 1.35
    high = min(both.max(), x.max() * BEYOND) * 1.35
    ends = np.array([low, high])
    ax.fill_between(ends, ends / 1.5, ends * 1.5, color=style.PALE, alpha=0.5, lw=0)
    ax.plot(ends, ends, color=style.GREY, lw=1.0)
    peers = [(p["reported"], p["ridge"]) for p in points if p.get("ridge")]
    if peers:
        ax.plot(*np.array(peers).T, "x", color=style.GREY, ms=4, mew=0.8, alpha=0.8, label="ridge", zorder=2)
    for solvent, (marker, colour) in styles.items():
        mine = [p for p in points if p["solvent"] == solvent]
        if not mine:
            continue
        a = np.array([[p["reported"], p["median"], p["low"], p["high"]] for p in mine], float)
        a[:, 1:] = np.clip(a[:, 1:], low * 1.04, high / 1.04)
        error = np.stack([a[:, 1] - a[:, 2], a[:, 3] - a[:, 1]])
        ax.errorbar(a[:, 0], a[:, 1], np.maximum(error, 0.0), fmt=marker, ms=4.5, color=colour, elinewidth=0.7,
                    lw=0, capsize=0, label=solvent.replace("+", " + "), zorder=3)  # fmt: skip
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlim(low, high)
    ax.set_ylim(low, high)
    for p in points:
        apart = max(p["median"] / p["reported"], p["reported"] / p["median"])
        if apart > named:
            arrow = " ↓" if p["median"] < low else " ↑" if p["median"] > high else ""
            at = float(np.clip(p["median"], low * 1.04, high / 1.04))
            ax.annotate(p["id"] + arrow, (p["reported"], at), (5, 4), textcoords="offset points", fontsize=7,
                        color=style.INK)  # fmt: skip
    _plain_ticks(ax)
    shown = f"{label}, {unit}" if unit else label
    ax.set_xlabel(f"reported {shown}")
    ax.set_ylabel(f"predicted without it, {unit}" if unit else "predicted without it")
    ax.set_aspect("equal")
    return ax


def _plain_ticks(ax: Axes) -> None:
    """1, 2 and 5 of each decade in plain numbers; all ticks that fit where less than a decade is shown."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    for axis, (low, high) in ((ax.xaxis, ax.get_xlim()), (ax.yaxis, ax.get_ylim())):
        steps = (1, 2, 5) if high / low > 5 else (1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8)
        powers = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
        ticks = [s * 10.0**k for k in powers for s in steps if low <= s * 10.0**k <= high]
        if high / low > 300:
            ticks = [10.0**k for k in powers if low <= 10.0**k <= high]
        axis.set_major_locator(FixedLocator(ticks))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))


def _band(
    ax: Axes, x: np.ndarray, rows: Any, colour: str, label: str, marker: str = "", alpha: float = 0.15
) -> None:
    low, middle, high = (_celsius(r) for r in rows)
    ax.fill_between(x, low, high, color=colour, alpha=alpha, lw=0)
    if alpha < 0.1:  # several bands over each other: their edges tell them apart
        for edge in (low, high):
            ax.plot(x, edge, color=colour, lw=0.6, alpha=0.6)
    ax.plot(x, middle, color=colour, lw=1.5, marker=marker, ms=3.2, label=label)


def crystallization(data: Mapping[str, Any], ax: Axes | None = None) -> Axes:
    """Fig. 1: T_c against T_s at several concentrations, median and 90 % band over draws, with T_a."""
    ax = style.axes(ax)
    x = np.asarray(data["dissolution_K"], float) - ZERO_CELSIUS_K
    for i, c in enumerate(data["curves"]):
        colour = style.CYCLE[i % 6]
        _band(
            ax, x, c["crystallization_K"], colour, f"{100 * c['weight_fraction']:.3g} wt%", "Do^"[i % 3], 0.06
        )
        if c["plateau_K"]:
            low, middle, high = (v - ZERO_CELSIUS_K for v in c["plateau_K"])
            at = np.interp(middle, x, _celsius(c["crystallization_K"][1]))
            ax.errorbar([middle], [at], xerr=[[middle - low], [high - middle]], fmt="|", ms=13, color=colour,
                        elinewidth=1.0, capsize=3, zorder=5)  # fmt: skip
    reported = data.get("reported_plateau_K")
    if reported:
        at = reported - ZERO_CELSIUS_K
        ax.axvline(at, color=style.RED, lw=1, ls=":")
        ax.annotate("$T_a$ reported", (at, 0.98), (-3, 0), xycoords=("data", "axes fraction"),
                    textcoords="offset points", rotation=90, fontsize=7.5, color=style.RED, va="top", ha="right")  # fmt: skip
    ax.set_xlabel("dissolution temperature $T_s$, °C")
    ax.set_ylabel(f"$T_c$ at {60 * data['cooling_rate_K_s']:.3g} K/min, °C")
    ax.legend()
    return ax


def crystallization_with_window(data: Mapping[str, Any], ax: Axes | None = None) -> Axes:
    """Fig. 2: T_c against T_s of one solution, with T_l, T_u and the range between them."""
    ax = style.axes(ax)
    x = np.asarray(data["dissolution_K"], float) - ZERO_CELSIUS_K
    c = data["curves"][0]
    _band(ax, x, c["crystallization_K"], style.BLUE, f"{100 * c['weight_fraction']:.3g} wt%")
    w = data["window"]
    for key, sign in (("lower", "T_l"), ("upper", "T_u")):
        at, a, b = (w[f"{key}{k}_K"] - ZERO_CELSIUS_K for k in ("", "_low", "_high"))
        ax.axvline(at, color=style.RED, lw=1.1, ls=(0, (3, 2)))
        ax.axvspan(a, b, color=style.RED, alpha=0.07, lw=0)
        ax.annotate(f"${sign}$ {at:.4g} °C", (at, 1.01), xycoords=("data", "axes fraction"), ha="center",
                    va="bottom", fontsize=8, color=style.RED)  # fmt: skip
    if w["upper_K"] > w["lower_K"]:
        ax.axvspan(
            w["lower_K"] - ZERO_CELSIUS_K, w["upper_K"] - ZERO_CELSIUS_K, color=style.GREEN, alpha=0.10, lw=0
        )
        middle = 0.5 * (w["lower_K"] + w["upper_K"]) - ZERO_CELSIUS_K
        ax.annotate("percolation\nstructure", (middle, 0.04), xycoords=("data", "axes fraction"), ha="center",
                    fontsize=8, color=style.GREEN)  # fmt: skip
    if c["plateau_K"]:
        at = c["plateau_K"][1] - ZERO_CELSIUS_K
        ax.annotate("$T_a$", (at, np.interp(at, x, _celsius(c["crystallization_K"][1]))), (0, 10),
                    textcoords="offset points", ha="center", fontsize=8.5)  # fmt: skip
        ax.plot([at], [np.interp(at, x, _celsius(c["crystallization_K"][1]))], "|", color=style.INK, ms=12)
    ax.set_xlabel("dissolution temperature $T_s$, °C")
    ax.set_ylabel("crystallization temperature $T_c$, °C")
    ax.legend(loc="upper right")
    return ax


_SERIES = (
    ("porosity", "porosity", "porosity, %", 100.0),
    ("strength_Pa", "breaking_strength", "breaking strength, kgf/cm²", 1 / 98066.5),
    ("extension", "breaking_extension", "breaking extension, %", 100.0),
)


def series(data: Mapping[str, Any], axes: Sequence[Axes]) -> Sequence[Axes]:
    """Fig. 3: porosity, strength and extension against T_s: band predicted, points reported, crosses without themselves."""
    w = data["window"]
    t = np.asarray(w["temperatures_K"], float) - ZERO_CELSIUS_K
    for ax, (curve, name, label, scale) in zip(axes, _SERIES, strict=True):
        low, middle, high = (scale * np.asarray(row, float) for row in w[curve])
        ax.fill_between(t, low, high, color=style.BLUE, alpha=0.13, lw=0)
        ax.plot(t, middle, color=style.BLUE, lw=1.4, label="predicted, 90 % band")
        tops = [high.max()]
        got = [(p, p["reported"].get(name)) for p in data["points"]]
        have = [(p["dissolution_K"] - ZERO_CELSIUS_K, scale * v) for p, v in got if v is not None]
        if have:
            ax.plot(*np.array(have).T, "o", ms=4.8, color=style.INK, label="reported", zorder=4)
            tops.append(max(v for _, v in have))
        for p, _ in got:
            x = p["left_out"].get(name)
            if x is None:
                continue
            a, m, b = (scale * v for v in x)
            at = p["dissolution_K"] - ZERO_CELSIUS_K
            ax.errorbar([at + 0.7], [m], [[m - a], [b - m]], fmt="x", ms=4.5, color=style.ORANGE, elinewidth=0.8,
                        label="without itself" if p is got[0][0] else None, zorder=3)  # fmt: skip
        ax.set_ylim(0, min(1.08 * max(tops), 1.6 * max(v for _, v in have)) if have else 1.08 * max(tops))
        ax.set_ylabel(label)
        for key, sign in (("lower", "T_l"), ("upper", "T_u")):
            at, a, b = (w[f"{key}{k}_K"] - ZERO_CELSIUS_K for k in ("", "_low", "_high"))
            ax.axvline(at, color=style.RED, lw=1.1, ls=(0, (3, 2)))
            ax.axvspan(a, b, color=style.RED, alpha=0.07, lw=0)
            if ax is axes[0]:
                ax.annotate(f"${sign}$ {at:.4g} °C", (at, 1.01), xycoords=("data", "axes fraction"), ha="center",
                            va="bottom", fontsize=8, color=style.RED)  # fmt: skip
        for at in data.get("reported_limits_K", ()):
            ax.axvline(at - ZERO_CELSIUS_K, color=style.GREY, lw=0.9, ls=":")
    axes[-1].legend(loc="upper right", fontsize=7.5)
    axes[-1].set_xlabel("dissolution temperature $T_s$, °C (dotted: limits reported)")
    return axes


def surface_ratios(media: Sequence[Mapping[str, Any]], ax: Axes | None = None) -> Axes:
    """Pore size of the surface over that inside for each medium: reported, and predicted without it; closed ones at the foot."""
    ax = style.axes(ax, (5.4, 3.4))
    closed_at = 0.22
    for i, m in enumerate(media):
        left = m["left_out"]
        closed = left["closed_probability"]
        if closed > 0.5:
            ax.plot([i + 0.12], [closed_at], "s", color=style.BLUE, ms=5)
        else:
            a, y, b = left["low"], left["ratio"], left["high"]
            ax.errorbar(
                [i + 0.12], [y], [[y - a], [b - y]], fmt="s", ms=4.5, color=style.BLUE, elinewidth=0.9
            )
        at = closed_at if m["reported"] == "closed" else m["reported"]
        ax.plot([i - 0.12], [at], "o", color=style.INK, ms=5)
        ax.annotate(f"{100 * closed:.0f} %", (i, 1.0), (0, 2), xycoords=("data", "axes fraction"),
                    textcoords="offset points", ha="center", fontsize=7, color=style.GREY)  # fmt: skip
    ax.plot([], [], "o", color=style.INK, label="reported")
    ax.plot([], [], "s", color=style.BLUE, label="predicted without it (90 %)")
    ax.set_yscale("log")
    ax.set_ylim(0.18, 8)
    ax.axhline(1.0, color=style.GREY, lw=0.8)
    ax.axhspan(0.18, 0.27, color=style.PALE, alpha=0.5, lw=0)
    ax.text(-0.45, 0.19, "closed", fontsize=7.5, color=style.GREY, va="bottom")
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    ax.yaxis.set_major_locator(FixedLocator([0.5, 1, 2, 4]))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
    ax.set_xticks(range(len(media)), [_medium(m["medium"]) for m in media], fontsize=8)
    ax.set_ylabel("surface over internal pore size")
    ax.legend(loc="upper right", fontsize=7.5)
    return ax


def _medium(name: str) -> str:
    return name if len(name) <= 4 and name.isupper() else name.lower()


__all__ = [
    "crystallization",
    "crystallization_with_window",
    "parity",
    "series",
    "solvent_styles",
    "surface_ratios",
]
