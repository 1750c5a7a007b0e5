"""Graded membranes: results layer by layer through the thickness, surface layers, and the thickness itself.

Layers are counted from the membrane's own surface where air lies outside of it, so that a tilted or rough specimen does
not smear its skin. A surface layer is a run of layers at a face whose mean departs from the interior's by more than a
homogeneous structure would at a stated error rate; the interior's fluctuation and its correlation along the thickness
come from the scatter between columns of the same volume, which a gradient through the thickness does not enter.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from percola.errors import InputError
from percola.measure._volume import (
    PARA,
    BoolVolume,
    FloatVolume,
    Periodic,
    checked,
    oriented,
    oriented_periodic,
)
from percola.measure.voids.distance import distance_map
from percola.measure.voids.thickness import local_thickness
from percola.measurement import Check, Measurement

FloatArray = NDArray[np.float64]
Measure = Callable[[BoolVolume, float, Periodic, FloatVolume | None], list[Measurement]]

ERROR_RATE = 0.01
"""Probability that a homogeneous structure is given a surface layer at all, either face, any of the statistics."""

PATENT_LAYER_M = (0.1e-6, 3e-6)
"""Usual thickness of surface layers, paragraph 44 [m]."""

_DRAWS = 4000  # profiles drawn to find the critical value: its own error at 1 % is then a tenth of the rate's
_REDRAWS = 200  # for the uncertainty of a thickness
_LONGEST = 0.45  # part of the layers that a surface layer may take
_INTERIOR = (0.2, 0.8)  # where the interior's trend is judged
_TREND = 3.3  # standard deviations from which a trend counts (1 in 1000)
_SMOOTH = 5  # power of the smooth curve that steps must do better than
_LEAST_STEP = 0.05  # a layer that differs by less than this part of the interior's mean is none for a person
_TILE_CHORDS = 2.5  # least width of a tile in mean chords
_AIR_SHARE = 0.05  # part of the columns that must begin in air for air to be there


@dataclass(frozen=True)
class Surface:
    """One outer surface of the membrane as found in the volume, lengths in metres.

    Attributes:
        seen: whether air lies outside of it (else the volume begins inside of the membrane).
        mean_m: mean depth of the surface below the face of the volume.
        tilt_degrees: of the plane fitted to it.
        roughness_m: standard deviation about that plane.
    """

    seen: bool
    mean_m: float
    tilt_degrees: float
    roughness_m: float


@dataclass(frozen=True, eq=False)
class Profile:
    """Results through the thickness.

    Attributes:
        depth_m: middle of each layer below the low surface (below the low face where no air is there).
        porosity: of each layer.
        surface_per_volume_1_m: walls of each layer, twice the lateral crossings per length.
        chord_m: mean lateral chord of the voids, twice porosity over lateral crossings per length; nan without walls.
        pore_diameter_m: mean local thickness of the voids (a diameter); nan without voids; None if not asked for.
        columns: columns that each layer is averaged over.
        slab_depth_m: middles of the slabs.
        slabs: results in slabs by name (and region after a colon): list with None where undefined.
        low, high: the two surfaces.
        layers: thickness, uncertainty [m] and contrast of the surface layers found, by region.
        measurements: `surface_layer_thickness` of both faces and, where both surfaces are seen, `thickness`.
        note: why there is no profile, else "".
    """

    depth_m: FloatArray
    porosity: FloatArray
    surface_per_volume_1_m: FloatArray
    chord_m: FloatArray
    pore_diameter_m: FloatArray | None
    columns: NDArray[np.int64]
    slab_depth_m: FloatArray
    slabs: dict[str, list[float | None]]
    low: Surface
    high: Surface
    layers: dict[str, dict[str, Any]]
    measurements: tuple[Measurement, ...]
    note: str = ""


def _first_polymer(void: BoolVolume) -> NDArray[np.int64]:
    """Voxels of void above the first polymer of each column (last axis); the length of the axis where there is none."""
    depth = np.argmin(void, axis=2).astype(np.int64)
    depth[void.all(axis=2)] = void.shape[2]
    return depth


def _mean_chord(void: BoolVolume) -> float:
    """Mean lateral chord of the voids in voxels, over layers that hold polymer (half of the median of such at least)."""
    polymer = 1 - void.mean(axis=(0, 1))
    held = polymer > 0
    middle = void[:, :, held & (polymer >= 0.5 * np.median(polymer[held]))] if held.any() else void
    walls = sum(int(np.count_nonzero(np.diff(middle, axis=ax))) for ax in (0, 1))
    links = sum(middle.size // max(middle.shape[ax], 1) * (middle.shape[ax] - 1) for ax in (0, 1))
    if walls == 0 or links == 0:
        return 1.0
    return float(2 * middle.mean() * links / walls)


def _surface(void: BoolVolume, wrap: tuple[bool, bool], chord: float) -> NDArray[np.int64]:
    """Depth of the surface below the first layer for each column, 0 where the volume begins in the membrane.

    The depth of the first polymer, opened (grey morphology) by a window three mean chords wide: mouths of pores, deeper
    than what surrounds them, are closed over; a plane, tilted or not, stays.
    """
    from scipy.ndimage import grey_opening

    depth = _first_polymer(void)
    wide = [min(2 * math.ceil(1.5 * chord) + 1, n) for n in depth.shape]
    # One mode for both axes: wrapping a side that does not wrap would only mix the window's margin.
    mode = "wrap" if all(wrap) else "nearest"
    opened = np.asarray(grey_opening(depth, size=wide, mode=mode), dtype=np.float64)
    # At the margin a tilted plane is opened too far, and its slope read too small: again about the plane found so far.
    x, y = (np.arange(n) - (n - 1) / 2 for n in depth.shape)
    for _ in range(4):
        a, b = _slopes(opened)
        plane = a * x[:, None] + b * y[None, :]
        if max(abs(a) * len(x), abs(b) * len(y)) < 1:
            break
        # Half a voxel: the opening keeps the high edge of the plane's terraces.
        opened = grey_opening(depth - plane, size=wide, mode=mode) + plane + 0.5
    return np.clip(np.rint(opened), 0, void.shape[2]).astype(np.int64)


def _slopes(surface: NDArray[Any]) -> tuple[float, float]:
    """Slopes of the plane fitted to heights on a grid."""
    nx, ny = surface.shape
    x, y = (np.arange(n) - (n - 1) / 2 for n in (nx, ny))
    s = surface - surface.mean()
    a = float((s * x[:, None]).sum() / ((x**2).sum() * ny)) if nx > 1 else 0.0
    b = float((s * y[None, :]).sum() / ((y**2).sum() * nx)) if ny > 1 else 0.0
    return a, b


def _seen(surface: NDArray[np.int64], chord: float) -> bool:
    """Whether there is air: more than a twentieth of the columns begin deeper than half a mean chord and two voxels."""
    return bool((surface >= max(2.0, 0.5 * chord)).mean() > _AIR_SHARE)


def _describe(
    surface: NDArray[np.int64], seen: bool, spacing_m: float
) -> tuple[Surface, tuple[float, float]]:
    """Plane through the surface: mean, tilt, roughness; and the plane's slopes."""
    if not seen:
        return Surface(False, 0.0, 0.0, 0.0), (0.0, 0.0)
    nx, ny = surface.shape
    x, y = (np.arange(n) - (n - 1) / 2 for n in (nx, ny))
    s = surface - surface.mean()
    a, b = _slopes(surface)
    rest = s - a * x[:, None] - b * y[None, :]
    tilt = math.degrees(math.atan(math.hypot(a, b)))
    return Surface(True, float(surface.mean()) * spacing_m, tilt, float(rest.std()) * spacing_m), (a, b)


