"""Pictures of microscopes on the bench: read, scaled, without the strip of the microscope."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from percola.errors import InputError
from percola.scan.prepare import prepare
from percola.scan.read import read_volume
from percola.scan.volume import Volume


def read_picture(path: Path, settings: Mapping[str, Any], denoise: str | None = None) -> Volume:
    """A micrograph with square pixels of known size, its legend strip cut off.

    Args: path: file. settings: ``pixel``, ``bar``, ``bar_pixels``, ``info_bar``. denoise: smoothing, or None.

    Raises:
        InputError: no picture, no scale, or pixels that are not square.
    """
    volume = read_volume(path, spacing_m=_pixel(settings))
    if volume.ndim != 2 and min(volume.shape) != 1:
        raise InputError(
            str(path), f"a volume of {volume.shape} voxels", "a picture", "use percola measure for volumes"
        )
    bar = settings["info_bar"]
    info: str | int | None = {"auto": "auto", "none": None}.get(bar, bar)
    if isinstance(info, str) and info != "auto":
        if not info.isdigit():
            raise InputError(
                "--info-bar", repr(bar), "auto, none or a number of rows", "such as --info-bar 64"
            )
        info = int(info)
    whole = prepare(volume, info_bar=info, denoise=denoise)
    if whole.spacing_m is None:
        raise InputError(
            str(path),
            "the file does not say how large a pixel is",
            "the edge of a pixel, or a scale bar",
            "give --pixel 10nm, or --bar 5um with --bar-pixels 250",
        )
    if abs(whole.spacing_m[0] / whole.spacing_m[1] - 1) > 1e-3:
        raise InputError(str(path), "pixels that are not square", "square pixels", "resample it first")
    return whole


def _pixel(settings: Mapping[str, Any]) -> float | None:
    bar, pixels = settings["bar"], settings["bar_pixels"]
    if (bar is None) != (pixels is None):
        raise InputError(
            "--bar, --bar-pixels",
            "one of them",
            "both: the length of the bar and its pixels",
            "--bar 5um --bar-pixels 250",
        )
    if bar is not None:
        if settings["pixel"] is not None:
            raise InputError("--pixel", "given beside --bar", "one of the two", "leave one out")
        return float(bar) / float(pixels)
    return None if settings["pixel"] is None else float(settings["pixel"])


def eight_bit(grey: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Grey values for showing: from 0.5 to 99.5 % of them on 0 to 255."""
    low, high = (float(v) for v in np.percentile(grey, (0.5, 99.5)))
    return np.clip((grey.astype(float) - low) / max(high - low, 1e-12) * 255, 0, 255).astype(np.uint8)
