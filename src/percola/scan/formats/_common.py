"""What all readers share: units of length, guarded calls of libraries, what a reader hands back, choices by key."""

from __future__ import annotations

import contextlib
import difflib
import json
import logging
import math
import os
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from percola.errors import InputError, PercolaError
from percola.scan.volume import Kind

Slices = tuple[slice, ...]


class Stored(Protocol):
    """Values in the axis order of the file: read by slices of positive step, one for each axis."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def dtype(self) -> np.dtype[Any]: ...

    def read(self, slices: Slices, /) -> NDArray[Any]: ...


@dataclass
class Reading:
    """What the reader of one format found; axes and spacing are in the order of the file.

    Attributes:
        stored: the values.
        format: in words.
        axes: a name for each stored axis, lower case (``x y z c t s``, or others that have no meaning here); ()
            where the file names none.
        axes_source: who says so, in words.
        spacing_m: edge of a voxel along each stored axis [m], None along axes of which the file says nothing;
            () where it says nothing at all.
        unitless: the same in a unit that the file does not name; used only with ``unit=``.
        spacing_source: where the spacing comes from, in words.
        kind: where the file says so; None: to be found from the values.
        void: value of void, where the file says so.
        periodic: whether each stored axis wraps.
        colours: whether axis ``s`` holds red, green, blue (and opacity).
        change: applied to the values after slicing (palette, scale and offset); ``changed`` is its type.
        fill: value that stands for "missing".
        bar_rows: rows at the bottom of the picture that hold the microscope's information bar.
        costly: whether the first read has to unpack the whole file.
    """

    stored: Stored
    format: str
    axes: tuple[str, ...] = ()
    axes_source: str = ""
    spacing_m: tuple[float | None, ...] = ()
    unitless: tuple[float | None, ...] = ()
    spacing_source: str = ""
    kind: Kind | None = None
    void: float | None = None
    periodic: tuple[bool, ...] = ()
    colours: bool = False
    change: Callable[[NDArray[Any]], NDArray[Any]] | None = None
    changed: np.dtype[Any] | None = None
    fill: float | None = None
    bar_rows: int = 0
    costly: bool = False
    notes: list[str] = field(default_factory=list)
    metadata: dict[str, Any] = field(default_factory=dict)


# -- units of length ---------------------------------------------------------------------------------------

_LENGTHS = {
    1.0: ("m", "metre", "meter", "metres", "meters"),
    1e-2: ("cm", "centimeter", "centimetre", "centimeters", "centimetres"),
    1e-3: ("mm", "millimeter", "millimetre", "millimeters", "millimetres"),
    1e-6: (
        "um", "µm", "μm", "\\u00b5m", "\\u03bcm", "micron", "microns", "micrometer", "micrometre",
        "micrometers", "micrometres", "micron(s)",
    ),
    1e-9: ("nm", "nanometer", "nanometre", "nanometers", "nanometres"),
    1e-10: ("å", "a", "angstrom", "angstroms", "ångström", "ångstrom", "\\u00c5", "\u212b"),
    1e-12: ("pm", "picometer", "picometre", "picometers", "picometres"),
    0.0254: ("inch", "inches", "in"),
}  # fmt: skip
_UNIT_M = {name: factor for factor, names in _LENGTHS.items() for name in names}

UNITS_ALLOWED = "m, cm, mm, um (µm, micron), nm, angstrom, pm"


def unit_m(text: Any) -> float | None:
    """Metres in one ``text`` ("nm", "µm", "micron", "Nanometers"); None where it names no length (also "pixel")."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    if isinstance(text, np.ndarray) and text.size == 1:
        return unit_m(text.reshape(-1)[0])
    if not isinstance(text, str):
        return None
    word = text.strip().strip("\"'").strip().lower()
    return _UNIT_M.get(word)


def length_text(value_m: float) -> str:
    """A length for people: "10 nm", "1.25 µm"."""
    if value_m == 0 or not math.isfinite(value_m):
        return f"{value_m:g} m"
    for factor, name in ((1.0, "m"), (1e-3, "mm"), (1e-6, "µm"), (1e-9, "nm")):
        if abs(value_m) >= 0.9999995 * factor:
            return f"{value_m / factor:.6g} {name}"
    return f"{value_m / 1e-9:.6g} nm"


def lengths_text(values_m: Sequence[float | None]) -> str:
    """Lengths for people, one where all are equal: "10 nm" or "10 x 10 x 25 nm"-like."""
    texts = ["unknown" if v is None else length_text(v) for v in values_m]
    return texts[0] if len(set(texts)) == 1 else " x ".join(texts)


