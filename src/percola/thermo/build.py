"""`build_system`: a `System` from names, molar masses and weights, with every property out of the tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from percola import tables
from percola.errors import InputError
from percola.thermo.crystallization import Growth, Melting, Nucleation
from percola.thermo.multicomponent import mixed_solvent_critical_temperature_K
from percola.thermo.system import (
    GLASS_ABOVE_CUTOFF_K,
    REFERENCE_K,
    AVOGADRO_1_mol,
    Chain,
    Diffusion,
    Linear,
    Liquid,
    System,
)

MESH_RADIUS_m = 1.0e-9
"""Hydrodynamic size of a chain section that moves on its own: the mesh of a solution at 20-40 vol%, about
one Kuhn
length; uncertain by a factor of 2 (de Gennes 1979, ch. III and VII)."""

CROWDING = 2.7
"""b of exp(-b phi/(1 - phi)) (Yasuda 1968): equals the tortuosity law ((1 - phi)/(1 + phi))^2 (Mackie and
Meares 1955)
at phi = 0.35; +- 1."""

Constituent = tuple[str, float, float]


def build_system(
    polymers: Sequence[Constituent],
    solvents: Sequence[tuple[str, float]],
    resin: Constituent | None = None,
    comonomer_mole_fraction: float | None = None,
) -> System:
    """The system of these constituents, from the tables.

    Args:
        polymers: (name, weight-average molar mass [kg/mol], weight) of each grade.
        solvents: (name, weight) of each solvent; any unit of weight, only ratios count.
        resin: (name, weight-average molar mass [kg/mol], weight) of a miscible resin, its weight in
            the unit of the polymers'.
        comonomer_mole_fraction: of copolymers, where known.

    Interactions: ``tables.pair`` (overrides with their provenance, else Hansen) per solvent molecule; a mixed
    solvent as one liquid (``tables.mixture``), with a note on whether the solvents would demix by themselves.
    Melting, nuclei and growth are those of the polymer that has the largest weight.

    Limitations: weight-average chain lengths for want of distributions; molar masses relative to polystyrene
    (paragraph 89(1)) are taken at face value; one chain length matters little for phi > 0.1.
    """
    _checked(polymers, solvents, resin)
    main_name = max(polymers, key=lambda p: p[2])[0]
    things = {
        name: tables.polymer(name, comonomer_mole_fraction if _copolymer(name) else None)
        for name, _, _ in polymers
    }
    main = things[main_name]

    # --- solvent: shares by volume and by mole at the reference temperature ---
    liquids = [(tables.liquid(name), weight) for name, weight in solvents]
    total_weight = sum(w for _, w in liquids)
    volumes = [w / _at(x.density_kg_m3) for x, w in liquids]
    moles = [w / float(x.molar_mass_kg_mol) for x, w in liquids]
    site_mol = sum(volumes) / sum(moles)
    y: dict[str, float] = {}
    for (x, _), v in zip(liquids, volumes, strict=True):
        y[x.key] = y.get(x.key, 0.0) + v / sum(volumes)

    # --- chains ---
    chains: list[Chain] = []
    densities: list[tuple[float, Any]] = []
    uncertainty, source, pair = 0.0, "", tables.mixture(main, y)
    for name, mass, weight in polymers:
        thing, p = things[name], tables.mixture(things[name], y)
        v = weight / _at(thing.density_kg_m3)
        n = mass / _at(thing.density_kg_m3) / site_mol
        chains.append(Chain(thing.key, n, v, True, float(p.chi_A), float(p.chi_B_K)))
        densities.append((weight, thing))
        chi = p.chi(REFERENCE_K)
        if name == main_name:
            uncertainty, pair = float(chi.uncertainty), p
            source = f"{chi.method}: {chi.note}" if chi.note else chi.method
            source += f" ({chi.source})"
    chain_chi = (0.0, 0.0)
    if resin is not None:
        name, mass, weight = resin
        other = tables.resin(name)
        p = tables.mixture(other.key, y)
        v = weight / _at(other.density_kg_m3)
        chains.append(
            Chain(
                other.key,
                mass / _at(other.density_kg_m3) / site_mol,
                v,
                False,
                float(p.chi_A),
                float(p.chi_B_K),
            )
        )
        densities.append((weight, other))
        pr = tables.pair(main, other.key)
        scale = site_mol / float(pr.reference_volume_m3_mol)
        chain_chi = (float(pr.chi_A) * scale, float(pr.chi_B_K) * scale)
        source += f"; with {other.key} {pr.chi_A.method} ({pr.chi_A.source})"
    whole = sum(c.share for c in chains)
    chains = [Chain(c.name, c.segments, c.share / whole, c.crystallizes, c.chi_A, c.chi_B_K) for c in chains]
    segments, a, b = _mean_chain(chains, chain_chi)

    solvent_names = " + ".join(x.key for x, _ in liquids)
    if len(liquids) > 1:
        solvent_names += " " + ":".join(f"{w:g}" for _, w in liquids)
    chain_names = " + ".join(dict.fromkeys(c.name for c in chains))
    return System(
        polymer=chain_names,
        solvent=solvent_names,
        site_volume_m3=site_mol / AVOGADRO_1_mol,
        segments=segments,
        chi_A=a,
        chi_B_K=b,
        chi_uncertainty=uncertainty,
        chi_source=source,
        melting=_melting(main),
        nucleation=Nucleation(
            total_density_m3=float(pair.N_tot_m3),
            heterogeneous_density_m3=float(pair.N_het_m3),
            fold_surface_energy_J_m2=float(main.fold_surface_energy_J_m2),
            mean_thickness_m=float(pair.l_mean_m),
            heterogeneous_slope_per_K=float(pair.N_het_slope_per_K),
            heterogeneous_undercooling_K=float(pair.N_het_undercooling_K),
            source=f"{pair.l_mean_m.method}: {pair.l_mean_m.note} ({pair.l_mean_m.source})",
        ),
        growth=Growth(
            prefactor_m_s=float(pair.G0_m_s),
            activation_J_mol=float(main.transport_activation_J_mol),
            T_inf_K=_fox(
                [(c.share, float(t.glass_transition_K)) for c, (_, t) in zip(chains, densities, strict=True)]
            )
            - GLASS_ABOVE_CUTOFF_K,
            Kg_K2=float(pair.Kg_K2),
            source=f"{pair.G0_m_s.method}: {pair.G0_m_s.note} ({pair.G0_m_s.source};{pair.Kg_K2.source})",
        ),
        diffusion=_diffusion([(x, m / sum(moles)) for (x, _), m in zip(liquids, moles, strict=True)]),
        polymer_properties=_bulk([(w, t) for w, t in densities]),
        solvent_properties=_bulk([(w, x) for x, w in liquids]),
        crystallinity=float(main.crystallinity),
        crystallinity_uncertainty=float(main.crystallinity.uncertainty),
        crystal_exclusion_kT=float(pair.crystal_exclusion),
        chains=tuple(chains),
        chain_chi=chain_chi,
        solvents=tuple(
            (x.key, w / total_weight, v / sum(volumes)) for (x, w), v in zip(liquids, volumes, strict=True)
        ),
        solvent_glass_K=_fox(
            [
                (v / sum(volumes), float(x.glass_transition_K))
                for (x, _), v in zip(liquids, volumes, strict=True)
            ]
        ),
        solvent_notes=_solvent_notes(liquids, volumes),
        sources=tuple(dict.fromkeys(_keys(pair, main))),
    )


def _fox(parts: list[tuple[float, float]]) -> float:
    """Glass transition of a mixture: 1/T_g = sum share/T_g,i (Fox 1956)."""
    return 1.0 / sum(share / glass_K for share, glass_K in parts)


def _copolymer(name: str) -> bool:
    return tables.polymer(name).key != "PVDF"


def _checked(
    polymers: Sequence[Constituent], solvents: Sequence[tuple[str, float]], resin: Constituent | None
) -> None:
    if not polymers or not solvents:
        raise InputError("build_system", "no polymer or no solvent", "at least one of each")
    for name, mass, weight in [*polymers, *([resin] if resin else [])]:
        if not 1.0 <= mass <= 2e4:
            raise InputError(
                f"molar mass of {name}",
                f"{mass:g} kg/mol",
                "1 to 20000 kg/mol",
                "give kg/mol: Mw 3.62e5 is 362 kg/mol",
            )
        if not weight > 0:
            raise InputError(f"weight of {name}", f"{weight:g}", "a positive number")
    for name, weight in solvents:
        if not weight > 0:
            raise InputError(f"weight of {name}", f"{weight:g}", "a positive number")


def _at(prop: Any, temperature_K: float = REFERENCE_K) -> float:
    return float(prop(temperature_K))


def _mean_chain(chains: Sequence[Chain], chain_chi: tuple[float, float]) -> tuple[float, float, float]:
    """(N, A, B) of the quasi-binary mean chain: volume-average N (the mean of the spinodal), chi less the
    chains' own.
    """
    x = sum(c.share for c in chains if c.crystallizes)
    n = sum(c.share * c.segments for c in chains)
    a = sum(c.share * c.chi_A for c in chains) - chain_chi[0] * x * (1 - x)
    b = sum(c.share * c.chi_B_K for c in chains) - chain_chi[1] * x * (1 - x)
    return n, a, b


def _line(
    prop: Any, thing: Any, quantity: str, low_K: float = 293.15, high_K: float = 503.15
) -> tuple[float, float]:
    """(value at the reference, slope) of the straight line through a property within the range of the
    table.
    """
    # Copolymers have no curves of their own; those of the homopolymer carry them.
    owner = tables.polymer("PVDF") if getattr(thing, "comonomer", "") else thing
    lo, hi = owner.temperature_range_K(quantity)
    t = np.linspace(max(lo, low_K), min(hi, high_K), 9) if hi > lo else np.array([lo])
    v = np.asarray(prop(t).value, dtype=float)
    if t.size == 1:
        return float(v[0]), 0.0
    slope, value = np.polyfit(t - REFERENCE_K, v, 1)
    return float(value), float(slope)


def _bulk(parts: list[tuple[float, Any]]) -> Liquid:
    """Bulk properties of a mixture by weight: volumes additive, heat capacity and conductivity by mass."""
    total = sum(w for w, _ in parts)
    t = np.array([REFERENCE_K - 75, REFERENCE_K, REFERENCE_K + 50])
    volume = np.zeros(3)
    heat = conductivity = np.zeros(2)
    for w, x in parts:
        d0, d1 = _line(x.density_kg_m3, x, "density")
        volume = volume + w / total / (d0 + d1 * (t - REFERENCE_K))
        heat = heat + w / total * np.array(_line(x.heat_capacity_J_kgK, x, "heat_capacity"))
        conductivity = conductivity + w / total * np.array(
            _line(x.thermal_conductivity_W_mK, x, "thermal_conductivity")
        )
    slope, _ = np.polyfit(t - REFERENCE_K, 1 / volume, 1)
    return Liquid(
        Linear(float(1 / volume[1]), float(slope), floor=100.0),
        Linear(float(heat[0]), float(heat[1]), floor=300.0),
        Linear(float(conductivity[0]), float(conductivity[1]), floor=0.02),
    )


def _melting(main: Any) -> Melting:
    tm0, dh = main.equilibrium_melting_temperature_K, main.heat_of_fusion_J_mol
    return Melting(
        Tm0_K=float(tm0),
        Tm0_uncertainty_K=float(tm0.uncertainty),
        heat_of_fusion_J_mol=float(dh),
        heat_of_fusion_uncertainty_J_mol=float(dh.uncertainty),
        unit_molar_mass_kg_mol=float(main.repeat_unit_molar_mass_kg_mol),
        unit_volume_m3_mol=_at(main.unit_volume_m3_mol),
        crystal_density_kg_m3=float(main.crystal_density_kg_m3),
        source=f"{tm0.source};{dh.source}",
    )


def _diffusion(parts: list[tuple[Any, float]]) -> Diffusion:
    """Vogel's equation through the mole-fraction mean of ln(viscosity) (Grunberg-Nissan without
    interaction).
    """
    lo = max(x.temperature_range_K("viscosity")[0] for x, _ in parts)
    hi = min(x.temperature_range_K("viscosity")[1] for x, _ in parts)
    t = np.array([max(lo, 298.15), 0.0, min(hi, 473.15)])
    t[1] = 0.5 * (t[0] + t[2])
    log = np.zeros(3)
    for x, share in parts:
        log = log + share * np.log(np.asarray(x.viscosity_Pa_s(t).value, dtype=float))
    ratio = (log[0] - log[1]) / (log[1] - log[2])
    denominator = ratio * (t[2] - t[1]) - (t[1] - t[0])
    t0 = (ratio * t[0] * (t[2] - t[1]) - (t[1] - t[0]) * t[2]) / denominator if denominator else 0.0
    if not 0 <= t0 <= 240:  # no Vogel temperature below the range: Andrade's form
        t0 = 0.0
    b = (log[0] - log[2]) / (1 / (t[0] - t0) - 1 / (t[2] - t0))
    sources = ";".join(dict.fromkeys(x.viscosity_Pa_s(float(t[1])).source for x, _ in parts))
    return Diffusion(
        radius_m=MESH_RADIUS_m,
        crowding=CROWDING,
        viscosity_log=float(log[1] - b / (t[1] - t0)),
        viscosity_B_K=float(b),
        viscosity_T0_K=float(t0),
        source=f"viscosity {sources}; mesh degennes1979; crowding yasuda1968",
    )


def _solvent_notes(liquids: list[tuple[Any, float]], volumes: list[float]) -> tuple[str, ...]:
    """Whether the solvents would demix by themselves: critical temperature of each two of them."""
    notes = []
    for i, (x, _) in enumerate(liquids):
        for z, _ in liquids[i + 1 :]:
            p = tables.pair(x.key, z.key)
            v1, v2 = (_at(q.molar_volume_m3_mol) for q in (x, z))
            t = mixed_solvent_critical_temperature_K(
                v1, v2, float(p.chi_B_K), float(p.reference_volume_m3_mol)
            )
            spread = 100 * float(p.chi_B_K.uncertainty) / max(float(p.chi_B_K), 1e-9)
            mix = (
                f"{x.key} and {z.key}: chi of the two liquids by themselves reaches its critical value at "
                f"{t - 273.15:.0f} degC ({p.chi_B_K.method}, +- {spread:.0f} %)"
            )
            if t > 373.15:
                mix += "; the mixed solvent may demix, so that one mean liquid is a doubtful description"
            elif t > 273.15:
                mix += "; above that they mix, but the phases sort them"
            notes.append(mix)
    return tuple(notes)


def _keys(pair: Any, main: Any) -> list[str]:
    used = [pair.chi_A, pair.chi_B_K, *pair.values.values(), main.equilibrium_melting_temperature_K]
    used += [main.heat_of_fusion_J_mol, main.fold_surface_energy_J_m2, main.crystallinity]
    keys: list[str] = []
    for s in used:
        keys += [k for k in s.source.split(";") if k and k not in ("memory", "percola")]
    return [
        *keys,
        "flory1953",
        "nishiwang1975",
        "desouza2024",
        "hoffman1976",
        "avrami1939",
        "nakamura1972",
        "fox1956",
        "kauzmann1948",
        "koscher2002",
    ]
