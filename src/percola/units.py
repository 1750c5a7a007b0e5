"""Quantities as people write them ("145 degC", "0.9 mm", "30 wt%") to SI numbers and back; the only user of
pint.

pint and its registry load on the first parse (about 0.6 s), not on import, so that ``percola --help`` stays
quick.
"""

from __future__ import annotations

import difflib
import math
import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from percola.errors import InputError

if TYPE_CHECKING:
    import pint


@dataclass(frozen=True)
class Kind:
    """What a quantity measures, and how it may be written.

    Attributes:
        name: key of the kind, e.g. ``"temperature"``.
        si: SI unit in which the value is held.
        example: one well-written quantity, quoted in every refusal.
        units: units that a person may use; the list is exhaustive where ``factors`` is given, else a
            selection.
        factors: for fractions and parts, the SI factor of each unit; empty where pint does the conversion.
        lowest: smallest value that exists [SI], or None.
    """

    name: str
    si: str
    example: str
    units: tuple[str, ...]
    factors: tuple[float, ...] = ()
    lowest: float | None = None

    @property
    def words(self) -> str:
        """The kind in words."""
        return self.name.replace("_", " ")

    @property
    def example_unit(self) -> str:
        """The unit of the example, the usual one of the field: mm of a length, where ``units`` begins with m."""
        return self.example.split(" ", 1)[1]


KINDS: dict[str, Kind] = {
    k.name: k
    for k in (
        Kind("temperature", "K", "145 degC", ("degC", "°C", "K", "degF"), lowest=0.0),
        Kind("temperature_difference", "K", "5 K", ("K", "degC", "degF")),
        Kind("length", "m", "0.9 mm", ("m", "cm", "mm", "um", "nm", "inch")),
        Kind("time", "s", "1 h", ("s", "min", "h", "day")),
        Kind("velocity", "m/s", "0.5 m/s", ("m/s", "m/min", "mm/s", "cm/s")),
        Kind("flux", "m/s", "100 L/(m2 h)", ("L/(m2 h)", "L/m2.h", "LMH", "m3/(m2 d)", "m/s", "m/d")),
        Kind("volume_flow", "m3/s", "10 ml/min", ("ml/min", "l/min", "l/h", "cm3/s", "m3/s")),
        Kind("mass_flow", "kg/s", "2 kg/h", ("kg/h", "g/min", "kg/s")),
        Kind("pressure", "Pa", "1 kgf/cm2", ("kgf/cm2", "MPa", "kPa", "bar", "atm", "psi", "Pa")),
        Kind("molar_mass", "kg/mol", "3.62e5 g/mol", ("g/mol", "kg/mol", "Da", "kDa")),
        Kind("molar_concentration", "mol/m3", "1 mol/l", ("mol/l", "mmol/l", "mol/m3", "M")),
        Kind("absorbed_dose", "Gy", "100 kGy", ("kGy", "Gy")),
        Kind("cooling_rate", "K/s", "2 K/min", ("K/min", "degC/min", "K/s")),
        Kind("heat_transfer_coefficient", "W/(m2.K)", "500 W/m2/K", ("W/m2/K",)),
        Kind("conductivity", "S/m", "0.8 mS/cm", ("mS/cm", "S/m", "S/cm")),
        Kind(
            "permeability",
            "m/(s.Pa)",
            "300 L/m2.h.atm",
            ("L/m2.h.atm", "L/m2.h.bar", "L/m2.h.MPa", "m/(s.Pa)"),
        ),
        Kind("mass", "kg", "12.5 mg", ("mg", "g", "kg", "ug")),
        Kind("force", "N", "12 N", ("N", "mN", "kN", "gf", "kgf", "lbf")),
        Kind("area", "m2", "1.2 cm2", ("cm2", "mm2", "m2", "inch2")),
        Kind("volume", "m3", "25 ml", ("ml", "ul", "l", "cm3", "mm3", "m3")),
        Kind("density", "kg/m3", "1.78 g/cm3", ("g/cm3", "g/ml", "kg/m3")),
        Kind("viscosity", "Pa.s", "0.89 mPa.s", ("mPa.s", "Pa.s", "cP")),
        Kind("surface_tension", "N/m", "22 mN/m", ("mN/m", "N/m", "dyn/cm")),
        Kind("angle", "rad", "30 deg", ("deg", "rad")),
        Kind("frequency", "Hz", "1 kHz", ("Hz", "kHz", "MHz", "mHz")),
        Kind("resistance", "ohm", "5 ohm", ("ohm", "mohm", "kohm", "Mohm", "Ω")),
        Kind("potential", "V", "10 mV", ("V", "mV", "uV")),
        Kind("current", "A", "10 mA", ("A", "mA", "uA")),
        Kind("heat_flow", "W", "1.2 mW", ("mW", "W", "uW")),
        Kind("specific_heat_flow", "W/kg", "0.2 W/g", ("W/g", "mW/mg", "W/kg")),
        Kind("enthalpy", "J/kg", "45 J/g", ("J/g", "kJ/kg", "J/kg")),
        Kind(
            "number_concentration",
            "1/m3",
            "1e7 1/ml",
            ("1/ml", "PFU/ml", "CFU/ml", "TCID50/ml", "1/l", "1/m3"),
        ),
        Kind("amount", "1", "46.6 parts", ("parts", "part", "wt%"), (1.0, 1.0, 0.01)),
        Kind("comonomer_content", "1", "8 mol%", ("mol%", "wt%"), (0.01, 0.01)),
        Kind("strain", "1", "50 %", ("%",), (0.01,)),
        Kind("fraction", "1", "54.6 %", ("%",), (0.01,)),
    )
}


