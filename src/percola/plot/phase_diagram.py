"""Pictures of the phase diagram: Fig. 4 (curves against concentration) and Fig. 1 (T_c against T_s) of EP
1063256.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from percola.plot.style import GREY, INK, RED, axes, nothing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from percola.thermo import PhaseDiagram

ZERO_CELSIUS_K = 273.15


def _plain(diagram: PhaseDiagram | Mapping[str, Any]) -> Mapping[str, Any]:
    """The content of ``phase_diagram.json``, from the object or from the file's own mapping."""
    return diagram if isinstance(diagram, Mapping) else diagram.to_dict()


def _celsius(values: Any) -> NDArray[np.float64]:
    return np.array([np.nan if v is None else v for v in values], dtype=float) - ZERO_CELSIUS_K


def _shades(count: int) -> list[Any]:
    """Blue (low T_s, many nuclei) to red (high T_s)."""
    import matplotlib

    return [matplotlib.colormaps["coolwarm"](x) for x in np.linspace(0.02, 0.98, max(count, 2))]


def phase_curves(
    diagram: PhaseDiagram | Mapping[str, Any], ax: Axes | None = None, quench_to_K: float | None = None
) -> Axes:
    """Cloud point (dash-dot), spinodal (dotted), melting and crystallization curves after several T_s
    against wt%.

    Args:
        diagram: a ``PhaseDiagram``, or the content of ``phase_diagram.json``.
        quench_to_K: where the arrow of the recipe's quench ends; 20 degC by default.
    """
    d = _plain(diagram)
    ax = axes(ax, (6.4, 4.6))
    w = 100 * np.asarray(d["weight_fraction"], dtype=float)
    cloud, spinodal, melting = (_celsius(d[k]) for k in ("cloud_point_K", "spinodal_K", "melting_K"))
    curves = d["crystallization"]
    crystal = [_celsius(c["temperature_K"]) for c in curves]
    low, high = 0.0, float(np.nanmax(melting)) + 25
    if np.any(np.isfinite(cloud)):
        high = max(high, min(float(np.nanmax(np.where(np.isfinite(cloud), cloud, np.nan))), 260.0) + 15)

    ax.plot(w, melting, color=INK, lw=1.2, label="melting, equilibrium")
    recipe = d.get("recipe") or {}
    for curve, t, colour in zip(curves, crystal, _shades(len(curves)), strict=True):
        own = bool(recipe) and abs(curve["dissolution_K"] - recipe["dissolution_K"]) < 0.01
        label = f"crystallization, $T_s$ {curve['dissolution_K'] - ZERO_CELSIUS_K:.0f} °C"
        ax.plot(w, t, color=colour, lw=2.4 if own else 1.4, label=label + (" (recipe)" if own else ""))
    if np.any(np.isfinite(cloud) & (cloud > low)):
        ax.plot(
            w, np.where(np.isfinite(cloud), cloud, np.nan), color=INK, ls="-.", lw=1.6, label="cloud point"
        )
        ax.plot(
            w, np.where(np.isfinite(spinodal), spinodal, np.nan), color=GREY, ls=":", lw=1.4, label="spinodal"
        )
    else:
        ax.text(0.02, 0.02, f"no cloud point above {low:.0f} °C", transform=ax.transAxes, color=GREY)
    critical = d.get("critical") or {}
    if critical.get("T_K") is not None and low < critical["T_K"] - ZERO_CELSIUS_K < high:
        ax.plot(
            100 * critical["w"],
            critical["T_K"] - ZERO_CELSIUS_K,
            "o",
            color=INK,
            ms=4,
            label="critical point",
        )
    if d.get("monotectic_K") is not None:
        t = d["monotectic_K"] - ZERO_CELSIUS_K
        ax.axhline(t, color=GREY, lw=0.8, zorder=0)
        ax.annotate(
            "crystal, rich and lean liquid", (float(w[-1]), t), (0, -9), textcoords="offset points",
            ha="right", color=GREY, fontsize="small",
        )  # fmt: skip
    if recipe:
        end = (293.15 if quench_to_K is None else quench_to_K) - ZERO_CELSIUS_K
        start = recipe["dissolution_K"] - ZERO_CELSIUS_K
        x = 100 * recipe["w"]
        high = max(high, start + 15)
        ax.annotate(
            "",
            (x, end),
            (x, start),
            arrowprops={"arrowstyle": "-|>", "color": RED, "lw": 1.4, "shrinkA": 0, "shrinkB": 0},
        )
        ax.plot(x, start, "s", color=RED, ms=5, label="recipe and its quench")
    ax.set_xlim(0, float(w[-1]))
    ax.set_ylim(low, high)
    ax.set_xlabel("polymer and resin, wt%" if "+" in d["polymer"] else "polymer, wt%")
    ax.set_ylabel("temperature, °C")
    ax.set_title(f"{d['polymer']} in {d['solvent']}, cooled at {60 * d['cooling_rate_K_s']:g} K/min")
    ax.legend(fontsize="x-small", loc="upper left", bbox_to_anchor=(1.01, 1.0), borderaxespad=0.0)
    return ax


def crystallization_against_dissolution(
    diagram: PhaseDiagram | Mapping[str, Any], ax: Axes | None = None
) -> Axes:
    """Crystallization temperature against dissolution temperature, one line for each concentration (Fig.
    1).
    """
    d = _plain(diagram)
    ax = axes(ax)
    data = d["tc_against_ts"]
    ts = _celsius(data["dissolution_K"])
    drawn = False
    for w, tc, marker in zip(data["weight_fractions"], data["crystallization_K"], "Do^svx", strict=False):
        t = _celsius(tc)
        drawn = drawn or bool(np.any(np.isfinite(t)))
        ax.plot(ts, t, marker=marker, ms=3.5, lw=1.2, label=f"{100 * w:g} wt%")
    if not drawn:
        ax.clear()
        return nothing(ax, "nothing crystallizes under these conditions")
    ax.set_xlim(float(ts[0]), float(ts[-1]))
    ax.set_xlabel("dissolution temperature $T_s$, °C")
    ax.set_ylabel("crystallization temperature $T_c$, °C")
    ax.set_title(f"{d['polymer']} in {d['solvent']}, cooled at {60 * d['cooling_rate_K_s']:g} K/min")
    ax.legend()
    return ax
