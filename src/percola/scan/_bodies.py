"""Connected bodies of a segmentation: specks, what floats, and voids grown from certain ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from percola.measure._volume import BoolVolume, FloatVolume, Periodic
from percola.measure.voids.connectivity import label
from percola.scan._blocks import slabs
from percola.scan.volume import ArrayLike

#: Bodies of fewer voxels than this are less than two voxels wide: noise, or nothing that could be measured.
SPECK_VOXELS = 8


def seeded(
    values: NDArray[Any] | ArrayLike, mask: BoolVolume, seed: float, dark: bool, periodic: Periodic
) -> BoolVolume:
    """The bodies of the mask that hold a voxel beyond the seed threshold."""
    labels, count = label(mask, periodic)
    keep = np.zeros(count + 1, np.bool_)
    for place, _, part in slabs(values):
        sure = part < seed if dark else part > seed
        keep[labels[place][sure]] = True
    keep[0] = False
    return keep[labels]


def agree(field: FloatVolume | None, mask: BoolVolume) -> None:
    """Turn the sign of the level field where the voxels were given to the other phase, in place."""
    if field is None:
        return
    wrong = (field < 0) != mask
    if wrong.any():
        size = np.abs(field[wrong])
        # A voxel exactly on the wall cannot be below zero.
        size = np.maximum(size, np.float32(1e-6))
        field[wrong] = np.where(mask[wrong], -size, size)


def bodies(
    phase: BoolVolume, periodic: Periodic, small: int
) -> tuple[dict[str, float], NDArray[np.bool_], Any]:
    """Of one phase: number of bodies, share in specks, share that floats (touches no face of the volume that does
    not wrap, and does not span it) and whether any body spans; which labels hold
    fewer than ``small`` voxels; the labels.
    """
    labels, count = label(phase, periodic)
    sizes = np.zeros(count + 1, np.int64)
    for x in range(0, labels.shape[0], 16):  # bincount widens what it is given
        sizes += np.bincount(labels[x : x + 16].ravel(), minlength=count + 1)
    sizes[0] = 0
    total = int(sizes.sum())
    out = {"bodies": float(count), "specks": 0.0, "floating": 0.0, "spans": 0.0}
    if count:
        out["specks"] = float(sizes[(sizes > 0) & (sizes < SPECK_VOXELS)].sum() / total)
        attached = np.zeros(count + 1, np.bool_)
        across = np.zeros(count + 1, np.bool_)
        for ax in range(3):
            if phase.shape[ax] == 1:
                continue
            first = np.unique(np.take(labels, 0, ax))
            last = np.unique(np.take(labels, -1, ax))
            across[np.intersect1d(first, last)] = True
            if not periodic[ax]:
                attached[first] = attached[last] = True
        attached |= across
        attached[0] = across[0] = False
        out["floating"] = float(sizes[1:][~attached[1:]].sum() / total)
        out["spans"] = float(across.any())
    few = (sizes > 0) & (sizes < small)
    return out, few, labels


def cleaned(
    mask: BoolVolume, periodic: Periodic, small: int, rounds: int = 4
) -> tuple[BoolVolume, int, bool]:
    """Give bodies of fewer than ``small`` voxels to the other phase, both phases at once, until none is left.

    Specks of both phases are found before either is changed, so that the result does not depend on which
    phase is called void. Returns the mask, the number of voxels changed and whether specks are left.
    """
    out = mask
    for _ in range(rounds):
        flip = np.zeros(mask.shape, np.bool_)
        for phase in (True, False):
            _, few, labels = bodies(out if phase else ~out, periodic, small)
            rarer = (
                np.count_nonzero(out) < 0.5 * out.size if phase else np.count_nonzero(out) >= 0.5 * out.size
            )
            # A phase that is all specks goes only where it is the rarer one: not both at once.
            if few.any() and (rarer or not few[1:].all()):
                flip |= few[labels]
            del labels
        if not flip.any():
            return out, int(np.count_nonzero(out != mask)), False
        out = out ^ flip
    left = any(bodies(p, periodic, small)[1].any() for p in (out, ~out))
    return out, int(np.count_nonzero(out != mask)), left
