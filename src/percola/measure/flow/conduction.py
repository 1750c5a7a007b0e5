"""Steady flow from face to face through the voids where flux = conductivity times pressure gradient (Laplace
with local conductivity).

Finite volumes on the list of open voxels, conjugate gradients with a modified incomplete Cholesky factor. The
conductance is the minimum of the dissipation, so it comes down monotonically and its error is the square of
the solution's: the solve stops when the conductance, not the residual, has settled.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from percola.measure._volume import BoolVolume, FloatVolume, Periodic
from percola.measure.voids.connectivity import through_mask
from percola.measure.voids.distance import _beside

# Relaxation of the modified factor: 1 keeps row sums exactly but may break down, 0 is the plain factor.
_RELAX = 0.97
# Conjugate gradient steps over which the conductance must have settled.
_DELAY = 6


@njit(cache=True, nogil=True)
def _assemble(ids, place, kappa, wrap, beside, weight, lower, counts, diagonal, source):  # type: ignore[no-untyped-def]
    """Links of each open voxel, those to lower numbers first; harmonic means; pressure 1 at the low z face, 0
    at the high one.
    """
    nx, ny, nz = ids.shape
    for n in range(place.shape[0]):
        v = place[n]
        x, y, z = v // (ny * nz), (v // nz) % ny, v % nz
        here = kappa[x, y, z]
        total = 0.0
        count = 0
        for half in range(2):
            for link in range(6):
                ax, side = link // 2, 2 * (link % 2) - 1
                i, j, k = x, y, z
                if ax == 0:
                    i = _beside(x + side, nx, wrap[0])
                elif ax == 1:
                    j = _beside(y + side, ny, wrap[1])
                else:
                    k = z + side
                    if k < 0 or k >= nz:
                        if half == 0:
                            total += 2.0 * here
                            if k < 0:
                                source[n] = 2.0 * here
                        continue
                if i < 0 or j < 0:
                    continue
                m = ids[i, j, k]
                if m < 0 or m == n or (m < n) != (half == 0):
                    continue
                there = kappa[i, j, k]
                w = 2.0 * here * there / (here + there)
                beside[n, count] = m
                weight[n, count] = w
                count += 1
                total += w
            if half == 0:
                lower[n] = count
        counts[n] = count
        diagonal[n] = total


@njit(cache=True, nogil=True)
def _solve(beside, weight, lower, counts, diagonal, source, p, tolerance, most):  # type: ignore[no-untyped-def]
    """Preconditioned conjugate gradients from p; returns conductance and iterations (negative if not
    settled).
    """
    n = p.shape[0]
    factor = np.empty(n)
    for i in range(n):
        d = diagonal[i]
        for c in range(lower[i]):
            j = beside[i, c]
            w = float(weight[i, c])
            rest = 0.0
            for u in range(lower[j], counts[j]):
                rest += weight[j, u]
            d -= w / factor[j] * (w + _RELAX * (rest - w))
        factor[i] = d if d > 1e-3 * diagonal[i] else diagonal[i]
    r, z, q, ap = np.empty(n), np.empty(n), np.zeros(n), np.empty(n)
    whole = 0.0
    conductance = 0.0
    for i in range(n):
        s = source[i] - diagonal[i] * p[i]
        for u in range(counts[i]):
            s += weight[i, u] * p[beside[i, u]]
        r[i] = s
        whole += source[i]
        conductance -= p[i] * (source[i] + s)
    conductance += whole
    recent = np.zeros(_DELAY)
    rz = 0.0
    for step in range(most):
        for i in range(n):
            s = r[i]
            for u in range(lower[i]):
                s += weight[i, u] * z[beside[i, u]]
            z[i] = s / factor[i]
        for i in range(n - 1, -1, -1):
            s = 0.0
            for u in range(lower[i], counts[i]):
                s += weight[i, u] * z[beside[i, u]]
            z[i] += s / factor[i]
        before = rz
        rz = 0.0
        for i in range(n):
            rz += r[i] * z[i]
        if rz <= 1e-14 * whole:
            return conductance, step
        beta = rz / before if step else 0.0
        curve = 0.0
        for i in range(n):
            q[i] = z[i] + beta * q[i]
        for i in range(n):
            s = diagonal[i] * q[i]
            for u in range(counts[i]):
                s -= weight[i, u] * q[beside[i, u]]
            ap[i] = s
            curve += s * q[i]
        alpha = rz / curve
        for i in range(n):
            p[i] += alpha * q[i]
            r[i] -= alpha * ap[i]
        gain = alpha * rz  # by which the conductance came down in this step
        conductance -= gain
        recent[step % _DELAY] = gain
        latest = 0.0
        for i in range(_DELAY):
            latest += recent[i]
        if step >= _DELAY and latest < tolerance * conductance:
            return conductance, step + 1
    return conductance, -most


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
        conductivity, float32. start: pressure to start from (e.g. of a neighbouring level). tolerance:
        relative change of the conductance over six iterations at which to stop; the remaining error
            is of that order and positive (the conductance comes down from above).
    """
    mask = through_mask(open_, periodic, 2)
    mask &= kappa > 0
    place = np.flatnonzero(mask)
    if len(place) == 0:
        return Conduction(0.0, np.zeros(open_.shape, np.float32), 0, True)
    n = len(place)
    ids = np.full(open_.shape, -1, np.int32)
    ids.ravel()[place] = np.arange(n, dtype=np.int32)
    beside = np.empty((n, 6), np.int32)
    weight = np.empty((n, 6), np.float32)
    lower, counts = np.empty(n, np.uint8), np.empty(n, np.uint8)
    diagonal, source = np.empty(n), np.zeros(n)
    wrap = np.array(periodic, np.bool_)
    kappa = np.ascontiguousarray(kappa, np.float32)
    _assemble(ids, place, kappa, wrap, beside, weight, lower, counts, diagonal, source)
    del ids
    nz = open_.shape[2]
    if start is None:
        p: NDArray[np.float64] = 1.0 - ((place % nz) + 0.5) / nz
    else:
        p = start.ravel()[place].astype(np.float64)
    conductance, steps = _solve(beside, weight, lower, counts, diagonal, source, p, tolerance, most)
    pressure = np.zeros(open_.shape, np.float32)
    pressure.ravel()[place] = p
    area = open_.shape[0] * open_.shape[1]
    return Conduction(float(conductance * nz / area), pressure, abs(int(steps)), steps >= 0)


def poiseuille_conductivity(distance: FloatVolume, thickness: FloatVolume) -> FloatVolume:
    """Local hydraulic conductivity kappa = (2 d R - d^2)/4 in voxels^2: exact velocity profile in a round
    tube.

    d is the distance to the wall and R the local thickness (radius). In a tube of radius R the parabola
    u = (R^2 - rho^2)/4 with rho = R - d. In a slit of half width R the true profile is twice that.
    """
    big = np.maximum(thickness, distance)
    return (np.float32(0.25) * distance * (np.float32(2) * big - distance)).astype(np.float32)
