"""What a report is made of: the files of one run directory, each present or missing with the reason."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from percola.errors import InputError, PercolaError
from percola.measurement import Measurement
from percola.store.fields import groups, read_group

#: Which stage writes which file, to say what is missing because of what.
STAGE_OF = {
    "solution.json": "thermo",
    "phase_diagram.json": "thermo",
    "thermal.json": "quench",
    "gel.json": "gel",
    "measurements.json": "measure",
    "verdicts.json": "judge",
    "fields.zarr": "gel",
}


@dataclass(frozen=True)
class Fields:
    """Fields of one region and realization."""

    region: str
    realization: int
    arrays: Mapping[str, np.ndarray]
    attributes: Mapping[str, Any]

    @property
    def spacing_m(self) -> float:
        return float(self.attributes.get("spacing_m", float("nan")))

    @property
    def periodic(self) -> tuple[bool, bool, bool]:
        found = self.attributes.get("periodic", (True, True, False))
        return (bool(found[0]), bool(found[1]), bool(found[2]))

    @property
    def level(self) -> np.ndarray | None:
        """The level field, polymer where positive; for voxels alone a smoothed substitute; None without a
        structure."""
        if "level" in self.arrays:
            return np.asarray(self.arrays["level"], np.float32)
        if "void" in self.arrays:
            from scipy.ndimage import gaussian_filter

            modes = ["wrap" if p else "nearest" for p in self.periodic]
            return gaussian_filter(0.5 - self.arrays["void"].astype(np.float32), 0.8, mode=modes)
        return None

    @cached_property
    def drawn(self) -> np.ndarray | None:
        """The level field prepared for drawing, once for all pictures of this region."""
        from percola.plot.micrograph import drawable

        level = self.level
        return None if level is None else drawable(level)


@dataclass(frozen=True)
class RunData:
    """The content of a run directory.

    Attributes:
        path: the directory.
        manifest: manifest.json, empty where missing.
        recipe_text: recipe.toml as written.
        recipe: the same, parsed.
        documents: content of the JSON files by name.
        missing: name -> why it is missing, in words.
        measurements: all measurements.
        verdicts: the verdicts as plain data.
    """

    path: Path
    manifest: Mapping[str, Any]
    recipe_text: str
    recipe: Mapping[str, Any]
    documents: Mapping[str, Any]
    missing: Mapping[str, str]
    measurements: tuple[Measurement, ...]
    verdicts: tuple[Mapping[str, Any], ...]
    field_names: tuple[str, ...] = ()
    unreadable: dict[str, str] = field(default_factory=dict)

    def measurement(self, name: str, *regions: str) -> Measurement | None:
        """The measurement of that name in the first of the regions that has it; any region where none is
        named."""
        found = [m for m in self.measurements if m.name == name]
        for region in regions or ("wall", "core", "section", ""):
            for m in found:
                if m.region == region:
                    return m
        return found[0] if found and not regions else None

    def fields(self, region: str, realization: int = 0, names: tuple[str, ...] = ()) -> Fields | None:
        """Fields of a region, or None where there are none or they cannot be read (``unreadable`` then says
        why)."""
        name = f"{region}/{realization}"
        if name not in self.field_names:
            return None
        try:
            arrays, attributes = read_group(self.path / "fields.zarr", name)
        except (PercolaError, OSError, ValueError, RuntimeError) as error:
            self.unreadable[name] = f"the fields of {region.replace('_', ' ')} cannot be read ({error})"
            return None
        return Fields(
            region, realization, {k: v for k, v in arrays.items() if not names or k in names}, attributes
        )

    def why_missing(self, name: str) -> str:
        """Why a file is not there, in words."""
        return self.missing.get(name, "")


def read(path: Path) -> RunData:
    """Read a run directory; what is missing or broken is noted, not raised.

    Raises:
        InputError: the path is no run directory (neither a manifest nor a recipe in it).
    """
    if not path.is_dir():
        raise InputError(str(path), "is not a directory", "a run directory, such as runs/<id>")
    if not (path / "manifest.json").exists() and not (path / "recipe.toml").exists():
        raise InputError(str(path), "holds neither manifest.json nor recipe.toml", "a run directory")
    missing: dict[str, str] = {}
    manifest = _json(path, "manifest.json", missing, {}) or {}
    failures = manifest.get("failures") or manifest.get("failed") or {}
    documents: dict[str, Any] = {}
    for name in (
        "findings.json",
        "solution.json",
        "phase_diagram.json",
        "thermal.json",
        "gel.json",
        "measurements.json",
        "verdicts.json",
    ):
        found = _json(path, name, missing, failures)
        if found is not None:
            documents[name] = found
    try:
        recipe_text = (path / "recipe.toml").read_text("utf-8")
        recipe = tomllib.loads(recipe_text)
    except (OSError, tomllib.TOMLDecodeError) as error:
        recipe_text, recipe = "", {}
        missing["recipe.toml"] = f"the recipe cannot be read ({error})"
    measurements: list[Measurement] = []
    rows = (documents.get("measurements.json") or {}).get("measurements", [])
    if not isinstance(rows, list):
        missing["measurements.json"] = (
            f"damaged: a list of measurements was expected, {type(rows).__name__} found"
        )
        rows = []
    for raw in rows:
        try:
            measurements.append(Measurement.from_dict(raw))
        except (KeyError, TypeError, AttributeError) as error:
            missing["measurements.json"] = f"one measurement cannot be read ({error})"
    names = tuple(groups(path / "fields.zarr"))
    if not names:
        missing["fields.zarr"] = _why("fields.zarr", "no fields were stored", failures)
    verdicts = (documents.get("verdicts.json") or {}).get("verdicts", [])
    verdicts = verdicts if isinstance(verdicts, list) else []
    return RunData(
        path,
        manifest,
        recipe_text,
        recipe,
        documents,
        missing,
        tuple(measurements),
        tuple(v for v in verdicts if isinstance(v, dict)),
        names,
    )


def _json(path: Path, name: str, missing: dict[str, str], failures: Any) -> Any:
    try:
        return json.loads((path / name).read_text("utf-8"))
    except FileNotFoundError:
        missing[name] = _why(name, "this run holds none", failures)
    except (OSError, ValueError) as error:
        missing[name] = f"{name} cannot be read ({error})"
    return None


#: The stages in their order; a failed one keeps all after it from running.
STAGES = ("recipe", "thermo", "quench", "gel", "membrane", "measure", "judge", "report")


def failure(failures: Any) -> tuple[str, str] | None:
    """The failed stage of a manifest and its message, the first in the order of the run; None where none
    failed.

    Stages of single boxes ("gel-core-0") count as the stage that they belong to.
    """
    if not isinstance(failures, Mapping):
        return None
    found = []
    for stage, reason in failures.items():
        if isinstance(reason, Mapping):
            reason = reason.get("message") or reason.get("found")
        base = str(stage).partition("-")[0]
        if reason and base in STAGES:
            found.append((STAGES.index(base), str(stage), str(reason)))
    return min(found)[1:] if found else None


def _why(name: str, otherwise: str, failures: Any) -> str:
    failed = failure(failures)
    own = STAGE_OF.get(name, "")
    if failed is None or own not in STAGES:
        return otherwise
    stage, reason = failed
    base = stage.partition("-")[0]
    if STAGES.index(own) < STAGES.index(base):
        return otherwise
    return (
        f"the stage '{stage}' failed: {reason}"
        if own == base
        else f"not reached, stage '{stage}' failed: {reason}"
    )
