"""TOML text to `Recipe` and back, losslessly; every refusal names the file, the line and the field."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from percola.errors import InputError
from percola.recipe.fields import nearest
from percola.recipe.findings import Finding
from percola.recipe.model import SCHEMA_VERSION, Recipe
from percola.units import Quantity

LARGEST_FILE_BYTES = 1_000_000  # a recipe is a few kilobytes; more is another file given by mistake
DEEPEST_NESTING = 40

# Paragraphs of each top-level key, quoted by findings that concern the form of a value.
PARAGRAPHS = {
    key: str((info.json_schema_extra or {}).get("x-paragraph", ""))
    if isinstance(info.json_schema_extra, dict)
    else ""
    for key, info in Recipe.model_fields.items()
}


class RecipeError(InputError):
    """A recipe that cannot be used: the first fault, with all of them as ``findings``."""

    def __init__(
        self, where: str, found: str, allowed: str, remedy: str, findings: tuple[Finding, ...] = ()
    ) -> None:
        super().__init__(where, found, allowed, remedy)
        self.findings = findings


def loads(text: str, source: str = "recipe") -> Recipe:
    """The recipe that a TOML text means.

    Args:
        text: TOML.
        source: name of the file, for messages.

    Raises:
        RecipeError: wrong TOML, unknown or missing keys, wrong values; names source, line and field.
    """
    data = parse_toml(text, source)
    return from_dict(data, source, text)


def parse_toml(text: str, source: str = "recipe") -> dict[str, Any]:
    """Plain data from a TOML text; wrong TOML is refused with its line."""
    if len(text) > LARGEST_FILE_BYTES:
        raise RecipeError(
            source,
            f"{len(text)} characters",
            f"at most {LARGEST_FILE_BYTES}",
            "give the recipe, not another file",
        )
    if not text.strip():
        raise RecipeError(
            source, "an empty file", "a recipe in TOML", "copy a specimen: percola specimens copy Ex7"
        )
    try:
        data = tomllib.loads(text)
    except RecursionError:
        raise RecipeError(
            source, "brackets nested too deeply", "a recipe in TOML", "remove the nesting"
        ) from None
    except (ValueError, OverflowError) as error:  # TOMLDecodeError is a ValueError; so are impossible dates
        raise _toml_error(error, text, source) from None
    return data


def _toml_error(error: Exception, text: str, source: str) -> RecipeError:
    message = str(error)
    where = source
    match = re.search(r"\s*\(at line (\d+), column (\d+)\)|\s*\(at end of document\)", message)
    excerpt = ""
    if match:
        lines = text.splitlines()
        line = int(match[1]) if match[1] else max(len(lines), 1)
        where = f"{source}, line {line}"
        message = message[: match.start()]
        if line <= len(lines):
            excerpt = f" in {lines[line - 1].strip()[:80]!r}"
    remedy = 'put text and quantities in quotes: temperature = "145 degC"'
    return RecipeError(where, f"not TOML: {message[:200]}{excerpt}", "TOML 1.0", remedy)


def from_dict(data: Mapping[str, Any], source: str = "recipe", text: str = "") -> Recipe:
    """The recipe in plain data, e.g. of a parsed TOML or JSON file."""
    if _depth(data) > DEEPEST_NESTING:
        raise RecipeError(source, "values nested too deeply", "a recipe", "remove the nesting")
    version = data.get("schema_version")
    if isinstance(version, int) and not isinstance(version, bool) and version > SCHEMA_VERSION:
        raise RecipeError(
            _place(source, text, ("schema_version",), "schema_version"),
            f"{version}" if version < 10**9 else "a very large number",
            f"{SCHEMA_VERSION}",
            "this recipe is for a newer Percola: update it",
        )
    try:
        return Recipe.model_validate(data)
    except ValidationError as error:
        raw: list[dict[str, Any]] = [{**e} for e in error.errors(include_url=False)]
        # A list whose entry failed is also reported as too short; the entry's own fault is the one to mend.
        faults = [
            e
            for e in raw
            if e["type"] != "too_short"
            or not any(o is not e and o["loc"][: len(e["loc"])] == e["loc"] for o in raw)
        ]
        problems = [_finding(e, data) for e in faults]
    except (OverflowError, RecursionError):
        raise RecipeError(source, "a number too large", "numbers of ordinary size", "correct it") from None
    findings = tuple(f for f, _ in problems)
    first, path = problems[0]
    more = (
        f" (and {len(findings) - 1} more: {', '.join(f.field for f in findings[1:6])})"
        if len(findings) > 1
        else ""
    )
    where = _place(source, text, path, first.field)
    raise RecipeError(where, first.found + more, first.allowed, first.remedy, findings)


def _depth(value: Any, limit: int = DEEPEST_NESTING + 1) -> int:
    if limit == 0:
        return 1
    if isinstance(value, Mapping):
        return 1 + max((_depth(v, limit - 1) for v in value.values()), default=0)
    if isinstance(value, list):
        return 1 + max((_depth(v, limit - 1) for v in value), default=0)
    return 0


def _finding(error: dict[str, Any], data: Mapping[str, Any]) -> tuple[Finding, tuple[str | int, ...]]:
    """A pydantic error as a finding, and the path of its place in the data."""
    kind = error["type"]
    context = error.get("ctx", {})
    path: list[str | int] = []
    here: Any = data
    for part in error["loc"]:
        # The tag of a union (method, kind) stands in the location but not in the data.
        if isinstance(here, Mapping) and (part in here or kind == "missing"):
            if part not in here and here is not data and part != error["loc"][-1]:
                continue
            path.append(part)
            here = here.get(part)
        elif isinstance(here, list) and isinstance(part, int) and part < len(here):
            path.append(part)
            here = here[part]
    if kind == "percola":
        if context.get("key"):
            path.append(context["key"])
        found, allowed, remedy = context["found"], context["allowed"], context["remedy"]
    elif kind == "missing":
        found, allowed, remedy = "nothing", "this field is needed", "add it; see docs/recipe.md"
    elif kind == "literal_error":
        options = re.findall(r"'([^']+)'|(\d+)", str(context.get("expected", "")))
        words = [a or b for a, b in options]
        found, allowed = _shown(error["input"]), ", ".join(words)
        near = nearest(str(error["input"])[:80], words, 1)
        remedy = f"did you mean '{near[0]}'?" if near else "write one of these"
    elif kind in ("union_tag_invalid", "union_tag_not_found"):
        key = str(context.get("discriminator", "method")).strip("'")
        words = [t.strip(" '") for t in str(context.get("expected_tags", "")).split(",") if t.strip(" '")]
        if not words:
            words = _tags(path)
        if isinstance(here, Mapping):
            path.append(key)
            given = here.get(key)
            found = _shown(given) if key in here else "nothing"
        else:
            given, found = "", _shown(here)
        near = nearest(str(given)[:80], words, 1)
        allowed = ", ".join(words)
        remedy = f"did you mean '{near[0]}'?" if near else "write one of these"
    else:
        found, allowed, remedy = _shown(error["input"]), _words(kind, context, error["msg"]), "correct it"
    top = str(path[0]) if path else ""
    where = _dotted(path) or "recipe"
    return Finding("error", where, PARAGRAPHS.get(top, ""), found, allowed, remedy, rule="form"), tuple(path)


def _tags(path: list[str | int]) -> list[str]:
    return {
        "shaping": ["hot_press", "hot_plate", "extruder"],
        "cooling": ["air", "rolls", "press", "liquid"],
    }.get(str(path[0]) if len(path) == 1 else "", ["hollow", "T", "inflation"])


def _words(kind: str, context: Mapping[str, Any], message: str) -> str:
    plain = {
        "string_type": "text in quotes",
        "string_too_short": "some text",
        "string_too_long": f"at most {context.get('max_length')} characters",
        "bool_type": "true or false",
        "float_type": "a number",
        "finite_number": "a finite number",
        "greater_than": f"a number above {context.get('gt')}",
        "less_than_equal": f"a number up to {context.get('le')}",
        "tuple_type": "a list in square brackets, or [[double-bracket]] sections",
        "too_short": f"at least {context.get('min_length')} entry",
        "too_long": f"at most {context.get('max_length')} entries",
        "model_type": "a section with keys and values",
        "model_attributes_type": "a section with keys and values",
    }
    return plain.get(kind, message)


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return "a section"
    if isinstance(value, (list, tuple)):
        return f"a list of {len(value)}"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**15:
        return "a very large number"
    text = repr(value) if not isinstance(value, bool) else str(value).lower()
    return text if len(text) <= 60 else text[:57] + "..."


def _dotted(path: list[str | int] | tuple[str | int, ...]) -> str:
    out = ""
    for part in path:
        out += f"[{part}]" if isinstance(part, int) else (f".{part}" if out else str(part))
    return out


def _place(source: str, text: str, path: tuple[str | int, ...], field: str) -> str:
    line = line_of(text, path)
    return f"{source}, line {line}, {field}" if line else f"{source}, {field}"


_HEADER = re.compile(r"^\s*(\[{1,2})\s*([^\[\]]+?)\s*\]{1,2}\s*(?:#.*)?$")
_KEY = re.compile(
    r"^\s*((?:[A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*'))*)\s*="
)


def line_of(text: str, path: tuple[str | int, ...]) -> int | None:
    """The line (from 1) on which the field stands, or the nearest section above it; None where it is not
    found.

    Limitation: keys inside inline tables are reported on the line of the table's own key.
    """
    if not text or not path:
        return None
    places: dict[tuple[str | int, ...], int] = {}
    counts: dict[tuple[str | int, ...], int] = {}
    prefix: tuple[str | int, ...] = ()
    quote = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if quote:
            if quote in line:
                quote = ""
            continue
        header = _HEADER.match(line)
        if header:
            keys = _keys(header[2])
            resolved: tuple[str | int, ...] = ()
            for i, key in enumerate(keys):
                resolved = (*resolved, key)
                if header[1] == "[[" and i == len(keys) - 1:
                    counts[resolved] = counts.get(resolved, -1) + 1
                if resolved in counts:
                    resolved = (*resolved, counts[resolved])
            prefix = resolved
            for n in range(1, len(prefix) + 1):
                places.setdefault(prefix[:n], number)
            continue
        key_line = _KEY.match(line)
        if key_line:
            full = (*prefix, *_keys(key_line[1]))
            for n in range(1, len(full) + 1):
                places.setdefault(full[:n], number)
        for mark in ('"""', "'''"):
            if line.count(mark) % 2:
                quote = mark
    for n in range(len(path), 0, -1):
        if path[:n] in places:
            return places[path[:n]]
    return None


