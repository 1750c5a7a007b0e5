"""Melting, surviving nuclei, growth and overall crystallization of a polymer in solution.

The closed forms here are the ones that the phase-field solver uses; see ``docs/theory/thermodynamics.md``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from percola.errors import InputError
from percola.thermo.flory_huggins import FloatArray

GAS_CONSTANT_J_mol_K = 8.314462618  # CODATA 2018, exact
BOLTZMANN_J_K = 1.380649e-23  # SI, exact


@dataclass(frozen=True)
class Melting:
    """Equilibrium melting of the crystallizable polymer.

    Attributes:
        Tm0_K: melting temperature of infinite crystals in the pure melt [K].
        Tm0_uncertainty_K: standard uncertainty [K].
        heat_of_fusion_J_mol: per mole of repeat units, fully crystalline [J/mol].
        heat_of_fusion_uncertainty_J_mol: standard uncertainty [J/mol].
        unit_molar_mass_kg_mol: repeat unit [kg/mol].
        unit_volume_m3_mol: molar volume of the repeat unit in the melt [m3/mol].
        crystal_density_kg_m3: density of the crystal [kg/m3].
        source: keys of the references.
    """

    Tm0_K: float
    Tm0_uncertainty_K: float
    heat_of_fusion_J_mol: float
    heat_of_fusion_uncertainty_J_mol: float
    unit_molar_mass_kg_mol: float
    unit_volume_m3_mol: float
    crystal_density_kg_m3: float
    source: str = ""

    @property
    def heat_of_fusion_J_kg(self) -> float:
        """Heat of fusion per mass of crystal [J/kg]."""
        return self.heat_of_fusion_J_mol / self.unit_molar_mass_kg_mol

    @property
    def heat_of_fusion_J_m3(self) -> float:
        """Heat of fusion per volume of crystal [J/m3]."""
        return self.heat_of_fusion_J_kg * self.crystal_density_kg_m3


@dataclass(frozen=True)
class Nucleation:
    """Athermal nuclei: crystallites that outlive dissolution, and foreign ones that wake as the solution cools.

    Attributes:
        total_density_m3: N_tot, crystallites before dissolution per volume of solution [1/m3].
        heterogeneous_density_m3: N_het, foreign nuclei per volume of polymer awake at ``heterogeneous_undercooling_K`` [1/m3].
        fold_surface_energy_J_m2: sigma_e [J/m2].
        mean_thickness_m: mean of the exponential distribution of crystallite thickness [m].
        source: keys or words.
        heterogeneous_slope_per_K: share by which N_het grows for each kelvin of further undercooling [1/K].
        heterogeneous_undercooling_K: T_m - T at which ``heterogeneous_density_m3`` holds [K].
    """

    total_density_m3: float
    heterogeneous_density_m3: float
    fold_surface_energy_J_m2: float
    mean_thickness_m: float
    source: str = ""
    heterogeneous_slope_per_K: float = 0.0
    heterogeneous_undercooling_K: float = 0.0


@dataclass(frozen=True)
class Growth:
    """Lauritzen-Hoffman growth of a crystal front.

    Attributes:
        prefactor_m_s: G0 [m/s], for polymer fraction 1.
        activation_J_mol: U* [J/mol].
        T_inf_K: temperature where transport stops in the polymer without solvent [K].
        Kg_K2: nucleation constant [K^2].
        source: keys or words.
    """

    prefactor_m_s: float
    activation_J_mol: float
    T_inf_K: float
    Kg_K2: float
    source: str = ""


def lauritzen_hoffman_Kg_K2(
    layer_thickness_m: float,
    lateral_surface_energy_J_m2: float,
    fold_surface_energy_J_m2: float,
    Tm0_K: float,
    heat_of_fusion_J_m3: float,
    regime_factor: int = 4,
) -> float:
    """Nucleation constant Kg = n b0 sigma sigma_e Tm0 / (k_B dh_f) [K^2].

    Args:
        regime_factor: n = 4 in regimes I and III, 2 in regime II.

    Reference: Hoffman, Davis and Lauritzen, in Treatise on Solid State Chemistry 3 (1976), ch. 7.
    """
    return (
        regime_factor
        * layer_thickness_m
        * lateral_surface_energy_J_m2
        * fold_surface_energy_J_m2
        * Tm0_K
        / (BOLTZMANN_J_K * heat_of_fusion_J_m3)
    )


def melting_temperature_K(
    phi: npt.ArrayLike,
    segments: npt.ArrayLike,
    chi_A: npt.ArrayLike,
    chi_B_K: npt.ArrayLike,
    melting: Melting,
    site_volume_m3_mol: float,
    Tm0_K: float | None = None,
) -> FloatArray:
    """Melting temperature of the polymer in one diluent (Flory; Nishi and Wang with chi) [K].

    1/Tm - 1/Tm0 = -(R V_u / (dH_u V_1)) [ln(phi)/N - (1 - 1/N)(1 - phi) + chi(Tm) (1 - phi)^2]

    chi = A + B/T makes the implicit equation linear in 1/Tm; it is solved in closed form.

    Args:
        phi: polymer volume fraction, (0, 1].
        segments, chi_A, chi_B_K: as in ``flory_huggins``.
        site_volume_m3_mol: V_1 [m3/mol].
        Tm0_K: replaces ``melting.Tm0_K`` (for its uncertainty).

    Validity: a homogeneous, amorphous solution in equilibrium with infinite crystals; where the solution
    would
    demix above this temperature the melting point is that of the rich phase.
    Limitations: no thickness of the crystals (measured peaks lie lower by Gibbs-Thomson), no polymer-solvent
    compound.
    References: Flory, Principles of Polymer Chemistry (1953), ch. XIII; Nishi and Wang, Macromolecules 8
    (1975) 909.
    """
    p, n = np.asarray(phi, dtype=float), np.asarray(segments, dtype=float)
    if np.any((p <= 0) | (p > 1)):
        raise InputError("phi", repr(phi), "polymer volume fractions in (0, 1]")
    entropy = np.log(p) / n - (1 - 1 / n) * (1 - p)
    return _melting_from_potential(
        entropy + np.asarray(chi_A) * (1 - p) ** 2,
        np.asarray(chi_B_K) * (1 - p) ** 2,
        melting,
        site_volume_m3_mol,
        Tm0_K,
    )


def _melting_from_potential(
    athermal: FloatArray,
    energetic_K: FloatArray,
    melting: Melting,
    site_volume_m3_mol: float,
    Tm0_K: float | None,
) -> FloatArray:
    """Tm where the potential of the polymer per site, athermal + energetic/T, equals that of the crystal."""
    tm0 = melting.Tm0_K if Tm0_K is None else Tm0_K
    k = (
        GAS_CONSTANT_J_mol_K
        * melting.unit_volume_m3_mol
        / (melting.heat_of_fusion_J_mol * site_volume_m3_mol)
    )
    return np.asarray((1 + k * energetic_K) / (1 / tm0 - k * athermal))


def critical_thickness_m(
    dissolution_temperature_K: npt.ArrayLike,
    melting_K: npt.ArrayLike,
    nucleation: Nucleation,
    melting: Melting,
) -> FloatArray:
    """Thickness [m] of the thinnest crystallite that survives at a temperature: l* = 2 sigma_e Tm / (dh_f
    (Tm - T)).

    Infinite at and above the melting temperature of the solution (Gibbs-Thomson).
    """
    t, tm = np.broadcast_arrays(
        np.asarray(dissolution_temperature_K, dtype=float), np.asarray(melting_K, dtype=float)
    )
    under = np.where(t < tm, tm - t, np.nan)
    length = 2 * nucleation.fold_surface_energy_J_m2 * tm / (melting.heat_of_fusion_J_m3 * under)
    return np.where(t < tm, length, np.inf)


def self_nuclei_density_m3(
    dissolution_temperature_K: npt.ArrayLike,
    melting_K: npt.ArrayLike,
    nucleation: Nucleation,
    melting: Melting,
) -> FloatArray:
    """Self-nuclei: crystallites per volume of solution that are left after dissolution at T_s [1/m3].

    N_s = N_tot exp(-l*(T_s) / l_mean): crystallites with exponentially distributed thickness melt when they
    are thinner than l*.

    Args:
        dissolution_temperature_K: T_s [K].
        melting_K: equilibrium melting temperature in that solution [K].

    Limitations: equilibrium survival, no time of hold and no flow; the distribution of thickness is a
    hypothesis.
    References: Ziabicki and Alfonso, Colloid Polym. Sci. 272 (1994) 1027; Muthukumar, J. Chem. Phys. 145
    (2016) 031105.
    """
    length = critical_thickness_m(dissolution_temperature_K, melting_K, nucleation, melting)
    return np.asarray(nucleation.total_density_m3 * np.exp(-length / nucleation.mean_thickness_m))


def foreign_nuclei_density_m3(
    temperature_K: npt.ArrayLike, melting_K: npt.ArrayLike, nucleation: Nucleation
) -> FloatArray:
    """Foreign nuclei awake at a temperature, per volume of molten polymer [1/m3].

    N_het(T) = N_ref exp(a [(T_m - T) - dT_ref]): each site wakes at its own undercooling, and their number rises by
    many decades on cooling. They are athermal: on holding the temperature none is added.

    Limitations: a is that of isotactic polypropylene (0.156 per K, between 60 and 100 K of undercooling) for want of
    figures for PVDF; deeper, the law is extrapolated.
    References: Koscher and Fulchiron, Polymer 43 (2002) 6931; Janeschitz-Kriegl, Colloid Polym. Sci. 281 (2003) 1157.
    """
    under = np.asarray(melting_K, dtype=float) - np.asarray(temperature_K, dtype=float)
    return np.asarray(
        nucleation.heterogeneous_density_m3
        * np.exp(nucleation.heterogeneous_slope_per_K * (under - nucleation.heterogeneous_undercooling_K))
    )


def growth_rate_m_s(
    temperature_K: npt.ArrayLike,
    phi: npt.ArrayLike,
    melting_K: npt.ArrayLike,
    growth: Growth,
    cutoff_K: npt.ArrayLike | None = None,
) -> FloatArray:
    """Velocity of a crystal front [m/s].

    G = G0 phi exp(-U*/(R (T - T_inf))) exp(-Kg/(T dT f)), dT = Tm(phi) - T, f = 2 T/(Tm + T)

    Zero at and above the melting temperature and at and below T_inf.

    Args:
        cutoff_K: T_inf of the solution, 30 K below its glass transition; that of the melt where left out.

    Limitations: one regime; the front sees the mean composition, not its own depleted layer.
    Reference: Hoffman, Davis and Lauritzen (1976); diluent as in Boon and Azcue, J. Polym. Sci. A-2 6 (1968)
    885.
    """
    t, p, tm, cutoff = np.broadcast_arrays(
        np.asarray(temperature_K, dtype=float),
        np.asarray(phi, dtype=float),
        np.asarray(melting_K, dtype=float),
        np.asarray(growth.T_inf_K if cutoff_K is None else cutoff_K, dtype=float),
    )
    grows = (t < tm) & (t > cutoff)
    safe_t = np.where(grows, t, cutoff + 1)
    under = np.where(grows, tm - t, 1.0)
    factor = 2 * safe_t / (tm + safe_t)
    exponent = -growth.activation_J_mol / (GAS_CONSTANT_J_mol_K * (safe_t - cutoff)) - growth.Kg_K2 / (
        safe_t * under * factor
    )
    return np.where(grows, growth.prefactor_m_s * p * np.exp(np.maximum(exponent, -700.0)), 0.0)


def crystallized_fraction(radius_m: npt.ArrayLike, nuclei_density_m3: npt.ArrayLike) -> FloatArray:
    """Share of the volume taken by crystals grown to a radius from preset random nuclei.

    X = 1 - exp(-(4 pi/3) N R^3), R = int G dt: Kolmogorov's integral, exact for athermal nuclei at random
    places
    under any temperature history; with G(T) along the history it is Nakamura's equation with Avrami exponent
    3.

    References: Kolmogorov (1937); Avrami, J. Chem. Phys. 7 (1939) 1103; Nakamura et al., J. Appl. Polym.
    Sci. 16
    (1972) 1077.
    """
    return -np.expm1(
        -(4 * np.pi / 3) * np.asarray(nuclei_density_m3, dtype=float) * np.asarray(radius_m, dtype=float) ** 3
    )


def crystallized_by_waking(radius_m: FloatArray, first_m3: float, awake_m3: FloatArray) -> FloatArray:
    """Crystallized share along a history on which nuclei wake: Kolmogorov's integral with births.

    X = 1 - exp(-(4 pi/3) [N_1 R^3 + int (R - R(s))^3 dN(s)]), with R(t) the radius of a crystal that was there from the start and
    N(t) the number awake; the cube is multiplied out, so that three running sums do.

    Args:
        radius_m: R along the first axis (time), shape (n, ...).
        first_m3: nuclei there from the start; the rest of ``awake_m3[0]`` counts as such too.
        awake_m3: N, never falling, shape as ``radius_m``.

    References: Kolmogorov (1937); Avrami, J. Chem. Phys. 8 (1940) 212.
    """
    r = np.asarray(radius_m, dtype=float)
    n = np.broadcast_to(np.asarray(awake_m3, dtype=float), r.shape)
    born = np.diff(n, axis=0, prepend=n[:1])
    born[0] = np.maximum(n[0] - first_m3, 0.0)
    middle = np.zeros_like(r)  # those awake at the first time have been there while the solution was held
    middle[1:] = 0.5 * (r[1:] + r[:-1])  # the others are born half way through each step
    c0, c1, c2, c3 = (np.cumsum(born * middle**k, axis=0) for k in range(4))
    extended = first_m3 * r**3 + np.maximum(((c0 * r - 3 * c1) * r + 3 * c2) * r - c3, 0.0)
    return np.asarray(-np.expm1(-(4 * np.pi / 3) * extended))


def peak_temperature_K(
    temperature_K: FloatArray,
    growth_m_s: FloatArray,
    self_nuclei_m3: FloatArray,
    foreign_nuclei_m3: FloatArray,
    dissolution_temperature_K: FloatArray,
    cooling_rate_K_s: float,
    hold_s: float,
) -> FloatArray:
    """Temperature [K] of the peak of dX/dT on cooling at a constant rate from T_s, as a calorimeter reads it.

    R(T) = G(T_s) hold + (1/q) int_T^{T_s} G dT' for crystals there from the start, X as in :func:`crystallized_by_waking`,
    hence dX/dt = (1 - X) 4 pi G [N_1 R^2 + int (R - R(s))^2 dN(s)].

    Args:
        temperature_K: equidistant falling grid, shape (n_T,), from at least the highest T_s on.
        growth_m_s: G on that grid, shape (..., n_T).
        self_nuclei_m3: N_s, shape (..., n_s).
        foreign_nuclei_m3: N_het on the temperature grid, shape (..., n_T).
        dissolution_temperature_K: shape (n_s,).
        cooling_rate_K_s: q > 0 [K/s].
        hold_s: time at T_s before cooling [s].

    Returns:
        shape (..., n_s); NaN where more than half has crystallized during the hold (no solution is left to
        cool), where less than 1 % crystallizes at all, or where the peak lies below the grid.
    """
    step = temperature_K[0] - temperature_K[1]
    # Fourth-order cumulative integral (trapezoid plus end correction from centred slopes).
    area = np.zeros_like(growth_m_s)
    slope = np.gradient(growth_m_s, axis=-1)
    area[..., 1:] = np.cumsum(
        0.5 * step * (growth_m_s[..., 1:] + growth_m_s[..., :-1])
        - step / 12 * (slope[..., 1:] - slope[..., :-1]),
        axis=-1,
    )
    position = (temperature_K[0] - dissolution_temperature_K) / step
    i = np.clip(np.floor(position).astype(int), 0, temperature_K.size - 2)
    w = position - i
    start = area[..., i] * (1 - w) + area[..., i + 1] * w
    at_hold = (growth_m_s[..., i] * (1 - w) + growth_m_s[..., i + 1] * w) * hold_s

    radius = (area[..., None, :] - start[..., :, None]) / cooling_rate_K_s + at_hold[..., :, None]
    below = temperature_K[None, :] <= dissolution_temperature_K[:, None]
    radius = np.where(below, np.maximum(radius, 0.0), 0.0)
    # nuclei awake at T_s are there from the start, the others are born on the way
    awake_at_start = foreign_nuclei_m3[..., i] * (1 - w) + foreign_nuclei_m3[..., i + 1] * w
    first = (self_nuclei_m3 + awake_at_start)[..., :, None]
    foreign = np.maximum(foreign_nuclei_m3[..., None, :] - awake_at_start[..., :, None], 0.0)
    born = np.diff(np.where(below, foreign, 0.0), axis=-1, prepend=0.0)
    middle = radius.copy()
    middle[..., 1:] = 0.5 * (radius[..., 1:] + radius[..., :-1])
    c0, c1, c2, c3 = (np.cumsum(born * middle**k, axis=-1) for k in range(4))
    square = first * radius**2 + np.maximum((c0 * radius - 2 * c1) * radius + c2, 0.0)
    cube = first * radius**3 + np.maximum(((c0 * radius - 3 * c1) * radius + 3 * c2) * radius - c3, 0.0)
    with np.errstate(divide="ignore"):
        log_rate = np.log(square) + np.log(growth_m_s)[..., None, :] - (4 * np.pi / 3) * cube
    k = np.argmax(log_rate, axis=-1)
    last = temperature_K.size - 1
    inner = np.clip(k, 1, last - 1)
    left, mid, right = (
        np.take_along_axis(log_rate, (inner + o)[..., None], axis=-1)[..., 0] for o in (-1, 0, 1)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        shift = 0.5 * (left - right) / (left - 2 * mid + right)
    shift = np.where(np.isfinite(shift), np.clip(shift, -1, 1), 0.0)
    peak = temperature_K[inner] - step * shift
    solid = crystallized_fraction(at_hold, first[..., 0]) > 0.5
    none = -np.expm1(-(4 * np.pi / 3) * cube[..., -1]) < 0.01
    return np.where(solid | none | (k >= last) | ~np.isfinite(mid), np.nan, peak)
