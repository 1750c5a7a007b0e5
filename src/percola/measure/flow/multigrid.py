"""Aggregation multigrid for steady conduction on voxels: link weights, not matrices, and pores that stay apart.

The unknowns are voxel potentials; neighbouring voxels a and b exchange the flux w_ab (p_a - p_b). Conjugate
gradients are preconditioned by one multigrid cycle:

- *Aggregates.* Voxels of a 2 x 2 x 2 block that are joined inside the block become one unknown of the coarser
  level; parts of a block that a wall separates become two. A thin wall is therefore never coarsened away, and a
  neck of one voxel stays a link. Every further level does the same with the blocks.
- *Coarse links.* Sums of the links between two aggregates, halved along every axis that was coarsened: the sum
  alone has the right area but the old distance (over-correction; Braess, Computing 55 (1995) 379).
- *Smoother.* Gauss-Seidel in two colours forward, the reverse afterwards, so the cycle is symmetric. Links of a
  coarse level join only blocks that share a face, so two colours do there too (three where a periodic axis has
  an odd number of blocks). On the finest level an odd periodic axis joins equal colours across the seam; there
  the old values are used, which keeps symmetry and convergence.
- *Cycle.* Every coarse level is solved by at most two steps of conjugate gradients preconditioned by the next
  level (K-cycle; Notay and Vassilevski, Numer. Linear Algebra Appl. 15 (2008) 473). The outer iteration is the
  flexible form of conjugate gradients for that reason.

The finest level lives on the grid with one layer of ghost voxels: for uniform conductivity no weights are
stored at all. Vectors are float32; the potential and every sum are float64, and the residual is computed anew
from the potential each time it has fallen by three decades. Slabs are the same whatever the number of threads.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from percola.measure import _parallel
from percola.measure._volume import BoolVolume, FloatVolume, Periodic

_DIRECT = 80
"""Unknowns at which the coarsest level is solved directly."""
_LOSS = 0.25
"""A coarse solve takes its second step where the first left more than this share of the residual."""
_FRESH = 1e-3
"""Fall of the residual norm after which it is computed anew in double precision."""
_DRIFT = 1e-6
"""Relative difference between the dissipation of the potential and what the steps came to that rounding explains."""
_ROUNDING = 1e-13
"""Net flux into a voxel, over the strongest link times the drop of potential, that double precision leaves."""


# --- links of a structure --------------------------------------------------------------------------------------
# Arrays of the finest level have one layer of ghosts. Links are stored with their lower voxel, w[axis, voxel];
# None stands for equal links c[axis] between open voxels. ``diag`` is the sum of a voxel's links, 0 where nothing
# conducts, -1 in ghosts of end faces: a link to such a ghost is half as long, so it counts twice.


@njit(cache=True, nogil=True)
def _harmonic_links(kappa, mask, c, wrap, ends, w, a, b):  # type: ignore[no-untyped-def]
    """Links of harmonic mean conductivity; an end face gets the conductivity of its voxel."""
    shape = kappa.shape
    at = np.empty(3, np.int64)
    for x in range(a, b):
        for y in range(shape[1]):
            for z in range(shape[2]):
                if not mask[x, y, z]:
                    continue
                here = float(kappa[x, y, z])
                for ax in range(3):
                    at[0], at[1], at[2] = x, y, z
                    if ends == ax and at[ax] == 0:
                        at[ax] -= 1
                        w[ax, at[0] + 1, at[1] + 1, at[2] + 1] = c[ax] * here
                        at[ax] += 1
                    at[ax] += 1
                    if at[ax] == shape[ax]:
                        if ends == ax:
                            w[ax, x + 1, y + 1, z + 1] = c[ax] * here
                        if not wrap[ax]:
                            continue
                        at[ax] = 0
                    if mask[at[0], at[1], at[2]]:
                        there = float(kappa[at[0], at[1], at[2]])
                        w[ax, x + 1, y + 1, z + 1] = c[ax] * 2.0 * here * there / (here + there)


@njit(cache=True, nogil=True)
def _diagonal_grid(open_, w, c, step, diag, a, b):  # type: ignore[no-untyped-def]
    """Sums of links; ``open_``: 1 open, 2 ghost of an end face, flat with ghosts as all arrays here."""
    for v in range(a, b):
        if not open_[v]:
            continue
        t = 0.0
        for ax in range(3):
            for side in range(2):
                u = v + step[ax] if side else v - step[ax]
                link = c[ax] if w is None else float(w[ax, v if side else u])
                t += link * open_[u]
        diag[v] = t


# --- finest level ------------------------------------------------------------------------------------------------


@njit(cache=True, nogil=True)
def _around(v, w, c, i, j, k):  # type: ignore[no-untyped-def]
    """Sum of links times neighbours."""
    if w is None:
        s = c[0] * (v[i - 1, j, k] + v[i + 1, j, k]) + c[1] * (v[i, j - 1, k] + v[i, j + 1, k])
        return s + c[2] * (v[i, j, k - 1] + v[i, j, k + 1])
    s = w[0, i - 1, j, k] * v[i - 1, j, k] + w[0, i, j, k] * v[i + 1, j, k]
    s += w[1, i, j - 1, k] * v[i, j - 1, k] + w[1, i, j, k] * v[i, j + 1, k]
    return s + (w[2, i, j, k - 1] * v[i, j, k - 1] + w[2, i, j, k] * v[i, j, k + 1])


@njit(cache=True, nogil=True)
def _smooth_grid(z, r, diag, w, c, colour, a, b):  # type: ignore[no-untyped-def]
    """z = (r + sum over neighbours)/diagonal on the voxels of one colour."""
    _, ny, nz = z.shape
    for i in range(a, b):
        for j in range(1, ny - 1):
            for k in range(1 + ((i + j + 1 + colour) & 1), nz - 1, 2):
                d = diag[i, j, k]
                if d > 0:
                    z[i, j, k] = (r[i, j, k] + _around(z, w, c, i, j, k)) / d


@njit(cache=True, nogil=True)
def _dots(z, r, y, a, b):  # type: ignore[no-untyped-def]
    """Sums z r and z y over a flat range."""
    zr, zy = 0.0, 0.0
    for v in range(a, b):
        zr += z[v] * r[v]
        zy += z[v] * y[v]
    return zr, zy


@njit(cache=True, nogil=True)
def _restrict_grid(z, r, diag, w, c, parts, base, shift, half, rc, a, b):  # type: ignore[no-untyped-def]
    """Residual r - A z summed over the parts of the rows of blocks a..b; ``half``: 0 on the second colour."""
    nx, ny, nz = z.shape
    sx, sy, sz = shift
    step = 2 if half else 1
    for i in range((a << sx) + 1, min(b << sx, nx - 2) + 1):
        for j in range(1, ny - 1):
            bi, bj = (i - 1) >> sx, (j - 1) >> sy
            for k in range(1 + ((i + j + 1) & 1) if half else 1, nz - 1, step):
                d = diag[i, j, k]
                if d > 0:
                    s = _around(z, w, c, i, j, k)
                    if not half:
                        s += r[i, j, k] - z[i, j, k] * d
                    rc[base[bi, bj, (k - 1) >> sz] + parts[i - 1, j - 1, k - 1]] += s


@njit(cache=True, nogil=True)
def _prolong_grid(z, diag, parts, base, shift, ec, half, a, b):  # type: ignore[no-untyped-def]
    _, ny, nz = z.shape
    sx, sy, sz = shift
    step = 2 if half else 1
    for i in range(a, b):
        for j in range(1, ny - 1):
            bi, bj = (i - 1) >> sx, (j - 1) >> sy
            for k in range(1 + ((i + j + 1) & 1) if half else 1, nz - 1, step):
                if diag[i, j, k] > 0:
                    z[i, j, k] += ec[base[bi, bj, (k - 1) >> sz] + parts[i - 1, j - 1, k - 1]]


@njit(cache=True, nogil=True)
def _outflow(z, w, i, j, k):  # type: ignore[no-untyped-def]
    """Sum of links times differences to the neighbours: without any leak through rounding."""
    h = z[i, j, k]
    s = w[0, i - 1, j, k] * (h - z[i - 1, j, k]) + w[0, i, j, k] * (h - z[i + 1, j, k])
    s += w[1, i, j - 1, k] * (h - z[i, j - 1, k]) + w[1, i, j, k] * (h - z[i, j + 1, k])
    return s + (w[2, i, j, k - 1] * (h - z[i, j, k - 1]) + w[2, i, j, k] * (h - z[i, j, k + 1]))


@njit(cache=True, nogil=True)
def _direction(z, r, diag, q, aq, w, c, beta, half, ends, a, b):  # type: ignore[no-untyped-def]
    """q = z + beta q, aq = A z + beta aq; returns q aq. ``half``: A z = r on the first colour."""
    nx, ny, nz = z.shape
    total = 0.0
    bt = np.float32(beta)
    for i in range(a, b):
        for j in range(1, ny - 1):
            row = 0.0
            odd = (i + j + 1) & 1
            for k in range(1, nz - 1):
                d = diag[i, j, k]
                if d > 0:
                    if half and (k & 1) != odd:
                        az = r[i, j, k]
                    elif w is None:
                        az = z[i, j, k] * d - _around(z, w, c, i, j, k)
                    else:
                        az = _outflow(z, w, i, j, k)
                        if ends == 0:
                            if i == 1:
                                az += w[0, 0, j, k] * z[i, j, k]
                            if i == nx - 2:
                                az += w[0, i, j, k] * z[i, j, k]
                        elif ends == 1:
                            if j == 1:
                                az += w[1, i, 0, k] * z[i, j, k]
                            if j == ny - 2:
                                az += w[1, i, j, k] * z[i, j, k]
                        elif ends == 2:
                            if k == 1:
                                az += w[2, i, j, 0] * z[i, j, k]
                            if k == nz - 2:
                                az += w[2, i, j, k] * z[i, j, k]
                    qk = z[i, j, k] + bt * q[i, j, k]
                    ak = az + bt * aq[i, j, k]
                    q[i, j, k] = qk
                    aq[i, j, k] = ak
                    row += qk * ak
            total += row
    return total


@njit(cache=True, nogil=True)
def _advance(p, r, q, aq, alpha, a, b):  # type: ignore[no-untyped-def]
    """p += alpha q, r -= alpha aq over a flat range; returns r r."""
    al = np.float32(alpha)
    total = 0.0
    for v in range(a, b):
        p[v] += alpha * q[v]
        new = r[v] - al * aq[v]
        r[v] = new
        total += new * new
    return total


@njit(cache=True, nogil=True)
def _begin(z, r, diag, half, a, b):  # type: ignore[no-untyped-def]
    """First half sweep from zero: the first colour; the second stays 0 or, with ``half``, does not matter."""
    _, ny, nz = z.shape
    for i in range(a, b):
        for j in range(1, ny - 1):
            for k in range(1, nz - 1):
                d = diag[i, j, k]
                z[i, j, k] = r[i, j, k] / d if d > 0 else np.float32(0)
            if not half:
                for k in range(1 + ((i + j) & 1), nz - 1, 2):
                    z[i, j, k] = 0


@njit(cache=True, nogil=True)
def _fresh(p, diag, w, c, step, shape, r, a, b):  # type: ignore[no-untyped-def]
    """r = fluxes into each voxel, in double precision; returns r r."""
    total = 0.0
    for i in range(a, b):
        for j in range(1, shape[1] + 1):
            for v in range(i * step[0] + j * step[1] + 1, i * step[0] + j * step[1] + shape[2] + 1):
                if diag[v] <= 0:
                    continue
                s = 0.0
                for ax in range(3):
                    for side in range(2):
                        u = v + step[ax] if side else v - step[ax]
                        if diag[u] != 0:
                            link = c[ax] if w is None else float(w[ax, v if side else u])
                            s += link * (p[u] - p[v] if diag[u] > 0 else p[u] - 2.0 * p[v])
                r[v] = s
                total += s * s
    return total


@njit(cache=True, nogil=True)
def _fluxes(p, diag, w, c, step, shape, a, b):  # type: ignore[no-untyped-def]
    """Flux through every plane between voxels, for each axis in a row, and the dissipation, of rows a..b."""
    nx, ny, nz = shape
    flux = np.zeros((3, max(nx, ny, nz) + 1))
    lost = 0.0
    for i in range(a, b):
        for j in range(1, ny + 1):
            for k in range(1, nz + 1):
                v = i * step[0] + j * step[1] + k
                if diag[v] <= 0:
                    continue
                for ax in range(3):
                    at = i if ax == 0 else j if ax == 1 else k
                    for side in range(1, -1 if at == 1 else 0, -1):
                        u = v + step[ax] if side else v - step[ax]
                        if diag[u] == 0:
                            continue
                        link = c[ax] if w is None else float(w[ax, v if side else u])
                        drop = p[v] - p[u]
                        if diag[u] < 0:
                            drop, link = p[v] - 0.5 * p[u], 2.0 * link
                        if side or diag[u] < 0:
                            lost += link * drop * drop
                        flux[ax, at + side - 1] += link * drop if side else -link * drop
    return flux, lost


# --- from the grid to the first coarse level -----------------------------------------------------------------

_WEAK = 0.1
"""Links below this share of the strongest link of both voxels do not join them on the coarser level."""


@njit(cache=True, nogil=True)
def _root(up, a):  # type: ignore[no-untyped-def]
    while up[a] != a:
        up[a] = up[up[a]]
        a = up[a]
    return a


@njit(cache=True, nogil=True)
def _parts_of_blocks(diag, w, step, shift, parts, count, a, b):  # type: ignore[no-untyped-def]
    """Number the joined parts of every block: ``parts`` of each voxel, ``count`` of each block.

    Voxels join by strong links. A part whose strongest link leads to another part of the block joins that one
    part only, so a weakly conducting layer between two strong parts never unites them.
    """
    shape = parts.shape
    up, to = np.empty(8, np.int64), np.empty(8, np.int64)
    new, cell = np.empty(8, np.int64), np.empty(8, np.int64)
    top, best = np.empty(8, np.float32), np.empty(8, np.float32)
    low, many, off = np.empty(3, np.int64), np.empty(3, np.int64), np.empty(3, np.int64)
    for bi in range(a, b):
        for bj in range(count.shape[1]):
            for bk in range(count.shape[2]):
                low[0], low[1], low[2] = bi << shift[0], bj << shift[1], bk << shift[2]
                for ax in range(3):
                    many[ax] = min(1 << shift[ax], shape[ax] - low[ax])
                off[0], off[1], off[2] = many[1] * many[2], many[2], 1
                size = many[0] * many[1] * many[2]
                some = 0
                for v in range(size):
                    x, y, z = v // off[0], v // off[1] % many[1], v % many[2]
                    g = (low[0] + x + 1) * step[0] + (low[1] + y + 1) * step[1] + low[2] + z + 1
                    cell[v] = g if diag[g] > 0 else -1
                    up[v] = v
                    if cell[v] >= 0:
                        some += 1
                        if w is not None:
                            top[v] = 0
                            for ax in range(3):
                                top[v] = max(top[v], w[ax, g], w[ax, g - step[ax]])
                if some == 0 or (w is None and some == size):
                    count[bi, bj, bk] = min(some, 1)
                    continue
                for phase in range(1 if w is None else 2):
                    if phase == 1:
                        for v in range(size):
                            best[v], to[v] = 0, -1
                            if cell[v] >= 0:
                                g = _root(up, v)
                                top[g] = max(top[g], top[v])
                    for v in range(size):
                        for ax in range(3):
                            if v // off[ax] % many[ax] == many[ax] - 1:
                                continue
                            u = v + off[ax]
                            if cell[v] < 0 or cell[u] < 0:
                                continue
                            link = np.float32(1) if w is None else w[ax, cell[v]]
                            g, h = _root(up, v), _root(up, u)
                            if g == h or link <= 0:
                                continue
                            if phase == 0:
                                if w is None or link >= _WEAK * max(top[v], top[u]):
                                    up[max(g, h)] = min(g, h)
                            else:
                                if link > best[g]:
                                    best[g], to[g] = link, h
                                if link > best[h]:
                                    best[h], to[h] = link, g
                    if phase == 1:
                        for v in range(size):
                            if to[v] >= 0 and best[v] >= _WEAK * top[v]:
                                g, h = _root(up, v), _root(up, to[v])
                                up[max(g, h)] = min(g, h)
                m = 0
                for v in range(size):
                    if cell[v] < 0:
                        continue
                    g = _root(up, v)
                    if g == v:
                        new[v] = m
                        m += 1
                    x, y, z = v // off[0], v // off[1] % many[1], v % many[2]
                    parts[low[0] + x, low[1] + y, low[2] + z] = new[g]
                count[bi, bj, bk] = m


@njit(cache=True, nogil=True)
def _links_of_blocks(diag, w, c, step, shift, scale, parts, base, count, ptr, col, val, found, extra, a, b):  # type: ignore[no-untyped-def]
    """Links between the parts of neighbouring blocks, written from ``ptr`` on, where there is room enough."""
    shape = parts.shape
    ids = np.empty((8, 48), np.int64)
    ws = np.empty((8, 48), np.float32)
    many = np.empty(8, np.int64)
    ends = np.empty(8, np.float64)
    at, low = np.empty(3, np.int64), np.empty(3, np.int64)
    for bi in range(a, b):
        for bj in range(base.shape[1]):
            for bk in range(base.shape[2]):
                m = count[bi, bj, bk]
                if m == 0:
                    continue
                first = base[bi, bj, bk]
                many[:m] = 0
                ends[:m] = 0
                low[0], low[1], low[2] = bi, bj, bk
                for x in range(bi << shift[0], min((bi + 1) << shift[0], shape[0])):
                    for y in range(bj << shift[1], min((bj + 1) << shift[1], shape[1])):
                        for z in range(bk << shift[2], min((bk + 1) << shift[2], shape[2])):
                            v = (x + 1) * step[0] + (y + 1) * step[1] + z + 1
                            if diag[v] <= 0:
                                continue
                            me = parts[x, y, z]
                            for link in range(6):
                                ax, side = link >> 1, link & 1
                                u = v + step[ax] if side else v - step[ax]
                                if diag[u] == 0:
                                    continue
                                at[0], at[1], at[2] = x, y, z
                                at[ax] += 2 * side - 1
                                inside = 0 <= at[ax] < shape[ax]
                                if inside and w is None and at[ax] >> shift[ax] == low[ax]:
                                    continue  # equal links inside a block join its voxels
                                s = c[ax] if w is None else float(w[ax, v if side else u])
                                s *= scale[ax]
                                if diag[u] < 0:
                                    ends[me] += 2.0 * s
                                    continue
                                if not inside:
                                    at[ax] = 0 if side else shape[ax] - 1
                                other = base[at[0] >> shift[0], at[1] >> shift[1], at[2] >> shift[2]]
                                other += parts[at[0], at[1], at[2]]
                                if other == first + me or s <= 0:
                                    continue
                                n = 0
                                while n < many[me] and ids[me, n] != other:
                                    n += 1
                                if n == many[me]:
                                    ids[me, n] = other
                                    ws[me, n] = 0
                                    many[me] += 1
                                ws[me, n] += s
                for me in range(m):
                    e = ptr[first + me]
                    for n in range(many[me]):
                        col[e + n] = ids[me, n]
                        val[e + n] = ws[me, n]
                    found[first + me] = many[me]
                    extra[first + me] = ends[me]


@njit(cache=True, nogil=True)
def _close_gaps(ptr, col, val, found):  # type: ignore[no-untyped-def]
    """Move the links of each unknown down to those of the one before; ``ptr`` is changed to match."""
    at = 0
    for a in range(len(found)):
        begin = ptr[a]
        ptr[a] = at
        for u in range(begin, begin + found[a]):
            col[at] = col[u]
            val[at] = val[u]
            at += 1
    ptr[len(found)] = at


# --- coarse levels: lists of links -----------------------------------------------------------------------------


@njit(cache=True, nogil=True)
def _join(ptr, col, val, key, up, top):  # type: ignore[no-untyped-def]
    """Join the unknowns of each coarser block by the rule of :func:`_parts_of_blocks`; ``up`` leads to the root."""
    n = len(ptr) - 1
    for a in range(n):
        up[a] = a
        t = np.float32(0)
        for u in range(ptr[a], ptr[a + 1]):
            t = max(t, val[u])
        top[a] = t
    for a in range(n):
        for u in range(ptr[a], ptr[a + 1]):
            b = col[u]
            if b > a and key[a] == key[b] and val[u] >= _WEAK * max(top[a], top[b]):
                g, h = _root(up, a), _root(up, b)
                if g != h:
                    up[max(g, h)] = min(g, h)
    best = np.zeros(n, np.float32)
    to = np.full(n, -1, np.int32)
    for a in range(n):
        g = _root(up, a)
        top[g] = max(top[g], top[a])
        for u in range(ptr[a], ptr[a + 1]):
            b = col[u]
            if key[a] == key[b] and val[u] > best[g] and _root(up, b) != g:
                best[g], to[g] = val[u], b
    for a in range(n):
        if to[a] >= 0 and best[a] >= _WEAK * top[a]:
            g, h = _root(up, a), _root(up, to[a])
            if g != h:
                up[max(g, h)] = min(g, h)
    for a in range(n):
        up[a] = _root(up, a)


@njit(cache=True, nogil=True)
def _coarse_links(ptr, col, val, extra, at_block, scale, ends, parent, kids, kid, cptr, ccol, cval, cextra):  # type: ignore[no-untyped-def]
    """Sum the links between aggregates, scaled by the axis along which each runs."""
    n = len(cptr) - 1
    slot = np.full(n, -1, np.int64)
    at = 0
    for c in range(n):
        begin = at
        e = 0.0
        for v in range(kids[c], kids[c + 1]):
            a = kid[v]
            e += extra[a]
            for u in range(ptr[a], ptr[a + 1]):
                d = parent[col[u]]
                if d == c:
                    continue
                b = col[u]
                ax = 0 if at_block[0, a] != at_block[0, b] else 1 if at_block[1, a] != at_block[1, b] else 2
                w = val[u] * scale[ax]
                if slot[d] >= begin:
                    cval[slot[d]] += w
                else:
                    slot[d] = at
                    ccol[at] = d
                    cval[at] = w
                    at += 1
        cextra[c] = e * ends
        cptr[c + 1] = at
    return at


@njit(cache=True, nogil=True)
def _diagonal(ptr, val, extra, invd):  # type: ignore[no-untyped-def]
    for a in range(len(invd)):
        t = float(extra[a])
        for u in range(ptr[a], ptr[a + 1]):
            t += val[u]
        invd[a] = 1 / t if t > 0 else 0


@njit(cache=True, nogil=True)
def _sweep(ptr, col, val, invd, x, r, a, b):  # type: ignore[no-untyped-def]
    for i in range(a, b):
        s = r[i]
        for u in range(ptr[i], ptr[i + 1]):
            s += val[u] * x[col[u]]
        x[i] = s * invd[i]


@njit(cache=True, nogil=True)
def _restrict_list(ptr, col, val, extra, x, r, kids, kid, rc, zero_from, a, b):  # type: ignore[no-untyped-def]
    """Residual r - A x summed over aggregates a..b; it is zero from number ``zero_from`` on."""
    for c in range(a, b):
        total = np.float32(0)
        for v in range(kids[c], kids[c + 1]):
            i = kid[v]
            if i >= zero_from:
                continue
            h = x[i]
            s = r[i] - extra[i] * h
            for u in range(ptr[i], ptr[i + 1]):
                s -= val[u] * (h - x[col[u]])
            total += s
        rc[c] = total


@njit(cache=True, nogil=True)
def _prolong_list(x, ec, parent, a, b):  # type: ignore[no-untyped-def]
    for i in range(a, b):
        x[i] += ec[parent[i]]


@njit(cache=True, nogil=True)
def _multiply(ptr, col, val, extra, x, r, y, v, a, b):  # type: ignore[no-untyped-def]
    """y = A x by differences, so that constants leak nothing; returns x y, x r and x v."""
    xy, xr, xv = 0.0, 0.0, 0.0
    for i in range(a, b):
        h = x[i]
        s = extra[i] * h
        for u in range(ptr[i], ptr[i + 1]):
            s += val[u] * (h - x[col[u]])
        y[i] = s
        xy += x[i] * s
        xr += x[i] * r[i]
        xv += x[i] * v[i]
    return xy, xr, xv


@njit(cache=True, nogil=True)
def _subtract(r, v, alpha, out, a, b):  # type: ignore[no-untyped-def]
    """out = r - alpha v; returns r r and out out."""
    al = np.float32(alpha)
    before, after = 0.0, 0.0
    for i in range(a, b):
        s = r[i] - al * v[i]
        out[i] = s
        before += r[i] * r[i]
        after += s * s
    return before, after


@njit(cache=True, nogil=True)
def _mix(x, c, first, second, a, b):  # type: ignore[no-untyped-def]
    f, s = np.float32(first), np.float32(second)
    for i in range(a, b):
        x[i] = f * c[i] + s * x[i]


@njit(cache=True, nogil=True)
def _centre(x, part, total):  # type: ignore[no-untyped-def]
    """Take the mean of every part off its unknowns; ``part`` -1: left as it is; ``total``: (2, parts), scratch."""
    total[:] = 0
    for i in range(len(x)):
        c = part[i]
        if c >= 0:
            total[0, c] += x[i]
            total[1, c] += 1
    for i in range(len(x)):
        c = part[i]
        if c >= 0:
            x[i] = x[i] - total[0, c] / total[1, c]


@dataclass
class _Level:
    """One coarse level: links of each unknown, unknowns sorted by colour.

    ``part``: number of the part without an end face that each unknown belongs to, -1 for others; None: no such
    parts. ``total``: scratch for :func:`_centre`.
    """

    ptr: NDArray[Any]
    col: NDArray[Any]
    val: NDArray[Any]
    extra: NDArray[Any]
    invd: NDArray[Any]
    colours: list[int]
    parent: NDArray[Any] | None = None
    kids: NDArray[Any] | None = None
    kid: NDArray[Any] | None = None
    inverse: NDArray[Any] | None = None
    part: NDArray[np.int32] | None = None
    total: NDArray[np.float64] | None = None
    work: list[NDArray[Any]] = field(default_factory=list)

    @property
    def n(self) -> int:
        return len(self.invd)

    def centre(self, x: NDArray[Any]) -> None:
        """Take out what the links of this level do not see: the mean on every part that hangs on no end face."""
        if self.part is not None:
            _centre(x, self.part, self.total)

    def spans(self, a: int, b: int) -> list[tuple[int, int]]:
        return (
            [(a + s, a + t) for s, t in _parallel.slabs(b - a, max(1, min(16, (b - a) >> 15)))]
            if b > a
            else []
        )


def _colouring(blocks: tuple[int, ...], wrap: Sequence[bool]) -> tuple[list[NDArray[Any]], int]:
    """A number for each block along each axis whose sum modulo the number of colours differs between neighbours."""
    odd = any(w and n % 2 and n > 1 for n, w in zip(blocks, wrap, strict=True))
    lines = []
    for n, w in zip(blocks, wrap, strict=True):
        line = (np.arange(n) % 2).astype(np.uint8)
        if w and n % 2 and n > 1:
            line[-1] = 2
        lines.append(line)
    return lines, 3 if odd else 2


def _next_factor(blocks: tuple[int, ...], size: Sequence[float]) -> tuple[int, ...]:
    """Axes to halve: those whose links are within a factor of about two of the strongest."""
    open_ = [s for n, s in zip(blocks, size, strict=True) if n > 1]
    least = min(open_)
    return tuple(2 if n > 1 and s < 1.5 * least else 1 for n, s in zip(blocks, size, strict=True))


class Multigrid:
    """The hierarchy for one set of links.

    Args:
        open_: int8 with one layer of ghosts: 1 where something conducts (ghosts of periodic axes: as across), 2
            in ghosts of end faces.
        w: links, float32, (3, *open_.shape), or None for equal links.
        size: relative edges of a voxel.
        wrap: whether each axis wraps.
        ends: axis with end faces, or None.
    """

    def __init__(
        self,
        open_: NDArray[np.int8],
        w: FloatVolume | None,
        size: Sequence[float],
        wrap: Periodic,
        ends: int | None,
    ) -> None:
        self.shape = tuple(n - 2 for n in open_.shape)
        self.w = w
        self.c = link_factors(size)
        # Few bits, so that sums of equal links are exact in single precision and the preconditioned operator has no
        # leak; the residual is computed with all of them.
        self.c_short = tuple(
            np.float32(np.ldexp(np.round(np.ldexp(m, 11)), e - 11)) for m, e in map(math.frexp, self.c)
        )
        self.wrap = wrap
        self.ends = ends
        self.step = (open_.shape[1] * open_.shape[2], open_.shape[2], 1)
        self.diag = np.zeros(open_.shape, np.float32)
        flat_w = None if w is None else w.reshape(3, -1)
        flat, flat_open = self.diag.reshape(-1), open_.reshape(-1)
        c, step = tuple(float(v) for v in self.c_short), self.step
        _parallel.run(lambda a, b: _diagonal_grid(flat_open, flat_w, c, step, flat, a, b), self.flat_rows())
        self.diag[open_ == 2] = -1
        refill(self.diag, wrap, None, (0.0, 0.0, 0.0))
        self.half = not any(p and n % 2 for p, n in zip(wrap, self.shape, strict=True))
        factor = _next_factor(self.shape, size) if max(self.shape) > 1 else (1, 1, 1)
        self.shift = tuple(f - 1 for f in factor)
        self.levels: list[_Level] = []
        self._first_level(factor, size)

    def rows(self) -> list[tuple[int, int]]:
        """Ranges of the first axis, ghosts left out."""
        pieces = max(1, min(16, int(np.prod(self.shape)) >> 16))
        return [(a + 1, b + 1) for a, b in _parallel.slabs(self.shape[0], pieces)]

    def flat_rows(self) -> list[tuple[int, int]]:
        """The same ranges as flat indices."""
        return [(a * self.step[0], b * self.step[0]) for a, b in self.rows()]

    # --- setup

    def _first_level(self, f: tuple[int, ...], size: Sequence[float]) -> None:
        blocks = tuple(-(-n // g) for n, g in zip(self.shape, f, strict=True))
        self.parts = np.zeros(self.shape, np.uint8)
        count = np.zeros(blocks, np.uint8)
        self.blocks = _parallel.slabs(blocks[0], len(self.rows()))
        diag = self.diag.reshape(-1)
        w = None if self.w is None else self.w.reshape(3, -1)
        step, shift, parts = self.step, self.shift, self.parts
        _parallel.run(lambda a, b: _parts_of_blocks(diag, w, step, shift, parts, count, a, b), self.blocks)
        lines, colours = _colouring(blocks, self.wrap)
        base = np.zeros(blocks, np.int32)
        starts = [0]
        for colour in range(colours):
            mine = (lines[0][:, None, None] + lines[1][None, :, None] + lines[2]) % np.uint8(
                colours
            ) == colour
            numbers = count[mine]
            edges = np.cumsum(numbers, dtype=np.int64)
            base[mine] = starts[-1] + edges - numbers
            starts.append(starts[-1] + (int(edges[-1]) if len(edges) else 0))
        n = starts[-1]
        self.base = base
        at_block = np.empty((3, n), np.int16)
        many = count.ravel()
        where = np.flatnonzero(many)
        where = where[np.argsort(base.ravel()[where], kind="stable")]
        for ax, line in enumerate(np.unravel_index(where, blocks)):
            at_block[ax] = np.repeat(line.astype(np.int16), many[where])
        # A part has at most as many links as there are parts in the six blocks around and other parts in its own.
        room = np.pad(count.astype(np.int16), 1)
        refill(room, self.wrap, None, (0, 0, 0))
        room = (
            sum(
                room[
                    tuple(
                        slice(1 + d, m + 1 + d) if a == ax else slice(1, m + 1) for a, m in enumerate(blocks)
                    )
                ]
                for ax in range(3)
                for d in (-1, 1)
            )
            + count
        )
        ptr = np.zeros(n + 1, np.int64)
        np.cumsum(np.repeat(room.ravel()[where], many[where]), dtype=np.int64, out=ptr[1:])
        del room, where
        col, val = np.empty(ptr[-1], np.int32), np.empty(ptr[-1], np.float32)
        found, extra = np.zeros(n, np.uint8), np.zeros(n, np.float32)
        scale = tuple(1.0 / g for g in f)
        links = (diag, w, self.c, step, shift, scale, parts, base, count, ptr, col, val, found, extra)
        _parallel.run(lambda a, b: _links_of_blocks(*links, a, b), self.blocks)
        _close_gaps(ptr, col, val, found)
        col, val = col[: ptr[-1]].copy(), val[: ptr[-1]].copy()
        self._add(ptr, col, val, extra, starts, _free_parts(ptr, col, extra))
        self._coarsen(blocks, at_block, tuple(s * g for s, g in zip(size, f, strict=True)))

    def _add(
        self, ptr: Any, col: Any, val: Any, extra: Any, starts: list[int], part: NDArray[np.int32] | None
    ) -> None:
        invd = np.empty(len(extra), np.float32)
        _diagonal(ptr, val, extra, invd)
        level = _Level(ptr, col, val, extra, invd, starts, part=part)
        if part is not None:
            level.total = np.zeros((2, int(part.max()) + 1))
        level.work = [np.zeros(level.n, np.float32) for _ in range(6)]
        self.levels.append(level)

    def _coarsen(self, blocks: tuple[int, ...], at_block: NDArray[Any], size: tuple[float, ...]) -> None:
        while True:
            level = self.levels[-1]
            if level.n <= _DIRECT or max(blocks) == 1 or len(level.col) == 0:
                break
            f = _next_factor(blocks, size)
            blocks = tuple(-(-n // g) for n, g in zip(blocks, f, strict=True))
            coarse = at_block // np.array(f, np.int16)[:, None]
            key = np.ravel_multi_index(tuple(coarse.astype(np.int64)), blocks)
            up = np.empty(level.n, np.int32)
            _join(level.ptr, level.col, level.val, key, up, np.empty(level.n, np.float32))
            roots = np.flatnonzero(up == np.arange(level.n, dtype=np.int32))
            lines, colours = _colouring(blocks, self.wrap)
            tint = sum(line[coarse[ax, roots]] for ax, line in enumerate(lines)) % colours
            order = np.lexsort((key[roots], tint))
            roots = roots[order]
            starts = [0, *np.cumsum(np.bincount(tint, minlength=colours)).tolist()]
            number = np.empty(level.n, np.int32)
            number[roots] = np.arange(len(roots), dtype=np.int32)
            parent = number[up]
            n = len(roots)
            kids = np.zeros(n + 1, np.int32)
            np.cumsum(np.bincount(parent, minlength=n), out=kids[1:])
            kid = np.argsort(parent, kind="stable").astype(np.int32)
            ptr = np.zeros(n + 1, level.ptr.dtype)
            col, val = np.empty(len(level.col), np.int32), np.empty(len(level.col), np.float32)
            extra = np.empty(n, np.float32)
            scale = tuple(1.0 / g for g in f)
            ends = 1.0 if self.ends is None else scale[self.ends]
            total = _coarse_links(
                level.ptr,
                level.col,
                level.val,
                level.extra,
                at_block,
                scale,
                ends,
                parent,
                kids,
                kid,
                ptr,
                col,
                val,
                extra,
            )
            level.parent, level.kids, level.kid = parent, kids, kid
            part = None if level.part is None else level.part[roots]
            self._add(ptr, col[:total].copy(), val[:total].copy(), extra, starts, part)
            at_block = coarse[:, roots]
            size = tuple(s * g for s, g in zip(size, f, strict=True))
        level = self.levels[-1]
        if level.n <= _DIRECT and len(level.col):
            level.inverse = _inverse(level)

    # --- cycle

    def _presmooth(self, level: _Level, r: NDArray[Any], x: NDArray[Any]) -> None:
        s = level.colours
        np.multiply(r[: s[1]], level.invd[: s[1]], out=x[: s[1]])
        x[s[1] :] = 0
        for c in range(1, len(s) - 1):
            _parallel.run(
                lambda a, b: _sweep(level.ptr, level.col, level.val, level.invd, x, r, a, b),
                level.spans(s[c], s[c + 1]),
            )

    def _postsmooth(self, level: _Level, r: NDArray[Any], x: NDArray[Any]) -> None:
        s = level.colours
        for c in range(len(s) - 2, -1, -1):
            _parallel.run(
                lambda a, b: _sweep(level.ptr, level.col, level.val, level.invd, x, r, a, b),
                level.spans(s[c], s[c + 1]),
            )

    def _cycle(self, number: int, r: NDArray[Any], x: NDArray[Any]) -> None:
        """x = one multigrid cycle for r on a coarse level."""
        level = self.levels[number]
        if level.inverse is not None:
            x[:] = level.inverse @ r
            return
        self._presmooth(level, r, x)
        if level.parent is not None and level.kids is not None:
            below = self.levels[number + 1]
            rc, ec = below.work[0], below.work[1]
            zero_from = level.colours[-2]
            _parallel.run(
                lambda a, b: _restrict_list(
                    level.ptr,
                    level.col,
                    level.val,
                    level.extra,
                    x,
                    r,
                    level.kids,
                    level.kid,
                    rc,
                    zero_from,
                    a,
                    b,
                ),
                below.spans(0, below.n),
            )
            self.coarse(number + 1, rc, ec)
            _parallel.run(lambda a, b: _prolong_list(x, ec, level.parent, a, b), level.spans(0, level.n))
        self._postsmooth(level, r, x)

    def coarse(self, number: int, r: NDArray[Any], x: NDArray[Any]) -> None:
        """x = at most two steps of conjugate gradients, preconditioned by the cycle, for A x = r (K-cycle).

        On parts that hang on no end face A is singular: what rounding puts into the mean of r has no answer, and
        the mean of x is free. Either, left alone, is fed from step to step until it drowns the rest (single
        precision), so both are taken out.
        """
        level = self.levels[number]
        level.centre(r)
        if level.inverse is not None:
            x[:] = level.inverse @ r
            return
        c, v, rest, w = level.work[2:6]
        links = (level.ptr, level.col, level.val, level.extra)
        whole = level.spans(0, level.n)
        self._cycle(number, r, c)
        level.centre(c)
        rho, alpha, _ = _sums(_parallel.run(lambda a, b: _multiply(*links, c, r, v, v, a, b), whole))
        if rho <= 0:
            x[:] = 0
            return
        t = alpha / rho
        before, after = _sums(_parallel.run(lambda a, b: _subtract(r, v, t, rest, a, b), whole))
        if after <= _LOSS**2 * before:
            np.multiply(c, np.float32(t), out=x)
            return
        level.centre(rest)
        self._cycle(number, rest, x)
        level.centre(x)
        beta, second, gamma = _sums(_parallel.run(lambda a, b: _multiply(*links, x, rest, w, v, a, b), whole))
        rho2 = beta - gamma * gamma / rho
        if rho2 <= 0:
            np.multiply(c, np.float32(t), out=x)
            return
        _parallel.run(lambda a, b: _mix(x, c, t - gamma * second / (rho * rho2), second / rho2, a, b), whole)


def _sums(parts: list[tuple[float, ...]]) -> tuple[float, ...]:
    return tuple(sum(p) for p in zip(*parts, strict=True))


def _free_parts(ptr: NDArray[Any], col: NDArray[Any], extra: NDArray[Any]) -> NDArray[np.int32] | None:
    """The number of the part of each unknown among the parts that hang on no end face, else -1; None: no such parts."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    n = len(extra)
    if n == 0:
        return None
    graph = csr_array((np.ones(len(col), np.int8), col, ptr), shape=(n, n))
    count, which = connected_components(graph, directed=False)
    held = np.bincount(which, weights=extra, minlength=count) > 0
    if held.all():
        return None
    number = np.where(held, -1, np.cumsum(~held) - 1).astype(np.int32)
    return number[which]


