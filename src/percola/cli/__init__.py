"""The command line: thin verbs over the pipeline; it computes nothing itself.

``main`` is the entry point of the command ``percola``. Exit codes: 0 done; 1 done, but something asked for
with ``--require`` does not hold; 2 bad input or a computation that could not be done; 130 cancelled; 143
terminated.
Rooms are imported inside the verbs, so that ``percola --help`` starts at once.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line on ``argv`` (default: that of the process) and return the exit code.

    Limitations: installs a handler for SIGTERM while it runs, when called from the main thread.
    """
    from percola.cli import faults

    arguments = list(sys.argv[1:] if argv is None else argv)
    faults.tolerant_streams()
    if arguments == ["--version"]:
        from percola._version import __version__

        print(f"percola {__version__}")
        return faults.DONE
    try:
        with faults.terminable():
            from percola.cli.app import command_of

            # The app only reads the command line: it answers with the work to do, or with an exit code.
            command, name, rest = command_of(arguments)
            answer = command(rest, prog_name=name, standalone_mode=False)
            code = answer() if callable(answer) else answer
        return code if isinstance(code, int) else faults.DONE
    except BaseException as error:
        if argv is None and isinstance(error, KeyboardInterrupt):
            faults.leave(error, arguments)
        return faults.report(error, arguments)
