"""NRRD, attached and detached headers; raw data stay on disk."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from percola.errors import InputError
from percola.scan.formats._common import (
    Reading,
    Whole,
    guarded,
    in_order,
    jsonable,
    mapped,
    truncated,
    unit_m,
    usable_dtype,
)


def read(path: Path) -> Reading:
    """A NRRD file; values coded as raw stay on disk, others are unpacked as a whole on the first look."""
    import nrrd

    with guarded(path, "NRRD file"):
        with open(path, "rb") as handle:
            header = nrrd.read_header(handle)
            begin = handle.tell()
        sizes = tuple(int(n) for n in header["sizes"])
        if len(sizes) != int(header["dimension"]) or any(n < 0 for n in sizes):
            raise ValueError(f"sizes {sizes} for dimension {header['dimension']}")
        dtype = _dtype(header)
        if usable_dtype(dtype) or 0 in sizes:
            raise InputError(
                str(path),
                f"holds {usable_dtype(dtype) or f'an array of shape {sizes}'}",
                "numbers along axes that are not empty",
                "write it anew as plain numbers",
            )
        encoding = str(header["encoding"]).lower()
        shape = sizes[::-1]  # the first axis of NRRD runs fastest
        data_file = header.get("data file", header.get("datafile"))
        notes: list[str] = []
        stored: Any
        skip = int(header.get("byte skip", header.get("byteskip", 0)) or 0)
        lines = int(header.get("line skip", header.get("lineskip", 0)) or 0)
        costly = True
        if isinstance(data_file, str) and not _one_file(data_file):
            raise InputError(
                str(path),
                f"keeps its data in several files ({data_file})",
                "one data file",
                "read the folder of slices",
            )
        data = path if data_file is None else path.parent / str(data_file)
        if not data.is_file():
            raise InputError(
                str(path), f"names {str(data_file)!r}, which is not there", "its data file", "copy it, too"
            )
        need = math.prod(shape) * dtype.itemsize
        if encoding == "raw" and lines == 0:
            size = data.stat().st_size
            offset = size - need if skip == -1 else (begin if data_file is None else 0) + skip
            if offset < 0 or size < offset + need:
                raise truncated(
                    data, max(offset, 0) + need, size, f"{' x '.join(map(str, sizes))} of {dtype.name}"
                )
            stored = mapped(data, dtype, shape, offset)
            costly = False
        else:

            def load() -> NDArray[Any]:
                values, _ = nrrd.read(str(path), index_order="C")
                return np.asarray(values)

            stored = Whole(load, shape, dtype)
        axes, colours = _axes(header, len(sizes))
        reading = Reading(
            stored=stored,
            format=f"NRRD, {dtype.name}, {encoding}",
            axes=tuple(reversed(axes)),
            axes_source="NRRD" if any(a in "xyz" for a in axes) else "",
            colours=colours,
            notes=notes,
            costly=costly,
            metadata={"header": jsonable(dict(header))},
        )
        _spacing(header, reading, axes)
        return reading


_TYPES = {
    "i1": "signed char,int8,int8_t", "u1": "uchar,unsigned char,uint8,uint8_t",
    "i2": "short,short int,signed short,signed short int,int16,int16_t",
    "u2": "ushort,unsigned short,unsigned short int,uint16,uint16_t", "i4": "int,signed int,int32,int32_t",
    "u4": "uint,unsigned int,uint32,uint32_t", "f4": "float", "f8": "double", "V1": "block",
    "i8": "longlong,long long,long long int,signed long long,signed long long int,int64,int64_t",
    "u8": "ulonglong,unsigned long long,unsigned long long int,uint64,uint64_t",
}  # fmt: skip


def _dtype(header: Any) -> np.dtype[Any]:
    word = str(header["type"]).strip().lower()
    for code, names in _TYPES.items():
        if word in names.split(","):
            return in_order(code, str(header.get("endian", "little")).strip().lower() == "big")
    raise ValueError(f"type {word!r} is unknown")


def _one_file(name: str) -> bool:
    return not (name.upper().startswith("LIST") or "%" in name)


def _axes(header: Any, ndim: int) -> tuple[tuple[str, ...], bool]:
    """A letter for each axis in the order of NRRD: those of space in turn are x, y, z, others channels or time."""
    kinds = [str(k).lower() for k in header.get("kinds", ["???"] * ndim)]
    directions = header.get("space directions")
    letters, colours = [], False
    spatial = iter("xyz")
    for k in range(ndim):
        kind = kinds[k] if k < len(kinds) else "???"
        outside = directions is not None and k < len(directions) and _vector(directions[k]) is None
        if kind in ("domain", "space", "???", "none") and not outside:
            letters.append(next(spatial, f"q{k}"))
        elif kind == "time":
            letters.append("t")
        else:
            if kind in ("rgb-color", "rgba-color"):
                colours = True
                letters.append("s")
            else:
                letters.append("c")
    if len(set(letters)) < len(letters):
        return (), False
    return tuple(letters), colours


def _vector(value: Any) -> NDArray[np.float64] | None:
    if value is None:
        return None
    try:
        vector = np.asarray(value, np.float64)
    except (TypeError, ValueError):
        return None
    return vector if vector.ndim == 1 and np.isfinite(vector).all() else None


def _spacing(header: Any, reading: Reading, axes: tuple[str, ...]) -> None:
    """Lengths of the space directions in ``space units``, or ``spacings`` in ``units``."""
    ndim = len(axes)
    if not ndim:
        return
    directions = header.get("space directions")
    units: list[Any]
    values: list[float | None] = [None] * ndim
    if directions is not None:
        vectors = [_vector(directions[k]) if k < len(directions) else None for k in range(ndim)]
        values = [None if v is None else float(np.linalg.norm(v)) for v in vectors]
        space_units = list(header.get("space units", []))
        same = {u.strip().lower() for u in space_units}
        units = [space_units[0]] * ndim if len(same) == 1 else [None] * ndim
        if len(same) > 1:  # units go with the axes of space: usable where each direction follows one of them
            for k, v in enumerate(vectors):
                along = (
                    [] if v is None else [int(i) for i in np.flatnonzero(np.abs(v) > 1e-9 * np.abs(v).max())]
                )
                units[k] = space_units[along[0]] if len(along) == 1 and along[0] < len(space_units) else None
        if any(v is not None and np.count_nonzero(np.abs(v) > 1e-6 * np.abs(v).max()) > 1 for v in vectors):
            reading.notes.append(
                "The axes are turned against space (space directions); the axes of the file were kept."
            )
            _skew(vectors, reading)
        name = "space directions"
    elif header.get("spacings") is not None:
        found = [float(v) for v in header["spacings"]]
        values = [v if math.isfinite(v) else None for v in found][:ndim]
        units = list(header.get("units", [None] * ndim))
        name = "spacings"
    else:
        return
    kept = [k for k, a in enumerate(axes) if a in "xyz"]
    values = [v if k in kept else None for k, v in enumerate(values)]
    metres = [unit_m(units[k]) if k < len(units) else None for k in range(ndim)]
    if any(values[k] is not None and metres[k] for k in kept):
        out = [None if v is None or not m else v * m for v, m in zip(values, metres, strict=True)]
        reading.spacing_m = tuple(reversed(out))
        words = ", ".join(dict.fromkeys(str(units[k]) for k in kept if metres[k]))
        reading.spacing_source = f"NRRD {name} ({words})"
    elif any(v is not None for v in values):
        reading.unitless = tuple(reversed(values))
        reading.spacing_source = f"NRRD {name}"


def _skew(vectors: list[NDArray[np.float64] | None], reading: Reading) -> None:
    known = [v / np.linalg.norm(v) for v in vectors if v is not None and np.linalg.norm(v) > 0]
    for a in range(len(known)):
        for b in range(a):
            if abs(float(known[a] @ known[b])) > 1e-3:
                reading.notes.append(
                    "The axes are not at right angles: lengths and shapes come out distorted."
                )
                return
