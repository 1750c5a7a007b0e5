"""Staggered grid for slow flow: pressures in cells, velocities on faces, walls anywhere between nodes.

A component's node is the centre of a voxel face. It lies in the void where the level field, averaged over the
two voxels of the face, is below zero. Viscous links to nodes in the polymer are cut at the wall: with the wall
at the part theta of the spacing, the link to a velocity of zero has the conductance 1/theta, which keeps the
operator symmetric and second order (Gibou et al., J. Comput. Phys. 176 (2002) 205, there for scalars).

Arrays are float32 and padded: voxel (or face) i stands at index i + 1, index 0 and those beyond the last are
ghosts. Face i is the lower face of voxel i.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from percola.measure import _parallel
from percola.measure._volume import FloatVolume, Periodic

PERIODIC, MIRROR, END = 0, 1, 2
PRESSURE, STRUCTURE = 3, 4
# Smallest part of a spacing at which a wall may lie from a node: nearer ones only stiffen the equations (the
# velocity there is below 5 % of that one voxel off the wall).
_NEAREST = np.float32(0.05)


@njit(cache=True, nogil=True)
def _apply(q, diagonal, out, wx, wy, wz, a, b):  # type: ignore[no-untyped-def]
    """out = A q on the planes a..b; returns the part of the product (q, A q)."""
    _, ny, nz = q.shape
    total = 0.0
    for i in range(a, b):
        for j in range(1, ny - 1):
            s = np.float32(0)
            for k in range(1, nz - 1):
                d = diagonal[i, j, k]
                v = d * q[i, j, k] - (
                    q[i - 1, j, k]
                    + q[i + 1, j, k]
                    + q[i, j - 1, k]
                    + q[i, j + 1, k]
                    + q[i, j, k - 1]
                    + q[i, j, k + 1]
                )
                v = v if d > 0 else np.float32(0)
                out[i, j, k] = v
                s += wz[k] * v * q[i, j, k]
            total += wx[i] * wy[j] * s
    return total


@njit(cache=True, nogil=True)
def _direct(r, diagonal, q, beta, a, b):  # type: ignore[no-untyped-def]
    _, ny, nz = q.shape
    for i in range(a, b):
        for j in range(1, ny - 1):
            for k in range(1, nz - 1):
                d = diagonal[i, j, k]
                z = r[i, j, k] / d if d > 0 else np.float32(0)
                q[i, j, k] = z + beta * q[i, j, k]


@njit(cache=True, nogil=True)
def _advance(u, r, q, aq, diagonal, alpha, wx, wy, wz, a, b):  # type: ignore[no-untyped-def]
    """Step along q; returns the part of (r, r/diagonal)."""
    _, ny, nz = q.shape
    total = 0.0
    for i in range(a, b):
        for j in range(1, ny - 1):
            s = np.float32(0)
            for k in range(1, nz - 1):
                d = diagonal[i, j, k]
                u[i, j, k] += alpha * q[i, j, k]
                left = r[i, j, k] - alpha * aq[i, j, k]
                r[i, j, k] = left
                s += wz[k] * left * left / d if d > 0 else np.float32(0)
            total += wx[i] * wy[j] * s
    return total


@njit(cache=True, nogil=True)
def _product(x, y, wx, wy, wz, a, b):  # type: ignore[no-untyped-def]
    _, ny, nz = x.shape
    total = 0.0
    for i in range(a, b):
        for j in range(1, ny - 1):
            s = 0.0
            for k in range(1, nz - 1):
                s += np.float64(wz[k]) * x[i, j, k] * y[i, j, k]
            total += wx[i] * wy[j] * s
    return total


@njit(cache=True, nogil=True)
def _load(p, diagonal, force, c, out, a, b):  # type: ignore[no-untyped-def]
    """out = force - (difference of p across each open face of component c)."""
    _, ny, nz = p.shape
    di, dj, dk = (1, 0, 0) if c == 0 else ((0, 1, 0) if c == 1 else (0, 0, 1))
    for i in range(a, b):
        for j in range(1, ny - 1):
            for k in range(1, nz - 1):
                v = force - (p[i, j, k] - p[i - di, j - dj, k - dk])
                out[i, j, k] = v if diagonal[i, j, k] > 0 else np.float32(0)


@njit(cache=True, nogil=True)
def _outflow(u, v, w, out, nx, ny, nz, a, b):  # type: ignore[no-untyped-def]
    """Net outflow of every voxel."""
    for i in range(a, min(b, nx + 1)):
        for j in range(1, ny + 1):
            for k in range(1, nz + 1):
                out[i, j, k] = (
                    u[i + 1, j, k] - u[i, j, k] + v[i, j + 1, k] - v[i, j, k] + w[i, j, k + 1] - w[i, j, k]
                )


@njit(cache=True, nogil=True)
def _open_faces(level, c, wrap, mirror, n, out, face, a, b):  # type: ignore[no-untyped-def]
    """Level at the faces of component c, and 1 where they lie in the void.

    A voxel whose centre is polymer with void beyond both of its faces is a wall thinner than a voxel: shut.
    """
    _, ny, nz = level.shape
    di, dj, dk = (1, 0, 0) if c == 0 else ((0, 1, 0) if c == 1 else (0, 0, 1))
    for i in range(a, b):
        for j in range(1, ny - 1):
            for k in range(1, nz - 1):
                place = i * di + j * dj + k * dk
                here, below = level[i, j, k], level[i - di, j - dj, k - dk]
                face[i, j, k] = np.float32(0.5) * (here + below)
                open_ = here + below < 0
                if open_ and here >= 0 and level[i + di, j + dj, k + dk] + here < 0:
                    open_ = False
                if open_ and below >= 0:
                    back = 2 - n if place == 1 and wrap else (2 if place > 1 else 1)
                    if level[i - back * di, j - back * dj, k - back * dk] + below < 0:
                        open_ = False
                if mirror and (place == 1 or place == n + 1):
                    open_ = False
                out[i, j, k] = 1 if open_ else 0


@njit(cache=True, nogil=True)
def _resistances(face, open_, profile, use, out, a, b):  # type: ignore[no-untyped-def]
    """Diagonal of the viscous operator on one component; 0 on shut faces.

    ``profile`` (flow under a unit force, no pressure) sets the curvature of the profile at the wall if ``use``.
    """
    _, ny, nz = face.shape
    one, two = np.float32(1), np.float32(2)
    for i in range(a, b):
        for j in range(1, ny - 1):
            for k in range(1, nz - 1):
                if open_[i, j, k] == 0:
                    out[i, j, k] = 0
                    continue
                here = face[i, j, k]
                total = np.float32(0)
                for link in range(6):
                    ax, side = link // 2, 2 * (link % 2) - 1
                    p = i + side if ax == 0 else i
                    q = j + side if ax == 1 else j
                    r = k + side if ax == 2 else k
                    if open_[p, q, r] != 0:
                        total += one
                        continue
                    theta = one
                    there = face[p, q, r]
                    if there > 0:
                        theta = min(max(here / (here - there), _NEAREST), one)
                    if use:
                        width = two * profile[i, j, k] / theta + theta
                        bend = two * theta * (theta - one) + np.float32(1 / 6)
                        theta = max(theta + bend / max(width, one), _NEAREST)
                    total += one / theta
                out[i, j, k] = total


def each(pieces: list[tuple[int, int]], kernel: Any, *args: Any) -> list[Any]:
    """Call a kernel with the planes of every slab as its last two arguments."""
    return _parallel.run(lambda a, b: kernel(*args, a, b), pieces)


class Staggered:
    """The open faces of a structure, the viscous operator on them, and its solution by conjugate gradients."""

    def __init__(self, level: FloatVolume, periodic: Periodic, axis: int) -> None:
        self.shape: Any = tuple(int(n) for n in level.shape)
        self.axis = axis
        self.kinds = tuple(PERIODIC if periodic[a] else (END if a == axis else MIRROR) for a in range(3))
        self.padded: tuple[int, ...] = tuple(n + 3 for n in self.shape)
        self.pieces = [(a + 1, b + 1) for a, b in _parallel.slabs(self.shape[0] + 1)]
        # Faces on the two ends belong to the structure and its mirror image: half a weight.
        self.weights: list[Any] = []
        for c in range(4):
            rows = []
            for a, n in enumerate(self.shape):
                w = np.zeros(self.padded[a], np.float32)
                w[1 : n + 1] = 1
                if a == c and self.kinds[a] == END:
                    w[1] = w[n + 1] = 0.5
                rows.append(w)
            self.weights.append(rows)
        padded = self.empty()
        padded[1:-2, 1:-2, 1:-2] = level
        self.halo(padded, STRUCTURE)
        self._face: list[FloatVolume] = []
        self._open: list[NDArray[np.uint8]] = []
        self.diagonal: Any = []
        for c in range(3):
            open_, face = np.zeros(self.padded, np.uint8), self.empty()
            wrap, mirror, n = self.kinds[c] == PERIODIC, self.kinds[c] == MIRROR, self.shape[c]
            self._each(_open_faces, padded, c, wrap, mirror, n, open_, face)
            self._ghost_faces(open_, c)
            self._ghost_faces(face, c)
            self._open.append(open_)
            self._face.append(face)
            self.diagonal.append(self._wall(c, None))

    def _wall(self, c: int, profile: FloatVolume | None) -> FloatVolume:
        out = self.empty()
        use = profile is not None
        shape = out if profile is None else profile
        self._each(_resistances, self._face[c], self._open[c], shape, use, out)
        for a, n in enumerate(self.shape):
            if not (a == c and self.kinds[a] == END):
                out[_at(a, n + 1)] = 0
        return out

    def refine(self, c: int, profile: FloatVolume) -> None:
        """Let the walls of component c know how the velocity bends next to them (see ``creeping``)."""
        self.diagonal[c] = self._wall(c, profile)

    def drop_structure(self) -> None:
        """Forget what only the assembly needs."""
        self._face, self._open = [], []

    def empty(self) -> FloatVolume:
        return np.zeros(self.padded, np.float32)

    def _each(self, kernel: Any, *args: Any) -> list[Any]:
        return each(self.pieces, kernel, *args)

    def _sum(self, kernel: Any, *args: Any) -> float:
        return float(sum(each(self.pieces, kernel, *args)))

    def _ghost_faces(self, open_: NDArray[Any], c: int) -> None:
        for a, n in enumerate(self.shape):
            kind = self.kinds[a]
            if kind == PERIODIC:
                open_[_at(a, 0)] = open_[_at(a, n)]
                open_[_at(a, n + 1)] = open_[_at(a, 1)]
            elif a != c:
                # Mirrored: the ghost is the node itself with the same or the opposite velocity, both by a link
                # of conductance 1.
                open_[_at(a, 0)] = open_[_at(a, 1)]
                open_[_at(a, n + 1)] = open_[_at(a, n)]
            elif kind == END:
                open_[_at(a, 0)] = open_[_at(a, 2)]
                open_[_at(a, n + 2)] = open_[_at(a, n)]

    def halo(self, x: FloatVolume, what: int) -> None:
        """Fill the ghosts of component ``what`` (0 to 2), of the pressure or of the structure."""
        for a, n in enumerate(self.shape):
            kind = self.kinds[a]
            if kind == PERIODIC:
                x[_at(a, 0)] = x[_at(a, n)]
                x[_at(a, n + 1)] = x[_at(a, 1)]
                x[_at(a, n + 2)] = x[_at(a, 2 if n > 1 else 1)]
            elif what == STRUCTURE or (what == PRESSURE and kind == MIRROR):
                x[_at(a, 0)] = x[_at(a, 1)]
                x[_at(a, n + 1)] = x[_at(a, n)]
                x[_at(a, n + 2)] = x[_at(a, n - 1 if n > 1 else n)]
            elif kind == MIRROR:
                if a == what:
                    for i in (0, 1, n + 1, n + 2):
                        x[_at(a, i)] = 0
                else:
                    x[_at(a, 0)] = x[_at(a, 1)]
                    x[_at(a, n + 1)] = x[_at(a, n)]
            elif a == what:
                x[_at(a, 0)] = x[_at(a, 2)]
                x[_at(a, n + 2)] = x[_at(a, n)]
            else:
                x[_at(a, 0)] = -x[_at(a, 1)]
                x[_at(a, n + 1)] = -x[_at(a, n)]

    def dot(self, x: FloatVolume, y: FloatVolume, what: int) -> float:
        w = self.weights[what]
        return self._sum(_product, x, y, *w)

    def load(self, p: FloatVolume, c: int, force: float) -> FloatVolume:
        """Force less pressure difference on component c; the ghosts of p must be filled."""
        out = self.empty()
        self._each(_load, p, self.diagonal[c], np.float32(force), c, out)
        return out

    def outflow(self, u: list[FloatVolume]) -> FloatVolume:
        """Net outflow of each voxel; fills the ghosts of u."""
        for c in range(3):
            self.halo(u[c], c)
        out = self.empty()
        self._each(_outflow, u[0], u[1], u[2], out, *self.shape)
        return out

    def viscous(self, u: FloatVolume, c: int, out: FloatVolume) -> float:
        """out = A u for component c; returns (u, A u)."""
        self.halo(u, c)
        w = self.weights[c]
        return self._sum(_apply, u, self.diagonal[c], out, *w)

    def solve(
        self,
        c: int,
        u: FloatVolume,
        load: FloatVolume,
        tolerance: float,
        scale: float | None = None,
        most: int = 2000,
    ) -> int:
        """Improve u towards A u = load in place; ``load`` becomes the residual. Returns the steps taken.

        Stops when (r, r/diagonal) is below tolerance^2 times ``scale`` (its value for u = 0).
        """
        d, w, r = self.diagonal[c], self.weights[c], load
        q, aq = self.empty(), self.empty()
        if scale is None:
            scale = self._sum(_advance, q, r, q, q, d, np.float32(0), *w)
        if u.any():
            self.viscous(u, c, aq)
            r -= aq
        rr = self._sum(_advance, q, r, q, q, d, np.float32(0), *w)
        beta = 0.0
        for step in range(most):
            if rr <= tolerance**2 * scale:
                return step
            self._each(_direct, r, d, q, np.float32(beta))
            qq = self.viscous(q, c, aq)
            if qq <= 0:
                return step
            alpha = np.float32(rr / qq)
            new = self._sum(_advance, u, r, q, aq, d, alpha, *w)
            beta, rr = new / rr, new
        return most

    def scale(self, load: FloatVolume, c: int) -> float:
        """(load, load/diagonal): the measure by which :meth:`solve` stops."""
        q = self.empty()
        d, w = self.diagonal[c], self.weights[c]
        return self._sum(_advance, q, load, q, q, d, np.float32(0), *w)


def _at(axis: int, i: int) -> tuple[Any, ...]:
    where: list[Any] = [slice(None)] * 3
    where[axis] = i
    return tuple(where)
