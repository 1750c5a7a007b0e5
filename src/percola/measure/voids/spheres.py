"""Unions of spheres of every radius at once: the largest sphere, of those centred on the lattice, that covers each voxel.

out(x) = max over centres c of K(c) with |x - c| < rho(c), exact. Local thickness is this union for the distance map,
intrusion for the access map.

Two kinds of centres are left out because the union is the same without them, exactly:

- a sphere whose lattice points all lie in a larger one centred on one of the 26 neighbours (the test is a table of
  squared radii; Remy and Thiel, Image Vis. Comput. 23 (2005) 167, section 3);
- a sphere whose six neighbours by faces are all at least as large: a point outside of their plateau is nearer to a
  centre on the edge of the plateau (walk to it along a path that comes no farther in any coordinate), and a point of the
  plateau is covered by its own centre.

What is left, some percent of the voxels, is stamped row by row with vector instructions.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from percola.measure import _parallel
from percola.measure._volume import Periodic


@njit(cache=True, nogil=True)
def _needed(n2_top):  # type: ignore[no-untyped-def]
    """need[v, m]: the least n2 of a sphere about a neighbour (by face, edge, corner for v = 0, 1, 2) that holds every
    lattice point with |p|^2 <= m.
    """
    need = np.zeros((3, n2_top + 1), np.int32)
    side = int(math.sqrt(n2_top)) + 1
    for a in range(side + 1):
        for b in range(side + 1):
            if a * a + b * b > n2_top:
                break
            for c in range(side + 1):
                m = a * a + b * b + c * c
                if m > n2_top:
                    break
                # The farthest image of the point: |p|^2 + |v|^2 + 2 |p| . v
                far = m + 1 + 2 * a
                need[0, m] = max(need[0, m], far)
                need[1, m] = max(need[1, m], m + 2 + 2 * (a + b))
                need[2, m] = max(need[2, m], m + 3 + 2 * (a + b + c))
    for v in range(3):
        for m in range(1, n2_top + 1):
            need[v, m] = max(need[v, m], need[v, m - 1])
    return need


@njit(cache=True, nogil=True)
def _inside(k, whole):  # type: ignore[no-untyped-def]
    """Largest squared distance of a lattice point in the sphere: real radii r hold |p| <= r, squares d2 hold |p|^2 < d2."""
    return np.int64(k) - 1 if whole else np.int64(np.float64(k) * np.float64(k))


@njit(cache=True, nogil=True)
def _centres(value, shape, whole, wrap, need, steps, found, x0, x1):  # type: ignore[no-untyped-def]
    """Spheres of the planes x0 <= x < x1 that the union needs, by their flat index in ``found``; returns how many.

    ``steps`` are the 26 neighbours, those by faces first, then edges, then corners.
    """
    nx, ny, nz = shape
    count = 0
    offset = np.empty(26, np.int64)
    for n in range(26):
        offset[n] = (steps[n, 0] * ny + steps[n, 1]) * nz + steps[n, 2]
    for x in range(x0, x1):
        for y in range(ny):
            rim = x == 0 or x == nx - 1 or y == 0 or y == ny - 1
            for z in range(nz):
                v = (x * ny + y) * nz + z
                k = value[v]
                if k <= 0:
                    continue
                m = _inside(k, whole)
                covered = False
                plateau = True
                for n in range(26):
                    if rim or z == 0 or z == nz - 1:
                        i, j, h = x + steps[n, 0], y + steps[n, 1], z + steps[n, 2]
                        if i < 0 or i >= nx:
                            if not wrap[0]:
                                continue
                            i = i + nx if i < 0 else i - nx
                        if j < 0 or j >= ny:
                            if not wrap[1]:
                                continue
                            j = j + ny if j < 0 else j - ny
                        if h < 0 or h >= nz:
                            if not wrap[2]:
                                continue
                            h = h + nz if h < 0 else h - nz
                        other = value[(i * ny + j) * nz + h]
                    else:
                        other = value[v + offset[n]]
                    kind = 0 if n < 6 else (1 if n < 18 else 2)
                    if other > k and _inside(other, whole) >= need[kind, m]:
                        covered = True
                        break
                    if n < 6:
                        plateau = plateau and other >= k
                        if n == 5 and plateau:
                            covered = True
                            break
                if not covered:
                    found[count] = v
                    count += 1
    return count


@njit(cache=True, nogil=True)
def _stamp(value, shape, whole, wrap, centres, first, half, reach, out, x0, x1):  # type: ignore[no-untyped-def]
    """Largest value over all spheres that cover each voxel of the slab x0 <= x < x1.

    ``centres`` in C order, those of plane x from first[x]; half[m] = floor(sqrt(m)).
    """
    nx, ny, nz = shape
    pad = reach
    long = nz + 2 * pad
    slab = np.zeros((x1 - x0) * ny * long, value.dtype)
    for xs in range(x0 - reach, x1 + reach):
        x = xs
        if x < 0 or x >= nx:
            if not wrap[0]:
                continue
            x %= nx
        for n in range(first[x], first[x + 1]):
            v = np.int64(centres[n])
            k = value[v]
            y = (v // nz) % ny
            z = v % nz
            m = _inside(k, whole)
            r = np.int64(half[m])
            for i in range(max(xs - r, x0), min(xs + r + 1, x1)):
                m1 = m - (i - xs) * (i - xs)
                r1 = np.int64(half[m1])
                for j in range(y - r1, y + r1 + 1):
                    jj = j
                    if j < 0 or j >= ny:
                        if not wrap[1]:
                            continue
                        jj = j % ny
                    h = np.int64(half[m1 - (j - y) * (j - y)])
                    start = np.uint64(((i - x0) * ny + jj) * long + pad + z - h)
                    for t in range(np.uint64(2 * h + 1)):
                        here = slab[start + t]
                        slab[start + t] = k if k > here else here
    for i in range(x0, x1):
        for y in range(ny):
            line = ((i - x0) * ny + y) * long
            base = (i * ny + y) * nz
            for z in range(nz):
                out[base + z] = max(value[base + z], slab[line + pad + z])
            if wrap[2]:
                for t in range(pad):
                    left = base + (t - pad) % nz
                    out[left] = max(out[left], slab[line + t])
                    right = base + t % nz
                    out[right] = max(out[right], slab[line + pad + nz + t])


_STEPS = np.array(
    sorted(
        ((a, b, c) for a in (-1, 0, 1) for b in (-1, 0, 1) for c in (-1, 0, 1) if (a, b, c) != (0, 0, 0)),
        key=lambda s: sum(map(abs, s)),
    ),
    np.int64,
)


def largest_sphere(value: NDArray[Any], periodic: Periodic) -> NDArray[Any]:
    """The largest sphere that covers each voxel.

    Args:
        value: (nx, ny, nz) spheres centred on the voxels, 0 where there is none: real numbers are radii in voxels, a
            sphere holding the voxels with |x - c| <= r; whole numbers are squared distances to the nearest voxel that a
            sphere must not hold, it holds those with |x - c|^2 < d2.
        periodic: whether each axis wraps; beyond a face that does not there are no spheres.

    Returns the values of the largest covering spheres, in the same numbers.
    Memory: four bytes for each sphere kept, and a slab of the result a thread. Cost: kept spheres times their section.
    """
    shape = np.array(value.shape, np.int64)
    whole = value.dtype.kind in "iu"
    flat = np.ascontiguousarray(value).ravel()
    out = np.empty_like(flat)
    top = float(flat.max())
    if top <= 0:
        out[:] = 0
        return out.reshape(value.shape)
    m_top = int(top) - 1 if whole else int(top * top)
    wrap = np.array(periodic, np.bool_)
    need = _needed(m_top)
    half = np.sqrt(np.arange(m_top + 1)).astype(
        np.int32
    )  # exact: roots of squares are exact in double precision
    nx = value.shape[0]
    plane = value.shape[1] * value.shape[2]

    def select(a: int, b: int) -> NDArray[np.int32]:
        found = np.empty((b - a) * plane, np.int32)
        count = _centres(flat, shape, whole, wrap, need, _STEPS, found, a, b)
        return found[:count].copy()

    centres = np.concatenate(_parallel.run(select, _parallel.slabs(nx, max(16, nx // 8))))
    first = np.searchsorted(centres, np.arange(nx + 1, dtype=np.int64) * plane)
    reach = int(half[m_top])
    _parallel.run(
        lambda a, b: _stamp(flat, shape, whole, wrap, centres, first, half, reach, out, a, b),
        _parallel.slabs(nx),
    )
    return out.reshape(value.shape)
