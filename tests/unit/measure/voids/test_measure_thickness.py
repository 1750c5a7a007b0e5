"""Local thickness and the sizes of pores and struts."""

import json

import numpy as np
import pytest

from percola.errors import InputError
from percola.measure import phantoms
from percola.measure.voids.distance import distance_map
from percola.measure.voids.thickness import local_thickness, measure_pore_sizes, pore_size_distribution
from percola.measure.voids.voxel import voxel_distance

CLOSED = (False, False, False)


def slow_thickness(cell):
    grid = np.indices(cell.shape)
    out = np.zeros_like(cell)
    for at in np.argwhere(cell > 0):
        r = cell[tuple(at)]
        d2 = ((grid - at[:, None, None, None]) ** 2).sum(0)
        out = np.where(d2 <= float(r) ** 2, np.maximum(out, r), out)
    return np.where(cell > 0, out, 0)


def test_every_sphere_counts():
    p = phantoms.gaussian_field((14, 15, 16), 8, 0.6, seed=1)
    cell = distance_map(p.void, CLOSED, p.level).cell
    np.testing.assert_array_equal(local_thickness(cell, CLOSED), slow_thickness(cell))


@pytest.mark.parametrize("mode", ["subvoxel", "voxel"])
def test_tube_and_slit_are_as_thick_as_they_are(mode):
    tube = phantoms.tube(7.3, 8, offset_voxels=(0.2, 0.4))
    level = tube.level if mode == "subvoxel" else None
    sizes = pore_size_distribution(tube.void, 1.0, tube.periodic, level, mode=mode)
    # Sub-voxel: low by 0.06 of radius, and voxels at the rim outside of every lattice sphere. Voxels: low by up to 0.71.
    low = {"subvoxel": 0.3, "voxel": 1.42}[mode]
    assert -low < sizes.largest_m - 14.6 < 0.2
    assert -low - 0.3 < sizes.mean_m - 14.6 < 0.1
    slit = phantoms.slit(6)
    sizes = pore_size_distribution(slit.void, 1.0, slit.periodic, mode=mode)
    assert sizes.mean_m == pytest.approx(6, abs=0.05)  # even widths are exact in both
    assert sizes.d10_m == pytest.approx(sizes.d90_m, abs=0.05)


def test_spheres_in_a_solid():
    p = phantoms.isolated_pores(24, 1, 0.37)
    sizes = pore_size_distribution(p.void, 1.0, p.periodic, p.level)
    assert sizes.mean_m == pytest.approx(2 * 0.37 * 24, rel=0.03)  # rim voxels low


def test_two_tubes_share_the_distribution_by_volume():
    p = phantoms.tubes((4.0, 8.0), 8)
    sizes = pore_size_distribution(p.void, 1.0, p.periodic, p.level)
    at = np.searchsorted(sizes.diameter_m, 12.0)
    # The narrow tube holds 16 of 80 parts; rim voxels of the wide one read low (some percent of it).
    assert sizes.smaller[at] == pytest.approx(0.2, abs=0.06)
    assert sizes.smaller[0] == 0
    assert sizes.smaller[-1] == 1
    assert np.sum(sizes.density_1_m * np.diff(sizes.diameter_m)) == pytest.approx(1)
    assert sizes.d10_m < sizes.median_m <= sizes.d90_m <= sizes.largest_m


def test_struts_are_the_pores_of_the_negative():
    p = phantoms.gaussian_field(32, 12, 0.6, seed=2)
    struts = pore_size_distribution(p.void, 1e-8, p.periodic, p.level, "polymer")
    pores = pore_size_distribution(~p.void, 1e-8, p.periodic, -p.level)
    assert struts.mean_m == pores.mean_m
    found = {m.name: m for m in measure_pore_sizes(p.void, 1e-8, p.periodic, p.level)}
    assert found["mean_strut_diameter"].value == struts.mean_m
    assert found["mean_pore_diameter"].uncertainty > 0
    assert len(json.dumps([m.to_dict() for m in found.values()])) < 20_000
    # What is at hand may be handed in.
    cell = distance_map(p.void, p.periodic, p.level).cell
    given = pore_size_distribution(p.void, 1e-8, p.periodic, cell=cell)
    assert given.mean_m == found["mean_pore_diameter"].value


@pytest.mark.parametrize("mode", ["subvoxel", "voxel"])
def test_bias_of_voxels_alone_on_a_field(mode):
    p = phantoms.gaussian_field(48, 16, 0.65, seed=3)
    known = pore_size_distribution(p.void, 1.0, p.periodic, p.level).mean_m
    found = pore_size_distribution(p.void, 1.0, p.periodic, mode=mode).mean_m
    # Diameters: both within a voxel, voxel mode above (the wall at the polymer's centre) or below.
    assert abs(found - known) < {"subvoxel": 0.5, "voxel": 1.0}[mode]


def test_turned_and_moved():
    p = phantoms.gaussian_field((16, 18, 20), 9, 0.6, seed=4)
    d2 = voxel_distance(p.void, (True,) * 3)
    thick = local_thickness(d2, (True,) * 3)
    np.testing.assert_array_equal(
        local_thickness(np.roll(d2, (3, 5, 7), (0, 1, 2)), (True,) * 3), np.roll(thick, (3, 5, 7), (0, 1, 2))
    )
    np.testing.assert_array_equal(
        local_thickness(d2.transpose(2, 0, 1), (True,) * 3), thick.transpose(2, 0, 1)
    )


def test_nothing_and_refusals():
    for void in (np.ones((8, 8, 8), bool), np.zeros((8, 8, 8), bool)):
        found = measure_pore_sizes(void, 1e-8, CLOSED)
        assert [m.name for m in found] == ["mean_pore_diameter", "mean_strut_diameter"]
        assert all(m.value is None and m.reason for m in found)
    void = np.zeros((8, 8, 8), bool)
    void[3:5] = True
    for arguments in (
        {"spacing_m": [1e-8, 1e-8, 1e-8]},
        {"phase": "gas"},
        {"mode": "fast"},
        {"mode": "voxel", "cell": np.zeros(void.shape, np.float32)},
        {"thickness": np.zeros((1, 1, 1), np.float32)},
    ):
        with pytest.raises(InputError):
            pore_size_distribution(void, **{"spacing_m": 1e-8, "periodic": CLOSED, **arguments})
