"""Steps between a file and its segmentation: crop, axis, voxel size, cubic voxels, denoising; each recorded.

Every step is a function from one volume to another and leaves a :class:`Step`: a sentence for the person (in the
notes of the volume) and the same as data (in its metadata, under "preparation"), in the order done. Nothing is done silently: what the file or the person did not say and the
step had to assume stands in the sentence.

Images become volumes one voxel thick, (nx, ny, 1): that is what every measuring function takes. For the SEM pore
size of an image (lines along x) the flow axis is y: the methods then see one picture of ny rows. What
needs a thickness (bubble point, permeability, isotropy) has no meaning on one voxel and says so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from percola.errors import InputError
from percola.measure import _parallel
from percola.scan._blocks import Lazy, as_array, in_memory, slabs
from percola.scan._histogram import histogram, value_range
from percola.scan.volume import Volume

AXES = "xyz"
DENOISE = ("median", "tv", "nlm")

Range = tuple[float | None, float | None] | None
#: Ranges of a crop: one for each axis in order, or by name of the axis; None keeps the whole axis.
Ranges = Sequence[Range] | Mapping[str, Range]

#: An info bar is at most this part of a picture's height, and at least this.
_BAR_SHARE = (0.01, 0.25)
#: Rows of an info bar hold one grey value in at least this part of their pixels; rows of a picture do not.
_BAR_FLAT = 0.4


@dataclass(frozen=True)
class Step:
    """One thing done to a volume.

    Attributes:
        name: of the step, such as "crop".
        sentence: what was done, for the person.
        data: the same for a machine, JSON-like.
    """

    name: str
    sentence: str
    data: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return {"name": self.name, "sentence": self.sentence, **self.data}


def steps(volume: Volume) -> tuple[Step, ...]:
    """What was done to a prepared volume, in order."""
    kept = volume.metadata.get("preparation", ())
    return tuple(
        Step(d["name"], d["sentence"], {k: v for k, v in d.items() if k not in ("name", "sentence")})
        for d in kept
    )


def flow_axis(volume: Volume) -> int:
    """The flow axis of a prepared volume, 0 to 2; without preparation z, for images y."""
    return int(volume.metadata.get("flow_axis", 2 if volume.ndim == 3 and volume.shape[2] > 1 else 1))


def prepare(
    volume: Volume,
    *,
    crop: Ranges | str | None = None,
    crop_m: Ranges | None = None,
    info_bar: str | int | None = "auto",
    flow_axis: str | int | None = None,
    spacing_m: float | Sequence[float] | None = None,
    cubic: bool | float | str | None = None,
    periodic: Sequence[bool] | str | None = None,
    invert: bool = False,
    denoise: str | None = None,
    strength: float | None = None,
) -> Volume:
    """Crop, set the voxel size and axis, denoise and resample a volume, in this order.

    Args:
        volume: as read.
        crop: ranges in voxels, (start, stop) with stop not included; see :data:`Ranges`; or in words, one range for
            each axis: "0:256,10:200,:".
        crop_m: ranges in metres from the corner of the volume; rounded to whole voxels.
        info_bar: images only: "auto" looks for the legend strip of a microscope at either end of y and cuts it
            off, a number cuts that many rows off the end of y (negative: off its start), None keeps everything.
        flow_axis: "x", "y", "z" or 0 to 2; by default z, for images y.
        spacing_m: edge of a voxel [m], one number or one for each axis; overrides the file's, which is noted.
        cubic: True or "finest" resamples voxels that are not cubes to the smallest edge, so that nothing is lost; a
            number is the edge [m]; None keeps them, with a note that methods for cubes refuse them.
        periodic: three flags, or the letters of the axes that wrap ("xy", "" for none); by default as the file
            says.
        invert: exchange bright and dark (binary: the two values; level: the sign).
        denoise: "median" (of 3 x 3 x 3), "tv" (total variation), "nlm" (non-local means); grey only, when asked.
        strength: of "tv" (weight as a part of the contrast, 0.1 by default) and "nlm" (filter parameter in
            noise deviations, 0.8 by default).

    Resampling and denoising need the whole crop in memory; all else keeps lazy volumes lazy.
    """
    done: list[Step] = []
    out = volume
    if out.ndim == 2:
        if info_bar is not None:
            out = _do(done, crop_info_bar(out, info_bar))
        out = _do(done, one_voxel_thick(out))
        default = 1
    else:
        default = 2
    if spacing_m is not None:
        out = _do(done, set_spacing(out, spacing_m))
    if crop is not None:
        out = _do(done, crop_voxels(out, _ranges(crop) if isinstance(crop, str) else crop))
    if crop_m is not None:
        out = _do(done, crop_lengths(out, crop_m))
    if periodic is not None:
        out = _do(done, set_periodic(out, periodic))
    axis = default if flow_axis is None else _axis(flow_axis)
    words = f"Flow goes along {AXES[axis]}" + (", as nothing else was said." if flow_axis is None else ".")
    out = _do(done, (out, Step("flow axis", words, {"axis": axis, "given": flow_axis is not None})))
    if invert:
        out = _do(done, inverted(out))
    if denoise is not None:
        out = _do(done, denoised(out, denoise, strength))
    elif strength is not None:
        raise InputError("strength", repr(strength), "nothing without denoise", "say denoise='tv' or 'nlm'")
    if cubic is not None and cubic is not False:
        out = _do(done, to_cubic(out, _edge(cubic)))
    elif out.spacing_m is not None and not _cubes(out):
        edges = " x ".join(f"{h * 1e9:.4g}" for h in out.spacing_m)
        words = (
            f"Voxels of {edges} nm are no cubes and were kept: methods that need cubes refuse them; cubic='finest' "
            f"(--cubic finest) resamples to {min(_spaced(out)) * 1e9:.4g} nm."
        )
        out = _do(done, (out, Step("voxels not cubic", words, {"spacing_m": list(out.spacing_m)})))
    before = tuple(volume.metadata.get("preparation", ()))
    record = (*before, *(s.to_dict() for s in done))
    return replace(out, metadata={**out.metadata, "preparation": list(record), "flow_axis": axis})


def _edge(cubic: bool | float | str) -> float | None:
    if cubic is True or cubic == "finest":
        return None
    if isinstance(cubic, str):
        raise InputError("cubic", repr(cubic), "'finest' or an edge in metres")
    return float(cubic)


def _ranges(words: str) -> list[Range]:
    """Ranges from "0:256,10:200,:"."""
    out: list[Range] = []
    for part in words.split(","):
        ends = part.strip().split(":")
        try:
            if len(ends) != 2:
                raise ValueError
            out.append((int(ends[0]) if ends[0].strip() else None, int(ends[1]) if ends[1].strip() else None))
        except ValueError:
            raise InputError(
                "crop",
                repr(words),
                "start:stop for each axis, such as 0:256,10:200,:",
                "count in whole voxels",
            ) from None
    return out


def _do(done: list[Step], result: tuple[Volume, Step | None]) -> Volume:
    volume, step = result
    if step is None:
        return volume
    done.append(step)
    return replace(volume, notes=(*volume.notes, step.sentence))


def _axis(given: str | int) -> int:
    if isinstance(given, str) and given.lower() in AXES and len(given) == 1:
        return AXES.index(given.lower())
    if isinstance(given, int | np.integer) and 0 <= int(given) <= 2:
        return int(given)
    raise InputError("flow_axis", repr(given), "x, y or z")


def _spaced(volume: Volume) -> list[float]:
    """Edges of a voxel along the axes that have more than one."""
    if volume.spacing_m is None:
        raise InputError("spacing_m", "not known", "the edge of a voxel", "give the voxel size")
    many = [h for h, n in zip(volume.spacing_m, volume.shape, strict=True) if n > 1]
    return many or list(volume.spacing_m)


def _cubes(volume: Volume) -> bool:
    """Whether voxels are cubes, thin axes of one voxel left aside."""
    edges = _spaced(volume)
    return max(edges) <= 1.001 * min(edges)


# --- steps


def one_voxel_thick(volume: Volume) -> tuple[Volume, Step | None]:
    """An image as a volume of one voxel along z; volumes stay as they are."""
    if volume.ndim == 3:
        return volume, None
    values = as_array(volume.values)[:, :, None]
    spacing = None if volume.spacing_m is None else (*volume.spacing_m, min(volume.spacing_m))
    out = replace(volume, values=values, spacing_m=spacing, periodic=(*volume.periodic, False))
    return out, Step(
        "image", "The image is taken as a structure one voxel thick.", {"shape": list(out.shape)}
    )


def set_spacing(volume: Volume, spacing_m: float | Sequence[float]) -> tuple[Volume, Step]:
    """Give the edge of a voxel [m], one number or one for each axis."""
    given = (
        (float(spacing_m),) * volume.ndim
        if isinstance(spacing_m, int | float)
        else tuple(map(float, spacing_m))
    )
    if len(given) == volume.ndim - 1 and volume.shape[-1] == 1:
        given = (*given, min(given))
    if len(given) != volume.ndim or not all(math.isfinite(h) and h > 0 for h in given):
        raise InputError("spacing_m", repr(spacing_m), f"one positive number of metres or {volume.ndim}")
    words = " x ".join(f"{h * 1e9:.6g}" for h in given)
    sentence = f"Voxels are {words} nm, as given"
    if volume.spacing_m is not None and any(
        abs(a / b - 1) > 1e-3 for a, b in zip(given, volume.spacing_m, strict=True)
    ):
        was = " x ".join(f"{h * 1e9:.6g}" for h in volume.spacing_m)
        sentence += f"; the file says {was} nm ({volume.spacing_source or 'source not known'})"
    old = None if volume.spacing_m is None else list(volume.spacing_m)
    out = replace(volume, spacing_m=given, spacing_source="given")
    return out, Step("voxel size", sentence + ".", {"spacing_m": list(given), "file_spacing_m": old})


def set_periodic(volume: Volume, periodic: Sequence[bool] | str) -> tuple[Volume, Step]:
    """Say which axes wrap."""
    if isinstance(periodic, str):
        letters = set(periodic.lower())
        if not letters <= set(AXES[: volume.ndim]):
            raise InputError("periodic", repr(periodic), "letters of x, y, z, or '' for none")
        flags = tuple(a in letters for a in AXES[: volume.ndim])
    else:
        flags = tuple(bool(p) for p in periodic)
    if len(flags) != volume.ndim:
        raise InputError("periodic", repr(periodic), f"{volume.ndim} flags, or letters of the axes that wrap")
    which = ", ".join(a for a, p in zip(AXES, flags, strict=False) if p)
    sentence = f"The structure wraps along {which}, as given." if which else "No axis wraps, as given."
    return replace(volume, periodic=flags), Step("periodic", sentence, {"periodic": list(flags)})


def _by_axis(ranges: Ranges, ndim: int, name: str) -> list[Range]:
    if isinstance(ranges, Mapping):
        strange = set(ranges) - set(AXES[:ndim])
        if strange:
            raise InputError(name, f"axis {sorted(strange)[0]!r}", f"axes {', '.join(AXES[:ndim])}")
        return [ranges.get(a) for a in AXES[:ndim]]
    if len(ranges) == ndim - 1:
        return [*ranges, None]
    if len(ranges) != ndim:
        raise InputError(name, f"{len(ranges)} ranges", f"one for each of the {ndim} axes (None keeps one)")
    return list(ranges)


def crop_voxels(volume: Volume, ranges: Ranges) -> tuple[Volume, Step]:
    """Keep voxels start <= i < stop along each axis; refused where a range leaves the volume."""
    window = []
    for ax, (one, n) in enumerate(zip(_by_axis(ranges, volume.ndim, "crop"), volume.shape, strict=True)):
        if one is None:
            window.append(slice(0, n))
            continue
        try:
            start, stop = (0 if one[0] is None else one[0]), (n if one[1] is None else one[1])
        except (TypeError, IndexError):
            raise InputError(f"crop, {AXES[ax]}", repr(one), "(start, stop)") from None
        if start != int(start) or stop != int(stop):
            raise InputError(
                f"crop, {AXES[ax]}", f"{start:g} to {stop:g}", "whole voxels", "give lengths by crop_m"
            )
        if not 0 <= start < stop <= n:
            raise InputError(
                f"crop, {AXES[ax]}", f"{start:g} to {stop:g}", f"within 0 to {n}, the first below the second"
            )
        window.append(slice(int(start), int(stop)))
    return _cropped(volume, window)


def crop_lengths(volume: Volume, ranges: Ranges) -> tuple[Volume, Step]:
    """Keep a box given in metres from the corner of the volume, to the nearest voxels."""
    if volume.spacing_m is None:
        raise InputError(
            "crop_m", "a length, but no voxel size is known", "", "give spacing_m, or crop in voxels"
        )
    whole: list[Range] = []
    for ax, one in enumerate(_by_axis(ranges, volume.ndim, "crop_m")):
        if one is None:
            whole.append(None)
            continue
        h, n = volume.spacing_m[ax], volume.shape[ax]
        start, stop = (0.0 if one[0] is None else one[0]), (n * h if one[1] is None else one[1])
        if not -1e-6 * h <= start < stop <= n * h * (1 + 1e-6):
            raise InputError(
                f"crop_m, {AXES[ax]}",
                f"{start * 1e6:g} to {stop * 1e6:g} um",
                f"within 0 to {n * h * 1e6:g} um, the first below the second",
            )
        a, b = round(start / h), round(stop / h)
        if a == b:
            raise InputError(
                f"crop_m, {AXES[ax]}", f"{(stop - start) * 1e9:g} nm", f"at least one voxel, {h * 1e9:g} nm"
            )
        whole.append((a, b))
    out, step = crop_voxels(volume, whole)
    return out, replace(
        step,
        data={
            **step.data,
            "asked_m": [None if r is None else list(r) for r in _by_axis(ranges, volume.ndim, "crop_m")],
        },
    )


def _cropped(volume: Volume, window: list[slice]) -> tuple[Volume, Step]:
    # Part of a periodic structure does not wrap.
    kept = [w.stop - w.start == n for w, n in zip(window, volume.shape, strict=True)]
    periodic = tuple(p and k for p, k in zip(volume.periodic, kept, strict=True))
    if in_memory(volume.values) or isinstance(volume.values, np.ndarray):
        values: Any = volume.values[tuple(window)]
    else:
        values = Lazy(volume.values, tuple(window))
    words = ", ".join(
        f"{a} {w.start} to {w.stop}" for a, w, k in zip(AXES, window, kept, strict=False) if not k
    )
    lost = [a for a, p, q in zip(AXES, volume.periodic, periodic, strict=False) if p and not q]
    sentence = f"Cropped to voxels {words} (end not included)" if words else "Cropped to the whole volume"
    if lost:
        sentence += f"; {', '.join(lost)} no longer wrap{'s' if len(lost) == 1 else ''}"
    return replace(volume, values=values, periodic=periodic), Step(
        "crop",
        sentence + ".",
        {"voxels": [[w.start, w.stop] for w in window], "of": list(volume.shape)},
    )


def find_info_bar(image: NDArray[Any]) -> tuple[int, int]:
    """Rows of a microscope's legend strip at the start and at the end of the second axis (0 where none).

    Rows of a strip hold one grey value in most pixels (black or white behind text), those of a picture do not; the
    strip reaches to its last such row from the edge, with at most a third of its rows (large letters, lines)
    in between that are not, and holds 1 to 25 % of the height. An image that is flat all over has none.
    """
    n = image.shape[1]
    flat = np.empty(n)
    for row in range(n):
        line = np.sort(image[:, row])
        starts = np.concatenate([[0], np.flatnonzero(line[1:] != line[:-1]) + 1, [len(line)]])
        flat[row] = np.diff(starts).max() / len(line)
    if np.mean(flat >= _BAR_FLAT) > 2 * _BAR_SHARE[1]:
        return 0, 0
    found = []
    for rows in (flat, flat[::-1]):
        height = 0
        hits = np.cumsum(rows >= _BAR_FLAT)
        for k in range(1, int(_BAR_SHARE[1] * n) + 1):
            if rows[k - 1] >= _BAR_FLAT and hits[k - 1] >= 2 * k / 3:
                height = k
        found.append(height if height >= max(3, _BAR_SHARE[0] * n) else 0)
    return found[0], found[1]


def crop_info_bar(image: Volume, rows: str | int = "auto") -> tuple[Volume, Step | None]:
    """Cut the legend strip off a microscope's picture; with "auto" where one is found."""
    if image.ndim != 2:
        raise InputError("info_bar", "a volume", "an image")
    n = image.shape[1]
    known = image.metadata.get("info_bar_rows")
    if rows == "auto" and image.metadata.get("info_bar_cut_rows"):
        return image, None
    if rows == "auto" and isinstance(known, int) and 0 < known < n:
        first, last, how = 0, known, "as the file says"
    elif rows == "auto":
        first, last = find_info_bar(as_array(image.values))
        if first == last == 0:
            return image, None
        how = "found"
    elif isinstance(rows, int | np.integer) and 0 < abs(int(rows)) < n:
        first, last = (0, int(rows)) if rows > 0 else (-int(rows), 0)
        how = "given"
    else:
        raise InputError("info_bar", repr(rows), f"'auto', None or a number of rows below {n}")
    out, _ = crop_voxels(image, [None, (first, n - last)])
    places = " and ".join(f"{k} rows at the {end} of y" for k, end in ((first, "start"), (last, "end")) if k)
    return out, Step(
        "info bar",
        f"The legend strip of the picture was cut off: {places} ({how}).",
        {"start": first, "end": last, "how": how},
    )


