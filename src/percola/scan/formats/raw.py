"""Raw values with a description beside them: Percola's sidecar (JSON, TOML, plain text) and MetaImage headers."""

from __future__ import annotations

import difflib
import json
import math
import re
import tomllib
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from percola.errors import InputError
from percola.scan.formats._common import (
    Reading,
    Whole,
    decoded_text,
    guarded,
    head_of,
    in_order,
    jsonable,
    mapped,
    numbers,
    spacing_of_attributes,
    truncated,
    unit_m,
)

FIELDS = {
    "file": "name of the raw file, beside the sidecar",
    "shape": "numbers of voxels along the axes, e.g. [512, 512, 300]",
    "dtype": "uint8, int16, uint16, float32, ...",
    "byte_order": "little or big (needed for values of more than one byte; little where left out)",
    "order": '"F": the first axis runs fastest; "C": the last axis does (C where left out)',
    "axes": 'names of the axes in the order of shape, e.g. "xyz" or "zyx" (xyz where left out)',
    "offset": "bytes before the first value (0 where left out)",
    "spacing": "edge of a voxel along the axes of shape, one number or one each, in unit; or text, '10 nm'",
    "unit": "m, mm, um, nm, ...",
    "spacing_m": "the same in metres",
    "void": "value that stands for void",
    "periodic": "whether each axis wraps",
    "kind": "grey, binary, labels or level",
    "note": "free text",
}
_TYPES = {
    "bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float16", "float32", "float64",
}  # fmt: skip
_ALIASES = {"byte": "uint8", "uchar": "uint8", "ushort": "uint16", "short": "int16", "float": "float32",
            "double": "float64", "unsigned char": "uint8", "unsigned short": "uint16", "int": "int32",
            "uint": "uint32"}  # fmt: skip


