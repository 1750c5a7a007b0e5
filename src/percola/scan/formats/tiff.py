"""TIFF: single pictures, stacks, BigTIFF, tiled and compressed; voxel size from microscopes, OME-XML (goldberg2005)
and ImageJ.
"""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from percola.errors import InputError
from percola.scan.formats import sem
from percola.scan.formats._common import (
    InMemory,
    Reading,
    Slices,
    guarded,
    jsonable,
    length_text,
    lengths_text,
    truncated,
    unit_m,
    usable_dtype,
)
from percola.scan.formats._lazy import luminance

WHAT = "TIFF"

#: Resolutions of screens, printers and scanners [dots per inch]: a tag that says one of them says nothing about
#: the specimen. 25.4 and 254 are the same habit in millimetres.
_HABITS_DPI = (
    1, 25.4, 72, 75, 90, 96, 100, 120, 144, 150, 180, 192, 200, 220, 240, 250, 254, 288, 300, 350, 360, 400, 450,
    500, 508, 600, 720, 800, 900, 1000, 1200, 1270, 1440, 1800, 2000, 2400, 2540, 2880, 3000, 3200, 3600, 4000,
    4800, 5000, 5080, 5760, 6400, 7200, 9600, 12800, 19200,
)  # fmt: skip


def from_resolution(per_m: Sequence[float]) -> tuple[tuple[float, ...], str]:
    """Pixel size [m] from resolution tags [1/m], and what is to be said of it; () where they are not trusted."""
    if len(per_m) != 2 or not all(math.isfinite(r) and r > 0 for r in per_m):
        return (), ""
    dpi = [r * 0.0254 for r in per_m]
    for d in dpi:
        if d < 250 or any(abs(d - habit) <= 0.005 * habit for habit in _HABITS_DPI):
            return (), (
                f"The file states {dpi[0]:.4g} dots per inch: a resolution for screens or printers, not taken for the "
                "size of a voxel."
            )
    sizes = tuple(1 / r for r in per_m)
    return sizes, (
        f"The size of a pixel, {lengths_text(sizes)}, comes from plain resolution tags, which programs also fill with "
        "printer settings: check it."
    )


class Pages:
    """Pages of a TIFF that have to be unpacked one by one; leading axes run through the pages."""

    def __init__(
        self,
        path: Path,
        shape: tuple[int, ...],
        dtype: np.dtype[Any],
        page_shape: tuple[int, ...],
        pages: Sequence[tuple[int, int]],
        pillow: bool,
    ) -> None:
        self._path = path
        self._shape = shape
        self._dtype = dtype
        self._page_shape = page_shape
        self._pages = list(pages)  # (number, offset) of each page
        self._pillow = pillow
        self._lead = len(shape) - len(page_shape)

    @property
    def shape(self) -> tuple[int, ...]:
        return self._shape

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._dtype

    def read(self, slices: Slices, /) -> NDArray[Any]:
        import tifffile

        lead = [range(*s.indices(n)) for s, n in zip(slices, self._shape[: self._lead], strict=False)]
        inner = slices[self._lead :]
        sizes = [len(range(*s.indices(n))) for s, n in zip(slices, self._shape, strict=True)]
        out = np.empty(sizes, self._dtype)
        if out.size == 0:
            return out
        flat = out.reshape((-1, *sizes[self._lead :]))
        grid = np.arange(len(self._pages)).reshape(self._shape[: self._lead])
        wanted = grid[np.ix_(*[list(r) for r in lead])].ravel() if lead else np.array([0])
        if self._pillow:
            for k, n in enumerate(wanted):
                flat[k] = page_by_pillow(self._path, self._pages[int(n)][0]).reshape(self._page_shape)[inner]
            return out
        with tifffile.TiffFile(self._path) as tif:
            for k, n in enumerate(wanted):
                number, offset = self._pages[int(n)]
                if number == 0:
                    page: Any = tif.pages.first
                else:
                    tif.filehandle.seek(offset)
                    page = tifffile.TiffPage(tif, number)
                flat[k] = page.asarray(maxworkers=1).reshape(self._page_shape)[inner]
        return out


def page_by_pillow(path: Path, number: int) -> NDArray[Any]:
    """A page in a compression that only Pillow knows (LZW, JPEG, fax)."""
    from PIL import Image

    before = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = None  # large micrographs are no attack
    try:
        with Image.open(path) as image:
            image.seek(number)
            return np.asarray(image)
    finally:
        Image.MAX_IMAGE_PIXELS = before


