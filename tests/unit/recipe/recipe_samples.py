"""A recipe without any finding, and a context with a handful of liquids, so that rules are tested without
the tables."""

from __future__ import annotations

import copy
import difflib
from typing import Any

from percola.errors import TableError
from percola.recipe.model import Recipe
from percola.recipe.readings import Context, LiquidFacts
from percola.recipe.text import from_dict

# Round figures near the handbook's (CRC Handbook of Chemistry and Physics): the rules only compare with them.
LIQUIDS = {
    "DEP": LiquidFacts("DEP", "diethyl phthalate", 0.2222, 570.0, 269.0),
    "DMP": LiquidFacts("DMP", "dimethyl phthalate", 0.1942, 557.0, 278.0),
    "DOP": LiquidFacts("DOP", "diethylhexyl phthalate", 0.3906, 657.0, 223.0),
    "DTDP": LiquidFacts("DTDP", "tridecyl phthalate", 0.5308, 680.0, 236.0),
    "DOA": LiquidFacts("DOA", "diethylhexyl adipate", 0.3706, 690.0, 205.0),
    "CL": LiquidFacts("CL", "epsilon-caprolactone", 0.1141, 514.0, 272.0),
    "GBL": LiquidFacts("GBL", "gamma-butyrolactone", 0.0861, 477.0, 230.0),
    "ACE": LiquidFacts("ACE", "acetone", 0.0581, 329.0, 178.0),
    "WATER": LiquidFacts("WATER", "water", 0.0180, 373.15, 273.15),
    "DECALIN": LiquidFacts("DECALIN", "decalin", 0.1383, 462.0, 237.0),
    "DCM": LiquidFacts("DCM", "methylene chloride", 0.0849, 313.0, 178.0),
    "C6": LiquidFacts("C6", "hexane", 0.0862, 342.0, 178.0),
    "IPA": LiquidFacts("IPA", "2-propanol", 0.0601, 355.4, 185.0),
}
POLYMERS = ("PVDF", "P(VDF-HFP)")
RESINS = ("PMMA", "PVAc", "polystyrene")


def look_up(name: str, known: Any, kind: str) -> str:
    for key in known:
        if key.lower() == name.lower():
            return str(key)
    near = difflib.get_close_matches(name.upper(), list(known), n=2, cutoff=0.3)
    raise TableError(f"tables.{kind}", name, "a known name", f"did you mean {', '.join(near)}?")


def context(**known: Any) -> Context:
    return Context(
        liquid=lambda name: LIQUIDS[look_up(name, LIQUIDS, "liquid")],
        polymer=lambda name: look_up(name, POLYMERS, "polymer"),
        resin=lambda name: look_up(name, RESINS, "resin"),
        **known,
    )


SOUND: dict[str, Any] = {
    "schema_version": 1,
    "name": "sound",
    "polymers": [
        {"polymer": "PVDF", "weight_average_molecular_weight": "3.62e5 g/mol", "amount": "25 parts"}
    ],
    "solvents": [{"liquid": "DEP", "amount": "75 parts"}],
    "dissolution": {"temperature": "145 degC"},
    "shaping": {
        "method": "extruder",
        "die": {"kind": "hollow", "inside_diameter": "0.9 mm", "outside_diameter": "1.7 mm"},
    },
    "cooling": {"method": "liquid", "media": [{"liquid": "DOP"}], "temperature": "20 degC"},
    "extraction": {"liquids": [{"liquid": "DCM"}], "time": "1 h"},
    "drying": {"method": "room"},
}


def edited(changes: dict[str, Any]) -> dict[str, Any]:
    """The sound recipe with values put at dotted paths; None removes."""
    data = copy.deepcopy(SOUND)
    for path, value in changes.items():
        here: Any = data
        parts = path.split(".")
        for part in parts[:-1]:
            here = here[int(part)] if part.isdigit() else here.setdefault(part, {})
        last: Any = int(parts[-1]) if parts[-1].isdigit() else parts[-1]
        if value is None:
            del here[last]
        else:
            here[last] = value
    return data


def recipe_with(changes: dict[str, Any]) -> Recipe:
    return from_dict(edited(changes))
