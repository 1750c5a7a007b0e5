"""Numbers as an engineer reads them: units of the field, digits that the uncertainty carries, value ± one
sigma."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

THIN = "\u202f"
SPACE = "\u00a0"
MINUS = "\u2212"


@dataclass(frozen=True)
class FieldUnit:
    """A unit for people: shown = (SI - offset) * factor."""

    factor: float
    unit: str
    offset: float = 0.0


ROUNDING = 1e-12
"""Pure numbers below it are what rounding leaves of nought."""
PERCENT = FieldUnit(100.0, "%")
_PERCENT_NAMES = {
    "porosity",
    "through_porosity",
    "isolated_void_fraction",
    "polymer_network_share",
    "network_connectivity",
    "saddle_fraction",
    "saddle_area_fraction",
    "polymer_convex_area_fraction",
    "void_convex_area_fraction",
    "breaking_extension",
    "yield_extension",
    "stretching_residual_strain",
    "surface_porosity",
    "shrinkage",
    "crystallinity",
    "intruded_fraction",
    "breakthrough_saturation",
    "residual_saturation",
}
_DIFFERENCES = re.compile(r"_(above|below|minus)_|_width\b|_width_|_(depression|lowering|margin)\b")
"""Names of temperatures apart: no offset to the Celsius scale."""
_MEGAPASCAL_NAMES = {"elastic_modulus"}
_MILLIMETRE_NAMES = {"inside_diameter", "outside_diameter"}
_BY_UNIT = {
    "m": FieldUnit(1e6, "µm"),
    "Pa": FieldUnit(1 / 98066.5, "kgf/cm²"),
    # 1 L/(m2 h atm) = 1e-3 m3/(m2 * 3600 s * 101325 Pa)
    "m/(s.Pa)": FieldUnit(3600 * 101325 * 1e3, "L/m²·h·atm"),
    "K": FieldUnit(1.0, "°C", 273.15),
    "S/m": FieldUnit(10.0, "mS/cm"),
    "kg/mol": FieldUnit(1e3, "g/mol"),
    "m2": FieldUnit(1e12, "µm²"),
    "m^2": FieldUnit(1e12, "µm²"),
    "1/m": FieldUnit(1e-6, "µm⁻¹"),
    "1/m2": FieldUnit(1e-12, "µm⁻²"),
    "1/m^2": FieldUnit(1e-12, "µm⁻²"),
    "1/m3": FieldUnit(1e-18, "µm⁻³"),
    "1/m^3": FieldUnit(1e-18, "µm⁻³"),
    "m2/s": FieldUnit(1.0, "m²/s"),
    "J/m3": FieldUnit(1e-6, "MJ/m³"),
    "J/kg": FieldUnit(1e-3, "J/g"),
    "ohm": FieldUnit(1.0, "Ω"),
    "1": FieldUnit(1.0, ""),
    "": FieldUnit(1.0, ""),
}

LABELS = {
    "porosity": "Porosity",
    "through_porosity": "Voids open from face to face",
    "isolated_void_fraction": "Isolated share of the voids",
    "polymer_network_share": "Polymer in one network",
    "network_connectivity": "Polymer in one network",
    "sem_average_pore_size": "SEM average pore size",
    "surface_to_internal_pore_ratio": "Surface / internal pore size",
    "average_pore_size": "Average pore size (half-dry)",
    "maximum_pore_size": "Maximum pore size (bubble point)",
    "pore_size_ratio": "Maximum / average pore size",
    "bubble_point_pressure": "Bubble point (ethanol)",
    "mean_flow_pressure": "Mean flow pressure (ethanol)",
    "thickness": "Thickness",
    "inside_diameter": "Inside diameter",
    "outside_diameter": "Outside diameter",
    "water_permeability": "Water permeability",
    "permeability_tensor": "Darcy permeability",
    "tortuosity": "Tortuosity",
    "ionic_conductivity": "Ionic conductivity",
    "breaking_strength": "Breaking strength",
    "breaking_extension": "Breaking extension",
    "elastic_modulus": "Elastic modulus",
    "melting_temperature": "Melting temperature",
    "crystallization_temperature": "Crystallization temperature",
    "stretching_residual_strain": "Stretching residual strain",
    "weight_average_molecular_weight": "Weight average molecular weight",
    "degree_of_anisotropy": "Degree of anisotropy",
    "euler_number": "Euler number",
    "mean_curvature": "Mean curvature of the interface",
    "saddle_fraction": "Saddle-shaped share of the interface",
    "saddle_area_fraction": "Saddle-shaped share of the interface",
    "polymer_convex_area_fraction": "Share of the interface where the polymer bulges",
    "void_convex_area_fraction": "Share of the interface where the void bulges",
    "gaussian_curvature": "Gaussian curvature of the interface",
    "surface_area_per_volume": "Interface per volume",
    "structure_period": "Period of the structure",
    "local_thickness": "Mean local thickness",
    "neck_ratio": "Necks over bodies",
    "core_sphericity": "Roundness of the bodies",
    "permeability": "Darcy permeability",
    "structure_class": "Structure",
    "mean_void_chord": "Mean chord of the voids",
    "mean_polymer_chord": "Mean chord of the polymer",
    "correlation_length": "Correlation length",
    "structure_wavelength": "Wavelength of the structure",
    "void_betti_0": "Separate voids (b0)",
    "void_betti_1": "Tunnels through the voids (b1)",
    "void_betti_2": "Polymer afloat in voids (b2 of the voids)",
    "polymer_betti_0": "Separate polymer bodies (b0)",
    "polymer_betti_1": "Loops of the polymer (b1)",
    "polymer_betti_2": "Voids shut in polymer (b2 of the polymer)",
    "connectivity_density": "Connectivity density",
    "strut_coordination": "Struts at a branch point",
    "strut_length": "Mean strut length",
    "channel_coordination": "Channels at a branch point",
    "channel_length": "Mean channel length",
    "branch_point_density": "Branch points per volume",
    "mean_pore_diameter": "Mean pore diameter (local thickness)",
    "mean_strut_diameter": "Mean strut diameter (local thickness)",
    "percolating_sphere_diameter": "Percolating sphere diameter",
    "intruded_fraction": "Voids reached by intrusion",
    "median_intrusion_diameter": "Median diameter by intrusion",
    "breakthrough_saturation": "Saturation at breakthrough",
    "residual_saturation": "Residual saturation",
    "pore_coordination": "Throats at a pore",
    "mean_inscribed_pore_diameter": "Mean inscribed pore diameter",
    "mean_throat_diameter": "Mean throat diameter",
    "throat_to_pore_ratio": "Throat / pore diameter",
    "pore_density": "Pores per volume",
    "network_permeability": "Permeability of the pore network",
    "relative_conductivity": "Relative conductivity of the voids",
    "polymer_relative_conductivity": "Relative conductivity of the polymer",
    "macmullin_number": "MacMullin number",
    "relative_elastic_modulus": "Elastic modulus over the polymer's",
    "stress_concentration": "Stress concentration",
    "elastic_anisotropy_index": "Elastic anisotropy index",
    "hydraulic_diameter": "Hydraulic diameter",
    "darcy_permeability": "Darcy permeability",
    "lrv": "Log reduction value",
    "retention_cutoff_diameter": "Retention cut-off diameter",
    "surface_layer_thickness": "Thickness of the surface layer",
    "representative_edge": "Edge of a representative volume",
    "lower_dissolution_limit": "Lower limit of the dissolution temperature (T_l)",
    "upper_dissolution_limit": "Upper limit of the dissolution temperature (T_u)",
    "window_width": "Width of the window (T_u - T_l)",
    "window_width_as_printed": "Width of the window, T_u as claim 8 prints it",
    "upper_dissolution_limit_as_printed": "T_u as claim 8 prints it",
    "medium_window_width": "Width of the window in the cooling medium",
    "dissolution_temperature": "Dissolution temperature (T_s)",
    "dissolution_above_lower_limit": "T_s above T_l",
    "dissolution_below_upper_limit": "T_s below T_u",
    "dissolution_below_upper_limit_as_printed": "T_s below T_u as claim 8 prints it",
    "extrusion_above_lower_limit": "Extrusion above T_l",
    "extrusion_below_upper_limit": "Extrusion below T_u",
    "dissolution_above_cloud_point": "T_s above the cloud point",
    "extrusion_above_cloud_point": "Extrusion above the cloud point",
    "cooling_below_melting": "Cooling below the melting point",
    "heat_treatment_below_melting": "Heat treatment below the melting point",
    "melting_point_lowering": "Lowering of the melting point",
    "cloud_point_temperature": "Cloud point temperature",
    "planar_interface": "Planar liquid-liquid interface",
    "crystallinity": "Crystallinity",
    "melting_onset_temperature": "Melting onset temperature",
    "crystallization_onset_temperature": "Crystallization onset temperature",
    "dissolution_plateau_temperature": "Dissolution plateau temperature (T_a)",
    "melting_enthalpy": "Melting enthalpy",
    "crystallization_enthalpy": "Crystallization enthalpy",
    "melting_point_depression": "Melting point depression",
    "resistance": "Resistance at the real axis",
    "number_average_molecular_weight": "Number average molecular weight",
    "z_average_molecular_weight": "Z average molecular weight",
    "dispersity": "Dispersity (Mw/Mn)",
    "threshold_flow_pore_size": "Pore size by threshold flow",
    "smallest_pore_size": "Smallest pore size",
    "tensile_strength": "Tensile strength",
    "yield_strength": "Yield strength",
    "yield_extension": "Yield extension",
    "energy_to_break": "Work to break",
    "surface_structure": "Surface",
}
_WITH_LIQUID = ("bubble_point_pressure", "mean_flow_pressure")
"""Pressures whose label names the usual wetting liquid."""


def label(name: str) -> str:
    """The name of a measurement in words."""
    return LABELS.get(name, name.replace("_", " ").capitalize())


def label_of(name: str, evidence: Mapping[str, Any]) -> str:
    """The same, with the wetting liquid that was used."""
    liquid = str(evidence.get("liquid") or "").split(",")[0]
    words = label(name)
    return words.replace("ethanol", liquid) if liquid and name in _WITH_LIQUID else words


def place(region: str, evidence: Mapping[str, Any]) -> str:
    """Where something was measured, in words; for the edge of a representative volume what it is of."""
    of = evidence.get("of")
    if not isinstance(of, str):
        return region.replace("_", " ")
    words = label(of)
    part = str(evidence.get("of_region") or "").replace("_", " ")
    return words[:1].lower() + words[1:] + (f", {part}" if part in ("void", "polymer") else "")


def field_unit(name: str, unit: str) -> FieldUnit:
    """In which unit a measurement is shown."""
    if unit in ("1", "") and (name in _PERCENT_NAMES or name.endswith(("_fraction", "_share"))):
        return PERCENT
    if unit == "m" and name in _MILLIMETRE_NAMES:
        return FieldUnit(1e3, "mm")
    if unit == "Pa" and name in _MEGAPASCAL_NAMES:
        return FieldUnit(1e-6, "MPa")
    if unit == "K" and _DIFFERENCES.search(name):
        return FieldUnit(1.0, "K")
    return _BY_UNIT.get(unit, FieldUnit(1.0, unit))


def rounded(value: float, sigma: float | None = None, digits: int = 3) -> tuple[str, str | None]:
    """A value and its standard deviation, both cut at the digit that the deviation carries.

    The deviation keeps two digits where it begins with 1, else one; without it the value keeps ``digits``.

    >>> rounded(0.14238, 0.0061)
    ('0.142', '0.006')
    >>> rounded(312.4, 17.0)
    ('312', '17')
    """
    if not math.isfinite(value):
        return "–", None
    if sigma is None or not math.isfinite(sigma) or sigma <= 0:
        # No uncertainty, no claim to digits: trailing zeros go.
        return _trimmed(_written(value, _places(value, digits))), None
    lead = math.floor(math.log10(sigma))
    if value == 0 and lead < -4:
        return "0", _written(sigma, -lead)
    places = -lead + (1 if sigma / 10.0**lead < 1.95 else 0)
    # A deviation far below what anyone reads does not blow up the digits: five are enough.
    enough = _places(value, 5)
    if value and places > enough:
        return _written(value, enough), _written(sigma, -lead)
    return _written(value, places), _written(sigma, places)


def _trimmed(text: str) -> str:
    head, cross, power = text.partition("×")
    return (head.rstrip("0").rstrip(".") if "." in head else head) + cross + power


def plus_minus(value: float, sigma: float | None = None, unit: str = "", digits: int = 3) -> str:
    """Value ± deviation with its unit; one common power of ten where the numbers need one.

    >>> plus_minus(3.2e18, 2e18, "m⁻³")
    '(3 ± 2)×10¹⁸\xa0m⁻³'
    """
    tail = f"{SPACE}{unit}" if unit else ""
    large = value != 0 and (abs(value) >= 1e6 or abs(value) < 1e-3)
    if large and sigma and math.isfinite(sigma):
        exponent = math.floor(math.log10(abs(value)))
        number, spread = rounded(value / 10.0**exponent, sigma / 10.0**exponent, digits)
        return f"({number} ± {spread})×10{_superscript(exponent)}{tail}"
    number, spread = rounded(value, sigma, digits)
    return f"{number} ± {spread}{tail}" if spread else f"{number}{tail}"


def _places(value: float, digits: int) -> int:
    return digits - 1 - math.floor(math.log10(abs(value))) if value else digits - 1


def _written(value: float, places: int) -> str:
    number = round(value, places)
    if number != 0 and (abs(number) >= 1e6 or abs(number) < 1e-4):
        exponent = math.floor(math.log10(abs(number)))
        mantissa = number / 10.0**exponent
        digits = max(0, min(places + exponent, 6))
        return f"{mantissa:.{digits}f}×10{_superscript(exponent)}".replace("-", MINUS)
    text = f"{number:.{max(places, 0)}f}"
    head, _, tail = text.partition(".")
    sign, head = (MINUS, head[1:]) if head.startswith("-") else ("", head)
    if len(head) > 4:
        head = THIN.join(reversed([head[max(i - 3, 0) : i] for i in range(len(head), 0, -3)]))
    if sign and not (head + tail).strip("0"):
        sign = ""
    return f"{sign}{head}.{tail}" if tail else f"{sign}{head}"


def _superscript(n: int) -> str:
    return str(n).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def shown(
    name: str, value: float | str | None, unit: str, sigma: float | None = None, also: bool = True
) -> str:
    """A measurement for people, e.g. ``"0.142 ± 0.006 µm"`` or ``"1.85 kgf/cm² (0.181 MPa)"``; "–" where
    undefined."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return value.replace("_", " ")
    if unit in ("1", "") and abs(value) < ROUNDING:
        value, sigma = 0.0, None if sigma is None or abs(sigma) < ROUNDING else sigma
    target = field_unit(name, unit)
    v = (value - target.offset) * target.factor
    s = None if sigma is None else abs(sigma * target.factor)
    # 137.5 degC and 178 degC are not the same: temperatures keep four digits.
    text = plus_minus(v, s, target.unit, 4 if unit == "K" else 3)
    if also and unit == "Pa" and target.unit != "MPa":
        text += f" ({rounded(value / 1e6, None)[0]}{SPACE}MPa)"
    return text


