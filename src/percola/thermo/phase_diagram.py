"""The phase diagram of one system: cloud point, spinodal, melting and crystallization curves against
concentration.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from percola.thermo.flory_huggins import FloatArray
from percola.thermo.standing import standing_method
from percola.thermo.system import LIQUID_K, System

COOLING_RATE_K_s = 2 / 60  # paragraph 89(12)
HOLD_s = 1200.0  # paragraph 89(12)
ZERO_CELSIUS_K = 273.15
FIG1_WEIGHT_FRACTIONS = (0.30, 0.35, 0.40)  # paragraph 52


def dissolution_temperatures_K(system: System) -> FloatArray:
    """T_s of the crystallization curves [K]: five, 10 K apart, up to 10 to 20 K below melting of 35 wt%.

    Hotter, no crystallite outlives dissolution; for diethyl phthalate 140 to 180 degC.
    """
    melting = float(system.melting_temperature_K(system.volume_fraction(FIG1_WEIGHT_FRACTIONS[1])))
    last = 10.0 * math.floor((melting - ZERO_CELSIUS_K - 10.0) / 10.0)
    return np.asarray(last - 40.0 + 10.0 * np.arange(5) + ZERO_CELSIUS_K)


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
        NaN where half crystallizes during the hold, or less than 1 % on cooling.
        tc_weight_fraction (k,), tc_dissolution_K (j,), tc_K (k, j): the curves of Fig. 1.
        binodal_K (b,), binodal_lean, binodal_rich: volume fractions of the two liquids in equilibrium, of the mean chain.
        critical: phi, w, T_K of the critical point of all components: it lies on cloud point and spinodal.
        gaps: in words why a curve or a part of it is missing: under "demixing", "crystallization", "tc_against_ts".
        monotectic_K: crystal, rich and lean liquid in equilibrium; NaN where demixing lies below melting.
        recipe: w, phi, dissolution_K, crystallization_K of the recipe, or empty.
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
    binodal_K: FloatArray
    binodal_lean: FloatArray
    binodal_rich: FloatArray
    binodal_weight_fractions: tuple[FloatArray, FloatArray]
    critical: Mapping[str, float]
    monotectic_K: float
    recipe: Mapping[str, float | None] = field(default_factory=dict)
    standing: Mapping[str, Any] = field(default_factory=dict)
    gaps: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

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
            "binodal": {
                "model": "one mean chain in one liquid",
                "temperature_K": _plain(self.binodal_K),
                "lean_volume_fraction": _plain(self.binodal_lean),
                "rich_volume_fraction": _plain(self.binodal_rich),
                "lean_weight_fraction": _plain(self.binodal_weight_fractions[0]),
                "rich_weight_fraction": _plain(self.binodal_weight_fractions[1]),
            },
            "critical": {k: v if math.isfinite(v) else None for k, v in self.critical.items()},
            "monotectic_K": self.monotectic_K if math.isfinite(self.monotectic_K) else None,
            "recipe": dict(self.recipe),
            "standing": dict(self.standing),
            "gaps": {k: list(v) for k, v in self.gaps.items()},
        }

    def table(self) -> tuple[list[str], list[list[float | None]]]:
        """Header and rows for a CSV file of the curves of Fig. 4: one row for each concentration."""
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
        return header, _rows(columns)

    def tc_table(self) -> tuple[list[str], list[list[float | None]]]:
        """The same for Fig. 1: one row for each dissolution temperature."""
        header = ["dissolution_K"]
        header += [f"crystallization_K_at_weight_fraction_{w:.2f}" for w in self.tc_weight_fraction]
        return header, _rows([self.tc_dissolution_K, *self.tc_K])

    def binodal_table(self) -> tuple[list[str], list[list[float | None]]]:
        """The same for the binodal: one row for each temperature, hottest first."""
        header = ["temperature_K", "lean_weight_fraction", "rich_weight_fraction"]
        header += ["lean_volume_fraction", "rich_volume_fraction"]
        return header, _rows(
            [self.binodal_K, *self.binodal_weight_fractions, self.binodal_lean, self.binodal_rich]
        )


def _rows(columns: list[FloatArray]) -> list[list[float | None]]:
    return [list(row) for row in zip(*(_plain(c) for c in columns), strict=True)]


def _demixing_gaps(cloud_K: FloatArray, weight_fraction: FloatArray) -> tuple[str, ...]:
    """Why the cloud-point curve has no point at some concentrations."""
    lowest, highest = LIQUID_K
    found = []
    for where, words in (
        (
            cloud_K > highest,
            f"two liquids at every temperature up to {highest - ZERO_CELSIUS_K:.0f} degC, where the polymer decomposes",
        ),
        (~(cloud_K >= lowest), f"no cloud point above {lowest - ZERO_CELSIUS_K:.0f} degC"),
    ):
        if where.any():
            w = 100 * weight_fraction[where]
            found.append(words if where.all() else f"{words}, at {w.min():.0f} to {w.max():.0f} wt%")
    return tuple(found)


def _crystallization_gaps(
    peak_K: FloatArray, held: npt.NDArray[np.bool_], names: list[str], hold_s: float, rate_K_s: float
) -> tuple[str, ...]:
    """Why crystallization curves (rows of ``peak_K``) are missing, or end."""
    while_held = f"half crystallizes while held {hold_s / 60:g} min"
    on_cooling = f"less than 1 % crystallizes on cooling at {60 * rate_K_s:g} K/min"
    gone = np.isnan(peak_K)
    found = []
    for reason, where in ((while_held, gone & held), (on_cooling, gone & ~held)):
        whole = [n for n, g, r in zip(names, gone, where, strict=True) if g.all() and 2 * r.sum() >= r.size]
        if whole:
            found.append(f"no curve for {', '.join(whole)}: {reason}")
        if any(r.any() and not g.all() for g, r in zip(gone, where, strict=True)):
            found.append(f"curves end where {reason}")
    return tuple(found)


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
        dissolution_K: T_s of the crystallization curves; default :func:`dissolution_temperatures_K`.
        cooling_rate_K_s, hold_s: as in paragraph 89(12) by default.
        standing: also run the standing method over 10..60 wt%.
    """
    w = np.linspace(0.01, 0.65, 40) if weight_fractions is None else np.asarray(weight_fractions, dtype=float)
    phi = system.volume_fraction(w)
    usual = dissolution_temperatures_K(system)
    chosen = set((usual if dissolution_K is None else np.asarray(dissolution_K, dtype=float)).tolist())
    if recipe is not None:
        chosen.add(float(recipe[1]))
    ts = np.array(sorted(chosen))
    tc_w = np.array(FIG1_WEIGHT_FRACTIONS)
    tc_phi = system.volume_fraction(tc_w)
    # From 10 K below the first curve to 20 K above the last: nuclei in plenty to none.
    tc_ts = np.arange(usual[0] - 10.0, usual[-1] + 20.5, 2.0)
    phi_c, t_c = system.critical_point(exact=True)
    marked: dict[str, float | None] = {}
    if recipe is not None:
        own_phi = float(system.volume_fraction(recipe[0]))
        own = float(system.crystallization_temperature_K(own_phi, float(recipe[1]), cooling_rate_K_s, hold_s))
        marked = {
            "w": recipe[0],
            "phi": own_phi,
            "dissolution_K": float(recipe[1]),
            "crystallization_K": own if math.isfinite(own) else None,
        }
    binodal_K, lean, rich = _binodal(system)

    def held(phi: FloatArray, t: FloatArray) -> npt.NDArray[np.bool_]:
        return np.asarray(system.crystallization_half_time_s(t, phi) < hold_s)

    with np.errstate(invalid="ignore"):
        cloud = system.cloud_point_K(phi)
        crystallization = system.crystallization_temperature_K(phi, ts, cooling_rate_K_s, hold_s).T
        tc = system.crystallization_temperature_K(tc_phi, tc_ts, cooling_rate_K_s, hold_s)
        gaps = {
            "demixing": _demixing_gaps(cloud, w),
            "crystallization": _crystallization_gaps(
                crystallization,
                held(phi, ts).T,
                [f"T_s {t - ZERO_CELSIUS_K:.4g} degC" for t in ts],
                hold_s,
                cooling_rate_K_s,
            ),
            "tc_against_ts": _crystallization_gaps(
                tc, held(tc_phi, tc_ts), [f"{100 * x:g} wt%" for x in tc_w], hold_s, cooling_rate_K_s
            ),
        }
        return PhaseDiagram(
            polymer=system.polymer,
            solvent=system.solvent,
            weight_fraction=w,
            volume_fraction=phi,
            cloud_point_K=cloud,
            spinodal_K=system.spinodal_temperature_K(phi),
            melting_K=system.melting_temperature_K(phi),
            dissolution_K=ts,
            crystallization_K=crystallization,
            cooling_rate_K_s=cooling_rate_K_s,
            hold_s=hold_s,
            tc_weight_fraction=tc_w,
            tc_dissolution_K=tc_ts,
            tc_K=tc,
            binodal_K=binodal_K,
            binodal_lean=lean,
            binodal_rich=rich,
            binodal_weight_fractions=(system.weight_fraction(lean), system.weight_fraction(rich)),
            critical={"phi": phi_c, "w": float(system.weight_fraction(phi_c)), "T_K": t_c},
            monotectic_K=system.monotectic_K(),
            recipe=marked,
            standing=standing_method(system).to_dict() if standing else {},
            gaps=gaps,
        )


def _binodal(system: System) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Temperatures from the mean chain's critical point down to 0 degC, closer near the top, and both branches."""
    _, top = system.critical_point()
    highest = min(top, LIQUID_K[1])
    if not highest > ZERO_CELSIUS_K:
        empty = np.zeros(0)
        return empty, empty, empty
    t = highest - (highest - ZERO_CELSIUS_K) * np.linspace(0, 1, 61) ** 2
    lean, rich = system.binodal(t[1:] if highest == top else t)
    if highest == top:  # both branches end in the critical point
        phi_c = np.array([system.critical_point()[0]])
        lean, rich = np.concatenate([phi_c, lean]), np.concatenate([phi_c, rich])
    return t, lean, rich