def load_sidecar(sidecar: Path | Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """Fields of a sidecar and where they stand; unknown names are refused with the nearest known one."""
    if isinstance(sidecar, Mapping):
        where, fields = "sidecar", dict(sidecar)
    else:
        where = str(sidecar)
        text = decoded_text(head_of(sidecar, 1 << 20))
        if text is None:
            raise InputError(
                where, "is no text", "a sidecar in JSON or TOML", "see the fields in the documentation"
            )
        fields = _parsed(text, where)
    for name in fields:
        if name not in FIELDS:
            near = difflib.get_close_matches(str(name), FIELDS, 1)
            raise InputError(
                f"{where}, {name!r}",
                "is no field of a sidecar",
                ", ".join(FIELDS),
                f"did you mean {near[0]!r}?" if near else "leave it out, or put it into note",
            )
    return fields, where


def _parsed(text: str, where: str) -> dict[str, Any]:
    errors = []
    try:
        found = json.loads(text)
        if isinstance(found, dict):
            return found
        errors.append(f"JSON: {type(found).__name__} in place of fields")
    except (ValueError, RecursionError) as error:
        errors.append(f"JSON: {error}")
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        errors.append(f"TOML: {error}")
    out: dict[str, Any] = {}  # plain "name = value" or "name: value"
    for line in text.splitlines():
        line = line.split("#")[0].strip()
        if not line:
            continue
        match = re.fullmatch(r"([A-Za-z_]+)\s*[=:]\s*(.+)", line)
        if not match:
            raise InputError(
                where, f"cannot be understood ({'; '.join(errors)[:200]})", "JSON or TOML", "correct it"
            )
        values = numbers(match[2])
        out[match[1]] = (list(values) if len(values) > 1 else values[0]) if values else match[2].strip("\"' ")
    return out


def is_sidecar(path: Path, head: bytes) -> bool:
    """Whether a file is a sidecar that names its raw file's shape and type."""
    text = decoded_text(head)
    if text is None or path.suffix.lower() not in (".json", ".toml", ".txt", ".hdr"):
        return False
    return "shape" in text and "dtype" in text


def sidecar_beside(path: Path) -> Path | None:
    """A sidecar beside ``scan.raw``: scan.raw.json, scan.json, scan.raw.toml, scan.toml, scan.hdr, scan.txt."""
    for suffix in (".json", ".toml", ".hdr", ".txt"):
        for name in (path.with_name(path.name + suffix), path.with_suffix(suffix)):
            if name != path and name.is_file() and is_sidecar(name, head_of(name, 1 << 16)):
                return name
    return None


def read_raw(path: Path, sidecar: Path | Mapping[str, Any]) -> Reading:
    """Raw values as a sidecar describes them."""
    fields, where = load_sidecar(sidecar)
    for name in ("shape", "dtype"):
        if name not in fields:
            raise InputError(where, f"lacks {name!r}", FIELDS[name], "add it")
    shape = _shape(fields["shape"], where)
    dtype = _dtype(fields, where)
    offset = fields.get("offset", 0)
    if isinstance(offset, float) and offset == int(offset):
        offset = int(offset)
    if not isinstance(offset, int) or isinstance(offset, bool) or offset < 0:
        raise InputError(
            f"{where}, 'offset'", repr(offset), "a whole number of bytes, 0 or more", "correct it"
        )
    order = str(fields.get("order", "C")).upper()
    if order not in ("C", "F"):
        raise InputError(f"{where}, 'order'", repr(fields["order"]), FIELDS["order"], "correct it")
    size = _size(path)
    need = offset + math.prod(shape) * dtype.itemsize
    if size != need:
        words = " x ".join(map(str, shape))
        raise InputError(
            str(path),
            f"has {size} bytes; {words} values of {dtype.name} behind {offset} bytes are {need}",
            "a file of exactly that size",
            _size_hint(size, need, offset, dtype) or f"correct shape, dtype or offset in {where}",
        )
    with guarded(path, "raw file"):
        stored = mapped(path, dtype, shape, offset, order)
    reading = Reading(
        stored=stored,
        format=f"raw {dtype.name}, described by {Path(where).name if where != 'sidecar' else 'the sidecar given'}",
    )
    reading.notes.append(
        f"Shape {' x '.join(map(str, shape))}, {'first' if order == 'F' else 'last'} axis fastest"
        + ("" if "order" in fields else ' (the sidecar does not say; order = "F" where the first is)')
        + "."
    )
    if dtype.itemsize > 1 and "byte_order" not in fields:
        reading.notes.append("The sidecar does not say the byte order: little endian assumed.")
    apply_sidecar(reading, fields, where)
    return reading


def apply_sidecar(reading: Reading, fields: Mapping[str, Any], where: str) -> None:
    """Spacing, axes and conventions of a sidecar; they go before what the file says itself."""
    ndim = len(reading.stored.shape)
    if "axes" in fields:
        axes = fields["axes"]
        letters = tuple(str(a).lower() for a in (axes if isinstance(axes, (list, tuple)) else str(axes)))
        if len(letters) != ndim:
            raise InputError(f"{where}, 'axes'", repr(axes), f"{ndim} names", "one for each axis of shape")
        reading.axes, reading.axes_source = letters, "the sidecar"
    given = {k: fields[k] for k in ("spacing", "unit", "spacing_m") if k in fields}
    if "unit" in given and unit_m(given["unit"]) is None:
        raise InputError(f"{where}, 'unit'", repr(given["unit"]), "m, cm, mm, um, nm, angstrom", "correct it")
    if given:
        spacing, unitless, _ = spacing_of_attributes(given, ndim)
        if not spacing and not unitless:
            raise InputError(
                f"{where}, 'spacing'", repr(given), f"a number or {ndim}, with a unit", FIELDS["spacing"]
            )
        reading.spacing_m, reading.unitless, reading.spacing_source = spacing, unitless, "the sidecar"
    if "void" in fields:
        value = numbers(fields["void"])
        if len(value) != 1:
            raise InputError(f"{where}, 'void'", repr(fields["void"]), "one number", "correct it")
        reading.void = value[0]
    if "periodic" in fields:
        flags = fields["periodic"]
        if (
            not isinstance(flags, (list, tuple))
            or len(flags) != ndim
            or not all(isinstance(v, bool) for v in flags)
        ):
            raise InputError(f"{where}, 'periodic'", repr(flags), f"{ndim} of true and false", "correct it")
        reading.periodic = tuple(flags)
    if "kind" in fields:
        if fields["kind"] not in ("grey", "binary", "labels", "level"):
            raise InputError(f"{where}, 'kind'", repr(fields["kind"]), FIELDS["kind"], "correct it")
        reading.kind = fields["kind"]
    if "note" in fields:
        reading.metadata["note"] = jsonable(fields["note"])


def _shape(value: Any, where: str) -> tuple[int, ...]:
    found = numbers(value)
    if not found or any(v != int(v) or v < 1 or v > 2**40 for v in found) or len(found) > 5:
        raise InputError(f"{where}, 'shape'", repr(value), "whole numbers of at least 1", FIELDS["shape"])
    return tuple(int(v) for v in found)


def _dtype(fields: Mapping[str, Any], where: str) -> np.dtype[Any]:
    word = str(fields["dtype"]).strip().lower()
    mark = {"<": "little", ">": "big"}.get(word[:1], "")
    name = word.lstrip("<>|=")
    if re.fullmatch(r"[uif][1248]", name):
        name = np.dtype(name).name
    name = _ALIASES.get(name, name)
    if name not in _TYPES:
        raise InputError(f"{where}, 'dtype'", repr(fields["dtype"]), ", ".join(sorted(_TYPES)), "correct it")
    order = str(fields.get("byte_order", mark or "little")).strip().lower()
    sign = {
        "little": "<",
        "little-endian": "<",
        "lsb": "<",
        "<": "<",
        "big": ">",
        "big-endian": ">",
        "msb": ">",
        ">": ">",
    }
    if order not in sign:
        raise InputError(f"{where}, 'byte_order'", repr(fields["byte_order"]), "little or big", "correct it")
    if mark and sign[order] != word[0]:
        raise InputError(
            f"{where}, 'byte_order'",
            f"{order!r} against dtype {word!r}",
            "the same order twice",
            "correct it",
        )
    return in_order(name, sign[order] == ">")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise InputError(
            str(path), "does not exist", "the raw file beside its description", "check the name"
        ) from error


def _size_hint(size: int, need: int, offset: int, dtype: np.dtype[Any]) -> str:
    if size > need and size - need + offset < 65536:
        return f"a header of {size - need + offset} bytes? then offset = {size - need + offset}"
    ratio = (size - offset) * dtype.itemsize / max(need - offset, 1)
    if ratio in (1.0, 2.0, 4.0, 8.0):
        return f"values of {ratio:g} byte{'s' if ratio > 1 else ''} in place of {dtype.itemsize}? then correct dtype"
    return ""


def no_sidecar(path: Path) -> InputError:
    """The refusal of raw bytes without a description, with what the size suggests."""
    size = _size(path)
    guesses = []
    for width, name in ((1, "uint8"), (2, "uint16"), (4, "float32")):
        edge = round((size / width) ** (1 / 3)) if size % width == 0 else 0
        if edge > 1 and edge**3 * width == size:
            guesses.append(f"{edge} x {edge} x {edge} of {name}")
    return InputError(
        str(path),
        f"is of no known format ({size} bytes"
        + (f"; perhaps raw, {' or '.join(guesses)}" if guesses else "")
        + ")",
        "TIFF, PNG, JPEG, BMP, npy, npz, zarr, HDF5, netCDF, NRRD, MetaImage, VTI; or raw with a sidecar",
        f'for raw write {path.name}.json beside it: {{"shape": [512, 512, 300], "dtype": "uint8", "axes": "xyz", '
        '"order": "F", "spacing": 10, "unit": "nm"}',
    )


# -- MetaImage ---------------------------------------------------------------------------------------------

_MET = {"MET_CHAR": "i1", "MET_UCHAR": "u1", "MET_SHORT": "i2", "MET_USHORT": "u2", "MET_INT": "i4", "MET_UINT": "u4",
        "MET_LONG": "i4", "MET_ULONG": "u4", "MET_LONG_LONG": "i8", "MET_ULONG_LONG": "u8", "MET_FLOAT": "f4",
        "MET_DOUBLE": "f8"}  # fmt: skip


def is_metaimage(head: bytes) -> bool:
    """Whether a file begins as a MetaImage header does."""
    text = head[:2048].decode("latin-1")
    return bool(re.search(r"^(ObjectType\s*=\s*Image|NDims\s*=)", text, re.MULTILINE)) and "=" in text


def read_metaimage(path: Path) -> Reading:
    """MetaImage (``.mhd`` with its data file, ``.mha``): x runs fastest; spacing has a unit only in DistanceUnits."""
    head = head_of(path, 1 << 20)
    entries: dict[str, str] = {}
    start = 0
    while start < len(head):
        stop = head.find(b"\n", start)
        stop = len(head) if stop < 0 else stop
        line = head[start:stop].decode("latin-1").strip()
        start = stop + 1
        if "=" in line:
            name, _, value = line.partition("=")
            entries[name.strip()] = value.strip()
            if name.strip() == "ElementDataFile":
                break
    missing = [n for n in ("NDims", "DimSize", "ElementType", "ElementDataFile") if n not in entries]
    if missing:
        raise InputError(
            str(path), f"lacks {', '.join(missing)}", "a whole MetaImage header", "write it anew"
        )
    sizes = numbers(entries["DimSize"])
    dims = numbers(entries["NDims"])
    if not sizes or len(dims) != 1 or len(sizes) != int(dims[0]) or any(n < 1 or n != int(n) for n in sizes):
        raise InputError(
            str(path),
            f"NDims = {entries['NDims']}, DimSize = {entries['DimSize']}",
            "as many whole sizes",
            "correct it",
        )
    kind = entries["ElementType"]
    if kind not in _MET:
        raise InputError(str(path), f"ElementType = {kind}", ", ".join(_MET), "write it anew")
    big = entries.get("BinaryDataByteOrderMSB", entries.get("ElementByteOrderMSB", "False")).lower() in (
        "true",
        "1",
    )
    dtype = in_order(_MET[kind], big)
    shape = tuple(int(n) for n in reversed(sizes))
    axes = tuple("xyztc"[: len(sizes)][::-1])
    channels = numbers(entries.get("ElementNumberOfChannels", "1"))
    if channels and channels[0] > 1:
        shape, axes = (*shape, int(channels[0])), (*axes, "c")
    name = entries["ElementDataFile"]
    if name.upper() == "LIST" or "%" in name:
        raise InputError(
            str(path),
            f"names a list of slices (ElementDataFile = {name})",
            "one data file",
            "read the folder of slices",
        )
    local = name.upper() == "LOCAL"
    data = path if local else path.parent / name
    if not data.is_file():
        raise InputError(
            str(path), f"names {name!r}, which is not there", "its data file beside it", "copy it, too"
        )
    skip = start if local else 0
    need = math.prod(shape) * dtype.itemsize
    size = data.stat().st_size
    notes = []
    costly = False
    stored: Any
    if entries.get("CompressedData", "False").lower() == "true":
        costly = True

        def load() -> NDArray[Any]:
            with open(data, "rb") as handle:
                handle.seek(skip)
                raw = zlib.decompress(handle.read())
            if len(raw) != need:
                raise truncated(data, need, len(raw), "unpacked")
            return np.frombuffer(raw, dtype).reshape(shape)

        stored = Whole(load, shape, dtype)
    else:
        header = numbers(entries.get("HeaderSize", "0"))
        offset = skip
        if header and header[0] == -1:
            offset = size - need
        elif header and header[0] > 0:
            offset = int(header[0])
        if offset < 0 or size < offset + need:
            raise truncated(
                data, max(offset, 0) + need, size, f"{' x '.join(map(str, shape))} of {dtype.name}"
            )
        if size > offset + need:
            notes.append(f"{size - offset - need} bytes behind the values were ignored.")
        with guarded(data, "MetaImage"):
            stored = mapped(data, dtype, shape, offset)
    reading = Reading(
        stored=stored,
        format=f"MetaImage, {dtype.name}{', compressed' if costly else ''}",
        axes=axes,
        axes_source="MetaImage",
        notes=notes,
        costly=costly,
        metadata={"header": jsonable(entries)},
    )
    for field in ("ElementSpacing", "ElementSize"):
        spacing = numbers(entries.get(field, ""))
        if len(spacing) == len(sizes):
            ordered: list[float | None] = [spacing["xyztc".index(a)] if a in "xyz" else None for a in axes]
            factor = unit_m(entries.get("DistanceUnits", ""))
            if factor is not None:
                reading.spacing_m = tuple(None if v is None else v * factor for v in ordered)
                reading.spacing_source = f"MetaImage {field} ({entries['DistanceUnits']})"
            else:
                reading.unitless = tuple(ordered)
                reading.spacing_source = f"MetaImage {field}"
                reading.notes.append("MetaImage headers seldom state a unit; medical programs mean mm.")
            break
    return reading
