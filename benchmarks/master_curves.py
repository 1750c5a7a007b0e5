"""Runs of the three-dimensional core box across the recipe space: what the master curves of the reduced model are fitted to.

Each case is a recipe (solvent, concentration, molar mass, dissolution and bath temperature, sheet or fibre) times a random
deviation of the physical parameters (:mod:`percola.thermo.varied`). A periodic cube is solved from solution to arrest, dried
and measured; one row holds the recipe, what a quench without space says of it, and what three dimensions made of it.

    python benchmarks/master_curves.py plan  --cases 110 --out cases.json     # seeded, the same everywhere
    python benchmarks/master_curves.py run   --cases cases.json --out rows.jsonl [--size 96] [--drivers 1] [--workers 1]
    python benchmarks/master_curves.py csv   rows.jsonl... --out src/percola/design/data/master_runs.csv
    python benchmarks/master_curves.py fit   src/percola/design/data/master_runs.csv --out src/percola/design/data/master_curves.toml
    python benchmarks/master_curves.py plot  --out docs/images/master_curves.png
    python benchmarks/master_curves.py check [--platform cuda]                # device against CPU, mass, time of a step

``run`` solves gels in ``--drivers`` processes (on a GPU where JAX finds one) and measures in ``--workers`` CPU processes;
every row is written when it is whole, and any prefix of the cases is a balanced design.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
import json
import math
import os
import sys
import time
import traceback
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

SEED = 20240611
PATENT = ("Ex7", "Ex8", "Ex9", "CE7", "CE8", "CE9", "Ex10", "Ex12", "Ex13", "Ex15", "Ex3")
SOLVENTS = (
    (("DEP", 1.0),),
    (("DMP", 1.0),),
    (("ACP", 1.0),),
    (("DBP", 1.0),),
    (("CL", 0.357), ("DOA", 0.643)),  # 25 : 45 of paragraph 70
)
DEVIATIONS = (  # standard deviations
    ("chi_A", 0.1),
    ("Tm0_K", 8.0),
    ("ln_N_tot", 1.5),
    ("ln_l_mean", 0.05),
    ("ln_N_het", 1.5),
    ("ln_G0", 0.7),
    ("ln_Kg", 0.05),
    ("ln_D0", 0.5),
)
POISSONS_RATIO = 0.35
"""Of the dense polymer; E/E_s of a network hardly depends on it (below 2 % between 0.3 and 0.4)."""
COLD_SHARE = 0.7
"""Crystallized share at the spinodal that marks the cold end of a solution's window in the plan."""
BELOW_COLD_K, ABOVE_COLD_K = 6.0, 26.0
"""Dissolution temperatures from so far below to so far above the cold end."""
MARKS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.97)
"""Crystallized shares at which the quench without space is recorded."""


# -- cases -------------------------------------------------------------------------------------------


def recipe_of(case: dict[str, Any]) -> Any:
    """The recipe of a case: of the patent, or from its numbers."""
    from percola import recipe as recipes

    if case["specimen"]:
        return recipes.resolve(f"patent:{case['specimen']}")[0]
    w = case["polymer_wt"]
    data: dict[str, Any] = {
        "schema_version": 1,
        "name": case["name"],
        "polymers": [
            {
                "polymer": "PVDF",
                "weight_average_molecular_weight": f"{case['Mw_g_mol']:.6g} g/mol",
                "amount": f"{100 * w:.6g} parts",
            }
        ],
        "solvents": [
            {"liquid": name, "amount": f"{100 * (1 - w) * share:.6g} parts"}
            for name, share in case["solvents"]
        ],
        "dissolution": {"temperature": f"{case['Ts_C']:.6g} degC", "pressurized": True},
        "extraction": {"liquids": [{"liquid": "DCM"}]},
        "drying": {"method": "room"},
    }
    if case["hold_s"] is not None:
        data["dissolution"]["hold"] = f"{case['hold_s'] / 60:.6g} min"
    bath = f"{case['bath_C']:.6g} degC"
    if case["geometry"] == "sheet":
        data["shaping"] = {"method": "hot_press", "thickness": f"{1e3 * case['thickness_m']:.6g} mm"}
        data["cooling"] = {"method": "press", "temperature": bath}
    else:
        bore = 0.9
        data["shaping"] = {
            "method": "extruder",
            "die": {
                "kind": "hollow",
                "inside_diameter": f"{bore} mm",
                "outside_diameter": f"{bore + 2e3 * case['thickness_m']:.6g} mm",
            },
        }
        data["cooling"] = {"method": "liquid", "media": [{"liquid": "DOP"}], "temperature": bath}
    return recipes.from_dict(data, case["name"])


