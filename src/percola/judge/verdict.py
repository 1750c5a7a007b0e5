"""`Verdict`: the answer to one question about a membrane, with its margin, its evidence and its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from percola.measurement import Measurement


class Status(StrEnum):
    """How a question came out; UNDECIDED where the uncertainty straddles the threshold or a measurement is
    missing."""

    PASS = "PASS"
    FAIL = "FAIL"
    UNDECIDED = "UNDECIDED"
    NOT_APPLICABLE = "NOT_APPLICABLE"

    def negated(self) -> Status:
        """PASS and FAIL exchanged."""
        return {Status.PASS: Status.FAIL, Status.FAIL: Status.PASS}.get(self, self)


@dataclass(frozen=True)
class Missing:
    """What is not known and would decide: the name of the measurement or fact, its region, and how to get it."""

    name: str
    region: str
    how: str

    def to_dict(self) -> dict[str, str]:
        """Plain data for JSON."""
        return {"name": self.name, "region": self.region, "how": self.how}


@dataclass(frozen=True)
class OtherReading:
    """What a verdict is in the other reading of a place of the patent.

    Attributes:
        key: key of the reading; :func:`percola.judge.readings` has its words.
        place: claim or paragraph.
        used: the reading that the verdict uses, "as_printed" or "as_meant".
        status: the verdict in the other reading; None where the place changes no condition.
        words: that verdict in words.
    """

    key: str
    place: str
    used: str
    status: Status | None = None
    words: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "key": self.key,
            "place": self.place,
            "used": self.used,
            "status": None if self.status is None else self.status.value,
            "words": self.words,
        }

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> OtherReading:
        """The inverse of :meth:`to_dict`."""
        status = data.get("status")
        return OtherReading(**{**data, "status": None if status is None else Status(status)})


@dataclass(frozen=True)
class Verdict:
    """One judged question.

    Attributes:
        key: the criterion or combination in ``data/definitions.toml``.
        title: the question in words.
        status: PASS, FAIL, UNDECIDED or NOT_APPLICABLE.
        source: paragraph or claim.
        words: the answer in a sentence, with numbers in the units of the field.
        group: "definition" (what the claims say), "process", "preferred", "preferred_process", "use" or "class".
        margin: distance from the threshold [unit], positive on the side that passes; None for words.
        margin_sigma: the margin in standard deviations of the measurement; None where it has no uncertainty.
        probability: that the true value passes, from the stated uncertainty; None where it cannot be told.
        unit: SI unit of the margin.
        threshold: the threshold in words.
        threshold_from: "patent" where the number stands in the source, "percola" where a word was made
            measurable.
        reason: for a threshold of ours, why this number.
        measurements: what was used.
        parts: the verdicts that a combination rests on.
        missing: what would have to be known to decide, and how to get it.
        readings: the places of the patent that bear on it and can be read in two ways.
    """

    key: str
    title: str
    status: Status
    source: str
    words: str
    group: str = "definition"
    margin: float | None = None
    margin_sigma: float | None = None
    probability: float | None = None
    unit: str = ""
    threshold: str = ""
    threshold_from: str = ""
    reason: str = ""
    measurements: tuple[Measurement, ...] = ()
    parts: tuple[Verdict, ...] = ()
    missing: tuple[Missing, ...] = ()
    readings: tuple[OtherReading, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; measurements by name, region and value only (their full record is
        elsewhere)."""
        return {
            "key": self.key,
            "title": self.title,
            "status": self.status.value,
            "source": self.source,
            "words": self.words,
            "group": self.group,
            "margin": self.margin,
            "margin_sigma": self.margin_sigma,
            "probability": self.probability,
            "unit": self.unit,
            "threshold": self.threshold,
            "threshold_from": self.threshold_from,
            "reason": self.reason,
            "measurements": [
                {
                    "name": m.name,
                    "region": m.region,
                    "value": m.value if m.defined else None,
                    "uncertainty": m.uncertainty,
                    "unit": m.unit,
                }
                for m in self.measurements
            ],
            "parts": [part.to_dict() for part in self.parts],
            "missing": [m.to_dict() for m in self.missing],
            "readings": [r.to_dict() for r in self.readings],
        }

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Verdict:
        """The inverse of :meth:`to_dict`; the measurements come back without their evidence. Files without ``missing``
        and ``readings`` are read too."""
        return Verdict(
            **{
                **data,
                "status": Status(data["status"]),
                "measurements": tuple(Measurement(**m) for m in data["measurements"]),
                "parts": tuple(Verdict.from_dict(part) for part in data["parts"]),
                "missing": tuple(Missing(**m) for m in data.get("missing", ())),
                "readings": tuple(OtherReading.from_dict(r) for r in data.get("readings", ())),
            }
        )
