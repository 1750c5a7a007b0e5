"""The edges of a membrane in a picture of its section."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter
from skimage.filters import threshold_otsu

Floats = npt.NDArray[np.float64]
SMOOTHING = 0.01
"""Standard deviation of the smoothing over the width of the membrane's picture: pores are to vanish, edges to stay."""
CRITERIA = (0.35, 0.5, 0.65)
"""Places between the two greys at which the edge is read: the middle one counts, the others give its uncertainty."""


@dataclass(frozen=True)
class Section:
    """What was read, in pixels.

    Attributes:
        places: position along the membrane of each reading.
        first, last: the two edges there, across the membrane.
        thickness: of each reading, perpendicular to the membrane.
        by_criterion: mean thickness at each of :data:`CRITERIA`.
        tilt_rad: of the membrane against the picture.
        contrast: between membrane and background, over the noise of the smoothed background.
        across: 0 or 1, the axis of the picture through the membrane.
        smoothing: standard deviation of the smoothing.
    """

    places: Floats
    first: Floats
    last: Floats
    thickness: Floats
    by_criterion: Floats
    tilt_rad: float
    contrast: float
    across: int
    smoothing: float


def find_section(grey: Floats, places: int, bright: bool = True, across: int | None = None) -> Section | str:
    """The thickness of the membrane at evenly spaced places, or in words why it cannot be read.

    The picture is smoothed until pores vanish; at each place the two outermost crossings of the grey value midway
    between background and membrane (by Otsu's two classes) are its edges, between pixels by linear interpolation.
    A membrane that lies askew by the angle t reads 1/cos t thick; lines through both edges give t, and it is corrected.

    Args:
        grey: grey values, shape (x, y).
        places: number of readings.
        bright: whether the membrane is the brighter class.
        across: axis through the membrane; None: found out.

    Validity: background of one grey on both sides, membrane within the picture. A straight edge blurred alike on both
    sides is read without bias; rough surfaces are read as their mean over about two smoothing lengths.
    """
    image = np.asarray(grey, float) * (1.0 if bright else -1.0)
    # Edges of a picture: values go on as they are, so that a membrane that is cut is seen to be cut.
    smoothing = max(1.0, SMOOTHING * max(image.shape))
    smooth = gaussian_filter(image, smoothing, mode="nearest")
    level = float(threshold_otsu(smooth))
    low, high = float(np.median(smooth[smooth < level])), float(np.median(smooth[smooth >= level]))
    outside = smooth < level
    spread = float(np.std(smooth[smooth < (low + level) / 2])) or 1e-12
    contrast = (high - low) / spread
    if across is None:
        axes = [ax for ax in (0, 1) if _closed(outside, ax)]
        if not axes:
            return (
                "the membrane is not between two backgrounds in this picture: it reaches the edge of the picture, or the "
                "background is not darker (brighter with --membrane dark) than the membrane"
            )
        # Where both would do, the membrane goes on along the axis that holds more of it.
        across = max(axes, key=lambda ax: float((~outside).any(axis=ax).mean()))
    elif not _closed(outside, across):
        return "the membrane reaches the edge of the picture: its thickness is not in it"
    lines = np.moveaxis(smooth, across, 1)
    at = ((np.arange(places) + 0.5) * lines.shape[0] / places).astype(int)
    at = np.unique(at)
    edges = {c: np.array([_edges(lines[i], low + c * (high - low)) for i in at]) for c in CRITERIA}
    middle = edges[0.5]
    known = np.all(np.isfinite(np.concatenate([*edges.values()], axis=1)), axis=1)
    if known.sum() < 5:
        return f"both edges of the membrane are seen at {int(known.sum())} places; five are needed"
    at, middle = at[known], middle[known]
    slopes = [np.polyfit(at, middle[:, k], 1)[0] if len(at) > 2 else 0.0 for k in (0, 1)]
    tilt = math.atan(float(np.mean(slopes)))
    factor = math.cos(tilt)
    thickness = (middle[:, 1] - middle[:, 0]) * factor
    by = np.array([float(np.mean(edges[c][known][:, 1] - edges[c][known][:, 0])) * factor for c in CRITERIA])
    return Section(
        at.astype(float), middle[:, 0], middle[:, 1], thickness, by, tilt, contrast, across, smoothing
    )


def _closed(outside: npt.NDArray[np.bool_], axis: int) -> bool:
    """Whether background lies on both ends of an axis in nearly all lines, and membrane between."""
    lines = np.moveaxis(outside, axis, 1)
    inside = (~lines).any(axis=1)
    ends = lines[:, 0] & lines[:, -1]
    return bool((ends & inside).mean() > 0.9)


def _edges(line: Floats, level: float) -> tuple[float, float]:
    """The outermost crossings of a level from outside, in pixels; NaN where there is none."""
    above = np.flatnonzero(line >= level)
    if len(above) == 0 or above[0] == 0 or above[-1] == len(line) - 1:
        return math.nan, math.nan
    i, j = int(above[0]), int(above[-1])
    first = i - (line[i] - level) / (line[i] - line[i - 1])
    last = j + (line[j] - level) / (line[j] - line[j + 1])
    return float(first), float(last)
