"""The patent's figures as Percola sees them: curves of Figs. 1 to 4, and structures in three dimensions for Figs. 5 to 7.

Plain data and arrays; :mod:`percola.plot.patent_figures` draws them.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from percola.design.foretold.full import deviations
from percola.design.posterior.calibration import Calibration
from percola.design.posterior.observations import features_once
from percola.design.reduced.features import Features
from percola.errors import InputError, PercolaError
from percola.recipe import specimens as patent_specimens
from percola.recipe.physics import solution_from, system_from
from percola.thermo.varied import MEMORY_SHIFT, varied

FloatArray = npt.NDArray[np.float64]
Progress = Callable[[str, float], None]

LEVELS = (0.05, 0.5, 0.95)
FIG1_RECIPE, FIG1_WEIGHTS = "Ex1a", (0.30, 0.35, 0.40)
"""Para. 52: PVDF of 3.62e5 in DEP at 30, 35 and 40 wt%."""
FIG1_PLATEAU_K = 178.0 + 273.15
"""T_a as para. 52 reports it."""
SERIES_RECIPE = "Ex7"
"""Para. 55: the solution of the series of Fig. 3."""
SERIES_LIMITS_K = (137.5 + 273.15, 152.5 + 273.15)
"""T_l and T_u as para. 55 reports them."""
RATE_K_s, HOLD_s = 2.0 / 60.0, 1200.0
"""Para. 89(12): 2 K/min after 20 min."""
PLATEAU_WITHIN_K = 1.0
"""T_a is the lowest T_s from which T_c stays within this of its value at the hottest (about what a calorimeter can tell)."""
SECTIONS = (
    ("5A", "CE1"),
    ("5B", "Ex1a"),
    ("5C", "Ex2a"),
    ("6A", "CE2"),
    ("6B", "CE3"),
    ("6C", "CE4"),
)
"""Figure and specimen of the sections."""
SURFACES = (
    ("7A", "Ex5"),
    ("7B", "Ex6-DMP"),
    ("7C", "Ex6-DEP"),
    ("7D", "Ex6-DOP"),
    ("7E", "Ex6-DIDP"),
    ("7F", "CE5-DTDP"),
    ("7G", "Ex6-water"),
    ("7H", "Ex6-ethylene_glycol"),
    ("7I", "CE5-decalin"),
)
"""Figure and specimen of the surfaces."""
SIZE = 64
VIEW_M = 16e-6
"""Edge of the patent's micrographs of sections (para. 89(3): lines of 16 um)."""


def known_features(calibration: Calibration, name: str) -> Features:
    """Features of a specimen: those of the calibration, or made anew."""
    names = calibration.observations.names
    if name in names:
        return calibration.observations.features.take([names.index(name)])
    return features_once(patent_specimens.load(name)[0], name)


# --- curves --------------------------------------------------------------------------------------------------------------------


def _quantiles(y: FloatArray) -> list[list[float | None]]:
    """Quantiles 5, 50 and 95 % along the first axis; None where half of the draws or more say nothing."""
    with np.errstate(all="ignore"):
        there = np.mean(np.isfinite(y), axis=0) > 0.5
        safe = np.where(there[None], y, 0.0)
        q = np.nanquantile(safe, LEVELS, axis=0)
    return [[float(v) if k else None for v, k in zip(row, there, strict=True)] for row in q]


def plateau_K(dissolution_K: FloatArray, crystallization_K: FloatArray) -> float:
    """T_a of a computed curve: the lowest T_s from which T_c stays within :data:`PLATEAU_WITHIN_K` of its last value; NaN where
    it never falls below."""
    y = np.asarray(crystallization_K, float)
    away = ~(np.abs(y - y[-1]) <= PLATEAU_WITHIN_K)
    if not np.isfinite(y[-1]) or not away.any():
        return float("nan")
    i = int(np.flatnonzero(away)[-1])
    if i + 1 >= y.size - 1 or not np.isfinite(y[i]):
        return float(dissolution_K[i + 1]) if i + 1 < y.size - 1 else float("nan")
    # the crossing, linear between two points
    over = abs(y[i] - y[-1]) - PLATEAU_WITHIN_K
    under = PLATEAU_WITHIN_K - abs(y[i + 1] - y[-1])
    return float(dissolution_K[i] + (dissolution_K[i + 1] - dissolution_K[i]) * over / (over + under))


