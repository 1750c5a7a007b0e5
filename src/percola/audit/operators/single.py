"""What one specimen says against bounds and against itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Any

from percola import tables
from percola.audit.fields import UNIT_SIGNS, UNITS, fields, shown
from percola.audit.findings import Case, Finding, Rule, as_reported, finding
from percola.audit.interval import Interval
from percola.audit.quantities import (
    Estimate,
    Missing,
    area_of,
    capillary,
    clearly_above,
    cut_digits,
    liquid_of,
    poiseuille,
    quantity,
    same_before_stretching,
)
from percola.audit.specimens import ReportedSpecimen
from percola.errors import TableError


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
                signs.append(f"the {fields()[k].words} is {as_reported(s, k)}")
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
