"""Slow (Stokes) flow of a liquid through the voids: lattice Boltzmann on the list of void voxels.

An independent check of :mod:`percola.measure.flow.creeping`, which is quicker and knows its error.

Two-relaxation-time collision on 19 velocities with the magic number 3/16 and linear equilibria (no inertia at
all), body force, half-way bounce-back at the wall (Ginzburg, Verhaeghe, d'Humieres, Commun. Comput. Phys. 3
(2008) 427). Populations are deviations from rest in single precision, kept in one array that is streamed in
place (two-step pattern of Bailey et al., ICPP 2009). The steady permeability does not depend on the
relaxation rate, which is chosen for speed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from percola.errors import InputError, ResourceError
from percola.measure import _parallel
from percola.measure._volume import BoolVolume, FloatVolume, Periodic
from percola.measure.voids.connectivity import through_mask

# Velocities in pairs of opposites: 2k+1 and 2k+2.
_C = np.array(
    [
        (0, 0, 0),
        *[
            tuple(sign * c for c in v)
            for v in [
                (1, 0, 0),
                (0, 1, 0),
                (0, 0, 1),
                (1, 1, 0),
                (1, -1, 0),
                (1, 0, 1),
                (1, 0, -1),
                (0, 1, 1),
                (0, 1, -1),
            ]
            for sign in (1, -1)
        ],
    ],
    np.int64,
)
_MAGIC = 3 / 16
_TAU = 1.0
# Viscosities (lattice units) between which the relaxation is chosen; the steady flow does not depend on it.
_NU_RANGE = (0.008, 0.5)


@njit(cache=True, nogil=True)
def _number(x, y, z):  # type: ignore[no-untyped-def]
    """Index of a velocity of the set."""
    for i in range(19):
        if _C[i, 0] == x and _C[i, 1] == y and _C[i, 2] == z:
            return i
    return 0


@njit(cache=True, nogil=True)
def _slots(ids, place, wrap, slot, n0, n1):  # type: ignore[no-untyped-def]
    """Where the population that leaves along each velocity is kept: at the neighbour, or turned back at
    walls.

    Faces that do not wrap are mirrors: lateral ones reflect the flow (no shear, nothing through); at the two
        end faces the
    structure and the pressure are mirrored (velocity along the flow goes on, lateral velocity and pressure
    change sign), which is kept as a negative index.
    """
    nx, ny, nz = ids.shape
    for n in range(n0, n1):
        v = place[n]
        x, y, z = v // (ny * nz), (v // nz) % ny, v % nz
        for i in range(1, 19):
            cx, cy, cz = _C[i, 0], _C[i, 1], _C[i, 2]
            p, q, r = x + cx, y + cy, z + cz
            turned = False
            if p < 0 or p >= nx:
                if wrap[0]:
                    p %= nx
                else:
                    p = x
                    cx = -cx
            if q < 0 or q >= ny:
                if wrap[1]:
                    q %= ny
                else:
                    q = y
                    cy = -cy
            if r < 0 or r >= nz:
                if wrap[2]:
                    r %= nz
                else:
                    r = z
                    cz = -cz
                    turned = True
            m = ids[p, q, r]
            if m < 0:
                slot[n, i - 1] = n * 19 + (i + 1 if i % 2 == 1 else i - 1)
            else:
                s = m * 19 + _number(cx, cy, cz)
                slot[n, i - 1] = ~s if turned else s


@njit(cache=True, nogil=True)
def _step(f, slot, odd, force, plus, minus, n0, n1):  # type: ignore[no-untyped-def]
    """Collide and stream voxels n0..n1 in place; returns the sum of their velocities along z before the
    collision.
    """
    half_one, three, third = np.float32(0.5), np.float32(3.0), np.float32(1 / 3)
    axis, edge = np.float32(1 / 18), np.float32(1 / 36)
    half = half_one * force
    push = three * force * (np.float32(1.0) - half_one * minus)
    push_axis, push_edge = axis * push, edge * push
    total = 0.0
    for n in range(n0, n1):
        b = n * 19
        f0 = f[b]
        if odd:
            s = slot[n, 1]
            f1 = f[s] if s >= 0 else -f[~s]
            s = slot[n, 0]
            f2 = f[s] if s >= 0 else -f[~s]
            s = slot[n, 3]
            f3 = f[s] if s >= 0 else -f[~s]
            s = slot[n, 2]
            f4 = f[s] if s >= 0 else -f[~s]
            s = slot[n, 5]
            f5 = f[s] if s >= 0 else -f[~s]
            s = slot[n, 4]
            f6 = f[s] if s >= 0 else -f[~s]
            s = slot[n, 7]
            f7 = f[s] if s >= 0 else -f[~s]
            s = slot[n, 6]
            f8 = f[s] if s >= 0 else -f[~s]
            s = slot[n, 9]
            f9 = f[s] if s >= 0 else -f[~s]
            s = slot[n, 8]
            f10 = f[s] if s >= 0 else -f[~s]
            s = slot[n, 11]
            f11 = f[s] if s >= 0 else -f[~s]
            s = slot[n, 10]
            f12 = f[s] if s >= 0 else -f[~s]
            s = slot[n, 13]
            f13 = f[s] if s >= 0 else -f[~s]
            s = slot[n, 12]
            f14 = f[s] if s >= 0 else -f[~s]
            s = slot[n, 15]
            f15 = f[s] if s >= 0 else -f[~s]
            s = slot[n, 14]
            f16 = f[s] if s >= 0 else -f[~s]
            s = slot[n, 17]
            f17 = f[s] if s >= 0 else -f[~s]
            s = slot[n, 16]
            f18 = f[s] if s >= 0 else -f[~s]
        else:
            f1 = f[b + 1]
            f2 = f[b + 2]
            f3 = f[b + 3]
            f4 = f[b + 4]
            f5 = f[b + 5]
            f6 = f[b + 6]
            f7 = f[b + 7]
            f8 = f[b + 8]
            f9 = f[b + 9]
            f10 = f[b + 10]
            f11 = f[b + 11]
            f12 = f[b + 12]
            f13 = f[b + 13]
            f14 = f[b + 14]
            f15 = f[b + 15]
            f16 = f[b + 16]
            f17 = f[b + 17]
            f18 = f[b + 18]
        # Pairs of opposite directions: sums carry density, differences momentum.
        s0 = f1 + f2
        d0 = f1 - f2
        s1 = f3 + f4
        d1 = f3 - f4
        s2 = f5 + f6
        d2 = f5 - f6
        s3 = f7 + f8
        d3 = f7 - f8
        s4 = f9 + f10
        d4 = f9 - f10
        s5 = f11 + f12
        d5 = f11 - f12
        s6 = f13 + f14
        d6 = f13 - f14
        s7 = f15 + f16
        d7 = f15 - f16
        s8 = f17 + f18
        d8 = f17 - f18
        rho = f0 + s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7 + s8
        ux = d0 + d3 + d4 + d5 + d6
        uy = d1 + d3 - d4 + d7 + d8
        uz = d2 + d5 - d6 + d7 - d8 + half
        total += uz
        f[b] = f0 - plus * (f0 - third * rho)
        e = plus * (half_one * s0 - axis * rho)
        o = minus * (half_one * d0 - three * axis * ux)
        f1, f2 = f1 - e - o, f2 - e + o
        e = plus * (half_one * s1 - axis * rho)
        o = minus * (half_one * d1 - three * axis * uy)
        f3, f4 = f3 - e - o, f4 - e + o
        e = plus * (half_one * s2 - axis * rho)
        o = minus * (half_one * d2 - three * axis * uz) - push_axis
        f5, f6 = f5 - e - o, f6 - e + o
        e = plus * (half_one * s3 - edge * rho)
        o = minus * (half_one * d3 - three * edge * (ux + uy))
        f7, f8 = f7 - e - o, f8 - e + o
        e = plus * (half_one * s4 - edge * rho)
        o = minus * (half_one * d4 - three * edge * (ux - uy))
        f9, f10 = f9 - e - o, f10 - e + o
        e = plus * (half_one * s5 - edge * rho)
        o = minus * (half_one * d5 - three * edge * (ux + uz)) - push_edge
        f11, f12 = f11 - e - o, f12 - e + o
        e = plus * (half_one * s6 - edge * rho)
        o = minus * (half_one * d6 - three * edge * (ux - uz)) + push_edge
        f13, f14 = f13 - e - o, f14 - e + o
        e = plus * (half_one * s7 - edge * rho)
        o = minus * (half_one * d7 - three * edge * (uy + uz)) - push_edge
        f15, f16 = f15 - e - o, f16 - e + o
        e = plus * (half_one * s8 - edge * rho)
        o = minus * (half_one * d8 - three * edge * (uy - uz)) + push_edge
        f17, f18 = f17 - e - o, f18 - e + o
        if odd:
            s = slot[n, 0]
            if s >= 0:
                f[s] = f1
            else:
                f[~s] = -f1
            s = slot[n, 1]
            if s >= 0:
                f[s] = f2
            else:
                f[~s] = -f2
            s = slot[n, 2]
            if s >= 0:
                f[s] = f3
            else:
                f[~s] = -f3
            s = slot[n, 3]
            if s >= 0:
                f[s] = f4
            else:
                f[~s] = -f4
            s = slot[n, 4]
            if s >= 0:
                f[s] = f5
            else:
                f[~s] = -f5
            s = slot[n, 5]
            if s >= 0:
                f[s] = f6
            else:
                f[~s] = -f6
            s = slot[n, 6]
            if s >= 0:
                f[s] = f7
            else:
                f[~s] = -f7
            s = slot[n, 7]
            if s >= 0:
                f[s] = f8
            else:
                f[~s] = -f8
            s = slot[n, 8]
            if s >= 0:
                f[s] = f9
            else:
                f[~s] = -f9
            s = slot[n, 9]
            if s >= 0:
                f[s] = f10
            else:
                f[~s] = -f10
            s = slot[n, 10]
            if s >= 0:
                f[s] = f11
            else:
                f[~s] = -f11
            s = slot[n, 11]
            if s >= 0:
                f[s] = f12
            else:
                f[~s] = -f12
            s = slot[n, 12]
            if s >= 0:
                f[s] = f13
            else:
                f[~s] = -f13
            s = slot[n, 13]
            if s >= 0:
                f[s] = f14
            else:
                f[~s] = -f14
            s = slot[n, 14]
            if s >= 0:
                f[s] = f15
            else:
                f[~s] = -f15
            s = slot[n, 15]
            if s >= 0:
                f[s] = f16
            else:
                f[~s] = -f16
            s = slot[n, 16]
            if s >= 0:
                f[s] = f17
            else:
                f[~s] = -f17
            s = slot[n, 17]
            if s >= 0:
                f[s] = f18
            else:
                f[~s] = -f18
        else:
            f[b + 2] = f1
            f[b + 1] = f2
            f[b + 4] = f3
            f[b + 3] = f4
            f[b + 6] = f5
            f[b + 5] = f6
            f[b + 8] = f7
            f[b + 7] = f8
            f[b + 10] = f9
            f[b + 9] = f10
            f[b + 12] = f11
            f[b + 11] = f12
            f[b + 14] = f13
            f[b + 13] = f14
            f[b + 16] = f15
            f[b + 15] = f16
            f[b + 18] = f17
            f[b + 17] = f18
    return total


@dataclass(frozen=True)
class StokesFlow:
    """Steady slow flow along the last axis, in voxels.

    Attributes: permeability: of the whole block [voxel^2] (viscosity times mean velocity over pressure
        gradient). change: relative change of the permeability still expected when the solve stopped. steps:
        lattice Boltzmann steps. settled: whether ``change`` came below the tolerance. velocity: velocity
        along the flow of every voxel, scaled so that its mean is ``permeability``; None unless asked for.
    """

    permeability: float
    change: float
    steps: int
    settled: bool
    velocity: FloatVolume | None = None


def stokes_flow(
    void: BoolVolume,
    periodic: Periodic,
    tolerance: float = 2e-3,
    most: int = 20000,
    pressure: FloatVolume | None = None,
    kappa: FloatVolume | None = None,
    velocity: bool = False,
    progress: Callable[[int, float], None] | None = None,
    expected: float | None = None,
) -> StokesFlow:
    """Permeability along the last axis by Stokes flow on the voxels.

    Args: void: True in voids. What does not reach from face to face is left out. periodic: axes that wrap;
        the others are mirrored (see ``_slots``). tolerance: stop when the permeability is expected to change
        by less than this part: the sum of the geometric
            series that its last changes form.
        pressure, kappa: a pressure field (1 to 0 along the axis) and local conductivity to start from
            (:func:`percola.measure.flow.conduction.conduct`); saves about half of the steps.
        expected: rough permeability [voxel^2]; with ``kappa`` it sets the relaxation rate (:func:`_viscosity`).
        velocity: also return the velocity field.

    Bias: flat walls on lattice planes read high by exactly 1/24 voxel^2 within the gap, that is 1/(2 h^2) for
        a slit of h voxels
    (the mean of a parabola at cell centres; the profile itself is exact); oblique walls by the staircase.
    Memory: 152 bytes a void voxel and 4 a voxel.
    """
    wrap = np.array(periodic, np.bool_)
    place = np.flatnonzero(through_mask(void, periodic, 2))
    n = len(place)
    if n == 0:
        zero = np.zeros(void.shape, np.float32) if velocity else None
        return StokesFlow(0.0, 0.0, 0, True, zero)
    if void.all():
        raise InputError("void", "no polymer anywhere", "walls that bound the flow")
    if n * 19 > 2**31 - 20:
        raise ResourceError("void", f"{n} void voxels", "at most 1.1e8", "crop the volume")
    pieces = _parallel.slabs(n, 16)
    slot = _streaming(void.shape, place, wrap, pieces)
    nu = _viscosity(void, kappa, expected)
    tau = 3 * nu + 0.5
    plus = np.float32(1 / tau)
    minus = np.float32(1 / (0.5 + _MAGIC / (tau - 0.5)))
    force = np.float32(1e-3)
    f = np.zeros(n * 19, np.float32)
    if pressure is not None and kappa is not None:
        _start(f.reshape(n, 19), place, pressure, kappa, void.shape, float(force), nu)
    history: list[float] = []
    scale = nu / (float(force) * void.size)
    k, expected, step = 0.0, 1.0, 0
    block = 20
    while step < most:
        total = 0.0
        for _ in range(block):
            odd = step % 2 == 1
            parts = _parallel.run(lambda a, b, odd=odd: _step(f, slot, odd, force, plus, minus, a, b), pieces)  # type: ignore[misc]
            total = float(sum(parts))
            step += 1
        k = total * scale
        history.append(k)
        if progress:
            progress(step, k)
        if len(history) >= 4:
            expected = _remainder(history)
            if expected < tolerance:
                break
    field = None
    if velocity:
        if step % 2:  # the populations stand at their own voxel after an even number of steps only
            _parallel.run(lambda a, b: _step(f, slot, True, force, plus, minus, a, b), pieces)
        g = f.reshape(n, 19)
        uz = g @ _C[:, 2].astype(np.float32) + 0.5 * force
        field = np.zeros(void.shape, np.float32)
        field.ravel()[place] = uz * np.float32(nu / float(force))
    return StokesFlow(k, expected, step, expected < tolerance, field)


def _viscosity(void: BoolVolume, kappa: FloatVolume | None, expected: float | None) -> float:
    """Viscosity at which the slowest velocities and the slowest pressures settle equally fast.

    Velocities in a pore of radius R decay over R^2/(5.8 nu) steps, pressures level along the flow over nu eps/(k c^2 q^2) with
    c^2 = 1/3 and q the lowest wave number: tight structures want little viscosity, wide pores much. Above nu = 2 c
    q k/eps pressures no longer swing; below it the swinging dies over 2 k/(eps nu) steps.
    """
    if kappa is None or not expected or expected <= 0:
        return (_TAU - 0.5) / 3
    inside = kappa[kappa > 0]
    radius = 2 * float(np.sqrt(np.quantile(inside[:: max(1, inside.size // 100_000)], 0.99)))
    wave = 2 * np.pi / void.shape[2]
    nu = radius * wave * np.sqrt(expected / (3 * 5.8 * float(void.mean())))
    return float(np.clip(nu, *_NU_RANGE))


def _streaming(
    shape: tuple[int, ...], place: NDArray[np.intp], wrap: NDArray[np.bool_], pieces: list[tuple[int, int]]
) -> NDArray[np.int32]:
    """Table of :func:`_slots` for the void voxels ``place``."""
    ids = np.full(shape, -1, np.int32)
    ids.ravel()[place] = np.arange(len(place), dtype=np.int32)
    slot = np.empty((len(place), 18), np.int32)
    _parallel.run(lambda a, b: _slots(ids, place, wrap, slot, a, b), pieces)
    return slot


def _remainder(history: list[float]) -> float:
    """Expected relative change still to come: the rest of the geometric series of the last changes.

    Wide pores swing about their permeability before they settle: at a turning point the last change is small, so
    no less than the span of the last six values is expected.
    """
    a, b, c, d = history[-4:]
    if d == 0:
        return 1.0
    span = (max(history[-6:]) - min(history[-6:])) / abs(d)
    last, before, first = abs(d - c), abs(c - b), abs(b - a)
    ratio = max(last / before if before > 0 else 0.0, (last / first) ** 0.5 if first > 0 else 0.0)
    ratio = min(ratio, 0.98)
    return float(max(last * max(ratio / (1 - ratio), 1.0) / abs(d), span))


def _start(
    f: NDArray[np.float32],
    place: NDArray[np.int64],
    pressure: FloatVolume,
    kappa: FloatVolume,
    shape: tuple[int, ...],
    force: float,
    nu: float,
) -> None:
    """Fill the populations with the equilibrium of a Darcy flow: velocity -kappa grad(potential)/nu, pressure
    without the mean drop.
    """
    nz = shape[2]
    open_ = pressure.ravel() > 0
    z = (np.arange(nz, dtype=np.float32) + np.float32(0.5)) / np.float32(nz)
    drop = force * nz
    excess = np.where(pressure > 0, pressure + z - 1, np.float32(0)) * np.float32(drop)
    weights = np.where(np.abs(_C).sum(1) == 0, 1 / 3, np.where(np.abs(_C).sum(1) == 1, 1 / 18, 1 / 36))
    rho = 3 * excess.ravel()[place]
    velocity = np.empty((3, len(place)), np.float32)
    for ax in range(3):
        # Differences to open neighbours only; the end faces count as mirrors of the pressure.
        up = np.roll(pressure, -1, ax)
        down = np.roll(pressure, 1, ax)
        ok_up, ok_down = up > 0, down > 0
        if ax == 2:
            ok_up[:, :, -1] = False
            ok_down[:, :, 0] = False
        slope = np.where(ok_up, up - pressure, 0) + np.where(ok_down, pressure - down, 0)
        slope /= np.maximum(ok_up.astype(np.float32) + ok_down, 1)
        velocity[ax] = (-kappa * slope * np.float32(drop / nu)).ravel()[place]
    for i in range(19):
        f[:, i] = weights[i] * (rho + 3 * (_C[i].astype(np.float32) @ velocity))
    f[~open_[place]] = 0
