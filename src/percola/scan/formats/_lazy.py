"""Values of a file seen as x, y, z: sliced like an array, read from disk only where they are asked for."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from percola.errors import InputError
from percola.scan.formats._common import InMemory, Stored, guarded

# Luma of ITU-R BT.601 (bt601), 0.299, 0.587 and 0.114, as 16-bit integers with the sum 65536: equal channels come
# out unchanged, to the last bit.
_LUMA = (19595, 38470, 7471)


def luminance(data: NDArray[Any], axis: int) -> NDArray[Any]:
    """Grey of red, green, blue (opacity is dropped) along ``axis``, which stays with length 1."""
    parts = [np.take(data, [k], axis=axis) for k in range(min(3, data.shape[axis]))]
    if len(parts) < 3:  # grey, or grey with opacity
        return parts[0]
    if data.dtype.kind == "f":
        out = sum(w / 65536 * p.astype(np.float64) for w, p in zip(_LUMA, parts, strict=True))
        return np.asarray(out).astype(data.dtype)
    total = sum(w * p.astype(np.int64) for w, p in zip(_LUMA, parts, strict=True))
    return ((np.asarray(total) + 32768) >> 16).astype(data.dtype)


class Lazy:
    """Stored values with their axes put in the order x, y, z; ``values[x0:x1, :, :]`` reads only that part.

    Slices (any step) and whole numbers are understood, as for a NumPy array; `numpy.asarray` reads everything.
    Reading is cheapest in slabs along ``slow_axis``.

    Args:
        stored: the values as the file holds them.
        order: the stored axis of each axis here.
        picks: index chosen along stored axes that are not kept (channel, time).
        colour: stored axis with red, green, blue, turned into grey; None without one.
        change: applied to the values read; ``changed`` is the type it gives.
        source: named in refusals.
        what: the format, named in refusals.
        stop: rows of each axis here that are kept (the rest is cut off); None keeps all.
    """

    def __init__(
        self,
        stored: Stored,
        order: tuple[int, ...],
        picks: Mapping[int, int],
        *,
        colour: int | None = None,
        change: Callable[[NDArray[Any]], NDArray[Any]] | None = None,
        changed: np.dtype[Any] | None = None,
        source: str = "",
        what: str = "file",
        stop: tuple[int, ...] | None = None,
    ) -> None:
        self._stored = stored
        self._order = order
        self._picks = dict(picks)
        self._colour = colour
        self._change = change
        self._source = source
        self._what = what
        self._shape = stop or tuple(stored.shape[k] for k in order)
        self._dtype = np.dtype(changed if changed is not None else stored.dtype).newbyteorder("=")

    @property
    def shape(self) -> tuple[int, ...]:
        return self._shape

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._dtype

    @property
    def ndim(self) -> int:
        return len(self._shape)

    @property
    def size(self) -> int:
        return math.prod(self._shape)

    @property
    def nbytes(self) -> int:
        return self.size * self._dtype.itemsize

    @property
    def slow_axis(self) -> int:
        """Axis along which slabs are read at least cost: the first one in the file."""
        return int(np.argmin(self._order))

    def __len__(self) -> int:
        return self._shape[0]

    def __repr__(self) -> str:
        return f"Lazy({self._source!r}, shape={self._shape}, dtype={self._dtype.name})"

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        if copy is False:
            raise ValueError("the values lie in a file: reading makes a copy")
        data = self[...]
        return data if dtype is None else data.astype(dtype, copy=False)

    def __getitem__(self, key: Any, /) -> Any:
        parts = self._parts(key)
        slices: list[slice] = [slice(None)] * len(self._stored.shape)
        for axis, index in self._picks.items():
            slices[axis] = slice(index, index + 1)
        flips, gone = [], []
        for k, (axis, part) in enumerate(zip(self._order, parts, strict=True)):
            if isinstance(part, int):
                slices[axis] = slice(part, part + 1)
                gone.append(k)
                continue
            run = range(*part.indices(self._shape[k]))
            if len(run) and run.step < 0:
                flips.append(k)
                run = run[::-1]
            slices[axis] = slice(run.start, run.stop, run.step) if len(run) else slice(0, 0)
        with guarded(self._source, self._what):
            data = np.asarray(self._stored.read(tuple(slices)))
            if self._colour is not None:
                data = luminance(data, self._colour)
            kept = list(self._order)
            rest = [a for a in range(data.ndim) if a not in kept]
            data = data.transpose(kept + rest).reshape([data.shape[a] for a in kept])
            if flips:
                data = np.flip(data, tuple(flips))
            if self._change is not None:
                data = self._change(data)
            data = data.astype(self._dtype, copy=False)
        out = data[tuple(0 if k in gone else slice(None) for k in range(len(kept)))]
        return out

    def _parts(self, key: Any) -> list[slice | int]:
        items = list(key) if isinstance(key, tuple) else [key]
        dots = [k for k, item in enumerate(items) if item is Ellipsis]
        if dots:
            k = dots[0]
            items[k : k + 1] = [slice(None)] * (self.ndim - len(items) + 1)
        items += [slice(None)] * (self.ndim - len(items))
        parts: list[slice | int] = []
        for axis, item in enumerate(items):
            if isinstance(item, slice):
                parts.append(item)
                continue
            try:
                index = operator.index(item)
            except TypeError:
                raise InputError(
                    self._source,
                    f"an index of type {type(item).__name__}",
                    "slices and whole numbers",
                    "use numpy.asarray(values) first for other indexing",
                ) from None
            size = self._shape[axis] if axis < self.ndim else 0
            if not -size <= index < size:
                raise IndexError(f"index {index} is out of bounds for axis {axis} with size {size}")
            parts.append(index % size)
        if len(parts) != self.ndim or len(dots) > 1:
            raise IndexError(f"too many indices: the values have {self.ndim} axes")
        return parts


def seen_as(
    stored: Stored,
    order: tuple[int, ...],
    picks: Mapping[int, int],
    *,
    colour: int | None,
    change: Callable[[NDArray[Any]], NDArray[Any]] | None,
    changed: np.dtype[Any] | None,
    source: str,
    what: str,
    stop: tuple[int, ...],
) -> NDArray[Any] | Lazy:
    """A plain view where an array or memory map needs nothing but its axes moved, else a `Lazy`."""
    if isinstance(stored, InMemory) and colour is None and change is None and stored.dtype.isnative:
        index = tuple(picks.get(axis, slice(None)) for axis in range(len(stored.shape)))
        left = [axis for axis in range(len(stored.shape)) if axis not in picks]
        view = stored.array[index].transpose([left.index(axis) for axis in order])
        return view[tuple(slice(0, n) for n in stop)]
    return Lazy(
        stored,
        order,
        picks,
        colour=colour,
        change=change,
        changed=changed,
        source=source,
        what=what,
        stop=stop,
    )
