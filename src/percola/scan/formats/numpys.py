"""NumPy files: npy stays on disk, npz where it is not compressed."""

from __future__ import annotations

import math
import struct
import zipfile
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
    mapped,
    truncated,
    usable_dtype,
)
from percola.scan.formats._labelled import (
    apply_attributes,
    refuse_dtype,
)


def _npy_header(handle: Any) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = np.lib.format.read_magic(handle)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(handle)
    if version in ((2, 0), (3, 0)):
        return np.lib.format.read_array_header_2_0(handle)
    raise ValueError(f"version {version} of the format is unknown")


def read_npy(path: Path) -> Reading:
    """A NumPy file, as a memory map."""
    with guarded(path, "NumPy file"):
        with open(path, "rb") as handle:
            shape, fortran, dtype = _npy_header(handle)
            offset = handle.tell()
        refuse_dtype(str(path), dtype)
        stored = mapped(path, dtype, shape, offset, "F" if fortran else "C")
        return Reading(stored=stored, format=f"NumPy array, {dtype.name}")


def read_npz(path: Path, key: str | None) -> Reading:
    """The only volume (else the only image) of a NumPy archive, or the array ``key``; small arrays beside it may say the voxel size."""
    with guarded(path, "NumPy archive (npz)"), zipfile.ZipFile(path) as archive:
        heads: dict[str, tuple[zipfile.ZipInfo, tuple[int, ...], bool, np.dtype[Any], int]] = {}
        for info in archive.infolist():
            if not info.filename.endswith(".npy"):
                continue
            with archive.open(info) as member:
                shape, fortran, dtype = _npy_header(member)
                heads[info.filename[:-4]] = (info, shape, fortran, dtype, member.tell())
        if not heads:
            names = ", ".join(archive.namelist()[:6]) or "nothing"
            raise InputError(
                str(path),
                f"is a zip file that holds {names}",
                "arrays saved by numpy.savez",
                "unpack it and name the file",
            )
        notes: list[str] = []
        one = chosen(path, [Candidate(k, h[1], h[3]) for k, h in heads.items()], key, notes, "array")
        info, shape, fortran, dtype, skip = heads[one.key]
        refuse_dtype(f"{path}, array {one.key!r}", dtype)
        whole = math.prod(shape) * dtype.itemsize
        if info.file_size != skip + whole:
            raise truncated(path, skip + whole, info.file_size, f"array {one.key!r}")
        stored: Any
        costly = False
        if info.compress_type == zipfile.ZIP_STORED:
            with open(path, "rb") as handle:
                handle.seek(info.header_offset)
                local = handle.read(30)
            name_length, extra_length = struct.unpack("<HH", local[26:30])
            start = info.header_offset + 30 + name_length + extra_length + skip
            stored = mapped(path, dtype, shape, start, "F" if fortran else "C")
        else:
            costly = True
            packed = info.filename

            def load() -> NDArray[Any]:
                with zipfile.ZipFile(path) as again, again.open(packed) as member:
                    return np.lib.format.read_array(member, allow_pickle=False)

            stored = Whole(load, shape, dtype)
        # Small arrays beside it may say the voxel size, as numpy.savez(..., spacing_m=1e-8) writes it.
        attributes = {}
        for name, (_, small, _, kind, _) in heads.items():
            if name != one.key and math.prod(small) <= 4 and not usable_dtype(kind):
                with archive.open(name + ".npy") as member:
                    attributes[name] = np.lib.format.read_array(member, allow_pickle=False)
        reading = Reading(
            stored=stored,
            format=f"NumPy archive, array {one.key!r}, {dtype.name}",
            notes=notes,
            costly=costly,
        )
        apply_attributes(reading, attributes, "archive's")
        return reading
