"""zarr 2 and 3, OME-zarr (moore2021), and the fields of Percola's own runs."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from percola.errors import InputError
from percola.scan.formats._common import (
    Candidate,
    Reading,
    Slices,
    chosen,
    guarded,
    json_of,
    jsonable,
    listing,
    numbers,
    unit_m,
)
from percola.scan.formats._labelled import (
    apply_attributes,
    axis_letters,
    refuse_dtype,
)


def is_zarr(path: Path) -> bool:
    """Whether a folder is a zarr array or group."""
    return any((path / name).is_file() for name in ("zarr.json", ".zarray", ".zgroup"))


class _Zarr:
    def __init__(self, array: Any) -> None:
        self._array = array

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(int(n) for n in self._array.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(self._array.dtype)

    def read(self, slices: Slices, /) -> NDArray[Any]:
        return np.asarray(self._array[slices])


def read_zarr(path: Path, key: str | None, resolution: int | None) -> Reading:
    """A zarr array, the finest or given ``resolution`` of an OME-zarr, or an array of a group (the only volume, or ``key``)."""
    import zarr

    with guarded(path, "zarr store"):
        node = zarr.open(path, mode="r")
        if isinstance(node, zarr.Array):
            if key is not None:
                raise InputError(
                    str(path), f"is one array: there is no {key!r} in it", "no key", "leave key= out"
                )
            return _zarr_array(path, node, _parent_attributes(path), [], "")
        group: Any = node
        inside = ""
        if key is not None:
            part = key.strip("/")
            found = group.get(part)
            if found is None:
                raise InputError(
                    str(path),
                    f"has no {key!r}",
                    listing(_zarr_candidates(group)),
                    "choose one of them with key=",
                )
            if isinstance(found, zarr.Array):
                parent = part.rpartition("/")[0]
                owner = group[parent] if parent else group
                scale = _ome_scale(owner, part.rpartition("/")[2])
                reading = _zarr_array(path, found, dict(owner.attrs), [], part)
                if scale is not None:
                    _apply_ome(reading, *scale)
                return reading
            group, inside = found, part + "/"
        if _multiscales(group) is None and group.attrs.get("bioformats2raw.layout") and "0" in group:
            group, inside = group["0"], inside + "0/"
        scales = _multiscales(group)
        if scales is not None:
            return _ome_zarr(path, group, scales, inside, resolution)
        notes: list[str] = []
        candidates = [Candidate(inside + c.key, c.shape, c.dtype) for c in _zarr_candidates(group)]
        one = chosen(path, candidates, None, notes, "array")
        inner = one.key[len(inside) :]
        parent = inner.rpartition("/")[0]
        attributes = dict(group.attrs) | (dict(group[parent].attrs) if parent else {})
        return _zarr_array(path, group[inner], attributes, notes, one.key)


def _parent_attributes(path: Path) -> dict[str, Any]:
    """Attributes of the group that holds the array in ``path``, if any."""
    for name, get in (("zarr.json", lambda d: d.get("attributes", {})), (".zattrs", lambda d: d)):
        file = path.absolute().parent / name
        if file.is_file():
            with contextlib.suppress(Exception):
                return dict(get(json_of(file)))
    return {}


def _zarr_candidates(group: Any) -> list[Candidate]:
    out = []
    for name, member in group.members(max_depth=None):
        if hasattr(member, "shape"):
            out.append(Candidate(name, tuple(int(n) for n in member.shape), member.dtype))
    return sorted(out, key=lambda c: c.key)


def _zarr_array(path: Path, array: Any, above: Mapping[str, Any], notes: list[str], key: str) -> Reading:
    where = f"{path}, array {key!r}" if key else str(path)
    refuse_dtype(where, array.dtype)
    stored = _Zarr(array)
    ndim = len(stored.shape)
    attributes = dict(array.attrs)
    version = int(array.metadata.zarr_format)
    names = getattr(array.metadata, "dimension_names", None) or attributes.get("_ARRAY_DIMENSIONS")
    axes: tuple[str, ...] = ()
    if names and len(names) == ndim and all(names):
        axes = axis_letters([str(n) for n in names])
    reading = Reading(
        stored=stored,
        format=f"zarr {version} array{f' {key!r}' if key else ''}, {stored.dtype.name}",
        axes=axes,
        axes_source="dimension names of the array" if axes else "",
        notes=notes,
        metadata={"attributes": jsonable(dict(above) | attributes), "chunks": [int(n) for n in array.chunks]},
    )
    apply_attributes(reading, dict(above) | attributes, "zarr")
    total = math.prod(-(-n // c) for n, c in zip(stored.shape, array.chunks, strict=True))
    if 1 < total <= 100_000:
        there = int(array.nchunks_initialized)
        if there < total and getattr(array, "shards", None) is None:
            reading.notes.append(
                f"{total - there} of {total} chunks are not on disk and read as {array.fill_value}: right where the writer "
                "leaves empty chunks out, a loss where the copy is incomplete."
            )
    elif _nothing_there(path, array, total):
        reading.notes.append("No chunk of the array is on disk: every value is the fill value.")
    return reading


def _nothing_there(path: Path, array: Any, total: int) -> bool:
    """Whether the only chunk of an array is missing."""
    return total == 1 and int(array.nchunks_initialized) == 0


def _multiscales(group: Any) -> Mapping[str, Any] | None:
    attributes = dict(group.attrs)
    ome = attributes.get("ome")
    scales = ome.get("multiscales") if isinstance(ome, Mapping) else attributes.get("multiscales")
    if isinstance(scales, list) and scales and isinstance(scales[0], Mapping) and scales[0].get("datasets"):
        version = (
            (ome.get("version") if isinstance(ome, Mapping) else None) or scales[0].get("version") or "?"
        )
        return {**scales[0], "version": version}
    return None


def _ome_scale(group: Any, name: str) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
    scales = _multiscales(group)
    for dataset in scales["datasets"] if scales is not None else ():
        if str(dataset.get("path")).strip("/") == name:
            return scales, dataset  # type: ignore[return-value]
    return None


def _ome_zarr(
    path: Path, group: Any, scales: Mapping[str, Any], inside: str, resolution: int | None
) -> Reading:
    datasets = list(scales["datasets"])
    wanted = 0 if resolution is None else resolution
    if not 0 <= wanted < len(datasets):
        raise InputError(
            str(path),
            f"has {len(datasets)} resolutions, not number {wanted}",
            f"0 to {len(datasets) - 1}",
            "0 is the finest",
        )
    dataset = datasets[wanted]
    name = str(dataset.get("path", "")).strip("/")
    if name not in group:
        raise InputError(
            str(path), f"names an array {name!r} that is not there", "a whole OME-zarr", "copy it again"
        )
    notes = [f"Resolution {wanted} of {len(datasets)} was read."] if len(datasets) > 1 else []
    reading = _zarr_array(path, group[name], {}, notes, inside + name)
    reading.format = f"OME-zarr {scales['version']}, {reading.stored.dtype.name}"
    _apply_ome(reading, scales, dataset)
    return reading


def _apply_ome(reading: Reading, scales: Mapping[str, Any], dataset: Mapping[str, Any]) -> None:
    """Axes, units and scale of an OME-zarr multiscale: the scale of the array times that of the whole pyramid."""
    ndim = len(reading.stored.shape)
    axes = scales.get("axes")
    names: list[str] = []
    units: list[Any] = []
    for axis in axes if isinstance(axes, list) else []:
        if isinstance(axis, Mapping):
            kind = str(axis.get("type", ""))
            name = str(axis.get("name", "")).lower()
            names.append({"channel": "c", "time": "t"}.get(kind, name))
            units.append(axis.get("unit") if kind != "time" else None)
        else:
            names.append(str(axis).lower())
            units.append(None)
    if not names and ndim == 5:
        names, units = list("tczyx"), [None] * 5  # versions 0.1 and 0.2 have these five and no others
    if len(names) != ndim:
        reading.notes.append(
            f"The OME metadata name {len(names)} axes for an array of {ndim}; they were not used."
        )
        return
    reading.axes, reading.axes_source = tuple(names), "OME metadata"
    scale = np.ones(ndim)
    found = False
    for owner in (dataset, scales):
        transforms = owner.get("coordinateTransformations")
        for transform in transforms if isinstance(transforms, list) else []:
            factors = numbers(transform.get("scale")) if isinstance(transform, Mapping) else ()
            if len(factors) == ndim:
                scale *= factors
                found = True
    if not found:
        return
    metres = [unit_m(u) for u in units]
    spatial = [k for k, a in enumerate(names) if a in ("x", "y", "z")]
    if all(metres[k] for k in spatial) and spatial:
        reading.spacing_m = tuple(
            float(scale[k]) * float(metres[k] or 0) if k in spatial else None for k in range(ndim)
        )
    else:
        reading.unitless = tuple(float(scale[k]) if k in spatial else None for k in range(ndim))
    words = ", ".join(dict.fromkeys(str(units[k]) for k in spatial if units[k]))
    reading.spacing_source = f"OME-zarr scale ({words})" if words else "OME-zarr scale"


# -- fields of Percola's own runs --------------------------------------------------------------------------


def is_run(path: Path) -> bool:
    """Whether ``path`` is a run directory, its ``fields.zarr`` or a group of one."""
    if (path / "fields.zarr").is_dir() or ((path / "manifest.json").is_file() and (path / "stages").is_dir()):
        return True
    return is_zarr(path) and (path.name == "fields.zarr" or _is_region(path))


def _is_region(path: Path) -> bool:
    with contextlib.suppress(Exception):
        attributes = json_of(path / "zarr.json").get("attributes", {})
        return (
            "spacing_m" in attributes
            and "periodic" in attributes
            and (path / "level" / "zarr.json").is_file()
        )
    return False


def read_run(path: Path, key: str | None) -> Reading:
    """A field of a run: ``key`` is a region ("core/0", the default; its level field) or one field ("core/0/phi")."""
    import zarr

    from percola.store import fields

    store = path / "fields.zarr" if (path / "fields.zarr").is_dir() else path
    if not is_zarr(store):
        raise InputError(
            str(path),
            "is a run without fields (fields.zarr)",
            "a run that has reached its structure",
            "run it first",
        )
    with guarded(store, "fields of a run", "run it again: `percola run` makes what is missing"):
        if _is_region(store):
            names, store, region = [store.name], store.parent, store.name
            field = key
        else:
            names = fields.groups(store)
            region, field = _region(store, names, key)
        group = zarr.open_group(store / region, mode="r", zarr_format=3)
        held = sorted(group.array_keys())
        field = field or ("level" if "level" in held else "void")
        if field not in held:
            raise InputError(
                f"{store}, {region}",
                f"has no field {field!r}",
                ", ".join(held) or "none",
                f"choose with key='{region}/...'",
            )
        attributes = dict(group.attrs)
        reading = _zarr_array(store, group[field], {}, [], "")
        spacing = numbers(attributes.get("spacings_m") or attributes.get("spacing_m"))
        ndim = len(reading.stored.shape)
        if len(spacing) in (1, ndim):
            reading.spacing_m = spacing * (ndim if len(spacing) == 1 else 1)
            reading.spacing_source = "the run (spacing_m)"
        if field in ("phi", "psi"):
            gel = numbers(attributes.get("gel_spacing_m"))
            if len(gel) == 1:  # composition fields live in the wet gel, before it dries
                reading.spacing_m = gel * ndim
                reading.spacing_source = "the run (gel_spacing_m)"
        periodic = attributes.get("periodic")
        if isinstance(periodic, (list, tuple)) and len(periodic) == ndim:
            reading.periodic = tuple(bool(p) for p in periodic)
        reading.format = f"field {field!r} of a Percola run, region {region}"
        reading.axes, reading.axes_source = ("x", "y", "z")[:ndim], "Percola"
        if field == "level":
            reading.kind = "level"
        elif field == "void":
            reading.kind, reading.void = "binary", 1.0
        reading.metadata = {
            "region": region,
            "field": field,
            "regions": names,
            "fields": held,
            "attributes": jsonable(attributes),
        }
        if len(names) > 1:
            reading.notes.append(f"Region {region} of {', '.join(names)}.")
        return reading


def _region(store: Path, names: list[str], key: str | None) -> tuple[str, str | None]:
    if not names:
        raise InputError(
            str(store), "holds no fields yet", "a run that has reached its structure", "run it first"
        )
    if key is None:
        return ("core/0" if "core/0" in names else names[0]), None
    part = key.strip("/")
    if part in names:
        return part, None
    region, _, field = part.rpartition("/")
    if region in names:
        return region, field
    if f"{part}/0" in names:
        return f"{part}/0", None
    raise InputError(
        str(store), f"has no region {key!r}", ", ".join(names), f"choose one with key={names[0]!r}"
    )
