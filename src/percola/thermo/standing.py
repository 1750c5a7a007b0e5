"""The standing method (EP 1063256 paragraphs 28-30): would two liquid layers with a planar interface be
seen?
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from percola.thermo.crystallization import crystallized_fraction
from percola.thermo.system import System

THERMOSTAT_K = 273.15
STANDING_s = 15 * 3600.0  # paragraph 121; paragraph 28 has 10 to 48 h
DISSOLUTION_K = 513.15  # 240 degC, paragraph 28
CRYSTALLIZED_BELOW = 0.01  # share of crystallization in the rich layer that would be seen as turbid, gelled
LAYER_ABOVE = 0.02  # volume share of the smaller layer that can be seen in a sample tube


@dataclass(frozen=True)
class StandingObservation:
    """What a sample tube shows after standing at one temperature.

    Attributes:
        weight_fraction: polymer (and resin) as prepared.
        observation_K, standing_s, dissolution_K: the experiment.
        cloud_point_K: of the solution as prepared.
        two_liquids: whether two liquid phases are in equilibrium at the observation temperature.
        lean_weight_fraction, rich_weight_fraction: compositions of the layers, None with one phase.
        rich_volume_share: volume of the rich layer over the whole (lever rule), None with one phase.
        crystallized: share of the crystallization reached in the (rich) liquid after the standing time.
        planar_interface: the answer.
        reasons: why, in words with numbers.
    """

    weight_fraction: float
    observation_K: float
    standing_s: float
    dissolution_K: float
    cloud_point_K: float | None
    two_liquids: bool
    lean_weight_fraction: float | None
    rich_weight_fraction: float | None
    rich_volume_share: float | None
    crystallized: float
    planar_interface: bool
    reasons: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {**asdict(self), "reasons": list(self.reasons)}


@dataclass(frozen=True)
class StandingSummary:
    """Definition (D) over a range of concentrations.

    Attributes:
        planar_interface: whether any concentration shows one at any observation temperature.
        observations: the best observation temperature for each concentration.
        lowest_K: lowest temperature at which the rich liquid outlives the standing time, for each
        concentration.
    """

    planar_interface: bool
    observations: tuple[StandingObservation, ...]
    lowest_K: tuple[float, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "planar_interface": self.planar_interface,
            "observations": [o.to_dict() for o in self.observations],
            "lowest_liquid_K": [t if math.isfinite(t) else None for t in self.lowest_K],
        }


def _celsius(t: float) -> str:
    return f"{t - 273.15:.0f} degC"


def standing_observation(
    system: System,
    weight_fraction: float,
    observation_K: float,
    dissolution_K: float = DISSOLUTION_K,
    standing_s: float = STANDING_s,
) -> StandingObservation:
    """Let a solution that was dissolved at one temperature stand at another, and look at it.

    A planar interface needs: one phase at the dissolution temperature, two liquid phases at the observation
    temperature, both layers above 2 % of the volume, and less than 1 % crystallization of the rich liquid
    within the
    standing time (Kolmogorov with the nuclei that outlive dissolution and G(T, phi_rich)).

    Args:
        weight_fraction: polymer and resin.
        observation_K: temperature of standing [K].
        dissolution_K: temperature of dissolution [K]; 240 degC in paragraph 28.
        standing_s: time [s]; paragraph 28 has 10 to 48 h.

    Limitations: equilibrium of the mean chain with the solvent as one liquid; time for the drops to settle
    is not
    computed (centimetres in hours for drops above 10 um at 0.3 g/cm3 difference in a liquid of 0.1 Pa s).
    """
    phi = float(system.volume_fraction(weight_fraction))
    cloud = float(system.cloud_point_K(phi))
    lean, rich = (float(v) for v in system.binodal(observation_K))
    two = math.isfinite(rich) and lean < phi < rich
    local = min(rich, 1 - 1e-9) if two else phi
    nuclei = float(
        system.self_nuclei_density_m3(dissolution_K, phi)
        + system.foreign_nuclei_density_m3(observation_K, local)
    )
    solid = float(
        crystallized_fraction(float(system.growth_rate_m_s(observation_K, local)) * standing_s, nuclei)
    )
    share = (phi - lean) / (rich - lean) if two else None
    lowest = lowest_liquid_temperature_K(system, weight_fraction, dissolution_K, standing_s)
    hours = f"{standing_s / 3600:.0f} h"
    reasons = []
    dissolved = not cloud > dissolution_K
    if not dissolved:
        reasons.append(
            f"not one phase at {_celsius(dissolution_K)}: the cloud point is {_celsius(min(cloud, 9999.0))}"
        )
    if not two:
        found = f"the cloud point is {_celsius(cloud)}" if math.isfinite(cloud) else "there is no cloud point"
        reasons.append(f"one liquid phase at {_celsius(observation_K)}: {found}")
    elif share is not None and not LAYER_ABOVE < share < 1 - LAYER_ABOVE:
        reasons.append(f"a layer too thin to see: the rich layer is {100 * share:.1f} % of the volume")
    if solid >= CRYSTALLIZED_BELOW:
        reasons.append(
            f"the {'rich ' if two else ''}liquid crystallizes to {100 * solid:.0f} % within {hours}"
        )
    elif observation_K < lowest:
        reasons.append(f"on the way to {_celsius(observation_K)} it crystallizes, from {_celsius(lowest)} on")
    planar = not reasons
    if planar:
        reasons.append(
            f"two liquids, rich layer {100 * (share or 0):.0f} % of the volume, liquid for {hours}"
        )
    return StandingObservation(
        weight_fraction=weight_fraction,
        observation_K=observation_K,
        standing_s=standing_s,
        dissolution_K=dissolution_K,
        cloud_point_K=cloud if math.isfinite(cloud) else None,
        two_liquids=two,
        lean_weight_fraction=float(system.weight_fraction(lean)) if two else None,
        rich_weight_fraction=float(system.weight_fraction(rich)) if two else None,
        rich_volume_share=share,
        crystallized=solid,
        planar_interface=planar,
        reasons=tuple(reasons),
    )


def lowest_liquid_temperature_K(
    system: System,
    weight_fraction: float,
    dissolution_K: float = DISSOLUTION_K,
    standing_s: float = STANDING_s,
) -> float:
    """Lowest temperature [K] at which the solution (its rich phase) stays liquid for the standing time.

    Looked for down to 0 degC, where the heated oil bath of paragraph 28 ends. Below the melting temperature and above this the liquid is undercooled but does not crystallize in time.
    """
    phi = float(system.volume_fraction(weight_fraction))
    top = max(float(system.melting_temperature_K(1 - 1e-9)), system.melting.Tm0_K)
    t = np.linspace(top, max(system.growth.T_inf_K + 5, THERMOSTAT_K), 1200)
    local = np.minimum(system._composition_where_crystals_grow(t, np.array([phi]))[0], 1 - 1e-9)
    nuclei = system.self_nuclei_density_m3(dissolution_K, phi) + system.foreign_nuclei_density_m3(t, local)
    x = crystallized_fraction(system.growth_rate_m_s(t, local) * standing_s, nuclei)
    first = int(np.argmax(x >= CRYSTALLIZED_BELOW))
    return float(t[max(first - 1, 0)]) if x[first] >= CRYSTALLIZED_BELOW else float(t[-1])


def standing_method(
    system: System,
    weight_fractions: tuple[float, ...] = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6),
    dissolution_K: float = DISSOLUTION_K,
    standing_s: float = STANDING_s,
) -> StandingSummary:
    """Definition (D): is there a concentration in 10..60 wt% and an observation temperature with a planar
    interface?

    For each concentration the middle of the range from the lowest temperature at which the rich liquid
    outlives
    the standing time to the cloud point is observed; where that range is empty, 5 K below the cloud point
    (or the
    lowest liquid temperature where there is no cloud point).
    """
    lowest, observations = [], []
    for w in weight_fractions:
        low = lowest_liquid_temperature_K(system, w, dissolution_K, standing_s)
        cloud = float(system.cloud_point_K(system.volume_fraction(w)))
        cloud = min(cloud, dissolution_K) if math.isfinite(cloud) or cloud > 0 else float("nan")
        if math.isfinite(cloud) and cloud > low:
            at = 0.5 * (low + cloud)
        else:
            at = cloud - 5 if math.isfinite(cloud) else low
        lowest.append(low)
        observations.append(standing_observation(system, w, at, dissolution_K, standing_s))
    return StandingSummary(any(o.planar_interface for o in observations), tuple(observations), tuple(lowest))
