"""Computed micrographs: geometry exact, contrast as secondary electrons give it, scale bar right."""

from __future__ import annotations

import numpy as np
import pytest

from percola.plot.micrograph import _first_polymer, feature_voxels, micrograph, oblique
from percola.plot.structure import labelled
from percola.plot.style import round_length


def ball(n: int, radius: float) -> np.ndarray:
    """Distance to a ball in the middle of a box, positive inside [voxels]."""
    x = np.arange(n) + 0.5 - n / 2
    r = np.sqrt(x[:, None, None] ** 2 + x[None, :, None] ** 2 + x[None, None, :] ** 2)
    return (radius - r).astype(np.float32)


def test_depth_of_a_ball_is_that_of_a_sphere() -> None:
    n, radius, zoom = 32, 10.0, 4
    depth = _first_polymer(ball(n, radius), zoom, (False, False))
    x = (np.arange(n * zoom) + 0.5) / zoom - n / 2
    rho2 = x[:, None] ** 2 + x[None, :] ** 2
    inside = rho2 < (0.9 * radius) ** 2
    exact = n / 2 - 0.5 - np.sqrt(np.maximum(radius**2 - rho2, 0))
    # Linear interpolation of a curved field along the line of sight: error below h^2/(8 R) x slope, 0.05
    # voxel.
    assert np.abs(depth[inside] - exact[inside]).max() < 0.05
    assert np.isinf(depth[rho2 > (1.05 * radius) ** 2]).all()


def test_contrast_follows_tilt_and_depth() -> None:
    picture = micrograph(ball(48, 18.0) + 0.0, 1e-8, "outer", (False, False, False), 480)
    centre = picture.grey.shape[0] // 2
    top = picture.grey[centre - 20 : centre + 20, centre - 20 : centre + 20].mean()
    rim = picture.grey[centre - 20 : centre + 20].mean(axis=0).max()
    beside = picture.grey[:40, :40].mean()
    assert rim > 1.2 * top  # bright edge, grey top
    assert top > 2 * beside  # dark void
    assert picture.grey.min() >= 0
    assert picture.grey.max() <= 1


def test_pores_are_dark() -> None:
    """A plate with a round hole through it: the hole is the darkest part."""
    level = -ball(40, 9.0)[:, :, 20:21].repeat(40, axis=2)
    picture = micrograph(level, 1e-8, "outer", (True, True, False), 400)
    c = picture.grey.shape[0] // 2
    assert picture.grey[c - 30 : c + 30, c - 30 : c + 30].mean() < 0.5 * picture.grey[:60, :60].mean()


@pytest.mark.parametrize("view", ["section", "outer", "inner"])
def test_picture_keeps_the_size_of_the_face(view: str) -> None:
    level = np.random.default_rng(0).standard_normal((24, 32, 40)).astype(np.float32)
    picture = micrograph(level, 2e-8, view, (True, True, False), 200)
    # Section: y across, z up; surfaces: x across, y up.
    across, up = (32, 40) if view == "section" else (24, 32)
    assert picture.width_m == pytest.approx(across * 2e-8)
    assert picture.grey.shape[0] * picture.pixel_m == pytest.approx(up * 2e-8)
    assert picture.grey.shape[1] >= 160


def test_surfaces_are_looked_at_from_outside() -> None:
    """Polymer in the lower half only: the outer view (from z = 0) meets it at once, the inner one sees it
    deep down."""
    level = np.ones((20, 20, 20), np.float32)
    level[:, :, 10:] = -1
    level[:, :, 0] = 1
    outer = micrograph(level, 1.0, "outer", (True, True, False), 100)
    inner = micrograph(level, 1.0, "inner", (True, True, False), 100)
    assert np.isfinite(outer.depth_m).all()
    assert np.isfinite(inner.depth_m).all()
    holes = level.copy()
    holes[5:15, 5:15, :10] = -1
    assert np.isinf(micrograph(holes, 1.0, "outer", (True, True, False), 100).depth_m).any()


def test_void_everywhere_is_a_dark_picture_and_polymer_everywhere_a_grey_one() -> None:
    dark = micrograph(-np.ones((16, 16, 16)), 1e-8, "section")
    assert dark.grey.max() < 0.1
    grey = micrograph(np.ones((16, 16, 16)), 1e-8, "outer")
    assert np.isfinite(grey.depth_m).all()


def test_same_seed_same_picture() -> None:
    level = np.random.default_rng(1).standard_normal((16, 16, 16)).astype(np.float32)
    a, b, c = (micrograph(level, 1e-8, width_pixels=64, seed=s).grey for s in (1, 1, 2))
    np.testing.assert_array_equal(a, b)
    assert not np.array_equal(a, c)


def test_oblique_shows_the_whole_box() -> None:
    """A full box in parallel projection covers the area of its three visible faces."""
    n = 48
    picture = oblique(8 * np.ones((n, n, n)), 1e-8, -38.0, 26.0, 400)
    az, el = np.radians(38.0), np.radians(26.0)
    area = n * n * (np.sin(el) + np.cos(el) * (np.sin(az) + np.cos(az)))
    seen = float(np.isfinite(picture.depth_m).sum()) * (picture.pixel_m / 1e-8) ** 2
    # Edges are rounded over a voxel and a half: the silhouette loses about 0.8 voxel of 48 across, 3.3 %;
    # never gains.
    assert 0.95 * area < seen <= 1.001 * area
    assert (picture.grey[~np.isfinite(picture.depth_m)] == 1).all()


def test_feature_of_layers() -> None:
    void = (np.arange(128) // 8 % 2 == 0)[:, None, None] & np.ones((128, 128, 128), bool)
    # One axis crosses a wall every 8 voxels, two never: the mean over directions is 3 x 8 (15 walls in 16
    # layers).
    assert feature_voxels(void) == pytest.approx(24, rel=0.1)
    assert feature_voxels(np.ones((16, 20, 24), bool)) == 4


@pytest.mark.parametrize(
    ("length", "value", "words"),
    [(0.63e-6, 5e-7, "500 nm"), (1e-6, 1e-6, "1 µm"), (4.9e-6, 2e-6, "2 µm"), (52e-9, 50e-9, "50 nm")],
)
def test_scale_bar_is_a_round_length(length: float, value: float, words: str) -> None:
    found, said = round_length(length)
    assert found == pytest.approx(value)
    assert said == words


def test_scale_bar_has_its_length_in_pixels() -> None:
    picture = micrograph(np.random.default_rng(2).standard_normal((20, 20, 20)), 5e-8, width_pixels=600)
    strip = labelled(picture)[picture.grey.shape[0] :]
    rows = strip > 0.95
    longest = max(int(np.flatnonzero(row).size) for row in rows)
    length, _ = round_length(picture.width_m / 4)
    # Antialiasing takes or gives a pixel at either end.
    assert longest == pytest.approx(length / picture.pixel_m, abs=3)
