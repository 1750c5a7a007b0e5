"""What calibration is fed with: specimens, their recipes and what was measured on them, on the scale of the model.

The patent's specimens and a user's own table give the same kind of object, made by the same code: the audit reads cells and
printed digits, :mod:`percola.design.posterior.table_recipe` turns rows into recipes, :mod:`percola.design.reduced.features` into numbers.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from percola import tables
from percola.audit import auditing
from percola.audit import fields as columns
from percola.audit import specimens as read
from percola.audit.specimens import Reported, ReportedSpecimen
from percola.audit.statements import patent_statements
from percola.design.posterior import table_recipe
from percola.design.reduced import features as features_room
from percola.design.reduced.chain import QUANTITIES
from percola.design.reduced.features import Features, features_of
from percola.errors import InputError, PercolaError
from percola.judge.definitions import CLASSES
from percola.recipe import specimens as patent_recipes
from percola.recipe import text as recipe_text
from percola.recipe.model import BathCooling, Recipe
from percola.recipe.physics import comonomer_mole_fraction, polymer_name
from percola.recipe.weights import composition

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

PATENT = "patent"
DOUBT: Mapping[str, float] = {"ambiguous": 1.0, "suspicious": 2.0, "contradictory": 3.0, "impossible": 5.0}
"""Factor on the scatter of a specimen by the gravest finding of the audit on it: our own estimate, not a sourced number.
It widens the scatter of measuring alone; what rounding and the departure of the recipe allow stays."""
LEAST_DIGIT = 0.01
"""Least relative rounding of a whole number that ends in zeros, as one standard deviation."""
_SQRT12 = math.sqrt(12.0)
_RESULT_ROLES = ("result", "class", "derived")
# Derived numbers of the audit's findings, and which of our quantities they are made of, where nothing more direct is named.
_MADE_OF = {
    "pore_size_ratio": ("average_pore_size", "maximum_pore_size"),
    "pore_quotient": ("average_pore_size", "maximum_pore_size"),
    "bubble_point": ("maximum_pore_size",),
    "stretch_implied": ("porosity",),
    "axial_ratio": ("porosity",),
    "axial_ratio_one_die": ("porosity",),
}
_SD_COLUMN = re.compile(r"(.+?)[ _](?:sd|std)((?:[ _\[(].*)?)", re.I)


@dataclass(frozen=True, eq=False)
class Observations:
    """n specimens and m observations on them; transformed scale: logit of porosity, natural logarithm of the others [SI].

    Attributes:
        features: of the n recipes, solvents numbered over the whole set.
        recipes: as they were made; a measured residual strain stands in its stretching.
        names: of the specimens.
        origin: ``"patent"`` or the name of the file.
        specimen: index of the specimen of each observation, shape (m,).
        quantity: index into :data:`percola.design.reduced.chain.QUANTITIES`, shape (m,).
        value: transformed scale, shape (m,).
        digit_sd: standard deviation of rounding on the transformed scale, shape (m,); see :func:`rounding_sd`.
        stated_sd: measurement uncertainty that the table states, 0 where it states none, shape (m,).
        doubt: factor of 1 or more on the scatter, from the audit (:data:`DOUBT`, our estimate), shape (m,); for the
            quantities that a finding names, for the whole specimen where it names none of ours; the gravest finding counts.
        text: as printed.
        classes: structure class of each specimen, None where none is reported.
        ratio_at_most_two: maximum over average pore size reported as 2.0 or less, and no more, shape (n,).
        impermeable: water permeability reported as zero, which is no observation of its logarithm, shape (n,).
        cluster: number of the gel, shape (n,): specimens of one solution, T_s and shaping, which differ in bath or stretching
            only, share it.
        reserved: results held back, shape (n,).
        reported: every reported result by the name of its measurement (value [SI], text, relation), also those that the
            reduced model has no quantity for.
        notes: what was read how, what was left out and why.

    Limitations: the logarithm of a number with one digit is taken as normal with the linear standard deviation, which is up
    to 7 % too small (0.1: 0.289 in place of 0.308).
    """

    features: Features
    recipes: tuple[Recipe, ...]
    names: tuple[str, ...]
    origin: tuple[str, ...]
    specimen: IntArray
    quantity: IntArray
    value: FloatArray
    digit_sd: FloatArray
    stated_sd: FloatArray
    doubt: FloatArray
    text: tuple[str, ...]
    classes: tuple[str | None, ...]
    ratio_at_most_two: BoolArray
    impermeable: BoolArray
    cluster: IntArray
    reserved: BoolArray
    reported: tuple[Mapping[str, Reported], ...]
    notes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)

    def counts(self) -> dict[str, int]:
        """Number of observations of each quantity."""
        return {q: int(np.sum(self.quantity == j)) for j, q in enumerate(QUANTITIES)}

    def of(self, name: str) -> dict[str, int]:
        """Observations of one specimen: quantity -> index."""
        i = self.names.index(name)
        return {QUANTITIES[self.quantity[k]]: int(k) for k in np.flatnonzero(self.specimen == i)}

    def take(self, index: npt.ArrayLike) -> Observations:
        """The specimens of an index (numbers or a mask), in its order, with their observations; clusters keep their numbers."""
        i = np.atleast_1d(np.asarray(index))
        i = np.arange(len(self))[i if i.dtype == bool else i.astype(np.int64)]
        rows = [np.flatnonzero(self.specimen == k) for k in i]
        m = np.concatenate(rows).astype(np.int64) if rows else np.zeros(0, np.int64)
        per_specimen = ("recipes", "names", "origin", "classes", "reported")
        chosen: dict[str, Any] = {key: tuple(getattr(self, key)[int(k)] for k in i) for key in per_specimen}
        flags: dict[str, Any] = {
            key: getattr(self, key)[i] for key in ("ratio_at_most_two", "impermeable", "cluster", "reserved")
        }
        per_value: dict[str, Any] = {
            k: getattr(self, k)[m] for k in ("quantity", "value", "digit_sd", "stated_sd", "doubt")
        }
        return replace(
            self,
            features=self.features.take(i),
            specimen=np.concatenate([np.full(r.size, k, np.int64) for k, r in enumerate(rows)] or [m]),
            text=tuple(self.text[int(k)] for k in m),
            **chosen,
            **flags,
            **per_value,
        )

    def without(self, *names: str) -> Observations:
        """All specimens but those of these names.

        Raises:
            InputError: a name that is not here.
        """
        unknown = [n for n in names if n not in self.names]
        if unknown:
            raise InputError(
                "specimen", ", ".join(unknown), "a name of the table", f"{', '.join(self.names[:8])} ..."
            )
        return self.take(np.array([n not in names for n in self.names], bool))

    def known(self) -> Observations:
        """The specimens whose results are not held back; the solvents of the others are forgotten too."""
        found = self.take(~self.reserved)
        f = found.features
        used = np.unique(f.solvent)
        features = replace(
            f, solvent=np.searchsorted(used, f.solvent), solvents=tuple(f.solvents[int(i)] for i in used)
        )
        return replace(found, features=features)

    def digest(self) -> str:
        """SHA-256 of what calibration sees: recipes in SI, observations, classes and flags, whatever their order or origin."""
        entries = []
        for i, name in enumerate(self.names):
            seen = sorted(
                [
                    QUANTITIES[self.quantity[k]],
                    *(f"{float(a[k]):.9g}" for a in (self.value, self.digit_sd, self.stated_sd, self.doubt)),
                ]
                for k in np.flatnonzero(self.specimen == i)
            )
            flags = [bool(a[i]) for a in (self.ratio_at_most_two, self.impermeable, self.reserved)]
            entries.append([name, recipe_text.canonical(self.recipes[i]), seen, self.classes[i], flags])
        text = json.dumps(sorted(entries, key=lambda e: str(e[0])), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


# --- one number --------------------------------------------------------------------------------------------


def transformed(quantity: str, value: float) -> float:
    """A measured value [SI] on the scale of the model: logit of porosity, natural logarithm of the others."""
    return math.log(value / (1.0 - value)) if quantity == "porosity" else math.log(value)


def slope(quantity: str, value: float) -> float:
    """Derivative of :func:`transformed` [1/SI]."""
    return 1.0 / (value * (1.0 - value)) if quantity == "porosity" else 1.0 / value


def rounding_sd(found: Reported, stated: bool = False) -> float:
    """Standard deviation of the rounding of a printed number [SI]: d/sqrt(12), d one unit of its last printed digit.

    Trailing zeros of a whole number are not taken for printed digits (300 is good to 100, 4300 to 100), but the result is
    at least 1 % of the number then. Where the source states an uncertainty of its own (``stated``), all digits count:
    2400 with a standard deviation of 50 was not rounded to hundreds.
    """
    interval, value = found.interval, float(found.value)
    if interval is None:
        raise InputError(found.key, "a word", "a number")
    digit = 2.0 * (float(interval.high) - value)
    unit = float(columns.UNITS[found.kind][found.unit][0])
    if digit < 9.0 * unit:  # the last printed digit is that of the ones or of decimals
        return digit / _SQRT12
    if stated:
        return unit / _SQRT12
    return max(digit / _SQRT12, LEAST_DIGIT * value)


# --- one specimen ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Seen:
    """What one specimen's results say."""

    observations: tuple[tuple[int, float, float, float, str], ...]
    structure: str | None
    at_most_two: bool
    impermeable: bool
    notes: tuple[str, ...]


