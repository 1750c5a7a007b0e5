"""Writing so that a kill at any instant leaves either the old file or the new one, never half of one."""

from __future__ import annotations

import contextlib
import errno
import json
import math
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from percola.errors import ResourceError

#: Names of files that are being written aside; left-overs of a killed run carry it too and are swept on
#: reopening.
ASIDE = ".aside-"

_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", -1), errno.EFBIG}
_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS}
_NOT_A_DIRECTORY = {errno.ENOTDIR, errno.EEXIST}


@contextlib.contextmanager
def resources(path: Path) -> Iterator[None]:
    """Turn what the operating system says about a full disk or a refused path into one clear
    `ResourceError`.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise ResourceError(
                str(path),
                f"the disk is full or a quota is reached ({_free_text(path)})",
                "enough free space for the fields of the run",
                "free some space or choose another directory with --out, then run again: "
                "finished stages are kept",
            ) from error
        if error.errno in _REFUSED:
            raise ResourceError(
                str(path),
                f"cannot be written ({os.strerror(error.errno or 0)})",
                "a directory that you may write to",
                "choose another directory with --out or change its permissions",
            ) from error
        if error.errno in _NOT_A_DIRECTORY:
            raise ResourceError(
                str(path),
                f"is in the way of a directory ({os.strerror(error.errno or 0)})",
                "a directory, or a name that is still free",
                "move that file away or choose another directory with --out",
            ) from error
        raise ResourceError(
            str(path),
            f"could not be written ({error.strerror or error})",
            "",
            "check the disk, then run again",
        ) from error


def _free_text(path: Path) -> str:
    free = free_bytes(path)
    return "free space unknown" if free is None else f"{free / 2**20:.0f} MiB free"


def free_bytes(path: Path) -> int | None:
    """Free space [byte] of the disk that holds ``path`` (or its nearest existing parent); None if it cannot
    be told.
    """
    for candidate in (path, *path.parents):
        if candidate.exists():
            try:
                return shutil.disk_usage(candidate).free
            except OSError:
                return None
    return None


def sync_directory(path: Path) -> None:
    """Make a rename inside ``path`` durable; Windows has no such call and needs none."""
    if os.name == "nt":
        return
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def replace(source: Path, target: Path) -> None:
    """Rename over ``target``; on Windows a virus scanner may hold the file for a moment, so try a few
    times.
    """
    for attempt in range(5):
        try:
            os.replace(source, target)
            return
        except PermissionError:
            if os.name != "nt" or attempt == 4:
                raise
            time.sleep(0.05 * 2**attempt)


@contextlib.contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """A path beside ``path`` to write to; on leaving without an error it is flushed and renamed to
    ``path``.
    """
    aside = path.parent / f"{ASIDE}{uuid.uuid4().hex[:12]}{path.suffix}"
    with resources(path):
        try:
            yield aside
            with open(aside, "r+b") as file:
                os.fsync(file.fileno())
            replace(aside, path)
        except BaseException:
            with contextlib.suppress(OSError):
                aside.unlink()
            raise
        sync_directory(path.parent)


def write_bytes(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path`` all or nothing."""
    with written_aside(path) as aside, open(aside, "wb") as file:
        file.write(data)


def write_text(path: Path, text: str) -> None:
    """Write ``text`` (UTF-8, line ends as given) to ``path`` all or nothing."""
    write_bytes(path, text.encode("utf-8"))


def write_json(path: Path, data: Any) -> None:
    """Write ``data`` as readable JSON to ``path`` all or nothing; NaN and infinities become null."""
    write_text(path, json.dumps(plain(data), indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def plain(data: Any) -> Any:
    """``data`` as JSON can hold it: numpy scalars and arrays unpacked, tuples as lists, NaN and infinities
    as None.
    """
    if isinstance(data, dict):
        return {str(key): plain(value) for key, value in data.items()}
    if isinstance(data, (str, bool, int)) or data is None:
        return data
    if isinstance(data, (float, np.floating)):
        return float(data) if math.isfinite(data) else None
    if isinstance(data, np.bool_):
        return bool(data)
    if isinstance(data, np.integer):
        return int(data)
    if isinstance(data, np.ndarray):
        return plain(data.tolist())
    if isinstance(data, Path):
        return str(data)
    if hasattr(data, "to_dict"):
        return plain(data.to_dict())
    if hasattr(data, "items"):
        return {str(key): plain(value) for key, value in data.items()}
    if hasattr(data, "__iter__"):
        return [plain(value) for value in data]
    raise TypeError(f"{type(data).__name__} has no place in a JSON file of a run")


def sweep(directory: Path) -> int:
    """Remove what a killed writer left aside; returns how many files and directories went."""
    gone = 0
    for leftover in directory.rglob(f"{ASIDE}*"):
        with contextlib.suppress(OSError):
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
            gone += 1
    return gone
