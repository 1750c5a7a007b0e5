"""The reference part of ``docs/recipe.md``, written from the models and the rules themselves.

``python -m percola.recipe.reference docs/recipe.md`` brings the page up to date; a test holds it there.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from percola.recipe.checking import rules
from percola.recipe.findings import GRADE_WORDS
from percola.recipe.text import json_schema

BEGIN = "<!-- written by percola.recipe.reference: begin -->"
END = "<!-- end -->"

# Title and where the section stands in a recipe, in the order of the process.
SECTIONS: tuple[tuple[str, str], ...] = (
    ("Recipe", "at the top"),
    ("Polymer", "`[[polymers]]`"),
    ("Comonomer", "`[[polymers.comonomers]]`"),
    ("Solvent", "`[[solvents]]`"),
    ("Resin", "`[[resins]]`"),
    ("Additive", "`[[additives]]`"),
    ("PreparationStep", "`[[preparation]]`"),
    ("Dissolution", "`[dissolution]`"),
    ("HotPress", '`[shaping]` with `method = "hot_press"`'),
    ("HotPlate", '`[shaping]` with `method = "hot_plate"`'),
    ("Extruder", '`[shaping]` with `method = "extruder"`'),
    ("HollowDie", '`[shaping.die]` with `kind = "hollow"`'),
    ("TDie", '`[shaping.die]` with `kind = "T"`'),
    ("InflationDie", '`[shaping.die]` with `kind = "inflation"`'),
    ("AirGap", "`[air_gap]`"),
    ("AirCooling", '`[cooling]` with `method = "air"`'),
    ("RollCooling", '`[cooling]` with `method = "rolls"`'),
    ("PressCooling", '`[cooling]` with `method = "press"`'),
    ("BathCooling", '`[cooling]` with `method = "liquid"`'),
    ("LiquidPart", "entries of `media` and `liquids`"),
    ("Extraction", "`[extraction]`"),
    ("Drying", "`[drying]`"),
    ("Stretching", "`[[stretching]]`"),
    ("HeatTreatment", "`[heat_treatment]`"),
    ("Hydrophilization", "`[hydrophilization]`"),
    ("Crosslinking", "`[[crosslinking]]`"),
    ("Electrolyte", "`[electrolyte]`"),
    ("Note", "`[[notes]]`"),
)


def fields_markdown() -> str:
    """Every field of every section as tables: name, what may be written, default, meaning with paragraph."""
    schema = json_schema()
    out: list[str] = []
    for title, place in SECTIONS:
        definition = schema if title == "Recipe" else schema["$defs"][title]
        heading = "Top level" if title == "Recipe" else place
        out += [f"### {heading}", "", definition["description"].split("\n")[0], ""]
        out += ["| field | write | default | meaning |", "|---|---|---|---|"]
        needed = definition.get("required", [])
        for name, info in definition["properties"].items():
            default = "needed" if name in needed else _default(info.get("default"))
            out.append(f"| `{name}` | {_write(info, schema)} | {default} | {info['description']} |")
        out.append("")
    return "\n".join(out)


def _default(value: Any) -> str:
    if value is None or value in ("", []):
        return "none"
    return f"`{str(value).lower()}`" if isinstance(value, bool) else f"`{value}`"


def _write(info: dict[str, Any], schema: dict[str, Any]) -> str:
    """What may be written, from the JSON Schema of a field."""
    if "x-quantity" in info:
        return f'`"{info["examples"][0]}"`'
    if "const" in info:
        return f'`"{info["const"]}"`' if isinstance(info["const"], str) else f"`{info['const']}`"
    if "enum" in info:
        return ", ".join(f'`"{v}"`' for v in info["enum"])
    if "anyOf" in info:
        return _write(next(o for o in info["anyOf"] if o.get("type") != "null"), schema)
    if "$ref" in info or "oneOf" in info:
        return "a section"
    if info.get("type") == "array":
        inner = info["items"]
        return "sections" if "$ref" in inner else f"list of {_write(inner, schema)}"
    return {"string": "text", "number": "a number", "integer": "a number", "boolean": "`true` or `false`"}[
        info["type"]
    ]


def rules_markdown() -> str:
    """Every rule as a table for each grade."""
    out: list[str] = []
    for grade, words in GRADE_WORDS.items():
        out += [f"### {words[0].upper()}{words[1:]}", "", "| rule | allowed | paragraph |", "|---|---|---|"]
        for rule in rules():
            if rule.grade == grade:
                out.append(f"| `{rule.key}` | {rule.allowed} | {rule.paragraph} |")
        out.append("")
    return "\n".join(out)


def reference_markdown() -> str:
    """The whole reference part between its marks."""
    return "\n".join(
        [BEGIN, "", "## Every field", "", fields_markdown(), "## Every rule", "", rules_markdown(), END]
    )


def brought_up_to_date(page: str) -> str:
    """The page with its reference part written anew."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + reference_markdown() + after


def main(path: str) -> None:
    """Write the reference part of a page anew."""
    page = Path(path)
    page.write_text(brought_up_to_date(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
