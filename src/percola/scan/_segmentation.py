"""The result of a segmentation, and passes over the grey values that it needs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from percola.measure import _parallel
from percola.measure._volume import BoolVolume, FloatVolume
from percola.measurement import Check
from percola.scan._blocks import Lazy, slabs
from percola.scan._histogram import Histogram
from percola.scan.volume import ArrayLike, Volume


@dataclass(frozen=True)
class Segmentation:
    """A volume parted into voids and solid, and how well the grey values told them apart.

    Attributes:
        void: True in voids, (nx, ny, nz); images are one voxel thick.
        level: field below zero in voids whose zero is the wall, about 1 per voxel steep there; None where there
            is none or the scan is too noisy or too sharp for one (``level_reason``).
        thresholds: grey values at which the classes part, rising; empty for binary and label volumes.
        method: the method asked for.
        void_side: "dark" or "bright", which side of the thresholds is void; "" where voids are chosen by value
            or by class.
        void_classes: numbers of the classes (0: darkest) that are void.
        histogram: of the grey values; None for fields that Percola wrote.
        statistics: what the person or the report may want to know of the separation (see ``segment``).
        checks: validity, with numbers.
        notes: what was done or assumed, each a sentence.
        record: all choices, JSON-like, enough to repeat the segmentation.
        level_reason: why there is no level field.
        citations: keys of ``references.bib``.
    """

    void: BoolVolume
    level: FloatVolume | None
    thresholds: tuple[float, ...]
    method: str
    void_side: str = ""
    void_classes: tuple[int, ...] = ()
    histogram: Histogram | None = None
    statistics: Mapping[str, Any] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    notes: tuple[str, ...] = ()
    record: Mapping[str, Any] = field(default_factory=dict)
    level_reason: str = ""
    citations: tuple[str, ...] = ()

    @property
    def porosity(self) -> float:
        """Share of the voxels that are void."""
        return float(np.count_nonzero(self.void) / self.void.size)

    @property
    def wall_threshold(self) -> float | None:
        """The one grey value at which void and solid part, or None where there are several or none."""
        return wall_threshold(self.method, self.thresholds, self.void_classes, self.void_side)


def wall_threshold(
    method: str, thresholds: tuple[float, ...], void_classes: tuple[int, ...], side: str
) -> float | None:
    """The threshold that parts void from solid, where one does."""
    if not thresholds:
        return None
    if method == "hysteresis":
        return thresholds[-1] if side == "dark" else thresholds[0]
    classes = set(void_classes)
    lowest, highest = (
        set(range(len(classes))),
        set(range(len(thresholds) + 1 - len(classes), len(thresholds) + 1)),
    )
    if classes == lowest:
        return thresholds[len(classes) - 1]
    if classes == highest:
        return thresholds[len(thresholds) - len(classes)]
    return None


@dataclass(frozen=True)
class Edges:
    """What the grey values do at the wall and within the phases.

    Attributes:
        gradient: root mean square gradient at the wall, noise taken off [grey values per voxel].
        noise: standard deviation of independent noise of the voxels [grey values].
        between: share of the voxels beside the wall whose grey lies between the inner 80 % of the contrast.
        wall_voxels: share of all voxels that lie beside the wall.
    """

    gradient: float
    noise: float
    between: float
    wall_voxels: float


def three_axes(volume: Volume) -> NDArray[Any] | ArrayLike:
    """The values of a volume on three axes: an image becomes one voxel thick."""
    if volume.ndim == 3:
        return volume.values
    return np.asarray(volume.values[...])[:, :, None]


def periodic3(volume: Volume) -> tuple[bool, bool, bool]:
    """Which of the three axes wrap."""
    flags = tuple(bool(p) for p in volume.periodic) + (False,) * (3 - volume.ndim)
    return flags  # type: ignore[return-value]


@njit(cache=True, nogil=True)
def _edges(g, t, inner_low, inner_high, a, b, total):  # type: ignore[no-untyped-def]
    """Voxels a <= x < b beside the wall: number, sum of squared gradients, number between the inner values."""
    nx, ny, nz = g.shape
    for x in range(a, b):
        xm, xp = max(x - 1, 0), min(x + 1, nx - 1)
        for y in range(ny):
            ym, yp = max(y - 1, 0), min(y + 1, ny - 1)
            for z in range(nz):
                zm, zp = max(z - 1, 0), min(z + 1, nz - 1)
                c = g[x, y, z]
                side = c < t
                if (
                    (g[xm, y, z] < t) == side
                    and (g[xp, y, z] < t) == side
                    and (g[x, ym, z] < t) == side
                    and (g[x, yp, z] < t) == side
                    and (g[x, y, zm] < t) == side
                    and (g[x, y, zp] < t) == side
                ):
                    continue
                # One-sided at the faces of the box: the difference is over one voxel there.
                dx = (g[xp, y, z] - g[xm, y, z]) / max(xp - xm, 1)
                dy = (g[x, yp, z] - g[x, ym, z]) / max(yp - ym, 1)
                dz = (g[x, y, zp] - g[x, y, zm]) / max(zp - zm, 1)
                total[0] += 1
                total[1] += dx * dx + dy * dy + dz * dz
                if c > inner_low and c < inner_high:
                    total[2] += 1


def edges(
    values: NDArray[Any] | ArrayLike, threshold: float, dark: float, bright: float, sample: int = 1 << 20
) -> Edges:
    """Gradient at the wall, noise, and whether the wall is blurred enough to hold its place between voxels.

    The noise is that of second differences taken along every axis in turn, (1, -2, 1) x (1, -2, 1) x (1, -2, 1),
    which cancel what varies along two axes only (flat walls, shading) and amplify the variance of independent
    noise 6-fold an axis (Immerkaer 1996, there on images): median absolute value over 0.6745. Noise that is
    smooth over several voxels is not seen by it.
    """
    shape = tuple(int(n) for n in values.shape)
    axes = [ax for ax in range(3) if shape[ax] >= 3]
    total = np.zeros(3)
    rough: list[NDArray[np.float32]] = []
    stride = max(1, round((math.prod(shape) / sample) ** (1 / 3)))
    margin = 0.1 * (bright - dark)
    for _, inner, part in slabs(values, halo=1):
        g = np.ascontiguousarray(part, dtype=np.float32)
        # The halo is read for the neighbours but not counted, whichever axis the slabs lie across.
        ax = next((i for i in range(3) if inner[i].stop - inner[i].start < part.shape[i]), 0)
        turned = np.ascontiguousarray(np.moveaxis(g, ax, 0))
        lo, hi = inner[ax].start, inner[ax].stop
        ranges = [(lo + a, lo + b) for a, b in _parallel.slabs(hi - lo)]
        found = [np.zeros(3) for _ in ranges]
        tasks = dict(zip(ranges, found, strict=True))
        _parallel.run(
            lambda a, b, v=turned, t=tasks: _edges(  # type: ignore[misc]
                v, threshold, dark + margin, bright - margin, a, b, t[(a, b)]
            ),
            ranges,
        )
        for f in found:
            total += f
        if axes:
            second = g
            for i in axes:
                if second.shape[i] < 3:
                    second = second[:0]
                    break
                n = second.shape[i]
                parts = [np.take(second, range(k, n - 2 + k, stride), axis=i) for k in range(3)]
                second = parts[0] - 2 * parts[1] + parts[2]
            rough.append(np.abs(second).ravel())
    every = np.concatenate(rough) if rough else np.empty(0, np.float32)
    noise = float(np.median(every)) / 0.6745 / math.sqrt(6.0 ** len(axes)) if every.size else 0.0
    if total[0] == 0:
        return Edges(0.0, noise, 0.0, 0.0)
    # A central difference of independent noise has half its variance, along each axis.
    square = total[1] / total[0] - 0.5 * len(axes) * noise**2
    raw = total[1] / total[0]
    return Edges(
        math.sqrt(max(square, 0.25 * raw)),
        noise,
        float(total[2] / total[0]),
        float(total[0] / math.prod(shape)),
    )


def part_by_threshold(
    values: NDArray[Any] | ArrayLike, threshold: float, dark_is_void: bool, scale: float | None
) -> tuple[BoolVolume, FloatVolume | None]:
    """Voids on one side of a threshold, and with a scale the level field (grey - threshold) scale, slab by
    slab.
    """
    shape = tuple(int(n) for n in values.shape)
    void = np.empty(shape, np.bool_)
    level = None if scale is None else np.empty(shape, np.float32)
    sign = 1.0 if dark_is_void else -1.0

    def fill(place: tuple[slice, ...], part: NDArray[Any]) -> None:
        # Rounded once, so that the voids are exactly where the level field is below zero.
        long = part.dtype.itemsize > 4 or (part.dtype.kind in "ui" and part.dtype.itemsize > 2)
        d: NDArray[np.floating[Any]] = part.astype(np.float64 if long else np.float32)
        d = (d - d.dtype.type(threshold)) * d.dtype.type(sign if scale is None else sign * scale)
        if level is not None:
            level[place] = d
            np.less(level[place], 0, out=void[place])
        else:
            np.less(d, 0, out=void[place])

    _each_slab(values, fill)
    return void, level


def part_by_classes(
    values: NDArray[Any] | ArrayLike, thresholds: tuple[float, ...], void_classes: tuple[int, ...]
) -> BoolVolume:
    """Voids where the class of the grey value is one of the void classes."""
    void = np.empty(tuple(int(n) for n in values.shape), np.bool_)
    chosen = np.zeros(len(thresholds) + 1, np.bool_)
    chosen[list(void_classes)] = True

    def fill(place: tuple[slice, ...], part: NDArray[Any]) -> None:
        void[place] = chosen[np.searchsorted(np.asarray(thresholds), part, side="right")]

    _each_slab(values, fill)
    return void


def part_by_values(values: NDArray[Any] | ArrayLike, chosen: tuple[float, ...]) -> BoolVolume:
    """Voids where the value is one of the chosen."""
    void = np.empty(tuple(int(n) for n in values.shape), np.bool_)

    def fill(place: tuple[slice, ...], part: NDArray[Any]) -> None:
        void[place] = part == chosen[0] if len(chosen) == 1 else np.isin(part, chosen)

    _each_slab(values, fill)
    return void


def _each_slab(
    values: NDArray[Any] | ArrayLike, task: Callable[[tuple[slice, ...], NDArray[Any]], None]
) -> None:
    """Read slabs one after another; each is worked on by threads, in pieces that do not depend on their
    number.
    """
    for place, _, part in slabs(values):
        ax = int(np.argmax(part.shape))

        def piece(
            a: int, b: int, part: NDArray[Any] = part, place: tuple[slice, ...] = place, ax: int = ax
        ) -> None:
            cut = [slice(None)] * part.ndim
            cut[ax] = slice(a, b)
            where = list(place)
            where[ax] = slice(place[ax].start + a, place[ax].start + b)
            task(tuple(where), part[tuple(cut)])

        _parallel.run(piece, _parallel.slabs(part.shape[ax], 8))


def central(volume: Volume, edge: int) -> tuple[slice, ...]:
    """The central box of at most ``edge`` voxels a side, on three axes."""
    shape = (*volume.shape, 1)[:3]
    return tuple(slice((n - min(n, edge)) // 2, (n - min(n, edge)) // 2 + min(n, edge)) for n in shape)


def window(values: NDArray[Any] | ArrayLike, box: tuple[slice, ...]) -> NDArray[Any] | ArrayLike:
    """Part of the values, read only when asked for where they lie in a file."""
    if isinstance(values, np.ndarray):
        return values[box]
    return Lazy(values, box)
