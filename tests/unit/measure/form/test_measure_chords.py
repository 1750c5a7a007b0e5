"""Chords along the axes and in any direction: identities, known lengths, treatment of edges."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from percola.errors import InputError
from percola.measure import phantoms
from percola.measure._volume import smooth_level
from percola.measure.form.chords import axis_chords, chord_measurements, direction_chords

NONE = (False, False, False)
ALL = (True, True, True)


def runs(line: np.ndarray) -> list[tuple[bool, int, bool]]:
    """(phase, length, whole) of the runs of a line, the slow and plain way."""
    cuts = [0, *(np.flatnonzero(np.diff(line)) + 1), len(line)]
    last = len(cuts) - 2
    return [(bool(line[a]), b - a, 0 < i < last) for i, (a, b) in enumerate(itertools.pairwise(cuts))]


@given(seed=st.integers(0, 10**6), axis=st.integers(0, 2))
@settings(max_examples=20, deadline=None)
def test_axes_against_plain_counting(seed, axis):
    void = np.random.default_rng(seed).random((5, 7, 6)) > 0.45
    found = axis_chords(void, 1.0, axis)
    every = [r for line in np.moveaxis(void, axis, 2).reshape(-1, void.shape[axis]) for r in runs(line)]
    for phase, c in ((True, found.void), (False, found.polymer)):
        whole = [n for p, n, w in every if p is phase and w]
        mine = [n for p, n, _ in every if p is phase]
        assert c.whole == len(whole)
        assert c.number.sum() == len(whole)
        if mine:
            assert c.counted_m == pytest.approx(np.mean(mine))
        if whole:
            assert c.whole_m == pytest.approx(np.mean(whole))
            room = np.array([void.shape[axis] - n for n in whole], float)
            if (room > 0).all():
                assert c.corrected_m == pytest.approx(np.average(whole, weights=1 / room))
    walls = np.count_nonzero(np.diff(void, axis=axis))
    assert found.walls_1_m == pytest.approx(walls / void.size)
    if walls:
        assert found.void.mean_m == pytest.approx(2 * void.sum() / walls)


def test_wrapped_lines_have_no_cut_chords_and_shift_changes_nothing():
    p = phantoms.gaussian_field(32, 10, 0.55, seed=2)
    for level in (None, p.level):
        a = axis_chords(p.void, 1.0, 0, ALL, level)
        moved = np.roll(p.void, 7, 0)
        b = axis_chords(moved, 1.0, 0, ALL, None if level is None else np.roll(level, 7, 0))
        assert a.void.cut == a.polymer.cut == 0
        np.testing.assert_array_equal(a.void.number, b.void.number)
        assert a.void.mean_m == pytest.approx(b.void.mean_m, rel=1e-12)
        # Each chord of void has one of polymer beside it, and all lines that meet a wall are chords throughout.
        assert a.void.whole == a.polymer.whole
        if a.void.through == a.polymer.through == 0:
            assert a.void.whole_m == pytest.approx(a.void.mean_m, rel=1e-12)


def test_axes_are_alike_under_permutation_and_mirror():
    void = np.random.default_rng(1).random((8, 9, 10)) > 0.5
    for axis in range(3):
        turned = np.ascontiguousarray(np.moveaxis(void, axis, 2))
        a, b = axis_chords(void, 1.0, axis), axis_chords(turned, 1.0, 2)
        np.testing.assert_array_equal(a.void.number, b.void.number)
        mirrored = axis_chords(np.ascontiguousarray(np.flip(void, axis)), 1.0, axis)
        np.testing.assert_array_equal(a.void.number, mirrored.void.number)
    swapped = axis_chords(~void, 1.0, 1)
    np.testing.assert_array_equal(swapped.void.number, axis_chords(void, 1.0, 1).polymer.number)


def test_edges_bias_low_and_the_corrected_distribution_does_not():
    p = phantoms.gaussian_field(96, 16, 0.6, seed=3)
    exact = axis_chords(p.void, 1.0, 2, ALL)
    # Boxes of 24 voxels, 1.5 wavelengths, against chords of 16: the edge matters much.
    small = [axis_chords(np.ascontiguousarray(p.void[:, :, 24 * i : 24 * i + 24]), 1.0, 2) for i in range(4)]
    counted, whole, mean = (
        np.mean([getattr(s.void, k) for s in small]) for k in ("counted_m", "whole_m", "mean_m")
    )
    assert counted < 0.75 * exact.void.mean_m
    assert whole < 0.75 * exact.void.mean_m
    # 2 phi/N_L has no edge: the four boxes leave out only the walls between them (3 of 96 places).
    assert mean == pytest.approx(exact.void.mean_m, rel=0.05)
    # Counted: l/(1 + l/W) in the mean of a stationary structure.
    assert counted == pytest.approx(mean / (1 + mean / 24), rel=0.02)
    # Longer than the box stays unseen: the corrected mean is low by less than half of what whole chords are.
    half = axis_chords(np.ascontiguousarray(p.void[:, :, :64]), 1.0, 2)
    assert abs(half.void.corrected_m / exact.void.mean_m - 1) < 0.04
    assert half.void.whole_m < 0.93 * exact.void.mean_m


def test_slit_across_and_spacing():
    p = phantoms.slit(6.4, length=6)
    h = (2e-9, 3e-9, 5e-9)
    c = axis_chords(p.void, h, 0, NONE, p.level)
    assert c.void.mean_m == pytest.approx(6.4 * 2e-9, rel=1e-6)  # linear field: the wall is exact
    assert c.void.whole_m == pytest.approx(6.4 * 2e-9, rel=1e-6)
    along = axis_chords(p.void, h, 2, NONE, p.level)
    assert math.isinf(along.void.mean_m)
    assert along.void.through == int(p.void[:, :, 0].sum())
    # 30 degrees in the plane: gap over cosine, in space and not in voxels.
    slant = direction_chords(p.void, h, (math.cos(0.5), math.sin(0.5), 0), p.level)
    assert slant.void.whole_m == pytest.approx(6.4 * 2e-9 / math.cos(0.5), rel=1e-3) or slant.void.whole == 0


def test_spheres_by_cauchy_in_any_direction():
    p = phantoms.sphere_array("sc", 40, 0.25)
    r = p.known["sphere_radius_m"]
    void, level = (np.roll(a, (20, 20, 20), (0, 1, 2)) for a in (p.void, p.level))  # whole in the box
    for d in ((1, 0, 0), (1, 1, 0), (1, 2, 3), (-1, 1, 2)):
        c = direction_chords(void, p.spacing_m, d, level)
        # All chords of a sphere average to 4 R/3; caps below the sample of half a voxel are missed: high.
        assert c.polymer.whole_m == pytest.approx(4 / 3 * r, rel=0.02)
        # <l^2> = 2 R^2 of random chords; lengths in bins of half a voxel.
        square = np.average(c.polymer.length_m**2, weights=c.polymer.number)
        assert square == pytest.approx(2 * r**2, rel=0.02)


def test_direction_along_an_axis_is_the_axis():
    void = np.random.default_rng(5).random((10, 12, 9)) > 0.5
    for axis in range(3):
        d = [0.0, 0.0, 0.0]
        d[axis] = -2.0
        a, b = axis_chords(void, 1.0, axis), direction_chords(void, 1.0, d)
        assert b.lines == a.lines
        assert b.void.mean_m == pytest.approx(a.void.mean_m, rel=1e-9)
        assert (b.void.whole, b.void.cut, b.void.through) == (a.void.whole, a.void.cut, a.void.through)


def test_voxel_steps_shorten_oblique_chords_as_stated_and_a_level_removes_it():
    p = phantoms.gaussian_field(72, 18, 0.55, seed=1)
    straight = np.mean([axis_chords(p.void, 1.0, ax).void.mean_m for ax in range(3)])
    for d in ((1, 1, 1), (1, 1, 0)):
        factor = np.linalg.norm(d) / np.abs(d).sum()
        steps = direction_chords(p.void, 1.0, d).void.mean_m
        assert steps == pytest.approx(factor * straight, rel=0.06)  # four wavelengths scatter by some 3 %
        assert direction_chords(p.void, 1.0, d, p.level).void.mean_m == pytest.approx(straight, rel=0.06)
        smooth = smooth_level(p.void, NONE, None)
        assert direction_chords(smooth < 0, 1.0, d, smooth).void.mean_m == pytest.approx(straight, rel=0.06)


def test_volume_fraction_on_lines_of_any_direction():
    p = phantoms.gaussian_field(40, 10, 0.6, seed=4)
    c = direction_chords(p.void, 1.0, (1, 2, 3))
    # Lines one voxel apart sample the volume evenly: 40^2 lines know it to 1e-3.
    assert c.void_fraction == pytest.approx(p.void.mean(), abs=3e-3)


def test_random_field_by_cauchy_and_stated_error():
    p = phantoms.gaussian_field(96, 12, 0.55, seed=0)
    void, polymer = chord_measurements(p.void, p.spacing_m, p.periodic, p.level)
    exact = p.known["mean_void_chord_m"]
    assert (
        abs(void.value - exact) < 3 * void.uncertainty + 0.01 * exact
    )  # 1 % for what is thinner than a voxel
    # Both phases meet the same walls; placing them between voxel centres moves the void fraction by 3e-4.
    assert polymer.value / void.value == pytest.approx(0.45 / 0.55, rel=4e-3)
    assert len(void.evidence["directions"]) == 3
    assert all(d["standard_error_m"] > 0 for d in void.evidence["directions"])
    assert len(str(void.to_dict())) < 50_000


def test_images():
    p = phantoms.gaussian_field((64, 48, 24), 12, 0.6, seed=2)
    image = p.void[:, :, 3]
    flat = chord_measurements(image, 1e-8, (False, False))
    layer = chord_measurements(image[:, :, None], 1e-8)
    assert [m.value for m in flat] == [m.value for m in layer]
    assert len(flat[0].evidence["directions"]) == 2
    oblique = direction_chords(image, 1e-8, (1, 1))
    assert oblique.void.whole > 0


def test_same_whatever_the_threads(monkeypatch):
    void = np.random.default_rng(7).random((20, 21, 22)) > 0.5
    values = []
    for n in ("1", "2"):
        monkeypatch.setenv("PERCOLA_THREADS", n)
        c = direction_chords(void, 1.0, (1, 2, 2))
        values.append(
            (
                c.void.mean_m,
                c.void.weighted_m,
                c.void.mean_error_m,
                axis_chords(void, 1.0, 1).void.mean_error_m,
            )
        )
    assert values[0] == values[1]


def test_one_phase_is_a_result_and_bad_input_is_refused():
    for fill in (True, False):
        found = chord_measurements(np.full((6, 6, 6), fill), 1e-8)
        assert all(m.value is None and m.reason for m in found)
    void = np.zeros((4, 4, 4), bool)
    with pytest.raises(InputError):
        axis_chords(void, 1.0, 3)
    with pytest.raises(InputError):
        axis_chords(void, (1.0, -1.0, 1.0), 0)
    with pytest.raises(InputError):
        direction_chords(void, 1.0, (0, 0, 0))
    with pytest.raises(InputError):
        direction_chords(void, 1.0, (1, 0, 0), line_spacing_m=0.0)
    with pytest.raises(InputError):
        chord_measurements(void.astype(float), 1.0)
