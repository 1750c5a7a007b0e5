"""What a person looks at before trusting a segmentation: slices with the wall drawn on them, and the histogram."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from percola.scan import _segmentation as passes
from percola.scan._segmentation import Segmentation
from percola.scan.volume import Volume


def _packed(values: NDArray[np.uint8]) -> dict[str, Any]:
    """Bytes of an array as text, small enough for a JSON file."""
    return {
        "shape": list(values.shape),
        "zlib": base64.b64encode(zlib.compress(values.tobytes(), 9)).decode("ascii"),
    }


def _unpacked(data: Mapping[str, Any]) -> NDArray[np.uint8]:
    raw = zlib.decompress(base64.b64decode(data["zlib"]))
    return np.frombuffer(raw, np.uint8).reshape(data["shape"])


@dataclass(frozen=True)
class Slice:
    """One plane of a scan beside its segmentation.

    Attributes:
        axes: names of the two axes of the plane, first to the right.
        at: where the plane lies on the third axis, as "z = 12".
        grey: values, (n1, n2).
        void: True in voids, same shape.
        walls: lines along the wall, each (points, 2), in voxels from the corner of the plane.
        step: every how many-th voxel is shown.
        size: of the plane in voxels.
    """

    axes: tuple[str, str]
    at: str
    grey: NDArray[Any]
    void: NDArray[np.bool_]
    walls: tuple[NDArray[np.float64], ...]
    step: int
    size: tuple[int, int]


@dataclass(frozen=True)
class Preview:
    """Slices and histogram of a segmented volume.

    Attributes:
        slices: planes through the centre, three of a volume, one of an image.
        grey_range: values shown black and white.
        edges, counts: the histogram in bins for the eye; empty for level fields.
        thresholds: grey values at which classes part.
        class_means: mean grey value of each class.
        class_void: which of the classes is void.
        peaks: grey values of the two peaks, or empty.
        spacing_m: edge of a voxel along each axis, or None.
        porosity: of the segmentation.
        title: source and method in words.
        warnings: messages of the checks that did not pass.
    """

    slices: tuple[Slice, ...]
    grey_range: tuple[float, float]
    edges: NDArray[np.float64]
    counts: NDArray[np.int64]
    thresholds: tuple[float, ...]
    class_means: tuple[float | None, ...]
    class_void: tuple[bool, ...]
    peaks: tuple[float, ...]
    spacing_m: tuple[float, ...] | None
    porosity: float
    title: str
    warnings: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; grey values become 256 shades of the range shown."""
        low, high = self.grey_range
        return {
            "slices": [
                {
                    "axes": list(s.axes),
                    "at": s.at,
                    "grey": _packed(
                        np.clip((s.grey.astype(float) - low) / (high - low) * 255, 0, 255)
                        .round()
                        .astype(np.uint8)
                    ),
                    "void": _packed(s.void.astype(np.uint8)),
                    "walls": [np.round(w, 1).tolist() for w in s.walls],
                    "step": s.step,
                    "size": list(s.size),
                }
                for s in self.slices
            ],
            "grey_range": [low, high],
            "edges": self.edges.tolist(),
            "counts": self.counts.tolist(),
            "thresholds": list(self.thresholds),
            "class_means": list(self.class_means),
            "class_void": list(self.class_void),
            "peaks": list(self.peaks),
            "spacing_m": None if self.spacing_m is None else list(self.spacing_m),
            "porosity": self.porosity,
            "title": self.title,
            "warnings": list(self.warnings),
        }

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Preview:
        """The inverse of :meth:`to_dict`, but for the rounding of grey values."""
        low, high = data["grey_range"]
        return Preview(
            slices=tuple(
                Slice(
                    axes=(s["axes"][0], s["axes"][1]),
                    at=s["at"],
                    grey=low + _unpacked(s["grey"]) * ((high - low) / 255),
                    void=_unpacked(s["void"]).astype(bool),
                    walls=tuple(np.array(w, float).reshape(-1, 2) for w in s["walls"]),
                    step=int(s["step"]),
                    size=(s["size"][0], s["size"][1]),
                )
                for s in data["slices"]
            ),
            grey_range=(low, high),
            edges=np.array(data["edges"], float),
            counts=np.array(data["counts"], np.int64),
            thresholds=tuple(data["thresholds"]),
            class_means=tuple(data["class_means"]),
            class_void=tuple(data["class_void"]),
            peaks=tuple(data["peaks"]),
            spacing_m=None if data["spacing_m"] is None else tuple(data["spacing_m"]),
            porosity=data["porosity"],
            title=data["title"],
            warnings=tuple(data["warnings"]),
        )