def inverted(volume: Volume) -> tuple[Volume, Step]:
    """Exchange bright and dark: v -> lowest + highest - v (whole numbers: of the type; others: of the volume);
    a level field changes its sign.
    """
    kind = volume.values.dtype.kind
    if volume.kind == "labels":
        raise InputError("invert", "a label volume", "grey, binary or level", "name the labels that are void")
    if volume.kind == "level":
        return _mapped(volume, lambda v: -v, volume.values.dtype), Step(
            "invert", "The sign of the level field was changed: voids and solid exchanged.", {"sum": 0.0}
        )
    if kind == "b":
        return _mapped(volume, np.logical_not, volume.values.dtype), Step(
            "invert", "The two values were exchanged.", {"sum": 1}
        )
    if volume.kind == "grey" and kind in "ui" and volume.values.dtype.itemsize <= 2:
        info = np.iinfo(volume.values.dtype)
        low, high = float(info.min), float(info.max)
    else:
        low, high = value_range(volume.values, volume.source or "values")
    total = low + high
    dtype = volume.values.dtype

    def change(v: NDArray[Any]) -> NDArray[Any]:
        if dtype.kind in "ui":
            # Within the range of the type: both ends occur in it.
            return (
                (dtype.type(int(high)) - (v - dtype.type(int(low)))).astype(dtype)
                if dtype.kind == "u"
                else (int(total) - v.astype(np.int64)).astype(dtype)
            )
        return (total - v).astype(dtype)

    words = "The two values were exchanged" if volume.kind == "binary" else "Bright and dark were exchanged"
    return _mapped(volume, change, dtype), Step(
        "invert", f"{words}: {total:g} minus the value.", {"sum": total}
    )


