"""Linear elasticity of a voxel structure by trilinear finite elements and geometric multigrid.

Every solid voxel is one trilinear hexahedron with full (2 x 2 x 2) integration, so there are no hourglass modes;
void voxels have no element at all, their stiffness is exactly zero. The displacement is strain.x + u with u
periodic on the axes that wrap, and held by symmetry on mirrored faces. Unknowns are u and those components of the
mean strain that are left free (zero mean stress), so that Young's modulus comes from one solve:

    minimise  Pi(u, e) = u.A u + 2 e.F^T u + e.D e   (twice the strain energy)

by conjugate gradients. The preconditioner is one V-cycle of multigrid with exact Galerkin operators (trilinear
interpolation reproduces linear fields, so the mean strain is the same unknown on every level and is solved for on
the coarsest). Galerkin operators never overshoot, whatever the shape of the voids, and rows are 3 x 81 numbers a
node on every level but the finest, where 256 rows serve all nodes.

Geometric multigrid for voxel models of porous solids: Arbenz et al., Int. J. Numer. Methods Eng. 73 (2008) 927;
Flaig and Arbenz, Parallel Comput. 37 (2011) 846. Mirrored faces are the mixed uniform conditions of Pahr and
Zysset, Biomech. Model. Mechanobiol. 7 (2008) 463.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from percola.measure import _parallel
from percola.measure._volume import BoolVolume
from percola.measure.solid import _kernels

Closure = Literal["periodic", "mirror", "free"]
FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int32]

# Voigt order: components of the strain, shears doubled (engineering).
VOIGT = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))
# Coarsening stops at this number of nodes; the rest is solved densely.
_SMALLEST = 64
# Least stiffness of a mode of the coarsest operator over the largest; rows are good to about 1e-7.
_NULL = 1e-6
# Conjugate gradient steps before the remaining error is judged.
_DELAY = 5


def isotropic(poissons_ratio: float) -> NDArray[np.float64]:
    """Stiffness in Voigt notation (6, 6) of an isotropic solid of Young's modulus 1."""
    nu = poissons_ratio
    lame, shear = nu / ((1 + nu) * (1 - 2 * nu)), 0.5 / (1 + nu)
    c = np.zeros((6, 6))
    c[:3, :3] = lame
    c[range(3), range(3)] += 2 * shear
    c[range(3, 6), range(3, 6)] = shear
    return c


def _strain_matrix(xi: NDArray[np.float64]) -> NDArray[np.float64]:
    """Strain (6) from the 24 corner displacements of a unit voxel at the point xi; corner 4 a + 2 b + c."""
    out = np.zeros((6, 24))
    for corner in range(8):
        bits = np.array([corner >> 2 & 1, corner >> 1 & 1, corner & 1])
        shape = np.where(bits == 1, xi, 1 - xi)
        sign = np.where(bits == 1, 1.0, -1.0)
        gradient = [sign[i] * np.prod(np.delete(shape, i)) for i in range(3)]
        for m, (i, j) in enumerate(VOIGT):
            out[m, 3 * corner + i] += gradient[j]
            if i != j:
                out[m, 3 * corner + j] += gradient[i]
    return out


def element(stiffness: NDArray[np.float64]) -> NDArray[np.float64]:
    """Stiffness matrix (24, 24) of the unit voxel, exact by two Gauss points along each axis."""
    points = 0.5 + np.array([-0.5, 0.5]) / np.sqrt(3.0)
    out = np.zeros((24, 24))
    for x in points:
        for y in points:
            for z in points:
                b = _strain_matrix(np.array([x, y, z]))
                out += b.T @ stiffness @ b / 8
    return out


