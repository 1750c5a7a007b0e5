"""Judgement: cited definitions as data, generic operators, verdicts that may say UNDECIDED."""

from percola.judge.definitions import Definitions, definitions
from percola.judge.judgement import judge, structure_class
from percola.judge.verdict import Status, Verdict

__all__ = ["Definitions", "Status", "Verdict", "definitions", "judge", "structure_class"]
