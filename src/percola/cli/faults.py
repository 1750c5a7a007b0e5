"""From any exception to one clear message and an exit code; a person never sees a traceback unasked."""

from __future__ import annotations

import contextlib
import difflib
import errno
import json
import os
import shlex
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from percola.errors import PercolaError

DONE, NOT_MET, BAD_INPUT = 0, 1, 2
CANCELLED, TERMINATED = 130, 143  # 128 + SIGINT, 128 + SIGTERM: what shells and schedulers expect
SHOW_TRACEBACK = "PERCOLA_TRACEBACK"


class Terminated(KeyboardInterrupt):
    """SIGTERM arrived: schedulers send it before they kill."""


@dataclass(frozen=True)
class Fault:
    """What went wrong, for a person and for a program.

    Attributes:
        where, found, allowed, remedy: as in :class:`percola.errors.PercolaError`.
        kind: name of the class of error, for programs that read ``--json``.
        exit_code: exit code of the process.
    """

    where: str
    found: str
    allowed: str
    remedy: str
    kind: str
    exit_code: int = BAD_INPUT

    def text(self) -> str:
        lines = [f"percola: {self.where}: {self.found}" if self.where else f"percola: {self.found}"]
        if self.allowed:
            lines.append(f"  allowed: {self.allowed}")
        if self.remedy:
            lines.append(f"  what to do: {self.remedy}")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        fields = ("kind", "where", "found", "allowed", "remedy", "exit_code")
        return {"error": {name: getattr(self, name) for name in fields}}


@contextlib.contextmanager
def terminable() -> Iterator[None]:
    """Turn SIGTERM into :class:`Terminated` while the block runs, so that it ends as tidily as Ctrl-C."""

    def raise_terminated(_signal: int, _frame: FrameType | None) -> None:
        raise Terminated

    try:
        before = signal.signal(signal.SIGTERM, raise_terminated)
    except ValueError:  # not the main thread: leave the signal to whoever owns the process
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def tolerant_streams() -> None:
    """Let a terminal that cannot show "µ" or "²" show "?" instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


def leave(error: KeyboardInterrupt, arguments: Sequence[str]) -> NoReturn:
    """End a cancelled process at once: say so, and wait neither for threads at work nor for a second Ctrl-C.

    Files are written aside and renamed, so nothing half done is left under a name.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(ValueError):
            signal.signal(number, signal.SIG_IGN)
    code = report(error, arguments)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def report(error: BaseException, arguments: Sequence[str]) -> int:
    """Print one message for ``error`` on standard error, with ``--json`` also an object on standard output.

    Returns: the exit code.
    """
    if type(error).__name__ == "Exit":  # typer.Exit, raised by --version and the like
        return int(getattr(error, "exit_code", 0))
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else BAD_INPUT
    if isinstance(error, BrokenPipeError):
        # The reader (head, less) has gone; with stdout elsewhere the interpreter's last flush is silent.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    if type(error).__name__ == "NoArgsIsHelpError":  # nothing asked; Typer has printed the help
        return BAD_INPUT
    fault = explain(error, arguments)
    print(fault.text(), file=sys.stderr)
    if os.environ.get(SHOW_TRACEBACK):
        traceback.print_exception(error)
    if "--json" in arguments:
        print(json.dumps(fault.to_dict(), indent=2, ensure_ascii=False))
    return fault.exit_code


def explain(error: BaseException, arguments: Sequence[str]) -> Fault:
    """The fault that ``error`` amounts to."""
    kind = type(error).__name__
    if isinstance(error, PercolaError):
        return Fault(error.where, error.found, error.allowed, error.remedy, kind)
    if isinstance(error, KeyboardInterrupt) or kind == "Abort":
        return _cancelled(error, arguments)
    if hasattr(error, "format_message"):
        return _usage(error, arguments)
    if isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in str(error):
        return Fault(
            "memory",
            "the machine has no more to give",
            "",
            "choose a smaller --size, or close other programs; `percola doctor` lists the sizes that fit",
            "ResourceError",
        )
    if isinstance(error, OSError):
        return _system(error)
    return _internal(error)


