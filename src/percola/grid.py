"""The regular grid on which fields and voxel structures live."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from percola.errors import InputError

Boundary = Literal["periodic", "wall"]


@dataclass(frozen=True)
class Grid:
    """A box of cubic cells; axes are x, y, z with z through the wall of the membrane.

    Attributes:
        shape: number of cells (nx, ny) or (nx, ny, nz).
        spacing_m: edge of one cell [m].
        boundaries: "periodic" or "wall" (no flux, even symmetry about the cell face) for each axis.
    """

    shape: tuple[int, ...]
    spacing_m: float
    boundaries: tuple[Boundary, ...]

    def __post_init__(self) -> None:
        if len(self.shape) not in (2, 3) or any(n < 4 for n in self.shape):
            raise InputError("grid.shape", repr(self.shape), "2 or 3 axes of at least 4 cells each")
        if len(self.boundaries) != len(self.shape):
            raise InputError(
                "grid.boundaries", repr(self.boundaries), "one of 'periodic', 'wall' for each axis"
            )
        if not (math.isfinite(self.spacing_m) and self.spacing_m > 0):
            raise InputError("grid.spacing_m", repr(self.spacing_m), "a positive number of metres")

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def cells(self) -> int:
        return math.prod(self.shape)

    @property
    def edges_m(self) -> tuple[float, ...]:
        """Edge lengths of the box [m]."""
        return tuple(n * self.spacing_m for n in self.shape)

    @property
    def volume_m3(self) -> float:
        """Volume of the box [m^3]; in 2D a slab one cell thick."""
        return self.cells * self.spacing_m**3
