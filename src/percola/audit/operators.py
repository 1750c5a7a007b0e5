"""Generic operators: a rule and a case -> findings. What they compare stands in ``data/rules.toml``."""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np

from percola import tables, units
from percola.audit.fields import UNIT_SIGNS, UNITS, fields, shown
from percola.audit.findings import Case, Finding, Rule, finding
from percola.audit.interval import Interval
from percola.audit.quantities import (
    F316,
    Estimate,
    Missing,
    area_of,
    base_name,
    base_of,
    capillary,
    clearly_above,
    cut_digits,
    estimate_of,
    liquid_of,
    poiseuille,
    quantity,
    recipe_word,
    same_before_stretching,
    substance_key,
)
from percola.audit.specimens import ReportedSpecimen, reported
from percola.audit.statements import Statement
from percola.errors import InputError, TableError

Operator = Callable[[Rule, Case], Iterator[Finding]]

RESULTS = tuple(k for k, f in fields().items() if f.role == "result" and f.numeric)
SETTINGS = tuple(k for k, f in fields().items() if f.role == "recipe")
TEMPERATURES = ("kneading_temperature", "shaping_temperature", "dissolution_temperature")


# ---------------------------------------------------------------- one specimen


def _applies(rule: Rule, s: ReportedSpecimen) -> bool:
    return all(s.word(k) in words for k, words in rule.get("when", {}).items())


def _right(rule: Rule, s: ReportedSpecimen, case: Case) -> Estimate | Missing:
    if rule.get("limit") is not None:
        return Estimate(Interval.exact(Fraction(str(rule.get("limit")))), 0.0, rule.get("kind"))
    return quantity(rule.get("right"), s, case.book)


def _compare(rule: Rule, case: Case, wrong: Callable[[Estimate, Estimate, float], bool]) -> Iterator[Finding]:
    hits: list[tuple[str, Estimate, Estimate]] = []
    for s in case.specimens:
        if not _applies(rule, s):
            continue
        left, right = quantity(rule.get("left"), s, case.book), _right(rule, s, case)
        lacking = next((x for x in (left, right) if isinstance(x, Missing)), None)
        if lacking is not None:
            case.lacks(rule, s.id, lacking.words)
            continue
        assert isinstance(left, Estimate)
        assert isinstance(right, Estimate)
        case.judged(rule, s.id)
        if any((key, s.id) in case.hit for key in rule.get("unless", "").split(";")) or not wrong(
            left, right, float(rule.get("sigmas", 0))
        ):
            continue
        if rule.get("group"):
            hits.append((s.id, left, right))
        else:
            yield _pair(rule, case, s, left, right)
    if hits:
        yield _grouped(rule, case, hits)


def _with_name(e: Estimate) -> str:
    return f"{e} of {e.note}" if e.kind == "temperature" and e.note and "cloud" not in e.note else str(e)


def _pair(rule: Rule, case: Case, s: ReportedSpecimen, left: Estimate, right: Estimate) -> Finding:
    numbers = {rule.get("left"): left, rule.get("right", "limit"): right}
    base = same_before_stretching(s, case.book) if rule.key == "stretching_balance" else None
    where = case.paragraphs(base.id) if base is not None else ()
    return finding(
        rule, case, (s.id,), numbers, where, left=left, right=_with_name(right), areas="{areas}", cut="{cut}"
    )


def _grouped(rule: Rule, case: Case, hits: Sequence[tuple[str, Estimate, Estimate]]) -> Finding:
    """One finding for many specimens: the template once for each."""
    numbers = {
        i: {rule.get("left"): a.to_dict(), rule.get("right", "limit"): b.to_dict()} for i, a, b in hits
    }
    texts = [rule.words.format(id=i, left=a, right=_with_name(b)) for i, a, b in hits]
    ids = tuple(i for i, _, _ in hits)
    case.hit.update((rule.key, i) for i in ids)
    return Finding(
        rule.key, rule.grade, rule.title, ids, numbers, " ".join(texts), case.paragraphs(*ids), rule.consequence,
        rule.source,
    )  # fmt: skip


def at_most(rule: Rule, case: Case) -> Iterator[Finding]:
    """left <= right, beyond digits and standard deviations."""
    return _compare(rule, case, clearly_above)


def at_least(rule: Rule, case: Case) -> Iterator[Finding]:
    """left >= right, beyond digits and standard deviations."""
    return _compare(rule, case, lambda a, b, k: clearly_above(b, a, k))


def agree(rule: Rule, case: Case) -> Iterator[Finding]:
    """left = right within digits and standard deviations."""
    return _compare(rule, case, lambda a, b, k: clearly_above(a, b, k) or clearly_above(b, a, k))


def ratio_agrees(rule: Rule, case: Case) -> Iterator[Finding]:
    """agree for a quotient, saying whether digits cut off in place of rounded would explain what rounding does not."""
    top, bottom = rule.get("quotient")
    for f in agree(rule, case):
        s = case.book[f.specimens[0]]
        own, a, b = (cut_digits(s, k) for k in (rule.get("left"), top, bottom))
        rounded = s.interval(rule.get("left"))
        if own is None or a is None or b is None or rounded is None or b.low <= 0:
            yield _renamed(f, f.words.replace("{cut}", ""))
            continue
        cut = Estimate(a / b, 0.0, "number", "with digits cut off")
        # The upper ends of cut numbers are not reached, so that touching ends do not agree.
        explains = any(i.low < cut.interval.high and i.high > cut.interval.low for i in (own, rounded))
        spell = f"{float(cut.interval.low):.4g} to {float(cut.interval.high):.4g}"
        text = (
            f" Digits cut off in place of rounded would explain it: they allow {spell}."
            if explains
            else f" Digits cut off in place of rounded do not explain it either: they allow {spell}."
        )
        yield _renamed(
            f, f.words.replace("{cut}", text), {**f.numbers, "cut": cut, "cutting_explains": explains}
        )


def flux_at_most(rule: Rule, case: Case) -> Iterator[Finding]:
    """at_most for a flux, telling the areas of a tube apart."""
    for f in at_most(rule, case):
        s = case.book[f.specimens[0]]
        if s.interval("inside_diameter") is None:
            yield _renamed(f, f.words.replace("{areas}", ""))
            continue
        found = s.interval("maximum_pore_size" if "maximum" in rule.get("right") else "average_pore_size")
        pore = found if found is not None else Missing("pore size")
        other = {}
        for area in ("inner", "outer", "mean"):
            bound = poiseuille(s, pore if rule.get("right").endswith("as_printed") else capillary(pore), area)
            if isinstance(bound, Estimate):
                other[area] = bound
        used = area_of(s)
        said = "the inner area, which allows most" if not s.word("flux_area") else f"the {used} area"
        more = "; ".join(f"{k}: {shown(v.value, v.kind)}" for k, v in other.items() if k != used)
        text = f.words.replace("{areas}", f", on {said} ({more})")
        numbers = {**f.numbers, **{f"bound_{k}_area": v for k, v in other.items()}}
        yield _renamed(f, text, numbers)


