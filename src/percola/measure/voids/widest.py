"""The widest path through the voids: bubble point, access radius and intrusion in one pass.

A sphere passes from face to face along the path whose narrowest place is widest (maximin). The voids are flooded from
the inlet, always through the widest voxel at the edge of what is flooded (Prim's algorithm for the maximum spanning
tree; Pollack, Oper. Res. 8 (1960) 733, for the maximin path): the level at which a voxel is reached is its access radius,
the level at which the far face is first reached the percolating radius. The edge waits in buckets, so the flood is linear
in voxels; among the few of one bucket the widest goes first, so it is exact.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from percola.errors import ResourceError
from percola.measure._volume import FloatVolume, Periodic
from percola.measure.voids.voxel import FAR, SURFACE, SquaredVolume

# Buckets for real radii: on the way to the far face so many that few voxels wait in one, for the whole map few.
_BUCKETS = 1 << 20
_COARSE = 256


@njit(cache=True, nogil=True)
def _neighbours(v, nx, ny, nz, wrap, out):  # type: ignore[no-untyped-def]
    """Flat indices of the neighbours by faces; returns their number."""
    plane = ny * nz
    line = v // nz
    z = v - line * nz
    x = line // ny
    y = line - x * ny
    count = 0
    if z > 0:
        out[count] = v - 1
        count += 1
    elif wrap[2]:
        out[count] = v + nz - 1
        count += 1
    if z < nz - 1:
        out[count] = v + 1
        count += 1
    elif wrap[2]:
        out[count] = v - nz + 1
        count += 1
    if y > 0:
        out[count] = v - nz
        count += 1
    elif wrap[1]:
        out[count] = v + plane - nz
        count += 1
    if y < ny - 1:
        out[count] = v + nz
        count += 1
    elif wrap[1]:
        out[count] = v - plane + nz
        count += 1
    if x > 0:
        out[count] = v - plane
        count += 1
    elif wrap[0]:
        out[count] = v + (nx - 1) * plane
        count += 1
    if x < nx - 1:
        out[count] = v + plane
        count += 1
    elif wrap[0]:
        out[count] = v - (nx - 1) * plane
        count += 1
    return count


@njit(cache=True, nogil=True)
def _enter(radius, shape, inlets, scale, access, following, head):  # type: ignore[no-untyped-def]
    """Put the voxels of the inlet faces (x low, x high, y low, ...) into their buckets; returns the highest used."""
    nx, ny, nz = shape
    top = np.int64(-1)
    for face in range(6):
        if not inlets[face]:
            continue
        ax = face // 2
        fixed = 0 if face % 2 == 0 else shape[ax] - 1
        for i in range(fixed if ax == 0 else 0, fixed + 1 if ax == 0 else nx):
            for j in range(fixed if ax == 1 else 0, fixed + 1 if ax == 1 else ny):
                for k in range(fixed if ax == 2 else 0, fixed + 1 if ax == 2 else nz):
                    v = (i * ny + j) * nz + k
                    if radius[v] > 0 and access[v] == 0:
                        access[v] = radius[v]
                        key = np.int64(radius[v] * scale)
                        following[v] = head[key]
                        head[key] = v
                        top = max(top, key)
    return top


@njit(cache=True, nogil=True)
def _passage(radius, shape, wrap, inlets, scale, buckets, access, following):  # type: ignore[no-untyped-def]
    """Flood through the widest voxel at the edge first until the last layer along z is reached.

    Returns the voxel through which it was reached (the last one taken from the edge, the narrowest on the way) and the one
    reached, or -1, -1. ``following`` links the voxels of a bucket, and those on the stack of the present level.
    """
    nx, ny, nz = shape
    head = np.full(buckets, np.int32(-1), np.int32)
    neighbour = np.empty(6, np.int64)
    top = _enter(radius, shape, inlets, scale, access, following, head)
    while top >= 0:
        v = np.int64(head[top])
        if v < 0:
            top -= 1
            continue
        # The widest of this bucket, taken out of its list.
        before, best = np.int64(-1), v
        prior, m = v, np.int64(following[v])
        while m >= 0 and scale != 1:
            if radius[m] > radius[best]:
                before, best = prior, m
            prior, m = m, np.int64(following[m])
        v = best
        if before < 0:
            head[top] = following[v]
        else:
            following[before] = following[v]
        start = v
        level = access[v]
        following[v] = np.int32(-1)
        stack = v
        while stack >= 0:
            v = stack
            stack = np.int64(following[v])
            if v % nz == nz - 1:
                return start, v
            count = _neighbours(v, nx, ny, nz, wrap, neighbour)
            for c in range(count):
                m = neighbour[c]
                if access[m] != 0:
                    continue
                r = radius[m]
                if r >= level:
                    access[m] = level
                    following[m] = stack
                    stack = m
                elif r > 0:
                    access[m] = r
                    key = np.int64(r * scale)
                    following[m] = head[key]
                    head[key] = m
    return np.int64(-1), np.int64(-1)


@njit(cache=True, nogil=True)
def _levels(radius, shape, wrap, inlets, scale, buckets, access, following):  # type: ignore[no-untyped-def]
    """Maximin level of every voxel, written into ``access`` (0 at the start).

    Buckets are coarse, so that neighbours are done together while they are in the cache. What a bucket reached by a way
    that is not the widest is done again when a wider one comes: levels only rise, and end exact.
    """
    nx, ny, nz = shape
    idle = np.int32(-2)  # in no list
    head = np.full(buckets, np.int32(-1), np.int32)
    neighbour = np.empty(6, np.int64)
    following[:] = idle
    top = _enter(radius, shape, inlets, scale, access, following, head)
    while top >= 0:
        stack = np.int64(head[top])
        head[top] = -1
        if stack < 0:
            top -= 1
            continue
        while stack >= 0:
            v = stack
            stack = np.int64(following[v])
            following[v] = idle
            level = access[v]
            count = _neighbours(v, nx, ny, nz, wrap, neighbour)
            for c in range(count):
                m = neighbour[c]
                old = access[m]
                if old >= level:
                    continue
                r = radius[m]
                new = level if r > level else r
                if new <= old:
                    continue
                access[m] = new
                if following[m] != idle:
                    continue  # waits already, and will go on with the new level
                key = np.int64(new * scale)
                if key >= top:
                    following[m] = stack
                    stack = m
                else:
                    following[m] = head[key]
                    head[key] = m


Inlets = tuple[bool, bool, bool, bool, bool, bool]
LOW_Z: Inlets = (False, False, False, False, True, False)
"""The face at which the flow axis begins."""


def _prepared(values: NDArray[Any], most: int) -> tuple[NDArray[Any], float, int]:
    """Values in one line, and what they are multiplied by to give their bucket, and the number of buckets."""
    if values.size > 2**31 - 10:
        raise ResourceError("radius", f"{values.size} voxels", "fewer than 2^31", "crop the volume")
    flat = np.ascontiguousarray(values).ravel()
    largest = float(flat.max())
    if largest <= 0:
        return flat, 0.0, 0
    if flat.dtype.kind in "iu":
        return flat, 1.0, int(largest) + 1
    return flat, most / largest, most + 2


def flood(values: NDArray[Any], periodic: Periodic, inlets: Sequence[bool] = LOW_Z) -> NDArray[Any]:
    """Maximin level of every voxel from the inlet faces: the largest, over all paths, of the smallest value on the path.

    Args:
        values: (nx, ny, nz), real or whole numbers, 0 or less where nothing passes.
        periodic: whether each axis wraps.
        inlets: which faces the flood comes from: x low, x high, y low, y high, z low, z high.

    Returns the levels, 0 where nothing arrives; exact. Memory: 4 bytes a voxel beside them.
    """
    flat, scale, buckets = _prepared(values, _COARSE)
    access = np.zeros(flat.size, flat.dtype)
    if buckets:
        following = np.empty(flat.size, np.int32)
        _levels(
            flat,
            values.shape,
            np.array(periodic, np.bool_),
            np.array(inlets, np.bool_),
            scale,
            buckets,
            access,
            following,
        )
    return access.reshape(values.shape)


def passage(values: NDArray[Any], periodic: Periodic) -> tuple[float, int]:
    """Maximin level from the low to the high face of the last axis, and the flat index of the narrowest voxel on the way;
    0 and -1 without a way.

    As :func:`flood`, but stops at the far face: only what is wider than the narrowest place is seen.
    """
    flat, scale, buckets = _prepared(values, _BUCKETS)
    if not buckets:
        return 0.0, -1
    access = np.zeros(flat.size, flat.dtype)
    following = np.empty(flat.size, np.int32)
    gate, met = _passage(
        flat,
        values.shape,
        np.array(periodic, np.bool_),
        np.array(LOW_Z, np.bool_),
        scale,
        buckets,
        access,
        following,
    )
    return (float(access[met]), int(gate)) if met >= 0 else (0.0, -1)


@dataclass(frozen=True)
class WidestPath:
    """Result of the maximin pass along the last axis, radii in voxels.

    Attributes: radius: radius of the largest sphere that passes from face to face, 0 if none does. throat:
        voxel of the narrowest place of that path, None without a path. access: largest sphere that reaches each voxel
        from the low face (0 where none) in the numbers given, radii or squared distances; None if not asked for.
    """

    radius: float
    throat: tuple[int, int, int] | None
    access: NDArray[Any] | None


def widest_path(radius: FloatVolume | SquaredVolume, periodic: Periodic, access: bool = False) -> WidestPath:
    """Maximin pass along the last axis over a map of sphere radii (``DistanceMap.cell``; 0 in polymer) or of squared
    distances between voxels (:func:`percola.measure.voids.voxel.voxel_distance`, whole numbers).

    The last axis never wraps. Exact: of real radii no rounding to classes, of whole numbers none is needed.
    Cost: linear in voxels; without the access map only as far as the path asks. Memory: 4 bytes a voxel and those of
    the access map.
    """
    whole = radius.dtype.kind in "iu"
    r = radius if whole else np.asarray(radius, dtype=np.float32)
    unlimited = bool((r == FAR).all()) if whole else not bool(np.isfinite(r).all())
    if unlimited:
        full: NDArray[Any] | None = np.full(r.shape, FAR if whole else np.inf, r.dtype) if access else None
        return WidestPath(math.inf, None, full)
    closed = (bool(periodic[0]), bool(periodic[1]), False)
    level, gate = passage(r, closed)
    reached = flood(r, closed) if access else None
    if gate < 0:
        return WidestPath(0.0, None, reached)
    throat = tuple(int(i) for i in np.unravel_index(gate, r.shape))
    return WidestPath(math.sqrt(level) - SURFACE if whole else level, throat, reached)  # type: ignore[arg-type]