def bound_sign(evidence: Mapping[str, Any], sigma: float | None) -> str:
    """ "≥ " for a value that is a lower bound and has no uncertainty, "≤ " for an upper one.

    A value with an uncertainty that bounds something else (the pore of a box for that of the wall) is shown as it is: its
    evidence says so in words, and the verdict heeds it.
    """
    if sigma is not None:
        return ""
    for key, sign in (("lower_bound", "≥"), ("upper_bound", "≤")):
        if isinstance(evidence.get(key), str) and evidence[key]:
            return sign + SPACE
    return ""


def split(name: str, value: float, unit: str, sigma: float | None = None) -> tuple[str, str, str]:
    """Number, "± spread" and unit apart; a common power of ten goes with the unit.

    >>> split("permeability", 4.2e-16, "m^2", 0.5e-16)
    ('4.2', '± 0.5', '×10⁻⁴ µm²')
    """
    target = field_unit(name, unit)
    v = (value - target.offset) * target.factor
    s = None if sigma is None else abs(sigma * target.factor)
    power = ""
    if v and (abs(v) >= 1e6 or abs(v) < 1e-3):
        exponent = math.floor(math.log10(abs(v)))
        v, s = v / 10.0**exponent, None if s is None else s / 10.0**exponent
        power = f"×10{_superscript(exponent)} "
    number, spread = rounded(v, s, 4 if unit == "K" else 3)
    return number, f"± {spread}" if spread else "", (power + target.unit).strip()