def crystallization_curves(
    calibration: Calibration,
    name: str,
    weights: Sequence[float],
    dissolution_K: FloatArray,
    draws: int,
    progress: Progress | None = None,
    *,
    pan: bool = True,
) -> dict[str, Any]:
    """T_c against T_s of a specimen's solution at several concentrations, over draws of the posterior.

    ``pan``: as a calorimeter has it, held for 20 min without flow, so that crystallites are counted at T_s plus the shift of a
    static process; else with the hold and the shift of the specimen's own process.
    """
    recipe = patent_specimens.load(name)[0]
    system = system_from(recipe)
    f = known_features(calibration, name)
    hold_s = HOLD_s if pan else float(f.hold_s[0])
    if pan:
        f = replace(f, extruded=np.zeros(1))
    phi = np.asarray(system.volume_fraction(np.asarray(weights, float)))
    count = next(iter(calibration.thinned.values())).shape[0]
    pick = np.unique(np.linspace(0, count - 1, min(draws, count)).astype(int))
    curves = []
    for n, k in enumerate(pick):
        if progress is not None:
            progress("crystallization of drawn solutions", n / len(pick))
        moved = deviations(calibration, f, int(k))
        shift = moved.pop(MEMORY_SHIFT, 0.0)
        own = varied(system, moved)
        curves.append(own.crystallization_temperature_K(phi, dissolution_K + shift, RATE_K_s, hold_s))
    y = np.array(curves)
    bends = np.array([[plateau_K(dissolution_K, row) for row in one] for one in y])
    out = []
    for i, w in enumerate(weights):
        told = bends[:, i][np.isfinite(bends[:, i])]
        out.append(
            {
                "weight_fraction": float(w),
                "crystallization_K": _quantiles(y[:, i]),
                "plateau_K": [float(v) for v in np.quantile(told, LEVELS)] if told.size else None,
                "plateau_told_by": float(told.size / len(pick)),
            }
        )
    return {
        "recipe": f"patent:{name}",
        "solvent": f.solvents[f.solvent[0]],
        "dissolution_K": dissolution_K.tolist(),
        "cooling_rate_K_s": RATE_K_s,
        "hold_s": hold_s,
        "draws": len(pick),
        "curves": out,
    }


def series(calibration: Calibration, seed: int = 0) -> dict[str, Any]:
    """Fig. 3: porosity, strength and extension against T_s with bands, T_l and T_u, and the points reported."""
    from percola.design.foretold.pair_window import pair_window

    recipe = patent_specimens.load(SERIES_RECIPE)[0]
    window = pair_window(recipe, calibration, seed, known_features(calibration, SERIES_RECIPE)).to_dict()
    names = ("porosity", "breaking_strength", "breaking_extension")
    points = []
    for t, name, note in patent_specimens.series("fig3"):
        reported = patent_specimens.reported(name)
        values = {q: v.value for q in names if (v := reported.value(q)) is not None}
        points.append(
            {
                "id": name,
                "plotted_K": t,
                "dissolution_K": float(known_features(calibration, name).dissolution_K[0]),
                "reported": values,
                "left_out": {},
                "note": note,
            }
        )
    return {
        "recipe": f"patent:{SERIES_RECIPE}",
        "window": window,
        "points": points,
        "reported_limits_K": list(SERIES_LIMITS_K),
        "limits_of_the_plotted_K": list(
            _limits_of(window, [t for t, _, _ in patent_specimens.series("fig3")])
        ),
    }


def _limits_of(window: dict[str, Any], plotted_K: Sequence[float]) -> tuple[float | None, float | None]:
    """T_l and T_u read from the predicted medians at the temperatures that Fig. 3 plots, and at no others."""
    t = np.asarray(window["temperatures_K"])
    at = [int(np.argmin(np.abs(t - x))) for x in plotted_K]
    if any(abs(t[i] - x) > 0.5 for i, x in zip(at, plotted_K, strict=True)) or len(at) < 2:
        return None, None
    middle = 0.5 * (t[at[:-1]] + t[at[1:]])
    rise = np.diff(np.asarray(window["porosity"])[1, at])
    fall = -np.diff(np.asarray(window["extension"])[1, at])
    return float(middle[np.argmax(rise)]), float(middle[np.argmax(fall)])