def _cancelled(error: BaseException, arguments: Sequence[str]) -> Fault:
    terminated = isinstance(error, Terminated)
    again = shlex.join(["percola", *(a for a in arguments if a != "--fresh")])
    resumes = bool(arguments) and (
        arguments[0] in ("run", "measure", "calibrate")
        or (arguments[0] == "predict" and "--full" in arguments)
    )
    return Fault(
        "terminated" if terminated else "cancelled",
        "stopped before the end; everything finished so far is kept" if resumes else "stopped before the end",
        "",
        f"to resume where it stopped, run the same command again: {again}" if resumes else "",
        "Terminated" if terminated else "Cancelled",
        TERMINATED if terminated else CANCELLED,
    )


def _usage(error: BaseException, arguments: Sequence[str]) -> Fault:
    """A command line that Typer could not take; suggests the nearest verb or option."""
    message = str(error.format_message()).strip()  # type: ignore[attr-defined]
    context = getattr(error, "ctx", None)
    path = getattr(context, "command_path", "percola") or "percola"
    group = getattr(context, "command", None)
    verbs = sorted(getattr(group, "commands", {}) or getattr(group, "list_commands", lambda _: ())(context))
    remedy = f"see `{path} --help`"
    allowed = ""
    if "No such command" in message:
        word = next((a for a in arguments if not a.startswith("-") and a not in path.split()), "")
        message = f"there is no verb {word!r}"
        allowed = ", ".join(verbs)
        near = difflib.get_close_matches(word, verbs, n=1, cutoff=0.5)
        if path == "percola" and (":" in word or word.endswith(".toml")):
            remedy = f"did you mean `percola run {shlex.quote(word)}`?"
        elif near:
            remedy = f"did you mean `{path} {near[0]}`?"
    elif "Missing command" in message:
        message, allowed = "a verb is missing", ", ".join(verbs)
    return Fault("command line", message.rstrip("."), allowed, remedy, "UsageError")


def _system(error: OSError) -> Fault:
    name = str(error.filename) if error.filename else "file system"
    space = "free some space, or choose another place with --out; then run again"
    rights = "choose a place you may write to with --out, or change the rights"
    found, remedy = {
        errno.ENOSPC: ("the disk is full", space),
        errno.EDQUOT: ("the disk quota is used up", space),
        errno.EACCES: ("no permission to read or write it", rights),
        errno.EPERM: ("no permission to read or write it", rights),
        errno.EROFS: ("the file system is read-only", "choose another place with --out"),
        errno.ENOENT: ("no such file or directory", "check the name and the folder you are in"),
        errno.ENOTDIR: ("a part of this path is a file, not a folder", "choose another place"),
        errno.EISDIR: ("this is a folder, a file was expected", "name the file"),
        errno.EEXIST: ("it exists already", "choose another name"),
        errno.EIO: ("the disk could not be read or written", "check the disk, then run again"),
    }.get(error.errno or 0, (error.strerror or str(error), "check the path and the disk, then run again"))
    return Fault(name, found, "", remedy, "ResourceError" if error.errno != errno.ENOENT else "InputError")


def _internal(error: BaseException) -> Fault:
    """A fault of Percola itself: keep the traceback in a file, say where."""
    words = " ".join(str(error).split())[:300] or "no further words"
    remedy = f"run it again with {SHOW_TRACEBACK}=1 to see the traceback, and report it"
    with contextlib.suppress(OSError):
        path = (
            Path(tempfile.gettempdir()) / f"percola-fault-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.txt"
        )
        path.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
        remedy = f"report it with the file {path}; finished stages are kept, running again resumes"
    return Fault("fault in Percola", f"{type(error).__name__}: {words}", "", remedy, "InternalError")
