"""What the reduced model needs to know of a recipe: some fifty numbers and one curve of cooling, in SI.

They come out of the same rooms as a three-dimensional run (recipe, thermo, quench), so that a parameter means the same in
both. A table of many recipes is a :class:`Features` whose arrays have that length along their first axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from percola.errors import InputError
from percola.recipe.model import BathCooling, Extruder, Recipe
from percola.recipe.physics import solution_from
from percola.thermo.flory_huggins import spinodal_chi
from percola.thermo.system import AVOGADRO_1_mol, System

FloatArray = npt.NDArray[np.float64]

NODES = 96
"""Points of the curve of cooling: three quarters spaced evenly in temperature, the rest geometric in time to the end."""
HOLD_S = 7200.0
"""The bath is held for two hours after cooling, as the three-dimensional run does before it calls a solution no gel."""
_EVEN = 64
_EARLY = 12


@dataclass(frozen=True)
class Features:
    """Numbers of n recipes, each array of shape (n,) unless said otherwise.

    Attributes:
        phi: volume fraction of polymer and resin in the solution.
        crystallizable: share of it that can crystallize.
        segments: N of the mean chain.
        molar_mass_kg_mol: weight average of the crystallizable polymer.
        chi_A, chi_B_K: interaction chi = A + B/T.
        chi_spread: standard uncertainty of chi of that pair (its prior).
        site_volume_m3, segment_length_m: lattice site and the length of a chain's share of one.
        Tm0_K, melting_athermal, melting_energy_K, melting_k_1_K: T_m = (1 + k e)/(1/T_m0 - k a), the closed form of
            :meth:`percola.thermo.system.System.melting_temperature_K` at this composition.
        heat_of_fusion_J_m3, fold_energy_J_m2, mean_thickness_m, ln_total_nuclei_m3: of the crystals that outlive dissolution.
        ln_foreign_nuclei_m3, foreign_slope_1_K, foreign_undercooling_K: of foreign nuclei, per volume of melt.
        ln_growth_m_s, growth_Kg_K2, activation_J_mol, cutoff_K: Lauritzen and Hoffman.
        viscosity_log, viscosity_B_K, viscosity_T0_K, mesh_radius_m, crowding: diffusion.
        exclusion_kT: rejection of solvent by the growing crystal.
        dissolution_K, hold_s, bath_K: T_s, time at T_s, last temperature of cooling.
        time_s, cooled: times, shape (n, NODES), and (T - bath)/(T_start - bath) there.
        coldest: the least of ``cooled`` so far.
        dry_volume: volume of dry polymer per volume of gel at room temperature.
        contraction: volume of gel over that of the solution in the die.
        wall_m, radii_ratio: thickness of the wall of solution, outer over inner radius (1 for a sheet).
        drying_tension_N_m, strut_yield_Pa: of drying.
        extruded: 1 for an extruder (dynamic), 0 for a press or plate (static; paragraph 61).
        resin: volume share of resin among the chains.
        residual_strain: stretching residual strain along the draw, 0 without.
        bath_unstated: 1 where the recipe does not state the temperature of its bath, so that a default stands in ``bath_K``.
        second_reading_K: another reading of T_s, less ``dissolution_K``; 0 where there is only one.
        solvent: index into ``solvents``.
        liquid_bath: 1 where a liquid cools the wall.
        bath_immiscible: share of the cooling liquid that does not mix with the solvent (chi of the two about 1.5 and above;
            paragraphs 77, 79, 100: such media leave a skin).
        solvents: names of the solvents in this table (not an array).
        names: label of each recipe (not an array).
    """

    phi: FloatArray
    crystallizable: FloatArray
    segments: FloatArray
    molar_mass_kg_mol: FloatArray
    chi_A: FloatArray
    chi_B_K: FloatArray
    chi_spread: FloatArray
    site_volume_m3: FloatArray
    segment_length_m: FloatArray
    Tm0_K: FloatArray
    melting_athermal: FloatArray
    melting_energy_K: FloatArray
    melting_k_1_K: FloatArray
    heat_of_fusion_J_m3: FloatArray
    fold_energy_J_m2: FloatArray
    mean_thickness_m: FloatArray
    ln_total_nuclei_m3: FloatArray
    ln_foreign_nuclei_m3: FloatArray
    foreign_slope_1_K: FloatArray
    foreign_undercooling_K: FloatArray
    ln_growth_m_s: FloatArray
    growth_Kg_K2: FloatArray
    activation_J_mol: FloatArray
    cutoff_K: FloatArray
    viscosity_log: FloatArray
    viscosity_B_K: FloatArray
    viscosity_T0_K: FloatArray
    mesh_radius_m: FloatArray
    crowding: FloatArray
    exclusion_kT: FloatArray
    dissolution_K: FloatArray
    hold_s: FloatArray
    bath_K: FloatArray
    time_s: FloatArray
    cooled: FloatArray
    coldest: FloatArray
    dry_volume: FloatArray
    contraction: FloatArray
    wall_m: FloatArray
    radii_ratio: FloatArray
    drying_tension_N_m: FloatArray
    strut_yield_Pa: FloatArray
    extruded: FloatArray
    resin: FloatArray
    residual_strain: FloatArray
    liquid_bath: FloatArray
    bath_immiscible: FloatArray
    bath_unstated: FloatArray
    second_reading_K: FloatArray
    solvent: npt.NDArray[np.int64]
    solvents: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    def __len__(self) -> int:
        return int(self.phi.shape[0])

    def arrays(self) -> dict[str, Any]:
        """Every array by name: what goes through JAX."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("solvents", "names")}

    def take(self, index: npt.ArrayLike) -> Features:
        """The recipes of an index, in its order."""
        i = np.atleast_1d(np.asarray(index))
        if i.dtype == bool:
            i = np.flatnonzero(i)
        picked = {name: a[i] for name, a in self.arrays().items()}
        names = tuple(self.names[int(k)] for k in i) if self.names else ()
        return replace(self, **picked, names=names)

    @property
    def spinodal_chi(self) -> FloatArray:
        """chi at which each solution becomes unstable."""
        return np.asarray(spinodal_chi(self.phi, self.segments))


