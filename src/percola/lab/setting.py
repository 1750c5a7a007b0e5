"""What a person may say to a method, and how it is written: text to SI, refusing what it is not."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from percola.errors import InputError

#: Besides the kinds of :data:`percola.units.KINDS`.
PLAIN_KINDS = ("word", "choice", "number", "count", "flag", "file")


@dataclass(frozen=True)
class Setting:
    """One option of a method.

    Attributes:
        name: Python name; the option is the same with hyphens (``contact_angle`` -> ``--contact-angle``).
        kind: a key of :data:`percola.units.KINDS` (a quantity written with its unit), or "word", "choice", "number"
            (any finite number), "count" (a whole number from 0), "flag" or "file".
        help: one line.
        default: as a person would write it; None: not set (the method asks for it by name where it needs it).
        choices: of a "choice".
        positive: whether a quantity must be above zero.
        many: whether it may be given several times; its value is then a tuple.
    """

    name: str
    kind: str
    help: str
    default: str | None = None
    choices: tuple[str, ...] = ()
    positive: bool = False
    many: bool = False

    @property
    def option(self) -> str:
        """As written on the command line."""
        return "--" + self.name.replace("_", "-")


def asked_for(setting: str, why: str, example: str) -> InputError:
    """The refusal of a method that needs to be told something.

    Args: setting: Python name. why: what is not known. example: a value well written.
    """
    option = "--" + setting.replace("_", "-")
    return InputError(option, f"not given: {why}", "", f"say it, for example {option} {example}")


def parse_settings(settings: Sequence[Setting], given: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as people write them (or SI numbers, from Python) to values in SI, defaults filled in.

    Raises:
        InputError: an unknown name, a missing unit, a word that is no choice, a number that is not positive.
    """
    known = {s.name: s for s in settings}
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            raise InputError(
                name, "an unknown setting", ", ".join(known), f"did you mean {near[0]}?" if near else ""
            )
    return {s.name: _value(s, given.get(s.name)) for s in settings}


def _value(s: Setting, raw: Any) -> Any:
    if raw is None:
        raw = s.default
    if raw is None or (s.many and isinstance(raw, list | tuple) and not raw):
        return False if s.kind == "flag" else () if s.many else None
    if s.many:
        return tuple(_one(s, item) for item in (raw if isinstance(raw, list | tuple) else [raw]))
    return _one(s, raw)


def _one(s: Setting, raw: Any) -> Any:
    from percola import units

    where = s.option
    if s.kind == "flag":
        return bool(raw)
    if s.kind in ("word", "file"):
        if not str(raw).strip():
            raise InputError(where, "an empty text", "a word" if s.kind == "word" else "a file")
        return str(raw)
    if s.kind == "choice":
        word = str(raw).strip().lower()
        if word not in s.choices:
            near = difflib.get_close_matches(word, s.choices, 1)
            raise InputError(
                where, repr(str(raw)), ", ".join(s.choices), f"did you mean {near[0]}?" if near else ""
            )
        return word
    if s.kind in ("number", "count"):
        try:
            number = float(raw)
        except (TypeError, ValueError):
            raise InputError(where, repr(raw), "a plain number with a decimal point") from None
        if not math.isfinite(number) or (s.positive and not number > 0):
            raise InputError(where, repr(raw), "a finite number" + (" above 0" if s.positive else ""))
        if s.kind == "count":
            if number < 0 or number != int(number):
                raise InputError(where, repr(raw), "a whole number from 0")
            return int(number)
        return number
    value = float(raw) if isinstance(raw, float | int) else units.si_value(str(raw), s.kind, where)
    if not math.isfinite(value) or (s.positive and not value > 0):
        raise InputError(
            where,
            repr(raw),
            f"a positive {units.KINDS[s.kind].words}",
            f"such as {units.KINDS[s.kind].example}",
        )
    return value
