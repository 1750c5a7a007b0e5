"""Header cells: the name and the unit, in brackets, after a stroke, a comma or an underscore, or in a row below."""

from __future__ import annotations

import re
import unicodedata

_ATOMS = {
    # mechanics
    "N", "mN", "kN", "uN", "µN", "gf", "kgf", "lbf", "kg", "g", "mg", "ug", "µg", "dyn", "dyne", "tex", "cN",
    "Pa", "hPa", "kPa", "MPa", "GPa", "mPa", "bar", "mbar", "psi", "psig", "psid", "PSI", "atm", "Torr", "torr", "mmHg", "inHg", "cmH2O", "mmH2O", "inH2O",
    "J", "kJ", "mJ", "cal", "kcal",
    # length and so on
    "m", "cm", "mm", "um", "µm", "nm", "mil", "mils", "in", "inch", "inches", "ft", "Å", "micron", "microns", "mu",
    "l", "L", "ml", "mL", "ul", "uL", "µl", "µL", "cc", "ccm", "sccm", "slpm", "SLPM", "lpm", "LPM",
    # time and frequency
    "s", "sec", "secs", "second", "seconds", "ms", "min", "mins", "minutes", "h", "hr", "hrs", "hours", "d", "day", "days", "Sek", "Std", "Min", "秒", "分", "時間",
    "Hz", "kHz", "MHz", "mHz", "rad",
    # temperature
    "K", "°C", "°F", "℃", "℉", "C", "F", "degC", "degF", "deg", "°", "Cel", "Celsius", "度",
    # electricity
    "V", "mV", "uV", "µV", "kV", "A", "mA", "uA", "µA", "nA", "pA", "W", "mW", "uW", "µW", "kW", "Ohm", "Ohms", "ohm", "ohms", "OHM", "Ω", "kΩ", "MΩ", "mΩ", "kohm", "Mohm", "mohm", "kOhm", "MOhm",
    "S", "mS", "uS", "µS", "nF", "pF", "uF", "µF", "mF", "mC", "mAh", "Ah",
    # fractions and counts
    "%", "‰", "ppm", "ppb", "wt%", "vol%", "mol%", "wt.%", "wt.-%", "Gew.-%", "mass%", "PFU", "CFU", "pfu", "cfu", "TCID50", "counts", "1", "a.u.", "arb.u.", "RIU", "mAU", "AU", "cps",
    "mol", "mmol", "Da", "kDa", "P", "cP", "cSt", "Gy", "kGy", "dB", "rpm", "parts",
    "CC", "MIN", "SEC", "MM", "CM", "BAR", "PSID", "PSIG", "KPA", "SCCM", "LMH", "lmh",
    "hh:mm:ss", "h:m:s", "h:min:s",
}  # fmt: skip
_FOLDED = str.maketrans(
    {
        "μ": "µ",
        "º": "°",
        "˚": "°",
        "％": "%",
        "（": "(",
        "）": ")",
        "／": "/",
        "［": "[",
        "］": "]",
        "\u2126": "Ω",
        "\u00a0": " ",
        "²": "2",
        "³": "3",
        "⁻": "-",
        "¹": "1",
        "·": ".",
        "⋅": ".",
        "−": "-",
        "，": ",",
    }
)
#: Units that are one thing in capitals too, in lower case -> as percola.units reads them. MPA and MHZ could be milli or
#: mega, and NM nm or N.m: they are none.
_CAPITALS = {
    "cc": "cc", "min": "min", "sec": "s", "mm": "mm", "cm": "cm", "bar": "bar", "psi": "psi", "psig": "psi", "psid": "psi", "kpa": "kPa",
    "hpa": "hPa", "torr": "Torr", "atm": "atm", "mmhg": "mmHg", "kn": "kN", "kgf": "kgf", "lbf": "lbf", "kg": "kg", "inch": "inch",
    "sccm": "sccm", "slpm": "slpm", "lpm": "l/min", "ccm": "cm3/min", "degc": "degC", "degf": "degF", "khz": "kHz", "hrs": "h", "hr": "h",
}  # fmt: skip
#: "L/m2h" leaves the sign between the square metre and the hour out.
_M2H = re.compile(r"(?<![A-Za-z])m2h(?![A-Za-z0-9])")
_BRACKETS = re.compile(
    r"^(?P<name>.*?)\s*(?:\((?P<a>[^()]*(?:\([^()]*\)[^()]*)?)\)|\[(?P<b>[^\[\]]*)\]|\{(?P<c>[^{}]*)\}|<(?P<d>[^<>]*)>)\s*$",
    re.S,
)
_AFTER = re.compile(r"^(?P<name>.*?\S)\s*(?P<mark> in |/|,|;|:| |_)\s*(?P<unit>[^\s].*)$", re.S)
#: Single letters that are taken as a unit after a space or an underscore: "Force N", "time_s"; "Sample A" is not.
_LONE = {"s", "N", "%"}