def _started(case: dict[str, Any]) -> Any:
    """(recipe, solution, polymer, wall, times, temperatures, gel's physics) of a case; words where it cannot be run."""
    from percola.pipeline import physics as bridge
    from percola.pipeline.main import _held
    from percola.recipe import solution_from
    from percola.thermo.varied import varied_solution

    recipe = recipe_of(case)
    solution = varied_solution(solution_from(recipe), case["deviations"])
    s = solution.system
    if s.crystal_exclusion_kT > 0 and not case.get("exclusion_as_zero"):
        return f"crystals reject solvent ({s.crystal_exclusion_kT:g} kT)"
    if s.crystal_exclusion_kT > 0:
        solution = dataclasses.replace(solution, system=dataclasses.replace(s, crystal_exclusion_kT=0.0))
    if solution.crystallized_in_hold > 0.4:
        return f"{solution.crystallized_in_hold:.2f} crystallized at T_s"
    history, wall = bridge.cooled(recipe, solution)
    t, T = _held(*history.core())
    polymer = bridge.main_polymer(recipe)
    return recipe, solution, polymer, wall, t, T, bridge.gel_physics(solution, polymer, t, T)


def _crystallized(case: dict[str, Any]) -> tuple[float, float] | str:
    """Crystallized share at the spinodal (at the end where it is never crossed) and at the end; words where it cannot be run."""
    from percola.gel.problem import refined
    from percola.thermo.flory_huggins import spinodal_chi

    start = _started(case)
    if isinstance(start, str):
        return start
    gel = start[-1]
    t = refined(start[4])
    T = np.interp(t, start[4], start[5])
    g = np.asarray(gel.growth_rate_m_s(T, np.full_like(T, gel.polymer_fraction)))
    radius = gel.initial_radius_m + np.concatenate([[0.0], np.cumsum(0.5 * (g[1:] + g[:-1]) * np.diff(t))])
    x = 1.0 - np.exp(-(4.0 * math.pi / 3.0) * gel.nuclei_density_m3 * radius**3)
    inside = np.asarray(gel.chi(T)) > float(spinodal_chi(gel.polymer_fraction, gel.segments))
    return float(x[int(np.argmax(inside))] if inside.any() else x[-1]), float(x[-1])


def prepared(case: dict[str, Any]) -> dict[str, Any]:
    """All that the gel needs of a case, and what a quench without space says of it.

    ``unfit`` says why a case cannot be run; the rest is then missing.
    """
    from percola.gel.problem import forecast, march
    from percola.pipeline import physics as bridge
    from percola.thermo.flory_huggins import binodal, spinodal_chi

    start = _started(case)
    if isinstance(start, str):
        return {"unfit": start}
    recipe, solution, polymer, wall, t, T, gel = start
    expected = forecast(gel, t, T)
    m = march(gel, t, T)
    phi, n = gel.polymer_fraction, gel.segments

    numbers: dict[str, Any] = {
        "phi": phi,
        "segments": n,
        "site_volume_m3": gel.site_volume_m3,
        "segment_length_m": gel.segment_length_m,
        "gradient_coefficient_m2": gel.gradient_coefficient_m2,
        "obstruction": gel.obstruction,
        "nuclei_density_m3": gel.nuclei_density_m3,
        "initial_radius_m": gel.initial_radius_m,
        "crystallized_in_hold": solution.crystallized_in_hold,
        "spinodal_chi": float(spinodal_chi(phi, n)),
        "reference_chi": expected.reference_chi,
        "dissolution_temperature_K": solution.dissolution_temperature_K,
        "wall_thickness_m": wall.thickness_m,
        "final_temperature_K": float(T[-1]),
    }
    numbers["dry_volume"], numbers["cooling_ratio"] = bridge.volumes(solution, polymer)
    x = m.crystallized

    def at(i: int, label: str) -> None:
        """The state at one index of the march."""
        c = float(m.chi[i])
        numbers[f"time_{label}_s"] = float(m.time_s[i])
        numbers[f"temperature_{label}_K"] = float(m.temperature_K[i])
        numbers[f"chi_{label}"] = c
        numbers[f"length_{label}_m"] = float(m.length_m[i])
        lean = rich = share = math.nan
        if c > 1.0001 * numbers["spinodal_chi"]:
            pair = binodal(n, c)
            lean, rich = float(pair.lean), float(pair.rich)
            share = (rich - phi) / (rich - lean)
        numbers[f"phi_lean_{label}"], numbers[f"phi_rich_{label}"] = lean, rich
        numbers[f"lean_share_{label}"] = share
        j = min(max(i, 1), len(m.time_s) - 2)
        numbers[f"cooling_rate_{label}_K_s"] = float(
            -(m.temperature_K[j + 1] - m.temperature_K[j - 1]) / (m.time_s[j + 1] - m.time_s[j - 1])
        )

    numbers["demixes"] = int(m.first >= 0)
    numbers["final_crystallized"] = float(x[-1])
    if m.first >= 0:
        at(m.first, "spinodal")
        numbers["crystallized_spinodal"] = float(x[m.first])
    else:
        numbers["crystallized_spinodal"] = float(x[-1])
    for mark in MARKS:
        if x[-1] >= mark:
            at(int(np.argmax(x >= mark)), f"x{round(100 * mark):02d}")
    if x[-1] < 0.5:
        return {"unfit": f"only {x[-1]:.2f} crystallized at the end"}
    numbers["forecast_length_m"] = expected.length_m
    numbers["forecast_late_length_m"] = expected.late_length_m
    return {
        "numbers": numbers,
        "time_s": t,
        "temperature_K": T,
        "solution": solution,
        "recipe": recipe,
        "polymer": polymer,
        "gel": gel,
        "expected": expected,
        "thickness_m": wall.thickness_m,
    }


