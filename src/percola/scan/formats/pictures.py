"""PNG, JPEG and BMP pictures, and folders of slices (these or TIFF)."""

from __future__ import annotations

import fnmatch
import itertools
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from percola.errors import InputError
from percola.scan.formats import sem, tiff
from percola.scan.formats._common import Reading, Slices, Whole, denied, guarded, head_of, jsonable
from percola.scan.formats._lazy import luminance, seen_as

#: Pixels that one byte of a file can stand for at most: Deflate shrinks 1032 times and a pixel may be one bit; a
#: block of 64 JPEG pixels takes a few bits; runs of BMP are 255 pixels in two bytes.
_MOST = {"png": 10_000, "jpeg": 2_000, "bmp": 200}

NAMES = {"tiff": "TIFF", "png": "PNG", "jpeg": "JPEG", "bmp": "BMP"}
_DTYPES = {"1": "bool", "L": "u1", "P": "u1", "LA": "u1", "PA": "u1", "RGB": "u1", "RGBA": "u1", "CMYK": "u1",
           "RGBX": "u1", "YCbCr": "u1", "I;16": "u2", "I;16L": "u2", "I;16B": "u2", "I": "i4", "F": "f4"}  # fmt: skip


def kind_of(head: bytes) -> str:
    """ "tiff", "png", "jpeg", "bmp" or "" from the first bytes of a file."""
    if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return "tiff"
    if head[:8] == b"\x89PNG\r\n\x1a\n":
        return "png"
    if head[:3] == b"\xff\xd8\xff":
        return "jpeg"
    if (
        head[:2] == b"BM"
        and len(head) > 18
        and int.from_bytes(head[14:18], "little") in (12, 40, 52, 56, 64, 108, 124)
    ):
        return "bmp"
    return ""


@dataclass(frozen=True)
class Picture:
    """One picture, known from its header: values (rows, columns), grey."""

    path: Path
    kind: str
    shape: tuple[int, int]
    dtype: np.dtype[Any]
    mode: str
    load: Callable[[], NDArray[Any]]
    notes: tuple[str, ...] = ()
    per_m: tuple[float, ...] = ()


def _by_pillow(path: Path, kind: str) -> Picture:
    from PIL import Image

    with _NoLimit(), Image.open(path) as image:
        mode, size, info = image.mode, image.size, dict(image.info)
        frames = int(getattr(image, "n_frames", 1))
        # Pillow hands 16 bit grey PNG over as "I;16" or, in older versions, as "I".
        deep = kind == "png" and mode == "I"
        sixteen_colours = (
            kind == "png" and mode in ("RGB", "RGBA", "LA") and head_of(path, 32)[24:25] == b"\x10"
        )
    if mode not in _DTYPES:
        raise InputError(
            str(path), f"stores its pixels as {mode!r}", "grey, palette or RGB", "save it as grey"
        )
    dtype = np.dtype("u2" if deep else _DTYPES[mode])
    held = path.stat().st_size
    if size[0] * size[1] > _MOST[kind] * held:
        raise InputError(
            str(path),
            f"announces {size[0]} x {size[1]} pixels, but holds {held} bytes",
            f"a whole {NAMES[kind]} picture",
            "copy the file again; its header may be damaged",
        )
    notes = []
    if frames > 1:
        notes.append(f"The file holds {frames} pictures; the first was read.")
    if sixteen_colours:
        notes.append("The 16 bit colours were read as 8 bit.")
    if mode == "LA":
        notes.append("The opacity of the picture was dropped.")

    def load() -> NDArray[Any]:
        with _NoLimit(), Image.open(path) as picture:
            if mode in ("P", "PA", "CMYK", "YCbCr"):
                data = np.asarray(picture.convert("RGB"))
            else:
                data = np.asarray(picture)
        if data.ndim == 3:
            data = luminance(data, 2)[:, :, 0]
        return data.astype(dtype, copy=False)

    dpi = info.get("dpi")
    per_m: tuple[float, ...] = ()
    if isinstance(dpi, tuple) and len(dpi) == 2:
        try:
            per_m = tuple(float(d) / 0.0254 for d in dpi)
        except (TypeError, ValueError, ZeroDivisionError):
            per_m = ()
    return Picture(path, kind, (size[1], size[0]), dtype, mode, load, tuple(notes), per_m)


class _NoLimit:
    """Large micrographs are no attack: Pillow's limit on pixels is lifted (inside `guarded`, one thread at a time)."""

    def __enter__(self) -> None:
        from PIL import Image

        self._before = Image.MAX_IMAGE_PIXELS
        Image.MAX_IMAGE_PIXELS = None

    def __exit__(self, *rest: object) -> None:
        from PIL import Image

        Image.MAX_IMAGE_PIXELS = self._before