@dataclass(frozen=True)
class Quantity:
    """A quantity with the text it was written in.

    Attributes:
        text: exactly what the person wrote.
        value: the number in the SI unit of its kind; parts stay parts, wt% and % become fractions.
        unit: the unit as understood, e.g. ``"degC"`` or ``"wt%"``.
        kind: key of :data:`KINDS`.
    """

    text: str
    value: float
    unit: str
    kind: str

    def __str__(self) -> str:
        return self.text


@lru_cache(maxsize=1)
def _registry() -> pint.UnitRegistry:
    import pint

    return pint.UnitRegistry()


LARGEST = Decimal("1e200")  # far beyond any quantity here, and far within floating point

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_NUMBER = re.compile(
    r"(?P<number>[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(?:\s*x\s*10(?:\^|\*\*)?(?P<power>[+-]?[0-9]+))?"
)
_UNIT_CHARACTERS = re.compile(r"[A-Za-zΩ%°µ0-9./*()^\s_-]*")
# "m2" and "m-2" as the field writes powers; one digit is all that any unit here needs.
_POWER = re.compile(r"(?<=[A-Za-zµ])(?:\^|\*\*)?(-?[1-9])(?![0-9A-Za-z])")

_ALIASES = {
    "kgf": "kgf",
    "hrs": "h",
    "hr": "h",
    "hour": "h",
    "hours": "h",
    "mins": "min",
    "secs": "s",
    "sec": "s",
    "micron": "um",
    "microns": "um",
    "cc": "cm**3",
    "ccm": "cm**3/min",
    "ltr": "l",
    "CFU": "count",
    "PFU": "count",
    "cfu": "count",
    "pfu": "count",
    "Ω": "ohm",
    "Ohm": "ohm",
    "Ohms": "ohm",
    "ohms": "ohm",
    "mohm": "milliohm",
    "kohm": "kiloohm",
    "Mohm": "megaohm",
    "LMH": "l/m**2/h",
    "lmh": "l/m**2/h",
}
# Units that are one thing in any case of their letters, in lower case -> as they are written. Those where the case
# tells milli from mega (MPA: MPa or mPa? MM: mm or megamolar?), or one unit from another (NM: nm or N.m?), are left out.
_ANY_CASE = {
    **{u.lower(): u for u in (
        "Pa", "hPa", "kPa", "bar", "psi", "atm", "torr", "mmHg", "inHg", "cmH2O", "kN", "kgf", "lbf", "gf", "N", "kg", "cc", "ccm",
        "cm", "inch", "min", "s", "sec", "h", "hr", "hrs", "l", "degC", "degF", "ohm", "kohm", "kHz", "Hz", "LMH", "Da", "kDa",
        "percent", "mol", "day", "V", "A", "W", "J", "kJ", "cP",
    )},
}  # fmt: skip


def recased(unit: str) -> str:
    """A unit with the case of its letters put right where only one is possible: "KPA", "CC/MIN"; else as it is.

    >>> recased("KPA"), recased("CC/MIN"), recased("Cm2"), recased("MPA")
    ('kPa', 'cc/min', 'cm2', 'MPA')
    """
    return re.sub(r"[A-Za-z]+(?:2O)?", lambda m: _ANY_CASE.get(m[0].lower(), m[0]), unit)


