"""From grey values to voids: thresholds, the sub-voxel wall, and how far both can be trusted.

A scan does not know what is void. The convention is therefore always said: dark is void for grey scans unless
the person says otherwise (and then a note says so), while two-valued and labelled volumes must name their void.

Thresholds come from the histogram alone, so that a volume of any size costs one pass over the file and the
methods cost nothing; a second pass measures noise and the steepness of the wall, a third writes the voids.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from percola.errors import InputError
from percola.measure._volume import BoolVolume, FloatVolume, Periodic
from percola.measurement import Check
from percola.scan import _bodies
from percola.scan import _segmentation as passes
from percola.scan._blocks import SLAB_VOXELS
from percola.scan._bodies import SPECK_VOXELS
from percola.scan._histogram import (
    Histogram,
    Peaks,
    best_classes,
    eta,
    histogram,
    outer_spread,
    peaks,
    value_range,
)
from percola.scan._influence import ThresholdInfluence, threshold_influence, with_threshold
from percola.scan._preview import Preview, preview
from percola.scan._segmentation import Edges, Segmentation
from percola.scan.volume import ArrayLike, Volume

__all__ = [
    "METHODS",
    "Preview",
    "Segmentation",
    "ThresholdInfluence",
    "memory_needed",
    "preview",
    "segment",
    "threshold_influence",
    "with_threshold",
]

Method = Literal["otsu", "multi-otsu", "k-means", "hysteresis", "iso50", "minimum", "threshold"]
METHODS: tuple[str, ...] = ("otsu", "multi-otsu", "k-means", "hysteresis", "iso50", "minimum", "threshold")

_ALIASES = {"kmeans": "k-means", "given": "threshold"}

#: A uniform histogram, which has no two phases, has a separability of 3/4, one Gaussian peak 2/pi: a little above
#: them the grey values of one broad peak are no longer what is being cut.
ETA_LIMIT = 0.8
#: A valley this much below the lower peak tells two phases apart even where their shares are very unequal (and
#: the separability therefore low).
DIP_LIMIT = 0.2
#: Noise moves the wall by noise/gradient. Beyond a fifth of a voxel a level field places it no better than the
#: voxels alone, and where edges are sharp worse (tubes, pores, spheres and gyroids, blur 0 to 1.2 voxels, white and
#: correlated noise; docs/theory/measuring).
JITTER_LIMIT_VOXELS = 0.2
#: From this jitter on inscribed spheres read clearly small, with or without a level field: the nearest of many
#: jagged points of the wall counts.
ROUGH_LIMIT_VOXELS = 0.1
#: With fewer voxels beside the wall between the two greys than this the edges are so sharp that the grey values
#: hold no more than the voxels.
BLUR_LIMIT = 0.1
SPECK_LIMIT = 0.01
SATURATION_LIMIT = 0.01
EMPTY_LIMIT = 0.95
FLOATING_LIMIT = 0.05
#: Distance of the certain voids from the threshold, in parts of the contrast, where hysteresis chooses it.
HYSTERESIS = 0.25

_CITATIONS = {
    "otsu": ("otsu1979",),
    "multi-otsu": ("otsu1979", "liao2001", "wang2011"),
    "k-means": ("wang2011",),
    "hysteresis": ("canny1986", "schlueter2014"),
    "iso50": ("schlueter2014",),
    "minimum": ("prewitt1966", "silverman1981"),
    "threshold": (),
}


def segment(
    volume: Volume,
    method: str = "otsu",
    *,
    void: str | float | Sequence[float] | None = None,
    thresholds: float | Sequence[float] | None = None,
    classes: int | None = None,
    void_classes: Sequence[int] | None = None,
    clean: int = 0,
    level: bool = True,
    checks: bool = True,
    seed: int = 0,
) -> Segmentation:
    """Part a volume into voids and solid.

    Otsu's threshold maximizes the variance between the classes, sum_k w_k (mu_k - mu)^2 (w_k shares, mu_k means).
    The level field is (grey - threshold)/g with the sign that makes voids negative, g the root mean square
    gradient at the wall: its zero on the links between voxels is where the grey value passes the threshold.

    Args:
        volume: grey, binary, label or level values, in memory or lazy; an image becomes one voxel thick.
        method: for grey values. "otsu"; "multi-otsu" (``classes`` of them, 3 by default, the exact optimum);
            "k-means" (the same optimum, the walls midway between the means of the classes); "hysteresis" (voids
            beyond the threshold that hold at least one voxel beyond a stricter one); "iso50" (midway between
            the peaks, where a blurred flat wall stands); "minimum" (least between the peaks); "threshold".
        void: grey: "dark" (default, noted) or "bright". Binary: the value that is void, or "dark"/"bright" for the
            lower/higher. Labels: the label or labels that are void. Not for level fields.
        thresholds: "threshold": one grey value, or several for several classes. "hysteresis": (low, high).
        classes: number of classes of "multi-otsu" and "k-means".
        void_classes: which classes are void, 0 the darkest; by default the one at the end that ``void`` names.
        clean: bodies of fewer voxels than this are given to the other phase, in both phases; 0: none.
        level: whether to make a level field where the scan allows one (4 bytes a voxel).
        seed: not used, since nothing is drawn at random: all methods here are exact.
        checks: whether to label both phases for the checks of specks and plausibility (6 bytes a voxel more
            for the time of it).

    Statistics in the result (grey scans): ``separability`` (Otsu's eta), ``peaks``, ``dip``, ``contrast``
    (distance of the peaks, or of the class means where there is one peak), ``classes`` (share, mean and deviation
    of each), ``noise``, ``spread`` (of the grey values on the outer sides of the peaks: noise, shading, texture),
    ``contrast_to_noise``, ``wall_gradient`` [grey per voxel], ``blur_voxels`` (deviation of the Gaussian that would
    blur a sharp edge so), ``wall_jitter_voxels`` (noise over gradient), ``saturated``, ``thresholds_by_method``,
    ``threshold_span``; of all: ``porosity``, ``specks`` and ``floating_solid``.

    Validity: two phases, each of one grey. Bias, whatever the threshold: blur of deviation s moves a wall
    of mean curvature H towards its centre of curvature by s^2 H (half-maximum threshold), so round tubes read
    s^2/(2R) and spheres s^2/R narrow, polymer or void alike. Sub-voxel walls by linear interpolation are at
    most 0.09 voxel off, in both directions alike, where the edge is as sharp as a voxel; less with blur.
    Limitations: shading is not corrected; several solids (fillers) need classes or labels.
    Reference: Otsu, IEEE Trans. Syst. Man Cybern. 9 (1979) 62, eq. 14; Schlueter and others, Water Resour. Res.
    50 (2014) 3615 on comparing methods.
    """
    del seed
    method = _ALIASES.get(method, method)
    if method not in METHODS:
        raise InputError("method", repr(method), ", ".join(METHODS))
    if not isinstance(clean, int | np.integer) or clean < 0:
        raise InputError("clean", repr(clean), "a whole number of voxels, 0 for none")
    periodic = passes.periodic3(volume)
    values = passes.three_axes(volume)
    where = volume.source or "values"
    if volume.kind == "grey":
        parted = _grey(volume, values, where, method, void, thresholds, classes, void_classes, level)
    else:
        for name, given in (("thresholds", thresholds), ("classes", classes), ("void_classes", void_classes)):
            if given is not None:
                raise InputError(name, "given", f"nothing for a volume of kind {volume.kind}", "leave it out")
        parted = (
            _level(volume, values, where, void, level)
            if volume.kind == "level"
            else _valued(volume, values, where, void)
        )
    mask, field, fixed = parted
    return _finish(mask, field, fixed, periodic, int(clean), checks, volume)


# --- kinds of volume


def _level(
    volume: Volume, values: NDArray[Any] | ArrayLike, where: str, void: Any, keep: bool
) -> tuple[BoolVolume, FloatVolume | None, dict[str, Any]]:
    if void is not None:
        raise InputError(
            "void",
            repr(void),
            "nothing for a level field: it is below 0 in voids",
            "invert the volume instead",
        )
    low, high = value_range(values, where)
    mask, field = passes.part_by_threshold(values, 0.0, True, 1.0 if keep else None)
    return (
        mask,
        field,
        {
            "method": "level",
            "notes": ["The field is below zero in voids; its zero is the wall."],
            "statistics": {"range": [low, high]},
            "checks": [],
            "record": {"method": "level"},
            "level_reason": "" if keep else "not asked for",
        },
    )


def _valued(
    volume: Volume, values: NDArray[Any] | ArrayLike, where: str, void: Any
) -> tuple[BoolVolume, FloatVolume | None, dict[str, Any]]:
    """Binary and label volumes: which values are void must be known."""
    h = histogram(values, where)
    found = {float(c): n / h.total for c, n in zip(h.centres, h.counts, strict=True)}
    shares = ", ".join(f"{100 * s:.3g} % of the voxels are {v:g}" for v, s in list(found.items())[:8])
    if len(found) > 8:
        shares += f", and {len(found) - 8} more values"
    notes: list[str] = []
    if void is None and volume.void is not None:
        chosen: tuple[float, ...] = (float(volume.void),)
        notes.append(f"Voids are the voxels of value {volume.void:g}, as the file says.")
    elif void is None:
        raise InputError(
            where,
            f"which value is void is not known: {shares}",
            "the value (or values) that stand for void",
            (
                " or ".join(f"--void {v:g}" for v in list(found)[:4])
                + ("" if len(found) > 2 else ", or dark/bright")
                if len(found) > 1
                else f"--void {h.low:g} if all of it is void, another value if all of it is solid"
            )
            + " (in Python: void=...)"
            + (
                "; or --threshold with a grey value, if they are no labels" if volume.kind == "labels" else ""
            ),
        )
    elif isinstance(void, str) and _number(void) is None:
        if void not in ("dark", "bright"):
            raise InputError("void", repr(void), "'dark', 'bright' or a value", f"here {shares}")
        if volume.kind == "labels" and len(found) > 2:
            raise InputError("void", repr(void), "one or more labels", f"here {shares}")
        if len(found) == 1 and values.dtype != np.bool_:
            raise InputError(
                where,
                f"every voxel is {h.low:g}: nothing tells whether that is {void}",
                "the value that stands for void",
                f"--void {h.low:g} if all of it is void, another value if all of it is solid (in Python: void=...)",
            )
        low, high = (0.0, 1.0) if values.dtype == np.bool_ else (h.low, h.high)
        chosen = (low if void == "dark" else high,)
        notes.append(f"Voids are the voxels of value {chosen[0]:g} ({void}).")
    else:
        if isinstance(void, str):
            void = _number(void)
        chosen = tuple(float(v) for v in (void if isinstance(void, Sequence | np.ndarray) else (void,)))
        missing = [v for v in chosen if v not in found]
        # A two-valued file may hold one of its values only: all void or all solid is a result, not an error.
        if not chosen or (missing and len(found) > 1):
            raise InputError(
                "void",
                f"{', '.join(f'{v:g}' for v in missing) or 'nothing'}",
                "values that occur",
                f"here {shares}",
            )
        notes.append("Voids are the voxels of value " + ", ".join(f"{v:g}" for v in chosen) + ", as given.")
    if volume.kind == "binary" and len(found) > 2:
        raise InputError(
            where,
            f"{len(found)} different values in a binary volume",
            "two values",
            "read it as grey or as labels",
        )
    mask = passes.part_by_values(values, chosen)
    return (
        mask,
        None,
        {
            "method": "value",
            "notes": notes,
            "histogram": h,
            "statistics": {"shares_of_values": {f"{v:g}": s for v, s in list(found.items())[:64]}},
            "checks": [],
            "record": {"method": "value", "void": list(chosen)},
            "level_reason": "the volume holds whole values, no grey between void and solid",
        },
    )


def _number(words: str) -> tuple[float, ...] | None:
    """Numbers from "255" or "0,3"; None where the words are none."""
    try:
        return tuple(float(w) for w in words.split(","))
    except ValueError:
        return None


def _grey(
    volume: Volume,
    values: NDArray[Any] | ArrayLike,
    where: str,
    method: str,
    void: Any,
    given: float | Sequence[float] | None,
    classes: int | None,
    void_classes: Sequence[int] | None,
    want_level: bool,
) -> tuple[BoolVolume, FloatVolume | None, dict[str, Any]]:
    if void is not None and (not isinstance(void, str) or void not in ("dark", "bright")):
        raise InputError(
            "void",
            repr(void),
            "'dark' or 'bright' for grey values",
            "values and labels are for binary and label volumes; give thresholds for grey ones",
        )
    side = void or "dark"
    h = histogram(values, where)
    if len(h.centres) == 1:
        raise InputError(
            where,
            f"every voxel has the grey value {h.low:g}: there is nothing to segment",
            "at least two grey values",
            "look at the file: an empty channel, a wrong crop or a wrong data type",
        )
    top = peaks(h)
    two = best_classes(h, 2)
    found = _thresholds(h, top, two, method, given, classes, side)
    parts = len(found) + 1
    if method == "hysteresis":
        if void_classes is not None:
            raise InputError("void_classes", repr(tuple(void_classes)), "nothing with hysteresis", "use void")
        chosen: tuple[int, ...] = (0,) if side == "dark" else (len(found),)
    elif void_classes is None:
        chosen = (0,) if side == "dark" else (parts - 1,)
    else:
        chosen = tuple(sorted({int(c) for c in void_classes}))
        if not chosen or chosen[0] < 0 or chosen[-1] >= parts or len(chosen) == parts:
            raise InputError(
                "void_classes",
                repr(tuple(void_classes)),
                f"some but not all of 0 (darkest) to {parts - 1} (brightest)",
            )
    named = side if void_classes is None or method == "hysteresis" else ""
    notes = []
    if void is None and void_classes is None:
        notes.append(
            "Dark is taken as void: the file does not say. If the polymer is the dark phase, say void bright."
        )
    if parts > 2 and void_classes is None and method != "hysteresis":
        notes.append(
            f"Of {parts} classes the {'darkest' if side == 'dark' else 'brightest'} is taken as void; name others by void_classes."
        )
    wall = passes.wall_threshold(method, tuple(found), chosen, side)
    dark_is_void = wall is not None and (side == "dark" if named else 0 in chosen)
    statistics, contrast, dark, bright = _separation(h, top, two, found)
    edge = passes.edges(values, wall if wall is not None else two[0], dark, bright)
    _edge_statistics(statistics, edge, contrast)
    reason = _why_no_level(want_level, wall, edge, statistics, h)
    if wall is not None:
        scale = 1 / edge.gradient if edge.gradient > 0 else 1 / contrast
        mask, field = passes.part_by_threshold(values, wall, dark_is_void, None if reason else scale)
    else:
        mask, field = passes.part_by_classes(values, tuple(found), chosen), None
    if method == "hysteresis":
        seed = found[0] if side == "dark" else found[-1]
        kept = _bodies.seeded(values, mask, seed, side == "dark", passes.periodic3(volume))
        dropped = int(np.count_nonzero(mask) - np.count_nonzero(kept))
        notes.append(
            f"{100 * dropped / mask.size:.3g} % of the voxels lie beyond the threshold {wall:g} but touch none beyond {seed:g}: solid."
        )
        _bodies.agree(field, kept)
        mask = kept
    if method == "k-means":
        notes.append(
            "k-means on grey values has one optimum, which is found exactly; it is Otsu's, with the walls midway between the means."
        )
    return (
        mask,
        field,
        {
            "method": method,
            "thresholds": tuple(found),
            "void_side": named,
            "void_classes": chosen,
            "histogram": h,
            "statistics": statistics,
            "checks": [*_grey_checks(h, top, statistics)],
            "notes": notes,
            "record": {
                "method": method,
                "thresholds": list(found),
                "void": named or None,
                "void_classes": list(chosen),
            },
            "level_reason": reason,
        },
    )


# --- thresholds


def _thresholds(
    h: Histogram,
    top: Peaks,
    two: list[float],
    method: str,
    given: float | Sequence[float] | None,
    classes: int | None,
    side: str,
) -> list[float]:
    if classes is not None and method not in ("multi-otsu", "k-means", "otsu"):
        raise InputError(
            "classes", repr(classes), f"nothing with method {method}", "use multi-otsu or kmeans"
        )
    if given is not None and method not in ("threshold", "hysteresis"):
        raise InputError(
            "thresholds",
            repr(given),
            f"nothing with method {method}",
            "use method 'threshold' or 'hysteresis'",
        )
    if method in ("otsu", "multi-otsu", "k-means"):
        count = classes if classes is not None else 3 if method == "multi-otsu" else 2
        found = two if count == 2 else best_classes(h, int(count))
        if method == "k-means":
            borders = [-math.inf, *found, math.inf]
            means = [h.moments(a, b)[1] for a, b in itertools.pairwise(borders)]
            found = [(a + b) / 2 for a, b in itertools.pairwise(means)]
        return [float(t) for t in found]
    if method in ("iso50", "minimum"):
        if not math.isfinite(top.valley):
            raise InputError(
                "method",
                f"{method!r}, but the histogram has a single peak",
                "two peaks",
                "use otsu, or give a threshold; denoise if the scan is noisy",
            )
        return [top.valley if method == "minimum" else (top.low + top.high) / 2]
    if method == "threshold":
        if given is None:
            raise InputError(
                "thresholds", "missing", "one grey value or several, rising", f"here {h.low:g} to {h.high:g}"
            )
        return _rising(h, given)
    if given is not None:
        pair = _rising(h, given)
        if len(pair) != 2:
            raise InputError("thresholds", f"{len(pair)} values", "two for hysteresis, (low, high)")
        return pair
    reach = HYSTERESIS * _contrast(h, top, two)[0]
    pair = [two[0] - reach, two[0]] if side == "dark" else [two[0], two[0] + reach]
    return [max(min(t, h.high), h.low) for t in pair]


def _rising(h: Histogram, given: float | Sequence[float]) -> list[float]:
    try:
        found = [float(t) for t in (given if isinstance(given, Sequence | np.ndarray) else (given,))]
    except (TypeError, ValueError):
        raise InputError("thresholds", repr(given), "numbers") from None
    if not found or not all(math.isfinite(t) for t in found):
        raise InputError("thresholds", repr(given), "finite numbers")
    if any(b <= a for a, b in itertools.pairwise(found)):
        raise InputError("thresholds", repr(given), "rising numbers")
    outside = [t for t in found if not h.low <= t <= h.high]
    if outside:
        raise InputError(
            "thresholds",
            ", ".join(f"{t:g}" for t in outside),
            f"within the grey values of the volume, {h.low:g} to {h.high:g}",
            "read a threshold off the histogram",
        )
    return found


def _contrast(h: Histogram, top: Peaks, two: list[float]) -> tuple[float, float, float]:
    """Distance of the two phases in grey values, and both: the peaks, or the class means where there is one
    peak.
    """
    if math.isfinite(top.valley):
        return top.high - top.low, top.low, top.high
    dark, bright = h.moments(high=two[0])[1], h.moments(low=two[0])[1]
    return bright - dark, dark, bright


# --- how well the phases part


def _separation(
    h: Histogram, top: Peaks, two: list[float], found: list[float]
) -> tuple[dict[str, Any], float, float, float]:
    contrast, dark, bright = _contrast(h, top, two)
    borders = [-math.inf, *found, math.inf]
    each = [h.moments(a, b) for a, b in itertools.pairwise(borders)]
    by_method = {"otsu": two[0]}
    if math.isfinite(top.valley):
        by_method["iso50"] = (top.low + top.high) / 2
        by_method["minimum"] = top.valley
    low, high = min(by_method.values()), max(by_method.values())
    statistics: dict[str, Any] = {
        "separability": eta(h, found),
        "separability_two_classes": eta(h, two),
        "peaks": [top.low, top.high] if math.isfinite(top.valley) else None,
        "dip": top.dip,
        "contrast": contrast,
        "classes": [
            {"share": p, "mean": m if p else None, "deviation": s if p else None} for p, m, s in each
        ],
        "range": [h.low, h.high],
        "saturated": {"lowest": int(h.counts[0]) / h.total, "highest": int(h.counts[-1]) / h.total},
        "thresholds_by_method": by_method,
        # Where to look for the influence of the threshold, see threshold_influence.
        "threshold_span": max(0.05 * contrast, (high - low) / 2),
        "spread": outer_spread(h, dark, bright),
    }
    return statistics, contrast, dark, bright


def _edge_statistics(statistics: dict[str, Any], edge: Edges, contrast: float) -> None:
    noise = max(edge.noise, statistics["spread"])
    statistics["noise"] = edge.noise
    statistics["contrast_to_noise"] = contrast / noise if noise > 0 else None
    statistics["wall_gradient"] = edge.gradient
    statistics["wall_voxels"] = edge.wall_voxels
    statistics["blurred_wall_voxels"] = edge.between
    # A Gaussian of deviation s turns a step into one of the steepness contrast/(s sqrt(2 pi)).
    statistics["blur_voxels"] = (
        contrast / (math.sqrt(2 * math.pi) * edge.gradient) if edge.gradient > 0 else None
    )
    statistics["wall_jitter_voxels"] = noise / edge.gradient if edge.gradient > 0 else None


def _why_no_level(
    wanted: bool, wall: float | None, edge: Edges, statistics: dict[str, Any], h: Histogram
) -> str:
    if not wanted:
        return "not asked for"
    if wall is None:
        return "several thresholds part void from solid, and no one field is zero at all of them"
    if len(h.centres) == 2:
        return "two grey values only: nothing between void and solid"
    if edge.gradient == 0:
        return "no wall"
    if edge.between < BLUR_LIMIT:
        return (
            f"edges are sharp: only {100 * edge.between:.2g} % of the voxels beside the wall are grey between "
            f"the phases (limit {100 * BLUR_LIMIT:g} %), so the grey values hold no more than the voxels"
        )
    jitter = statistics["wall_jitter_voxels"]
    if jitter > JITTER_LIMIT_VOXELS:
        return (
            f"noise over the steepness of the wall is {jitter:.2g} voxel (limit {JITTER_LIMIT_VOXELS:g}): the grey "
            "values place the wall no better than the voxels; denoise first"
        )
    return ""


def _grey_checks(h: Histogram, top: Peaks, s: dict[str, Any]) -> list[Check]:
    apart, dip = s["separability_two_classes"], s["dip"]
    good = apart >= ETA_LIMIT or dip >= DIP_LIMIT
    ratio = s["contrast_to_noise"]
    words = (
        f"separability {apart:.2f} (a histogram without two phases: 0.64 to 0.75), valley {100 * dip:.0f} % below "
        f"the lower peak, contrast {f'{ratio:.3g} times the noise' if ratio is not None else 'without noise'}"
    )
    if not good:
        words += (
            ": the grey values do not part two phases clearly; the threshold is a choice, see its influence"
        )
    ends = s["saturated"]
    # An end of the range is saturated where it holds far more voxels than the value next to it.
    worst = 0.0
    for share, beside in (
        (ends["lowest"], h.counts[1] / h.total),
        (ends["highest"], h.counts[-2] / h.total),
    ):
        if share > 2 * beside:
            worst = max(worst, share)
    clipped = worst > SATURATION_LIMIT and len(h.centres) > 2
    jitter = s["wall_jitter_voxels"]
    rough = jitter is not None and jitter > ROUGH_LIMIT_VOXELS
    return [
        Check("phases separable", "pass" if good else "warn", words),
        Check(
            "grey values not saturated",
            "warn" if clipped else "pass",
            f"{100 * ends['lowest']:.2g} % of the voxels at the lowest value {h.low:g}, {100 * ends['highest']:.2g} % at the "
            f"highest {h.high:g}"
            + (
                ": clipped, or filled in outside of what was reconstructed (crop that away); clipping hides noise "
                "and moves the threshold"
                if clipped
                else ""
            ),
        ),
        Check(
            "walls smooth",
            "warn" if rough else "pass",
            f"noise moves the wall by {jitter:.2g} voxel (noise over steepness of the wall)"
            + (
                f": radii of inscribed spheres read about {jitter:.1g} to {3 * jitter:.1g} voxel small and surfaces "
                "large; denoise first"
                if rough
                else ""
            )
            if jitter is not None
            else "no noise at the wall",
        ),
    ]


def _finish(
    mask: BoolVolume,
    field: FloatVolume | None,
    made: dict[str, Any],
    periodic: Periodic,
    clean: int,
    looked_at: bool,
    volume: Volume,
) -> Segmentation:
    statistics: dict[str, Any] = dict(made["statistics"])
    checks: list[Check] = list(made["checks"])
    notes: list[str] = list(made["notes"])
    record: dict[str, Any] = {**made["record"], "clean": clean, "source": volume.source}
    porosity = np.count_nonzero(mask) / mask.size
    if clean > 1:
        new, changed, left = _bodies.cleaned(mask, periodic, clean)
        _bodies.agree(field, new)
        notes.append(
            f"Bodies of fewer than {clean} voxels were given to the other phase: {100 * changed / mask.size:.3g} % of the "
            f"voxels, porosity {100 * porosity:.4g} % before, {100 * np.count_nonzero(new) / mask.size:.4g} % after."
            + (" Some are left: both phases are specks there." if left else "")
        )
        statistics["cleaned"] = {"voxels": changed, "porosity_before": porosity}
        mask = new
        porosity = np.count_nonzero(mask) / mask.size
    if made["level_reason"] and made["level_reason"] != "not asked for" and "thresholds" in made:
        notes.append(f"No sub-voxel wall: {made['level_reason']}.")
    statistics["porosity"] = porosity
    if porosity in (0.0, 1.0):
        which = "void" if porosity == 0.0 else "solid"
        checks.append(
            Check(
                "both phases present",
                "warn",
                f"no voxel is {which}: look at the threshold and at which phase is void",
            )
        )
    elif looked_at:
        checks.extend(_body_checks(mask, periodic, porosity, statistics))
    citations = _CITATIONS.get(made["method"], ())
    if made.get("histogram") is not None and volume.kind == "grey":
        citations = (*citations, *(c for c in ("immerkaer1996", "silverman1981") if c not in citations))
    return Segmentation(
        void=mask,
        level=field,
        thresholds=made.get("thresholds", ()),
        method=made["method"],
        void_side=made.get("void_side", ""),
        void_classes=made.get("void_classes", ()),
        histogram=made.get("histogram"),
        statistics=statistics,
        checks=tuple(checks),
        notes=tuple(notes),
        record=record,
        level_reason=made["level_reason"],
        citations=citations,
    )


def _body_checks(
    mask: BoolVolume, periodic: Periodic, porosity: float, statistics: dict[str, Any]
) -> list[Check]:
    voids = _bodies.bodies(mask, periodic, 0)[0]
    solids = _bodies.bodies(~mask, periodic, 0)[0]
    image = 1 in mask.shape
    statistics["specks"] = {"void": voids["specks"], "solid": solids["specks"], "below_voxels": SPECK_VOXELS}
    statistics["floating_solid"] = solids["floating"]
    statistics["closed_void"] = voids["floating"]
    statistics["bodies"] = {"void": int(voids["bodies"]), "solid": int(solids["bodies"])}
    # As a share of the whole volume, so that a rare phase does not cry out over a few voxels.
    specks = voids["specks"] * porosity + solids["specks"] * (1 - porosity)
    out = [
        Check(
            "few isolated specks",
            "warn" if specks > SPECK_LIMIT else "pass",
            f"{100 * specks:.2g} % of the voxels lie in bodies below {SPECK_VOXELS} voxels ({100 * voids['specks']:.2g} % of "
            f"the voids, {100 * solids['specks']:.2g} % of the solid)"
            + (
                f": salt and pepper; clean={SPECK_VOXELS} removes them, denoising prevents them"
                if specks > SPECK_LIMIT
                else ""
            ),
        )
    ]
    doubts = []
    for name, share in (("void", porosity), ("solid", 1 - porosity)):
        if share > EMPTY_LIMIT:
            doubts.append(f"{name} fills {100 * share:.1f} % of the volume")
    floats = solids["floating"]
    if floats > FLOATING_LIMIT and not image:
        doubts.append(
            f"{100 * floats:.0f} % of the solid floats free in the voids"
            + ("" if voids["spans"] else ", while no void spans the volume")
        )
    out.append(
        Check(
            "phases plausible",
            "warn" if doubts else "pass",
            "; ".join(doubts)
            + ": phases may be inverted (say which is void: dark or bright, or the other value), "
            "or the threshold is off"
            if doubts
            else f"porosity {100 * porosity:.1f} %"
            + ("" if image else f", {100 * floats:.2g} % of the solid floats free"),
        )
    )
    return out


def memory_needed(
    shape: Sequence[int],
    dtype: Any,
    *,
    lazy: bool = False,
    level: bool = True,
    checks: bool = True,
    clean: int = 0,
    method: str = "otsu",
    kind: str = "grey",
) -> int:
    """Peak memory of :func:`segment` [bytes], beyond what the interpreter and its libraries take.

    Args:
        shape: of the volume.
        dtype: of its values.
        lazy: whether the values stay on disk (they are then read by slabs).
        level, checks, clean, method: as for :func:`segment`.
        kind: as of the volume; binary and label volumes have no level field.

    Measured at 256^3 and 512^3 (uint8): within 10 % of the peak, beyond 16 MB that do not grow with the volume; labels of one phase are held at a time. Images of
    much noise hold more bodies and take up to a quarter more.
    """
    if method not in METHODS:
        raise InputError("method", repr(method), ", ".join(METHODS))
    n = math.prod(int(s) for s in shape)
    size = np.dtype(dtype).itemsize
    held = 0 if lazy else n * size
    out = n * (5 if level and kind in ("grey", "level") else 1)
    # Bytes a voxel while bodies are labelled, and while specks of both phases are turned.
    bodies = 10 if clean > 1 else 7 if checks or method == "hysteresis" else 0
    # A slab as real numbers, put in order, and the differences sampled from it; two copies when voids are written.
    slab = min(n, SLAB_VOXELS)
    differences = 12 * slab + 20 * min(n, 1 << 20)
    return int(held + max(differences, out + max(2 * slab, bodies * n)) + (1 << 24))
