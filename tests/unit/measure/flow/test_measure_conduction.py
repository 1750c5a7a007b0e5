"""Steady conduction through the open voxels."""

import itertools

import numpy as np
import pytest

from percola.measure import phantoms
from percola.measure.flow.conduction import (
    composite_links,
    conduct,
    cut_links,
    open_area,
    poiseuille_conductivity,
    through_block,
)
from percola.measure.flow.multigrid import conductive_links, uniform_links
from percola.measure.voids.distance import distance_map
from percola.measure.voids.thickness import local_thickness

ALL = (True, True, True)


def ones(void):
    return np.ones(void.shape, np.float32)


def test_open_box_conducts_one():
    void = np.ones((6, 6, 9), bool)
    assert conduct(void, ones(void), ALL).conductivity == pytest.approx(1.0, rel=1e-12)


def test_layers_in_series_and_side_by_side():
    # Checkered conductivities in layers: harmonic mean across, arithmetic mean along, exact for finite
    # volumes.
    kappa = np.ones((4, 6, 12), np.float32)
    kappa[:, :, ::2] = 3.0
    void = np.ones(kappa.shape, bool)
    assert conduct(void, kappa, ALL, tolerance=1e-10).conductivity == pytest.approx(1.5, rel=1e-6)
    along = np.moveaxis(kappa, 2, 0).copy()
    assert conduct(np.moveaxis(void, 2, 0).copy(), along, ALL, tolerance=1e-10).conductivity == pytest.approx(
        2.0, rel=1e-6
    )


def test_duct_conducts_its_share_of_area():
    p = phantoms.duct(6, 8)
    assert conduct(p.void, ones(p.void), p.periodic).conductivity == pytest.approx(
        p.known["porosity"], rel=1e-6
    )


def test_closed_is_zero():
    p = phantoms.layered((3, 5), 8)
    flow = conduct(p.void, ones(p.void), p.periodic)
    assert flow.conductivity == 0.0
    assert flow.settled


def test_conductance_comes_down_from_above_and_start_does_not_matter():
    p = phantoms.gaussian_field(32, 10, 0.6, seed=4)
    d = distance_map(p.void, p.periodic, p.level)
    kappa = poiseuille_conductivity(d.centre, local_thickness(d.cell, p.periodic))
    exact = conduct(p.void, kappa, p.periodic, tolerance=1e-12)
    rough = conduct(p.void, kappa, p.periodic, tolerance=1e-2)
    assert exact.conductivity <= rough.conductivity < 1.01 * exact.conductivity
    again = conduct(p.void, kappa, p.periodic, start=rough.pressure, tolerance=1e-12)
    assert again.conductivity == pytest.approx(exact.conductivity, rel=1e-6)  # float32 start
    # Dirichlet's principle: opening voxels can only help.
    fewer = p.void.copy()
    fewer[::5, ::5, 10] = False
    assert conduct(fewer, kappa, p.periodic, tolerance=1e-12).conductivity < exact.conductivity


@pytest.mark.parametrize("fraction", [0.125, 0.343])
def test_insulating_spheres_below_maxwell_and_near_the_series(fraction):
    p = phantoms.sphere_array("sc", 32, fraction)
    found = conduct(p.void, ones(p.void), p.periodic, tolerance=1e-8).conductivity
    # Rayleigh's series as in metrology.md; the staircase reads low by up to 4 % at 32 voxels a cell.
    expected = 1 - 3 * fraction / (2 + fraction - 0.394 * fraction ** (10 / 3))
    assert 0.96 * expected < found < 1.005 * expected
    # Hashin-Shtrikman bound for the conductivity of the block, 2 eps/(3 - eps).
    eps = p.void.mean()
    assert found < 2 * eps / (3 - eps)


def test_poiseuille_conductivity_of_a_tube():
    p = phantoms.tube(6, 8)
    d = distance_map(p.void, p.periodic, p.level)
    kappa = poiseuille_conductivity(d.centre, local_thickness(d.cell, p.periodic))
    found = conduct(p.void, kappa, p.periodic).conductivity * p.spacing_m**2
    # The profile is exact; the sum over voxel centres in a circle of 6 voxels scatters by 2 %.
    assert found == pytest.approx(p.known["permeability_m2"], rel=0.03)


