"""Judgement: cited definitions and claims as data, generic operators, verdicts that may say UNDECIDED."""

from percola.judge.definitions import Definitions, Quantity, Reading, definitions
from percola.judge.derive import derive
from percola.judge.judgement import (
    DISCLAIMER,
    Judgement,
    judge,
    judge_claims,
    quantities,
    readings,
    structure_class,
)
from percola.judge.verdict import Missing, OtherReading, Status, Verdict

__all__ = [
    "DISCLAIMER",
    "Definitions",
    "Judgement",
    "Missing",
    "OtherReading",
    "Quantity",
    "Reading",
    "Status",
    "Verdict",
    "definitions",
    "derive",
    "judge",
    "judge_claims",
    "quantities",
    "readings",
    "structure_class",
]