def _seen(s: ReportedSpecimen, stated: Mapping[str, Reported], where: str) -> _Seen:
    """Observations (quantity, value, digit_sd, stated_sd, text) and flags of a specimen."""
    notes: list[str] = []
    if s.reserved:
        given = [k for k in (*QUANTITIES, "structure_class") if s.get(k) is not None]
        held = f"{s.id}: reserved; no result is used"
        return _Seen(
            (), None, False, False, (held + (f" ({', '.join(given)} in the table)" if given else ""),)
        )
    out: list[tuple[int, float, float, float, str]] = []
    impermeable = False
    for j, q in enumerate(QUANTITIES):
        found = s.get(q)
        sd = stated.get(q)
        if found is None:
            if sd is not None:
                notes.append(
                    f"{s.id}: an uncertainty of {columns.fields()[q].words} without a value; left out"
                )
            continue
        words, value = columns.fields()[q].words, float(found.value)
        if found.relation == "<=":
            notes.append(f"{s.id}: {words} {found.text!r} is a bound; left out")
        elif value == 0.0:
            impermeable |= q == "water_permeability"
            more = " (kept as impermeable)" if q == "water_permeability" else ""
            notes.append(f"{s.id}: {words} of zero has no logarithm; left out{more}")
        elif q == "porosity" and value >= 1.0:
            raise InputError(
                f"{where}, column {columns.fields()[q].column}",
                f"{found.text!r}, all void",
                "a porosity below 100 %",
                "check the number and the unit in the header",
            )
        else:
            by = slope(q, value)
            # an sd in the header's unit: a difference, so that no zero of a scale enters
            spread = float(sd.value) * by if sd is not None else 0.0
            digit = rounding_sd(found, stated=spread > 0.0) * by
            out.append((j, transformed(q, value), digit, spread, found.text))
    structure = _structure(s, where, notes)
    ratio = s.get("pore_size_ratio")
    small = (ratio is not None and ratio.relation == "<=" and float(ratio.value) <= 2.0) or (
        ratio is None and s.word("ratio_at_most_2") == "yes"
    )
    sizes = {QUANTITIES[j] for j, *_ in out}
    both = {"average_pore_size", "maximum_pore_size"} <= sizes
    if ratio is not None and ratio.relation != "<=" and not both:
        notes.append(
            f"{s.id}: a ratio of pore sizes without both of them; left out (give the maximum pore size)"
        )
    return _Seen(tuple(out), structure, bool(small and not both), impermeable, tuple(notes))


