"""Stokes drag of cubic arrays of spheres: Zick and Homsy, J. Fluid Mech. 115 (1982) 13."""

import numpy as np
import pytest

from percola.measure import phantoms
from percola.measure.flow.stokes import stokes_flow


def error(lattice, cell, fraction):
    p = phantoms.sphere_array(lattice, cell, fraction)
    found = stokes_flow(p.void, p.periodic, 1e-4).permeability * p.spacing_m**2
    return found / p.known["permeability_m2"] - 1


@pytest.mark.parametrize("fraction", [0.125, 0.216])
def test_simple_cubic_at_a_coarse_grid(fraction):
    # 24 voxels a cell, radius 7.4 and 8.9: the half-way wall of a staircase makes the sphere slightly too
    # big, 4 % at most.
    assert -0.05 < error("sc", 24, fraction) < 0.01


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fraction", "cell"), [(0.027, 40), (0.125, 48), (0.216, 64), (0.343, 64), (0.45, 64), (None, 64)]
)
def test_simple_cubic_at_a_fine_grid(fraction, cell):
    # Trials elsewhere with the same method at 64^3: -1.3 to -2.5 %.
    assert -0.028 < error("sc", cell, fraction) < 0.005


@pytest.mark.slow
@pytest.mark.parametrize(("lattice", "expected"), [("bcc", 3.76e-4), ("fcc", 8.62e-5)])
def test_touching_packings(lattice, expected):
    p = phantoms.sphere_array(lattice, 64)
    k = stokes_flow(p.void, p.periodic, 1e-4).permeability / 64**2
    # Narrow passages of 5 voxels between the spheres: low by up to 8 %.
    assert -0.08 < k / expected - 1 < 0.02


@pytest.mark.slow
def test_error_falls_with_resolution():
    # Below 28 voxels a cell the counted volume of the sphere is off by up to 2 %, either way, and hides the
    # trend.
    sizes = np.array([28, 36, 48, 64])
    errors = np.abs([error("sc", n, 0.343) for n in sizes])
    slope = np.polyfit(np.log(sizes), np.log(errors), 1)[0]
    # First order at staircase walls, scattered by how the sphere falls on the grid; not zero, not third
    # order.
    assert -2.2 < slope < -0.5
