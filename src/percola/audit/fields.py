"""The columns of a specimen and their units, exact."""

from __future__ import annotations

import difflib
import math
import re
import tomllib
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from importlib import resources

from percola.errors import InputError
from percola.tables import constants

_ATM, _KGF = Fraction(str(constants.ATMOSPHERE_PA)), Fraction(str(constants.KGF_CM2_PA))
_ZERO_C = Fraction(str(constants.ZERO_CELSIUS_K))
_LITRE_HOUR = Fraction(1, 1000 * 3600)


_TABLE: dict[str, dict[str, tuple[Fraction | int, Fraction | int]]] = {
    "length": {
        "mm": (Fraction(1, 10**3), 0),
        "um": (Fraction(1, 10**6), 0),
        "nm": (Fraction(1, 10**9), 0),
        "cm": (Fraction(1, 100), 0),
        "m": (1, 0),
    },
    "temperature": {
        "C": (1, _ZERO_C),
        "degC": (1, _ZERO_C),
        "K": (1, 0),
        "degF": (Fraction(5, 9), Fraction("459.67") * Fraction(5, 9)),
    },
    "fraction": {"pct": (Fraction(1, 100), 0), "fraction": (1, 0)},
    "strain": {"pct": (Fraction(1, 100), 0), "fraction": (1, 0)},
    "pressure": {
        "kgf_cm2": (_KGF, 0),
        "MPa": (10**6, 0),
        "kPa": (1000, 0),
        "bar": (10**5, 0),
        "atm": (_ATM, 0),
        "Pa": (1, 0),
    },
    "permeability": {
        "L_m2_h_atm": (_LITRE_HOUR / _ATM, 0),
        "L_m2_h_bar": (_LITRE_HOUR / 10**5, 0),
        "L_m2_h_kgf_cm2": (_LITRE_HOUR / _KGF, 0),
        "L_m2_h_MPa": (_LITRE_HOUR / 10**6, 0),
    },
    "conductivity": {"mS_cm": (Fraction(1, 10), 0), "S_m": (1, 0), "S_cm": (100, 0)},
    "molar_mass": {"g_mol": (Fraction(1, 1000), 0), "kg_mol": (1, 0), "kDa": (1, 0)},
    "volume_flow": {"ml_min": (Fraction(1, 60 * 10**6), 0)},
    "parts": {"parts": (1, 0)},
    "number": {"": (1, 0)},
}
#: kind -> unit as written in a header -> (factor, offset) to SI, exact rational numbers.
UNITS: dict[str, dict[str, tuple[Fraction, Fraction]]] = {
    kind: {name: (Fraction(f), Fraction(o)) for name, (f, o) in table.items()}
    for kind, table in _TABLE.items()
}
#: kind -> (SI unit of a Measurement, unit for people, factor from SI to it, offset).
SHOWN: dict[str, tuple[str, str]] = {
    "length": ("m", ""),
    "temperature": ("K", "°C"),
    "fraction": ("1", "%"),
    "strain": ("1", "%"),
    "pressure": ("Pa", "kgf/cm²"),
    "permeability": ("m/(s.Pa)", "L/(m²·h·atm)"),
    "conductivity": ("S/m", "mS/cm"),
    "molar_mass": ("kg/mol", "g/mol"),
    "volume_flow": ("m3/s", "ml/min"),
    "parts": ("1", "parts"),
    "number": ("1", ""),
}


#: unit of a header -> as people write it.
UNIT_SIGNS = {
    "um": "µm", "pct": "%", "fraction": "", "C": "°C", "degC": "°C", "degF": "°F", "kgf_cm2": "kgf/cm²",
    "L_m2_h_atm": "L/(m²·h·atm)", "L_m2_h_bar": "L/(m²·h·bar)", "L_m2_h_MPa": "L/(m²·h·MPa)",
    "L_m2_h_kgf_cm2": "L/(m²·h·kgf/cm²)", "mS_cm": "mS/cm", "S_m": "S/m", "S_cm": "S/cm", "g_mol": "g/mol",
    "kg_mol": "kg/mol", "ml_min": "ml/min",
}  # fmt: skip


def scale_of(value: float, kind: str) -> tuple[float, float, str]:
    """Factor and offset from SI to the unit of the field, and that unit."""
    if kind == "length":
        return (1e6, 0.0, "µm") if abs(value) < 2e-4 else (1e3, 0.0, "mm")
    if kind == "temperature":
        return 1.0, -float(_ZERO_C), "°C"
    return 1.0 / float(next(iter(UNITS[kind].values()))[0]), 0.0, SHOWN[kind][1]