def _structure(s: ReportedSpecimen, where: str, notes: list[str]) -> str | None:
    """The class of a specimen; a description in several words is left out, a single word that is no class is refused."""
    text = s.word("structure_class").strip()
    word = re.sub(r"[ -]+", "_", text.lower())
    word = str(read.reported("structure_class", word).value) if word else ""
    if word in CLASSES:
        return word
    if len(text.split()) > 2:
        notes.append(f"{s.id}: internal structure {text!r} is no class ({', '.join(CLASSES)}); left out")
        return None
    if not text:
        return None
    column = columns.fields()["structure_class"].column
    raise InputError(f"{where}, column {column}", repr(text[:60]), ", ".join(CLASSES), "write one of these")


def _results(s: ReportedSpecimen) -> dict[str, Reported]:
    if s.reserved:
        return {}
    known = columns.fields()
    return {k: v for k, v in s.values.items() if k in known and known[k].role in _RESULT_ROLES}


# --- doubt -------------------------------------------------------------------------------------------------


def _names_in(finding: auditing.Finding) -> set[str]:
    """Names of reported and derived quantities that a finding compares."""
    rule = next((r for r in auditing.rules() if r.key == finding.rule), None)
    names = {str(k) for k in finding.numbers}
    for v in finding.numbers.values():
        if isinstance(v, Mapping):
            names |= {str(k) for k in v}
    if rule is not None:
        names |= {str(rule.get(k)) for k in ("left", "right") if rule.get(k)}
    about = finding.numbers.get("field")
    return names | ({about} if isinstance(about, str) else set())


