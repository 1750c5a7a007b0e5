"""Pictures of a segmentation: slices with the wall drawn on them, the histogram, the influence of the threshold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from percola.plot import style
from percola.scan.segment import Preview, ThresholdInfluence

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Void and solid, as in the slices of a structure.
VOID, SOLID = "#23272e", "#e9e4da"
#: Results worth a line, where they were measured, in this order; else the first ones.
SHOWN = (
    "porosity",
    "through_porosity",
    "maximum_pore_size",
    "average_pore_size",
    "sem_average_pore_size",
    "water_permeability",
    "permeability",
    "tortuosity",
)
WORDS = {
    "sem_average_pore_size": "SEM pore size",
    "maximum_pore_size": "maximum pore",
    "average_pore_size": "average pore",
}


def slices(preview: Preview | Mapping[str, Any], ax: Axes | None = None) -> Axes:
    """Orthogonal slices of a scan, grey with the wall drawn in, above the same planes as segmented.

    Args: preview: of :func:`percola.scan.segment.preview`, or its plain data.
    """
    shown = preview if isinstance(preview, Preview) else Preview.from_dict(preview)
    count = len(shown.slices)
    ax = style.axes(ax, (2.45 * max(count, 1) + 0.2, 5.2))
    if not count:
        return style.nothing(ax, "no slice to draw")
    from matplotlib.colors import ListedColormap

    pair = ListedColormap([SOLID, VOID])
    # Everything is drawn in the finest voxel edge, so that voxels that are no cubes keep their form.
    finest = min(shown.spacing_m) if shown.spacing_m else 1.0
    edges = dict(zip("xyz", (h / finest for h in shown.spacing_m or (1.0, 1.0, 1.0)), strict=False))
    sizes = [(s.size[0] * edges[s.axes[0]], s.size[1] * edges[s.axes[1]]) for s in shown.slices]
    gap = 0.04 * max(max(size) for size in sizes)
    tall = max(size[1] for size in sizes)
    left = 0.0
    low, high = shown.grey_range
    for s, (wide, height) in zip(shown.slices, sizes, strict=True):
        top = (left, left + wide, tall + gap, tall + gap + height)
        bottom = (left, left + wide, 0.0, height)
        ax.imshow(
            s.grey.T, origin="lower", extent=top, cmap="gray", vmin=low, vmax=high, interpolation="none"
        )
        ax.imshow(s.void.T, origin="lower", extent=bottom, cmap=pair, vmin=0, vmax=1, interpolation="none")
        for line in s.walls:
            ax.plot(
                line[:, 0] * edges[s.axes[0]] + left,
                line[:, 1] * edges[s.axes[1]] + tall + gap,
                color=style.ORANGE,
                lw=0.9,
                solid_capstyle="butt",
            )
        words = f"{s.axes[0]}{s.axes[1]}" + (f", {s.at}" if s.at else "")
        ax.annotate(
            words,
            (left + wide / 2, tall + gap + height),
            (0, 3),
            textcoords="offset points",
            ha="center",
            fontsize=8,
        )
        left += wide + gap
    whole = left - gap
    if shown.spacing_m is not None:
        h = finest
        length, label = style.round_length(sizes[0][0] * h / 3)
        ax.plot([0, length / h], [-2 * gap, -2 * gap], color=style.INK, lw=2.5, solid_capstyle="butt")
        ax.annotate(
            label, (length / h, -2 * gap), (4, 0), textcoords="offset points", va="center", fontsize=8
        )
    ax.annotate(
        f"dark void, light solid; porosity {100 * shown.porosity:.1f} %",
        (0, -3.6 * gap),
        (0, -3),
        textcoords="offset points",
        va="center",
        fontsize=8,
        color=style.GREY,
    )
    ax.set_xlim(-0.01 * whole, 1.01 * whole)
    ax.set_ylim(-5.5 * gap, 2 * tall + gap + 2.5 * gap)
    ax.set_aspect("equal")
    ax.set_axis_off()
    return ax


def histogram(preview: Preview | Mapping[str, Any], ax: Axes | None = None) -> Axes:
    """Grey values of a scan, thresholds and the means of the classes; classes that are void are dark.

    Args: preview: of :func:`percola.scan.segment.preview`, or its plain data.
    """
    shown = preview if isinstance(preview, Preview) else Preview.from_dict(preview)
    ax = style.axes(ax)
    if len(shown.counts) == 0:
        return style.nothing(ax, "no grey values: the field was read with its wall")
    share = shown.counts / shown.counts.sum() / np.diff(shown.edges)
    centres = 0.5 * (shown.edges[1:] + shown.edges[:-1])
    # Colour by class: bins are as wide as the eye needs, so a bin at a threshold belongs to its centre.
    of_class = np.searchsorted(np.asarray(shown.thresholds), centres)
    void = np.zeros(len(centres), bool)
    known = len(shown.class_void) == len(shown.thresholds) + 1
    if known:
        void = np.asarray(shown.class_void)[of_class]
    for mask, colour, label in ((void, VOID, "void"), (~void, "#c9bfa9", "solid")):
        if mask.any():
            ax.bar(
                centres[mask],
                share[mask],
                np.diff(shown.edges)[mask],
                color=colour if known else style.PALE,
                lw=0,
                label=label if known else None,
            )
    lines = [(t, style.ORANGE, "-", "threshold") for t in shown.thresholds]
    lines += [(m, style.BLUE, ":", "mean of the class") for m in shown.class_means if m is not None]
    from matplotlib.patheffects import withStroke

    named: set[str] = set()
    for value, colour, kind, label in lines:
        ax.axvline(
            value,
            color=colour,
            lw=1.3,
            ls=kind,
            label=None if label in named else label,
            path_effects=[withStroke(linewidth=2.6, foreground="white")],
        )
        named.add(label)
    if shown.thresholds:
        ax.set_title(
            "threshold"
            + ("s " if len(shown.thresholds) > 1 else " ")
            + ", ".join(f"{t:.4g}" for t in shown.thresholds),
            fontweight="normal",
            fontsize=8.5,
        )
    low, high = shown.grey_range
    reach = [low, high, *shown.thresholds]
    pad = 0.08 * (max(reach) - min(reach))
    ax.set_xlim(max(shown.edges[0], min(reach) - pad), min(shown.edges[-1], max(reach) + pad))
    inside = (centres >= min(reach) - pad) & (centres <= max(reach) + pad)
    # One saturated value must not flatten the rest.
    second = np.sort(share[inside])[-2] if inside.sum() > 1 else share.max()
    ax.set_ylim(0, 1.12 * min(share[inside].max(), 3 * second))
    ax.set_yticks([])
    ax.grid(False)
    ax.set_xlabel("grey value")
    ax.set_ylabel("voxels")
    if ax.get_legend_handles_labels()[1]:
        ax.legend(loc="best", fontsize=7.5, frameon=True, framealpha=0.85, edgecolor="none")
    return ax


def threshold_effect(
    influence: ThresholdInfluence | Mapping[str, Any],
    ax: Axes | None = None,
    names: Sequence[str] | None = None,
) -> Axes:
    """Each result over its value at the chosen threshold, against the threshold.

    Args:
        influence: of :func:`percola.scan.segment.threshold_influence`, or its plain data.
        names: results to draw; by default the best known ones, six at most.
    """
    data = influence.to_dict() if isinstance(influence, ThresholdInfluence) else influence
    ax = style.axes(ax)
    results = list(data.get("results", {}).values())
    numbers = [r for r in results if isinstance(r["value"], int | float) and r["value"]]
    if names is not None:
        numbers = [r for r in numbers if r["name"] in names]
    else:
        order = {n: i for i, n in enumerate(SHOWN)}
        known = [r for r in numbers if r["name"] in order]
        numbers = sorted(known or numbers, key=lambda r: order.get(r["name"], 0))[: len(style.CYCLE)]
    if not numbers:
        return style.nothing(ax, "no result to show against the threshold")
    at = np.asarray(data["thresholds"], float)
    names_once = [r["name"] for r in numbers]
    for colour, r in zip(style.CYCLE, numbers, strict=False):
        y = np.array(
            [np.nan if v is None or isinstance(v, str) else v / r["value"] for v in r["values"]], float
        )
        label = WORDS.get(r["name"], r["name"].replace("_", " "))
        if names_once.count(r["name"]) > 1 and r["region"]:
            label += f" ({r['region'].replace('_', ' ')})"
        if r["relative_uncertainty"] is not None:
            label += f", ±{_percent(r['relative_uncertainty'])}"
        ax.plot(at, y, "o-", ms=3.5, lw=1.3, color=colour, label=label)
    chosen, span = data["threshold"], data["span"]
    ax.axvspan(chosen - span, chosen + span, color="#eef2f5", lw=0, zorder=0)
    ax.axvline(chosen, color=style.INK, lw=0.9)
    ax.axhline(1, color=style.GREY, lw=0.7)
    curve = data.get("porosity_curve") or ((), ())
    middle = next((r["value"] for r in results if r["name"] == "porosity"), None)
    low, high = ax.get_ylim()
    if len(curve[0]) and middle:
        ax.plot(curve[0], np.asarray(curve[1]) / middle, color=style.GREY, lw=0.9, ls=(0, (4, 2)), zorder=1,
                label="porosity, from the histogram")  # fmt: skip
        ax.set_ylim(low, high)
    ax.set_xlim(chosen - 1.25 * span, chosen + 1.25 * span)
    ax.set_xlabel("threshold, grey value")
    ax.set_ylabel("result / result as chosen")
    ax.legend(loc="best", fontsize=7.5, labelspacing=0.3, frameon=True, framealpha=0.85, edgecolor="none")
    return ax


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %" if share < 0.995 else f"{100 * share:.0f} %"
