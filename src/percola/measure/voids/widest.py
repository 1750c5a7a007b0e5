"""The widest path through the voids: bubble point, access radius and intrusion.

A sphere passes from face to face along the path whose narrowest place is widest (maximin; Pollack, Oper. Res. 8 (1960)
733). Two ways to it, both exact:

- the bubble point: the voids are flooded from the inlet, always through the widest voxel at the edge of what is flooded,
  until the far face is reached. Only what is wider than the narrowest place is seen. The edge waits in buckets, and among
  the few of one bucket the widest goes first.
- the access radius of every voxel: from each voxel the way uphill to the highest neighbour ends on a summit, and never
  narrows; so a voxel's access radius is the smaller of its own radius and its summit's access radius. The summits are
  joined over the highest passes between their basins by falling height (Kruskal's algorithm on a graph of some
  thousands): long sweeps through memory in its order instead of jumps along the front.

A step leads across a face, or across an edge or a corner where both spheres reach as far as the step is long (radii of at
least sqrt(2), sqrt(3), or these squared) and some way round from face to face lies in the voids. So throats along a
diagonal of the lattice, with their centre on an edge or corner between voxels, are read like those along an axis; nothing
leaks through a wall of one voxel; and the spheres about the voxels of a path always form one body connected by faces.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from percola.errors import ResourceError
from percola.measure import _parallel
from percola.measure._volume import FloatVolume, Periodic
from percola.measure.voids.voxel import FAR, SURFACE, SquaredVolume

# Buckets for real radii: so many that few voxels wait in one at a time.
_BUCKETS = 1 << 20
# Spreads pairs of basins over a hash table (the odd number next to 2^40 times the golden section).
_HASH = 679_535_556_991
# Steps across edges, then across corners; of each, first those that lead on in the order of the indices.
_DIAGONAL = np.array(
    [
        s
        for kind in (2, 3)
        for ahead in (True, False)
        for s in itertools.product((-1, 0, 1), repeat=3)
        if sum(map(abs, s)) == kind and (s > (0, 0, 0)) == ahead
    ],
    np.int64,
)
_EDGES, _EDGES_AHEAD, _CORNERS_AHEAD, _DIAGONALS = 12, 6, 16, 20
# The faces each goes by: bit 2 axis + (1 if ahead).
_FACES = np.array([sum(1 << 2 * ax + (s[ax] > 0) for ax in range(3) if s[ax]) for s in _DIAGONAL], np.int64)


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
def _shifts(v, nx, ny, nz, wrap, shift):  # type: ignore[no-untyped-def]
    """How the flat index changes by a step along each axis: shift[axis, 0] back, shift[axis, 2] ahead, 0 where there is
    none (shift[axis, 1] stays 0). They add up for steps along several axes.
    """
    plane = ny * nz
    line = v // nz
    z = v - line * nz
    x = line // ny
    y = line - x * ny
    shift[0, 0] = -plane if x > 0 else ((nx - 1) * plane if wrap[0] else 0)
    shift[0, 2] = plane if x < nx - 1 else ((1 - nx) * plane if wrap[0] else 0)
    shift[1, 0] = -nz if y > 0 else ((ny - 1) * nz if wrap[1] else 0)
    shift[1, 2] = nz if y < ny - 1 else ((1 - ny) * nz if wrap[1] else 0)
    shift[2, 0] = -1 if z > 0 else (nz - 1 if wrap[2] else 0)
    shift[2, 2] = 1 if z < nz - 1 else (1 - nz if wrap[2] else 0)


@njit(cache=True, nogil=True)
def _other(v, d, shift):  # type: ignore[no-untyped-def]
    """The voxel across an edge or corner, -1 beyond the volume."""
    m = v
    for ax in range(3):
        step = _DIAGONAL[d, ax]
        if step != 0:
            if shift[ax, step + 1] == 0:
                return np.int64(-1)
            m += shift[ax, step + 1]
    return m


@njit(cache=True, nogil=True)
def _round(radius, v, d, shift, h):  # type: ignore[no-untyped-def]
    """Ways from face to face round an edge or corner: 0 if none is open, 2 if one holds a voxel of at least ``h`` between
    the two (then shorter steps do as well, if ``h`` is the smaller of the two), 1 otherwise.
    """
    found = 0
    for first in range(3):
        if _DIAGONAL[d, first] == 0:
            continue
        m = v + shift[first, _DIAGONAL[d, first] + 1]
        a = radius[m]
        if a <= 0:
            continue
        if d < _EDGES:
            if a >= h:
                return 2
            found = 1
            continue
        for second in range(3):
            if second == first:
                continue
            b = radius[m + shift[second, _DIAGONAL[d, second] + 1]]
            if b > 0:
                if a >= h or b >= h:
                    return 2
                found = 1
    return found


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
def _passage(radius, shape, wrap, inlets, reach, scale, buckets, access, following):  # type: ignore[no-untyped-def]
    """Flood through the widest voxel at the edge first until the last layer along z is reached.

    Returns the voxel through which it was reached (the last one taken from the edge, the narrowest on the way) and the one
    reached, or -1, -1. ``following`` links the voxels of a bucket, and those on the stack of the present level.
    """
    nx, ny, nz = shape
    head = np.full(buckets, np.int32(-1), np.int32)
    shift = np.zeros((3, 3), np.int64)
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
            # Where a neighbour by faces is flooded at this level too, and wide enough for a step across an edge, what lies
            # across an edge beside it is reached from there; so is, beside two such neighbours, what lies across a corner.
            _shifts(v, nx, ny, nz, wrap, shift)
            least = max(level, reach[0])
            low = 0
            for face in range(6):
                step = shift[face >> 1, 2 * (face & 1)]
                if step == 0:
                    continue
                m = v + step
                r = radius[m]
                if r < least:
                    low |= 1 << face
                if access[m] != 0:
                    continue
                if r >= level:
                    access[m] = level
                    following[m] = stack
                    stack = m
                elif r > 0:
                    access[m] = r
                    key = np.int64(r * scale)
                    following[m] = head[key]
                    head[key] = m
            own = radius[v]
            if low & (low - 1) == 0 or own < reach[0]:
                continue
            for d in range(_DIAGONALS if own >= reach[1] else _EDGES):
                faces = _FACES[d] & low
                if faces != _FACES[d] if d < _EDGES else faces & (faces - 1) == 0:
                    continue
                m = _other(v, d, shift)
                if m < 0 or access[m] != 0:
                    continue
                r = radius[m]
                if (
                    r < (reach[0] if d < _EDGES else reach[1])
                    or _round(radius, v, d, shift, min(r, own)) != 1
                ):
                    continue
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
def _uphill(radius, shape, wrap, up, x0, x1):  # type: ignore[no-untyped-def]
    """For each voxel the highest of its neighbours by faces, or itself where none is higher; -1 where nothing passes.

    Any way uphill will do: what lies higher across an edge or corner is joined as another basin, over a pass.
    Of equal values the one that comes first counts as higher, so that no path runs in a circle.
    """
    nx, ny, nz = shape
    plane = ny * nz
    neighbour = np.empty(6, np.int64)
    for x in range(x0, x1):
        for y in range(ny):
            rim = x == 0 or x == nx - 1 or y == 0 or y == ny - 1
            for z in range(nz):
                v = x * plane + y * nz + z
                best = radius[v]
                if best <= 0:
                    up[v] = -1
                    continue
                to = v
                if rim or z == 0 or z == nz - 1:
                    count = _neighbours(v, nx, ny, nz, wrap, neighbour)
                    for c in range(count):
                        m = neighbour[c]
                        if radius[m] > best or (radius[m] == best and m < to):
                            best = radius[m]
                            to = m
                else:
                    # In the order of their index: the first of equals wins, those behind v only if higher.
                    if radius[v - plane] >= best:
                        best = radius[v - plane]
                        to = v - plane
                    if radius[v - nz] > best or (radius[v - nz] == best and to == v):
                        best = radius[v - nz]
                        to = v - nz
                    if radius[v - 1] > best or (radius[v - 1] == best and to == v):
                        best = radius[v - 1]
                        to = v - 1
                    if radius[v + 1] > best:
                        best = radius[v + 1]
                        to = v + 1
                    if radius[v + nz] > best:
                        best = radius[v + nz]
                        to = v + nz
                    if radius[v + plane] > best:
                        best = radius[v + plane]
                        to = v + plane
                up[v] = to


@njit(cache=True, nogil=True)
def _basins(up):  # type: ignore[no-untyped-def]
    """Number the summits and turn ``up`` into the number of the summit each voxel leads to; returns how many there are."""
    size = up.shape[0]
    count = 0
    for v in range(size):
        if up[v] == v:
            up[v] = -2 - count  # summits are known by their number from now on
            count += 1
    for v in range(size):
        if up[v] < 0:
            continue
        root = np.int64(v)
        while up[root] >= 0:
            root = np.int64(up[root])
        name = up[root]
        m = np.int64(v)
        while up[m] >= 0:
            following = np.int64(up[m])
            up[m] = name
            m = following
    for v in range(size):
        up[v] = -2 - up[v] if up[v] < -1 else -1
    return count


@njit(cache=True, nogil=True)
def _grown(keys, height):  # type: ignore[no-untyped-def]
    """A hash table of twice the size with the same entries."""
    mask = 2 * keys.shape[0] - 1
    keys2 = np.full(mask + 1, np.int64(-1), np.int64)
    height2 = np.empty(mask + 1, height.dtype)
    for n in range(keys.shape[0]):
        if keys[n] >= 0:
            slot = (keys[n] * _HASH >> 20) & mask
            while keys2[slot] >= 0:
                slot = (slot + 1) & mask
            keys2[slot] = keys[n]
            height2[slot] = height[n]
    return keys2, height2


@njit(cache=True, nogil=True)
def _mark_faces(basin, v, nz, plane, mark):  # type: ignore[no-untyped-def]
    """Bit 1 where one of the neighbours ahead across faces belongs to another basin, in the row from v on."""
    a, b, c, d = basin[v : v + nz], basin[v + 1 : v + nz], basin[v + nz : v + 2 * nz], basin[v + plane :]
    for z in range(nz - 1):
        mark[z] = (
            ((b[z] != a[z]) & (b[z] >= 0)) | ((c[z] != a[z]) & (c[z] >= 0)) | ((d[z] != a[z]) & (d[z] >= 0))
        )


@njit(cache=True, nogil=True)
def _mark_edge(basin, radius, v, first, second, least, nz, mark):  # type: ignore[no-untyped-def]
    """Bit 2 where the step across an edge leads to another basin and is wider than those round it."""
    m = v + first + second
    a, b = basin[v : v + nz], basin[m : m + nz]
    r, s = radius[v : v + nz], radius[m : m + nz]
    p, q = radius[v + first : v + first + nz], radius[v + second : v + second + nz]
    for z in range(nz):
        mark[z] |= (
            (b[z] != a[z])
            & (r[z] >= least)
            & (s[z] >= least)
            & ((p[z] < r[z]) & (p[z] < s[z]) & (q[z] < r[z]) & (q[z] < s[z]))
        ) << 1


@njit(cache=True, nogil=True)
def _mark_corner(basin, radius, v, first, second, third, least, nz, mark):  # type: ignore[no-untyped-def]
    """Bit 4 where the step across a corner leads to another basin and may be wider than those round it."""
    m = v + first + second + third
    a, b = basin[v : v + nz], basin[m : m + nz]
    r, s = radius[v : v + nz], radius[m : m + nz]
    i, j, k = radius[v + first :], radius[v + second :], radius[v + third :]
    o, p, q = radius[v + first + second :], radius[v + second + third :], radius[v + third + first :]
    for z in range(nz):
        # If all are voids each lies on an open way round; else it is left to _round to decide.
        free = (i[z] > 0) & (j[z] > 0) & (k[z] > 0) & (o[z] > 0) & (p[z] > 0) & (q[z] > 0)
        lower = (
            ((i[z] < r[z]) & (j[z] < r[z]) & (k[z] < r[z]) & (o[z] < r[z]) & (p[z] < r[z]) & (q[z] < r[z]))
            & ((i[z] < s[z]) & (j[z] < s[z]) & (k[z] < s[z]))
            & ((o[z] < s[z]) & (p[z] < s[z]) & (q[z] < s[z]))
        )
        mark[z] |= ((b[z] != a[z]) & (r[z] >= least) & (s[z] >= least) & (lower | (not free))) << 2


@njit(cache=True, nogil=True)
def _passes(radius, basin, shape, wrap, inlets, reach, count):  # type: ignore[no-untyped-def]
    """The highest pass between each two basins that touch, and between the inlet (number ``count``) and each.

    Returns pairs, as a number * 2^31 + the larger number, and heights.
    """
    nx, ny, nz = shape
    plane = ny * nz
    keys = np.full(1 << 16, np.int64(-1), np.int64)
    height = np.empty(1 << 16, radius.dtype)
    used = 0
    others = np.empty(14, np.int64)
    inner, outer = np.zeros((3, 3), np.int64), np.zeros((3, 3), np.int64)
    inner[:, 0] = -plane, -nz, -1
    inner[:, 2] = plane, nz, 1
    offset = np.empty(_DIAGONALS, np.int64)
    edges = np.zeros((_EDGES, 2), np.int64)
    for d in range(_DIAGONALS):
        i, j, k = _DIAGONAL[d, 0] * plane, _DIAGONAL[d, 1] * nz, _DIAGONAL[d, 2]
        offset[d] = i + j + k
        if d < _EDGES:
            edges[d, 0], edges[d, 1] = (i if i != 0 else j), (k if k != 0 else j)
    mark = np.empty(nz, np.uint8)
    for x in range(nx):
        for y in range(ny):
            rim = x == 0 or x == nx - 1 or y == 0 or y == ny - 1
            if rim or nz < 3:
                mark[:] = 7
            else:
                # Few voxels have anything to add; these loops over a row find them with vector instructions.
                v = x * plane + y * nz
                _mark_faces(basin, v, nz, plane, mark)
                for d in range(_EDGES_AHEAD):
                    first, second = edges[d]
                    _mark_edge(basin, radius, v, first, second, reach[0], nz, mark)
                for d in range(_EDGES, _CORNERS_AHEAD):
                    i, j, k = _DIAGONAL[d, 0] * plane, _DIAGONAL[d, 1] * nz, _DIAGONAL[d, 2]
                    _mark_corner(basin, radius, v, i, j, k, reach[1], nz, mark)
                mark[0] = mark[nz - 1] = 7
            for z in range(nz):
                v = x * plane + y * nz + z
                a = np.int64(basin[v])
                if a < 0:
                    continue
                look = mark[z]
                if look == 0:
                    continue
                n = 0
                r = radius[v]
                if look > 1 and r >= reach[0]:
                    inside = not (rim or z == 0 or z == nz - 1)
                    if not inside:
                        _shifts(v, nx, ny, nz, wrap, outer)
                    for d in range(_CORNERS_AHEAD if look & 4 and r >= reach[1] else _EDGES_AHEAD):
                        if _EDGES_AHEAD <= d < _EDGES:
                            continue
                        m = v + offset[d] if inside else _other(v, d, outer)
                        if m < 0 or basin[m] == a or radius[m] < (reach[0] if d < _EDGES else reach[1]):
                            continue
                        # Most of these steps add nothing to those across faces.
                        if _round(radius, v, d, inner if inside else outer, min(r, radius[m])) == 1:
                            others[n] = m
                            n += 1
                if z < nz - 1:
                    others[n] = v + 1
                    n += 1
                elif wrap[2]:
                    others[n] = v - nz + 1
                    n += 1
                if y < ny - 1:
                    others[n] = v + nz
                    n += 1
                elif wrap[1]:
                    others[n] = v - plane + nz
                    n += 1
                if x < nx - 1:
                    others[n] = v + plane
                    n += 1
                elif wrap[0]:
                    others[n] = v - (nx - 1) * plane
                    n += 1
                if (
                    (x == 0 and inlets[0])
                    or (x == nx - 1 and inlets[1])
                    or (y == 0 and inlets[2])
                    or (y == ny - 1 and inlets[3])
                    or (z == 0 and inlets[4])
                    or (z == nz - 1 and inlets[5])
                ):
                    others[n] = -1
                    n += 1
                for c in range(n):
                    m = others[c]
                    b = np.int64(basin[m]) if m >= 0 else np.int64(count)
                    if b < 0 or b == a:
                        continue
                    h = radius[v]
                    if m >= 0 and radius[m] < h:
                        h = radius[m]
                    key = (min(a, b) << 31) + max(a, b)
                    mask = keys.shape[0] - 1
                    slot = (key * _HASH >> 20) & mask
                    while keys[slot] >= 0 and keys[slot] != key:
                        slot = (slot + 1) & mask
                    if keys[slot] < 0:
                        keys[slot] = key
                        height[slot] = h
                        used += 1
                        if 2 * used > keys.shape[0]:
                            keys, height = _grown(keys, height)
                    elif h > height[slot]:
                        height[slot] = h
    return keys, height


@njit(cache=True, nogil=True)
def _join(pairs, height, order, count, level):  # type: ignore[no-untyped-def]
    """Level at which each basin joins the inlet's (number ``count``): pairs joined by falling height (Kruskal)."""
    parent = np.arange(count + 1)
    size = np.ones(count + 1, np.int64)
    following = np.arange(count + 1)  # circular lists of members
    for n in order:
        a, b = pairs[n] >> 31, pairs[n] & ((1 << 31) - 1)
        while parent[a] != a:
            parent[a] = parent[parent[a]]
            a = parent[a]
        while parent[b] != b:
            parent[b] = parent[parent[b]]
            b = parent[b]
        if a == b:
            continue
        inlet = count
        while parent[inlet] != inlet:
            parent[inlet] = parent[parent[inlet]]
            inlet = parent[inlet]
        if inlet in (a, b):
            start = b if a == inlet else a
            m = start
            while True:
                level[m] = height[n]
                m = following[m]
                if m == start:
                    break
        following[a], following[b] = following[b], following[a]
        if size[a] < size[b]:
            a, b = b, a
        size[a] += size[b]
        parent[b] = a