def _layer_index(
    shape: tuple[int, int, int], low: NDArray[np.int64], high: NDArray[np.int64], seen: tuple[bool, bool]
) -> tuple[NDArray[np.int32], int]:
    """Number of the layer of every voxel, -1 in air: steps below the surface that is seen; between two seen surfaces the
    depth over the thickness of the column, times the mean thickness.
    """
    nz = shape[2]
    z = np.arange(nz)[None, None, :]
    top = nz - high  # first voxel above the membrane
    thick = top - low
    inside = (z >= low[:, :, None]) & (z < top[:, :, None])
    if seen[0] and seen[1]:
        count = max(round(float(thick[thick > 0].mean())) if (thick > 0).any() else 0, 1)
        index = ((z - low[:, :, None] + 0.5) * (count / np.maximum(thick, 1)[:, :, None])).astype(np.int32)
        index = np.minimum(index, count - 1)
    elif seen[1]:
        count = int(top.max())
        index = (z - top[:, :, None] + count).astype(np.int32)
    else:
        index = (z - low[:, :, None]).astype(np.int32)
        count = int((nz - low).max())
    return np.where(inside, index, -1).astype(np.int32), count


def _tiles(nx: int, ny: int, chord: float) -> tuple[int, int]:
    """Tiles along either side of the layer: each at least two and a half mean chords (one to two periods) wide, at most 8
    and at least 2.
    """
    return tuple(int(np.clip(n // max(_TILE_CHORDS * chord, 1), min(2, n), 8)) for n in (nx, ny))  # type: ignore[return-value]


def _covariance(series: FloatArray, weight: FloatArray) -> FloatArray:
    """Covariance of the mean profile along the thickness, (layers, layers), from the scatter between tiles.

    Deviations of the tiles from the mean profile hold no gradient. Their autocovariance, mean over layers, is tapered by
    Parzen's window (no negative spectrum) over a third of the layers; variance of a mean of n tiles: 1/n.
    """
    tiles, n = series.shape
    rest = (series - np.average(series, axis=0, weights=np.maximum(weight, 1e-9))) * math.sqrt(
        tiles / max(tiles - 1, 1)
    )
    reach = max(n // 3, 1)
    length = 2 * n
    power = (np.abs(np.fft.rfft(rest, length, axis=1)) ** 2).sum(0)
    auto = np.fft.irfft(power, length)[:n] / (n * tiles) / tiles
    u = np.arange(n) / reach
    window = np.where(
        u <= 0.5, 1 - 6 * u**2 + 6 * u**3, np.where(u <= 1, 2 * (1 - np.minimum(u, 1)) ** 3, 0.0)
    )
    auto = auto * window
    lag = np.abs(np.arange(n)[:, None] - np.arange(n)[None, :])
    return auto[lag]


@dataclass(frozen=True)
class _Noise:
    """Fluctuation of a homogeneous profile: its covariance and a root of it for drawing."""

    covariance: FloatArray
    root: FloatArray


def _noise(covariance: FloatArray, floor: float) -> _Noise:
    whole = covariance + floor**2 * np.eye(len(covariance))
    return _Noise(whole, np.asarray(np.linalg.cholesky(whole), dtype=np.float64))


def _polynomial(n: int, degree: int) -> FloatArray:
    x = np.linspace(-1, 1, n)
    return np.stack([x**p for p in range(degree + 1)], 1)


def _degree(series: FloatArray, noise: _Noise) -> int:
    """0, 1 or 2: the trend of the interior that its fluctuation does not explain."""
    n = len(series)
    a, b = int(_INTERIOR[0] * n), math.ceil(_INTERIOR[1] * n)
    if b - a < 8:
        return 0
    inside, cov = series[a:b], noise.covariance[a:b, a:b]
    for degree in (2, 1):
        weights = np.linalg.pinv(_polynomial(b - a, degree))[-1]
        error = math.sqrt(max(float(weights @ cov @ weights), 1e-300))
        if abs(float(weights @ inside)) > _TREND * error:
            return degree
    return 0


def _steps(
    n: int, degree: int, others: list[FloatArray], side: int
) -> tuple[FloatArray, NDArray[np.int64], FloatArray]:
    """Contrasts of surface layers of every thickness at one face: weights that give the height of the step (rows),
    thicknesses, and the squared length of each step outside of the model.
    """
    base = np.concatenate([_polynomial(n, degree), *[o[:, None] for o in others]], 1)
    q, _ = np.linalg.qr(base)
    most = max(int(_LONGEST * n), 1)
    thick = np.arange(1, most + 1)
    z = np.arange(n)
    step = (z[None, :] < thick[:, None]) if side == 0 else (z[None, :] >= n - thick[:, None])
    step = step.astype(float)
    step = step - (step @ q) @ q.T
    norm = (step**2).sum(1)
    keep = norm > 1e-6
    return step[keep] / norm[keep, None], thick[keep], norm[keep]


def _scores(weights: FloatArray, noise: _Noise) -> FloatArray:
    """Standard deviation of each contrast under the noise."""
    return np.sqrt(np.maximum(((weights @ noise.root) ** 2).sum(1), 1e-300))


@dataclass(frozen=True)
class _Step:
    """A surface layer in one statistic: face (0 low, 1 high), layers, their uncertainty, height, its score, rate."""

    side: int
    layers: int
    uncertainty: float
    height: float
    score: float
    critical: float


def _gradual(series: FloatArray, degree: int, one: FloatArray, rest: list[FloatArray]) -> bool:
    """Whether a smooth curve follows the profile at least as closely as a step does, beside the other steps: then it is
    graded there, not layered.
    """
    n = len(series)
    beside = [r[:, None] for r in rest]

    def misfit(parts: list[FloatArray]) -> float:
        q, _ = np.linalg.qr(np.concatenate([*parts, *beside], 1))
        return float(((series - q @ (q.T @ series)) ** 2).sum())

    return misfit([_polynomial(n, _SMOOTH)]) <= misfit([_polynomial(n, degree), one[:, None]])


def _find_steps(
    series: FloatArray, noise: _Noise, statistics: int, rng: np.random.Generator
) -> tuple[list[_Step], int]:
    """Surface layers of one statistic and the degree of the interior's trend.

    Score: the height of the step over its standard deviation, largest over all thicknesses; critical value: its quantile
    over drawn homogeneous profiles at ``ERROR_RATE`` over the number of statistics, both faces together.
    """
    n = len(series)
    degree = _degree(series, noise)
    draws = noise.root @ rng.standard_normal((n, _DRAWS))
    largest = np.zeros(_DRAWS)
    for side in (0, 1):
        weights, _, _ = _steps(n, degree, [], side)
        score = _scores(weights, noise)
        largest = np.maximum(largest, np.abs((weights @ draws) / score[:, None]).max(0))
    critical = float(np.quantile(largest, 1 - ERROR_RATE / statistics))
    chosen: dict[int, int] = {}

    def step(side: int) -> FloatArray:
        z = np.arange(n)
        return ((z < chosen[side]) if side == 0 else (z >= n - chosen[side])).astype(float)

    def best(side: int) -> tuple[int, float, float]:
        others = [step(s) for s in chosen if s != side]
        weights, thick, norm = _steps(n, degree, others, side)
        if len(thick) == 0:
            return 0, 0.0, 0.0
        height = weights @ series
        score = np.abs(height) / _scores(weights, noise)
        if score.max() <= critical:
            return 0, 0.0, float(score.max())
        at = int((height**2 * norm).argmax())  # least squares
        return int(thick[at]), float(height[at]), float(score.max())

    # The clearer face first, then the other beside it, then both once more.
    first = sorted((0, 1), key=lambda s: -best(s)[2])
    for side in (*first, *first):
        thickest = best(side)[0]
        if thickest:
            chosen[side] = thickest
        else:
            chosen.pop(side, None)
    for side in sorted(chosen):
        rest = [step(s) for s in chosen if s != side]
        if _gradual(series, degree, step(side), rest):
            del chosen[side]
    out = []
    for side in sorted(chosen):
        layers, height, reached = best(side)
        if not layers:
            continue
        others = [step(s) for s in chosen if s != side]
        weights, thick, norm = _steps(n, degree, others, side)
        z = np.arange(n)
        model = height * ((z < layers) if side == 0 else (z >= n - layers)).astype(float)
        again = model[:, None] + noise.root @ rng.standard_normal((n, _REDRAWS))
        places = thick[(((weights @ again) ** 2) * norm[:, None]).argmax(0)]
        # A step between two layers is known to the layer (uniform: 1/sqrt(12)) at best.
        error = math.hypot(float(np.sqrt(np.mean((places - layers) ** 2.0))), 1 / math.sqrt(12))
        out.append(_Step(side, layers, error, height, reached, critical))
    return out, degree


def profile(
    void: BoolVolume,
    spacing_m: float,
    axis: int = 2,
    level: FloatVolume | None = None,
    slabs: int = 8,
    measure: Measure | None = None,
    *,
    periodic: Periodic = (False, False, False),
    pores: bool = False,
    seed: int = 0,
) -> Profile:
    """Results through the thickness of a membrane, its surface layers, and its thickness where both surfaces are seen.

    Porosity, surface per volume and lateral chord of every voxel layer; local pore diameter with ``pores``; the results of
    ``measure`` in ``slabs`` that overlap by half. Air outside is found and left out: the depth of the first polymer of each
    column, opened by a window three mean chords wide (mouths of pores are closed over). A surface layer is a step in porosity
    or surface per volume at a face whose height over its standard deviation exceeds what homogeneous profiles reach with the
    probability ``ERROR_RATE``, is at least 5 % of the interior, and fits better than a smooth curve of the fifth power; the
    interior may have a trend (up to the second power). Its thickness is that of the step
    with the least squares, and its uncertainty the scatter of this in profiles drawn with the noise.

    Args:
        void: True in voids, (nx, ny, nz).
        spacing_m: edge of a voxel [m].
        axis: through the membrane; its low face is the "outer_surface", its high face the "inner_surface".
        level: field below zero in voids, handed to ``measure`` and to the local pore diameter.
        slabs: number of slabs; 0: none.
        measure: called with (void, spacing_m, periodic, level) of each slab, axes as given.
        periodic: whether each axis wraps (``axis`` itself never does).
        pores: whether to compute the local pore diameter (as long as all the rest together).
        seed: of the drawn profiles.

    Validity: at least 16 layers; lateral extent of several structure periods (the noise is judged from tiles of at least two and
        a half mean chords; with fewer than nine of them a check warns). Error rate as tested on Gaussian fields: see
        ``tests/unit/measure/test_measure_profile.py``.
    Bias: a surface is the envelope of its tops, so thickness reads high by the depth of roughness finer than three chords;
        a skin that fades over some depth is given the depth at which the best step stands; a skin thinner than the
        structure's period that differs little is not found.
    Limitations: a curved surface finer than three chords counts as roughness; a skin of more than 45 % of the layers is not
        told from the interior; trends of higher order read as surface layers.
    """
    checked(void, spacing_m, periodic, level, axis)
    if not (isinstance(slabs, int | np.integer) and slabs >= 0):
        raise InputError("slabs", f"{slabs!r}", "a whole number, 0 for none")
    if void.all():
        return _nothing("there is no polymer in the volume: all of it is void", void.shape[axis])
    block = oriented(void, axis)
    wrap = oriented_periodic(periodic, axis)
    h = spacing_m
    nx, ny, nz = block.shape
    chord = _mean_chord(block) if void.any() else 1.0
    low = _surface(block, wrap[:2], chord)
    high = _surface(np.ascontiguousarray(block[:, :, ::-1]), wrap[:2], chord)
    seen = (_seen(low, chord), _seen(high, chord))
    low = low if seen[0] else np.zeros_like(low)
    high = np.minimum(high, nz - low) if seen[1] else np.zeros_like(high)
    index, count = _layer_index((nx, ny, nz), low, high, seen)
    surfaces, slopes = zip(*(_describe(s, a, h) for s, a in ((low, seen[0]), (high, seen[1]))), strict=True)
    lean = [math.hypot(*s) for s, a in zip(slopes, seen, strict=True) if a]
    # Depths along the axis stand the cosine of the tilt shorter across the membrane.
    cosine = 1 / math.sqrt(1 + float(np.mean(lean)) ** 2) if lean else 1.0
    tx, ty = _tiles(nx, ny, chord)
    tile = (np.arange(nx) * tx // nx)[:, None] * ty + (np.arange(ny) * ty // ny)[None, :]
    sums = _layer_sums(block, index, tile.astype(np.int64), tx * ty, count)
    columns, voids, links, walls = sums
    total = columns.sum(0)
    # The last layers of a rough surface hold few columns: they are left out of the profile.
    keep = total >= 0.5 * total.max()
    columns, voids, links, walls = (s[:, keep] for s in sums)
    total = columns.sum(0)
    depth: FloatArray = (np.flatnonzero(keep).astype(np.float64) + 0.5) * (h * cosine)
    porosity = voids.sum(0) / total
    crossings = walls.sum(0) / np.maximum(links.sum(0), 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        chords = np.where(crossings > 0, 2 * porosity / crossings, np.nan) * h
    diameter = (
        _pore_diameters(block, wrap, level, axis, index, count, h)[keep] if pores and void.any() else None
    )
    layers, found, evidence = _surface_layers(columns, voids, links, walls, h * cosine, seed, tx * ty)
    slab_depth, results = _slabs(void, h, axis, level, periodic, slabs, measure, low, high, cosine)
    measurements = [
        _layer_measurement(r, layers, found, surfaces, evidence, h, len(total))
        for r in ("outer_surface", "inner_surface")
    ]
    if all(seen):
        measurements.append(_thickness(nz - low - high, tile, tx * ty, cosine, surfaces, h))
    return Profile(
        depth_m=depth,
        porosity=porosity,
        surface_per_volume_1_m=2 * crossings / h,
        chord_m=chords,
        pore_diameter_m=diameter,
        columns=total.astype(np.int64),
        slab_depth_m=slab_depth,
        slabs=results,
        low=surfaces[0],
        high=surfaces[1],
        layers=layers,
        measurements=tuple(measurements),
    )


def _nothing(why: str, layers: int) -> Profile:
    none = np.zeros(0)
    absent = Surface(False, 0.0, 0.0, 0.0)
    results = tuple(
        Measurement("surface_layer_thickness", None, "m", method=_METHOD, region=r, reason=why)
        for r in ("outer_surface", "inner_surface")
    )
    return Profile(
        none, none, none, none, None, none.astype(np.int64), none, {}, absent, absent, {}, results, why
    )


_METHOD = PARA + "44: step of porosity or surface per volume at a face against the interior's fluctuation"


def _layer_sums(
    block: BoolVolume, index: NDArray[np.int32], tile: NDArray[np.int64], tiles: int, count: int
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Columns, voids, lateral links inside the membrane and those that cross a wall, by tile and layer."""
    nx = block.shape[0]
    out = [np.zeros((tiles, count)) for _ in range(4)]

    def add(which: int, key: NDArray[np.int64], mask: BoolVolume) -> None:
        found = np.bincount(key[mask], minlength=tiles * count)
        out[which] += found.reshape(tiles, count)

    for x0 in range(0, nx, 16):
        x1 = min(x0 + 16, nx)
        part, where = block[x0:x1], index[x0:x1]
        key = tile[x0:x1, :, None] * count + where
        inside = where >= 0
        add(0, key, inside)
        add(1, key, inside & part)
        both = inside[:, 1:] & inside[:, :-1]
        add(2, key[:, :-1], both)
        add(3, key[:, :-1], both & (part[:, 1:] != part[:, :-1]))
        x2 = min(x1 + 1, nx)
        ahead, beyond = block[x0 + 1 : x2], index[x0 + 1 : x2] >= 0
        n = len(ahead)
        both = inside[:n] & beyond
        add(2, key[:n], both)
        add(3, key[:n], both & (ahead != part[:n]))
    return out[0], out[1], out[2], out[3]


def _surface_layers(
    columns: FloatArray,
    voids: FloatArray,
    links: FloatArray,
    walls: FloatArray,
    layer_m: float,
    seed: int,
    tiles: int,
) -> tuple[dict[str, dict[str, Any]], dict[str, list[dict[str, Any]]], dict[str, Any]]:
    """Surface layers by region, all steps found by region, and what the search was based on."""
    n = columns.shape[1]
    evidence: dict[str, Any] = {"layers": n, "tiles": tiles, "error_rate": ERROR_RATE}
    steps: dict[str, list[dict[str, Any]]] = {"outer_surface": [], "inner_surface": []}
    if n < 16:
        return {}, steps, evidence
    rng = np.random.default_rng(seed)
    for name, part, whole in (("porosity", voids, columns), ("surface_per_volume", walls, links)):
        weight = np.maximum(whole, 1)
        series = part.sum(0) / np.maximum(whole.sum(0), 1)
        covariance = _covariance(part / weight, whole)
        inside = slice(int(_INTERIOR[0] * n), math.ceil(_INTERIOR[1] * n))
        base = _polynomial(inside.stop - inside.start, 2)
        rest = series[inside] - base @ np.linalg.lstsq(base, series[inside], rcond=None)[0]
        own = float(rest.var())
        source = "columns"
        if own > 3 * covariance[0, 0]:
            # Layers that fluctuate as a whole (lamellae): the columns do not show it, the interior does.
            alone = _covariance(np.stack([rest, -rest]), np.ones((2, len(rest))))[0] * 2
            reach = np.zeros(n)
            reach[: len(alone)] = alone
            lag = np.abs(np.arange(n)[:, None] - np.arange(n)[None, :])
            covariance, source = reach[lag], "interior"
        noise = _noise(
            covariance, 1e-9 * max(float(np.abs(series).max()), 1e-9) + 1e-3 * math.sqrt(covariance[0, 0])
        )
        found, degree = _find_steps(series, noise, 2, rng)
        evidence[name] = {
            "interior_trend_degree": degree,
            "standard_deviation_of_a_layer": math.sqrt(covariance[0, 0]),
            "noise_from": source,
        }
        for s in found:
            region = ("outer_surface", "inner_surface")[s.side]
            inner = float(series[inside].mean())
            if abs(s.height) < _LEAST_STEP * inner:
                continue
            steps[region].append(
                {
                    "statistic": name,
                    "thickness_m": s.layers * layer_m,
                    "uncertainty_m": s.uncertainty * layer_m,
                    "relative_step": float(s.height / inner) if inner > 0 else None,
                    "score": s.score,
                    "critical_score": s.critical,
                    "layers": s.layers,
                }
            )
    layers = {}
    for region, every in steps.items():
        if every:
            layers[region] = max(every, key=lambda s: s["score"] / s["critical_score"])
    return layers, steps, evidence


def _layer_measurement(
    region: str,
    layers: dict[str, dict[str, Any]],
    steps: dict[str, list[dict[str, Any]]],
    surfaces: tuple[Surface, ...],
    evidence: dict[str, Any],
    spacing_m: float,
    count: int,
) -> Measurement:
    surface = surfaces[0 if region == "outer_surface" else 1]
    air = Check(
        "air outside",
        "pass" if surface.seen else "warn",
        f"the surface lies {surface.mean_m:.3g} m below the face of the volume"
        if surface.seen
        else "no air in the volume at this face: a surface layer only if the scan begins at the surface",
    )
    tiles = Check(
        "enough of the layer is seen",
        "pass" if evidence["tiles"] >= 9 else "warn",
        f"{evidence['tiles']} tiles of {_TILE_CHORDS:g} mean chords or more tell the fluctuation",
    )
    data = {
        **evidence,
        "steps": steps[region],
        "tilt_degrees": surface.tilt_degrees,
        "roughness_m": surface.roughness_m,
        "surface_seen": surface.seen,
    }
    if region not in layers:
        why = (
            f"no layer at this face differs from the interior at the error rate of {100 * ERROR_RATE:g} %"
            if count >= 16
            else f"{count} layers are too few to tell"
        )
        return Measurement(
            "surface_layer_thickness",
            None,
            "m",
            None,
            _METHOD,
            region,
            (air, tiles),
            data,
            ("ep1063256",),
            why,
        )
    best = layers[region]
    value, error = best["thickness_m"], best["uncertainty_m"]
    low, high = PATENT_LAYER_M
    usual = Check(
        "paragraph 44",
        "pass" if low <= value <= high else "warn",
        f"{value * 1e6:.3g} um; surface layers are usually 0.1 to 3 um thick",
    )
    reached = Check(
        "the interior is reached",
        "pass" if best["layers"] < 0.9 * _LONGEST * count else "warn",
        f"the layer takes {best['layers']} of {count} voxel layers; up to {int(_LONGEST * count)} are looked at",
    )
    return Measurement(
        "surface_layer_thickness",
        value,
        "m",
        error,
        _METHOD,
        region,
        (air, tiles, usual, reached),
        data,
        ("ep1063256",),
    )


def _thickness(
    columns: NDArray[np.int64],
    tile: NDArray[np.int64],
    tiles: int,
    cosine: float,
    surfaces: tuple[Surface, ...],
    spacing_m: float,
) -> Measurement:
    """`thickness`: mean of the columns that hold membrane, times the cosine of the tilt."""
    held = columns > 0
    scale = cosine * spacing_m
    method = PARA + "89(4): mean distance of the two surfaces, every column"
    if not held.any():
        why = "no column holds membrane between its surfaces"
        return Measurement("thickness", None, "m", None, method, "wall", reason=why)
    value = float(columns[held].mean()) * scale
    spread = float(columns[held].std()) * scale
    means = [
        float(columns[held & (tile == t)].mean()) * scale for t in range(tiles) if (held & (tile == t)).any()
    ]
    sampling = float(np.std(means, ddof=1) / math.sqrt(len(means))) if len(means) > 1 else 0.0
    # Either surface is known to half a voxel's uniform error.
    error = math.hypot(sampling, math.sqrt(2 / 12) * spacing_m)
    holes = Check(
        "membrane in every column",
        "pass" if held.all() else "warn",
        f"{100 * float((~held).mean()):.2g} % of the columns meet none",
    )
    evidence = {
        "standard_deviation_of_columns_m": spread,
        "tilt_degrees": [s.tilt_degrees for s in surfaces],
        "roughness_m": [s.roughness_m for s in surfaces],
        "columns": int(held.sum()),
        "surface": "envelope of the tops: first polymer of each column, opened over three mean chords",
    }
    return Measurement("thickness", value, "m", error, method, "wall", (holes,), evidence, ("ep1063256",))


def _pore_diameters(
    block: BoolVolume,
    wrap: Periodic,
    level: FloatVolume | None,
    axis: int,
    index: NDArray[np.int32],
    count: int,
    spacing_m: float,
) -> FloatArray:
    """Mean local thickness of the voids of each layer (a diameter); spheres centred in the air outside do not count."""
    wrapped = (wrap[0], wrap[1], False)
    cell = distance_map(block, wrapped, None if level is None else oriented(level, axis)).cell
    inside = index >= 0
    radius = local_thickness(np.where(inside, cell, np.float32(0)), wrapped)
    voids = inside & block
    key = index[voids]
    number = np.bincount(key, minlength=count)
    total = np.bincount(key, weights=radius[voids], minlength=count)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(number > 0, 2 * spacing_m * total / number, np.nan), dtype=np.float64)


def _slabs(
    void: BoolVolume,
    spacing_m: float,
    axis: int,
    level: FloatVolume | None,
    periodic: Periodic,
    slabs: int,
    measure: Measure | None,
    low: NDArray[np.int64],
    high: NDArray[np.int64],
    cosine: float,
) -> tuple[FloatArray, dict[str, list[float | None]]]:
    """Results of ``measure`` in plane slabs between the mean surfaces, each overlapping the next by half."""
    if measure is None or slabs == 0:
        return np.zeros(0), {}
    first = math.ceil(float(low.mean()))
    last = void.shape[axis] - math.ceil(float(high.mean()))
    n = last - first
    thick = max(round(2 * n / (slabs + 1)), min(4, n))
    starts: list[int] = []
    if n >= 4:
        starts = np.unique(np.round(np.linspace(first, last - thick, slabs)).astype(int)).tolist()
    flags = tuple(bool(p) and ax != axis for ax, p in enumerate(periodic))
    depth: list[float] = []
    results: dict[str, list[float | None]] = {}
    for i, start in enumerate(starts):
        cut: list[slice] = [slice(None)] * 3
        cut[axis] = slice(start, start + thick)
        part = np.ascontiguousarray(void[tuple(cut)])
        field = None if level is None else np.ascontiguousarray(level[tuple(cut)])
        depth.append((start + thick / 2 - float(low.mean())) * spacing_m * cosine)
        for m in measure(part, spacing_m, flags, field):  # type: ignore[arg-type]
            if isinstance(m.value, str):
                continue
            name = f"{m.name}:{m.region}" if m.region else m.name
            row = results.setdefault(name, [None] * len(starts))
            row[i] = float(m.value) if m.defined and m.value is not None else None
    return np.array(depth), results
