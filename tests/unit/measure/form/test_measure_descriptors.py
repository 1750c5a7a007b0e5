"""Topology, curvature, necks and cores."""

import math

import numpy as np
import pytest
from skimage.measure import euler_number as skimage_euler

from percola.measure import phantoms
from percola.measure.form.descriptors import curvature, euler_number, necks, structure_descriptors
from percola.measure.voids.distance import distance_map

ALL = (True, True, True)
NONE = (False, False, False)


def test_euler_number_against_scikit_image():
    for seed in range(4):
        phase = np.random.default_rng(seed).random((9, 10, 11)) > 0.4
        assert euler_number(phase, NONE)[0] == skimage_euler(phase, connectivity=1)


@pytest.mark.parametrize("cells", [1, 2])
def test_gyroid_euler_number_is_exact(cells):
    p = phantoms.gyroid(20, cells=cells)
    assert euler_number(p.void, ALL)[0] == p.known["euler_number"]
    assert euler_number(~p.void, ALL)[0] == p.known["euler_number"]  # the two labyrinths are congruent


def test_simple_bodies():
    box = np.zeros((6, 6, 6), bool)
    box[1:4, 1:4, 1:4] = True
    assert euler_number(box, NONE)[0] == 1
    box[2, 2, 2] = False  # a cavity
    assert euler_number(box, NONE)[0] == 2
    ring = np.zeros((5, 5, 3), bool)
    ring[1:4, 1:4, 1] = True
    ring[2, 2, 1] = False
    assert euler_number(ring, NONE)[0] == 0
    rod = np.zeros((4, 4, 4), bool)
    rod[1, 1, :] = True
    assert euler_number(rod, NONE)[0] == 1
    assert euler_number(rod, (False, False, True))[0] == 0  # closed on itself


def test_density_is_free_of_edges():
    p = phantoms.gaussian_field(64, 10, 0.55, seed=1)
    whole = euler_number(p.void, ALL)[1]
    cut = euler_number(p.void, NONE)[1]
    # Adler's value for the infinite field; 260 waves' volumes scatter by 5 %, voxels by a few more.
    assert whole == pytest.approx(p.known["euler_density_void_voxels"], rel=0.15)
    assert cut == pytest.approx(whole, rel=0.1)  # the cut layer is 5 % of the volume


def test_sphere_curvature_and_sign():
    p = phantoms.sphere_array("sc", 32, 0.2)
    r = p.known["sphere_radius_m"] / p.spacing_m
    c = curvature(p.void, p.periodic, p.level)
    # Smoothing by half a voxel: +(0.5/R)^2 = 0.2 %, second differences 1 %.
    assert c.mean == pytest.approx(1 / r, rel=0.02)
    assert c.gauss == pytest.approx(1 / r**2, rel=0.03)
    assert c.surface == pytest.approx(4 * math.pi * r**2 / 32**3, rel=0.02)
    assert c.polymer_convex > 0.99
    pore = curvature(~p.void, p.periodic, -p.level)
    assert pore.mean == pytest.approx(-c.mean, rel=1e-6)
    assert pore.void_convex > 0.99


def test_gauss_and_bonnet():
    for p, chi in ((phantoms.gyroid(24), -4), (phantoms.sphere_array("sc", 24, 0.2), 1)):
        c = curvature(p.void, p.periodic, p.level)
        integral = c.gauss * c.surface * p.void.size / (4 * math.pi)
        assert integral == pytest.approx(chi, rel=0.02)  # second differences at 24 voxels a period


def test_minimal_surface_has_no_mean_curvature():
    c = curvature(*(lambda p: (p.void, p.periodic, p.level))(phantoms.gyroid(24)))
    assert abs(c.mean) * 24 < 0.02  # in units of the cell; the trigonometric gyroid is minimal to about this
    assert c.saddle > 0.99


def test_surface_of_a_gaussian_field():
    p = phantoms.gaussian_field(64, 12, 0.6, seed=5)
    c = curvature(p.void, p.periodic, p.level)
    # Smoothing and straight links lose a little area; the box scatters by 2 %.
    assert c.surface == pytest.approx(p.known["surface_per_volume_voxels"], rel=0.05)


def test_necks_of_particles():
    p = phantoms.particles(24, 2, overlap=1.1)
    found = necks(distance_map(~p.void, p.periodic, -p.level), p.periodic)
    neck, sphere = p.known["solid_neck_radius_m"] / p.spacing_m, p.known["sphere_radius_m"] / p.spacing_m
    # The crease of a neck is a sharp edge of void: lost below a voxel, so necks read up to 0.8 voxel wide.
    assert -0.3 < found.neck - neck < 1.0
    assert found.directions == 3
    # The discs at the creases lean into the sphere by up to 0.2 voxel.
    assert -0.25 < found.largest - sphere < 0.01
    assert found.cores == 8
    assert found.core_ratio > 0.95


def test_kinds_of_structure_differ_where_they_should():
    def numbers(p):
        return {
            (m.name, m.region): m.value
            for m in structure_descriptors(p.void, p.spacing_m, p.periodic, p.level)
        }

    grf, beads, foam = (
        numbers(p)
        for p in (
            phantoms.gaussian_field(64, 14, 0.55),
            phantoms.particles(24, 2, 1.06),
            phantoms.cells(24, 2, 1.06),
        )
    )
    assert beads["neck_ratio", "polymer"] < 0.5 < grf["neck_ratio", "polymer"]
    assert foam["neck_ratio", "void"] < 0.5 < grf["neck_ratio", "void"]
    assert (
        beads["polymer_convex_area_fraction", "interface"]
        > 0.5
        > grf["polymer_convex_area_fraction", "interface"]
    )
    assert (
        foam["void_convex_area_fraction", "interface"] > 0.5 > grf["void_convex_area_fraction", "interface"]
    )
    assert grf["saddle_area_fraction", "interface"] > 0.6
    assert beads["core_sphericity", "polymer"] > 0.9 > 0.6 > grf["core_sphericity", "polymer"]


def test_one_phase_only_is_a_result():
    for fill in (True, False):
        found = structure_descriptors(np.full((8, 8, 8), fill), 1e-8, ALL)
        assert found
        assert all(m.value is None and m.reason for m in found)
