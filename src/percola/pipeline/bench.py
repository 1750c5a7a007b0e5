"""The bench as directories of results: analyse instrument files, keep what was found, write the report."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from percola import __version__
from percola.errors import InputError
from percola.measurement import Measurement
from percola.store import RunDirectory, file_digest, run_id
from percola.store.atomic import plain

if TYPE_CHECKING:
    from percola.lab.analysis import Analysis
    from percola.lab.reading import ReadOptions

FOLDER = "bench"
"""Where results go unless another place is named."""


@dataclass(frozen=True)
class BenchResult:
    """Where the results lie and what was found.

    Attributes:
        path: the directory.
        measurements: all of them.
        verdicts: plain data, empty where nothing was judged.
        analyses: the analyses behind them.
    """

    path: Path
    measurements: tuple[Measurement, ...]
    verdicts: tuple[Mapping[str, Any], ...]
    analyses: tuple[Analysis, ...]


def analyse_files(
    key: str,
    files: Sequence[str | Path],
    given: Mapping[str, Any],
    read: ReadOptions,
    *,
    out: Path | None = None,
    beside: Path | None = None,
) -> BenchResult:
    """Run a method of the bench on files and write measurements, figures and report into a directory.

    Args:
        key: of the method; files: what it reads; given: its settings as people write them; read: how tables are read.
        out: folder for result directories; ``bench`` by default.
        beside: directory of a simulated run whose curves and numbers are shown beside the measured ones.

    Raises:
        PercolaError: a file, column, unit or setting that cannot be used, with what to do.
    """
    from percola.lab import analyse, method

    spec = method(key)
    check_files(files)
    check_run(beside)
    analysis = analyse(key, files, given, read)
    names = [Path(f).name for f in files] or ["values as given"]
    more = f" and {len(files) - 1} more" if len(files) > 1 else ""
    return write(
        f"{key}-{Path(names[0]).stem}",
        title=f"{names[0]}{more}",
        kicker=spec.title,
        subtitle=spec.standard,
        analyses=(analysis,),
        measurements=analysis.measurements,
        identity={
            "method": key,
            "files": [[Path(f).name, file_digest(Path(f))] for f in files if Path(f).is_file()],
            "settings": plain(dict(analysis.settings)),
            "read": plain(dataclasses.asdict(read)),
        },
        out=out,
        beside=beside,
    )


def check_files(files: Sequence[str | Path]) -> None:
    """Refuse a file that is not there before anything is read.

    Raises:
        InputError: no such file, or an empty one.
    """
    for f in files:
        path = Path(f)
        if not path.exists():
            raise InputError(
                str(f), "no such file", "an existing file", "check the name and the folder you are in"
            )
        if path.is_file() and path.stat().st_size == 0:
            raise InputError(
                str(f), "the file is empty", "a file with data", "export it again from the instrument"
            )


def check_run(beside: Path | None) -> None:
    """Refuse what is no run directory.

    Raises:
        InputError: neither a manifest nor a recipe is in it.
    """
    if beside is not None and not any((beside / n).is_file() for n in ("manifest.json", "recipe.toml")):
        raise InputError(
            "--beside",
            f"{str(beside)!r} is no run directory",
            "a directory of percola run",
            "such as runs/0123456789ab",
        )


def write(
    name: str,
    *,
    title: str,
    kicker: str,
    subtitle: str = "",
    analyses: Sequence[Analysis] = (),
    measurements: Sequence[Measurement] = (),
    verdicts: Sequence[Mapping[str, Any]] = (),
    windows: Sequence[Any] = (),
    identity: Mapping[str, Any],
    notes: Sequence[str] = (),
    extra: Mapping[str, Any] | None = None,
    out: Path | None = None,
    beside: Path | None = None,
    origins: Sequence[Path] = (),
) -> BenchResult:
    """Write one result of the bench: manifest, analyses, measurements, verdicts, figures, report.

    ``origins``: for analyses read from other results, their directories: pictures of images are taken from there.
    """
    from percola.report.bench import build_bench

    folder = f"{slug(name)}-{run_id(identity, {'beside': str(beside or '')}, 0, __version__)[:8]}"
    with RunDirectory.open(out or Path(FOLDER), folder, need_bytes=2**23, fresh=True) as directory:
        directory.write_json(
            "bench.json",
            {
                "title": title,
                "kicker": kicker,
                "subtitle": subtitle,
                "beside": None if beside is None else str(beside.resolve()),
                "analyses": [plain(a.to_dict()) for a in analyses],
                **(extra or {}),
            },
        )
        directory.write_json(
            "measurements.json", {"measurements": [plain(m.to_dict()) for m in measurements]}
        )
        files = ["bench.json", "measurements.json"]
        if verdicts:
            directory.write_json("verdicts.json", {"verdicts": [plain(v) for v in verdicts]})
            files.append("verdicts.json")
        directory.update_manifest(
            kind="bench",
            version=__version__,
            status="running",
            identity=plain(identity),
            notes=list(notes),
            citations=["ep1063256"],
        )
        for analysis, origin in zip(analyses, origins, strict=False):
            prefix = f"{analysis.method}-" if len(analyses) > 1 else ""
            for picture in sorted((origin / "figures").glob("*.png")):
                name = picture.name.removeprefix(f"{analysis.method}-")
                directory.write_bytes(f"figures/{prefix}{name}", picture.read_bytes())
        directory.finish("bench", files=files)
        build_bench(directory.path, analyses, windows)
        directory.update_manifest(status="finished")
        path = directory.path
    return BenchResult(path, tuple(measurements), tuple(verdicts), tuple(analyses))


def slug(text: str) -> str:
    """A name for a directory: small letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9_-]+", "-", text.lower()).strip("-_")[:48] or "result"
