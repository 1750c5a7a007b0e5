"""From the nouns of thermo and recipe to what gel, membrane and the walls need: numbers carried across, nothing new."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from percola import tables
from percola.errors import TableError
from percola.gel.problem import GelPhysics, refined
from percola.measurement import Measurement
from percola.membrane import Draw, DryingLaw, area_strains, residual_strain
from percola.recipe.model import Recipe
from percola.recipe.physics import comonomer_mole_fraction, polymer_name
from percola.thermo.system import Solution, System

FloatArray = npt.NDArray[np.float64]
BOLTZMANN_J_K = 1.380649e-23
AVOGADRO_1_mol = 6.02214076e23
ROOM_K = 293.15
MISCIBLE_CHI = 1.5
CC_BOND_M = 1.54e-10
"""Carbon-carbon bond of the chain [m]; two of them for each vinylidene fluoride unit."""


def main_polymer(recipe: Recipe) -> Any:
    """The polymer of largest amount, from the tables."""
    largest = max(recipe.polymers, key=lambda p: p.amount.value)
    return tables.polymer(polymer_name(largest), comonomer_mole_fraction(largest))


def segment_length_m(system: System, polymer: Any) -> float:
    """Root mean square end-to-end distance of one lattice site's worth of chain [m]: sqrt(C_inf n l^2)."""
    bonds = 2.0 * system.site_volume_m3 * AVOGADRO_1_mol / system.melting.unit_volume_m3_mol
    return float(np.sqrt(float(polymer.characteristic_ratio.value) * bonds) * CC_BOND_M)


_COOLED: dict[tuple[str, Solution], tuple[Any, Any]] = {}
_MOST_COOLED = 4


def cooled(recipe: Recipe, solution: Solution) -> tuple[Any, Any]:
    """(temperature histories through the wall, wall) of a recipe; crystals release their heat on the way.

    The last few are kept: the reduced model and the surface model ask for the same one after the other.
    """
    from percola.recipe import canonical

    key = (canonical(recipe), solution)
    found = _COOLED.get(key)
    if found is None:
        found = _cooled(recipe, solution)
        while len(_COOLED) >= _MOST_COOLED:
            _COOLED.pop(next(iter(_COOLED)), None)
        _COOLED[key] = found
    return found


def _cooled(recipe: Recipe, solution: Solution) -> tuple[Any, Any]:
    from percola import quench
    from percola.recipe import wall_from

    wall = wall_from(recipe)
    system, phi = solution.system, solution.polymer_volume_fraction
    middle = 0.5 * (wall.initial_temperature_K + wall.final_medium.temperature_K)
    properties = quench.HeatProperties(
        float(solution.density_kg_m3(middle)),
        float(solution.heat_capacity_J_kgK(middle)),
        float(solution.conductivity_W_mK(middle)),
    )
    nodes = np.linspace(system.growth.T_inf_K, wall.initial_temperature_K + 20.0, 800)
    growth = system.growth_rate_m_s(nodes, np.full_like(nodes, phi))
    case = (wall.quench_wall(), properties, wall.initial_temperature_K, wall.schedule())
    crystals = quench.CrystallizationHeat(
        solution.latent_heat_J_kg * float(solution.density_kg_m3(middle)),
        nuclei_m3(solution, *quench.cool(*case).core()),  # as cooled without crystals
        lambda T: np.interp(T, nodes, growth),
        solution.crystal_radius_after_hold_m,
    )
    return quench.cool(*case, crystals), wall


def nuclei_m3(solution: Solution, time_s: FloatArray, temperature_K: FloatArray) -> float:
    """Nuclei [1/m3] at which a solution sets along a history."""
    t = refined(time_s)
    return solution.nuclei_when_set_m3(t, np.interp(t, time_s, temperature_K))


def gel_physics(
    solution: Solution, polymer: Any, time_s: FloatArray, temperature_K: FloatArray
) -> GelPhysics:
    """The solution as the phase field takes it along a history."""
    s = solution.system

    def bare(temperature_K: FloatArray) -> FloatArray:
        t = np.asarray(temperature_K, float)
        return np.asarray(
            BOLTZMANN_J_K * t / (6 * np.pi * s.solvent_viscosity_Pa_s(t) * s.diffusion.radius_m)
        )

    return GelPhysics(
        polymer_fraction=solution.polymer_volume_fraction,
        segments=s.segments,
        site_volume_m3=s.site_volume_m3,
        segment_length_m=segment_length_m(s, polymer),
        chi=s.chi,
        bare_diffusivity_m2_s=bare,
        obstruction=s.diffusion.crowding,
        growth_rate_m_s=s.growth_rate_m_s,
        nuclei_density_m3=nuclei_m3(solution, time_s, temperature_K),
        initial_radius_m=solution.crystal_radius_after_hold_m,
        exclusion=s.crystal_exclusion_kT,
    )