def is_unit(text: str) -> bool:
    """Whether a text is a unit: known symbols, with powers, products and strokes.

    >>> is_unit("kgf/cm²"), is_unit("L/(m2 h bar)"), is_unit("wet")
    (True, True, False)
    """
    text = _M2H.sub("m2 h", text.translate(_FOLDED).strip())
    if not text or len(text) > 24 or re.search(r"\.\d|[5-9]", text.replace("TCID50", "")):
        return False
    if text in _ATOMS or text.lower() in (
        "deg c",
        "deg. c",
        "° c",
        "deg f",
        "° f",
        "wt %",
        "vol %",
        "mol %",
        "% by weight",
        "arb. units",
        "a. u.",
    ):
        return True
    parts = [p for p in re.split(r"[/*.\s()^]+|\bper\b", text) if p]
    if not parts:
        return False
    real = 0
    for part in parts:
        bare = re.sub(r"(?<=[A-Za-zµΩ°%])-?\d$", "", part)
        if (bare in _ATOMS and bare not in ("1",)) or (
            bare.lower() in _CAPITALS and bare in (bare.upper(), bare.capitalize())
        ):
            real += 1
        elif not re.fullmatch(r"-?[1-3]", part):
            return False
    return real > 0 and (len(parts) > 1 or text != parts[0] or real > 0)


#: Spellings that mean one of the units that Percola knows by another.
_MEANT = {
    "Sek": "s", "Sek.": "s", "秒": "s", "分": "min", "時間": "h", "Std": "h", "Min": "min", "MIN": "min", "SEC": "s", "CC": "cc", "MM": "mm", "CM": "cm",
    "BAR": "bar", "PSI": "psi", "psid": "psi", "PSID": "psi", "psig": "psi", "PSIG": "psi", "KPA": "kPa", "OHM": "ohm", "kOhm": "kohm", "MOhm": "Mohm", "Cel": "degC", "Celsius": "degC", "度": "deg",
    "mils": "mil", "dyne": "dyn", "LPM": "l/min", "lpm": "l/min", "ccm": "cm3/min",
    "torr": "Torr", "N2": "N2", "cmH2O": "cmH2O", "hh:mm:ss": "s", "h:m:s": "s", "h:min:s": "s",
}  # fmt: skip


def known(unit: str) -> str:
    """A unit in a spelling that :mod:`percola.units` reads.

    >>> known("CC/MIN"), known("秒"), known("kPa"), known("Psi"), known("L/m2h")
    ('cc/min', 's', 'kPa', 'psi', 'L/(m2 h)')
    """
    unit = unit.translate(_FOLDED)
    if unit.count("/") == 1:
        unit = re.sub(r"/\s*\(?\s*m2 ?h\s*\)?$", "/(m2 h)", unit)
    return "".join(_spelt(p) for p in re.split(r"([/*.\s()^])", unit))


