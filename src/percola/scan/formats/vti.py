"""VTK image data (``.vti``): ASCII, inline base64 and appended data, compressed or not, either byte order."""

from __future__ import annotations

import base64
import binascii
import lzma
import math
import re
import xml.etree.ElementTree as ElementTree
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from percola.errors import InputError
from percola.scan.formats._common import (
    Candidate,
    Reading,
    Whole,
    chosen,
    guarded,
    in_order,
    mapped,
    numbers,
    truncated,
)

_TYPES = {"Int8": "i1", "UInt8": "u1", "Int16": "i2", "UInt16": "u2", "Int32": "i4", "UInt32": "u4", "Int64": "i8",
          "UInt64": "u8", "Float32": "f4", "Float64": "f8"}  # fmt: skip
_PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "vtkZLibDataCompressor": zlib.decompress,
    "vtkLZMADataCompressor": lzma.decompress,
}


def is_vti(head: bytes) -> bool:
    """Whether a file begins as an XML file of VTK does."""
    return b"<VTKFile" in head[:2048]


def read(path: Path, key: str | None) -> Reading:
    """The only volume (else the only image) of a VTI file, or the array ``key`` (``"PointData/name"`` or the name alone)."""
    with guarded(path, "VTI file"):
        root, appended = _tree(path)
        kind = root.get("type")
        if kind != "ImageData":
            raise InputError(
                str(path),
                f"holds VTK data of type {kind!r}",
                "ImageData (a regular grid)",
                "resample it to an image in ParaView",
            )
        order = {"LittleEndian": "<", "BigEndian": ">"}.get(root.get("byte_order", "LittleEndian"))
        header = {"UInt32": "u4", "UInt64": "u8"}.get(root.get("header_type", "UInt32"))
        if order is None or header is None:
            raise ValueError("byte_order or header_type is unknown")
        compressor = root.get("compressor")
        image = root.find("ImageData")
        pieces = [] if image is None else image.findall("Piece")
        if image is None or len(pieces) != 1:
            raise InputError(
                str(path),
                f"holds {len(pieces)} pieces",
                "one piece",
                "merge them in ParaView (Save Data as one .vti)",
            )
        extent = numbers(pieces[0].get("Extent") or image.get("WholeExtent"))
        if len(extent) != 6 or any(v != int(v) for v in extent):
            raise ValueError("Extent is damaged")
        points = tuple(int(b - a) + 1 for a, b in zip(extent[::2], extent[1::2], strict=True))
        arrays: dict[str, tuple[Any, tuple[int, ...], np.dtype[Any]]] = {}
        for part in ("PointData", "CellData"):
            node = pieces[0].find(part)
            for k, array in enumerate([] if node is None else node.findall("DataArray")):
                sizes = points if part == "PointData" else tuple(max(n - 1, 1) for n in points)
                components = int(array.get("NumberOfComponents", "1") or 1)
                if array.get("type") not in _TYPES:
                    continue
                dtype = in_order(_TYPES[str(array.get("type"))], order == ">")
                shape = (*reversed(sizes), *((components,) if components > 1 else ()))
                arrays[f"{part}/{array.get('Name', k)}"] = (array, tuple(shape), dtype)
        candidates = [Candidate(k, v[1], v[2]) for k, v in arrays.items()]
        if key is not None and key not in arrays:
            short = [k for k in arrays if k.partition("/")[2] == key]
            key = short[0] if len(short) == 1 else key
        notes: list[str] = []
        one = chosen(path, candidates, key, notes, "array")
        node, shape, dtype = arrays[one.key]
        stored, costly = _stored(path, node, shape, dtype, header, order, compressor, appended)
        # A picture is an image one point or cell deep: that axis is dropped later, as all of length 1.
        axes = ("z", "y", "x", *(("c",) if len(shape) == 4 else ()))
        reading = Reading(
            stored=stored,
            format=f"VTI, {one.key}, {dtype.name}, {node.get('format')}{', compressed' if compressor else ''}",
            axes=axes,
            axes_source="VTI",
            notes=notes,
            costly=costly,
            metadata={"origin": list(numbers(image.get("Origin", ""))), "array": one.key},
        )
        spacing = numbers(image.get("Spacing", ""))
        if len(spacing) == 3:
            reading.unitless = (spacing[2], spacing[1], spacing[0], *((None,) if len(shape) == 4 else ()))
            reading.spacing_source = "VTI Spacing"
        direction = numbers(image.get("Direction", ""))
        if len(direction) == 9 and not np.allclose(np.reshape(direction, (3, 3)), np.eye(3)):
            reading.notes.append("The image is turned against space (Direction); its own axes were kept.")
        return reading


class _Appended:
    """Where the appended data begin in the file, and how they are coded."""

    def __init__(self, path: Path, start: int, raw: bool) -> None:
        self.path, self.start, self.raw = path, start, raw


