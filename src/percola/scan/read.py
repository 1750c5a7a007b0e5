"""Read a volume or an image from any file Percola knows; nothing is loaded before it is asked for."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from percola.errors import InputError
from percola.scan.formats import hdf5s, netcdf3, nrrds, numpys, pictures, raw, sem, tiff, vti, zarrs
from percola.scan.formats._common import (
    UNITS_ALLOWED,
    InMemory,
    Reading,
    Whole,
    decoded_text,
    denied,
    head_of,
    jsonable,
    length_text,
    lengths_text,
    unit_m,
    usable_dtype,
)
from percola.scan.formats._lazy import Lazy, seen_as
from percola.scan.volume import Kind, Volume

#: Voxels outside these bounds are a mistake of units, not a specimen: 0.01 nm is below an atom, 1 mm above a wall.
SMALLEST_VOXEL_M = 1e-11
LARGEST_VOXEL_M = 1e-3

_FULL_LOOK = 1 << 24  # values looked at one by one on reading (16 million, about 0.1 s)
_PLANES = 7  # planes looked at in larger volumes
_PLANE = 1 << 21  # values of a plane at most
_EXACT = 1 << 27  # values (512^3) streamed through to make sure that there are two of them
_UNPACK = 1 << 30  # bytes: packed files up to this size are unpacked, and kept, for the first look
_LABELS = 16  # whole numbers, at most so many, are labels


def read_volume(
    path: str | os.PathLike[str],
    *,
    spacing_m: float | Sequence[float] | None = None,
    slice_m: float | None = None,
    unit: str | None = None,
    key: str | None = None,
    axes: str | Sequence[str] | None = None,
    channel: int | None = None,
    time: int | None = None,
    resolution: int | None = None,
    sidecar: str | os.PathLike[str] | Mapping[str, Any] | None = None,
    crop_bar: bool = False,
) -> Volume:
    """Read a volume or image: TIFF, slices in a folder, PNG, JPEG, BMP, npy, npz, zarr and OME-zarr, HDF5, netCDF, raw
    with a sidecar, MetaImage, VTI, NRRD, and fields of Percola's own runs.

    The kind of file is told from its content. The values stay on disk: ``volume.values[x0:x1, :, :]`` reads a part,
    ``numpy.asarray(volume.values)`` all. About 16 million values are looked at on reading (all, or a few planes) to
    tell two-valued, labelled and grey volumes apart and to find values that are no numbers.

    Axes are x, y, z. Pages and slices are z, rows y, columns x. Arrays without names are taken as x, y, z in the order
    they are stored; ``axes`` says otherwise. The mapping stands in ``volume.notes``.

    Args:
        path: file or folder.
        spacing_m: edge of a voxel [m], one number or one for each of x, y, z; goes before what the file says.
        slice_m: distance of slices [m] along z, where the file knows the pixels but not this distance.
        unit: unit of a voxel size that the file states without one ("nm", "um", ...).
        key: which array, dataset, variable, image series or region (``"core/0"``, ``"core/0/phi"``) of a file with
            several; for a folder of slices a pattern of names (``"*.tif"``).
        axes: names of the axes as stored, e.g. ``"zyx"`` or ``"czyx"`` (c channel, t time, s colours).
        channel: the channel to read of a file with several.
        time: the time step to read of a series.
        resolution: level of an OME-zarr pyramid, 0 (the default) is the finest.
        sidecar: description of raw values (a file in JSON or TOML, or a mapping; fields in
            `percola.scan.formats.raw.FIELDS`); also the text file of a microscope.
        crop_bar: cut the information bar of the microscope off, where the file says how high it is.

    Raises:
        InputError: the file is missing, damaged, of no known format, or it needs a choice that was not made.
    """
    if isinstance(path, np.ndarray):
        raise InputError("path", "an array", "a file or folder", "use volume_from_array for arrays in memory")
    if not isinstance(path, (str, os.PathLike)) or isinstance(path, bytes):
        raise InputError("path", f"{type(path).__name__}", "the name of a file or folder", "give a path")
    text = os.fspath(path)
    if "://" in str(text):
        raise InputError(
            str(text), "is an address on the net", "a file or folder on this machine", "download it first"
        )
    if "\0" in str(text) or not str(text):
        raise InputError("path", repr(text), "the name of a file or folder", "give a path")
    place = Path(text)
    given = _given_spacing(spacing_m, slice_m, unit)
    for name, value in (("channel", channel), ("time", time), ("resolution", resolution)):
        if value is not None and (
            not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < 0
        ):
            raise InputError(name, repr(value), "a whole number from 0", "count from 0")
    if key is not None and not isinstance(key, str):
        key = str(key)
    reading, source = _recognized(place, key, resolution, sidecar)
    return _finished(
        reading,
        source,
        spacing=given,
        slice_m=slice_m,
        unit=unit,
        axes=axes,
        channel=channel,
        time=time,
        crop_bar=crop_bar,
    )


def volume_from_array(
    array: NDArray[Any],
    spacing_m: float | Sequence[float] | None = None,
    *,
    axes: str | Sequence[str] | None = None,
    kind: Kind | None = None,
    void: float | None = None,
    periodic: Sequence[bool] = (),
    channel: int | None = None,
    time: int | None = None,
    source: str = "array",
) -> Volume:
    """A NumPy array in memory as a `Volume`; it is not copied.

    Args:
        array: two or three axes x, y, z; others named with ``axes``.
        spacing_m: edge of a voxel [m], one number or one for each axis x, y, z.
        axes: names of the axes, e.g. ``"zyx"``.
        kind: "grey", "binary", "labels" or "level"; None: told from the values.
        void: for two values: the one that stands for void.
        periodic: whether each axis of ``array`` wraps.
        channel, time: index along axes named c and t.
        source: name of the volume in messages.
    """
    if not hasattr(array, "shape") or not hasattr(array, "dtype"):
        array = _as_array(array, source)
    array = np.asarray(array)
    words = usable_dtype(array.dtype)
    if words:
        raise InputError(
            source, f"an array of {words}", "bool, whole or real numbers of up to 64 bit", "convert it"
        )
    if kind not in (None, "grey", "binary", "labels", "level"):
        raise InputError("kind", repr(kind), "grey, binary, labels or level", "leave it out to have it told")
    if len(periodic) not in (0, array.ndim):
        raise InputError(
            "periodic", f"{len(periodic)} values", f"one for each of the {array.ndim} axes", "correct it"
        )
    reading = Reading(
        stored=InMemory(array),
        format=f"array in memory, {array.dtype.name}",
        kind=kind,
        void=None if void is None else float(void),
        periodic=tuple(bool(p) for p in periodic),
    )
    given = _given_spacing(spacing_m, None, None)
    return _finished(
        reading,
        source,
        spacing=given,
        slice_m=None,
        unit=None,
        axes=axes,
        channel=channel,
        time=time,
        crop_bar=False,
    )


def _as_array(value: Any, source: str) -> NDArray[Any]:
    try:
        array = np.asarray(value)
    except (ValueError, TypeError) as error:
        raise InputError(
            source, f"{type(value).__name__}", "a NumPy array", "convert it with numpy.asarray"
        ) from error
    return array


def load_values(volume: Volume) -> NDArray[Any]:
    """All values in memory, in native byte order, checked to be finite numbers."""
    slabs = _slabs(volume.values, volume.shape, _slow_axis(volume.values, volume.shape))
    values = np.empty(volume.shape, np.dtype(volume.values.dtype).newbyteorder("="))
    look = _Look(volume.source)
    for slab in slabs:
        part = np.asarray(volume.values[slab])
        values[slab] = part
        look.finite(part, slab)
    look.refuse_missing(volume.shape)
    return values


def bytes_needed(volume: Volume) -> int:
    """Memory [byte] that all values take once loaded (their number times the size of one), nothing else."""
    return volume.voxels * np.dtype(volume.values.dtype).itemsize


def describe(volume: Volume) -> dict[str, Any]:
    """Facts about a volume for people, JSON-like: shape, voxel size and where it comes from, values, notes."""
    values = volume.metadata.get("values")
    if not isinstance(values, Mapping):
        look = _looked(volume.values, volume.shape, volume.source, None)
        values = look.facts()
    size = None
    extent = None
    if volume.spacing_m is not None:
        size = lengths_text(volume.spacing_m)
        extent = " x ".join(length_text(n * h) for n, h in zip(volume.shape, volume.spacing_m, strict=True))
    return {
        "source": volume.source,
        "format": volume.format,
        "axes": ["x", "y", "z"][: volume.ndim],
        "shape": list(volume.shape),
        "dtype": str(np.dtype(volume.values.dtype).name),
        "voxels": volume.voxels,
        "bytes": bytes_needed(volume),
        "voxel_size_m": None if volume.spacing_m is None else list(volume.spacing_m),
        "voxel_size": size,
        "voxel_size_source": volume.spacing_source,
        "extent": extent,
        "cubic_voxels": volume.cubic,
        "kind": volume.kind,
        "void": volume.void,
        "periodic": list(volume.periodic),
        "values": jsonable(values),
        "notes": list(volume.notes),
        "metadata": jsonable({k: v for k, v in volume.metadata.items() if k != "values"}),
    }


# -- which format ------------------------------------------------------------------------------------------

_OTHERS = {
    b"ZISRAWFILE": ("a Zeiss CZI file", "save it as OME-TIFF"),
    b"\x1f\x8b": ("a gzip file", "unpack it first"),
    b"BZh": ("a bzip2 file", "unpack it first"),
    b"7z\xbc\xaf": ("a 7-zip archive", "unpack it first"),
    b"Rar!": ("a RAR archive", "unpack it first"),
    b"%PDF": ("a PDF file", "save the picture itself as TIFF or PNG"),
    b"GIF8": ("a GIF picture", "save it as TIFF or PNG"),
    b"RIFF": ("a WebP picture or a film", "save it as TIFF or PNG"),
    b"# vtk": ("a legacy VTK file", "save it as .vti"),
    b"# Avizo": ("an Avizo or Amira file", "save it as TIFF or NRRD"),
    b"# Amira": ("an Avizo or Amira file", "save it as TIFF or NRRD"),
    b"MATLAB": ("a MATLAB file", "save it with -v7.3 (which is HDF5) or as TIFF"),
    b"SIMPLE  =": ("a FITS file", "save it as TIFF"),
}


def _recognized(
    path: Path,
    key: str | None,
    resolution: int | None,
    sidecar: str | os.PathLike[str] | Mapping[str, Any] | None,
) -> tuple[Reading, str]:
    try:
        exists, folder = path.exists(), path.is_dir()
    except PermissionError as error:
        raise denied(path) from error
    except (OSError, ValueError) as error:
        raise InputError(
            str(path), f"is no usable name ({error})", "a file or folder", "check the name"
        ) from error
    if not exists:
        parent = path.parent if path.parent.is_dir() else None
        names = sorted(p.name for p in parent.iterdir())[:6] if parent is not None else []
        raise InputError(
            str(path),
            "does not exist",
            "an existing file or folder" + (f" (beside it: {', '.join(names)})" if names else ""),
            "check the name and the folder",
        )
    side = sidecar if sidecar is None or isinstance(sidecar, Mapping) else Path(sidecar)
    if isinstance(side, Path) and not side.is_file():
        raise InputError(str(side), "does not exist", "a sidecar file", "check its name")
    if folder:
        reading = _folder(path, key, resolution)
    else:
        if not path.is_file():
            raise InputError(
                str(path), "is neither a file nor a folder", "a file or folder", "check the name"
            )
        reading = _file(path, key, side)
    if resolution and not reading.format.startswith("OME-zarr"):
        raise InputError(
            "resolution", f"{resolution} for {reading.format}", "0, or an OME-zarr pyramid", "leave it out"
        )
    if side is not None and not reading.format.startswith("raw "):
        _beside(reading, side)
    return reading, str(path)


def _beside(reading: Reading, side: Path | Mapping[str, Any]) -> None:
    """A sidecar given for a file that describes itself: its voxel size, axes and conventions go first."""
    sizes = dict(zip(reading.axes, reading.stored.shape, strict=False))
    if isinstance(side, Path) and sem.kind_of(side):
        found = sem.of_text(side, sizes.get("y", 0), sizes.get("x", 0))
        if found is not None:
            tiff.apply_micrograph(reading, found)
        return
    fields, where = raw.load_sidecar(side)
    reading.notes.append(f"The sidecar ({where}) goes before what the file says: {', '.join(fields)}.")
    raw.apply_sidecar(reading, fields, where)


def _folder(path: Path, key: str | None, resolution: int | None) -> Reading:
    try:
        empty = not any(path.iterdir())
    except PermissionError as error:
        raise denied(path) from error
    if empty:
        raise InputError(str(path), "is an empty folder", "slices, a zarr store or a run", "check the path")
    if zarrs.is_run(path):
        return zarrs.read_run(path, key)
    if zarrs.is_zarr(path):
        return zarrs.read_zarr(path, key, resolution)
    return pictures.read_folder(path, key)


def _file(path: Path, key: str | None, side: Path | Mapping[str, Any] | None) -> Reading:
    head = head_of(path)
    keyed = head[:4] in _KEYED or head[:3] == b"CDF" or _is_hdf5(path, head) or vti.is_vti(head)
    if key is not None and not keyed:
        raise InputError(
            "key",
            f"{key!r} for {path.name}, which holds one array or picture",
            "no key for such a file",
            "leave it out",
        )
    if not head:
        raise InputError(str(path), "is empty (0 bytes)", "a file with a volume or an image", "copy it again")
    kind = pictures.kind_of(head)
    if kind == "tiff":
        return tiff.read(path, key)
    if kind:
        return pictures.read(path, kind)
    if head[:6] == b"\x93NUMPY":
        return numpys.read_npy(path)
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return numpys.read_npz(path, key)
    if _is_hdf5(path, head):
        return hdf5s.read_hdf5(path, key)
    if head[:3] == b"CDF" and head[3:4] in (b"\x01", b"\x02", b"\x05"):
        return netcdf3.read_netcdf3(path, key)
    if head[:4] == b"NRRD":
        return nrrds.read(path)
    if vti.is_vti(head):
        return vti.read(path, key)
    if side is None and raw.is_metaimage(head):
        return raw.read_metaimage(path)
    if side is None and path.name in ("zarr.json", ".zarray", ".zgroup", ".zattrs"):
        return _folder(path.absolute().parent, key, None)
    if side is None and raw.is_sidecar(path, head_of(path, 1 << 16)):
        fields, _ = raw.load_sidecar(path)
        name = fields.get("file")
        for data in [path.with_name(str(name))] if name else [path.with_suffix(""), path.with_suffix(".raw")]:
            if data.is_file() and data != path:
                return raw.read_raw(data, path)
        raise InputError(
            str(path),
            f"describes raw values in {name!r}, which is not there"
            if name
            else "describes raw values of a file not named",
            "the raw file beside its sidecar",
            'name it in the sidecar: "file": "scan.raw"',
        )
    if side is not None:
        return raw.read_raw(path, side)
    found = raw.sidecar_beside(path)
    if found is not None:
        return raw.read_raw(path, found)
    raise _unknown(path, head)


#: Beginnings of files that may hold several arrays or series: TIFF and zip archives (npz).
_KEYED = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"PK\x03\x04", b"PK\x05\x06")


def _is_hdf5(path: Path, head: bytes) -> bool:
    """HDF5 begins at byte 0, or behind a user block at 512, 1024, 2048, ... (MATLAB 7.3 writes 512)."""
    mark = b"\x89HDF\r\n\x1a\n"
    return head[:8] == mark or any(head[at : at + 8] == mark for at in (512, 1024, 2048))


def _unknown(path: Path, head: bytes) -> InputError:
    for mark, (words, remedy) in _OTHERS.items():
        if head.startswith(mark):
            return InputError(
                str(path), f"is {words}, which is not read", "TIFF, PNG, zarr, HDF5, NRRD, ...", remedy
            )
    if head[128:132] == b"DICM":
        return InputError(
            str(path),
            "is a DICOM file, which is not read",
            "TIFF slices, NRRD, ...",
            "convert it (ImageJ and 3D Slicer do)",
        )
    text = decoded_text(head)
    if text is not None:
        start = " ".join(text.split())[:40]
        return InputError(
            str(path),
            f"is a text file (it begins {start!r})"
            + (f", whatever its name {path.suffix!r} says" if path.suffix.lower() in _IMAGE_SUFFIXES else ""),
            "a volume or an image",
            "check that it is the right file; a download may have saved an error page",
        )
    if path.suffix.lower() in _IMAGE_SUFFIXES:
        start = head[:4].hex(" ")
        return InputError(
            str(path),
            f"does not begin as a {path.suffix[1:].upper()} file does (its first bytes are {start})",
            "a whole file of that kind",
            "copy it again, or write it anew from the program it came from",
        )
    return raw.no_sidecar(path)


_IMAGE_SUFFIXES = (
    ".tif",
    ".tiff",
    ".png",
    ".jpg",
    ".jpeg",
    ".bmp",
    ".npy",
    ".npz",
    ".h5",
    ".hdf5",
    ".nc",
    ".nrrd",
    ".vti",
)


# -- from a reading to a volume ----------------------------------------------------------------------------


def _given_spacing(
    spacing_m: float | Sequence[float] | None, slice_m: float | None, unit: str | None
) -> tuple[float, ...] | None:
    if unit is not None and unit_m(unit) is None:
        raise InputError("unit", repr(unit), UNITS_ALLOWED, "name the unit of the voxel size in the file")
    if unit is not None and spacing_m is not None:
        raise InputError(
            "unit", f"{unit!r} beside spacing_m", "one of the two", "spacing_m is in metres already"
        )
    if slice_m is not None:
        _plausible("slice_m", slice_m)
    if spacing_m is None:
        return None
    if isinstance(spacing_m, (str, bytes)):
        raise InputError(
            "spacing_m", repr(spacing_m), "a number of metres, or one for each axis", "10 nm is 1e-8"
        )
    found = tuple(spacing_m) if isinstance(spacing_m, (Sequence, np.ndarray)) else (spacing_m,)
    if not 1 <= len(found) <= 3:
        raise InputError(
            "spacing_m", f"{len(found)} numbers", "one, or one for each of x, y, z", "correct it"
        )
    for value in found:
        _plausible("spacing_m", value)
    return tuple(float(v) for v in found)


def _plausible(name: str, value: Any) -> None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if isinstance(value, (bool, str)) or not (math.isfinite(number) and number > 0):
        raise InputError(name, repr(value), "a positive number of metres", "10 nm is 1e-8")
    if not SMALLEST_VOXEL_M <= number <= LARGEST_VOXEL_M:
        raise InputError(
            name,
            f"{number:g} m",
            "0.01 nm to 1 mm (1e-11 to 1e-3 m)",
            f"give it in metres: 10 nm is 1e-8, not {number:g}",
        )


def _finished(
    reading: Reading,
    source: str,
    *,
    spacing: tuple[float, ...] | None,
    slice_m: float | None,
    unit: str | None,
    axes: str | Sequence[str] | None,
    channel: int | None,
    time: int | None,
    crop_bar: bool,
) -> Volume:
    stored = reading.stored
    shape = tuple(int(n) for n in stored.shape)
    notes = list(reading.notes)
    if 0 in shape:
        raise InputError(
            source, f"holds an array of shape {shape}", "axes of at least one value", "check the file"
        )
    words = usable_dtype(stored.dtype)
    if words:
        raise InputError(
            source, f"holds {words}", "bool, whole or real numbers of up to 64 bit", "convert it"
        )
    names = _names(reading, shape, axes, source, notes)
    order, picks, colour, letters = _arranged(reading, names, shape, source, channel, time, notes)
    out_shape = [shape[k] for k in order]
    notes.append(_mapping(names, shape, order, picks, letters, reading, axes is not None))

    metadata = dict(reading.metadata)
    metadata["slow_axis"] = int(np.argmin(order))
    if reading.bar_rows and "y" in letters:
        row = letters.index("y")
        metadata["info_bar_cut_rows" if crop_bar else "info_bar_rows"] = reading.bar_rows
        if crop_bar:
            out_shape[row] -= reading.bar_rows
            notes.append(f"The information bar, the last {reading.bar_rows} rows, was cut off.")
        else:
            notes.append(
                f"The last {reading.bar_rows} of {out_shape[row]} rows are the microscope's information bar: crop them "
                "before measuring (crop_bar=True)."
            )
    elif crop_bar:
        notes.append("The file does not say that there is an information bar: nothing was cut off.")

    values = seen_as(
        stored,
        order,
        picks,
        colour=colour,
        change=reading.change,
        changed=reading.changed,
        source=source,
        what=reading.format.split(",")[0],
        stop=tuple(out_shape),
    )
    size, size_source = _spacing(reading, order, letters, source, spacing, slice_m, unit, notes, metadata)
    flags = tuple(bool(reading.periodic[k]) for k in order) if reading.periodic else (False,) * len(order)

    look = _looked(values, tuple(out_shape), source, reading)
    look.refuse_missing(tuple(out_shape))
    kind, exact = _kind(reading, values, tuple(out_shape), look, notes)
    metadata["values"] = look.facts() | ({"two_values_exact": exact} if kind == "binary" else {})
    if colour is not None and not any("luminance" in n or "but is grey" in n for n in notes):
        notes.append(_colours(stored, colour, shape))
    void = reading.void if kind in ("binary", "labels") else None
    if void is not None and look.distinct is not None and kind == "binary" and void not in look.distinct:
        notes.append(f"The value of void, {void:g}, does not occur among those looked at.")
    return Volume(
        values=values,
        spacing_m=size,
        spacing_source=size_source,
        source=source,
        format=reading.format,
        kind=kind,
        void=void,
        periodic=flags,
        notes=tuple(dict.fromkeys(notes)),
        metadata=metadata,
    )


def _names(
    reading: Reading, shape: tuple[int, ...], axes: str | Sequence[str] | None, source: str, notes: list[str]
) -> tuple[str, ...]:
    """A name for each stored axis: those given, those of the file, or x, y, z; () where there are too many."""
    if axes is not None:
        letters = tuple(str(a).lower() for a in axes)
        if len(letters) != len(shape) or len(set(letters)) != len(letters):
            raise InputError(
                "axes",
                repr(axes),
                f"{len(shape)} different letters, one for each axis of {' x '.join(map(str, shape))}",
                "x, y, z, c (channel), t (time), s (colours)",
            )
        unknown = [a for a in letters if a not in ("x", "y", "z", "c", "t", "s")]
        if unknown:
            raise InputError("axes", repr(axes), "the letters x, y, z, c, t and s", f"replace {unknown[0]!r}")
        return letters
    if reading.axes and len(reading.axes) == len(shape):
        return reading.axes
    if len(shape) in (2, 3):
        if len(shape) == 3 and shape[2] in (3, 4) and min(shape[:2]) > 16:
            notes.append(
                f"The last axis has {shape[2]} values: if these are colours, say axes='yxs'; if channels, axes='yxc' and "
                "channel=0."
            )
        return ("x", "y", "z")[: len(shape)]
    long = [k for k, n in enumerate(shape) if n > 1]
    if len(shape) > 3 and 2 <= len(long) <= 3:
        names = [f"q{k}" for k in range(len(shape))]
        for k, letter in zip(long, "xyz", strict=False):
            names[k] = letter
        return tuple(names)
    hint = {1: "a line of values is no image", 0: "a single value is no image"}.get(
        len(shape), f"name the axes, e.g. axes={('c' if len(shape) == 4 else 'tc') + 'xyz'!r} and channel=0"
    )
    raise InputError(
        source,
        f"holds an array of {len(shape)} axes ({' x '.join(map(str, shape))})",
        "two or three axes",
        hint,
    )


def _arranged(
    reading: Reading,
    names: tuple[str, ...],
    shape: tuple[int, ...],
    source: str,
    channel: int | None,
    time: int | None,
    notes: list[str],
) -> tuple[tuple[int, ...], dict[int, int], int | None, tuple[str, ...]]:
    """Stored axis of each axis of the volume, indices chosen along others, the axis of colours, letters kept."""
    picks: dict[int, int] = {}
    colour: int | None = None
    asked = {"c": ("channel", channel), "t": ("time", time)}
    for k, name in enumerate(names):
        if name in ("x", "y", "z"):
            continue
        if name == "s":
            if channel is None:
                colour = k
                continue
            name = "c"
        word, index = asked.get(name, (name, None))
        if index is not None:
            if index >= shape[k]:
                raise InputError(word, str(index), f"0 to {shape[k] - 1}", f"the file has {shape[k]}")
            picks[k] = index
        elif shape[k] == 1:
            picks[k] = 0
    for letter, (word, index) in asked.items():
        there = letter in names or (letter == "c" and "s" in names)
        if index and not there:
            raise InputError(
                word, str(index), f"a file with several (axes here: {''.join(names)})", "leave it out"
            )
    open_axes = [
        k for k, n in enumerate(names) if n not in ("x", "y", "z") and k not in picks and k != colour
    ]
    spatial = [n for n in names if n in ("x", "y", "z")]
    if (
        len(open_axes) == 1
        and names[open_axes[0]] not in ("c", "t")
        and len(spatial) == 2
        and "z" not in spatial
    ):
        names = tuple(
            "z" if k == open_axes[0] else n for k, n in enumerate(names)
        )  # an axis without meaning is depth
        open_axes = []
    if open_axes:
        k = open_axes[0]
        word = {"c": "channels", "t": "time steps"}.get(names[k], f"steps along {names[k]!r}")
        keyword = {"c": "channel", "t": "time"}.get(names[k])
        letters = "".join(n if n in ("x", "y", "z", "c", "t", "s") else "?" for n in names)
        remedy = f"choose one with {keyword}=0" if keyword else "name the axes with axes="
        if "z" not in names and len(open_axes) == 1:
            remedy += f"; if these are slices, say axes={letters.replace(letters[k], 'z')!r}"
        raise InputError(
            source,
            f"holds {shape[k]} {word} (axes {', '.join(names)}: {' x '.join(map(str, shape))})",
            "one volume or image",
            remedy,
        )
    # An axis of length 1 along z makes a picture; along x or y it stays.
    place = {n: k for k, n in enumerate(names) if n in ("x", "y", "z")}
    if (
        len(place) == 3
        and len(names) > 2
        and shape[place["z"]] == 1
        and reading.axes
        and _may_drop_z(names, shape)
    ):
        picks[place.pop("z")] = 0
        notes.append("The volume is one slice deep: read as a picture.")
    letters_kept = tuple(n for n in ("x", "y", "z") if n in place)
    if len(letters_kept) < 2:
        raise InputError(
            source,
            f"has axes {', '.join(names)}: {' x '.join(map(str, shape))}",
            "at least two of x, y and z",
            "name the axes with axes=",
        )
    if letters_kept not in (("x", "y"), ("x", "y", "z")):
        notes.append(f"The picture lies in {''.join(letters_kept)}; its axes are called x and y here.")
    return tuple(place[n] for n in letters_kept), picks, colour, letters_kept


def _may_drop_z(names: tuple[str, ...], shape: tuple[int, ...]) -> bool:
    sizes = dict(zip(names, shape, strict=True))
    return sizes["x"] > 1 and sizes["y"] > 1


def _mapping(
    names: tuple[str, ...],
    shape: tuple[int, ...],
    order: tuple[int, ...],
    picks: Mapping[int, int],
    letters: tuple[str, ...],
    reading: Reading,
    given: bool,
) -> str:
    source = "as given" if given else reading.axes_source or "as stored, no names in the file"
    parts = [f"{'xyz'[k]} = axis {axis} ({shape[axis]})" for k, axis in enumerate(order)]
    for axis, index in picks.items():
        if shape[axis] > 1:
            parts.append(f"axis {axis} ({names[axis]}) at {index} of {shape[axis]}")
    return f"Axes: {', '.join(parts)}; {source}."


def _spacing(
    reading: Reading,
    order: tuple[int, ...],
    letters: tuple[str, ...],
    source: str,
    given: tuple[float, ...] | None,
    slice_m: float | None,
    unit: str | None,
    notes: list[str],
    metadata: dict[str, Any],
) -> tuple[tuple[float, ...] | None, str]:
    ndim = len(order)
    in_file: list[float | None] = (
        [reading.spacing_m[k] for k in order] if reading.spacing_m else [None] * ndim
    )
    bare: list[float | None] = [reading.unitless[k] for k in order] if reading.unitless else [None] * ndim
    words = reading.spacing_source
    if unit is not None:
        factor = unit_m(unit) or 0.0
        if any(v is not None for v in in_file):
            raise InputError(
                "unit",
                f"{unit!r}, but the file states a unit itself: {lengths_text(in_file)} ({words})",
                "no unit",
                "to override it give spacing_m=",
            )
        if all(v is None for v in bare):
            raise InputError(
                "unit",
                f"{unit!r}, but the file states no voxel size",
                "a file that states one",
                "give spacing_m=",
            )
        in_file = [None if v is None else v * factor for v in bare]
        words = f"{words}, unit given ({unit})"
    elif any(v is not None for v in bare) and given is None and not any(v is not None for v in in_file):
        shown = " x ".join("?" if v is None else f"{v:.6g}" for v in bare)
        metadata["voxel_size_without_unit"] = list(bare)
        if not all(v is None or v == 1 for v in bare):
            notes.append(
                f"The file says {shown} for a voxel without a unit ({words}): say unit='nm' (or another), or give spacing_m="
            )
        else:
            notes.append(
                f"The file says 1 for a voxel without a unit ({words}), which programs write where they do not know it: "
                "give spacing_m="
            )
    if given is not None:
        if len(given) not in (1, ndim):
            raise InputError(
                "spacing_m", f"{len(given)} numbers", f"one, or one for each of the {ndim} axes", "correct it"
            )
        size = given * ndim if len(given) == 1 else given
        if slice_m is not None and ndim == 3:
            size = (size[0], size[1], float(slice_m))
        known = [v for v in in_file if v is not None]
        if known and any(
            v is not None and abs(v / g - 1) > 1e-3 for v, g in zip(in_file, size, strict=True) if g
        ):
            notes.append(
                f"The voxel size given, {lengths_text(size)}, goes before that of the file, {lengths_text(in_file)} ({words})."
            )
        return size, "given"
    odd = [v for v in in_file if v is not None and not SMALLEST_VOXEL_M <= v <= LARGEST_VOXEL_M]
    if any(v is not None for v in in_file) and (odd or not all(v is None or v > 0 for v in in_file)):
        notes.append(
            f"The file says that a voxel is {lengths_text(in_file)} ({words}), which cannot be: not used; give spacing_m="
        )
        in_file = [None] * ndim
    if slice_m is not None:
        if ndim < 3:
            raise InputError("slice_m", f"{slice_m!r} for a picture", "a volume of slices", "leave it out")
        if in_file[2] is not None and abs(in_file[2] / slice_m - 1) > 1e-3:
            notes.append(
                f"The distance of slices given, {length_text(slice_m)}, goes before that of the file."
            )
        in_file[2] = float(slice_m)
        words = f"{words}; distance of slices given" if words else "distance of slices given"
    if all(v is not None for v in in_file):
        return tuple(float(v) for v in in_file if v is not None), words
    if any(v is not None for v in in_file):
        metadata["voxel_size_known_m"] = list(in_file)
        missing = [a for a, v in zip("xyz", in_file, strict=False) if v is None]
        remedy = "slice_m= (or spacing_m= for all axes)" if missing == ["z"] else "spacing_m="
        notes.append(
            f"The file says {lengths_text([v for v in in_file if v is not None])} "
            f"along {', '.join(a for a, v in zip('xyz', in_file, strict=False) if v is not None)} ({words}), but "
            f"nothing along {', '.join(missing)}: give {remedy}."
        )
    return None, ""


def _colours(stored: Any, colour: int, shape: tuple[int, ...]) -> str:
    """What colours amount to, from the middle of the file."""
    slices = []
    for k, n in enumerate(shape):
        slices.append(
            slice(None)
            if k == colour or (n <= 2048 and sum(m > 64 for m in shape) <= 2)
            else slice(n // 2, n // 2 + 1)
        )
    try:
        part = np.asarray(stored.read(tuple(slices)))
    except Exception:
        return "Colours were turned into grey by luminance."
    return pictures.colours_note(part, colour)


# -- looking at values -------------------------------------------------------------------------------------


class _Look:
    """What the values looked at are: range, distinct ones, and those that are no numbers."""

    def __init__(self, source: str, fill: float | None = None) -> None:
        self.source = source
        self.fill = fill
        self.seen = 0
        self.total = 0
        self.low: float | None = None
        self.high: float | None = None
        self.distinct: set[float] | None = set()
        self.missing = 0
        self.first: tuple[int, ...] | None = None
        self.filled = 0
        self.whole = True

    def finite(self, part: NDArray[Any], where: tuple[slice, ...]) -> bool:
        """Count what is no number; whether all are."""
        if part.dtype.kind != "f":
            bad = None if self.fill is None else part == self.fill
        else:
            bad = ~np.isfinite(part)
            if self.fill is not None and math.isfinite(self.fill):
                bad |= part == part.dtype.type(self.fill)
        if bad is None or not bad.any():
            return True
        self.missing += int(np.count_nonzero(bad))
        if self.fill is not None:
            self.filled += int(np.count_nonzero(part == part.dtype.type(self.fill)))
        if self.first is None:
            at = np.unravel_index(int(np.argmax(bad)), bad.shape)
            self.first = tuple(int(a) + (s.start or 0) for a, s in zip(at, where, strict=True))
        return False

    def add(self, part: NDArray[Any], where: tuple[slice, ...]) -> None:
        self.seen += part.size
        if part.size == 0:
            return
        if not self.finite(part, where):
            return
        low, high = float(part.min()), float(part.max())
        self.low = low if self.low is None else min(low, self.low)
        self.high = high if self.high is None else max(high, self.high)
        if self.distinct is None:
            return
        flat = part.ravel() if part.flags.c_contiguous else part.ravel(order="K")
        if part.dtype.kind == "b":
            found: Any = {low, high}
        elif part.dtype.kind == "u" and part.dtype.itemsize == 1:
            found = np.flatnonzero(np.bincount(flat, minlength=256))
        else:
            found = np.unique(flat[:4096])
            if len(found) <= _LABELS:
                found = np.unique(flat[:: max(1, flat.size // 65536)])
            if len(found) <= _LABELS:
                found = np.unique(flat)
        if len(found) > _LABELS:
            self.distinct = None
            return
        self.distinct |= {float(v) for v in found}
        if len(self.distinct) > _LABELS:
            self.distinct = None

    def refuse_missing(self, shape: tuple[int, ...]) -> None:
        if not self.missing:
            return
        looked = self.seen or math.prod(shape)
        words = (
            f"the file's mark for missing values, {self.fill:g}"
            if self.filled == self.missing
            else "NaN or infinite"
        )
        raise InputError(
            self.source,
            f"{self.missing} of the {looked} values looked at are {words}, the first at {self.first} (x, y, z from 0)",
            "finite numbers",
            "crop the part that was measured, or fill the gaps in the program the file comes from",
        )

    def facts(self) -> dict[str, Any]:
        return {
            "range": [self.low, self.high],
            "distinct": sorted(self.distinct) if self.distinct is not None and self.seen else None,
            "looked_at": self.seen,
            "of": self.total,
        }


def _slow_axis(values: Any, shape: tuple[int, ...]) -> int:
    if isinstance(values, Lazy):
        return values.slow_axis
    strides = getattr(values, "strides", None)
    return int(np.argmax(np.abs(strides))) if strides is not None and len(strides) == len(shape) else 0


def _slabs(values: Any, shape: tuple[int, ...], axis: int, limit: int = 1 << 22) -> list[tuple[slice, ...]]:
    """The whole volume in slabs along ``axis`` of at most ``limit`` values (one layer at least)."""
    layer = max(1, math.prod(shape) // shape[axis])
    thick = max(1, limit // layer)
    out = []
    for start in range(0, shape[axis], thick):
        slab = [slice(0, n) for n in shape]
        slab[axis] = slice(start, min(start + thick, shape[axis]))
        out.append(tuple(slab))
    return out


def _looked(values: Any, shape: tuple[int, ...], source: str, reading: Reading | None) -> _Look:
    look = _Look(source, None if reading is None else reading.fill)
    look.total = math.prod(shape)
    axis = _slow_axis(values, shape)
    if look.total <= _FULL_LOOK:
        slabs = _slabs(values, shape, axis)
    elif (
        reading is not None
        and isinstance(reading.stored, Whole)
        and math.prod(reading.stored.shape) * reading.stored.dtype.itemsize > _UNPACK
    ):
        slabs = []  # the first look would unpack everything, and keep it
        look.distinct = None
    else:
        n = shape[axis]
        middle = sorted({round(f * (n - 1)) for f in np.linspace(0.05, 0.95, _PLANES)})
        slabs = []
        for at in middle:
            plane = []
            for k, size in enumerate(shape):
                if k == axis:
                    plane.append(slice(at, at + 1))
                    continue
                edge = math.isqrt(_PLANE) if len(shape) == 3 else _PLANE
                begin = max(0, (size - edge) // 2)
                plane.append(slice(begin, min(size, begin + edge)))
            slabs.append(tuple(plane))
    for slab in slabs:
        look.add(np.asarray(values[slab]), slab)
    return look


def _kind(
    reading: Reading, values: Any, shape: tuple[int, ...], look: _Look, notes: list[str]
) -> tuple[Kind, bool]:
    """The kind of a volume, and whether every value was seen to be one of two."""
    dtype = np.dtype(values.dtype)
    if reading.kind is not None:
        return reading.kind, look.seen == look.total
    if dtype.kind == "b":
        return "binary", True
    if not look.seen:
        notes.append(
            "The values were not looked at (the file would have to be unpacked as a whole): taken for grey."
        )
        return "grey", False
    if look.distinct is None:
        return "grey", False
    exact = look.seen == look.total
    if len(look.distinct) <= 2 and not exact and look.total <= _EXACT:
        pair = list(look.distinct)
        for slab in _slabs(values, shape, _slow_axis(values, shape)):
            part = np.asarray(values[slab])
            hit = part == dtype.type(pair[0])
            for value in pair[1:]:
                hit |= part == dtype.type(value)
            if not hit.all():
                look.add(part, slab)
                look.seen = min(look.seen, look.total)
                look.refuse_missing(shape)
                if look.distinct is None:
                    return "grey", False
                pair = list(look.distinct)
                if len(pair) > 2:
                    break
        else:
            exact = True
    found = sorted(look.distinct)
    shown = ", ".join(f"{v:g}" for v in found)
    if len(found) <= 2:
        if len(found) == 1:
            notes.append(f"Every value {'' if exact else 'looked at '}is {shown}: nothing but one phase.")
        elif not exact:
            notes.append(f"Two values, {shown}, as far as was looked ({look.seen} of {look.total}).")
        return "binary", exact
    if all(v == int(v) for v in found):
        notes.append(f"{len(found)} whole numbers occur ({shown}): taken for labels, not for grey.")
        return "labels", exact
    return "grey", exact


__all__ = ["bytes_needed", "describe", "load_values", "read_volume", "volume_from_array"]