def cold_end_C(case: dict[str, Any]) -> float:
    """Dissolution temperature at which :data:`COLD_SHARE` has crystallized when the spinodal is crossed, nan where there is none.

    By halving between 90 and 250 degC, to 5 K: fewer crystals outlive a hotter dissolution.
    """
    cold, hot = 90.0, 250.0
    seen_cold = seen_hot = False
    while hot - cold > 5.0:
        middle = 0.5 * (cold + hot)
        found = _crystallized(case | {"Ts_C": middle})
        if isinstance(found, str) and "reject" in found:
            return math.nan
        early = isinstance(found, str) or found[0] > COLD_SHARE
        if early:
            cold, seen_cold = middle, True
        else:
            hot, seen_hot = middle, True
    return 0.5 * (cold + hot) if seen_cold and seen_hot else math.nan


def cloud_point_C(case: dict[str, Any]) -> float:
    """Cloud point of a case's solution [degC], -273.15 where it has none."""
    from percola.recipe import solution_from
    from percola.thermo.varied import varied_solution

    cloud = float(varied_solution(solution_from(recipe_of(case)), case["deviations"]).cloud_point_K)
    return cloud - 273.15 if math.isfinite(cloud) else -273.15


def planned(index: int, u: Sequence[float]) -> dict[str, Any] | None:
    """The case of one point of the unit cube; None where the solution has no window or cannot be run."""
    from scipy.stats import norm

    w = 0.18 + 0.32 * u[1]
    geometry = "fibre" if u[2] < 0.4 else "sheet"
    case: dict[str, Any] = {
        "name": f"M{index:03d}",
        "specimen": "",
        "solvents": [list(s) for s in SOLVENTS[min(int(u[0] * len(SOLVENTS)), len(SOLVENTS) - 1)]],
        "polymer_wt": round(w, 4),
        "Mw_g_mol": round(2e5 * 6.5 ** u[3], -3),
        "hold_s": round(60 * 2.0 * 10.0 ** u[4], 0) if geometry == "sheet" else None,
        "bath_C": round(60.0 * u[5], 1),
        "thickness_m": round(1e-4 * 4.0 ** u[6], 6),
        "geometry": geometry,
        "deviations": {
            name: round(sd * float(norm.ppf(min(max(u[8 + i], 0.01), 0.99))), 5)
            for i, (name, sd) in enumerate(DEVIATIONS)
        },
        "exclusion_as_zero": int(u[0] * len(SOLVENTS)) == 4,
        "seed": index,
    }
    try:
        cold = cold_end_C(case)
    except Exception:
        return None
    if not math.isfinite(cold):
        return None
    case["cold_end_C"] = cold
    case["Ts_C"] = round(cold - BELOW_COLD_K + (BELOW_COLD_K + ABOVE_COLD_K) * u[7], 2)
    try:
        cloud = cloud_point_C(case)
        if cloud > case["Ts_C"] - 2.0:  # not a solution there
            case["Ts_C"] = round(cloud + 2.0 + ABOVE_COLD_K * u[7], 2)
        if case["Ts_C"] > 260.0:
            return None
        found = _crystallized(case)
    except Exception:
        return None
    if isinstance(found, str) or found[1] < 0.6:
        return None
    return case