def _keys(dotted: str) -> tuple[str, ...]:
    return tuple(k.strip().strip("\"'") for k in re.findall(r'"[^"]*"|\'[^\']*\'|[^.]+', dotted))


def load(path: str | Path) -> Recipe:
    """The recipe in a TOML file.

    Raises:
        RecipeError: no such file, a directory, an unreadable or huge file, another encoding than UTF-8
            (UTF-16 and a byte-order mark are understood), wrong TOML or wrong values.
    """
    return loads(read_text(path), str(path))


def read_text(path: str | Path) -> str:
    """The text of a recipe file; see :func:`load`."""
    where = str(path)
    try:
        file = Path(path)
        if file.is_dir():
            raise RecipeError(where, "a directory", "a recipe file (.toml)", "name the file in it")
        size = file.stat().st_size
        if size > LARGEST_FILE_BYTES:
            raise RecipeError(
                where,
                f"a file of {size} bytes",
                f"at most {LARGEST_FILE_BYTES} bytes",
                "give the recipe, not other data",
            )
        with file.open("rb") as stream:  # a pipe or device has size 0, so the read is bounded as well
            raw = stream.read(LARGEST_FILE_BYTES + 1)
    except FileNotFoundError:
        near = _neighbours(where)
        remedy = f"did you mean {near}?" if near else "check the path; specimens are written patent:Ex7"
        raise RecipeError(where, "no such file", "a recipe file (.toml) or patent:ID", remedy) from None
    except (OSError, ValueError) as error:  # ValueError: a null byte in the path
        reason = getattr(error, "strerror", None) or str(error)
        raise RecipeError(
            where, f"cannot be read: {reason}", "a readable file", "check the path and rights"
        ) from None
    return decode(raw, where)