def _tree(path: Path) -> tuple[ElementTree.Element, _Appended | None]:
    """The XML without the appended data (which may hold any bytes), and where those lie."""
    with open(path, "rb") as handle:
        head = b""
        while True:
            block = handle.read(1 << 20)
            if not block:
                break
            from_byte = max(len(head) - 20, 0)
            head += block
            at = head.find(b"<AppendedData", from_byte)
            if at >= 0:
                while b"_" not in head[at:] and (block := handle.read(1 << 16)):
                    head += block
                tag = head[at : head.find(b">", at) + 1]
                under = head.find(b"_", head.find(b">", at))
                if under < 0:
                    raise ValueError("the appended data do not begin")
                match = re.search(rb'encoding\s*=\s*["\'](\w+)["\']', tag)
                raw = match is None or match[1] == b"raw"
                return ElementTree.fromstring(head[:at] + b"</VTKFile>"), _Appended(path, under + 1, raw)
    return ElementTree.fromstring(head), None


def _stored(
    path: Path,
    node: Any,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    header: str,
    order: str,
    compressor: str | None,
    appended: _Appended | None,
) -> tuple[Any, bool]:
    need = math.prod(shape) * dtype.itemsize
    head_type = in_order(header, order == ">")
    if compressor and compressor not in _PACKERS:
        raise InputError(
            str(path),
            f"is packed by {compressor}",
            "no compression, ZLib or LZMA",
            "save it with another compressor",
        )
    form = node.get("format", "ascii")
    if form == "ascii":
        text = node.text or ""

        def from_ascii() -> NDArray[Any]:
            words = text.split()
            if len(words) != math.prod(shape):
                raise truncated(path, math.prod(shape), len(words), "counted in values")
            if dtype.kind in "iu":
                values = np.array([int(w) for w in words], np.int64 if dtype.kind == "i" else np.uint64)
            else:
                values = np.array(words, np.float64)
            return values.astype(dtype).reshape(shape)

        return Whole(from_ascii, shape, dtype), True
    if form == "binary":
        text = "".join((node.text or "").split())

        def from_inline() -> NDArray[Any]:
            return _array(path, _decoded(text.encode(), head_type, compressor), need, dtype, shape)

        return Whole(from_inline, shape, dtype), True
    if form != "appended" or appended is None:
        raise ValueError(f"data of format {form!r} are not there")
    start = appended.start + int(node.get("offset", "0"))
    if appended.raw and not compressor:
        size = path.stat().st_size
        with open(path, "rb") as handle:
            handle.seek(start)
            prefix = handle.read(head_type.itemsize)
        if len(prefix) < head_type.itemsize:
            raise truncated(path, start + head_type.itemsize + need, size)
        stated = int(np.frombuffer(prefix, head_type)[0])
        if stated != need:
            raise truncated(path, need, stated, "length of the array")
        return mapped(path, dtype, shape, start + head_type.itemsize), False

    def from_appended() -> NDArray[Any]:
        with open(path, "rb") as handle:
            handle.seek(start)
            data = handle.read()
        if appended.raw:
            return _array(path, _unpacked(data, head_type, str(compressor)), need, dtype, shape)
        match = re.match(rb"[A-Za-z0-9+/=\s]*", data)
        text = b"".join((match[0] if match else b"").split())
        return _array(path, _decoded(text, head_type, compressor, need), need, dtype, shape)

    return Whole(from_appended, shape, dtype), True


def _array(path: Path, data: bytes, need: int, dtype: np.dtype[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    if len(data) != need:
        raise truncated(path, need, len(data), "values unpacked")
    return np.frombuffer(data, dtype).reshape(shape)


def _coded(count: int) -> int:
    """Characters of base64 for ``count`` bytes."""
    return 4 * -(-count // 3)


def _base64(text: bytes) -> bytes:
    return binascii.a2b_base64(text + b"=" * (-len(text) % 4))


def _decoded(text: bytes, head_type: np.dtype[Any], compressor: str | None, need: int = 0) -> bytes:
    """Bytes behind base64: VTK codes the header apart from the data where they are compressed, together where not;
    other writers code it apart in both cases, which its padding shows.
    """
    width = head_type.itemsize
    first = text[: _coded(width)]
    if not compressor:
        stated = int(np.frombuffer(base64.b64decode(first)[:width], head_type)[0])
        if first.endswith(b"="):
            return _base64(text[len(first) : len(first) + _coded(stated)])[:stated]
        return _base64(text[: _coded(width + stated)])[width : width + stated]
    blocks = int(np.frombuffer(_base64(first)[:width], head_type)[0])
    if blocks > len(text):
        raise ValueError("the table of blocks is damaged")
    head_length = _coded(width * (3 + blocks))
    table = _base64(text[:head_length])
    sizes = np.frombuffer(table[: width * (3 + blocks)], head_type)
    packed = int(sizes[3:].astype(object).sum()) if blocks else 0
    body = _base64(text[head_length : head_length + _coded(packed)])
    return _unpacked(table[: width * (3 + blocks)] + body, head_type, compressor)


def _unpacked(data: bytes, head_type: np.dtype[Any], compressor: str) -> bytes:
    """Blocks behind their table: number of blocks, size of a block, size of a last partial block, packed sizes."""
    width = head_type.itemsize
    blocks = int(np.frombuffer(data[:width], head_type)[0])
    if blocks > len(data):
        raise ValueError("the table of blocks is damaged")
    table = np.frombuffer(data[: width * (3 + blocks)], head_type)
    at = width * (3 + blocks)
    out = []
    for size in table[3:]:
        out.append(_PACKERS[compressor](data[at : at + int(size)]))
        at += int(size)
    return b"".join(out)
