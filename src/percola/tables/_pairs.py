"""Interactions of pairs and mixed solvents: rows of ``pairs.csv``, class defaults, Hansen parameters."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from percola.errors import TableError
from percola.tables import constants
from percola.tables._curve import Sourced, joined, known, scalar, worst
from percola.tables._read import Entry, entries, resolve
from percola.tables._substances import Liquid, Polymer, combined_value, liquid, polymer, resin

R = constants.R_J_MOL_K

KINETIC = (
    "N_tot_m3",
    "l_mean_m",
    "N_het_m3",
    "N_het_undercooling_K",
    "N_het_slope_per_K",
    "G0_m_s",
    "Kg_K2",
)


@dataclass(frozen=True)
class Pair:
    """The interaction of two substances, usually polymer and liquid; see :func:`pair`.

    Attributes:
        first, second: keys (polymer or resin first; of a mixture, ``second`` lists the liquids).
        reference_volume_m3_mol: the molar volume of a lattice site on which chi is based: that of the liquid
            at 298.15 K (of the resin's repeat unit for polymer-resin, of the harmonic mean for
            liquid-liquid).
        chi_A, chi_B_K: chi(T) = chi_A + chi_B_K / T.
        values: crystal_exclusion and the parameters of nucleation and growth, where the first is a VDF
            polymer.
    """

    first: str
    second: str
    reference_volume_m3_mol: Sourced
    chi_A: Sourced
    chi_B_K: Sourced
    values: Mapping[str, Sourced] = dataclasses.field(default_factory=dict)

    def chi(self, temperature_K: Any) -> Sourced:
        """Flory-Huggins chi per site of ``reference_volume_m3_mol`` [-], errors of A and B independent."""
        T = np.asarray(temperature_K, dtype=float)
        value: Any = float(self.chi_A) + float(self.chi_B_K) / T
        spread: Any = np.hypot(float(self.chi_A.uncertainty), float(self.chi_B_K.uncertainty) / T)
        if T.ndim == 0:
            value, spread = float(value), float(spread)
        source = joined(self.chi_A.source, self.chi_B_K.source)
        note = "; ".join(dict.fromkeys(n for n in (self.chi_A.note, self.chi_B_K.note) if n))
        return Sourced(value, spread, "1", source, note, worst(self.chi_A.method, self.chi_B_K.method))

    def _value(self, quantity: str) -> Sourced:
        if quantity not in self.values:
            raise TableError(
                f"tables.pair({self.first}, {self.second})",
                f"has no {quantity}",
                "pairs with a VDF polymer",
                "",
            )
        return self.values[quantity]

    @property
    def crystal_exclusion(self) -> Sourced:
        """How strongly the crystal rejects this liquid [kT per lattice site]; 0: it holds its solvent."""
        return self._value("crystal_exclusion")

    @property
    def N_tot_m3(self) -> Sourced:
        """Number density of crystallites before dissolution, per volume of solution [1/m3]."""
        return self._value("N_tot_m3")

    @property
    def l_mean_m(self) -> Sourced:
        """Mean of the exponential distribution of crystallite thickness [m]."""
        return self._value("l_mean_m")

    @property
    def N_het_m3(self) -> Sourced:
        """Number density of foreign nuclei in the molten polymer awake at :attr:`N_het_undercooling_K` [1/m3]."""
        return self._value("N_het_m3")

    @property
    def N_het_undercooling_K(self) -> Sourced:
        """Undercooling T_m - T at which :attr:`N_het_m3` holds [K]."""
        return self._value("N_het_undercooling_K")

    @property
    def N_het_slope_per_K(self) -> Sourced:
        """Relative growth of the number of foreign nuclei for each kelvin of undercooling [1/K]."""
        return self._value("N_het_slope_per_K")

    @property
    def G0_m_s(self) -> Sourced:
        """Prefactor of the growth rate [m/s]."""
        return self._value("G0_m_s")

    @property
    def Kg_K2(self) -> Sourced:
        """Nucleation constant of growth (Lauritzen-Hoffman) [K2]."""
        return self._value("Kg_K2")


def _any(name: str) -> tuple[Entry, Any]:
    e = resolve(name, ("polymer", "resin", "liquid"), "pair")
    if e.kind == "polymer":
        return e, polymer(e.key)
    return e, resin(e.key) if e.kind == "resin" else liquid(e.key)


def _reference_volume(thing: Any) -> Sourced:
    if isinstance(thing, Liquid):
        return thing.reference_volume_m3_mol
    volume: Sourced = thing.unit_volume_m3_mol(298.15)
    return volume


def _hansen_distance_Pa(a: Any, b: Any) -> tuple[float, str]:
    """Squared Hansen distance 4 (d dD)^2 + (d dP)^2 + (d dH)^2 [Pa] and its sources."""
    p, q = a.hansen_Pa05, b.hansen_Pa05
    squares = [(float(x) - float(y)) ** 2 for x, y in zip(p, q, strict=True)]
    return 4 * squares[0] + squares[1] + squares[2], joined(
        *(s.source for s in (*p, *q)), "hansen2007", "lindvig2002"
    )


def pair(first: str | Polymer, second: str) -> Pair:
    """Interaction of two substances, usually polymer and liquid: rows of the table, else defaults.

    Default: chi = 0.34 + alpha V1 Ra^2 / (4 R T) from Hansen parameters at 298 K, alpha = 0.6, V1 the molar
        volume of the liquid; without the 0.34 between two liquids or two polymers. Uncertainty: 0.1 on the
        entropic part and alpha +- 0.2. Values of nucleation, growth and crystal exclusion fall back from the
        pair to the chemical class of the liquid, then to the polymer; which of them it was stands in
        ``method`` and ``note``.

    Limitations: Hansen distances do not tell percolation solvents from sphere-forming ones (convenience: no
        better theory at hand); chi does not depend on concentration (by choice). Copolymers take the rows of
        PVDF where they have none.

    Reference: Lindvig, Michelsen and Kontogeorgis (2002), eq. 10; Hansen (2007).
    """
    if isinstance(first, Polymer):
        a, A = entries()[first.key], first
    else:
        a, A = _any(first)
    b, B = _any(second)
    order = {"polymer": 0, "resin": 1, "liquid": 2}
    if order[a.kind] > order[b.kind]:
        a, A, b, B = b, B, a, A
    chi_A, chi_B, volume = _chi(a, A, b, B)
    values: dict[str, Sourced] = {}
    if a.kind == "polymer" and b.kind == "liquid":
        for quantity in ("crystal_exclusion", *KINETIC):
            values[quantity] = _with_fallback(quantity, a.key, b)
    return Pair(a.key, b.key, volume, chi_A, chi_B, values)


def _with_fallback(quantity: str, key: str, other: Entry) -> Sourced:
    for who in dict.fromkeys((key, "PVDF")):
        for what in (other.key, f"class:{other.chemical_class}", "*"):
            if known(quantity, f"{who}|{what}"):
                s = scalar(quantity, f"{who}|{what}")
                if who != key:
                    s = dataclasses.replace(
                        s,
                        uncertainty=1.5 * s.uncertainty,
                        method="default",
                        note=f"as PVDF; {s.note}".rstrip("; "),
                    )
                return s
    raise TableError(f"tables.pair({key}, {other.key})", f"no {quantity}", "", "add a row to pairs.csv")


def _chi(a: Entry, A: Any, b: Entry, B: Any) -> tuple[Sourced, Sourced, Sourced]:
    V = _reference_volume(B)
    if b.kind == a.kind:
        Va = _reference_volume(A)
        V = combined_value(2.0 / (1.0 / float(Va) + 1.0 / float(V)), 0.05, "m3/mol", (Va, V))
    for who in dict.fromkeys((a.key, "PVDF" if a.kind == "polymer" else a.key)):
        for key in (f"{who}|{b.key}", f"{b.key}|{who}"):
            if known("chi_A", key) and known("chi_B_K", key):
                chi_A, chi_B = scalar("chi_A", key), scalar("chi_B_K", key)
                if who != a.key:
                    chi_A, chi_B = (
                        dataclasses.replace(
                            s, uncertainty=1.5 * s.uncertainty + 0.05 * abs(s.value), method="default"
                        )
                        for s in (chi_A, chi_B)
                    )
                return chi_A, chi_B, V
    distance, source = _hansen_distance_Pa(A, B)
    solution = b.kind == "liquid" and a.kind != "liquid"
    entropic = constants.CHI_ENTROPIC if solution else 0.0
    slope = constants.HANSEN_ALPHA * float(V) * distance / (4 * R)
    note = "default from Hansen parameters"
    chi_A = Sourced(entropic, 0.1 if solution else 0.05, "1", "flory1953;lindvig2002", note, "estimate")
    # alpha 0.6 +- 0.2, and 10 K for distances near zero, where the error of the parameters rules.
    chi_B = Sourced(slope, slope / 3.0 + 10.0, "K", source, note, "estimate")
    return chi_A, chi_B, V


def mixture(first: str | Polymer, volume_fractions: Mapping[str, float]) -> Pair:
    """Interaction of a polymer with a mixed solvent, as if it were one liquid.

    chi_mix = sum_i y_i chi_i V0/V_i - sum_(i<j) y_i y_j chi_ij V0/V_ij, with y the volume fractions within
    the solvent, each chi based on its own reference volume V, and V0 = 1 / sum_i (y_i/V_i) the mean volume
    of a solvent molecule (A and B combine alike, term by term). Crystal exclusion and ln of the kinetic
    parameters are means weighted with y.

    Args:
        first: polymer or resin.
        volume_fractions: of each liquid in the solvent (scaled to sum 1).

    Limitations (by choice): one solvent with fixed composition; that the phases differ in solvent
    composition, or that the solvents demix between themselves, needs the ternary treatment.
    """
    total = sum(volume_fractions.values())
    if not volume_fractions or min(volume_fractions.values()) < 0 or not total > 0:
        raise TableError(
            "tables.mixture", f"volume fractions {dict(volume_fractions)}", "not negative, sum above 0", ""
        )
    y: dict[str, float] = {}
    for name, share in volume_fractions.items():
        key = liquid(name).key
        y[key] = y.get(key, 0.0) + share / total
    pairs = {k: pair(first, k) for k in y}
    if len(y) == 1:
        return next(iter(pairs.values()))
    V0 = 1.0 / sum(share / float(pairs[k].reference_volume_m3_mol) for k, share in y.items())
    terms = [(share * V0 / float(pairs[k].reference_volume_m3_mol), pairs[k]) for k, share in y.items()]
    keys = list(y)
    for i, k in enumerate(keys):
        for other in keys[i + 1 :]:
            p = pair(k, other)
            terms.append((-y[k] * y[other] * V0 / float(p.reference_volume_m3_mol), p))
    combined = []
    for field_name, unit in (("chi_A", "1"), ("chi_B_K", "K")):
        parts = [(w, getattr(p, field_name)) for w, p in terms]
        value = sum(w * float(s) for w, s in parts)
        spread = math.sqrt(sum((w * float(s.uncertainty)) ** 2 for w, s in parts))
        source = joined(*(s.source for _, s in parts))
        combined.append(
            Sourced(
                value,
                spread,
                unit,
                source,
                "combined by volume fractions",
                worst(*(s.method for _, s in parts)),
            )
        )
    values: dict[str, Sourced] = {}
    for quantity in ("crystal_exclusion", *KINETIC):
        parts = [(y[k], pairs[k].values[quantity]) for k in y if quantity in pairs[k].values]
        if len(parts) < len(y):
            continue
        if quantity == "crystal_exclusion":
            value = sum(w * float(s) for w, s in parts)
            spread = sum(w * float(s.uncertainty) for w, s in parts)
        else:
            value = math.exp(sum(w * math.log(float(s)) for w, s in parts))
            spread = value * sum(w * float(s.uncertainty) / float(s) for w, s in parts)
        source = joined(*(s.source for _, s in parts))
        how = worst(*(s.method for _, s in parts))
        values[quantity] = Sourced(
            value, spread, parts[0][1].unit, source, "mean over the mixed solvent", how
        )
    volume = combined_value(V0, 0.02, "m3/mol", tuple(p.reference_volume_m3_mol for p in pairs.values()))
    name = next(iter(pairs.values())).first
    return Pair(
        name, "+".join(f"{k}:{share:.4g}" for k, share in y.items()), volume, combined[0], combined[1], values
    )