# "degC", "deg. C", "° C", "degrees celsius", "C", "K": a letter or name, with a degree before it or without. F is
# Fahrenheit here: a farad is no temperature.
_TEMPERATURE = re.compile(
    r"(?:°|deg(?:ree)?s?\.?)?[\s_]*(c|celsius|centigrade|f|fahrenheit|k|kelvins?)", re.I
)
_SCALES = {"c": "degC", "f": "degF", "k": "K"}
# Scale and offset to kelvin, exact by definition (SI Brochure, 9th edition; degF by 5/9).
_KELVIN = {"K": (1.0, 0.0), "degC": (1.0, 273.15), "degF": (5.0 / 9.0, 459.67 * 5.0 / 9.0)}
_FRACTION_WORDS = {
    "wt %": "wt%",
    "wt-%": "wt%",
    "wt.%": "wt%",
    "wt. %": "wt%",
    "mass%": "wt%",
    "mass %": "wt%",
    "weight%": "wt%",
    "weight %": "wt%",
    "% by weight": "wt%",
    "w%": "wt%",
    "pbw": "parts",
    "parts by weight": "parts",
    "part by weight": "parts",
    "mol %": "mol%",
    "mol-%": "mol%",
    "mole%": "mol%",
    "mole %": "mol%",
    "percent": "%",
}


def _tidy(text: str) -> str:
    """One spelling for the many code points of the same sign."""
    replacements = {
        "℃": "°C",
        "℉": "°F",
        "\u212a": "K",  # kelvin sign
        "º": "°",
        "˚": "°",
        "μ": "µ",  # Greek mu to micro sign
        "−": "-",
        "–": "-",
        "×": "x",
        "·": ".",
        "⋅": ".",
        "•": ".",
        "∙": ".",
        "％": "%",
        "\u00a0": " ",
        "\u2009": " ",
        "\u202f": " ",
    }
    for found, plain in replacements.items():
        text = text.replace(found, plain)
    return text.translate(_SUPERSCRIPTS).strip()


def _temperature_unit(unit: str) -> str:
    """degC, degF or K for any of their spellings; empty for anything else."""
    match = _TEMPERATURE.fullmatch(unit)
    return _SCALES[match[1][0].lower()] if match else ""


def _refuse(where: str, found: str, kind: Kind, why: str = "") -> InputError:
    allowed = f"{_a(kind.words)} with its unit ({', '.join(kind.units)})"
    return InputError(
        where, f"{found}{': ' + why if why else ''}", allowed, f'write for example "{kind.example}"'
    )


def _a(words: str) -> str:
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def _scaled(number: Decimal, factor: float) -> float:
    """number * factor, rounded once where the factor or its inverse is whole: 0.84 mm is 8.4e-4 m to the
    last bit."""
    inverse = 1.0 / factor
    if factor >= 1.0 and factor == round(factor):
        return float(number * round(factor))
    if factor < 1.0 and abs(inverse - round(inverse)) <= 1e-9 * inverse:
        return float(number / round(inverse))
    return float(number) * factor


def _split(text: str, kind: Kind, where: str) -> tuple[Decimal, str]:
    """The number and the unit text of a quantity."""
    tidy = _tidy(text)
    shown = _shown(text)
    if not tidy:
        raise _refuse(where, shown, kind, "empty")
    if len(tidy) > 80:
        raise _refuse(where, shown, kind, f"{len(tidy)} characters are too long for a quantity")
    match = _NUMBER.match(tidy)
    if match is None:
        low = tidy.lower().lstrip("+-")
        if low.startswith(("nan", "inf")):
            raise _refuse(where, shown, kind, "not a finite number")
        raise _refuse(where, shown, kind, "does not begin with a number")
    rest = tidy[match.end() :]
    if re.match(r"\s*,\s*[0-9]", rest):
        raise _refuse(where, shown, kind, "a comma inside a number is ambiguous; use a decimal point")
    if re.match(r"\s*(-|to\b|~|\.\.)\s*[0-9.]", rest):
        raise _refuse(where, shown, kind, "a range, where one value is needed")
    power = match["power"] or "0"
    # The size is checked in floating point first: decimal arithmetic would take its time over 1e99999999.
    if len(power) > 4 or not math.isfinite(float(match["number"])):
        raise _refuse(where, shown, kind, "too large for a number")
    number = Decimal(match["number"]).scaleb(int(power))
    if abs(number) > LARGEST or 0 < abs(number) < 1 / LARGEST:
        raise _refuse(where, shown, kind, "too large or too small for a number")
    return number, rest.strip()


