"""Stretching of gel or membrane, with the stretching residual strain of paragraph 82."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from percola.errors import InputError
from percola.membrane.drying import Structure

RECOVERY = (0.49, 0.10)
"""(share, standard uncertainty) of the elongation that is lost on relaxing at 20 degC.

From the three drawn specimens of EP 1063256 that report both: 50 % drawn leaves 20 % (para. 91, sheet), 28 % (para. 116)
and 29 % (para. 117, fibres). Used only where a recipe states the elongation but not the residual strain.
"""

LATERAL = (0.055, 0.03)
"""(ratio, standard uncertainty) of lateral contraction to residual strain in a fibre.

Para. 115-116: 28 % residual strain took the outside diameter from 1.25 to 1.22 mm and the wall from 0.25 to 0.25 mm, an
area ratio of 0.971, hence 1.5 % a direction. Open networks contract little sideways when their struts turn and bend.
"""


@dataclass(frozen=True)
class Draw:
    """One stretching.

    Attributes:
        mode: "uniaxial" (along x) or "biaxial" (along x and y).
        residual_strain: increment of length (uniaxial) or of area (biaxial) over the original, after relaxing.
    """

    mode: Literal["uniaxial", "biaxial"]
    residual_strain: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.residual_strain) and -0.2 < self.residual_strain <= 10.0):
            raise InputError("residual_strain", f"{self.residual_strain:g}", "between 0 and 10 (0 to 1000 %)")

    @property
    def stretch_ratios(self) -> tuple[float, float, float]:
        """Lengths after over lengths before along x, y, z."""
        e = self.residual_strain
        if self.mode == "uniaxial":
            side = 1.0 - LATERAL[0] * e
            return (1.0 + e, side, side)
        each = math.sqrt(1.0 + e)
        return (each, each, 1.0 - LATERAL[0] * e)


def residual_strain(elongation: float) -> tuple[float, float]:
    """(residual strain, standard uncertainty) after drawing to ``elongation`` (0.5: to 150 %) and relaxing."""
    if not (math.isfinite(elongation) and elongation >= 0):
        raise InputError("elongation", f"{elongation:g}", "0 or more")
    return elongation * (1.0 - RECOVERY[0]), elongation * RECOVERY[1]


def stretched(structure: Structure, draw: Draw) -> Structure:
    """The structure after an affine stretch at constant polymer volume, on cubic voxels again.

    V'/V is the product of the stretch ratios, so porosity' = 1 - (1 - porosity) V/V'. The struts thin evenly from
    their surface to keep the polymer's volume.

    Limitations: affine; tearing of struts, which opens new pores (para. 69), is not modelled, so fluxes after large
    strains are lower bounds.
    """
    from scipy.ndimage import zoom

    ratios = draw.stretch_ratios
    volume = math.prod(ratios)
    target = 1.0 - (1.0 - structure.porosity) / volume
    if structure.porosity == 0.0:
        target = 0.0
    # keep the number of voxels about the same: the longest axis gains, the others lose
    spacing = structure.spacing_m * volume ** (1.0 / 3.0)
    factors = [structure.spacing_m * r / spacing for r in ratios]
    shape = [max(8, round(n * f)) for n, f in zip(structure.level.shape, factors, strict=True)]
    level = zoom(
        structure.level,
        [m / n for m, n in zip(shape, structure.level.shape, strict=True)],
        order=1,
        mode="grid-wrap" if all(structure.periodic) else "nearest",
        grid_mode=True,
    ).astype(np.float32)
    if target > 0.0:
        level = level - np.float32(np.quantile(level, target))
    return replace(structure, void=level < 0, level=level, spacing_m=spacing)
