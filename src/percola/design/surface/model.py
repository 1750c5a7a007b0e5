"""Pores of a membrane's surface against those inside, for a cooling medium: the reduced model, its calibration, its answer.

Between contact and arrest medium and solution exchange at the face (:mod:`percola.design.surface.exchange`); the surface layer
then demixes, coarsens and sets with its own liquid and its own history (:mod:`percola.design.surface.march`). Three things at
the face decide the rest: a bath that mixes with the lean phase keeps it open; a liquid that mixes with the solvent but not with
the polymer draws a skin of rich phase along the face before the layer demixes; one that mixes with neither keeps a sharp face,
which polymer covers according to the two affinities. Parameters: :data:`percola.design.surface.fit.PRIORS`.

``python -m percola.design.surface`` makes ``data/surface.json`` from the nine media of EP 1 063 256 (paragraphs 99 to 101).
"""

from __future__ import annotations

import functools
import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from percola import tables
from percola.design.surface import fit
from percola.design.surface.exchange import AVOGADRO_1_mol, Medium, medium_of
from percola.design.surface.fit import NAMES, PRIORS, Observation, patent_observations
from percola.design.surface.march import LayerParameters, SurfaceCase, layer
from percola.errors import InputError
from percola.recipe.model import AirCooling, BathCooling, LiquidPart, Recipe
from percola.recipe.physics import (
    comonomer_mole_fraction,
    polymer_name,
    solution_from,
)
from percola.recipe.weights import composition

FloatArray = npt.NDArray[np.float64]

DRAWS = 400
"""Posterior draws kept in ``data/surface.json``."""
UNCALIBRATED_LN_SD = 0.25
"""Added in squares where no bath or air touches the face: a wall of metal is outside of what was calibrated on (own estimate)."""
NO_BATH = ("air", "metal")


@dataclass(frozen=True)
class SurfaceParameters:
    """One set of parameters; the fields are those of :data:`percola.design.surface.fit.PRIORS`, at prior medians."""

    alpha: float = 1.0
    opening: float = 1.0
    wall_sites: float = 4.0
    view: float = 1.0
    depth_m: float = 5.5e-7
    scatter: float = 0.17


@dataclass(frozen=True)
class SurfacePrediction:
    """The surface of a membrane.

    Attributes:
        ratio: average pore size of the surface over that inside, if the surface is open (median); None, as are the next two,
            where the solution sets before it demixes, so that there are no pores to compare with.
        ratio_ln_sd: standard deviation of its logarithm: parameters, errors of the interactions, unexplained scatter.
        closed_probability: that the surface is non-porous.
        within_calibration: a single liquid or air on PVDF in diethyl phthalate, as in what was calibrated on.
        why: in words.
    """

    ratio: float | None
    ratio_ln_sd: float | None
    closed_probability: float | None
    within_calibration: bool
    why: str

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return dict(self.__dict__)


