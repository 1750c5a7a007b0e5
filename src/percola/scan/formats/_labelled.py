"""What arrays with names and attributes share: dimension names, coordinates, voxel sizes, packed values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from percola.errors import InputError
from percola.scan.formats._common import (
    Reading,
    numbers,
    spacing_of_attributes,
    text_of,
    unit_m,
    usable_dtype,
)


def refuse_dtype(where: str, dtype: Any) -> None:
    words = usable_dtype(dtype)
    if words:
        remedy = {
            "complex numbers": "save the magnitude (numpy.abs) or one part",
            "Python objects": "save a plain array of numbers; arrays of objects can run code and are never loaded",
            "records of several fields": "save one field as a plain array",
        }.get(words, "save it as whole or real numbers")
        raise InputError(where, f"holds {words}", "bool, whole or real numbers of up to 64 bit", remedy)


def apply_attributes(reading: Reading, attributes: Mapping[str, Any], what: str) -> None:
    """Voxel size and the few conventions about voids among attributes."""
    ndim = len(reading.stored.shape)
    spacing, unitless, name = spacing_of_attributes(attributes, ndim)
    if spacing:
        reading.spacing_m, reading.spacing_source = spacing, f"{what} attribute {name!r}"
    elif unitless:
        reading.unitless, reading.spacing_source = unitless, f"{what} attribute {name!r}"
    periodic = attributes.get("periodic")
    if isinstance(periodic, (list, tuple, np.ndarray)) and len(periodic) == ndim:
        reading.periodic = tuple(bool(p) for p in periodic)
    for name in ("void", "void_value"):
        value = numbers(attributes.get(name)) if name in attributes else ()
        if len(value) == 1:
            reading.void = value[0]
            reading.notes.append(f"The {what} says that void has the value {value[0]:g}.")
            break


PACKING = ("scale_factor", "add_offset", "_FillValue", "missing_value")


def axis_letters(names: list[str]) -> tuple[str, ...]:
    """Names of dimensions as letters: "Z" -> z, "channel" -> c; names that say nothing stay as they are."""
    known = {
        "channel": "c", "channels": "c", "ch": "c", "time": "t", "frame": "t", "frames": "t", "x-axis": "x",
        "y-axis": "y", "z-axis": "z", "depth": "z", "slice": "z", "slices": "z", "row": "y", "rows": "y", "height": "y",
        "col": "x", "cols": "x", "column": "x", "columns": "x", "width": "x", "plane": "z", "planes": "z",
    }  # fmt: skip
    letters = []
    for name in names:
        word = name.strip().lower()
        letter = known.get(word, word)
        if len(letter) == 2 and letter[0] in "xyz" and letter[1] in "0123456789cp":
            letter = letter[0]
        letters.append(letter)
    if len(set(letters)) < len(letters):
        return tuple(n.strip().lower() for n in names) if len(set(names)) == len(names) else ()
    spatial = [a for a in letters if a in ("x", "y", "z")]
    return tuple(letters) if spatial else ()


def even_step(values: NDArray[np.float64], name: str, notes: list[str]) -> float | None:
    """Even step of a coordinate, or None (told) where it is uneven."""
    if len(values) < 2 or not np.isfinite(values).all():
        return None
    step = float(values[-1] - values[0]) / (len(values) - 1)
    uneven = float(np.abs(np.diff(values) - step).max())
    # Coordinates are often kept in single precision: its rounding is told apart from uneven slices.
    rounding = 4 * float(np.finfo(np.float32).eps) * float(np.abs(values).max())
    if step == 0 or uneven > max(1e-3 * abs(step), rounding):
        notes.append(f"The coordinate {name!r} is not evenly spaced: no voxel size was taken from it.")
        return None
    if step < 0:
        notes.append(f"The coordinate {name!r} falls along its axis; the order of the file was kept.")
    return abs(step)


def apply_dimensions(
    reading: Reading, names: list[str], steps: list[tuple[float, Any] | None], what: str
) -> None:
    """Dimension names and coordinates with their units."""
    if all(names):
        letters = axis_letters(names)
        if letters:
            reading.axes, reading.axes_source = letters, f"{what} dimension names"
    if reading.spacing_m or not any(steps):
        return
    metres = [None if s is None else unit_m(s[1]) for s in steps]
    if any(m for m in metres):
        reading.spacing_m = tuple(
            None if s is None or not m else s[0] * m for s, m in zip(steps, metres, strict=True)
        )
        words = ", ".join(dict.fromkeys(text_of(s[1]) for s, m in zip(steps, metres, strict=True) if s and m))
        reading.spacing_source = f"{what} coordinates (units {words})"
    elif not reading.unitless:
        reading.unitless = tuple(None if s is None else s[0] for s in steps)
        reading.spacing_source = f"{what} coordinates"


#: What the netCDF library writes where real values were never written (NC_FILL_FLOAT and NC_FILL_DOUBLE).
_NC_FILL = 9.9692099683868690e36


def apply_packing(reading: Reading, attributes: Mapping[str, Any], netcdf: bool) -> None:
    """``scale_factor``, ``add_offset`` and fill values of the climate and forecast (CF) conventions."""
    if netcdf and reading.stored.dtype.kind == "f":
        reading.fill = _NC_FILL
    for name in ("_FillValue", "missing_value"):
        value = numbers(attributes.get(name)) if name in attributes else ()
        if len(value) == 1:
            reading.fill = value[0]
            break
    scale = numbers(attributes.get("scale_factor", 1.0)) or (1.0,)
    offset = numbers(attributes.get("add_offset", 0.0)) or (0.0,)
    if scale[0] == 1 and offset[0] == 0:
        return
    dtype = np.dtype("f4" if reading.stored.dtype.itemsize <= 2 else "f8")
    fill = reading.fill

    def change(values: NDArray[Any]) -> NDArray[Any]:
        out = values.astype(np.float64) * scale[0] + offset[0]
        if fill is not None:
            out[values == values.dtype.type(fill)] = np.nan
        return out.astype(dtype)

    reading.change, reading.changed, reading.fill = change, dtype, None
    reading.notes.append(f"Values are scaled as the file says: {scale[0]:g} x stored + {offset[0]:g}.")