def _quantities_in(finding: auditing.Finding, s: ReportedSpecimen) -> tuple[str, ...]:
    """Our quantities that a finding names on a specimen: its own names, else those that its derived numbers are made of,
    else those whose printed interval it quotes, else all."""
    names = _names_in(finding)
    direct = tuple(q for q in QUANTITIES if q in names)
    if direct:
        return direct
    made = {q for n in names for q in _MADE_OF.get(n, ())}
    if made:
        return tuple(q for q in QUANTITIES if q in made)
    own = finding.numbers.get(s.id)
    interval = getattr(own, "interval", None)
    quoted = tuple(q for q in QUANTITIES if interval is not None and s.interval(q) == interval)
    return quoted or QUANTITIES


def doubts(
    book: Sequence[ReportedSpecimen], findings: Iterable[auditing.Finding]
) -> tuple[dict[tuple[str, str], float], tuple[str, ...]]:
    """Factor on the scatter by (specimen, quantity), and notes; what no finding names is 1 and left out.

    Several findings do not multiply: the gravest counts. The factors of :data:`DOUBT` are our own estimate.
    """
    by_id = {s.id: s for s in book}
    factor: dict[tuple[str, str], float] = {}
    notes: list[str] = []
    for f in findings:
        weight = DOUBT[f.grade]
        if weight <= 1.0:
            continue
        for name in f.specimens:
            s = by_id.get(name)
            if s is None or s.reserved:
                continue
            about = _quantities_in(f, s)
            for q in about:
                factor[name, q] = max(factor.get((name, q), 1.0), weight)
            there = ", ".join(columns.fields()[q].words for q in about if s.get(q) is not None)
            if there:
                notes.append(
                    f"{name}: {there}: scatter taken {weight:g} times, {f.grade} by the audit ({f.rule})"
                )
    return factor, tuple(notes)


# --- features and gels -------------------------------------------------------------------------------------

_MADE: dict[str, Features] = {}
_MOST_KEPT = 4096


def _key(recipe: Recipe) -> str:
    """What the features depend on, as text."""
    data = recipe_text.canonical_data(recipe)
    for key in ("preparation", "electrolyte", "hydrophilization"):
        data.pop(key, None)
    data["dissolution"].pop("pressurized", None)
    for key in ("screw", "screw_diameter"):
        data["shaping"].pop(key, None)
    baths = (*data["cooling"].get("media", ()), *(data["extraction"] or {}).get("liquids", ()))
    for part in (*data["solvents"], *baths):
        part["liquid"] = _substance(part["liquid"], tables.liquid)
    for part in data["polymers"]:
        part["polymer"] = _substance(part["polymer"], tables.polymer)
    for part in data["resins"]:
        part["resin"] = _substance(part["resin"], tables.resin)
        part.pop("grade")
    return json.dumps(data, sort_keys=True, ensure_ascii=False)


def features_once(recipe: Recipe, name: str, where: str = "") -> Features:
    """:func:`percola.design.reduced.features.features_of`, computed once for each recipe of a process.

    Raises:
        PercolaError: what ``features_of`` refuses, with ``where`` before it.
    """
    key = _key(recipe)
    found = _MADE.get(key)
    if found is None:
        try:
            found = features_of(recipe, name)
        except PercolaError as error:
            kind = InputError if isinstance(error, InputError) else type(error)
            raise kind(f"{where or name}: {error.where}", error.found, error.allowed, error.remedy) from None
        if len(_MADE) >= _MOST_KEPT:
            _MADE.pop(next(iter(_MADE)))
        _MADE[key] = found
    return replace(found, names=(name,))


def _substance(name: str, lookup: Callable[[str], Any]) -> str:
    """One name for all names of a substance of the tables."""
    try:
        return str(lookup(name).key)
    except PercolaError:
        return name.lower()


def _gel(recipe: Recipe) -> str:
    """Solution, T_s and shaping of a recipe, as text: what one and the same gel has in common (its quench apart)."""
    weights = composition(recipe)
    data = recipe_text.canonical_data(recipe)
    shaping = {k: v for k, v in data["shaping"].items() if k not in ("screw", "screw_diameter")}
    shaping["temperature"] = shaping.get("temperature") or data["dissolution"]["temperature"]
    parts = [
        [
            sorted(
                [
                    _substance(polymer_name(p), tables.polymer),
                    comonomer_mole_fraction(p) or 0.0,
                    p.weight_average_molecular_weight.value,
                    round(w, 6),
                ]
                for p, w in zip(recipe.polymers, weights.polymers, strict=True)
            ),
            sorted(
                [_substance(s.liquid, tables.liquid), round(w, 6)]
                for s, w in zip(recipe.solvents, weights.solvents, strict=True)
            ),
            sorted(
                [_substance(r.resin, tables.resin), round(w, 6)]
                for r, w in zip(recipe.resins, weights.resins, strict=True)
            ),
        ],
        data["dissolution"]["temperature"],
        data["dissolution"]["hold"],
        shaping,
    ]
    return json.dumps(parts, sort_keys=True, ensure_ascii=False)


