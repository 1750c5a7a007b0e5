"""Generic operators: a criterion and the measurements -> a verdict.

A number x with the standard deviation s satisfies ``at_most t`` with the probability

    p = Phi((t - x) / s),

Phi the standard normal distribution, and accordingly for the others. A threshold that makes a word measurable
may have a spread of its own, which adds to s in quadrature. PASS where p >= confidence, FAIL where
p <= 1 - confidence, UNDECIDED between. Without an uncertainty the value decides, and the words say so.
Limitation (convenience): the uncertainty is taken as normal and as known; a few realizations give it only
roughly.

Four notes of a measurement's evidence change this: ``value_probabilities`` (values with their probabilities, where the value is one of
a few, as the limits of a window are: p is summed over them, with ``value_uncertainty`` as the standard deviation of
each), ``lower_bound`` and ``upper_bound`` (the value is only a bound, and
the text says why: a lower bound can fail "at most" but not pass it, and so on), and ``interval`` or ``printed_interval``
(two numbers between which the value certainly lies, from the digits it is printed with: it passes where the whole interval is
inside, fails where the whole interval is outside, and is undecided where a threshold lies within it; it counts where no
uncertainty is stated).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from percola.errors import InputError
from percola.judge.definitions import REGIONS, Combination, Criterion, Quantity
from percola.judge.verdict import Missing, Status, Verdict
from percola.measurement import Measurement

#: SI unit -> (factor, unit of the field); 1 kgf/cm2 = 98066.5 Pa, 1 L/(m2 h atm) = 1e-3/(3600*101325) m/(s
# Pa).
_FIELD_UNITS = {
    "m": (1e6, "um"),
    "Pa": (1 / 98066.5, "kgf/cm2"),
    "m/(s.Pa)": (3600 * 101325 * 1e3, "L/(m2 h atm)"),
    "1/m": (1e-6, "1/um"),
    "1": (1.0, ""),
}


#: Share of an interval that counts as none of it.
_BINARY = 1e-9


def _phi(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


def _same_unit(a: str, b: str) -> bool:
    def norm(unit: str) -> str:
        return {"": "1", "m^-1": "1/m", "m-1": "1/m"}.get(unit, unit)

    return norm(a) == norm(b)


def shown(value: float, unit: str, uncertainty: float | None = None) -> str:
    """A number with its unit as the field writes it, e.g. ``"0.142 +- 0.008 um"``."""
    factor, name = _FIELD_UNITS.get(unit, (1.0, unit))
    text = f"{value * factor:.3g}"
    if uncertainty is not None:
        text += f" ± {uncertainty * factor:.2g}"
    return f"{text} {name}".strip()


ZERO_CELSIUS_K = 273.15


def _shown(c: Criterion, value: float, uncertainty: float | None = None) -> str:
    """A value of a criterion's measurement; temperatures (not differences of them) in degrees Celsius."""
    if c.scale != "degC":
        return shown(value, c.unit, uncertainty)
    text = f"{value - ZERO_CELSIUS_K:.4g}"
    return f"{text} ± {uncertainty:.2g} degC" if uncertainty is not None else f"{text} degC"


def _threshold(c: Criterion) -> str:
    if c.operator in ("one_of", "none_of"):
        return ("" if c.operator == "one_of" else "not ") + " or ".join(w.replace("_", " ") for w in c.words)
    if c.operator == "between":
        assert c.low is not None
        assert c.high is not None
        if c.scale == "degC":
            return f"{c.low - ZERO_CELSIUS_K:.4g} to {c.high - ZERO_CELSIUS_K:.4g} degC"
        factor, name = _FIELD_UNITS.get(c.unit, (1.0, c.unit))
        return f"{c.low * factor:.4g} to {c.high * factor:.6g} {name}".strip()
    assert c.value is not None
    return f"{c.operator.replace('_', ' ')} {_shown(c, c.value)}"


def probability(c: Criterion, value: float, uncertainty: float) -> float:
    """Probability that a normal quantity of this value and standard deviation satisfies the criterion."""
    if uncertainty <= 0:
        return 1.0 if _holds(c, value) else 0.0
    if c.operator == "between":
        assert c.low is not None
        assert c.high is not None
        return _phi((c.high - value) / uncertainty) - _phi((c.low - value) / uncertainty)
    assert c.value is not None
    below = _phi((c.value - value) / uncertainty)
    return below if c.operator in ("at_most", "below") else 1.0 - below


def _holds(c: Criterion, value: float) -> bool:
    if c.operator == "between":
        assert c.low is not None
        assert c.high is not None
        return c.low <= value <= c.high
    assert c.value is not None
    return {
        "at_least": value >= c.value,
        "at_most": value <= c.value,
        "above": value > c.value,
        "below": value < c.value,
    }[c.operator]


