"""The errors a person may see: each says what was found, what is allowed and what to do."""

from __future__ import annotations


class PercolaError(Exception):
    """Base of every error that Percola raises on purpose; the command line prints it and exits with code 2.

    Args:
        where: the argument, recipe field, file, line or column at fault.
        found: what was found there.
        allowed: what is allowed there (may be empty where nothing would be).
        remedy: what to do about it.
    """

    def __init__(self, where: str, found: str, allowed: str = "", remedy: str = "") -> None:
        self.where = where
        self.found = found
        self.allowed = allowed
        self.remedy = remedy
        super().__init__(where, found, allowed, remedy)

    def __str__(self) -> str:
        parts = [f"{self.where}: {self.found}"]
        if self.allowed:
            parts.append(f"allowed: {self.allowed}")
        if self.remedy:
            parts.append(f"what to do: {self.remedy}")
        return "; ".join(parts)


class InputError(PercolaError):
    """An argument, a recipe field or a file that cannot be used as it is."""


class TableError(PercolaError):
    """A property that the tables do not hold, or do not hold in the range asked for."""


class SolveError(PercolaError):
    """A computation that could not be finished; ``remedy`` says what to try."""


class ResourceError(PercolaError):
    """Too little memory or disk for what was asked, or a missing device; found out before the work where possible."""
