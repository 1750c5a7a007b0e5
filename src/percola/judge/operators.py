"""Generic operators: a criterion and the measurements -> a verdict.

A number x with the standard deviation s satisfies ``at_most t`` with the probability

    p = Phi((t - x) / s),

Phi the standard normal distribution, and accordingly for the others. A threshold that makes a word measurable
may have a spread of its own, which adds to s in quadrature. PASS where p >= confidence, FAIL where
p <= 1 - confidence, UNDECIDED between. Without an uncertainty the value decides, and the words say so.
Limitation (convenience): the uncertainty is taken as normal and as known; a few realizations give it only
roughly.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from percola.errors import InputError
from percola.judge.definitions import REGIONS, Combination, Criterion
from percola.judge.verdict import Status, Verdict
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


def _threshold(c: Criterion) -> str:
    if c.operator in ("one_of", "none_of"):
        return ("" if c.operator == "one_of" else "not ") + " or ".join(w.replace("_", " ") for w in c.words)
    if c.operator == "between":
        assert c.low is not None
        assert c.high is not None
        factor, name = _FIELD_UNITS.get(c.unit, (1.0, c.unit))
        return f"{c.low * factor:.4g} to {c.high * factor:.6g} {name}".strip()
    assert c.value is not None
    return f"{c.operator.replace('_', ' ')} {shown(c.value, c.unit)}"


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


def judge_criterion(c: Criterion, measurements: Sequence[Measurement], confidence: float) -> Verdict:
    """The verdict on one criterion."""
    used = select(c, measurements)
    if not used:
        name = c.measurement[0]
        status = Status.NOT_APPLICABLE if c.group == "preferred" else Status.UNDECIDED
        return _verdict(c, status, f"{name} was not measured", ())
    verdicts = [_judge_one(c, m, confidence) for m in used]
    if len(verdicts) == 1:
        return verdicts[0]
    status = join([v.status for v in verdicts], "any")
    best = max(verdicts, key=lambda v: (v.status == status, v.probability or 0.0))
    words = "; ".join(f"{m.region}: {v.words}" for m, v in zip(used, verdicts, strict=True))
    return _verdict(c, status, words, used, best.margin, best.margin_sigma, best.probability)


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
    p = probability(c, value, math.hypot(sigma or 0.0, c.spread))
    side = "inside" if _holds(c, value) else "outside"
    words = f"{m.name}{where} = {shown(value, m.unit, sigma)}; {_threshold(c)} is asked: {side}"
    words += f" by {shown(abs(margin), m.unit)}"
    if sigma:
        words += f", {abs(margin) / sigma:.1f} standard deviations"
    elif sigma is None and not c.spread:
        words += "; no uncertainty is known, the value decides"
    if c.spread:
        words += f"; the threshold is good to ±{shown(c.spread, m.unit)}"
    failed = [check for check in m.checks if check.status == "fail"]
    if failed:
        status = Status.UNDECIDED
        words += f"; the measurement is not valid ({failed[0].message})"
    elif p >= confidence and m.evidence.get("lower_bound") and c.operator in ("at_most", "below"):
        status = Status.UNDECIDED
        words += f"; it is a lower bound ({m.evidence['lower_bound']}), which can fail this but not pass it"
        return _verdict(c, status, words, (m,), margin, margin / sigma if sigma else None)
    elif p >= confidence:
        status = Status.PASS
    elif p <= 1 - confidence:
        status = Status.FAIL
        if m.evidence.get("why"):
            words += f"; {m.evidence['why']}"
    else:
        status = Status.UNDECIDED
        words += f"; it passes with a probability of {100 * p:.0f} %"
    return _verdict(c, status, words, (m,), margin, margin / sigma if sigma else None, p)


def _judge_word(c: Criterion, m: Measurement) -> Verdict:
    """A criterion on a class; of an undecided one the evidence lists the words that are still possible."""
    word = str(m.value)
    possible = set(m.evidence.get("possible", ())) if word == "undecided" else {word}
    if word == "undecided" and "possible" not in m.evidence:
        return _verdict(c, Status.UNDECIDED, f"{m.name} is undecided", (m,))
    listed, unlisted = possible & set(c.words), possible - set(c.words)
    if listed and unlisted:
        status = Status.UNDECIDED
    else:
        status = Status.PASS if bool(listed) == (c.operator == "one_of") else Status.FAIL
    said = word.replace("_", " ")
    if word == "undecided":
        said += f" (possible: {', '.join(sorted(possible)).replace('_', ' ') or 'none of the classes'})"
    return _verdict(c, status, f"{m.name} is {said}", (m,))


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


def judge_combination(c: Combination, parts: Sequence[Verdict]) -> Verdict:
    """The verdict on a combination from those on its parts, in the order of ``c.of``."""
    status = join([part.status for part in parts], c.operator)
    passed = [p for p in parts if p.status is Status.PASS]
    if status is Status.PASS:
        words = f"all {len(parts)} conditions hold" if c.operator == "all" else f"{passed[0].title} holds"
    else:
        blocking = [
            p
            for p in parts
            if p.status is Status.FAIL or (status is not Status.FAIL and p.status is not Status.PASS)
        ]
        # A part that is itself a combination speaks for itself in its own verdict.
        words = "; ".join(
            f"{p.title} {_SAYS[p.status]}" + ("" if p.parts else f" ({p.words})") for p in blocking
        )
    if c.assumes:
        words += f". {c.assumes}"
    used = {id(m): m for part in parts for m in part.measurements}
    sigmas = [p.margin_sigma for p in parts if p.margin_sigma is not None]
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
    )
