"""One writer to a run directory at a time, and a lock that a killed writer cannot leave behind.

Two layers. The operating system's own lock on an open file (``fcntl`` or ``msvcrt``) vanishes with the
process, so kill -9 leaves nothing stale. Where a file system does not offer it, or between hosts of a
cluster where it may not reach, the file's content decides: host, process id, start time of that process, and
a heartbeat.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import socket
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path
from typing import Any

from percola.errors import ResourceError
from percola.store.atomic import resources

#: A holder on another host counts as gone when its heartbeat is older than this [s]: eight missed beats.
STALE_AFTER_S = 160.0
_BEAT_S = 20.0
_LOCKED_BYTE = 1 << 30  # far behind the content: on Windows locked bytes cannot be read by others


def process_start(pid: int) -> str | None:
    """A text that differs between two processes that were given the same id one after the other; None if
    unknown.
    """
    if sys.platform.startswith("linux"):
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            return None
        return stat.rpartition(")")[2].split()[19]  # field 22, starttime in clock ticks since boot
    if sys.platform == "win32":
        return _windows_start(pid)
    try:
        out = subprocess.run(
            ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, timeout=5, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return out.stdout.strip() or None


def _windows_start(pid: int) -> str | None:
    if sys.platform != "win32":
        return None
    import ctypes
    from ctypes import wintypes

    kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    handle = kernel.OpenProcess(0x1000, False, pid)  # PROCESS_QUERY_LIMITED_INFORMATION
    if not handle:
        return None
    try:
        times = [wintypes.FILETIME() for _ in range(4)]
        if not kernel.GetProcessTimes(handle, *(ctypes.byref(t) for t in times)):
            return None
        return f"{times[0].dwHighDateTime:x}{times[0].dwLowDateTime:08x}"
    finally:
        kernel.CloseHandle(handle)


def process_alive(pid: int, start: str | None) -> bool:
    """Whether the process ``pid`` that started at ``start`` still runs on this host."""
    if pid <= 0:
        return False
    if sys.platform != "win32":
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            pass
    now = process_start(pid)
    if now is None:
        return sys.platform != "win32"
    return start is None or now == start


class _NoSystemLockError(Exception):
    """The file system offers no locks."""


def _system_lock(handle: int) -> bool:
    """Take the operating system's lock without waiting; False if another holds it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(handle, _LOCKED_BYTE, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EACCES, errno.EDEADLK, errno.EWOULDBLOCK):
            return False
        raise _NoSystemLockError from error
    return True


class RunLock:
    """The right to write to one run directory; a context manager.

    Args:
        path: the lock file; it is emptied, not removed, on release (removing it would open a race).
        wait_s: how long to wait for another holder before giving up [s].

    Raises:
        ResourceError: another living process holds the lock; the message names it.
    """

    def __init__(self, path: Path, wait_s: float = 0.0) -> None:
        self.path = path
        self.wait_s = wait_s
        self.broke: str = ""
        self._handle: int | None = None
        self._stop = threading.Event()
        self._token = uuid.uuid4().hex

    def acquire(self) -> RunLock:
        deadline = time.monotonic() + self.wait_s
        while True:
            holder = self._try()
            if holder is None:
                return self
            if time.monotonic() >= deadline:
                raise ResourceError(
                    str(self.path.parent),
                    f"is in use by {_words(holder)}",
                    "one run at a time in one run directory",
                    "wait until it has finished, or choose another directory with --out",
                )
            time.sleep(0.2)

    def _try(self) -> dict[str, Any] | None:
        """None when the lock is ours now, else what is known about its holder."""
        with resources(self.path):
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
        system = True
        try:
            try:
                if not _system_lock(handle):
                    return self._read(handle) or {"pid": 0}
            except _NoSystemLockError:
                system = False
            found = self._read(handle)
            if found and self._alive(handle, found, system):
                return found
            if found:
                self.broke = f"a lock left by {_words(found)}, which is no longer running"
            me = {
                "pid": os.getpid(),
                "host": socket.gethostname(),
                "started": process_start(os.getpid()),
                "since": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
                "token": self._token,
            }
            with resources(self.path):
                os.ftruncate(handle, 0)
                os.lseek(handle, 0, os.SEEK_SET)
                os.write(handle, json.dumps(me).encode("utf-8"))
                os.fsync(handle)
            if not system:
                # Two that break the same stale lock both write; after a moment only the last one's token
                # stands.
                time.sleep(0.1)
                written = self._read(handle)
                if not written or written.get("token") != self._token:
                    return written or {"pid": 0}
            self._handle, handle = handle, -1
        finally:
            if handle >= 0:
                os.close(handle)
        threading.Thread(target=self._beat, name="percola-run-lock", daemon=True).start()
        return None

    @staticmethod
    def _read(handle: int) -> dict[str, Any] | None:
        try:
            os.lseek(handle, 0, os.SEEK_SET)
            found = json.loads(os.read(handle, 65536))
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    @staticmethod
    def _alive(handle: int, found: dict[str, Any], system: bool) -> bool:
        if found.get("host") == socket.gethostname():
            # With the system's lock in our hands no process of this host can hold it any more.
            return not system and process_alive(int(found.get("pid", 0)), found.get("started"))
        return time.time() - os.fstat(handle).st_mtime < STALE_AFTER_S

    def _beat(self) -> None:
        while not self._stop.wait(_BEAT_S):
            with contextlib.suppress(OSError):
                os.utime(self.path)

    @property
    def held(self) -> bool:
        return self._handle is not None

    def release(self) -> None:
        """Give the lock back; harmless when it is not held."""
        self._stop.set()
        handle, self._handle = self._handle, None
        if handle is None:
            return
        with contextlib.suppress(OSError):
            os.ftruncate(handle, 0)
        os.close(handle)  # closing drops the system's lock

    def __enter__(self) -> RunLock:
        return self.acquire()

    def __exit__(self, *exc: object) -> None:
        self.release()


def _words(holder: dict[str, Any]) -> str:
    if not holder.get("pid"):
        return "another process"
    host, since = holder.get("host", "this host"), holder.get("since", "an unknown time")
    return f"process {holder['pid']} on {host} since {since}"
