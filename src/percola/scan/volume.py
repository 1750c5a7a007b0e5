"""`Volume`: what a file holds, before it is known which of it is void."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from percola.errors import InputError

Kind = Literal["grey", "binary", "labels", "level"]


class ArrayLike(Protocol):
    """What the values of a volume must offer: shape, type and slices, so that files larger than memory stay on disk."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def dtype(self) -> np.dtype[Any]: ...

    def __getitem__(self, key: Any, /) -> Any: ...


@dataclass(frozen=True)
class Volume:
    """Values on a regular grid, axes x, y, z (or x, y of an image), as read from a file.

    Attributes:
        values: the array, or something that is sliced like one (a memory map, a chunked array on disk).
        spacing_m: edge of a voxel along each axis [m]; None where the file does not say (never silently 1).
        spacing_source: where the spacing comes from, in words ("ImageJ metadata", "given", ...); "" without one.
        source: the file or folder read.
        format: in words, such as "TIFF stack, 8 bit".
        kind: "grey" (to be segmented), "binary" (two values), "labels" (a few whole numbers), "level" (a field
            that is below zero in voids, as Percola's own runs hold it).
        void: for "binary": the value that stands for void, where the file or its convention says so; None: unknown.
        periodic: whether each axis wraps, where the file says so; False otherwise.
        notes: what was done or assumed on reading, each a sentence for the person.
        metadata: what else the file says (instrument, detector, units), JSON-like.
    """

    values: NDArray[Any] | ArrayLike
    spacing_m: tuple[float, ...] | None
    spacing_source: str = ""
    source: str = ""
    format: str = ""
    kind: Kind = "grey"
    void: float | None = None
    periodic: tuple[bool, ...] = ()
    notes: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.values.shape) not in (2, 3) or 0 in self.values.shape:
            raise InputError(
                self.source or "values",
                f"an array of shape {self.values.shape}",
                "two or three axes, none empty",
            )
        if self.spacing_m is not None:
            if len(self.spacing_m) != self.ndim:
                raise InputError(
                    "spacing_m", f"{len(self.spacing_m)} numbers", f"one for each of the {self.ndim} axes"
                )
            if not all(math.isfinite(h) and h > 0 for h in self.spacing_m):
                raise InputError("spacing_m", repr(self.spacing_m), "positive numbers of metres")
        if not self.periodic:
            object.__setattr__(self, "periodic", (False,) * self.ndim)

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(int(n) for n in self.values.shape)

    @property
    def ndim(self) -> int:
        return len(self.values.shape)

    @property
    def voxels(self) -> int:
        return math.prod(self.shape)

    @property
    def cubic(self) -> bool:
        """Whether all edges of a voxel are equal within 0.1 % (False without a spacing)."""
        return self.spacing_m is not None and max(self.spacing_m) <= 1.001 * min(self.spacing_m)
