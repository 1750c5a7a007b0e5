"""Figures of a segmentation draw what they are given, from results and from their plain data."""

from __future__ import annotations

import json
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy.ndimage import gaussian_filter

from percola.measure import phantoms
from percola.measurement import Measurement
from percola.plot import scan, style
from percola.scan.segment import preview, segment, threshold_influence
from percola.scan.volume import Volume

mpl.use("Agg")

FIELD = phantoms.gaussian_field((32, 28, 24), 12, 0.6, seed=3)
GREY = (60 + 100 * gaussian_filter(np.clip(FIELD.level + 0.5, 0, 1).astype(float), 0.8)).astype(np.uint8)
VOLUME = Volume(GREY, (1e-8,) * 3)
PART = segment(VOLUME)


def measured(void: Any, level: Any) -> list[Measurement]:
    p = float(void.mean())
    return [Measurement("porosity", p, "1", region="core"), Measurement("kind", "open", "")]


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("draw", [scan.slices, scan.histogram])
def test_previews_are_drawn(draw: Any, plain: bool, tmp_path: Any) -> None:
    shown: Any = preview(VOLUME, PART)
    if plain:
        shown = json.loads(json.dumps(shown.to_dict()))
    ax = Figure().subplots()
    with mpl.rc_context(style.RC):  # type: ignore[arg-type]
        assert draw(shown, ax) is ax
        ax.figure.savefig(tmp_path / "a.png")
    assert ax.has_data()


def test_slices_show_grey_and_segmented_planes() -> None:
    shown = preview(VOLUME, PART)
    ax = scan.slices(shown, Figure().subplots())
    assert len(ax.images) == 6
    assert len(ax.lines) == sum(len(s.walls) for s in shown.slices) + 1  # and the scale bar
    words = " ".join(t.get_text() for t in ax.texts)
    assert "100 nm" in words
    assert f"porosity {100 * PART.porosity:.1f} %" in words
    image = Volume(GREY[:, :, 3], None)
    assert len(scan.slices(preview(image, segment(image)), Figure().subplots()).images) == 2


def test_histogram_marks_thresholds_and_means() -> None:
    three = segment(VOLUME, "multi-otsu")
    ax = scan.histogram(preview(VOLUME, three), Figure().subplots())
    at = sorted(float(line.get_xdata()[0]) for line in ax.lines)  # type: ignore[index]
    means = [c["mean"] for c in three.statistics["classes"]]
    np.testing.assert_allclose(at, sorted([*three.thresholds, *means]))
    field = Volume(FIELD.level, None, kind="level")
    empty = scan.histogram(preview(field, segment(field)), Figure().subplots())
    assert "no grey values" in empty.texts[0].get_text()


def test_influence_is_relative_to_the_value_chosen() -> None:
    study = threshold_influence(VOLUME, PART, measured)
    for given in (study, json.loads(json.dumps(study.to_dict()))):
        ax = scan.threshold_effect(given, Figure().subplots())
        line = next(x for x in ax.lines if str(x.get_label()).startswith("porosity, ±"))
        y = np.asarray(line.get_ydata(), float)
        assert y[len(y) // 2] == 1.0
        assert np.all(np.diff(y) > 0)
    none = scan.threshold_effect({"results": {}}, Figure().subplots())
    assert "no result" in none.texts[0].get_text()
