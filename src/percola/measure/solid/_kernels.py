"""Compiled parts of the multigrid for voxel elasticity: smoothing, application, transfer between grids.

Every level is a box of nodes (nx, ny, nz) with three displacements each. A node has a row of 3 x 81
coefficients, one block of 3 x 3 for each of its 27 neighbours (itself included), found through ``slot`` (below 0
where the node touches no solid). On the finest level the row depends only on which of the eight voxels around
the node are solid, so 256 rows serve all nodes. Rows are padded to 84 so that they fill vector registers.

Planes normal to x are smoothed in two colours (three where an odd number of planes wraps): planes of a colour
do not touch, so threads may take them in any order and the result is the same to the last bit.
"""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

import numpy as np
from numba import njit

_FAST = {"reassoc", "contract", "nsz"}
WIDTH = 84


@njit(cache=True, nogil=True)
def rows_of(base, x, y, nx, ny, nz):
    """Offsets of the nine columns around (x, y), the box wrapped; outside it the coefficients are zero."""
    for a in range(3):
        xx = x + a - 1
        if xx < 0:
            xx += nx
        elif xx >= nx:
            xx -= nx
        for b in range(3):
            yy = y + b - 1
            if yy < 0:
                yy += ny
            elif yy >= ny:
                yy -= ny
            base[3 * a + b] = (xx * ny + yy) * nz


@njit(cache=True, nogil=True, fastmath=_FAST)
def around(w, u, base, z, nz):
    """Copy the displacements of the 27 neighbours side by side."""
    if 0 < z < nz - 1:
        for r in range(9):
            n = 3 * (base[r] + z - 1)
            for c in range(9):
                w[9 * r + c] = u[n + c]
    else:
        low = z - 1 if z > 0 else nz - 1
        high = z + 1 if z < nz - 1 else 0
        for r in range(9):
            for b in range(3):
                w[9 * r + b] = u[3 * (base[r] + low) + b]
                w[9 * r + 3 + b] = u[3 * (base[r] + z) + b]
                w[9 * r + 6 + b] = u[3 * (base[r] + high) + b]


@njit(cache=True, nogil=True, fastmath=_FAST)
def sweep(u, f, strain, slot, shape, coefficient, macro, inverse, fixed, stride, x0, x1, step, back):
    """Gauss-Seidel on the planes x0, x0 + step, ... below x1: each node takes the place that balances its force.

    f - F strain - A u is brought to zero node by node, with the 3 x 3 block of the node inverted (components
    held by symmetry planes have zero rows there). ``back`` reverses the order.
    """
    nx, ny, nz = shape
    w = np.zeros(84, np.float32)
    base = np.empty(9, np.int64)
    loaded = False
    for m in range(6):
        loaded = loaded or strain[m] != 0.0
    planes = (x1 - x0 + step - 1) // step
    for i in range(planes):
        x = x0 + step * (planes - 1 - i if back else i)
        for j in range(ny):
            y = ny - 1 - j if back else j
            rows_of(base, x, y, nx, ny, nz)
            here = (x * ny + y) * nz
            held = fixed[0, x] | fixed[1, y]
            for k in range(nz):
                z = nz - 1 - k if back else k
                s = slot[here + z]
                if s < 0:
                    continue
                around(w, u, base, z, nz)
                a0 = np.float32(0)
                a1 = np.float32(0)
                a2 = np.float32(0)
                for c in range(84):
                    a0 += coefficient[s, 0, c] * w[c]
                    a1 += coefficient[s, 1, c] * w[c]
                    a2 += coefficient[s, 2, c] * w[c]
                n = 3 * (here + z)
                a0 = f[n] - a0
                a1 = f[n + 1] - a1
                a2 = f[n + 2] - a2
                if loaded:
                    for m in range(6):
                        a0 -= macro[s, 0, m] * strain[m]
                        a1 -= macro[s, 1, m] * strain[m]
                        a2 -= macro[s, 2, m] * strain[m]
                d = s + stride * (held | fixed[2, z])
                u[n] += inverse[d, 0, 0] * a0 + inverse[d, 0, 1] * a1 + inverse[d, 0, 2] * a2
                u[n + 1] += inverse[d, 1, 0] * a0 + inverse[d, 1, 1] * a1 + inverse[d, 1, 2] * a2
                u[n + 2] += inverse[d, 2, 0] * a0 + inverse[d, 2, 1] * a1 + inverse[d, 2, 2] * a2


