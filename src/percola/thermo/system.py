"""`System`: all pair physics of polymer and solvent; `Solution`: a system at one composition and dissolution
temperature.

Every number is in SI and every curve is a closed form, so that a `System` can be written down, compared and
refitted.
``phi`` is always the volume fraction of everything that does not leave with the lean liquid: polymer, and
the miscible
resin where there is one (in the fixed ratio of the recipe). It refers to volumes at ``reference_K``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from percola.errors import InputError
from percola.thermo import flory_huggins as fh
from percola.thermo.crystallization import (
    BOLTZMANN_J_K,
    GAS_CONSTANT_J_mol_K,
    Growth,
    Melting,
    Nucleation,
    _melting_from_potential,
    crystallized_by_waking,
    crystallized_fraction,
    foreign_nuclei_density_m3,
    growth_rate_m_s,
    peak_temperature_K,
    self_nuclei_density_m3,
)
from percola.thermo.flory_huggins import FloatArray
from percola.thermo.multicomponent import Mixture

AVOGADRO_1_mol = 6.02214076e23  # SI, exact
REFERENCE_K = 423.15  # 150 degC: volumes of composition and lattice refer to this temperature
LIQUID_K = (150.0, 648.15)
"""Between the temperatures at which the last solvents are glasses (150 K) and PVDF decomposes (375 degC): a demixing
temperature outside means nothing, and neither does an uncertainty that reaches there."""
LOPSIDED = 5 / 3
"""Longer over shorter arm of an interval above which no symmetric uncertainty stands for it. For T = B/(chi_c - A) the
arms are T x/(1 -+ x) with x = T u/B: 5/3 is x = 1/4, where half the interval is 7 % more than the linear T x."""
GLASS_ABOVE_CUTOFF_K = 30.0  # T_g - T_inf of Lauritzen and Hoffman's transport term


@dataclass(frozen=True)
class Linear:
    """A property value + slope (T - reference): valid for some 150 K about the reference; never below
    ``floor``.
    """

    value: float
    slope_per_K: float = 0.0
    reference_K: float = REFERENCE_K
    floor: float = 0.0

    def __call__(self, temperature_K: npt.ArrayLike) -> FloatArray:
        t = np.asarray(temperature_K, dtype=float)
        return np.maximum(self.value + self.slope_per_K * (t - self.reference_K), self.floor)


@dataclass(frozen=True)
class Liquid:
    """Bulk properties of one constituent: density [kg/m3], heat capacity [J/(kg K)], conductivity [W/(m
    K)].
    """

    density_kg_m3: Linear
    heat_capacity_J_kgK: Linear
    conductivity_W_mK: Linear


@dataclass(frozen=True)
class Chain:
    """One grade of the polymer, or the miscible resin.

    Attributes:
        name: as in the tables.
        segments: volume of the (weight-average) chain over the site volume.
        share: volume share of all chains, summing to 1 over a system.
        crystallizes: False for the resin.
        chi_A, chi_B_K: interaction with the solvent.
    """

    name: str
    segments: float
    share: float
    crystallizes: bool
    chi_A: float
    chi_B_K: float


@dataclass(frozen=True)
class Diffusion:
    """Friction of polymer against solvent: D = k T / (6 pi eta r_h) exp(-b phi/(1 - phi)).

    Attributes:
        radius_m: r_h, hydrodynamic size of the unit that moves on its own (mesh of the chains) [m].
        crowding: b.
        viscosity_log, viscosity_B_K, viscosity_T0_K: ln(eta/Pa s) = log + B/(T - T0) of the solvent.
        source: keys or words.
    """

    radius_m: float
    crowding: float
    viscosity_log: float
    viscosity_B_K: float
    viscosity_T0_K: float
    source: str = ""


@dataclass(frozen=True)
class Quantity:
    """A number with unit, standard uncertainty and source, for the record of a run.

    Attributes:
        name, value, unit, source: as they say; value None where there is none that means anything.
        uncertainty: standard uncertainty; None where it is not known, or where up and down differ too much for one number.
        interval: value with its cause one standard uncertainty down and up; an end is None where it lies outside of all
            temperatures of :data:`LIQUID_K`. None where no interval was computed.
        note: in words why there is no value or no end.
    """

    name: str
    value: float | None
    unit: str
    uncertainty: float | None = None
    source: str = ""
    interval: tuple[float | None, float | None] | None = None
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def _demixing(name: str, value_K: float, ends_K: tuple[float, float], source: str) -> Quantity:
    """A demixing temperature with its values at both ends of chi, cut where liquids end; see :class:`Quantity`."""
    lowest, highest = LIQUID_K

    def inside(t: float) -> float | None:
        return t if lowest <= t <= highest else None

    value, low, high = inside(value_K), inside(ends_K[0]), inside(ends_K[1])
    uncertainty, notes = None, []
    if value is None:
        above = value_K > highest
        notes.append(
            f"two liquids at every temperature up to {highest - 273.15:.0f} degC, where the polymer decomposes"
            if above
            else f"none above {lowest - 273.15:.0f} degC, where solvents are glasses"
        )
    elif low is not None and high is not None:
        up, down = high - value, value - low
        uncertainty = 0.5 * (up + down) if max(up, down) <= LOPSIDED * min(up, down) else None
    if uncertainty is None and (value is not None or low is not None or high is not None):
        words = [
            f"{t - 273.15:.0f}"
            if inside(t) is not None
            else (f"above {highest - 273.15:.0f}" if t > highest else f"below {lowest - 273.15:.0f}")
            for t in ends_K
        ]
        notes.append(f"{words[0]} to {words[1]} degC for chi one standard uncertainty down and up")
    return Quantity(name, value, "K", uncertainty, source, (low, high), "; ".join(notes))


@lru_cache(maxsize=64)
def _binodal_nodes(
    segments: float, chi_A: float, chi_B_K: float
) -> tuple[float, float, FloatArray, FloatArray, FloatArray]:
    """Binodal against s = sqrt((T_top - T)/(T_top - T_low)), in which it is smooth up to the critical
    point.
    """
    low, top = 150.0, 1000.0
    phi_c, chi_c = (float(v) for v in fh.critical_point(segments))
    if chi_B_K > 0 and chi_c > chi_A:
        top = min(top, chi_B_K / (chi_c - chi_A))
    if chi_B_K <= 0 or top <= low + 1:
        return low, low, np.zeros(1), np.full(1, np.nan), np.full(1, np.nan)
    s = np.linspace(0, 1, 401)
    t = top - (top - low) * s**2
    two = fh.binodal(segments, chi_A + chi_B_K / t)
    lean, rich = np.where(np.isnan(two.lean), phi_c, two.lean), np.where(np.isnan(two.rich), phi_c, two.rich)
    return low, top, s, lean, np.minimum(rich, 1 - 1e-12)


def _binodal_table(
    segments: float, chi_A: float, chi_B_K: float, temperature_K: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """(lean, rich) interpolated, good to 1e-5 in phi; NaN above the critical temperature; for kinetics
    only.
    """
    low, top, s, lean, rich = _binodal_nodes(segments, chi_A, chi_B_K)
    inside = temperature_K < top
    if not np.any(inside):
        nothing = np.full(temperature_K.shape, np.nan)
        return nothing, nothing
    at = np.sqrt(np.clip((top - temperature_K) / (top - low), 0, 1))
    return np.where(inside, np.interp(at, s, lean), np.nan), np.where(inside, np.interp(at, s, rich), np.nan)


@dataclass(frozen=True)
class System:
    """Polymer (and resin) with its solvent: interactions, melting, nuclei, growth, diffusion, heat.

    Attributes:
        polymer, solvent: names for people.
        site_volume_m3: v0, volume of one mean solvent molecule at ``reference_K`` [m3].
        segments: N of the mean chain: weight average, the mean that the spinodal needs.
        chi_A, chi_B_K: chi(T) = A + B/T of the mean chain with the mean solvent on v0.
        chi_uncertainty: standard uncertainty of chi at ``reference_K``.
        chi_source: where chi comes from, in words and reference keys.
        melting, nucleation, growth, diffusion: see their types.
        polymer_properties, solvent_properties: bulk properties of polymer(+resin) and solvent.
        crystallinity, crystallinity_uncertainty: mass share of crystal that the polymer reaches.
        crystal_exclusion_kT: penalty of solvent inside the crystal, per lattice site [kT]; 0 = the gel keeps
        its solvent.
        chains: grades and resin; one entry for a single polymer.
        chain_chi: (A, B [K]) between polymer and resin on v0.
        solvents: ((name, weight share, volume share), ...) of the solvent.
        solvent_glass_K: glass transition of the solvent [K]; None: the cutoff of transport is that of the melt.
        solvent_notes: findings about the mixed solvent itself.
    """

    polymer: str
    solvent: str
    site_volume_m3: float
    segments: float
    chi_A: float
    chi_B_K: float
    melting: Melting
    nucleation: Nucleation
    growth: Growth
    diffusion: Diffusion
    polymer_properties: Liquid
    solvent_properties: Liquid
    chi_uncertainty: float = 0.2
    chi_source: str = ""
    crystallinity: float = 0.5
    crystallinity_uncertainty: float = 0.1
    crystal_exclusion_kT: float = 0.0
    chains: tuple[Chain, ...] = ()
    chain_chi: tuple[float, float] = (0.0, 0.0)
    solvents: tuple[tuple[str, float, float], ...] = ()
    solvent_glass_K: float | None = None
    solvent_notes: tuple[str, ...] = ()
    reference_K: float = REFERENCE_K
    sources: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        for name in ("site_volume_m3", "segments"):
            if not getattr(self, name) > 0:
                raise InputError(f"System.{name}", repr(getattr(self, name)), "a positive number")
        if self.chains and abs(sum(c.share for c in self.chains) - 1) > 1e-9:
            raise InputError("System.chains", f"shares sum to {sum(c.share for c in self.chains):g}", "1")

    # --- composition ---

    @property
    def crystallizable_share(self) -> float:
        """Volume share of the chains that can crystallize (1 without resin)."""
        return sum(c.share for c in self.chains if c.crystallizes) if self.chains else 1.0

    @property
    def site_volume_m3_mol(self) -> float:
        """Site volume per mole [m3/mol]."""
        return self.site_volume_m3 * AVOGADRO_1_mol

    def volume_fraction(self, weight_fraction: npt.ArrayLike) -> FloatArray:
        """Volume fraction of polymer and resin from their weight fraction, volumes additive at
        ``reference_K``.
        """
        w = np.asarray(weight_fraction, dtype=float)
        vp = w / self.polymer_properties.density_kg_m3(self.reference_K)
        vs = (1 - w) / self.solvent_properties.density_kg_m3(self.reference_K)
        return np.asarray(vp / (vp + vs))

    def weight_fraction(self, volume_fraction: npt.ArrayLike) -> FloatArray:
        """Inverse of :meth:`volume_fraction`."""
        p = np.asarray(volume_fraction, dtype=float)
        mp = p * self.polymer_properties.density_kg_m3(self.reference_K)
        ms = (1 - p) * self.solvent_properties.density_kg_m3(self.reference_K)
        return np.asarray(mp / (mp + ms))

    # --- demixing ---

    def chi(self, temperature_K: npt.ArrayLike) -> FloatArray:
        """chi(T) = A + B/T."""
        return np.asarray(self.chi_A + self.chi_B_K / np.asarray(temperature_K, dtype=float))

    def _temperature_of(self, chi: npt.ArrayLike) -> FloatArray:
        """T [K] where chi(T) has a value: infinite if it is exceeded at every T, NaN if it is never
        reached.
        """
        gap = np.asarray(chi, dtype=float) - self.chi_A
        if self.chi_B_K <= 0:
            return np.full_like(gap, np.nan)
        return np.where(gap > 0, self.chi_B_K / np.where(gap > 0, gap, 1.0), np.inf)

    def mixture(self) -> Mixture:
        """Solvent (first) and every chain as components of their own, for the exact multicomponent curves."""
        chains = self.chains or (Chain(self.polymer, self.segments, 1.0, True, self.chi_A, self.chi_B_K),)
        n = len(chains) + 1
        a, b = np.zeros((n, n)), np.zeros((n, n))
        for i, c in enumerate(chains, start=1):
            a[0, i] = a[i, 0] = c.chi_A
            b[0, i] = b[i, 0] = c.chi_B_K
            for j, d in enumerate(chains, start=1):
                if c.crystallizes != d.crystallizes:
                    a[i, j], b[i, j] = self.chain_chi
        return Mixture(np.array([1.0, *(c.segments for c in chains)]), a, b)

    def _composition(self, phi: float) -> FloatArray:
        return np.array([1 - phi, *(phi * c.share for c in self.chains)])

    def spinodal_temperature_K(self, phi: npt.ArrayLike) -> FloatArray:
        """Temperature below which a uniform solution is unstable [K].

        One chain: chi(T) = (1/(N phi) + 1/(1 - phi))/2. Several chains or a resin: determinant of the
        Hessian.
        NaN where the solution is stable at every temperature, infinite where it never is.
        """
        p = np.asarray(phi, dtype=float)
        if len(self.chains) <= 1:
            return self._temperature_of(fh.spinodal_chi(p, self.segments))
        m = self.mixture()
        return np.asarray(
            [m.spinodal_temperature_K(self._composition(v)) for v in np.atleast_1d(p).ravel()]
        ).reshape(p.shape)

    def cloud_point_K(self, phi: npt.ArrayLike, exact: bool = True) -> FloatArray:
        """Temperature at which the first droplets of another composition are in equilibrium with the
        solution [K].

        Args:
            phi: volume fraction of polymer and resin.
            exact: with several chains, let the droplets choose their own composition (Newton on all chemical
                potentials) instead of keeping polymer : resin fixed; where that fails the quasi-binary value
                stands.
        """
        p = np.asarray(phi, dtype=float)
        quasi = self._temperature_of(fh.cloud_chi(p, self.segments))
        if len(self.chains) <= 1 or not exact:
            return quasi
        m = self.mixture()
        flat, start = np.atleast_1d(p).ravel(), np.atleast_1d(quasi).ravel()
        out = np.fmax(start, [m.spinodal_temperature_K(self._composition(v)) for v in flat])
        known: tuple[float, FloatArray] | None = None
        # From the concentrated side, where the lean droplets are easy to find, each point starts the next.
        for i in np.argsort(flat)[::-1]:
            if not np.isfinite(start[i]):
                known = None
                continue
            two = fh.binodal(self.segments, self.chi(start[i] * (1 - 1e-9)))
            lean_parent = abs(flat[i] - float(two.lean)) < abs(flat[i] - float(two.rich))
            other = float(two.rich) if lean_parent else max(float(two.lean), 1e-280)
            guesses = [(float(start[i]), self._composition(other))]
            if known is not None:
                guesses.insert(0, known)
            for t0, shadow0 in guesses:
                t, shadow = m.cloud_point_K(self._composition(flat[i]), shadow0, t0)
                if np.isfinite(t) and t >= out[i] * (1 - 1e-9) - 15:
                    out[i], known = t, (t, np.maximum(shadow, 1e-290))
                    break
        return out.reshape(p.shape)

    def binodal(self, temperature_K: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
        """(phi_lean, phi_rich) in equilibrium at a temperature; NaN where one phase is stable at every
        composition.
        """
        two = fh.binodal(self.segments, self.chi(temperature_K))
        return two.lean, two.rich

    def critical_point(self, exact: bool = False) -> tuple[float, float]:
        """(phi, T [K]) of the critical point.

        Args:
            exact: with several chains, that of all components (where cloud point and spinodal of :meth:`cloud_point_K` and
                :meth:`spinodal_temperature_K` touch; of grades that differ in length only, phi_c = 1/(1 + N_w/sqrt(N_z)),
                Stockmayer, J. Chem. Phys. 17 (1949) 588) instead of that of the mean chain; NaN where there is none,
                with an infinite T where there are two liquids however hot.
        """
        phi, chi = fh.critical_point(self.segments)
        mean = float(phi), float(self._temperature_of(chi))
        if len(self.chains) <= 1 or not exact:
            return mean
        from scipy.optimize import brentq

        m = self.mixture()

        def residual(log_phi: float) -> float:
            return m.critical_residual(self._composition(math.exp(log_phi)))

        grid = np.log(np.geomspace(mean[0] / 30, 0.95, 80))
        values = np.array([residual(x) for x in grid])
        found = []
        for i in np.flatnonzero(values[:-1] * values[1:] < 0):
            at = math.exp(float(brentq(residual, grid[i], grid[i + 1], xtol=1e-12)))
            found.append((m.spinodal_temperature_K(self._composition(at)), at))
        if not found:
            return float("nan"), m.spinodal_temperature_K(self._composition(mean[0]))
        hottest, at = max(found)
        return at, hottest

    def interfacial_tension_N_m(self, temperature_K: float, gradient_coefficient_m2: float) -> float:
        """Tension between the two liquid phases [N/m], for f + (kappa/2) (grad phi)^2 with kappa [m2] in units
        of kT/v0.
        """
        if not float(self.chi(temperature_K)) > float(fh.critical_point(self.segments)[1]):
            return 0.0
        s = fh.interfacial_tension(self.segments, float(self.chi(temperature_K)), gradient_coefficient_m2)
        return s * BOLTZMANN_J_K * temperature_K / self.site_volume_m3

    # --- melting and crystallization ---

    def melting_temperature_K(self, phi: npt.ArrayLike, Tm0_K: float | None = None) -> FloatArray:
        """Equilibrium melting temperature of the polymer in the homogeneous solution [K].

        Flory's diluent equation with chi(T) of the solvent and, where there is a resin, its interaction with
        the
        polymer (both dilute the crystal's melt); closed form because every chi is linear in 1/T.
        """
        p = np.asarray(phi, dtype=float)
        if np.any((p <= 0) | (p > 1)):
            raise InputError("phi", repr(phi), "polymer volume fractions in (0, 1]")
        chains = self.chains or (Chain(self.polymer, self.segments, 1.0, True, self.chi_A, self.chi_B_K),)
        x = self.crystallizable_share
        main = [c for c in chains if c.crystallizes]
        resin = [c for c in chains if not c.crystallizes]
        n2 = sum(c.share * c.segments for c in main) / x
        a12 = sum(c.share * c.chi_A for c in main) / x
        b12 = sum(c.share * c.chi_B_K for c in main) / x
        f1, f2, f3 = 1 - p, x * p, (1 - x) * p
        inverse_n3 = sum(c.share / c.segments for c in resin) / (1 - x) if resin else 0.0
        a13 = sum(c.share * c.chi_A for c in resin) / (1 - x) if resin else 0.0
        b13 = sum(c.share * c.chi_B_K for c in resin) / (1 - x) if resin else 0.0
        a23, b23 = self.chain_chi

        def energy(c12: float, c13: float, c23: float) -> FloatArray:
            return np.asarray(c12 * f1 + c23 * f3 - (c12 * f1 * f2 + c13 * f1 * f3 + c23 * f2 * f3))

        entropy = np.log(f2) / n2 + 1 / n2 - (f1 + f2 / n2 + f3 * inverse_n3)
        return _melting_from_potential(
            entropy + energy(a12, a13, a23),
            energy(b12, b13, b23),
            self.melting,
            self.site_volume_m3_mol,
            Tm0_K,
        )

    def melting_uncertainty_K(self, phi: npt.ArrayLike) -> FloatArray:
        """Standard uncertainty [K] of the melting temperature from Tm0, the heat of fusion and chi, added in
        squares.
        """
        base = self.melting_temperature_K(phi)
        m = self.melting
        tm0 = self.melting_temperature_K(phi, m.Tm0_K + m.Tm0_uncertainty_K) - base
        heat = replace(m, heat_of_fusion_J_mol=m.heat_of_fusion_J_mol + m.heat_of_fusion_uncertainty_J_mol)
        dh = replace(self, melting=heat).melting_temperature_K(phi) - base
        dx = self.shifted_chi(self.chi_uncertainty).melting_temperature_K(phi) - base
        return np.sqrt(tm0**2 + dh**2 + dx**2)

    def shifted_chi(self, shift: float) -> System:
        """The same system with A of the solvent interaction shifted for every chain."""
        chains = tuple(replace(c, chi_A=c.chi_A + shift) for c in self.chains)
        return replace(self, chi_A=self.chi_A + shift, chains=chains)

    def monotectic_K(self) -> float:
        """Temperature [K] at which crystal, rich and lean liquid coexist; NaN where demixing lies below
        melting.

        There Tm(phi_rich(T)) = T; between the two liquid compositions this is the melting temperature.
        """
        phi_c, t_c = self.critical_point()
        if not (math.isfinite(t_c) and t_c > float(self.melting_temperature_K(phi_c))):
            return float("nan")
        from scipy.optimize import brentq

        def gap(t: float) -> float:
            _, rich = self.binodal(t)
            return float(self.melting_temperature_K(np.minimum(rich, 1.0))) - t

        low = float(self.melting_temperature_K(phi_c)) * 0.5
        high = t_c * (1 - 1e-9)
        return float(brentq(gap, low, high, xtol=1e-6)) if gap(low) > 0 > gap(high) else float("nan")

    def self_nuclei_density_m3(
        self, dissolution_temperature_K: npt.ArrayLike, phi: npt.ArrayLike
    ) -> FloatArray:
        """Self-nuclei left after dissolution at T_s, per volume of solution [1/m3]; see ``crystallization``."""
        return self_nuclei_density_m3(
            dissolution_temperature_K, self.melting_temperature_K(phi), self.nucleation, self.melting
        )

    def foreign_nuclei_density_m3(self, temperature_K: npt.ArrayLike, phi: npt.ArrayLike) -> FloatArray:
        """Foreign nuclei awake at a temperature, per volume of solution [1/m3]; see ``crystallization``.

        They come with the polymer, so that a solution holds the share phi of those of the melt.
        """
        of_melt = foreign_nuclei_density_m3(temperature_K, self.melting_temperature_K(phi), self.nucleation)
        return np.asarray(np.asarray(phi, dtype=float) * self.crystallizable_share * of_melt)

    def transport_cutoff_K(self, phi: npt.ArrayLike) -> FloatArray:
        """T_inf(phi) [K], where transport to a crystal front stops: 30 K below the glass transition of the solution.

        1/T_g = phi/T_g,polymer + (1 - phi)/T_g,solvent, Fox's rule with volume for weight shares (some 5 K lower here).
        Without ``solvent_glass_K`` that of the melt at every composition.

        Reference: Fox, Bull. Am. Phys. Soc. 1 (1956) 123.
        """
        p = np.asarray(phi, dtype=float)
        if self.solvent_glass_K is None:
            return np.full(p.shape, self.growth.T_inf_K)
        polymer = self.growth.T_inf_K + GLASS_ABOVE_CUTOFF_K
        return np.asarray(1.0 / (p / polymer + (1.0 - p) / self.solvent_glass_K) - GLASS_ABOVE_CUTOFF_K)

    def growth_rate_m_s(self, temperature_K: npt.ArrayLike, phi: npt.ArrayLike) -> FloatArray:
        """Velocity of a crystal front in a solution of composition phi [m/s]; see ``crystallization``."""
        p = np.asarray(phi, dtype=float)
        return growth_rate_m_s(
            temperature_K,
            p * self.crystallizable_share,
            self.melting_temperature_K(p),
            self.growth,
            self.transport_cutoff_K(p),
        )

    def crystal_radius_after_hold_m(
        self, dissolution_temperature_K: npt.ArrayLike, phi: npt.ArrayLike, hold_s: float
    ) -> FloatArray:
        """Radius [m] that surviving nuclei grow to while the solution is held at T_s, shape phi x T_s.

        R_0 = G(T_s) t_hold, in the rich phase where the solution is two liquids at T_s. Nuclei thicker than l*(T_s)
        outlive dissolution because they are stable there, so they grow there: the calorimeter of paragraph
        89(12) and the process see the same crystals, and both start to cool from this radius.
        """
        p = np.atleast_1d(np.asarray(phi, dtype=float))
        t = np.atleast_1d(np.asarray(dissolution_temperature_K, dtype=float))
        growth = self.growth_rate_m_s(t, self._composition_where_crystals_grow(t, p))
        return (growth * hold_s).reshape(np.shape(phi) + np.shape(dissolution_temperature_K))

    def crystallization_half_time_s(self, temperature_K: npt.ArrayLike, phi: npt.ArrayLike) -> FloatArray:
        """Time [s] after which half has crystallized at a dissolution temperature, from the nuclei that outlive it.

        (3 ln 2 / 4 pi N_s)^(1/3) / G, infinite where nothing grows; shape phi x T. Below the temperature of
        its minimum it rises again because transport freezes, not because anything dissolves.
        """
        t = np.atleast_1d(np.asarray(temperature_K, dtype=float))
        p = np.atleast_1d(np.asarray(phi, dtype=float))
        nuclei = self.self_nuclei_density_m3(t[None, :], p[:, None])
        nuclei = nuclei + self.foreign_nuclei_density_m3(t[None, :], p[:, None])
        speed = self.crystal_radius_after_hold_m(t, p, 1.0)
        with np.errstate(divide="ignore", over="ignore"):
            out = np.cbrt(3 * math.log(2) / (4 * np.pi * nuclei)) / speed
        return np.asarray(out.reshape(np.shape(phi) + np.shape(temperature_K)))

    def crystallization_temperature_K(
        self,
        phi: npt.ArrayLike,
        dissolution_temperature_K: npt.ArrayLike,
        cooling_rate_K_s: float,
        hold_s: float = 1200.0,
        grid_K: float = 0.25,
    ) -> FloatArray:
        """Peak of the crystallization exotherm on cooling at a constant rate from T_s [K], shape phi x T_s.

        Self-nuclei of T_s and the composition as prepared grow with G(T); where the solution has demixed at
        equilibrium on the way down, growth is that of the rich phase.

        Args:
            phi: shape (n,) or scalar.
            dissolution_temperature_K: shape (m,) or scalar.
            cooling_rate_K_s: q [K/s]; paragraph 89(12) has 2 K/min.
            hold_s: time at T_s; paragraph 89(12) has 20 min.
            grid_K: spacing of the temperature grid; the peak is refined by a parabola, error 3 mK.

        Returns:
            NaN where no solution is left after the hold, or where nothing crystallizes above T_inf.
        """
        if not cooling_rate_K_s > 0:
            raise InputError("cooling_rate_K_s", f"{cooling_rate_K_s:g}", "a positive rate")
        p = np.atleast_1d(np.asarray(phi, dtype=float))
        ts = np.atleast_1d(np.asarray(dissolution_temperature_K, dtype=float))
        top = float(np.max(ts))
        count = int((top - self.growth.T_inf_K - 2) / grid_K)
        if count < 8:
            raise InputError(
                "dissolution_temperature_K", f"{top:g}", f"above {self.growth.T_inf_K:g} K by 10 K or more"
            )
        t: FloatArray = np.asarray(top - grid_K * np.arange(count), dtype=np.float64)
        local = self._composition_where_crystals_grow(t, p)
        growth = self.growth_rate_m_s(t, local)
        nuclei = self.self_nuclei_density_m3(ts[None, :], p[:, None])
        foreign = self.foreign_nuclei_density_m3(t[None, :], p[:, None])
        out = peak_temperature_K(t, growth, nuclei, foreign, ts, cooling_rate_K_s, hold_s)
        return out.reshape(np.shape(phi) + np.shape(dissolution_temperature_K))

    def _composition_where_crystals_grow(self, temperature_K: FloatArray, phi: FloatArray) -> FloatArray:
        """phi, or that of the rich phase where phi lies between the two liquid phases; shape phi x T."""
        lean, rich = _binodal_table(self.segments, self.chi_A, self.chi_B_K, temperature_K)
        inside = (phi[:, None] > lean[None, :]) & (phi[:, None] < rich[None, :])
        return np.where(inside, rich[None, :], phi[:, None])

    def crystallization_drive(self, temperature_K: npt.ArrayLike, phi: npt.ArrayLike) -> FloatArray:
        """Free energy gained by crystallization per site of polymer, in kT: (dh v0/kT)(1 - T/Tm(phi))."""
        t = np.asarray(temperature_K, dtype=float)
        per_site = self.melting.heat_of_fusion_J_mol / self.melting.unit_volume_m3_mol * self.site_volume_m3
        return np.asarray(per_site / (BOLTZMANN_J_K * t) * (1 - t / self.melting_temperature_K(phi)))

    # --- motion ---

    def solvent_viscosity_Pa_s(self, temperature_K: npt.ArrayLike) -> FloatArray:
        """Viscosity of the solvent [Pa s]: ln(eta) = log + B/(T - T0)."""
        d = self.diffusion
        t = np.asarray(temperature_K, dtype=float)
        return np.exp(d.viscosity_log + d.viscosity_B_K / np.maximum(t - d.viscosity_T0_K, 10.0))

    def mutual_diffusivity_m2_s(self, temperature_K: npt.ArrayLike, phi: npt.ArrayLike) -> FloatArray:
        """Diffusivity that sets the mobility, without the thermodynamic factor [m2/s].

        D = k T/(6 pi eta r_h) exp(-b phi/(1 - phi)); the mobility is M = phi (1 - phi) D / (kT/v0), and the
        diffusivity
        of a weak gradient is phi (1 - phi) f'' D.
        """
        t, p = np.asarray(temperature_K, dtype=float), np.asarray(phi, dtype=float)
        d0 = BOLTZMANN_J_K * t / (6 * np.pi * self.solvent_viscosity_Pa_s(t) * self.diffusion.radius_m)
        return np.asarray(d0 * np.exp(-self.diffusion.crowding * p / np.maximum(1 - p, 1e-6)))

    # --- refitting ---

    def fitted_to_cloud_point(self, weight_fraction: float, temperature_K: float, source: str) -> System:
        """The system whose cloud point at a weight fraction is the measured one; B is kept, A is fitted.

        Exact for one chain. ``source`` names the measurement and becomes part of ``chi_source``.
        """
        chi = float(fh.cloud_chi(self.volume_fraction(weight_fraction), self.segments))
        shifted = self.shifted_chi(chi - float(self.chi(temperature_K)))
        return replace(
            shifted, chi_source=f"B: {self.chi_source}; A fitted to {source}", chi_uncertainty=0.02
        )


@dataclass(frozen=True)
class Solution:
    """A system at one composition, dissolved at T_s.

    Attributes:
        system: pair physics.
        polymer_volume_fraction: phi, polymer and resin together.
        dissolution_temperature_K: T_s [K].
        hold_s: time at T_s before cooling [s].
    """

    system: System
    polymer_volume_fraction: float
    dissolution_temperature_K: float
    hold_s: float = 1200.0

    def __post_init__(self) -> None:
        if not 0 < self.polymer_volume_fraction < 1:
            raise InputError(
                "Solution.polymer_volume_fraction",
                f"{self.polymer_volume_fraction:g}",
                "strictly between 0 and 1",
            )
        if not self.dissolution_temperature_K > self.system.growth.T_inf_K + 10:
            raise InputError(
                "Solution.dissolution_temperature_K",
                f"{self.dissolution_temperature_K:g} K",
                f"above {self.system.growth.T_inf_K + 10:g} K",
            )

    @staticmethod
    def from_weight_fraction(
        system: System, weight_fraction: float, dissolution_temperature_K: float, hold_s: float = 1200.0
    ) -> Solution:
        """A solution from the weight fraction of polymer and resin together."""
        return Solution(
            system, float(system.volume_fraction(weight_fraction)), dissolution_temperature_K, hold_s
        )

    @property
    def weight_fraction(self) -> float:
        """Weight fraction of polymer and resin."""
        return float(self.system.weight_fraction(self.polymer_volume_fraction))

    @property
    def nuclei_density_m3(self) -> float:
        """Self-nuclei per volume of solution after dissolution [1/m3]."""
        return float(
            self.system.self_nuclei_density_m3(self.dissolution_temperature_K, self.polymer_volume_fraction)
        )

    @property
    def crystal_radius_after_hold_m(self) -> float:
        """Radius of the crystals when cooling begins [m]; see :meth:`System.crystal_radius_after_hold_m`."""
        return float(
            self.system.crystal_radius_after_hold_m(
                self.dissolution_temperature_K, self.polymer_volume_fraction, self.hold_s
            )
        )

    @property
    def crystallized_in_hold(self) -> float:
        """Share of the crystallization that is over when cooling begins."""
        nuclei = self.nuclei_awake_m3(np.array([self.dissolution_temperature_K]))[0]
        return float(crystallized_fraction(self.crystal_radius_after_hold_m, nuclei))

    @property
    def shortest_half_time_s(self) -> float:
        """Time to half of the crystallization [s] at T_s or, where it is shorter, at any temperature above.

        Falls with T_s: what crystallizes at once somewhere above T_s does not dissolve at T_s either.
        """
        top = max(self.melting_temperature_K, self.dissolution_temperature_K)
        t = np.linspace(self.dissolution_temperature_K, top, 200)
        return float(np.min(self.system.crystallization_half_time_s(t, self.polymer_volume_fraction)))

    @property
    def hold_words(self) -> str:
        """What the hold at T_s does to the crystals, for the notes of a run."""
        radius, share = self.crystal_radius_after_hold_m, self.crystallized_in_hold
        held = f"Held {self.hold_s / 60:.3g} min at {self.dissolution_temperature_K - 273.15:.4g} degC before cooling: "
        if share < 1e-3:
            return held + "the surviving nuclei grow by less than 0.1 % of the crystallization."
        grown = (
            f"the surviving nuclei grow to {1e9 * radius:.3g} nm, {100 * share:.3g} % of the crystallization"
        )
        if share <= 0.5:
            return held + grown + ", and cooling begins from there."
        return held + grown + ": hardly a solution is left to cool (para. 54)."

    @property
    def melting_temperature_K(self) -> float:
        """Equilibrium melting temperature of the solution [K]."""
        return float(self.system.melting_temperature_K(self.polymer_volume_fraction))

    @property
    def cloud_point_K(self) -> float:
        """Cloud point [K] (metastable where it lies below crystallization); NaN where there is none."""
        return float(self.system.cloud_point_K(self.polymer_volume_fraction))

    @property
    def spinodal_temperature_K(self) -> float:
        """Spinodal temperature [K]."""
        return float(self.system.spinodal_temperature_K(self.polymer_volume_fraction))

    def crystallization_temperature_K(self, cooling_rate_K_s: float = 2 / 60) -> float:
        """Peak of the exotherm at a constant cooling rate [K]; NaN as in
        :meth:`System.crystallization_temperature_K`.
        """
        return float(
            self.system.crystallization_temperature_K(
                self.polymer_volume_fraction, self.dissolution_temperature_K, cooling_rate_K_s, self.hold_s
            )
        )

    def crystallized_fraction(self, time_s: npt.ArrayLike, temperature_K: npt.ArrayLike) -> FloatArray:
        """Share of the final crystallization reached along a temperature history (Kolmogorov, Nakamura with
        n = 3).

        Args:
            time_s: rising times, shape (n,).
            temperature_K: shape (n,) or (n, m) for m histories at once.

        Returns:
            X, same shape as the temperature; the second-order trapezoidal rule in time, from the radius
            after the hold at the first time.
        """
        temperature = np.asarray(temperature_K, dtype=float)
        radius = self.crystal_radius_m(time_s, temperature_K)
        return crystallized_by_waking(radius, self.nuclei_density_m3, self.nuclei_awake_m3(temperature))

    def crystal_radius_m(self, time_s: npt.ArrayLike, temperature_K: npt.ArrayLike) -> FloatArray:
        """Radius of a crystal that was there from the start along a history [m]; arguments as above."""
        t = np.asarray(time_s, dtype=float)
        temperature = np.asarray(temperature_K, dtype=float)
        if t.ndim != 1 or temperature.shape[:1] != t.shape or np.any(np.diff(t) < 0):
            raise InputError("time_s", f"shape {t.shape}", "rising times, one for each row of temperature_K")
        phi = np.array([self.polymer_volume_fraction])
        local = self.system._composition_where_crystals_grow(temperature.ravel(), phi)[0]
        growth = self.system.growth_rate_m_s(temperature.ravel(), local).reshape(temperature.shape)
        dt = np.diff(t).reshape((-1,) + (1,) * (temperature.ndim - 1))
        radius = np.full_like(temperature, self.crystal_radius_after_hold_m)
        radius[1:] += np.cumsum(0.5 * dt * (growth[1:] + growth[:-1]), axis=0)
        return radius

    def nuclei_awake_m3(self, temperature_K: npt.ArrayLike) -> FloatArray:
        """Self-nuclei and the foreign nuclei awake so far along a history [1/m3]; the first axis is time."""
        foreign = self.system.foreign_nuclei_density_m3(temperature_K, self.polymer_volume_fraction)
        return np.asarray(self.nuclei_density_m3 + np.maximum.accumulate(foreign, axis=0))

    def nuclei_when_set_m3(self, time_s: npt.ArrayLike, temperature_K: npt.ArrayLike) -> float:
        """Nuclei per volume [1/m3] that, all there from the start, would set at the same time as those that wake on the way.

        -ln(1 - X)/((4 pi/3) R^3) when X reaches one half, or at the end of the history: at most as many as are awake then.
        """
        share = self.crystallized_fraction(time_s, temperature_K)
        half = int(np.argmax(share >= 0.5)) if share[-1] >= 0.5 else -1
        awake = float(self.nuclei_awake_m3(temperature_K)[half])
        radius = float(self.crystal_radius_m(time_s, temperature_K)[half])
        if not (radius > 0.0 and share[half] > 1e-9):
            return awake
        return min(float(-np.log1p(-min(share[half], 1 - 1e-12)) / (4 * np.pi / 3 * radius**3)), awake)

    def density_kg_m3(self, temperature_K: npt.ArrayLike) -> FloatArray:
        """Density of the liquid solution [kg/m3], volumes additive."""
        w, s = self.weight_fraction, self.system
        return np.asarray(
            1
            / (
                w / s.polymer_properties.density_kg_m3(temperature_K)
                + (1 - w) / s.solvent_properties.density_kg_m3(temperature_K)
            )
        )

    def heat_capacity_J_kgK(self, temperature_K: npt.ArrayLike) -> FloatArray:
        """Specific heat capacity without heat of crystallization [J/(kg K)], by mass."""
        w, s = self.weight_fraction, self.system
        return np.asarray(
            w * s.polymer_properties.heat_capacity_J_kgK(temperature_K)
            + (1 - w) * s.solvent_properties.heat_capacity_J_kgK(temperature_K)
        )

    def conductivity_W_mK(self, temperature_K: npt.ArrayLike) -> FloatArray:
        """Thermal conductivity [W/(m K)], by mass (liquids differ by some 20 %, so the rule hardly
        matters).
        """
        w, s = self.weight_fraction, self.system
        return np.asarray(
            w * s.polymer_properties.conductivity_W_mK(temperature_K)
            + (1 - w) * s.solvent_properties.conductivity_W_mK(temperature_K)
        )

    @property
    def crystallizable_weight_fraction(self) -> float:
        """Weight fraction of the crystallizable polymer in the solution (resin taken at the density of the
        polymer).
        """
        return self.weight_fraction * self.system.crystallizable_share

    @property
    def latent_heat_J_kg(self) -> float:
        """Heat released per mass of solution when it has crystallized to its final crystallinity [J/kg]."""
        return (
            self.crystallizable_weight_fraction
            * self.system.crystallinity
            * self.system.melting.heat_of_fusion_J_kg
        )

    def quantities(self, cooling_rate_K_s: float = 2 / 60) -> tuple[Quantity, ...]:
        """The derived numbers with unit, uncertainty and source, for ``solution.json``."""
        s, phi = self.system, self.polymer_volume_fraction

        def number(v: float) -> float | None:
            return float(v) if math.isfinite(v) else None

        t_u = float(s.melting_uncertainty_K(phi))
        chi_range = tuple(s.shifted_chi(d) for d in (-s.chi_uncertainty, 0.0, s.chi_uncertainty))

        def demixing(name: str, of: Callable[[System], float]) -> Quantity:
            low, value, high = (of(x) for x in chi_range)
            return _demixing(name, value, (low, high), s.chi_source)

        phi_c, _ = s.critical_point(exact=True)
        return (
            Quantity("weight_fraction", self.weight_fraction, "1", None, "recipe"),
            Quantity("polymer_volume_fraction", phi, "1", 0.02 * phi, "additive volumes at 150 degC"),
            Quantity(
                "segments",
                s.segments,
                "1",
                0.1 * s.segments,
                "polystyrene-equivalent weight average; site volume",
            ),
            Quantity(
                "site_volume",
                s.site_volume_m3,
                "m3",
                0.03 * s.site_volume_m3,
                "mean solvent molecule at 150 degC",
            ),
            Quantity("chi_A", s.chi_A, "1", s.chi_uncertainty, s.chi_source),
            Quantity("chi_B", s.chi_B_K, "K", None, s.chi_source),
            Quantity("critical_composition", number(phi_c), "1", None, "Flory-Huggins"),
            demixing("critical_temperature", lambda x: x.critical_point(exact=True)[1]),
            demixing("cloud_point", lambda x: float(x.cloud_point_K(phi))),
            demixing("spinodal_temperature", lambda x: float(x.spinodal_temperature_K(phi))),
            Quantity("melting_temperature", self.melting_temperature_K, "K", t_u, s.melting.source),
            Quantity("nuclei_density", self.nuclei_density_m3, "1/m3", None, s.nucleation.source),
            Quantity(
                "crystallization_temperature",
                number(self.crystallization_temperature_K(cooling_rate_K_s)),
                "K",
                None,
                f"Kolmogorov/Nakamura at {60 * cooling_rate_K_s:g} K/min; {s.growth.source}",
            ),
            Quantity(
                "latent_heat",
                self.latent_heat_J_kg,
                "J/kg",
                self.latent_heat_J_kg * s.crystallinity_uncertainty / s.crystallinity,
                s.melting.source,
            ),
        )


__all__ = ["Chain", "Diffusion", "GAS_CONSTANT_J_mol_K", "Linear", "Liquid", "Quantity", "Solution", "System"]
