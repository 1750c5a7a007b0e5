"""The phase diagram of one system: cloud point, spinodal, melting and crystallization curves against
concentration.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from percola.thermo.flory_huggins import FloatArray
from percola.thermo.standing import standing_method
from percola.thermo.system import System

COOLING_RATE_K_s = 2 / 60  # paragraph 89(12)
HOLD_s = 1200.0  # paragraph 89(12)
DISSOLUTION_K = tuple(t + 273.15 for t in (140.0, 150.0, 160.0, 170.0, 180.0))
FIG1_WEIGHT_FRACTIONS = (0.30, 0.35, 0.40)  # paragraph 52


def _plain(values: FloatArray) -> list[Any]:
    """Nested lists with None for what is not finite."""
    if values.ndim > 1:
        return [_plain(v) for v in values]
    return [float(v) if math.isfinite(v) else None for v in values]


@dataclass(frozen=True)
class PhaseDiagram:
    """Curves against concentration (Fig. 4) and crystallization against dissolution temperature (Fig. 1).

    Attributes:
        polymer, solvent: names.
        weight_fraction, volume_fraction: shape (n,), of polymer and resin.
        cloud_point_K, spinodal_K, melting_K: shape (n,); NaN or infinite where there is none.
        dissolution_K: shape (m,).
        crystallization_K: shape (m, n), peak temperatures at ``cooling_rate_K_s`` after ``hold_s`` at T_s;
        NaN where
            no solution is left after the hold, or where T_s lies above nothing to melt.
        tc_weight_fraction (k,), tc_dissolution_K (j,), tc_K (k, j): the curves of Fig. 1.
        critical: phi, w, T_K of the critical point.
        monotectic_K: crystal, rich and lean liquid in equilibrium; NaN where demixing lies below melting.
        recipe: w, phi, dissolution_K of the recipe, or empty.
        standing: result of the standing method, or empty.
    """

    polymer: str
    solvent: str
    weight_fraction: FloatArray
    volume_fraction: FloatArray
    cloud_point_K: FloatArray
    spinodal_K: FloatArray
    melting_K: FloatArray
    dissolution_K: FloatArray
    crystallization_K: FloatArray
    cooling_rate_K_s: float
    hold_s: float
    tc_weight_fraction: FloatArray
    tc_dissolution_K: FloatArray
    tc_K: FloatArray
    critical: Mapping[str, float]
    monotectic_K: float
    recipe: Mapping[str, float] = field(default_factory=dict)
    standing: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for ``phase_diagram.json``; None stands where a curve has no point."""
        return {
            "polymer": self.polymer,
            "solvent": self.solvent,
            "weight_fraction": _plain(self.weight_fraction),
            "volume_fraction": _plain(self.volume_fraction),
            "cloud_point_K": _plain(self.cloud_point_K),
            "spinodal_K": _plain(self.spinodal_K),
            "melting_K": _plain(self.melting_K),
            "crystallization": [
                {"dissolution_K": float(t), "temperature_K": _plain(row)}
                for t, row in zip(self.dissolution_K, self.crystallization_K, strict=True)
            ],
            "cooling_rate_K_s": self.cooling_rate_K_s,
            "hold_s": self.hold_s,
            "tc_against_ts": {
                "weight_fractions": _plain(self.tc_weight_fraction),
                "dissolution_K": _plain(self.tc_dissolution_K),
                "crystallization_K": _plain(self.tc_K),
            },
            "critical": {k: v if math.isfinite(v) else None for k, v in self.critical.items()},
            "monotectic_K": self.monotectic_K if math.isfinite(self.monotectic_K) else None,
            "recipe": dict(self.recipe),
            "standing": dict(self.standing),
        }

    def table(self) -> tuple[list[str], list[list[float | None]]]:
        """Header and rows for a CSV file: one row for each concentration."""
        header = ["weight_fraction", "volume_fraction", "cloud_point_K", "spinodal_K", "melting_K"]
        header += [f"crystallization_K_after_{t:.2f}_K" for t in self.dissolution_K]
        columns = [
            self.weight_fraction,
            self.volume_fraction,
            self.cloud_point_K,
            self.spinodal_K,
            self.melting_K,
            *self.crystallization_K,
        ]
        return header, [list(row) for row in zip(*(_plain(c) for c in columns), strict=True)]


def phase_diagram(
    system: System,
    recipe: tuple[float, float] | None = None,
    weight_fractions: FloatArray | None = None,
    dissolution_K: tuple[float, ...] | None = None,
    cooling_rate_K_s: float = COOLING_RATE_K_s,
    hold_s: float = HOLD_s,
    standing: bool = True,
) -> PhaseDiagram:
    """Every curve of the phase diagram of a system.

    Args:
        recipe: (weight fraction of polymer and resin, T_s [K]) to mark; its T_s joins the crystallization
        curves.
        weight_fractions: default 40 values from 1 to 65 wt%.
        dissolution_K: T_s of the crystallization curves; default 140 to 180 degC.
        cooling_rate_K_s, hold_s: as in paragraph 89(12) by default.
        standing: also run the standing method over 10..60 wt%.
    """
    w = np.linspace(0.01, 0.65, 40) if weight_fractions is None else np.asarray(weight_fractions, dtype=float)
    phi = system.volume_fraction(w)
    chosen = set(DISSOLUTION_K if dissolution_K is None else dissolution_K)
    if recipe is not None:
        chosen.add(float(recipe[1]))
    ts = np.array(sorted(chosen))
    tc_w = np.array(FIG1_WEIGHT_FRACTIONS)
    tc_ts = np.arange(130.0, 201.0, 2.0) + 273.15
    phi_c, t_c = system.critical_point()
    marked = {}
    if recipe is not None:
        marked = {
            "w": recipe[0],
            "phi": float(system.volume_fraction(recipe[0])),
            "dissolution_K": float(recipe[1]),
        }
    with np.errstate(invalid="ignore"):
        return PhaseDiagram(
            polymer=system.polymer,
            solvent=system.solvent,
            weight_fraction=w,
            volume_fraction=phi,
            cloud_point_K=system.cloud_point_K(phi),
            spinodal_K=system.spinodal_temperature_K(phi),
            melting_K=system.melting_temperature_K(phi),
            dissolution_K=ts,
            crystallization_K=system.crystallization_temperature_K(phi, ts, cooling_rate_K_s, hold_s).T,
            cooling_rate_K_s=cooling_rate_K_s,
            hold_s=hold_s,
            tc_weight_fraction=tc_w,
            tc_dissolution_K=tc_ts,
            tc_K=system.crystallization_temperature_K(
                system.volume_fraction(tc_w), tc_ts, cooling_rate_K_s, hold_s
            ),
            critical={"phi": phi_c, "w": float(system.weight_fraction(phi_c)), "T_K": t_c},
            monotectic_K=system.monotectic_K(),
            recipe=marked,
            standing=standing_method(system).to_dict() if standing else {},
        )