def diagram(
    calibration: Calibration, dissolution_K: Sequence[float], name: str = SERIES_RECIPE
) -> dict[str, Any]:
    """Fig. 4: the phase diagram of a specimen's solution at the middle of the posterior, crystallization lines at three T_s."""
    from percola.thermo.phase_diagram import phase_diagram

    recipe = patent_specimens.load(name)[0]
    f = known_features(calibration, name)
    moved = deviations(calibration, f)
    shift = moved.pop(MEMORY_SHIFT, 0.0)
    system = varied(system_from(recipe), moved)
    solution = solution_from(recipe)
    seen = tuple(float(t) + shift for t in dissolution_K)
    found = phase_diagram(
        system,
        recipe=(solution.weight_fraction, seen[1]),
        weight_fractions=np.linspace(0.05, 0.65, 61),
        dissolution_K=seen,
        hold_s=solution.hold_s,
        standing=False,
    )
    return found.to_dict() | {"deviations": moved}


def curves(
    calibration: Calibration, seed: int = 0, draws: int = 60, progress: Progress | None = None
) -> dict[str, Any]:
    """Data of Figs. 1 to 4."""

    def part(low: float, high: float) -> Progress | None:
        if progress is None:
            return None
        tell = progress
        return lambda words, share: tell(words, low + (high - low) * share)

    hot = np.arange(140.0, 205.1, 2.5) + 273.15
    first = crystallization_curves(calibration, FIG1_RECIPE, FIG1_WEIGHTS, hot, draws, part(0.0, 0.6))
    first["reported_plateau_K"] = FIG1_PLATEAU_K
    own = solution_from(patent_specimens.load(SERIES_RECIPE)[0]).weight_fraction
    wide = np.arange(125.0, 205.1, 2.5) + 273.15
    second = crystallization_curves(
        calibration, SERIES_RECIPE, (own,), wide, draws, part(0.6, 0.8), pan=False
    )
    if progress is not None:
        progress("window of the series", 0.8)
    third = series(calibration, seed)
    w = third["window"]
    second["window"] = {k: v for k, v in w.items() if k.endswith("_K") and not isinstance(v, list)}
    middle = 0.5 * (w["lower_K"] + w["upper_K"])
    three = (w["lower_K"] - 5.0, middle, w["upper_K"] + 7.5)
    if progress is not None:
        progress("phase diagram", 0.9)
    return {"fig1": first, "fig2": second, "fig3": third, "fig4": diagram(calibration, three)}


# --- structures ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shown:
    """A structure to be drawn.

    Attributes:
        figure, specimen: "5A" and its specimen.
        level: polymer where positive, shape (nx, ny, nz).
        spacing_m: edge of a voxel.
        periodic: per axis.
        view: "section" or "outer".
        words: what it is, for its caption.
        numbers: measured on it, SI.
        source: run directory or file that it comes from.
    """

    figure: str
    specimen: str
    level: npt.NDArray[np.float32]
    spacing_m: float
    periodic: tuple[bool, bool, bool]
    view: str
    words: str
    numbers: Mapping[str, Any]
    source: str


def section(
    calibration: Calibration,
    figure: str,
    name: str,
    out: Path,
    size: int = SIZE,
    seed: int = 0,
    progress: Callable[[Any], None] | None = None,
) -> Shown:
    """A section of a specimen's wall from a three-dimensional run at the middle of the posterior; the run is kept and reused."""
    from percola import pipeline
    from percola.report.data import read

    result = pipeline.run(
        f"patent:{name}",
        out=out,
        size=size,
        seed=seed,
        progress=progress,
        deviations=deviations(calibration, known_features(calibration, name)),
    )
    data = read(result.path)
    fields = data.fields("core")
    level = None if fields is None else fields.level
    if fields is None or level is None:
        raise InputError(
            str(result.path), "no structure of the core", "a finished run", "run it again: --fresh"
        )
    numbers: dict[str, Any] = {}
    for m in result.measurements:
        if m.name in ("porosity", "average_pore_size", "sem_average_pore_size", "structure_class"):
            numbers.setdefault(m.name, m.value)
    return Shown(
        figure, name, level, fields.spacing_m, fields.periodic, "section",
        _section_words(numbers), numbers, str(result.path),
    )  # fmt: skip


