"""Pictures of measurements on volumes: widths, lines, correlation, curvature, intrusion, retention."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from percola.plot import style
from percola.plot.process import numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PHASE = {"void": style.BLUE, "polymer": style.ORANGE}
_AXIS_COLOURS = {"x": style.BLUE, "y": style.GREEN, "z": style.RED}


def _length_unit(longest_m: float) -> tuple[float, str]:
    """(factor, unit) in which lengths up to ``longest_m`` read well."""
    return (1e6, "µm") if longest_m >= 1e-6 else (1e9, "nm")


def widths(data: Mapping[str, Any], ax: Axes | None = None) -> Axes:
    """Local thickness of pores and struts: share of the phase's volume by diameter.

    Args:
        data: phase ("void", "polymer") -> ``diameter_m`` and ``density`` (per metre) or ``cumulative`` (share narrower).
    """
    ax = style.axes(ax)
    longest = max(float(np.nanmax(numbers(d["diameter_m"]))) for d in data.values())
    factor, unit = _length_unit(longest)
    for phase, d in data.items():
        x, y = numbers(d["diameter_m"]) * factor, numbers(d["cumulative"]) * 100
        words = {"void": "pores", "polymer": "struts"}.get(phase, phase)
        ax.plot(x, y, color=PHASE.get(phase, style.GREY), label=words)
    ax.axhline(50, color=style.GREY, lw=0.9, ls=(0, (5, 2)))
    ax.set_xlabel(f"local thickness (diameter), {unit}")
    ax.set_ylabel("share of the volume that is narrower, %")
    ax.set_xlim(left=0)
    ax.set_ylim(0, 103)
    ax.legend(loc="upper left")
    return ax


def intrusion(data: Mapping[str, Any], ax: Axes | None = None) -> Axes:
    """Share of the voids filled against the diameter of the throats that are open.

    Args:
        data: ``curves``: label -> ``diameter_m`` and ``saturation``; where known ``percolating_m`` and ``residual``.
    """
    ax = style.axes(ax)
    curves = data["curves"]
    longest = max(float(np.nanmax(numbers(c["diameter_m"]))) for c in curves.values())
    factor, unit = _length_unit(longest)
    for (words, c), colour in zip(curves.items(), style.CYCLE, strict=False):
        ax.plot(
            numbers(c["diameter_m"]) * factor,
            numbers(c["saturation"]) * 100,
            color=colour,
            drawstyle="steps-post",
            label=words,
        )
    if data.get("percolating_m"):
        d = float(data["percolating_m"]) * factor
        ax.axvline(d, color=style.RED, lw=1, ls=":", label=f"percolating sphere {d:.3g} {unit}")
    if data.get("residual"):
        rest = float(data["residual"]) * 100
        ax.axhline(100 - rest, color=style.GREY, lw=0.9, ls=(0, (5, 2)), label=f"left behind {rest:.2g} %")
    ax.set_xlabel(f"throat diameter (Young-Laplace), {unit}")
    ax.set_ylabel("voids filled, %")
    ax.set_xlim(left=0)
    ax.set_ylim(0, 103)
    ax.legend(loc="lower left")
    return ax


def chords(data: Mapping[str, Any], ax: Axes | None = None) -> Axes:
    """Lengths of straight lines inside voids and polymer, on a logarithmic density.

    Args:
        data: phase -> axis ("x", "y", "z") -> ``length_m`` and ``density`` (per metre).
    """
    ax = style.axes(ax)
    longest = max(float(np.nanmax(numbers(c["length_m"]))) for axes in data.values() for c in axes.values())
    factor, unit = _length_unit(longest)
    for phase, axes in data.items():
        for i, (_, c) in enumerate(sorted(axes.items())):
            y = numbers(c["density"]) / factor
            ax.plot(
                numbers(c["length_m"]) * factor,
                np.where(y > 0, y, np.nan),
                color=PHASE.get(phase, style.GREY),
                lw=1.2,
                ls=("-", (0, (5, 2)), (0, (1.5, 1.5)))[i % 3],
                label=f"{phase}, along {', '.join(sorted(axes))}" if i == 0 else None,
            )
    ax.set_yscale("log")
    style.log_axis(ax.yaxis)
    ax.set_xlabel(f"chord, {unit}")
    ax.set_ylabel(f"share of chords per {unit}")
    ax.set_xlim(left=0)
    ax.legend(loc="upper right")
    return ax


def correlation(data: Mapping[str, Any], ax: Axes | None = None) -> Axes:
    """Two-point correlation of the voids, taken off its far value and scaled to one at no distance.

    Args:
        data: direction ("x", "y", "z", "mean") -> ``distance_m`` and ``value``; where known ``wavelength_m``.
    """
    ax = style.axes(ax)
    lines = {k: v for k, v in data.items() if isinstance(v, Mapping)}
    longest = max(float(np.nanmax(numbers(c["distance_m"]))) for c in lines.values())
    factor, unit = _length_unit(longest)
    for name, c in lines.items():
        ax.plot(
            numbers(c["distance_m"]) * factor,
            numbers(c["value"]),
            color=_AXIS_COLOURS.get(name, style.INK),
            lw=1.8 if name == "mean" else 1.1,
            label=f"along {name}" if name in _AXIS_COLOURS else "all directions",
        )
    ax.axhline(0, color=style.GREY, lw=0.8)
    if data.get("wavelength_m"):
        w = float(data["wavelength_m"]) * factor
        ax.axvline(w, color=style.GREY, lw=1, ls=":", label=f"period {w:.3g} {unit}")
    ax.set_xlim(0, longest * factor)
    ax.set_xlabel(f"distance, {unit}")
    ax.set_ylabel("two-point correlation, scaled")
    ax.legend(loc="upper right")
    return ax


def curvature(data: Mapping[str, Any], ax: Axes | None = None) -> Axes:
    """How the interface is bent: share of its area by both principal curvatures.

    Args:
        data: ``principal_shares`` (rows: larger, columns: smaller curvature; positive where the polymer bulges) over
            ``principal_range``, in units of the surface per volume.
    """
    ax = style.axes(ax)
    shares = numbers(data["principal_shares"])
    low, high = data["principal_range"]
    if not shares.size or not np.nansum(shares):
        return style.nothing(ax, "no interface")
    from matplotlib.colors import LinearSegmentedColormap

    ramp = LinearSegmentedColormap.from_list("share", ["white", style.BLUE, style.INK])
    # First and last bins gather what lies beyond and would outshine the rest.
    inner = shares[1:-1, 1:-1]
    step = (high - low) / shares.shape[0]
    ends = (low + step, high - step)
    ax.imshow(
        inner, origin="lower", extent=(*ends, *ends), cmap=ramp, aspect="equal", interpolation="nearest"
    )
    ax.axhline(0, color=style.GREY, lw=0.8)
    ax.axvline(0, color=style.GREY, lw=0.8)
    ax.plot(ends, ends, color=style.PALE, lw=0.8)
    for x, y, words, where in (
        (0.97, 0.97, "polymer bulges", "right"),
        (0.03, 0.97, "saddles", "left"),
        (0.03, 0.05, "void bulges", "left"),
    ):
        ax.annotate(
            words,
            (x, y),
            xycoords="axes fraction",
            ha=where,
            va="top" if y > 0.5 else "bottom",
            fontsize=7.5,
            color=style.GREY,
        )
    ax.grid(False)
    ax.set_xlabel("smaller principal curvature / $S_V$")
    ax.set_ylabel("larger principal curvature / $S_V$")
    return ax


def retention(data: Mapping[str, Any], ax: Axes | None = None) -> Axes:
    """Log reduction against particle diameter; where no particle passed, the bound that their number allows.

    Args:
        data: ``diameter_m``, ``lrv``, and where known ``low``, ``high`` and ``bound`` (True: "at least").
    """
    ax = style.axes(ax)
    d = numbers(data["diameter_m"])
    factor, unit = _length_unit(float(np.nanmax(d)) * 0.1)
    y = numbers(data["lrv"])
    bound = np.asarray(data.get("bound", [False] * len(d)), bool)
    ax.plot(d * factor, y, color=style.BLUE, lw=1.2, zorder=1)
    if data.get("low") is not None and data.get("high") is not None:
        low, high = numbers(data["low"]), numbers(data["high"])
        known = ~bound
        ax.errorbar(
            d[known] * factor, y[known], [np.clip(y - low, 0, None)[known], np.clip(high - y, 0, None)[known]],
            fmt="o", color=style.BLUE, ms=4, capsize=2, lw=1, label="tracked particles",
        )  # fmt: skip
    else:
        ax.plot(d[~bound] * factor, y[~bound], "o", color=style.BLUE, ms=4, label="tracked particles")
    if bound.any():
        ax.plot(d[bound] * factor, y[bound], "^", color=style.RED, ms=5, label="none passed: at least")
    ax.set_xlabel(f"particle diameter, {unit}")
    ax.set_ylabel("log reduction value")
    ax.set_xlim(left=0)
    ax.set_ylim(bottom=0)
    ax.legend(loc="upper left")
    return ax
