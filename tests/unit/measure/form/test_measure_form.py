"""The form of the structure in one call; surface per volume and distributions of curvature."""

import math

import numpy as np
import pytest

from percola.errors import InputError
from percola.measure import phantoms
from percola.measure.form import NAMES, form_measurements
from percola.measure.form.descriptors import (
    CURVATURE_RANGE,
    curvature,
    structure_descriptors,
    surface_per_volume,
)
from percola.measure.structure import NAMES as STRUCTURE_NAMES

NONE = (False, False, False)
ALL = (True, True, True)


@pytest.mark.parametrize(("cell", "fraction"), [(32, 0.05), (32, 0.2), (64, 0.2)])
def test_surface_of_spheres(cell, fraction):
    p = phantoms.sphere_array("sc", cell, fraction)
    r = p.known["sphere_radius_m"]
    exact = 4 * math.pi * r**2 / (cell * p.spacing_m) ** 3
    with_level = surface_per_volume(p.void, p.spacing_m, p.periodic, p.level)
    # Straight links miss caps thinner than a voxel: low, below 0.5 % from 7 voxels on.
    assert -0.006 < with_level / exact - 1 < 0.001
    # Voxels alone: their steps (+50 %) are not counted; what is left is the jitter of the normal.
    assert abs(surface_per_volume(p.void, p.spacing_m, p.periodic) / exact - 1) < 0.025


def test_surface_of_the_gyroid_converges():
    # Area of the level-set gyroid, 3.0915 cell^2 (Gauss-Legendre on the field; the minimal one has 3.0919).
    errors = [
        surface_per_volume(g.void, 1.0, g.periodic, g.level) * n / 3.0915 - 1
        for n in (12, 24, 48, 96)
        for g in (phantoms.gyroid(n),)
    ]
    assert abs(errors[0]) < 0.01
    assert abs(errors[-1]) < 1e-3


def test_surface_does_not_count_the_faces_of_the_box():
    p = phantoms.gaussian_field(64, 16, 0.6, seed=2)
    closed = surface_per_volume(p.void, 1.0, ALL, p.level)
    assert surface_per_volume(p.void, 1.0, NONE, p.level) == pytest.approx(
        closed, rel=0.01
    )  # 1/64 of the links
    flipped = surface_per_volume(~p.void, 1.0, ALL, -p.level)
    assert flipped == pytest.approx(closed, rel=1e-6)


def test_surface_with_the_spacing_of_each_axis():
    p = phantoms.layered((6, 6), 12, normal=2)
    h = (1.0, 2.0, 3.0)
    assert surface_per_volume(p.void, h, ALL, p.level) == pytest.approx(2 / (12 * 3.0), rel=1e-6)
    # A sphere of radius 9 in voxels of 1 x 1.5 x 0.75, by its level field.
    axes = [(np.arange(n) - (n - 1) / 2) * e for n, e in ((24, 1.0), (16, 1.5), (32, 0.75))]
    r = np.sqrt(sum(a**2 for a in np.meshgrid(*axes, indexing="ij", sparse=True)))
    level = (9.0 - r).astype(np.float32)
    s = surface_per_volume(level < 0, (1.0, 1.5, 0.75), NONE, level)
    assert s * 24**3 == pytest.approx(
        4 * math.pi * 81, rel=0.07
    )  # edges leave out links: n/(n - 1), 4 to 7 %


def test_curvature_distributions_tell_kinds_apart():
    saddle = phantoms.gyroid(24)
    convex = phantoms.sphere_array("sc", 32, 0.2)
    found = {}
    for name, p in (("saddle", saddle), ("convex", convex)):
        c = curvature(p.void, p.periodic, p.level)
        joint = np.array(c.joint_shares)
        for part in (c.shape_index, c.mean_shares, c.gauss_shares, joint):
            assert np.sum(part) == pytest.approx(1)
        found[name] = (c, joint)
        assert np.triu(joint, 1).sum() == 0  # rows hold the larger curvature
    c, joint = found["convex"]
    centre = (np.arange(24) + 0.5) / 24 * 2 * CURVATURE_RANGE - CURVATURE_RANGE
    larger, smaller = (joint.sum(1) * centre).sum(), (joint.sum(0) * centre).sum()
    # Sphere of volume fraction f: 1/R over S_V is 1/(3 f); bins of half a unit.
    assert larger == pytest.approx(1 / 0.6, abs=0.3)
    assert smaller == pytest.approx(1 / 0.6, abs=0.3)
    c, joint = found["saddle"]
    assert joint[:12, :].sum() < 0.02  # one curvature positive,
    assert joint[:, 12:].sum() < 0.02  # the other negative
    assert (np.array(c.mean_shares)[22:26]).sum() > 0.98  # minimal: no mean curvature


def test_descriptors_carry_the_distributions():
    p = phantoms.gaussian_field(40, 12, 0.6, seed=0)
    found = {m.name: m for m in structure_descriptors(p.void, p.spacing_m, p.periodic, p.level)}
    surface = found["surface_area_per_volume"]
    assert surface.uncertainty is not None
    assert 0 < surface.uncertainty < 0.1 * surface.value
    distribution = found["mean_curvature"].evidence["distribution"]
    assert np.sum(distribution["principal_shares"]) == pytest.approx(1, abs=1e-3)
    assert len(str(found["mean_curvature"].to_dict())) < 50_000


def test_all_in_one_call():
    p = phantoms.gaussian_field(48, 12, 0.55, seed=0)
    found = form_measurements(p.void, p.spacing_m, p.periodic, p.level)
    assert {m.name for m in found} == set(NAMES)
    assert all(m.defined for m in found)
    assert all(m.citations for m in found)
    assert not set(NAMES) & set(STRUCTURE_NAMES)
    some = form_measurements(p.void, p.spacing_m, p.periodic, which=["polymer_betti_1", "mean_void_chord"])
    assert [m.name for m in some] == ["mean_void_chord", "polymer_betti_1"]
    with pytest.raises(InputError):
        form_measurements(p.void, p.spacing_m, which=["betti"])


@pytest.mark.parametrize("fill", [True, False])
@pytest.mark.parametrize("shape", [(6, 6, 6), (8, 8, 1), (5, 4)])
def test_one_phase_never_raises(fill, shape):
    found = form_measurements(np.full(shape, fill), 1e-8, (False,) * len(shape))
    assert {m.name for m in found} == set(NAMES)
    assert all(m.defined or m.reason for m in found)


def test_images_give_what_an_image_can_tell():
    p = phantoms.gaussian_field((64, 64, 12), 12, 0.6, seed=0)
    found = {m.name: m for m in form_measurements(p.void[:, :, 2], 1e-8, (False, False))}
    assert found["mean_void_chord"].defined
    assert found["correlation_length"].defined
    assert not found["strut_length"].defined
    assert "image" in found["strut_length"].reason
