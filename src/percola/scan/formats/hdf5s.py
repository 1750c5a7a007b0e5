"""HDF5 and netCDF 4."""

from __future__ import annotations

import contextlib
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
    jsonable,
    mapped,
    text_of,
    usable_dtype,
)
from percola.scan.formats._labelled import (
    PACKING,
    apply_attributes,
    apply_dimensions,
    apply_packing,
    even_step,
    refuse_dtype,
)


class _H5:
    """A dataset, opened anew for each read: no handle stays open between."""

    def __init__(self, path: Path, key: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self._path = path
        self._key = key
        self._shape = shape
        self._dtype = dtype

    @property
    def shape(self) -> tuple[int, ...]:
        return self._shape

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._dtype

    def read(self, slices: Slices, /) -> NDArray[Any]:
        import h5py

        with h5py.File(self._path, "r") as file:
            return np.asarray(file[self._key][slices])


def read_hdf5(path: Path, key: str | None) -> Reading:
    """The only volume (else the only image) of an HDF5 or netCDF 4 file, or the dataset or group ``key``."""
    import h5py

    with guarded(path, "HDF5 file"), h5py.File(path, "r") as file:
        found: list[Candidate] = []

        def note(name: str, node: Any) -> None:
            if isinstance(node, h5py.Dataset) and node.shape is not None:
                scale = node.attrs.get("CLASS") in (b"DIMENSION_SCALE", "DIMENSION_SCALE")
                if not (scale and len(node.shape) == 1):
                    found.append(Candidate(name, tuple(node.shape), node.dtype))

        file.visititems(note)
        notes: list[str] = []
        if key is not None and key.strip("/") not in {c.key for c in found}:  # a soft or external link
            link = file.get(key)
            if isinstance(link, h5py.Dataset) and link.shape is not None:
                found.append(Candidate(key.strip("/"), tuple(link.shape), link.dtype))
        if key is not None and isinstance(file.get(key), h5py.Group):
            part = key.strip("/") + "/"
            inner = [c for c in found if c.key.startswith(part)]
            one = chosen(f"{path}, group {key!r}", inner, None, notes, "dataset")
        else:
            one = chosen(path, found, key, notes, "dataset")
        data = file[one.key]
        refuse_dtype(f"{path}, dataset {one.key!r}", data.dtype)
        _filters(path, data, h5py)
        netcdf = (
            "_NCProperties" in file.attrs
            or "_Netcdf4Dimid" in data.attrs
            or "_Netcdf4Coordinates" in data.attrs
        )
        what = "netCDF 4" if netcdf else "HDF5"
        shape, dtype = tuple(int(n) for n in data.shape), np.dtype(data.dtype)
        stored: Any = _H5(path, one.key, shape, dtype)
        offset = data.id.get_offset()
        if offset is not None and not data.id.get_create_plist().get_external_count():
            with contextlib.suppress(InputError):
                stored = mapped(path, dtype, shape, int(offset))
        attributes: dict[str, Any] = {}
        parent = data.parent
        chain = [file] if parent == file else [file, parent]
        for node in (*chain, data):
            attributes |= {
                k: _attribute(node, k) for k in node.attrs if not k.startswith("_N") and k not in _SCALES
            }
        reading = Reading(
            stored=stored,
            format=f"{what}, dataset {one.key!r}, {dtype.name}",
            notes=notes,
            metadata={"attributes": jsonable(attributes), "dataset": one.key},
        )
        apply_attributes(reading, attributes, what)
        names: list[str] = []
        steps: list[tuple[float, Any] | None] = []
        for k in range(len(shape)):
            dim = data.dims[k]
            name = str(dim.label or "")
            step = None
            if len(dim):
                scale = dim[0]
                name = name or str(scale.name).rpartition("/")[2]
                without = text_of(scale.attrs.get("NAME", "")).startswith(
                    "This is a netCDF dimension but not"
                )
                if (
                    scale.ndim == 1
                    and scale.shape[0] == shape[k]
                    and not without
                    and not usable_dtype(scale.dtype)
                ):
                    step = even_step(np.asarray(scale[()], np.float64), name, notes)
                    if step is not None:
                        steps.append((step, scale.attrs.get("units")))
                        names.append(name)
                        continue
            names.append(name)
            steps.append(None)
        apply_dimensions(reading, names, steps, what)
        apply_packing(reading, {k: data.attrs[k] for k in data.attrs if k in PACKING}, netcdf)
        return reading


_SCALES = ("DIMENSION_LIST", "REFERENCE_LIST", "CLASS", "NAME", "DIMENSION_LABELS")


def _attribute(node: Any, name: str) -> Any:
    try:
        return node.attrs[name]
    except Exception:  # types that h5py cannot show
        return "?"


def _filters(path: Path, data: Any, h5py: Any) -> None:
    plist = data.id.get_create_plist()
    for k in range(plist.get_nfilters()):
        code, _, _, name = plist.get_filter(k)
        if not h5py.h5z.filter_avail(code):
            raise InputError(
                str(path),
                f"is packed with the HDF5 filter {text_of(name) or code}, which is not available here",
                "no compression, gzip, lzf or szip",
                "repack it: h5repack -f GZIP=4 in.h5 out.h5",
            )
