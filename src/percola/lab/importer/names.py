"""Names of quantities and headers that a person says for units and columns: what names nothing is refused."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from percola.errors import InputError
from percola.lab.table import Table, plain

if TYPE_CHECKING:
    from percola.lab.reading import ReadOptions

#: Headers of all tables read since the check began; None outside of a check.
_SEEN: ContextVar[list[str] | None] = ContextVar("headers_seen", default=None)


def record(tables: Iterable[Table]) -> None:
    """Note the headers of tables as seen, where a check is under way."""
    seen = _SEEN.get()
    if seen is not None:
        seen += [c.header for t in tables for c in t.columns if c.header and c.header not in seen]


@contextmanager
def checked(known: Sequence[str], options: ReadOptions) -> Iterator[None]:
    """Refuse ``--column`` and ``--unit`` whose name is neither a quantity of the method nor a header that was read.

    Headers are known only once all files are read, so units are checked at the end, or where the reading stops at
    another refusal: a name mistyped is the likely reason of that one.

    Args: known: names of all quantities that the method takes. options: what a person says (profiles are not checked:
        they may hold names of several methods).

    Raises:
        InputError: a name of nothing, with the names and headers there are.
    """
    for name in options.columns:
        if name not in known:
            raise _unknown("--column", name, known, ())
    token = _SEEN.set([])
    try:
        try:
            yield
        except InputError as error:
            seen = _SEEN.get()
            if seen:  # else the file was not read at all, which comes first
                _units(known, options, seen, error)
            raise
        _units(known, options, _SEEN.get() or [], None)
    finally:
        _SEEN.reset(token)


def _units(known: Sequence[str], options: ReadOptions, seen: Sequence[str], cause: InputError | None) -> None:
    heads = {plain(h) for h in seen}
    for name in options.units:
        if name not in known and name not in seen and (not plain(name) or plain(name) not in heads):
            raise _unknown("--unit", name, known, seen) from cause


def _unknown(option: str, name: str, known: Sequence[str], seen: Sequence[str]) -> InputError:
    names = ", ".join(known) or "no quantities in tables"
    shown = ", ".join(map(repr, seen[:30])) + (f" and {len(seen) - 30} more" if len(seen) > 30 else "")
    headers = f"; or a header of the files: {shown}" if seen else ""
    near = difflib.get_close_matches(name, [*known, *seen], 1, 0.6)
    said = "no quantity that the method takes" + (
        ", and no header of the files" if option == "--unit" else ""
    )
    return InputError(
        f"{option} {name}=...",
        f"{name!r} is {said}",
        f"{names}{headers}",
        f"did you mean {near[0]}?" if near else "",
    )
