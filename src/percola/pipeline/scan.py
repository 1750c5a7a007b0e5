"""A file to a directory of results: read, prepare, segment, measure, judge, report; each step kept as soon as it is whole."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from percola.errors import InputError, PercolaError, ResourceError
from percola.measure.survey import Options, Structure, chosen, needs, survey
from percola.measurement import Check, Measurement
from percola.pipeline.main import Event
from percola.pipeline.plan import available_memory_bytes
from percola.scan.prepare import prepare
from percola.scan.read import bytes_needed, describe, read_volume
from percola.scan.segment import Segmentation, memory_needed, preview, segment, threshold_influence
from percola.scan.volume import Volume
from percola.store import RunDirectory, file_digest, run_id

INFLUENCE_EDGE = 64
"""Edge of the central part on which the influence of the threshold is measured [voxel]: every method takes a second there."""
INFLUENCE_EDGE_IMAGE = 1024
"""The same of an image [pixel]."""
INFLUENCE_GROUPS = (
    "openness",
    "sections",
    "chords",
    "correlation",
    "isotropy",
    "topology",
    "skeleton",
    "shape",
    "pores",
    "network",
    "porometer",
    "permeability",
    "conductivity",
    "stiffness",
)
THRESHOLDS = 5
"""Thresholds at which the influence is measured."""
REPORT_S = 2.0
"""Time of the figures and the page [s]."""
VIEW_EDGE = 144
"""Edge of the central part that is kept for pictures [voxel]."""


@dataclass(frozen=True)
class ScanSettings:
    """How a file is read, parted and measured; part of the identity of the results.

    Attributes:
        spacing_m: edge of a voxel, one number or one for each axis [m]; None: what the file says.
        key: array or group in the file; axes: order of its axes, such as "zyx"; unit: of its lengths where it has none.
        slice_m: distance of slices in a folder or stack that does not say it [m].
        channel, time: which of several channels and times.
        sidecar: file that describes raw data.
        crop: ranges, such as "0:256,0:256,:".
        flow_axis: "x", "y" or "z", through the wall; None: z, of an image y.
        cubic_m: edge to resample to [m]; 0: that of the finest axis; None: not resampled.
        denoise: "median" or another smoothing before the segmentation; "" none.
        method: of segmentation.
        void: "dark", "bright" or the values that are void.
        thresholds: grey values, for methods that take them.
        clean: specks of fewer voxels are removed; 0: none.
        sides: "walls", "periodic", or None: as the file says.
        only: names or groups wanted; None: all.
        influence: whether the influence of the threshold is measured.
        options: what the methods need.
    """

    spacing_m: tuple[float, ...] | None = None
    key: str | None = None
    axes: str | None = None
    unit: str | None = None
    slice_m: float | None = None
    channel: int | None = None
    time: int | None = None
    sidecar: str | None = None
    crop: str | None = None
    flow_axis: str | None = None
    cubic_m: float | None = None
    denoise: str = ""
    method: str = "otsu"
    void: str | None = None
    thresholds: tuple[float, ...] = ()
    clean: int = 0
    sides: str | None = None
    only: tuple[str, ...] | None = None
    influence: bool = True
    options: Options = dataclasses.field(default_factory=Options)

    def to_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


@dataclass(frozen=True)
class ScanResult:
    """Where the results lie and what was found.

    Attributes:
        path: the directory.
        opened: "new", "resumed" or "finished" before.
        facts: of the file.
        measurements: all of them.
        verdicts: the verdicts.
        notes: what was done and assumed.
    """

    path: Path
    opened: str
    facts: Mapping[str, Any]
    measurements: tuple[Measurement, ...]
    verdicts: tuple[Any, ...]
    notes: tuple[str, ...]


def look(source: str | Path, settings: ScanSettings) -> dict[str, Any]:
    """What a file holds and what measuring it would need, without measuring."""
    volume = _read(source, settings)
    part = prepare(volume, crop=settings.crop, flow_axis=settings.flow_axis)
    shape = _shape(part, settings.cubic_m)
    seconds, memory = _needs(part, shape, settings)
    return {
        **describe(volume),
        "measured_shape": list(shape),
        "estimate": {"seconds": seconds, "memory_bytes": memory},
    }


def measure_file(
    source: str | Path,
    settings: ScanSettings | None = None,
    *,
    out: Path | None = None,
    progress: Callable[[Event], None] | None = None,
    resume: bool = True,
) -> ScanResult:
    """Measure a volume or an image in a file, and write all results into a directory.

    Args:
        source: file, folder of slices, or run directory.
        settings: see :class:`ScanSettings`.
        out: directory that holds the results; ``measured`` by default.
        progress: called with events.
        resume: go on with the groups that an earlier, interrupted measurement of the same has finished.

    Raises:
        PercolaError: a file that cannot be read, parted or measured, with what to do.
    """
    settings = settings or ScanSettings()

    def tell(stage: str, fraction: float | None, message: str) -> None:
        if progress is not None:
            progress(Event(stage, fraction, message))

    chosen(settings.only)  # a misspelt name is told before the work
    tell("recipe", None, f"reading {source}")
    volume = _read(source, settings)
    part = prepare(volume, crop=settings.crop, flow_axis=settings.flow_axis)  # nothing is loaded by this
    shape = _shape(part, settings.cubic_m)
    _check(str(source), volume, shape, settings)
    seconds, memory = _needs(part, shape, settings)
    there = available_memory_bytes()
    if there is not None and memory > there:
        raise ResourceError(
            str(source),
            f"measuring {_by(shape)} voxels needs about {memory / 2**30:.1f} GiB of memory, "
            f"{there / 2**30:.1f} GiB are available",
            "a smaller part, or fewer methods",
            "crop it with --crop, or choose with --only"
            + (", or take a coarser --cubic" if settings.cubic_m else ""),
        )
    identity = run_id(_fingerprint(Path(source), volume), settings.to_dict(), settings.options.seed, _code())
    name = f"{_slug(source)}-{identity}"
    root = out or Path("measured")
    made = [p for p in (root / name, root) if not p.exists()]
    with RunDirectory.open(root, name, need_bytes=2**24, fresh=not resume) as directory:
        worker = _Worker(directory, str(source), volume, settings, tell)
        needs_words = (
            f"Needs about {_duration(seconds)} with nothing else running, {memory / 2**30:.1f} GiB of memory."
        )
        tell(
            "recipe", 1.0, f"{directory.opening}{'' if directory.opened == 'finished' else ' ' + needs_words}"
        )
        try:
            return worker.run()
        except PercolaError as error:
            fault: PercolaError = error
        except MemoryError:
            fault = ResourceError(
                f"stage '{worker.stage}'", "the system ran out of memory", "", "crop the volume with --crop"
            )
        if directory.stages:
            directory.update_manifest(status="failed", failures={worker.stage: str(fault)})
    _forget(made)
    raise fault


def _forget(made: Sequence[Path]) -> None:
    """Take directories that this measurement made away again where it came to nothing: no stage was finished."""
    for path in made:
        stages = path / "stages"
        if stages.is_dir() and not any(stages.iterdir()):
            shutil.rmtree(path, ignore_errors=True)
        elif path.is_dir() and not any(path.iterdir()):
            with contextlib.suppress(OSError):
                path.rmdir()


def _shape(part: Volume, cubic_m: float | None) -> tuple[int, int, int]:
    """Voxels along each axis that will be measured."""
    nx, ny, nz = part.shape
    if cubic_m is None or part.spacing_m is None:
        return (nx, ny, nz)
    edges = [h for h, n in zip(part.spacing_m, part.shape, strict=True) if n > 1] or list(part.spacing_m)
    edge = cubic_m or min(edges)
    x, y, z = (
        1 if n == 1 else int(n * h / edge + 1e-6) for n, h in zip(part.shape, part.spacing_m, strict=True)
    )
    return (x, y, z)


def _check(source: str, volume: Volume, shape: tuple[int, int, int], settings: ScanSettings) -> None:
    """Refuse what no method can be run on, before anything is written."""
    if volume.spacing_m is None:
        said = " ".join(n for n in volume.notes if "voxel" in n and n.startswith("The file says"))
        raise InputError(
            source,
            "the file does not say how large a voxel is" + (f". {said}" if said else ""),
            "an edge in nm or um",
            "give it with --voxel, such as --voxel 10nm (or --voxel 10nm,10nm,25nm for x, y, z)",
        )
    planar = shape[2] == 1
    if planar and settings.flow_axis == "z":
        raise InputError("flow_axis", "'z' of an image", "x or y", "leave it out")
    if min(shape[: 2 if planar else 3]) < 4:
        what = " x ".join(str(n) for n in shape[: 2 if planar else 3])
        raise InputError(
            source,
            f"{what} {'pixels' if planar else 'voxels'} are left to measure",
            "at least 4 along each axis",
            "take more of it with --crop, or another --cubic",
        )


def _needs(part: Volume, shape: tuple[int, int, int], s: ScanSettings) -> tuple[float, int]:
    """(seconds, bytes) that reading, parting, measuring and the influence of the threshold take."""
    seconds, memory = needs(shape, s.only)
    memory += bytes_needed(part) + memory_needed(part.shape, part.values.dtype, kind=part.kind)
    if s.influence and part.kind == "grey" and (part.cubic or s.cubic_m is not None or shape[2] == 1):
        groups = [g.key for g in chosen(s.only) if g.key in INFLUENCE_GROUPS]
        x, y, z = (min(n, INFLUENCE_EDGE) for n in shape)
        seconds += THRESHOLDS * needs((x, y, z), groups)[0] if groups else 0.0
    return seconds + REPORT_S, memory


class _Worker:
    """One measurement under way; its methods are the stages."""

    def __init__(
        self,
        directory: RunDirectory,
        source: str,
        volume: Volume,
        settings: ScanSettings,
        tell: Callable[[str, float | None, str], None],
    ) -> None:
        self.directory = directory
        self.source = source
        self.volume = volume
        self.settings = settings
        self.tell = tell
        self.stage = "read"
        self.axis = 2
        self.notes: list[str] = []
        self.facts: dict[str, Any] = {}
        self.citations: list[str] = ["ep1063256"]

    def run(self) -> ScanResult:
        directory = self.directory
        opened = directory.opened
        if opened == "finished" and directory.has("report") and directory.exists("report.html"):
            return self._kept()
        part, prepared = self.segment()
        structure = Structure(
            part.void, _three(prepared.spacing_m), _sides(prepared, self.settings.sides), part.level
        )
        found = self.measure(structure)
        found = self.influence(prepared, part, structure, found)
        found, verdicts = self.judge(structure, found)
        self.report()
        return ScanResult(
            directory.path, opened, self.facts, tuple(found), tuple(verdicts), tuple(self.notes)
        )

    def _kept(self) -> ScanResult:
        manifest = self.directory.manifest()
        found = self.directory.read_json("measurements.json")["measurements"]
        return ScanResult(
            self.directory.path,
            "finished",
            self.directory.read_json("scan.json"),
            tuple(Measurement.from_dict(m) for m in found),
            tuple(self.directory.read_json("verdicts.json")["verdicts"]),
            tuple(manifest.get("notes", ())),
        )

    def segment(self) -> tuple[Segmentation, Volume]:
        """Void and solid; quick beside measuring, so it is done again where a measurement goes on."""
        s = self.settings
        self.tell("segment", None, "void and solid")
        prepared = prepare(
            self.volume,
            crop=s.crop,
            flow_axis=s.flow_axis,
            cubic="finest" if s.cubic_m == 0 else s.cubic_m,
            denoise=s.denoise or None,
        )
        self.axis = int(prepared.metadata["flow_axis"])
        if prepared.kind == "labels" and (s.thresholds or s.method != "otsu"):
            words = "The whole values are taken for grey, since a threshold or a method was asked for."
            prepared = dataclasses.replace(prepared, kind="grey", notes=(*prepared.notes, words))
        part = segment(
            prepared,
            s.method,
            void=_value(s.void),
            thresholds=s.thresholds or None,
            clean=s.clean,
            seed=s.options.seed,
        )
        self.citations += [c for c in part.citations if c not in self.citations]
        self.notes += [
            *self.volume.notes,
            *(n for n in prepared.notes if n not in self.volume.notes),
            *part.notes,
        ]
        _require_wall(s, part.void.shape[self.axis] * _three(prepared.spacing_m)[self.axis])
        self.facts = {
            **describe(self.volume),
            "measured_shape": list(part.void.shape),
            "measured_spacing_m": list(_three(prepared.spacing_m)),
            "flow_axis": "xyz"[self.axis],
            "sides": "periodic" if all(_sides(prepared, s.sides)) else "walls",
            "segmentation": dict(part.record),
            "thresholds": list(part.thresholds),
            "statistics": dict(part.statistics),
            "checks": [c.to_dict() for c in part.checks],
            "level": part.level is not None,
            "level_reason": part.level_reason,
        }
        if not self.directory.has("segment"):
            files = [self.directory.write_json("scan.json", self.facts)]
            periodic = _sides(prepared, s.sides)
            spacing = float(min(_three(prepared.spacing_m)))
            files.append(
                self.directory.write_fields(
                    "segmented",
                    0,
                    {"void": part.void},
                    spacing_m=spacing,
                    periodic=periodic,
                    spacings_m=list(_three(prepared.spacing_m)),
                )
            )
            if not Structure(part.void, _three(prepared.spacing_m), periodic).planar:
                arrays, edge, wraps = _view(part, _three(prepared.spacing_m), periodic)
                files.append(self.directory.write_fields("view", 0, arrays, spacing_m=edge, periodic=wraps))
            files.append(self.directory.write_json("preview.json", preview(prepared, part).to_dict()))
            self._manifest("running")
            self.directory.finish("segment", files=files)
        self.tell("segment", 1.0, "void and solid")
        return part, prepared

    def measure(self, structure: Structure) -> list[Measurement]:
        """Every group wanted; those on disk are taken as they are."""
        self.stage = "measure"
        directory, s = self.directory, self.settings
        done = {
            g.key: [
                Measurement.from_dict(m) for m in directory.read_json(f"results/{g.key}.json")["measurements"]
            ]
            for g in chosen(s.only)
            if directory.has(f"measure-{g.key}")
        }

        def keep(key: str, found: list[Measurement], seconds: float) -> None:
            file = directory.write_json(f"results/{key}.json", {"measurements": [m.to_dict() for m in found]})
            directory.finish(f"measure-{key}", files=[file], seconds=seconds)

        options = dataclasses.replace(s.options, axis=self.axis, network_file=directory.path / "network.npz")
        reached = 0.0

        def tell(words: str, share: float) -> None:
            nonlocal reached
            reached = max(reached, share)  # what a method expects of itself may shrink; the bar does not
            self.tell("measure", reached, words)

        return survey(structure, options, s.only, tell, done, keep)

    def influence(
        self, prepared: Volume, part: Segmentation, structure: Structure, found: list[Measurement]
    ) -> list[Measurement]:
        """How every result moves with the threshold, on a central part; its share of the uncertainty is added."""
        self.stage = "influence"
        if (
            not self.settings.influence
            or prepared.kind != "grey"
            or not part.thresholds
            or not structure.cubic
        ):
            return found
        directory = self.directory
        if not directory.has("influence"):
            self.tell("influence", None, "of the threshold")
            edge = INFLUENCE_EDGE_IMAGE if structure.planar else INFLUENCE_EDGE
            small = structure.central(edge)
            groups = [g.key for g in chosen(self.settings.only) if g.key in INFLUENCE_GROUPS]
            options = dataclasses.replace(self.settings.options, axis=self.axis)

            def again(void: np.ndarray, level: np.ndarray | None) -> list[Measurement]:
                return survey(Structure(void, small.spacing_m, small.periodic, level), options, groups)

            study = (
                threshold_influence(prepared, part, again, edge=edge, steps=THRESHOLDS // 2)
                if groups
                else None
            )
            file = directory.write_json("influence.json", study.to_dict() if study is not None else {})
            directory.finish("influence", files=[file])
        return _with_influence(found, directory.read_json("influence.json"))

    def judge(
        self, structure: Structure, found: list[Measurement]
    ) -> tuple[list[Measurement], tuple[Any, ...]]:
        """The kind of structure and the verdicts, where a volume was measured whole."""
        from percola.judge import judge, structure_class

        self.stage = "judge"
        directory = self.directory
        verdicts: tuple[Any, ...] = ()
        names = {m.name for m in found if m.defined}
        if not structure.planar and "porosity" in names and "saddle_area_fraction" in names:
            found = [*found, structure_class(found)]
            verdicts = judge(found)
        if not directory.has("judge"):
            files = [
                directory.write_json("measurements.json", {"measurements": [m.to_dict() for m in found]}),
                directory.write_json("verdicts.json", {"verdicts": [v.to_dict() for v in verdicts]}),
            ]
            directory.finish("judge", files=files)
        return found, verdicts

    def report(self) -> None:
        from percola.report.scan import build_scan

        self.stage = "report"
        self.tell("report", None, "report.html")
        self._manifest("finished")
        # The page may be built again from the rest, so it is not among what must stay as it was written.
        if not self.directory.has("report") or not self.directory.exists("report.html"):
            build_scan(self.directory.path)
            self.directory.finish("report")
        self._manifest("finished")
        self.tell("report", 1.0, "report.html")

    def _manifest(self, status: str) -> None:
        self.directory.update_manifest(
            kind="scan",
            status=status,
            failures={},
            source=self.source,
            settings=self.settings.to_dict(),
            seed=self.settings.options.seed,
            citations=self.citations,
            notes=list(dict.fromkeys(self.notes)),
        )


def _require_wall(s: ScanSettings, thickness_m: float) -> None:
    """Refuse a membrane that is said to be thinner than the part of it that was scanned."""
    wall = s.options.wall
    if wall is None or wall.thickness_m >= 0.999 * thickness_m:
        return
    raise InputError(
        "--wall",
        f"a membrane {wall.thickness_m * 1e6:.4g} um thick, of which {thickness_m * 1e6:.4g} um were scanned along the flow",
        "at least what was scanned",
        "check the thickness, the flow axis (--axis) and the voxel size",
    )


def _value(void: str | float | None) -> str | float | None:
    """What of the values is void; the words for the values of a mask count as these."""
    return {"true": 1.0, "false": 0.0}.get(void.lower(), void) if isinstance(void, str) else void


# -- small parts ---------------------------------------------------------------------------------------


def _read(source: str | Path, s: ScanSettings) -> Volume:
    return read_volume(
        source,
        spacing_m=s.spacing_m if s.spacing_m is None or len(s.spacing_m) > 1 else s.spacing_m[0],
        slice_m=s.slice_m,
        unit=s.unit,
        key=s.key,
        axes=s.axes,
        channel=s.channel,
        time=s.time,
        sidecar=s.sidecar,
    )


def _three(spacing_m: tuple[float, ...] | None) -> tuple[float, float, float]:
    """The edges of a voxel along three axes; an image is one voxel thick."""
    edges = spacing_m or ()
    x, y = edges[0], edges[1]
    return (x, y, edges[2] if len(edges) > 2 else min(x, y))


def _view(
    part: Segmentation, spacing_m: tuple[float, float, float], periodic: tuple[bool, bool, bool]
) -> tuple[dict[str, np.ndarray], float, tuple[bool, bool, bool]]:
    """The middle of a volume for pictures, in cubes: arrays, their edge [m], which axes wrap."""
    view = Structure(part.void, spacing_m, periodic, part.level).central(VIEW_EDGE)
    arrays: dict[str, np.ndarray] = {"void": view.void}
    if view.level is not None:
        arrays["level"] = view.level
    if view.cubic:
        return arrays, min(spacing_m), view.periodic
    # The nearest voxel is enough for pictures; a coarse axis shows its steps.
    edge = max(
        min(spacing_m), max(n * h for n, h in zip(view.void.shape, spacing_m, strict=True)) / VIEW_EDGE
    )
    for axis, h in enumerate(spacing_m):
        count = max(int(view.void.shape[axis] * h / edge + 1e-6), 1)
        at = np.minimum(((np.arange(count) + 0.5) * edge / h).astype(int), view.void.shape[axis] - 1)
        arrays = {name: np.take(values, at, axis=axis) for name, values in arrays.items()}
    return arrays, edge, view.periodic


def _sides(volume: Volume, sides: str | None) -> tuple[bool, bool, bool]:
    if sides is None:
        flags = (*volume.periodic, False)[:3]
        return (bool(flags[0]), bool(flags[1]), bool(flags[2]))
    if sides not in ("walls", "periodic"):
        raise InputError("--sides", repr(sides), "walls or periodic")
    wrap = sides == "periodic"
    return (wrap, wrap, wrap and volume.ndim == 3)


def _with_influence(found: Sequence[Measurement], study: Mapping[str, Any]) -> list[Measurement]:
    """Each measurement with the threshold's share in its uncertainty and the study in its evidence."""
    parts = study.get("results", {})
    out = []
    for m in found:
        mine = parts.get(f"{m.name}/{m.region}")
        if mine is None or not isinstance(m.value, float) or mine.get("uncertainty") is None:
            out.append(m)
            continue
        share, own = mine.get("relative_uncertainty"), m.uncertainty
        # Relative to the part's own value; a share of nothing is taken as it is.
        added = abs(share * m.value) if share is not None and m.value else float(mine["uncertainty"])
        told = {
            "thresholds": study["thresholds"],
            "values": mine["values"],
            "derivative_per_grey": mine["derivative"],
            "span": study["span"],
            "span_reason": study["span_reason"],
            "part_voxels": study["box"],
            "uncertainty": added,
            "own_uncertainty": own,
        }
        error = math.hypot(own or 0.0, added)
        checks = m.checks
        if not mine["steady"]:
            words = "not defined at every threshold within reach: the stated uncertainty holds where it is"
            checks = (*checks, Check("threshold", "warn", words))
        evidence = {**m.evidence, "threshold": told}
        out.append(dataclasses.replace(m, uncertainty=error, checks=checks, evidence=evidence))
    return out


def _fingerprint(source: Path, volume: Volume) -> dict[str, Any]:
    """What tells one file from another: digests of content for files, names and sizes for folders and stores."""
    if source.is_file():
        return {"file": file_digest(source), "shape": list(volume.shape)}
    files = sorted(p for p in source.rglob("*") if p.is_file())
    return {
        "files": [[p.relative_to(source).as_posix(), p.stat().st_size, file_digest(p)] for p in files],
        "shape": list(volume.shape),
    }


def _code() -> str:
    from percola import __version__

    return __version__


def _slug(source: str | Path) -> str:
    stem = re.sub(r"[^a-z0-9_-]+", "-", Path(source).resolve().name.rsplit(".", 1)[0].lower()).strip("-_")
    return stem[:40] or "volume"


def _by(shape: Sequence[int]) -> str:
    return " x ".join(str(n) for n in shape)


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{max(math.ceil(seconds), 1)} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
