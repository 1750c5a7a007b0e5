"""Reported specimens: what a source prints about each, as text, number and the interval of its digits."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from percola.audit.fields import SHOWN, UNITS, Field, column, fields
from percola.audit.interval import Interval, printed
from percola.errors import InputError

MOST_ROWS = 5_000
MOST_BYTES = 20_000_000
_YES = {"1": "yes", "yes": "yes", "true": "yes", "y": "yes", "0": "no", "no": "no", "false": "no", "n": "no"}
_RELATION = re.compile(r"^\s*(<=|≤|<|about|ca\.|~)\s*", re.I)
_CLASSES = {"spherical_particle_network": "spherical_particles", "nonporous": "non_porous"}


@dataclass(frozen=True)
class Reported:
    """One reported number or word.

    Attributes:
        key: key of the field.
        text: as printed, without its unit.
        value: the number [SI], or the word.
        interval: all numbers [SI] that the printed digits allow; None for words.
        unit: unit as printed in the header, e.g. ``"mm"``.
        kind: kind of the quantity.
        relation: ``"="``, ``"<="`` (a bound) or ``"about"``.
        paragraph: where it stands.
        note: a remark, or "".
    """

    key: str
    text: str
    value: float | str
    interval: Interval | None
    unit: str
    kind: str
    relation: str = "="
    paragraph: str = ""
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        out: dict[str, Any] = {
            "text": self.text,
            "value": self.value,
            "unit": SHOWN[self.kind][0] if self.kind in SHOWN else "",
        }
        if self.interval is not None:
            out |= {"low": float(self.interval.low), "high": float(self.interval.high)}
        return out | {"relation": self.relation, "paragraph": self.paragraph, "note": self.note}


@dataclass(frozen=True)
class ReportedSpecimen:
    """One specimen as its source reports it.

    Attributes:
        id: its name.
        values: reported numbers and words by key; what was not reported is not there.
        unknown_columns: columns of the file that the audit does not know.
    """

    id: str
    values: Mapping[str, Reported]
    unknown_columns: tuple[str, ...] = field(default=(), compare=False)

    def get(self, key: str) -> Reported | None:
        """What is reported of that field, or None."""
        return self.values.get(key)

    def word(self, key: str) -> str:
        """The word of that field, or ""."""
        found = self.values.get(key)
        return str(found.value) if found is not None else ""

    def interval(self, key: str) -> Interval | None:
        """The interval of a number [SI]; None where it was not reported, or only as a bound."""
        found = self.values.get(key)
        return found.interval if found is not None and found.relation != "<=" else None

    @property
    def paragraph(self) -> str:
        """Paragraph of its heading."""
        return self.word("paragraph")

    @property
    def reserved(self) -> bool:
        """Whether its results are held back."""
        return self.word("reserved") == "yes"

    @property
    def solvents(self) -> tuple[str, ...]:
        """Names of its solvents."""
        return tuple(w for w in (self.word(f"solvent{i}") for i in (1, 2, 3)) if w)

    @property
    def stretched(self) -> bool:
        """Whether a stretching belongs to its process."""
        return self.word("stretch").lower().strip() not in ("", "none", "no")

    @property
    def hollow(self) -> bool:
        """Whether it is a hollow fibre."""
        return any(k in self.values for k in ("inside_diameter", "outside_diameter", "die_inside_diameter"))

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {"id": self.id, "values": {k: v.to_dict() for k, v in self.values.items()}}


def _number(f: Field, unit: str, text: str, where: str, **more: str) -> Reported:
    relation = "="
    mark = _RELATION.match(text)
    bare = text
    if mark:
        relation = "<=" if mark[1] in ("<=", "≤", "<") else "about"
        bare = text[mark.end() :]
    value, interval = printed(bare, f.role in ("recipe", "index", "share"), where)
    factor, offset = UNITS[f.kind][unit]
    lowest = Fraction(0) if f.kind != "temperature" else -offset / factor
    if value < lowest:
        raise InputError(
            where,
            f"{text.strip()} is {'below absolute zero' if f.kind == 'temperature' else 'negative'}",
            f"{f.words} of 0 or more" if f.kind != "temperature" else "a temperature above absolute zero",
            "correct the cell",
        )
    interval = Interval(max(interval.low, lowest), interval.high).scaled(factor, offset)
    if relation == "<=":
        interval = Interval(lowest * factor + offset, value * factor + offset)
    return Reported(
        f.key, text.strip(), float(value * factor + offset), interval, unit, f.kind, relation, **more
    )


def reported(key: str, text: str, unit: str = "", where: str = "", **more: str) -> Reported:
    """One reported value from its printed text.

    Args:
        key: key of the field.
        text: as printed, without unit; words for a class.
        unit: as written in a header, e.g. ``"mm"``; the field's own where left out.
        where: what to name in a refusal.
        more: ``paragraph`` and ``note``.
    """
    f = fields()[key]
    where = where or key
    if f.kind == "word":
        word = _CLASSES.get(text.strip(), text.strip())
        return Reported(key, text.strip(), word, None, "", "word", **more)
    if f.kind == "yes":
        answer = _YES.get(text.strip().lower())
        if answer is None:
            raise InputError(where, repr(text.strip()[:40]), "yes or no (1 or 0)", "correct the cell")
        return Reported(key, text.strip(), answer, None, "", "yes", **more)
    return _number(f, unit or f.unit, text, where, **more)


def from_rows(
    rows: Iterable[Mapping[str, str | None]], source: str = "specimens"
) -> tuple[ReportedSpecimen, ...]:
    """Specimens from rows of a table: header with unit -> cell text.

    Columns may be missing, and cells empty; columns that the audit does not know are kept by name in
    ``unknown_columns``. Headers are those of :func:`template`; another unit of the same kind may stand in a header
    (``ID_um``, ``porosity_fraction``, ``T_kneading_K``).

    Args:
        rows: one mapping a specimen.
        source: name of the file, for refusals.

    Raises:
        InputError: no rows, no or twice the same ``specimen_id``, a quantity without or with an unknown unit, two columns
            for one quantity, a decimal comma, a cell that is not a number, a negative number.
    """
    out: list[ReportedSpecimen] = []
    seen: set[str] = set()
    for number, row in enumerate(rows, start=1):
        if number > MOST_ROWS:
            raise InputError(source, f"more than {MOST_ROWS} rows", f"at most {MOST_ROWS}", "split the file")
        where = f"{source}, row {number}"
        cells = {str(k).strip(): (v or "").strip() for k, v in row.items() if k is not None}
        name = next((v for k, v in cells.items() if _is_name(k)), "")
        if not any(cells.values()):
            continue
        if not name:
            raise InputError(
                where, "no specimen_id", "a name for each specimen", "fill the column specimen_id"
            )
        if name in seen:
            raise InputError(
                where, f"specimen_id {name!r} for the second time", "each name once", "rename one"
            )
        seen.add(name)
        values: dict[str, Reported] = {}
        unknown: list[str] = []
        for header, text in cells.items():
            if _is_name(header):
                continue
            known = column(header)
            if known is None:
                unknown.append(header)
                continue
            f, unit = known
            if not text:
                continue
            if f.key in values:
                raise InputError(where, f"two columns for {f.words}", "one column", f"remove {header!r}")
            values[f.key] = reported(f.key, text, unit, f"{where} ({name}), column {header}")
        if "comparative" not in values and values.get("example") is not None:
            comparative = "comparative" in values["example"].text.lower()
            values["comparative"] = reported("comparative", "1" if comparative else "0")
        out.append(ReportedSpecimen(name, _with_paragraph(values), tuple(unknown)))
    if not out:
        raise InputError(
            source, "no specimens", "a header and at least one row", "see percola audit --template"
        )
    return tuple(out)


def _is_name(header: str) -> bool:
    """Whether a column names the specimens; ID in capitals is the inside diameter (without its unit)."""
    return header == "id" or header.lower() in ("specimen_id", "specimen")


def _with_paragraph(values: dict[str, Reported]) -> dict[str, Reported]:
    """Each value with the paragraph of its specimen where it has none of its own."""
    paragraph = values["paragraph"].text.lstrip("0") if "paragraph" in values else ""
    paragraph = re.sub(r"-0+", "-", paragraph)
    if not paragraph:
        return values
    out = {
        k: v
        if v.paragraph
        else Reported(v.key, v.text, v.value, v.interval, v.unit, v.kind, v.relation, paragraph, v.note)
        for k, v in values.items()
    }
    out["paragraph"] = reported("paragraph", paragraph, paragraph=paragraph)
    return out


def from_file(path: str | Path) -> tuple[ReportedSpecimen, ...]:
    """Specimens from a text table (CSV; comma, semicolon or tab; any usual encoding) or a workbook (XLSX, XLS, ODS).

    Lines that begin with # are skipped. Decimal commas are read where the separator is no comma and the file leaves no doubt
    (one cell such as 0,84). A workbook keeps no trailing zeros: 0.20 comes as 0.2, whose digits allow more, so that less is
    found; cells formatted as text keep theirs.

    Raises:
        InputError: a file that cannot be read, or of another kind, and what :func:`from_rows` refuses.
    """
    from percola.lab.importer import decoding, workbook
    from percola.lab.importer.numbers import EXACT

    file, where = Path(path), str(path)
    try:
        if file.stat().st_size > MOST_BYTES:
            raise InputError(where, "larger than 20 MB", "a table of specimens", "choose another file")
        data = file.read_bytes()
    except OSError as error:
        raise InputError(
            where, f"cannot be read ({error.strerror})", "a CSV file", "check the name"
        ) from None
    if not data:
        raise InputError(where, "empty", "a header and at least one row", "see percola audit --template")
    decoding.refuse_other_files(data, where)
    if not workbook.is_workbook(data, where):
        try:
            text = decoding.decode(data, where).text
        except InputError as error:  # its remedies name an option that the audit has not
            raise InputError(
                where, error.found, "a text table or a workbook", "save it as CSV in UTF-8"
            ) from None
        return from_text(text, where)
    found = {
        sheet.name: rows
        for sheet in workbook.sheets(data, where, None)
        if (rows := [r for r in sheet.rows if any(r) and not r[0].lstrip().startswith("#")])
    }
    named = [n for n, rows in found.items() if any(_is_name(c.strip()) for c in rows[0])]
    if len(named) != 1:
        raise InputError(
            where,
            f"{len(named)} sheets whose first row has specimen_id",
            "one sheet of specimens",
            "keep one, or save it as CSV",
        )
    plain = [[c.replace(EXACT, "") for c in r] for r in found[named[0]]]
    header = [h.strip() for h in plain[0]]
    while header and not header[-1]:
        header.pop()
    return _from_table([header, *(_shown_percent(header, r) for r in plain[1:])], where)


def _unit(header: str) -> str | None:
    """Unit of a numeric column, "" where it has none; None for words and unknown columns."""
    try:
        known = column(header)
    except InputError:
        return None  # refused with its reason when the rows are read
    return known[1] if known is not None and known[0].numeric else None


def _shown_percent(header: Sequence[str], row: Sequence[str]) -> list[str]:
    """Cells of a workbook; "54.6 %" (stored as 0.546) is 54.6 in a column in percent, and refused in any other."""
    cells = list(row)
    while len(cells) > len(header) and not cells[-1]:
        cells.pop()
    return [
        c.removesuffix("%").rstrip()
        if i < len(header) and c.endswith("%") and _unit(header[i]) == "pct"
        else c
        for i, c in enumerate(cells)
    ]


_COMMA = re.compile(r"([^0-9,.]*)([0-9]+),([0-9]+)((?:[eE][+-]?[0-9]+)?)")


def _points(table: list[list[str]]) -> list[list[str]]:
    """Numbers with decimal commas as numbers with points; the table as it is where a comma may mean thousands.

    One cell settles it that cannot be thousands (0,84 or 54,6), if no number of the table has a point.
    """
    numeric = {i for i, h in enumerate(table[0]) if _unit(h) is not None}
    cells = [c.strip() for r in table[1:] for i, c in enumerate(r) if i in numeric]
    commas = [m for c in cells if (m := _COMMA.fullmatch(c))]
    sure = any(len(m[3]) != 3 or m[2].startswith("0") or len(m[2]) > 3 for m in commas)
    if not sure or any("." in c for c in cells):
        return table

    def point(cell: str) -> str:
        return _COMMA.sub(r"\1\2.\3\4", cell.strip()) if _COMMA.fullmatch(cell.strip()) else cell

    return [table[0], *([point(c) if i in numeric else c for i, c in enumerate(r)] for r in table[1:])]


def from_text(text: str, source: str = "specimens") -> tuple[ReportedSpecimen, ...]:
    """Specimens from the text of a CSV file."""
    lines = [
        line for line in text.splitlines(keepends=True) if not line.lstrip().startswith("#") and line.strip()
    ]
    if not lines:
        raise InputError(source, "empty", "a header and at least one row", "see percola audit --template")
    separator = max(",;\t", key=lines[0].count)
    try:
        table = list(csv.reader(io.StringIO("".join(lines)), delimiter=separator, strict=True))
    except csv.Error as error:
        raise InputError(source, f"not a CSV table ({error})", "a CSV file", "check the quotes") from None
    table[0] = [h.strip() for h in table[0]]
    return _from_table(table if separator == "," else _points(table), source)


def _from_table(table: Sequence[Sequence[str]], source: str) -> tuple[ReportedSpecimen, ...]:
    header = table[0]
    twice = {h for h in header if h and header.count(h) > 1}
    if twice:
        raise InputError(
            source, f"column {sorted(twice)[0]!r} twice", "each column once", "rename or remove one"
        )
    rows = []
    for number, row in enumerate(table[1:], start=1):
        if len(row) > len(header):
            raise InputError(
                f"{source}, row {number}",
                f"{len(row)} cells for {len(header)} columns",
                "one cell a column",
                "quote cells that hold the separator; write numbers with a decimal point",
            )
        rows.append(dict(zip(header, row, strict=False)))
    return from_rows(rows, source)


def template() -> str:
    """CSV text: the header with units and one example row."""
    used = list(fields().values())
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["specimen_id", *(f.column for f in used)])
    writer.writerow(["mine-1", *(f.example for f in used)])
    return out.getvalue()


def to_rows(specimens: Sequence[ReportedSpecimen]) -> list[dict[str, str]]:
    """Rows with headers with units, as :func:`from_rows` reads them.

    Raises:
        InputError: a value in another unit than that of the template.
    """
    out = []
    for s in specimens:
        row = {"specimen_id": s.id}
        for f in fields().values():
            found = s.get(f.key)
            if found is not None and f.numeric and found.unit != f.unit:
                raise InputError(f"{s.id}, {f.words}", f"in {found.unit}", f"in {f.unit}")
            row[f.column] = found.text if found is not None else ""
        out.append(row)
    return out


def _data(name: str) -> str:
    return resources.files("percola.audit").joinpath("data").joinpath(name).read_text(encoding="utf-8")


_UNIT_NAMES = {
    "degC": "C", "%": "pct", "kgf/cm2": "kgf_cm2", "L/m2.h.atm": "L_m2_h_atm", "mS/cm": "mS_cm",
    "g/mol": "g_mol", "ml/min": "ml_min", "parts": "parts", "part": "parts", "1": "",
}  # fmt: skip


@lru_cache(maxsize=1)
def patent_specimens() -> tuple[ReportedSpecimen, ...]:
    """The specimens of EP 1 063 256 A1: recipes and reported results of :mod:`percola.recipe.specimens`, with the digits
    as printed where that table dropped them (``data/patent.csv``). Reserved specimens carry their recipe only."""
    from percola.recipe import specimens as source

    more: dict[str, list[dict[str, str]]] = {}
    for row in csv.DictReader(io.StringIO(_data("patent.csv"))):
        more.setdefault(row["id"], []).append(row)
    return tuple(_of_patent(s, more.get(s.id, [])) for s in source.list())


def _of_patent(entry: Any, more: list[dict[str, str]]) -> ReportedSpecimen:
    from percola.recipe import specimens as source

    recipe, results = source.load(entry.id)
    paragraph = entry.paragraph
    values: dict[str, Reported] = {}

    def put(key: str, text: Any, unit: str = "", note: str = "", paragraph: str = paragraph) -> None:
        if text is None or text == "":
            return
        values[key] = reported(key, str(text), unit, f"{entry.id}.{key}", paragraph=paragraph, note=note)

    def quantity(key: str, q: Any) -> None:
        if q is not None:
            number, _, unit = q.text.partition(" ")
            put(key, number, _UNIT_NAMES.get(unit, unit))

    put("paragraph", paragraph)
    put("example", entry.example)
    put("comparative", "yes" if entry.comparative else "no")
    put("repeats", entry.repeats)
    put("figure", entry.figure)
    put("reserved", "yes" if entry.reserved else "no")
    polymer = recipe.polymers[0]
    put("polymer", polymer.polymer)
    quantity("molecular_weight", polymer.weight_average_molecular_weight)
    quantity("polymer_parts", polymer.amount)
    for i, solvent in enumerate(recipe.solvents[:3], start=1):
        put(f"solvent{i}", solvent.liquid)
        quantity(f"solvent{i}_parts", solvent.amount)
    for resin in recipe.resins[:1]:
        put("resin", resin.resin)
        quantity("resin_parts", resin.amount)
    kneading = next((p for p in recipe.preparation if p.step == "kneading"), None)
    shaping = recipe.shaping
    if shaping.method == "extruder":
        put("shaping", f"extruder, {shaping.die.kind} die")
        if shaping.die.kind == "hollow":
            quantity("die_inside_diameter", shaping.die.inside_diameter)
            quantity("die_outside_diameter", shaping.die.outside_diameter)
            quantity("bore_air", shaping.die.bore_gas_flow)
        quantity("kneading_temperature", recipe.dissolution.temperature)
    else:
        put("shaping", shaping.method.replace("_", " "))
        quantity("gel_thickness", shaping.thickness)
        quantity("kneading_temperature", kneading.temperature if kneading else None)
    quantity("dissolution_temperature", recipe.dissolution.temperature)
    cooling = recipe.cooling
    put(
        "cooling_medium",
        " + ".join(m.liquid for m in cooling.media) + " bath"
        if cooling.method == "liquid"
        else cooling.method,
    )
    quantity("cooling_temperature", getattr(cooling, "temperature", None))
    if recipe.extraction is not None:
        put("extraction_liquid", " + ".join(m.liquid for m in recipe.extraction.liquids))
        time = recipe.extraction.time
        put("extraction_time", time.text if time is not None else None)
    for stretching in recipe.stretching[:1]:
        put("stretch", f"{stretching.mode}, {stretching.stage}")
        quantity("stretch_temperature", stretching.temperature)
        put("draw_ratio", stretching.draw_ratio)
        quantity("elongation", stretching.elongation)
    if recipe.electrolyte is not None:
        put(
            "electrolyte",
            f"{recipe.electrolyte.salt} in {' + '.join(p.liquid for p in recipe.electrolyte.liquids)}",
        )
    for v in results.values if results is not None else ():
        if v.name not in fields():
            continue
        if v.kind in ("word", "ratio"):
            text = v.text if v.relation == "=" else f"<= {v.text}"
            put(v.name, text, note=v.note)
        else:
            number, _, unit = v.text.partition(" ")
            put(v.name, number, _UNIT_NAMES.get(unit, unit), v.note)
    for row in more:
        put(row["key"], row["text"], "", row["note"], row["paragraph"])
    return ReportedSpecimen(entry.id, values)
