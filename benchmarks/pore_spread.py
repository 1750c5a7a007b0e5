"""How widely the model can spread the pores of a wall between its crystals, along the series of EP 1063256, Fig. 3.

The maximum over average pore size of a defect-free wall comes from regions that set at different times: near a nucleus
early, between nuclei late. Kolmogorov's X(t) gives when; coarsening gives the structure length L then. A path through the
wall cannot keep to anything that sets after 97 % has crystallized (the rest no longer hangs together), so L(97 %)/L(50 %)
bounds the ratio that crystals about random nuclei can bring. Reckoned without space (the forecast that chooses the cell size)
for coarsening by diffusion, as the phase field has it, and with Siggia's flow added, dL/dt = 0.1 tension/viscosity, for the
viscosity of the rich phase by scaling (Rubinstein and Colby) and a factor of ten either way.

Usage: python benchmarks/pore_spread.py [--json]
"""

from __future__ import annotations

import argparse
import json

import numpy as np

SERIES = ("CE7", "Ex9", "Ex7", "Ex8", "CE8", "CE9")
VISCOSITY_FACTORS = (10.0, 1.0, 0.1)
BOLTZMANN_J_K = 1.380649e-23


def row(specimen: str) -> dict[str, object]:
    """Spread of one specimen: by diffusion, and with flow at each viscosity."""
    from percola import recipe as recipes
    from percola.gel.problem import LATE, march
    from percola.pipeline import physics as bridge
    from percola.pipeline.main import rich_viscosity_Pa_s
    from percola.recipe import solution_from
    from percola.thermo.flory_huggins import binodal, interfacial_tension, spinodal_chi

    recipe, reported = recipes.resolve(f"patent:{specimen}")
    solution = solution_from(recipe)
    history, _ = bridge.cooled(recipe, solution)
    time_s, temperature_K = history.core()
    # crystals go on growing at the last temperature
    time_s = np.append(time_s, time_s[-1] + 3600.0)
    temperature_K = np.append(temperature_K, temperature_K[-1])
    gel = bridge.gel_physics(solution, bridge.main_polymer(recipe), time_s, temperature_K)
    m = march(gel, time_s, temperature_K)
    middle, late = (int(np.argmax(m.crystallized >= share)) for share in (0.5, LATE))
    inside = m.chi > float(spinodal_chi(gel.polymer_fraction, gel.segments))
    nodes = np.linspace(m.chi[inside].min(), m.chi[inside].max(), 30)
    tension = np.array(
        [float(interfacial_tension(gel.segments, x, gel.gradient_coefficient_m2)) for x in nodes]
    )
    rich = np.array([float(binodal(gel.segments, x).rich) for x in nodes])
    sigma = np.interp(m.chi, nodes, tension) * BOLTZMANN_J_K * m.temperature_K / gel.site_volume_m3
    viscosity = np.array(
        [
            rich_viscosity_Pa_s(gel, T, phi)
            for T, phi in zip(m.temperature_K, np.interp(m.chi, nodes, rich), strict=True)
        ]
    )
    spreads = {"diffusion": float(m.length_m[late] / max(m.length_m[middle], 1e-12))}
    for factor in VISCOSITY_FACTORS:
        length = np.zeros_like(m.length_m)
        for i in range(max(m.first, 0) + 1, late + 1):
            dt = m.time_s[i] - m.time_s[i - 1]
            grown = length[i - 1] ** 3 + max(m.length_m[i] ** 3 - m.length_m[i - 1] ** 3, 0.0)
            length[i] = np.cbrt(grown) + dt * 0.1 * sigma[i] / (factor * viscosity[i])
        spreads[f"flow, viscosity x {factor:g}"] = float(length[late] / max(length[middle], 1e-12))
    told = {v.name: v.value for v in reported.values} if reported is not None else {}
    return {"specimen": specimen, "spread": spreads, "reported_ratio": told.get("pore_size_ratio")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = [row(s) for s in SERIES]
    if options.json:
        print(json.dumps({"ok": True, "rows": rows}))
        return
    names = list(rows[0]["spread"])  # type: ignore[call-overload]
    print("L(97 %)/L(50 %):", "; ".join(names), "| ratio reported")
    for r in rows:
        print(
            f"{r['specimen']:4s}", "  ".join(f"{r['spread'][n]:.2f}" for n in names), "|", r["reported_ratio"]
        )  # type: ignore[index]


if __name__ == "__main__":
    main()