def _renamed(f: Finding, words: str, numbers: Any = None) -> Finding:
    return Finding(
        f.rule, f.grade, f.title, f.specimens, f.numbers if numbers is None else numbers, words, f.paragraphs,
        f.consequence, f.source,
    )  # fmt: skip


def plausible(rule: Rule, case: Case) -> Iterator[Finding]:
    """Numbers outside of wide ranges of their column, and which slip of the unit would bring them inside."""
    for r in rule.get("ranges"):
        key = r["field"]
        like = fields()[r.get("like", key)]
        factor, offset = UNITS[like.kind][like.unit]
        for s in case.specimens:
            own = quantity(key, s, case.book)
            if isinstance(own, Missing):
                continue
            case.judged(rule, f"{s.id}, {like.words}")
            low, high = (Fraction(r[k]) * factor + offset if k in r else None for k in ("low", "high"))
            if (low is None or own.interval.high >= low) and (high is None or own.interval.low <= high):
                continue
            if r.get("zero") and own.interval.low == 0 == own.value:
                continue
            number = (Fraction(own.value) - offset) / factor
            # As it is written, where it stands in the unit of the template.
            found = s.get(key)
            text = found.text if found is not None and found.unit == like.unit else f"{float(number):.4g}"
            sign = UNIT_SIGNS.get(like.unit, like.unit)
            slips = []
            for slip in r.get("slips", ()):
                moved = (
                    number * Fraction(slip.get("factor", "1")) + Fraction(slip.get("add", "0"))
                ) * factor + offset
                if (low is None or moved >= low) and (high is None or moved <= high):
                    slips.append(f"{text} {slip['words']} would be {shown(float(moved), like.kind, 4)}")
            ends = [shown(float(x), like.kind) for x in (low, high) if x is not None]
            span = (
                " to ".join(ends)
                if len(ends) == 2
                else f"{'at least' if low is not None else 'at most'} {ends[0]}"
            )
            yield finding(
                rule, case, (s.id,), {"field": like.key, "value": own, "low": _or_none(low), "high": _or_none(high), "slips": slips},
                name=like.words[0].upper() + like.words[1:], own=f"{text} {sign}".strip(), range=span, why=r["why"],
                slips=f" Likely a slip of the unit or the column: {', or '.join(slips)}." if slips else " No usual slip of the unit brings it inside.",
            )  # fmt: skip


def _or_none(x: Fraction | None) -> float | None:
    return None if x is None else float(x)


def pores_without_flux(rule: Rule, case: Case) -> Iterator[Finding]:
    """A flux of exactly zero beside connected pores: the percolation structure, or a pore size got by flow."""
    for s in case.specimens:
        flux = s.get("water_permeability")
        if flux is None:
            case.lacks(rule, s.id, fields()["water_permeability"].words)
            continue
        case.judged(rule, s.id)
        if flux.value != 0.0 or flux.relation == "<=":
            continue
        signs = ["the structure is called percolation"] if s.word("structure_class") == "percolation" else []
        for k in ("average_pore_size", "maximum_pore_size"):
            own = s.interval(k)
            if own is not None and own.low > 0 and not s.word("pore_measured_after"):
                signs.append(f"the {fields()[k].words} is {_own(s, k)}")
        if signs:
            yield finding(
                rule,
                case,
                (s.id,),
                {"water_permeability": flux.to_dict(), "signs": signs},
                signs=" and ".join(signs),
            )


def unknown_substance(rule: Rule, case: Case) -> Iterator[Finding]:
    """Names of substances that the tables do not hold."""
    names: dict[tuple[str, str], list[str]] = {}
    for s in case.specimens:
        for k in ("solvent1", "solvent2", "solvent3"):
            if s.word(k):
                case.judged(rule, s.id)
                if liquid_of(s.word(k)) is None:
                    names.setdefault((fields()[k].words, s.word(k)), []).append(s.id)
    for (what, name), ids in names.items():
        near = ""
        try:
            tables.liquid(name)
        except TableError as error:
            near = error.allowed
        yield finding(
            rule,
            case,
            tuple(dict.fromkeys(ids)),
            {"text": name},
            name=name,
            what=what,
            near=f" ({near})" if near else "",
        )


def comparative_meets_definition(rule: Rule, case: Case) -> Iterator[Finding]:
    """Comparative specimens of the structure and the ratio that the definition asks for."""
    most = float(rule.get("limit"))
    for s in case.specimens:
        if s.word("comparative") != "yes" or s.word("structure_class") != rule.get("structure"):
            continue
        ratio, quotient = s.get("pore_size_ratio"), quantity("pore_quotient", s, case.book)
        if ratio is not None:
            value, text = float(ratio.value), ratio.text
        elif isinstance(quotient, Estimate):
            value, text = quotient.value, f"{quotient.value:.3g}"
        else:
            case.lacks(rule, s.id, fields()["pore_size_ratio"].words)
            continue
        case.judged(rule, s.id)
        if value > most:
            continue
        apart = (
            [f"its surface is called {s.word('surface_structure').replace('_', '-')}"]
            if s.word("surface_structure")
            else []
        )
        apart += (
            [f"the sizes were measured after this: {s.word('pore_measured_after')}"]
            if s.word("pore_measured_after")
            else []
        )
        yield finding(
            rule, case, (s.id,), {"structure_class": s.word("structure_class"), "pore_size_ratio": text}, ratio=text,
            apart="; ".join(apart) or "nothing in the table tells it from the examples",
        )  # fmt: skip


def words_exclude(rule: Rule, case: Case) -> Iterator[Finding]:
    """Two words of one specimen that do not go together: one field has one of its words, another matches a pattern."""
    for s in case.specimens:
        if not _applies(rule, s) or not s.values.get(rule.get("left")):
            continue
        case.judged(rule, s.id)
        if re.search(rule.get("pattern"), s.word(rule.get("left")), re.I):
            yield finding(
                rule, case, (s.id,), {k: s.word(k) for k in (*rule.get("when"), rule.get("left"))},
                left=s.word(rule.get("left")),
            )  # fmt: skip


