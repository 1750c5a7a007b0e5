"""Slabs and lazy windows of volumes that may be larger than memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from percola.scan.volume import ArrayLike

#: Voxels read at once: large enough that the overhead of a slab does not count, small beside any result.
SLAB_VOXELS = 1 << 22


class Lazy:
    """An array of which only the parts asked for are read: a window of another one, each part passed through
    a function (one value from one value).
    """

    def __init__(
        self,
        base: NDArray[Any] | ArrayLike,
        window: tuple[slice, ...],
        dtype: np.dtype[Any] | None = None,
        change: Callable[[NDArray[Any]], NDArray[Any]] | None = None,
    ) -> None:
        self.base = base
        self.window = window
        self.shape = tuple(w.stop - w.start for w in window)
        self.dtype: np.dtype[Any] = np.dtype(base.dtype if dtype is None else dtype)
        self.change = change
        self.slow_axis = slab_axis(base)

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __getitem__(self, key: Any) -> NDArray[Any]:
        parts = key if isinstance(key, tuple) else (key,)
        if Ellipsis in parts:
            at = parts.index(Ellipsis)
            middle = (slice(None),) * (self.ndim - len(parts) + 1)
            parts = parts[:at] + middle + parts[at + 1 :]
        parts = parts + (slice(None),) * (self.ndim - len(parts))
        inner: list[Any] = []
        for part, w, n in zip(parts, self.window, self.shape, strict=True):
            if isinstance(part, slice):
                start, stop, step = part.indices(n)
                if step < 1:
                    raise IndexError("slices of a lazy volume run forward")
                inner.append(slice(w.start + start, w.start + max(start, stop), step))
            else:
                i = int(part)
                if not -n <= i < n:
                    raise IndexError(f"index {i} of an axis of {n}")
                inner.append(w.start + (i + n if i < 0 else i))
        out = np.asarray(self.base[tuple(inner)])
        return out if self.change is None else self.change(out)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.asarray(self[...], dtype)


def in_memory(values: NDArray[Any] | ArrayLike) -> bool:
    """Whether the values are a plain array in memory (a memory map is not)."""
    return isinstance(values, np.ndarray) and not isinstance(values, np.memmap)


def slab_axis(values: NDArray[Any] | ArrayLike) -> int:
    """The axis across which reading by slabs costs least: the slowest in memory or in the file; for values
    that do not tell, the last (a folder of slices is read slice by slice).
    """
    known = getattr(values, "slow_axis", None)
    if known is not None:
        return int(known)
    if isinstance(values, np.ndarray):
        return int(np.argmax(np.abs(values.strides)))
    chunks = getattr(values, "chunks", None)
    if chunks is not None and all(isinstance(c, int) for c in chunks):
        # Fewest values in a slab one chunk thick.
        shape = values.shape
        return int(np.argmin([math.prod(shape) / n * c for n, c in zip(shape, chunks, strict=True)]))
    return len(values.shape) - 1


def slabs(
    values: NDArray[Any] | ArrayLike, halo: int = 0, voxels: int = SLAB_VOXELS
) -> Iterator[tuple[tuple[slice, ...], tuple[slice, ...], NDArray[Any]]]:
    """Read a volume slab by slab: (place of the slab, its place within what was read, what was read).

    With ``halo`` each part read reaches that many voxels further to either side, as far as the volume goes.
    Slabs are the same whatever the number of threads, and fall on chunk borders where there are chunks.
    """
    shape = tuple(int(n) for n in values.shape)
    ax = slab_axis(values)
    thick = max(1, voxels * shape[ax] // max(1, math.prod(shape)))
    chunks = getattr(values, "chunks", None)
    if chunks is not None and len(chunks) == len(shape) and isinstance(chunks[ax], int):
        thick = max(1, round(thick / chunks[ax])) * chunks[ax]
    whole = [slice(0, n) for n in shape]
    for start in range(0, shape[ax], thick):
        stop = min(start + thick, shape[ax])
        low, high = max(0, start - halo), min(shape[ax], stop + halo)
        read, place, inner = list(whole), list(whole), list(whole)
        read[ax] = slice(low, high)
        place[ax] = slice(start, stop)
        inner[ax] = slice(start - low, stop - low)
        yield tuple(place), tuple(inner), np.asarray(values[tuple(read)])


def as_array(values: NDArray[Any] | ArrayLike) -> NDArray[Any]:
    """All the values in memory."""
    return np.asarray(values[...]) if not isinstance(values, np.ndarray) else np.asarray(values)