@njit(cache=True, nogil=True)
def _levels(radius, basin, level, access, start, stop):  # type: ignore[no-untyped-def]
    for v in range(start, stop):
        b = basin[v]
        if b >= 0:
            access[v] = min(radius[v], level[b])


Inlets = tuple[bool, bool, bool, bool, bool, bool]
LOW_Z: Inlets = (False, False, False, False, True, False)
"""The face at which the flow axis begins."""


def _flat(values: NDArray[Any]) -> NDArray[Any]:
    if values.size > 2**31 - 10:
        raise ResourceError("radius", f"{values.size} voxels", "fewer than 2^31", "crop the volume")
    return np.ascontiguousarray(values).ravel()


def _reach(values: NDArray[Any], spheres: bool = True) -> NDArray[Any]:
    """From which value on a step leads across an edge, and across a corner; beyond all values if they are no spheres."""
    whole = values.dtype.kind in "iu"
    if not spheres:
        return np.full(2, np.iinfo(values.dtype).max if whole else np.inf, values.dtype)
    return np.array([2, 3] if whole else [math.sqrt(2), math.sqrt(3)], values.dtype)


def flood(
    values: NDArray[Any], periodic: Periodic, inlets: Sequence[bool] = LOW_Z, spheres: bool = True
) -> NDArray[Any]:
    """Maximin level of every voxel from the inlet faces: the largest, over all paths, of the smallest value on the path.

    Args:
        values: (nx, ny, nz), radii [voxel] (real) or their squares (whole numbers), 0 or less where nothing passes.
        periodic: whether each axis wraps.
        inlets: which faces the flood comes from: x low, x high, y low, y high, z low, z high.
        spheres: False for values that are not radii: then steps lead across faces only.

    Returns the levels, 0 where nothing arrives; exact. Memory: 4 bytes a voxel beside them.
    """
    flat = _flat(values)
    shape, wrap = values.shape, np.array(periodic, np.bool_)
    basin = np.empty(flat.size, np.int32)
    _parallel.run(lambda a, b: _uphill(flat, shape, wrap, basin, a, b), _parallel.slabs(shape[0]))
    count = int(_basins(basin))
    reach = _reach(flat, spheres)
    pairs, height = _passes(flat, basin, shape, wrap, np.array(inlets, np.bool_), reach, count)
    height, pairs = height[pairs >= 0], pairs[pairs >= 0]
    level = np.zeros(count, flat.dtype)
    _join(pairs, height, np.argsort(height, kind="stable")[::-1], count, level)
    access = np.zeros(flat.size, flat.dtype)
    _parallel.run(lambda a, b: _levels(flat, basin, level, access, a, b), _parallel.slabs(flat.size))
    return access.reshape(values.shape)


def passage(values: NDArray[Any], periodic: Periodic) -> tuple[float, int]:
    """Maximin level from the low to the high face of the last axis, and the flat index of the narrowest voxel on the way;
    0 and -1 without a way.

    As :func:`flood`, but stops at the far face: only what is wider than the narrowest place is seen.
    """
    flat = _flat(values)
    largest = float(flat.max())
    if largest <= 0:
        return 0.0, -1
    whole = flat.dtype.kind in "iu"
    scale, buckets = (1.0, int(largest) + 1) if whole else (_BUCKETS / largest, _BUCKETS + 2)
    access = np.zeros(flat.size, flat.dtype)
    following = np.empty(flat.size, np.int32)
    gate, met = _passage(
        flat,
        values.shape,
        np.array(periodic, np.bool_),
        np.array(LOW_Z, np.bool_),
        _reach(flat),
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
