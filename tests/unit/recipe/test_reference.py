"""The reference page is written from the models and rules, and is up to date."""

from __future__ import annotations

from pathlib import Path

from percola.recipe.reference import SECTIONS, brought_up_to_date
from percola.recipe.text import json_schema

PAGE = Path(__file__).resolve().parents[3] / "docs" / "recipe.md"


def test_the_page_is_up_to_date() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == brought_up_to_date(page), "python -m percola.recipe.reference docs/recipe.md"


def test_every_section_is_on_the_page() -> None:
    assert {title for title, _ in SECTIONS} == {"Recipe", *json_schema()["$defs"]}