@dataclass(frozen=True)
class SurfaceCalibration:
    """Equal draws of the parameters and of the own errors of the media seen.

    Attributes:
        draws: parameter to array (n,).
        scores: medium to array (n, 2), standard normal: own errors of its chi with polymer and solvent.
        solvent: of the solutions calibrated on; the second score holds for it only.
        effective_draws: of the importance sampling behind the draws.
        ln_evidence: logarithm of the mean likelihood over the prior.
        summary: parameter to {prior_median, prior_ln_sd, median, ln_sd}.
        media: rows of the nine media (specimen, reported, prior, posterior, left out).
        orders: Kendall's tau-b of reported and predicted order, for prior, posterior and left out.
        command: that made it.
    """

    draws: Mapping[str, FloatArray]
    scores: Mapping[str, FloatArray] = field(default_factory=dict)
    solvent: str = ""
    effective_draws: float = math.nan
    ln_evidence: float = math.nan
    summary: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    media: Sequence[Mapping[str, Any]] = ()
    orders: Mapping[str, float] = field(default_factory=dict)
    command: str = "python -m percola.design.surface"

    def to_json(self) -> str:
        """As text; numbers keep five digits."""
        return fit.dumped(self.__dict__)

    @staticmethod
    def from_json(text: str) -> SurfaceCalibration:
        """Back from :meth:`to_json`."""
        try:
            data = json.loads(text)
            data["draws"] = {n: np.asarray(data["draws"][n], float) for n in NAMES}
            data["scores"] = {k: np.asarray(v, float) for k, v in data["scores"].items()}
            return SurfaceCalibration(**data)
        except (ValueError, KeyError, TypeError) as problem:
            raise InputError(
                "surface calibration",
                str(problem)[:80],
                "a file made by python -m percola.design.surface",
            ) from problem

    def own_scores(self, case: SurfaceCase) -> FloatArray:
        """(n, 2) own errors for the case's medium: those inferred where it was seen, else standard normal ones."""
        n = self.draws["alpha"].size
        unseen = np.stack([ndtri((np.arange(n) + 0.5) / n)] * 2, axis=1)
        # an even spread of normal scores, shuffled so that the two are independent
        rng = np.random.default_rng([fit.SEED, 3])
        unseen = np.stack([rng.permutation(unseen[:, 0]), rng.permutation(unseen[:, 1])], axis=1)
        seen = self.scores.get(case.medium.name)
        if seen is None:
            return unseen
        if _solvent(case) != self.solvent:
            return np.stack([seen[:, 0], unseen[:, 1]], axis=1)
        return np.asarray(seen)

    def predict(self, case: SurfaceCase) -> SurfacePrediction:
        """The surface of a case from the draws; no sampling."""
        scores = self.own_scores(case)
        p = LayerParameters(self.draws["depth_m"], self.draws["alpha"], scores[:, 0], scores[:, 1])
        r = fit.raw(case, p)
        metal = case.medium.kind == "metal"
        within = (
            not metal
            and _solvent(case) == (self.solvent or _solvent(case))
            and case.system.polymer == "PVDF"
            and len(case.system.chains) < 2
        )
        if not r.inside:
            return SurfacePrediction(
                None,
                None,
                None,
                within,
                "The solution sets before it demixes: no pores inside to compare with.",
            )
        # a cast of the metal, not a view into the structure
        view = np.ones_like(self.draws["view"]) if metal else self.draws["view"]
        ln_ratio, ln_closed = fit.outcome(r, self.draws["opening"], self.draws["wall_sites"], view)
        weight = np.full(ln_ratio.size, 1.0 / ln_ratio.size)
        found = fit.summary(
            ln_ratio, np.broadcast_to(ln_closed, ln_ratio.shape), self.draws["scatter"], weight
        )
        # paragraph 42: cooled with air or rolls the surface has the structure of the inside
        sd = math.hypot(found.ln_sd, UNCALIBRATED_LN_SD) if metal else found.ln_sd
        return SurfacePrediction(found.ratio, sd, found.closed_probability, within, _why(case, p, within))


def _solvent(case: SurfaceCase) -> str:
    return "+".join(name for name, _, _ in case.system.solvents)


def _why(case: SurfaceCase, p: LayerParameters, within: bool) -> str:
    """The decisive numbers at the median draw, in words."""
    medium = case.medium
    outside = "" if within else " Outside of what was calibrated on."
    if medium.kind == "metal":
        return "A metal face takes up nothing: the surface has the structure of the inside." + outside
    if medium.kind == "air":
        return (
            "Air takes up nothing and cools evenly: the surface has the structure of the inside, seen whole."
        )
    middle = LayerParameters(
        *(np.median(x, keepdims=True) for x in (p.depth_m, p.alpha, p.mp_score, p.ms_score))
    )
    end = layer(case, middle)
    nm = 1e9
    if end.wall_kT[0] != 0.0 and end.exchanged[0] < 0.05:
        return (
            f"{medium.name} does not mix with the solvent: a sharp face that gains {end.wall_kT[0]:.2g} kT a site by "
            f"polymer in place of solvent.{outside}"
        )
    if end.skin_m[0] > 1e-9:
        return (
            f"{medium.name} mixes with the solvent but not with the polymer: it takes {100 * end.exchanged[0]:.0f} % of the "
            f"layer's liquid, and {end.skin_m[0] * nm:.2g} nm of rich phase grow along the face, in which holes reach "
            f"{end.hole_m[0] * nm:.2g} nm until it sets.{outside}"
        )
    return (
        f"{medium.name} dissolves polymer and solvent: it takes {100 * end.exchanged[0]:.0f} % of the layer's liquid "
        f"without a skin, and rich phase on the open face costs tension.{outside}"
    )


def case_of(recipe: Recipe, medium: str | None = None) -> SurfaceCase:
    """The features of a recipe that its surface depends on: solution, histories of core and outer face, medium.

    Args:
        recipe: a sound recipe.
        medium: another cooling medium in place of the recipe's own, at the same temperature: a liquid of the tables or
            ``"air"``.

    Limitations: of a mixed bath the medium of largest share; the outer face of a fibre, the first of a sheet.
    """
    from percola.pipeline import physics

    if medium is not None:
        recipe = _recooled(recipe, medium)
    solution = solution_from(recipe)
    history, wall = physics.cooled(recipe, solution)
    face = wall.final_medium
    kind = (
        "liquid" if face.kind == "liquid" else "air" if face.kind in ("air", "bore", "insulated") else "metal"
    )
    name = max(face.media, key=lambda m: m[1])[0]
    main = physics.main_polymer(recipe)
    core, outer = history.core(), history.outer()
    return SurfaceCase(
        solution.system,
        solution.polymer_volume_fraction,
        physics.segment_length_m(solution.system, main),
        physics.nuclei_m3(solution, *core),
        solution.crystal_radius_after_hold_m,
        medium_of(solution.system, main.key, name, kind),
        np.asarray(outer[0], float),
        np.asarray(outer[1], float),
        np.asarray(core[0], float),
        np.asarray(core[1], float),
    )