def _margin(c: Criterion, value: float) -> float:
    if c.operator == "between":
        assert c.low is not None
        assert c.high is not None
        return min(value - c.low, c.high - value)
    assert c.value is not None
    return c.value - value if c.operator in ("at_most", "below") else value - c.value


def select(c: Criterion, measurements: Sequence[Measurement]) -> tuple[Measurement, ...]:
    """The measurements that a criterion is about: the first of its names and regions that is there, or all of
    them
    where its quantifier is "any".
    """
    for name in c.measurement:
        found = [m for m in measurements if m.name == name]
        if not found:
            continue
        regions = c.regions or REGIONS
        ranked = [m for region in regions for m in found if m.region == region]
        if not ranked and not c.regions:
            ranked = [m for m in found if "surface" not in m.region] or found
        if c.quantifier == "any":
            return tuple(ranked)
        # Where the wall's value could not be given, the box's must not stand in for it unseen.
        return tuple(ranked[:1])
    return ()


def _told(m: Measurement) -> bool:
    """Whether a measurement says anything: one that only says that a fact is not stated does not."""
    return m.defined or not m.evidence.get("not_stated")


def missing_of(
    name: str, region: str, measurements: Sequence[Measurement], quantities: Mapping[str, Quantity]
) -> tuple[Missing, ...]:
    """What is missing to know a measurement: itself, or of a derived one the parts that are not there."""
    quantity = quantities.get(name)
    parts = quantity.of if quantity is not None else ()
    out: dict[tuple[str, str], Missing] = {}
    for part in parts:
        base, _, where = part.partition("@")
        there = any(m.name == base and (not where or m.region == where) and _told(m) for m in measurements)
        if not there:
            for m in missing_of(base, where, measurements, quantities):
                out[m.name, m.region] = m
    if out:
        return tuple(out.values())
    how = quantity.how if quantity is not None else ""
    return (Missing(name, region, how),)


def judge_criterion(
    c: Criterion,
    measurements: Sequence[Measurement],
    confidence: float,
    quantities: Mapping[str, Quantity] | None = None,
) -> Verdict:
    """The verdict on one criterion; ``quantities`` tell how to get what is missing."""
    used = tuple(m for m in select(c, measurements) if _told(m))
    if not used:
        name = c.measurement[0]
        silent = next((m for m in select(c, measurements)), None)
        words = f"{name} was not measured" if silent is None else f"{name} is not known: {silent.reason}"
        region = c.regions[0] if len(c.regions) == 1 else ""
        missing = missing_of(name, region, measurements, quantities or {})
        if quantities and (name in quantities and quantities[name].kind != "membrane" and silent is None):
            words = f"{name} is not known: {', '.join(_named(m) for m in missing)} missing"
        return replace(_verdict(c, Status.UNDECIDED, words, ()), missing=missing)
    verdicts = [_judge_one(c, m, confidence) for m in used]
    if len(verdicts) == 1:
        return verdicts[0]
    status = join([v.status for v in verdicts], "any")
    best = max(verdicts, key=lambda v: (v.status == status, v.probability or 0.0))
    words = "; ".join(f"{m.region}: {v.words}" for m, v in zip(used, verdicts, strict=True))
    return _verdict(c, status, words, used, best.margin, best.margin_sigma, best.probability)


def _named(m: Missing) -> str:
    return f"{m.name} ({m.region.replace('_', ' ')})" if m.region else m.name