def _shown(text: str) -> str:
    """The text as quoted in a message, cut where it is very long."""
    return repr(text if len(text) <= 60 else text[:57] + "...")


def _pint_text(unit: str, kind: Kind) -> str:
    """The unit in the spelling of pint: powers, products, names of the field."""
    text = re.sub(r"\bm2h\b", "m2.h", unit)  # "L/m2h"
    if kind.name == "pressure":
        # Engineers write kg/cm2 (and the patent Kg/cm2) for the kilogram-force.
        text = re.sub(r"\b[kK][gG][fF]?(?=\s*/)", "kgf", text)
    if kind.name == "molar_mass":
        text = re.sub(r"\b(k?)(Da|dalton|amu)\b", r"\1g/mol", text)
    # "L/m2.h.atm": after one stroke the field puts everything below it.
    if text.count("/") == 1 and "(" not in text:
        above, below = text.split("/")
        parts = [p for p in re.split(r"[.\s]+", below.strip()) if p]
        if len(parts) > 1:
            text = f"{above}/({'*'.join(parts)})"
    text = re.sub(r"(?<=[A-Za-z0-9µ)])[.\s]+(?=[A-Za-zµ(])", "*", text)
    text = _POWER.sub(r"**\1", text)
    return re.sub(r"[A-Za-zµ]+", lambda m: _ALIASES.get(m.group(), m.group()), text)


@lru_cache(maxsize=512)
def _factor(unit: str, kind_name: str) -> float:
    """Factor from a unit that has no offset to the SI unit of the kind; raises ValueError in words.

    What is no unit as it is written is tried again with the case of its letters put right.
    """
    kind = KINDS[kind_name]
    try:
        return _factor_as_written(unit, kind)
    except ValueError:
        other = recased(unit)
        if other == unit:
            raise
        try:
            return _factor_as_written(other, kind)
        except ValueError:
            pass
        raise


def _factor_as_written(unit: str, kind: Kind) -> float:
    unit = unit.replace("TCID50", "count")  # infective doses, counted as such
    if not _UNIT_CHARACTERS.fullmatch(unit) or re.search(r"[0-9]{2}|\*\*.*\*\*.*\*\*.*\*\*.*\*\*", unit):
        raise ValueError(f"'{unit}' is not a unit")
    ureg = _registry()
    try:
        parsed = ureg.parse_units(_pint_text(unit, kind))
        target = ureg.parse_units(_pint_text(kind.si, kind))
        dimension = parsed.dimensionality
    except Exception as error:  # pint raises tokenizer, attribute, key, type and recursion errors on odd text
        near = difflib.get_close_matches(unit, kind.units, n=1, cutoff=0.5)
        hint = f", did you mean '{near[0]}'?" if near else ""
        raise ValueError(f"unknown unit '{unit}'{hint}") from error
    if dimension != target.dimensionality:
        raise ValueError(f"'{unit}' is not a unit of {kind.words}")
    factor = float(ureg.Quantity(1.0, parsed).to(target).magnitude)
    return factor


def parse(text: str, kind_name: str, where: str = "quantity") -> Quantity:
    """The quantity that a text means, in SI.

    Args:
        text: number and unit, e.g. ``"145 degC"``, ``"145°C"``, ``"100 µm"``, ``"1 kgf/cm2"``, ``"30 wt%"``.
        kind_name: key of :data:`KINDS`: what the quantity must measure.
        where: field, file or column to name in a refusal.

    Raises:
        InputError: no unit, an unknown unit, a unit of something else, a range, a decimal comma, NaN, or a
            temperature below absolute zero.

    >>> round(parse("145 °C", "temperature").value, 2)
    418.15
    """
    kind = KINDS[kind_name]
    if not isinstance(text, str):
        raise bare_number(text, kind_name, where)
    number, unit = _split(text, kind, where)
    shown = _shown(text)
    if not unit:
        raise _refuse(where, shown, kind, "a number without a unit")
    if kind.factors:
        word = _FRACTION_WORDS.get(unit.lower(), unit.lower())
        if word not in kind.units:
            raise _refuse(where, shown, kind, f"'{unit}' is not a unit of {kind.words}")
        understood, value = word, _scaled(number, kind.factors[kind.units.index(word)])
        if word == "part":
            understood = "parts"
    elif kind_name in ("temperature", "temperature_difference"):
        word = _temperature_unit(unit)
        if (
            not word
            and unit.lower() in ("delta_degc", "delta_degf")
            and kind_name == "temperature_difference"
        ):
            word = "degC" if unit.lower().endswith("c") else "degF"
        if not word:
            raise _refuse(where, shown, kind, f"'{unit}' is not a unit of {kind.words}")
        scale, offset = _KELVIN[word]
        understood = word
        absolute = kind_name == "temperature"
        if scale == 1.0:
            value = float(number + (Decimal(str(offset)) if absolute else 0))
        else:
            value = float(number) * scale + (offset if absolute else 0.0)
    else:
        try:
            value = _scaled(number, _factor(unit, kind_name))
        except ValueError as error:
            raise _refuse(where, shown, kind, str(error)) from None
        understood = unit
    if not math.isfinite(value):
        raise _refuse(where, shown, kind, "too large for a number")
    if kind.lowest is not None and value < kind.lowest:
        raise _refuse(where, shown, kind, "below absolute zero")
    return Quantity(text, value, understood, kind_name)


