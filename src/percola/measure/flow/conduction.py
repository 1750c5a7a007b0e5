"""Steady flow from face to face through the voids where flux = conductivity times pressure gradient (Laplace
with local conductivity).

Finite volumes on voxels, conjugate gradients preconditioned by multigrid
(:mod:`percola.measure.flow.multigrid`). The conductance is the minimum of the dissipation, so it comes down
monotonically and its error is the square of the solution's: the solve stops when the conductance, not the
residual, has settled.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from percola.measure._volume import BoolVolume, FloatVolume, Periodic
from percola.measure.flow.multigrid import conductive_links, solve
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
