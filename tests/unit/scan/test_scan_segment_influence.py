"""Influence of the threshold, and the preview: exact where the answer is known."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from percola.errors import InputError
from percola.measure import phantoms
from percola.measurement import Measurement
from percola.scan.segment import Preview, preview, segment, threshold_influence, with_threshold
from percola.scan.volume import Volume

FIELD = phantoms.gaussian_field(40, 16, 0.6, seed=2)
GREY = np.rint(
    60
    + 100 * gaussian_filter(np.clip(FIELD.level + 0.5, 0, 1).astype(float), 0.9, mode="wrap")
    + np.random.default_rng(0).normal(0, 2, FIELD.level.shape)
).astype(np.uint8)
VOLUME = Volume(GREY, (1e-8,) * 3, periodic=(True, True, True), source="a scan")


def porosity(void: NDArray[np.bool_], level: Any) -> list[Measurement]:
    return [Measurement("porosity", float(void.mean()), "1", region="core")]


def test_porosity_follows_the_histogram() -> None:
    part = segment(VOLUME)
    study = threshold_influence(VOLUME, part, porosity, span=10.0)
    found = study.of("porosity")
    assert found is not None
    for t, v in zip(study.thresholds, found.values, strict=True):
        assert v == pytest.approx(np.mean(t > GREY), abs=1e-12)
    curve = dict(zip(*study.porosity_curve, strict=True))
    for t, share in curve.items():
        assert share == pytest.approx(np.mean(t > GREY), abs=1e-12)
    assert part.thresholds[0] in curve


def test_a_straight_line_gives_its_slope_and_span_over_root_three() -> None:
    ramp = np.tile(np.arange(256, dtype=np.float32), (4, 4, 1))
    volume = Volume(ramp, None)
    part = segment(volume, "threshold", thresholds=100.0, checks=False)

    def linear(void: NDArray[np.bool_], level: Any) -> list[Measurement]:
        # The ramp passes the threshold at void.mean() 256: 3 + 0.02 t to the rounding of half a grey value.
        return [Measurement("x", 3 + 0.02 * 256 * float(void.mean()), "m")]

    study = threshold_influence(volume, part, linear, span=20.0)
    found = study.of("x")
    assert found is not None
    assert found.derivative == pytest.approx(0.02, rel=1e-9)
    assert found.uncertainty == pytest.approx(0.02 * 20 / math.sqrt(3), rel=1e-9)
    assert found.relative_uncertainty == pytest.approx(found.uncertainty / 5.0, rel=1e-9)  # type: ignore[operator]
    # Bright voids fall as the threshold rises.
    bright = segment(volume, "threshold", thresholds=100.0, void="bright", checks=False)
    other = threshold_influence(volume, bright, linear, span=20.0).of("x")
    assert other is not None
    assert other.derivative == pytest.approx(-0.02, rel=1e-9)


def test_span_is_a_twentieth_of_the_contrast_or_what_methods_differ_by() -> None:
    part = segment(VOLUME)
    s = part.statistics
    by_method = s["thresholds_by_method"].values()
    study = threshold_influence(VOLUME, part, porosity)
    assert study.span == pytest.approx(max(0.05 * s["contrast"], (max(by_method) - min(by_method)) / 2))
    # A voxel at the wall moves by 5 % of the contrast over the steepness: about a tenth of a voxel.
    assert 0.05 < 0.05 * s["contrast"] / s["wall_gradient"] < 0.2


def test_level_field_and_cleaning_are_repeated_at_every_threshold() -> None:
    part = segment(VOLUME, clean=8)
    assert part.level is not None
    seen = []

    def look(void: NDArray[np.bool_], level: Any) -> list[Measurement]:
        seen.append((void, level))
        return porosity(void, level)

    threshold_influence(VOLUME, part, look, steps=1)
    assert len(seen) == 3
    np.testing.assert_array_equal(seen[1][0], part.void)
    np.testing.assert_allclose(seen[1][1], part.level, atol=1e-6)
    for void, level in seen:
        np.testing.assert_array_equal(level < 0, void)
    assert seen[0][0].sum() < seen[1][0].sum() < seen[2][0].sum()


@pytest.mark.parametrize("method", ["hysteresis", "multi-otsu"])
def test_the_middle_of_every_method_is_the_segmentation(method: str) -> None:
    classes = {"void_classes": (1,)} if method == "multi-otsu" else {}
    part = segment(VOLUME, method, **classes)
    found = threshold_influence(VOLUME, part, porosity, steps=1).of("porosity")
    assert found is not None
    assert found.value == pytest.approx(part.porosity, abs=1e-12)


def test_a_central_part_stands_for_the_whole() -> None:
    part = segment(VOLUME)
    shapes = []

    def look(void: NDArray[np.bool_], level: Any) -> list[Measurement]:
        shapes.append(void.shape)
        return porosity(void, level)

    study = threshold_influence(VOLUME, part, look, edge=16)
    assert set(shapes) == {(16, 16, 16)}
    assert study.box == ((12, 28),) * 3
    whole = Measurement("porosity", part.porosity, "1", 0.01, region="core")
    (out,) = with_threshold([whole], study)
    found = study.of("porosity")
    assert found is not None
    assert found.relative_uncertainty is not None
    added = found.relative_uncertainty * part.porosity
    assert out.uncertainty == pytest.approx(math.hypot(0.01, added))
    assert out.evidence["threshold"]["own_uncertainty"] == 0.01
    assert len(json.dumps(out.evidence)) < 5000


def test_results_that_vanish_or_change_are_said() -> None:
    part = segment(VOLUME)
    middle = part.porosity

    def odd(void: NDArray[np.bool_], level: Any) -> list[Measurement]:
        p = float(void.mean())
        return [
            Measurement("pore", None if p < middle else p, "m", reason="closed"),
            Measurement("kind", "open" if p >= middle else "closed", ""),
        ]

    study = threshold_influence(VOLUME, part, odd)
    pore, kind = study.of("pore"), study.of("kind")
    assert pore is not None
    assert kind is not None
    assert pore.values[:2] == (None, None)
    assert not pore.steady
    assert pore.uncertainty is not None  # from the side where it is defined
    assert kind.values[0] == "closed"
    assert kind.value == "open"
    assert not kind.steady
    assert len(study.notes) == 2
    json.dumps(study.to_dict(), allow_nan=False)


def test_without_a_threshold_there_is_nothing_to_vary() -> None:
    volume = Volume(FIELD.void, None, kind="binary", void=1)
    with pytest.raises(InputError, match="no threshold to vary"):
        threshold_influence(volume, segment(volume), porosity)
    with pytest.raises(InputError, match="positive"):
        threshold_influence(VOLUME, segment(VOLUME), porosity, span=-1)


def test_span_ends_where_the_grey_values_end() -> None:
    part = segment(VOLUME)
    study = threshold_influence(VOLUME, part, porosity, span=1000.0)
    assert GREY.min() <= study.thresholds[0] < study.thresholds[-1] <= GREY.max()
    assert "cut from" in study.notes[0]


def test_preview_survives_its_plain_data() -> None:
    part = segment(VOLUME)
    shown = preview(VOLUME, part)
    assert [s.axes for s in shown.slices] == [("x", "y"), ("x", "z"), ("y", "z")]
    np.testing.assert_array_equal(shown.slices[0].grey, GREY[:, :, 20])
    np.testing.assert_array_equal(shown.slices[2].void, part.void[20])
    assert shown.counts.sum() == GREY.size
    assert shown.class_void == (True, False)
    text = json.dumps(shown.to_dict(), allow_nan=False)
    assert len(text) < 60000
    back = Preview.from_dict(json.loads(text))
    for a, b in zip(shown.slices, back.slices, strict=True):
        np.testing.assert_array_equal(a.void, b.void)
        inside = np.clip(a.grey, *shown.grey_range)
        # 256 shades of the range shown.
        np.testing.assert_allclose(inside, b.grey, atol=0.51 * np.ptp(shown.grey_range) / 255)
        assert len(a.walls) == len(b.walls)


def test_walls_of_the_preview_lie_on_the_wall() -> None:
    p = phantoms.tube(6.3, length=4, margin_voxels=5)
    volume = Volume(p.level, None, kind="level")
    (line,) = preview(volume, segment(volume)).slices[0].walls
    centre = p.void.shape[0] / 2
    # Linear interpolation along the lattice: below 0.03 voxel for a radius of 6.
    np.testing.assert_allclose(np.hypot(*(line - centre).T), 6.3, atol=0.03)


def test_large_planes_are_thinned_and_images_have_one() -> None:
    image = Volume(np.tile(GREY[:, :, 0], (4, 3)), None)
    shown = preview(image, segment(image), pixels=50)
    assert len(shown.slices) == 1
    assert shown.slices[0].step == 4
    assert shown.slices[0].grey.shape == (40, 30)
    assert shown.slices[0].size == (160, 120)
