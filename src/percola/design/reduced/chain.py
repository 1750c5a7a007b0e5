"""From the march to what is measured: lean share, pores, flow, strength, extension, in JAX for tables of recipes.

Every quantity is computed from those before it, as matter has it: the lean share sets the porosity, length and shrinkage the
pores, pores and porosity the flow, porosity and defects the strength. ``delta`` are departures of a specimen from the model,
one for each quantity, which enter where their quantity is made; what they change reaches everything after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from percola.design.reduced.march import Marched, Table, march
from percola.measure.solid import strength_laws as laws

Array = jax.Array

QUANTITIES = (
    "porosity",
    "average_pore_size",
    "maximum_pore_size",
    "water_permeability",
    "breaking_strength",
    "breaking_extension",
)
"""In the order of ``delta``; the departure of the third is that of ln(ratio - 1)."""
WATER_Pa_s = 8.90e-4  # at 25 degC (para. 89(9)): Huber et al., J. Phys. Chem. Ref. Data 38 (2009) 101
CLOSED = (
    2e-3  # lean share left in a gel that set before it demixed: below it no porosity can be told from none
)
LATERAL = 0.055  # contraction across over residual strain along (percola.membrane: para. 115, 116)


class Made(NamedTuple):
    """What a table of recipes gives, each of shape (n,), SI.

    scale: transformed values in the order of :data:`QUANTITIES`, shape (n, 6): logit of porosity, natural logarithms of the
    others. sphere: share of the structure that is particles (crystals that reject their solvent and do not demix).
    open: ln of the lean share over the least that hangs together. wide: ln of the mean pore's radius over that below which
    pores close on drying.
    wall_m: thickness of the dry wall.
    """

    scale: Array
    porosity: Array
    average_pore_m: Array
    maximum_pore_m: Array
    ratio: Array
    permeability_m2: Array
    permeance_m_Pas: Array
    strength_Pa: Array
    extension: Array
    sphere: Array
    open: Array
    wide: Array
    wall_m: Array
    marched: Marched


def inputs(f: Table, parameters: Mapping[str, Any]) -> Table:
    """The table with what recipes leave open filled in: a bath whose temperature is not stated, a T_s that is told twice."""
    return {
        **f,
        "bath_K": f["bath_K"] + f["bath_unstated"] * parameters["unstated_bath_K"],
        "dissolution_K": f["dissolution_K"] + f["second_reading_K"] * parameters["second_reading"],
    }


def physical(parameters: Mapping[str, Any], f: Table) -> dict[str, Any]:
    """Deviations for :func:`percola.design.reduced.march.march`: chi of each solvent, the memory of a press."""
    p = {k: parameters[k] for k in ("Tm0_K", "ln_N_tot", "ln_l_mean", "ln_N_het", "ln_G0", "ln_Kg", "ln_D0")}
    chi = jnp.asarray(parameters["chi_A"])
    p["chi_A"] = chi[f["solvent"]] * f["chi_spread"]
    p["memory_shift_K"] = -jnp.asarray(parameters["static_shift_K"]) * (1.0 - f["extruded"])
    return p


def made(f: Table, parameters: Mapping[str, Any], delta: Array | None = None) -> Made:
    """The whole way for a table of recipes.

    Args:
        f: :meth:`percola.design.reduced.features.Features.arrays`.
        parameters: one number each, names of ``percola/design/data/priors.toml``; ``chi_A`` of shape (solvents,), in
            standard uncertainties of each pair's own table value.
        delta: departures, shape (n, 6); none by default.
    """
    table = inputs(f, parameters)
    return finished(table, parameters, march(table, physical(parameters, table)), delta)


def finished(f: Table, parameters: Mapping[str, Any], m: Marched, delta: Array | None = None) -> Made:
    """What follows the march; arguments as in :func:`made`."""
    q = parameters
    phi, v = f["phi"], f["dry_volume"]
    d = jnp.zeros((phi.shape[0], len(QUANTITIES))) if delta is None else delta
    # particles: crystals that reject solvent, in what has not demixed
    sphere = jax.nn.sigmoid((f["exclusion_kT"] - 0.5) / 0.15) * (1.0 - m.demixed)
    # porosity: the lean share against the polymer, or the room between particles
    # the rich phase is arrested before it is in equilibrium: more so, the more solvent it has to give up
    gives_up = jnp.log(jnp.maximum(m.rich, phi) / phi) * m.demixed
    ln_lean = jnp.log(m.lean + CLOSED) + q["ln_lean"] - q["lean_slope"] * (gives_up - 0.8 * m.demixed)
    network = ln_lean - jnp.log(v)
    logit = (1.0 - sphere) * network + sphere * q["logit_particle_porosity"] + d[:, 0]
    wet = jax.nn.sigmoid(logit)
    strain = f["residual_strain"]
    growth = (1.0 + strain) * (1.0 - LATERAL * strain) ** 2
    porosity = 1.0 - (1.0 - wet) / growth
    shrink = jnp.cbrt(f["contraction"] * v / (1.0 - wet))  # (f + v) = v/(1 - P)
    # pores
    spacing = -m.ln_nuclei / 3.0  # ln of the distance of nuclei [m]
    ln_length = (1.0 - sphere) * jnp.log(m.length_m) + sphere * spacing
    ln_pore = (
        ln_length
        + q["ln_pore"]
        + q["pore_porosity"] * (logit - 0.2)
        + jnp.log(shrink)
        + jnp.log(growth) / 3.0
        - q["skin"] * f["bath_immiscible"]
        + d[:, 1]
    )
    # pores whose capillary pressure exceeds the collapse stress close (percola.membrane.drying): as the gel makes them,
    # before departures, since a specimen's pore size is known only where it stayed open
    gel_share = v * jnp.exp(network)
    rich_share = jnp.clip(1.0 - gel_share, 0.05, 1.0)
    swollen = jnp.clip(v / rich_share, 0.02, 1.0)
    ln_closing = (
        jnp.log(2.0 * jnp.maximum(f["drying_tension_N_m"], 1e-6) / (0.3 * f["strut_yield_Pa"]))
        - 2.25 * jnp.log(swollen)
        - 1.5 * jnp.log(rich_share)
        + q["ln_collapse"]
    )
    wide = ln_pore - d[:, 1] - jnp.log(2.0) - ln_closing
    # the largest pore: gaps between the bodies that grew from different nuclei (docs/theory/reduced.md)
    ln_excess = (
        q["ln_excess"]
        + q["excess_spacing"] * (spacing - jnp.log(0.4e-6))
        + q["excess_polymer"] * jnp.log(v / 0.3)
        + d[:, 2]
    )
    ln_ratio = jnp.logaddexp(0.0, ln_excess)
    ln_max = ln_pore + ln_ratio
    # flow
    ln_k = q["ln_flow"] + 2.0 * ln_pore + q["flow_porosity"] * jnp.log(porosity / 0.6) + d[:, 3]
    wall = f["wall_m"] * shrink
    inner = wall / jnp.maximum(f["radii_ratio"] - 1.0, 1e-6)
    thick = jnp.where(
        f["radii_ratio"] > 1.0 + 1e-6, inner * jnp.log(jnp.maximum(f["radii_ratio"], 1.0 + 1e-6)), wall
    )
    ln_flux = ln_k - jnp.log(WATER_Pa_s * thick)
    # strength and extension: percola.measure.solid.strength_laws
    mass = laws.molar_mass_factor(f["molar_mass_kg_mol"], q["threshold_mass_kg_mol"], xp=jnp)
    ln_strength = (
        jnp.log(f["strut_yield_Pa"])
        + q["ln_break"]
        + q["strength_solid"] * jnp.log1p(-porosity)
        - q["strength_defect"] * ln_ratio
        + jnp.log(jnp.maximum(mass, 1e-3))
        + q["orientation"] * jnp.log1p(strain)
        + d[:, 4]
    )
    limit = laws.draw_limit(wet, jnp.exp(q["ln_solid_extension"]), q["participation"], q["alignment"])
    ln_drawn = jnp.log(jnp.maximum(limit, 1e-3)) - q["extension_defect"] * ln_ratio + d[:, 5]
    left = laws.extension_after_draw(jnp.exp(ln_drawn), strain, jnp)
    ln_extension = jnp.where(strain > 0.0, jnp.log(jnp.maximum(left, 1e-3)), ln_drawn)
    shown = jnp.stack(
        [jnp.log(porosity) - jnp.log1p(-porosity), ln_pore, ln_max, ln_flux, ln_strength, ln_extension],
        axis=-1,
    )
    return Made(
        scale=shown,
        porosity=porosity,
        average_pore_m=jnp.exp(ln_pore),
        maximum_pore_m=jnp.exp(ln_max),
        ratio=jnp.exp(ln_ratio),
        permeability_m2=jnp.exp(ln_k),
        permeance_m_Pas=jnp.exp(ln_flux),
        strength_Pa=jnp.exp(ln_strength),
        extension=jnp.exp(ln_extension),
        sphere=sphere,
        open=jnp.where(sphere > 0.5, 5.0, jnp.log(m.lean + CLOSED) - q["ln_open"]),
        wide=jnp.where(sphere > 0.5, 5.0, wide),
        wall_m=wall,
        marched=m,
    )