def zero(rule: Rule, case: Case) -> Iterator[Finding]:
    """A reported number that is exactly zero."""
    for s in case.specimens:
        found = s.get(rule.get("left"))
        if found is None:
            case.lacks(rule, s.id, fields()[rule.get("left")].words)
            continue
        case.judged(rule, s.id)
        if found.value == 0.0 and found.relation != "<=":
            yield finding(rule, case, (s.id,), {rule.get("left"): found.to_dict()})


def stretching_without_result(rule: Rule, case: Case) -> Iterator[Finding]:
    """A stretching in the process, and no residual strain."""
    ids = []
    for s in case.specimens:
        if not s.stretched or s.reserved:
            continue
        case.judged(rule, s.id)
        if s.get("stretching_residual_strain") is None:
            ids.append(s.id)
    if ids:
        yield finding(rule, case, tuple(ids), {"stretch": [case.book[i].word("stretch") for i in ids]})


# ---------------------------------------------------------------- several specimens


def _recipe(s: ReportedSpecimen, without: Sequence[str] = ()) -> tuple[Any, ...]:
    return tuple(recipe_word(s, k) for k in SETTINGS if k not in without)


def _differing(a: ReportedSpecimen, b: ReportedSpecimen) -> list[str]:
    return [k for k in SETTINGS if recipe_word(a, k) != recipe_word(b, k)]


def _two_digits(text: str) -> bool:
    return len(re.sub(r"[^0-9]", "", text.split("e")[0]).lstrip("0")) >= 2


def repeated_row(rule: Rule, case: Case) -> Iterator[Finding]:
    """Specimens whose printed results repeat those of an earlier one with another recipe; the first such one is named."""
    codes: dict[tuple[str, float], int] = {}
    table = np.full((len(case.specimens), len(RESULTS)), -1, dtype=np.int32)
    for i, s in enumerate(case.specimens):
        for j, k in enumerate(RESULTS):
            v = s.get(k)
            if v is not None and isinstance(v.value, float) and _two_digits(v.text):
                table[i, j] = codes.setdefault((k, v.value), len(codes))
    there = table >= 0
    for i, b in enumerate(case.specimens):
        shared_all = there[:i] & there[i]
        count = shared_all.sum(axis=1)
        equal_all = (shared_all & (table[:i] == table[i])).sum(axis=1)
        least = int(rule.get("least"))
        if (count >= least).any():
            case.judged(rule, b.id)
        for at in np.nonzero((equal_all >= least) & (equal_all >= rule.get("share") * count))[0]:
            a = case.specimens[int(at)]
            differing = _differing(a, b)
            if differing:
                yield _repeated(
                    rule, case, a, b, differing, [RESULTS[j] for j in np.nonzero(shared_all[at])[0]]
                )
                break


def _repeated(
    rule: Rule,
    case: Case,
    a: ReportedSpecimen,
    b: ReportedSpecimen,
    differing: Sequence[str],
    shared: Sequence[str],
) -> Finding:
    names = fields()
    equal = [k for k in shared if a.values[k].value == b.values[k].value]
    others = [k for k in shared if k not in equal]
    only = "only the " if len(others) == 1 else ""
    more = "".join(f"; {only}{names[k].words} differs ({_own(a, k)} and {_own(b, k)})" for k in others)
    return finding(
        rule, case, (a.id, b.id), {k: a.values[k].to_dict() for k in equal}, equal=len(equal), shared=len(shared),
        names=", ".join(names[k].words for k in equal), differing=", ".join(names[k].words for k in differing),
        others=more,
    )  # fmt: skip


def _own(s: ReportedSpecimen, key: str) -> str:
    found = s.get(key)
    if found is None:
        return "not stated"
    return f"{found.text} {UNIT_SIGNS.get(found.unit, found.unit)}".strip()


def same_recipe_other_results(rule: Rule, case: Case) -> Iterator[Finding]:
    """Specimens with one recipe whose results exclude each other: of each result the two that lie farthest apart."""
    groups: dict[tuple[Any, ...], list[ReportedSpecimen]] = {}
    for s in case.specimens:
        if s.get("dissolution_temperature") is not None and s.get("polymer_parts") is not None:
            groups.setdefault(_recipe(s), []).append(s)
    for group in groups.values():
        if len(group) < 2:
            continue
        apart: dict[str, tuple[ReportedSpecimen, ReportedSpecimen]] = {}
        for s in group:
            case.judged(rule, s.id)
        for k in RESULTS:
            found = [(s, i) for s in group if (i := s.interval(k)) is not None]
            if len(found) < 2:
                continue
            lowest = min(found, key=lambda x: x[1].high)
            highest = max(found, key=lambda x: x[1].low)
            if not lowest[1].meets(highest[1]):
                apart[k] = (lowest[0], highest[0])
        if apart:
            ids = tuple(dict.fromkeys(s.id for s in group if any(s in pair for pair in apart.values())))
            yield finding(
                rule, case, ids, {k: (estimate_of(a, k), estimate_of(b, k)) for k, (a, b) in apart.items()},
                differences="; ".join(
                    f"{fields()[k].words}: {_own(a, k)} ({a.id}) and {_own(b, k)} ({b.id})" for k, (a, b) in apart.items()
                ),
            )  # fmt: skip


def _series(case: Case) -> list[list[ReportedSpecimen]]:
    """Specimens that differ in temperature only, in its order."""
    groups: dict[tuple[Any, ...], list[ReportedSpecimen]] = {}
    for s in case.specimens:
        if s.interval("dissolution_temperature") is not None and s.get("polymer_parts") is not None:
            groups.setdefault(_recipe(s, TEMPERATURES), []).append(s)
    return [
        sorted(g, key=lambda s: float(s.values["dissolution_temperature"].value))
        for g in groups.values()
        if len({s.values["dissolution_temperature"].value for s in g}) == len(g)
    ]


def trend_break(rule: Rule, case: Case) -> Iterator[Finding]:
    """Series that go one way but for one step."""
    for series in _series(case):
        for k in RESULTS:
            found = [(s, i) for s in series if (i := s.interval(k)) is not None]
            steps = [
                (1 if b.low > a.high else -1, s, t)
                for (s, a), (t, b) in pairwise(found)
                if b.low > a.high or b.high < a.low
            ]
            if len(steps) < rule.get("least"):
                continue
            case.judged(rule, f"{found[0][0].id}..{found[-1][0].id}, {fields()[k].words}")
            up = sum(1 for d, _, _ in steps if d > 0)
            if min(up, len(steps) - up) != 1:
                continue
            odd = 1 if up == 1 else -1
            _, s, t = next(step for step in steps if step[0] == odd)
            yield finding(
                rule, case, (s.id, t.id), {s.id: estimate_of(s, k), t.id: estimate_of(t, k)},
                name=f"The {fields()[k].words}", first=s.id, second=t.id,
                first_T=_own(s, "dissolution_temperature"), second_T=_own(t, "dissolution_temperature"),
                first_value=_own(s, k), second_value=_own(t, k), others=len(steps) - 1,
                direction="fall" if odd > 0 else "rise", way="rises" if odd > 0 else "falls",
            )  # fmt: skip