def preview(
    volume: Volume,
    segmentation: Segmentation,
    *,
    at: tuple[int, int, int] | None = None,
    pixels: int = 320,
    bins: int = 256,
) -> Preview:
    """Three orthogonal slices of a volume with the wall of its segmentation, and its histogram.

    Args:
        volume: as segmented; only the three planes are read.
        segmentation: of that volume.
        at: voxel through which the planes go; the centre by default.
        pixels: longest side shown; larger planes show every second, third, ... voxel.
        bins: of the histogram at most.

    The wall is the zero of the level field, or runs between voxels where there is none (marching squares; Lorensen
    and Cline 1987).
    """
    from skimage.measure import find_contours

    values = passes.three_axes(volume)
    shape = tuple(int(n) for n in values.shape)
    place = at if at is not None else tuple(n // 2 for n in shape)
    normals = [ax for ax in (2, 1, 0) if all(shape[i] > 1 for i in range(3) if i != ax)]
    if 1 in shape:
        normals = normals[:1] or [2]
    slices = []
    for normal in normals:
        cut: list[Any] = [slice(None)] * 3
        cut[normal] = int(place[normal])
        first, second = (i for i in range(3) if i != normal)
        grey = np.asarray(values[tuple(cut)])
        void = segmentation.void[tuple(cut)]
        field = np.where(void, -0.5, 0.5) if segmentation.level is None else segmentation.level[tuple(cut)]
        step = max(1, -(-max(grey.shape) // pixels))
        grey, void, field = grey[::step, ::step], void[::step, ::step], field[::step, ::step]
        lines = find_contours(field.astype(float), 0.0) if min(field.shape) > 1 else []
        slices.append(
            Slice(
                axes=("xyz"[first], "xyz"[second]),
                at=f"{'xyz'[normal]} = {place[normal]}" if shape[normal] > 1 else "",
                grey=grey,
                void=void,
                walls=tuple((line + 0.5) * step for line in lines),
                step=step,
                size=(shape[first], shape[second]),
            )
        )
    h = segmentation.histogram
    if h is not None:
        edges, counts = h.binned(bins)
        shown = (h.quantile(0.002), h.quantile(0.998))
    else:
        edges, counts = np.empty(0), np.empty(0, np.int64)
        both = [float(np.abs(s.grey).max()) for s in slices]
        shown = (-max(both), max(both))
    if shown[1] <= shown[0]:
        shown = (shown[0] - 0.5, shown[0] + 0.5)
    classes = segmentation.statistics.get("classes", ())
    peaks = segmentation.statistics.get("peaks") or ()
    return Preview(
        slices=tuple(slices),
        grey_range=shown,
        edges=edges,
        counts=counts,
        thresholds=segmentation.thresholds,
        class_means=tuple(c["mean"] for c in classes),
        class_void=_class_void(segmentation, len(classes)),
        peaks=tuple(peaks),
        spacing_m=volume.spacing_m,
        porosity=segmentation.porosity,
        title=f"{volume.source or 'volume'}, {segmentation.method}",
        warnings=tuple(c.message for c in segmentation.checks if c.status != "pass"),
    )


def _class_void(segmentation: Segmentation, classes: int) -> tuple[bool, ...]:
    """Which classes are void; with hysteresis the middle one is void where it touches the certain voids."""
    chosen = set(segmentation.void_classes)
    if segmentation.method == "hysteresis":
        chosen |= {1}
    return tuple(i in chosen for i in range(classes))
