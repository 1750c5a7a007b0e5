"""``--require``: what must hold for exit code 0, asked for before the work and answered after it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from percola.errors import InputError

CHECKS = "checks"
STATUSES = ("PASS", "FAIL", "UNDECIDED", "NOT_APPLICABLE")


@dataclass(frozen=True)
class Requirement:
    """One thing asked for.

    Attributes:
        text: as the person wrote it.
        key: key of a verdict, ``"structure_class"`` or ``"checks"``.
        word: the status or class that it must have.
    """

    text: str
    key: str
    word: str


def requirements(texts: Sequence[str]) -> tuple[Requirement, ...]:
    """Read the values of ``--require``; unknown ones are refused with the nearest names, before any work.

    Accepted: the key of a verdict (it must PASS), ``KEY=STATUS``, a structure class such as ``percolation``,
    and ``checks`` (no validity check of any measurement may fail).
    """
    if not texts:
        return ()
    from percola.judge import definitions

    rules = definitions()
    keys = [*rules.combinations, *rules.criteria]
    classes = [kind.key for kind in rules.classes]
    found = []
    for text in texts:
        key, equals, word = (part.strip() for part in text.partition("="))
        if key == CHECKS and not equals:
            found.append(Requirement(text, CHECKS, "pass"))
        elif key in classes and not equals:
            found.append(Requirement(text, "structure_class", key))
        elif key == "structure_class" and word in classes:
            found.append(Requirement(text, key, word))
        elif key in keys and (not equals or word.upper() in STATUSES):
            found.append(Requirement(text, key, word.upper() or "PASS"))
        elif key in keys:
            raise InputError(f"--require {text}", f"unknown status {word!r}", ", ".join(STATUSES))
        else:
            known = [*keys, *classes, CHECKS]
            near = difflib.get_close_matches(key, known, n=3, cutoff=0.4)
            remedy = f"did you mean {', '.join(near)}?" if near else ""
            usual = [f"definition_{k}" for k in "ABCD"] + [f"claim_{k}" for k in range(1, 13)]
            raise InputError(
                f"--require {text}",
                "no such verdict or structure class",
                f"{', '.join([*usual, *classes, CHECKS])}, or a condition as --json names it",
                remedy,
            )
    return tuple(found)


def not_met(
    wanted: Iterable[Requirement],
    verdicts: Sequence[Mapping[str, Any]],
    measurements: Sequence[Mapping[str, Any]],
) -> list[str]:
    """What does not hold, one sentence each; empty where everything does."""
    by_key = {verdict["key"]: verdict for verdict in _all(verdicts)}
    broken = []
    for requirement in wanted:
        if requirement.key == CHECKS:
            broken += [
                f"{m['name']}{' (' + m['region'] + ')' if m.get('region') else ''}: {c['message']}"
                for m in measurements
                for c in m.get("checks", ())
                if c["status"] == "fail"
            ]
        elif requirement.key == "structure_class":
            values = [m["value"] for m in measurements if m["name"] == "structure_class"]
            if requirement.word not in values:
                broken.append(
                    f"structure class: {', '.join(map(str, values)) or 'not told'}, not {requirement.word}"
                )
        else:
            verdict = by_key.get(requirement.key)
            if verdict is None:
                broken.append(f"{requirement.key}: was not judged in this run")
            elif verdict["status"] != requirement.word:
                broken.append(
                    f"{requirement.key}: {verdict['status']}, not {requirement.word}; {verdict['words']}"
                )
    return broken


def _all(verdicts: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for verdict in verdicts:
        yield from _all(verdict.get("parts", ()))
        yield verdict
