"""Chords in thirteen directions and the degree of anisotropy."""

import itertools

import numpy as np
import pytest

from percola.measure import phantoms
from percola.measure.form.isotropy import (
    DIRECTIONS,
    anisotropy,
    chord_statistics,
    degree_of_anisotropy,
    fabric_tensor,
)


def test_thirteen_different_directions():
    assert len({tuple(d) for d in DIRECTIONS} | {tuple(-d) for d in DIRECTIONS}) == 26


def test_tensor_recovers_an_ellipsoid():
    rotation, _ = np.linalg.qr(np.random.default_rng(0).standard_normal((3, 3)))
    m = rotation @ np.diag([1.0, 1 / 4, 1 / 9]) @ rotation.T
    n = DIRECTIONS / np.linalg.norm(DIRECTIONS, axis=1)[:, None]
    lengths = 1 / np.sqrt(np.einsum("ij,jk,ik->i", n, m, n))
    np.testing.assert_allclose(fabric_tensor(lengths), m, atol=1e-12)  # 13 exact equations for 6 unknowns
    value, principal, _ = anisotropy(lengths)
    np.testing.assert_allclose(principal, [3, 2, 1], rtol=1e-10)
    assert value == pytest.approx(2 / 3)


def test_cubic_bias_does_not_enter():
    lengths = np.where(
        np.abs(DIRECTIONS).sum(1) == 1, 5.0, np.where(np.abs(DIRECTIONS).sum(1) == 2, 5.2, 5.3)
    )
    assert anisotropy(lengths)[0] == pytest.approx(0, abs=1e-12)


def test_mean_intercept_of_slabs():
    p = phantoms.layered((4, 6), 40, normal=2)
    void = np.tile(p.void, (1, 1, 4))
    stats = chord_statistics(void)
    # Across: 7 walls in 40 voxels of which 24 are void: 2 x 24/7 (the box cuts at a wall, so 7 not 8).
    assert stats.mean_intercept[0][2] == pytest.approx(48 / 7)
    assert np.isinf(stats.mean_intercept[0][0])
    # Whole void chords across are 6 voxels; three of four are whole (the last touches the box's end).
    assert stats.weighted_chord[0][2] == 6.0


def test_chords_of_whole_runs_by_brute_force():
    void = np.random.default_rng(3).random((9, 8, 10)) > 0.5
    stats = chord_statistics(void)
    total, square = 0.0, 0.0
    for x in range(9):
        for y in range(8):
            line = void[x, y]
            edges = np.flatnonzero(np.diff(line)) + 1
            runs = np.split(line, edges)[1:-1]
            for r in runs:
                if r[0]:
                    total += len(r)
                    square += len(r) ** 2
    assert stats.weighted_chord[0][2] == pytest.approx(square / total)


def test_isotropic_field_is_isotropic_within_confidence():
    p = phantoms.gaussian_field(64, 12, 0.6, seed=0)
    inside = [
        m.value <= 1.3 * m.evidence["isotropic_95"] for m in degree_of_anisotropy(p.void, 1e-8, p.periodic)
    ]
    # The bound is a 95th percentile from eight octants: 30 % allowance for its own scatter.
    assert all(inside)


def test_stretched_field_is_not():
    p = phantoms.gaussian_field(64, 12, 0.6, stretch=(1, 1, 1.5), seed=0)
    for m in degree_of_anisotropy(p.void, 1e-8, p.periodic):
        # True ratio of lengths 1/1.5: DA 0.33 with the scatter of some 6 % of a small box.
        assert m.value == pytest.approx(1 / 3, abs=0.12)
        assert m.value > m.evidence["isotropic_95"]
        assert m.checks[0].status == "warn"
        longest = np.array(m.evidence["principal_directions"][0])
        assert abs(longest[2]) > 0.95


def test_nothing_to_compare_is_a_result():
    for fill in (True, False):
        found = degree_of_anisotropy(np.full((8, 8, 8), fill), 1e-8, (True,) * 3)
        assert [m.region for m in found] == ["void", "polymer"]
        assert all(m.value is None and m.reason for m in found)


def test_thirteen_directions_by_plain_walking():
    for seed in range(3):
        void = np.random.default_rng(seed).random((6, 8 - seed, 7 + seed)) > 0.45
        stats = chord_statistics(void)
        for d, step in enumerate(DIRECTIONS):
            length, walls, total, square = np.zeros(2), 0, np.zeros(2), np.zeros(2)
            for start in np.ndindex(*void.shape):
                if all(0 <= s - t < n for s, t, n in zip(start, step, void.shape, strict=True)):
                    continue
                line = []
                at = np.array(start)
                while all(0 <= a < n for a, n in zip(at, void.shape, strict=True)):
                    line.append(bool(void[tuple(at)]))
                    at = at + step
                cuts = [0, *(np.flatnonzero(np.diff(line)) + 1), len(line)]
                walls += len(cuts) - 2
                for i, (a, b) in enumerate(itertools.pairwise(cuts)):
                    row = 0 if line[a] else 1
                    length[row] += b - a
                    if 0 < i < len(cuts) - 2:
                        total[row] += b - a
                        square[row] += (b - a) ** 2
            unit = np.linalg.norm(step)
            np.testing.assert_allclose(stats.mean_intercept[:, d], 2 * length / walls * unit)
            with np.errstate(invalid="ignore"):
                np.testing.assert_allclose(stats.weighted_chord[:, d], square / total * unit)


def test_evidence_of_each_direction():
    p = phantoms.gaussian_field(48, 12, 0.6, seed=0, stretch=(1, 1, 1.5))
    for m in degree_of_anisotropy(p.void, 1e-8, p.periodic):
        for key in ("chord_by_direction_m", "chord_error_by_direction_m", "mean_intercept_by_direction_m"):
            assert len(m.evidence[key]) == 13
        assert abs(m.evidence["mean_intercept_principal_directions"][0][2]) > 0.9