def _section_words(numbers: Mapping[str, Any]) -> str:
    kind = numbers.get("structure_class")
    size = numbers.get("average_pore_size")
    said = [str(kind).replace("_", " ")] if kind else []
    if isinstance(size, float):
        said.append(f"average pore {size * 1e6:.2g} µm")
    porosity = numbers.get("porosity")
    if isinstance(porosity, float):
        said.append(f"porosity {100 * porosity:.0f} %")
    return ", ".join(said)


@dataclass(frozen=True)
class LayerState:
    """A surface layer as :func:`percola.design.surface.march.layer` leaves it at the middle of the surface model's posterior.

    Attributes:
        medium: at the face.
        exchanged: share of medium in the layer's liquid.
        polymer_fraction: of the layer.
        wall_potential_m: energy of the face for each unit of polymer fraction [kT per site x m].
        skin_m: rich phase that grew along the face before the layer demixed and does not open by the surface model's own
            criterion (thickness against the holes that its rich phase can make); 0 where it opens or none grew.
        length_m: structure length that the march gives.
        predicted_ratio, closed_probability: what the surface model says of it.
    """

    medium: str
    exchanged: float
    polymer_fraction: float
    wall_potential_m: float
    skin_m: float
    length_m: float
    predicted_ratio: float
    closed_probability: float


def layer_state(case: Any) -> tuple[LayerState, Any]:
    """The layer of a case (:func:`percola.design.surface.model.case_of`), and the parameters it was marched with."""
    from percola.design.surface import model as surface
    from percola.design.surface.march import LayerParameters, layer

    stored = surface.stored()
    scores = stored.own_scores(case)

    def middle(x: FloatArray) -> FloatArray:
        return np.asarray(np.median(x, keepdims=True))

    p = LayerParameters(
        middle(stored.draws["depth_m"]),
        middle(stored.draws["alpha"]),
        middle(scores[:, 0]),
        middle(scores[:, 1]),
    )
    end = layer(case, p)
    depth = float(np.cbrt(case.system.site_volume_m3))
    said = stored.predict(case)
    # no answer where nothing is porous inside: then the face is closed as well
    closed = 1.0 if said.closed_probability is None else said.closed_probability
    return (
        LayerState(
            case.medium.name,
            float(end.exchanged[0]) if case.medium.kind == "liquid" else 0.0,
            float(end.polymer_fraction[0]),
            # as in a three-dimensional run: a sharp face has its energy, one that mixes with the solvent is neutral; beyond
            # complete wetting a larger energy changes nothing but the stiffness of the equations
            -float(np.clip(end.wall_kT[0], 0.0, 0.25)) * depth,
            float(end.skin_m[0]) if closed > 0.5 else 0.0,
            float(end.length_m[0]),
            float("nan") if said.ratio is None else said.ratio,
            closed,
        ),
        p,
    )


