"""Synthetic micrographs whose mean chord, or thickness, is known: to verify the methods and to try them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from percola.measure.phantoms import gaussian_field

Grey = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class SyntheticPicture:
    """A picture and what is true of it.

    Attributes:
        grey: 8-bit grey values, shape (rows, columns), as files hold them.
        pixel_m: edge of a pixel [m].
        mean_void_chord_m: of the structure (no edge of a picture) [m]; NaN for a section of a membrane.
        porosity: of the structure.
        thickness_m: of the membrane; NaN for a picture of pores alone.
    """

    grey: Grey
    pixel_m: float
    mean_void_chord_m: float
    porosity: float
    thickness_m: float

    def write(self, path: str | Path) -> Path:
        """As a TIFF with the pixel size in its resolution tags."""
        import tifffile

        per_cm = 0.01 / self.pixel_m
        tifffile.imwrite(Path(path), self.grey, resolution=(per_cm, per_cm), resolutionunit="CENTIMETER")
        return Path(path)


def micrograph(
    field_m: float = 16e-6,
    pixels: int = 768,
    mean_chord_m: float = 0.35e-6,
    porosity: float = 0.55,
    blur_pixels: float = 1.0,
    noise: float = 10.0,
    shading: float = 8.0,
    bar_rows: int = 0,
    seed: int = 0,
) -> SyntheticPicture:
    """A section through a bicontinuous structure as a microscope shows it: blur, noise, shading, a legend strip.

    The structure is the Gaussian random field of `percola.measure.phantoms.gaussian_field`, whose mean chord is known
    by Cauchy's formula 4 phi/S_V; voids are dark (60), polymer bright (180).

    Args:
        field_m: edge of the picture [m]; pixels: along it.
        mean_chord_m: mean void chord wanted [m]; that of the structure made is in the result.
        porosity: of the structure.
        blur_pixels: standard deviation of the beam [pixel]; noise: of a pixel [grey]; shading: across the picture [grey].
        bar_rows: height of a black strip with white text marks below the picture.
        seed: of structure and noise.
    """
    from scipy.ndimage import gaussian_filter

    pixel = field_m / pixels
    # The chord is proportional to the wavelength: one small field gives the factor.
    trial = gaussian_field((32, 32, 32), 16.0, porosity, seed=1)
    wavelength = 16.0 * (mean_chord_m / pixel) / (trial.known["mean_void_chord_m"] / trial.spacing_m)
    depth = max(16, 2 * int(np.ceil(wavelength)))
    phantom = gaussian_field((pixels, pixels, depth), wavelength, porosity, seed=seed, spacing_m=pixel)
    void = phantom.void[:, :, depth // 2]
    rng = np.random.default_rng(seed)
    grey = np.where(void, 60.0, 180.0)
    grey = gaussian_filter(grey, blur_pixels, mode="wrap") if blur_pixels else grey
    ramp = np.linspace(-0.5, 0.5, pixels)
    grey = grey + shading * (ramp[:, None] + ramp[None, :]) + noise * rng.standard_normal(grey.shape)
    picture = np.clip(np.rint(grey), 0, 255).astype(np.uint8).T
    if bar_rows:
        strip = np.zeros((bar_rows, pixels), np.uint8)
        third = max(bar_rows // 3, 1)
        strip[third : 2 * third, pixels // 20 : pixels // 8 : 3] = 255
        picture = np.vstack([picture, strip])
    return SyntheticPicture(
        picture, pixel, float(phantom.known["mean_void_chord_m"]), float(void.mean()), float("nan")
    )


def membrane_section(
    thickness_m: float = 87e-6,
    pixel_m: float = 0.2e-6,
    rows: int = 640,
    columns: int = 900,
    tilt_degrees: float = 2.0,
    roughness_m: float = 0.6e-6,
    noise: float = 8.0,
    background: float = 30.0,
    seed: int = 0,
) -> SyntheticPicture:
    """A membrane that lies across a picture between two dark backgrounds, askew, rough and porous.

    ``roughness_m`` is the standard deviation of each edge about its line, with waves of some 30 pixels.
    """
    from scipy.ndimage import gaussian_filter, gaussian_filter1d

    rng = np.random.default_rng(seed)
    x = np.arange(columns) - (columns - 1) / 2
    tilt = np.deg2rad(tilt_degrees)
    half = thickness_m / pixel_m / 2 / np.cos(tilt)
    edges = []
    for sign in (-1.0, 1.0):
        rough = gaussian_filter1d(rng.standard_normal(columns), 8.0, mode="wrap")
        rough *= roughness_m / pixel_m / max(float(rough.std()), 1e-12)
        edges.append((rows - 1) / 2 + sign * half + x * np.tan(tilt) + rough - rough.mean())
    y = np.arange(rows)[:, None]
    inside = np.clip(y - edges[0] + 0.5, 0, 1) * np.clip(edges[1] - y + 0.5, 0, 1)
    texture = gaussian_filter(rng.standard_normal((rows, columns)), 1.5)
    texture /= float(texture.std())
    grey = background + inside * (120.0 + 40.0 * texture) + noise * rng.standard_normal((rows, columns))
    picture = np.clip(np.rint(grey), 0, 255).astype(np.uint8)
    return SyntheticPicture(picture, pixel_m, float("nan"), float("nan"), thickness_m)
