"""Distance to the nearest polymer voxel, exact on the lattice, as a whole number.

Squared distances between voxel centres are whole numbers, so they are kept as such: two bytes a voxel, compared without
rounding, sorted by counting. Where voxels are all that is known, or a volume is large, this is the fast mode beside the
sub-voxel one of :mod:`percola.measure.voids.distance`.

The map is separable: d2(x) = min over polymer voxels p of |x - p|^2 is taken along z, then y, then x (Felzenszwalb and
Huttenlocher, Theory of Computing 8 (2012) 415, section 3). Instead of their lower envelope every line looks only as far
as the largest distance still standing on it, whole rows at a time: for pores of tens of voxels this is a few vector
instructions a voxel, and it wraps around periodic faces without unrolling.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numba import njit
from numpy.typing import NDArray

from percola.errors import InputError, ResourceError
from percola.measure import _parallel
from percola.measure._volume import BoolVolume, FloatVolume, Periodic

Mode = Literal["subvoxel", "voxel"]
"""Which spheres: of the sub-voxel distance map, or of whole squared distances between voxel centres."""

SquaredVolume = NDArray[np.integer]
"""Squared distances between voxel centres, uint16 or int32, 0 in polymer."""

SURFACE = 0.0
"""Where the wall is taken to lie, in voxels from the centre of the nearest polymer voxel towards the void. At its centre (0)
curved walls are read best, since among the many voxels of such a wall one has its centre almost on it. At its face (1/2,
the digitized surface) lattice planes are exact, but tubes and throats of bicontinuous fields half a voxel narrower."""

# Largest square kept in 16 bits: the sum of two does not overflow. The same in 32 bits.
_SHORT = 32767
FAR = 2**30 - 1
"""Squared distance where there is no polymer at all."""
KINDS: tuple[tuple[type[np.integer], int], ...] = ((np.uint16, _SHORT), (np.int32, FAR))
"""Types that hold squared distances, and the largest each may hold."""


@njit(cache=True, nogil=True)
def _along_z(void, wrap, cap, out, x0, x1):  # type: ignore[no-untyped-def]
    """Squared distance to the nearest polymer voxel on the same line along z, at most ``cap``."""
    _, ny, nz = void.shape
    far = 4 * nz + 40000
    line = np.empty(nz, np.int64)
    for x in range(x0, x1):
        for y in range(ny):
            gap = far
            if wrap:
                for z in range(nz - 1, -1, -1):
                    if not void[x, y, z]:
                        gap = nz - 1 - z
                        break
            for z in range(nz):
                gap = gap + 1 if void[x, y, z] else 0
                line[z] = gap
            gap = far
            if wrap:
                for z in range(nz):
                    if not void[x, y, z]:
                        gap = z
                        break
            for z in range(nz - 1, -1, -1):
                gap = gap + 1 if void[x, y, z] else 0
                nearest = min(gap, line[z])
                out[x, y, z] = min(nearest * nearest, cap)


@njit(cache=True, nogil=True)
def _lowest(plane, wrap, cap, n, out):  # type: ignore[no-untyped-def]
    """out[z] = min over rows j of plane[j, z] + (j - n)^2: as far as the largest value still standing asks."""
    rows, nz = plane.shape
    top = plane.dtype.type(0)
    for z in range(nz):
        out[z] = plane[n, z]
        top = max(top, out[z])
    step = 0
    reach = rows // 2 if wrap else max(n, rows - 1 - n)
    while step < reach:
        step += 1
        if step * step >= top:
            break
        square = plane.dtype.type(min(step * step, cap))
        for side in range(2):
            j = n - step if side == 0 else n + step
            if j < 0:
                if not wrap:
                    continue
                j += rows
            elif j >= rows:
                if not wrap:
                    continue
                j -= rows
            for z in range(nz):
                there = plane.dtype.type(plane[j, z] + square)
                here = out[z]
                out[z] = there if there < here else here
        if step % 2 == 0:
            top = plane.dtype.type(0)
            for z in range(nz):
                top = max(top, out[z])


@njit(cache=True, nogil=True)
def _along_y(d2, wrap, cap, x0, x1):  # type: ignore[no-untyped-def]
    for x in range(x0, x1):
        plane = d2[x].copy()
        for y in range(d2.shape[1]):
            _lowest(plane, wrap, cap, y, d2[x, y])


@njit(cache=True, nogil=True)
def _along_x(d2, wrap, cap, y0, y1):  # type: ignore[no-untyped-def]
    """Returns the largest squared distance."""
    largest = np.int64(0)
    plane = np.empty((d2.shape[0], d2.shape[2]), d2.dtype)
    for y in range(y0, y1):
        for x in range(d2.shape[0]):
            plane[x] = d2[x, y]
        for x in range(d2.shape[0]):
            _lowest(plane, wrap, cap, x, d2[x, y])
            for z in range(d2.shape[2]):
                largest = max(largest, np.int64(d2[x, y, z]))
    return largest


def voxel_distance(void: BoolVolume, periodic: Periodic) -> SquaredVolume:
    """Squared distance, voxel centre to voxel centre, from each void voxel to the nearest polymer voxel; 0 in polymer.

    d2(x) = min over polymer voxels p of |x - p|^2, a whole number of voxels squared, exact.

    Args:
        void: True in voids, (nx, ny, nz).
        periodic: whether each axis wraps. Beyond a face that does not, nothing is known: no wall is assumed there.

    Returns 16-bit numbers where they hold every distance (up to 181 voxels), else 32-bit ones. Without any polymer all
        are :data:`FAR`. As a radius see :func:`voxel_radius`.
    Memory: 2 bytes a voxel and one plane a thread. Time: linear in voxels for distances of tens of voxels; it grows with
        the largest distance, at most to voxels times the longest axis.
    Bias: that of :func:`voxel_radius`.
    """
    void = np.ascontiguousarray(void)
    if max(void.shape) > 16000:
        raise ResourceError("void.shape", f"{void.shape}", "axes of at most 16000 voxels", "crop the volume")
    nx, ny, _ = void.shape
    wx, wy, wz = (bool(p) for p in periodic)
    for dtype, cap in KINDS:
        d2 = np.empty(void.shape, dtype)
        _parallel.run(lambda a, b, o=d2, c=cap: _along_z(void, wz, c, o, a, b), _parallel.slabs(nx))  # type: ignore[misc]
        _parallel.run(lambda a, b, o=d2, c=cap: _along_y(o, wy, c, a, b), _parallel.slabs(nx))  # type: ignore[misc]
        tops = _parallel.run(lambda a, b, o=d2, c=cap: _along_x(o, wx, c, a, b), _parallel.slabs(ny))  # type: ignore[misc]
        if max(tops) < cap:
            break
    return d2


def voxel_radius(squared: SquaredVolume, surface_voxels: float = SURFACE) -> FloatVolume:
    """Radius of the sphere about each void voxel's centre, in voxels: r = sqrt(d2) - surface_voxels, 0 in polymer.

    Bias with the wall at the nearest polymer voxel's centre (the default): tubes of 3 to 12 voxels -0.2 +- 0.15 voxel
        (low: the axis falls between voxel centres), bubble points of bicontinuous fields -0.2 to -0.5, slits on
        lattice planes 0 (even widths) or +0.5 (odd). With ``surface_voxels`` = 1/2 half a voxel less: slits -0.5 or 0.
    """
    out = np.sqrt(squared, dtype=np.float32)
    if surface_voxels:
        out -= np.float32(surface_voxels)
        np.maximum(out, 0, out=out)
    return out


def single_spacing(spacing_m: float) -> None:
    """Refuse voxels that are no cubes: spheres on them are none on the lattice."""
    if not isinstance(spacing_m, (int, float, np.floating, np.integer)):
        raise InputError(
            "spacing_m",
            f"{spacing_m!r}",
            "one number of metres: cubic voxels",
            "resample the volume to cubic voxels first",
        )


def discretization_m(spacing_m: float, level: bool, mode: Mode) -> float:
    """Standard deviation of a radius from the lattice [m], by the phantoms of ``docs/theory/measuring.md``: 0.05 voxel with
    a level field, 0.2 from voxels by the sub-voxel map, 0.35 from whole squared distances (all of them read low).
    """
    return (0.35 if mode == "voxel" else 0.05 if level else 0.2) * spacing_m