def _spelt(part: str) -> str:
    if part in _MEANT or part in _ATOMS:
        return _MEANT.get(part, part)
    return _CAPITALS.get(part.lower(), part) if part in (part.upper(), part.capitalize()) else part


def clean_unit(text: str) -> str:
    """A unit without brackets and odd code points."""
    text = mend(text.translate(_FOLDED)).strip()
    while len(text) > 1 and text[0] + text[-1] in ("()", "[]", "{}", "<>", "（）", "［］"):
        text = text[1:-1].strip()
    if text.startswith("/ "):
        text = text[2:].strip()
    return text


def mend(text: str) -> str:
    """Degree and micro signs that a wrong encoding has mangled, put right."""
    if "\u00c2" in text:
        text = re.sub("\u00c2([\u00b0\u00b5\u00b2\u00b3\u00b7\u00b1])", r"\1", text)
    return text.replace("\u00ce\u00bc", "µ").replace("\u00ce\u00a9", "Ω")


def split_header(cell: str) -> tuple[str, str]:
    """Name and unit of a header cell; the unit is "" where it names none.

    >>> split_header("Druck [kPa]"), split_header("Druck / kPa"), split_header("圧力(kPa)"), split_header("Wet/Dry")
    (('Druck', 'kPa'), ('Druck', 'kPa'), ('圧力', 'kPa'), ('Wet/Dry', ''))
    """
    cell = mend(cell.strip())
    folded = unicodedata.normalize("NFC", cell).translate(_FOLDED)
    bare = clean_unit(folded)
    if is_unit(bare) and not re.search(r"[\s(]", bare):
        return cell, ""  # a unit alone is a name of nothing
    m = _BRACKETS.match(folded)
    if m is not None:
        inside = next(g for g in (m["a"], m["b"], m["c"], m["d"]) if g is not None).strip()
        name = m["name"].strip()
        if name.endswith("/") and is_unit(inside):
            name = name[:-1].rstrip()
        if is_unit(inside) and name:
            return name, inside
        # "Force (N) raw" has its unit inside; "Phase(Z)/deg" is handled below.
    for name, mark, unit in _after(folded):
        if not is_unit(unit):
            continue
        if mark == "/" and " " in name and is_unit(name.split(" ")[-1]):
            continue  # "Flow CC/MIN" has the unit CC/MIN
        if mark in (" ", "_") and len(unit) == 1 and unit not in _LONE:
            continue
        if mark == " " and unit in (
            "in",
            "min",
            "Min",
            "d",
            "mu",
            "parts",
            "counts",
            "day",
            "days",
            "hours",
            "minutes",
            "seconds",
            "second",
            "F",
            "C",
        ):
            continue
        return name.rstrip(" ,;:_"), unit
    inner = re.search(r"[(\[]([^()\[\]]+)[)\]]", folded)
    if inner is not None and inner.start() > 0 and is_unit(inner[1]) and len(inner[1]) > 1:
        return (folded[: inner.start()].rstrip() + " " + folded[inner.end() :].strip()).strip(), inner[
            1
        ].strip()
    return cell, ""


def _after(text: str) -> list[tuple[str, str, str]]:
    out = []
    for mark in ("/", " in ", ",", ";", ":", "_", " "):
        at = -1
        while True:
            at = text.find(mark, at + 1)
            if at < 1:
                break
            name, unit = text[:at].rstrip(), clean_unit(text[at + len(mark) :])
            if name and unit:
                out.append((name, mark, unit))
    return out


def is_unit_row(cells: list[str]) -> bool:
    """Whether the cells of a row are units (some may be empty, "-" or "#")."""
    real = 0
    for cell in cells:
        bare = clean_unit(cell)
        if bare in ("", "-", "--", "#", "none", "[-]"):
            continue
        if not is_unit(bare):
            return False
        real += 1
    return real > 0
