"""Distances to the wall and the largest spheres, on and off the lattice."""

import numpy as np
import pytest
from scipy import ndimage
from scipy.spatial import cKDTree

from percola.measure import phantoms
from percola.measure.voids.distance import _nearest, distance_map
from percola.measure.voids.thickness import local_thickness

CLOSED = (False, False, False)


def nearest_polymer(void, periodic):
    dx, dy, dz = _nearest(void, periodic)
    out = np.zeros(void.shape)
    for x, y, z in np.argwhere(void):
        a = (x + dx[x, y, z]) % void.shape[0]
        b = (y + dy[a, y, z]) % void.shape[1]
        out[x, y, z] = dx[x, y, z] ** 2 + float(dy[a, y, z]) ** 2 + float(dz[a, b, z]) ** 2
    return np.sqrt(out)


@pytest.mark.parametrize("periodic", [False, True])
def test_nearest_polymer_voxel_is_exact(periodic):
    void = np.random.default_rng(1).random((12, 15, 18)) > 0.02
    found = nearest_polymer(void, (periodic,) * 3)
    if periodic:
        tiled = ndimage.distance_transform_edt(np.tile(void, (3, 3, 3)))
        expected = tiled[12:24, 15:30, 18:36]
    else:
        expected = ndimage.distance_transform_edt(void)
    np.testing.assert_array_equal(np.round(found**2), np.round(expected**2))  # integers: exact


def test_centre_distance_is_that_of_the_nearest_disc():
    p = phantoms.gaussian_field(32, 12, 0.6, seed=4)
    d = distance_map(p.void, CLOSED, p.level)
    points = np.argwhere(p.void).astype(float)
    # Every disc that may be nearest is among the 60 whose centres are.
    _, near = cKDTree(d.walls).query(points, k=60)
    r = points[:, None] - d.walls[near]
    h = (r * d.normals[near]).sum(-1)
    lateral = np.sqrt(np.maximum((r**2).sum(-1) - h**2, 0))
    exact = np.sqrt(h**2 + np.maximum(lateral - 0.5, 0) ** 2).min(1)
    error = d.centre[p.void] - exact
    # Only discs about the nearest polymer voxel and its neighbours' are tried: a few percent of the voxels read high.
    assert error.min() > -1e-4
    assert np.mean(error > 0.1) < 0.004
    assert error.mean() < 2e-3


@pytest.mark.parametrize("radius", [1.5, 3.0, 4.3, 6.0, 8.7, 12.0])
# The last one has links that graze the wall where it runs along a lattice plane.
@pytest.mark.parametrize("offset", [(0.0, 0.0), (0.5, 0.5), (0.25, 0.1), (0.37, 0.81), (0.1306, 0.5144)])
def test_tube_radius_with_level(radius, offset):
    p = phantoms.tube(radius, 8, offset_voxels=offset)
    d = distance_map(p.void, p.periodic, p.level)
    error = d.cell.max() - radius
    # Always a little low: the last steps of the search end within 0.02-0.06 voxel of the axis, discs overlap
    # inwards (0.07 in the narrowest).
    assert -(0.06 if radius > 2 else 0.08) < error < 1e-4
    # Reading at voxel centres instead is low by up to the half diagonal of a voxel's section, 0.71.
    assert -0.71 < d.centre.max() - radius < 0.0
    assert d.centre.max() <= d.cell.max()


@pytest.mark.parametrize("radius", [2.3, 4.5, 7.2])
def test_tube_radius_of_voxels_alone_reads_low(radius):
    p = phantoms.tube(radius, 8, offset_voxels=(0.31, 0.12))
    error = distance_map(p.void, p.periodic).cell.max() - radius
    # The nearest of many jagged steps counts: 0.2 +- 0.1 voxel too near.
    assert -0.45 < error < 0.05


@pytest.mark.parametrize("gap", [1.0, 2.0, 3.0, 4.5, 7.3])
@pytest.mark.parametrize("tilt", [False, True])
def test_slit_half_width_with_level(gap, tilt):
    p = phantoms.slit(gap, tilt=tilt)
    d = distance_map(p.void, p.periodic, p.level)
    # Flat walls: exact up to discs that are read half a voxel beyond their centre.
    assert d.cell.max() == pytest.approx(gap / 2, abs=0.02)


@pytest.mark.parametrize("gap", [1, 3, 4, 8])
def test_slit_of_voxels_alone(gap):
    p = phantoms.slit(gap)
    # Lattice planes: exact for wide slits; below 3 voxels the smoothing mixes both walls (0.1 voxel).
    assert distance_map(p.void, p.periodic).cell.max() == pytest.approx(
        gap / 2, abs=0.12 if gap < 4 else 0.02
    )


def test_sphere_converges():
    errors = []
    for n in (12, 18, 27, 40):
        p = phantoms.isolated_pores(n, 1, 0.37)
        errors.append(0.37 * n - distance_map(p.void, p.periodic, p.level).cell.max())
    assert all(0 <= e < 0.06 for e in errors)  # voxels, low; does not grow with size


def test_distance_is_the_level_of_a_signed_distance_field():
    p = phantoms.tube(7.4, 6)
    d = distance_map(p.void, p.periodic, p.level)
    error = (d.centre + p.level)[p.void]
    # The level is the exact distance. Flat discs of half a voxel stand out of a wall of radius R by 1/(8R) =
    # 0.02, and gaps between discs read high by less than 0.15 close to the wall (rare; 0.01 in the mean).
    assert error.min() > -0.05
    assert error.max() < 0.15
    assert abs(error.mean()) < 0.01


def test_periodic_map_does_not_know_where_the_box_begins():
    p = phantoms.gaussian_field(24, 10, 0.6, seed=2)
    whole = distance_map(p.void, p.periodic, p.level)
    shift = (5, 11, 17)
    moved = distance_map(np.roll(p.void, shift, (0, 1, 2)), p.periodic, np.roll(p.level, shift, (0, 1, 2)))
    # The nearest of equally near polymer voxels may differ, hence its discs: 0.3 voxel at single voxels, none
    # in the mean.
    difference = np.roll(whole.centre, shift, (0, 1, 2)) - moved.centre
    assert np.abs(difference).max() < 0.3
    assert np.abs(difference).mean() < 1e-3


def test_no_polymer_is_infinitely_far():
    d = distance_map(np.ones((5, 5, 5), bool), (True,) * 3)
    assert np.isinf(d.cell).all()


def test_local_thickness_of_a_tube_is_its_radius():
    p = phantoms.tube(5.3, 6)
    d = distance_map(p.void, p.periodic, p.level)
    thick = local_thickness(d.cell, p.periodic)
    # A sphere read from the nearest voxel centre misses single voxels at its rim, which then keep a smaller
    # one.
    assert np.quantile(thick[p.void], 0.05) > 5.0
    assert thick.max() == d.cell.max()
    assert (thick[~p.void] == 0).all()
