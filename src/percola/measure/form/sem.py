"""Average pore size by scanning electron microscopy, paragraph 89(3), on sections and surfaces of voxel
structures.

The patent draws 50 parallel lines on a micrograph of 16 um x 16 um and averages the lengths of their segments
inside voids.
Segments cut by the edge of the picture are among them, so a small field reads low: for a mean chord l in a
    field of width W the
expected reading is l/(1 + l/W). Simulated boxes are smaller than 16 um; the value given here is what a 16 um
field would read, from the chord that no edge cuts (twice the void fraction over the number of walls crossed
per length). The reading of the field as it is stands in the evidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from percola.errors import InputError
from percola.measure._volume import PARA, BoolVolume, FloatVolume, Periodic, checked
from percola.measurement import Check, Measurement

STANDARD_FIELD_M = 16e-6
"""Width of the micrograph of paragraph 89(3) [m]."""
STANDARD_LINES = 50
STANDARD_VOIDS_PER_LINE = 10


@dataclass(frozen=True)
class Chords:
    """What straight lines over a picture meet, in voxels.

    Attributes:
        counted: mean length of all void segments, cut ones included (the reading of the picture).
        unbiased: 2 phi/N_L, twice the void fraction on the lines over the crossings per length.
        void_fraction: void length over line length.
        segments_per_line: fewest and mean number of void segments on a line.
        lines: number of lines.
        field: length of a line.
    """

    counted: float
    unbiased: float
    void_fraction: float
    segments_per_line: tuple[int, float]
    lines: int
    field: float


def chords_on_lines(void: NDArray[np.bool_], level: NDArray[np.floating] | None = None) -> Chords:
    """Void segments on an array of lines, shape (lines, samples), in samples; the wall is placed by linear
    interpolation.

    Each line runs from the first to the last sample centre (length samples - 1). Without ``level`` the wall
    lies midway.
    Exact identity: counted = unbiased/(1 + unbiased/field) in the mean over a stationary structure.
    Limitation (mathematical): voids thinner than a sample are missed, which reads high.
    """
    lines, n = void.shape
    if n < 2:
        raise InputError("void", f"lines of {n} sample", "at least 2 samples a line")
    a, b = void[:, :-1], void[:, 1:]
    part = np.full(a.shape, 0.5)
    crossing = a != b
    if level is not None:
        la, lb = level[:, :-1][crossing].astype(float), level[:, 1:][crossing].astype(float)
        fraction = la / (la - lb)
        part[crossing] = np.where(a[crossing], fraction, 1 - fraction)
    length = np.where(a & b, 1.0, np.where(crossing, part, 0.0))
    starts = np.count_nonzero(b & ~a, axis=1) + void[:, 0]
    total, segments, walls = float(length.sum()), int(starts.sum()), int(np.count_nonzero(crossing))
    phi = total / (lines * (n - 1))
    return Chords(
        counted=total / segments if segments else float("nan"),
        unbiased=2 * total / walls if walls else float("inf") if phi > 0 else float("nan"),
        void_fraction=phi,
        segments_per_line=(int(starts.min()), float(starts.mean())),
        lines=lines,
        field=float(n - 1),
    )


def picture_rows(height: int, lines: int = STANDARD_LINES) -> NDArray[np.intp]:
    """Rows of ``lines`` equally spaced parallel lines on a picture; all rows where it has fewer."""
    if height <= lines:
        return np.arange(height)
    return ((np.arange(lines) + 0.5) * height / lines).astype(np.intp)


def sem_section_pore_size(
    void: BoolVolume,
    spacing_m: float,
    periodic: Periodic,
    level: FloatVolume | None = None,
    axis: int = 2,
    field_m: float = STANDARD_FIELD_M,
    region: str = "section",
) -> Measurement:
    """`sem_average_pore_size` on sections through the wall: the mean chord of voids on 50 parallel lines a
    picture.

    Sections are planes that contain ``axis`` (the wall cut across), the lines run along the wall. Pictures
    lie at least one mean chord apart; their scatter gives the uncertainty.

    Args:
        void: True in voids, (nx, ny, nz).
        spacing_m: edge of a voxel [m].
        periodic: whether each axis wraps (not used along the lines: a micrograph has edges).
        level: field whose zero is the wall, for sub-voxel ends of the segments.
        axis: direction through the wall.
        field_m: width of the picture the value refers to [m].

    Returns the diameter-like mean chord [m] that a picture of ``field_m`` would read; both readings in the
    evidence.
    """
    checked(void, spacing_m, periodic, level, axis)
    method = PARA + "89(3): 50 parallel lines on a section, mean length inside voids"
    if void.all() or not void.any():
        which = "there is no polymer" if void.all() else "there is no void"
        return Measurement("sem_average_pore_size", None, "m", method=method, region=region, reason=which)
    lateral = [ax for ax in range(3) if ax != axis]
    pictures: list[Chords] = []
    for normal in lateral:
        along = next(ax for ax in lateral if ax != normal)
        if void.shape[along] < 2:
            continue
        planes = picture_rows(void.shape[normal], 16)
        rows = picture_rows(void.shape[axis])
        order = (normal, axis, along)
        v = np.transpose(void, order)[planes][:, rows]
        f = None if level is None else np.transpose(level, order)[planes][:, rows]
        pictures.extend(chords_on_lines(v[i], None if f is None else f[i]) for i in range(len(planes)))
    return _sem_measurement(pictures, spacing_m, field_m, method, region, void.shape, lateral, {})


def sem_image_pore_size(
    void: NDArray[np.bool_],
    spacing_m: float,
    level: NDArray[np.floating] | None = None,
    region: str = "section",
    field_m: float | None = None,
) -> Measurement:
    """`sem_average_pore_size` of one segmented picture: the mean chord of voids on 50 parallel lines along x.

    Args:
        void: True in voids, (nx, ny): x along the lines.
        spacing_m: edge of a pixel [m].
        level: field whose zero is the wall, for sub-pixel ends of the segments.
        region: "section" or "surface": what the picture shows.
        field_m: width of the picture the value refers to; None: its own.

    The uncertainty is the standard error over bands of lines two mean chords high (a picture has no other).
    """
    if void.ndim != 2 or min(void.shape) < 4:
        raise InputError("void", f"shape {void.shape}", "a picture of at least 4 pixels along both axes")
    checked(void[:, :, None], spacing_m, (False, False, False), None if level is None else level[:, :, None])
    method = PARA + "89(3): 50 parallel lines on a picture, mean length inside voids"
    if void.all() or not void.any():
        which = "there is no polymer" if void.all() else "there is no void"
        return Measurement("sem_average_pore_size", None, "m", method=method, region=region, reason=which)
    rows = picture_rows(void.shape[1])
    lines, levels = void.T[rows], None if level is None else level.T[rows]
    whole = chords_on_lines(lines, levels)
    width = (void.shape[0] - 1) * spacing_m
    if not np.isfinite(whole.unbiased) or whole.unbiased <= 0:
        why = "no line meets both void and polymer"
        return Measurement("sem_average_pore_size", None, "m", method=method, region=region, reason=why)
    bands = int(np.clip(void.shape[1] / (2 * whole.unbiased), 1, min(16, len(rows) // 2)))
    pieces = [
        chords_on_lines(lines[a:b], None if levels is None else levels[a:b])
        for a, b in zip(
            [len(rows) * i // bands for i in range(bands)],
            [len(rows) * (i + 1) // bands for i in range(bands)],
            strict=True,
        )
    ]
    extra: dict[str, object] = {"pieces": "bands of lines of one picture"}
    # All bands run across the whole picture: as many independent ones as there are.
    spread = (void.shape[1] * max(1.0, 2 * whole.unbiased), *void.shape[1:])
    return _sem_measurement(pieces, spacing_m, field_m or width, method, region, spread, [0], extra)


def _sem_measurement(
    pictures: list[Chords],
    spacing_m: float,
    field_m: float,
    method: str,
    region: str,
    shape: tuple[int, ...],
    lateral: list[int],
    extra: dict[str, object],
    threshold_spread_m: float = 0.0,
) -> Measurement:
    length = sum(p.void_fraction * p.field * p.lines for p in pictures)
    segments = sum(p.segments_per_line[1] * p.lines for p in pictures)
    walls = sum(
        2 * p.void_fraction * p.field * p.lines / p.unbiased
        for p in pictures
        if np.isfinite(p.unbiased) and p.unbiased > 0
    )
    if length == 0 or walls == 0:
        reason = "no line meets a void" if length == 0 else "no line meets polymer"
        return Measurement("sem_average_pore_size", None, "m", method=method, region=region, reason=reason)
    chord = 2 * length / walls * spacing_m
    counted = length / segments * spacing_m
    value = chord / (1 + chord / field_m)
    # Pictures closer than about two chords see the same pores: the number of independent ones is limited.
    each = np.array([p.unbiased for p in pictures if np.isfinite(p.unbiased)]) * spacing_m
    widths = [shape[ax] * spacing_m for ax in lateral]
    independent = min(len(each), max(1, int(sum(w / (2 * chord) for w in widths))))
    scatter = float(each.std(ddof=1)) if len(each) > 1 else float("nan")
    error = scatter / np.sqrt(independent) if len(each) > 1 else None
    if error is not None:
        error = float(np.hypot(error, threshold_spread_m))
    fewest = min(p.segments_per_line[0] for p in pictures)
    mean_count = float(np.mean([p.segments_per_line[1] for p in pictures]))
    own_field = pictures[0].field * spacing_m
    standard_count = mean_count * field_m / own_field
    checks = (
        Check(
            "field of the picture",
            "pass" if own_field >= 0.99 * field_m else "warn",
            f"lines of {own_field * 1e6:.3g} um (largest available) for a field of {field_m * 1e6:.3g} um",
        ),
        Check(
            "at least 10 voids on every line",
            "pass" if fewest >= STANDARD_VOIDS_PER_LINE else "warn",
            f"fewest {fewest}, mean {mean_count:.1f} voids on a line here; "
            f"a {field_m * 1e6:.3g} um line would meet {standard_count:.0f}",
        ),
    )
    evidence: dict[str, object] = {
        "quantity": "mean chord (a length, neither radius nor throat diameter)",
        "counted_m": counted,
        "counted_meaning": "cut segments included, as the standard counts, in the field available",
        "unbiased_m": chord,
        "unbiased_meaning": "2 phi/N_L, no edge",
        "value_meaning": f"the standard's count in a field of {field_m * 1e6:.3g} um: l/(1 + l/W)",
        "lines_per_picture": pictures[0].lines,
        "pictures": len(pictures),
        "field_m": own_field,
        "void_fraction_on_lines": length / sum(p.field * p.lines for p in pictures),
        "per_picture_unbiased_m": [float(e) for e in each],
        **extra,
    }
    return Measurement("sem_average_pore_size", value, "m", error, method, region, checks, evidence)


def surface_depth(
    void: BoolVolume, axis: int = 2, side: Literal["low", "high"] = "low", level: FloatVolume | None = None
) -> NDArray[np.float64]:
    """How deep one looks from above before meeting polymer, in voxels, for each column; the box's depth where
    it never does.

    The depth counts from the outer face of the box; with ``level`` the surface is placed between voxel
    centres.
    """
    v = np.moveaxis(void, axis, 2)
    f = None if level is None else np.moveaxis(level, axis, 2)
    if side == "high":
        v = v[:, :, ::-1]
        f = None if f is None else f[:, :, ::-1]
    solid = ~v
    first = solid.argmax(axis=2)
    never = ~solid.any(axis=2)
    depth = first.astype(float)
    if f is not None:
        below = np.maximum(first, 1)
        hit = np.take_along_axis(f, below[:, :, None], 2)[:, :, 0].astype(float)
        above = np.take_along_axis(f, below[:, :, None] - 1, 2)[:, :, 0].astype(float)
        ok = (first > 0) & ~never & (hit - above > 0)
        fraction = np.where(ok, -above / np.where(ok, hit - above, 1.0), 0.5)
        depth = np.where(ok, first - 0.5 + fraction, depth)
    depth[never] = v.shape[2]
    return depth


def sem_surface_pore_size(
    void: BoolVolume,
    spacing_m: float,
    periodic: Periodic,
    level: FloatVolume | None = None,
    axis: int = 2,
    side: Literal["low", "high"] = "low",
    depth_m: float | None = None,
    field_m: float = STANDARD_FIELD_M,
    region: str = "surface",
) -> Measurement:
    """`sem_average_pore_size` of a surface seen from above: a point shows a void where the first polymer lies
    deeper than ``depth_m``.

    A microscope sees the topmost polymer of each column. What an operator marks as pore is what is dark, that
    is deep; here the
    limit is stated: by default half the mean void chord of the layer (a hollow as deep as half its width),
        counted from the plane
    where the polymer begins (the depth that 2 % of the columns reach). Values at half and at twice that depth
    stand in the evidence, and half their difference enters the uncertainty.

    Args:
        void: True in voids; the surface is the ``side`` face of ``axis``.
        depth_m: depth beyond which a point counts as void [m]; None for the default.
        field_m: width of the picture the value refers to [m].
    """
    checked(void, spacing_m, periodic, level, axis)
    method = PARA + "89(3): 50 parallel lines on the surface seen from above, mean length inside voids"
    if void.all() or not void.any():
        which = "there is no polymer" if void.all() else "there is no void: the surface is not porous"
        return Measurement("sem_average_pore_size", None, "m", method=method, region=region, reason=which)
    depth = surface_depth(void, axis, side, level)
    top = float(np.quantile(depth, 0.02))
    depth = np.maximum(depth - top, 0.0)
    lateral = [ax for ax in range(3) if ax != axis]
    if depth_m is None:
        section = sem_section_pore_size(void, spacing_m, periodic, level, axis)
        if not isinstance(section.value, float):
            return Measurement(
                "sem_average_pore_size", None, "m", method=method, region=region, reason=section.reason
            )
        limit = 0.5 * float(section.evidence["unbiased_m"]) / spacing_m
    else:
        limit = depth_m / spacing_m

    def pictures(bound: float) -> list[Chords]:
        image = depth > bound
        found = []
        for picture in (image, image.T):
            if picture.shape[1] >= 2:
                found.append(chords_on_lines(picture[picture_rows(picture.shape[0])]))
        return found

    by_depth = {}
    for factor in (0.5, 1.0, 2.0):
        seen = pictures(limit * factor)
        whole, walls = (
            sum(p.void_fraction * p.field * p.lines for p in seen),
            sum(
                2 * p.void_fraction * p.field * p.lines / p.unbiased for p in seen if np.isfinite(p.unbiased)
            ),
        )
        by_depth[factor] = 2 * whole / walls * spacing_m if walls else None
    spread = [v for v in (by_depth[0.5], by_depth[2.0]) if v is not None]
    half_range = (max(spread) - min(spread)) / 2 if len(spread) == 2 else 0.0
    chosen = pictures(limit)
    if all(p.void_fraction == 0 for p in chosen):
        return Measurement(
            "sem_average_pore_size",
            None,
            "m",
            method=method,
            region=region,
            evidence={"depth_limit_m": limit * spacing_m, "open_share_of_surface": 0.0},
            reason=f"no void deeper than {limit * spacing_m * 1e9:.0f} nm in the surface: it is not porous",
        )
    # A quarter of the picture each gives the scatter: one surface has but one picture.
    image = depth > limit
    nx, ny = image.shape
    quarters = [
        chords_on_lines(q[picture_rows(q.shape[0])])
        for half in (image[: nx // 2], image[nx // 2 :])
        for q in (half[:, : ny // 2], half[:, ny // 2 :])
        if q.shape[0] >= 1 and q.shape[1] >= 2
    ]
    measured = _sem_measurement(
        chosen,
        spacing_m,
        field_m,
        method,
        region,
        void.shape,
        lateral,
        {
            "depth_limit_m": limit * spacing_m,
            "unbiased_by_depth_limit_m": {f"{k:g}": v for k, v in by_depth.items()},
            "open_share_of_surface": float(image.mean()),
            "surface_begins_at_m": top * spacing_m,
            "side": side,
        },
        half_range,
    )
    each = np.array([q.unbiased for q in quarters if np.isfinite(q.unbiased) and q.unbiased > 0]) * spacing_m
    if measured.value is None or len(each) < 3:
        return measured
    error = float(np.hypot(each.std(ddof=1) / np.sqrt(len(each)), half_range))
    evidence = {**measured.evidence, "per_quarter_unbiased_m": [float(e) for e in each]}
    return Measurement(
        measured.name,
        measured.value,
        measured.unit,
        error,
        measured.method,
        measured.region,
        measured.checks,
        evidence,
    )


def surface_to_internal_pore_ratio(
    surface: Measurement, section: Measurement, region: str = "surface"
) -> Measurement:
    """`surface_to_internal_pore_ratio`: SEM pore size of a surface layer over that of the section, paragraphs
    17 and 100.
    """
    method = PARA + "17, 89(3): SEM average pore size of the surface layer / of the internal structure"
    name = "surface_to_internal_pore_ratio"
    if not (isinstance(surface.value, float) and isinstance(section.value, float) and section.value > 0):
        reason = surface.reason or section.reason or "a pore size is missing"
        return Measurement(name, None, "1", method=method, region=region, reason=reason)
    ratio = surface.value / section.value
    parts = [
        m.uncertainty / m.value
        for m in (surface, section)
        if m.uncertainty is not None and isinstance(m.value, float)
    ]
    error = ratio * float(np.sqrt(sum(p**2 for p in parts))) if len(parts) == 2 else None
    evidence = {"surface_m": surface.value, "section_m": section.value, "surface_region": surface.region}
    return Measurement(name, ratio, "1", error, method, region, evidence=evidence)
