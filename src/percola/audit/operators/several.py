"""What specimens say of each other: repeats, series, gaps, what is not stated."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np

from percola.audit.fields import fields, shown
from percola.audit.findings import Case, Finding, Rule, as_reported, finding
from percola.audit.interval import Interval
from percola.audit.quantities import (
    Estimate,
    Missing,
    base_name,
    base_of,
    clearly_above,
    estimate_of,
    quantity,
    recipe_word,
)
from percola.audit.specimens import ReportedSpecimen

RESULTS = tuple(k for k, f in fields().items() if f.role == "result" and f.numeric)
SETTINGS = tuple(k for k, f in fields().items() if f.role == "recipe")
TEMPERATURES = ("kneading_temperature", "shaping_temperature", "dissolution_temperature")


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
    more = "".join(
        f"; {only}{names[k].words} differs ({as_reported(a, k)} and {as_reported(b, k)})" for k in others
    )
    return finding(
        rule, case, (a.id, b.id), {k: a.values[k].to_dict() for k in equal}, equal=len(equal), shared=len(shared),
        names=", ".join(names[k].words for k in equal), differing=", ".join(names[k].words for k in differing),
        others=more,
    )  # fmt: skip


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
                    f"{fields()[k].words}: {as_reported(a, k)} ({a.id}) and {as_reported(b, k)} ({b.id})" for k, (a, b) in apart.items()
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
                first_T=as_reported(s, "dissolution_temperature"), second_T=as_reported(t, "dissolution_temperature"),
                first_value=as_reported(s, k), second_value=as_reported(t, k), others=len(steps) - 1,
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
