"""`Wanted`: a column or a fact of the header that a method looks for in a table, by all its names."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Wanted:
    """One quantity that a method takes from a table.

    Attributes:
        name: Python name; a person maps a column to it with ``--column name="header in the file"``.
        kind: key of :data:`percola.units.KINDS`, or "number" (no unit), "text" (words as they stand).
        words: headers it goes by, in English, German and Japanese, without units and brackets; case, spaces,
            hyphens and underscores do not count.
        required: whether the method cannot do without it.
        help: what it is, in a few words.
        default_unit: unit to assume where the file says none; only for quantities that have one unit everywhere
            (a frequency in Hz); else the unit is asked for.
    """

    name: str
    kind: str
    words: tuple[str, ...]
    required: bool = True
    help: str = ""
    default_unit: str = ""