def outlier(rule: Rule, case: Case) -> Iterator[Finding]:
    """A quantity far from the median of its series, or of all fibres of its die."""
    if rule.get("by") == "series":
        groups: list[list[ReportedSpecimen]] = _series(case)
    else:
        dies: dict[Any, list[ReportedSpecimen]] = {}
        for s in case.specimens:
            die = (recipe_word(s, "die_inside_diameter"), recipe_word(s, "die_outside_diameter"))
            if None not in die:
                dies.setdefault(die, []).append(s)
        groups = list(dies.values())
    for group in groups:
        found = []
        for s in group:
            e = quantity(rule.get("left"), s, case.book)
            if isinstance(e, Estimate):
                found.append((s, e))
            else:
                case.lacks(rule, s.id, e.words)
        if len(found) < rule.get("least"):
            continue
        median = statistics.median(e.value for _, e in found)
        factor = float(rule.get("factor"))
        low = Estimate(Interval.exact(Fraction(median / factor)), 0.0, "number")
        high = Estimate(Interval.exact(Fraction(median * factor)), 0.0, "number")
        for s, e in found:
            case.judged(rule, s.id)
            sigmas = float(rule.get("sigmas"))
            if any((key, s.id) in case.hit for key in rule.get("unless", "").split(";")):
                continue
            if clearly_above(e, high, sigmas) or clearly_above(low, e, sigmas):
                yield finding(
                    rule, case, (s.id,), {"left": e, "median": median},
                    left=e, median=f"{median:.3g}", count=len(found),
                )  # fmt: skip


def interior_follows_medium(rule: Rule, case: Case) -> Iterator[Finding]:
    """The pore size after removal of the skin against that of the same gel cooled otherwise."""
    key, without = "average_pore_size", ("cooling_medium", "cooling_temperature")
    apart: list[tuple[ReportedSpecimen, ReportedSpecimen]] = []
    groups: dict[tuple[Any, ...], list[tuple[ReportedSpecimen, Interval]]] = {}
    for s in case.specimens:
        own = s.interval(key)
        if own is not None:
            groups.setdefault((_recipe(s, without), s.word("structure_class")), []).append((s, own))
    for group in groups.values():
        others_in = [(t, i) for t, i in group if not t.word("pore_measured_after")]
        for s, mine in group:
            if not s.word("pore_measured_after") or not others_in:
                continue
            case.judged(rule, s.id)
            apart.extend((s, t) for t, i in others_in[:50] if not mine.meets(i))
    if apart:
        ids = tuple(dict.fromkeys(s.id for s, _ in apart))
        others = tuple(dict.fromkeys(t.id for _, t in apart))
        yield finding(
            rule, case, ids, {i: estimate_of(case.book[i], key) for i in (*ids, *others)},
            case.paragraphs(*others),
            left=estimate_of(case.book[ids[0]], key),
            right=f"{estimate_of(case.book[others[0]], key)} ({', '.join(others)})",
        )  # fmt: skip


def composition_moves(rule: Rule, case: Case) -> Iterator[Finding]:
    """Parts that do not add up to 100, and a polymer share other than that of the process repeated."""
    texts, ids, numbers = [], [], {}
    for s in case.specimens:
        base = base_of(s, case.book)
        parts = [i for k in SETTINGS if k.endswith("_parts") and (i := s.interval(k)) is not None]
        share = quantity("polymer_of_parts", s, case.book)
        own = quantity("polymer_of_parts", base, case.book) if base is not None else Missing("")
        if base is None or isinstance(share, Missing) or isinstance(own, Missing):
            continue
        case.judged(rule, s.id)
        total = sum(parts[1:], parts[0])
        if total.holds(100) or share.interval.meets(own.interval):
            continue
        ids.append(s.id)
        numbers[s.id] = {"sum": total.middle, "polymer": share.to_dict(), "before": own.to_dict()}
        texts.append(
            rule.words.format(
                id=s.id, sum=f"{total.middle:g}", share=shown(share.value, "fraction"), base=base.id,
                base_share=shown(own.value, "fraction"),
            )
        )  # fmt: skip
    if ids:
        case.hit.update((rule.key, i) for i in ids)
        yield Finding(
            rule.key, rule.grade, rule.title, tuple(ids), numbers, "; ".join(t.rstrip(".") for t in texts) + ".",
            case.paragraphs(*ids), rule.consequence, rule.source,
        )  # fmt: skip


def not_stated(rule: Rule, case: Case) -> Iterator[Finding]:
    """Fields that others depend on, and that are empty."""
    for wanted in rule.get("required"):
        key, ids = wanted["field"], []
        for s in case.specimens:
            if not all(k in s.values and re.search(p, s.word(k), re.I) for k, p in wanted["when"].items()):
                continue
            case.judged(rule, f"{s.id}, {fields()[key].words}")
            if key not in s.values or (key == "cooling_temperature" and s.word(f"{key}_stated") == "no"):
                ids.append(s.id)
        if ids:
            words = fields()[key].words
            yield finding(
                rule, case, tuple(ids), {"field": key}, words=words[0].upper() + words[1:], count=len(ids),
                because=wanted["because"], effect=wanted["effect"],
            )  # fmt: skip


_HEADING = re.compile(r"^\s*(.*?)\s*(\d+)\s*[a-z]?\s*$", re.I)


def gap_in_numbering(rule: Rule, case: Case) -> Iterator[Finding]:
    """Headings whose numbers leave one out."""
    series: dict[str, dict[int, str]] = {}
    for s in case.specimens:
        match = _HEADING.match(s.word("example"))
        if match:
            series.setdefault(match[1], {}).setdefault(int(match[2]), s.id)
    for name, numbers in series.items():
        case.judged(rule, name)
        ordered = sorted(numbers)
        for a, b in pairwise(ordered):
            if b - a > 1:
                gone = [f"{name} {n}" for n in range(a + 1, min(b, a + 10))]
                yield finding(
                    rule, case, (numbers[a], numbers[b]), {"before": a, "after": b},
                    series=name, before=a, after=b, missing=", ".join(gone),
                )  # fmt: skip


