"""What statements of the source say of the specimens and of each other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

from percola import tables, units
from percola.audit.fields import UNITS, fields, shown
from percola.audit.findings import Case, Finding, Rule, as_reported, finding
from percola.audit.interval import Interval
from percola.audit.quantities import (
    F316,
    Estimate,
    Missing,
    estimate_of,
    liquid_of,
    quantity,
    same_before_stretching,
    substance_key,
)
from percola.audit.specimens import reported
from percola.audit.statements import Statement
from percola.errors import InputError


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
                    name=fields()[st["field"]].words, own=as_reported(s, st["field"]), other=other, subject=st.subject,
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
                f"its {fields()[k].words} is {as_reported(s, k)} where {t.id} has {as_reported(t, k)}"
                for k, _, _ in pairs
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
                    base=base.id, name=fields()[st["field"]].words, before=as_reported(base, st["field"]), after=as_reported(s, st["field"]),
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