def _tables(stiffness: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rows (256, 3, 84) and macroscopic forces (256, 3, 6) of a node by the pattern of solid voxels around it.

    Bit 4 a + 2 b + c of the pattern is the voxel on the upper (1) or lower (0) side of the node along x, y, z.
    """
    k = element(stiffness).reshape(8, 3, 8, 3)
    corners = np.array([[c >> 2 & 1, c >> 1 & 1, c & 1] for c in range(8)], float)
    # Corner displacements of the unit strains, symmetric part only.
    linear = np.zeros((8, 3, 6))
    for m, (i, j) in enumerate(VOIGT):
        linear[:, i, m] += corners[:, j] * (1.0 if i == j else 0.5)
        if i != j:
            linear[:, j, m] += corners[:, i] * 0.5
    one_row = np.zeros((8, 3, _kernels.WIDTH))
    one_macro = np.zeros((8, 3, 6))
    for voxel in range(8):
        side = np.array([voxel >> 2 & 1, voxel >> 1 & 1, voxel & 1])
        mine = 1 - side  # which corner of that voxel the node is
        me = int(4 * mine[0] + 2 * mine[1] + mine[2])
        for other in range(8):
            offset = np.array([other >> 2 & 1, other >> 1 & 1, other & 1]) - mine + 1
            column = int(9 * offset[0] + 3 * offset[1] + offset[2])
            one_row[voxel, :, 3 * column : 3 * column + 3] += k[me, :, other]
        one_macro[voxel] = np.einsum("acb,cbm->am", k[me], linear)
    bits = (np.arange(256)[:, None] >> np.arange(8)) & 1
    rows = np.tensordot(bits.astype(float), one_row, 1)
    macro = np.tensordot(bits.astype(float), one_macro, 1)
    return rows, macro


@dataclass(frozen=True)
class _Axis:
    """Nodes of one axis of one level and their place on the next coarser one."""

    at: NDArray[np.float64]
    period: float | None  # length if the axis wraps
    coarse: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    fine_index: IntArray = field(default_factory=lambda: np.zeros((0, 3), np.int32))
    weight: FloatArray = field(default_factory=lambda: np.zeros((0, 3), np.float32))
    spread: FloatArray = field(default_factory=lambda: np.zeros((0, 5, 3), np.float32))
    parent: IntArray = field(default_factory=lambda: np.zeros((0, 2), np.int32))
    share: FloatArray = field(default_factory=lambda: np.zeros((0, 2), np.float32))


def _axis(at: NDArray[np.float64], period: float | None) -> _Axis:
    """Take every second node (and the last one of an axis that does not wrap) as coarse, with the weights of linear
    interpolation between them.
    """
    n = len(at)
    coarse = np.arange(0, n, 2)
    if period is None and coarse[-1] != n - 1:
        coarse = np.append(coarse, n - 1)
    count = len(coarse)

    def place(i: int) -> float:
        return float(at[i % n]) + (0.0 if period is None else period * (i // n))

    fine_index = np.full((count, 3), -1, np.int32)
    weight = np.zeros((count, 3))
    spread = np.zeros((count, 5, 3))
    parent = np.zeros((n, 2), np.int32)
    share = np.zeros((n, 2))
    parent[coarse, 0] = np.arange(count)
    parent[coarse, 1] = np.arange(count)
    share[coarse, 0] = 1.0
    for i, c in enumerate(coarse):
        spread[i, 2, 1] = 1.0
        for side in (-1, 1):
            if period is None and not 0 <= i + side < count:
                continue
            j = (i + side) % count
            end = int(coarse[j]) + (n * ((i + side) // count) if period is not None else 0)
            for d in range(1, abs(end - int(c)) + 1):
                t = (place(int(c) + side * d) - place(int(c))) / (place(end) - place(int(c)))
                spread[i, 2 + side * d, 1] = 1 - t
                spread[i, 2 + side * d, 1 + side] = t
                if t < 1:
                    fine_index[i, 1 + side] = (int(c) + side * d) % n
                    if side == 1:
                        f = (int(c) + d) % n
                        parent[f] = (i, j)
                        share[f] = (1 - t, t)
        fine_index[i, 1] = c
        weight[i] = spread[i, 1:4, 1]
    weight[fine_index < 0] = 0
    return _Axis(
        at,
        period,
        coarse,
        fine_index,
        weight.astype(np.float32),
        spread.astype(np.float32),
        parent,
        share.astype(np.float32),
    )


@dataclass
class _Level:
    shape: tuple[int, int, int]
    axes: tuple[_Axis, _Axis, _Axis]
    slot: IntArray
    rows: FloatArray
    macro: FloatArray
    inverse: FloatArray = field(default_factory=lambda: np.zeros((0, 3, 3), np.float32))
    fixed: NDArray[np.int64] = field(default_factory=lambda: np.zeros((3, 0), np.int64))
    stride: int = 0
    u: FloatArray = field(default_factory=lambda: np.zeros(0, np.float32))
    f: FloatArray = field(default_factory=lambda: np.zeros(0, np.float32))
    au: FloatArray = field(default_factory=lambda: np.zeros(0, np.float32))

    def planes(self) -> list[tuple[int, int]]:
        return _parallel.slabs(self.shape[0], self.pieces)

    @property
    def pieces(self) -> int:
        """Pieces of work: few on small grids, where handing them out costs more than they do."""
        return min(32, max(1, math.prod(self.shape) // 4096))


@dataclass(frozen=True)
class Response:
    """One load case solved.

    Attributes:
        strain: mean strain (6), engineering shears.
        energy: twice the strain energy per volume of the box, for Young's modulus 1 of the solid; comes down from
            above.
        remaining: estimate of what it would still come down.
        steps: conjugate gradient steps.
        settled: whether ``remaining`` came below the tolerance.
        u: displacement of the nodes beyond the mean strain, in voxels, (nodes, 3) flattened.
        gains: by how much the energy came down in each step.
    """

    strain: NDArray[np.float64]
    energy: float
    remaining: float
    steps: int
    settled: bool
    u: FloatArray
    gains: tuple[float, ...]


class VoxelElasticity:
    """The elastic problem on the solid voxels of a box.

    Args:
        solid: True in solid, (nx, ny, nz); bodies that hang on nothing are best left out.
        closure: what stands behind the faces of each axis: ``"periodic"``, ``"mirror"`` (symmetry planes) or
            ``"free"`` (nothing).
        poissons_ratio: of the solid; its Young's modulus is 1.

    Memory: about 75 bytes a voxel, and 1.1 kB for every coarse node (one for eight voxels) that touches solid.
    """

    def __init__(self, solid: BoolVolume, closure: Sequence[Closure], poissons_ratio: float) -> None:
        self.solid = np.ascontiguousarray(solid)
        self.closure = tuple(closure)
        self.stiffness = isotropic(poissons_ratio)
        self.mean = self.stiffness * float(solid.sum())  # energy of the bare mean strain
        self.levels = [self._finest()]
        while self._coarsen():
            pass
        for level in self.levels:
            size = 3 * int(np.prod(level.shape))
            level.u = np.zeros(size, np.float32)
            level.f = np.zeros(size if level is not self.levels[0] else 0, np.float32)
            level.au = np.zeros(size, np.float32)

    # --- the levels
    def _finest(self) -> _Level:
        solid = self.solid
        padded = solid
        for ax in range(3):
            if self.closure[ax] == "periodic":
                padded = np.concatenate([np.take(padded, [-1], ax), padded], ax)
            else:
                width = [(0, 0)] * 3
                width[ax] = (1, 1)
                padded = np.pad(padded, width)
        shape: tuple[int, int, int] = tuple(n - 1 for n in padded.shape)
        pattern = np.zeros(shape, np.uint8)
        for voxel in range(8):
            a, b, c = voxel >> 2 & 1, voxel >> 1 & 1, voxel & 1
            part = padded[a : a + shape[0], b : b + shape[1], c : c + shape[2]]
            pattern |= part.view(np.uint8) << np.uint8(voxel)
        slot = pattern.astype(np.int32)
        slot[pattern == 0] = -1
        rows, macro = _tables(self.stiffness)
        axes = tuple(
            _axis(np.arange(shape[ax], dtype=float), float(shape[ax]) if c == "periodic" else None)
            for ax, c in enumerate(self.closure)
        )
        return _Level(shape, axes, slot.ravel(), rows.astype(np.float32), macro.astype(np.float32))  # type: ignore[arg-type]

    def _coarsen(self) -> bool:
        fine = self.levels[-1]
        shape: tuple[int, int, int] = tuple(len(a.coarse) for a in fine.axes)  # type: ignore[assignment]
        if int(np.prod(fine.shape)) <= _SMALLEST or shape == fine.shape:
            return False
        x, y, z = fine.axes
        filled = np.zeros(int(np.prod(shape)), np.bool_)
        _kernels.occupied(fine.slot, filled, fine.shape, shape, x.fine_index, y.fine_index, z.fine_index)
        slot = np.full(len(filled), -1, np.int32)
        count = int(filled.sum())
        slot[filled] = np.arange(count, dtype=np.int32)
        rows = np.zeros((count, 3, _kernels.WIDTH), np.float32)
        macro = np.zeros((count, 3, 6), np.float32)

        def task(a: int, b: int) -> None:
            _kernels.galerkin(
                fine.slot, fine.rows, fine.macro, fine.shape, slot, shape, x.fine_index, y.fine_index, z.fine_index,
                x.spread, y.spread, z.spread, rows, macro, a, b,
            )  # fmt: skip

        _parallel.run(task, _parallel.slabs(shape[0], min(32, max(1, count // 64))))
        axes = tuple(_axis(a.at[a.coarse], a.period) for a in fine.axes)
        self.levels.append(_Level(shape, axes, slot, rows, macro))  # type: ignore[arg-type]
        return True

    def _hold(self, held: NDArray[np.int64]) -> None:
        """Set which components the mirrored faces hold: ``held[ax]`` has bit i for component i."""
        for depth, level in enumerate(self.levels):
            longest = max(level.shape)
            level.fixed = np.zeros((3, longest), np.int64)
            faces = np.zeros((3, longest), np.int64)
            for ax in range(3):
                if self.closure[ax] == "mirror":
                    faces[ax, [0, level.shape[ax] - 1]] = held[ax]
            block = _diagonal(level)
            if depth == 0:
                level.fixed = faces
                level.stride = len(block)
                level.inverse = np.concatenate([_inverted(block, np.full(len(block), m)) for m in range(8)])
            else:
                n = np.flatnonzero(level.slot >= 0)
                i, j, k = np.unravel_index(n, level.shape)
                level.inverse = _inverted(block, faces[0, i] | faces[1, j] | faces[2, k])
        self._faces = faces

    # --- the operator and its preconditioner
    def _apply(
        self, level: _Level, u: FloatArray, out: FloatArray, strain: NDArray[np.float64]
    ) -> tuple[float, NDArray[np.float64]]:
        sums = np.zeros((level.shape[0], 7))
        e = strain.astype(np.float32)

        def task(a: int, b: int) -> None:
            _kernels.apply(u, out, e, level.slot, level.shape, level.rows, level.macro, sums, a, b)

        _parallel.run(task, level.planes())
        total = sums.sum(0)
        return float(total[0]), total[1:]

    def _smooth(
        self, level: _Level, u: FloatArray, f: FloatArray, strain: NDArray[np.float64], back: bool
    ) -> None:
        nx = level.shape[0]
        e = strain.astype(np.float32)
        colours = [(0, nx - nx % 2), (1, nx - nx % 2)]
        if nx % 2:
            colours.append((nx - 1, nx))
        if back:
            colours.reverse()
        for first, end in colours:
            planes = len(range(first, end, 2))
            if planes == 0:
                continue

            def task(a: int, b: int, first: int = first, end: int = end) -> None:
                _kernels.sweep(
                    u, f, e, level.slot, level.shape, level.rows, level.macro, level.inverse, level.fixed,
                    level.stride, first + 2 * a, min(first + 2 * b, end), 2, back,
                )  # fmt: skip

            _parallel.run(task, _parallel.slabs(planes, level.pieces))

    def _cycle(
        self, depth: int, f: FloatArray, pull: NDArray[np.float64]
    ) -> tuple[FloatArray, NDArray[np.float64]]:
        """Approximate solution of the forces f and the mean stresses ``pull``: displacement and mean strain."""
        level = self.levels[depth]
        if depth == len(self.levels) - 1:
            return self._direct(f, pull)
        none = np.zeros(6)
        level.u[:] = 0
        self._smooth(level, level.u, f, none, False)
        _, moved = self._apply(level, level.u, level.au, none)
        coarse = self.levels[depth + 1]
        x, y, z = level.axes

        def down(a: int, b: int) -> None:
            _kernels.restrict(
                f, level.au, coarse.f, level.shape, coarse.shape, x.fine_index, y.fine_index, z.fine_index,
                x.weight, y.weight, z.weight, coarse.slot, a, b,
            )  # fmt: skip

        _parallel.run(down, coarse.planes())
        e, strain = self._cycle(depth + 1, coarse.f, pull - moved)

        def up(a: int, b: int) -> None:
            _kernels.prolong(
                e, level.u, level.shape, coarse.shape, x.parent, y.parent, z.parent, x.share, y.share, z.share,
                level.slot, a, b,
            )  # fmt: skip

        _parallel.run(up, level.planes())
        self._smooth(level, level.u, f, strain, True)
        return level.u, strain

    def _prepare_direct(self, free: NDArray[np.bool_]) -> None:
        """Dense pseudo-inverse of the coarsest operator with the free mean strains."""
        level = self.levels[-1]
        nodes = int(np.prod(level.shape))
        size = 3 * nodes + 6
        dense = np.zeros((size, size))
        idle = np.zeros(size, np.bool_)
        if len(self.levels) == 1:
            held = level.fixed
        else:
            held = self._faces
        n = np.flatnonzero(level.slot >= 0)
        places = np.unravel_index(n, level.shape)
        slot = level.slot[n]
        bits = held[0, places[0]] | held[1, places[1]] | held[2, places[2]]
        idle[:-6] = True
        free_node = (bits[:, None] >> np.arange(3)) & 1 == 0
        own = 3 * n[:, None] + np.arange(3)
        idle[own[free_node]] = False
        for o in range(27):
            there = [
                (p + d - 1) % q
                for p, d, q in zip(places, (o // 9, o // 3 % 3, o % 3), level.shape, strict=True)
            ]
            other = 3 * np.ravel_multi_index(there, level.shape)[:, None] + np.arange(3)
            # Added, not set: on an axis of one or two nodes several neighbours are one node.
            np.add.at(dense, (own[:, :, None], other[:, None, :]), level.rows[slot, :, 3 * o : 3 * o + 3])
        dense[own, -6:] = level.macro[slot]
        dense[-6:, :-6] = dense[:-6, -6:].T
        dense[-6:, -6:] = self.mean
        idle[-6:] = ~free
        dense[idle] = 0
        dense[:, idle] = 0
        dense = (dense + dense.T) / 2
        scale = np.zeros(size)
        used = np.diag(dense) > 0
        scale[used] = 1 / np.sqrt(np.diag(dense)[used])
        # Shifts of the whole box cost nothing where no face holds them: out of the matrix and out of the answer.
        shifts = np.zeros((size, 3))
        for a in range(3):
            if not idle[a:-6:3][level.slot >= 0].any():
                shifts[a:-6:3, a] = np.where(level.slot >= 0, 1.0, 0.0)
        shifts = shifts[:, shifts.any(0)] * np.where(used, 1 / np.where(used, scale, 1.0), 0.0)[:, None]
        shifts, _ = np.linalg.qr(shifts)
        scaled = dense * scale[:, None] * scale
        scaled -= shifts @ (shifts.T @ scaled)
        scaled -= (scaled @ shifts) @ shifts.T
        values, vectors = np.linalg.eigh((scaled + scaled.T) / 2)
        # Other modes without load (free bodies, hinges) are left with a small stiffness.
        values = np.maximum(values, _NULL * max(values[-1], 1e-300))
        vectors -= shifts @ (shifts.T @ vectors)
        self._coarsest = scale[:, None] * vectors / np.sqrt(values)

    def _direct(self, f: FloatArray, pull: NDArray[np.float64]) -> tuple[FloatArray, NDArray[np.float64]]:
        level = self.levels[-1]
        right = np.concatenate([f.astype(np.float64), pull])
        out = self._coarsest @ (self._coarsest.T @ right)
        level.u[:] = out[:-6]
        return level.u, out[-6:]

    def _dot(self, a: FloatArray, b: FloatArray) -> float:
        # The pieces depend on the length alone, so that the sum does not depend on the threads.
        edges = np.linspace(0, len(a), 65).astype(np.int64)
        sums = np.zeros(64)
        pieces = _parallel.slabs(64, min(16, max(1, len(a) // 20000)))
        _parallel.run(lambda i, j: _kernels.dot(a, b, sums, edges, i, j), pieces)
        return float(sums.sum())

    # --- load cases
    def held(self, case: int) -> NDArray[np.int64]:
        """Which components the mirrored faces hold under a mean strain: normal ones, or for the shears that a
        mirror turns round, the tangential ones.
        """
        i, j = VOIGT[case]
        out = np.zeros(3, np.int64)
        for ax in range(3):
            odd = (i == ax) != (j == ax)
            out[ax] = (7 ^ (1 << ax)) if odd else (1 << ax)
        return out

    def companions(self, case: int) -> NDArray[np.bool_]:
        """The mean strains that can go with a case: all where the axes wrap; mirrors keep those of one parity
        apart from the others; free axes leave their strains to u.
        """

        def parity(m: int) -> tuple[bool, ...]:
            i, j = VOIGT[m]
            return tuple((i == ax) != (j == ax) for ax in range(3) if self.closure[ax] == "mirror")

        def idle(m: int) -> bool:
            return any(self.closure[ax] == "free" for ax in VOIGT[m])

        return np.array([parity(m) == parity(case) and not idle(m) for m in range(6)])

    def coupling(self, u: FloatArray, case: int) -> NDArray[np.float64]:
        """Mean stresses (6) of the box under unit mean strain of the case with the displacement u; keeps A u + F e."""
        strain = np.zeros(6)
        strain[case] = 1.0
        _, moved = self._apply(self.levels[0], u, self.levels[0].au, strain)
        return (moved + self.mean @ strain) / self.solid.size

    def against(self, u: FloatArray) -> float:
        """Product per volume of a displacement with the forces A u + F e kept by :meth:`coupling`."""
        return self._dot(u, self.levels[0].au) / self.solid.size

    def solve(
        self,
        case: int,
        released: bool,
        tolerance: float = 1e-3,
        most: int = 300,
        progress: Callable[[int, float], None] | None = None,
    ) -> Response:
        """Mean strain 1 in one component; the others zero, or (``released``) such that their mean stresses vanish.

        With ``released`` the energy is Young's modulus along the axis (cases 0 to 2); without, the diagonal entry
        of the stiffness tensor. The solve stops when the energy is expected to come down by less than the
        tolerance.
        """
        fixed = np.zeros(6)
        fixed[case] = 1.0
        free = self.companions(case)
        free[case] = False
        if not released:
            free[:] = False
        self._hold(self.held(case))
        self._prepare_direct(free)
        top = self.levels[0]
        volume = float(self.solid.size)
        size = len(top.u)
        x = np.zeros(size, np.float32)
        r = np.zeros(size, np.float32)
        p = np.zeros(size, np.float32)
        ap = top.au  # the preconditioner is done with it when the product is taken
        strain = fixed.copy()
        _, _ = self._apply(top, x, r, fixed)
        np.negative(r, out=r)
        stress = np.where(free, -(self.mean @ fixed), 0.0)
        direction = np.zeros(6)
        bare = float(fixed @ self.mean @ fixed)
        energy = bare
        before = 0.0
        gains: list[float] = []
        remaining = np.inf
        settled = bare == 0.0
        while not settled and len(gains) < most:
            z, dz = self._cycle(0, r, stress)
            dz = np.where(free, dz, 0.0)
            rz = self._dot(r, z) + float(stress @ dz)
            if rz <= 1e-12 * bare:
                # Nothing left to gain; clearly negative would be rounding gone wrong.
                remaining, settled = abs(rz), rz > -1e-7 * bare
                break
            beta = rz / before if gains else 0.0
            before = rz
            p *= np.float32(beta)
            p += z
            direction = dz + beta * direction
            curve, moved = self._apply(top, p, ap, direction)
            own = np.where(free, moved + self.mean @ direction, 0.0)
            # u.(A p + F d) + d.(F^T p + D d)
            alpha = rz / (curve + float(own @ direction))
            _add(x, p, alpha)
            _add(r, ap, -alpha)
            strain = strain + alpha * direction
            stress = stress - alpha * own
            gains.append(alpha * rz)
            energy -= gains[-1]
            if progress:
                progress(len(gains), energy / volume)
            remaining = _remainder(gains)
            settled = remaining < tolerance * energy or energy < 1e-7 * bare
        curve, moved = self._apply(top, x, ap, strain)
        energy = max(curve + float(strain @ (moved + self.mean @ strain)), 0.0)
        return Response(strain, energy / volume, remaining / volume, len(gains), settled, x, tuple(gains))


def _add(x: FloatArray, p: FloatArray, alpha: float) -> None:
    """x += alpha p, in pieces that stay in the cache."""
    a = np.float32(alpha)

    def task(i: int, j: int) -> None:
        for k in range(i, j, 1 << 16):
            end = min(k + (1 << 16), j)
            x[k:end] += a * p[k:end]

    _parallel.run(task, _parallel.slabs(len(x), min(16, max(1, len(x) // 50000))))


def _remainder(gains: Sequence[float]) -> float:
    """What the energy will still come down: the last gain carried on with the slowest decay of the last steps.

    Decay is the ratio of sums over two steps, the largest of four; half is added because convergence often slows
    down further. On 33 load cases of porosity 0.5 to 0.78 the true rest was 0.5 of the estimate (median), at most
    1.8 times.
    """
    if len(gains) < _DELAY:
        return np.inf
    pairs = [gains[k] + gains[k - 1] for k in range(max(1, len(gains) - 5), len(gains))]
    ratio = max(late / early for early, late in itertools.pairwise(pairs))
    ratio = min(max(ratio, 0.1), 0.95)
    return 1.5 * gains[-1] * ratio / (1 - ratio)


def _diagonal(level: _Level) -> NDArray[np.float64]:
    """The 3 x 3 block of every row on its own node (on an axis of one node the neighbours are the node itself)."""
    span = [(0, 1, 2) if n == 1 else (1,) for n in level.shape]
    out = np.zeros((len(level.rows), 3, 3))
    for a in span[0]:
        for b in span[1]:
            for c in span[2]:
                o = 3 * (9 * a + 3 * b + c)
                out += level.rows[:, :, o : o + 3]
    return out


def _inverted(block: NDArray[np.float64], held: NDArray[np.int64]) -> FloatArray:
    """Inverses of the blocks on the components that are not held; zero on the others."""
    block = block.copy()
    idle = (held[:, None] >> np.arange(3)) & 1 == 1
    idle |= np.einsum("nii->ni", block) <= 0
    block[np.repeat(idle[:, :, None], 3, 2)] = 0
    block[np.repeat(idle[:, None, :], 3, 1)] = 0
    block[:, range(3), range(3)] += idle
    out = np.linalg.inv(block)
    out[:, range(3), range(3)] -= idle
    return out.astype(np.float32)