def _colour_note(picture: Picture) -> str:
    """Whether colours are grey in disguise; unpacks the picture, or a part of a large one."""
    from PIL import Image

    if picture.mode not in ("RGB", "RGBA", "RGBX", "P", "PA", "CMYK", "YCbCr"):
        return ""
    with guarded(picture.path, NAMES[picture.kind]), _NoLimit(), Image.open(picture.path) as image:
        small = image.convert("RGB")
    return colours_note(np.asarray(small), 2, palette=picture.mode in ("P", "PA"))


def _percent(share: float) -> str:
    return f"{share:.0f} %" if share >= 1 else "less than 1 %"


def colours_note(data: NDArray[Any], axis: int, *, palette: bool = False) -> str:
    """What was done with colours, in words."""
    rgb = [np.take(data, k, axis=axis) for k in range(min(3, data.shape[axis]))]
    if len(rgb) < 3:
        return "The opacity of the picture was dropped."
    different = np.count_nonzero((rgb[0] != rgb[1]) | (rgb[1] != rgb[2]))
    if not different:
        return f"The picture is stored in {'a palette' if palette else 'colours'}, but is grey."
    share = 100 * different / max(rgb[0].size, 1)
    return (
        f"Colours ({_percent(share)} of the pixels looked at are coloured) were turned into grey by luminance, "
        "0.299 red + 0.587 green + 0.114 blue."
    )


def read(path: Path, kind: str) -> Reading:
    """One PNG, JPEG or BMP picture."""
    what = NAMES[kind]
    with guarded(path, what):
        picture = _by_pillow(path, kind)
    if 0 in picture.shape:
        raise InputError(
            str(path), f"holds a picture of shape {picture.shape}", "a picture", "check the file"
        )
    reading = Reading(
        stored=Whole(picture.load, picture.shape, picture.dtype),
        format=f"{what}, {8 * picture.dtype.itemsize if picture.dtype.kind != 'b' else 1} bit",
        axes=("y", "x"),
        axes_source=what,
        notes=list(picture.notes),
        costly=True,
    )
    note = _colour_note(picture)
    if note:
        reading.notes.append(note)
    if kind == "jpeg":
        reading.notes.append(
            "JPEG compression blurs walls and leaves ringing near them: thresholds and fine pores are less certain than "
            "from an uncompressed picture."
        )
    text = sem.beside(path)
    found = sem.of_text(text, *picture.shape) if text is not None else None
    if found is not None:
        tiff.apply_micrograph(reading, found)
    elif picture.per_m:
        sizes, words = tiff.from_resolution(picture.per_m)
        if words:
            reading.notes.append(words)
        if sizes:
            reading.spacing_m = (sizes[1], sizes[0])
            reading.spacing_source = f"{what} resolution"
    return reading


# -- folders of slices -------------------------------------------------------------------------------------


class Stack:
    """Pictures of one size as the slices of a volume (z, y, x)."""

    def __init__(self, pictures: list[Picture]) -> None:
        self._pictures = pictures

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self._pictures), *self._pictures[0].shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._pictures[0].dtype

    def read(self, slices: Slices, /) -> NDArray[Any]:
        wanted = range(*slices[0].indices(len(self._pictures)))
        sizes = [len(range(*s.indices(n))) for s, n in zip(slices, self.shape, strict=True)]
        out = np.empty(sizes, self.dtype)
        if out.size == 0:
            return out
        for k, n in enumerate(wanted):
            picture = self._pictures[n]
            with guarded(picture.path, NAMES[picture.kind]):
                data = picture.load()
                if data.shape != picture.shape:
                    raise ValueError(f"shape {data.shape} unpacked, {picture.shape} announced")
                out[k] = data[slices[1:]]
        return out


def natural(name: str) -> list[tuple[int, int, str]]:
    """Sort key that counts: slice2 before slice10."""
    return [
        (0, int(p), "") if p.isdecimal() and p.isascii() else (1, 0, p.lower())
        for p in re.split(r"([0-9]+)", name)
        if p
    ]