def unknown_reference(rule: Rule, case: Case) -> Iterator[Finding]:
    """A process repeated that no specimen has."""
    names = {s.id.lower() for s in case.specimens} | {s.word("example").lower() for s in case.specimens}
    for s in case.specimens:
        base = base_name(s)
        if not base:
            continue
        case.judged(rule, s.id)
        # "Ex1" may stand for Ex1a and Ex1b, or for Ex6-DMP of a heading with several specimens.
        known = any(
            n == base.lower() or re.fullmatch(re.escape(base.lower()) + r"([a-z]|-.*)", n) for n in names
        )
        if not known or base.lower() == s.id.lower():
            yield finding(rule, case, (s.id,), {"repeats": base}, base=base)


def figure_twice(rule: Rule, case: Case) -> Iterator[Finding]:
    """One figure given for several specimens."""
    where: dict[str, list[str]] = {}
    for s in case.specimens:
        for f in re.split(r"[;+ ]+", s.word("figure")):
            if f:
                where.setdefault(f, []).append(s.id)
    for figure, ids in where.items():
        case.judged(rule, figure)
        if len(ids) > 1:
            yield finding(rule, case, tuple(ids), {"figure": figure}, figure=figure)


# ---------------------------------------------------------------- statements


def _said(field: str, text: str, unit: str, where: str) -> Estimate | str:
    """A stated value: an estimate, or the key of a substance or word."""
    value = reported(field, text, unit, where)
    if value.interval is None:
        return substance_key(text)
    return Estimate(value.interval, 0.0, value.kind)


def said_otherwise(rule: Rule, case: Case) -> Iterator[Finding]:
    """A specimen's value elsewhere in the source, against its own paragraph."""
    for st in case.of_kind("specimen_value"):
        for name, text in st["values"].items():
            s = case.book.get(name)
            if s is None or s.get(st["field"]) is None:
                case.lacks(rule, f"{st.subject}, {name}", fields()[st["field"]].words)
                continue
            case.judged(rule, f"{st.subject}, {name}")
            said, own = _said(st["field"], text, st.get("unit"), st.subject), s.values[st["field"]]
            if isinstance(said, Estimate):
                same = own.interval is not None and own.interval.meets(said.interval)
                other = shown(said.value, said.kind)
            else:
                same, other = said == substance_key(own.text), text
            if not same:
                yield finding(
                    rule, case, (name,), {"own": own.to_dict(), "elsewhere": text}, (st.paragraph,),
                    name=fields()[st["field"]].words, own=_own(s, st["field"]), other=other, subject=st.subject,
                )  # fmt: skip


def window(rule: Rule, case: Case) -> Iterator[Finding]:
    """A bound of the window, recomputed from the specimens of its series by paragraph 19."""
    for st in case.of_kind("window"):
        points = []
        for name in st["series"]:
            s = case.book.get(name)
            T, v = (s.get(st["setting"]), s.get(st["field"])) if s is not None else (None, None)
            if T is not None and v is not None and isinstance(T.value, float) and isinstance(v.value, float):
                points.append((T.value, v.value, name))
        points.sort()
        if len(points) < 2:
            case.lacks(rule, st.subject, f"{st['field']} of its series")
            continue
        case.judged(rule, st.subject)
        stated = reported(st["setting"], st["text"], st["unit"], st.subject)
        step, sign = float(st["step"]), 1.0 if st["edge"] == "rise" else -1.0
        slopes = [(sign * (b[1] - a[1]) / (b[0] - a[0]), a, b) for a, b in pairwise(points)]
        _, a, b = max(slopes, key=lambda x: x[0])
        assert isinstance(stated.value, float)
        even = abs(b[0] - a[0] - step) < 1e-6
        found = a[0] + step / 2
        if even and abs(found - stated.value) < 1e-6:
            continue
        numbers = {
            "stated": stated.to_dict(),
            "temperatures": [p[0] for p in points],
            "values": [p[1] for p in points],
        }
        span = f"{shown(a[0], 'temperature')} ({a[2]}) and {shown(b[0], 'temperature')} ({b[2]})"
        words = (
            f"the steepest step of the specimens lies between {span}, which gives {shown(found, 'temperature')}"
            if even
            else f"it takes steps of {step:g} K, but the steepest step of the specimens lies between {span}, with none between"
        )
        yield finding(
            rule, case, (a[2], b[2]), numbers, (st.paragraph,), subject=st.subject, stated=shown(stated.value, "temperature"),
            found=words,
        )  # fmt: skip


def _by_subject(statements: Sequence[Statement]) -> dict[str, list[Statement]]:
    out: dict[str, list[Statement]] = {}
    for st in statements:
        out.setdefault(st.subject, []).append(st)
    return out


def definition_differs(rule: Rule, case: Case) -> Iterator[Finding]:
    """One subject, several definitions."""
    for subject, group in _by_subject(case.of_kind(rule.get("of", "definition"))).items():
        case.judged(rule, subject)
        readings: dict[str, list[str]] = {}
        for st in group:
            readings.setdefault(str(st["reading"]), []).append(st.paragraph)
        if len(readings) > 1:
            text = ", but ".join(f"{r} in {_paragraphs(p)}" for r, p in readings.items())
            yield finding(
                rule,
                case,
                (),
                dict(readings),
                tuple(st.paragraph for st in group),
                subject=subject,
                readings=text,
            )


def _paragraphs(found: Sequence[str]) -> str:
    return " and ".join(p if p.startswith("claim") else f"para. {p}" for p in found)


def stands_for(rule: Rule, case: Case) -> Iterator[Finding]:
    """A specimen that stands for another process, field by field."""
    for st in case.of_kind("process"):
        s = case.book.get(st["specimen"])
        if s is None:
            case.lacks(rule, st.subject, f"specimen {st['specimen']}")
            continue
        case.judged(rule, st.subject)
        apart, numbers = [], {}
        for key, text in st["fields"].items():
            number, _, unit = text.partition(" ")
            if fields()[key].numeric:
                said = _said(key, number, unit, st.subject)
                own = (
                    quantity("polymer_of_parts", s, case.book)
                    if key == "polymer_share"
                    else estimate_of(s, key)
                )
                if (
                    not isinstance(own, Estimate)
                    or not isinstance(said, Estimate)
                    or own.interval.meets(said.interval)
                ):
                    continue
                there, here = shown(said.value, said.kind), shown(own.value, own.kind)
            else:
                found = s.get(key)
                if found is None or substance_key(found.text) == substance_key(text):
                    continue
                mine = liquid_of(found.text)
                there, here = text, mine.name if mine is not None else found.text
            apart.append(f"{fields()[key].words}: {there} there, {here} here")
            numbers[key] = {"there": there, "here": here}
        if apart:
            yield finding(
                rule,
                case,
                (s.id,),
                numbers,
                (st.paragraph,),
                subject=st.subject,
                differences="; ".join(apart),
            )