@njit(cache=True, nogil=True, fastmath=_FAST)
def apply(u, out, strain, slot, shape, coefficient, macro, sums, x0, x1):
    """out = A u + F strain on the planes x0..x1; ``sums[x]`` takes u.out and F^T u of each plane."""
    nx, ny, nz = shape
    w = np.zeros(84, np.float32)
    base = np.empty(9, np.int64)
    pull = np.empty(6, np.float32)
    for x in range(x0, x1):
        work = 0.0
        p0, p1, p2, p3, p4, p5 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        for y in range(ny):
            rows_of(base, x, y, nx, ny, nz)
            here = (x * ny + y) * nz
            for z in range(nz):
                s = slot[here + z]
                n = 3 * (here + z)
                if s < 0:
                    out[n] = 0
                    out[n + 1] = 0
                    out[n + 2] = 0
                    continue
                around(w, u, base, z, nz)
                a0 = np.float32(0)
                a1 = np.float32(0)
                a2 = np.float32(0)
                for c in range(84):
                    a0 += coefficient[s, 0, c] * w[c]
                    a1 += coefficient[s, 1, c] * w[c]
                    a2 += coefficient[s, 2, c] * w[c]
                u0, u1, u2 = u[n], u[n + 1], u[n + 2]
                for m in range(6):
                    g0, g1, g2 = macro[s, 0, m], macro[s, 1, m], macro[s, 2, m]
                    a0 += g0 * strain[m]
                    a1 += g1 * strain[m]
                    a2 += g2 * strain[m]
                    pull[m] = g0 * u0 + g1 * u1 + g2 * u2
                out[n] = a0
                out[n + 1] = a1
                out[n + 2] = a2
                work += u0 * a0 + u1 * a1 + u2 * a2
                p0 += pull[0]
                p1 += pull[1]
                p2 += pull[2]
                p3 += pull[3]
                p4 += pull[4]
                p5 += pull[5]
        sums[x, 0] = work
        sums[x, 1] = p0
        sums[x, 2] = p1
        sums[x, 3] = p2
        sums[x, 4] = p3
        sums[x, 5] = p4
        sums[x, 6] = p5


@njit(cache=True, nogil=True)
def dot(a, b, sums, edges, i0, i1):
    """Products summed in double precision over the pieces i0..i1."""
    for i in range(i0, i1):
        total = 0.0
        for n in range(edges[i], edges[i + 1]):
            total += np.float64(a[n]) * np.float64(b[n])
        sums[i] = total


@njit(cache=True, nogil=True)
def restrict(f, au, out, fine, coarse, ix, iy, iz, wx, wy, wz, slot, x0, x1):
    """out = P^T (f - au): forces of the nodes under each coarse node, by the weights of linear interpolation."""
    ny, nz = fine[1], fine[2]
    cy, cz = coarse[1], coarse[2]
    for x in range(x0, x1):
        for y in range(cy):
            for z in range(cz):
                n = (x * cy + y) * cz + z
                t0, t1, t2 = np.float32(0), np.float32(0), np.float32(0)
                if slot[n] >= 0:
                    for a in range(3):
                        if ix[x, a] < 0:
                            continue
                        for b in range(3):
                            if iy[y, b] < 0:
                                continue
                            row = (ix[x, a] * ny + iy[y, b]) * nz
                            wab = wx[x, a] * wy[y, b]
                            for c in range(3):
                                if iz[z, c] < 0:
                                    continue
                                m = 3 * (row + iz[z, c])
                                w = wab * wz[z, c]
                                t0 += w * (f[m] - au[m])
                                t1 += w * (f[m + 1] - au[m + 1])
                                t2 += w * (f[m + 2] - au[m + 2])
                out[3 * n] = t0
                out[3 * n + 1] = t1
                out[3 * n + 2] = t2


@njit(cache=True, nogil=True)
def prolong(e, u, fine, coarse, jx, jy, jz, vx, vy, vz, slot, x0, x1):
    """u += P e on the planes x0..x1: linear interpolation from the coarse nodes."""
    ny, nz = fine[1], fine[2]
    cy, cz = coarse[1], coarse[2]
    for x in range(x0, x1):
        for y in range(ny):
            for z in range(nz):
                n = (x * ny + y) * nz + z
                if slot[n] < 0:
                    continue
                t0, t1, t2 = np.float32(0), np.float32(0), np.float32(0)
                for a in range(2):
                    if vx[x, a] == 0:
                        continue
                    for b in range(2):
                        if vy[y, b] == 0:
                            continue
                        row = (jx[x, a] * cy + jy[y, b]) * cz
                        vab = vx[x, a] * vy[y, b]
                        for c in range(2):
                            m = 3 * (row + jz[z, c])
                            v = vab * vz[z, c]
                            t0 += v * e[m]
                            t1 += v * e[m + 1]
                            t2 += v * e[m + 2]
                u[3 * n] += t0
                u[3 * n + 1] += t1
                u[3 * n + 2] += t2


