"""How every result moves with the threshold, and what that adds to its uncertainty."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from percola.errors import InputError
from percola.measure._volume import BoolVolume, FloatVolume
from percola.measurement import Measurement
from percola.scan import _bodies
from percola.scan import _segmentation as passes
from percola.scan._segmentation import Segmentation
from percola.scan.volume import Volume

Measure = Callable[[BoolVolume, FloatVolume | None], Sequence[Measurement]]


@dataclass(frozen=True)
class Influence:
    """One result at several thresholds.

    Attributes:
        name, region, unit: of the measurement.
        value: at the threshold of the segmentation; None where it is not defined there.
        values: at each threshold; None where not defined; words for classes.
        derivative: change of the result a grey value, from a parabola through the values; None for words.
        uncertainty: root mean square change over the span, all thresholds in it taken as equally likely
            (for a straight line: derivative times span over the square root of 3); None for words.
        steady: whether the result is defined (and, for words, the same) at every threshold.
    """

    name: str
    region: str
    unit: str
    value: float | str | None
    values: tuple[float | str | None, ...]
    derivative: float | None
    uncertainty: float | None
    steady: bool

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "region": self.region,
            "unit": self.unit,
            "value": self.value,
            "values": list(self.values),
            "derivative": self.derivative,
            "uncertainty": self.uncertainty,
            "relative_uncertainty": self.relative_uncertainty,
            "steady": self.steady,
        }

    @property
    def relative_uncertainty(self) -> float | None:
        """The uncertainty over the value, for results of the whole where a part was measured."""
        if self.uncertainty is None or not isinstance(self.value, float) or self.value == 0:
            return None
        return abs(self.uncertainty / self.value)


@dataclass(frozen=True)
class ThresholdInfluence:
    """What the choice of the threshold does to every result.

    Attributes:
        threshold: the threshold of the segmentation [grey value].
        span: half width of the range looked at [grey values].
        span_reason: why so wide.
        thresholds: where the results were taken, rising.
        influences: one for each result.
        porosity_curve: thresholds and the porosity at them, from the histogram: exact for one threshold, before
            any cleaning; empty where several thresholds part the phases.
        box: the part of the volume measured, (start, stop) on each axis in voxels.
        notes: sentences.
    """

    threshold: float
    span: float
    span_reason: str
    thresholds: tuple[float, ...]
    influences: tuple[Influence, ...]
    porosity_curve: tuple[tuple[float, ...], tuple[float, ...]]
    box: tuple[tuple[int, int], ...]
    notes: tuple[str, ...] = ()

    def of(self, name: str, region: str | None = None) -> Influence | None:
        """The influence on one result, by name and region."""
        return next(
            (i for i in self.influences if i.name == name and (region is None or i.region == region)), None
        )

    def to_dict(self) -> dict[str, Any]:
        return {
            "threshold": self.threshold,
            "span": self.span,
            "span_reason": self.span_reason,
            "thresholds": list(self.thresholds),
            "results": {f"{i.name}/{i.region}": i.to_dict() for i in self.influences},
            "porosity_curve": [list(c) for c in self.porosity_curve],
            "box": [list(b) for b in self.box],
            "notes": list(self.notes),
        }


def threshold_influence(
    volume: Volume,
    segmentation: Segmentation,
    measure: Measure,
    *,
    span: float | None = None,
    steps: int = 2,
    edge: int | None = None,
) -> ThresholdInfluence:
    """Repeat a measurement at thresholds below and above the one chosen.

    All thresholds of the segmentation move together; seeds, classes and cleaning are repeated at each. The
    result's standard uncertainty from the threshold is
    sqrt(1/(2a) integral_{-a}^{a} (v(t) - v(0))^2 dt), a the span: every threshold in it equally likely (JCGM
    100:2008, 4.3.7), the values joined by straight lines.

    Args:
        volume: as segmented.
        segmentation: of that volume, with a threshold.
        measure: called as measure(void, level); returns measurements. Results are told apart by name and
            region.
        span: half width of the range of thresholds [grey values]. By default the larger of 5 % of the contrast
            and half the distance between the thresholds of the methods that work on this histogram (Otsu, midway
            between the peaks, least between them). 5 % of the contrast moves a wall blurred by s voxels by
            0.05 sqrt(2 pi) s = 0.13 s: about a tenth of a voxel in an ordinary scan, which is what noise and
            the point-spread function leave open even where all methods agree.
        steps: thresholds to either side.
        edge: measure a central box of at most this edge only; the results of the whole then take over
            the relative change (:func:`with_threshold`).

    Limitation (convenience): the span says how far methods differ, not how far all of them are wrong: shading
    and blur of curved walls are no matter of the threshold.
    """
    wall = segmentation.wall_threshold
    if volume.kind != "grey" or not segmentation.thresholds:
        raise InputError(
            "segmentation",
            f"a {volume.kind} volume parted without a threshold",
            "a grey volume parted by thresholds",
            "there is no threshold to vary: leave this out",
        )
    if steps < 1:
        raise InputError("steps", repr(steps), "at least 1")
    centre = wall if wall is not None else segmentation.thresholds[0]
    statistics = segmentation.statistics
    if span is None:
        reach = float(statistics["threshold_span"])
        by_method = ", ".join(f"{k} {v:.5g}" for k, v in statistics["thresholds_by_method"].items())
        small = 0.05 * float(statistics["contrast"])
        reason = (
            f"5 % of the contrast {statistics['contrast']:.4g}, more than half the distance between methods ({by_method})"
            if reach <= small
            else f"half the distance between methods ({by_method})"
        )
        if reach < 1 and np.dtype(volume.values.dtype).kind in "iu":
            # Between two whole grey values every threshold parts the same.
            reach, reason = 1.0, f"one grey value, the least step of this file; {reason}"
    else:
        reach, reason = float(span), "given"
        if not (math.isfinite(reach) and reach > 0):
            raise InputError("span", repr(span), "a positive number of grey values")
    notes = []
    low, high = statistics["range"]
    room = min(segmentation.thresholds[0] - low, high - segmentation.thresholds[-1])
    if reach > room > 0:
        notes.append(f"The span was cut from {reach:.4g} to {room:.4g}: no grey values beyond.")
        reach = room
    shape = (*volume.shape, 1)[:3]
    box = passes.central(volume, edge if edge is not None else max(shape))
    shifts = [reach * k / steps for k in range(-steps, steps + 1)]
    found: list[dict[tuple[str, str], Measurement]] = []
    order: dict[tuple[str, str], str] = {}
    for shift in shifts:
        void, level = _at(volume, segmentation, shift, box)
        results = {(m.name, m.region): m for m in measure(void, level)}
        found.append(results)
        for key, m in results.items():
            order.setdefault(key, m.unit)
    influences = tuple(_influence(key, unit, found, shifts, steps) for key, unit in order.items())
    for i in influences:
        if not i.steady:
            notes.append(
                f"{i.name}{f' ({i.region})' if i.region else ''} is not the same kind of result at every threshold: "
                + ", ".join(_words(v) for v in i.values)
                + "."
            )
    return ThresholdInfluence(
        threshold=centre,
        span=reach,
        span_reason=reason,
        thresholds=tuple(centre + s for s in shifts),
        influences=influences,
        porosity_curve=porosity_curve(segmentation),
        box=tuple((int(b.start), int(b.stop)) for b in box),
        notes=tuple(notes),
    )


def _words(value: float | str | None) -> str:
    return "none" if value is None else value if isinstance(value, str) else f"{value:.4g}"


def _at(
    volume: Volume, segmentation: Segmentation, shift: float, box: tuple[slice, ...]
) -> tuple[BoolVolume, FloatVolume | None]:
    """Voids and level of part of the volume with all thresholds moved."""
    values = passes.window(passes.three_axes(volume), box)
    whole = tuple(b.stop - b.start for b in box) == (*volume.shape, 1)[:3]
    periodic = passes.periodic3(volume) if whole else (False, False, False)
    moved = tuple(t + shift for t in segmentation.thresholds)
    wall, side = segmentation.wall_threshold, segmentation.void_side
    level: FloatVolume | None = None
    if wall is None:
        void = passes.part_by_classes(values, moved, segmentation.void_classes)
    else:
        dark = side == "dark" if side else 0 in segmentation.void_classes
        scale = None if segmentation.level is None else 1 / float(segmentation.statistics["wall_gradient"])
        void, level = passes.part_by_threshold(values, wall + shift, dark, scale)
    if segmentation.method == "hysteresis":
        dark = side == "dark"
        void = _bodies.seeded(values, void, moved[0] if dark else moved[-1], dark, periodic)
    clean = int(segmentation.record.get("clean", 0))
    if clean > 1:
        void, _, _ = _bodies.cleaned(void, periodic, clean)
    _bodies.agree(level, void)
    return void, level


def _plain(m: Measurement) -> float | str | None:
    if not m.defined:
        return None
    return m.value if isinstance(m.value, str) else float(m.value)  # type: ignore[arg-type]


def _influence(
    key: tuple[str, str],
    unit: str,
    found: Sequence[Mapping[tuple[str, str], Measurement]],
    shifts: Sequence[float],
    middle: int,
) -> Influence:
    values = [_plain(f[key]) if key in f else None for f in found]
    centre = values[middle]
    if any(isinstance(v, str) for v in values):
        same = all(v == centre for v in values)
        return Influence(*key, unit, centre, tuple(values), None, None, same)
    numbers = [(s, float(v)) for s, v in zip(shifts, values, strict=True) if v is not None]
    steady = len(numbers) == len(values)
    if centre is None or len(numbers) < 2:
        return Influence(*key, unit, centre, tuple(values), None, None, steady)
    x, y = (np.array(c) for c in zip(*numbers, strict=True))
    scale = float(np.abs(x).max())
    slope = float(np.polyfit(x / scale, y, min(2, len(x) - 1))[-2]) / scale
    d = y - float(centre)
    square = float((np.diff(x) * (d[:-1] ** 2 + d[:-1] * d[1:] + d[1:] ** 2) / 3).sum() / (x[-1] - x[0]))
    return Influence(*key, unit, centre, tuple(values), slope, math.sqrt(max(square, 0.0)), steady)


def porosity_curve(
    segmentation: Segmentation, points: int = 201
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Porosity against the threshold from the histogram, between the two phases; free, exact before cleaning.

    Thresholds lie midway between grey values; at most ``points`` of them. Empty where no one threshold parts
    void from solid.
    """
    h, wall = segmentation.histogram, segmentation.wall_threshold
    if h is None or wall is None:
        return (), ()
    contrast = float(segmentation.statistics["contrast"])
    low, high = max(h.low, wall - 0.6 * contrast), min(h.high, wall + 0.6 * contrast)
    inner = h.centres[(h.centres >= low) & (h.centres <= high)]
    middles = 0.5 * (inner[1:] + inner[:-1])
    if len(middles) > points:
        middles = middles[np.linspace(0, len(middles) - 1, points).round().astype(int)]
    share = np.cumsum(h.counts)[np.searchsorted(h.centres, middles) - 1] / h.total
    dark = segmentation.void_side == "dark" if segmentation.void_side else 0 in segmentation.void_classes
    porosity = share if dark else 1 - share
    return tuple(float(m) for m in middles), tuple(float(p) for p in porosity)


def with_threshold(measurements: Sequence[Measurement], influence: ThresholdInfluence) -> list[Measurement]:
    """The measurements with the influence of the threshold in their uncertainty (in quadrature) and evidence.

    Where the influence was measured on a part of the volume its relative size is taken over. A measurement
    without any uncertainty of its own gets that of the threshold alone, and the evidence says so.
    """
    out = []
    for m in measurements:
        i = influence.of(m.name, m.region)
        if i is None:
            out.append(m)
            continue
        evidence: dict[str, Any] = {
            "thresholds": list(influence.thresholds),
            "values": list(i.values),
            "derivative_per_grey": i.derivative,
            "span": influence.span,
            "span_reason": influence.span_reason,
            "steady": i.steady,
        }
        error = m.uncertainty
        if (
            i.uncertainty is not None
            and isinstance(m.value, float | int)
            and isinstance(i.value, float | int)
        ):
            factor = abs(m.value / i.value) if i.value else 1.0
            added = i.uncertainty * factor
            evidence["uncertainty"] = added
            evidence["own_uncertainty"] = m.uncertainty
            error = added if error is None else math.hypot(error, added)
        out.append(replace(m, uncertainty=error, evidence={**m.evidence, "threshold": evidence}))
    return out