def read(path: Path, key: str | None = None) -> Reading:
    """A TIFF: the largest image series, or the one whose number or name is ``key``."""
    import tifffile

    with guarded(path, WHAT) as log, tifffile.TiffFile(path) as tif:
        size = path.stat().st_size
        count = len(tif.pages)  # walks the whole chain of pages
        if not count:
            raise InputError(
                str(path), "is a TIFF without a single page", "a whole TIFF", "copy the file again"
            )
        series = list(tif.series)
        _whole_chain(path, tif, log)
        notes: list[str] = []
        number = _choose(path, series, key, notes)
        one = series[number]
        reading = _values(path, tif, one, size, notes, log)
        _photometric(path, tif, one, reading)
        _calibrated(path, tif, one, number, reading)
    return reading


#: No compression of TIFF shrinks pictures further (Deflate reaches 1032, LZW about 2700, LZMA about 7000).
_MOST = 10_000

_BROKEN = re.compile(
    r"invalid page offset|invalid offset to page|circular|ImageJ series metadata invalid|corrupted (IFD|file|tag)"
)
_BROKEN_TAG = re.compile(r"TiffTag (\d+) @\d+> invalid value offset")


def _whole_chain(path: Path, tif: Any, log: Sequence[str]) -> None:
    """Refuse a file whose pages end before their time, as tifffile only logs it."""
    for message in log:
        tag = _BROKEN_TAG.search(message)
        structural = tag is not None and (254 <= int(tag[1]) <= 347)
        if _BROKEN.search(message) or structural:
            pages = len(tif.pages)
            announced = (tif.imagej_metadata or {}).get("images") if tif.is_imagej else None
            if announced is None and tif.shaped_metadata:
                shape = (tif.shaped_metadata[0] or {}).get("shape")
                announced = math.prod(shape[:-2]) if shape and len(shape) > 2 else None
            found = f"{pages} whole page{'s' if pages != 1 else ''}"
            found += f" of {announced}" if isinstance(announced, int) and announced > pages else ""
            raise InputError(
                str(path),
                f"is cut off or damaged: it points beyond its end at byte {path.stat().st_size}; {found} found",
                "a whole TIFF",
                "copy the file again",
            )


def _choose(path: Path, series: Sequence[Any], key: str | None, notes: list[str]) -> int:
    def words(k: int) -> str:
        s = series[k]
        name = f" {s.name!r}" if getattr(s, "name", "") else ""
        return f"{k}{name} ({' x '.join(map(str, s.shape))}, axes {s.axes})"

    listed = ", ".join(words(k) for k in range(min(len(series), 8))) + (" ..." if len(series) > 8 else "")
    if not series:
        raise InputError(str(path), "holds no image", "a TIFF with at least one", "check the file")
    if key is not None:
        names = {str(k): k for k in range(len(series))} | {s.name: k for k, s in enumerate(series) if s.name}
        if key not in names:
            raise InputError(str(path), f"has no series {key!r}", listed, "choose one with key='0'")
        return names[key]
    if len(series) == 1:
        return 0
    best = max(range(len(series)), key=lambda k: (math.prod(series[k].shape), -k))
    notes.append(f"Of {len(series)} image series the largest was read: {words(best)}; there are {listed}.")
    return best


