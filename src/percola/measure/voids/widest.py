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

# Buckets for real radii: at 256^3 a handful of voxels wait in one of them at a time.
_BUCKETS = 1 << 20


@njit(cache=True, nogil=True)
def _flood(radius, shape, wrap, inlets, scale, buckets, until, access, following):  # type: ignore[no-untyped-def]
    """Flood from the inlet faces (x low, x high, y low, ...) through the widest voxels first; C order.

    Writes the level at which each voxel is reached into ``access`` (0 at the start) and returns the voxel at whose
    opening the last layer along z was first reached and the one reached there, or -1, -1. With ``until`` it stops then.
    ``following`` links the voxels that wait in one bucket, and those of the present level (a stack).
    """
    nx, ny, nz = shape
    plane = ny * nz
    head = np.full(buckets, np.int32(-1), np.int32)
    neighbour = np.empty(6, np.int64)
    top = np.int64(0)
    exact = scale > 0  # real radii: a bucket holds a range of them
    for face in range(6):
        if not inlets[face]:
            continue
        ax = face // 2
        n = shape[ax]
        fixed = 0 if face % 2 == 0 else n - 1
        for i in range(fixed if ax == 0 else 0, fixed + 1 if ax == 0 else nx):
            for j in range(fixed if ax == 1 else 0, fixed + 1 if ax == 1 else ny):
                for k in range(fixed if ax == 2 else 0, fixed + 1 if ax == 2 else nz):
                    v = i * plane + j * nz + k
                    if radius[v] > 0 and access[v] == 0:
                        access[v] = radius[v]
                        key = np.int64(radius[v] * scale) if exact else np.int64(radius[v])
                        following[v] = head[key]
                        head[key] = v
                        top = max(top, key)
    gate, met = np.int64(-1), np.int64(-1)
    while top >= 0:
        v = np.int64(head[top])
        if v < 0:
            top -= 1
            continue
        if exact and following[v] >= 0:
            # The widest of this bucket, taken out of its list.
            before, best = np.int64(-1), v
            prior, m = v, np.int64(following[v])
            while m >= 0:
                if radius[m] > radius[best]:
                    before, best = prior, m
                prior, m = m, np.int64(following[m])
            v = best
            if before < 0:
                head[top] = following[v]
            else:
                following[before] = following[v]
        else:
            head[top] = following[v]
        start = v
        level = access[v]
        following[v] = np.int32(-1)
        stack = v
        while stack >= 0:
            v = stack
            stack = np.int64(following[v])
            line = v // nz
            z = v - line * nz
            x = line // ny
            y = line - x * ny
            if z == nz - 1 and met < 0:
                gate, met = start, v
                if until:
                    return gate, met
            count = 0
            if z > 0:
                neighbour[count] = v - 1
                count += 1
            elif wrap[2]:
                neighbour[count] = v + nz - 1
                count += 1
            if z < nz - 1:
                neighbour[count] = v + 1
                count += 1
            elif wrap[2]:
                neighbour[count] = v - nz + 1
                count += 1
            if y > 0:
                neighbour[count] = v - nz
                count += 1
            elif wrap[1]:
                neighbour[count] = v + plane - nz
                count += 1
            if y < ny - 1:
                neighbour[count] = v + nz
                count += 1
            elif wrap[1]:
                neighbour[count] = v - plane + nz
                count += 1
            if x > 0:
                neighbour[count] = v - plane
                count += 1
            elif wrap[0]:
                neighbour[count] = v + (nx - 1) * plane
                count += 1
            if x < nx - 1:
                neighbour[count] = v + plane
                count += 1
            elif wrap[0]:
                neighbour[count] = v - (nx - 1) * plane
                count += 1
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
                    key = np.int64(r * scale) if exact else np.int64(r)
                    following[m] = head[key]
                    head[key] = m
    return gate, met


Inlets = tuple[bool, bool, bool, bool, bool, bool]
LOW_Z: Inlets = (False, False, False, False, True, False)
"""The face at which the flow axis begins."""


def flood(
    values: NDArray[Any], periodic: Periodic, inlets: Sequence[bool] = LOW_Z, until: bool = False
) -> tuple[NDArray[Any], int, int]:
    """Maximin level of every voxel from the inlet faces: the largest, over all paths, of the smallest value on the path.

    Args:
        values: (nx, ny, nz), real or whole numbers, 0 or less where nothing passes.
        periodic: whether each axis wraps.
        inlets: which faces the flood comes from: x low, x high, y low, y high, z low, z high.
        until: stop where the last layer along z is reached (levels are then known only above that).

    Returns the levels (0 where nothing arrives), and the flat index of the narrowest voxel of the widest path to the last
        layer along z and of where it arrives there; both -1 without one.
    """
    if values.size > 2**31 - 10:
        raise ResourceError("radius", f"{values.size} voxels", "fewer than 2^31", "crop the volume")
    flat = np.ascontiguousarray(values).ravel()
    whole = flat.dtype.kind in "iu"
    largest = float(flat.max())
    access = np.zeros(flat.size, flat.dtype)
    if largest <= 0:
        return access.reshape(values.shape), -1, -1
    buckets = int(largest) + 1 if whole else _BUCKETS + 1
    scale = 0.0 if whole else _BUCKETS / largest
    following = np.empty(flat.size, np.int32)
    gate, met = _flood(
        flat,
        np.array(values.shape, np.int64),
        np.array(periodic, np.bool_),
        np.array(inlets, np.bool_),
        scale,
        buckets,
        until,
        access,
        following,
    )
    return access.reshape(values.shape), int(gate), int(met)


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
    levels, gate, met = flood(r, (bool(periodic[0]), bool(periodic[1]), False), LOW_Z, not access)
    reached = levels if access else None
    if met < 0:
        return WidestPath(0.0, None, reached)
    throat = tuple(int(i) for i in np.unravel_index(gate, r.shape))
    level = float(levels.ravel()[met])
    return WidestPath(math.sqrt(level) - SURFACE if whole else level, throat, reached)  # type: ignore[arg-type]
