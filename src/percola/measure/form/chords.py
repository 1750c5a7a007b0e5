"""Chords: lengths that straight lines cut from voids and from polymer, along the axes and in any direction.

The mean chord of a phase of volume fraction phi is 2 phi/N_L, with N_L walls met per length of line; over all
directions that is 4 phi/S_V (Cauchy; Underwood 1970). Lines end at the faces of a box, and how the cut chords
are treated decides the result:

* counted as they are: reads low, l/(1 + l/W) for lines of length W;
* left out: reads lower still where the lengths spread, since long chords are cut more often;
* 2 phi/N_L: no edge enters, the value reported.

The *distribution* without an edge weighs each whole chord by the inverse of the length of line on which a
chord as long as it could lie whole (Horvitz and Thompson 1952). Chords longer than the lines stay unseen.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from percola.errors import InputError
from percola.measure import _parallel
from percola.measure._volume import PARA, BoolVolume, FloatVolume, Periodic, checked
from percola.measurement import Check, Measurement

Spacing = float | Sequence[float]

# Columns of the sums kept for each phase and block.
_LENGTH, _WALLS, _WHOLE, _SUM, _SUM2, _CUT, _CUT_SUM, _THROUGH = range(8)
_TILES = 4
"""The lines of a direction fall into 4 x 4 tiles: the scatter between them tells the standard error."""


def spacings_m(spacing_m: Spacing, ndim: int = 3) -> tuple[float, float, float]:
    """Edges of a voxel along x, y and z [m] from one number or one for each axis."""
    values = (
        [float(spacing_m)] * ndim if isinstance(spacing_m, (int, float)) else [float(h) for h in spacing_m]
    )
    if len(values) == 2:
        values.append(min(values))
    if len(values) != 3 or not all(math.isfinite(h) and h > 0 for h in values):
        raise InputError(
            "spacing_m",
            f"{spacing_m!r}",
            "a positive number of metres, or one for each axis",
            "give the voxel size",
        )
    return values[0], values[1], values[2]


def volume_of(
    void: NDArray[np.bool_], spacing_m: Spacing, periodic: Sequence[bool], level: NDArray[Any] | None = None
) -> tuple[BoolVolume, tuple[float, float, float], Periodic, FloatVolume | None]:
    """Arguments of a measuring function, checked; an image (nx, ny) becomes a volume of one layer."""
    if isinstance(void, np.ndarray) and void.ndim == 2:
        void = void[:, :, None]
        level = None if level is None else np.asarray(level)[:, :, None]
        if len(periodic) == 2:
            periodic = (*periodic, False)
    wrap: Periodic = tuple(bool(p) for p in periodic)  # type: ignore[assignment]
    h = spacings_m(spacing_m)
    checked(void, min(h), wrap, level)
    field = None if level is None else np.ascontiguousarray(level, dtype=np.float32)
    return np.ascontiguousarray(void), h, wrap, field


@njit(cache=True, nogil=True)
def _record(sums, number, per, phase, length, ends):  # type: ignore[no-untyped-def]
    """Enter a run of one phase; ends: how many of its two ends are walls."""
    sums[phase, 0] += length
    sums[phase, 1] += ends
    if ends == 2:
        sums[phase, 2] += 1
        sums[phase, 3] += length
        sums[phase, 4] += length * length
        number[phase, min(int(length * per + 0.5), number.shape[1] - 1)] += 1
    elif ends == 1:
        sums[phase, 5] += 1
        sums[phase, 6] += length
    else:
        sums[phase, 7] += 1


@njit(cache=True, nogil=True)
def _across(v, f, sub, p0, p1, q0, q1, wrap, sums, number, per):  # type: ignore[no-untyped-def]
    """Runs along the first axis of v, for the lines (p, q) of one tile; rows along q are read one after
    another. A line that wraps is read on to its first wall again.
    """
    n = v.shape[0]
    half = 0.5
    # Place of the last wall on each line; below 0: none yet, and then -1 - place of the first wall is not known.
    last = np.full((p1 - p0, q1 - q0), -1.0)
    first = np.full((p1 - p0, q1 - q0), -1.0)
    for i in range(1, n):
        for p in range(p0, p1):
            here, before = v[i, p], v[i - 1, p]
            for q in range(q0, q1):
                if here[q] == before[q]:
                    continue
                at = float(i)
                if sub:
                    a, b = f[i - 1, p, q], f[i, p, q]
                    at += a / (a - b) - half
                phase = 0 if before[q] else 1
                s = last[p - p0, q - q0]
                if s >= 0:
                    _record(sums, number, per, phase, at - s, 2)
                else:
                    first[p - p0, q - q0] = at
                    if not wrap:
                        _record(sums, number, per, phase, at, 1)
                last[p - p0, q - q0] = at
    for p in range(p0, p1):
        for q in range(q0, q1):
            phase = 0 if v[n - 1, p, q] else 1
            s = last[p - p0, q - q0]
            if s < 0:
                _record(sums, number, per, phase, float(n), 0)
            elif not wrap:
                _record(sums, number, per, phase, n - s, 1)
            else:
                begin = first[p - p0, q - q0]
                if v[0, p, q] == v[n - 1, p, q]:
                    _record(sums, number, per, phase, n - s + begin, 2)
                else:
                    at = 0.0
                    if sub:
                        a, b = f[n - 1, p, q], f[0, p, q]
                        at += a / (a - b) - half
                    _record(sums, number, per, phase, n - s + at, 2)
                    _record(sums, number, per, 1 - phase, begin - at, 2)


@njit(cache=True, nogil=True)
def _along(v, f, sub, p0, p1, q0, q1, wrap, sums, number, per):  # type: ignore[no-untyped-def]
    """Runs along the last axis, for the lines (p, q) of one tile."""
    n = v.shape[2]
    half = 0.5
    for p in range(p0, p1):
        for q in range(q0, q1):
            line = v[p, q]
            s = -1.0
            begin = -1.0
            for i in range(1, n):
                if line[i] == line[i - 1]:
                    continue
                at = float(i)
                if sub:
                    a, b = f[p, q, i - 1], f[p, q, i]
                    at += a / (a - b) - half
                phase = 0 if line[i - 1] else 1
                if s >= 0:
                    _record(sums, number, per, phase, at - s, 2)
                else:
                    begin = at
                    if not wrap:
                        _record(sums, number, per, phase, at, 1)
                s = at
            phase = 0 if line[n - 1] else 1
            if s < 0:
                _record(sums, number, per, phase, float(n), 0)
            elif not wrap:
                _record(sums, number, per, phase, n - s, 1)
            elif line[0] == line[n - 1]:
                _record(sums, number, per, phase, n - s + begin, 2)
            else:
                at = 0.0
                if sub:
                    a, b = f[p, q, n - 1], f[p, q, 0]
                    at += a / (a - b) - half
                _record(sums, number, per, phase, n - s + at, 2)
                _record(sums, number, per, 1 - phase, begin - at, 2)


@njit(cache=True, nogil=True)
def _clip(origin, direction, shape):  # type: ignore[no-untyped-def]
    """Where a line (in voxels, voxel i spans i..i+1) enters and leaves the box; empty: (0, -1)."""
    low, high = -1e30, 1e30
    for k in range(3):
        if abs(direction[k]) < 1e-12:
            if origin[k] < 0 or origin[k] >= shape[k]:
                return 0.0, -1.0
            continue
        a, b = -origin[k] / direction[k], (shape[k] - origin[k]) / direction[k]
        low, high = max(low, min(a, b)), min(high, max(a, b))
    return low, high


@njit(cache=True, nogil=True)
def _field_at(f, x, y, z):  # type: ignore[no-untyped-def]
    """Trilinear value between voxel centres, constant in the half voxel at the faces."""
    nx, ny, nz = f.shape
    x, y, z = (
        min(max(x - 0.5, 0.0), nx - 1.0),
        min(max(y - 0.5, 0.0), ny - 1.0),
        min(max(z - 0.5, 0.0), nz - 1.0),
    )
    i, j, k = min(int(x), max(nx - 2, 0)), min(int(y), max(ny - 2, 0)), min(int(z), max(nz - 2, 0))
    u, v, w = x - i, y - j, z - k
    a, b, c = min(i + 1, nx - 1), min(j + 1, ny - 1), min(k + 1, nz - 1)
    low = (1 - v) * ((1 - w) * f[i, j, k] + w * f[i, j, c]) + v * ((1 - w) * f[i, b, k] + w * f[i, b, c])
    high = (1 - v) * ((1 - w) * f[a, j, k] + w * f[a, j, c]) + v * ((1 - w) * f[a, b, k] + w * f[a, b, c])
    return (1 - u) * low + u * high


@njit(cache=True, nogil=True)
def _rays(v, f, sub, corner, du, dv, direction, i0, i1, j0, j1, step, sums, number, per, lines, scale):  # type: ignore[no-untyped-def]
    """Runs on the lines (i, j) of one tile, which start at corner + i du + j dv and run along direction (per
    unit of length, in voxels). Voxels: every boundary of a voxel crossed, exactly. Level: samples a step
    apart, the wall linear between them. lines: how many lines of each length; scale: bins per length.
    """
    origin = np.empty(3)
    cell = np.empty(3, np.int64)
    ahead = np.empty(3)
    for i in range(i0, i1):
        for j in range(j0, j1):
            for k in range(3):
                origin[k] = corner[k] + i * du[k] + j * dv[k]
            low, high = _clip(origin, direction, v.shape)
            if high - low < 1e-6:
                continue
            lines[min(int((high - low) * scale + 0.5), lines.shape[0] - 1)] += 1
            start = low
            ends = 0
            if sub:
                count = math.ceil((high - low) / step)
                pace = (high - low) / count
                a = _field_at(
                    f,
                    origin[0] + low * direction[0],
                    origin[1] + low * direction[1],
                    origin[2] + low * direction[2],
                )
                for m in range(1, count + 1):
                    t = low + m * pace
                    b = _field_at(
                        f,
                        origin[0] + t * direction[0],
                        origin[1] + t * direction[1],
                        origin[2] + t * direction[2],
                    )
                    if (a < 0) != (b < 0):
                        at = t - pace + pace * a / (a - b)
                        _record(sums, number, per, 0 if a < 0 else 1, at - start, ends + 1)
                        start = at
                        ends = 1
                    a = b
                _record(sums, number, per, 0 if a < 0 else 1, high - start, ends)
                continue
            for k in range(3):
                x = origin[k] + (low + 1e-9) * direction[k]
                cell[k] = min(max(math.floor(x), 0), v.shape[k] - 1)
                if direction[k] > 1e-12:
                    ahead[k] = (cell[k] + 1 - origin[k]) / direction[k]
                elif direction[k] < -1e-12:
                    ahead[k] = (cell[k] - origin[k]) / direction[k]
                else:
                    ahead[k] = 1e30
            here = v[cell[0], cell[1], cell[2]]
            while True:
                k = 0 if ahead[0] <= ahead[1] and ahead[0] <= ahead[2] else (1 if ahead[1] <= ahead[2] else 2)
                t = ahead[k]
                if direction[k] > 0:
                    cell[k] += 1
                    ahead[k] += 1 / direction[k]
                else:
                    cell[k] -= 1
                    ahead[k] -= 1 / direction[k]
                if t >= high - 1e-9 or cell[k] < 0 or cell[k] >= v.shape[k]:
                    break
                there = v[cell[0], cell[1], cell[2]]
                # A line through an edge of the lattice meets a voxel in one point: no run.
                if there != here and t - start > 1e-9:
                    _record(sums, number, per, 0 if here else 1, t - start, ends + 1)
                    start = t
                    ends = 1
                here = there
            _record(sums, number, per, 0 if here else 1, high - start, ends)


@dataclass(frozen=True)
class PhaseChords:
    """Chords of one phase along one direction; nan where there are none.

    Attributes:
        mean_m: 2 phi/N_L, no edge in it [m]; infinite where no wall is met.
        mean_error_m: its standard error, from leaving out one tile of lines after another [m].
        counted_m: mean length of all segments, those cut by a face as they are [m].
        whole_m: mean of the segments between two walls [m].
        corrected_m: mean of the distribution without an edge [m].
        weighted_m: length-weighted mean <l^2>/<l> of that distribution [m].
        weighted_error_m: its standard error [m].
        second_moment_m2: <l^2> of that distribution [m^2].
        whole, cut, through: numbers of segments between two walls, with one and with no wall.
        length_m: lengths at the centres of the bins [m].
        number: whole segments in each bin.
        density_1_m: probability density of the length, without an edge [1/m].
    """

    mean_m: float
    mean_error_m: float
    counted_m: float
    whole_m: float
    corrected_m: float
    weighted_m: float
    weighted_error_m: float
    second_moment_m2: float
    whole: int
    cut: int
    through: int
    length_m: NDArray[np.float64]
    number: NDArray[np.int64]
    density_1_m: NDArray[np.float64]


@dataclass(frozen=True)
class DirectionChords:
    """Chords of both phases along one direction.

    Attributes:
        direction: unit vector.
        void, polymer: the chords.
        void_fraction: on the lines.
        walls_1_m: walls met per length of line, N_L [1/m].
        walls_error_1_m: its standard error [1/m].
        lines: number of lines.
        line_m: their mean length [m].
        edges: whether the lines have ends (False: they wrap).
    """

    direction: tuple[float, float, float]
    void: PhaseChords
    polymer: PhaseChords
    void_fraction: float
    walls_1_m: float
    walls_error_1_m: float
    lines: int
    line_m: float
    edges: bool


def _jackknife(estimate: Callable[[NDArray[Any]], float], parts: NDArray[Any]) -> float:
    """Standard error of a function of the sum over parts, by leaving one out at a time."""
    keep = [i for i in range(len(parts)) if parts[i].any()]
    if len(keep) < 4:
        return math.nan
    total = parts.sum(0)
    each = np.array([estimate(total - parts[i]) for i in keep])
    if not np.isfinite(each).all():
        return math.nan
    return float(np.sqrt((len(keep) - 1) / len(keep) * ((each - each.mean()) ** 2).sum()))


def _ratio(a: float, b: float) -> float:
    return float(a / b) if b else (math.inf if a else math.nan)


def _corrected(
    number: NDArray[Any], length: NDArray[np.float64], room: NDArray[np.float64]
) -> tuple[float, float, NDArray[np.float64]]:
    """Mean, second moment and weights of the lengths when each counts by the inverse of its room."""
    weight = np.where(room > 0, number / np.maximum(room, 1e-300), 0.0)
    total = weight.sum()
    if total == 0:
        return math.nan, math.nan, weight
    return float((weight * length).sum() / total), float((weight * length**2).sum() / total), weight / total


def _phase(
    sums: NDArray[np.float64],
    number: NDArray[np.int64],
    row: int,
    unit: float,
    per: float,
    room: NDArray[np.float64],
) -> PhaseChords:
    """Results of one phase from the sums and numbers of all tiles; lengths in units of ``unit`` metres."""
    total, counts = sums.sum(0), number.sum(0)[row]
    mine = total[row]
    length = np.arange(number.shape[2]) / per * unit
    walls = 0.5 * (total[0, _WALLS] + total[1, _WALLS])
    mean, square, density = _corrected(counts, length, room)

    def weighted(parts: NDArray[Any]) -> float:
        m, s, _ = _corrected(parts, length, room)
        return s / m if m else math.nan

    segments = mine[_WHOLE] + mine[_CUT] + mine[_THROUGH]
    top = int(np.flatnonzero(counts).max()) + 1 if counts.any() else 0
    return PhaseChords(
        mean_m=2 * _ratio(mine[_LENGTH], walls) * unit,
        mean_error_m=2
        * unit
        * _jackknife(lambda t: _ratio(t[row, _LENGTH], 0.5 * (t[0, _WALLS] + t[1, _WALLS])), sums),
        counted_m=_ratio(mine[_LENGTH], segments) * unit,
        whole_m=_ratio(mine[_SUM], mine[_WHOLE]) * unit,
        corrected_m=mean,
        weighted_m=square / mean if mean else math.nan,
        weighted_error_m=_jackknife(weighted, number[:, row]),
        second_moment_m2=square,
        whole=int(mine[_WHOLE]),
        cut=int(mine[_CUT]),
        through=int(mine[_THROUGH]),
        length_m=length[:top],
        number=counts[:top],
        density_1_m=density[:top] * per / unit,
    )


def _direction(
    direction: tuple[float, float, float],
    sums: NDArray[np.float64],
    number: NDArray[np.int64],
    unit: float,
    per: float,
    line_lengths: NDArray[np.float64],
    line_counts: NDArray[np.int64],
    edges: bool,
) -> DirectionChords:
    total = sums.sum(0)
    whole = float(total[0, _LENGTH] + total[1, _LENGTH])
    # Every wall is an end of one run on each side: counted once for void and once for polymer.
    walls = 0.5 * float(total[0, _WALLS] + total[1, _WALLS])
    bins = np.arange(number.shape[2]) / per
    if edges:
        # Length of line on which a chord of that length can lie whole.
        room = np.array([float((line_counts * np.maximum(line_lengths - b, 0)).sum()) for b in bins])
    else:
        room = np.ones(len(bins))
    lines = int(line_counts.sum())
    return DirectionChords(
        direction=direction,
        void=_phase(sums, number, 0, unit, per, room),
        polymer=_phase(sums, number, 1, unit, per, room),
        void_fraction=float(total[0, _LENGTH]) / whole if whole else math.nan,
        walls_1_m=walls / (whole * unit) if whole else math.nan,
        walls_error_1_m=_jackknife(
            lambda t: 0.5 * (t[0, _WALLS] + t[1, _WALLS]) / (t[0, _LENGTH] + t[1, _LENGTH]), sums
        )
        / unit,
        lines=lines,
        line_m=whole / lines * unit if lines else 0.0,
        edges=edges,
    )


def _tiles(a: int, b: int) -> list[tuple[int, int, int, int]]:
    """At most 16 tiles of a cross-section of a x b lines, as square as may be."""
    pa = min(a, _TILES if b >= _TILES else _TILES * _TILES // max(b, 1))
    pb = min(b, _TILES if a >= _TILES else _TILES * _TILES // max(a, 1))
    return [(*p, *q) for p in _parallel.slabs(a, pa) for q in _parallel.slabs(b, pb)]


def axis_chords(
    void: BoolVolume,
    spacing_m: Spacing,
    axis: int,
    periodic: Periodic = (False, False, False),
    level: FloatVolume | None = None,
) -> DirectionChords:
    """Chords of both phases on every line along one axis.

    Args:
        void: True in voids, (nx, ny, nz) or (nx, ny).
        spacing_m: edge of a voxel [m], one or one for each axis.
        axis: 0, 1 or 2.
        periodic: where the axis wraps its lines have no ends and no chord is cut.
        level: field below 0 in voids; walls lie where it crosses zero, linear between voxel centres. Without
            it they lie on the faces of voxels.

    Bias (mathematical): what is thinner than a voxel is missed, which reads high: 1.8 % in Gaussian fields of 6
    voxels a wavelength, below 0.2 % from 12 on. Walls per length of spheres of 6 to 23 voxels radius: within
    0.3 %, scatter with their place on the lattice 0.8 to 0.1 %. Walls on faces of voxels leave the mean as it is
    and widen the distribution by half a voxel.
    """
    void, h, wrap, field = volume_of(void, spacing_m, periodic, level)
    if axis not in (0, 1, 2):
        raise InputError("axis", f"{axis!r}", "0, 1 or 2")
    n = void.shape[axis]
    closed = wrap[axis] and n > 1
    sub = field is not None
    per = 2 if sub else 1
    f = field if field is not None else np.zeros((1, 1, 1), np.float32)
    # Rows along z stay rows: x and y are read across them.
    turn = {0: (0, 1, 2), 1: (1, 0, 2), 2: (0, 1, 2)}[axis]
    v = np.transpose(void, turn)
    f = np.transpose(f, turn)
    a, b = (v.shape[0], v.shape[1]) if axis == 2 else (v.shape[1], v.shape[2])
    tiles = _tiles(a, b)
    sums = np.zeros((len(tiles), 2, 8))
    number = np.zeros((len(tiles), 2, 2 * n * per + 1 if closed else n * per + 1), np.int64)
    kernel = _along if axis == 2 else _across

    def work(i: int, _: int) -> None:
        kernel(v, f, sub, *tiles[i], closed, sums[i], number[i], per)

    _parallel.run(work, [(i, i + 1) for i in range(len(tiles))])
    unit = tuple(float(k == axis) for k in range(3))
    return _direction(
        unit,  # type: ignore[arg-type]
        sums,
        number,
        h[axis],
        per,
        np.array([float(n)]),
        np.array([a * b]),
        not closed,
    )


def direction_chords(
    void: BoolVolume,
    spacing_m: Spacing,
    direction: Sequence[float],
    level: FloatVolume | None = None,
    line_spacing_m: float | None = None,
) -> DirectionChords:
    """Chords of both phases on parallel lines in any direction, from face to face of the box.

    Args:
        void: True in voids, (nx, ny, nz) or (nx, ny).
        spacing_m: edge of a voxel [m], one or one for each axis.
        direction: vector (x, y, z) in space, not in voxels; its length does not matter.
        level: field below 0 in voids, read trilinearly every half voxel; the wall lies where it is zero.
            Without it lines run through the voxels as they are, every boundary exact.
        line_spacing_m: distance of neighbouring lines [m]; None: the smallest edge of a voxel.

    Limitation (mathematical): without a level the lines see the steps of the voxels. A line oblique to the
    axes then meets a smooth wall more than once: 2 phi/N_L of an isotropic structure reads low by the factor
    1/(|nx| + |ny| + |nz|), 0.58 along body diagonals. Give a level, or ``smooth_level(void, periodic, None)`` of the voxels, to remove that. Lines do not wrap.
    """
    void, h, _, field = volume_of(void, spacing_m, (False,) * 3, level)
    n = np.asarray(direction, dtype=float)
    if n.shape == (2,):
        n = np.append(n, 0.0)
    if n.shape != (3,) or not np.isfinite(n).all() or not n.any():
        raise InputError("direction", f"{direction!r}", "three numbers (x, y, z), not all zero")
    n = n / np.linalg.norm(n)
    edge = np.array(h)
    unit = float(edge.min())
    space = unit if line_spacing_m is None else float(line_spacing_m)
    if not (math.isfinite(space) and space > 0):
        raise InputError("line_spacing_m", f"{line_spacing_m!r}", "a positive number of metres")
    size = edge * void.shape
    # Two axes across the line, the first along the face of the box that the line leans least against.
    helper = np.zeros(3)
    helper[int(np.argmin(np.abs(n)))] = 1.0
    u = helper - (helper @ n) * n
    u /= np.linalg.norm(u)
    w = np.cross(n, u)
    reach = [float((np.abs(e) * size).sum()) for e in (u, w)]
    many = [max(1, math.ceil(r / space - 1e-9)) for r in reach]
    corner = size / 2 - (many[0] - 1) / 2 * space * u - (many[1] - 1) / 2 * space * w
    tiles = _tiles(many[0], many[1])
    per = 2
    longest = float(np.linalg.norm(size)) / unit
    bins = math.ceil(longest * per) + 2
    sums = np.zeros((len(tiles), 2, 8))
    number = np.zeros((len(tiles), 2, bins), np.int64)
    lines = np.zeros((len(tiles), bins), np.int64)
    f = field if field is not None else np.zeros((1, 1, 1), np.float32)
    # Length along the line in units of the smallest edge.
    step_voxels = n * unit / edge

    def work(i: int, _: int) -> None:
        _rays(
            void,
            f,
            field is not None,
            corner / edge,
            u * space / edge,
            w * space / edge,
            step_voxels,
            *tiles[i],
            0.5,
            sums[i],
            number[i],
            per,
            lines[i],
            per,
        )

    _parallel.run(work, [(i, i + 1) for i in range(len(tiles))])
    along = (float(n[0]), float(n[1]), float(n[2]))
    return _direction(along, sums, number, unit, per, np.arange(bins) / per, lines.sum(0), True)


def _curve(c: DirectionChords, phase: PhaseChords, most: int = 120) -> dict[str, Any]:
    """One direction and phase for the evidence; bins are joined where there are more than ``most``."""
    join = max(1, math.ceil(len(phase.length_m) / most))
    pad = (-len(phase.length_m)) % join
    density = np.pad(phase.density_1_m, (0, pad)).reshape(-1, join).mean(1)
    number = np.pad(phase.number, (0, pad)).reshape(-1, join).sum(1)
    bin_m = float(phase.length_m[1] - phase.length_m[0]) * join if len(phase.length_m) > 1 else 0.0
    first = float(phase.length_m[0]) if len(phase.length_m) else 0.0
    return {
        "direction": list(c.direction),
        "mean_m": phase.mean_m if math.isfinite(phase.mean_m) else None,
        "standard_error_m": _finite(phase.mean_error_m),
        "cut_counted_m": _finite(phase.counted_m),
        "cut_left_out_m": _finite(phase.whole_m),
        "mean_of_distribution_m": _finite(phase.corrected_m),
        "length_weighted_m": _finite(phase.weighted_m),
        "length_weighted_error_m": _finite(phase.weighted_error_m),
        "second_moment_m2": _finite(phase.second_moment_m2),
        "whole": phase.whole,
        "cut": phase.cut,
        "lines_without_wall": phase.through,
        "lines": c.lines,
        "line_m": c.line_m,
        "bin_m": bin_m,
        "first_bin_centre_m": first + (join - 1) / 2 * (bin_m / join),
        "number": [int(k) for k in number],
        "density_1_m": [float(f"{d:.5g}") for d in density],
    }


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


_METHOD = PARA + "89(3): lengths of lines inside a phase; mean 2 phi/N_L, no edge (Underwood 1970)"
_CITED = ("ep1063256", "underwood1970", "torquatolu1993", "horvitz1952")


def chord_measurements(
    void: BoolVolume,
    spacing_m: Spacing,
    periodic: Sequence[bool] = (False, False, False),
    level: FloatVolume | None = None,
    directions: Sequence[Sequence[float]] = (),
    region: str = "core",
) -> list[Measurement]:
    """`mean_void_chord` and `mean_polymer_chord` [m]: every line along x, y and z, and other directions asked.

    value = 2 phi/<N_L>, the walls per length averaged over the axes: 4 phi/S_V of an isotropic structure.
    Uncertainty: the mean of the standard errors of the axes. The axes see the same walls, so their errors are
    not taken to average out.

    Args:
        void: True in voids, (nx, ny, nz) or an image (nx, ny).
        spacing_m: edge of a voxel [m], one or one for each axis.
        periodic: axes that wrap have no cut chords.
        level: field below 0 in voids, for walls between voxel centres.
        directions: further directions (x, y, z) for the evidence; without a level field they are read in
            ``smooth_level``, not in the steps of the voxels.
        region: written into the results.

    Evidence: ``directions``, for each its mean with standard error, both edge treatments, moments, numbers of
    lines and chords, and the distribution without an edge.
    """
    from percola.measure._volume import smooth_level

    void, h, wrap, field = volume_of(void, spacing_m, periodic, level)
    found = [axis_chords(void, h, ax, wrap, field) for ax in range(3) if void.shape[ax] > 1]
    axes = len(found)
    if directions:
        smooth = smooth_level(void, wrap, field)
        inside = smooth < 0
        found += [direction_chords(inside, h, d, smooth) for d in directions]
    out = []
    walls = [c.walls_1_m for c in found[:axes]]
    mean_walls = float(np.mean(walls)) if walls else 0.0
    for name, phase in (("mean_void_chord", "void"), ("mean_polymer_chord", "polymer")):
        share = float(np.mean(void)) if phase == "void" else 1 - float(np.mean(void))
        if share == 0 or mean_walls == 0:
            reason = f"there is no {phase}" if share == 0 else f"no line meets a wall: all is {phase}"
            out.append(Measurement(name, None, "m", None, _METHOD, region, reason=reason, citations=_CITED))
            continue
        parts = [c.void if phase == "void" else c.polymer for c in found]
        on_lines = [c.void_fraction if phase == "void" else 1 - c.void_fraction for c in found[:axes]]
        value = 2 * float(np.mean(on_lines)) / mean_walls
        errors = [
            p.mean_error_m / p.mean_m for p in parts[:axes] if p.mean_error_m >= 0 and math.isfinite(p.mean_m)
        ]
        error = value * float(np.mean(errors)) if errors else None
        least = min(value / h[int(np.argmax(np.abs(c.direction)))] for c in found[:axes])
        whole = min(p.whole for p in parts[:axes])
        checks = (
            Check(
                "chords wider than the voxel",
                "pass" if least >= 6 else "warn",
                f"mean chord {least:.1f} voxels; below 6 what is thinner than a voxel is missed and it reads high",
            ),
            Check(
                "enough chords",
                "pass" if whole >= 1000 else "warn",
                f"at least {whole} whole chords along each axis",
            ),
        )
        evidence: dict[str, Any] = {
            "quantity": "mean chord 2 phi/N_L (a length, neither radius nor throat diameter)",
            "directions": [_curve(c, p) for c, p in zip(found, parts, strict=True)],
            "length_weighted_m": _finite(float(np.mean([p.weighted_m for p in parts[:axes]]))),
            "walls_1_m": walls,
            "walls_error_1_m": [_finite(c.walls_error_1_m) for c in found[:axes]],
            "wall_placed": "zero of the level field" if field is not None else "faces of voxels",
        }
        out.append(Measurement(name, value, "m", error, _METHOD, region, checks, evidence, _CITED))
    return out
