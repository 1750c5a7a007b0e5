"""A small calibration for tests: five recipes of the patent with results drawn from the model, and draws about a point."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from percola.design.posterior.calibration import Calibration
from percola.design.posterior.inference import parameters, sample_sites
from percola.design.posterior.leave_out import to_si
from percola.design.posterior.observations import Observations, from_file
from percola.design.posterior.sampling import SamplingSettings
from percola.design.reduced.chain import made
from percola.design.reduced.features import features_of, joined
from percola.recipe import specimens

SMALL = ("Ex7", "CE9", "Ex12", "Ex3", "CE7")
HEADER = (
    "specimen_id,recipe,porosity_pct,avg_pore_um,max_pore_um,water_permeability_L_m2_h_atm,breaking_strength_kgf_cm2,"
    "breaking_extension_pct,internal_structure\n"
)
UNITS = np.array([100.0, 1e6, 1e6, 3.6e6 * 101325.0, 1 / 98066.5, 100.0])
"""From SI to the units of the columns."""
NEAR_TABLES = {"Tm0_K": 1.2, "ln_N_tot": 0.85, "ln_l_mean": -1.2, "ln_N_het": -0.35, "ln_Kg": 1.65}
"""Standardized parameters at which the physics is that of the tables, within rounding, and solutions demix."""


def standardized(solvents: int, **moved: float) -> dict[str, np.ndarray]:
    """One draw: the physics of the tables, everything else at the middle of its prior."""
    z = {k: np.zeros(shape) for k, shape in sample_sites(solvents).items()}
    z |= {k: np.array(v) for k, v in (NEAR_TABLES | moved).items()}
    z["own"] = np.array(0.25)
    return z


@pytest.fixture(scope="session")
def small_observations(tmp_path_factory) -> Observations:
    """Five specimens; all six readings of the first three, porosity and a class of the others."""
    f = joined([features_of(specimens.load(n)[0], n) for n in SMALL])
    z = standardized(len(f.solvents))
    x = jax.jit(made)({k: jnp.asarray(v) for k, v in f.arrays().items()}, parameters(z))
    scale = np.asarray(x.scale) + 0.05 * np.random.default_rng(0).standard_normal((len(SMALL), 6))
    scale[:, 2] = np.maximum(scale[:, 2], scale[:, 1] + 0.05)
    value = to_si(scale) * UNITS
    rows = []
    for i, name in enumerate(SMALL):
        cells = [f"{v:.4g}" for v in value[i]] if i < 3 else [f"{value[i, 0]:.3g}", "", "", "", "", ""]
        word = ("percolation", "coarse", "percolation", "percolation", "")[i]
        rows.append(",".join([f"S{i}", f"patent:{name}", *cells, word]) + "\n")
    path = tmp_path_factory.mktemp("small") / "small.csv"
    path.write_text(HEADER + "".join(rows), encoding="utf-8")
    return from_file(path)


@pytest.fixture(scope="session")
def small(small_observations) -> Calibration:
    """Draws about one point, a tenth of a prior's standard deviation wide: not a posterior, but all that predictions need."""
    settings = SamplingSettings(20, 40, 2, 0)
    n = len(small_observations.features.solvents)
    rng = np.random.default_rng(1)
    centre = standardized(n)
    draws = {k: v + 0.1 * rng.standard_normal((2, 40, *np.shape(v))) for k, v in centre.items()}
    draws["own"] = np.clip(0.25 + 0.05 * rng.standard_normal((2, 40)), 0.05, 0.6)
    return Calibration("small", small_observations, draws, settings, {"r_hat": 1.0})


@pytest.fixture(scope="session")
def centre_of():
    """:func:`standardized`, for modules that cannot import this one."""
    return standardized