def _mapped(volume: Volume, change: Any, dtype: np.dtype[Any]) -> Volume:
    if in_memory(volume.values):
        return replace(volume, values=change(volume.values))
    whole = tuple(slice(0, n) for n in volume.shape)
    return replace(volume, values=Lazy(volume.values, whole, dtype, change))


def denoised(volume: Volume, how: str, strength: float | None = None) -> tuple[Volume, Step]:
    """Take noise off grey values, when asked.

    "median": of 3 x 3 x 3 voxels (edges repeated); keeps flat walls, removes what is thinner than 2 voxels.
    "tv": least total variation (Chambolle 2004), weight ``strength`` times the distance of the two means of
    Otsu's classes; lowers the contrast of small bodies. "nlm": non-local means (Buades and others 2005), patches of
    3, distance 4, filter parameter ``strength`` times the noise; smooths where similar patches exist.
    All of them move curved walls towards their centres: compare results with and without.
    """
    if how not in DENOISE:
        raise InputError("denoise", repr(how), ", ".join(DENOISE))
    if volume.kind != "grey":
        raise InputError(
            "denoise",
            f"a {volume.kind} volume",
            "grey values",
            "remove specks by clean=... in the segmentation"
            if volume.kind in ("binary", "labels")
            else "leave it out",
        )
    if how == "median":
        if strength is not None:
            raise InputError("strength", repr(strength), "nothing for the median")
        return _median(volume)
    from percola.scan._histogram import best_classes, outer_spread, peaks
    from percola.scan._segmentation import edges

    grey = np.ascontiguousarray(as_array(volume.values), dtype=np.float32)
    h = histogram(grey, volume.source or "values")
    if len(h.centres) < 2:
        return volume, Step(
            "denoise", "Every voxel has the same grey value: nothing to denoise.", {"how": how}
        )
    cut = best_classes(h, 2)[0]
    dark, bright = h.moments(high=cut)[1], h.moments(low=cut)[1]
    contrast = bright - dark
    flat = [i for i, n in enumerate(grey.shape) if n == 1]
    work = (grey - np.float32(dark)) / np.float32(contrast)
    if how == "nlm" and grey.ndim - len(flat) < 2:
        raise InputError(
            "denoise", f"'nlm' of values of shape {volume.shape}", "at least two axes of more than one voxel"
        )
    if flat:
        work = work.reshape([n for n in grey.shape if n > 1])
    from skimage import restoration

    if how == "tv":
        weight = 0.1 if strength is None else float(strength)
        if not weight > 0:
            raise InputError("strength", repr(strength), "a positive part of the contrast")
        work = restoration.denoise_tv_chambolle(work, weight=weight)
        sentence = f"Denoised by total variation, weight {weight:g} of the contrast {contrast:.4g}."
        data: dict[str, Any] = {"how": how, "weight": weight, "contrast": contrast}
    else:
        factor = 0.8 if strength is None else float(strength)
        if not factor > 0:
            raise InputError("strength", repr(strength), "a positive number of noise deviations")
        top = peaks(h)
        ends = (top.low, top.high) if math.isfinite(top.valley) else (dark, bright)
        noise = edges(grey if grey.ndim == 3 else grey[:, :, None], cut, dark, bright).noise
        # The larger: noise that is smooth over voxels shows in the spread of the grey values only.
        sigma = max(noise, outer_spread(h, *ends)) / contrast
        if sigma == 0:
            return volume, Step("denoise", "No noise was found: nothing to denoise.", {"how": how})
        work = restoration.denoise_nl_means(
            work, patch_size=3, patch_distance=4, h=factor * sigma, sigma=sigma, fast_mode=True
        )
        sentence = f"Denoised by non-local means, {factor:g} times the noise {sigma * contrast:.4g}."
        data = {"how": how, "factor": factor, "noise": sigma * contrast}
    grey = (np.asarray(work, np.float32) * np.float32(contrast) + np.float32(dark)).reshape(grey.shape)
    return replace(volume, values=grey), Step("denoise", sentence, data)


