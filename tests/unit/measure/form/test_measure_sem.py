"""SEM average pore size: chords on sections, surfaces seen from above."""

import numpy as np
import pytest

from percola.measure import phantoms
from percola.measure.form.sem import (
    STANDARD_FIELD_M,
    chords_on_lines,
    picture_rows,
    sem_section_pore_size,
    sem_surface_pore_size,
    surface_depth,
    surface_to_internal_pore_ratio,
)


def test_known_line():
    line = np.array([[1, 1, 0, 0, 1, 1, 1, 0, 0, 1]], bool)
    c = chords_on_lines(line)
    # Void lengths between sample centres: 1.5 + 3 + 0.5 over three segments.
    assert c.counted == pytest.approx(5.0 / 3)
    # 4 walls on the line: 2 x 5/4.
    assert c.unbiased == pytest.approx(2.5)
    assert c.segments_per_line == (3, 3.0)


def test_level_places_the_wall_between_samples():
    x = np.arange(20.0)
    level = (np.abs(x - 9.3) - 3.7)[None]
    c = chords_on_lines(level < 0, level)
    # A linear field is interpolated exactly.
    assert c.unbiased == pytest.approx(7.4, abs=1e-12)


def test_fifty_lines_or_all():
    assert len(picture_rows(1000)) == 50
    assert len(np.unique(picture_rows(64))) == 50
    assert len(picture_rows(20)) == 20


def test_cut_segments_bias_the_standard_count_low_by_l_over_w():
    # Identity counted = l/(1 + l/W) over a stationary structure: checked on pictures of three widths.
    p = phantoms.gaussian_field((96, 96, 96), 16, 0.6, seed=3)
    for width in (24, 48, 96):
        v = p.void[:, :, :width].reshape(-1, width)
        c = chords_on_lines(v)
        # 9216 lines of correlated samples: 3 % of scatter between expectation and sample at the smallest
        # width.
        assert c.counted == pytest.approx(c.unbiased / (1 + c.unbiased / c.field), rel=0.03)
        assert c.counted < c.unbiased


def test_slit_gap_exactly():
    p = phantoms.slit(7.4, 32)
    level = np.repeat(p.level, 8, axis=1)
    m = sem_section_pore_size(level < 0, p.spacing_m, (False, True, True), level)
    # Only lines across the slit meet walls; those along it lie wholly inside void or polymer and add length
    # but no wall. The section normal to y sees the gap itself.
    across = chords_on_lines(p.void[:, 0, :].T, p.level[:, 0, :].T)
    assert across.unbiased * p.spacing_m == pytest.approx(7.4e-8, rel=1e-5)  # float32 field
    assert m.value is not None


def test_gaussian_field_mean_chord():
    p = phantoms.gaussian_field(96, 14, 0.6, seed=1, spacing_m=20e-9)
    m = sem_section_pore_size(p.void, p.spacing_m, p.periodic, p.level)
    chord = m.evidence["unbiased_m"]
    # Rice's formula for the infinite field; a box of 7 wavelengths scatters by some 3 %, stepping over
    # shallow excursions below a voxel reads up to 2 % high.
    assert chord == pytest.approx(p.known["mean_void_chord_m"], rel=0.06)
    assert m.value == pytest.approx(chord / (1 + chord / STANDARD_FIELD_M))
    assert m.value < chord
    assert m.evidence["counted_m"] < m.value
    assert abs(chord - p.known["mean_void_chord_m"]) < 4 * m.uncertainty
    assert {c.name: c.status for c in m.checks}["field of the picture"] == "warn"


def test_coarse_sampling_reads_high():
    # The same field seen on every 4th, 2nd and every sample: excursions between samples are missed, never
    # invented.
    p = phantoms.gaussian_field(96, 32, 0.6, seed=2)
    chords = []
    for step in (4, 2, 1):
        lines = np.s_[::4, ::4, ::step]
        v, f = p.void[lines], p.level[lines]
        chords.append(step * chords_on_lines(v.reshape(-1, v.shape[2]), f.reshape(-1, v.shape[2])).unbiased)
    assert chords[0] > chords[1] > chords[2] * 0.999
    # The bias falls at least as the square of the step (curvature of the correlation function); 8 samples a
    # wave are within 5 %.
    assert chords[0] / chords[2] - 1 < 0.08
    assert chords[1] / chords[2] - 1 < 0.03


def test_surface_depth_of_a_step():
    level = np.ones((4, 4, 10), np.float32)
    level[:2, :, :6] = -1
    level[:2, :, 6:] = 1
    void = level < 0
    depth = surface_depth(void)
    assert depth[0, 0] == 6
    assert depth[3, 3] == 0
    assert surface_depth(void, side="high")[0, 0] == 0
    assert surface_depth(void, level=level)[0, 0] == pytest.approx(
        6.0
    )  # the zero lies midway between centres 5 and 6


def surface_with_holes(depth: int) -> np.ndarray:
    void = np.zeros((64, 64, 24), bool)
    for i in range(4):
        for j in range(4):
            void[16 * i + 4 : 16 * i + 12, 16 * j + 4 : 16 * j + 12, :depth] = True
    return void


def test_square_holes_seen_from_above():
    m = sem_surface_pore_size(surface_with_holes(20), 1e-8, (True, True, False), depth_m=5e-8)
    # Every line through a hole has a chord of 8 voxels.
    assert m.evidence["unbiased_m"] == pytest.approx(8e-8, rel=1e-9)
    assert m.evidence["open_share_of_surface"] == pytest.approx(0.25)


def test_shallow_hollows_are_no_pores():
    m = sem_surface_pore_size(surface_with_holes(3), 1e-8, (True, True, False), depth_m=5e-8)
    assert m.value is None
    assert "not porous" in m.reason


def test_surface_of_solid_and_of_nothing():
    for fill in (True, False):
        m = sem_surface_pore_size(np.full((16, 16, 16), fill), 1e-8, (True, True, False))
        assert m.value is None
        assert m.reason
        assert sem_section_pore_size(np.full((16, 16, 16), fill), 1e-8, (True, True, False)).value is None


def test_ratio_of_same_structure_is_one():
    p = phantoms.gaussian_field(48, 12, 0.6)
    section = sem_section_pore_size(p.void, 1e-8, p.periodic, p.level)
    ratio = surface_to_internal_pore_ratio(section, section)
    assert ratio.value == 1.0
    nothing = sem_section_pore_size(np.zeros((8, 8, 8), bool), 1e-8, p.periodic)
    assert surface_to_internal_pore_ratio(nothing, section).value is None