def decode(raw: bytes, where: str = "recipe") -> str:
    """UTF-8 (with or without byte-order mark) or marked UTF-16; anything else is refused with its line."""
    if len(raw) > LARGEST_FILE_BYTES:
        raise RecipeError(where, "too much data", f"at most {LARGEST_FILE_BYTES} bytes", "give the recipe")
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding == "utf-16":
            raise RecipeError(where, "broken UTF-16", "UTF-8", "save the file as UTF-8") from None
        line = raw.count(b"\n", 0, error.start) + 1
        guess = (
            " (it looks like Latin-1 or Windows-1252)"
            if b"\x00" not in raw
            else " (it looks like binary data)"
        )
        found = f"byte 0x{raw[error.start]:02x} is not UTF-8{guess}"
        raise RecipeError(f"{where}, line {line}", found, "UTF-8", "save the file as UTF-8") from None
    if "\x00" in text:
        raise RecipeError(
            where, "binary data", "a recipe in TOML, UTF-8", "give the recipe file, saved as UTF-8"
        )
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _neighbours(where: str) -> str:
    try:
        folder = Path(where).parent
        names = [p.name for p, _ in zip(folder.glob("*.toml"), range(500), strict=False)]
    except (OSError, ValueError):
        return ""
    near = nearest(Path(where).name, names, 1)
    return str(folder / near[0]) if near else ""