def _inverse(level: _Level) -> NDArray[np.float32]:
    """Dense inverse of the coarsest level; parts that hang on no end face are solved with zero mean."""
    n = level.n
    matrix = np.zeros((n, n))
    row = np.repeat(np.arange(n), np.diff(level.ptr))
    np.subtract.at(matrix, (row, level.col), level.val.astype(float))
    matrix = (matrix + matrix.T) / 2
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    graph = csr_array((np.ones(len(level.col), np.int8), level.col, level.ptr), shape=(n, n))
    count, which = connected_components(graph, directed=False)
    matrix[np.arange(n), np.arange(n)] = -matrix.sum(1) + level.extra
    held = np.bincount(which, weights=level.extra, minlength=count) > 0
    free = []
    for c in np.flatnonzero(~held):
        mine = np.flatnonzero(which == c)
        matrix[np.ix_(mine, mine)] += np.abs(matrix[mine, mine]).mean() + (len(mine) == 1)
        free.append(mine)
    inverse = np.linalg.inv(matrix)
    for mine in free:
        inverse[np.ix_(mine, mine)] -= inverse[np.ix_(mine, mine)].mean()
    return np.ascontiguousarray(inverse, np.float32)


# --- structures to links -------------------------------------------------------------------------------------------


def link_factors(size: Sequence[float]) -> tuple[float, float, float]:
    """Cross-section over length of a link along each axis, relative to the first: exact for bricks of any edges."""
    hx, hy, hz = (float(h) for h in size)
    return (1.0, (hx / hy) ** 2, (hx / hz) ** 2)


