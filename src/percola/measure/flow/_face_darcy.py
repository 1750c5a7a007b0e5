"""Multigrid for the pressure of a Darcy flow on the faces of a staggered grid: -div(w grad p) = q.

Coarse cells are pairs of cells in each direction, pressures constant in each, which doubles the slope between
coarse cells: their conductances are halved for that (Braess, Computing 55 (1995) 379). One cycle smooths by
red-black relaxation before and after; conjugate gradients take care of what the constants miss.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from percola.measure import _parallel
from percola.measure._volume import FloatVolume
from percola.measure.flow._staggered import END, PERIODIC, PRESSURE, Staggered, _product, each

_SMALLEST = 6
_BOTTOM = 12


@njit(cache=True, nogil=True)
def _relax(p, q, wx, wy, wz, parity, nx, ny, nz, a, b):  # type: ignore[no-untyped-def]
    """Solve each cell of one colour for its own pressure."""
    for i in range(a, min(b, nx + 1)):
        for j in range(1, ny + 1):
            for k in range(1 + (i + j + parity) % 2, nz + 1, 2):
                w0, w1 = wx[i, j, k], wx[i + 1, j, k]
                w2, w3 = wy[i, j, k], wy[i, j + 1, k]
                w4, w5 = wz[i, j, k], wz[i, j, k + 1]
                d = w0 + w1 + w2 + w3 + w4 + w5
                if d > 0:
                    p[i, j, k] = (
                        q[i, j, k]
                        + w0 * p[i - 1, j, k]
                        + w1 * p[i + 1, j, k]
                        + w2 * p[i, j - 1, k]
                        + w3 * p[i, j + 1, k]
                        + w4 * p[i, j, k - 1]
                        + w5 * p[i, j, k + 1]
                    ) / d


@njit(cache=True, nogil=True)
def _darcy(p, wx, wy, wz, out, nx, ny, nz, a, b):  # type: ignore[no-untyped-def]
    """out = -div(w grad p); returns the part of the product with p."""
    total: Any = 0.0
    for i in range(a, min(b, nx + 1)):
        for j in range(1, ny + 1):
            s = np.float32(0)
            for k in range(1, nz + 1):
                c = p[i, j, k]
                v = (
                    wx[i, j, k] * (c - p[i - 1, j, k])
                    + wx[i + 1, j, k] * (c - p[i + 1, j, k])
                    + wy[i, j, k] * (c - p[i, j - 1, k])
                    + wy[i, j + 1, k] * (c - p[i, j + 1, k])
                    + wz[i, j, k] * (c - p[i, j, k - 1])
                    + wz[i, j, k + 1] * (c - p[i, j, k + 1])
                )
                out[i, j, k] = v
                s += v * c
            total += s
    return total


@njit(cache=True, nogil=True)
def _restrict(p, q, wx, wy, wz, coarse, nx, ny, nz, a, b):  # type: ignore[no-untyped-def]
    """Sum of the residual over each coarse cell of the planes a..b of the coarse grid."""
    _, my, mz = coarse.shape
    for i in range(a, min(b, (nx + 1) // 2 + 1)):
        for j in range(1, my - 2):
            for k in range(1, mz - 2):
                coarse[i, j, k] = 0
        for x in range(2 * i - 1, min(2 * i, nx) + 1):
            for y in range(1, ny + 1):
                for z in range(1, nz + 1):
                    c = p[x, y, z]
                    r = q[x, y, z] - (
                        wx[x, y, z] * (c - p[x - 1, y, z])
                        + wx[x + 1, y, z] * (c - p[x + 1, y, z])
                        + wy[x, y, z] * (c - p[x, y - 1, z])
                        + wy[x, y + 1, z] * (c - p[x, y + 1, z])
                        + wz[x, y, z] * (c - p[x, y, z - 1])
                        + wz[x, y, z + 1] * (c - p[x, y, z + 1])
                    )
                    coarse[i, (y + 1) // 2, (z + 1) // 2] += r


@njit(cache=True, nogil=True)
def _prolong(p, coarse, nx, ny, nz, a, b):  # type: ignore[no-untyped-def]
    for i in range(a, min(b, nx + 1)):
        for j in range(1, ny + 1):
            for k in range(1, nz + 1):
                p[i, j, k] += coarse[(i + 1) // 2, (j + 1) // 2, (k + 1) // 2]


@njit(cache=True, nogil=True)
def _descend(z, r, d, beta, a, b):  # type: ignore[no-untyped-def]
    _, ny, nz = z.shape
    for i in range(a, b):
        for j in range(ny):
            for k in range(nz):
                d[i, j, k] = z[i, j, k] + beta * d[i, j, k]


@njit(cache=True, nogil=True)
def _move(p, r, d, ad, alpha, a, b):  # type: ignore[no-untyped-def]
    """Step along d; returns the part of (r, r)."""
    _, ny, nz = p.shape
    total: Any = 0.0
    for i in range(a, b):
        for j in range(ny):
            s = np.float32(0)
            for k in range(nz):
                p[i, j, k] += alpha * d[i, j, k]
                v = r[i, j, k] - alpha * ad[i, j, k]
                r[i, j, k] = v
                s += v * v
            total += s
    return total


def _coarse_faces(w: FloatVolume, c: int, shape: tuple[int, ...]) -> FloatVolume:
    """Half the sum of the conductances over each coarse face."""
    n = shape[c]
    half = (n + 1) // 2
    index: list[Any] = [slice(1, m + 1) for m in shape]
    rows = [2 * i + 1 for i in range(half)] + [n + 1]
    index[c] = rows
    x = np.float32(0.5) * w[tuple(index)]
    for a in range(3):
        if a == c:
            continue
        if shape[a] % 2:
            wide = list(x.shape)
            wide[a] = 1
            x = np.concatenate([x, np.zeros(wide, np.float32)], a)
        low: list[Any] = [slice(None)] * 3
        high: list[Any] = [slice(None)] * 3
        low[a], high[a] = slice(0, None, 2), slice(1, None, 2)
        x = x[tuple(low)] + x[tuple(high)]
    out = np.zeros([(m + 1) // 2 + 3 for m in shape], np.float32)
    place: list[Any] = [slice(1, (m + 1) // 2 + 1) for m in shape]
    place[c] = slice(1, half + 2)
    out[tuple(place)] = x
    return out


class _Level:
    def __init__(self, w: list[FloatVolume], shape: tuple[int, ...], kinds: tuple[int, ...]) -> None:
        self.w: Any = w
        self.shape: Any = shape
        self.kinds = kinds
        padded = [n + 3 for n in shape]
        self.p, self.q = np.zeros(padded, np.float32), np.zeros(padded, np.float32)
        pieces = 16 if np.prod(shape) > 30_000 else 1
        self.pieces = [(a + 1, b + 1) for a, b in _parallel.slabs(shape[0], pieces)]

    def halo(self, p: FloatVolume) -> None:
        for a, n in enumerate(self.shape):
            low: list[Any] = [slice(None)] * 3
            high, first, last = list(low), list(low), list(low)
            low[a], high[a], first[a], last[a] = 0, n + 1, 1, n
            if self.kinds[a] == PERIODIC:
                p[tuple(low)], p[tuple(high)] = p[tuple(last)], p[tuple(first)]
            elif self.kinds[a] == END:
                p[tuple(low)], p[tuple(high)] = -p[tuple(first)], -p[tuple(last)]

    def relax(self, p: FloatVolume, q: FloatVolume, parity: int) -> None:
        self.halo(p)
        each(self.pieces, _relax, p, q, *self.w, parity, *self.shape)


class Darcy:
    """Solves -div(w grad p) = q with the conductances ``w`` of the faces of a staggered grid."""

    def __init__(self, grid: Staggered, w: list[FloatVolume]) -> None:
        self.grid = grid
        shape = grid.shape
        faces = []
        for c in range(3):
            # Both ends of a periodic axis carry the same face.
            x = w[c]
            if grid.kinds[c] == PERIODIC:
                high: list[Any] = [slice(None)] * 3
                low = list(high)
                high[c], low[c] = shape[c] + 1, 1
                x[tuple(high)] = x[tuple(low)]
            faces.append(x)
        self.levels = [_Level(faces, shape, grid.kinds)]
        while max(shape) > _SMALLEST:
            faces = [_coarse_faces(faces[c], c, shape) for c in range(3)]
            shape = tuple((n + 1) // 2 for n in shape)
            self.levels.append(_Level(faces, shape, grid.kinds))

    def _cycle(self, i: int, p: FloatVolume, q: FloatVolume) -> None:
        level = self.levels[i]
        if i == len(self.levels) - 1:
            for sweep in range(_BOTTOM):
                level.relax(p, q, sweep % 2)
            for sweep in range(_BOTTOM):
                level.relax(p, q, (sweep + 1) % 2)
            return
        level.relax(p, q, 0)
        level.relax(p, q, 1)
        level.halo(p)
        coarse = self.levels[i + 1]
        each(coarse.pieces, _restrict, p, q, *level.w, coarse.q, *level.shape)
        coarse.p[:] = 0
        self._cycle(i + 1, coarse.p, coarse.q)
        each(level.pieces, _prolong, p, coarse.p, *level.shape)
        level.relax(p, q, 1)
        level.relax(p, q, 0)

    def solve(self, q: FloatVolume, tolerance: float, most: int = 60) -> tuple[FloatVolume, int]:
        """Pressure for the sources ``q`` (padded, kept), to a relative residual, and the steps taken.

        Sources must add up to zero within each part of the voids that has no open end; the pressure's ghosts
        are filled.
        """
        level, grid = self.levels[0], self.grid
        whole = [(0, grid.padded[0])]
        rows = [(a, b) for a, b in _parallel.slabs(grid.padded[0])] if len(level.pieces) > 1 else whole
        p, d, ad = (np.zeros(grid.padded, np.float32) for _ in range(3))
        r = q.copy()
        z = level.p
        weights: Any = grid.weights[PRESSURE]
        start = float(sum(each(rows, _move, p, r, d, ad, np.float32(0))))
        if start == 0:
            return p, 0
        rz, alpha, step = 0.0, 0.0, 0
        for step in range(most):
            z[:] = 0
            self._cycle(0, z, r)
            new = float(sum(each(level.pieces, _product, z, r, *weights)))
            # The last product with the change of the residual keeps directions apart though cycles are not
            # quite symmetric (Polak and Ribiere); ad still holds A d.
            beta = np.float32(0)
            if step:
                cross = float(sum(each(level.pieces, _product, z, ad, *weights)))
                beta = np.float32(-alpha * cross / rz)
            rz = new
            each(rows, _descend, z, r, d, beta)
            level.halo(d)
            curve = float(sum(each(level.pieces, _darcy, d, *level.w, ad, *level.shape)))
            if curve <= 0:
                break
            alpha = rz / curve
            rr = float(sum(each(rows, _move, p, r, d, ad, np.float32(alpha))))
            if rr <= tolerance**2 * start:
                break
        level.halo(p)
        return p, step + 1
