"""Coarsening of the demixed gel without crystals: the constant c of dL^3/dt = c M sigma/(phi_rich - phi_lean)^2.

L is the structure length 2 pi/<k>, M = D0 (m(rich) + m(mean))/2 with m = phi (1 - phi) exp(-b phi/(1 - phi)) as in
``percola.gel.problem.forecast``, sigma the tension per site in kT. The fit runs over the window where the phases have
their equilibrium composition (contrast above 90 % of it) and L is below a third of the box. One line for each solution;
the last line is the mean and spread of c.

Usage: python benchmarks/gel_coarsening.py [--cells 64] [--seeds 2] [--json]
"""

from __future__ import annotations

import argparse
import json
import math
import sys

import jax.numpy as jnp
import numpy as np

from percola.gel.operators import operators
from percola.gel.problem import INTERFACE_CELLS, _interface_width, _mobility_shape
from percola.gel.reference import constant_gel, tolerances
from percola.gel.solve import structure_length_m
from percola.gel.stepper import advance, initial_state
from percola.grid import Grid

# phi, N, chi, b: the range that recipes of the patent cover (28 to 50 wt%), shallow and deep quenches
CASES = [
    (0.35, 400.0, 0.90, 2.0),
    (0.35, 400.0, 1.10, 2.0),
    (0.35, 1000.0, 1.00, 2.0),
    (0.28, 1000.0, 0.90, 2.0),
    (0.42, 1000.0, 1.10, 2.0),
    (0.35, 1000.0, 1.00, 1.0),
    (0.20, 100.0, 0.80, 0.0),
]


def coarsen(phi: float, segments: float, chi: float, b: float, cells: int, seed: int) -> dict[str, float]:
    """One run; c, exponent and the window they come from."""
    width, tension, lean, rich = _interface_width(segments, chi)
    kappa = (INTERFACE_CELLS / width) ** 2
    bend = 1 / (segments * phi) + 1 / (1 - phi) - 2 * chi
    here = float(_mobility_shape(np.array(phi), b))
    pace = here * bend**2 / (4 * kappa)
    model = constant_gel(segments, chi, kappa, obstruction=b, pace=pace, dtype=np.float32)
    ops = operators(Grid((cells,) * 3, 1.0, ("periodic",) * 3), np.float32)
    white = jnp.asarray(np.random.default_rng(seed).standard_normal((cells,) * 3), jnp.float32)
    noise = ops.backward(ops.forward(white) * jnp.exp(-((ops.symbol / 0.6) ** 2)))
    state = initial_state(ops, phi + 0.01 * noise / noise.std(), None, 0.0, 1e-2 / here)
    tol = tolerances(1e-2, 0.08, floor=3e-3, dtype=np.float32)
    share = (phi - lean) / (rich - lean)
    full = (rich - lean) * math.sqrt(share * (1 - share))
    unit = (
        0.5
        * (here + float(_mobility_shape(np.array(rich), b)))
        * tension
        * math.sqrt(kappa)
        / (rich - lean) ** 2
    )
    times, lengths, contrasts = [], [], []
    wavelength = 2 * math.pi * math.sqrt(2 * kappa / abs(bend))
    t = 4.0 / pace
    while int(state.steps) < 6000:
        state = advance(model, ops, tol, state, jnp.asarray(t), jnp.asarray(3000))
        phi_now = np.asarray(state.phi)
        times.append(float(state.time))
        lengths.append(structure_length_m(phi_now, 1.0))
        contrasts.append(float(phi_now.std()) / full)
        if lengths[-1] > cells / 2.6:
            break
        t *= 1.12
    times, lengths, contrasts = map(np.array, (times, lengths, contrasts))
    window = (contrasts > 0.8) & (lengths < cells / 3)
    if window.sum() < 4:
        return {"c": math.nan, "exponent": math.nan, "from": math.nan, "to": math.nan, "steps": int(state.steps),
                "wavelength": wavelength, "contrast": float(contrasts[-1])}  # fmt: skip
    slope = np.polyfit(times[window] * unit, lengths[window] ** 3, 1)[0]
    # exponent of L - L0 is ill-defined; the local slope of ln L against ln t at the end of the window
    exponent = np.polyfit(np.log(times[window]), np.log(lengths[window]), 1)[0]
    return {
        "c": float(slope),
        "exponent": float(exponent),
        "from": float(lengths[window][0]),
        "to": float(lengths[window][-1]),
        "steps": int(state.steps),
        "wavelength": wavelength,
        "contrast": float(contrasts[window][-1]),
    }


def main() -> int:
    """Print a line for each solution and the mean; 1 if any run gave no window to fit."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", type=int, default=64)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    rows = []
    if not args.json:
        print(" phi     N   chi    b  seed      c  exponent  L [cells]   contrast  steps")
    for phi, segments, chi, b in CASES:
        for seed in range(args.seeds):
            r = coarsen(phi, segments, chi, b, args.cells, seed)
            rows.append({"phi": phi, "segments": segments, "chi": chi, "b": b, "seed": seed, **r})
            if not args.json:
                print(
                    f"{phi:4.2f} {segments:5.0f} {chi:5.2f} {b:4.1f} {seed:5} {r['c']:6.1f} {r['exponent']:9.3f}"
                    f"  {r['from']:4.1f}-{r['to']:4.1f} {r['contrast']:10.2f} {r['steps']:6}",
                    flush=True,
                )
    c = np.array([r["c"] for r in rows])
    ok = bool(np.isfinite(c).all())
    mean, low, high = float(np.nanmean(c)), float(np.nanmin(c)), float(np.nanmax(c))
    if args.json:
        print(json.dumps({"ok": ok, "mean": mean, "lowest": low, "highest": high, "rows": rows}))
    else:
        print(f"c = {mean:.1f} (from {low:.1f} to {high:.1f})")
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