def _median(volume: Volume) -> tuple[Volume, Step]:
    from scipy.ndimage import median_filter

    shape = volume.shape
    half = volume.values.dtype == np.float16  # which the filter does not take
    out = np.empty(shape, np.float32 if half else volume.values.dtype)
    size = tuple(3 if n > 1 else 1 for n in shape)
    for place, inner, part in slabs(volume.values, halo=1):
        ax = int(np.argmax(part.shape))

        def piece(a: int, b: int, part: NDArray[Any] = part, ax: int = ax) -> NDArray[Any]:
            n = part.shape[ax]
            lo, hi = max(0, a - 1), min(n, b + 1)
            cut: list[slice] = [slice(None)] * part.ndim
            cut[ax] = slice(lo, hi)
            rough = part[tuple(cut)].astype(out.dtype, copy=False)
            done = median_filter(rough, size=size, mode="nearest")
            cut[ax] = slice(a - lo, b - lo)
            return done[tuple(cut)]

        ranges = _parallel.slabs(part.shape[ax], 8)
        whole = np.concatenate(_parallel.run(piece, ranges), axis=ax)
        out[place] = whole[inner]
    words = " x ".join("3" for s in size if s > 1)
    return replace(volume, values=out), Step(
        "denoise",
        f"Denoised by the median of {words} voxels: what is thinner than 2 voxels is lost.",
        {"how": "median", "size": list(size)},
    )


