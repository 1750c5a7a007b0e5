"""Local thickness: at each point the radius of the largest sphere that fits inside the phase and covers the
point.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from percola.measure._volume import Periodic
from percola.measure.voids.spheres import largest_sphere


def local_thickness(cell: NDArray[Any], periodic: Periodic) -> NDArray[Any]:
    """Local thickness as a radius in voxels, 0 outside the phase (Hildebrand and Ruegsegger, J. Microsc. 185
    (1997) 67).

    tau(x) = max over centres c with |x - c| <= R(c) of R(c); every radius that occurs, no size classes.

    Args:
        cell: sphere radii, ``DistanceMap.cell``; or squared distances between voxels, whole numbers
            (:func:`percola.measure.voids.voxel.voxel_distance`), which give squared distances back, a sphere holding the
            voxels nearer to its centre than the nearest voxel outside the phase.
        periodic: whether each axis wraps.

    Exact for the spheres given (equal to trying every sphere on every voxel).
    Limitation (convenience): spheres are centred on voxel centres though a ``cell`` radius was found within half a voxel
        of them: single voxels at the rim of a sphere may get the radius of the next one.
    """
    out = largest_sphere(cell, periodic)
    np.copyto(out, 0, where=cell <= 0)
    return out