def _digits(number: float, digits: int) -> str:
    text = f"{number:.{digits}g}"
    return f"{float(text):.0f}" if "e" in text and abs(number) < 1e7 else text


def shown(value: float, kind: str, digits: int = 3) -> str:
    """A number in SI in the unit of the field, e.g. ``"54.6 %"``."""
    factor, offset, unit = scale_of(value, kind)
    return f"{_digits(value * factor + offset, 4 if kind == 'temperature' else digits)} {unit}".strip()


def shown_range(value: float, low: float, high: float, kind: str) -> str:
    """A number in SI with its interval, e.g. ``"67 % (66.95 to 67.05)"``, with the digits that tell the ends apart."""
    factor, offset, unit = scale_of(value, kind)
    if not low < high:
        return shown(value, kind)
    size = max(abs(low), abs(high))
    digits = min(8, max(3, math.ceil(math.log10(size / (high - low))) + 2))
    ends = " to ".join(_digits(v * factor + offset, digits) for v in (low, high))
    return f"{_digits(value * factor + offset, max(3, digits - 1))} {unit}".strip() + f" ({ends})"


@dataclass(frozen=True)
class Field:
    """One column; attributes as in ``data/fields.toml``."""

    key: str
    header: str
    kind: str
    unit: str
    role: str
    words: str
    example: str
    bare: bool

    @property
    def numeric(self) -> bool:
        """Whether the column holds numbers."""
        return self.kind not in ("word", "yes")

    @property
    def column(self) -> str:
        """Header with unit, as the template has it."""
        return f"{self.header}_{self.unit}" if self.unit and not self.bare else self.header


@lru_cache(maxsize=1)
def fields() -> dict[str, Field]:
    """All columns by key."""
    data = tomllib.loads(
        resources.files("percola.audit").joinpath("data").joinpath("fields.toml").read_text(encoding="utf-8")
    )
    return {
        f["key"]: Field(
            f["key"],
            f["header"],
            f["kind"],
            f.get("unit", ""),
            f["role"],
            f["words"],
            f.get("example", ""),
            f.get("bare", False),
        )
        for f in data["field"]
    }


def _plain(header: str) -> str:
    """One spelling: ``"ID [mm]"``, ``"ID (mm)"``, ``"id mm"`` and ``"ID_mm"`` are the same."""
    text = header.strip().replace("µ", "u").replace("μ", "u").replace("%", "pct").replace("°", "")
    text = re.sub(r"kgf?/cm(2|²)", "kgf_cm2", text, flags=re.I)
    return re.sub(r"[^0-9a-z]+", "_", text.lower()).strip("_")


@lru_cache(maxsize=1)
def _columns() -> dict[str, tuple[Field, str]]:
    known: dict[str, tuple[Field, str]] = {}
    for f in fields().values():
        if not f.numeric or f.kind == "number":
            known[_plain(f.header)] = (f, "")
            continue
        for unit in UNITS[f.kind]:
            known[_plain(f"{f.header}_{unit}")] = (f, unit)
        if f.bare:
            known[_plain(f.header)] = (f, f.unit)
    return known


def column(header: str) -> tuple[Field, str] | None:
    """The field and the unit of a header, or None for a column that the audit does not know.

    Raises:
        InputError: a known quantity without a unit, or with an unknown one.
    """
    plain = _plain(header)
    found = _columns().get(plain)
    if found is not None:
        return found
    for f in fields().values():
        base = _plain(f.header)
        if not f.numeric or f.kind == "number" or not (plain == base or plain.startswith(base + "_")):
            continue
        rest = plain[len(base) :].strip("_")
        near = difflib.get_close_matches(plain, list(_columns()), n=1, cutoff=0.9)
        if rest and not near and not _looks_like_unit(rest):
            continue
        allowed = ", ".join(f"{f.header}_{u}" for u in UNITS[f.kind])
        raise InputError(
            f"column {header.strip()!r}",
            f"{f.words} {'in an unknown unit' if rest else 'without a unit'}",
            allowed,
            f"name the column for example {f.column}",
        )
    return None


def _looks_like_unit(rest: str) -> bool:
    """Whether the rest of a header may be a unit: short, one or two words."""
    return len(rest) <= 4 or rest in (
        "inch",
        "micron",
        "microns",
        "percent",
        "kg_cm2",
        "l_m2_h",
        "lmh",
        "degree",
    )