def wrapping(shape: Sequence[int], periodic: Sequence[bool], ends: int | None) -> Periodic:
    """Axes that wrap: not the one with end faces, nor one of a single voxel (which would link to itself)."""
    return tuple(bool(p) and ax != ends and shape[ax] > 1 for ax, p in enumerate(periodic))  # type: ignore[return-value]


def _with_ghosts(mask: BoolVolume, wrap: Periodic, ends: int | None) -> NDArray[np.int8]:
    open_ = np.zeros([n + 2 for n in mask.shape], np.int8)
    open_[1:-1, 1:-1, 1:-1] = mask
    refill(open_, wrap, None, (0, 0, 0))
    if ends is not None:
        for ghost, inner in ((0, 1), (-1, -2)):
            face: list[Any] = [slice(1, -1)] * 3
            face[ends] = ghost
            beside = list(face)
            beside[ends] = inner
            open_[tuple(face)] = 2 * open_[tuple(beside)]
    return open_


def uniform_links(
    mask: BoolVolume, periodic: Sequence[bool], ends: int | None, size: Sequence[float] = (1, 1, 1)
) -> Multigrid:
    """The hierarchy for voxels of conductivity 1 between insulating ones.

    Args:
        mask: voxels that conduct.
        periodic: whether each axis wraps.
        ends: axis with a potential held on both end faces, half a voxel from the outermost centres; or None.
        size: relative edges of a voxel.
    """
    wrap = wrapping(mask.shape, periodic, ends)
    return Multigrid(_with_ghosts(mask, wrap, ends), None, size, wrap, ends)