def _melting(system: System, phi: float) -> tuple[float, float, float]:
    """(a, e [K], k [1/K]) of T_m = (1 + k e)/(1/T_m0 - k a) at a composition, from three evaluations of the closed form."""
    m = system.melting
    k = 8.314462618 * m.unit_volume_m3_mol / (m.heat_of_fusion_J_mol * system.site_volume_m3_mol)
    # T_m(T_m0) = (1 + k e)/(1/T_m0 - k a): two values of T_m0 give both unknowns
    t1, t2 = m.Tm0_K, m.Tm0_K + 20.0
    y1, y2 = (float(system.melting_temperature_K(phi, t)) for t in (t1, t2))
    # y (1/t - k a) = 1 + k e  for both
    ka = (y1 / t1 - y2 / t2) / (y1 - y2)
    ke = y1 * (1.0 / t1 - ka) - 1.0
    return ka / k, ke / k, k


def _curve(time_s: FloatArray, temperature_K: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(times, (T - T_end)/(T_start - T_end)) at :data:`NODES` points, with the hold at the end."""
    end = float(temperature_K[-1])
    fall = max(float(temperature_K[0]) - end, 1e-6)
    theta = (np.asarray(temperature_K, float) - end) / fall
    way = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(theta)))])
    keep = np.concatenate([[True], np.diff(way) > 1e-12])
    even = np.interp(np.linspace(0.0, way[-1], _EVEN), way[keep], time_s[keep])
    early = time_s[0] + np.geomspace(1e-4, 1.0, _EARLY + 2)[:-2] * max(even[1] - time_s[0], 1e-9)
    late = float(time_s[-1]) + np.geomspace(max(0.02 * time_s[-1], 1e-3), HOLD_S, NODES - _EVEN - _EARLY)
    t = np.sort(np.concatenate([even, early, late]))
    return t, np.interp(t, time_s, theta, right=0.0)


def _immiscible(system: System, face: Any, bath_K: float) -> float:
    """Share of a cooling liquid that does not mix with the solvent, smooth about chi = 1.5 (``pipeline.physics``)."""
    from percola import tables
    from percola.errors import TableError
    from percola.pipeline.physics import MISCIBLE_CHI

    if face.kind != "liquid":
        return 0.0
    site = system.site_volume_m3 * AVOGADRO_1_mol
    total = 0.0
    for medium, share in face.media:
        against = 0.0
        for name, _, volume in system.solvents:
            if tables.liquid(name).key == tables.liquid(medium).key:
                continue
            try:
                pair = tables.pair(name, medium)
            except TableError:
                continue
            against += volume * float(pair.chi(bath_K).value) * site / float(pair.reference_volume_m3_mol)
        total += share / (1.0 + float(np.exp(-(against - MISCIBLE_CHI) / 0.3)))
    return total


def features_of(recipe: Recipe, name: str = "") -> Features:
    """The features of one recipe (a table of length 1).

    Raises:
        InputError: what :func:`percola.recipe.solution_from` or the quench refuse.
    """
    from percola.pipeline import physics as bridge

    solution = solution_from(recipe)
    system, phi = solution.system, solution.polymer_volume_fraction
    polymer = bridge.main_polymer(recipe)
    history, wall = bridge.cooled(recipe, solution)
    time_s, temperature_K = history.core()
    t, cooled = _curve(np.asarray(time_s, float), np.asarray(temperature_K, float))
    dry, contraction = bridge.volumes(solution, polymer)
    law = bridge.drying_law(recipe, solution, polymer)
    draws, _ = bridge.draws(recipe)
    strain = 1.0
    for draw in draws:
        strain *= 1.0 + draw.lengthwise_strain
    a, e, k = _melting(system, phi)
    n, g, d = system.nucleation, system.growth, system.diffusion
    ratio = 1.0
    if wall.inner_radius_m and wall.outer_radius_m:
        ratio = wall.outer_radius_m / wall.inner_radius_m
    weights = np.array([p.amount.value for p in recipe.polymers])
    masses = np.array([p.weight_average_molecular_weight.value for p in recipe.polymers])
    label = "+".join(sorted(key for key, _, _ in system.solvents))
    numbers: dict[str, float] = {
        "phi": phi,
        "crystallizable": system.crystallizable_share,
        "segments": system.segments,
        "molar_mass_kg_mol": float((weights * masses).sum() / weights.sum()),
        "chi_A": system.chi_A,
        "chi_B_K": system.chi_B_K,
        "chi_spread": system.chi_uncertainty,
        "site_volume_m3": system.site_volume_m3,
        "segment_length_m": bridge.segment_length_m(system, polymer),
        "Tm0_K": system.melting.Tm0_K,
        "melting_athermal": a,
        "melting_energy_K": e,
        "melting_k_1_K": k,
        "heat_of_fusion_J_m3": system.melting.heat_of_fusion_J_m3,
        "fold_energy_J_m2": n.fold_surface_energy_J_m2,
        "mean_thickness_m": n.mean_thickness_m,
        "ln_total_nuclei_m3": float(np.log(n.total_density_m3)),
        "ln_foreign_nuclei_m3": float(np.log(n.heterogeneous_density_m3)),
        "foreign_slope_1_K": n.heterogeneous_slope_per_K,
        "foreign_undercooling_K": n.heterogeneous_undercooling_K,
        "ln_growth_m_s": float(np.log(g.prefactor_m_s)),
        "growth_Kg_K2": g.Kg_K2,
        "activation_J_mol": g.activation_J_mol,
        "cutoff_K": float(system.transport_cutoff_K(phi)),
        "viscosity_log": d.viscosity_log,
        "viscosity_B_K": d.viscosity_B_K,
        "viscosity_T0_K": d.viscosity_T0_K,
        "mesh_radius_m": d.radius_m,
        "crowding": d.crowding,
        "exclusion_kT": system.crystal_exclusion_kT,
        "dissolution_K": solution.dissolution_temperature_K,
        "hold_s": solution.hold_s,
        "bath_K": float(temperature_K[-1]),
        "dry_volume": dry,
        "contraction": contraction,
        "wall_m": wall.thickness_m,
        "radii_ratio": ratio,
        "drying_tension_N_m": law.surface_tension_N_m,
        "strut_yield_Pa": law.strut_yield_Pa,
        "extruded": float(isinstance(recipe.shaping, Extruder)),
        "resin": 1.0 - system.crystallizable_share,
        "residual_strain": strain - 1.0,
        "liquid_bath": float(wall.final_medium.kind == "liquid"),
        "bath_unstated": float(
            isinstance(recipe.cooling, BathCooling) and recipe.cooling.temperature is None
        ),
        "second_reading_K": 0.0,
        "bath_immiscible": _immiscible(system, wall.final_medium, bath_K=float(temperature_K[-1])),
    }
    return Features(
        **{key: np.array([value]) for key, value in numbers.items()},
        time_s=t[None, :],
        cooled=cooled[None, :],
        coldest=np.minimum.accumulate(cooled)[None, :],
        solvent=np.zeros(1, np.int64),
        solvents=(label,),
        names=(name or recipe.name or label,),
    )


def joined(parts: Sequence[Features]) -> Features:
    """One table of several, the solvents numbered anew."""
    if not parts:
        raise InputError("recipes", "none", "at least one recipe")
    solvents = tuple(dict.fromkeys(s for p in parts for s in p.solvents))
    first = parts[0].arrays()
    out = {name: np.concatenate([p.arrays()[name] for p in parts]) for name in first if name != "solvent"}
    number = np.concatenate([np.array([solvents.index(p.solvents[i]) for i in p.solvent]) for p in parts])
    return Features(**out, solvent=number, solvents=solvents, names=tuple(n for p in parts for n in p.names))


def swept(base: Features, system: System, **axes: npt.ArrayLike) -> Features:
    """Many recipes that differ from one in numbers only, without solving the quench again.

    Args:
        base: a table of length 1.
        system: pair physics of that recipe (:func:`percola.recipe.system_from`).
        axes: arrays of one length n: ``dissolution_K``, ``weight_fraction`` (polymer and resin), ``bath_K``, ``wall_m``,
            ``hold_s``, ``molar_mass_kg_mol``, ``residual_strain``.

    Validity: one polymer grade in its solvent. The curve of cooling is that of the base in reduced temperature, its time
    scaled with the square of the wall's thickness (conduction; exact for a press, an upper bound of the change where the
    film of the medium rules). The molar mass scales N.
    """
    known = (
        "dissolution_K",
        "weight_fraction",
        "bath_K",
        "wall_m",
        "hold_s",
        "molar_mass_kg_mol",
        "residual_strain",
    )
    odd = sorted(set(axes) - set(known))
    if odd or not axes:
        raise InputError("axes", ", ".join(odd) or "none", ", ".join(known))
    columns = {k: np.asarray(v, float) for k, v in axes.items()}
    n = {v.shape for v in columns.values()}
    if len(n) != 1 or len(next(iter(n))) != 1:
        raise InputError("axes", f"shapes {sorted(map(str, n))}", "one length for all")
    size = next(iter(n))[0]
    out = {k: np.broadcast_to(a[0], (size, *a.shape[1:])).copy() for k, a in base.arrays().items()}
    for key in ("dissolution_K", "bath_K", "hold_s", "residual_strain"):
        if key in columns:
            out[key] = columns[key]
    if "wall_m" in columns:
        out["time_s"] = out["time_s"] * (columns["wall_m"] / out["wall_m"])[:, None] ** 2
        out["wall_m"] = columns["wall_m"]
    if "molar_mass_kg_mol" in columns:
        out["segments"] = out["segments"] * columns["molar_mass_kg_mol"] / out["molar_mass_kg_mol"]
        out["molar_mass_kg_mol"] = columns["molar_mass_kg_mol"]
    if "weight_fraction" in columns:
        w = columns["weight_fraction"]
        if np.any((w <= 0.0) | (w >= 1.0)):
            raise InputError("weight_fraction", f"{w.min():g} to {w.max():g}", "between 0 and 1")
        phi = np.asarray(system.volume_fraction(w))
        out["cutoff_K"] = np.asarray(system.transport_cutoff_K(phi))
        out["phi"] = phi
        # dry volume and contraction as percola.pipeline.physics.volumes, at the base's densities
        solid = base.dry_volume[0] / (1.0 - base.dry_volume[0])
        w0 = float(system.weight_fraction(float(base.phi[0])))
        ratio = solid * (w / (1.0 - w)) / (w0 / (1.0 - w0))
        out["dry_volume"] = ratio / (1.0 + ratio)
    if "weight_fraction" in columns or "molar_mass_kg_mol" in columns:
        phi, segments = out["phi"], out["segments"]
        scale = segments / base.segments[0]
        x = system.crystallizable_share
        if x < 1.0 or len(system.chains) > 1:
            at = np.linspace(max(phi.min() * 0.999, 1e-3), min(phi.max() * 1.001, 0.999), 33)
            table = np.array([_melting(system, float(p))[:2] for p in at])
            out["melting_athermal"] = np.interp(phi, at, table[:, 0])
            out["melting_energy_K"] = np.interp(phi, at, table[:, 1])
        else:
            n_seg = system.segments * scale
            out["melting_athermal"] = (
                np.log(phi) / n_seg - (1.0 - 1.0 / n_seg) * (1.0 - phi) + system.chi_A * (1.0 - phi) ** 2
            )
            out["melting_energy_K"] = system.chi_B_K * (1.0 - phi) ** 2
    names = tuple(f"{base.names[0]} #{i}" for i in range(size)) if size <= 1000 else ()
    return Features(**out, solvents=base.solvents, names=names)
