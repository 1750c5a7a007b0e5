"""Which bodies of the solid can carry load: those that reach their own image, or both faces of an axis."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from percola.measure._volume import BoolVolume
from percola.measure.solid._multigrid import Closure
from percola.measure.voids.connectivity import label


def carrying(solid: BoolVolume, closure: Sequence[Closure]) -> tuple[BoolVolume, NDArray[np.bool_]]:
    """The solid without bodies that hang on nothing, and the axes along which any body carries load.

    A body carries load along an axis that wraps if a path through it leads to its own image some whole number of
    boxes away along the axis (touching both faces is not enough: the contacts must meet), and along another axis if
    it touches both faces. Bodies are joined by voxel faces; those that meet only by an edge or a corner count as
    apart here.
    """
    labels, count = label(solid, (False, False, False))
    parent = list(range(count + 1))
    # Shift of a body against the root of its tree, in boxes; loops that do not close are windings.
    shift = np.zeros((count + 1, 3), np.int64)
    windings: list[tuple[int, NDArray[np.int64]]] = []

    def root(i: int) -> tuple[int, NDArray[np.int64]]:
        path, total = [], np.zeros(3, np.int64)
        while parent[i] != i:
            path.append(i)
            i = parent[i]
        for j in reversed(path):
            total = total + shift[j]
            shift[j] = total
            parent[j] = i
        return i, total

    for ax in range(3):
        if closure[ax] != "periodic":
            continue
        low, high = np.take(labels, 0, ax).ravel(), np.take(labels, -1, ax).ravel()
        both = (low > 0) & (high > 0)
        if not both.any():
            continue
        step = np.zeros(3, np.int64)
        step[ax] = 1
        for a, b in np.unique(np.stack([high[both], low[both]], 1), axis=0):
            ra, sa = root(int(a))
            rb, sb = root(int(b))
            # Going up through the face from a enters b one box further on.
            if ra == rb:
                loop = sa + step - sb
                if loop.any():
                    windings.append((ra, loop))
            else:
                parent[rb] = ra
                shift[rb] = sa + step - sb
    tree = np.array([root(i)[0] for i in range(count + 1)])
    along: NDArray[np.bool_] = np.zeros((count + 1, 3), np.bool_)
    for body, loop in windings:
        along[tree[body]] |= loop != 0
    for ax in range(3):
        if closure[ax] == "periodic":
            continue
        ends = [np.zeros(count + 1, np.bool_) for _ in range(2)]
        for end, index in zip(ends, (0, -1), strict=True):
            end[tree[np.unique(np.take(labels, index, ax))]] = True
        along[:, ax] = ends[0] & ends[1]
    along[0] = False
    kept = np.asarray(along.any(axis=1), np.bool_)[tree]
    kept[0] = False
    return kept[labels], np.asarray(along.any(axis=0), np.bool_)