def layer_physics(case: Any, state: LayerState, p: Any, obstruction: float | None = None) -> Any:
    """The layer's own liquid as the phase field takes it: chi, viscosity, growth of the exchanged liquid, the layer's composition.

    The same laws as :func:`percola.design.surface.march.layer`, at the composition of arrest.
    """
    from percola.design.surface.exchange import (
        BOLTZMANN_J_K,
        mixed_chi,
        vogel_Pa_s,
    )
    from percola.design.surface.march import growth_m_s, melting_K
    from percola.gel.problem import GelPhysics
    from percola.thermo.system import GLASS_ABOVE_CUTOFF_K

    system, medium, y = case.system, case.medium, state.exchanged
    spread_mp, spread_ms = (
        float(np.sqrt(np.log1p(r**2))) for r in (medium.chi_mp_spread, medium.chi_ms_spread)
    )
    alpha = float(p.alpha[0])
    k_mp = (alpha if medium.default_mp else 1.0) * float(np.exp(p.mp_score[0] * spread_mp))
    k_ms = (alpha if medium.default_ms else 1.0) * float(np.exp(p.ms_score[0] * spread_ms))
    d = system.diffusion
    own = (d.viscosity_log, d.viscosity_B_K, d.viscosity_T0_K)
    size = medium.size if y > 0 else 1.0
    glass_s = system.solvent_glass_K or system.growth.T_inf_K + GLASS_ABOVE_CUTOFF_K
    glass = 1.0 / ((1.0 - y) / glass_s + y / medium.glass_K)

    def parts(T: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        a_sp, b_sp = system.chi_A, system.chi_B_K
        if y <= 0.0:
            return np.asarray(a_sp + b_sp / T), np.full_like(T, a_sp), np.ones_like(T)
        a_mp, b_mp = medium.chi_mp[0], medium.chi_mp[1] * k_mp
        a_ms, b_ms = medium.chi_ms[0], medium.chi_ms[1] * k_ms
        chi, site = mixed_chi(y, size, a_ms + b_ms / T, a_sp + b_sp / T, a_mp + b_mp / T)
        a, _ = mixed_chi(y, size, a_ms, a_sp, a_mp)
        return np.asarray(chi), np.full_like(T, a), np.full_like(T, site)

    def bare(T: FloatArray) -> FloatArray:
        t = np.asarray(T, float)
        eta = np.log(np.asarray(vogel_Pa_s(own, t)))
        if y > 0.0:
            moles = (y / size) / (y / size + 1.0 - y)
            eta = (1.0 - moles) * eta + moles * np.log(np.asarray(vogel_Pa_s(medium.viscosity, t)))
        return np.asarray(BOLTZMANN_J_K * t / (6.0 * np.pi * np.exp(eta) * d.radius_m))

    def growth(T: FloatArray, phi: FloatArray) -> FloatArray:
        t, x = np.broadcast_arrays(np.asarray(T, float), np.asarray(phi, float))
        chi, a, site = parts(t)
        melting = melting_K(system, x, a, (chi - a) * t, site)
        return growth_m_s(system, t, x, melting, np.full_like(t, glass))

    return GelPhysics(
        polymer_fraction=state.polymer_fraction,
        segments=system.segments,
        site_volume_m3=system.site_volume_m3,
        segment_length_m=case.segment_length_m,
        chi=lambda T: parts(np.asarray(T, float))[0],
        bare_diffusivity_m2_s=bare,
        obstruction=d.crowding if obstruction is None else obstruction,
        growth_rate_m_s=growth,
        nuclei_density_m3=case.nuclei_m3,
        initial_radius_m=case.radius_m,
        exclusion=system.crystal_exclusion_kT,
    )


def with_skin(problem: Any, skin_m: float) -> Any:
    """The problem whose solution starts with rich phase of a thickness along its face z = 0, taken from what lies below it.

    Polymer is conserved; the skin is as rich as the phase in equilibrium at the start, or at the reference of the interface
    where the solution is still one liquid then.
    """
    from percola.thermo.flory_huggins import binodal

    h = problem.grid.spacing_m
    phi = np.array(problem.state.phi)
    mean = float(phi.mean())
    chi = problem.scales.reference_chi
    rich = float(binodal(float(problem.model.energy.segments), chi).rich)
    n = phi.shape[-1]
    share = np.clip(skin_m / h - np.arange(n), 0.0, 1.0)
    skin = rich * share + mean * (1.0 - share)
    below = share < 1e-9
    skin[below] -= (skin.sum() - mean * n) / below.sum()
    if skin.min() <= 0.02:  # more polymer than the box below can give: as much of it as there is
        return problem
    field = np.broadcast_to(skin.astype(phi.dtype), phi.shape).copy()
    import jax.numpy as jnp

    return replace(problem, state=replace(problem.state, phi=jnp.asarray(field)))


def surface_box(
    figure: str,
    name: str,
    out: Path,
    size: int = SIZE,
    seed: int = 0,
    progress: Progress | None = None,
) -> Shown:
    """The face of a specimen's gel from a box of its surface layer, solved by the phase field; kept in ``out`` and reused.

    The box holds the layer's liquid at arrest with the history of the face; its lower wall has the energy of a medium that does not
    mix with the solvent and is neutral to one that does, as in :func:`percola.pipeline.physics.wall_potential_m`. A skin that does
    not open by the surface model's own criterion stands at the face at the start; the rest is solved.

    Limitations: one composition throughout (the layer of the model is some 0.4 um deep, the box deeper); the exchange is
    taken as done before demixing; physical parameters are those of the tables, as in the surface model; a skin thinner than the
    interface of the phase field is drawn as wide as that.
    """
    from percola.design.surface import model as surface
    from percola.gel.problem import forecast, gel_problem
    from percola.gel.solve import solve
    from percola.grid import Grid
    from percola.measure import measure_surface
    from percola.membrane import dried
    from percola.pipeline import physics as bridge
    from percola.pipeline.main import HOLD_S, MAX_STEPS
    from percola.pipeline.plan import cell_size_m

    recipe = patent_specimens.load(name)[0]
    case = surface.case_of(recipe)
    state, p = layer_state(case)
    identity = json.dumps([name, size, seed, state.__dict__, 1], sort_keys=True)
    path = out / f"{name}-{hashlib.sha256(identity.encode()).hexdigest()[:10]}.npz"
    if path.is_file():
        with np.load(path) as file:
            kept = json.loads(bytes(file["head"]).decode())
            return Shown(figure, name, file["level"], kept["spacing_m"], (True, True, False), "outer",
                         kept["words"], kept["numbers"], str(path))  # fmt: skip
    t, T = case.face_time_s, case.face_temperature_K
    t, T = np.append(t, t[-1] + HOLD_S), np.append(T, T[-1])
    gel = layer_physics(case, state, p)
    expected = forecast(gel, t, T)
    h = cell_size_m(gel, expected, size, 1e-4)
    grid = Grid((size, size, max(32, size // 2)), h, ("periodic", "periodic", "wall"))
    problem = gel_problem(
        gel, t, T, grid, reference_chi=expected.reference_chi, seed=seed,
        wall_potential=(state.wall_potential_m, 0.0),
    )  # fmt: skip
    if state.skin_m > 0.0:
        problem = with_skin(problem, state.skin_m)
    clock = time.monotonic()

    def show(share: float, sample: Any) -> bool:
        if progress is not None:
            progress(
                f"surface in {case.medium.name.lower()}: {100 * sample.crystallinity:.0f} % crystallized",
                share,
            )
        return True

    result = solve(problem, progress=show, max_steps=MAX_STEPS)
    if not (result.solved or result.outcome == "too_many_steps"):
        raise PercolaError(
            f"surface of {name}", f"the phase field stopped: {result.outcome}", "", result.remedy
        )
    solution = solution_from(recipe)
    law = bridge.drying_law(recipe, solution, bridge.main_polymer(recipe))
    structure = dried(
        np.asarray(result.polymer_fraction, np.float32), h, (True, True, False), law, "outer_surface"
    )
    found = measure_surface(
        structure.void, structure.spacing_m, structure.periodic, structure.level, region="outer_surface"
    )
    numbers: dict[str, Any] = {m.name: m.value for m in found}
    numbers["open_share_of_the_face"] = float(structure.void[:, :, 0].mean())
    numbers |= {"layer": dict(state.__dict__), "outcome": result.outcome, "seconds": time.monotonic() - clock}
    words = _surface_words(state, numbers)
    head = json.dumps(
        {"spacing_m": structure.spacing_m, "words": words, "numbers": _plain(numbers)}, default=str
    )
    out.mkdir(parents=True, exist_ok=True)
    from percola.store.atomic import written_aside

    level = structure.level.astype(np.float32)
    with written_aside(path) as aside:
        np.savez_compressed(aside, level=level, head=np.frombuffer(head.encode(), np.uint8))
    return Shown(
        figure, name, level, structure.spacing_m, (True, True, False), "outer", words, numbers, str(path)
    )


def _plain(numbers: Mapping[str, Any]) -> Any:
    from percola.store.atomic import plain

    return plain(dict(numbers))


def _surface_words(state: LayerState, numbers: Mapping[str, Any]) -> str:
    share = numbers["open_share_of_the_face"]
    said = [f"{100 * share:.0f} % of the face open"]
    size = numbers.get("sem_average_pore_size")
    if isinstance(size, float):
        said.append(f"pores of the face {size * 1e6:.2g} µm")
    if state.skin_m > 1e-9:
        said.append(f"under a skin of {state.skin_m * 1e9:.0f} nm")
    if state.closed_probability > 0.5:
        said.append(f"the surface model calls it closed with {100 * state.closed_probability:.0f} %")
    else:
        said.append(
            f"the surface model calls it open, {state.predicted_ratio:.2g} times the inside (closed with "
            f"{100 * state.closed_probability:.0f} %)"
        )
    return ", ".join(said)


__all__ = [
    "SECTIONS",
    "SIZE",
    "SURFACES",
    "LayerState",
    "Shown",
    "crystallization_curves",
    "curves",
    "diagram",
    "known_features",
    "layer_physics",
    "layer_state",
    "plateau_K",
    "section",
    "series",
    "surface_box",
    "with_skin",
]
