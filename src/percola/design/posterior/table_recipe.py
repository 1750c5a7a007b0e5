"""Recipes out of the rows of a table, with the columns of the audit (those of the patent's own table).

A row becomes the dictionary that a TOML file would hold and is validated as one. What a table cannot say (several
polymers, a T-die, a mixed bath, a copolymer's comonomer) is refused with the column ``recipe`` as the way out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from percola import tables
from percola.audit.fields import UNITS, fields
from percola.audit.specimens import Reported, ReportedSpecimen, reported
from percola.errors import InputError, PercolaError, TableError
from percola.recipe import specimens as patent_recipes
from percola.recipe import text as recipe_text
from percola.recipe.checking import check
from percola.recipe.model import BathCooling, Extruder, HollowDie, Recipe
from percola.recipe.physics import context_of
from percola.recipe.text import RecipeError
from percola.units import si_value

OTHER_WAY = "write the recipe as a TOML file and name it in the column recipe"
_UNIT = {
    "C": "degC", "degC": "degC", "K": "K", "degF": "degF", "m": "m", "cm": "cm", "mm": "mm", "um": "um", "nm": "nm",
    "g_mol": "g/mol", "kg_mol": "kg/mol", "kDa": "kDa", "ml_min": "ml/min", "parts": "parts", "pct": "%",
}  # fmt: skip
_HEADER_UNIT = {v: k for k, v in _UNIT.items() if k != "C"} | {"°C": "degC", "part": "parts", "µm": "um"}
# Where a field of the recipe comes from, longest path first.
_COLUMN_OF = {
    "polymers[0].weight_average_molecular_weight": "molecular_weight",
    "polymers[0].amount": "polymer_parts",
    "polymers": "polymer",
    "solvents[0].amount": "solvent1_parts",
    "solvents[1].amount": "solvent2_parts",
    "solvents[2].amount": "solvent3_parts",
    "solvents[0]": "solvent1",
    "solvents[1]": "solvent2",
    "solvents[2]": "solvent3",
    "solvents": "solvent1",
    "resins[0].amount": "resin_parts",
    "resins": "resin",
    "preparation": "kneading_temperature",
    "dissolution": "dissolution_temperature",
    "shaping.die.inside_diameter": "die_inside_diameter",
    "shaping.die.outside_diameter": "die_outside_diameter",
    "shaping.die.bore_gas_flow": "bore_air",
    "shaping.thickness": "gel_thickness",
    "shaping.temperature": "shaping_temperature",
    "shaping": "shaping",
    "cooling.temperature": "cooling_temperature",
    "cooling": "cooling_medium",
    "extraction": "extraction_liquid",
    "stretching[0].residual_strain": "stretching_residual_strain",
    "stretching[0].draw_ratio": "draw_ratio",
    "stretching[0].elongation": "elongation",
    "stretching[0].temperature": "stretch_temperature",
    "stretching": "stretch",
    "amount": "polymer_parts",
}
_RELATION = re.compile(r"^\s*(<=|≤|<|about|ca\.|~)\s*", re.I)
_AT = re.compile(r"\bat\s+(-?[0-9]+(?:\.[0-9]+)?)\s*(?:deg\s?|°\s?)?([CK])\b")
_NONE = ("none", "no", "-")


@dataclass
class Row:
    """One row on its way to a recipe.

    Attributes:
        specimen: its cells, as the audit read them.
        where: file, row and name, for messages.
        book: all rows of the file by name, for a stretching that refers to another row.
        notes: what was read how.
    """

    specimen: ReportedSpecimen
    where: str
    book: Mapping[str, ReportedSpecimen]
    notes: list[str] = field(default_factory=list)

    def at(self, key: str) -> str:
        """File, row and column of a field."""
        return f"{self.where}, column {fields()[key].column}"

    def word(self, key: str) -> str:
        """The cell of a column of words, without remarks in brackets."""
        found = self.specimen.get(key)
        return re.sub(r"\s*\(.*?\)", "", found.text).strip() if found is not None else ""

    def quantity(self, key: str) -> str | None:
        """A cell as a recipe writes it: number and unit."""
        found = self.specimen.get(key)
        return None if found is None else quantity_text(found, self.at(key))

    def note(self, words: str) -> None:
        """Keep what was read how."""
        self.notes.append(f"{self.specimen.id}: {words}")


def quantity_text(found: Reported, where: str) -> str:
    """A reported number as a recipe writes it, e.g. ``"145 degC"``.

    Raises:
        InputError: a bound, where a recipe needs a number.
    """
    if found.relation == "<=":
        raise InputError(where, f"the bound {found.text!r}", "one number", "write the value that was set")
    if found.unit == "fraction":
        return f"{100.0 * float(found.value):.12g} %"
    number = _RELATION.sub("", found.text).strip()
    return f"{number} {_UNIT[found.unit]}".strip() if found.unit else number


def from_row(
    specimen: ReportedSpecimen, where: str, book: Mapping[str, ReportedSpecimen]
) -> tuple[Recipe, list[str]]:
    """The recipe of a row of the table, and notes on how it was read.

    Args:
        specimen: the row, of :func:`percola.audit.from_rows` or its kin.
        where: file, row and name, for messages.
        book: all rows by name.

    Raises:
        InputError: what the table lacks (all missing columns at once), or what cannot be read, with row and column.
    """
    row = Row(specimen, where, book)
    _require(row)
    data: dict[str, Any] = {"schema_version": 1, "name": specimen.id[:200], **_mixture(row)}
    temperature = _dissolution(row)
    shaping = _shaping(row, temperature)
    extruded = shaping["method"] == "extruder"
    # The barrel of an extruder is closed (EP 1 063 256 A1, paras. 62 and 121).
    data["dissolution"] = {"temperature": temperature, "pressurized": extruded}
    kneading = row.quantity("kneading_temperature")
    if kneading is not None and not extruded:
        data["preparation"] = [{"step": "kneading", "temperature": kneading}]
    data["shaping"] = shaping
    data["cooling"] = _cooling(row)
    liquid = row.word("extraction_liquid")
    if liquid.lower() not in _NONE:
        data["extraction"] = {"liquids": [{"liquid": _liquid(row, "extraction_liquid", liquid)}]}
        time = row.word("extraction_time")
        if time and _is_time(time):
            data["extraction"]["time"] = time
        elif time:
            row.note(f"extraction time {time!r} is no quantity; left out")
    data["drying"] = {"method": "room"}
    stretching = _stretching(row)
    if stretching:
        data["stretching"] = [stretching]
    recipe = _validated(data, row)
    if isinstance(recipe.cooling, BathCooling) and recipe.cooling.temperature is None:
        row.note("bath temperature not stated: taken as 20 degC")
    return recipe, row.notes


def _is_time(text: str) -> bool:
    try:
        return si_value(text, "time", "extraction_time") > 0.0
    except PercolaError:
        return False


def _column(path: str) -> str | None:
    found = next(
        (k for p, k in sorted(_COLUMN_OF.items(), key=lambda i: -len(i[0])) if path.startswith(p)), None
    )
    return fields()[found].column if found else None


def _validated(data: Mapping[str, Any], row: Row) -> Recipe:
    try:
        recipe = recipe_text.from_dict(data, row.where)
    except RecipeError as error:
        column = _column(error.findings[0].field) if error.findings else None
        where = f"{row.where}, column {column}" if column else error.where
        raise InputError(where, error.found, error.allowed, error.remedy) from None
    fault = next((f for f in check(recipe) if f.grade == "error"), None)
    if fault is not None:
        column = _column(fault.field) or fault.field
        remedy = OTHER_WAY if re.search(r"pressurized|\[", fault.remedy) else fault.remedy
        raise InputError(f"{row.where}, column {column}", fault.found, fault.allowed, remedy)
    return recipe


def _shape(row: Row) -> str:
    low = row.word("shaping").lower()
    if "extru" in low:
        return "extruder"
    if "plate" in low:
        return "hot_plate"
    return "hot_press" if "press" in low else ""


def _require(row: Row) -> None:
    """Refuse a row that lacks what every recipe needs, with all of it in one message."""
    s = row.specimen
    needed = ["polymer", "molecular_weight", "solvent1", "shaping", "cooling_medium", "extraction_liquid"]
    lacking = [k for k in needed if not (row.word(k) if not fields()[k].numeric else s.get(k))]
    if s.get("polymer_parts") is None and s.get("polymer_share") is None:
        lacking.append("polymer_parts")
    shape = _shape(row)
    if row.word("shaping") and not shape:
        raise InputError(
            row.at("shaping"),
            repr(row.word("shaping")[:60]),
            "hot press, hot plate, or extruder with a hollow die",
            "correct the cell, or " + OTHER_WAY,
        )
    if shape == "extruder":
        lacking += [k for k in ("die_inside_diameter", "die_outside_diameter") if s.get(k) is None]
    elif shape and s.get("gel_thickness") is None:
        lacking.append("gel_thickness")
    if all(s.get(k) is None for k in _temperatures(shape)):
        lacking.append("dissolution_temperature")
    if not lacking:
        return
    hints = {
        "shaping": "hot press, hot plate, or extruder with a hollow die",
        "cooling_medium": "a liquid bath, air, press or rolls",
        "extraction_liquid": "a liquid, or none",
    }
    allowed = ", ".join(f"{fields()[k].column} ({hints.get(k, fields()[k].words)})" for k in lacking)
    raise InputError(
        row.where,
        f"nothing in {', '.join(fields()[k].column for k in lacking)}",
        allowed,
        "fill the cells, or " + OTHER_WAY,
    )


def _temperatures(shape: str) -> tuple[str, ...]:
    """Columns that may tell T_s, in this order: the last heating counts (EP 1 063 256 A1, para. 61)."""
    if shape == "hot_press":
        return ("dissolution_temperature", "shaping_temperature")
    if shape == "extruder":
        return ("dissolution_temperature", "kneading_temperature", "shaping_temperature")
    return ("dissolution_temperature",)


def _dissolution(row: Row) -> str:
    keys = _temperatures(_shape(row))
    key = next(k for k in keys if row.specimen.get(k) is not None)
    if key != keys[0]:
        row.note(f"T_s taken from {fields()[key].column}")
    text = row.quantity(key)
    assert text is not None
    return text


def _known(row: Row, key: str, name: str, lookup: Callable[[str], Any]) -> str:
    try:
        lookup(name)
    except PercolaError as error:
        raise InputError(
            row.at(key), repr(name[:60]), error.allowed or "a name of the tables", error.remedy
        ) from None
    return name


def _has_polymer(name: str) -> bool:
    try:
        tables.polymer(name, None)
    except TableError:
        return any(name.lower() == k.lower() for k in tables.polymers())
    return True


def _liquid(row: Row, key: str, text: str) -> str:
    if "+" in text:
        raise InputError(row.at(key), f"the mixture {text[:60]!r}", "one liquid", OTHER_WAY)
    return _known(row, key, text, tables.liquid)


def _mixture(row: Row) -> dict[str, Any]:
    """Polymer, solvents and resin with their amounts, in parts or in percent by weight."""
    s = row.specimen
    whole = s.values["polymer"].text.strip()  # the brackets of P(VDF-HFP) are no remark
    polymer = whole if _has_polymer(whole) else _known(row, "polymer", row.word("polymer"), tables.polymer)
    found = [i for i in (1, 2, 3) if row.word(f"solvent{i}")]
    resin = row.word("resin")
    by_parts = s.get("polymer_parts") is not None
    amounts: dict[str, str] = {}
    if by_parts:
        names = ["polymer", *(f"solvent{i}" for i in found), *(["resin"] if resin else [])]
        lacking = [f"{n}_parts" for n in names if s.get(f"{n}_parts") is None]
        if lacking:
            raise InputError(row.at(lacking[0]), "nothing", "parts of each substance", "fill the cell")
        amounts = {n: str(row.quantity(f"{n}_parts")) for n in names}
    else:
        if len(found) > 1:
            raise InputError(
                row.at("solvent1_parts"),
                "nothing",
                "parts of each solvent of a mixture",
                "give all amounts in parts",
            )
        shares = {
            k: float(s.values[k].value) for k in ("polymer_share", "solvent_share", "resin_share") if s.get(k)
        }
        if resin and "resin_share" not in shares:
            raise InputError(
                row.at("resin_share"),
                "nothing",
                "the resin's share, or all amounts in parts",
                "fill the cell",
            )
        if "solvent_share" not in shares:
            shares["solvent_share"] = 1.0 - shares["polymer_share"] - shares.get("resin_share", 0.0)
            row.note("solvent taken as the rest to 100 % by weight")
        amounts = {
            "polymer": f"{100 * shares['polymer_share']:.10g} wt%",
            "solvent1": f"{100 * shares['solvent_share']:.10g} wt%",
        }
        if resin:
            amounts["resin"] = f"{100 * shares['resin_share']:.10g} wt%"
    mass = str(row.quantity("molecular_weight"))
    out: dict[str, Any] = {
        "polymers": [
            {"polymer": polymer, "weight_average_molecular_weight": mass, "amount": amounts["polymer"]}
        ],
        "solvents": [
            {"liquid": _liquid(row, f"solvent{i}", row.word(f"solvent{i}")), "amount": amounts[f"solvent{i}"]}
            for i in found
        ],
    }
    if resin:
        out["resins"] = [{"resin": _known(row, "resin", resin, tables.resin), "amount": amounts["resin"]}]
    elif s.get("resin_parts") is not None and float(s.values["resin_parts"].value) > 0:
        raise InputError(row.at("resin"), "nothing, beside parts of a resin", "its name", "fill the cell")
    return out


def _shaping(row: Row, dissolution: str) -> dict[str, Any]:
    text, method = row.word("shaping"), _shape(row)
    own = row.quantity("shaping_temperature")
    if method == "extruder":
        low = text.lower()
        if re.search(r"\bt[ -]?die|flat die|slit|inflation", low):
            raise InputError(row.at("shaping"), repr(text[:60]), "an extruder with a hollow die", OTHER_WAY)
        die = {
            "kind": "hollow",
            "inside_diameter": row.quantity("die_inside_diameter"),
            "outside_diameter": row.quantity("die_outside_diameter"),
        }
        gas = row.quantity("bore_air")
        out: dict[str, Any] = {"method": method, "die": die | ({"bore_gas_flow": gas} if gas else {})}
    else:
        out = {"method": method, "thickness": row.quantity("gel_thickness")}
    # A plate dissolves the sheet again: the press before it is forgotten (para. 61, 99).
    if own is not None and own != dissolution and method != "hot_plate":
        out["temperature"] = own
    return out


def _cooling(row: Row) -> dict[str, Any]:
    text = row.word("cooling_medium")
    said = _AT.search(text)
    bare = _AT.sub("", text).strip()
    bare = re.sub(r"\s+bath$", "", bare, flags=re.I).strip()
    temperature = row.quantity("cooling_temperature")
    if temperature is None and said is not None:
        temperature = f"{said[1]} {'degC' if said[2] == 'C' else 'K'}"
    low = bare.lower()
    dry = {"press": "press", "plate": "press", "air": "air", "roll": "rolls"}
    method = next(
        (m for word, m in dry.items() if re.fullmatch(rf"(?:cold |still |cooled )?{word}e?s?", low)), "liquid"
    )
    if method != "liquid" and temperature is None:
        raise InputError(
            row.at("cooling_temperature"), "nothing", f"the temperature of the {method}", "fill the cell"
        )
    if method == "rolls":
        return {"method": method, "temperatures": [temperature]}
    out: dict[str, Any] = {"method": method}
    if method == "liquid":
        out["media"] = [{"liquid": _liquid(row, "cooling_medium", bare)}]
    return out | ({"temperature": temperature} if temperature else {})


# --- stretching -------------------------------------------------------------------------------------------

_REFERENCE = re.compile(r"\b(?:the|as|like)\s+(\S+?)(?:'s)?\s+stretching", re.I)
_DRAW = re.compile(r"draw ratio(?:\s+of)?\s*:?\s*([0-9]+(?:\.[0-9]+)?)\s*(%|x|times)?", re.I)
_ELONGATION = re.compile(
    r"(?:elongation|elongated|stretched)(?:\s+(?:of|by))?\s*:?\s*([0-9]+(?:\.[0-9]+)?)\s*%", re.I
)
_STAGES = {
    "gel": re.compile(r"before (?:the )?extraction|\bgel\b|\bwet\b", re.I),
    "membrane": re.compile(r"after (?:the )?(?:extraction|drying)|\bmembrane\b|\bdried\b", re.I),
}
_ALLOWED_STRETCH = "none; or a stage (gel, or membrane after extraction), uniaxial or biaxial, and a draw ratio, elongation or residual strain"


def _stretching(row: Row) -> dict[str, Any] | None:
    """The stretching of a row, from its words and from the columns draw_ratio, elongation, stretch_T and residual_strain."""
    s = row.specimen
    found = s.get("stretch")
    text = found.text if found is not None else ""
    residual = row.quantity("stretching_residual_strain")
    if not text or text.strip().lower() in _NONE:
        beside = [k for k in ("draw_ratio", "elongation") if s.get(k) is not None]
        if residual is not None and float(s.values["stretching_residual_strain"].value) > 0:
            beside.append("stretching_residual_strain")
        if beside:
            raise InputError(
                row.at("stretch"),
                f"no stretching, beside {fields()[beside[0]].words}",
                _ALLOWED_STRETCH,
                "say how it was stretched",
            )
        return None
    source = s
    reference = _REFERENCE.search(text)
    if reference is not None:
        source = _referred(row, reference[1])
        text = source.values["stretch"].text
        row.note(f"stretched as {source.id}, by its words")
    words = re.sub(r"\(.*?\)", "", text)
    stages = [k for k, p in _STAGES.items() if p.search(words)]
    if len(stages) != 1:
        why = (
            "before or after extraction is not said"
            if not stages
            else "before and after extraction are both said"
        )
        raise InputError(row.at("stretch"), f"{text[:80]!r}: {why}", _ALLOWED_STRETCH, "say gel or membrane")
    out: dict[str, Any] = {"stage": stages[0], "mode": _mode(row, words)}
    out |= _amount(row, source, words)
    if residual is not None:
        out["residual_strain"] = residual
    temperature = source.get("stretch_temperature")
    if temperature is not None:
        out["temperature"] = quantity_text(temperature, row.at("stretch_temperature"))
    if re.search(r"\bheld\b|not relaxed|without relax", words, re.I):
        out["relaxed"] = False
    elif (at := _AT.search(words)) is not None and "relax" in words[: at.start()].lower():
        out["relaxation_temperature"] = f"{at[1]} {'degC' if at[2] == 'C' else 'K'}"
    if not {"draw_ratio", "elongation", "residual_strain"} & set(out):
        raise InputError(
            row.at("stretch"),
            f"{text[:80]!r}: how far is not said",
            _ALLOWED_STRETCH,
            "add it, or fill draw_ratio",
        )
    return out


def _mode(row: Row, words: str) -> str:
    low = words.lower()
    if "biaxial" not in low:
        return "uniaxial"
    if "simultan" in low:
        return "biaxial_simultaneous"
    if "sequen" in low:
        return "biaxial_sequential"
    raise InputError(row.at("stretch"), "biaxial", "biaxial simultaneous or biaxial sequential", "say which")


def _amount(row: Row, source: ReportedSpecimen, words: str) -> dict[str, Any]:
    """Draw ratio or elongation, from the columns or the words; where both say it, they must agree."""
    ratio, strain = source.get("draw_ratio"), source.get("elongation")
    out: dict[str, Any] = {}
    if ratio is not None:
        if ratio.relation == "<=":
            raise InputError(
                row.at("draw_ratio"),
                f"the bound {ratio.text!r}",
                "one number",
                "write the value that was set",
            )
        out["draw_ratio"] = float(ratio.value)
    if strain is not None:
        out["elongation"] = quantity_text(strain, row.at("elongation"))
    drawn, long = _DRAW.search(words), _ELONGATION.search(words)
    if drawn is not None:
        number = float(drawn[1]) / (100.0 if drawn[2] == "%" else 1.0)
        if number < 1.0:
            raise InputError(
                row.at("stretch"),
                f"{drawn[0]!r}",
                "a draw ratio of 1 or more",
                "an increment is an elongation",
            )
        if drawn[2] == "%":
            row.note(f"draw ratio of {drawn[1]} % read as {number:g} times the length")
        if out.get("draw_ratio", number) != number:
            raise InputError(
                row.at("draw_ratio"),
                f"{out['draw_ratio']:g}, but {drawn[0]!r} in stretch",
                "one draw ratio",
                "correct one",
            )
        out["draw_ratio"] = number
    if long is not None:
        number = float(long[1]) / 100.0
        if strain is not None and abs(float(strain.value) - number) > 1e-9:
            raise InputError(
                row.at("elongation"),
                f"{strain.text}, but {long[0]!r} in stretch",
                "one elongation",
                "correct one",
            )
        out.setdefault("elongation", f"{long[1]} %")
    return out


def _referred(row: Row, name: str) -> ReportedSpecimen:
    """The row that a stretching refers to: of that name, or with a letter behind it (Ex1 for Ex1b)."""
    found = [
        s
        for key, s in row.book.items()
        if re.fullmatch(re.escape(name) + "[a-z]?", key)
        and s.stretched
        and not _REFERENCE.search(s.values["stretch"].text)
    ]
    if len(found) != 1:
        raise InputError(
            row.at("stretch"),
            f"stretched as {name!r}, which {len(found) or 'no'} rows of this table say how",
            "the name of one stretched row, or the stretching in words",
            "write it out",
        )
    return found[0]


# --- recipes named in the table ----------------------------------------------------------------------------


def named(cell: str, folder: Path, where: str) -> Recipe:
    """The recipe that a cell names: ``patent:Ex7``, or a TOML file, relative to the table.

    Raises:
        InputError: no such specimen or file, or a recipe that cannot be used; names the row.
    """
    try:
        if patent_recipes.is_specimen(cell):
            recipe = patent_recipes.load(cell)[0]
        else:
            recipe = recipe_text.load(folder / cell)
    except PercolaError as error:
        raise InputError(
            f"{where}, column recipe: {error.where}", error.found, error.allowed, error.remedy
        ) from None
    fault = next((f for f in check(recipe) if f.grade == "error"), None)
    if fault is not None:
        raise InputError(
            f"{where}, column recipe: {cell}, {fault.field}", fault.found, fault.allowed, fault.remedy
        )
    return recipe


def against_theory(recipe: Recipe) -> tuple[str, ...]:
    """What the thermodynamics of the tables calls impossible in a recipe that is sound in form.

    No reason to refuse: a specimen that was made and measured tells against the tables, and calibration is to learn from it.
    """
    try:
        found = check(recipe, context_of(recipe))
    except PercolaError:
        return ()  # features of the recipe say why
    return tuple(f"{f.field}: {f.found}, by the tables {f.allowed}" for f in found if f.grade == "error")


def with_residual(recipe: Recipe, strain: Reported, where: str) -> Recipe:
    """The recipe with the residual strain that was measured on its stretched product.

    Raises:
        InputError: a recipe without stretching, with several, or with another residual strain; a bound.
    """
    text = quantity_text(strain, where)
    if not recipe.stretching:
        if float(strain.value) == 0.0:
            return recipe
        raise InputError(
            where, f"a residual strain of {text}, and no stretching in the recipe", "a stretching", "add it"
        )
    if len(recipe.stretching) > 1:
        raise InputError(
            where,
            f"one residual strain for {len(recipe.stretching)} stretchings",
            "one stretching",
            "write it in the recipe",
        )
    own = recipe.stretching[0].residual_strain
    if own is not None and abs(own.value - float(strain.value)) > 1e-9:
        raise InputError(where, f"{text}, but {own.text} in the recipe", "one residual strain", "correct one")
    data = recipe_text.to_dict(recipe)
    data["stretching"][0]["residual_strain"] = text
    return recipe_text.from_dict(data, where)


def cells(recipe: Recipe) -> dict[str, Reported]:
    """The columns of a table that a recipe fills, so that the audit can look at it; units that no column has are left out."""
    out: dict[str, Reported] = {}

    def put(key: str, q: Any) -> None:
        if q is None:
            return
        if isinstance(q, str | float):
            out[key] = reported(key, str(q))
            return
        number, _, unit = q.text.partition(" ")
        header = _HEADER_UNIT.get(unit.strip(), unit.strip())
        if header in UNITS[fields()[key].kind] and re.fullmatch(r"-?[0-9.]+(?:[eE][+-]?[0-9]+)?", number):
            out[key] = reported(key, number, header)

    polymer = recipe.polymers[0]
    put("polymer", polymer.polymer)
    put("molecular_weight", polymer.weight_average_molecular_weight)
    if (
        len(recipe.polymers) == 1
        and not recipe.additives
        and len(recipe.solvents) <= 3
        and len(recipe.resins) <= 1
    ):
        put("polymer_parts", polymer.amount)
        for i, solvent in enumerate(recipe.solvents, start=1):
            put(f"solvent{i}", solvent.liquid)
            put(f"solvent{i}_parts", solvent.amount)
        for resin in recipe.resins:
            put("resin", resin.resin)
            put("resin_parts", resin.amount)
    shaping = recipe.shaping
    put("dissolution_temperature", recipe.dissolution.temperature)
    if isinstance(shaping, Extruder):
        put("shaping", f"extruder, {shaping.die.kind} die")
        if isinstance(shaping.die, HollowDie):
            put("die_inside_diameter", shaping.die.inside_diameter)
            put("die_outside_diameter", shaping.die.outside_diameter)
            put("bore_air", shaping.die.bore_gas_flow)
    else:
        put("shaping", shaping.method.replace("_", " "))
        put("gel_thickness", shaping.thickness)
    cooling = recipe.cooling
    if isinstance(cooling, BathCooling):
        put("cooling_medium", " + ".join(m.liquid for m in cooling.media) + " bath")
    else:
        put("cooling_medium", cooling.method)
    put("cooling_temperature", getattr(cooling, "temperature", None))
    if recipe.extraction is not None:
        put("extraction_liquid", " + ".join(m.liquid for m in recipe.extraction.liquids))
    for stretching in recipe.stretching[:1]:
        put("stretch", f"{stretching.mode}, {stretching.stage}")
        put("stretch_temperature", stretching.temperature)
        put("draw_ratio", stretching.draw_ratio)
        put("elongation", stretching.elongation)
        put("stretching_residual_strain", stretching.residual_strain)
    return out
