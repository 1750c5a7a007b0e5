"""Segmentation: thresholds against independent code and brute force, walls against geometry, and the refusals."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from percola.errors import InputError
from percola.measure import phantoms
from percola.measure._volume import checked
from percola.measure.form.sem import chords_on_lines
from percola.measure.voids.distance import distance_map
from percola.scan import _histogram
from percola.scan._histogram import Histogram, best_classes, eta, histogram, peaks
from percola.scan.segment import METHODS, memory_needed, segment
from percola.scan.volume import Volume

WRAP = (True, True, True)


def scan(
    level: NDArray[np.floating],
    blur: float = 0.8,
    noise: float = 0.02,
    seed: int = 0,
    dtype: Any = np.uint16,
    smooth: float = 0.0,
) -> NDArray[Any]:
    """A grey volume of a level field: voids 10000, solid 30000 (uint8: 60 and 160), blurred and noisy."""
    grey = np.clip(level + 0.5, 0, 1).astype(float)
    if blur:
        grey = gaussian_filter(grey, blur, mode="wrap")
    if noise:
        rough = np.random.default_rng(seed).normal(0, 1, grey.shape)
        if smooth:
            rough = gaussian_filter(rough, smooth, mode="wrap")
            rough /= rough.std()
        grey = grey + noise * rough
    low, high = (60, 160) if dtype == np.uint8 else (10000, 30000)
    grey = low + (high - low) * grey
    return grey.astype(dtype) if np.dtype(dtype).kind == "f" else np.rint(grey).astype(dtype)


FIELD = phantoms.gaussian_field(48, 16, 0.6, seed=1)


# --- thresholds


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32])
def test_otsu_agrees_with_scikit_image_to_a_bin(dtype: Any) -> None:
    from skimage.filters import threshold_multiotsu, threshold_otsu

    values = scan(FIELD.level, noise=0.05, dtype=dtype if np.dtype(dtype).kind == "f" else np.uint8).astype(
        dtype
    )
    # Theirs is the last value of the lower class (whole numbers) or the centre of one of 256 bins; ours lies
    # midway to the next value.
    bin_ = 1.0 if np.dtype(dtype).kind != "f" else np.ptp(values) / 256
    mine = segment(Volume(values, None), checks=False).thresholds[0]
    assert -0.5 * bin_ <= mine - threshold_otsu(values) <= bin_
    three = segment(Volume(values, None), "multi-otsu", checks=False).thresholds
    np.testing.assert_allclose(three, threshold_multiotsu(values, 3), atol=1.01 * bin_)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(1, 1000), min_size=4, max_size=9),
    st.lists(st.integers(1, 40), min_size=9, max_size=9),
    st.integers(2, 4),
)
def test_classes_are_the_exact_optimum(counts: list[int], gaps: list[int], classes: int) -> None:
    n = len(counts)
    h = Histogram(np.cumsum(gaps[:n]).astype(float), np.array(counts, np.int64), 1.0, True)
    found = best_classes(h, classes)
    borders = itertools.combinations(range(1, n), classes - 1)
    best = max(eta(h, [_histogram.between(h, b) for b in each]) for each in borders)
    # Rounding of sums only.
    assert eta(h, found) == pytest.approx(best, abs=1e-12)


def test_threshold_lies_in_the_middle_of_a_gap() -> None:
    h = histogram(np.repeat(np.array([50, 60, 200, 210], np.uint8), 100))
    assert best_classes(h, 2) == [130.0]


def test_k_means_stands_midway_between_the_means() -> None:
    values = scan(FIELD.level, dtype=np.uint8)
    r = segment(Volume(values, None), "k-means", checks=False)
    dark, bright = values[values < r.thresholds[0]].mean(), values[values >= r.thresholds[0]].mean()
    # The border is a fixed point of Lloyd's iteration, to rounding.
    assert r.thresholds[0] == pytest.approx((dark + bright) / 2, abs=1e-9)
    otsu = segment(Volume(values, None), checks=False).thresholds[0]
    assert abs(otsu - r.thresholds[0]) <= 1.0  # the same optimum, seen to a grey value


def test_peaks_and_valley_of_two_gaussians() -> None:
    rng = np.random.default_rng(0)
    values = np.concatenate([rng.normal(100, 10, 150000), rng.normal(180, 10, 50000)])
    found = peaks(histogram(values))
    # A peak is known to the square root of its curvature's noise: about 1 % of the deviation here, 2 bins at most.
    assert found.low == pytest.approx(100, abs=2)
    assert found.high == pytest.approx(180, abs=2)
    # Least of the sum of both densities: 140 + 100/80 ln 3 = 141.4.
    assert found.valley == pytest.approx(141.4, abs=2.5)
    assert found.dip > 0.98
    alone = peaks(histogram(rng.normal(100, 10, 200000)))
    assert math.isnan(alone.valley)
    assert alone.dip == 0


def test_separability_of_a_uniform_histogram_is_three_quarters() -> None:
    # The limit of the check: 1 - (1/4) of the variance is left within the halves; 256 values: to 1e-5.
    h = Histogram(np.arange(256.0), np.full(256, 10), 1.0, True)
    assert eta(h, best_classes(h, 2)) == pytest.approx(0.75, abs=1e-4)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint32, np.float16, np.float32, ">u2"])
def test_histogram_counts_every_voxel(dtype: Any) -> None:
    values = scan(FIELD.level[:24], dtype=np.uint8).astype(dtype)
    h = histogram(values)
    assert h.total == values.size
    whole, counts = np.unique(values.astype(float), return_counts=True)
    if h.exact:
        np.testing.assert_array_equal(h.centres, whole)
        np.testing.assert_array_equal(h.counts, counts)
    else:
        assert h.moments()[1] == pytest.approx(values.astype(float).mean(), abs=h.width)


# --- walls


def solid_share(void: NDArray[np.bool_], level: NDArray[np.float32] | None) -> float:
    """Share of solid on all lines along x, walls by linear interpolation; the outermost half voxels are solid."""
    lines = np.moveaxis(void, 0, 2).reshape(-1, void.shape[0])
    field = None if level is None else np.moveaxis(level, 0, 2).reshape(-1, void.shape[0])
    c = chords_on_lines(lines, field)
    return 1 - c.void_fraction * c.field / void.shape[0]


@pytest.mark.parametrize("gap", [5.0, 5.3, 6.77])
def test_flat_walls_stay_where_they_are(gap: float) -> None:
    p = phantoms.slit(gap, wall_voxels=6)
    r = segment(Volume(scan(p.level, 0.9, 0), None), "threshold", thresholds=20000.0, checks=False)
    assert r.level is not None
    open_ = 1 - solid_share(r.void, r.level)
    # Linear interpolation of an error function of deviation 0.9 sampled once a voxel: 0.03 voxel at either wall.
    assert open_ * p.void.shape[0] == pytest.approx(gap, abs=0.06)
    # Voxels alone are off by up to a whole voxel.
    assert abs((1 - solid_share(r.void, None)) * p.void.shape[0] - gap) <= 1


@pytest.mark.parametrize("radius", [5.2, 8.1])
def test_blur_narrows_tubes_by_its_square_over_the_diameter(radius: float) -> None:
    """A wall of mean curvature H moves by s^2 H towards its centre: pi (R - s^2/2R)^2 is left of a tube.

    The phantom's own edge, a ramp of one voxel, adds its variance of 1/12.
    """
    p = phantoms.tube(radius, length=2, margin_voxels=6)
    n = p.void.shape[0]
    shifts = []
    for s in (0.8, 1.1, 1.5):
        values = scan(p.level, s, 0, dtype=np.float32)
        r = segment(Volume(values, None), "threshold", thresholds=20000.0, checks=False)
        area = (1 - solid_share(r.void, r.level)) * n * n
        shifts.append(radius - math.sqrt(area / math.pi))
        # Next order: s^4/R^3, and 0.02 voxel of interpolation and of summing over lines.
        assert shifts[-1] == pytest.approx((s**2 + 1 / 12) / (2 * radius), rel=0.12, abs=0.02)
        assert shifts[-1] > 0
    variance = np.array([0.8, 1.1, 1.5]) ** 2 + 1 / 12
    order = np.polyfit(np.log(variance), np.log(shifts), 1)[0]
    assert 0.8 < order < 1.25  # second order in the blur, first in its variance; the next order adds to it


def test_blur_moves_spheres_twice_as_far_for_voids_and_solids_alike() -> None:
    for level in (phantoms.isolated_pores(30, 1, 0.3).level, -phantoms.isolated_pores(30, 1, 0.3).level):
        values = scan(level, 1.2, 0, dtype=np.float32)
        r = segment(Volume(values, None), "threshold", thresholds=20000.0, checks=False)
        inside = r.void if level[15, 15, 15] < 0 else ~r.void
        field = r.level if level[15, 15, 15] < 0 else -r.level  # type: ignore[operator]
        ball = (1 - solid_share(inside, field)) * 30**3
        shrunk = 9.0 - (3 * ball / (4 * math.pi)) ** (1 / 3)
        # s^2/R = 0.16; the field was clipped to +-1/2 before blurring, which adds a variance of 1/12 to 1.44.
        assert shrunk == pytest.approx((1.2**2 + 1 / 12) / 9.0, rel=0.1)


def test_level_field_removes_most_of_the_bias_of_voxels() -> None:
    p = phantoms.tube(6.2, length=16, offset_voxels=(0.3, 0.15))
    r = segment(
        Volume(scan(p.level, 0.7, 0.02), None, periodic=WRAP), "threshold", thresholds=20000.0, checks=False
    )
    assert r.level is not None
    voxels = float(distance_map(r.void, WRAP).cell.max(axis=(0, 1)).mean()) - 6.2
    walls = float(distance_map(r.void, WRAP, r.level).cell.max(axis=(0, 1)).mean()) - 6.2
    # Both low: blur takes 0.05, noise the rest; the level field takes off a fifth of the error at least.
    assert -0.45 < voxels < -0.15
    assert -0.25 < walls < 0
    assert walls > 0.8 * voxels


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("void", ["dark", "bright"])
def test_voids_are_exactly_where_the_level_is_below_zero(method: str, void: str) -> None:
    values = scan(FIELD.level if void == "dark" else -FIELD.level, 0.9, 0.02, dtype=np.uint8)
    cut = {"thresholds": 110.0} if method == "threshold" else {}
    r = segment(Volume(values, None, periodic=WRAP), method, void=void, clean=8, **cut)  # type: ignore[arg-type]
    assert r.level is not None, r.level_reason
    np.testing.assert_array_equal(r.level < 0, r.void)
    checked(r.void, 1e-8, WRAP, r.level)
    # Close to 1 a voxel at the wall, as the distance map expects.
    slope = np.sqrt(sum(g**2 for g in np.gradient(r.level)))
    assert 0.7 < np.median(slope[np.abs(r.level) < 0.3]) < 1.4


def test_bright_voids_mirror_dark_ones() -> None:
    values = scan(FIELD.level, dtype=np.uint8)
    dark = segment(Volume(values, None), void="dark", clean=8)
    bright = segment(Volume(255 - values, None), void="bright", clean=8)
    np.testing.assert_array_equal(dark.void, bright.void)
    assert dark.level is not None
    assert bright.level is not None
    np.testing.assert_allclose(dark.level, bright.level, atol=1e-5)


def test_axes_may_be_exchanged() -> None:
    values = scan(FIELD.level[:, :40, :32], dtype=np.uint8)
    a, b = (
        segment(Volume(values, None)),
        segment(Volume(np.ascontiguousarray(values.transpose(2, 0, 1)), None)),
    )
    np.testing.assert_array_equal(a.void.transpose(2, 0, 1), b.void)
    assert a.statistics["wall_gradient"] == pytest.approx(b.statistics["wall_gradient"], rel=1e-9)
    # The sample that the noise is taken from starts elsewhere.
    assert a.statistics["noise"] == pytest.approx(b.statistics["noise"], rel=0.05)


class OnDisk:
    """Values that are only ever read in part."""

    def __init__(self, values: NDArray[Any]) -> None:
        self.values = values
        self.shape, self.dtype = values.shape, values.dtype
        self.largest = 0

    def __getitem__(self, key: Any) -> NDArray[Any]:
        out = self.values[key]
        self.largest = max(self.largest, out.size)
        return out


@pytest.mark.parametrize("method", ["otsu", "hysteresis", "multi-otsu"])
def test_lazy_volumes_give_the_same_slab_by_slab(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    values = scan(FIELD.level, dtype=np.uint8)
    whole = segment(Volume(values, None), method, clean=8)
    from percola.scan import _blocks

    monkeypatch.setattr(_blocks.slabs, "__defaults__", (0, 10000))
    monkeypatch.setenv("PERCOLA_THREADS", "1")
    disk = OnDisk(values)
    parts = segment(Volume(disk, None), method, clean=8)
    assert disk.largest < values.size / 4
    np.testing.assert_array_equal(whole.void, parts.void)
    assert whole.thresholds == parts.thresholds
    # Sums of the gradient run in another order.
    assert whole.statistics["wall_gradient"] == pytest.approx(parts.statistics["wall_gradient"], rel=1e-9)


# --- when there is no level field


def test_noise_is_measured_and_withholds_the_level_field() -> None:
    for noise, smooth in ((0.02, 0.0), (0.1, 0.0), (0.1, 0.8)):
        values = scan(FIELD.level, 0.7, noise, smooth=smooth)
        r = segment(Volume(values, None, periodic=WRAP), checks=False)
        s = r.statistics
        if not smooth:
            # Median of second differences; a few per cent of it is the structure itself.
            assert s["noise"] == pytest.approx(20000 * noise, rel=0.1)
        else:
            # Smooth noise escapes the differences, not the spread about the peaks.
            assert s["noise"] < 0.2 * 20000 * noise
            assert s["spread"] == pytest.approx(20000 * noise, rel=0.2)
        assert (r.level is None) == (noise > 0.05)
        if noise > 0.05:
            assert "noise" in r.level_reason
            assert any("No sub-voxel wall" in n for n in r.notes)
            assert next(c for c in r.checks if c.name == "walls smooth").status == "warn"


def test_sharp_edges_hold_no_more_than_voxels() -> None:
    rng = np.random.default_rng(0)
    values = np.rint(np.where(FIELD.void, 60, 160) + rng.normal(0, 3, FIELD.void.shape)).astype(np.uint8)
    r = segment(Volume(values, None))
    assert r.level is None
    assert "sharp" in r.level_reason
    np.testing.assert_array_equal(r.void, FIELD.void)


def test_blur_of_the_scan_is_recognized() -> None:
    p = phantoms.slit(12, wall_voxels=8)
    r = segment(Volume(scan(p.level, 1.5, 0.005), None), checks=False)
    # Central differences see a Gaussian of 1.5 voxels about 10 % flatter, the voxel adds 1/12 of variance.
    assert r.statistics["blur_voxels"] == pytest.approx(1.5, rel=0.2)


def test_several_thresholds_have_no_level_field() -> None:
    values = scan(FIELD.level, dtype=np.uint8)
    r = segment(Volume(values, None), "multi-otsu", void_classes=(1,))
    assert r.level is None
    assert r.wall_threshold is None
    low, high = r.thresholds
    np.testing.assert_array_equal(r.void, (values > low) & (values < high))
    assert "several thresholds" in r.level_reason


# --- three classes, hysteresis, cleaning


def test_three_phases_are_told_apart() -> None:
    values = np.select(
        [FIELD.level < -2, FIELD.level < 2], [np.float32(50), np.float32(120)], np.float32(200)
    ) + np.random.default_rng(0).normal(0, 4, FIELD.level.shape).astype(np.float32)
    r = segment(Volume(values, None), "multi-otsu", checks=False)
    np.testing.assert_array_equal(r.void, FIELD.level < -2)
    assert any("darkest is taken as void" in n for n in r.notes)
    both = segment(Volume(values, None), "multi-otsu", void_classes=(0, 1), checks=False)
    np.testing.assert_array_equal(both.void, FIELD.level < 2)
    assert both.wall_threshold == r.thresholds[1]


def test_hysteresis_keeps_bodies_with_a_certain_voxel() -> None:
    values = np.full((20, 20, 20), 200, np.uint8)
    values[2:6, 2:6, 2:6] = 90
    values[3, 3, 3] = 20  # one certain voxel holds the body
    values[12:16, 12:16, 12:16] = 90  # no voxel is certain here
    r = segment(Volume(values, None), "hysteresis", thresholds=(50, 100), void="dark")
    assert r.void[2:6, 2:6, 2:6].all()
    assert np.count_nonzero(r.void) == 64
    assert r.wall_threshold == 100
    mirror = segment(Volume(255 - values, None), "hysteresis", thresholds=(155, 205), void="bright")
    np.testing.assert_array_equal(mirror.void, r.void)


def test_cleaning_gives_specks_to_the_other_phase() -> None:
    void = np.zeros((24, 24, 24), bool)
    void[4:20, 4:20, 4:20] = True
    dirty = void.copy()
    dirty[0, 0, 0] = dirty[22, 22, 22] = True
    dirty[10, 10, 10] = False
    dirty[14, 14, 12:16] = False
    values = np.where(dirty, np.uint8(0), np.uint8(255))
    r = segment(Volume(values, None, kind="binary"), void=0, clean=8)
    np.testing.assert_array_equal(r.void, void)
    assert r.statistics["cleaned"]["voxels"] == 7
    assert any("fewer than 8 voxels" in n for n in r.notes)
    # Larger than asked stays.
    r = segment(Volume(values, None, kind="binary"), void=0, clean=4)
    assert np.count_nonzero(r.void != void) == 4
    # The same whichever phase is called void.
    other = segment(Volume(values, None, kind="binary"), void=255, clean=8)
    np.testing.assert_array_equal(other.void, ~void)


def test_cleaning_never_turns_both_phases() -> None:
    chess = np.indices((6, 6, 6)).sum(0) % 2
    r = segment(Volume(chess.astype(np.uint8), None, kind="binary"), void=0, clean=8)
    assert r.porosity in (0.0, 1.0)


def test_salt_and_pepper_is_reported() -> None:
    void = FIELD.void ^ (np.random.default_rng(0).random(FIELD.void.shape) < 0.03)
    r = segment(Volume(void.astype(np.uint8), None, kind="binary"), void=1)
    check = next(c for c in r.checks if c.name == "few isolated specks")
    assert check.status == "warn"
    assert "clean=8" in check.message
    # Isolated flips away from walls, nearly all of the 3 %.
    assert 0.6 < r.statistics["specks"]["void"] * r.porosity / (0.03 * 0.4) < 1.0


# --- what is void


def test_binary_volumes_must_say_what_is_void() -> None:
    values = np.where(FIELD.void, np.uint8(255), np.uint8(0))
    with pytest.raises(InputError) as error:
        segment(Volume(values, None, kind="binary", source="a.tif"))
    text = str(error.value)
    assert "60 % of the voxels are 255" in text
    assert "40 % of the voxels are 0" in text
    assert "--void 0" in text
    assert "--void 255" in text
    assert "dark/bright" in text
    for said in (255, "255", "bright", 255.0):
        np.testing.assert_array_equal(
            segment(Volume(values, None, kind="binary"), void=said).void, FIELD.void
        )
    np.testing.assert_array_equal(segment(Volume(values, None, kind="binary", void=255.0)).void, FIELD.void)
    with pytest.raises(InputError, match="values that occur"):
        segment(Volume(values, None, kind="binary"), void=7)


def test_labels_must_say_what_is_void() -> None:
    values = np.digitize(FIELD.level, (-2, 2)).astype(np.int32)
    with pytest.raises(InputError, match="which value is void"):
        segment(Volume(values, None, kind="labels"))
    r = segment(Volume(values, None, kind="labels"), void=(0, 1))
    np.testing.assert_array_equal(r.void, values < 2)
    assert r.record["void"] == [0.0, 1.0]
    with pytest.raises(InputError, match="one or more labels"):
        segment(Volume(values, None, kind="labels"), void="dark")


def test_level_fields_are_taken_as_they_are() -> None:
    r = segment(Volume(FIELD.level, None, kind="level", periodic=WRAP))
    np.testing.assert_array_equal(r.void, FIELD.void)
    np.testing.assert_array_equal(r.level, FIELD.level)  # type: ignore[arg-type]
    with pytest.raises(InputError):
        segment(Volume(FIELD.level, None, kind="level"), void="dark")


def test_dark_voids_are_an_assumption_that_is_said() -> None:
    values = scan(FIELD.level, dtype=np.uint8)
    assert any("Dark is taken as void" in n for n in segment(Volume(values, None)).notes)
    assert not any("Dark is taken" in n for n in segment(Volume(values, None), void="dark").notes)
    with pytest.raises(InputError, match="dark"):
        segment(Volume(values, None), void=60)


def test_exchanged_phases_are_noticed() -> None:
    p = phantoms.isolated_pores(16, 2, 0.3)
    values = scan(p.level, 0.5, 0.01, dtype=np.uint8)
    # Pores in a solid may be closed; solid balls in a void would have to float.
    good = next(c for c in segment(Volume(values, None)).checks if c.name == "phases plausible")
    bad = next(c for c in segment(Volume(values, None), void="bright").checks if c.name == "phases plausible")
    assert good.status == "pass"
    assert bad.status == "warn"
    assert "phases may be inverted" in bad.message
    assert "100 % of the solid floats" in bad.message


def test_a_phase_that_fills_nearly_all_is_doubted() -> None:
    values = np.full((20, 20, 20), 200, np.uint8)
    values[8:12, 8:12, 8:12] = 50
    check = next(c for c in segment(Volume(values, None)).checks if c.name == "phases plausible")
    assert check.status == "warn"
    assert "solid fills 99.2 %" in check.message


# --- separability and saturation


def status(values: NDArray[Any], name: str, **how: Any) -> str:
    return next(c for c in segment(Volume(values, None), checks=False, **how).checks if c.name == name).status


def test_one_broad_peak_is_no_pair_of_phases() -> None:
    rng = np.random.default_rng(0)
    assert status(rng.normal(100, 20, (32, 32, 32)), "phases separable") == "warn"
    assert status(rng.uniform(0, 100, (32, 32, 32)), "phases separable") == "warn"
    assert status(scan(FIELD.level, dtype=np.uint8), "phases separable") == "pass"
    # Few voids, far apart in grey: separability low, valley deep.
    rare = rng.normal(200, 10, (40, 40, 40))
    rare[:2] -= 60
    assert status(rare, "phases separable") == "pass"


def test_saturation_is_noticed() -> None:
    values = scan(FIELD.level, noise=0.08, dtype=np.uint8)
    assert status(values, "grey values not saturated") == "pass"
    assert status(np.clip(values, 60, 255), "grey values not saturated") == "warn"
    assert status(np.clip(values, 0, 160), "grey values not saturated") == "warn"


# --- refusals and empty phases


def test_constant_images_are_refused() -> None:
    with pytest.raises(InputError, match="nothing to segment"):
        segment(Volume(np.full((4, 4, 4), 7, np.uint8), None))
    with pytest.raises(InputError, match="nothing to segment"):
        segment(Volume(np.full((4, 4, 4), 7.5), None))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_that_are_no_numbers_are_refused(bad: float) -> None:
    values = np.random.default_rng(0).random((8, 8, 8))
    values[1, 2, 3] = bad
    with pytest.raises(InputError, match="1 of 512 values"):
        segment(Volume(values, None))


def test_thresholds_outside_are_refused_with_the_range() -> None:
    values = scan(FIELD.level, dtype=np.uint8)
    with pytest.raises(InputError, match=f"{values.min()} to {values.max()}"):
        segment(Volume(values, None), "threshold", thresholds=250)
    for wrong in (None, (120, 100), "much", math.nan):
        with pytest.raises(InputError):
            segment(Volume(values, None), "threshold", thresholds=wrong)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="nothing with method otsu"):
        segment(Volume(values, None), thresholds=100)
    with pytest.raises(InputError, match="otsu, multi-otsu"):
        segment(Volume(values, None), "magic")
    with pytest.raises(InputError, match="two for hysteresis"):
        segment(Volume(values, None), "hysteresis", thresholds=(80, 100, 120))
    with pytest.raises(InputError, match="single peak"):
        segment(Volume(np.random.default_rng(0).normal(0, 1, (24, 24, 24)), None), "minimum")


def test_an_empty_phase_is_a_result() -> None:
    values = scan(FIELD.level, dtype=np.uint8)
    r = segment(Volume(values, None), "threshold", thresholds=float(values.min()))
    assert r.porosity == 0
    check = next(c for c in r.checks if c.name == "both phases present")
    assert check.status == "warn"
    only = segment(Volume(np.zeros((4, 4, 4), np.uint8), None, kind="binary"), void=255)
    assert only.porosity == 0


def test_images_become_one_voxel_thick() -> None:
    values = scan(FIELD.level, dtype=np.uint8)[:, :, 5]
    r = segment(Volume(values, None))
    assert r.void.shape == (48, 48, 1)
    assert r.level is not None
    np.testing.assert_array_equal(r.void[:, :, 0], values < r.thresholds[0])
    assert next(c for c in r.checks if c.name == "phases plausible").status == "pass"


def test_memory_is_told_before() -> None:
    import tracemalloc

    values = scan(phantoms.gaussian_field(96, 24, 0.6).level, dtype=np.uint8)
    volume = Volume(values, None)
    segment(Volume(values[:16], None), checks=False)  # compile
    tracemalloc.start()
    segment(volume, checks=False)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # Without the 16 MB for what does not grow with the volume (the interpreter's, mostly).
    told = memory_needed(values.shape, values.dtype, lazy=True, checks=False) - 2**24
    assert 0.5 * told < peak < 1.25 * told
    assert memory_needed((512,) * 3, np.uint8) > memory_needed((512,) * 3, np.uint8, level=False)
    assert (
        memory_needed((512,) * 3, np.uint16) - memory_needed((512,) * 3, np.uint16, lazy=True) == 2 * 512**3
    )