def _recooled(recipe: Recipe, medium: str) -> Recipe:
    temperature = getattr(recipe.cooling, "temperature", None)
    cooling: AirCooling | BathCooling
    if medium.lower() == "air":
        if temperature is None:
            raise InputError(
                "cooling.temperature", "none", "a temperature of the air", "state it in the recipe"
            )
        cooling = AirCooling(method="air", temperature=temperature)
    else:
        part = LiquidPart(liquid=tables.liquid(medium).key)
        cooling = BathCooling(method="liquid", media=(part,), temperature=temperature)
    return recipe.model_copy(update={"cooling": cooling})


def surface_ratio(
    recipe: Recipe | SurfaceCase,
    medium: str | None = None,
    parameters: SurfaceParameters | SurfaceCalibration | None = None,
) -> SurfacePrediction:
    """Pore size of the surface over that inside, and whether the surface is closed.

    Args:
        recipe: a recipe, or its features from :func:`case_of` (then ``medium`` must be None).
        medium: see :func:`case_of`.
        parameters: one set (own errors of chi zero), or draws; None: the stored calibration.

    Limitations: see :func:`percola.design.surface.march.layer`; ratios were calibrated on nine membranes of one solution.
    """
    if isinstance(recipe, SurfaceCase):
        if medium is not None:
            raise InputError(
                "medium", medium, "none beside features", "build the features with case_of(recipe, medium)"
            )
        case = recipe
    else:
        case = case_of(recipe, medium)
    if isinstance(parameters, SurfaceParameters):
        values = {n: np.array([float(getattr(parameters, n))]) for n in NAMES}
        for n, v in values.items():
            if not (np.isfinite(v[0]) and v[0] > 0):
                raise InputError(f"SurfaceParameters.{n}", f"{v[0]:g}", "a positive number")
        parameters = SurfaceCalibration(values, {case.medium.name: np.zeros((1, 2))}, _solvent(case))
    return (parameters or stored()).predict(case)


def prior_draws(count: int = DRAWS) -> SurfaceCalibration:
    """Draws from the priors alone, in the form of a calibration."""
    rng = np.random.default_rng([fit.SEED, 4])
    even = (np.arange(count) + 0.5) / count
    return SurfaceCalibration({p.name: p.at(rng.permutation(even)) for p in PRIORS})


def calibrate_surface(
    observations: Sequence[Observation] | None = None,
    cases: Sequence[SurfaceCase] | None = None,
    *,
    power: int = 11,
    own: int = 24,
    count: int = DRAWS,
) -> SurfaceCalibration:
    """Infer the parameters from observed surfaces; also what priors alone and the other media say of each.

    Args:
        observations: None: the nine media of the patent.
        cases: features of each; None: from the recipe of each ``specimen`` of the patent.
        power: 2^power draws of (alpha, depth), 32 of the other parameters on each.
        own: draws of each medium's own errors on each of those.
        count: equal draws kept.
    """
    from percola.recipe import specimens

    observations = tuple(patent_observations() if observations is None else observations)
    if not observations:
        raise InputError("observations", "none", "at least one observed surface")
    if cases is None:
        cases = [case_of(specimens.load(o.specimen)[0]) for o in observations]
    if len(cases) != len(observations):
        raise InputError("cases", f"{len(cases)}", f"{len(observations)}, one for each observation")
    s = fit.sample(observations, cases, power=power, own=own)
    n = len(observations)
    every = [True] * n
    w = fit.weights(s, every)
    total = s.ln_like.sum(axis=0)
    draws = fit.resampled(s, every, count)
    summary = {}
    for prior in PRIORS:
        x = np.log(s.parameters[prior.name])
        mean = float(np.sum(w * x))
        summary[prior.name] = {
            "prior_median": float(np.exp(np.median(x))),
            "prior_ln_sd": float(x.std()),
            "median": float(np.exp(mean)),
            "ln_sd": float(np.sqrt(np.sum(w * (x - mean) ** 2))),
        }
    rows: list[dict[str, Any]] = []
    for i, o in enumerate(observations):
        rows.append(
            {
                "specimen": o.specimen,
                "medium": o.medium,
                "reported": "closed" if o.closed else o.ratio,
                "paragraph": o.paragraph,
                "prior": fit.foretold(s, i, [False] * n).to_dict(),
                "posterior": fit.foretold(s, i, every).to_dict(),
                "left_out": fit.foretold(s, i, [j != i for j in range(n)]).to_dict(),
            }
        )
    orders = {}
    for name in ("prior", "posterior", "left_out"):
        opened = [(r[name]["ratio"], r["reported"]) for r in rows if r["reported"] != "closed"]
        called = [0.0 if r[name]["closed_probability"] > 0.5 else r[name]["ratio"] for r in rows]
        reported = [0.0 if r["reported"] == "closed" else r["reported"] for r in rows]
        if len(opened) > 1:
            orders[f"{name}_open"] = fit.kendall(*(list(x) for x in zip(*opened, strict=True)))
        if len(rows) > 1:
            orders[name] = fit.kendall(called, reported)
    names = {c.medium.name: draws["scores"][i] for i, c in enumerate(cases) if c.medium.kind == "liquid"}
    return SurfaceCalibration(
        {k: draws[k] for k in NAMES},
        names,
        _solvent(cases[0]),
        fit.effective(w),
        float(np.log(np.mean(np.exp(total - total.max()))) + total.max()),
        summary,
        rows,
        {k: v for k, v in orders.items() if math.isfinite(v)},
    )