def conductive_links(
    kappa: FloatVolume,
    mask: BoolVolume,
    periodic: Sequence[bool],
    ends: int | None,
    size: Sequence[float] = (1, 1, 1),
) -> Multigrid:
    """The hierarchy for voxels of their own conductivity; harmonic means between neighbours.

    Args:
        kappa: conductivity of each voxel, above 0 where ``mask``.
        mask: voxels that conduct.
        periodic, ends, size: see :func:`uniform_links`.
    """
    wrap = wrapping(mask.shape, periodic, ends)
    w = np.zeros((3, *(n + 2 for n in mask.shape)), np.float32)
    c, axis = link_factors(size), -1 if ends is None else ends
    slabs = _parallel.slabs(mask.shape[0], max(1, min(16, mask.size >> 16)))
    _parallel.run(lambda a, b: _harmonic_links(kappa, mask, c, wrap, axis, w, a, b), slabs)
    return given_links(w, mask, wrap, ends, size)


def given_links(
    w: FloatVolume, mask: BoolVolume, wrap: Periodic, ends: int | None, size: Sequence[float]
) -> Multigrid:
    """The hierarchy for given links ``w[axis]`` to the next voxel; ghosts of periodic axes are filled here."""
    for ax in range(3):
        if wrap[ax]:
            first: list[Any] = [slice(None)] * 3
            last = list(first)
            first[ax], last[ax] = 0, -2
            w[ax][tuple(first)] = w[ax][tuple(last)]
    return Multigrid(_with_ghosts(mask, wrap, ends), w, size, wrap, ends)


