"""The classic netCDF formats 1, 2 and 5."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from percola.scan.formats._common import (
    Candidate,
    InMemory,
    Reading,
    chosen,
    guarded,
    jsonable,
    mapped,
    truncated,
)
from percola.scan.formats._labelled import (
    apply_attributes,
    apply_dimensions,
    apply_packing,
    even_step,
)

_NC_TYPES = {1: "i1", 2: "S1", 3: ">i2", 4: ">i4", 5: ">f4", 6: ">f8", 7: "u1", 8: ">u2", 9: ">u4", 10: ">i8",
             11: ">u8"}  # fmt: skip


class _Header:
    """The classic netCDF header (versions 1, 2 and 5), as Unidata's format specification lays it out.

    It is parsed here and not by SciPy because only the places of the variables are wanted: the values stay on disk.
    """

    def __init__(self, path: Path) -> None:
        self.size = path.stat().st_size
        with open(path, "rb") as self._handle:
            self.version = self._take(4)[3]
            if self.version not in (1, 2, 5):
                raise ValueError(f"version {self.version} of the classic format is unknown")
            self.records = self._count()
            if self.records in (0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF):
                raise ValueError("number of records unknown (written as a stream)")
            self.dims = [(self._name(), self._count()) for _ in range(self._list(10))]
            self.attributes = self._attributes()
            self.variables: dict[str, tuple[list[int], dict[str, Any], int, int]] = {}
            sizes = {}
            for _ in range(self._list(11)):
                name = self._name()
                ids = [self._count() for _ in range(self._count())]
                attributes = self._attributes()
                kind = self._int(4)
                sizes[name] = self._count()
                begin = self._int(4 if self.version == 1 else 8)
                if any(i >= len(self.dims) for i in ids) or kind not in _NC_TYPES:
                    raise ValueError(f"variable {name!r} is damaged")
                self.variables[name] = (ids, attributes, kind, begin)
            # One record holds a slab of every record variable, one behind the other.
            recorded = [n for n, v in self.variables.items() if self.is_record(n)]
            if len(recorded) == 1:
                ids, _, kind, _ = self.variables[recorded[0]]
                inner = math.prod(self.dims[i][1] for i in ids[1:])
                self.stride = inner * np.dtype(_NC_TYPES[kind]).itemsize
            else:
                self.stride = sum(sizes[n] for n in recorded)

    def is_record(self, name: str) -> bool:
        ids = self.variables[name][0]
        return bool(ids) and self.dims[ids[0]][1] == 0

    def shape(self, name: str) -> tuple[int, ...]:
        ids = self.variables[name][0]
        out = [self.dims[i][1] for i in ids]
        if self.is_record(name):
            out[0] = self.records
        return tuple(out)

    def map(self, path: Path, name: str) -> NDArray[Any]:
        _, _, kind, begin = self.variables[name]
        dtype = np.dtype(_NC_TYPES[kind])
        shape = self.shape(name)
        if not self.is_record(name):
            return mapped(path, dtype, shape, begin).array
        inner = math.prod(shape[1:]) * dtype.itemsize
        need = begin + (shape[0] - 1) * self.stride + inner
        if shape[0] and self.size < need:
            raise truncated(path, need, self.size, f"variable {name!r}")
        raw = np.memmap(path, np.uint8, "r", offset=begin, shape=(max(need - begin, 0),))
        steps = [dtype.itemsize * math.prod(shape[k + 1 :]) for k in range(len(shape))]
        steps[0] = self.stride
        return np.ndarray(shape, dtype, buffer=raw, strides=steps).view(np.memmap)

    def _take(self, count: int) -> bytes:
        if count < 0 or count > self.size:
            raise ValueError("the header is damaged")
        data = self._handle.read(count)
        if len(data) < count:
            raise ValueError("the header ends before its time")
        return data

    def _int(self, width: int) -> int:
        return int.from_bytes(self._take(width), "big")

    def _count(self) -> int:
        return self._int(8 if self.version == 5 else 4)

    def _list(self, tag: int) -> int:
        found, count = self._int(4), self._count()
        if found not in (0, tag) or (found == 0 and count) or count > self.size:
            raise ValueError("the header is damaged")
        return count

    def _padded(self, count: int) -> bytes:
        data = self._take(count)
        self._take(-count % 4)
        return data

    def _name(self) -> str:
        return self._padded(self._count()).decode("utf-8", "replace")

    def _attributes(self) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for _ in range(self._list(12)):
            name = self._name()
            kind = self._int(4)
            if kind not in _NC_TYPES:
                raise ValueError(f"attribute {name!r} is damaged")
            dtype = np.dtype(_NC_TYPES[kind])
            count = self._count()
            data = self._padded(count * dtype.itemsize)
            out[name] = data.decode("utf-8", "replace") if kind == 2 else np.frombuffer(data, dtype)
        return out


def read_netcdf3(path: Path, key: str | None) -> Reading:
    """The only volume (else the only image) of a classic netCDF file, or the variable ``key``."""
    with guarded(path, "netCDF 3 file"):
        head = _Header(path)
        notes: list[str] = []
        names = [n for n, v in head.variables.items() if v[2] != 2]
        candidates = [Candidate(n, head.shape(n), np.dtype(_NC_TYPES[head.variables[n][2]])) for n in names]
        one = chosen(path, candidates, key, notes, "variable")
        ids, attributes, _, _ = head.variables[one.key]
        array = head.map(path, one.key)
        reading = Reading(
            stored=InMemory(array),
            format=f"netCDF 3, variable {one.key!r}, {array.dtype.name}",
            notes=notes,
            metadata={"attributes": jsonable(head.attributes | attributes), "variable": one.key},
        )
        apply_attributes(reading, head.attributes | attributes, "netCDF")
        steps: list[tuple[float, Any] | None] = []
        dims = [head.dims[i][0] for i in ids]
        for k, name in enumerate(dims):
            step = None
            if (
                name in head.variables
                and head.shape(name) == (array.shape[k],)
                and head.variables[name][2] != 2
            ):
                step = even_step(np.asarray(head.map(path, name), np.float64), name, notes)
            steps.append(None if step is None else (step, head.variables[name][1].get("units")))
        apply_dimensions(reading, dims, steps, "netCDF")
        apply_packing(reading, attributes, True)
        return reading