def clusters(recipes: Sequence[Recipe]) -> IntArray:
    """A number for each gel, from 0 in order of appearance, shape (n,)."""
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(_gel(r), len(numbers)) for r in recipes], np.int64)


# --- assembly ----------------------------------------------------------------------------------------------


def _assembled(
    book: Sequence[ReportedSpecimen],
    recipes: Sequence[Recipe],
    stated: Mapping[str, Mapping[str, Reported]],
    findings: Iterable[auditing.Finding],
    origin: str,
    where: Mapping[str, str],
    notes: Sequence[str] = (),
    more: Mapping[str, Mapping[str, Reported]] | None = None,
) -> Observations:
    seen = [_seen(s, stated.get(s.id, {}), where[s.id]) for s in book]
    factor, doubted = doubts(book, findings)
    rows = [
        (i, j, y, digit, spread, factor.get((s.id, QUANTITIES[j]), 1.0), text)
        for i, (s, o) in enumerate(zip(book, seen, strict=True))
        for j, y, digit, spread, text in o.observations
    ]
    table = np.array([r[:6] for r in rows], float).reshape(-1, 6)
    made = [features_once(r, s.id, where[s.id]) for s, r in zip(book, recipes, strict=True)]
    own = more or {}
    return Observations(
        features=features_room.joined(made),
        recipes=tuple(recipes),
        names=tuple(s.id for s in book),
        origin=tuple(origin for _ in book),
        specimen=table[:, 0].astype(np.int64),
        quantity=table[:, 1].astype(np.int64),
        value=table[:, 2],
        digit_sd=table[:, 3],
        stated_sd=table[:, 4],
        doubt=table[:, 5],
        text=tuple(r[6] for r in rows),
        classes=tuple(o.structure for o in seen),
        ratio_at_most_two=np.array([o.at_most_two for o in seen], bool),
        impermeable=np.array([o.impermeable for o in seen], bool),
        cluster=clusters(recipes),
        reserved=np.array([s.reserved for s in book], bool),
        reported=tuple(_results(s) | (dict(own.get(s.id, {})) if not s.reserved else {}) for s in book),
        notes=(*notes, *(n for o in seen for n in o.notes), *doubted),
    )


@lru_cache(maxsize=1)
def patent() -> Observations:
    """The 40 specimens of EP 1 063 256 A1; the reserved ones carry their recipe and no observation.

    A residual strain that the patent reports (paras. 91, 116, 117) stands in the recipe. Of what the audit finds, the rules
    on specimens count, and what the source says otherwise of a specimen's own numbers; what it says of windows and effects
    does not (it is no fault of one measurement).
    """
    book = read.patent_specimens()
    recipes, notes, more = [], [], {}
    for s in book:
        recipe, results = patent_recipes.load(s.id)
        strain = s.get("stretching_residual_strain")
        if strain is not None and recipe.stretching:
            recipe = table_recipe.with_residual(recipe, strain, s.id)
            notes.append(f"{s.id}: residual strain as reported, {strain.text} %")
        if isinstance(recipe.cooling, BathCooling) and recipe.cooling.temperature is None:
            notes.append(f"{s.id}: bath temperature not stated: taken as 20 degC")
        recipes.append(recipe)
        more[s.id] = {
            v.name: Reported(v.name, v.text, v.value, None, "", "word", v.relation, v.paragraph, v.note)
            for v in (results.values if results is not None else ())
            if v.name not in columns.fields()
        }
    found = list(auditing.audit(book).findings)
    said = auditing.audit(book, patent_statements())
    found += said.by_rule("said_otherwise_elsewhere")
    made = _assembled(book, recipes, {}, found, PATENT, {s.id: f"patent:{s.id}" for s in book}, notes, more)
    return _with_second_readings(made)


def _with_second_readings(o: Observations) -> Observations:
    """T_s as Fig. 3 plots it, where that is not what the recipe says (Comparative Example 7: para. 55 against 105)."""
    second = o.features.second_reading_K.copy()
    notes = []
    for plotted_K, name, note in patent_recipes.series("fig3"):
        i = o.names.index(name)
        second[i] = plotted_K - o.features.dissolution_K[i]
        if abs(second[i]) > 0.1:
            notes.append(f"{name}: {note}; both readings are kept")
    return replace(o, features=replace(o.features, second_reading_K=second), notes=(*o.notes, *notes))


