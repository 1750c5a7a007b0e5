"""Pictures of studies on a volume: results against sub-volume size, and profiles through the thickness."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from percola.measure.profile import Profile
from percola.measure.representative import RepresentativeStudy
from percola.plot import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Factor and unit in which a length or its inverse is drawn.
_SCALES = {"m": (1e6, "µm"), "1/m": (1e-6, "1/µm"), "m^2": (1e18, "nm²"), "m2": (1e18, "nm²"), "1": (1.0, "")}

Quantity = Literal["porosity", "surface", "chord", "pore_diameter"]


def _words(name: str) -> str:
    return name.replace("_", " ")


def representative(result: RepresentativeStudy, ax: Axes | None = None) -> Axes:
    """One result against the edge of the sub-volume: each value, mean with its standard deviation, the law fitted to the
    scatter, and the edge at which one sub-volume is enough.

    Args:
        result: of :func:`percola.measure.representative.representative`.
        ax: axes to draw into.
    """
    ax = style.axes(ax)
    known = [i for i, v in enumerate(result.values) if v]
    if not known:
        return style.nothing(ax, f"{_words(result.name)}: no sub-volume gave a value")
    factor, unit = _SCALES.get(result.unit, (1.0, result.unit))
    edge = np.array(result.edges_m) * 1e6
    for i in known:
        y = np.array(result.values[i]) * factor
        ax.plot(np.full(len(y), edge[i]), y, ".", ms=5, mew=0, alpha=0.5, color=style.BLUE)
    mean = np.array(result.mean) * factor
    scatter = np.array(result.scatter) * factor
    several = [i for i in known if np.isfinite(scatter[i])]
    ax.errorbar(
        edge[several], mean[several], scatter[several], fmt="o", ms=4, lw=1.2, capsize=2.5, color=style.BLUE,
        label="sub-volumes: mean, standard deviation",
    )  # fmt: skip
    whole = known[-1]
    centre = mean[whole]
    if whole not in several:
        ax.plot(edge[whole], centre, "D", ms=5.5, mfc="white", mew=1.4, color=style.INK, label="whole volume")
    value = result.result.value
    right = max(edge[known].max(), float(value) * 1e6 if isinstance(value, float) else 0.0) * 1.15
    left = edge[known].min() / 1.15
    if result.fit and result.fit["K"] > 0:
        x = np.geomspace(left, right, 200)
        variance = np.maximum(result.fit["K"] + result.fit["B_m"] / (x * 1e-6), 0) / (x * 1e-6) ** 3
        band = np.sqrt(variance) * factor
        ax.fill_between(
            x, centre - band, centre + band, color=style.GREY, alpha=0.14, lw=0, label="law of the scatter"
        )
        want = result.wanted * (factor if result.absolute else abs(centre))
        for side in (-want, want):
            ax.axhline(centre + side, color=style.GREY, lw=0.9, ls=(0, (5, 2)))
    if isinstance(value, float):
        words = f"{value * 1e6:.3g} µm" + (
            " (the volume is smaller)" if value > result.edges_m[-1] * (1 + 1e-9) else ""
        )
        ax.axvline(value * 1e6, color=style.RED, lw=1.2, ls=":", label=f"representative edge {words}")
    ax.set_xscale("log")
    ax.set_xlim(left, right)
    style.log_axis(ax.xaxis)
    ticks = [t for t in (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100) if left <= t <= right]
    ax.set_xticks(ticks, [f"{t:g}" for t in ticks])
    ax.minorticks_off()
    every = np.concatenate([np.array(result.values[i]) for i in known]) * factor
    spread = max(float(every.max() - every.min()), 1e-12 * max(abs(float(centre)), 1e-300))
    ax.set_ylim(every.min() - 0.1 * spread, every.max() + 0.35 * spread)
    ax.set_xlabel("edge of the sub-volume, µm")
    ax.set_ylabel(_words(result.name) + (f", {unit}" if unit else ""))
    ax.legend(loc="upper right", fontsize=7, labelspacing=0.25)
    return ax


def thickness_profile(result: Profile, ax: Axes | None = None, quantity: Quantity = "porosity") -> Axes:
    """One quantity through the thickness, the surface layers shaded, with their thickness in words.

    Args:
        result: of :func:`percola.measure.profile.profile`.
        ax: axes to draw into.
        quantity: "porosity", "surface" (area per volume), "chord" or "pore_diameter" of each layer.
    """
    ax = style.axes(ax)
    if len(result.depth_m) == 0:
        return style.nothing(ax, result.note)
    depth = result.depth_m * 1e6
    series = {
        "porosity": (result.porosity * 100, "porosity, %"),
        "surface": (result.surface_per_volume_1_m * 1e-6, "wall area per volume, 1/µm"),
        "chord": (result.chord_m * 1e6, "mean lateral chord of the voids, µm"),
        "pore_diameter": (
            None if result.pore_diameter_m is None else result.pore_diameter_m * 1e6,
            "mean local pore diameter, µm",
        ),
    }
    values, label = series[quantity]
    if values is None or not np.isfinite(values).any():
        return style.nothing(ax, f"{label.split(',')[0]} was not measured")
    step = depth[1] - depth[0] if len(depth) > 1 else depth[0] * 2
    ends = (depth[0] - step / 2, depth[-1] + step / 2)
    words = {"outer_surface": "outer layer", "inner_surface": "inner layer"}
    for region, layer in result.layers.items():
        thick = layer["thickness_m"] * 1e6
        a, b = (ends[0], ends[0] + thick) if region == "outer_surface" else (ends[1] - thick, ends[1])
        colour = style.REGION[region]
        text = f"{words[region]} {thick:.2g} ± {layer['uncertainty_m'] * 1e6:.1g} µm"
        ax.axvspan(a, b, color=colour, alpha=0.14, lw=0, label=text)
        ax.axvline(b if region == "outer_surface" else a, color=colour, lw=1, ls=":")
    ax.plot(depth, values, color=style.INK, lw=1.3)
    ax.set_xlim(*ends)
    if quantity == "porosity":
        ax.set_ylim(0, max(1.25 * float(np.nanmax(values)), 1.0))
    else:
        ax.set_ylim(0, 1.25 * float(np.nanmax(values)))
    start = "below the surface" if result.low.seen else "below the face"
    ax.set_xlabel(f"depth {start}, µm")
    ax.set_ylabel(label)
    if result.layers:
        ax.legend(loc="upper center", ncols=2, fontsize=7.5)
    return ax
