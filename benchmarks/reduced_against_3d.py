"""The reduced model against the runs in three dimensions that the master curves come from (docs/theory/reduced.md).

Each run's recipe and deviations go through the reduced model; what follows the march uses the means of the priors. Factors are
reduced model over run.

    python benchmarks/reduced_against_3d.py [--json]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from master_curves import recipe_of

PHYSICS = ("chi_A", "Tm0_K", "ln_N_tot", "ln_l_mean", "ln_N_het", "ln_G0", "ln_Kg", "ln_D0")


def case_of(r: Mapping[str, Any], i: int) -> dict[str, Any]:
    """The recipe of a row as ``master_curves.recipe_of`` takes it."""
    hold = float(r["hold_s"][i])
    bath = float(r["bath_C"][i])
    return {
        "name": str(r["name"][i]),
        "specimen": str(r["specimen"][i] or ""),
        "polymer_wt": float(r["polymer_wt"][i]),
        "Mw_g_mol": 1e3 * float(r["Mw_kg_mol"][i]),
        "solvents": [(s.split(":")[0], float(s.split(":")[1])) for s in str(r["solvents"][i]).split("+")],
        "Ts_C": float(r["Ts_K"][i]) - 273.15,
        "hold_s": hold if np.isfinite(hold) else None,
        "bath_C": bath if np.isfinite(bath) else 20.0,
        "geometry": str(r["geometry"][i]),
        "thickness_m": float(r["wall_thickness_m"][i]),
    }


def compared() -> dict[str, np.ndarray]:
    """Both sides of every row."""
    from dataclasses import replace

    import jax
    import jax.numpy as jnp

    from percola.design.posterior.priors import priors
    from percola.design.reduced.chain import finished
    from percola.design.reduced.features import features_of, joined
    from percola.design.reduced.march import march
    from percola.design.reduced.master import runs

    r = runs()
    count = len(r["name"])
    known: dict[str, Any] = {}
    for i in range(count):
        name = str(r["name"][i])
        if name not in known:
            known[name] = features_of(recipe_of(case_of(r, i)), name)
    f = joined([known[str(n)] for n in r["name"]])
    as_zero = np.asarray(r["exclusion_as_zero"], float) > 0
    f = replace(f, exclusion_kT=np.where(as_zero, 0.0, f.exclusion_kT), residual_strain=np.zeros(count))
    table = {k: jnp.asarray(v) for k, v in f.arrays().items()}
    p = {k: jnp.asarray(np.nan_to_num(np.asarray(r[f"deviation_{k}"], float))) for k in PHYSICS}
    p["memory_shift_K"] = jnp.zeros(count)
    theta = {x.name: x.mean for x in priors()}
    m = jax.jit(march)(table, p)
    x = jax.jit(finished)(table, theta, m)
    lean = np.asarray(m.lean) * np.exp(theta["ln_lean"])
    number = {k: np.asarray(v, float) for k, v in r.items() if np.asarray(v).dtype.kind in "fi"}
    return {
        "arrested": np.array([str(v) == "arrested" for v in r["outcome"]]),
        "demixed": np.asarray(m.demixed),
        "march_lean": np.asarray(m.lean),
        "gives_up": np.log(np.maximum(np.asarray(m.rich), f.phi) / f.phi),
        "shrunk": np.cbrt(number["gel_to_membrane"]),
        "resolved": number["forecast_length_m"] / number["wavelength_m"],
        "lean_3d": number["lean_share"] / np.maximum(1.0 - number["closed_share"], 1e-3),
        "lean": lean,
        "length_3d": number["gel_length_m"],
        "length": np.asarray(m.length_m),
        "porosity_3d": number["voxel_porosity"],
        "porosity": np.asarray(x.porosity),
        "closed": number["closed_share"],
        "average_pore_3d": number["average_pore_size"],
        "average_pore": np.asarray(x.average_pore_m),
        "permeability_3d": number["permeability"],
        "permeability": np.asarray(x.permeability_m2),
    }


def rows(c: Mapping[str, np.ndarray]) -> list[dict[str, Any]]:
    """Median factor, its 90th percentile, bias and scatter of each quantity, in all and where the grid resolved the length."""
    out = []
    for words, grid in (("all", 0.0), ("L/wavelength > 1.3", 1.3)):
        use = c["arrested"] & (c["demixed"] > 0.5) & (c["resolved"] > grid)
        for name in ("lean", "length", "porosity", "average_pore", "permeability"):
            a, b = c[name], c[f"{name}_3d"]
            with np.errstate(divide="ignore", invalid="ignore"):
                step = np.log(a / b)
            keep = use & np.isfinite(step) & (c["closed"] < 0.5)
            e = step[keep]
            out.append(
                {
                    "quantity": name,
                    "runs": words,
                    "n": int(keep.sum()),
                    "median_factor": float(np.exp(np.median(np.abs(e)))),
                    "p90_factor": float(np.exp(np.quantile(np.abs(e), 0.9))),
                    "bias": float(np.exp(np.median(e))),
                    "scatter_ln": float(e.std()),
                }
            )
    return out


def fits(c: Mapping[str, np.ndarray]) -> list[tuple[str, str, list[float], float, int]]:
    """What the runs say of the constants between march and structure: the numbers that priors.toml quotes.

    Least squares of logarithms on arrested runs that demixed; (constant, form, coefficients, scatter, runs).
    """
    use = c["arrested"] & (c["demixed"] > 0.5) & (c["closed"] < 0.5)
    open_ = use & (np.nan_to_num(c["average_pore_3d"]) > 0)
    p = c["porosity_3d"]
    with np.errstate(divide="ignore", invalid="ignore"):
        logit = np.log(p / (1.0 - p)) - 0.2
        lean = np.log(c["lean_3d"] / c["march_lean"])
        pore = np.log(c["average_pore_3d"] / (c["length"] * c["shrunk"]))
        flow = np.log(c["permeability_3d"] / c["average_pore_3d"] ** 2)
    out = []
    for name, form, y, x, keep in (
        ("ln_lean, lean_slope", "ln(lean/march) ~ 1, ln(rich/mean) - 0.8", lean, c["gives_up"] - 0.8, use),
        (
            "ln_pore, pore_porosity",
            "ln(pore/length) ~ 1, logit P - 0.2",
            pore,
            logit,
            open_ & (c["resolved"] > 1.3),
        ),
        ("ln_flow, flow_porosity", "ln(k/pore^2) ~ 1, ln(P/0.6)", flow, np.log(p / 0.6), open_),
    ):
        keep = keep & np.isfinite(y) & np.isfinite(x)
        a = np.column_stack([np.ones(int(keep.sum())), x[keep]])
        b = np.linalg.lstsq(a, y[keep], rcond=None)[0]
        out.append((name, form, [float(v) for v in b], float(np.std(y[keep] - a @ b)), int(keep.sum())))
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    both = compared()
    found, fitted = rows(both), fits(both)
    if arguments.json:
        print(json.dumps({"benchmark": "reduced_against_3d", "rows": found, "fits": fitted}, indent=2))
        return
    print(f"{'quantity':<14}{'runs':<20}{'n':>4}{'median':>9}{'p90':>8}{'bias':>8}{'scatter':>9}")
    for r in found:
        print(
            f"{r['quantity']:<14}{r['runs']:<20}{r['n']:>4}{r['median_factor']:>9.3f}{r['p90_factor']:>8.2f}"
            f"{r['bias']:>8.3f}{r['scatter_ln']:>9.3f}"
        )
    print("\nconstants between march and structure (data/priors.toml)")
    for name, form, b, scatter, n in fitted:
        print(f"{name:<24}{form:<42}{b[0]:>8.2f}{b[1]:>7.2f}  scatter {scatter:.2f}, {n} runs")


if __name__ == "__main__":
    main()
