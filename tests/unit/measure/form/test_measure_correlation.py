"""Two-point correlation: direct counts, limits, symmetry of the phases, slope at the origin, wavelength."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from percola.errors import InputError
from percola.measure import phantoms
from percola.measure.form.correlation import (
    axis_correlation,
    axis_length,
    correlation_measurements,
    decay_length,
    first_minimum,
    lag_sums,
    radial_correlation,
    structure_factor,
)

NONE = (False, False, False)
ALL = (True, True, True)


@given(seed=st.integers(0, 10**6), axis=st.integers(0, 2), wrap=st.booleans())
@settings(max_examples=20, deadline=None)
def test_axes_equal_the_direct_count(seed, axis, wrap):
    void = np.random.default_rng(seed).random((9, 70, 11)) > 0.4
    found = axis_correlation(void, 1.0, axis, (wrap,) * 3)
    line = np.moveaxis(void, axis, 0)
    n = len(line)
    for r in range(n // 2 + 1):
        if wrap:
            direct, pairs = np.count_nonzero(line & np.roll(line, -r, 0)), line.size
        else:
            direct, pairs = np.count_nonzero(line[: n - r] & line[r:]), line[r:].size
        assert found.both[:, r].sum() == direct
        assert found.pairs[:, r].sum() == pairs


@pytest.mark.parametrize("wrap", [NONE, ALL, (True, False, True)])
def test_transform_equals_the_direct_sums(wrap):
    f = np.random.default_rng(0).standard_normal((7, 6, 9)).astype(np.float32)
    sums = lag_sums(f, wrap, (3, 3, 4))
    for x in range(4):
        for y in range(-3, 4):
            for z in range(-4, 5):
                moved = f
                for ax, r in enumerate((x, y, z)):
                    moved = np.roll(moved, -r, ax)
                    if not wrap[ax] and r:
                        gone = [slice(None)] * 3
                        gone[ax] = slice(-r, None) if r > 0 else slice(0, -r)
                        moved = moved.copy()
                        moved[tuple(gone)] = 0
                # float32: sums of 400 products of order 1
                assert sums[x, y + 3, z + 4] == pytest.approx(float((f * moved).sum()), abs=2e-4)


def test_radial_equals_the_direct_shells():
    void = np.random.default_rng(3).random((8, 8, 8)) > 0.4
    phi = void.mean()
    found = radial_correlation(void, 1.0, ALL)
    f = void - phi
    total, count = np.zeros(5), np.zeros(5)
    for x in range(-4, 5):
        for y in range(-4, 5):
            for z in range(-4, 5):
                k = int(math.sqrt(x * x + y * y + z * z) + 0.5)
                if k < 5:
                    total[k] += (f * np.roll(f, (-x, -y, -z), (0, 1, 2))).mean()
                    count[k] += 1
    np.testing.assert_allclose(found.covariance, total / count, atol=1e-6)  # float32
    assert found.covariance[0] == pytest.approx(phi * (1 - phi), abs=1e-6)


def test_limits_and_symmetry_of_the_phases():
    p = phantoms.gaussian_field(64, 10, 0.6, seed=1)
    for wrap in (ALL, NONE):
        a, b = axis_correlation(p.void, 1.0, 1, wrap), axis_correlation(~p.void, 1.0, 1, wrap)
        assert a.s2[0] == pytest.approx(p.void.mean(), abs=1e-15)
        np.testing.assert_allclose(a.covariance, b.covariance, atol=1e-14)  # exact but for rounding
    r = radial_correlation(p.void, 1.0, ALL)
    # 3 wavelengths away nothing is left: 6 boxes' wavelengths cubed scatter by about 1 %.
    assert r.s2[-4:].mean() == pytest.approx(0.36, abs=0.004)


def test_axis_permutation():
    void = np.random.default_rng(2).random((10, 12, 14)) > 0.5
    turned = np.ascontiguousarray(np.transpose(void, (2, 0, 1)))
    np.testing.assert_array_equal(
        axis_correlation(void, 1.0, 1).both.sum(0), axis_correlation(turned, 1.0, 2).both.sum(0)
    )
    np.testing.assert_allclose(
        radial_correlation(void, 1.0).covariance, radial_correlation(turned, 1.0).covariance, atol=1e-6
    )


def test_slope_counts_faces_of_voxels_exactly():
    void = np.random.default_rng(4).random((6, 7, 8)) > 0.5
    faces = sum(np.count_nonzero(void != np.roll(void, 1, ax)) for ax in range(3)) / void.size
    falls = np.mean([(a := axis_correlation(void, 1.0, ax, ALL)).s2[0] - a.s2[1] for ax in range(3)])
    assert 6 * falls == pytest.approx(faces, abs=1e-14)


def test_slope_gives_the_area_of_smooth_walls():
    p = phantoms.sphere_array("sc", 48, 0.2)
    r = p.known["sphere_radius_m"] / p.spacing_m
    walls = np.mean([axis_correlation(p.void, 1.0, ax, ALL).walls_1_m for ax in range(3)])
    # One sphere centred on the lattice: digitization scatters by 2 %, caps below a voxel are missed.
    assert 2 * walls == pytest.approx(4 * math.pi * r**2 / 48**3, rel=0.03)
    f = phantoms.gaussian_field(72, 18, 0.6, seed=3)
    found = correlation_measurements(f.void, 1.0, f.periodic)[0].evidence
    assert found["surface_area_per_volume_1_m"] == pytest.approx(
        f.known["surface_per_volume_voxels"], rel=0.03
    )


def test_exponential_covariance_has_its_length():
    # Random telegraph along x: walls at random with rate 1/l, phi = 1/2, covariance exp(-2 r/l) exactly.
    rng = np.random.default_rng(0)
    flips = rng.random((4096, 16, 16)) < 0.05
    void = (np.cumsum(flips, axis=0) % 2 == 0) ^ (rng.random((1, 16, 16)) < 0.5)
    a = axis_correlation(void, 1.0, 0, NONE, longest=60)
    value, error = axis_length(a)
    expected = -1 / math.log(1 - 2 * 0.05)  # per step the sign changes with probability 0.05
    assert abs(value - expected) < 4 * error + 0.02  # straight lines between lags read up to 0.02 long
    assert error < 0.05 * expected


def test_layers_oscillate_for_ever():
    p = phantoms.layered((4, 6), 20)
    void = np.tile(p.void, (1, 1, 4))
    a = axis_correlation(void, 1.0, 2, ALL)
    np.testing.assert_allclose(a.s2[10], a.s2[0])  # one period on
    assert a.s2[5] == pytest.approx(0.2)  # 6 of 10 void: overlap of two voids half a period apart
    assert math.isinf(decay_length(a.distance_m, np.ones(5))) or math.isnan(
        decay_length(a.distance_m, np.ones(5))
    )


def test_wavelength_of_a_known_field():
    for wrap in (True, False):
        p = phantoms.gaussian_field(96, 12, 0.5, seed=0)
        s = structure_factor(p.void, 1.0, (wrap,) * 3)
        # The shell at 1/12 has a width of 20 %; its peak in 3D shells sits at k0 within the width of a shell.
        assert 2 * math.pi / s.peak_1_m == pytest.approx(12, rel=0.04)
        assert 0 < s.peak_error_1_m < 0.05 * s.peak_1_m


def test_spectrum_sums_to_the_variance():
    void = np.random.default_rng(1).random((16, 16, 16)) > 0.4
    s = structure_factor(void, 1.0, ALL)
    phi = void.mean()
    # White: every mode has the variance times the voxel's volume; 16^3 modes know it to 3 %.
    mean = (s.power_m3 * s.modes).sum() / s.modes.sum()
    assert mean == pytest.approx(phi * (1 - phi), rel=0.05)


def test_spacing_of_each_axis():
    p = phantoms.gaussian_field((48, 48, 96), 10, 0.55, seed=1, stretch=(1, 1, 2))
    # 10 voxels of edge 1 along x and y, 20 of edge 1/2 along z: the same wavelength in space.
    h = (1.0, 1.0, 0.5)
    a = [axis_correlation(p.void, h, ax, ALL) for ax in range(3)]
    assert a[2].distance_m[1] == 0.5
    lengths = [axis_length(c)[0] for c in a]
    assert max(lengths) < 1.2 * min(lengths)  # five wavelengths each way: scatter some 5 % each
    r = radial_correlation(p.void, h, ALL)
    assert decay_length(r.distance_m, r.covariance) == pytest.approx(np.mean(lengths), rel=0.05)


def test_first_minimum_of_a_cosine():
    r = np.arange(40.0)
    place, depth = first_minimum(r, np.cos(2 * math.pi * r / 21))
    assert place == pytest.approx(10.5, abs=0.05)  # a parabola through three lags of a cosine
    assert depth == pytest.approx(-1, abs=0.01)


def test_measurements_of_an_isotropic_and_a_stretched_field():
    p = phantoms.gaussian_field(72, 12, 0.6, seed=0)
    length, wave = correlation_measurements(p.void, p.spacing_m, p.periodic)
    assert wave.value == pytest.approx(12e-8, rel=0.05)
    assert length.uncertainty < 0.1 * length.value
    assert {c.name for c in length.checks} >= {"axes agree"}
    assert len(str(length.to_dict())) < 50_000
    q = phantoms.gaussian_field(72, 9, 0.6, seed=0, stretch=(1, 1, 1.6))
    found = correlation_measurements(q.void, q.spacing_m, q.periodic)[0]
    assert next(c for c in found.checks if c.name == "axes agree").status == "warn"
    assert found.evidence["anisotropy"] == pytest.approx(1 - 1 / 1.6, abs=0.1)
    assert abs(found.evidence["principal_directions"][0][2]) > 0.95


def test_images_and_one_phase():
    p = phantoms.gaussian_field((64, 64, 16), 10, 0.6, seed=2)
    length, wave = correlation_measurements(p.void[:, :, 4], 1e-8, (False, False))
    assert length.defined
    assert wave.defined
    assert "perimeter_per_area_1_m" in length.evidence
    for fill in (True, False):
        found = correlation_measurements(np.full((8, 8, 8), fill), 1e-8)
        assert all(m.value is None and m.reason for m in found)
    with pytest.raises(InputError):
        axis_correlation(p.void, 1.0, 0, NONE, longest=64)
    with pytest.raises(InputError):
        radial_correlation(p.void, 1.0, NONE, longest_m=100.0)
