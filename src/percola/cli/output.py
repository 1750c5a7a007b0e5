"""What a verb prints: one JSON object on standard output, or text for a person."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console


def emit_json(payload: Mapping[str, Any]) -> None:
    """Print the one object of ``--json``; NaN and infinities become null."""
    from percola.store.atomic import plain

    sys.stdout.write(json.dumps(plain(payload), indent=2, ensure_ascii=False, allow_nan=False) + "\n")
    sys.stdout.flush()


@contextlib.contextmanager
def only_json(wanted: bool) -> Iterator[None]:
    """Keep standard output free for the one object: what libraries print meanwhile goes to standard error."""
    if not wanted:
        yield
        return
    with contextlib.redirect_stdout(sys.stderr):
        yield


def console() -> Console:
    """Standard output for a person; where it is not a terminal, wide enough for one line a row."""
    from rich.console import Console

    terminal = sys.stdout.isatty()
    return Console(highlight=False, markup=False, soft_wrap=not terminal, width=None if terminal else 160)


def error_console() -> Console:
    """Standard error, where progress and remarks go."""
    from rich.console import Console

    return Console(stderr=True, highlight=False, markup=False)
