"""The widest path through the voids: bubble point, access radius and intrusion in one pass.

A sphere passes from face to face along the path whose narrowest place is widest (maximin). Void voxels are
joined in the order of falling radius (union-find, as in Kruskal's algorithm); the radius at which both faces
first belong to one cluster is the percolating radius, and the radius at which a voxel joins the cluster of
the inlet is its access radius.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit

from percola.errors import ResourceError
from percola.measure._volume import FloatVolume, Periodic

_LEVELS = 65535


@njit(cache=True, nogil=True)
def _join(order, radius, shape, wrap, parent, following, access):  # type: ignore[no-untyped-def]
    """Union of voxels by falling radius. Returns the place in the order at which inlet and outlet first meet,
    or -1.

    Nodes are voxels (C order) plus inlet = size and outlet = size + 1. With ``access`` empty it stops at the
    meeting; else it goes on and writes the access radius of every voxel, walking the member list of each
    cluster as it joins the inlet's.
    """
    nx, ny, nz = shape
    size = nx * ny * nz
    inlet, outlet = size, size + 1
    parent[inlet], parent[outlet] = -2, -2  # a root holds minus the number of members minus one
    met = -1
    neighbour = np.empty(8, np.int64)
    whole = access.shape[0] > 0
    for n in range(order.shape[0]):
        v = np.int64(order[n])
        parent[v] = -2
        if whole:
            following[v] = v  # circular list of members
        x = v // (ny * nz)
        y = (v // nz) % ny
        z = v % nz
        count = 0
        if x > 0:
            neighbour[count] = v - ny * nz
            count += 1
        elif wrap[0]:
            neighbour[count] = v + (nx - 1) * ny * nz
            count += 1
        if x < nx - 1:
            neighbour[count] = v + ny * nz
            count += 1
        elif wrap[0]:
            neighbour[count] = v - (nx - 1) * ny * nz
            count += 1
        if y > 0:
            neighbour[count] = v - nz
            count += 1
        elif wrap[1]:
            neighbour[count] = v + (ny - 1) * nz
            count += 1
        if y < ny - 1:
            neighbour[count] = v + nz
            count += 1
        elif wrap[1]:
            neighbour[count] = v - (ny - 1) * nz
            count += 1
        if z > 0:
            neighbour[count] = v - 1
        else:
            neighbour[count] = inlet
        count += 1
        if z < nz - 1:
            neighbour[count] = v + 1
        else:
            neighbour[count] = outlet
        count += 1
        a = v
        for c in range(count):
            b = neighbour[c]
            if parent[b] == -1:
                continue  # not yet there
            if whole and b == outlet:
                continue  # met is seen when the inlet's cluster takes in a voxel of the last layer
            while parent[a] >= 0:
                a = parent[a]
            while parent[b] >= 0:
                if parent[parent[b]] >= 0:
                    parent[b] = parent[parent[b]]
                b = parent[b]
            if a == b:
                continue
            if whole:
                r = inlet
                while parent[r] >= 0:
                    if parent[parent[r]] >= 0:
                        parent[r] = parent[parent[r]]
                    r = parent[r]
                if a == r or b == r:
                    # The other cluster comes within reach of the inlet at this radius.
                    start = b if a == r else a
                    m = start
                    while True:
                        access[m] = radius[v]
                        if met < 0 and m % nz == nz - 1:
                            met = n
                        m = following[m]
                        if m == start:
                            break
                else:
                    following[a], following[b] = following[b], following[a]
            if parent[a] > parent[b]:  # fewer members
                a, b = b, a
            parent[a] += parent[b] + 1
            parent[b] = a
        if not whole:
            a, b = inlet, outlet
            while parent[a] >= 0:
                a = parent[a]
            while parent[b] >= 0:
                b = parent[b]
            if a == b:
                return n
    return met


@dataclass(frozen=True)
class WidestPath:
    """Result of the maximin pass along the last axis, radii in voxels.

    Attributes: radius: radius of the largest sphere that passes from face to face, 0 if none does. throat:
        voxel of the narrowest place of that path, None without a path. access: largest sphere radius that
        reaches each voxel from the low face (0 where none), or None if not asked for.
    """

    radius: float
    throat: tuple[int, int, int] | None
    access: FloatVolume | None


def widest_path(radius: FloatVolume, periodic: Periodic, access: bool = False) -> WidestPath:
    """Maximin pass along the last axis over a map of sphere radii (``DistanceMap.cell``; 0 in polymer).

    The last axis never wraps. Radii are sorted in 65535 steps of the largest (for 20 voxels: 3e-4 voxel); the
    radius returned is the voxel's own. Cost: linear in voxels. Memory: 12 bytes a voxel, 20 with the access
    map.
    """
    shape = radius.shape
    flat = np.ascontiguousarray(radius, dtype=np.float32).ravel()
    if not np.isfinite(flat).all():
        return WidestPath(math.inf, None, np.full(shape, np.inf, np.float32) if access else None)
    voxels = np.flatnonzero(flat > 0).astype(np.int32)
    if len(voxels) == 0:
        return WidestPath(0.0, None, np.zeros(shape, np.float32) if access else None)
    if flat.size > 2**31 - 10:
        raise ResourceError("radius", f"{flat.size} voxels", "fewer than 2^31", "crop the volume")
    key = (_LEVELS - np.rint(flat[voxels] * (_LEVELS / flat.max()))).astype(np.uint16)
    order = voxels[np.argsort(key, kind="stable")]  # radix sort for 16 bits: linear, and ties stay in order
    del key, voxels
    parent = np.full(flat.size + 2, -1, np.int32)
    following = np.empty(flat.size + 2 if access else 0, np.int32)
    out = np.zeros(flat.size if access else 0, np.float32)
    wrap = np.array([periodic[0], periodic[1], False], np.bool_)
    met = _join(order, flat, np.array(shape, np.int64), wrap, parent, following, out)
    reached = out.reshape(shape) if access else None
    if met < 0:
        return WidestPath(0.0, None, reached)
    voxel = int(order[met])
    throat = tuple(int(i) for i in np.unravel_index(voxel, shape))
    return WidestPath(float(flat[voxel]), throat, reached)  # type: ignore[arg-type]
