"""`RunDirectory`: the record of one run on disk, written so that a kill at any instant loses nothing
finished.
"""

from __future__ import annotations

import contextlib
import json
import re
import time
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import numpy as np

from percola.errors import InputError, ResourceError
from percola.store import fields as _fields
from percola.store.atomic import (
    free_bytes,
    plain,
    resources,
    sweep,
    write_bytes,
    write_json,
    write_text,
    written_aside,
)
from percola.store.environment import environment
from percola.store.identity import tree_digest
from percola.store.lock import RunLock

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]*\Z")
_MARKER_VERSION = 1

Opened = Literal["new", "resumed", "finished", "read"]


class RunDirectory:
    """One run: ``<root>/<id>/`` with its stages, fields, checkpoints, manifest and results.

    A *stage* is finished when its marker ``stages/<stage>.json`` stands; the marker is written last, after
    every file of the stage, and holds the digest of each. A killed run therefore comes back with exactly the
    stages whose results are whole, and a file that was cut or changed since is found out and its stage done
    again.

    Use as a context manager: the directory is locked for one writer while it is open::

        with RunDirectory.open("runs", run_id) as run:
            if not run.has("gel"):
                ...
                run.finish("gel", {"arrest_time_s": 0.4}, files=["gel.json", "fields.zarr/core/0"])

    Attributes:
        path: the directory.
        id: the run's id.
        opened: "new", "resumed" (some stages were finished), "finished" (the last run came to its end) or
            "read".
        notes: what was found on opening, in words: stale locks, damaged stages, swept left-overs.
    """

    def __init__(self, path: Path, opened: Opened, lock: RunLock | None) -> None:
        self.path = path
        self.id = path.name
        self.opened: Opened = opened
        self.notes: list[str] = []
        self._lock = lock
        self._markers: dict[str, dict[str, Any]] = {}
        self._dropped: dict[str, dict[str, Any]] = {}
        self._clock = time.perf_counter()

    # -- opening and closing -----------------------------------------------------------------------

    @classmethod
    def open(
        cls,
        root: str | Path,
        run_id: str,
        *,
        need_bytes: int = 0,
        fresh: bool = False,
        wait_s: float = 0.0,
    ) -> RunDirectory:
        """Make or reopen ``<root>/<run_id>`` for writing.

        Args:
            root: directory that holds the runs; made where missing.
            run_id: the run's id (see `percola.store.run_id`), lower-case letters, digits, ``_``, ``-`` and
                ``.``.
            need_bytes: disk space the run will want [byte]; less free space is refused before any work.
            fresh: forget every finished stage and checkpoint and start clean.
            wait_s: how long to wait for another run that holds the directory [s].

        Raises:
            ResourceError: the path is a file, cannot be written, is in use, or the disk has too little space.
        """
        if not _NAME.match(run_id):
            raise InputError("run_id", repr(run_id), "lower-case letters, digits, '_', '-' and '.'")
        root = Path(root)
        path = root / run_id
        for part in (root, path):
            if part.exists() and not part.is_dir():
                raise ResourceError(
                    str(part),
                    "is a file",
                    "a directory, or a name that is still free",
                    "choose another with --out",
                )
        free = free_bytes(path)
        if need_bytes and free is not None and free < need_bytes:
            raise ResourceError(
                str(root),
                f"{free / 2**20:.0f} MiB free on this disk",
                f"at least {need_bytes / 2**20:.0f} MiB for this run",
                "free some space, choose another directory with --out, or a smaller --size",
            )
        with resources(path):
            path.mkdir(parents=True, exist_ok=True)
        lock = RunLock(path / "run.lock", wait_s).acquire()
        run = cls(path, "new", lock)
        try:
            with resources(path):
                (path / "stages").mkdir(exist_ok=True)
                (path / "checkpoints").mkdir(exist_ok=True)
            if lock.broke:
                run.notes.append(f"Took over {lock.broke}.")
            if swept := sweep(path):
                run.notes.append(f"Removed {swept} file(s) that an interrupted run had left half written.")
            if fresh:
                run._start_clean()
            run._load_markers()
            status = run.manifest().get("status")
            if run._markers or any((path / "checkpoints").iterdir()):
                run.opened = "finished" if status == "finished" and not run._dropped else "resumed"
            else:
                run.opened = "new"
        except BaseException:
            lock.release()
            raise
        return run

    @classmethod
    def view(cls, path: str | Path) -> RunDirectory:
        """Open an existing run directory for reading only, without a lock; damaged stages count as
        missing.
        """
        path = Path(path)
        if not path.is_dir():
            raise InputError(str(path), "is not a directory", "a run directory, such as runs/<id>")
        run = cls(path, "read", None)
        run._load_markers()
        return run

    @property
    def opening(self) -> str:
        """One sentence for the person: whether this run starts clean, resumes, or was finished before."""
        done = ", ".join(self.stages)
        words = {
            "new": "Starting clean: nothing of this run was on disk.",
            "resumed": f"Resuming: finished before are {done}."
            if done
            else "Resuming from a checkpoint: no stage was finished before.",
            "finished": "This run was finished before; its results are taken as they are.",
            "read": f"Reading: finished stages are {done or 'none'}.",
        }[self.opened]
        return " ".join([words, *self.notes])

    def close(self) -> None:
        """Give the directory back to other writers."""
        if self._lock is not None:
            self._lock.release()

    def __enter__(self) -> RunDirectory:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()

    def _writable(self) -> None:
        if self._lock is None or not self._lock.held:
            raise InputError(str(self.path), "is open for reading only", "", "open it with RunDirectory.open")

    # -- stages ------------------------------------------------------------------------------------

    def _marker_path(self, stage: str) -> Path:
        if not _NAME.match(stage):
            raise InputError("stage", repr(stage), "lower-case letters, digits, '_', '-' and '.'")
        return self.path / "stages" / f"{stage}.json"

    def _load_markers(self) -> None:
        for marker_path in sorted((self.path / "stages").glob("*.json")):
            stage = marker_path.stem
            marker, fault = self._check(marker_path)
            if fault:
                self.notes.append(f"Stage '{stage}' is done again: {fault}.")
                self._dropped[stage] = marker
                if self._lock is not None:
                    with resources(marker_path):
                        marker_path.unlink(missing_ok=True)
            else:
                self._markers[stage] = marker
        self._markers = dict(sorted(self._markers.items(), key=lambda item: item[1]["order"]))

    def _check(self, marker_path: Path) -> tuple[dict[str, Any], str]:
        """The marker's content and, in words, what is wrong with its stage ("" if nothing)."""
        try:
            marker = json.loads(marker_path.read_text("utf-8"))
            files, _ = marker["files"], marker["order"]
        except (OSError, ValueError, KeyError, TypeError):
            return {}, "its marker cannot be read"
        if marker.get("marker_version") != _MARKER_VERSION:
            return (
                marker,
                f"its marker has version {marker.get('marker_version')}, not {_MARKER_VERSION}",
            )
        for name, record in files.items():
            target = self.path / name
            if not target.exists():
                return marker, f"{name} is missing"
            try:
                digest, size = tree_digest(target)
            except OSError as error:
                return marker, f"{name} cannot be read ({error.strerror})"
            if size != record["size_bytes"]:
                return marker, f"{name} holds {size} bytes, {record['size_bytes']} were written"
            if digest != record["digest"]:
                return marker, f"{name} was changed since it was written"
        return marker, ""

    @property
    def stages(self) -> tuple[str, ...]:
        """Finished stages in the order in which they were finished."""
        return tuple(self._markers)

    def has(self, stage: str) -> bool:
        """Whether ``stage`` is finished and all its files are as they were written."""
        return stage in self._markers

    def payload(self, stage: str) -> dict[str, Any]:
        """What ``finish`` was given for ``stage``."""
        if stage not in self._markers:
            raise InputError(f"stage {stage!r}", "is not finished", ", ".join(self.stages) or "no stage yet")
        return dict(self._markers[stage]["payload"])

    def finish(
        self,
        stage: str,
        payload: Mapping[str, Any] | None = None,
        files: Iterable[str] = (),
        seconds: float | None = None,
    ) -> None:
        """Mark ``stage`` as finished; from here on a kill does not lose it.

        Where the stage is being done again after damage and its files came out different, the stages
        finished after it are dropped: they rest on other numbers.

        Args:
            stage: its name.
            payload: small JSON-like results to find again with `payload`.
            files: paths inside the run directory (files, or directories such as a field group) that belong
                to it.
            seconds: how long it took [s]; by default the time since the last stage was finished or the run
                opened.
        """
        self._writable()
        now = time.perf_counter()
        took, self._clock = (now - self._clock if seconds is None else seconds), now
        records = {}
        for name in files:
            target = self.path / name
            if not target.exists():
                raise InputError(
                    f"stage {stage!r}", f"{name} was not written", "files that exist when the stage ends"
                )
            with resources(target):
                digest, size = tree_digest(target)
            records[name] = {"digest": digest, "size_bytes": size}
        self.drop(stage)
        order = 1 + max((m["order"] for m in self._markers.values()), default=0)
        before = self._dropped.pop(stage, None)
        if before and before.get("order"):
            order = before["order"]
            changed = {n: r["digest"] for n, r in before["files"].items()} != {
                n: r["digest"] for n, r in records.items()
            }
            for later in [s for s, m in self._markers.items() if changed and m["order"] > order]:
                self.notes.append(f"Stage '{later}' is done again: '{stage}' came out different.")
                self.drop(later)
        marker = {
            "marker_version": _MARKER_VERSION,
            "stage": stage,
            "order": order,
            "finished_at": _now(),
            "seconds": round(took, 6),
            "payload": plain(payload or {}),
            "files": records,
        }
        write_json(self._marker_path(stage), marker)
        self._markers[stage] = json.loads(json.dumps(marker))
        self._markers = dict(sorted(self._markers.items(), key=lambda item: item[1]["order"]))

    def drop(self, stage: str) -> None:
        """Forget that ``stage`` was finished; its files stay until they are written anew."""
        self._writable()
        marker = self._markers.pop(stage, None)
        if marker is not None:
            self._dropped[stage] = marker
        with resources(self.path):
            self._marker_path(stage).unlink(missing_ok=True)

    def _start_clean(self) -> None:
        for directory in ("stages", "checkpoints"):
            for file in (self.path / directory).iterdir():
                with resources(file):
                    file.unlink()
        self.notes.append("Earlier results of this run were set aside on request.")

    # -- files -------------------------------------------------------------------------------------

    def _inside(self, name: str) -> Path:
        target = (self.path / name).resolve()
        if not target.is_relative_to(self.path.resolve()):
            raise InputError("name", repr(name), "a path inside the run directory")
        return target

    def write_json(self, name: str, data: Any) -> str:
        """Write JSON all or nothing; NaN becomes null; returns ``name`` for ``finish(files=...)``."""
        return self._write(name, lambda path: write_json(path, data))

    def write_text(self, name: str, text: str) -> str:
        """Write a text file (UTF-8) all or nothing; returns ``name``."""
        return self._write(name, lambda path: write_text(path, text))

    def write_bytes(self, name: str, data: bytes) -> str:
        """Write a binary file all or nothing; returns ``name``."""
        return self._write(name, lambda path: write_bytes(path, data))

    def _write(self, name: str, write: Any) -> str:
        self._writable()
        target = self._inside(name)
        with resources(target.parent):
            target.parent.mkdir(parents=True, exist_ok=True)
        write(target)
        return name

    def read_json(self, name: str) -> Any:
        """The content of a JSON file of the run."""
        try:
            return json.loads(self._inside(name).read_text("utf-8"))
        except FileNotFoundError as error:
            raise InputError(
                str(self.path / name), "does not exist", "", "run the stage that writes it"
            ) from error
        except (OSError, ValueError) as error:
            raise InputError(
                str(self.path / name),
                f"cannot be read ({error})",
                "JSON",
                "run again: the stage will be redone",
            ) from error

    def exists(self, name: str) -> bool:
        """Whether a file of the run is there."""
        return self._inside(name).exists()

    # -- fields ------------------------------------------------------------------------------------

    def write_fields(
        self,
        region: str,
        realization: int,
        arrays: Mapping[str, np.ndarray],
        *,
        spacing_m: float,
        periodic: tuple[bool, bool, bool],
        **attributes: Any,
    ) -> str:
        """Write the fields of one region and realization; returns their path for ``finish(files=...)``.

        Args:
            region: "core", "outer_surface" or "inner_surface".
            realization: 0, 1, ...
            arrays: name -> array (nx, ny, nz): ``phi``, ``psi``, ``level`` float32, ``void`` bool or uint8.
            spacing_m: edge of a cell [m].
            periodic: whether each axis closes on itself.
            attributes: anything else to keep beside them (JSON-like).
        """
        self._writable()
        group = f"{region}/{realization}"
        _fields.write_group(
            self.path / "fields.zarr",
            group,
            arrays,
            {"spacing_m": float(spacing_m), "periodic": [bool(p) for p in periodic], **attributes},
        )
        return f"fields.zarr/{group}"

    def read_fields(
        self, region: str, realization: int = 0, names: tuple[str, ...] = ()
    ) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Arrays and attributes of one region and realization; ``void`` comes back as bool."""
        arrays, attributes = _fields.read_group(self.path / "fields.zarr", f"{region}/{realization}", names)
        if "void" in arrays:
            arrays["void"] = arrays["void"].astype(bool)
        return arrays, attributes

    def field_groups(self) -> list[tuple[str, int]]:
        """(region, realization) of all fields on disk."""
        out = []
        for name in _fields.groups(self.path / "fields.zarr"):
            region, _, realization = name.partition("/")
            out.append((region, int(realization or 0)))
        return out

    # -- checkpoints -------------------------------------------------------------------------------

    def checkpoint(
        self, name: str, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any] | None = None
    ) -> None:
        """Save the state of a stage under way, exactly (no rounding, dtypes kept), replacing the last one.

        Args:
            name: of the checkpoint, e.g. ``"gel-core-0"``.
            arrays: name -> array.
            meta: JSON-like scalars (time, step, seed); floats come back bit for bit.
        """
        self._writable()
        if not _NAME.match(name):
            raise InputError("checkpoint", repr(name), "lower-case letters, digits, '_', '-' and '.'")
        note = np.frombuffer(json.dumps(plain(meta or {}), allow_nan=False).encode("utf-8"), np.uint8)
        contents = {key: np.asarray(value) for key, value in arrays.items()}
        with (
            written_aside(self.path / "checkpoints" / f"{name}.npz") as aside,
            open(aside, "wb") as file,
        ):
            np.savez(file, allow_pickle=False, **{"__meta__": note, **contents})

    def load_checkpoint(self, name: str) -> tuple[dict[str, np.ndarray], dict[str, Any]] | None:
        """The last checkpoint, or None where there is none or it is damaged (``notes`` then says so)."""
        path = self.path / "checkpoints" / f"{name}.npz"
        if not path.exists():
            return None
        try:
            # Zip members carry a CRC that reading checks; the file stays ours to close if it is no archive.
            with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
                arrays = {key: archive[key] for key in archive.files}
            meta = json.loads(arrays.pop("__meta__").tobytes())
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            self.notes.append(
                f"The checkpoint '{name}' is damaged ({error}); its stage starts from the beginning."
            )
            return None
        return arrays, meta

    def drop_checkpoint(self, name: str) -> None:
        """Remove a checkpoint that is no longer needed; harmless where there is none."""
        self._writable()
        with resources(self.path):
            (self.path / "checkpoints" / f"{name}.npz").unlink(missing_ok=True)

    # -- manifest ----------------------------------------------------------------------------------

    def manifest(self) -> dict[str, Any]:
        """The content of manifest.json; empty where there is none or it cannot be read."""
        with contextlib.suppress(OSError, ValueError):
            found = json.loads((self.path / "manifest.json").read_text("utf-8"))
            if isinstance(found, dict):
                return found
        return {}

    def update_manifest(self, **entries: Any) -> dict[str, Any]:
        """Merge ``entries`` into manifest.json; the environment, id, times and timings of stages are kept
        current.

        ``status`` should be "running", "finished" or "failed"; other entries as in ``docs/run_directory.md``.
        """
        self._writable()
        manifest = self.manifest()
        if "created_at" not in manifest:
            manifest = {"schema_version": 1, "id": self.id, "created_at": _now(), **manifest}
        manifest.update(plain(entries))
        manifest.setdefault("environment", environment())
        manifest["version"] = manifest["environment"]["percola"]
        manifest["timings"] = {stage: marker["seconds"] for stage, marker in self._markers.items()}
        manifest["updated_at"] = _now()
        write_json(self.path / "manifest.json", manifest)
        return manifest


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S%z")
