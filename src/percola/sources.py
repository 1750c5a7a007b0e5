"""Where numbers and methods come from: a small reader of the BibTeX subset in ``references.bib``.

Every ``source`` column of the tables and every ``citations`` field of a measurement holds keys of that file,
several joined by ``;``. Entries are appended by whoever needs them; :func:`reference` turns a key into words
for reports.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from types import MappingProxyType

from percola.errors import TableError

FILE = "references.bib"


@dataclass(frozen=True)
class Reference:
    """One entry of ``references.bib``.

    Attributes:
        key: the citation key.
        kind: BibTeX type in lower case, e.g. ``"article"``.
        fields: the fields as written, names in lower case, braces removed.
    """

    key: str
    kind: str
    fields: Mapping[str, str]

    @property
    def text(self) -> str:
        """The reference in one line: authors (year): title. Where. doi."""
        f = self.fields
        authors = " and ".join(_surname_last(a) for a in re.split(r"\s+and\s+", f.get("author", "")) if a)
        head = f"{authors} ({f['year']})" if authors and "year" in f else authors or f.get("year", "")
        where = f.get("journal") or f.get("booktitle") or f.get("publisher") or f.get("howpublished", "")
        if "volume" in f:
            where += f" {f['volume']}"
        if "pages" in f:
            where += f", {f['pages'].replace('--', '-')}"
        if "number" in f and "volume" not in f:
            where = f"{where} {f['number']}".strip()
        parts = [head, f.get("title", ""), where, f"doi:{f['doi']}" if "doi" in f else f.get("url", "")]
        note = f" [{f['note']}]" if "note" in f else ""
        return ". ".join(p for p in parts if p) + "." + note


def _surname_last(author: str) -> str:
    if "," in author:
        last, first = author.split(",", 1)
        return f"{first.strip()} {last.strip()}"
    return author.strip()


def parse(text: str, where: str = FILE) -> dict[str, Reference]:
    """Read a BibTeX text, ``@kind{key, name = {value}, ...}``; ``%`` lines and text between are ignored.

    Limitations: values stand in braces or quotes; no ``@string`` macros, no ``#`` concatenation (by choice).
    """
    entries: dict[str, Reference] = {}
    text = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("%"))
    for match in re.finditer(r"@(\w+)\s*\{\s*([^\s,{}]+)\s*,", text):
        kind, key = match.group(1).lower(), match.group(2)
        line = text.count("\n", 0, match.start()) + 1
        if key in entries:
            raise TableError(
                f"{where}, line {line}", f"key {key!r} is there twice", "unique keys", "rename one"
            )
        entries[key] = Reference(key, kind, MappingProxyType(_fields(text, match.end(), f"{where}, {key!r}")))
    return entries


def _fields(text: str, at: int, where: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    pattern = re.compile(r"\s*,?\s*(?:(\})|(\w+)\s*=\s*([{\"]))")
    while True:
        match = pattern.match(text, at)
        if match is None:
            raise TableError(where, f"cannot read {text[at : at + 30]!r}", "name = {value}", "mend the entry")
        if match.group(1):
            return fields
        name, opener = match.group(2).lower(), match.group(3)
        start = at = match.end()
        depth = 1
        while depth:
            if at >= len(text):
                raise TableError(where, f"field {name!r} has no end", "balanced braces", "mend the entry")
            c = text[at]
            if opener == '"':
                depth -= c == '"'
            else:
                depth += (c == "{") - (c == "}")
            at += 1
        value = re.sub(r"\s+", " ", text[start : at - 1].replace("{", "").replace("}", "")).strip()
        fields[name] = value


@lru_cache(maxsize=1)
def references() -> Mapping[str, Reference]:
    """All entries by key."""
    return MappingProxyType(parse(resources.files("percola").joinpath(FILE).read_text(encoding="utf-8")))


def split(keys: str) -> tuple[str, ...]:
    """The single keys of a ``source`` column, e.g. ``"perry2008;crc2016"``."""
    return tuple(k.strip() for k in keys.split(";") if k.strip())


def reference(key: str) -> Reference:
    """The entry with this key; an unknown key raises TableError with the nearest ones."""
    found = references().get(key)
    if found is None:
        near = difflib.get_close_matches(key, references(), n=3, cutoff=0.4)
        raise TableError(
            "references.bib", f"no entry {key!r}", ", ".join(near), "add the entry or mend the key"
        )
    return found


def cite(keys: str | Iterable[str]) -> list[str]:
    """The references in words, each once, in order; ``keys`` is a source column or a list of keys."""
    flat = split(keys) if isinstance(keys, str) else [k for item in keys for k in split(item)]
    return [reference(k).text for k in dict.fromkeys(flat)]
