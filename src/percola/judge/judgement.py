"""Measurements -> structure class and verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from percola.errors import InputError
from percola.judge.definitions import Definitions, Quantity, Reading, definitions
from percola.judge.derive import checked, derive
from percola.judge.operators import (
    does_not_apply,
    join,
    judge_combination,
    judge_criterion,
    shown,
)
from percola.judge.verdict import Missing, OtherReading, Status, Verdict
from percola.measurement import Check, Measurement

#: What `judge` answers when no keys are named.
DEFAULT_KEYS = ("definition_A", "claim_1", "claim_2", "claim_3", "claim_4")
#: What `judge_claims` answers.
DEFINITION_KEYS = ("definition_A", "definition_B", "definition_C", "definition_D")
CLAIM_KEYS = tuple(f"claim_{n}" for n in range(1, 13))
USE_KEYS = ("electrolyte_support",)
PREFERRED_GROUPS = ("preferred", "preferred_process")

DISCLAIMER = (
    "This is an engineering check of measured and stated numbers against the text of EP 1 063 256 A1 as published. It is "
    "not legal advice and says nothing on validity, on claims as granted or on infringement: ask a patent attorney."
)


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
    known = list(checked(measurements))
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


class _Judge:
    """Verdicts by key on one set of measurements, each worked out once for each choice of readings."""

    def __init__(self, known: Sequence[Measurement], rules: Definitions) -> None:
        self.known = known
        self.rules = rules
        self.done: dict[tuple[str, tuple[tuple[str, str], ...]], Verdict] = {}

    def verdict(self, key: str, swap: tuple[tuple[str, str], ...] = ()) -> Verdict:
        """The verdict on a criterion or combination; ``swap`` puts other entries in the place of some."""
        if (key, swap) not in self.done:
            chosen = dict(swap).get(key, key)
            # Inside the entry that stands for another, that other means itself again.
            self.done[key, swap] = self._work(chosen, tuple(p for p in swap if p[1] != chosen))
        return self.done[key, swap]

    def _work(self, key: str, swap: tuple[tuple[str, str], ...]) -> Verdict:
        rules = self.rules
        if key in rules.criteria:
            criterion = rules.criteria[key]
            for condition in criterion.applies_if:
                asked = self.verdict(condition, swap)
                if asked.status in (Status.FAIL, Status.NOT_APPLICABLE):
                    return does_not_apply(criterion, self._not_so(asked))
                if asked.status is not Status.PASS and criterion.group in PREFERRED_GROUPS:
                    own = judge_criterion(criterion, self.known, rules.confidence, rules.quantities)
                    why = f"not known whether it applies: {asked.title} is undecided ({asked.words})"
                    needed = tuple(dict.fromkeys((*asked.missing, *own.missing)))
                    return replace(own, status=Status.UNDECIDED, words=why, probability=None, missing=needed)
            found = judge_criterion(criterion, self.known, rules.confidence, rules.quantities)
            if found.missing and criterion.fallback:
                other = self.verdict(criterion.fallback, swap)
                if not other.missing and other.status is not Status.NOT_APPLICABLE:
                    return replace(other, key=key, title=criterion.title, group=criterion.group)
                # Either would do: both are named.
                return replace(found, missing=tuple(dict.fromkeys((*found.missing, *other.missing))))
            return found
        if key not in rules.combinations:
            raise InputError("keys", repr(key), ", ".join((*rules.criteria, *rules.combinations)))
        combination = rules.combinations[key]
        unknown: list[Verdict] = []
        for condition in combination.applies_if:
            asked = self.verdict(condition, swap)
            if asked.status in (Status.FAIL, Status.NOT_APPLICABLE):
                return does_not_apply(combination, self._not_so(asked))
            if asked.status is not Status.PASS:
                unknown.append(asked)
        for parent in combination.parents:
            above = self.verdict(parent, swap)
            if above.status is Status.NOT_APPLICABLE:
                words = f'it depends on "{above.title}", which does not apply'
                return does_not_apply(combination, words)
        found = judge_combination(combination, [self.verdict(part, swap) for part in combination.of])
        if not unknown or found.status in (Status.FAIL, Status.NOT_APPLICABLE):
            # What fails does not hold, whether it applies or not.
            return found
        why = "; ".join(
            f"not known whether it applies: {v.title[:1].lower()}{v.title[1:]} is undecided ({v.words})"
            for v in unknown
        )
        missing = dict.fromkeys((*(m for v in unknown for m in v.missing), *found.missing))
        words = why if found.status is Status.PASS else f"{why}; {found.words}"
        return replace(found, status=Status.UNDECIDED, words=words, missing=tuple(missing))

    @staticmethod
    def _not_so(asked: Verdict) -> str:
        return f'only where "{asked.title}", which is not so ({asked.words.split("; ")[0]})'

    def with_readings(self, key: str) -> Verdict:
        """The verdict with the places of the patent that bear on it, and what it is in their other reading."""
        found = self.verdict(key)
        others = []
        for reading in self.rules.readings:
            if key not in reading.affects:
                continue
            if not reading.swap:
                others.append(OtherReading(reading.key, reading.place, reading.used))
                continue
            swap = tuple(sorted(reading.swap))
            other = self.verdict(key, swap)
            others.append(OtherReading(reading.key, reading.place, reading.used, other.status, other.words))
        differing = [r for r in others if r.status is not None and r.status is not found.status]
        words = found.words
        for r in differing:
            assert r.status is not None
            other_way = "as meant" if r.used == "as_printed" else "as printed"
            words += f". Read {other_way} ({r.place}): {r.status.value.replace('_', ' ')}"
        return replace(found, words=words, readings=tuple(others))


def judge(
    measurements: Sequence[Measurement],
    keys: Sequence[str] = DEFAULT_KEYS,
    preferred: bool = True,
    rules: Definitions | None = None,
) -> tuple[Verdict, ...]:
    """Verdicts on definition (A), claims 1 to 4 and the preferred ranges of a membrane.

    Args:
        measurements: all there are; ``structure_class`` is derived where it is not among them, nothing else is.
        keys: criteria or combinations of ``definitions.toml``, in the order wanted.
        preferred: whether to add the preferred ranges of the membrane (paragraphs 31, 32, 44 to 46, 87).
        rules: other definitions than those that ship with Percola.

    Raises:
        InputError: an unknown key, or a measurement in another unit than the criterion's.
    """
    rules = rules or definitions()
    known = list(checked(measurements))
    if not any(m.name == "structure_class" for m in known):
        known.append(structure_class(known, rules))
    court = _Judge(known, rules)
    wanted = list(keys)
    if preferred:
        wanted += [key for key, c in rules.criteria.items() if c.group == "preferred" and key not in wanted]
    return tuple(court.verdict(key) for key in wanted)


@dataclass(frozen=True)
class Judgement:
    """All verdicts on a membrane, a process or both.

    Attributes:
        definitions: those on definitions (A) to (D).
        claims: those on claims 1 to 12.
        uses: that on the electrolyte support (paragraphs 22, 88).
        preferred: those on every preferred range, of the membrane and of the process.
        readings: the places of the patent that can be read in two ways, with the reading used.
        missing: what would have to be known to decide the claims that are undecided, each once.
        disclaimer: what this is not.
        measurements: measurements, facts and what was derived from them, as judged.
    """

    definitions: tuple[Verdict, ...]
    claims: tuple[Verdict, ...]
    uses: tuple[Verdict, ...]
    preferred: tuple[Verdict, ...]
    readings: tuple[Reading, ...]
    missing: tuple[Missing, ...]
    disclaimer: str = DISCLAIMER
    measurements: tuple[Measurement, ...] = ()

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """All verdicts in their order: definitions, claims, uses, preferred ranges."""
        return (*self.definitions, *self.claims, *self.uses, *self.preferred)

    def verdict(self, key: str) -> Verdict:
        """The verdict of that key.

        Raises:
            InputError: no such key.
        """
        for found in self.verdicts:
            if found.key == key:
                return found
        raise InputError("verdict", repr(key), ", ".join(v.key for v in self.verdicts))

    def differing(self) -> tuple[tuple[Verdict, OtherReading], ...]:
        """The verdicts that come out otherwise in the other reading of some place."""
        return tuple(
            (v, r) for v in self.verdicts for r in v.readings if r.status is not None and r.status != v.status
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "definitions": [v.to_dict() for v in self.definitions],
            "claims": [v.to_dict() for v in self.claims],
            "uses": [v.to_dict() for v in self.uses],
            "preferred": [v.to_dict() for v in self.preferred],
            "readings": [r.to_dict() for r in self.readings],
            "missing": [m.to_dict() for m in self.missing],
            "disclaimer": self.disclaimer,
            "measurements": [m.to_dict() for m in self.measurements],
        }

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Judgement:
        """The inverse of :meth:`to_dict`; readings come back without their effect on the conditions."""

        def verdicts(key: str) -> tuple[Verdict, ...]:
            return tuple(Verdict.from_dict(v) for v in data[key])

        return Judgement(
            verdicts("definitions"),
            verdicts("claims"),
            verdicts("uses"),
            verdicts("preferred"),
            tuple(Reading(**{**r, "affects": tuple(r["affects"])}) for r in data["readings"]),
            tuple(Missing(**m) for m in data["missing"]),
            data["disclaimer"],
            tuple(Measurement.from_dict(m) for m in data["measurements"]),
        )


def judge_claims(
    measurements: Sequence[Measurement],
    facts: Sequence[Measurement] = (),
    rules: Definitions | None = None,
) -> Judgement:
    """Verdicts on definitions (A) to (D), claims 1 to 12, the electrolyte support and every preferred range.

    Args:
        measurements: of the membrane, by simulation, scan or instrument; a cloud point, a window, melting points. Empty
            where only a process is judged.
        facts: of the process, as `percola.recipe.process_facts` gives them; empty where only a membrane is judged.
        rules: other definitions than those that ship with Percola.

    Returns:
        A `Judgement`; what follows from others (:func:`derive`) is derived. A claim that is undecided says what is
        ``missing``; one whose process was not used (claim 9 without a resin) does not apply.

    Raises:
        InputError: a measurement in another unit than the criterion's.

    A measurement goes before a fact of the same name. Claims that depend on others follow them.
    Limitations: an engineering check, see ``Judgement.disclaimer``; each reading is tried alone, not in combination.
    """
    rules = rules or definitions()
    known = list(checked([*measurements, *facts]))
    known += derive(known)
    if not any(m.name == "structure_class" for m in known):
        known.append(structure_class(known, rules))
    court = _Judge(known, rules)

    def all_of(keys: Iterable[str]) -> tuple[Verdict, ...]:
        return tuple(court.with_readings(key) for key in keys)

    claims = all_of(CLAIM_KEYS)
    groups = {key: c.group for key, c in rules.criteria.items()}
    groups |= {key: c.group for key, c in rules.combinations.items()}
    wanted = {(m.name, m.region): m for v in claims if v.status is Status.UNDECIDED for m in v.missing}
    return Judgement(
        all_of(DEFINITION_KEYS),
        claims,
        all_of(USE_KEYS),
        all_of(key for group in PREFERRED_GROUPS for key, own in groups.items() if own == group),
        rules.readings,
        tuple(wanted.values()),
        measurements=tuple(known),
    )


def readings() -> tuple[Reading, ...]:
    """The places of EP 1063256 that can be read in two ways, as printed and as meant, with the reading used and why."""
    return definitions().readings


def quantities() -> Mapping[str, Quantity]:
    """Every measurement and fact that the judge understands, by name, with how to get it."""
    return definitions().quantities