def _values(path: Path, tif: Any, series: Any, size: int, notes: list[str], log: Sequence[str]) -> Reading:
    shape = tuple(int(n) for n in series.shape)
    dtype = np.dtype(series.dtype) if series.dtype is not None else None
    if dtype is None or usable_dtype(dtype):
        raise InputError(
            str(path),
            f"holds {usable_dtype(dtype) if dtype is not None else 'values of an unknown type'}",
            "whole or real numbers",
            "convert it to 8, 16 or 32 bit grey",
        )
    if not shape or 0 in shape:
        raise InputError(
            str(path), f"holds an image of shape {shape}", "axes that are not empty", "check the file"
        )
    axes = tuple(series.axes.lower())
    keyframe = series.keyframe
    offset = series.dataoffset
    bits = keyframe.bitspersample
    words = ["BigTIFF" if tif.is_bigtiff else "TIFF"]
    compression = int(keyframe.compression)
    if compression != 1:
        words.append(f"{_name(keyframe.compression)} compressed")
    if keyframe.is_tiled:
        words.append("tiled")
    words.append(f"{bits} bit{' real' if dtype.kind == 'f' else ''}")

    if offset is not None:
        need = int(offset) + math.prod(shape) * dtype.itemsize
        if size < need:
            raise truncated(path, need, size, " x ".join(map(str, shape)))
        order = dtype.newbyteorder(tif.byteorder)
        stored: Any = InMemory(np.memmap(path, dtype=order, mode="r", offset=int(offset), shape=shape))
    else:
        pages = list(series.pages)
        if any(p is None for p in pages):
            raise InputError(
                str(path),
                f"lacks {sum(p is None for p in pages)} of {len(pages)} planes of its series",
                "a whole series in one file",
                "read the folder of slices, or save the whole set as one TIFF",
            )
        foreign = {p.parent.filename for p in pages if getattr(p.parent, "filename", None)} - {tif.filename}
        if foreign:
            raise InputError(
                str(path),
                f"is one of several files of an OME set (others: {', '.join(sorted(foreign)[:4])})",
                "all planes in one file, or one plain TIFF for each slice",
                "read the folder of slices, or save the set as one TIFF",
            )
        for p in pages:
            for start, length in zip(p.dataoffsets, p.databytecounts, strict=False):
                if start + length > size:
                    raise truncated(path, start + length, size, f"page {p.index}")
        announced = math.prod(keyframe.chunked)
        for p in pages:
            packed = sum(p.databytecounts)
            if len(p.dataoffsets) < announced or int(keyframe.nbytes) > _MOST * packed + 65536:
                raise InputError(
                    str(path),
                    f"announces {keyframe.imagewidth} x {keyframe.imagelength} pixels in {announced} pieces on page "
                    f"{p.index}, but holds {packed} bytes in {len(p.dataoffsets)}",
                    "a whole TIFF",
                    "copy the file again; its header may be damaged",
                )
        page_shape = tuple(int(n) for n in keyframe.shape)
        lead = len(shape) - len(page_shape)
        if lead < 0 or shape[lead:] != page_shape or math.prod(shape[:lead]) != len(pages):
            raise InputError(
                str(path),
                f"arranges pages of {page_shape} as {shape}, which do not fit",
                "pages of one size",
                "save it as a plain stack",
            )
        where = []
        for p in pages:
            if not isinstance(p.index, int):
                raise InputError(
                    str(path),
                    "keeps this series in sub-pages",
                    "a series of plain pages",
                    "choose another with key=",
                )
            where.append((p.index, int(p.offset)))
        stored = Pages(path, shape, dtype, page_shape, where, pillow=False)
        odd = compression != 1 or int(keyframe.predictor or 1) != 1 or bits not in (8, 16, 32, 64)
        if odd and not _unpacks(keyframe):
            try:
                first = page_by_pillow(path, where[0][0])
                fits = first.size == math.prod(page_shape)
            except Exception:
                fits = False
            if not fits:
                raise InputError(
                    str(path),
                    f"is packed in a way that cannot be read here ({_name(keyframe.compression)}"
                    f"{', predictor ' + str(int(keyframe.predictor)) if int(keyframe.predictor or 1) != 1 else ''}, "
                    f"{bits} bit)",
                    "no compression, Deflate (zip), LZW, PackBits, LZMA or JPEG",
                    "save it without compression",
                )
            stored = Pages(path, shape, first.dtype, page_shape, where, pillow=True)
            if compression in (6, 7):
                notes.append(
                    "The pages are JPEG compressed: its artefacts blur walls and make grey values near them uneven."
                )
    letters, source = _axes(path, tif, series, axes, notes)
    return Reading(
        stored=stored,
        format=", ".join(words),
        axes=letters,
        axes_source=source,
        notes=notes,
        metadata={"pages": len(tif.pages), "log": [jsonable(m) for m in list(log)[:5]]}
        if log
        else {"pages": len(tif.pages)},
    )


def _name(compression: Any) -> str:
    name = getattr(compression, "name", None)
    return (
        {"ADOBE_DEFLATE": "Deflate", "DEFLATE": "Deflate"}.get(name, name)
        if name
        else f"compression {int(compression)}"
    )


def _unpacks(page: Any) -> bool:
    """Whether tifffile can unpack a page here (it needs further packages for some compressions)."""
    try:
        page.asarray(maxworkers=1)
    except (
        ValueError,
        KeyError,
        NotImplementedError,
        ImportError,
        AttributeError,
        RuntimeError,
        TypeError,
    ) as error:
        text = str(error)
        missing = "imagecodecs" in text or "COMPRESSION" in text or "PREDICTOR" in text or "codec" in text
        if missing or isinstance(error, (NotImplementedError, KeyError, AttributeError)):
            return False
        raise
    return True