def _judge_one(c: Criterion, m: Measurement, confidence: float) -> Verdict:
    where = f" ({m.region.replace('_', ' ')})" if m.region else ""
    if not m.defined:
        why = m.reason or "no value could be given"
        return _verdict(c, Status.NOT_APPLICABLE, f"{m.name}{where} is not defined here: {why}", (m,))
    if c.words:
        return _judge_word(c, m)
    if isinstance(m.value, str) or not _same_unit(m.unit, c.unit):
        raise InputError(
            f"measurement {m.name!r}", f"{m.value!r} in {m.unit!r}", f"a number in {c.unit!r} for {c.key!r}"
        )
    assert m.value is not None
    value = float(m.value)
    margin = _margin(c, value)
    sigma = m.uncertainty if m.uncertainty is not None and math.isfinite(m.uncertainty) else None
    interval = _interval(m) if not sigma else None
    candidates = _candidates(m)
    if candidates:
        spread = math.hypot(float(m.evidence.get("value_uncertainty") or 0.0), c.spread)
        p = sum(share * probability(c, one, spread) for one, share in candidates)
    else:
        p = probability(c, value, math.hypot(sigma or 0.0, c.spread))
    side = "inside" if _holds(c, value) else "outside"
    words = f"{m.name}{where} = {_shown(c, value, sigma)}; {_threshold(c)} is asked: {side}"
    words += f" by {shown(abs(margin), m.unit)}"
    if sigma:
        words += f", {abs(margin) / sigma:.1f} standard deviations"
    elif interval:
        words += f"; it lies between {_shown(c, interval[0])} and {_shown(c, interval[1])}"
        p = _share_inside(c, interval)
        if c.spread and p in (0.0, 1.0):
            # The end that is nearer to the threshold decides.
            ends = [probability(c, end, c.spread) for end in interval]
            p = min(ends) if p else max(ends)
        elif 0.0 < p < 1.0:
            words += ", and the digits printed do not tell on which side"
    elif sigma is None and not c.spread:
        words += "; no uncertainty is known, the value decides"
    if c.spread:
        words += f"; the threshold is good to ±{shown(c.spread, m.unit)}"
    failed = [check for check in m.checks if check.status == "fail"]
    straddles = interval is not None and 0.0 < _share_inside(c, interval) < 1.0
    bound = "" if straddles else _bound(c, m, p >= confidence)
    if failed:
        status = Status.UNDECIDED
        words += f"; the measurement is not valid ({failed[0].message})"
    elif straddles:
        status = Status.UNDECIDED
    elif bound and (p >= confidence or p <= 1 - confidence):
        words += f"; {bound}"
        sigmas = margin / sigma if sigma else None
        return _verdict(c, Status.UNDECIDED, words, (m,), margin, sigmas)
    elif p >= confidence:
        status = Status.PASS
        if m.evidence.get("upper_bound") or m.evidence.get("lower_bound"):
            words += f"; it is a bound ({m.evidence.get('upper_bound') or m.evidence.get('lower_bound')})"
    elif p <= 1 - confidence:
        status = Status.FAIL
        if m.evidence.get("why"):
            words += f"; {m.evidence['why']}"
    else:
        status = Status.UNDECIDED
        words += f"; it passes with a probability of {100 * p:.0f} %"
    return _verdict(c, status, words, (m,), margin, margin / sigma if sigma else None, p)


def _bound(c: Criterion, m: Measurement, passes: bool) -> str:
    """Why a bound cannot decide this way; "" where it can, or where the value is no bound."""
    if m.evidence.get("lower_bound"):
        settles = {"at_least": True, "above": True, "at_most": False, "below": False, "between": False}
        above = c.high is not None and isinstance(m.value, float | int) and m.value > c.high
        # The true value is larger: that passes "at least" and fails "at most" for good, and a range from above.
        if settles[c.operator] == passes and (c.operator != "between" or above):
            return ""
        able = "pass this but not fail it" if settles[c.operator] else "fail this but not pass it"
        return f"it is a lower bound ({m.evidence['lower_bound']}), which can {able}"
    if m.evidence.get("upper_bound"):
        settles = {"at_least": False, "above": False, "at_most": True, "below": True, "between": False}
        under = c.low is not None and isinstance(m.value, float | int) and m.value < c.low
        if settles[c.operator] == passes and (c.operator != "between" or under):
            return ""
        able = "pass this but not fail it" if settles[c.operator] else "fail this but not pass it"
        return f"it is an upper bound ({m.evidence['upper_bound']}), which can {able}"
    return ""


def _candidates(m: Measurement) -> tuple[tuple[float, float], ...]:
    """Values and probabilities of a measurement that is one of a few values; empty where it is not, or none is known."""
    found = m.evidence.get("value_probabilities")
    if not isinstance(found, list | tuple) or m.uncertainty is None:
        return ()
    pairs = [(float(v), float(p)) for v, p in found]
    total = sum(p for _, p in pairs)
    return tuple((v, p / total) for v, p in pairs) if total > 0 else ()


def _interval(m: Measurement) -> tuple[float, float] | None:
    found = m.evidence.get("interval", m.evidence.get("printed_interval"))
    if not isinstance(found, list | tuple) or len(found) != 2:
        return None
    low, high = (float(v) for v in found)
    return (low, high) if math.isfinite(low) and low < high < math.inf else None


def _share_inside(c: Criterion, interval: tuple[float, float]) -> float:
    """Share of an interval that satisfies a criterion."""
    low, high = interval
    floor, ceiling = -math.inf, math.inf
    if c.operator == "between":
        assert c.low is not None
        assert c.high is not None
        floor, ceiling = c.low, c.high
    elif c.operator in ("at_most", "below"):
        assert c.value is not None
        ceiling = c.value
    else:
        assert c.value is not None
        floor = c.value
    share = max(0.0, min(high, ceiling) - max(low, floor)) / (high - low)
    # What binary fractions leave of an end that lies on the threshold must not decide.
    return float(round(share)) if abs(share - round(share)) < _BINARY else share