def derived(rule: Rule, case: Case) -> Iterator[Finding]:
    """base + offset against the number given."""
    for st in case.of_kind("derived"):
        case.judged(rule, st.subject)
        base = reported("dissolution_temperature", st["base"], st["unit"], st.subject)
        offset = Fraction(st["offset"])
        stated = reported("dissolution_temperature", st["text"], st["unit"], st.subject)
        assert base.interval is not None
        assert stated.interval is not None
        computed = base.interval.scaled(1, offset)
        # Another rule of the same passage may give the number: then it is two readings, not a contradiction.
        also = base.interval.scaled(1, Fraction(st["also"])) if st.get("also") else None
        reading = also is not None and also.meets(stated.interval)
        if not computed.meets(stated.interval):
            yield finding(
                rule, case, (), {"computed": Estimate(computed, 0.0, "temperature"), "stated": stated.to_dict()},
                (st.paragraph,), subject=st.subject[0].upper() + st.subject[1:],
                computed=shown(computed.middle, "temperature"), stated=stated.text + " °C", grade="ambiguous" if reading else "",
                reading=f" (the base + {st['also']} K of another rule there)" if reading else "",
            )  # fmt: skip


def citation_differs(rule: Rule, case: Case) -> Iterator[Finding]:
    """One subject cited under several numbers, or called by several terms."""
    for subject, group in _by_subject(case.of_kind(rule.get("of", "citation"))).items():
        case.judged(rule, subject)
        texts = dict.fromkeys(st["text"] for st in group)
        if len(texts) > 1:
            yield finding(
                rule, case, (), {"texts": list(texts)}, tuple(st.paragraph for st in group),
                subject=subject, texts=" and ".join(f"{st['text']} (para. {st.paragraph})" for st in group),
            )  # fmt: skip


def two_names(rule: Rule, case: Case) -> Iterator[Finding]:
    """Liquids named in two ways; a user's own table counts with its columns of liquids."""
    named: dict[str, dict[str, list[str]]] = {}
    for st in case.of_kind("name"):
        found = liquid_of(st["text"])
        if found is not None:
            named.setdefault(found.key, {}).setdefault(st["text"].lower(), []).append(st.paragraph)
    if not case.of_kind("name"):
        for s in case.specimens:
            for name in (*s.solvents, s.word("cooling_medium")):
                plain = re.sub(r"\s+bath$", "", name.strip(), flags=re.I)
                found = liquid_of(plain) if plain else None
                if found is not None and plain.upper() != found.key:  # an abbreviation is no second name
                    named.setdefault(found.key, {}).setdefault(plain.lower(), []).append(s.paragraph or s.id)
    for key, names in named.items():
        case.judged(rule, key)
        if len(names) > 1:
            text = " and ".join(f"{n} ({', '.join(dict.fromkeys(p))})" for n, p in names.items())
            where = tuple(dict.fromkeys(p for ps in names.values() for p in ps))
            yield finding(
                rule, case, (), {"names": list(names)}, where, names=text[0].upper() + text[1:], key=key
            )


def unit_of_nothing(rule: Rule, case: Case) -> Iterator[Finding]:
    """Printed units that do not measure their quantity; the near reading against the range claimed."""
    for st in case.of_kind("unit"):
        case.judged(rule, st.subject)
        # A reader of units may forgive the case of letters; what was printed is judged as it stands: M is mega.
        own = UNITS.get(st["quantity"], {})
        capitals = (
            st["text"].isupper() and st["text"] not in own and st["text"].lower() in {n.lower() for n in own}
        )
        if not capitals:
            try:
                units.si_value(f"{st['number']} {st['text']}", st["quantity"], st.subject)
                continue
            except InputError:
                pass
        reading = "no reading suggests itself"
        numbers: dict[str, Any] = {"text": st["text"]}
        if st.get("near"):
            value = units.si_value(f"{st['number']} {st['near']}", st["quantity"], st.subject)
            numbers["near"] = value
            reading = f"read as {st['near']} they would be {shown(value, st['quantity'])}"
            for r in case.of_kind("range"):
                if r["field"] == st["field"]:
                    high = reported(r["field"], r["high"], r["unit"], r.subject)
                    assert isinstance(high.value, float)
                    if value > high.value:
                        reading += f", beyond the {shown(high.value, high.kind)} of the {r.subject} claimed"
                        break
        yield finding(
            rule, case, (), numbers, (st.paragraph,), subject=st.subject[0].upper() + st.subject[1:], text=st["text"],
            quantity=st["quantity"], reading=reading,
        )  # fmt: skip


def mass_as_force(rule: Rule, case: Case) -> Iterator[Finding]:
    """Pressures and stresses printed as mass over area."""
    for st in case.of_kind("unit"):
        if st["quantity"] != "pressure":
            continue
        case.judged(rule, f"{st.subject}, {st['text']}")
        if re.fullmatch(r"k?g\s*/\s*[cm]?m(2|²|\^2)", st["text"], re.I):
            other = [
                f"{o['text']} (para. {o.paragraph})"
                for o in case.of_kind("unit")
                if o["field"] == st["field"] and o["text"] != st["text"]
            ]
            yield finding(
                rule, case, (), {"text": st["text"]}, (st.paragraph,), subject=st.subject[0].upper() + st.subject[1:],
                text=f"{st['text']} (para. {st.paragraph})", others=", ".join(other) or "no other unit",
            )  # fmt: skip


_PRESSURES = {"atm": tables.constants.ATMOSPHERE_PA, "bar": 1e5, "kgf/cm2": tables.constants.KGF_CM2_PA}


