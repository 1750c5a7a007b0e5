"""Distance to the wall with a sub-voxel interface, and the largest sphere that fits about each voxel.

Four steps, each exact on the lattice or to second order off it:

1. nearest polymer voxel of every void voxel (separable lower envelopes of parabolas; Felzenszwalb and
   Huttenlocher, Theory of Computing 8 (2012) 415), periodic axes unrolled;
2. a small disc of wall ("surfel") on every link between a polymer and a void voxel, where the level field
   crosses zero, normal to its gradient;
3. distance from the voxel centre to the nearest disc among those about the nearest polymer voxel;
4. largest distance anywhere within the voxel's cell (steps away from the nearest disc, shrinking). Centres of
   pores and throats fall between voxel centres; reading the distance only there makes tubes up to half a
   voxel narrow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from percola.errors import ResourceError
from percola.measure import _parallel
from percola.measure._volume import BoolVolume, FloatVolume, Periodic, smooth_level

# Radius of a wall disc in voxels: half the spacing of neighbouring discs on a lattice plane.
_DISC = 0.5
# A voxel whose neighbours grow in distance by more than this part of their separation lies on a slope of the
# distance map, not near its ridge (on a slope the steepest of 26 neighbours grows by at least cos 27 deg =
# 0.89, near a ridge by at most 0.71).
_RIDGE = 0.75
_STEPS = np.array([0.35, 0.3, 0.25, 0.2, 0.15, 0.1, 0.07, 0.05, 0.035, 0.02, 0.0], np.float32)
_NEAR = np.array(
    sorted(
        ((i, j, k) for i in (-1, 0, 1) for j in (-1, 0, 1) for k in (-1, 0, 1)),
        key=lambda s: sum(map(abs, s)),
    ),
    np.int64,
)[:19]
_NONE = np.int16(32000)


@njit(cache=True, nogil=True)
def _envelope(g, n, wrap, site, bound, arg):  # type: ignore[no-untyped-def]
    """Lower envelope of parabolas (i - j)^2 + g[j] on a line; arg[i] = j - i of the lowest at i."""
    first, last = 0, n
    if wrap:
        first, last = -(n // 2), n + (n + 1) // 2
    k = -1
    for j in range(first, last):
        gj = g[j % n]
        if gj >= 1e9:
            continue
        while k >= 0:
            i = site[k]
            s = ((gj + j * j) - (g[i % n] + i * i)) / (2.0 * (j - i))
            if s > bound[k]:
                break
            k -= 1
        if k < 0:
            k = 0
            site[0] = j
            bound[0] = -1e30
        else:
            k += 1
            site[k] = j
            bound[k] = s
    if k < 0:
        for i in range(n):
            arg[i] = _NONE
        return
    top = k
    k = 0
    for i in range(n):
        while k < top and bound[k + 1] < i:
            k += 1
        arg[i] = site[k] - i


@njit(cache=True, nogil=True)
def _nearest_yz(void, wy, wz, dy, dz, d2, x0, x1):  # type: ignore[no-untyped-def]
    """Steps along z and y of the nearest polymer voxel within each plane of constant x."""
    _, ny, nz = void.shape
    site = np.empty(2 * ny + 2, np.int64)
    bound = np.empty(2 * ny + 2, np.float64)
    g = np.empty((nz, ny), np.float64)
    arg = np.empty(ny, np.int16)
    for x in range(x0, x1):
        for y in range(ny):
            last = -100000
            if wz:
                for z in range(nz - 1, -1, -1):
                    if not void[x, y, z]:
                        last = z - nz
                        break
            for z in range(nz):
                if not void[x, y, z]:
                    last = z
                dz[x, y, z] = max(last - z, -31000)
            last = 100000
            if wz:
                for z in range(nz):
                    if not void[x, y, z]:
                        last = z + nz
                        break
            for z in range(nz - 1, -1, -1):
                if not void[x, y, z]:
                    last = z
                if last - z < -dz[x, y, z]:
                    dz[x, y, z] = last - z
                step = float(dz[x, y, z])
                g[z, y] = step * step if step > -30000 else 1e10
        for z in range(nz):
            _envelope(g[z], ny, wy, site, bound, arg)
            for y in range(ny):
                dy[x, y, z] = arg[y]
                if arg[y] == _NONE:
                    d2[x, y, z] = 1e10
                else:
                    d2[x, y, z] = g[z, (y + arg[y]) % ny] + float(arg[y]) * float(arg[y])


@njit(cache=True, nogil=True)
def _nearest_x(d2, wx, dx, y0, y1):  # type: ignore[no-untyped-def]
    nx, _, nz = d2.shape
    site = np.empty(2 * nx + 2, np.int64)
    bound = np.empty(2 * nx + 2, np.float64)
    g = np.empty((nz, nx), np.float64)
    arg = np.empty(nx, np.int16)
    for y in range(y0, y1):
        for x in range(nx):
            for z in range(nz):
                g[z, x] = d2[x, y, z]
        for z in range(nz):
            _envelope(g[z], nx, wx, site, bound, arg)
            for x in range(nx):
                dx[x, y, z] = arg[x]


@njit(cache=True, nogil=True)
def _surfels(void, level, wrap, index, first, place, normal):  # type: ignore[no-untyped-def]
    """Wall discs of polymer voxels next to voids, one for each link that crosses the wall. Only counts if
    place is empty.
    """
    shape = void.shape
    voxels, count = 0, 0
    fill = place.shape[0] > 0
    for x in range(shape[0]):
        for y in range(shape[1]):
            for z in range(shape[2]):
                if void[x, y, z]:
                    continue
                start = count
                for link in range(6):
                    ax, side = link // 2, 2 * (link % 2) - 1
                    p, q, r = x, y, z
                    if ax == 0:
                        p = _beside(x + side, shape[0], wrap[0])
                    elif ax == 1:
                        q = _beside(y + side, shape[1], wrap[1])
                    else:
                        r = _beside(z + side, shape[2], wrap[2])
                    if p < 0 or q < 0 or r < 0 or not void[p, q, r]:
                        continue
                    if fill:
                        here, there = level[x, y, z], level[p, q, r]
                        f = np.float32(0.5)
                        if here >= 0 and there < 0:
                            f = min(max(here / (here - there), np.float32(0.01)), np.float32(0.99))
                        # Central differences at both ends, weighted: the gradient at the crossing.
                        gx = gy = gz = np.float32(0.0)
                        for end in range(2):
                            w, i, j, k = (1 - f, x, y, z) if end == 0 else (f, p, q, r)
                            low, high = _beside(i - 1, shape[0], wrap[0]), _beside(i + 1, shape[0], wrap[0])
                            gx += w * (level[max(low, 0), j, k] - level[i if high < 0 else high, j, k])
                            low, high = _beside(j - 1, shape[1], wrap[1]), _beside(j + 1, shape[1], wrap[1])
                            gy += w * (level[i, max(low, 0), k] - level[i, j if high < 0 else high, k])
                            low, high = _beside(k - 1, shape[2], wrap[2]), _beside(k + 1, shape[2], wrap[2])
                            gz += w * (level[i, j, max(low, 0)] - level[i, j, k if high < 0 else high])
                        length = np.sqrt(gx * gx + gy * gy + gz * gz)
                        along = (gx if ax == 0 else (gy if ax == 1 else gz)) * side
                        # A gradient that does not point along the link is no normal (thin walls, creases).
                        if along > np.float32(1e-6) * length:
                            normal[count, 0], normal[count, 1], normal[count, 2] = (
                                gx / length,
                                gy / length,
                                gz / length,
                            )
                        else:
                            normal[count, 0] = normal[count, 1] = normal[count, 2] = 0
                            normal[count, ax] = side
                        place[count, 0], place[count, 1], place[count, 2] = x, y, z
                        place[count, ax] += side * f
                    count += 1
                if count > start:
                    if fill:
                        index[x, y, z] = voxels
                        first[voxels] = start
                        first[voxels + 1] = count
                    voxels += 1
    return voxels, count


@njit(cache=True, nogil=True)
def _beside(i, n, wrap):  # type: ignore[no-untyped-def]
    """Index on a line, wrapped, or -1 beyond the end of one that does not wrap."""
    if i < 0:
        return i + n if wrap else -1
    if i >= n:
        return i - n if wrap else -1
    return i


@njit(cache=True, nogil=True)
def _nearest_image(d, size):  # type: ignore[no-untyped-def]
    """Shortest of the periodic images of a step along one axis."""
    if d > np.float32(0.5) * size:
        return d - size
    if d < np.float32(-0.5) * size:
        return d + size
    return d


@njit(cache=True, nogil=True)
def _distances(void, dx, dy, dz, index, first, place, normal, wrap, size, distance, near, x0, x1):  # type: ignore[no-untyped-def]
    nx, ny, nz = void.shape
    disc2 = np.float32(_DISC * _DISC)
    sx, sy, sz = size[0], size[1], size[2]
    for x in range(x0, x1):
        for y in range(ny):
            for z in range(nz):
                if not void[x, y, z]:
                    distance[x, y, z] = 0
                    continue
                ux, bx = dx[x, y, z], (x + dx[x, y, z]) % nx
                uy, by = dy[bx, y, z], (y + dy[bx, y, z]) % ny
                uz, bz = dz[bx, by, z], (z + dz[bx, by, z]) % nz
                best = np.float32(1e18)
                reach2 = np.float32(1e18)
                who = -1
                # The nearest polymer voxel and its 18 neighbours by faces and edges.
                for n in range(19):
                    ox, oy, oz = _NEAR[n, 0], _NEAR[n, 1], _NEAR[n, 2]
                    # A voxel's discs lie within one voxel of its centre: farther ones cannot be nearer than
                    # the best.
                    if np.float32((ux + ox) ** 2 + (uy + oy) ** 2 + (uz + oz) ** 2) > reach2:
                        continue
                    i = _beside(bx + ox, nx, wrap[0])
                    j = _beside(by + oy, ny, wrap[1])
                    k = _beside(bz + oz, nz, wrap[2])
                    if i < 0 or j < 0 or k < 0:
                        continue
                    s = index[i, j, k]
                    if s < 0:
                        continue
                    for m in range(first[s], first[s + 1]):
                        rx = _nearest_image(np.float32(x) - place[m, 0], sx)
                        ry = _nearest_image(np.float32(y) - place[m, 1], sy)
                        rz = _nearest_image(np.float32(z) - place[m, 2], sz)
                        h = rx * normal[m, 0] + ry * normal[m, 1] + rz * normal[m, 2]
                        lateral = rx * rx + ry * ry + rz * rz - h * h
                        d2 = h * h
                        if lateral > disc2:
                            beyond = np.sqrt(lateral) - np.float32(_DISC)
                            d2 += beyond * beyond
                        if d2 < best:
                            best = d2
                            who = m
                    if n == 0:
                        reach2 = (np.sqrt(best) + np.float32(1.0) + np.float32(_DISC)) ** 2
                distance[x, y, z] = np.sqrt(best)
                near[x, y, z] = who


@njit(cache=True, nogil=True)
def _cell_maxima(void, distance, near, index, first, place, normal, wrap, size, steps, out, x0, x1):  # type: ignore[no-untyped-def]
    nx, ny, nz = void.shape
    disc2 = np.float32(_DISC * _DISC)
    candidate = np.empty(200, np.int32)
    c = np.empty((200, 6), np.float32)
    for x in range(x0, x1):
        for y in range(ny):
            for z in range(nz):
                here = distance[x, y, z]
                out[x, y, z] = here
                if not void[x, y, z]:
                    continue
                count = 0
                for n in range(27):
                    i = _beside(x + n // 9 - 1, nx, wrap[0])
                    j = _beside(y + (n // 3) % 3 - 1, ny, wrap[1])
                    k = _beside(z + n % 3 - 1, nz, wrap[2])
                    if i < 0 or j < 0 or k < 0:
                        continue
                    if void[i, j, k]:
                        rise = distance[i, j, k] - here
                        steps2 = (n // 9 - 1) ** 2 + ((n // 3) % 3 - 1) ** 2 + (n % 3 - 1) ** 2
                        # On a slope of the map the largest sphere lies in another cell.
                        if rise > 0 and rise * rise > np.float32(_RIDGE * _RIDGE) * steps2:
                            count = 0
                            break
                        w = near[i, j, k]
                        fresh = True
                        for m in range(count):
                            if candidate[m] == w:
                                fresh = False
                                break
                        if fresh:
                            candidate[count] = w
                            count += 1
                    elif here < 2 and index[i, j, k] >= 0:
                        # Narrow channels: all walls about, since the neighbours may all be nearest to the
                        # same one.
                        s = index[i, j, k]
                        for m in range(first[s], first[s + 1]):
                            candidate[count] = m
                            count += 1
                if count == 0:
                    continue
                for m in range(count):
                    w = candidate[m]
                    c[m, 0] = _nearest_image(place[w, 0] - np.float32(x), size[0])
                    c[m, 1] = _nearest_image(place[w, 1] - np.float32(y), size[1])
                    c[m, 2] = _nearest_image(place[w, 2] - np.float32(z), size[2])
                    c[m, 3], c[m, 4], c[m, 5] = normal[w, 0], normal[w, 1], normal[w, 2]
                best = here
                px = py = pz = np.float32(0.0)  # from the voxel's centre
                for step in steps:
                    low = np.float32(1e18)
                    ux = uy = uz = np.float32(0.0)
                    for m in range(count):
                        rx, ry, rz = px - c[m, 0], py - c[m, 1], pz - c[m, 2]
                        h = rx * c[m, 3] + ry * c[m, 4] + rz * c[m, 5]
                        lateral = rx * rx + ry * ry + rz * rz - h * h
                        d2 = h * h
                        if lateral > disc2:
                            beyond = np.sqrt(lateral) - np.float32(_DISC)
                            d2 += beyond * beyond
                        if d2 < low:
                            low = d2
                            ux, uy, uz = rx, ry, rz
                    best = max(best, np.sqrt(low))
                    length = step / (np.sqrt(ux * ux + uy * uy + uz * uz) + np.float32(1e-12))
                    px = min(max(px + length * ux, np.float32(-0.5)), np.float32(0.5))
                    py = min(max(py + length * uy, np.float32(-0.5)), np.float32(0.5))
                    pz = min(max(pz + length * uz, np.float32(-0.5)), np.float32(0.5))
                out[x, y, z] = best


Walls = tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32], NDArray[np.float32]]


def _walls(void: BoolVolume, level: FloatVolume, wrap: NDArray[np.bool_]) -> Walls:
    """Wall discs: number of each polymer voxel at the wall (else -1), its first disc, places, normals."""
    empty3, empty1 = np.empty((0, 3), np.float32), np.empty(0, np.int32)
    index = np.full(void.shape, -1, np.int32)
    voxels, count = _surfels(void, level, wrap, index, empty1, empty3, empty3)
    first = np.zeros(voxels + 1, np.int32)
    place = np.empty((count, 3), np.float32)
    normal = np.empty((count, 3), np.float32)
    _surfels(void, level, wrap, index, first, place, normal)
    return index, first, place, normal


def _centre_distances(
    void: BoolVolume, wrap: NDArray[np.bool_], walls: Walls
) -> tuple[FloatVolume, NDArray[np.int32]]:
    """Distance of each voxel centre to the nearest disc, and which disc that is."""
    nx, ny, _ = void.shape
    dy, dz, dx = (np.empty(void.shape, np.int16) for _ in range(3))
    centre = np.empty(void.shape, np.float32)  # first holds squared distances within planes
    _parallel.run(
        lambda a, b: _nearest_yz(void, bool(wrap[1]), bool(wrap[2]), dy, dz, centre, a, b),
        _parallel.slabs(nx),
    )
    _parallel.run(lambda a, b: _nearest_x(centre, bool(wrap[0]), dx, a, b), _parallel.slabs(ny))
    index, first, place, normal = walls
    size = np.where(wrap, void.shape, 1e9).astype(np.float32)
    near = np.full(void.shape, -1, np.int32)
    _parallel.run(
        lambda a, b: _distances(
            void, dx, dy, dz, index, first, place, normal, wrap, size, centre, near, a, b
        ),
        _parallel.slabs(nx),
    )
    return centre, near


@dataclass(frozen=True)
class DistanceMap:
    """Distances to the wall, in voxels.

    Attributes:
        centre: distance of each voxel centre to the wall (0 in polymer), float32.
        cell: largest distance within each voxel's cell, float32: radius of the largest sphere centred in it.
        walls: centres of the wall discs, (n, 3), for refinement off the lattice.
        normals: their normals towards the void, (n, 3).
    """

    centre: FloatVolume
    cell: FloatVolume
    walls: NDArray[np.float32]
    normals: NDArray[np.float32]


def distance_map(void: BoolVolume, periodic: Periodic, level: FloatVolume | None = None) -> DistanceMap:
    """Distance to the wall of every void voxel with a sub-voxel interface, and the largest sphere centred in
    each cell.

    Args: void: True in voids, (nx, ny, nz). periodic: whether each axis wraps. Beyond a face that does not,
        nothing is known: no wall is assumed there. level: field below zero in voids; its zero (linear between
        voxels) is the wall. Without it see
            ``smooth_level``: flat walls exact, tubes about 0.05 voxel narrow.

    Returns distances in voxels. Without any polymer they are infinite.
    Bias on digitized tubes of 3 to 12 voxels radius: within 0.06 voxel of the radius with a level field
    (``tests/unit/measure/test_distance.py``). Memory: about 30 bytes a voxel.
    """
    void = np.ascontiguousarray(void)
    if void.all():
        full = np.full(void.shape, np.inf, np.float32)
        none = np.empty((0, 3), np.float32)
        return DistanceMap(full, full.copy(), none, none)
    if max(void.shape) > 30000:
        raise ResourceError("void.shape", f"{void.shape}", "axes of at most 30000 voxels", "crop the volume")
    wrap = np.array(periodic, np.bool_)
    walls = _walls(void, smooth_level(void, periodic, level), wrap)
    centre, near = _centre_distances(void, wrap, walls)
    index, first, place, normal = walls
    size = np.where(wrap, void.shape, 1e9).astype(np.float32)
    cell = np.empty(void.shape, np.float32)
    _parallel.run(
        lambda a, b: _cell_maxima(
            void, centre, near, index, first, place, normal, wrap, size, _STEPS, cell, a, b
        ),
        _parallel.slabs(void.shape[0]),
    )
    return DistanceMap(centre, cell, place, normal)