# --- cubic voxels


def to_cubic(volume: Volume, edge_m: float | None = None) -> tuple[Volume, Step]:
    """Resample to cubic voxels of an edge [m], by default the smallest of the volume's.

    Along axes that become finer, values are interpolated linearly; along those that become coarser, they are averaged
    over the new voxel (which keeps the mean). Grey values and level fields are resampled as they are, *before*
    any threshold, so that the wall keeps its place between voxels. Binary volumes: the signed distance of both
    phases is interpolated and its sign taken (Raya and Udupa 1990), so walls run smoothly between slices. Labels:
    the nearest value.

    Error, stated in the step: of interpolation at most 1/8 of the second difference (its root mean square over
    the volume is given, noise included); of binary input half a voxel of the coarse axis at the wall, of labels
    the same. Interpolated slices are smoother than measured ones: noise falls by up to 1/sqrt(2) there.
    """
    if volume.spacing_m is None:
        raise InputError("cubic", "no voxel size is known", "a volume with a voxel size", "give spacing_m")
    edges = [float(h) for h in volume.spacing_m]
    edge = min(_spaced(volume)) if edge_m is None else float(edge_m)
    if not (math.isfinite(edge) and edge > 0):
        raise InputError("cubic", repr(edge_m), "True or a positive number of metres")
    shape = volume.shape
    counts = [1 if n == 1 else int(n * h / edge + 1e-6) for n, h in zip(shape, edges, strict=True)]
    if min(counts) < 1:
        raise InputError(
            "cubic", f"an edge of {edge * 1e9:g} nm", "less than the size of the volume along every axis"
        )
    if math.prod(counts) > 8 * max(volume.voxels, 1 << 24):
        raise InputError(
            "cubic",
            f"an edge of {edge * 1e9:g} nm would make {math.prod(counts):.3g} voxels of {volume.voxels:.3g}",
            "at most eight times as many",
            f"take a coarser edge, such as {max(edges) * 1e9:g} nm, or crop first",
        )
    periodic = []
    for n, m, h, p in zip(shape, counts, edges, volume.periodic, strict=True):
        periodic.append(bool(p) and abs(m * edge - n * h) <= 1e-3 * n * h)
    lost = [a for a, p, q in zip(AXES, volume.periodic, periodic, strict=False) if p and not q]
    weights = [
        None if n == 1 or abs(h / edge - 1) <= 1e-3 else _weights(n, m, edge / h, wrap)
        for n, m, h, wrap in zip(shape, counts, edges, periodic, strict=True)
    ]
    was = " x ".join(f"{h * 1e9:.4g}" for h in edges)
    data: dict[str, Any] = {
        "from_m": edges,
        "to_m": edge,
        "from_shape": list(shape),
        "to_shape": counts,
        "kind": volume.kind,
    }
    sentence = (
        f"Voxels of {was} nm were resampled to cubes of {edge * 1e9:.4g} nm, {' x '.join(map(str, counts))}"
    )
    values = as_array(volume.values)
    if volume.kind in ("grey", "level"):
        error = _interpolation_error(values, weights)
        out = values.astype(np.float32)
        for ax, w in enumerate(weights):
            if w is not None:
                out = _along(out, ax, w)
        deviation = float(np.std(out, dtype=np.float64))
        share = error / deviation if deviation > 0 else 0.0
        data |= {"interpolation_error": error, "interpolation_error_over_deviation": share}
        finer = any(w is not None and m > n for w, n, m in zip(weights, shape, counts, strict=True))
        if finer:
            sentence += (
                f", linearly; interpolation is off by {error:.3g} (rms, at most, noise included), "
                f"{100 * share:.2g} % of the deviation of the values"
            )
        if any(w is not None and m < n for w, n, m in zip(weights, shape, counts, strict=True)):
            sentence += ", coarser axes averaged"
    elif volume.kind == "binary":
        out, fraction = _binary_cubic(values, edges, weights, periodic)
        data["wall_uncertainty_m"] = max(edges) / 2
        sentence += (
            f" by the signed distance of both phases; walls between slices are known to half a coarse voxel, "
            f"{max(edges) / 2 * 1e9:.4g} nm; share of the higher value {100 * fraction[0]:.4g} % before, {100 * fraction[1]:.4g} % after"
        )
        data |= {"share_before": fraction[0], "share_after": fraction[1]}
    else:
        out = values
        for ax, w in enumerate(weights):
            if w is not None:
                at = np.minimum(((np.arange(counts[ax]) + 0.5) * edge / edges[ax]).astype(int), shape[ax] - 1)
                out = np.take(out, at, axis=ax)
        data["wall_uncertainty_m"] = max(edges) / 2
        sentence += (
            f" by the nearest label; walls are known to half a coarse voxel, {max(edges) / 2 * 1e9:.4g} nm"
        )
    if lost:
        sentence += f"; the period does not hold whole voxels along {', '.join(lost)}, which no longer wraps"
    cut = [n * h - m * edge for n, m, h in zip(shape, counts, edges, strict=True) if n > 1]
    if max(cut, default=0.0) > 1e-3 * edge:
        data["cut_m"] = cut
    resampled = replace(
        volume,
        values=out,
        spacing_m=(edge,) * volume.ndim,
        spacing_source=(volume.spacing_source + ", resampled").lstrip(", "),
        periodic=tuple(periodic),
    )
    return resampled, Step("cubic", sentence + ".", data)