# --- solving ---------------------------------------------------------------------------------------------------


def refill(v: NDArray[Any], periodic: Periodic, ends: int | None, jump: Sequence[float]) -> None:
    """Ghosts: across periodic axes the value of the other side, less or more the jump; at end faces twice 1 and 0."""
    for ax in range(3):
        n = v.shape[ax] - 2
        low, high, first, last = ([slice(None)] * 3 for _ in range(4))
        low[ax], high[ax], first[ax], last[ax] = 0, n + 1, 1, n  # type: ignore[call-overload]
        if ax == ends:
            v[tuple(low)] = 2 * jump[ax]
            v[tuple(high)] = 0
        elif periodic[ax]:
            v[tuple(low)] = v[tuple(last)]
            v[tuple(high)] = v[tuple(first)]
            if jump[ax]:
                v[tuple(low)] += jump[ax]
                v[tuple(high)] -= jump[ax]


@dataclass(frozen=True)
class Solution:
    """A potential and what flows.

    Attributes:
        potential: with its layer of ghosts.
        dissipation: sum of link weight times squared potential difference: never below its value at the solution.
        fluxes: total flux through every plane between voxels normal to each axis, (3, longest + 1).
        iterations: conjugate gradient steps.
        remaining: estimated excess of the dissipation, relative.
        residual: norm of the net flux into voxels over that at the start.
        settled: whether the tolerance was reached.
    """

    potential: NDArray[np.float64]
    dissipation: float
    fluxes: NDArray[np.float64]
    iterations: int
    remaining: float
    residual: float
    settled: bool