# --- sub-voxel links, blocks -----------------------------------------------------------------------------------


def voxels(p, ends=None, axis=2):
    return through_block(uniform_links(p.void, p.periodic, ends), axis, bound=False).value


def cut(p, ends=None, axis=2):
    return through_block(cut_links(p.level, p.periodic, ends), axis, bound=False).value


def order(edges, errors):
    """Fitted exponent of error against voxel edge."""
    return np.polyfit(np.log(1 / np.array(edges, float)), np.log(np.abs(errors)), 1)[0]


def test_tubes_conduct_their_area():
    # Straight tubes conduct exactly their share of area, so the error is that of the area on voxel faces:
    # polygons of half a voxel inscribed in the circle, 0.03/R^2 low.
    radii = (2, 3, 4, 6, 8, 12)
    errors = []
    for r in radii:
        p = phantoms.tube(r, 4)
        found = through_block(cut_links(p.level, p.periodic, 2), 2)
        errors.append(1 - found.value / p.known["porosity"])
        assert found.lower == pytest.approx(found.value, rel=1e-6)
        assert 0 < errors[-1] < 0.045 / r**2
    assert 1.6 < order(radii, errors) < 2.4


def test_cut_faces_converge_at_second_order_and_voxels_at_first():
    # Dilute insulating spheres: Rayleigh's series is good to about 1e-5 at this volume fraction.
    fraction = 0.125
    expected = 1 - 3 * fraction / (2 + fraction - 0.392 * fraction ** (10 / 3))
    cells = (8, 12, 16, 24, 32)
    errors = [cut(phantoms.sphere_array("sc", n, fraction)) / expected - 1 for n in cells]
    assert all(e > 0 for e in errors)  # always high
    assert errors[0] < 0.01
    assert errors[-1] < 6e-4
    assert 1.7 < order(cells, errors) < 2.6  # 2.06 seen
    # Gyroid, against the value extrapolated from cut faces at 48 and 64 voxels a cell.
    limit = cut(phantoms.gyroid(64)) + (cut(phantoms.gyroid(64)) - cut(phantoms.gyroid(48))) / (
        (64 / 48) ** 2 - 1
    )
    sizes = (12, 16, 24, 32)
    sub = [cut(phantoms.gyroid(n)) / limit - 1 for n in sizes]
    stair = [voxels(phantoms.gyroid(n)) / limit - 1 for n in sizes]
    assert all(s < 0 for s in stair)  # staircases always low
    assert 0.7 < order(sizes, stair) < 1.5
    assert 1.5 < order(sizes, sub) < 2.6
    assert 0 < sub[1] < 0.01 < 0.1 < -stair[1]


def test_wall_between_voxels_in_a_slit():
    for gap in (3.0, 3.25, 4.7, 6.2):
        x = np.arange(12) + 0.5
        level = (
            np.broadcast_to((np.abs(x - 6.1) - gap / 2)[:, None, None], (12, 4, 6)).astype(np.float32).copy()
        )
        for ends in (2, None):
            found = through_block(cut_links(level, (False, True, True), ends), 2)
            # Exact in single precision, unless the ridge of the field lies within two voxels of the wall, where its
            # Laplacian bends the interpolated field: 0.04 voxel on a gap of 3.
            assert found.value * 12 == pytest.approx(gap, abs=0.04 if gap < 4 else 1e-5)


@pytest.mark.parametrize("size", [(1, 1, 1), (1, 2, 3), (0.3, 1, 1)])
def test_voxels_that_are_bricks(size):
    # Layers in series and side by side do not depend on the shape of bricks.
    kappa = np.ones((4, 6, 12), np.float32)
    kappa[:, :, ::2] = 3.0
    mask = np.ones(kappa.shape, bool)
    for ends in (2, None):
        found = through_block(conductive_links(kappa, mask, ALL, ends, size), 2, size, 1e-12, 1e-6)
        assert found.value == pytest.approx(1.5, rel=1e-6)
        assert found.lower == pytest.approx(1.5, rel=1e-6)
    for ends in (0, None):
        found = through_block(conductive_links(kappa, mask, ALL, ends, size), 0, size, 1e-12, 1e-6)
        assert found.value == pytest.approx(2.0, rel=1e-6)
    # Isotropic structure sampled with bricks: as with cubes, but for the coarser edge's staircases.
    p = phantoms.gyroid(24)
    level = phantoms.gyroid(48).level[:, ::2, :].copy()
    found = through_block(cut_links(level, ALL, None, (1, 2, 1)), 2, (1, 2, 1)).value
    assert found == pytest.approx(cut(p), rel=5e-3)


