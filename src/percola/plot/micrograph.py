"""Pictures of a voxel structure as a scanning electron microscope would show it: grey relief, bright edges,
dark pores.

The structure is looked at straight down an axis; the first polymer met along each line of sight is drawn.
Brightness
follows what makes the contrast of secondary electrons: the yield grows as a surface tilts away (about as
    1/cos of the
tilt), edges and tips shine because electrons leave them on more than one side, and hollows stay dark because
few get out (Reimer, Scanning Electron Microscopy, 2nd ed., ch. 4 and 6). It is a drawing after these rules,
not a simulation of electron transport."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatImage = NDArray[np.float32]


@dataclass(frozen=True)
class Micrograph:
    """A computed micrograph.

    Attributes:
        grey: brightness 0..1, rows from the top of the picture, shape (height, width).
        pixel_m: edge of a pixel [m].
        depth_m: depth of the first polymer below the highest point [m]; infinite where none is met.
        title: what is shown.
    """

    grey: FloatImage
    pixel_m: float
    depth_m: FloatImage
    title: str = ""

    @property
    def width_m(self) -> float:
        """Width of the picture [m]."""
        return self.grey.shape[1] * self.pixel_m


def _cubic_rows(n: int, zoom: int, wrap: bool) -> FloatImage:
    """Matrix (n*zoom, n) of Catmull-Rom interpolation from n samples to n*zoom pixels, wrapping or clamped at
    the ends."""
    x = (np.arange(n * zoom) + 0.5) / zoom - 0.5
    base = np.floor(x).astype(int)
    t = (x - base).astype(np.float32)
    weights = (
        -0.5 * t**3 + t**2 - 0.5 * t,
        1.5 * t**3 - 2.5 * t**2 + 1.0,
        -1.5 * t**3 + 2.0 * t**2 + 0.5 * t,
        0.5 * t**3 - 0.5 * t**2,
    )
    out = np.zeros((n * zoom, n), np.float32)
    rows = np.arange(n * zoom)
    for offset, weight in enumerate(weights):
        column = base - 1 + offset
        column = column % n if wrap else np.clip(column, 0, n - 1)
        np.add.at(out, (rows, column), weight)
    return out


def _first_polymer(level: FloatImage, zoom: int, wrap: tuple[bool, bool]) -> FloatImage:
    """Depth [voxels] of the first zero crossing from void to polymer along the last axis for each pixel; inf
    if none."""
    u, v = (_cubic_rows(level.shape[i], zoom, wrap[i]) for i in range(2))
    planes = np.ascontiguousarray(np.moveaxis(level, 2, 0))
    above = u @ planes[0] @ v.T
    depth = np.where(above >= 0, np.float32(0), np.float32(np.inf))
    searching = np.flatnonzero(above < 0)  # pixels that have met nothing yet
    above = above.ravel()[searching]
    flat = depth.ravel()
    for k in range(1, len(planes)):
        here = (u @ planes[k] @ v.T).ravel()[searching]
        hit = here >= 0
        flat[searching[hit]] = k - 1 + above[hit] / (above[hit] - here[hit])
        searching, above = searching[~hit], here[~hit]
        if not searching.size:
            break
    return depth


def drawable(level: NDArray[np.floating], smooth_voxels: float = 0.9) -> FloatImage:
    """The level field for drawing: about the distance from the interface in voxels, cut at +-8, without voxel
    steps.

    A distance map counted on voxels makes terraces of every slope. Smoothing by ``smooth_voxels`` removes
    them; it moves a surface of curvature 1/R towards its centre by smooth^2/R voxels, less where features are
    small: structures finer than five voxels are smoothed half as much."""
    from scipy.ndimage import gaussian_filter

    field = np.asarray(level, np.float32)
    void = field < 0
    if void.all() or not void.any():
        return np.clip(field, -8, 8)
    far = np.clip(field / _steepness(field), -8, 8)
    sigma = smooth_voxels if feature_voxels(void) > 5 else 0.5 * smooth_voxels
    near = gaussian_filter(np.clip(far, -2.5, 2.5), sigma, mode="nearest")
    near /= _steepness(near)
    # Away from the interface the field grows on (lightly smoothed too), so that rounding has room; no step
    # between.
    share = np.clip((np.abs(far) - 1.0) / 2.0, 0, 1)
    return (share * gaussian_filter(far, sigma, mode="nearest") + (1 - share) * near).astype(np.float32)


def _steepness(field: FloatImage) -> float:
    """Median slope of a field at its zero [1/voxel]."""
    grad = np.gradient(field)
    steep = np.sqrt(grad[0] ** 2 + grad[1] ** 2 + grad[2] ** 2)
    near = np.abs(field) < 0.75 * np.maximum(steep, 1e-12)
    return max(float(np.median(steep[near])), 1e-12) if near.any() else 1.0


def _smooth_noise(shape: tuple[int, int], wavelength: float, rng: np.random.Generator) -> FloatImage:
    """A periodic random field of unit standard deviation without detail finer than the wavelength
    [pixels]."""
    spectrum = np.fft.rfft2(rng.standard_normal(shape))
    k = np.hypot(np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1])[None, :])
    spectrum *= np.exp(-((k * wavelength) ** 2))
    spectrum[0, 0] = 0
    noise = np.fft.irfft2(spectrum, s=shape, axes=(0, 1))
    return (noise / max(float(noise.std()), 1e-12)).astype(np.float32)


def _rounded_minimum(a: FloatImage, b: FloatImage, radius: float) -> FloatImage:
    """Minimum of two fields whose crease is rounded over ``radius``."""
    h = np.clip(0.5 + 0.5 * (b - a) / radius, 0, 1)
    return (b + (a - b) * h - radius * h * (1 - h)).astype(np.float32)


def feature_voxels(void: NDArray[np.bool_]) -> float:
    """Mean length of what a line along any axis meets, void or polymer, in voxels: the scale of a structure.

    At most a quarter of the box: there may be no wall at all.
    """
    crossings = sum(int(np.count_nonzero(np.diff(void, axis=ax))) for ax in range(void.ndim))
    return min(void.ndim * void.size / max(crossings, 1), min(void.shape) / 4)


def micrograph(
    level: NDArray[np.floating],
    spacing_m: float,
    view: str = "section",
    periodic: tuple[bool, bool, bool] = (True, True, False),
    width_pixels: int = 720,
    seed: int = 1,
    title: str = "",
    prepared: bool = False,
) -> Micrograph:
    """The structure as seen on a broken section or on one of its surfaces.

    Args: level: field (nx, ny, nz), polymer where >= 0, its zero the interface; any scale. spacing_m: edge of
        a voxel [m]. view: "section" looks along x on the wall broken across (z upwards); "outer" looks down
        on the face z = 0,
            "inner" on the face z = nz.
        periodic: which axes wrap, for interpolation to the edge.
        width_pixels: least width of the picture [pixels]; whole pixels a voxel.
        seed: of the roughness of the break and the grain of the picture.
        title: written under the picture.
        prepared: whether ``level`` has been through `drawable` already.

    Limitation (convenience): the break is a gently wavy sheet with rounded edges, so that it looks like a
    frozen and broken section; it does not follow the fracture mechanics. Nothing below the voxel size is
    shown or invented."""
    rng = np.random.default_rng(seed)
    field = np.asarray(level, np.float32) if prepared else drawable(level)
    size = feature_voxels(field < 0)
    if view == "section":
        stack = np.transpose(field, (2, 1, 0))[::-1]  # rows: z upwards, columns: y, sight: x
        wrap = (periodic[2], periodic[1])
        wave, radius = 0.45 * size, 0.55 * size
    else:
        stack = np.transpose(field, (1, 0, 2))[::-1]  # rows: y upwards, columns: x, sight: z
        if view == "inner":
            stack = stack[:, :, ::-1]
        wrap = (periodic[1], periodic[0])
        wave, radius = 0.12 * size, 0.35 * size
    cut = _smooth_noise((stack.shape[0], stack.shape[1]), 2.2 * size, rng) * wave
    cut = cut - cut.min() + 0.5
    # Deeper than seven features nothing shines any more.
    stack = stack[:, :, : max(8, int(7 * size + cut.max()))]
    to_cut = np.arange(stack.shape[2], dtype=np.float32)[None, None, :] - cut[:, :, None]
    stack = _rounded_minimum(stack, np.clip(to_cut, -8, 8), max(radius, 1.0))
    zoom = max(1, round(width_pixels / stack.shape[1]))
    depth = _first_polymer(np.ascontiguousarray(stack), zoom, wrap)
    grey = _shade(depth * zoom, size * zoom, rng)
    found = np.isfinite(depth)
    top = float(depth[found].min()) if found.any() else 0.0
    return Micrograph(grey, spacing_m / zoom, ((depth - top) * spacing_m).astype(np.float32), title)


def oblique(
    level: NDArray[np.floating],
    spacing_m: float,
    azimuth_deg: float = -38.0,
    elevation_deg: float = 26.0,
    width_pixels: int = 640,
    title: str = "",
    prepared: bool = False,
) -> Micrograph:
    """The whole box seen from a corner above, parallel projection, on white: the still picture of the turning
    view.

    Args:
        level: field (nx, ny, nz), polymer where >= 0.
        spacing_m: edge of a voxel [m].
        azimuth_deg: direction of sight about z [degree].
        elevation_deg: height of the eye above the horizon [degree].
        width_pixels: about the width of the picture [pixels].
        title: written under the picture.
        prepared: whether ``level`` has been through `drawable` already.
    """
    from scipy.ndimage import affine_transform

    field = np.asarray(level, np.float32) if prepared else drawable(level)
    size = feature_voxels(field < 0)
    az, el = np.radians(azimuth_deg), np.radians(elevation_deg)
    right = np.array([np.cos(az), np.sin(az), 0.0])
    sight = np.array(
        [-np.sin(az) * np.cos(el), np.cos(az) * np.cos(el), -np.sin(el)]
    )  # from the eye into the box
    up = np.cross(right, sight)
    matrix = np.array([-up, right, sight]).T  # rows of the picture run downwards
    shape = tuple(int(2 * h) + 6 for h in np.abs(matrix.T) @ (np.array(field.shape) / 2))
    offset = np.array(field.shape) / 2 - 0.5 - matrix @ (np.array(shape) / 2 - 0.5)
    turned = affine_transform(
        field, matrix, offset, output_shape=shape, order=1, mode="nearest", prefilter=False
    )
    # The cut faces are exact planes, not what interpolation to the outside would leave of them.
    places = [np.arange(n, dtype=np.float32) for n in shape]
    for i, n in enumerate(field.shape):
        along = (
            np.float32(offset[i])
            + np.float32(matrix[i, 0]) * places[0][:, None, None]
            + np.float32(matrix[i, 1]) * places[1][None, :, None]
            + np.float32(matrix[i, 2]) * places[2][None, None, :]
        )
        # Creases are rounded over a voxel and a half: sharper ones would break into steps on this grid.
        turned = _rounded_minimum(turned, np.minimum((n / 2) - np.abs(along - (n - 1) / 2), 8.0), 1.5)
    zoom = max(1, round(width_pixels / turned.shape[1]))
    depth = _first_polymer(turned, zoom, (False, False))
    grey = _shade(depth * zoom, size * zoom, np.random.default_rng(0), deep=40.0)
    grey[~np.isfinite(depth)] = 1.0
    return Micrograph(grey, spacing_m / zoom, (depth * spacing_m).astype(np.float32), title)


def _blurred(image: FloatImage, sigma: float) -> FloatImage:
    """Gaussian blur; a wide one is done on every fourth pixel, where its result has no detail to lose."""
    from scipy.ndimage import gaussian_filter, zoom

    if sigma < 12:
        return gaussian_filter(image, sigma, mode="reflect")
    h, w = image.shape
    small = image[: h - h % 4, : w - w % 4].reshape(h // 4, 4, w // 4, 4).mean(axis=(1, 3))
    small = gaussian_filter(small, sigma / 4, mode="reflect")
    return zoom(small, (h / small.shape[0], w / small.shape[1]), order=1, mode="nearest", grid_mode=True)


def _shade(depth: FloatImage, feature: float, rng: np.random.Generator, deep: float = 3.5) -> FloatImage:
    """Brightness from a depth map, both in pixels; ``feature`` is the size of struts and pores, and ``deep``
    the depth, in features, at which brightness has fallen to 1/e."""
    found = np.isfinite(depth)
    if not found.any():
        return np.full(depth.shape, 0.04, np.float32)
    far = float(depth[found].max())
    z = _blurred(np.where(found, depth, far + feature).astype(np.float32), 0.6)
    gy, gx = np.gradient(z)
    slope2 = gx * gx + gy * gy
    # A step from one strut to another behind it is no slope of a surface: it gets a rim, not a tilt.
    step = 1.0 / (1.0 + (slope2 / 16.0) ** 2)
    cosine = 1.0 / np.sqrt(1.0 + np.minimum(slope2, 9.0))
    tilt = 0.34 + 0.46 * (np.minimum(1.0 / cosine, 2.4) - 1.0) * (0.35 + 0.65 * step)
    # The detector sits at the upper left: faces turned to it are a little brighter.
    side = 0.26 * (gx * 0.6 + gy * 0.8) * cosine * step
    # Hollows hold their electrons back, tips and edges let them out: depth against its surroundings, two
    # scales.
    hollow = np.zeros_like(z)
    for scale, weight in ((0.35, 0.5), (1.0, 0.5)):
        hollow += weight * (z - _blurred(z, scale * feature)) / (scale * feature)
    open_sky = np.exp(-1.2 * np.maximum(hollow, 0)) * (1.0 + 0.6 * np.minimum(np.maximum(-hollow, 0), 1.2))
    into = np.exp(-np.maximum(z - float(np.quantile(z[::4, ::4], 0.05)), 0) / (deep * feature))
    # A bright rim where a near strut ends against a far one.
    rim = np.maximum(_blurred(z, max(0.09 * feature, 0.8)) - z, 0) / (0.12 * feature)
    grey = (tilt + side) * open_sky * (0.2 + 0.8 * into) + 0.22 * np.minimum(rim, 1.2) * (0.3 + 0.7 * into)
    grey = _blurred(np.where(found, grey, 0.25 * grey).astype(np.float32), 0.8)
    low, high = np.quantile(grey[::4, ::4], [0.005, 0.995])
    grey = np.clip((grey - low) / max(float(high - low), 1e-6), 0, 1) ** 0.8
    grey = 0.03 + 0.95 * grey
    # Shot noise of the beam: as the root of the signal.
    grey = grey + rng.standard_normal(grey.shape).astype(np.float32) * 0.03 * np.sqrt(np.maximum(grey, 0.05))
    return np.clip(grey, 0, 1).astype(np.float32)