# --- a user's table ----------------------------------------------------------------------------------------


def _table(path: Path) -> tuple[list[list[str]], str]:
    """Cells of a text table or workbook, comments and empty rows left out, and the separator to write them with again."""
    from percola.lab.importer import decoding, workbook
    from percola.lab.importer.numbers import EXACT

    where = str(path)
    try:
        if path.is_dir():
            raise InputError(where, "a directory", "a table of specimens", "name the file in it")
        if path.stat().st_size > read.MOST_BYTES:
            raise InputError(where, "larger than 20 MB", "a table of specimens", "choose another file")
        data = path.read_bytes()
    except OSError as error:
        raise InputError(
            where, f"cannot be read ({error.strerror})", "a CSV or XLSX file", "check the name"
        ) from None
    if not data.strip():
        raise InputError(where, "empty", "a header and at least one row", "see percola calibrate --template")
    decoding.refuse_other_files(data, where)
    if workbook.is_workbook(data, where):
        found = {
            sheet.name: rows
            for sheet in workbook.sheets(data, where, None)
            if (rows := [r for r in sheet.rows if any(r) and not r[0].lstrip().startswith("#")])
        }
        named = [n for n, rows in found.items() if any(_is_name(c) for c in rows[0])]
        if len(named) != 1:
            raise InputError(
                where,
                f"{len(named)} sheets whose first row has specimen_id",
                "one sheet of specimens",
                "keep one, or save it as CSV",
            )
        plain = [[c.replace(EXACT, "") for c in r] for r in found[named[0]]]
        width = max((i + 1 for i, h in enumerate(plain[0]) if h.strip()), default=0)
        rows = [[_bare_percent(plain[0][i], c) if i < width else c for i, c in enumerate(r)] for r in plain]
        return [r[:width] if not any(r[width:]) else r for r in rows], ","
    try:
        text = decoding.decode(data, where).text
    except InputError as error:
        raise InputError(
            where, error.found, "a text table or a workbook", "save it as CSV in UTF-8"
        ) from None
    lines = [
        line for line in text.splitlines(keepends=True) if not line.lstrip().startswith("#") and line.strip()
    ]
    if not lines:
        raise InputError(where, "empty", "a header and at least one row", "see percola calibrate --template")
    separator = max(",;\t", key=lines[0].count)
    try:
        return list(csv.reader(io.StringIO("".join(lines)), delimiter=separator, strict=True)), separator
    except csv.Error as error:
        raise InputError(where, f"not a CSV table ({error})", "a CSV file", "check the quotes") from None


def _is_name(header: str) -> bool:
    """Whether a column names the specimens, as the audit has it."""
    return header.strip() == "id" or header.strip().lower() in ("specimen_id", "specimen")


def _bare_percent(header: str, cell: str) -> str:
    """ "54.6 %" of a workbook's cell as 54.6 in a column in percent."""
    if not cell.endswith("%") or not re.search(r"(?:pct|%)", header):
        return cell
    return cell.removesuffix("%").rstrip()


def _text_of(table: Sequence[Sequence[str]], separator: str) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator="\n").writerows(table)
    return out.getvalue()


def _stated(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    at: Mapping[int, str],
    name: int,
    separator: str,
    where: str,
) -> tuple[dict[str, dict[str, Reported]], list[str]]:
    """Uncertainties by specimen and field, read as numbers of the columns that they belong to; columns without use."""
    if not at:
        return {}, []
    table = [["specimen_id", *at.values()]]
    table += [[r[name] if name < len(r) else "", *(r[i] if i < len(r) else "" for i in at)] for r in rows]
    try:
        found = read.from_text(_text_of(table, separator), where)
    except InputError as error:
        place = error.where
        for i, bare in at.items():
            place = place.replace(f"column {bare}", f"column {header[i]}").replace(
                f"column {bare!r}", f"column {header[i]!r}"
            )
        raise InputError(place, error.found, error.allowed, error.remedy) from None
    use = {i: columns.column(bare) for i, bare in at.items()}
    idle = [header[i] for i, known in use.items() if known is None or known[0].key not in QUANTITIES]
    return {s.id: {k: v for k, v in s.values.items() if k in QUANTITIES} for s in found}, idle


