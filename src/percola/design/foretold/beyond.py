"""What the reduced model has no quantity for: surface, support conductivity, melting and crystallization temperature.

Each stands on physics of its own, with what the posterior says of the solution; results are measurements with a 90 % interval.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from percola import tables
from percola.design.foretold import full, support
from percola.design.foretold.predict import Predicted, Prediction
from percola.design.posterior.calibration import Calibration
from percola.design.reduced.features import Features
from percola.design.surface.model import surface_ratio
from percola.errors import PercolaError
from percola.measurement import Check, Measurement
from percola.recipe.model import Recipe
from percola.recipe.physics import comonomer_mole_fraction, polymer_name, solution_from
from percola.recipe.weights import weight_average_molecular_weight_kg_mol
from percola.thermo.varied import MEMORY_SHIFT, varied

DRAWS = 16
"""Draws for temperatures of the solution: each takes a millisecond, and 16 give their spread to a fifth."""
NINETY = 1.6448536269514722
"""Standard deviations from the middle of a normal distribution to the end of its 90 % interval."""
COOLING_K_S, HOLD_S = 2.0 / 60.0, 1200.0  # para. 89(12): 2 K/min after 20 min at T_s
PEAK_SD_K = 1.0
"""Of a peak read off a calorimeter, between instruments and pans (our estimate)."""
CLOSED = 0.5
"""Probability of a closed surface above which it has no pore size."""


@dataclass(frozen=True)
class Beyond:
    """Readings beside those of the reduced model.

    Attributes:
        measurements: each with ``evidence["interval_90"]`` where it is predicted; facts of the recipe have none.
        notes: what could not be said, and why.
    """

    measurements: tuple[Measurement, ...]
    notes: tuple[str, ...] = ()


def _interval(median: float, ln_sd: float) -> list[float]:
    return [median * math.exp(-NINETY * ln_sd), median * math.exp(NINETY * ln_sd)]


def surface(recipe: Recipe) -> Measurement:
    """Average pore size of the outer surface over that inside (:mod:`percola.design.surface.model`, a calibration of its own).

    Uncertainty: of the parameters and interactions, and scatter that the media of paragraph 100 left unexplained.
    """
    found = surface_ratio(recipe)
    check = Check("media calibrated on", "pass" if found.within_calibration else "warn", found.why)
    evidence: dict[str, Any] = {"within_calibration": found.within_calibration, "why": found.why}
    ratio, ln_sd, closed = found.ratio, found.ratio_ln_sd, found.closed_probability
    value, sd, reason = None, None, "the solution sets before it demixes: no pores to compare with"
    if ratio is not None and ln_sd is not None and closed is not None:
        evidence |= {
            "interval_90": _interval(ratio, ln_sd),
            "if_open": ratio,
            "closed_probability": round(closed, 6),
        }
        if closed <= CLOSED:
            value, sd, reason = ratio, ratio * ln_sd, ""
        else:
            reason = f"the surface is closed with a probability of {closed:.0%}"
    return Measurement(
        "surface_to_internal_pore_ratio",
        value,
        "1",
        sd,
        "EP 1063256 para. 17, 100; predicted by the surface model",
        "outer_surface",
        (check,),
        evidence,
        ("ep1063256",),
        reason,
    )


@lru_cache(maxsize=1)
def _supports() -> support.SupportPosterior:
    return support.infer_support()


def conductivity(recipe: Recipe, prediction: Prediction) -> Measurement | None:
    """Ionic conductivity of the membrane filled with the recipe's electrolyte; None where it has none.

    Uncertainty: that of the support model (:mod:`percola.design.foretold.support`) with porosity as predicted, its standard deviation
    carried through by the slope.

    Raises:
        PercolaError: an electrolyte without sourced conductivities.
    """
    filling = recipe.electrolyte
    if filling is None:
        return None
    porosity, wall = prediction.readings["porosity"], prediction.readings["thickness"]
    solvents = tuple((p.liquid, 1.0 if p.amount is None else float(p.amount.value)) for p in filling.liquids)

    def at(value: float) -> Measurement:
        network: support.Network = (
            "spherical_particles" if prediction.structure_class == "spherical_particles" else "percolation"
        )
        specimen = support.SupportSpecimen(
            prediction.name, min(max(value, 0.0), 1.0), wall.median, None, network, filling.salt, solvents,
            float(filling.concentration.value),
        )  # fmt: skip
        return _supports().predict(specimen)

    middle, low, high = (at(porosity.median + k * porosity.sd) for k in (0.0, -1.0, 1.0))
    value = float(middle.value)  # type: ignore[arg-type]
    slope = 0.5 * (float(high.value) - float(low.value))  # type: ignore[arg-type]
    sd = math.hypot(float(middle.uncertainty or 0.0), slope)
    return Measurement(
        middle.name,
        value,
        middle.unit,
        sd,
        middle.method + "; porosity as predicted",
        middle.region,
        middle.checks,
        {**middle.evidence, "interval_90": _interval(value, sd / value) if value > 0 else [0.0, NINETY * sd]},
        middle.citations,
    )


def temperatures(recipe: Recipe, f: Features, calibration: Calibration) -> tuple[Measurement, ...]:
    """Melting temperature T_m and crystallization temperature T_c of the solution (paragraph 89(11), (12)), over draws.

    T_m = T_m,peak - (T_m0 - T_m0(phi)): the polymer's own peak of the tables, lowered as the equilibrium melting temperature is.
    T_c is the peak at 2 K/min after 20 min at T_s; a calorimeter does not stir, so crystals saw what those of a press do.

    Uncertainty: spread over draws, the polymer's peak (T_m), and 1 K of the reading (our estimate).
    """
    _, draws = calibration.matched(f)
    count = next(iter(draws.values())).shape[0]
    pick = np.unique(np.linspace(0, count - 1, min(DRAWS, count)).astype(int))
    solution = solution_from(recipe)
    system, phi = solution.system, solution.polymer_volume_fraction
    main = max(recipe.polymers, key=lambda p: p.amount.value)
    peak = tables.polymer(polymer_name(main), comonomer_mole_fraction(main)).melting_temperature_K
    melting, crystallizing = [], []
    for i in pick:
        moved = full.deviations(calibration, f, int(i))
        moved.setdefault(MEMORY_SHIFT, -_static_shift(draws, int(i)))
        s = varied(system, {k: v for k, v in moved.items() if k != MEMORY_SHIFT})
        drop = s.melting.Tm0_K - float(s.melting_temperature_K(phi))
        melting.append(float(peak) - max(drop, 0.0))
        seen = solution.dissolution_temperature_K + moved[MEMORY_SHIFT]
        crystallizing.append(float(s.crystallization_temperature_K(phi, seen, COOLING_K_S, HOLD_S)))
    return (
        _temperature("melting_temperature", melting, float(peak.uncertainty or 0.0), "(11)", "solution"),
        _temperature("crystallization_temperature", crystallizing, 0.0, "(12)", ""),
    )


def _static_shift(draws: dict[str, np.ndarray], i: int) -> float:
    from percola.design.posterior.priors import priors

    p = next(p for p in priors() if p.name == "static_shift_K")
    return p.mean + p.sd * float(draws[p.name][i])


def _temperature(name: str, values: list[float], own_sd: float, item: str, region: str) -> Measurement:
    found = np.array(values)
    there = found[np.isfinite(found)]
    method = f"EP 1063256 para. 89{item}; {len(values)} draws of the posterior"
    cites = ("ep1063256", "flory1953") if name == "melting_temperature" else ("ep1063256", "nakamura1972")
    if 2 * there.size <= found.size:
        return Measurement(
            name, None, "K", None, method, region, (), {}, cites,
            "crystallizes while held at the dissolution temperature",
        )  # fmt: skip
    median = float(np.median(there))
    sd = math.hypot(float(there.std(ddof=1)) if there.size > 1 else 0.0, math.hypot(own_sd, PEAK_SD_K))
    return Measurement(
        name, median, "K", sd, method, region, (),
        {"interval_90": [median - NINETY * sd, median + NINETY * sd]}, cites,
    )  # fmt: skip


def declared(recipe: Recipe, f: Features) -> tuple[Measurement, ...]:
    """Facts of the recipe that are measured on membranes too: molecular weight, and residual strain where it is stretched."""
    out = [
        Measurement(
            "weight_average_molecular_weight",
            weight_average_molecular_weight_kg_mol(recipe),
            "kg/mol",
            None,
            "EP 1063256 para. 89(1): given with the recipe",
            "",
            citations=("ep1063256",),
        )
    ]
    if recipe.stretching:
        out.append(
            Measurement(
                "stretching_residual_strain",
                float(f.residual_strain[0]),
                "1",
                None,
                "EP 1063256 para. 88; from the recipe's stretching",
                "",
                citations=("ep1063256",),
            )
        )
    return tuple(out)


def beyond(recipe: Recipe, f: Features, prediction: Prediction, calibration: Calibration) -> Beyond:
    """Everything of this module that a recipe has; what cannot be worked out is a note."""
    found: list[Measurement] = []
    notes: list[str] = []
    for words, make in (
        ("surface", lambda: [surface(recipe)]),
        ("conductivity", lambda: [conductivity(recipe, prediction)]),
        ("temperatures of the solution", lambda: list(temperatures(recipe, f, calibration))),
        ("facts", lambda: list(declared(recipe, f))),
    ):
        try:
            found += [m for m in make() if m is not None]
        except PercolaError as error:
            allowed = f" (allowed: {error.allowed})" if error.allowed else ""
            notes.append(f"No {words}: {error.where}: {error.found}{allowed}.")
    return Beyond(tuple(found), tuple(notes))


def as_predicted(m: Measurement) -> Predicted | None:
    """A measurement of this module in the form of the reduced model's readings; None without a number and interval."""
    interval = m.evidence.get("interval_90")
    if not isinstance(m.value, float) or not isinstance(interval, list):
        return None
    low, high = float(interval[0]), float(interval[1])
    return Predicted(m.name, m.unit, m.value, low, high, low, high, float(m.uncertainty or 0.0))