def read_folder(path: Path, key: str | None) -> Reading:
    """A folder of slices: natural order of names, one kind of picture, one size.

    Args:
        path: the folder.
        key: pattern of names (``"*.tif"``), where the folder holds more than one set.
    """
    try:
        entries = sorted(path.iterdir(), key=lambda p: natural(p.name))
    except PermissionError as error:
        raise denied(path) from error
    files = [
        p for p in entries if p.is_file() and not p.name.startswith(".") and p.name.lower() != "thumbs.db"
    ]
    folders = [p.name for p in entries if p.is_dir() and not p.name.startswith(".")]
    kinds = {p: kind_of(head_of(p, 32)) for p in files}
    images = [p for p in files if kinds[p] and (key is None or fnmatch.fnmatch(p.name, key))]
    if not images:
        _no_images(path, files, folders, key)
    count = Counter(kinds[p] for p in images)
    if len(count) > 1:
        found = ", ".join(f"{n} {NAMES[k]}" for k, n in count.most_common())
        raise InputError(
            str(path),
            f"holds pictures of several kinds: {found}",
            "slices of one kind",
            f"choose them by name, e.g. key='*{images[0].suffix}', or move the others away",
        )
    kind = kinds[images[0]]
    notes: list[str] = []
    others = [p.name for p in files if not kinds[p]]
    if others:
        shown = ", ".join(others[:5]) + (f" and {len(others) - 5} more" if len(others) > 5 else "")
        notes.append(
            f"Ignored {len(others)} file{'s' if len(others) > 1 else ''} that are no pictures: {shown}."
        )
    if folders:
        notes.append(
            f"Ignored {len(folders)} folder{'s' if len(folders) > 1 else ''} inside: {', '.join(folders[:5])}."
        )
    if len(images) == 1:
        reading = tiff.read(images[0]) if kind == "tiff" else read(images[0], kind)
        reading.notes = [
            f"The folder holds one picture, {images[0].name}, read as such.",
            *notes,
            *reading.notes,
        ]
        return reading
    _gaps(images, notes)

    first: Reading | None = None
    pictures: list[Picture] = []
    for file in images:
        if kind == "tiff":
            picture, reading = _tiff_slice(file)
            first = first or reading
        else:
            with guarded(file, NAMES[kind]):
                picture = _by_pillow(file, kind)
        head = pictures[0] if pictures else picture
        if picture.shape != head.shape:
            raise InputError(
                str(path),
                f"{file.name} has {picture.shape[1]} x {picture.shape[0]} pixels, {head.path.name} has "
                f"{head.shape[1]} x {head.shape[0]}",
                "slices of one size",
                "crop them to one size, or move pictures that are no slices away (or choose with key='*...')",
            )
        if picture.dtype != head.dtype:
            raise InputError(
                str(path),
                f"{file.name} holds {picture.dtype.name}, {head.path.name} holds {head.dtype.name}",
                "slices of one type",
                "convert them to one type",
            )
        pictures.append(picture)
    notes.append(
        f"{len(pictures)} slices in natural order of their names, {images[0].name} to {images[-1].name}."
    )
    notes += pictures[0].notes
    reading = Reading(
        stored=Stack(pictures),
        format=f"folder of {len(pictures)} {NAMES[kind]} slices, {8 * pictures[0].dtype.itemsize} bit",
        axes=("z", "y", "x"),
        axes_source="the folder (slices are z)",
        notes=notes,
        metadata={"slices": len(pictures), "first": images[0].name, "last": images[-1].name},
    )
    if first is not None:
        reading.notes += [n for n in first.notes if n not in reading.notes]
        reading.bar_rows = first.bar_rows
        reading.metadata |= {k: jsonable(v) for k, v in first.metadata.items() if k == "microscope"}
        for name in ("spacing_m", "unitless"):
            known = dict(zip(first.axes, getattr(first, name), strict=False))
            if known:
                setattr(reading, name, (None, known.get("y"), known.get("x")))
        reading.spacing_source = first.spacing_source
    else:
        note = _colour_note(pictures[len(pictures) // 2])
        if note:
            reading.notes.append(note)
        beside = sem.beside(images[0])
        facts = sem.of_text(beside, *pictures[0].shape) if beside is not None else None
        if facts is not None:
            tiff.apply_micrograph(reading, facts)
        elif pictures[0].per_m:
            sizes, words = tiff.from_resolution(pictures[0].per_m)
            if words:
                reading.notes.append(words)
            if sizes:
                reading.spacing_m = (None, sizes[1], sizes[0])
                reading.spacing_source = f"{NAMES[kind]} resolution"
    if kind == "jpeg":
        reading.notes.append("JPEG compression blurs walls and leaves ringing near them.")
    return reading


def _no_images(path: Path, files: list[Path], folders: list[str], key: str | None) -> None:
    parts = []
    if files:
        parts.append(
            f"{len(files)} file{'s' if len(files) > 1 else ''} ({', '.join(p.name for p in files[:4])}{', ...' if len(files) > 4 else ''})"
        )
    if folders:
        parts.append(
            f"{len(folders)} folder{'s' if len(folders) > 1 else ''} ({', '.join(folders[:4])}{', ...' if len(folders) > 4 else ''})"
        )
    found = "holds no slices" + (f" named {key!r}" if key is not None else "")
    found += f": {' and '.join(parts)}" if parts else " and nothing else"
    dicom = any(head_of(p, 132)[128:132] == b"DICM" for p in files[:3])
    if dicom:
        remedy = "the files are DICOM: convert them to TIFF slices or NRRD (ImageJ and 3D Slicer do)"
    elif folders and not files:
        remedy = f"name the folder with the slices, e.g. {path / folders[0]}"
    else:
        remedy = "check the path"
    raise InputError(
        str(path), found, "TIFF, PNG, JPEG or BMP slices, a zarr store, or a run of Percola", remedy
    )


def _gaps(images: list[Path], notes: list[str]) -> None:
    """Tell gaps and doubles in the numbering of slices."""
    splits = [re.split(r"([0-9]+)", p.stem) for p in images]
    texts = {tuple(s[::2]) for s in splits}
    if len(texts) > 1:
        stems = sorted({s[0] for s in splits})
        shown = ", ".join(repr(s) for s in stems[:4])
        notes.append(
            f"The names of the slices begin differently ({shown}): check that they belong to one stack."
        )
        return
    columns = list(zip(*[[int(n) for n in s[1::2]] for s in splits], strict=True))
    running = [c for c in columns if len(set(c)) == len(c)]
    if not running:
        return
    numbers = list(running[-1])
    steps = [b - a for a, b in itertools.pairwise(numbers)]
    if any(s <= 0 for s in steps):
        return
    usual = Counter(steps).most_common(1)[0][0]
    gaps = [(a, b) for a, b in itertools.pairwise(numbers) if b - a > usual]
    if gaps:
        missing = sum((b - a) // usual - 1 for a, b in gaps)
        shown = ", ".join(f"{a} to {b}" for a, b in gaps[:4]) + (" ..." if len(gaps) > 4 else "")
        notes.append(
            f"The numbering has {len(gaps)} gap{'s' if len(gaps) > 1 else ''} ({shown}; {missing} slices missing): the "
            "slices are stacked as if it had none."
        )


def _tiff_slice(file: Path) -> tuple[Picture, Reading]:
    reading = tiff.read(file)
    sizes = dict(zip(reading.axes, reading.stored.shape, strict=False))
    extra = [
        a for a, n in sizes.items() if n > 1 and a not in ("x", "y") and not (a == "s" and reading.colours)
    ]
    if extra or "x" not in sizes or "y" not in sizes:
        raise InputError(
            str(file.parent),
            f"{file.name} holds more than one picture (axes {''.join(reading.axes)}, {sizes})",
            "one picture in each file",
            f"read {file.name} by itself, or choose slices with key='*...'",
        )
    axes = reading.axes
    values = seen_as(
        reading.stored,
        (axes.index("y"), axes.index("x")),
        {k: 0 for k, a in enumerate(axes) if a not in ("x", "y") and not (a == "s" and reading.colours)},
        colour=axes.index("s") if reading.colours else None,
        change=reading.change,
        changed=reading.changed,
        source=str(file),
        what="TIFF",
        stop=(sizes["y"], sizes["x"]),
    )
    shape = (int(values.shape[0]), int(values.shape[1]))
    dtype = np.dtype(values.dtype)
    if reading.colours:
        reading.notes.append(
            "Colours were turned into grey by luminance (unchanged where the channels are equal)."
        )
    # A memory map for each of thousands of slices would run out of handles: the file is opened on each read.
    del values
    return Picture(file, "tiff", shape, dtype, "tiff", lambda: _load_tiff(file)), reading


def _load_tiff(file: Path) -> NDArray[Any]:
    reading = tiff.read(file)
    axes = reading.axes
    sizes = dict(zip(axes, reading.stored.shape, strict=False))
    values = seen_as(
        reading.stored,
        (axes.index("y"), axes.index("x")),
        {k: 0 for k, a in enumerate(axes) if a not in ("x", "y") and not (a == "s" and reading.colours)},
        colour=axes.index("s") if reading.colours else None,
        change=reading.change,
        changed=reading.changed,
        source=str(file),
        what="TIFF",
        stop=(sizes["y"], sizes["x"]),
    )
    return np.array(values)