@dataclass(frozen=True)
class _Weights:
    """New value j = sum over k of share[j, k] old[index[j, k]]."""

    index: NDArray[np.intp]
    share: NDArray[np.float32]


def _weights(n: int, m: int, ratio: float, wrap: bool) -> _Weights:
    """Weights that bring n voxels to m, each ``ratio`` of the old ones long."""
    if ratio <= 1:
        at = (np.arange(m) + 0.5) * ratio - 0.5
        low = np.floor(at).astype(int)
        f = (at - low).astype(np.float32)
        index = np.stack([low, low + 1], 1)
        share = np.stack([1 - f, f], 1)
    else:
        start = np.arange(m) * ratio
        first = np.floor(start).astype(int)
        width = math.ceil(ratio) + 1
        index = first[:, None] + np.arange(width)
        low = np.maximum(index, start[:, None])
        high = np.minimum(index + 1, (start + ratio)[:, None])
        share = (np.maximum(high - low, 0) / ratio).astype(np.float32)
    index = index % n if wrap else np.clip(index, 0, n - 1)
    return _Weights(index, share.astype(np.float32))


def _along(values: NDArray[np.float32], ax: int, w: _Weights) -> NDArray[np.float32]:
    shape = list(values.shape)
    shape[ax] = len(w.index)
    out = np.empty(shape, np.float32)
    view = [1] * values.ndim
    view[ax] = -1

    def fill(a: int, b: int) -> None:
        place = [slice(None)] * values.ndim
        place[ax] = slice(a, b)
        total: Any = 0.0
        for k in range(w.index.shape[1]):
            total = total + np.take(values, w.index[a:b, k], axis=ax) * w.share[a:b, k].reshape(view)
        out[tuple(place)] = total

    _parallel.run(fill, _parallel.slabs(len(w.index), 16))
    return out