def imbalance(flux: NDArray[np.float64]) -> float:
    """Largest difference between the fluxes through two planes, over the mean flux; infinite where that is 0 alone."""
    mean, most = abs(float(flux.mean())), float(np.ptp(flux))
    return most / mean if mean > 0 else math.inf if most > 0 else 0.0


def solve(
    grid: Multigrid,
    p: NDArray[np.float64],
    jump: Sequence[float],
    tolerance: float,
    balance: float | None = None,
    axis: int = 2,
    most: int = 200,
) -> Solution:
    """Minimize the dissipation from the potential ``p`` (changed in place).

    Args:
        grid: hierarchy of the links.
        p: start, with ghosts (their content does not matter), 0 where nothing conducts.
        jump: potential of the low end face (the high one has 0), or drop of potential across each periodic axis.
        tolerance: of the dissipation, relative.
        balance: largest relative difference between fluxes through planes normal to ``axis``; None: not asked.
        most: iterations at most.

    Settled is what was seen, not only expected: the dissipation of the potential found, summed anew in double
    precision, must be what the steps added up to (else they go on from there, with a fresh residual), and the fluxes
    must balance. Steps without a direction to go, short of the solution, are not settled.
    """
    rows, flat_rows = grid.rows(), grid.flat_rows()
    diag, w, half, step, shape = grid.diag, grid.w, grid.half, grid.step, grid.shape
    c = grid.c_short
    ends = -1 if grid.ends is None else grid.ends
    flat_w = None if w is None else w.reshape(3, -1)
    r, z, q, aq = (np.zeros(p.shape, np.float32) for _ in range(4))
    flat_p, flat_r, flat_z, flat_q, flat_aq, flat_diag = (v.reshape(-1) for v in (p, r, z, q, aq, diag))
    transfer = (grid.parts, grid.base, grid.shift)

    def ghosts(v: NDArray[Any]) -> None:
        refill(v, grid.wrap, None, (0.0, 0.0, 0.0))

    def measure() -> tuple[NDArray[np.float64], float]:
        refill(p, grid.wrap, grid.ends, jump)
        found = _parallel.run(
            lambda a, b: _fluxes(flat_p, flat_diag, flat_w, grid.c, step, shape, a, b), rows
        )
        return sum(f for f, _ in found), float(sum(e for _, e in found))

    def balanced(fluxes: NDArray[np.float64]) -> bool:
        assert balance is not None
        return imbalance(fluxes[axis, : shape[axis] + 1]) < balance

    def renew() -> float:
        refill(p, grid.wrap, grid.ends, jump)
        return sum(
            _parallel.run(
                lambda a, b: _fresh(flat_p, flat_diag, flat_w, grid.c, step, shape, flat_r, a, b), rows
            )
        )

    fluxes, dissipation = measure()
    exact, largest = dissipation, 1e-12 * dissipation
    first = fresh = norm = renew()
    # Net fluxes that double precision leaves, squared and summed over all voxels.
    strongest = max(grid.c) if w is None else float(max(w[ax].max() for ax in range(3)))
    least = p.size * (_ROUNDING * strongest * max((abs(j) for j in jump), default=1.0)) ** 2
    qaq = 0.0
    gains: list[float] = []
    remaining, settled, steps, looked, stuck = 1.0, norm == 0, 0, 0, -1
    rc, ec = grid.levels[0].work[:2]
    while not settled and steps < most:
        _parallel.run(lambda a, b: _begin(z, r, diag, half, a, b), rows)
        ghosts(z)
        _parallel.run(lambda a, b: _smooth_grid(z, r, diag, w, c, 1, a, b), rows)
        ghosts(z)
        rc[:] = 0
        _parallel.run(lambda a, b: _restrict_grid(z, r, diag, w, c, *transfer, half, rc, a, b), grid.blocks)
        grid.coarse(0, rc, ec)
        _parallel.run(lambda a, b: _prolong_grid(z, diag, *transfer, ec, half, a, b), rows)
        for colour in (1, 0):
            ghosts(z)
            _parallel.run(lambda a, b, k=colour: _smooth_grid(z, r, diag, w, c, k, a, b), rows)  # type: ignore[misc]
        ghosts(z)
        zr, zaq = _sums(_parallel.run(lambda a, b: _dots(flat_z, flat_r, flat_aq, a, b), flat_rows))
        beta = -zaq / qaq if qaq > 0 else 0.0
        turn = partial(_direction, z, r, diag, q, aq, w, c, beta, half, ends)
        qaq = sum(_parallel.run(turn, rows))
        steps += 1
        if not (qaq > 0 and zr > 0 and math.isfinite(qaq + zr)):
            # No direction left: at the solution as far as numbers go, else once more from the residual itself.
            norm = renew()
            settled = norm <= least
            if settled or stuck == steps - 1:
                break
            stuck, qaq, gains, fresh = steps, 0.0, [], norm
            q[:], aq[:] = 0, 0
            continue
        alpha = zr / qaq
        norm = sum(_parallel.run(partial(_advance, flat_p, flat_r, flat_q, flat_aq, alpha), flat_rows))
        gains.append(alpha * zr)
        dissipation -= gains[-1]
        if norm < _FRESH**2 * fresh:
            fresh = norm = renew()
        if len(gains) > 1:
            ratio = min(max(later / before for before, later in itertools.pairwise(gains[-3:])), 0.95)
            remaining = gains[-1] * ratio / (1 - ratio) / dissipation if dissipation > 0 else 0.0
        # The flux error is about the root of the energy error: no need to look at the fluxes earlier.
        if len(gains) > 1 and remaining < tolerance and (balance is None or remaining < balance**2):
            fluxes, exact = measure()
            looked = steps
            lost = abs(exact - dissipation) > max(tolerance, _DRIFT) * exact + largest
            dissipation = exact
            settled = not lost and (balance is None or balanced(fluxes))
            if lost:
                norm = fresh = renew()
                gains, remaining = [], 1.0
    if looked != steps or steps == 0:
        fluxes, exact = measure()
    return Solution(p, exact, fluxes, steps, remaining, (norm / first) ** 0.5 if first else 0.0, settled)


