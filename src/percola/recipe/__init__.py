"""Recipes: what a person writes, checked against the patent, and its specimens.

The public names load on first use, so that importing the room costs nothing.
"""

from __future__ import annotations

import importlib
from typing import Any

_WHERE = {
    "Recipe": "model",
    "SCHEMA_VERSION": "model",
    "RecipeError": "text",
    "load": "text",
    "loads": "text",
    "dumps": "text",
    "updated": "text",
    "canonical": "text",
    "canonical_data": "text",
    "json_schema": "text",
    "from_dict": "text",
    "to_dict": "text",
    "Composition": "weights",
    "composition": "weights",
    "Finding": "findings",
    "GRADES": "findings",
    "Context": "readings",
    "check": "checking",
    "require_sound": "checking",
    "context_of": "physics",
    "Assumption": "assumed",
    "assumptions": "assumed",
    "Reported": "specimens",
    "Specimen": "specimens",
    "resolve": "specimens",
    "solution_from": "physics",
    "system_from": "physics",
    "wall_from": "physics",
    "Wall": "physics",
}
__all__ = sorted(_WHERE)


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        module = importlib.import_module(f"percola.recipe.{_WHERE[name]}")
        value = getattr(module, name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'percola.recipe' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