def pressure_basis(rule: Rule, case: Case) -> Iterator[Finding]:
    """A flux per one unit of pressure, measured at one of another."""
    for st in case.of_kind("unit"):
        if not st.get("measured_at"):
            continue
        case.judged(rule, st.subject)
        base = next((v for k, v in _PRESSURES.items() if st["text"].lower().endswith(k)), None)
        measured = units.si_value(st["measured_at"], "pressure", st.subject)
        if base is None or abs(measured / base - 1) < 1e-3:
            continue
        apart = abs(base / measured - 1) if base > measured else abs(measured / base - 1)
        yield finding(
            rule, case, (), {"per_Pa": base, "measured_Pa": measured, "relative_difference": apart}, (st.paragraph,),
            subject=st.subject[0].upper() + st.subject[1:], unit=st["text"].rsplit(".", 1)[-1],
            measured=st["measured_at"], percent=f"{100 * apart:.1f} %",
        )  # fmt: skip


def method_without_value(rule: Rule, case: Case) -> Iterator[Finding]:
    """Methods whose quantity no specimen reports."""
    for st in case.of_kind("method"):
        case.judged(rule, st.subject)
        if not any(st["field"] in s.values for s in case.specimens):
            yield finding(
                rule,
                case,
                (),
                {"field": st["field"]},
                (st.paragraph,),
                subject=st.subject[0].upper() + st.subject[1:],
            )


def field_of_view(rule: Rule, case: Case) -> Iterator[Finding]:
    """Largest pore claimed against the spacing of voids that the method asks for."""
    for st in case.of_kind("field_of_view"):
        ranges = [r for r in case.of_kind("range") if r["field"] == st["field"]]
        if not ranges:
            case.lacks(rule, st.subject, "a range of the same quantity")
            continue
        case.judged(rule, st.subject)
        side = reported(st["field"], st["side"], st["unit"], st.subject)
        largest = max(
            (reported(r["field"], r["high"], r["unit"], r.subject) for r in ranges),
            key=lambda v: float(v.value),
        )
        spacing = float(side.value) / int(st["crossings"])
        if float(largest.value) > spacing:
            yield finding(
                rule, case, (), {"side": side.to_dict(), "spacing_m": spacing, "largest": largest.to_dict()},
                (st.paragraph, *(r.paragraph for r in ranges)), side=shown(float(side.value), "length"),
                crossings=st["crossings"], spacing=shown(spacing, "length"), largest=shown(float(largest.value), "length"),
            )  # fmt: skip


def ranges_meet(rule: Rule, case: Case) -> Iterator[Finding]:
    """A preferred bubble point against pore sizes and ratio, by F316 with ethanol."""
    ranges = case.of_kind("range")
    bubble = [r for r in ranges if r["field"] == "bubble_point"]
    ratio = [r for r in ranges if r["field"] == "pore_size_ratio"]
    pores = [r for r in ranges if r["field"] == "average_pore_size"]
    if not (bubble and ratio and pores):
        case.lacks(rule, "ranges", "ranges of bubble point, ratio and average pore size")
        return
    tension = float(tables.liquid("ETOH").surface_tension_N_m(298.15))
    pressure = float(reported("bubble_point", bubble[0]["high"], bubble[0]["unit"]).value)
    most = float(ratio[0]["high"])
    seen: set[float] = set()
    for r in pores:
        case.judged(rule, r.subject)
        low = float(reported("average_pore_size", r["low"], r["unit"]).value)
        needed = F316 * tension / (low * most)
        if needed > pressure and low not in seen:
            seen.add(low)
            yield finding(
                rule, case, (), {"largest_bubble_point_Pa": pressure, "needed_Pa": needed, "average_pore_m": low},
                (bubble[0].paragraph, ratio[0].paragraph, r.paragraph), pressure=shown(pressure, "pressure"),
                pore=shown(F316 * tension / pressure, "length"), subject=r.subject, low=shown(low, "length"),
                ratio=f"{most:g}", needed=shown(needed, "pressure"),
            )  # fmt: skip


def mixture_out_of_range(rule: Rule, case: Case) -> Iterator[Finding]:
    """Shares of a solvent mixture, of statements and of specimens with a planar interface, against its range."""
    for r in case.of_kind("range_mixture"):
        keys = [substance_key(n) for n in r["liquids"]]
        found: list[tuple[str, list[Interval | None], str, tuple[str, ...]]] = [
            (m.subject, [reported("solvent1_parts", p).interval for p in m["parts"]], m.paragraph, ())
            for m in case.of_kind("mixture")
            if [substance_key(n) for n in m["liquids"]] == keys
        ]
        for s in case.specimens:
            if [substance_key(n) for n in s.solvents] == keys and s.get("cloud_point_temperature"):
                parts = [s.interval(f"solvent{i}_parts") for i in (1, 2)]
                found.append((s.id, parts, s.paragraph, (s.id,)))
        for subject, parts, paragraph, ids in found:
            if parts[0] is None or parts[1] is None or parts[0].low <= 0:
                continue
            case.judged(rule, subject)
            rest = parts[1] / parts[0]
            share = Interval(1 / (1 + rest.high), 1 / (1 + rest.low))
            low, high = Fraction(r["low"]) / 100, Fraction(r["high"]) / 100
            if share.high < low or share.low > high:
                yield finding(
                    rule, case, ids, {"share": Estimate(share, 0.0, "fraction")}, (paragraph, r.paragraph),
                    subject=subject, share=shown(share.middle, "fraction"), liquid=r["liquids"][0],
                    range=f"{r['low']} and {r['high']} %",
                )  # fmt: skip


def range_left(rule: Rule, case: Case) -> Iterator[Finding]:
    """Specimens that are no comparative ones, outside of the range of the invention."""
    ranges = [r for r in case.of_kind("range") if " for " not in r.subject and not r.get("preferred")]
    for r in ranges:
        low = reported(r["field"], r["low"], r["unit"])
        high = reported(r["field"], r["high"], r["unit"])
        for s in case.specimens:
            if s.word("comparative") == "yes":
                continue
            name = "polymer_of_parts" if r["field"] == "polymer_share" else r["field"]
            own = quantity(name, s, case.book)
            if isinstance(own, Missing):
                continue
            case.judged(rule, f"{r.subject}, {s.id}")
            if float(own.interval.high) < float(low.value) or float(own.interval.low) > float(high.value):
                yield finding(
                    rule, case, (s.id,), {"own": own, "low": low.value, "high": high.value}, (r.paragraph,),
                    name=r.subject, own=str(own), low=shown(float(low.value), own.kind), high=shown(float(high.value), own.kind),
                )  # fmt: skip


def _holds(a: Interval, relation: str, b: Interval) -> bool | None:
    """Whether a relation holds for all, for none (False), or for some of the printed numbers (None)."""
    if relation == ">":
        return _holds(b, "<", a)
    if a.high < b.low:
        return True
    return False if a.low >= b.high else None


