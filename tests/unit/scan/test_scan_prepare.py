"""Preparation: every step does what its sentence says, exactly where that can be checked, and keeps the record."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, median_filter

from percola.errors import InputError
from percola.measure import phantoms
from percola.measure.form.sem import sem_section_pore_size
from percola.scan.prepare import (
    crop_info_bar,
    find_info_bar,
    flow_axis,
    prepare,
    steps,
    to_cubic,
)
from percola.scan.segment import segment
from percola.scan.volume import Volume

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 255, (12, 10, 8)).astype(np.uint8)
H = 1e-8


class OnDisk:
    """Values that are only ever read in part."""

    def __init__(self, values: NDArray[Any]) -> None:
        self.values = values
        self.shape, self.dtype = values.shape, values.dtype
        self.read = 0

    def __getitem__(self, key: Any) -> NDArray[Any]:
        out = self.values[key]
        self.read += out.size
        return out


# --- record


def test_every_step_leaves_a_sentence_and_data() -> None:
    volume = Volume(GREY, (H, H, H), source="a.tif", notes=("as read",))
    out = prepare(volume, crop="2:10,:,1:7", flow_axis="x", invert=True, denoise="median", periodic="")
    done = steps(out)
    assert [s.name for s in done] == ["crop", "periodic", "flow axis", "invert", "denoise"]
    assert out.notes == ("as read", *(s.sentence for s in done))
    assert flow_axis(out) == 0
    json.dumps(out.metadata, allow_nan=False)
    # Preparing again adds to the record.
    assert [s.name for s in steps(prepare(out))][-1] == "flow axis"
    assert len(steps(prepare(out))) == 6
    # The volume read is left as it was.
    assert volume.shape == (12, 10, 8)
    assert volume.metadata == {}


def test_nothing_asked_changes_no_value() -> None:
    out = prepare(Volume(GREY, (H, H, H)))
    np.testing.assert_array_equal(out.values, GREY)  # type: ignore[arg-type]
    assert flow_axis(out) == 2
    assert "nothing else was said" in steps(out)[0].sentence


# --- crop


def test_crops_in_voxels_lengths_and_words() -> None:
    volume = Volume(GREY, (H, 2 * H, H))
    want = GREY[2:10, 1:6]
    for how in (
        {"crop": [(2, 10), (1, 6), None]},
        {"crop": {"x": (2, 10), "y": (1, 6)}},
        {"crop": "2:10,1:6,:"},
        {"crop_m": {"x": (2 * H, 10 * H), "y": (2 * H, 12 * H)}},
    ):
        out = prepare(volume, **how)  # type: ignore[arg-type]
        np.testing.assert_array_equal(out.values, want)  # type: ignore[arg-type]
        assert steps(out)[0].data["voxels"] == [[2, 10], [1, 6], [0, 8]]


@pytest.mark.parametrize(
    "crop",
    [
        [(0, 13), None, None],
        [(5, 5), None, None],
        [(-1, 4), None, None],
        [(0.5, 4), None, None],
        [(1, 2)],
        {"w": (0, 1)},
        "0:4",
        "0:a,:,:",
        "3,:,:",
    ],
)
def test_crops_outside_are_refused(crop: Any) -> None:
    with pytest.raises(InputError):
        prepare(Volume(GREY, (H, H, H)), crop=crop)


def test_lengths_outside_or_without_a_voxel_size_are_refused() -> None:
    with pytest.raises(InputError, match=r"within 0 to 0\.12 um"):
        prepare(Volume(GREY, (H, H, H)), crop_m={"x": (0, 2e-7)})
    with pytest.raises(InputError, match="no voxel size"):
        prepare(Volume(GREY, None), crop_m={"x": (0, 2e-8)})
    with pytest.raises(InputError, match="at least one voxel"):
        prepare(Volume(GREY, (H, H, H)), crop_m={"x": (0, 2e-9)})


def test_part_of_a_period_does_not_wrap() -> None:
    out = prepare(Volume(GREY, (H, H, H), periodic=(True, True, True)), crop=[(0, 6), None, None])
    assert out.periodic == (False, True, True)
    assert "x no longer wraps" in steps(out)[0].sentence


def test_lazy_volumes_stay_on_disk() -> None:
    disk = OnDisk(GREY)
    out = prepare(Volume(disk, (H, H, H)), crop="2:10,1:6,:", invert=True, info_bar=None)
    assert disk.read == 0
    part = out.values[1:3, ..., 2]
    np.testing.assert_array_equal(part, 255 - GREY[3:5, 1:6, 2])
    assert disk.read == part.size
    np.testing.assert_array_equal(np.asarray(out.values), 255 - GREY[2:10, 1:6])
    with pytest.raises(IndexError):
        out.values[8]


# --- voxel size, axis, period, inversion


def test_a_given_voxel_size_wins_and_the_difference_is_said() -> None:
    out = prepare(Volume(GREY, (H, H, H), spacing_source="ImageJ metadata"), spacing_m=2e-8)
    assert out.spacing_m == (2e-8,) * 3
    assert "the file says 10 x 10 x 10 nm (ImageJ metadata)" in steps(out)[0].sentence
    assert "the file says" not in steps(prepare(Volume(GREY, None), spacing_m=2e-8))[0].sentence
    with pytest.raises(InputError):
        prepare(Volume(GREY, None), spacing_m=(1e-8, 1e-8))
    with pytest.raises(InputError):
        prepare(Volume(GREY, None), spacing_m=-1.0)


def test_axes_and_periods_by_name() -> None:
    assert flow_axis(prepare(Volume(GREY, None), flow_axis=1)) == 1
    out = prepare(Volume(GREY, None), periodic="xz")
    assert out.periodic == (True, False, True)
    for wrong in ({"flow_axis": "t"}, {"flow_axis": 3}, {"periodic": "xq"}, {"periodic": (True,)}):
        with pytest.raises(InputError):
            prepare(Volume(GREY, None), **wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.int32, np.uint32, np.float32])
def test_inversion_undoes_itself(dtype: Any) -> None:
    values = (
        (GREY.astype(np.int64) * 3 - (200 if np.dtype(dtype).kind in "if" else 0))
        .clip(0 if np.dtype(dtype).kind == "u" else None, 255 if dtype == np.uint8 else None)
        .astype(dtype)
    )
    once = prepare(Volume(values, None), invert=True)
    assert once.values.dtype == dtype
    # Order is exchanged, differences stay.
    np.testing.assert_array_equal(
        np.diff(np.asarray(once.values, np.float64), axis=0), -np.diff(values.astype(np.float64), axis=0)
    )
    np.testing.assert_array_equal(np.asarray(prepare(once, invert=True).values), values)


def test_inversion_of_two_values_and_levels() -> None:
    mask = GREY > 100
    np.testing.assert_array_equal(
        np.asarray(prepare(Volume(mask, None, kind="binary"), invert=True).values), ~mask
    )
    two = np.where(mask, np.uint8(200), np.uint8(10))
    out = prepare(Volume(two, None, kind="binary", void=10), invert=True)
    np.testing.assert_array_equal(segment(out).void, mask)
    field = np.sin(GREY.astype(np.float32))
    np.testing.assert_array_equal(
        np.asarray(prepare(Volume(field, None, kind="level"), invert=True).values), -field
    )
    with pytest.raises(InputError, match="label"):
        prepare(Volume(GREY, None, kind="labels"), invert=True)


# --- cubic voxels


def test_voxels_that_are_no_cubes_are_noted_not_changed() -> None:
    out = prepare(Volume(GREY, (H, H, 2.5 * H)))
    assert out.shape == GREY.shape
    assert steps(out)[-1].name == "voxels not cubic"
    assert "methods that need cubes refuse them" in out.notes[-1]
    assert "resamples to 10 nm" in out.notes[-1]


def test_linear_fields_are_resampled_exactly() -> None:
    x, y, z = np.meshgrid(*(np.arange(n) + 0.5 for n in (8, 9, 10)), indexing="ij")
    volume = Volume((2 * x - y + 3 * 2.5 * z).astype(np.float32), (H, H, 2.5 * H))
    out, step = to_cubic(volume)
    assert out.shape == (8, 9, 25)
    assert out.spacing_m == (H, H, H)
    x, y, z = np.meshgrid(*(np.arange(n) + 0.5 for n in out.shape), indexing="ij")
    # Beyond the outermost centres the last value is kept.
    inner = (slice(None), slice(None), slice(1, -1))
    np.testing.assert_allclose(np.asarray(out.values)[inner], (2 * x - y + 3 * z)[inner], atol=1e-5)
    assert step.data["interpolation_error"] == pytest.approx(0, abs=1e-5)


def test_interpolation_is_of_second_order_and_its_error_is_bounded_by_what_is_stated() -> None:
    errors, stated = [], []
    for k in (8, 16, 32, 64):  # slices a period
        z = (np.arange(k) + 0.5) / k
        values = np.tile(np.sin(2 * math.pi * z).astype(np.float32), (3, 3, 1))
        h = H * 64 / k
        volume = Volume(values, (H / 4, H / 4, h), periodic=(False, False, True))
        out, step = to_cubic(volume)
        fine = (np.arange(out.shape[2]) + 0.5) / out.shape[2]
        errors.append(
            float(np.sqrt(np.mean((np.asarray(out.values)[1, 1] - np.sin(2 * math.pi * fine)) ** 2)))
        )
        stated.append(step.data["interpolation_error"])
        assert out.periodic == (False, False, True)
    order = -np.polyfit(np.log([8, 16, 32, 64]), np.log(errors), 1)[0]
    assert 1.9 < order < 2.1
    # The stated error is that of the worst place between two slices: sqrt(15/8) = 1.37 times the mean over places.
    ratio = np.array(stated) / errors
    assert np.all((ratio > 1.2) & (ratio < 1.6))


def test_averaging_keeps_the_mean() -> None:
    values = RNG.random((12, 12, 12)).astype(np.float32)
    out, step = to_cubic(Volume(values, (H, H, H)), 3 * H)
    blocks = values.reshape(4, 3, 4, 3, 4, 3).mean((1, 3, 5))
    np.testing.assert_allclose(np.asarray(out.values), blocks, rtol=1e-5)
    assert "averaged" in step.sentence
    # Also where new voxels hold parts of old ones.
    out, _ = to_cubic(Volume(values, (H, H, H)), 1.5 * H)
    assert np.asarray(out.values).mean() == pytest.approx(values.mean(), rel=1e-5)


def test_mirrored_volumes_are_resampled_to_mirrored_ones() -> None:
    values = RNG.random((6, 6, 7)).astype(np.float32)
    a, _ = to_cubic(Volume(values, (H, H, 3 * H)))
    b, _ = to_cubic(Volume(values[:, :, ::-1], (H, H, 3 * H)))
    np.testing.assert_allclose(np.asarray(a.values)[:, :, ::-1], np.asarray(b.values), rtol=1e-5)


def test_grey_before_threshold_beats_threshold_before_resampling() -> None:
    p = phantoms.gyroid(36)
    grey = (100 + 30 * gaussian_filter(p.level, 0.7, mode="wrap")).astype(np.float32)
    middle = grey[:, :, 1::3]  # slices of 3 voxels, sampled at their centres
    h = (H, H, 3 * H)
    wraps = (True, True, True)
    want = p.void[:, :, : 3 * middle.shape[2]]
    of_grey = np.asarray(to_cubic(Volume(middle, h, periodic=wraps))[0].values) < 100
    volume = Volume(middle < 100, h, kind="binary", periodic=wraps)
    of_binary = np.asarray(to_cubic(volume)[0].values)
    repeated = np.repeat(middle < 100, 3, axis=2)
    wrong = [float(np.mean(v != want)) for v in (of_grey, of_binary, repeated)]
    # Each a clear step better than the next; the first and last slices lie beyond the slices' centres.
    assert wrong[0] < 0.6 * wrong[1]
    assert wrong[1] < 0.7 * wrong[2]


def test_binary_walls_move_smoothly_and_phases_are_alike() -> None:
    # A wall at 45 degrees between x and z, slices of 4 voxels: steps of 4 become steps of 1.
    x, z = np.meshgrid(np.arange(40) + 0.5, 4 * np.arange(10) + 2.0, indexing="ij")
    void = np.repeat((x < z)[:, None, :], 5, axis=1)
    out, step = to_cubic(Volume(void, (H, H, 4 * H), kind="binary"))
    got = np.asarray(out.values)[:, 2]
    fine = np.arange(40) + 0.5
    want = fine[:, None] < fine[None, :]
    inner = slice(4, -4)
    # Voxels on the diagonal itself are ties.
    off = np.abs(fine[:, None] - fine[None, :]) > 1
    np.testing.assert_array_equal((got == want)[inner, inner][off[inner, inner]], True)
    other, _ = to_cubic(Volume(~void, (H, H, 4 * H), kind="binary"))
    differ = np.mean(np.asarray(other.values) == np.asarray(out.values))
    assert differ < 0.03  # the ties only
    assert step.data["wall_uncertainty_m"] == pytest.approx(2 * H)
    assert "half a coarse voxel, 20 nm" in step.sentence


def test_binary_sphere_keeps_its_volume() -> None:
    x, y, z = np.meshgrid(np.arange(32) + 0.5, np.arange(32) + 0.5, 3 * np.arange(11) + 1.5, indexing="ij")
    ball = (x - 16) ** 2 + (y - 16) ** 2 + (z - 16.5) ** 2 < 11.0**2
    out, _ = to_cubic(Volume(np.where(ball, np.uint8(255), np.uint8(0)), (H, H, 3 * H), kind="binary"))
    assert set(np.unique(np.asarray(out.values))) == {0, 255}
    # The caps between the last slice inside and the first outside are lost: low, below 3 %.
    ratio = np.count_nonzero(np.asarray(out.values)) / (4 / 3 * math.pi * 11**3)
    assert 0.97 < ratio < 1.01


def test_labels_keep_their_values() -> None:
    labels = RNG.integers(0, 5, (4, 4, 4)).astype(np.int32)
    out, step = to_cubic(Volume(labels, (H, H, 2 * H), kind="labels"))
    np.testing.assert_array_equal(np.asarray(out.values), np.repeat(labels, 2, axis=2))
    assert "nearest label" in step.sentence


def test_periods_that_hold_no_whole_voxels_are_given_up() -> None:
    out, step = to_cubic(Volume(GREY, (H, H, 1.3 * H), periodic=(True, True, True)))
    assert out.shape[2] == 10  # 8 x 1.3 = 10.4
    assert out.periodic == (True, True, False)
    assert "no longer wraps" in step.sentence


def test_sizes_that_make_no_sense_are_refused() -> None:
    volume = Volume(GREY, (H, H, 2 * H))
    with pytest.raises(InputError):
        prepare(volume, cubic=-1.0)
    with pytest.raises(InputError):
        prepare(volume, cubic="fine")
    with pytest.raises(InputError, match="less than the size"):
        prepare(volume, cubic=1e-3)
    with pytest.raises(InputError, match="coarser edge"):
        prepare(volume, cubic=1e-11)
    with pytest.raises(InputError, match="voxel size"):
        prepare(Volume(GREY, None), cubic=True)
    assert prepare(volume, cubic="finest").shape == (12, 10, 16)


# --- denoising


def test_median_is_the_same_slab_by_slab(monkeypatch: pytest.MonkeyPatch) -> None:
    want = median_filter(GREY, 3, mode="nearest")
    np.testing.assert_array_equal(np.asarray(prepare(Volume(GREY, None), denoise="median").values), want)
    from percola.scan import _blocks

    monkeypatch.setattr(_blocks.slabs, "__defaults__", (0, 150))
    np.testing.assert_array_equal(
        np.asarray(prepare(Volume(OnDisk(GREY), None), denoise="median").values), want
    )


@pytest.mark.parametrize("how", ["median", "tv", "nlm"])
def test_denoising_lowers_noise_and_keeps_the_porosity(how: str) -> None:
    p = phantoms.gyroid(32)
    clean = gaussian_filter(np.clip(p.level + 0.5, 0, 1).astype(float), 0.7, mode="wrap")
    noisy = np.rint(60 + 100 * (clean + RNG.normal(0, 0.12, clean.shape))).clip(0, 255).astype(np.uint8)
    before = segment(Volume(noisy, None), checks=False)
    out = prepare(Volume(noisy, None), denoise=how)
    after = segment(out, checks=False)
    assert after.statistics["wall_jitter_voxels"] < 0.5 * before.statistics["wall_jitter_voxels"]
    # The gyroid is symmetric: a porosity of 1/2 to what Otsu's threshold moves with the shape of the peaks.
    assert after.porosity == pytest.approx(0.5, abs=0.01)
    assert np.mean(after.void != p.void) < np.mean(before.void != p.void)
    assert steps(out)[-1].data["how"] == how


def test_denoising_is_for_grey_values() -> None:
    with pytest.raises(InputError, match="grey values"):
        prepare(Volume(GREY > 9, None, kind="binary"), denoise="median")
    with pytest.raises(InputError, match="median, tv, nlm"):
        prepare(Volume(GREY, None), denoise="wish")
    for wrong in (
        {"strength": 1.0},
        {"denoise": "median", "strength": 1.0},
        {"denoise": "tv", "strength": -1.0},
    ):
        with pytest.raises(InputError):
            prepare(Volume(GREY, None), **wrong)  # type: ignore[arg-type]
    flat = Volume(np.full((5, 5, 5), 3, np.uint8), None)
    assert "nothing to denoise" in prepare(flat, denoise="tv").notes[-1]


# --- images


def micrograph(bar: int, at_end: bool = True) -> NDArray[np.uint8]:
    picture = gaussian_filter(RNG.normal(0, 1, (200, 160)), 4)
    picture = (128 + 500 * picture + RNG.normal(0, 8, picture.shape)).clip(0, 255).astype(np.uint8)
    if bar:
        strip = np.zeros((200, bar), np.uint8)
        strip[20:60:3, 5 : bar - 5] = 255  # letters
        strip[:, 0] = 255
        picture = np.concatenate([picture, strip] if at_end else [strip[:, ::-1], picture], axis=1)
    return picture


@pytest.mark.parametrize("bar", [0, 14, 30])
@pytest.mark.parametrize("at_end", [True, False])
def test_info_bars_are_found_to_the_row(bar: int, at_end: bool) -> None:
    image = micrograph(bar, at_end)
    assert find_info_bar(image) == ((0, bar) if at_end else (bar, 0))
    out = prepare(Volume(image, (H, H)))
    assert out.shape == (200, 160, 1)
    assert ("info bar" in [s.name for s in steps(out)]) == (bar > 0)


def test_info_bars_by_number_of_rows() -> None:
    image = Volume(micrograph(0), (H, H))
    assert prepare(image, info_bar=10).shape == (200, 150, 1)
    out, step = crop_info_bar(image, -10)
    np.testing.assert_array_equal(np.asarray(out.values), np.asarray(image.values)[:, 10:])
    assert step is not None
    assert step.data["start"] == 10
    with pytest.raises(InputError):
        crop_info_bar(image, 500)


def test_flat_pictures_have_no_bar() -> None:
    assert find_info_bar(np.zeros((50, 50), np.uint8)) == (0, 0)
    assert find_info_bar(micrograph(0).clip(128, 128)) == (0, 0)


def test_an_image_is_one_picture_for_the_microscope() -> None:
    stripes = np.tile(np.where((np.arange(240) + 6) % 24 < 12, 40, 200).astype(np.uint8)[:, None], (1, 100))
    image = Volume(gaussian_filter(stripes, 0.8), (H, H))
    out = prepare(image)
    axis = flow_axis(out)
    assert axis == 1
    assert out.spacing_m == (H, H, H)
    part = segment(out)
    found = sem_section_pore_size(part.void, H, (False,) * 3, part.level, axis, field_m=1.0)
    # Voids are 12 voxels wide, walls are flat; lines run between centres, which takes half a voxel off either end.
    assert found.value == pytest.approx(12 * H, rel=0.01)
    assert found.evidence["pictures"] == 1
    assert found.evidence["lines_per_picture"] == 50