# --- the other side: a lower bound from a flux without sources ------------------------------------------------------


@njit(cache=True, nogil=True)
def _grow_tree(diag, w, step, shape, wrap, ends, axis, order, parent, mark):  # type: ignore[no-untyped-def]
    """Spanning trees of everything that conducts, breadth first from the end faces, else from any voxel.

    ``order``: voxels as they were reached; ``parent``: link 0..5 that leads towards the root, 6 at roots. Returns
    the number of voxels and whether a way leads through: from face to face, or once around a periodic axis.
    """
    nx, ny, nz = shape
    count, done, through = 0, 0, False
    # mark: with end faces 1 or 2, the face a tree started from; else 64 + turns around the axis.
    for phase in range(2):
        for i in range(1, nx + 1):
            for j in range(1, ny + 1):
                for k in range(1, nz + 1):
                    v = i * step[0] + j * step[1] + k
                    if diag[v] <= 0 or parent[v] >= 0:
                        continue
                    if phase == 0:
                        if ends < 0:
                            continue
                        u, t = v - step[ends], v + step[ends]
                        low = diag[u] < 0 and (w is None or w[ends, u] > 0)
                        high = diag[t] < 0 and (w is None or w[ends, v] > 0)
                        if low:
                            parent[v], mark[v] = 2 * ends, 1
                            through = through or high
                        elif high:
                            parent[v], mark[v] = 2 * ends + 1, 2
                        else:
                            continue
                    else:
                        parent[v], mark[v] = 6, 64
                    order[count] = v
                    count += 1
                    if phase == 0:
                        continue
                    # Parts without an end face are flooded one by one.
                    done, count, through = _flood(
                        diag, w, step, shape, wrap, ends, axis, order, parent, mark, done, count, through
                    )
        done, count, through = _flood(
            diag, w, step, shape, wrap, ends, axis, order, parent, mark, done, count, through
        )
    return count, through


