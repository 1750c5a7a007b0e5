"""Difference and transform operators on a :class:`~percola.grid.Grid`, for periodic and wall axes, in JAX.

Everything is in cell units (spacing 1). A wall is a no-flux face half a cell outside the last cell centre (even
symmetry), whose exact discrete transform is the DCT-II; periodic axes use the FFT. The symbols are those of the
second-order difference Laplacian itself, not of the continuous one, so that the implicit operator matches the explicit
stencil exactly and mass is conserved to rounding.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from percola.grid import Grid

Array = Any

HALO = 2
"""Layers of cells around a wide field: a stencil of a stencil needs two."""


def materialize(runs: Array, fn: Any, *args: Array) -> Any:
    """fn(*args), computed once and stored.

    XLA on the CPU fuses a pointwise chain into every stencil that reads it and recomputes it for each neighbour (it drops
    optimization barriers before fusing): the logs of the chemical potential would be taken thirteen times a cell. A
    conditional on a value that it cannot know, ``runs`` (always true), ends the fusion.
    """

    def skip(a: tuple[Array, ...]) -> Any:
        return jax.tree.map(lambda t: jnp.zeros(t.shape, t.dtype), jax.eval_shape(fn, *a))

    return jax.lax.cond(runs, lambda a: fn(*a), skip, args)


@partial(
    jax.tree_util.register_dataclass,
    data_fields=["symbol", "cosines"],
    meta_fields=["shape", "walls"],
)
@dataclass(frozen=True)
class Operators:
    """Stencils and transforms of one grid.

    Attributes:
        symbol: eigenvalues of minus the difference Laplacian in transform space, in the layout of :meth:`forward`.
        cosines: one orthonormal DCT-II matrix for each wall axis (None for periodic axes).
        shape: cells along each axis.
        walls: whether each axis ends in walls.
    """

    symbol: Array
    cosines: tuple[Array | None, ...]
    shape: tuple[int, ...]
    walls: tuple[bool, ...]

    @property
    def _periodic_axes(self) -> tuple[int, ...]:
        return tuple(i for i, w in enumerate(self.walls) if not w)

    @property
    def _wall_axes(self) -> list[tuple[int, Array]]:
        """Axes that end in walls, with their matrices."""
        return [(i, c) for i, c in enumerate(self.cosines) if c is not None]

    def shift(self, u: Array, axis: int, step: int) -> Array:
        """Neighbour values u[i + step] along ``axis`` (step = +1 or -1), mirrored at walls."""
        if not self.walls[axis]:
            return jnp.roll(u, -step, axis)
        n = u.shape[axis]
        if step == 1:
            body = jax.lax.slice_in_dim(u, 1, n, axis=axis)
            edge = jax.lax.slice_in_dim(u, n - 1, n, axis=axis)
            return jnp.concatenate([body, edge], axis)
        body = jax.lax.slice_in_dim(u, 0, n - 1, axis=axis)
        edge = jax.lax.slice_in_dim(u, 0, 1, axis=axis)
        return jnp.concatenate([edge, body], axis)

    def laplacian(self, u: Array) -> Array:
        """Second-order difference Laplacian (5 points in 2D, 7 in 3D)."""
        total = -2.0 * len(self.shape) * u
        for axis in range(len(self.shape)):
            total = total + self.shift(u, axis, 1) + self.shift(u, axis, -1)
        return total

    def widened(self, u: Array) -> Array:
        """``u`` with a halo of :data:`HALO` cells, see :meth:`with_halo`."""
        shape = tuple(n + 2 * HALO for n in self.shape)
        start = [HALO] * len(self.shape)
        return self.with_halo(jax.lax.dynamic_update_slice(jnp.zeros(shape, u.dtype), u, start))

    def narrowed(self, wide: Array) -> Array:
        """The cells of a wide field without its halo."""
        return wide[tuple(slice(HALO, n + HALO) for n in self.shape)]

    def with_halo(self, wide: Array) -> Array:
        """A wide field with its halo filled anew: the cells across the box, or the mirrored cells behind a wall.

        Stencils on a wide field are plain slices, which compile to vector loops; a wrap inside the stencil does not. Each
        layer is read only once the one before has been written, which lets all of it happen in place.
        """
        for axis in reversed(range(len(self.shape))):  # across the edges and corners as well
            n, wall = self.shape[axis], self.walls[axis]
            for source, target in ((HALO if wall else n, 0), (n if wall else HALO, n + HALO)):
                layers = jax.lax.slice_in_dim(wide, source, source + HALO, axis=axis)
                start = [0] * len(self.shape)
                start[axis] = target
                wide = jax.lax.dynamic_update_slice(
                    wide, jax.lax.rev(layers, (axis,)) if wall else layers, start
                )
        return wide

    def line(self, wide: Array) -> Array:
        """The cells of a wide field in one line, without the outermost layers of the first axis; see :meth:`unlined`."""
        across = math.prod(wide.shape[1:])
        return wide.reshape(-1)[across:-across]

    def line_laplacian(self, wide: Array) -> Array:
        """:meth:`laplacian` in the cells of :meth:`line`; wrong in the outermost layers of the other axes.

        One long loop without ends of rows. The two neighbours are added first: what is mirrored at a wall then comes out
        the same to the last bit.
        """
        cells = wide.reshape(-1)
        across = math.prod(wide.shape[1:])
        size = cells.size - 2 * across

        def shifted(by: int) -> Array:
            return jax.lax.slice_in_dim(cells, across + by, across + by + size)

        total = -2.0 * len(self.shape) * shifted(0)
        for axis in range(len(self.shape)):
            stride = math.prod(wide.shape[axis + 1 :])
            total = total + (shifted(stride) + shifted(-stride))
        return total

    def unlined(self, line: Array) -> Array:
        """A field with at least one right layer on every side from one in the layout of :meth:`line`."""
        return line.reshape((self.shape[0] + 2 * HALO - 2, *(n + 2 * HALO for n in self.shape[1:])))

    def around(self, wide: Array, axis: int, step: int) -> Array:
        """Neighbour values along ``axis`` (step = +1 or -1; 0: the cells themselves) from a field with some halo."""
        where = []
        for i, n in enumerate(self.shape):
            first = (wide.shape[i] - n) // 2 + (step if i == axis else 0)
            where.append(slice(first, first + n))
        return wide[tuple(where)]

    def laplacian_around(self, wide: Array) -> Array:
        """:meth:`laplacian` from a field with some halo."""
        total = -2.0 * len(self.shape) * self.around(wide, 0, 0)
        for axis in range(len(self.shape)):
            total = total + (self.around(wide, axis, 1) + self.around(wide, axis, -1))
        return total

    def bending_around(self, wide: Array, least: float) -> Array:
        """|grad u| div(grad u/|grad u|) from a wide field: the part of the Laplacian that comes from curved level surfaces.

        On a sphere's profile u(r) it is 2 u'/r. Normals are taken on the faces; where |grad u| falls below ``least`` they,
        and with them the result, fade to zero.
        """
        d = len(self.shape)

        def cut(u: Array, halo: int, keep: int, **moved: int) -> Array:
            """The part of ``u`` (with ``halo``) that has the halo ``keep``, moved along an axis."""
            where = []
            for i, n in enumerate(self.shape):
                first = halo - keep + moved.get(f"axis{i}", 0)
                where.append(slice(first, first + n + 2 * keep + (1 if moved.get("face") == i else 0)))
            return u[tuple(where)]

        slope = [
            0.5 * (cut(wide, HALO, 1, **{f"axis{a}": 1}) - cut(wide, HALO, 1, **{f"axis{a}": -1}))
            for a in range(d)
        ]
        total = jnp.zeros(self.shape, wide.dtype)
        for a in range(d):
            # faces -1/2 to n - 1/2 along the axis: one more than cells
            here = {f"axis{a}": -1, "face": a}
            there = {f"axis{a}": 0, "face": a}
            step = cut(wide, HALO, 0, **there) - cut(wide, HALO, 0, **here)
            square = step * step + least * least
            for b in range(d):
                if b != a:
                    across = 0.5 * (cut(slope[b], 1, 0, **there) + cut(slope[b], 1, 0, **here))
                    square = square + across * across
            normal = step / jnp.sqrt(square)
            n = self.shape[a]
            after = jax.lax.slice_in_dim(normal, 1, n + 1, axis=a)
            total = total + (after - jax.lax.slice_in_dim(normal, 0, n, axis=a))
        steepness = jnp.sqrt(sum(cut(g, 1, 0) ** 2 for g in slope))
        return steepness * total

    def flux_divergence(self, mobility: Array, potential: Array, runs: Array) -> Array:
        """div(M grad mu) with the harmonic mean of M on the faces; face fluxes cancel in pairs, so its sum vanishes (to rounding).

        The harmonic mean is the resistance of two half cells in series: a crystallized or polymer-free cell stops the
        flux, whatever its neighbour. The mirrored neighbour makes the flux through a wall zero by itself. ``runs`` is
        for :func:`materialize`. ``mobility`` must be positive.
        """
        wide = materialize(runs, lambda *both: tuple(map(self.widened, both)), mobility, potential)
        return materialize(runs, self.flux_divergence_around, *wide)

    def flux_divergence_around(self, mobility: Array, potential: Array) -> Array:
        """:meth:`flux_divergence` from fields with some halo."""
        m, p = self.around(mobility, 0, 0), self.around(potential, 0, 0)
        total = jnp.zeros_like(p)
        for axis in range(len(self.shape)):
            m_up, m_down = self.around(mobility, axis, 1), self.around(mobility, axis, -1)
            up = m_up * (self.around(potential, axis, 1) - p)
            down = m_down * (self.around(potential, axis, -1) - p)
            # both faces over one denominator: divisions are what this loop takes its time for
            total = total + (up * (m + m_down) + down * (m + m_up)) / ((m + m_up) * (m + m_down))
        return (2.0 * m) * total

    def forward(self, u: Array) -> Array:
        """Real field to transform space: wall axes first, then the periodic ones (so that neither has to be turned)."""
        for done, (axis, cosines) in enumerate(reversed(self._wall_axes)):
            u = jnp.tensordot(cosines, u, axes=([1], [axis + done]))
        axes = self._periodic_axes
        return jnp.fft.rfftn(u, axes=range(-len(axes), 0)) if axes else u

    def backward(self, v: Array) -> Array:
        """Transform space to real field."""
        axes = self._periodic_axes
        if axes:
            v = jnp.fft.irfftn(v, s=[self.shape[a] for a in axes], axes=range(-len(axes), 0))
        for _, cosines in self._wall_axes:
            v = jnp.tensordot(v, cosines, axes=([0], [0]))
        order = [*axes, *(axis for axis, _ in self._wall_axes)]
        return jnp.transpose(v, [order.index(axis) for axis in range(len(order))])


def scaled(v: Array, factor: Array) -> Array:
    """``v * factor`` for a real factor; part by part where v is complex, as the product would treat both as complex."""
    if jnp.iscomplexobj(v):
        return jax.lax.complex(v.real * factor, v.imag * factor)
    return v * factor


def _cosine_matrix(n: int) -> np.ndarray:
    k = np.arange(n)[:, None]
    x = np.arange(n)[None, :]
    c = np.cos(np.pi * k * (2 * x + 1) / (2 * n)) * np.sqrt(2.0 / n)
    c[0] /= np.sqrt(2.0)
    return c


def operators(grid: Grid, dtype: Any) -> Operators:
    """Stencils and transforms for ``grid`` in ``dtype`` (float32 or float64)."""
    walls = tuple(b == "wall" for b in grid.boundaries)
    order = sorted(range(grid.ndim), key=lambda axis: not walls[axis])  # of the transforms
    eigenvalues = []
    for place, axis in enumerate(order):
        n = grid.shape[axis]
        if walls[axis]:
            angle = np.pi * np.arange(n) / n
        else:  # rfft halves the last transformed axis
            angle = 2 * np.pi * np.arange(n // 2 + 1 if place == grid.ndim - 1 else n) / n
        shape = [1] * grid.ndim
        shape[place] = angle.size
        eigenvalues.append((2.0 - 2.0 * np.cos(angle)).reshape(shape))
    symbol = sum(eigenvalues)
    cosines = tuple(
        jnp.asarray(_cosine_matrix(n), dtype) if w else None for n, w in zip(grid.shape, walls, strict=True)
    )
    return Operators(jnp.asarray(symbol, dtype), cosines, grid.shape, walls)