def numbers(value: Any) -> tuple[float, ...]:
    """Finite numbers in an attribute (a number, a sequence, an array, text such as "1 2 3"), or ()."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, str):
        value = value.replace(",", " ").replace("[", " ").replace("]", " ").split()
    try:
        found = tuple(float(v) for v in np.atleast_1d(np.asarray(value, dtype=np.float64)).ravel())
    except (TypeError, ValueError, OverflowError):
        return ()
    return found if found and all(math.isfinite(v) for v in found) else ()


def text_of(value: Any) -> str:
    """An attribute as text."""
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.reshape(-1)[0]
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)


_SIZE_NAMES = (
    "spacing", "voxel_size", "voxelsize", "voxel_spacing", "element_size", "elementsize", "pixel_size",
    "pixelsize", "resolution_of_a_voxel",
)  # fmt: skip
_SIZE_UNITS = {"m": 1.0, "mm": 1e-3, "um": 1e-6, "micron": 1e-6, "nm": 1e-9, "a": 1e-10, "angstrom": 1e-10}
_UNIT_NAMES = ("unit", "units", "spacing_unit", "spacing_units", "voxel_size_unit", "voxel_size_units",
               "voxel_unit", "space_units", "length_unit", "length_units", "resolution_unit")  # fmt: skip


def spacing_of_attributes(
    attributes: Mapping[str, Any], ndim: int
) -> tuple[tuple[float, ...], tuple[float, ...], str]:
    """Voxel size among attributes: (in metres, in an unnamed unit, name of the attribute); empty where none.

    Names read: ``spacing``, ``voxel_size``, ``element_size``, ``pixel_size`` with the unit in the name
    (``element_size_um``, ``voxel_size_nm``, ``spacing_m``) or in an attribute beside it (``unit``, ``units``,
    ``spacing_units``, ``<name>_unit``). One number stands for all axes; several follow the axes as stored.
    """
    flat = {str(k).lower().replace("-", "_").replace(" ", "_"): (k, v) for k, v in attributes.items()}
    unnamed: tuple[tuple[float, ...], str] | None = None
    for name in _SIZE_NAMES:
        for suffix, factor in _SIZE_UNITS.items():
            entry = flat.get(f"{name}_{suffix}")
            found = _fitted(numbers(entry[1]), ndim) if entry else ()
            if entry and found:
                return tuple(factor * v for v in found), (), str(entry[0])
        entry = flat.get(name)
        if entry is None:
            continue
        found, factor_m = _with_unit(entry[1])
        found = _fitted(found, ndim)
        if not found:
            continue
        for unit_name in (f"{name}_unit", f"{name}_units", *_UNIT_NAMES):
            if factor_m is None and unit_name in flat:
                factor_m = unit_m(_first(flat[unit_name][1]))
        if factor_m is not None:
            return tuple(factor_m * v for v in found), (), str(entry[0])
        unnamed = unnamed or (found, str(entry[0]))
    return ((), *unnamed) if unnamed else ((), (), "")


def _first(value: Any) -> Any:
    """One unit out of a list in which all are the same."""
    if isinstance(value, (list, tuple)) or (isinstance(value, np.ndarray) and value.size > 1):
        words = {text_of(v).strip().lower() for v in value}
        return words.pop() if len(words) == 1 else None
    return value


def _with_unit(value: Any) -> tuple[tuple[float, ...], float | None]:
    """Numbers with a unit behind them in one text ("10 nm", "10 10 25 nm"), or numbers alone."""
    text = text_of(value) if isinstance(value, (str, bytes)) else ""
    head, _, tail = text.strip().rpartition(" ")
    factor = unit_m(tail) if head else None
    if factor is not None:
        return numbers(head), factor
    return numbers(value), None


def _fitted(found: tuple[float, ...], ndim: int) -> tuple[float, ...]:
    if len(found) == 1:
        return found * ndim
    return found if len(found) == ndim else ()


# -- calls of libraries ------------------------------------------------------------------------------------


class _Collector(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        with contextlib.suppress(Exception):
            self.messages.append(record.getMessage())


_LOUD = ("tifffile", "PIL", "h5py", "zarr")
_LOCK = threading.RLock()  # loggers, warnings and Pillow's limit are settings of the whole process


@contextlib.contextmanager
def guarded(path: str | os.PathLike[str], what: str, remedy: str = "") -> Iterator[list[str]]:
    """Run a library quietly; whatever it raises becomes one `InputError`; yields the messages it logged."""
    collector = _Collector()
    with _LOCK:
        loggers = [logging.getLogger(name) for name in _LOUD]
        before = [(log.propagate, log.level) for log in loggers]
        for log in loggers:
            log.addHandler(collector)
            log.propagate = False
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield collector.messages
        except PercolaError:
            raise
        except PermissionError as error:
            raise denied(path) from error
        except FileNotFoundError as error:
            raise InputError(
                str(path), f"a part of it is missing ({_short(error)})", f"a whole {what}", "copy it again"
            ) from error
        except MemoryError as error:
            raise InputError(
                str(path),
                "asks for more memory than there is",
                f"a whole {what} that fits",
                "check the file; crop it, or store it uncompressed so that it can stay on disk",
            ) from error
        except Exception as error:
            raise InputError(
                str(path),
                f"cannot be read as {what} ({_short(error)})",
                f"a whole, undamaged {what}",
                remedy or "copy the file again, or write it anew from the program it came from",
            ) from error
        finally:
            for log, (propagate, level) in zip(loggers, before, strict=True):
                log.removeHandler(collector)
                log.propagate = propagate
                log.setLevel(level)


def _short(error: BaseException) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    text = "".join(c if c.isprintable() else "?" for c in text)
    return text if len(text) <= 160 else text[:157] + "..."


def denied(path: str | os.PathLike[str]) -> InputError:
    return InputError(
        str(path),
        "may not be read (permission denied)",
        "a file that you may read",
        "change its permissions or copy it elsewhere",
    )


def truncated(path: str | os.PathLike[str], expected: int, found: int, detail: str = "") -> InputError:
    """The refusal of a file whose size does not fit what it says it holds."""
    words = "is cut off" if found < expected else "is longer than it says"
    return InputError(
        str(path),
        f"{words}: {expected} bytes expected{f' ({detail})' if detail else ''}, {found} found",
        "a whole file",
        "copy the file again, or correct what describes it",
    )


# -- stored values -----------------------------------------------------------------------------------------


class InMemory:
    """An array or a memory map."""

    def __init__(self, array: NDArray[Any]) -> None:
        self.array = array

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(int(n) for n in self.array.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.array.dtype

    def read(self, slices: Slices, /) -> NDArray[Any]:
        return np.asarray(self.array[slices])


class Whole:
    """Values that can only be unpacked as a whole: done on the first read and kept."""

    def __init__(self, load: Callable[[], NDArray[Any]], shape: tuple[int, ...], dtype: Any) -> None:
        self._load = load
        self._kept: NDArray[Any] | None = None
        self._shape = tuple(int(n) for n in shape)
        self._dtype = np.dtype(dtype)

    @property
    def shape(self) -> tuple[int, ...]:
        return self._shape

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._dtype

    def read(self, slices: Slices, /) -> NDArray[Any]:
        with _LOCK:
            if self._kept is None:
                array = np.asarray(self._load())
                if tuple(array.shape) != self._shape:
                    raise ValueError(f"shape {array.shape} unpacked, {self._shape} announced")
                self._kept = array
        return np.asarray(self._kept[slices])


def mapped(
    path: Path, dtype: np.dtype[Any], shape: tuple[int, ...], offset: int, order: str = "C"
) -> InMemory:
    """A memory map of raw values in a file that was checked to be long enough."""
    need = offset + math.prod(shape) * dtype.itemsize
    size = path.stat().st_size
    if size < need:
        raise truncated(path, need, size, f"{' x '.join(map(str, shape))} of {dtype.name}")
    if math.prod(shape) == 0:
        return InMemory(np.empty(shape, dtype))
    return InMemory(np.memmap(path, dtype=dtype, mode="r", offset=offset, shape=shape, order=order))  # type: ignore[call-overload]


def in_order(dtype: Any, big: bool) -> np.dtype[Any]:
    """A type of values in big or little endian order."""
    return np.dtype(dtype).newbyteorder(">" if big else "<")


def usable_dtype(dtype: Any) -> str:
    """Why values of this type are no picture; "" where they are one."""
    dtype = np.dtype(dtype)
    if dtype.kind in "buif" and dtype.itemsize <= 8:
        return ""
    words = {
        "c": "complex numbers",
        "O": "Python objects",
        "S": "text",
        "U": "text",
        "T": "text",
        "V": "records of several fields" if dtype.names else "raw bytes without a type",
        "M": "dates",
        "m": "durations",
    }
    return words.get(dtype.kind, f"numbers of type {dtype}")


# -- choice among several arrays ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Candidate:
    key: str
    shape: tuple[int, ...]
    dtype: Any

    @property
    def words(self) -> str:
        return f"{self.key} ({' x '.join(map(str, self.shape)) or 'a single number'}, {np.dtype(self.dtype).name})"

    @property
    def dims(self) -> int:
        """Axes longer than 1, at least as many as a picture has where the array has them."""
        return max(sum(n > 1 for n in self.shape), min(len(self.shape), 2))

    @property
    def pictured(self) -> bool:
        return len(self.shape) >= 2 and 0 not in self.shape and not usable_dtype(self.dtype)


def listing(candidates: Sequence[Candidate]) -> str:
    shown = [c.words for c in candidates[:12]]
    more = len(candidates) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "") if shown else "no arrays at all"


def chosen(
    path: str | os.PathLike[str],
    candidates: Sequence[Candidate],
    key: str | None,
    notes: list[str],
    what: str,
) -> Candidate:
    """The array asked for by ``key``, or the only volume (else the only image) there is; refused otherwise."""
    if key is not None:
        wanted = key.strip("/")
        for candidate in candidates:
            if candidate.key.strip("/") == wanted:
                return candidate
        near = difflib.get_close_matches(wanted, [c.key for c in candidates], 1)
        raise InputError(
            str(path),
            f"has no {what} {key!r}",
            listing(candidates),
            f"did you mean key={near[0]!r}?"
            if near
            else f"choose one with key=, e.g. key={candidates[0].key!r}"
            if candidates
            else "check the file",
        )
    usable = [c for c in candidates if c.pictured]
    for dims in (3, 2):
        fitting = [c for c in usable if c.dims == dims]
        if len(fitting) == 1:
            others = [c for c in candidates if c is not fitting[0]]
            if others:
                notes.append(f"Read {fitting[0].words}; the file also holds {listing(others)}.")
            return fitting[0]
        if fitting:
            raise InputError(
                str(path),
                f"holds {len(fitting)} arrays that could be meant: {listing(fitting)}",
                "one of them",
                f"choose it with key=, e.g. key={fitting[0].key!r}",
            )
    if len(usable) == 1:
        return usable[0]
    raise InputError(
        str(path),
        f"holds no volume and no image: {listing(candidates)}",
        "a numeric array with two or three axes",
        "check the file"
        if not usable
        else f"choose one with key= and name its axes with axes=, e.g. key={usable[0].key!r}",
    )


def jsonable(value: Any, depth: int = 0) -> Any:
    """Metadata as JSON-like values, long texts and arrays cut."""
    if isinstance(value, (bool, int, str)) or value is None:
        return value if not isinstance(value, str) or len(value) <= 500 else value[:497] + "..."
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else str(value)
    if isinstance(value, (np.integer, np.bool_)):
        return value.item()
    if isinstance(value, bytes):
        return jsonable(value.decode("utf-8", "replace"))
    if depth > 4:
        return "..."
    if isinstance(value, Mapping):
        return {str(k): jsonable(v, depth + 1) for k, v in list(value.items())[:100]}
    if isinstance(value, np.ndarray):
        value = value.ravel()[:50].tolist()
    if isinstance(value, (list, tuple)):
        return [jsonable(v, depth + 1) for v in list(value)[:50]]
    return jsonable(str(value))


def json_of(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def head_of(path: Path, count: int = 4096) -> bytes:
    """The first bytes of a file."""
    try:
        with open(path, "rb") as handle:
            return handle.read(count)
    except PermissionError as error:
        raise denied(path) from error
    except OSError as error:
        raise InputError(
            str(path),
            f"cannot be read ({error.strerror or error})",
            "a file that can be read",
            "check the disk",
        ) from error


def decoded_text(data: bytes) -> str | None:
    """Bytes as text, UTF-16 with its mark included; None where they are none."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            return data[: len(data) // 2 * 2].decode("utf-16")
        except UnicodeDecodeError:
            return None
    if b"\0" in data:
        return None
    for coding in ("utf-8", "cp1252"):
        try:
            text = data.decode(coding)
        except UnicodeDecodeError:
            continue
        odd = sum(not (c.isprintable() or c in "\r\n\t\f") for c in text)
        foreign = sum(c > "~" for c in text)  # binary values look like accented letters
        return text if odd <= len(text) // 100 and foreign <= max(2, len(text) // 5) else None
    return None


def lines_of(path: Path, limit: int = 1 << 20) -> list[str]:
    """Lines of a text file beside a picture; [] where it is no text."""
    try:
        with open(path, "rb") as handle:
            text = decoded_text(handle.read(limit))
    except OSError:
        return []
    return [] if text is None else text.splitlines()