def plan(count: int, workers: int) -> list[dict[str, Any]]:
    """The patent's recipes, then Sobol points that can be run, in their order."""
    from scipy.stats import qmc

    points = qmc.Sobol(8 + len(DEVIATIONS), seed=SEED).random(256)
    cases: list[dict[str, Any]] = [
        {
            "name": name,
            "specimen": name,
            "deviations": {},
            "seed": 0,
            "solvents": [],
            "polymer_wt": None,
            "Mw_g_mol": None,
            "hold_s": None,
            "bath_C": None,
            "thickness_m": None,
            "geometry": "",
            "Ts_C": None,
        }
        for name in PATENT
    ]
    with ProcessPoolExecutor(workers, get_context("spawn"), _quiet, ("cpu", 1)) as pool:
        index = 0
        while len(cases) < count + len(PATENT) and index < len(points):
            batch = range(index, min(index + 4 * workers, len(points)))
            found = pool.map(planned, batch, [points[i].tolist() for i in batch])
            cases += [c for c in found if c is not None]
            index = batch.stop
    cases = cases[: count + len(PATENT)]
    # the patent's recipes among the others, so that a prefix is balanced
    drawn = cases[len(PATENT) :]
    out: list[dict[str, Any]] = []
    for i, case in enumerate(drawn):
        if i % 3 == 0 and i // 3 < len(PATENT):
            out.append(cases[i // 3])
        out.append(case)
    return out


# -- one case ----------------------------------------------------------------------------------------


def _quiet(platform: str, threads: int) -> None:
    """Environment of a process, before JAX is imported."""
    os.environ["JAX_PLATFORMS"] = platform
    os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"
    for name in ("PERCOLA_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(threads)


def gelled(case: dict[str, Any], size: int) -> dict[str, Any]:
    """Solve the gel of a case; fields and numbers, or ``unfit``."""
    began = time.monotonic()
    p = prepared(case)
    if "unfit" in p:
        return {"case": case, "unfit": p["unfit"]}
    from percola.gel.problem import gel_problem, march, onset_speed
    from percola.gel.solve import solve
    from percola.pipeline import physics as bridge
    from percola.pipeline.main import MAX_STEPS
    from percola.pipeline.plan import Settings, cell_size_m, core_grid

    gel, expected = p["gel"], p["expected"]
    h = cell_size_m(gel, expected, size, p["thickness_m"])
    grid = core_grid(Settings(size), h)
    problem = gel_problem(
        gel, p["time_s"], p["temperature_K"], grid, reference_chi=expected.reference_chi, seed=case["seed"]
    )
    numbers = p["numbers"]
    m = march(gel, p["time_s"], p["temperature_K"])
    speed, onset = onset_speed(gel, m, problem.scales, float(problem.noise.std()))
    numbers |= {
        "size": size,
        "gel_spacing_m": h,
        "widening": problem.scales.widening,
        "wavelength_m": problem.scales.wavelength_m,
        "onset_speed": speed,
        "time_onset_s": onset,
        "crystallized_onset": float(np.interp(onset, m.time_s, m.crystallized))
        if math.isfinite(onset)
        else 1.0,
        "expected_seeds": problem.expected_seeds,
    }
    t1 = time.monotonic()
    result = solve(problem, max_steps=MAX_STEPS)
    t2 = time.monotonic()
    if not (result.solved or result.outcome == "too_many_steps"):
        return {"case": case, "unfit": f"phase field: {result.outcome}"}
    last = result.samples[-1]
    half = next((s for s in result.samples if s.crystallinity >= 0.5), last)
    numbers |= {
        "outcome": result.outcome,
        "steps": result.steps,
        "rejected": result.rejected,
        "seeds": result.seeds,
        "time_end_s": last.time_s,
        "gel_length_m": last.structure_length_m,
        "gel_length_half_m": half.structure_length_m,
        "contrast": last.contrast,
        "crystallinity": last.crystallinity,
        "phi_low": last.phi_low,
        "phi_high": last.phi_high,
        "mean_fraction": last.mean_fraction,
        "mass_drift": last.mean_fraction / gel.polymer_fraction - 1.0,
        "seconds_preparing": t1 - began,
        "seconds_gel": t2 - t1,
    }
    import jax

    numbers["device"] = str(jax.devices()[0].device_kind)
    return {
        "case": case,
        "numbers": numbers,
        "phi": np.asarray(result.polymer_fraction, np.float32),
        "spacing_m": h,
        "law": bridge.drying_law(p["recipe"], p["solution"], p["polymer"]),
    }


def measured(gel: dict[str, Any]) -> dict[str, Any]:
    """The row of a solved gel: dried and measured."""
    from percola.judge import structure_class
    from percola.measure import NAMES, measure_structure
    from percola.measure.flow.conductivity import conductivity
    from percola.measure.solid.stiffness import stiffness
    from percola.membrane import dried

    began = time.monotonic()
    case, numbers = gel["case"], dict(gel["numbers"])
    periodic = (True, True, True)
    s = dried(gel["phi"], gel["spacing_m"], periodic, gel["law"])
    row: dict[str, Any] = {
        "lean_share": s.lean_share,
        "rich_fraction": s.rich_fraction,
        "closed_share": s.closed_share,
        "gel_to_membrane": s.gel_to_membrane,
        "voxel_porosity": s.porosity,
        "spacing_m": s.spacing_m,
    }
    clock: dict[str, float] = {}
    t = time.monotonic()
    which = tuple(n for n in NAMES if n != "water_permeability")
    found = measure_structure(s.void, s.spacing_m, periodic, s.level, None, which)
    clock["seconds_structure"] = time.monotonic() - t
    t = time.monotonic()
    if s.void.any() and not s.void.all():
        found += conductivity(s.void, s.spacing_m, periodic, s.level, scatter=True)
        clock["seconds_conductivity"] = time.monotonic() - t
        t = time.monotonic()
        found += stiffness(
            s.void, s.spacing_m, periodic, poissons_ratio=POISSONS_RATIO, level=s.level, resolution=False
        )
        clock["seconds_stiffness"] = time.monotonic() - t
    kind = structure_class(found)
    row["structure_class"] = kind.value
    row["classes_possible"] = "|".join(kind.evidence.get("possible", []))
    for m in found:
        if isinstance(m.value, str) or m.region not in (
            "core",
            "box",
            "section",
            "void",
            "polymer",
            "interface",
        ):
            continue
        row[m.name] = m.value
        if m.uncertainty is not None:
            row[f"{m.name}_sigma"] = m.uncertainty
        if m.name == "stress_concentration":
            mean = m.evidence.get("mean_over_applied")
            for q, v in (m.evidence.get("percentiles") or {}).items():
                if q in ("50", "90", "99"):
                    row[f"stress_p{q}_over_mean"] = v / mean
            row["stress_mean_over_applied"] = mean
        if m.name == "relative_elastic_modulus":
            row["hashin_shtrikman_modulus"] = m.evidence["hashin_shtrikman_bound"]
    clock["seconds_measuring"] = time.monotonic() - began
    return {**_flat(case), **numbers, **row, **clock}


def _flat(case: dict[str, Any]) -> dict[str, Any]:
    """The numbers of a case in one level, those of the patent's recipes read from the recipe."""
    recipe = recipe_of(case)
    from percola.recipe.weights import composition

    whole = composition(recipe)
    out: dict[str, Any] = {
        "name": case["name"],
        "specimen": case["specimen"],
        "seed": case["seed"],
        "solvents": "+".join(
            f"{s.liquid}:{w / sum(whole.solvents):.3f}"
            for s, w in zip(recipe.solvents, whole.solvents, strict=True)
        ),
        "polymer_wt": whole.polymer_weight_fraction,
        "Mw_kg_mol": recipe.polymers[0].weight_average_molecular_weight.value,
        "Ts_K": recipe.dissolution.temperature.value,
        "hold_s": None if recipe.dissolution.hold is None else recipe.dissolution.hold.value,
        "bath_C": case["bath_C"],
        "geometry": case["geometry"] or ("sheet" if recipe.shaping.method == "hot_press" else "fibre"),
        "exclusion_as_zero": int(bool(case.get("exclusion_as_zero"))),
    }
    for name, _ in DEVIATIONS:
        out[f"deviation_{name}"] = case["deviations"].get(name, 0.0)
    return out


# -- all cases ---------------------------------------------------------------------------------------


def _gelled(case: dict[str, Any], size: int) -> dict[str, Any]:
    try:
        return gelled(case, size)
    except Exception:
        return {"case": case, "unfit": traceback.format_exc(limit=3)}


def _measured(gel: dict[str, Any]) -> dict[str, Any]:
    try:
        return measured(gel)
    except Exception:
        return {"name": gel["case"]["name"], "unfit": traceback.format_exc(limit=3)}


def run(
    cases: list[dict[str, Any]],
    size: int,
    out: Path,
    drivers: int,
    workers: int,
    platform: str,
    deadline_s: float,
    stop_solving_s: float,
) -> None:
    """Solve and measure, writing each row at once; stops feeding at ``stop_solving_s`` and all at ``deadline_s``."""
    began = time.monotonic()
    spawn = get_context("spawn")
    solving = ProcessPoolExecutor(drivers, spawn, _quiet, (platform, 1))
    measuring = ProcessPoolExecutor(workers, spawn, _quiet, ("cpu", 1))
    queue = list(cases)
    pending: dict[Future[Any], str] = {}
    backlog = 0
    done = 0
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.open("a") as file:
        while True:
            now = time.monotonic() - began
            gels = sum(1 for kind in pending.values() if kind == "gel")
            while queue and now < stop_solving_s and gels < drivers + 1 and backlog < 2 * workers:
                pending[solving.submit(_gelled, queue.pop(0), size)] = "gel"
                gels += 1
            if not pending or now > deadline_s:
                break
            finished, _ = wait(pending, timeout=2.0, return_when=FIRST_COMPLETED)
            for future in finished:
                kind = pending.pop(future)
                value = future.result()
                if kind == "gel" and "unfit" not in value:
                    pending[measuring.submit(_measured, value)] = "row"
                    backlog += 1
                    continue
                if kind == "row":
                    backlog -= 1
                else:
                    value = {"name": value["case"]["name"], "unfit": value["unfit"]}
                done += 1
                file.write(json.dumps(value) + "\n")
                file.flush()
                what = value.get("unfit") or (
                    f"lean {value['lean_share']:.3f} gel {value['seconds_gel']:.1f} s measuring {value['seconds_measuring']:.1f} s"
                )
                print(f"{time.monotonic() - began:6.0f} s {done:4d} {value['name']}: {what}", flush=True)
    for pool in (solving, measuring):
        for process in list((pool._processes or {}).values()):
            process.terminate()
        pool.shutdown(wait=False, cancel_futures=True)


def warm_up() -> None:
    """Compile and cache the kernels of the measurements once, before many processes want them."""
    from percola.measure.flow.conductivity import conductivity
    from percola.measure.phantoms import gaussian_field
    from percola.measure.solid.stiffness import stiffness
    from percola.measure.structure import measure_structure

    p = gaussian_field(24, 8.0, 0.6)
    measure_structure(p.void, p.spacing_m, p.periodic, p.level)
    conductivity(p.void, p.spacing_m, p.periodic, p.level)
    stiffness(p.void, p.spacing_m, p.periodic, poissons_ratio=POISSONS_RATIO, level=p.level)


# -- device ------------------------------------------------------------------------------------------


def check(platform: str) -> dict[str, Any]:
    """Device against CPU (fields, mass) and the time of a gel step; numbers for people."""
    os.environ.setdefault("JAX_PLATFORMS", "cpu" if platform == "cpu" else f"{platform},cpu")
    os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"
    import jax
    import jax.numpy as jnp

    from percola.gel.operators import operators
    from percola.gel.problem import stamp_seeds
    from percola.gel.reference import constant_gel, tolerances
    from percola.gel.stepper import advance, initial_state
    from percola.grid import Grid

    out: dict[str, Any] = {"device": jax.devices()[0].device_kind, "jax": jax.__version__}

    def start(n: int, dtype: Any, device: Any) -> Any:
        with jax.default_device(device):
            grid = Grid((n, n, n), 1.0, ("periodic",) * 3)
            ops = operators(grid, dtype)
            model = constant_gel(
                100, 0.8, 2.2, obstruction=2.0, growth=(0.0, 0.004, 0.0, 0.0), crystals=True, dtype=dtype
            )
            rng = np.random.default_rng(5)
            phi = np.asarray(0.2 + 0.02 * rng.standard_normal(grid.shape), dtype)
            psi = stamp_seeds(np.zeros(grid.shape, dtype), rng.random((6, 3)) * n, ops.walls)
            return model, ops, initial_state(ops, phi, psi, 0.0, 0.01)

    def stepped(n: int, dtype: Any, device: Any, steps: int) -> Any:
        with jax.default_device(device):
            model, ops, s = start(n, dtype, device)
            return advance(
                model,
                ops,
                tolerances(1e-2, 0.08, floor=1e-3, dtype=dtype),
                s,
                jnp.asarray(1e5),
                jnp.asarray(steps),
            )

    here, cpu = jax.devices()[0], jax.devices("cpu")[0]
    for kind in ("float32", "float64"):
        dtype = np.dtype(kind)
        for steps in (10, 200):
            a, b = stepped(48, dtype, here, steps), stepped(48, dtype, cpu, steps)
            name = f"{kind}_{steps}_steps"
            out[name] = {
                "largest_difference_phi": float(np.abs(np.asarray(a.phi) - np.asarray(b.phi)).max()),
                "largest_difference_psi": float(np.abs(np.asarray(a.psi) - np.asarray(b.psi)).max()),
                "rms_difference_phi": float(
                    np.sqrt(np.mean((np.asarray(a.phi, float) - np.asarray(b.phi, float)) ** 2))
                ),
                "contrast": float(np.asarray(a.phi, float).std()),
                "time_device": float(a.time),
                "time_cpu": float(b.time),
            }
        again = stepped(48, dtype, here, 200)
        out[f"{kind}_repeats_bit_for_bit"] = bool((np.asarray(again.phi) == np.asarray(a.phi)).all())
        before = np.asarray(start(48, dtype, here)[2].phi, float).mean()
        out[f"{kind}_mass_drift_200_steps"] = float(np.asarray(a.phi, float).mean() / before - 1.0)
    for n in (96, 128, 256) if platform != "cpu" else (96,):
        with jax.default_device(here):
            model, ops, s = start(n, np.dtype("float32"), here)
            tol = tolerances(1e-2, 0.08, floor=1e-3, dtype=np.float32)
            s = advance(model, ops, tol, s, jnp.asarray(1e5), jnp.asarray(5))
            jax.block_until_ready(s.phi)
            trials = int(s.steps) + int(s.rejected)
            t = time.perf_counter()
            s = advance(model, ops, tol, s, jnp.asarray(1e5), jnp.asarray(100))
            jax.block_until_ready(s.phi)
            spent = time.perf_counter() - t
            made = int(s.steps) + int(s.rejected) - trials
            out[f"step_{n}"] = {
                "steps": made,
                "ms_per_step": 1e3 * spent / max(made, 1),
                "cell_steps_per_s": made * n**3 / spent,
            }
    return out


# -- command line ------------------------------------------------------------------------------------


START = {
    "lean_share": (-1.5, 1.6, 0.7),
    "structure_length": (0.6, 0.5, -0.2),
    "closed_share": (0.5, 0.06),
    "average_pore": (-0.9, 0.6, 0.7, 0.39),
    "conduction": (-9.0, 16.0),
    "flow": (-3.5, 1.7),
    "modulus": (0.5, 2.5),
    "stress": (-1.0, 2.9),
    "ratio": (-2.3, -1.9),
    "through": (0.39, 0.015),
    "through_share": (0.4, 0.05),
    "interface_width": (0.67, -0.69, -0.02),
}
"""Where the fits begin; the answers do not depend on it."""


def capillary_length_m(specimen: str) -> float:
    """2 gamma/(0.3 sigma_y) of the drying liquid and the dry polymer [m]: the collapse radius of a dense strut."""
    from percola import recipe as recipes
    from percola.pipeline import physics as bridge
    from percola.recipe import solution_from

    recipe = recipes.resolve(f"patent:{specimen or 'Ex7'}")[0]  # the drawn recipes dry from DCM as Example 7
    law = bridge.drying_law(recipe, solution_from(recipe), bridge.main_polymer(recipe))
    return 2.0 * law.surface_tension_N_m / (0.3 * law.strut_yield_Pa)


def fit(rows: Path, out: Path) -> None:
    """Fit every curve, leave out recipe by recipe, and write coefficients, errors, scatter and ranges."""
    from scipy.optimize import least_squares

    from percola.design.reduced.master import FORMS, read_runs, samples

    r = read_runs(rows.read_text(encoding="utf-8"))
    lines = [
        "# Written by `python benchmarks/master_curves.py fit`; forms: percola/design/master.py.",
        "# errors: jackknife over recipes; scatter: standard deviation of the residual of `of`, scatter_cv with the recipe left out.",
        "",
    ]
    for key, sample in samples(r).items():
        use = sample.rows & np.isfinite(sample.target)
        x = {k: v[use] for k, v in sample.inputs.items()}
        target, recipe = sample.target[use], r["name"][use]

        def solved(keep: Any, start: Any, key: str = key, x: Any = x, target: Any = target) -> Any:
            part = {k: v[keep] for k, v in x.items()}

            def residual(guess: Any) -> Any:
                e = FORMS[key](guess, part, np) - target[keep]
                if key != "through":
                    return e
                # yes or no: deviance, with a prior of 0.3 on ln(width/0.015), as the data nearly separate
                q = np.clip(FORMS[key](guess, part, np), 1e-12, 1 - 1e-12)
                deviance = np.sqrt(-2.0 * np.log(np.where(target[keep] > 0.5, q, 1.0 - q)))
                return np.append(deviance, np.log(np.abs(guess[1]) / 0.015) / 0.3)

            return least_squares(residual, start, x_scale=np.abs(start) + 1e-3).x

        everything = np.ones(len(target), bool)
        best = solved(everything, np.array(START[key]))
        error = FORMS[key](best, x, np) - target
        names = np.unique(recipe)
        without = np.array([solved(recipe != n, best) for n in names])
        n = len(names)
        errors = np.sqrt((n - 1) / n * ((without - without.mean(axis=0)) ** 2).sum(axis=0))
        left = np.concatenate(
            [
                FORMS[key](c, {k: v[recipe == name] for k, v in x.items()}, np) - target[recipe == name]
                for name, c in zip(names, without, strict=True)
            ]
        )
        scatter = math.sqrt(float(error @ error) / max(len(error) - len(best), 1))
        scatter_cv = math.sqrt(float(np.mean(left**2)))

        def table(values: dict[str, float]) -> str:
            return "{ " + ", ".join(f"{k} = {v:.6g}" for k, v in values.items()) + " }"

        lines += [
            f"[curve.{key}]",
            f'of = "{sample.of}"',
            f"coefficients = [{', '.join(f'{c:.6g}' for c in best)}]",
            f"errors = [{', '.join(f'{c:.2g}' for c in errors)}]",
            f"scatter = {scatter:.4g}",
            f"scatter_cv = {scatter_cv:.4g}",
            f"count = {len(target)}",
            f"recipes = {n}",
            f"low = {table({k: float(v.min()) for k, v in x.items()})}",
            f"high = {table({k: float(v.max()) for k, v in x.items()})}",
            "",
        ]
        print(
            key,
            np.round(best, 4),
            "+-",
            np.round(errors, 4),
            f"scatter {scatter:.4f} cv {scatter_cv:.4f} n {len(target)}",
        )
    out.write_text("\n".join(lines), encoding="utf-8")


def plot(out: Path) -> None:
    """The rows and the curves in six panels."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    from percola.design.reduced.master import conduction_bound, curves, modulus_bound, runs, samples

    r, c = runs(), curves()
    s = samples(r)
    y = r["forecast_length_m"] / r["wavelength_m"]
    p = np.linspace(0.02, 0.9, 200)
    dry = r["gel_length_m"] * np.cbrt(r["gel_to_membrane"])
    figure, axes = plt.subplots(2, 3, figsize=(10.5, 6.4), constrained_layout=True)

    def points(ax: Any, x: Any, v: Any, rows: Any, x_label: str, y_label: str) -> None:
        for size, mark in ((128, "o"), (96, "s")):
            use = rows & (r["size"] == size)
            ax.plot(x[use], v[use], mark, ms=3.5, mfc="none", label=f"{size} cells")
        ax.set(xlabel=x_label, ylabel=y_label)

    e = r["lean_share_x50"]
    with np.errstate(invalid="ignore", divide="ignore"):
        f = r["lean_share"] / (1.0 - r["closed_share"])
        points(
            axes[0, 0],
            y,
            f / e,
            s["lean_share"].rows,
            "forecast length / wavelength of the grid",
            "lean share / equilibrium",
        )
        points(
            axes[0, 1],
            y,
            r["gel_length_m"] / r["wavelength_m"],
            s["lean_share"].rows,
            "forecast length / wavelength of the grid",
            "structure length / wavelength",
        )
        points(
            axes[0, 2],
            r["porosity"],
            r["average_pore_size"] / dry,
            s["average_pore"].rows,
            "porosity",
            "half-dry pore / dry structure length",
        )
        points(
            axes[1, 0], r["porosity"], r["relative_conductivity"], s["conduction"].rows, "porosity", "D/D0"
        )
        points(
            axes[1, 1],
            r["porosity"],
            r["permeability"] / r["average_pore_size"] ** 2,
            s["average_pore"].rows,
            "porosity",
            "permeability / half-dry pore squared",
        )
        points(
            axes[1, 2],
            r["porosity"],
            r["relative_elastic_modulus"],
            s["modulus"].rows,
            "porosity",
            "E / E of the polymer",
        )
    line = np.linspace(0.6, 3.0, 100)
    for share in (0.4, 0.6, 0.8):
        axes[0, 0].plot(line, c.lean_share(share, line) / share, "k-", lw=0.8)
        axes[0, 0].annotate(f"{share:g}", (line[8], float(c.lean_share(share, line[8])) / share), fontsize=7)
    for cells in (7.5, 10.0):
        axes[0, 1].plot(line, c.structure_length_m(line, 1.0, cells), "k-", lw=0.8)
    q = p[p > 0.4]
    axes[0, 2].plot(q, c.average_pore_m(q, 1.0), "k-", lw=0.8)
    axes[1, 0].plot(p, c.relative_conductivity(p), "k-", p, conduction_bound(p), "k:", lw=0.8)
    axes[1, 1].semilogy(q, c.permeability_m2(q, 1.0), "k-", lw=0.8)
    axes[1, 2].semilogy(p, modulus_bound(p), "k:", lw=0.8)
    for share in (0.4, 0.6, 0.75):
        axes[1, 2].semilogy(p, c.relative_modulus(p, share), "k-", lw=0.8)
    axes[1, 2].set_ylim(1e-3, 1)
    axes[0, 0].legend(fontsize=7)
    figure.savefig(out, dpi=110)


def to_csv(paths: list[Path], out: Path) -> None:
    """Rows of JSON lines as one CSV, columns in order of first appearance, numbers to nine digits."""
    rows: dict[str, dict[str, Any]] = {}
    for path in paths:
        for line in path.read_text().splitlines():
            row = json.loads(line)
            if "unfit" not in row:
                row["capillary_length_m"] = capillary_length_m(row["specimen"])
                rows[f"{row['name']}/{row['size']}/{row['seed']}"] = row
    names: dict[str, None] = {}
    for row in rows.values():
        names |= dict.fromkeys(k for k in row if not k.startswith("seconds_preparing"))

    def text(v: Any) -> str:
        if v is None or (isinstance(v, float) and not math.isfinite(v)):
            return ""
        return f"{v:.9g}" if isinstance(v, float) else str(v)

    with out.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        for row in rows.values():
            writer.writerow([text(row.get(n)) for n in names])
    print(f"{len(rows)} rows, {len(names)} columns: {out}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("plan", "run", "csv", "fit", "plot", "check", "warm"))
    parser.add_argument("paths", nargs="*", type=Path)
    parser.add_argument("--cases", default="110")
    parser.add_argument("--out", type=Path, required=False)
    parser.add_argument("--size", type=int, default=96)
    parser.add_argument("--drivers", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--platform", default="cpu")
    parser.add_argument("--deadline", type=float, default=1e9)
    parser.add_argument("--stop-solving", type=float, default=1e9)
    parser.add_argument("--first", type=int, default=10**9)
    o = parser.parse_args()
    if o.what == "plan":
        cases = plan(int(o.cases), o.workers)
        o.out.write_text(json.dumps(cases, indent=0))
        print(f"{len(cases)} cases: {o.out}")
    elif o.what == "run":
        cases = json.loads(Path(o.cases).read_text())[: o.first]
        run(cases, o.size, o.out, o.drivers, o.workers, o.platform, o.deadline, o.stop_solving)
    elif o.what == "csv":
        to_csv(o.paths, o.out)
    elif o.what == "plot":
        plot(o.out)
    elif o.what == "fit":
        fit(o.paths[0], o.out)
    elif o.what == "warm":
        began = time.monotonic()
        warm_up()
        print(f"kernels compiled in {time.monotonic() - began:.0f} s")
    else:
        found = check(o.platform)
        print(json.dumps(found, indent=1))
        if o.out:
            o.out.write_text(json.dumps(found, indent=1))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