def _axes(
    path: Path, tif: Any, series: Any, axes: tuple[str, ...], notes: list[str]
) -> tuple[tuple[str, ...], str]:
    """Names of the axes; an axis that only counts pages is z."""
    sizes = dict(zip(axes, series.shape, strict=False))
    unknown = [a for a in axes if a not in "xyzcts" and sizes[a] > 1]
    if len(axes) != len(set(axes)):  # such as QQYX: two axes without names
        letters = [f"{a}{k}" if axes.count(a) > 1 else a for k, a in enumerate(axes)]
        return tuple(letters), "TIFF"
    source = {"imagej": "ImageJ", "ome": "OME-XML"}.get(series.kind, "TIFF")
    if "z" not in axes and len(unknown) == 1:
        return tuple("z" if a == unknown[0] else a for a in axes), source
    return axes, source


def _photometric(path: Path, tif: Any, series: Any, reading: Reading) -> None:
    page = series.keyframe
    photometric = int(page.photometric) if page.photometric is not None else 1
    dtype = reading.stored.dtype
    pillow = isinstance(reading.stored, Pages) and reading.stored._pillow
    if "s" in reading.axes:
        if photometric in (2, 6):
            reading.colours = True
        else:
            reading.axes = tuple("c" if a == "s" else a for a in reading.axes)
    if photometric == 0 and not pillow:
        if tif.is_imagej:
            reading.notes.append(
                "ImageJ shows this file with an inverting look-up table; the values are as stored."
            )
        elif dtype.kind in "bu":
            top = (1 << int(page.bitspersample)) - 1

            def inverted(values: NDArray[Any]) -> NDArray[Any]:
                return ~values if dtype.kind == "b" else (top - values).astype(dtype)

            reading.change = inverted
            reading.changed = dtype
            reading.notes.append(
                "The file counts white as zero; values were inverted so that bright is high."
            )
    elif photometric == 3 and page.colormap is not None and dtype.kind == "u":
        table = np.asarray(page.colormap)
        if tif.is_imagej:
            if not _grey(table):
                reading.notes.append("ImageJ shows this file in false colours; the values are as stored.")
        else:
            table, grey = palette(table)
            grey_values = table
            reading.change = lambda v: grey_values[np.minimum(v, len(grey_values) - 1)]
            reading.changed = table.dtype
            reading.notes.append(
                "Values were looked up in the palette of the picture"
                + (", which is grey." if grey else "; its colours were turned into grey by luminance.")
            )
    elif photometric not in (0, 1, 2, 3, 6, 32844, 32803):
        reading.notes.append(
            f"The TIFF stores colours as {getattr(page.photometric, 'name', photometric)}; read as stored."
        )


def _grey(table: NDArray[Any]) -> bool:
    return bool((table[0] == table[1]).all() and (table[1] == table[2]).all())


def palette(table: NDArray[Any]) -> tuple[NDArray[Any], bool]:
    """Grey value of each palette entry from a (3, n) colour map, and whether the palette is grey itself."""
    grey = _grey(table)
    if table.dtype != np.uint8:
        if (table % 257 == 0).all() or (table % 256 == 0).all():
            table = (table >> 8).astype(np.uint8)
        else:
            table = table.astype(np.uint16)
    return luminance(table, 0)[0], grey


# -- voxel size --------------------------------------------------------------------------------------------


def _calibrated(path: Path, tif: Any, series: Any, number: int, reading: Reading) -> None:
    page = series.keyframe
    sizes = dict(zip(reading.axes, reading.stored.shape, strict=False))
    rows, columns = int(page.imagelength), int(page.imagewidth)
    tags = {}
    for tag in page.tags:
        if tag.code in (34118, 34680, 34682, 34683):
            tags[tag.code] = tag.value
    found = sem.of_tags(tags, rows, columns)
    if found is None:
        text = sem.beside(path)
        found = sem.of_text(text, rows, columns) if text is not None else None
    if found is not None:
        apply_micrograph(reading, found)
    if not reading.spacing_m and tif.is_ome:
        _ome(tif, number, reading, sizes)
    if not reading.spacing_m and tif.is_imagej:
        _imagej(tif, page, reading, sizes)
    if not reading.spacing_m and not (tif.is_imagej and reading.unitless) and found is None:
        _plain(page, reading)


def apply_micrograph(reading: Reading, found: sem.Micrograph) -> None:
    """Pixel size, bar and notes of a microscope into a reading with axes x and y."""
    reading.notes += found.notes
    reading.metadata["microscope"] = jsonable({k: v for k, v in found.metadata.items() if v is not None})
    reading.bar_rows = found.bar_rows
    if found.pixel_m:
        by_axis = {"x": found.pixel_m[0], "y": found.pixel_m[1]}
        reading.spacing_m = tuple(by_axis.get(a) for a in reading.axes)
        reading.spacing_source = found.source


