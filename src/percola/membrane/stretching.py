"""Stretching of gel or membrane, with the stretching residual strain of paragraph 82."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from percola.errors import InputError
from percola.membrane.drying import Structure

FloatField = npt.NDArray[np.float32]

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
    """One stretching: the strains that are left after relaxing.

    Attributes:
        lengthwise_strain: increment of length over the original along x.
        crosswise_strain: the same along y; None: uniaxial, free to contract sideways.
        stage: "membrane" (dry, its pores take up the volume) or "gel" (before extraction: its pores are full of liquid,
            so that its volume stays).
    """

    lengthwise_strain: float
    crosswise_strain: float | None = None
    stage: Literal["gel", "membrane"] = "membrane"

    def __post_init__(self) -> None:
        for name in ("lengthwise_strain", "crosswise_strain"):
            strain = getattr(self, name)
            if strain is not None and not (math.isfinite(strain) and -0.2 < strain <= 10.0):
                raise InputError(name, f"{strain:g}", "between 0 and 10 (0 to 1000 %)")

    @property
    def residual_strain(self) -> float:
        """Paragraph 82: increment of length (uniaxial) or of area (biaxial) over the original."""
        if self.crosswise_strain is None:
            return self.lengthwise_strain
        return (1.0 + self.lengthwise_strain) * (1.0 + self.crosswise_strain) - 1.0

    @property
    def stretch_ratios(self) -> tuple[float, float, float]:
        """Lengths after over lengths before along x, y, z.

        A gel keeps its volume, 1 = lambda_x lambda_y lambda_z: it holds liquid only, and drawing in air or at the pace of
        a roll leaves no time to take up more. A dry membrane contracts by :data:`LATERAL` times its residual strain
        in each direction that is not drawn.
        """
        x = 1.0 + self.lengthwise_strain
        if self.crosswise_strain is None:
            side = 1.0 / math.sqrt(x) if self.stage == "gel" else 1.0 - LATERAL[0] * self.residual_strain
            return (x, side, side)
        y = 1.0 + self.crosswise_strain
        return (x, y, 1.0 / (x * y) if self.stage == "gel" else 1.0 - LATERAL[0] * self.residual_strain)


def residual_strain(elongation: float) -> tuple[float, float]:
    """(residual strain, standard uncertainty) after drawing to ``elongation`` (0.5: to 150 %) and relaxing."""
    if not (math.isfinite(elongation) and elongation >= 0):
        raise InputError("elongation", f"{elongation:g}", "0 or more")
    return elongation * (1.0 - RECOVERY[0]), elongation * RECOVERY[1]


def area_strains(area_strain: float, elongations: tuple[float, float] | None = None) -> tuple[float, float]:
    """(lengthwise, crosswise) residual strains of a biaxial draw whose residual strain of area is known.

    (1 + s e_x)(1 + s e_y) = 1 + R: each direction keeps the same share s of its elongation. Without elongations, or with
    none in either direction, both are taken as equal.

    Args:
        area_strain: R.
        elongations: e_x and e_y as drawn.
    """
    if not (math.isfinite(area_strain) and area_strain > -0.2):
        raise InputError("residual_strain", f"{area_strain:g}", "0 or more")
    a, b = elongations or (1.0, 1.0)
    if a + b <= 0.0:
        a = b = 1.0
    # s (a + b) + s^2 a b = R, written so that it holds for a b = 0 too
    root = math.sqrt(max((a + b) ** 2 + 4.0 * a * b * area_strain, 0.0))
    share = 2.0 * area_strain / (a + b + root)
    return share * a, share * b


def _resampled(field: FloatField, shape: Sequence[int], periodic: Sequence[bool]) -> FloatField:
    """Linear interpolation onto another number of cells over the same box, axis by axis so that each wraps or ends."""
    from scipy.ndimage import zoom

    out = np.asarray(field, np.float32)
    for axis, (n, wraps) in enumerate(zip(shape, periodic, strict=True)):
        if n == out.shape[axis]:
            continue
        factors = [1.0] * out.ndim
        factors[axis] = n / out.shape[axis]
        out = zoom(out, factors, order=1, mode="grid-wrap" if wraps else "nearest", grid_mode=True)
    return np.asarray(out, np.float32)


def _cells(shape: Sequence[int], ratios: Sequence[float]) -> list[int]:
    """Cubic cells that a stretched box holds if their number stays about the same."""
    edge = math.prod(ratios) ** (1.0 / 3.0)
    return [max(8, round(n * r / edge)) for n, r in zip(shape, ratios, strict=True)]


def stretched_gel(field: FloatField, periodic: tuple[bool, bool, bool], draw: Draw) -> FloatField:
    """A field of the gel (polymer fraction, crystallized share) after an affine stretch, on cubic cells as large as before.

    Volume and composition stay: each piece of gel is moved, so the mean of the field is kept; what interpolation and whole
    numbers of cells shift it by (some 1e-3) is put back by a common factor.
    """
    if draw.stage != "gel":
        raise InputError("draw.stage", draw.stage, "'gel'", "stretch a membrane with stretched()")
    out = _resampled(field, _cells(field.shape, draw.stretch_ratios), periodic)
    before, after = float(field.mean(dtype=np.float64)), float(out.mean(dtype=np.float64))
    return out if after == 0.0 else np.asarray(out * np.float32(before / after), np.float32)


def stretched(structure: Structure, draw: Draw) -> Structure:
    """The dry structure after an affine stretch at constant polymer volume, on cubic voxels again.

    V'/V is the product of the stretch ratios, so porosity' = 1 - (1 - porosity) V/V'. The struts thin evenly from
    their surface to keep the polymer's volume.

    Limitations: affine; tearing of struts, which opens new pores (para. 69), is not modelled, so fluxes after large
    strains are lower bounds.
    """
    if draw.stage != "membrane":
        raise InputError("draw.stage", draw.stage, "'membrane'", "stretch a gel with stretched_gel()")
    ratios = draw.stretch_ratios
    volume = math.prod(ratios)
    target = 1.0 - (1.0 - structure.porosity) / volume
    if structure.porosity == 0.0:
        target = 0.0
    spacing = structure.spacing_m * volume ** (1.0 / 3.0)
    level = _resampled(structure.level, _cells(structure.level.shape, ratios), structure.periodic)
    if target > 0.0:
        level = level - np.float32(np.quantile(level, target))
    return replace(structure, void=level < 0, level=level, spacing_m=spacing)