def to_dict(recipe: Recipe) -> dict[str, Any]:
    """Plain data holding exactly what was written: text of quantities, no defaults filled in."""
    return recipe.model_dump(mode="json", exclude_unset=True)


def dumps(recipe: Recipe, header: str = "") -> str:
    """The recipe as TOML; ``loads(dumps(r)) == r`` and quantities keep their text.

    Args:
        recipe: the recipe.
        header: comment lines to put at the top, without their ``#``.
    """
    import tomlkit

    document = tomlkit.document()
    for line in header.splitlines():
        document.add(tomlkit.comment(line) if line else tomlkit.nl())
    if header:
        document.add(tomlkit.nl())
    for key, value in to_dict(recipe).items():
        document.add(key, _item(value))
    return tomlkit.dumps(document)


def _item(value: Any, inline: bool = False) -> Any:
    import tomlkit

    if isinstance(value, dict):
        table: Any = tomlkit.inline_table() if inline else tomlkit.table()
        for key, inner in value.items():
            table.add(key, _item(inner, inline=inline or isinstance(inner, list) or len(value) == 0))
        return table
    if isinstance(value, list):
        if value and not inline and all(isinstance(v, dict) for v in value):
            tables = tomlkit.aot()
            for v in value:
                tables.append(_item(v))
            return tables
        array = tomlkit.array()
        for v in value:
            array.append(_item(v, inline=True))
        return array
    return tomlkit.item(value)


def updated(text: str, recipe: Recipe) -> str:
    """The TOML text with its values brought to those of the recipe; comments, order and layout of the rest
    are kept.

    Lists of sections whose length changed are written anew.
    """
    import tomlkit

    document = tomlkit.parse(text)
    _update(document, to_dict(recipe))
    return tomlkit.dumps(document)


def _update(table: Any, data: Mapping[str, Any]) -> None:
    for key in [k for k in table if k not in data]:
        del table[key]
    for key, value in data.items():
        if key not in table:
            table[key] = _item(value)
            continue
        here = table[key]
        plain = here.unwrap() if hasattr(here, "unwrap") else here
        if plain == value and type(plain) is type(value):
            continue
        if isinstance(here, Mapping) and isinstance(value, dict):
            _update(here, value)
        elif isinstance(here, list) and isinstance(value, list) and len(here) == len(value):
            for i, inner in enumerate(value):
                if isinstance(here[i], Mapping) and isinstance(inner, dict):
                    _update(here[i], inner)
                elif here[i] != inner:
                    here[i] = _item(inner, inline=True)
        else:
            table[key] = _item(value)


def canonical_data(recipe: Recipe) -> dict[str, Any]:
    """What the recipe means in SI, as plain data: the same for "145 degC" and "145 °C"; names and notes
    left out.

    Meant for the run's identity. Names of substances stay as written.
    """

    def plain(value: Any) -> Any:
        if isinstance(value, Quantity):
            return [value.value, "parts" if value.unit == "parts" else value.kind]
        if isinstance(value, tuple):
            return [plain(v) for v in value]
        if hasattr(type(value), "model_fields"):
            return {
                k: plain(getattr(value, k)) for k in type(value).model_fields if k not in ("note", "notes")
            }
        return value

    data: dict[str, Any] = plain(recipe)
    for key in ("name", "description"):
        data.pop(key)
    return data


def canonical(recipe: Recipe) -> str:
    """:func:`canonical_data` as sorted JSON."""
    return json.dumps(canonical_data(recipe), sort_keys=True, ensure_ascii=False, allow_nan=False)


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the recipe, with a description and paragraph for every field."""
    schema = Recipe.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"percola-recipe-{SCHEMA_VERSION}.json",
        **schema,
    }
