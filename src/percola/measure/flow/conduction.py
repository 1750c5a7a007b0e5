"""Steady conduction where flux = conductivity times gradient: links between voxels, and what flows through a block.

Finite volumes on voxels, conjugate gradients preconditioned by multigrid
(:mod:`percola.measure.flow.multigrid`). The conductance is the minimum of the dissipation, so it comes down
monotonically and its error is the square of the solution's.

How neighbouring voxels are linked:

- *voxels*: equal links between voxels of the phase, none to others. Exact for walls on lattice planes; curved and
  leaning walls are staircases, and the phase conducts too little.
- *cut faces*: with a level field, each link is weighted by the part of the voxel face that lies in the phase (Ng,
  Min and Gibou, J. Comput. Phys. 228 (2009) 8807); second order.
- *local conductivity*: harmonic mean of the two voxels.
- *composite links*, two conducting phases with a level field: about each voxel face the phases form a laminate
  whose share and normal come from the level field; its conductivity along the link counts (Kabel, Merkert and
  Schneider, Comput. Methods Appl. Mech. Eng. 294 (2015) 168). First order, as are cut faces when both phases
  conduct, with the opposite sign: the two enclose the value of bicontinuous structures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit

from percola.measure import _parallel
from percola.measure._volume import BoolVolume, FloatVolume, Periodic
from percola.measure.flow.multigrid import (
    Multigrid,
    conductive_links,
    given_links,
    imbalance,
    link_factors,
    lower_bound,
    solve,
    spanning_tree,
    wrapping,
)
from percola.measure.voids.connectivity import through_mask


@dataclass(frozen=True)
class Conduction:
    """Steady conduction along the last axis.

    Attributes:
        conductivity: mean conductivity of the block, in units of the local one: flux x length/(area x drop).
        pressure: pressure of every voxel, 1 at the low face, 0 at the high face and outside the open voxels.
        iterations: conjugate gradient steps.
        settled: whether the conductance settled within the tolerance.
    """

    conductivity: float
    pressure: FloatVolume
    iterations: int
    settled: bool


def conduct(
    open_: BoolVolume,
    kappa: FloatVolume,
    periodic: Periodic,
    start: FloatVolume | None = None,
    tolerance: float = 1e-3,
    most: int = 2000,
) -> Conduction:
    """Mean conductivity along the last axis through the open voxels with the local conductivity ``kappa`` (>
    0 there).

    div(kappa grad p) = 0, p = 1 and 0 on the two end faces, nothing through walls, lateral faces periodic or
    closed.

    Args: open_: voxels that conduct; clusters that do not reach both faces are left out. kappa: local
        conductivity, float32. start: pressure to start from (e.g. of a neighbouring level). tolerance: of the
        conductance, relative: the steps stop when what is left to come down, estimated from the last ones, is
        less. The error is positive (the conductance comes down from above). most: steps at most.
    """
    lateral = (bool(periodic[0]), bool(periodic[1]), False)
    mask = through_mask(open_ & (kappa > 0), lateral, 2)
    if not mask.any():
        return Conduction(0.0, np.zeros(open_.shape, np.float32), 0, True)
    kappa = np.ascontiguousarray(kappa, np.float32)
    grid = conductive_links(kappa, mask, lateral, 2)
    nz = open_.shape[2]
    p = np.zeros([n + 2 for n in open_.shape])
    inner = p[1:-1, 1:-1, 1:-1]
    inner[...] = 1.0 - (np.arange(nz) + 0.5) / nz if start is None else start
    inner *= mask
    found = solve(grid, p, (0.0, 0.0, 1.0), tolerance, most=most)
    area = open_.shape[0] * open_.shape[1]
    return Conduction(
        float(found.dissipation * nz / area), inner.astype(np.float32), found.iterations, found.settled
    )


def poiseuille_conductivity(distance: FloatVolume, thickness: FloatVolume) -> FloatVolume:
    """Local hydraulic conductivity kappa = (2 d R - d^2)/4 in voxels^2: exact velocity profile in a round
    tube.

    d is the distance to the wall and R the local thickness (radius). In a tube of radius R the parabola
    u = (R^2 - rho^2)/4 with rho = R - d. In a slit of half width R the true profile is twice that.
    """
    big = np.maximum(thickness, distance)
    return (np.float32(0.25) * distance * (np.float32(2) * big - distance)).astype(np.float32)


# --- sub-voxel links -----------------------------------------------------------------------------------------------

_SLIVER = 1e-2
"""Open part of a face below which it counts as closed."""


def _padded(level: FloatVolume, wrap: Sequence[bool]) -> FloatVolume:
    """The field with one more layer all around: the other side where the axis wraps, else its mirror image."""
    out = np.empty([n + 2 for n in level.shape], np.float32)
    out[1:-1, 1:-1, 1:-1] = level
    for ax in range(3):
        low, high, first, last = ([slice(None)] * 3 for _ in range(4))
        low[ax], high[ax] = 0, -1  # type: ignore[call-overload]
        first[ax], last[ax] = (-2, 1) if wrap[ax] else (1, -2)  # type: ignore[call-overload]
        out[tuple(low)], out[tuple(high)] = out[tuple(first)], out[tuple(last)]
    return out


@njit(cache=True, nogil=True)
def _sharpened(f, out, a, b):  # type: ignore[no-untyped-def]
    """Field less an eighth of its Laplacian: the mean of eight such values is the field at the corner, to fourth order."""
    _, ny, nz = f.shape
    for i in range(a, b):
        for j in range(1, ny - 1):
            for k in range(1, nz - 1):
                s = f[i - 1, j, k] + f[i + 1, j, k] + f[i, j - 1, k] + f[i, j + 1, k]
                s += f[i, j, k - 1] + f[i, j, k + 1]
                out[i - 1, j - 1, k - 1] = f[i, j, k] - np.float32(0.125) * (s - np.float32(6) * f[i, j, k])


def _sharp(level: FloatVolume, wrap: Sequence[bool]) -> FloatVolume:
    """:func:`_sharpened` field with one layer of ghosts."""
    f = _padded(level, wrap)
    out = np.empty(level.shape, np.float32)
    rows = _parallel.slabs(level.shape[0], max(1, min(16, level.size >> 16)))
    _parallel.run(lambda a, b: _sharpened(f, out, a + 1, b + 1), rows)
    return _padded(out, wrap)


@njit(cache=True, nogil=True)
def _triangle(u, v, m):  # type: ignore[no-untyped-def]
    """Part of a triangle where the linear field of these corner values is below zero."""
    n = (u < 0) + (v < 0) + (m < 0)
    if n == 0:
        return 0.0
    if n == 3:
        return 1.0
    # t is the corner alone on its side.
    if (u < 0) == (v < 0):
        t, x, y = m, u, v
    elif (u < 0) == (m < 0):
        t, x, y = v, u, m
    else:
        t, x, y = u, v, m
    part = t * t / ((t - x) * (t - y))
    return part if n == 1 else 1.0 - part


@njit(cache=True, nogil=True)
def _square(c00, c01, c10, c11):  # type: ignore[no-untyped-def]
    """Part of a square below zero: four triangles about its centre."""
    if c00 < 0 and c01 < 0 and c10 < 0 and c11 < 0:
        return 1.0
    if c00 >= 0 and c01 >= 0 and c10 >= 0 and c11 >= 0:
        return 0.0
    m = 0.25 * (c00 + c01 + c10 + c11)
    part = _triangle(c00, c01, m) + _triangle(c01, c11, m) + _triangle(c11, c10, m) + _triangle(c10, c00, m)
    return 0.25 * part


@njit(cache=True, nogil=True)
def _cut_faces(g, step, wrap, ends, c, inside, outside, w, a, b):  # type: ignore[no-untyped-def]
    """Links by the part of the face below zero and the rest; g: sharpened, with ghosts, flat.

    The face is looked at on 3 x 3 points. Corners are means of eight sharpened values, exact to fourth order.
    Between corners and at the centre the mean of the corners errs by the second difference across as much as
    the mean of the four or two voxels about the point does the other way: half of each is exact to fourth order.
    """
    shape = (w.shape[1] - 2, w.shape[2] - 2, w.shape[3] - 2)
    f = np.empty((3, 3))
    for i in range(a, b):
        for j in range(shape[1] + 1):
            for k in range(shape[2] + 1):
                for ax in range(3):
                    # Face between voxels at and at + 1 (numbered with ghosts).
                    at = i if ax == 0 else j if ax == 1 else k
                    if (ax != 0 and i == 0) or (ax != 1 and j == 0) or (ax != 2 and k == 0):
                        continue
                    if (at == 0 or at == shape[ax]) and ax != ends and not wrap[ax]:
                        continue
                    v = i * step[0] + j * step[1] + k
                    one, two = step[1] if ax == 0 else step[0], step[1] if ax == 2 else step[2]
                    least, most = 1e30, -1e30
                    for s in range(3):
                        for t in range(3):
                            u = v + (s - 1) * one + (t - 1) * two
                            f[s, t] = float(g[u]) + g[u + step[ax]]
                            least, most = min(least, f[s, t]), max(most, f[s, t])
                    if most < 0:
                        part = 1.0
                    elif least >= 0:
                        part = 0.0
                    else:
                        c00 = 0.25 * (f[0, 0] + f[0, 1] + f[1, 0] + f[1, 1])
                        c01 = 0.25 * (f[0, 1] + f[0, 2] + f[1, 1] + f[1, 2])
                        c10 = 0.25 * (f[1, 0] + f[1, 1] + f[2, 0] + f[2, 1])
                        c11 = 0.25 * (f[1, 1] + f[1, 2] + f[2, 1] + f[2, 2])
                        e0 = 0.25 * (f[0, 1] + f[1, 1] + c00 + c01)
                        e1 = 0.25 * (f[2, 1] + f[1, 1] + c10 + c11)
                        d0 = 0.25 * (f[1, 0] + f[1, 1] + c00 + c10)
                        d1 = 0.25 * (f[1, 2] + f[1, 1] + c01 + c11)
                        m = 0.5 * f[1, 1] + 0.125 * (c00 + c01 + c10 + c11)
                        part = _square(c00, e0, d0, m) + _square(e0, c01, m, d1)
                        part = 0.25 * (part + _square(d0, m, c10, e1) + _square(m, d1, e1, c11))
                    if outside > 0 or part > _SLIVER:
                        w[ax, i, j, k] = c[ax] * (part * inside + (1 - part) * outside)


@njit(cache=True, nogil=True)
def _below_plane(p, m1, m2, m3):  # type: ignore[no-untyped-def]
    """Part of a unit cube where p + m.x < 0, x from the centre (Scardovelli and Zaleski 2000)."""
    m1, m2, m3 = abs(m1), abs(m2), abs(m3)
    total = m1 + m2 + m3
    if total < 1e-20:
        return 1.0 if p < 0 else 0.0
    alpha = 0.5 - p / total
    if alpha <= 0:
        return 0.0
    if alpha >= 1:
        return 1.0
    m1, m2, m3 = m1 / total, m2 / total, m3 / total
    small, large = min(m1, m2, m3), max(m1, m2, m3)
    middle = 1.0 - small - large
    low = min(alpha, 1.0 - alpha)
    both = small + middle
    if low < small:
        part = low**3 / (6 * small * middle * large)
    elif low < middle:
        part = low * (low - small) / (2 * middle * large) + small**2 / (6 * middle * large)
    elif low < min(both, large):
        part = low**2 * (3 * both - low) + small**2 * (small - 3 * low) + middle**2 * (middle - 3 * low)
        part /= 6 * small * middle * large
    elif large < both:
        part = low**2 * (3 - 2 * low) + small**2 * (small - 3 * low) + middle**2 * (middle - 3 * low)
        part = (part + large**2 * (large - 3 * low)) / (6 * small * middle * large)
    else:
        part = (2 * low - both) / (2 * large)
    return part if alpha <= 0.5 else 1.0 - part


@njit(cache=True, nogil=True)
def _composite(f, wrap, ends, c, size, one, two, w, a, b):  # type: ignore[no-untyped-def]
    """Links of the laminate about each face: conductivity ``one`` where the field is below zero, ``two`` elsewhere."""
    shape = (f.shape[0] - 2, f.shape[1] - 2, f.shape[2] - 2)
    x, y = np.empty(3, np.int64), np.empty(3, np.int64)
    g = np.empty(3)
    for i in range(a, b):
        for j in range(shape[1] + 1):
            for k in range(shape[2] + 1):
                for ax in range(3):
                    at = i if ax == 0 else j if ax == 1 else k
                    if (ax != 0 and i == 0) or (ax != 1 and j == 0) or (ax != 2 and k == 0):
                        continue
                    if (at == 0 or at == shape[ax]) and ax != ends and not wrap[ax]:
                        continue
                    x[0], x[1], x[2] = i, j, k
                    y[0], y[1], y[2] = i, j, k
                    end = ax == ends and (at == 0 or at == shape[ax])
                    if not end:
                        y[ax] += 1
                    elif at == 0:
                        x[ax] += 1
                        y[ax] += 1
                    middle = 0.5 * (float(f[x[0], x[1], x[2]]) + f[y[0], y[1], y[2]])
                    for d in range(3):
                        if d == ax and not end:
                            g[d] = float(f[y[0], y[1], y[2]]) - f[x[0], x[1], x[2]]
                            continue
                        x[d] += 1
                        y[d] += 1
                        up = float(f[x[0], x[1], x[2]]) + f[y[0], y[1], y[2]]
                        x[d] -= 2
                        y[d] -= 2
                        g[d] = 0.25 * (up - f[x[0], x[1], x[2]] - f[y[0], y[1], y[2]])
                        x[d] += 1
                        y[d] += 1
                    part = _below_plane(middle, g[0], g[1], g[2])
                    along = part * one + (1 - part) * two
                    if 0 < part < 1:
                        square = (g[0] / size[0]) ** 2 + (g[1] / size[1]) ** 2 + (g[2] / size[2]) ** 2
                        normal = (g[ax] / size[ax]) ** 2 / square
                        across = one * two / (part * two + (1 - part) * one)
                        along += (across - along) * normal
                    w[ax, i, j, k] = c[ax] * along


def cut_links(
    level: FloatVolume,
    periodic: Sequence[bool],
    ends: int | None,
    size: Sequence[float] = (1, 1, 1),
    conductivities: tuple[float, float] = (1.0, 0.0),
) -> Multigrid:
    """Links weighted by the part of every voxel face where ``level`` is below zero.

    With two conducting phases the parts of a face conduct side by side: too well where the link crosses the wall
    (first order, high); :func:`composite_links` errs the other way.

    Args:
        level: continuous field; its zero is the wall.
        periodic, ends, size: see :func:`percola.measure.flow.multigrid.uniform_links`.
        conductivities: where the field is below zero, and elsewhere.
    """
    wrap = wrapping(level.shape, periodic, ends)
    one, two = (float(k) for k in conductivities)
    g = _sharp(level, periodic)
    w = np.zeros((3, *g.shape), np.float32)
    step, axis, c = (g.shape[1] * g.shape[2], g.shape[2], 1), -1 if ends is None else ends, link_factors(size)
    planes = _parallel.slabs(g.shape[0] - 1, max(1, min(16, g.size >> 16)))
    _parallel.run(lambda a, b: _cut_faces(g.reshape(-1), step, wrap, axis, c, one, two, w, a, b), planes)
    return given_links(w, _linked(w), wrap, ends, size)


def composite_links(
    level: FloatVolume,
    conductivities: tuple[float, float],
    periodic: Sequence[bool],
    ends: int | None,
    size: Sequence[float] = (1, 1, 1),
) -> Multigrid:
    """Links of two conducting phases, the first where ``level`` is below zero, as laminates about every face.

    Only the flux along the link is kept of the laminate's, so links across leaning walls conduct too little (first
    order, low where both phases are connected).
    """
    wrap = wrapping(level.shape, periodic, ends)
    one, two = (float(k) for k in conductivities)
    edges = tuple(float(h) for h in size)
    f = _padded(level, periodic)
    w = np.zeros((3, *f.shape), np.float32)
    axis, c = -1 if ends is None else ends, link_factors(size)
    planes = _parallel.slabs(f.shape[0] - 1, max(1, min(16, f.size >> 16)))
    _parallel.run(lambda a, b: _composite(f, wrap, axis, c, edges, one, two, w, a, b), planes)
    return given_links(w, np.ones(level.shape, bool), wrap, ends, size)


def _linked(w: FloatVolume) -> BoolVolume:
    """Voxels with any link."""
    out = np.zeros([n - 2 for n in w.shape[1:]], bool)
    for ax in range(3):
        lower: list[slice] = [slice(1, -1)] * 3
        lower[ax] = slice(0, -2)
        out |= w[ax][1:-1, 1:-1, 1:-1] > 0
        out |= w[ax][tuple(lower)] > 0
    return out


def open_area(grid: Multigrid, axis: int) -> float:
    """Part of the planes between voxels normal to ``axis`` that is open: the volume fraction of the phase."""
    if grid.w is None:
        return float(np.count_nonzero(grid.diag[1:-1, 1:-1, 1:-1] > 0) / np.prod(grid.shape))
    inner: list[slice] = [slice(1, -1)] * 3
    inner[axis] = slice(0, -1)
    planes = grid.w[axis][tuple(inner)].mean(axis=tuple(a for a in range(3) if a != axis), dtype=float)
    if grid.ends == axis or grid.wrap[axis]:
        planes = np.concatenate([[0.5 * (planes[0] + planes[-1])], planes[1:-1]])
    else:
        planes = planes[1:-1]
    return float(planes.mean() / grid.c[axis])


# --- a block ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Effective:
    """Conductivity of a block along one axis, in units of the conductivity that its links stand for.

    Attributes:
        value: upper bound from the dissipation, exact but for the square of the solution's error.
        lower: lower bound from a flux without sources; the exact value for these links lies between. Zero where
            not asked for.
        column: mean flux along x, y and z for a unit gradient along the axis: a column of the tensor (the two
            transverse parts mean nothing with end faces).
        imbalance: largest difference between fluxes through planes normal to the axis, over their mean.
        inlet, outlet: flux through the first and last plane, as conductivities.
        residual: net flux into voxels over that of the start, root mean square.
        iterations: conjugate gradient steps.
        settled: whether tolerance and balance were reached.
        through: whether a way leads through; without one the value is 0.
        across: largest difference between the fluxes through planes along the other axes, over the mean flux along
            this one, as conductivities; 0 with end faces, where it means nothing.
    """

    value: float
    lower: float
    column: tuple[float, float, float]
    imbalance: float
    inlet: float
    outlet: float
    residual: float
    iterations: int
    settled: bool
    through: bool
    across: float = 0.0

    @property
    def trusted(self) -> bool:
        """Whether the value may be shown: both bounds within 1 % where there are two, else a solve that settled."""
        if not self.through:
            return True
        if self.lower > 0:
            return self.value - self.lower <= 1e-2 * self.value
        return self.settled


NOTHING = Effective(0.0, 0.0, (0.0, 0.0, 0.0), 0.0, 0.0, 0.0, 0.0, 0, True, False)


def through_block(
    grid: Multigrid,
    axis: int,
    size: Sequence[float] = (1, 1, 1),
    tolerance: float = 1e-6,
    balance: float | None = 1e-4,
    bound: bool = True,
    most: int = 200,
    leads_through: bool = False,
) -> Effective:
    """Effective conductivity along ``axis``: from face to face where the grid has end faces, else for a mean gradient.

    With end faces: potential 1 and 0 on them. Without: the potential falls by 1 from one period to the next
    along ``axis`` and repeats along the others; the mean flux then is a column of the tensor.

    Args:
        grid: links, e.g. of :func:`percola.measure.flow.multigrid.uniform_links` or :func:`cut_links`.
        axis: direction of the mean gradient; the axis of the end faces where there are some.
        size: relative edges of a voxel, as the grid was made with.
        tolerance: of the conductance, relative.
        balance: largest relative difference between fluxes through planes normal to the axis; None: not asked.
        bound: compute the lower bound too.
        most: conjugate gradient steps at most.
        leads_through: whether it is known that a way leads through; else it is looked for first.
    """
    if not (grid.diag > 0).any():
        return NOTHING
    if not leads_through and not spanning_tree(grid, axis).through:
        return NOTHING
    shape, n = grid.shape, grid.shape[axis]
    jump = [0.0, 0.0, 0.0]
    jump[axis] = 1.0
    p = np.zeros([m + 2 for m in shape])
    line = [1, 1, 1]
    line[axis] = n
    np.copyto(
        p[1:-1, 1:-1, 1:-1],
        (1.0 - (np.arange(n) + 0.5) / n).reshape(line),
        where=grid.diag[1:-1, 1:-1, 1:-1] > 0,
    )
    found = solve(grid, p, jump, tolerance, balance, axis, most)
    # Links are in units of the first axis' cross-section over length.
    unit = size[1] * size[2] / size[0]
    length = n * size[axis]
    area = [float(np.prod([shape[a] * size[a] for a in range(3) if a != b])) for b in range(3)]
    scale = unit * length / area[axis]
    # Trees are grown anew after the solve rather than kept during it: a second of time for a tenth of the memory.
    lower = lower_bound(grid, spanning_tree(grid, axis), found, jump, axis) * scale if bound else 0.0
    column = tuple(
        float(found.fluxes[b, 1 : shape[b] + 1].mean()) * unit * length / area[b] for b in range(3)
    )
    flux = found.fluxes[axis, : n + 1]
    across = 0.0
    if grid.ends is None and column[axis] != 0:
        spread = [
            float(np.ptp(found.fluxes[b, : shape[b] + 1])) * unit * length / area[b]
            for b in range(3)
            if b != axis
        ]
        across = max(spread) / abs(column[axis])
    return Effective(
        found.dissipation * scale,
        lower,
        column,
        imbalance(flux),
        float(flux[0]) * scale,
        float(flux[-1]) * scale,
        found.residual,
        found.iterations,
        found.settled,
        True,
        across,
    )