def bare_number(found: object, kind_name: str, where: str = "quantity") -> InputError:
    """The refusal of a number, or of anything else that is not text, where a quantity is needed."""
    kind = KINDS[kind_name]
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        return _refuse(where, f"{type(found).__name__} {_shown(str(found))}", kind, "not a quantity")
    unit = kind.example.split(" ", 1)[1]
    allowed = f"{_a(kind.words)} in quotes with its unit ({', '.join(kind.units)})"
    # A Python integer may have thousands of digits, more than str() allows.
    shown = f"{found:.12g}" if isinstance(found, float) or abs(found) < 10**15 else "a very large number"
    remedy = (
        f'write for example "{shown} {unit}"' if shown[0].isdigit() else f'write for example "{kind.example}"'
    )
    return InputError(where, f"the bare number {shown}", allowed, remedy)


def si_value(text: str, kind_name: str, where: str = "quantity") -> float:
    """The number in SI that a text means; see :func:`parse`."""
    return parse(text, kind_name, where).value


def in_unit(value: float, unit: str, kind_name: str) -> float:
    """A value in SI, expressed in another unit of its kind.

    >>> round(in_unit(418.15, "degC", "temperature"), 6)
    145.0
    """
    kind = KINDS[kind_name]
    if kind.factors:
        if unit not in kind.units:
            raise _refuse("unit", repr(unit), kind)
        return value / kind.factors[kind.units.index(unit)]
    if kind_name in ("temperature", "temperature_difference"):
        word = _temperature_unit(_tidy(unit))
        if not word:
            raise _refuse("unit", repr(unit), kind)
        scale, offset = _KELVIN[word]
        return (value - (offset if kind_name == "temperature" else 0.0)) / scale
    try:
        return value / _factor(_tidy(unit), kind_name)
    except ValueError as error:
        raise _refuse("unit", repr(unit), kind, str(error)) from None


def from_unit(values: Any, unit: str, kind_name: str) -> Any:
    """Numbers in a unit of their kind, to SI; a number or an array.

    Raises:
        InputError: no unit of that kind.

    >>> round(from_unit(145.0, "degC", "temperature"), 6)
    418.15
    """
    kind = KINDS[kind_name]
    if kind.factors:
        word = _FRACTION_WORDS.get(_tidy(unit).lower(), _tidy(unit).lower())
        if word not in kind.units:
            raise _refuse("unit", repr(unit), kind)
        return values * kind.factors[kind.units.index(word)]
    if kind_name in ("temperature", "temperature_difference"):
        word = _temperature_unit(_tidy(unit))
        if not word:
            raise _refuse("unit", repr(unit), kind)
        scale, offset = _KELVIN[word]
        return values * scale + (offset if kind_name == "temperature" else 0.0)
    try:
        return values * _factor(_tidy(unit), kind_name)
    except ValueError as error:
        raise _refuse("unit", repr(unit), kind, str(error)) from None


