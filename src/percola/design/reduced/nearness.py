"""How near two recipes are: the coordinates in which departures from the model go together, and in which reach is counted.

One unit of distance is about what separates recipes whose departures need have nothing in common: 15 K of dissolution
temperature below the melting temperature of the solution, a factor of 1.65 in polymer, of two in molar mass, press against
extruder, another solvent, a quarter of resin, half of its length in stretching, 30 K in the bath, a bath that mixes against one that does not.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from percola.design.reduced.features import Features

FloatArray = npt.NDArray[np.float64]

AXES = (
    "dissolution below melting",
    "polymer share",
    "molar mass",
    "press or extruder",
    "resin",
    "stretching",
    "bath temperature",
    "liquid or not",
    "bath that does not mix",
)
OTHER_SOLVENT = 1.0


def coordinates(f: Features) -> FloatArray:
    """Coordinates of each recipe in units of distance, shape (n, len(AXES)); the solvent counts apart."""
    k = f.melting_k_1_K
    melting = (1.0 + k * f.melting_energy_K) / (1.0 / f.Tm0_K - k * f.melting_athermal)
    return np.stack(
        [
            (f.dissolution_K - melting) / 15.0,
            np.log(f.phi) / 0.5,
            np.log(f.molar_mass_kg_mol) / 0.7,
            f.extruded,
            4.0 * f.resin,
            2.0 * f.residual_strain,
            (f.bath_K - 293.15) / 30.0,
            0.3 * f.liquid_bath,
            1.5 * f.bath_immiscible,
        ],
        axis=1,
    )


def square_distance(a: Features, b: Features) -> FloatArray:
    """Squared distance between every recipe of two tables, shape (len(a), len(b))."""
    x, y = coordinates(a), coordinates(b)
    near = np.maximum((x**2).sum(1)[:, None] + (y**2).sum(1)[None, :] - 2.0 * x @ y.T, 0.0)
    left = np.array(a.solvents)[a.solvent]
    right = np.array(b.solvents)[b.solvent]
    return np.asarray(near + OTHER_SOLVENT * (left[:, None] != right[None, :]))