def test_open_box_and_bounds_of_axes():
    p = phantoms.duct(6, 8)
    grid = uniform_links(p.void, p.periodic, 2)
    found = through_block(grid, 2)
    assert found.value == pytest.approx(p.known["porosity"], rel=1e-12)
    assert open_area(grid, 2) == pytest.approx(p.known["porosity"], rel=1e-12)
    assert through_block(uniform_links(p.void, p.periodic, 0), 0).value == 0
    full = through_block(uniform_links(np.ones((3, 4, 5), bool), ALL, 1), 1)
    assert full.value == pytest.approx(1.0, rel=1e-12)
    assert full.column[1] == pytest.approx(1.0, rel=1e-12)


@pytest.mark.parametrize("ends", [True, False])
def test_axes_permuted_and_mirrored(ends):
    p = phantoms.gaussian_field((24, 20, 28), 9, 0.6, seed=7)
    base = through_block(cut_links(p.level, ALL, 2 if ends else None), 2)
    turned = np.ascontiguousarray(np.moveaxis(p.level, 2, 0))
    again = through_block(cut_links(turned, ALL, 0 if ends else None), 0)
    flipped = through_block(cut_links(np.ascontiguousarray(p.level[:, :, ::-1]), ALL, 2 if ends else None), 2)
    # Solves stop at 1e-6 of the conductance.
    assert again.value == pytest.approx(base.value, rel=3e-6)
    assert flipped.value == pytest.approx(base.value, rel=3e-6)
    if not ends:
        assert again.column[1] == pytest.approx(base.column[0], abs=2e-5)
        assert flipped.column[0] == pytest.approx(-base.column[0], abs=2e-5)


@pytest.mark.parametrize("ratio", [4.0, 20.0])
def test_checkerboard_of_two_conductors(ratio):
    # Keller: a checkerboard conducts the geometric mean. The corners are singular (potential as distance to the
    # power 0.6 for a ratio of 4, 0.28 for 20), so convergence is slow, twice those orders; from below.
    errors = []
    for m in (4, 8, 16, 32):
        square = np.kron([[1, 0], [0, 1]], np.ones((m, m)))[:, None, :]
        kappa = np.where(square > 0, np.float32(1), np.float32(ratio))
        found = through_block(conductive_links(kappa, np.ones(kappa.shape, bool), ALL, None), 2, balance=1e-5)
        errors.append(found.value / np.sqrt(ratio) - 1)
    assert all(e < 0 for e in errors)
    assert all(abs(b) < 0.8 * abs(a) for a, b in itertools.pairwise(errors))
    assert abs(errors[-1]) < (0.01 if ratio == 4 else 0.13)


def test_two_phases_are_enclosed_by_laminates_and_side_by_side():
    # Gyroid of both phases with contrast 10: the limit lies between at every size, and both close in on it.
    gaps = []
    limit = 0.4267  # mean of the two at 32, 48 and 64 voxels: 0.4267 each time
    for n in (12, 24, 48):
        p = phantoms.gyroid(n)
        low = through_block(composite_links(p.level, (1.0, 0.1), ALL, None), 2, bound=False).value
        high = through_block(cut_links(p.level, ALL, None, conductivities=(1.0, 0.1)), 2, bound=False).value
        assert low < limit < high
        gaps.append(high - low)
    assert 0.7 < order((12, 24, 48), gaps) < 1.3
    # Planes across the flow anywhere between voxels: laminates are exact there.
    z = np.arange(16) + 0.5
    level = np.broadcast_to(np.abs(z - 8.3) - 3.2, (4, 4, 16)).astype(np.float32).copy()
    found = through_block(composite_links(level, (1.0, 0.1), ALL, None), 2, tolerance=1e-10).value
    assert found == pytest.approx(1 / (0.4 / 1 + 0.6 / 0.1), rel=1e-5)  # 6.4 of 16 voxels in the first phase