def duration(seconds: float) -> str:
    """A time span for people."""
    if seconds < 0.0995:
        return f"{seconds * 1e3:.0f} ms"
    if seconds < 99.5:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 3600 else f"{seconds / 3600:.1f} h"


def span(name: str, unit: str, median: float, low: float, high: float) -> tuple[str, str, str]:
    """(median, "low to high", unit) of an interval for people.

    All are cut where two digits of its width stand; where it spans more than a factor of five, each keeps two digits.

    >>> span("porosity", "1", 0.5536, 0.4861, 0.6177)
    ('55', '49 to 62', '%')
    >>> span("pore_size_ratio", "1", 3.04, 1.02, 41.3)
    ('3.0', '1.0 to 41', '')
    """
    target = field_unit(name, unit)
    m, a, b = ((v - target.offset) * target.factor for v in (median, low, high))
    width = abs(b - a)
    if not all(map(math.isfinite, (m, a, b))):
        return "–", "–", target.unit
    if unit != "K" and 0.0 < 5.0 * a < b:
        m, a, b = (float(f"{v:.2g}") for v in (m, a, b))
        shortest = [_written(v, _places(v, 2)) for v in (m, a, b)]
        return shortest[0], f"{shortest[1]} to {shortest[2]}", target.unit
    places = 1 - math.floor(math.log10(width)) if width > 0.0 else _places(m, 4)
    # below a tenth of a millionth of the value nobody reads on
    places = min(places, _places(m, 6))
    return _written(m, places), f"{_written(a, places)} to {_written(b, places)}", target.unit