@njit(cache=True, nogil=True)
def occupied(fine_slot, out, fine, coarse, ix, iy, iz):
    """Whether any node under a coarse node touches solid."""
    for x in range(coarse[0]):
        for y in range(coarse[1]):
            for z in range(coarse[2]):
                found = False
                for a in range(3):
                    for b in range(3):
                        for c in range(3):
                            if ix[x, a] >= 0 and iy[y, b] >= 0 and iz[z, c] >= 0:
                                n = (ix[x, a] * fine[1] + iy[y, b]) * fine[2] + iz[z, c]
                                found = found or fine_slot[n] >= 0
                out[(x * coarse[1] + y) * coarse[2] + z] = found


@njit(cache=True, nogil=True, fastmath=_FAST)
def galerkin(
    fine_slot, fine_rows, fine_macro, fine, slot, coarse, ix, iy, iz, gx, gy, gz, rows, macro, x0, x1
):
    """Rows of P^T A P and of P^T F for the coarse nodes of the planes x0..x1.

    The rows of the up to 27 nodes under a coarse node are summed into a stencil of 5 x 5 x 5 fine nodes, which
    is then interpolated axis by axis onto the 27 coarse neighbours (``g[I, d + 2, J + 1]``: weight of the coarse
    neighbour J at the fine node d away).
    """
    ny, nz = fine[1], fine[2]
    star = np.empty((3, 5, 5, 15), np.float64)
    by_z = np.empty((3, 5, 5, 9), np.float64)
    by_y = np.empty((3, 5, 3, 9), np.float64)
    for x in range(x0, x1):
        for y in range(coarse[1]):
            for z in range(coarse[2]):
                s = slot[(x * coarse[1] + y) * coarse[2] + z]
                if s < 0:
                    continue
                star[:] = 0
                for p in range(3):
                    for q in range(3):
                        for r in range(3):
                            i, j, k = ix[x, p], iy[y, q], iz[z, r]
                            if i < 0 or j < 0 or k < 0:
                                continue
                            t = fine_slot[(i * ny + j) * nz + k]
                            if t < 0:
                                continue
                            w = np.float64(gx[x, p + 1, 1]) * gy[y, q + 1, 1] * gz[z, r + 1, 1]
                            for a in range(3):
                                for b in range(3):
                                    for c in range(3):
                                        for e in range(9):
                                            star[a, p + b, q + c, 3 * r + e] += (
                                                w * fine_rows[t, a, 27 * b + 9 * c + e]
                                            )
                                for m in range(6):
                                    macro[s, a, m] += w * fine_macro[t, a, m]
                for a in range(3):
                    for p in range(5):
                        for q in range(5):
                            for o in range(3):
                                for b in range(3):
                                    t0 = 0.0
                                    for d in range(5):
                                        t0 += gz[z, d, o] * star[a, p, q, 3 * d + b]
                                    by_z[a, p, q, 3 * o + b] = t0
                        for o in range(3):
                            for e in range(9):
                                t0 = 0.0
                                for d in range(5):
                                    t0 += gy[y, d, o] * by_z[a, p, d, e]
                                by_y[a, p, o, e] = t0
                    for o in range(3):
                        for q in range(3):
                            for e in range(9):
                                t0 = 0.0
                                for d in range(5):
                                    t0 += gx[x, d, o] * by_y[a, d, q, e]
                                rows[s, a, 27 * o + 9 * q + e] = t0


@njit(cache=True, nogil=True)
def von_mises(u, solid, nodes, strain, shear, out, counts, x0, x1):
    """Von Mises stress at the centre of every solid voxel, from the mean strain plus that of the fluctuation."""
    nx, ny, nz = nodes
    g = np.zeros((3, 3))
    for x in range(x0, x1):
        at = counts[x]
        for y in range(solid.shape[1]):
            for z in range(solid.shape[2]):
                if not solid[x, y, z]:
                    continue
                g[:] = 0.0
                for a in range(2):
                    for b in range(2):
                        for c in range(2):
                            n = 3 * ((((x + a) % nx) * ny + (y + b) % ny) * nz + (z + c) % nz)
                            for i in range(3):
                                v = 0.25 * u[n + i]
                                g[i, 0] += v if a else -v
                                g[i, 1] += v if b else -v
                                g[i, 2] += v if c else -v
                e0 = g[0, 0] + strain[0]
                e1 = g[1, 1] + strain[1]
                e2 = g[2, 2] + strain[2]
                s3 = shear * (g[1, 2] + g[2, 1] + strain[3])
                s4 = shear * (g[0, 2] + g[2, 0] + strain[4])
                s5 = shear * (g[0, 1] + g[1, 0] + strain[5])
                d01, d12, d20 = e0 - e1, e1 - e2, e2 - e0
                # (s_i - s_j) = 2 G (e_i - e_j); half their squares, and three times those of the shears.
                normal = 2 * shear * shear * (d01 * d01 + d12 * d12 + d20 * d20)
                out[at] = np.sqrt(normal + 3 * (s3 * s3 + s4 * s4 + s5 * s5))
                at += 1
