"""Specimens of known porosity on a balance and under a gauge, each reading with its error."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Sheet:
    """A sheet with a known porosity.

    Attributes:
        porosity: [-].
        length_m, width_m, thickness_m: outer sizes.
        polymer_kg_m3, liquid_kg_m3: densities.
        filled: share of the voids that the liquid fills.
        film_m: liquid left on each face.
        swelling: relative growth of each length when wet.
    """

    porosity: float = 0.6
    length_m: float = 0.05
    width_m: float = 0.05
    thickness_m: float = 100e-6
    polymer_kg_m3: float = 1788.0
    liquid_kg_m3: float = 785.1
    filled: float = 1.0
    film_m: float = 0.0
    swelling: float = 0.0

    @property
    def volume_m3(self) -> float:
        """Volume with the pores."""
        return self.length_m * self.width_m * self.thickness_m

    def readings(self, seed: int = 0, noise: bool = True) -> dict[str, float]:
        """Readings in SI: dry, wet, submerged mass, sizes dry and wet; errors rectangular within the limits of a balance
        (0.1 mg), a ruler (0.1 mm) and a micrometer (2.5 um)."""
        rng = np.random.default_rng(seed)

        def seen(value: float, limit: float) -> float:
            return value + (float(rng.uniform(-limit, limit)) if noise else 0.0)

        dry = self.volume_m3 * (1 - self.porosity) * self.polymer_kg_m3
        grown = (1 + self.swelling) ** 3
        void = self.volume_m3 * (grown - 1 + self.porosity)
        film = 2 * self.length_m * self.width_m * self.film_m
        wet = dry + (void * self.filled + film) * self.liquid_kg_m3
        polymer = self.volume_m3 * (1 - self.porosity)
        unfilled = void * (1 - self.filled)
        submerged = (
            dry
            + void * self.filled * self.liquid_kg_m3
            - (polymer + void * self.filled + unfilled) * self.liquid_kg_m3
        )
        k = 1 + self.swelling
        return {
            "dry": seen(dry, 1e-7),
            "wet": seen(wet, 1e-7),
            "submerged": seen(submerged, 1e-7),
            "length": seen(self.length_m, 1e-4),
            "width": seen(self.width_m, 1e-4),
            "thickness": seen(self.thickness_m, 2.5e-6),
            "wet_length": seen(self.length_m * k, 1e-4),
            "wet_width": seen(self.width_m * k, 1e-4),
            "wet_thickness": seen(self.thickness_m * k, 2.5e-6),
        }


def sheets_csv(
    porosity: float = 0.6, n: int = 5, seed: int = 1, scatter: float = 0.01, **sheet: float
) -> str:
    """A table of sheets as a laboratory keeps it: mg, mm, um."""
    rng = np.random.default_rng(seed)
    rows = [
        "Specimen,Dry mass (mg),Wet mass (mg),Submerged mass (mg),Length (mm),Width (mm),Thickness (um),"
        "Wet length (mm),Wet thickness (um)"
    ]
    for i in range(n):
        p = porosity + scatter * float(rng.standard_normal())
        thick = 100e-6 * (1 + 0.03 * float(rng.standard_normal()))
        r = Sheet(porosity=p, thickness_m=thick, **sheet).readings(100 * seed + i)
        rows.append(
            f"{i + 1},{1e6 * r['dry']:.1f},{1e6 * r['wet']:.1f},{1e6 * r['submerged']:.1f},{1e3 * r['length']:.1f},"
            f"{1e3 * r['width']:.1f},{1e6 * r['thickness']:.0f},{1e3 * r['wet_length']:.1f},{1e6 * r['wet_thickness']:.0f}"
        )
    return "\n".join(rows) + "\n"


def fibre_volume_m3(inside_m: float, outside_m: float, length_m: float) -> float:
    """Volume of the wall of a hollow fibre [m3]."""
    return math.pi / 4 * (outside_m**2 - inside_m**2) * length_m
