"""The dissolution-temperature series of EP 1063256, Fig. 3 (PVDF/DEP, 46.6 wt%), and the strong solvents, in one run.

One set of physical parameters for all (``percola/tables/data/pairs.csv``); nothing is chosen for a specimen. Prints what came
out beside what the patent reports, and whether the order of paragraph 54 holds:

- cold end: the lowest porosity and no way through;
- between: open, the pore size rising with the dissolution temperature;
- hot end: maximum over average pore size above 2;
- gamma-butyrolactone and ethylene carbonate: networks of spherical particles.

Usage: python benchmarks/dep_series.py [--size N] [--out DIR] [--only Ex7,CE8,...] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

SERIES = (("CE7", 130), ("Ex9", 140), ("Ex7", 145), ("Ex8", 150), ("CE8", 155), ("CE9", 160))
STRONG = (("CE2", 120), ("CE3", 150))
SHOWN = (
    ("porosity", "core", 100.0),
    ("through_porosity", "core", 100.0),
    ("average_pore_size", "wall", 1e6),
    ("maximum_pore_size", "wall", 1e6),
    ("pore_size_ratio", "wall", 1.0),
    ("sem_average_pore_size", "section", 1e6),
    ("water_permeability", "wall", 3.6e6 * 101325.0),
)


def row(specimen: str, size: int | None, out: Path, seed: int) -> dict[str, Any]:
    """Run one specimen; its measurements by name in the units of the field."""
    from percola import pipeline
    from percola.recipe import specimens

    result = pipeline.run(f"patent:{specimen}", out=out, size=size, seed=seed)
    found: dict[str, Any] = {"specimen": specimen, "run": str(result.path)}
    for name, region, factor in SHOWN:
        m = next((m for m in result.measurements if m.name == name and m.region == region), None)
        if m is None or m.value is None:
            found[name] = None
        else:
            found[name] = factor * float(m.value)
            found[f"{name}_sigma"] = None if m.uncertainty is None else factor * m.uncertainty
    found["class"] = next((m.value for m in result.measurements if m.name == "structure_class"), None)
    found["reported"] = {v.name: v.value for v in specimens.reported(f"patent:{specimen}").values}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("runs"))
    parser.add_argument("--only", default="")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    only = {w for w in options.only.split(",") if w}
    rows = []
    print(
        "T_s  specimen  porosity %  through %  average um  maximum um  ratio  chord um  L/m2.h.atm  class   | reported"
    )
    for specimen, temperature in (*SERIES, *STRONG):
        if only and specimen not in only:
            continue
        r = row(specimen, options.size, options.out, options.seed) | {"T_s": temperature}
        rows.append(r)
        numbers = "  ".join("   -   " if r[n] is None else f"{r[n]:7.3g}" for n, _, _ in SHOWN)
        told = r["reported"]
        factors = {n: f for n, _, f in SHOWN}
        words = ", ".join(
            f"{n} {factors[n] * float(told[n]):.3g}"
            for n in ("porosity", "average_pore_size", "pore_size_ratio")
            if n in told
        )
        print(
            f"{temperature:4d} {specimen:5s} {numbers}  {r['class']}  | {words} {told.get('structure_class', '')}",
            flush=True,
        )
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))
    series = [r for r in rows if r["specimen"] in dict(SERIES)]
    if len(series) == len(SERIES):
        open_ones = [r for r in series if r["average_pore_size"]]
        sizes = [r["average_pore_size"] for r in open_ones]
        print("\nlowest porosity at the cold end:", min(series, key=lambda r: r["porosity"]) is series[0])
        print("no way through at the cold end:", series[0]["through_porosity"] == 0)
        print("average pore size rising with T_s:", all(a < b for a, b in pairwise(sizes)))
        print("ratio above 2 at the hot end:", (series[-1]["pore_size_ratio"] or 0) > 2.0)
    for r in rows:
        if r["specimen"] in dict(STRONG):
            print(f"{r['specimen']}: spherical particles:", r["class"] == "spherical_particles")


if __name__ == "__main__":
    main()