@njit(cache=True, nogil=True)
def _flood(diag, w, step, shape, wrap, ends, axis, order, parent, mark, done, count, through):  # type: ignore[no-untyped-def]
    while done < count:
        v = order[done]
        done += 1
        for link in range(6):
            ax, side = link >> 1, link & 1
            u = v + step[ax] if side else v - step[ax]
            if diag[u] <= 0 or (w is not None and w[ax, v if side else u] <= 0):
                continue
            turn = 0
            if wrap[ax]:
                at = v // step[ax] % (shape[ax] + 2)
                if at == (shape[ax] if side else 1):
                    u += -shape[ax] * step[ax] if side else shape[ax] * step[ax]
                    turn = (2 * side - 1) if ax == axis else 0
            if parent[u] < 0:
                parent[u] = link ^ 1
                mark[u] = mark[v] + turn
                order[count] = u
                count += 1
            elif mark[u] != mark[v] + turn and (ends < 0 or (mark[u] < 3 and mark[v] < 3)):
                through = True
    return done, count, through


@njit(cache=True, nogil=True)
def _drain(p, r, diag, w, c, step, shape, wrap, axis, order, parent, count):  # type: ignore[no-untyped-def]
    """Carry every net flux along the tree to its root; returns the change of dissipation and of flux along axis."""
    lost, along = 0.0, 0.0
    for n in range(count - 1, -1, -1):
        v = order[n]
        link = parent[v]
        excess = r[v]
        if link == 6 or excess == 0:
            continue
        ax, side = link >> 1, link & 1
        u = v + step[ax] if side else v - step[ax]
        weight = c[ax] if w is None else float(w[ax, v if side else u])
        drop = p[v] - p[u]
        if diag[u] < 0:
            drop, weight = p[v] - 0.5 * p[u], 2 * weight
        elif wrap[ax]:
            at = v // step[ax] % (shape[ax] + 2)
            if at == (shape[ax] if side else 1):
                u += -shape[ax] * step[ax] if side else shape[ax] * step[ax]
        lost += 2 * drop * excess + excess * excess / weight
        if ax == axis:
            along += excess if side else -excess
        if diag[u] > 0:
            r[u] += excess
    return lost, along


@dataclass(frozen=True)
class Tree:
    """Spanning trees of what conducts: see :func:`_grow_tree`."""

    order: NDArray[np.int32]
    parent: NDArray[np.int8]
    through: bool


def spanning_tree(grid: Multigrid, axis: int) -> Tree:
    """Trees towards the end faces, and whether a way leads through along ``axis``."""
    diag = grid.diag.reshape(-1)
    order = np.empty(int(np.count_nonzero(grid.diag[1:-1, 1:-1, 1:-1] > 0)), np.int32)
    parent = np.full(diag.shape, -1, np.int8)
    mark = np.zeros(diag.shape, np.int8)
    w = None if grid.w is None else grid.w.reshape(3, -1)
    ends = -1 if grid.ends is None else grid.ends
    count, through = _grow_tree(diag, w, grid.step, grid.shape, grid.wrap, ends, axis, order, parent, mark)
    return Tree(order[:count], parent, bool(through))


def lower_bound(grid: Multigrid, tree: Tree, found: Solution, jump: Sequence[float], axis: int) -> float:
    """A conductance that the exact one of these links is never below.

    Thomson's principle: of all fluxes without sources that carry the current I, the true one dissipates least, so
    C >= I^2/E for any of them. The flux of the solution is made one by carrying what each voxel gains or loses
    along a tree to the end faces. Together with the dissipation, which is never below C (Dirichlet's principle),
    this encloses the exact conductance of the voxel problem, whatever the solver did.
    """
    p = found.potential
    refill(p, grid.wrap, grid.ends, jump)
    diag = grid.diag.reshape(-1)
    w = None if grid.w is None else grid.w.reshape(3, -1)
    r = np.zeros(diag.shape, np.float32)
    args = (p.reshape(-1), diag, w, grid.c, grid.step, grid.shape, r)
    _parallel.run(lambda a, b: _fresh(*args, a, b), grid.rows())
    lost, along = _drain(
        args[0],
        r,
        diag,
        w,
        grid.c,
        grid.step,
        grid.shape,
        grid.wrap,
        axis,
        tree.order,
        tree.parent,
        len(tree.order),
    )
    planes = grid.shape[axis] + (1 if grid.ends == axis else 0)
    # Planes 0 and n of a periodic axis are the same one.
    current = (
        float(found.fluxes[axis, 1 : grid.shape[axis] + 1].sum())
        if grid.ends != axis
        else float(found.fluxes[axis, :planes].sum())
    ) + along
    current /= planes
    energy = found.dissipation + lost
    return current * current / energy if energy > 0 else 0.0
