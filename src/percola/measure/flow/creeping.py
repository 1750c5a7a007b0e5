"""Slow (Stokes) flow of a liquid through the voids, between an upper and a lower bound.

Velocities live on voxel faces, pressures in voxels (``_staggered``). With unit viscosity, A the viscous operator,
G the gradient and f a unit force along the flow, A u + G p = f and G^T u = 0. The pressure solves
(G^T A^-1 G) p = G^T A^-1 f, by conjugate gradients. What makes it quick is what precedes each step: for
pressures that vary slowly G^T A^-1 G is a Darcy operator with the local conductivity w = A^-1 1, the velocity
under a unit force without any pressure (exact in tubes and slits of every section); for pressures that vary
from voxel to voxel it is near the identity. Both are inverted and added (Cahouet and Chabard, Int. J. Numer.
Methods Fluids 8 (1988) 869, with Darcy's operator where theirs is the Laplacian).

Two bounds enclose the permeability k of the grid. Any pressure p gives (f - G p)^T A^-1 (f - G p) >= k; any
velocity u without outflow, at rest on the walls, gives (f^T u)^2/(u^T A u) <= k (minimum dissipation). Both
errors are the squares of those of the fields.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numba import njit
from numpy.typing import NDArray

from percola.errors import InputError, ResourceError
from percola.measure._volume import BoolVolume, FloatVolume, Periodic
from percola.measure.flow._face_darcy import Darcy
from percola.measure.flow._staggered import PRESSURE, Staggered, each
from percola.measure.voids.connectivity import through_mask

# Weight of the identity beside Darcy's operator; 0.5 needs the fewest steps on Gaussian fields (of 0.5, 1, 2).
_VISCOUS = np.float32(0.5)
# The permeability lies close above the lower bound: at this part of the bracket on Gaussian fields of porosity
# 0.55 and 0.70 and on sphere arrays (0.04 to 0.08), and not farther off than the second.
_WITHIN, _WITHIN_ERROR = 0.06, 0.05
# Relative error of the permeability over 1/R (voxels alone) and over 1/R^2 (level field), R the ``radius`` of
# CreepingFlow: on Gaussian fields of porosity 0.35 to 0.85 and R of 1.5 to 4 voxels against fields three times
# finer, voxels are off by up to 0.1/R, and a level field by up to 0.5/R^2.
_VOXEL_ERROR, _LEVEL_ERROR = 0.2, 0.5
# What is left of it by extrapolation: this part of the correction, and this over R^2.
_LEFT, _LEFT_ERROR = 0.2, 0.15


@njit(cache=True, nogil=True)
def _near_field(dx, dy, dz, r, z, factor, nx, ny, nz, a, b):  # type: ignore[no-untyped-def]
    """z += factor r / sum over the faces of 1/diagonal: what viscosity alone answers to outflow of one voxel."""
    one = np.float32(1)
    for i in range(a, min(b, nx + 1)):
        for j in range(1, ny + 1):
            for k in range(1, nz + 1):
                s = np.float32(0)
                for d in (
                    dx[i, j, k],
                    dx[i + 1, j, k],
                    dy[i, j, k],
                    dy[i, j + 1, k],
                    dz[i, j, k],
                    dz[i, j, k + 1],
                ):
                    if d > 0:
                        s += one / d
                if s > 0:
                    z[i, j, k] += factor * r[i, j, k] / s


FaceVelocity = tuple[FloatVolume, FloatVolume, FloatVolume]


@dataclass(frozen=True)
class CreepingFlow:
    """Steady slow flow along one axis, lengths in voxels, viscosity and pressure gradient 1.

    Attributes:
        permeability: of the whole block [voxel^2], viscosity times mean velocity over pressure gradient.
        lower, upper: bounds of it on this grid (to the single precision of the solve).
        mean_velocity: mean velocity of the block along x, y and z [voxel^2].
        change: relative error of the solve to be expected.
        steps: conjugate gradient steps of the pressure.
        settled: whether the bounds came within the tolerance of each other.
        radius: of tubes with the same mean velocity under a unit force without pressure, (8 <w>)^0.5 [voxel].
        error: relative error of the discretization, one standard deviation.
        on_grid: permeability of the grid before :func:`extrapolated_flow` took off its error.
        coarse: permeability on the grid of half as many nodes a side, there; None without.
        velocity: velocities on the faces along x, y and z, shapes (nx+1, ny, nz), (nx, ny+1, nz), (nx, ny, nz+1);
            what flows into a voxel flows out of it. None unless asked for.
    """

    permeability: float
    lower: float
    upper: float
    mean_velocity: tuple[float, float, float]
    change: float
    steps: int
    settled: bool
    radius: float
    error: float
    on_grid: float
    coarse: float | None = None
    velocity: FaceVelocity | None = None


def memory_bytes(shape: tuple[int, int, int]) -> int:
    """Memory that :func:`creeping_flow` takes at its peak beside the volume itself [byte]."""
    padded = int(np.prod([n + 3 for n in shape]))
    return 4 * _ARRAYS * padded


_ARRAYS = 28


def creeping_flow(
    void: BoolVolume,
    periodic: Periodic,
    axis: int = 2,
    level: FloatVolume | None = None,
    tolerance: float = 1e-2,
    most: int = 60,
    velocity: bool = False,
    progress: Callable[[int, float, float], None] | None = None,
) -> CreepingFlow:
    """Permeability along ``axis`` by Stokes flow on a staggered grid, enclosed by two bounds.

    Args:
        void: True in voids, (nx, ny, nz). What does not reach from face to face is left out.
        periodic: axes that wrap. Lateral faces that do not are planes of symmetry (no flow through, no shear);
            at the two end faces structure and pressure are mirrored, so the pressure there is even.
        axis: direction of the pressure gradient.
        level: field below 0 in voids, its zero the wall. Without it the voxels are the structure.
        tolerance: stop when the bounds are within this part of each other. The error is some 20 times smaller.
        most: bound on the steps.
        velocity: also return velocities, free of outflow to 1e-3 of their changes.
        progress: called with the step and both bounds.

    Accuracy with a level field: second order; +1.6 % for cubic arrays of spheres of 7 to 9 voxels radius and +0.4
        % of twice that; slits of h voxels +0.1/h^2, square ducts -0.5/h^2, tubes of diameter d -1.5/d^2, relative.
        Bicontinuous fields read high: 0.5 to 5 % at 12 voxels a wavelength, a quarter of that at 24.
    Accuracy on voxels: slits and ducts on the lattice as above; else first order, -3 to +3 % at pores of 3 to 6
        voxels radius, of either sign.
    Limitation: walls and voids thinner than a voxel are shut.
    Memory: :func:`memory_bytes`, 115 bytes a voxel.
    """
    if void.all():
        raise InputError("void", "no polymer anywhere", "walls that bound the flow")
    if int(np.prod([n + 3 for n in void.shape])) > 2**40:
        raise ResourceError("void", f"{void.size} voxels", "", "crop the volume")
    mask = through_mask(void, periodic, axis)
    if not mask.any():
        zero = _faces(void.shape) if velocity else None
        return CreepingFlow(0.0, 0.0, 0.0, (0.0, 0.0, 0.0), 0.0, 0, True, 0.0, 0.0, 0.0, None, zero)
    if level is None:
        field = np.where(mask, np.float32(-0.5), np.float32(0.5))
    else:
        field = np.array(level, np.float32)
        # A voxel's sign says what it is; a level of exactly 0 counts as polymer.
        np.copyto(field, np.maximum(np.abs(field), np.float32(1e-6)), where=~mask)
    del mask
    return _Solve(field, periodic, axis, level is None).run(tolerance, most, velocity, progress)


def coarse_level(level: FloatVolume, periodic: Periodic) -> FloatVolume:
    """The level field at the centres of blocks of 2 x 2 x 2 voxels, in blocks; fourth order, (-1, 9, 9, -1)/16."""
    out = level
    for a in range(3):
        ghost = [(1, 1) if b == a else (0, 0) for b in range(3)]
        padded = np.pad(out, ghost, mode="wrap" if periodic[a] else "symmetric")
        n = out.shape[a]

        def part(i: int, padded: FloatVolume = padded, n: int = n, a: int = a) -> FloatVolume:
            index: list[slice] = [slice(None)] * 3
            index[a] = slice(i, i + n, 2)
            return padded[tuple(index)]

        out = np.float32(9 / 16) * (part(1) + part(2)) - np.float32(1 / 16) * (part(0) + part(3))
    return np.float32(0.5) * out


def extrapolated_flow(
    void: BoolVolume,
    periodic: Periodic,
    axis: int = 2,
    level: FloatVolume | None = None,
    tolerance: float = 1e-2,
    most: int = 60,
    velocity: bool = False,
    progress: Callable[[int, float, float], None] | None = None,
) -> CreepingFlow:
    """:func:`creeping_flow`, and its error from a second solve on half as many nodes a side, taken off.

    k = k_h + (k_h - k_2h)/3 for an error of second order (Richardson). Needs a smooth level field (a distance or
    a composition; not one with kinks inside a voxel of the wall), even numbers of voxels and pores of at least 3
    voxels radius; a correction above 10 % is not taken but stated as the error. Else as :func:`creeping_flow`.
    The error stated is 0.2 of the correction and 0.15/R^2. Costs a seventh more.
    """
    fine = creeping_flow(void, periodic, axis, level, tolerance, most, velocity, progress)
    odd = any(n % 2 or n < 8 for n in void.shape)
    if level is None or odd or fine.permeability <= 0:
        return fine
    half = coarse_level(np.asarray(level, np.float32), periodic)
    open_ = half < 0
    if open_.all() or not open_.any():
        return fine
    coarse = 4 * creeping_flow(open_, periodic, axis, half, tolerance).permeability
    k = fine.permeability
    relative = (k - coarse) / 3 / k
    if abs(relative) > 0.1:
        return replace(fine, coarse=coarse, error=max(abs(relative), fine.error))
    error = math.hypot(_LEFT * relative, _LEFT_ERROR / fine.radius**2)
    factor = 1 + relative
    x, y, z = fine.mean_velocity
    return replace(
        fine,
        permeability=k * factor,
        mean_velocity=(x * factor, y * factor, z * factor),
        coarse=coarse,
        error=error,
    )


def _faces(shape: tuple[int, ...]) -> FaceVelocity:
    x, y, z = (np.zeros([n + (a == c) for a, n in enumerate(shape)], np.float32) for c in range(3))
    return x, y, z


class _Solve:
    def __init__(self, level: FloatVolume, periodic: Periodic, axis: int, voxels: bool) -> None:
        self.axis, self.size, self.voxels = axis, level.size, voxels
        self.grid = g = Staggered(level, periodic, axis)
        self.w: list[FloatVolume] = []
        for c in range(3):
            profile = g.empty()
            g.solve(c, profile, g.load(profile, c, 1.0), 0.1)
            g.refine(c, profile)
            self.w.append(profile)
        g.drop_structure()
        inside = float((g.diagonal[axis] > 0).sum())
        mean = float(self.w[axis].sum(dtype=np.float64)) / max(inside, 1.0)
        self.radius = max((8 * mean) ** 0.5, 0.5)
        self.darcy = Darcy(g, self.w)
        self.force = [1.0 if c == axis else 0.0 for c in range(3)]
        self.unit = g.load(g.empty(), axis, 1.0)
        self.reference = g.scale(self.unit, axis)
        self.upper = np.inf

    def momentum(self, p: FloatVolume, u: list[FloatVolume], tolerance: float) -> None:
        """Let the velocities follow the pressure; the upper bound of the permeability from it."""
        g = self.grid
        bound = 0.0
        for c in range(3):
            load = g.load(p, c, self.force[c])
            g.solve(c, u[c], load, tolerance, self.reference)
            load += g.load(p, c, self.force[c])
            bound += g.dot(load, u[c], c)
        self.upper = min(self.upper, bound / self.size)

    def closed(self, u: list[FloatVolume], z: FloatVolume) -> tuple[float, list[FloatVolume]]:
        """Velocities u less their outflow (z: its Darcy pressure), and their lower bound of the permeability."""
        g = self.grid
        out = []
        spent = 0.0
        scratch = g.empty()
        for c in range(3):
            t = g.load(z, c, 0.0)
            t *= self.w[c]
            t += u[c]
            spent += g.viscous(t, c, scratch)
            out.append(t)
        moved = g.dot(self.unit, out[self.axis], self.axis)
        return (moved**2 / spent / self.size if spent > 0 else 0.0), out

    def run(
        self,
        tolerance: float,
        most: int,
        velocity: bool,
        progress: Callable[[int, float, float], None] | None,
    ) -> CreepingFlow:
        g = self.grid
        fine = min(1e-2, max(tolerance, 1e-4) ** 0.5 * 0.3)
        still = [self.w[c] if c == self.axis else g.empty() for c in range(3)]
        sources = g.outflow(still)
        del still
        np.negative(sources, sources)
        p, _ = self.darcy.solve(sources, 3e-2)
        u = []
        for c in range(3):
            start = g.load(p, c, self.force[c])
            start *= self.w[c]
            u.append(start)
        self.momentum(p, u, fine)
        d = g.empty()
        before, product, lower, step = None, 0.0, 0.0, 0
        while True:
            r = g.outflow(u)
            np.negative(r, r)
            z, _ = self.darcy.solve(r, 3e-2)
            bound, _ = self.closed(u, z)
            lower = max(lower, bound)
            if progress:
                progress(step, lower, self.upper)
            if self.upper - lower <= tolerance * self.upper or step >= most:
                break
            step += 1
            each(g.pieces, _near_field, *g.diagonal, r, z, _VISCOUS, *g.shape)
            g.halo(z, PRESSURE)
            new = g.dot(r, z, PRESSURE)
            beta = 0.0 if before is None else max(0.0, (new - g.dot(before, z, PRESSURE)) / product)
            product, before = new, r
            d *= np.float32(beta)
            d += z
            del z
            follow, curve = self.answer(d)
            if curve <= 0:
                break
            alpha = np.float32(product / curve)
            p += alpha * d
            for c in range(3):
                u[c] += alpha * follow[c]
            del follow
            self.momentum(p, u, fine)
        return self.result(u, z, lower, step, tolerance, velocity)

    def answer(self, d: FloatVolume) -> tuple[list[FloatVolume], float]:
        """Velocities that the pressure d drives, -A^-1 G d, and d^T G^T A^-1 G d."""
        g = self.grid
        scale = sum(g.scale(g.load(d, c, 0.0), c) for c in range(3))
        out, curve = [], 0.0
        for c in range(3):
            v = g.empty()
            load = g.load(d, c, 0.0)
            g.solve(c, v, load, 3e-2, scale)
            load += g.load(d, c, 0.0)
            curve += g.dot(load, v, c)
            out.append(v)
        return out, curve

    def result(
        self, u: list[FloatVolume], z: FloatVolume, lower: float, step: int, tolerance: float, velocity: bool
    ) -> CreepingFlow:
        g = self.grid
        if velocity:
            r = g.outflow(u)
            np.negative(r, r)
            z, _ = self.darcy.solve(r, 1e-3)
        bound, u = self.closed(u, z)
        lower = max(lower, bound)
        upper = max(self.upper, lower)
        ones: list[NDArray[np.float32]] = []
        for c in range(3):
            ones.append(g.empty())
            ones[c] += 1
        means = [g.dot(ones[c], u[c], c) / self.size for c in range(3)]
        k = lower + _WITHIN * (upper - lower)
        # The field found, scaled as its mean should be: the bounds know the permeability better than the field.
        factor = k / means[self.axis] if means[self.axis] > 0 else 1.0
        field = None
        if velocity:
            field = _faces(g.shape)
            for c in range(3):
                g.halo(u[c], c)
                inside = tuple(slice(1, n + 1 + (a == c)) for a, n in enumerate(g.shape))
                np.multiply(u[c][inside], np.float32(factor), out=field[c])
        x, y, z_ = (float(m * factor) for m in means)
        return CreepingFlow(
            float(k),
            float(lower),
            float(upper),
            (x, y, z_),
            float(_WITHIN_ERROR * (upper - lower) / k) if k > 0 else 0.0,
            step,
            bool(upper - lower <= tolerance * upper),
            self.radius,
            _VOXEL_ERROR / self.radius if self.voxels else _LEVEL_ERROR / self.radius**2,
            float(k),
            None,
            field,
        )