def _interpolation_error(values: NDArray[Any], weights: list[_Weights | None]) -> float:
    """An eighth of the root mean square second difference along the axes resampled, added in quadrature."""
    square = 0.0
    for ax, w in enumerate(weights):
        n = values.shape[ax]
        if w is None or n < 3:
            continue
        # Every so many planes: a thousand of them tell as much as all.
        at = np.unique(np.linspace(1, n - 2, min(n - 2, 64)).round().astype(int))
        total, count = 0.0, 0
        for i in at:
            a, b, c = (np.take(values, i + k, axis=ax).astype(np.float64) for k in (-1, 0, 1))
            d = (a - 2 * b + c) / 8
            total += float((d * d).sum())
            count += d.size
        square += total / count
    return math.sqrt(square)


def _binary_cubic(
    values: NDArray[Any], edges: list[float], weights: list[_Weights | None], periodic: list[bool]
) -> tuple[NDArray[Any], tuple[float, float]]:
    """Two-valued volume by the sign of the interpolated signed distance; share of the higher value before and
    after.
    """
    import edt

    low, high = values.min(), values.max()
    mask = np.ascontiguousarray(values == high)
    if low == high:
        out = np.full(
            [len(w.index) if w else n for w, n in zip(weights, values.shape, strict=True)], high, values.dtype
        )
        return out, (1.0, 1.0)
    if values.dtype != np.bool_ and len(np.unique(values)) > 2:
        raise InputError(
            "cubic", "more than two values in a binary volume", "two", "read it as grey or labels"
        )
    pad = [(0, 0)] * mask.ndim
    if any(periodic):
        # Far enough for the nearest wall of nearly all voxels; beyond it the distance only reads too long.
        pad = [
            (min(n, 16),) * 2 if p and n > 1 else (0, 0) for n, p in zip(mask.shape, periodic, strict=True)
        ]
        mask = np.pad(mask, pad, mode="wrap")
    scale = min(edges)
    anisotropy = tuple(h / scale for h in edges)
    signed = edt.edt(mask, anisotropy=anisotropy, parallel=_parallel.threads()).astype(np.float32)
    signed -= edt.edt(~mask, anisotropy=anisotropy, parallel=_parallel.threads())
    signed = signed[tuple(slice(a, s - b) for (a, b), s in zip(pad, mask.shape, strict=True))]
    before = float((signed > 0).mean())
    for ax, w in enumerate(weights):
        if w is not None:
            signed = _along(signed, ax, w)
    after = float((signed > 0).mean())
    return np.where(signed > 0, high, low).astype(values.dtype), (before, after)