@functools.lru_cache(maxsize=1)
def stored() -> SurfaceCalibration:
    """The calibration that comes with Percola."""
    text = resources.files("percola.design").joinpath("data", "surface.json").read_text(encoding="utf-8")
    return SurfaceCalibration.from_json(text)


@dataclass(frozen=True)
class MeltingCondition:
    """Paragraph 78 in numbers.

    Attributes:
        Tm100_K: melting peak of the polymer alone.
        Tm30_K: of 30 wt% polymer in the medium; where the mixture is two liquids then, of its rich phase.
        lowered: Tm100 - Tm30 exceeds 3 K, what two peaks of a calorimeter can be told apart by (own estimate).
        undissolved: Tm30 above 100 degC, so that the surface does not dissolve.
    """

    Tm100_K: float
    Tm30_K: float

    @property
    def lowered(self) -> bool:
        """Whether the medium lowers the melting point."""
        return self.Tm100_K - self.Tm30_K > 3.0

    @property
    def undissolved(self) -> bool:
        """Whether T_m30 > 100 degC."""
        return self.Tm30_K > 373.15


def melting_condition(recipe: Recipe, medium: str) -> MeltingCondition:
    """T_m100 and T_m30 of paragraph 78 for a medium.

    Peaks: that of the polymer, lowered as the equilibrium melting temperature of the polymer phase is, which is 30 wt% or, where
    the two liquids demix above melting, the rich phase in equilibrium: T = T_m(max(phi_30, phi_rich(T))).
    """
    from percola.thermo import build

    weights = composition(recipe).polymers
    polymers = [
        (polymer_name(p), p.weight_average_molecular_weight.value, 100.0 * w)
        for p, w in zip(recipe.polymers, weights, strict=True)
    ]
    main = max(recipe.polymers, key=lambda p: p.amount.value)
    share = comonomer_mole_fraction(main)
    peak = float(tables.polymer(polymer_name(main), share).melting_temperature_K)
    system = build.build_system(polymers, [(tables.liquid(medium).key, 100.0)], None, share)
    phi = float(system.volume_fraction(0.30))

    def gap(t: float) -> float:
        _, rich = system.binodal(t)
        r = float(rich)
        phase = min(max(phi, r if math.isfinite(r) else 0.0), 1.0 - 1e-9)
        return float(system.melting_temperature_K(phase)) - t

    low, high = 250.0, system.melting.Tm0_K + 20.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if gap(middle) > 0 else (low, middle)
    return MeltingCondition(peak, peak - max(system.melting.Tm0_K - low, 0.0))


def main(arguments: Sequence[str] | None = None) -> int:
    """Calibrate and write ``data/surface.json`` (or the path given)."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    path = Path(given[0]) if given else Path(__file__).with_name("data") / "surface.json"
    calibration = calibrate_surface()
    path.write_text(calibration.to_json() + "\n", encoding="utf-8")
    for row in calibration.media:
        said = ", ".join(
            f"{k} {row[k]['ratio']:.2f} [{row[k]['low']:.2f}, {row[k]['high']:.2f}] closed {row[k]['closed_probability']:.2f}"
            for k in ("prior", "posterior", "left_out")
        )
        print(f"{row['medium']:8s} reported {row['reported']}: {said}")
    print({k: round(v, 2) for k, v in calibration.orders.items()}, f"draws {calibration.effective_draws:.0f}")
    return 0


__all__ = [
    "AVOGADRO_1_mol",
    "Medium",
    "MeltingCondition",
    "SurfaceCalibration",
    "SurfaceParameters",
    "SurfacePrediction",
    "calibrate_surface",
    "case_of",
    "melting_condition",
    "prior_draws",
    "stored",
    "surface_ratio",
]

if __name__ == "__main__":
    raise SystemExit(main())