def comparison(rule: Rule, case: Case) -> Iterator[Finding]:
    """A specimen compared with another in words: at least one of the fields must show it."""
    for st in case.of_kind("comparison"):
        s, t = case.book.get(st["specimen"]), case.book.get(st["other"])
        if s is None or t is None:
            case.lacks(rule, st.subject, "its specimens")
            continue
        pairs = [(k, a, b) for k in st["fields"] if (a := s.interval(k)) and (b := t.interval(k))]
        if not pairs:
            case.lacks(rule, st.subject, ", ".join(fields()[k].words for k in st["fields"]))
            continue
        case.judged(rule, st.subject)
        if all(_holds(a, st["relation"], b) is False for _, a, b in pairs):
            text = " and ".join(
                f"its {fields()[k].words} is {_own(s, k)} where {t.id} has {_own(t, k)}" for k, _, _ in pairs
            )
            yield finding(
                rule, case, (s.id,), {k: (estimate_of(s, k), estimate_of(t, k)) for k, _, _ in pairs},
                (st.paragraph, *case.paragraphs(t.id)), subject=st.subject, other=f"compared with {t.id}", measured=text,
            )  # fmt: skip


def effect(rule: Rule, case: Case) -> Iterator[Finding]:
    """An effect of stretching claimed in words, on pairs of one recipe before and after."""
    for st in case.of_kind("effect"):
        for s in case.specimens:
            base = same_before_stretching(s, case.book)
            if base is None:
                continue
            after, before = s.interval(st["field"]), base.interval(st["field"])
            if after is None or before is None:
                continue
            case.judged(rule, f"{st.subject}, {s.id}")
            if _holds(after, st["relation"], before) is False:
                yield finding(
                    rule, case, (s.id,), {"before": estimate_of(base, st["field"]), "after": estimate_of(s, st["field"])},
                    (st.paragraph, *case.paragraphs(base.id)), subject=st.subject[0].upper() + st.subject[1:],
                    base=base.id, name=fields()[st["field"]].words, before=_own(base, st["field"]), after=_own(s, st["field"]),
                )  # fmt: skip


def relation(rule: Rule, case: Case) -> Iterator[Finding]:
    """A number said to lie on one side of another for some cooling media."""
    for st in case.of_kind("relation"):
        media = {substance_key(m) for m in st["media"]}
        limit = Interval.exact(Fraction(st["number"]))
        for s in case.specimens:
            own = s.interval(st["field"])
            if own is None or substance_key(s.word("cooling_medium")) not in media:
                continue
            case.judged(rule, f"{st.subject}, {s.id}")
            verdict = _holds(own, st["relation"], limit)
            if (verdict is None) if rule.get("undecided") else (verdict is False):
                yield finding(
                    rule, case, (s.id,), {"own": estimate_of(s, st["field"])}, (st.paragraph,),
                    subject=st.subject[0].upper() + st.subject[1:], own=estimate_of(s, st["field"]), number=st["number"],
                )  # fmt: skip


def figures_without_counterpart(rule: Rule, case: Case) -> Iterator[Finding]:
    """Figures that are listed, drawn or named, but not all three."""
    stated = case.of_kind("figure")
    if not stated:
        case.lacks(rule, "figures", "statements on figures")
        return
    where: dict[str, set[str]] = {"list": set(), "drawing": set(), "text": set()}
    for st in stated:
        where.setdefault(st["where"], set()).update(str(f) for f in st["figures"])
    for s in case.specimens:
        where["text"].update(f for f in re.split(r"[;+ ]+", s.word("figure")) if f)
    case.judged(rule, "figures")
    names = {"list": "listed", "drawing": "drawn", "text": "named in the text"}
    groups: dict[tuple[str, str], list[str]] = {}
    for figure in sorted(set().union(*where.values())):
        has = [names[k] for k in names if figure in where[k]]
        not_in = [names[k] for k in names if figure not in where[k] and where[k]]
        if not_in:
            groups.setdefault((" and ".join(has), "not " + " nor ".join(not_in)), []).append(figure)
    for (there, lacking), figures in groups.items():
        yield finding(
            rule, case, (), {"figures": figures}, tuple(st.paragraph for st in stated), figures=", ".join(figures),
            there=there, lacking=lacking,
        )  # fmt: skip


_VAGUE = re.compile(
    r"\b(several|some|few|about|approximately|ca|room|ambient|overnight|sufficient|suitable)\b", re.I
)


def not_a_quantity(rule: Rule, case: Case) -> Iterator[Finding]:
    """Settings as printed that leave a choice."""
    for st in case.of_kind("printed"):
        case.judged(rule, st.subject)
        text, kind, why = str(st["text"]), st["quantity"], ""
        vague = _VAGUE.search(text)
        if kind == "draw_ratio":
            match = re.fullmatch(r"\s*([0-9.]+)\s*%\s*", text)
            if match:
                x = float(match[1]) / 100
                why = f"a ratio in percent may be {x:g} times the length, or an increment of {match[1]} %, {1 + x:g} times"
        elif kind == "mixing_ratio":
            if not re.search(r"\bby (weight|volume|mole)|wt|vol|mol", text, re.I):
                why = "by weight or by volume is not said"
        elif kind == "liquid":
            found = liquid_of(text)
            if found is None or found.name.lower() != text.lower():
                why = (
                    f"a class of substances; {found.name} is the usual reading"
                    if found
                    else "a class of substances"
                )
        elif vague:
            why = f"'{vague[0]}' is no number"
        else:
            try:
                units.si_value(text, kind, st.subject)
            except InputError as error:
                why = error.found
        if why:
            yield finding(
                rule, case, tuple(i for i in st["specimens"] if i in case.book), {"text": text}, (st.paragraph,),
                subject=st.subject[0].upper() + st.subject[1:], text=text, why=why,
            )  # fmt: skip


OPERATORS: dict[str, Operator] = {
    f.__name__: f
    for f in (
        at_most, at_least, agree, ratio_agrees, flux_at_most, plausible, pores_without_flux, unknown_substance, comparative_meets_definition, words_exclude, zero, stretching_without_result, repeated_row,
        same_recipe_other_results, trend_break, outlier, interior_follows_medium, composition_moves, not_stated,
        gap_in_numbering, unknown_reference, figure_twice, said_otherwise, window, definition_differs, stands_for,
        derived, citation_differs, two_names, unit_of_nothing, mass_as_force, pressure_basis, method_without_value,
        field_of_view, ranges_meet, mixture_out_of_range, range_left, comparison, effect, relation,
        figures_without_counterpart, not_a_quantity,
    )
}  # fmt: skip