def _judge_word(c: Criterion, m: Measurement) -> Verdict:
    """A criterion on a class; of an undecided one the evidence lists the words that are still possible."""
    word = str(m.value)
    possible = set(m.evidence.get("possible", ())) if word == "undecided" else {word}
    if word == "undecided" and "possible" not in m.evidence:
        return _verdict(c, Status.UNDECIDED, f"{m.name} is undecided", (m,))
    listed, unlisted = possible & set(c.words), possible - set(c.words)
    failed = [check for check in m.checks if check.status == "fail"]
    if failed or possible & set(c.open_words) or (listed and unlisted):
        status = Status.UNDECIDED
    else:
        status = Status.PASS if bool(listed) == (c.operator == "one_of") else Status.FAIL
    said = word.replace("_", " ")
    if word == "undecided":
        said += f" (possible: {', '.join(sorted(possible)).replace('_', ' ') or 'none of the classes'})"
    where = f" ({m.region.replace('_', ' ')})" if m.region not in ("", "process", "core") else ""
    words = f"{m.name}{where} is {said}"
    if failed:
        words += f"; it is not valid ({failed[0].message})"
    elif possible & set(c.open_words):
        words += ", which leaves this open"
    if m.evidence.get("why") and status is not Status.PASS:
        words += f"; {m.evidence['why']}"
    elif m.evidence.get("stated"):
        words += f" ({m.evidence['stated']})"
    return _verdict(c, status, words, (m,))


def _verdict(
    c: Criterion,
    status: Status,
    words: str,
    used: tuple[Measurement, ...],
    margin: float | None = None,
    margin_sigma: float | None = None,
    p: float | None = None,
) -> Verdict:
    return Verdict(
        key=c.key,
        title=c.title,
        status=status,
        source=c.source,
        words=words,
        group=c.group,
        margin=margin,
        margin_sigma=margin_sigma,
        probability=p,
        unit=c.unit,
        threshold=_threshold(c),
        threshold_from=c.threshold_from,
        reason=c.reason,
        measurements=used,
    )


def join(statuses: Sequence[Status], operator: str) -> Status:
    """Statuses joined in three-valued logic: "all" fails with one FAIL, "any" passes with one PASS.

    A part that does not apply leaves the whole undecided, unless the others decide it alone.
    """
    decisive, other = (Status.FAIL, Status.PASS) if operator == "all" else (Status.PASS, Status.FAIL)
    if decisive in statuses:
        return decisive
    return other if statuses and all(s == other for s in statuses) else Status.UNDECIDED


_SAYS = {
    Status.FAIL: "does not hold",
    Status.UNDECIDED: "is undecided",
    Status.NOT_APPLICABLE: "does not apply",
    Status.PASS: "holds",
}


def does_not_apply(c: Criterion | Combination, why: str) -> Verdict:
    """The verdict on what is known not to apply."""
    if isinstance(c, Criterion):
        return _verdict(c, Status.NOT_APPLICABLE, why, ())
    return Verdict(
        c.key,
        c.title,
        Status.NOT_APPLICABLE,
        c.source,
        why,
        c.group,
        threshold=f"{c.operator} of {len(c.of)} conditions",
        threshold_from="patent",
    )


def judge_combination(c: Combination, parts: Sequence[Verdict]) -> Verdict:
    """The verdict on a combination from those on its parts, in the order of ``c.of``."""
    joined = [p for p in parts if not (c.skip and p.status is Status.NOT_APPLICABLE)]
    if c.skip and not joined:
        return does_not_apply(c, "; ".join(f"{p.title} {_SAYS[p.status]}" for p in parts))
    status = join([part.status for part in joined], c.operator)
    passed = [p for p in joined if p.status is Status.PASS]
    if status is Status.PASS:
        words = f"all {len(joined)} conditions hold" if c.operator == "all" else f"{passed[0].title} holds"
    else:
        blocking = [
            p
            for p in joined
            if p.status is Status.FAIL or (status is not Status.FAIL and p.status is not Status.PASS)
        ]
        # A part that is itself a combination speaks for itself in its own verdict.
        words = "; ".join(
            f"{p.title} {_SAYS[p.status]}" + ("" if p.parts else f" ({p.words})") for p in blocking
        )
    if c.assumes and status is not Status.FAIL:
        words += f". {c.assumes}"
    used = {id(m): m for part in parts for m in part.measurements}
    sigmas = [p.margin_sigma for p in parts if p.margin_sigma is not None]
    missing = {(m.name, m.region): m for p in joined if p.status is not Status.PASS for m in p.missing}
    return Verdict(
        key=c.key,
        title=c.title,
        status=status,
        source=c.source,
        words=words,
        group=c.group,
        margin_sigma=min(sigmas) if sigmas else None,
        threshold=f"{c.operator} of {len(parts)} conditions",
        threshold_from="patent",
        measurements=tuple(used.values()),
        parts=tuple(parts),
        missing=() if status in (Status.PASS, Status.FAIL) else tuple(missing.values()),
    )