def from_file(path: str | Path) -> Observations:
    """Observations from a user's table: CSV (comma, semicolon or tab; any usual encoding), XLSX, XLS or ODS.

    Columns are those of ``percola audit --template`` (another unit of the same kind may stand in a header), and:

    * ``recipe``: a TOML file, relative to the table, or ``patent:ID``, in place of the columns of the recipe;
    * ``<column>_sd``: one standard deviation of a result, in the unit of its column (``avg_pore_um_sd``).

    Every row is audited with the rest of its file for ``doubt``.

    Raises:
        InputError: what cannot be read, is missing, or stands against itself, with row and column.

    Limitations: about 0.3 s for each recipe, once in a process. A workbook keeps no trailing zeros: 0.20 comes as 0.2,
    which allows more.
    """
    file = Path(path)
    where = str(file)
    table, separator = _table(file)
    header = [h.strip() for h in table[0]]
    names = [i for i, h in enumerate(header) if _is_name(h)]
    if not names:
        raise InputError(
            where, "no column specimen_id", "a name for each specimen", "see percola calibrate --template"
        )
    twice = sorted({h for h in header if h and header.count(h) > 1})
    if twice:
        raise InputError(where, f"column {twice[0]!r} twice", "each column once", "rename or remove one")
    rows = [r for r in table[1:] if any(c.strip() for c in r)]
    spreads = {i: (m[1] + m[2]).strip() for i, h in enumerate(header) if (m := _SD_COLUMN.fullmatch(h))}
    named_by = next((i for i, h in enumerate(header) if h.lower() in ("recipe", "recipe_file")), None)
    for k, r in enumerate(rows, start=1):
        if len(r) > len(header):
            raise InputError(
                f"{where}, row {k}",
                f"{len(r)} cells for {len(header)} columns",
                "one cell a column",
                "quote cells that hold the separator; write numbers with a decimal point",
            )
        if not (names[0] < len(r) and r[names[0]].strip()):
            raise InputError(
                f"{where}, row {k}",
                "no specimen_id",
                "a name for each specimen",
                "fill the column specimen_id",
            )
    main = [i for i in range(len(header)) if i not in spreads and i != named_by]
    body = [[r[i] if i < len(r) else "" for i in main] for r in rows]
    book = read.from_text(_text_of([[header[i] for i in main], *body], separator), where)
    stated, idle = _stated(header, rows, spreads, names[0], separator, where)
    paths = {
        r[names[0]].strip(): r[named_by].strip() if named_by is not None and named_by < len(r) else ""
        for r in rows
    }
    places = {s.id: f"{where}, row {k} ({s.id})" for k, s in enumerate(book, start=1)}
    by_id = {s.id: s for s in book}
    recipes, notes, audited = [], [], []
    for s in book:
        cell = paths[s.id]
        if cell:
            recipe = _recipe_of_cell(s, cell, file.parent, places[s.id])
            filled = table_recipe.cells(recipe)
            audited.append(replace(s, values={**filled, **s.values}))
        else:
            recipe, own = table_recipe.from_row(s, places[s.id], by_id)
            notes += own
            audited.append(s)
        recipes.append(recipe)
        notes += [f"{s.id}: {words}; kept, as it was made" for words in table_recipe.against_theory(recipe)]
    unread = tuple(dict.fromkeys([*(c for s in book for c in s.unknown_columns if c), *idle]))
    if unread:
        notes.append(f"columns not read: {', '.join(unread)}")
    checked = auditing.audit(audited)
    seen = [_seen(s, {}, places[s.id]) for s in book]
    if not any(o.observations or o.structure or o.at_most_two or o.impermeable for o in seen):
        allowed = ", ".join(columns.fields()[q].column for q in (*QUANTITIES, "structure_class"))
        raise InputError(
            where, "no result that calibration can use", f"a number in {allowed}", "fill a column of results"
        )
    return _assembled(audited, recipes, stated, checked.findings, file.name, places, notes)


def _recipe_of_cell(s: ReportedSpecimen, cell: str, folder: Path, where: str) -> Recipe:
    known = columns.fields()
    beside = [k for k in s.values if known[k].role in ("recipe", "share")]
    if beside:
        raise InputError(
            f"{where}, column {known[beside[0]].column}",
            f"{s.values[beside[0]].text!r} beside the recipe {cell!r}",
            "the recipe file, or the columns of the recipe",
            "leave one of them empty",
        )
    recipe = table_recipe.named(cell, folder, where)
    strain = s.get("stretching_residual_strain")
    if strain is not None:
        column = known["stretching_residual_strain"].column
        recipe = table_recipe.with_residual(recipe, strain, f"{where}, column {column}")
    return recipe