def _ome(tif: Any, number: int, reading: Reading, sizes: dict[str, int]) -> None:
    try:
        root = ElementTree.fromstring(tif.ome_metadata or "")
    except ElementTree.ParseError:
        reading.notes.append("The OME-XML of the file is damaged and was not used.")
        return
    pixels = [node for node in root.iter() if node.tag.rpartition("}")[2] == "Pixels"]
    if not pixels:
        return
    node = pixels[number] if number < len(pixels) else pixels[0]
    spacing: list[float | None] = []
    for axis in reading.axes:
        value = node.get(f"PhysicalSize{axis.upper()}") if axis in "xyz" else None
        factor = unit_m(node.get(f"PhysicalSize{axis.upper()}Unit", "µm"))
        try:
            spacing.append(float(value) * factor if value is not None and factor else None)
        except ValueError:
            spacing.append(None)
    if any(v is not None for v in spacing):
        reading.spacing_m = tuple(spacing)
        reading.spacing_source = "OME-XML (PhysicalSize)"


def _resolution(page: Any) -> tuple[float, ...]:
    """XResolution and YResolution as numbers per unit, or ()."""
    out = []
    for code in (282, 283):
        tag = page.tags.get(code)
        if tag is None:
            return ()
        value = tag.value
        try:
            ratio = value[0] / value[1] if isinstance(value, tuple) else float(value)
        except (ZeroDivisionError, TypeError, ValueError):
            return ()
        if not (math.isfinite(ratio) and ratio > 0):
            return ()
        out.append(ratio)
    return tuple(out)


def _imagej(tif: Any, page: Any, reading: Reading, sizes: dict[str, int]) -> None:
    """XResolution and YResolution are pixels per ``unit``; ``spacing`` is the distance of slices in it.

    ImageJ leaves ``spacing`` out where it is 1 unit; as other writers leave it out where they do not know it, it is
    taken for 1 only where the pixels are 1 unit wide, too.
    """
    meta = tif.imagej_metadata or {}
    per_unit = _resolution(page)
    if not per_unit:
        return
    in_unit = {"x": 1 / per_unit[0], "y": 1 / per_unit[1]}
    factor = unit_m(meta.get("unit", ""))
    factors = {
        "x": factor,
        "y": unit_m(meta["yunit"]) if "yunit" in meta else factor,
        "z": unit_m(meta["zunit"]) if "zunit" in meta else factor,
    }
    try:
        depth = float(meta["spacing"]) if "spacing" in meta else None
    except (TypeError, ValueError):
        depth = None
    if depth is None and "zunit" not in meta and all(abs(v - 1) < 1e-6 for v in in_unit.values()):
        depth = 1.0
    if depth is not None:
        in_unit["z"] = abs(depth)
    word = str(meta.get("unit", "")).strip()
    if factor is None:
        pixels = word.lower() in ("", "pixel", "pixels", "voxel", "voxels", "px")
        if not pixels or any(abs(v - 1) > 1e-6 for v in in_unit.values()):
            reading.unitless = tuple(in_unit.get(a) for a in reading.axes)
            reading.spacing_source = f"ImageJ metadata (unit {word!r})" if word else "ImageJ metadata"
        return
    if factor in (0.0254, 1e-2):
        sizes_m, words = from_resolution([r / factor for r in per_unit])
        if not sizes_m:
            reading.notes.append(words)
            return
        reading.notes.append(words)
    spacing: list[float | None] = []
    for axis in reading.axes:
        unit = factors.get(axis)
        spacing.append(in_unit[axis] * unit if axis in in_unit and unit else None)
    reading.spacing_m = tuple(spacing)
    reading.spacing_source = f"ImageJ metadata (unit {word.encode().decode('unicode_escape') if word.startswith(chr(92)) else word})"


def _plain(page: Any, reading: Reading) -> None:
    per_unit = _resolution(page)
    tag = page.tags.get(296)
    unit = int(tag.value) if tag is not None and isinstance(tag.value, (int, np.integer)) else 2
    factor = {2: 0.0254, 3: 1e-2, 4: 1e-3, 5: 1e-6}.get(unit)  # 4 and 5 are extensions of some writers
    if not per_unit or factor is None:
        return
    sizes_m, words = from_resolution([r / factor for r in per_unit])
    if words:
        reading.notes.append(words)
    if sizes_m:
        by_axis = {"x": sizes_m[0], "y": sizes_m[1]}
        reading.spacing_m = tuple(by_axis.get(a) for a in reading.axes)
        reading.spacing_source = f"TIFF resolution tags ({length_text(sizes_m[0])} per pixel)"
