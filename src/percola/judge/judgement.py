"""Measurements -> structure class and verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from percola.errors import InputError
from percola.judge.definitions import Definitions, definitions
from percola.judge.operators import join, judge_combination, judge_criterion, shown
from percola.judge.verdict import Status, Verdict
from percola.measurement import Check, Measurement

#: What `judge` answers when no keys are named.
DEFAULT_KEYS = ("definition_A", "claim_1", "claim_2", "claim_3", "claim_4")


def structure_class(measurements: Iterable[Measurement], rules: Definitions | None = None) -> Measurement:
    """The kind of structure: percolation, coarse, non_porous, spherical_particles, cellular or undecided.

    A class is named when every condition of one of its rows in ``definitions.toml`` is decided in its favour
    at the stated confidence. Where none is, the class is "undecided" and ``evidence["possible"]`` lists those
    that no condition excludes.

    Args:
        measurements: those of ``percola.measure`` on the core of the membrane.
        rules: other definitions than those that ship with Percola.

    Returns:
        A `Measurement` named ``structure_class`` whose evidence holds the reasons in numbers.

    The class is that of the internal structure (paragraph 25), whatever the surface layers are; where one of them is
    closed, a check says that the membrane as a whole is non-porous.

    Limitations: below about 17 % polymer the struts of a true network are so thin that less than half of its
    interface is saddle-shaped (mathematical, see docs/theory/judging.md); such structures come out as
    undecided or as particles.
    Reference: EP 1063256, paragraphs 16, 33, 34, 54, 60.
    """
    rules = rules or definitions()
    known = list(measurements)
    needed = {name.removeprefix("!") for kind in rules.classes for row in kind.when for name in row}
    verdicts = {
        key: judge_criterion(rules.criteria[key], known, rules.confidence)
        for key in rules.criteria
        if key in needed
    }

    def status(name: str) -> Status:
        found = verdicts[name.removeprefix("!")].status
        if found is Status.NOT_APPLICABLE:
            return Status.UNDECIDED
        return found.negated() if name.startswith("!") else found

    outcome: dict[str, Status] = {}
    for kind in rules.classes:
        rows = [join([status(name) for name in row], "all") for row in kind.when]
        others = [outcome[key].negated() for key in kind.unless]
        outcome[kind.key] = join([join(rows, "any"), *others], "all")
    sure = [kind for kind in rules.classes if outcome[kind.key] is Status.PASS]
    possible = [kind for kind in rules.classes if outcome[kind.key] is not Status.FAIL]
    evidence: dict[str, Any] = {
        "possible": [kind.key for kind in possible],
        "reasons": [v.to_dict() for v in verdicts.values()],
    }
    skin = _skin(known)
    if skin:
        evidence["membrane"] = "non_porous"
    if len(sure) == 1:
        kind = sure[0]
        evidence["words"] = kind.words
        return Measurement(
            "structure_class",
            kind.key,
            "",
            method=f"EP 1063256 {kind.source}",
            region="core",
            checks=skin,
            evidence=evidence,
            citations=("ep1063256",),
        )
    asked = {name.removeprefix("!") for kind in possible for row in kind.when for name in row}
    undecided = {
        key: v
        for key, v in verdicts.items()
        if key in asked and v.status in (Status.UNDECIDED, Status.NOT_APPLICABLE)
    }
    evidence["open"] = list(undecided)
    if possible:
        names = ", ".join(kind.key.replace("_", " ") for kind in possible)
        evidence["words"] = f"could be {names}; open: " + (
            "; ".join(_asked(v, rules) for v in undecided.values()) or "several classes hold"
        )
    else:
        failed = [v for v in verdicts.values() if v.status is Status.FAIL and v.group == "definition"]
        evidence["words"] = "none of the classes fits: " + "; ".join(v.words for v in failed)
    return Measurement(
        "structure_class",
        "undecided",
        "",
        method="EP 1063256 paragraphs 16, 33, 34, 54",
        region="core",
        checks=skin,
        evidence=evidence,
        citations=("ep1063256",),
    )


def _asked(verdict: Verdict, rules: Definitions) -> str:
    """An open question in words: what is asked, what was found and what the threshold is good to."""
    title = verdict.title[:1].lower() + verdict.title[1:]
    if not verdict.measurements or not verdict.measurements[0].defined:
        return f"{title} ({verdict.words})"
    m = verdict.measurements[0]
    found = (
        str(m.value)
        if isinstance(m.value, str) or m.value is None
        else shown(float(m.value), m.unit, m.uncertainty)
    )
    spread = rules.criteria[verdict.key].spread
    good = f", the threshold is good to ±{shown(spread, verdict.unit)}" if spread else ""
    failed = [c.message for c in m.checks if c.status == "fail"]
    return f"{title} ({found}; {verdict.threshold} is asked{good})" + (f": {failed[0]}" if failed else "")


def _skin(known: Sequence[Measurement]) -> tuple[Check, ...]:
    """A check where the inside is open and a surface layer is not (paragraphs 77 to 79, 101)."""
    found = {m.region: m for m in known if m.name == "through_porosity"}
    wall, core = found.get("wall"), found.get("core")
    if wall is None or wall.value != 0 or core is None or not core.value:
        return ()
    closed = [layer for layer in wall.evidence.get("closed", ()) if layer != "core"]
    return (
        Check(
            "surface layers",
            "warn",
            f"this is the structure of the inside; the {' and '.join(closed) or 'surface'} is closed, so the membrane as a "
            "whole is non-porous (para. 25, 77 to 79, 101)",
        ),
    )


def judge(
    measurements: Sequence[Measurement],
    keys: Sequence[str] = DEFAULT_KEYS,
    preferred: bool = True,
    rules: Definitions | None = None,
) -> tuple[Verdict, ...]:
    """Verdicts on definition (A), claims 1 to 4 and the preferred ranges.

    Args:
        measurements: all there are; ``structure_class`` is derived where it is not among them.
        keys: criteria or combinations of ``definitions.toml``, in the order wanted.
        preferred: whether to add the preferred ranges (paragraphs 31, 32, 46, 87).
        rules: other definitions than those that ship with Percola.

    Raises:
        InputError: an unknown key, or a measurement in another unit than the criterion's.
    """
    rules = rules or definitions()
    known = list(measurements)
    if not any(m.name == "structure_class" for m in known):
        known.append(structure_class(known, rules))
    done: dict[str, Verdict] = {}

    def verdict(key: str) -> Verdict:
        if key not in done:
            if key in rules.criteria:
                done[key] = judge_criterion(rules.criteria[key], known, rules.confidence)
            elif key in rules.combinations:
                combination = rules.combinations[key]
                done[key] = judge_combination(combination, [verdict(part) for part in combination.of])
            else:
                raise InputError("keys", repr(key), ", ".join((*rules.criteria, *rules.combinations)))
        return done[key]

    wanted = list(keys)
    if preferred:
        wanted += [key for key, c in rules.criteria.items() if c.group == "preferred" and key not in wanted]
    return tuple(verdict(key) for key in wanted)