def volumes(solution: Solution, polymer: Any) -> tuple[float, float]:
    """(dry polymer volume per volume of gel at room temperature, V_gel/V_solution on cooling from the die).

    Resin leaves with the solvent and counts as solvent here.
    """
    s = solution.system
    w = solution.crystallizable_weight_fraction
    dry = w / float(polymer.solid_density_kg_m3(s.crystallinity, ROOM_K).value)
    rest = (1.0 - w) / float(s.solvent_properties.density_kg_m3(ROOM_K))
    hot = 1.0 / float(solution.density_kg_m3(solution.dissolution_temperature_K))
    return dry / (dry + rest), (dry + rest) / hot


def drying_law(recipe: Recipe, solution: Solution, polymer: Any) -> DryingLaw:
    """Volumes, drying liquid and strength for :func:`percola.membrane.dried`."""
    dry, _ = volumes(solution, polymer)
    tension = 0.0
    if recipe.extraction is not None:
        parts = recipe.extraction.liquids
        tension = sum(float(tables.liquid(p.liquid).surface_tension_N_m(ROOM_K).value) for p in parts) / len(
            parts
        )
    return DryingLaw(
        dry_volume_per_gel_fraction=dry / solution.polymer_volume_fraction,
        strut_fraction=1.0,
        surface_tension_N_m=tension,
        strut_yield_Pa=float(polymer.yield_stress_Pa.value),
    )


def draws(recipe: Recipe) -> tuple[tuple[Draw, ...], list[Measurement]]:
    """The stretchings as residual strains along and across, and each as a measurement (length or area, para. 82)."""
    out: list[Draw] = []
    found: list[Measurement] = []
    for stretch in recipe.stretching:
        uniaxial = stretch.mode == "uniaxial"
        given = stretch.lengthwise_ratio is not None
        drawn = ((stretch.lengthwise_ratio or 1.0) - 1.0, (stretch.crosswise_ratio or 1.0) - 1.0)
        lost: tuple[float, float] | None = None
        along: float
        across: float | None
        if stretch.residual_strain is not None:
            strain = stretch.residual_strain.value
            along, across = (strain, None) if uniaxial else area_strains(strain, drawn if given else None)
            method = "given with the recipe"
            if not uniaxial:
                method += (
                    ", shared between the directions as drawn" if given else ", the same in both directions"
                )
        elif stretch.relaxed:
            (along, first), (across, second) = residual_strain(drawn[0]), residual_strain(drawn[1])
            lost = (first, second)
            method = "elongation less the share that is lost on relaxing (0.49 +- 0.10, para. 91, 116, 117)"
        else:
            along, across = drawn
            method = "elongation, held"
        draw = Draw(along, None if uniaxial else across, stretch.stage)
        uncertainty: float | None = None
        if lost is not None:
            # the share lost is one number for both directions
            uncertainty = lost[0] if uniaxial else lost[0] * (1.0 + (across or 0.0)) + lost[1] * (1.0 + along)
        out.append(draw)
        found.append(
            Measurement(
                "stretching_residual_strain",
                draw.residual_strain,
                "1",
                uncertainty,
                f"EP 1063256 para. 82, 89(10): {'length' if uniaxial else 'area'}; {method}",
                "wall",
                evidence={
                    "stage": stretch.stage,
                    "lengthwise_strain": draw.lengthwise_strain,
                    "crosswise_strain": draw.crosswise_strain,
                },
                citations=("ep1063256",),
            )
        )
    return tuple(out), found


def wall_potential_m(
    recipe: Recipe, solution: Solution, media: tuple[tuple[str, float], ...], kind: str
) -> float:
    """Energy of a face against its medium for each unit of polymer fraction [kT per site x m].

    Lattice theory: a site at the wall has one of its six neighbours in the medium, so that exchanging solvent for polymer
    there costs (chi_mp - chi_ms)/6 kT, over one site's depth v0^(1/3). Positive: the medium repels the polymer.

    Validity: a medium that does not mix with the solution's solvent. One that does (chi below 1.5, about the critical value
    of two liquids with molecules of 1 : 2) has no sharp interface with the solution and is neutral (0), as are gas, metal
    and unknown pairs. Exchange of solvent and medium, which makes the skins of paragraphs 77 and 79, is not modelled.
    """
    if kind != "liquid":
        return 0.0
    s = solution.system
    depth = s.site_volume_m3 ** (1.0 / 3.0)
    at = float(solution.spinodal_temperature_K)
    if not np.isfinite(at):
        at = 0.5 * (solution.dissolution_temperature_K + ROOM_K)
    main = polymer_name(recipe.polymers[0])
    total = 0.0
    try:
        for medium, share in media:
            mp = tables.pair(main, medium)
            site = s.site_volume_m3 * AVOGADRO_1_mol
            against_polymer = float(mp.chi(at).value) * site / float(mp.reference_volume_m3_mol)
            against_solvent = 0.0
            for name, _, volume in s.solvents:
                if tables.liquid(name).key == tables.liquid(medium).key:
                    continue
                ms = tables.pair(name, medium)
                against_solvent += volume * float(ms.chi(at).value) * site / float(ms.reference_volume_m3_mol)
            if against_solvent < MISCIBLE_CHI:
                continue
            total += share * (against_polymer - against_solvent) / 6.0 * depth
    except TableError:
        return 0.0
    # beyond complete wetting a larger energy changes nothing but the stiffness of the equations
    return float(np.clip(total, -0.25 * depth, 0.25 * depth))
