"""Local thickness: at each point the radius of the largest sphere that fits inside the phase and covers the
point.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from percola.measure import _parallel
from percola.measure._volume import FloatVolume, Periodic
from percola.measure.voids.distance import _beside

# A sphere is dropped when a neighbour's covers it to within this many voxels.
_SLACK = 0.25


@njit(cache=True, nogil=True)
def _stamp(cell, wrap, top, out, x0, x1):  # type: ignore[no-untyped-def]
    """Write the largest radius over all spheres covering each voxel of the slab x0 <= x < x1."""
    nx, ny, nz = cell.shape
    for xs in range(x0 - top, x1 + top):
        x = xs
        if x < 0 or x >= nx:
            if not wrap[0]:
                continue
            x %= nx
        for y in range(ny):
            for z in range(nz):
                r = cell[x, y, z]
                if r <= 0 or xs + r < x0 or xs - r > x1:
                    continue
                covered = False
                for n in range(27):
                    dx, dy, dz = n // 9 - 1, (n // 3) % 3 - 1, n % 3 - 1
                    i, j, k = (
                        _beside(x + dx, nx, wrap[0]),
                        _beside(y + dy, ny, wrap[1]),
                        _beside(z + dz, nz, wrap[2]),
                    )
                    if i < 0 or j < 0 or k < 0:
                        continue
                    rise = cell[i, j, k] - r + np.float32(_SLACK)
                    if cell[i, j, k] > r and rise * rise >= dx * dx + dy * dy + dz * dz:
                        covered = True
                        break
                if covered:
                    continue
                reach = int(r)
                r2 = r * r
                for i in range(max(xs - reach, x0), min(xs + reach + 1, x1)):
                    for j in range(y - reach, y + reach + 1):
                        jj = j
                        if j < 0 or j >= ny:
                            if not wrap[1]:
                                continue
                            jj = j % ny
                        plane = np.float32((i - xs) ** 2 + (j - y) ** 2)
                        if plane > r2:
                            continue
                        half = int(np.sqrt(r2 - plane))
                        for k in range(z - half, z + half + 1):
                            kk = k
                            if k < 0 or k >= nz:
                                if not wrap[2]:
                                    continue
                                kk = k % nz
                            if out[i, jj, kk] < r:
                                out[i, jj, kk] = r


def local_thickness(cell: FloatVolume, periodic: Periodic) -> FloatVolume:
    """Local thickness as a radius in voxels, 0 outside the phase (Hildebrand and Ruegsegger, J. Microsc. 185
    (1997) 67).

    Args:
        cell: sphere radii, ``DistanceMap.cell``, at every radius that occurs (no size classes).
        periodic: whether each axis wraps.

    Spheres are centred on voxel centres though their radius was found within half a voxel of them: single
        voxels at the
    rim of a sphere may get the radius of the next one. Spheres covered by a neighbour's to within a quarter
    voxel are left out.
    """
    out = np.where(cell > 0, cell, np.float32(0))
    wrap = np.array(periodic, np.bool_)
    top = math.ceil(float(cell.max()))
    _parallel.run(lambda a, b: _stamp(cell, wrap, top, out, a, b), _parallel.slabs(cell.shape[0], 8))
    np.copyto(out, 0, where=cell <= 0)
    return out