# What a person in the field reads: (SI value of one, sign); the largest not above the value is taken,
# except that pore sizes stay in µm from 0.01 µm, thicknesses in µm and diameters in mm, as the patent
# writes them.
_LENGTH_FROM_M = {"µm": 1e-8, "mm": 2e-4, "m": 1.0}
_LADDERS: dict[str, tuple[tuple[float, str], ...]] = {
    "length": ((1e-9, "nm"), (1e-6, "µm"), (1e-3, "mm"), (1.0, "m")),
    "time": ((1e-6, "µs"), (1e-3, "ms"), (1.0, "s"), (60.0, "min"), (3600.0, "h")),
    "velocity": ((1e-9, "nm/s"), (1e-6, "µm/s"), (1e-3, "mm/s"), (1.0, "m/s")),
    "flux": ((1e-3 / 3600.0, "L/(m²·h)"),),
    "volume_flow": ((1e-6 / 60.0, "ml/min"), (1e-3 / 60.0, "l/min")),
    "mass_flow": ((1e-3 / 60.0, "g/min"), (1.0 / 3600.0, "kg/h")),
    "molar_mass": ((1e-3, "g/mol"),),
    "molar_concentration": ((1.0, "mol/m³"), (1e3, "mol/l")),
    "absorbed_dose": ((1.0, "Gy"), (1e3, "kGy")),
    "cooling_rate": ((1.0 / 60.0, "K/min"), (1.0, "K/s")),
    "heat_transfer_coefficient": ((1.0, "W/(m²·K)"),),
    "conductivity": ((0.1, "mS/cm"),),
    # 1 L/(m2 h atm) = 1e-3 m3 / (m2 * 3600 s * 101325 Pa)
    "permeability": ((1e-3 / 3600.0 / 101325.0, "L/(m²·h·atm)"),),
    "comonomer_content": ((0.01, "%"),),
    "strain": ((0.01, "%"),),
    "fraction": ((0.01, "%"),),
    "amount": ((0.01, "wt%"),),
    "mass": ((1e-9, "µg"), (1e-6, "mg"), (1e-3, "g"), (1.0, "kg")),
    "force": ((1e-3, "mN"), (1.0, "N"), (1e3, "kN")),
    "area": ((1e-6, "mm²"), (1e-4, "cm²"), (1.0, "m²")),
    "volume": ((1e-9, "µl"), (1e-6, "ml"), (1e-3, "l"), (1.0, "m³")),
    "density": ((1e3, "g/cm³"),),
    "viscosity": ((1e-3, "mPa·s"),),
    "surface_tension": ((1e-3, "mN/m"),),
    "angle": ((math.pi / 180.0, "°"),),
    "frequency": ((1e-3, "mHz"), (1.0, "Hz"), (1e3, "kHz"), (1e6, "MHz")),
    "resistance": ((1e-3, "mΩ"), (1.0, "Ω"), (1e3, "kΩ"), (1e6, "MΩ")),
    "potential": ((1e-6, "µV"), (1e-3, "mV"), (1.0, "V")),
    "current": ((1e-6, "µA"), (1e-3, "mA"), (1.0, "A")),
    "heat_flow": ((1e-6, "µW"), (1e-3, "mW"), (1.0, "W")),
    "specific_heat_flow": ((1e3, "W/g"),),
    "enthalpy": ((1e3, "J/g"),),
    "number_concentration": ((1e6, "1/ml"),),
}
_KGF_CM2_PA = 98066.5  # standard gravity on one kilogram per square centimetre, exact


def for_people(value: float, kind_name: str, digits: int = 3) -> str:
    """A value in SI as text in the units of the field, e.g. ``"145 °C"``, ``"0.14 µm"``, ``"139 kgf/cm²
    (13.6 MPa)"``.

    Args:
        value: number in the SI unit of the kind.
        kind_name: key of :data:`KINDS`.
        digits: significant digits (temperatures: one decimal).
    """
    if kind_name not in KINDS:
        raise InputError("kind", repr(kind_name), ", ".join(KINDS))
    if not math.isfinite(value):
        return "undefined"
    if kind_name == "temperature":
        return f"{_plain(round(value - 273.15, 1), 6)} °C"
    if kind_name == "temperature_difference":
        return f"{_plain(round(value, 1), 6)} K"
    if kind_name == "pressure":
        return f"{_plain(value / _KGF_CM2_PA, digits)} kgf/cm² ({_plain(value / 1e6, digits)} MPa)"
    ladder = _LADDERS[kind_name]
    scale, sign = ladder[0]
    for step, name in ladder[1:]:
        least = _LENGTH_FROM_M[name] if kind_name == "length" else step
        if abs(value) >= least * (1.0 - 1e-12):
            scale, sign = step, name
    shown = _plain(value / scale, digits if kind_name != "molar_mass" else max(digits, 4))
    return f"{shown} {sign}"


def _plain(number: float, digits: int) -> str:
    """Significant digits without trailing zeros; an exponent only far from one."""
    text = f"{number:.{digits}g}"
    if "e" in text and 1e-4 <= abs(number) < 1e7:
        text = f"{float(text):.0f}"
    return "0" if float(text) == 0.0 else text