def joined(a: Observations, b: Observations) -> Observations:
    """Two sets as one: solvents and gels numbered anew over both.

    Raises:
        InputError: a name in both.
    """
    both = [n for n in a.names if n in set(b.names)]
    if both:
        sources = " and ".join(dict.fromkeys([*a.origin[:1], *b.origin[:1]]))
        raise InputError(
            sources,
            f"the specimen{'s' if len(both) > 1 else ''} {', '.join(both[:8])}{' ...' if len(both) > 8 else ''} in both",
            "each name once",
            "rename the rows, in the column specimen_id",
        )
    parts: dict[str, Any] = {}
    for f in fields(Observations):
        x, y = getattr(a, f.name), getattr(b, f.name)
        if f.name == "features":
            parts[f.name] = features_room.joined([x, y])
        elif f.name == "specimen":
            parts[f.name] = np.concatenate([x, y + len(a)])
        elif f.name == "cluster":
            parts[f.name] = clusters((*a.recipes, *b.recipes))
        elif f.name == "notes":
            parts[f.name] = tuple(dict.fromkeys((*x, *y)))
        elif isinstance(x, tuple):
            parts[f.name] = (*x, *y)
        else:
            parts[f.name] = np.concatenate([x, y])
    return Observations(**parts)


# --- template ----------------------------------------------------------------------------------------------

_TEMPLATE_KEYS = (
    "polymer", "molecular_weight", "polymer_parts", "solvent1", "solvent1_parts", "solvent2", "solvent2_parts", "resin",
    "resin_parts", "shaping", "die_inside_diameter", "die_outside_diameter", "bore_air", "gel_thickness",
    "dissolution_temperature", "cooling_medium", "cooling_temperature", "extraction_liquid", "stretch", "stretch_temperature",
    "stretching_residual_strain", "inside_diameter", "outside_diameter", "thickness", *QUANTITIES, "pore_size_ratio",
    "structure_class",
)  # fmt: skip
_EXAMPLES: tuple[dict[str, str], ...] = (
    {
        "specimen_id": "mine-1", "polymer": "PVDF", "Mw": "3.8e5", "polymer_parts": "42", "solvent1": "DEP",
        "solvent1_parts": "58", "shaping_type": "extruder, hollow die", "die_ID_mm": "0.9", "die_OD_mm": "1.7",
        "bore_air_ml_min": "10", "Ts_effective_C": "148", "cooling_medium": "DOP bath", "cooling_T_C": "22",
        "extraction_liquid": "methylene chloride", "stretch": "none", "ID_mm": "0.84", "OD_mm": "1.59",
        "porosity_pct": "57.2", "avg_pore_um": "0.15", "avg_pore_um_sd": "0.01", "max_pore_um": "0.24",
        "water_permeability_L_m2_h_atm": "520", "breaking_strength_kgf_cm2": "118", "breaking_strength_kgf_cm2_sd": "6",
        "breaking_extension_pct": "310", "internal_structure": "percolation",
    },
    {
        "specimen_id": "mine-2", "recipe": "patent:Ex3", "thickness_um": "92", "porosity_pct": "59.5",
        "avg_pore_um": "0.16", "avg_pore_um_sd": "0.02", "ratio_stated": "<= 2.0", "internal_structure": "percolation",
    },
)  # fmt: skip
_WORDS = """\
Specimens for percola calibrate: one row a specimen. Lines that begin with # are skipped.
Recipe: either the columns from polymer to stretch, or a TOML file (relative to this table) or patent:ID in the column recipe.
Needed of the columns: polymer, Mw, parts, solvent, shaping (hot press, hot plate, extruder with a hollow die), die or sheet,
dissolution temperature, cooling medium (a liquid bath, air, press, rolls) and extraction liquid (or none).
stretch: none, or for example "uniaxial, membrane, draw ratio 1.5"; residual_strain as measured on the product.
Results: leave empty what was not measured; 0 for a membrane that passes no water; "<= 2.0" for a bound.
<column>_sd: one standard deviation of the column, in its unit; without it the printed digits and the model's own scatter count.
Units stand in the headers; another unit of the same kind may stand there (avg_pore_nm, breaking_strength_MPa).
Both rows are examples with invented results: replace them."""


def template() -> str:
    """CSV text: comments, the header with units and two example rows (results invented)."""
    known = columns.fields()
    header = ["specimen_id", "recipe"]
    for key in _TEMPLATE_KEYS:
        header.append(known[key].column)
        if key in ("average_pore_size", "breaking_strength"):
            header.append(f"{known[key].column}_sd")
    out = io.StringIO()
    out.writelines(f"# {line}\n" for line in _WORDS.splitlines())
    writer = csv.DictWriter(out, header, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(_EXAMPLES)
    return out.getvalue()
