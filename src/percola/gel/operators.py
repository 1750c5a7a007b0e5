"""Difference and transform operators on a :class:`~percola.grid.Grid`, for periodic and wall axes, in JAX.

Everything is in cell units (spacing 1). A wall is a no-flux face half a cell outside the last cell centre (even
symmetry), whose exact discrete transform is the DCT-II; periodic axes use the FFT. The symbols are those of the
second-order difference Laplacian itself, not of the continuous one, so that the implicit operator matches the explicit
stencil exactly and mass is conserved to rounding.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from percola.grid import Grid

Array = Any


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

    def padded(self, u: Array) -> Array:
        """``u`` with one more cell on every side: the neighbour across the box, or the mirror cell behind a wall.

        Stencils on it are plain slices, which compile to vector loops; a wrap inside the stencil does not. Edges and
        corners are left zero: no stencil here reads them. Store it (:func:`materialize`) before use.
        """
        out = jax.lax.pad(u, jnp.zeros((), u.dtype), [(1, 1, 0)] * len(self.shape))
        for axis, n in enumerate(u.shape):
            first, last = (jax.lax.slice_in_dim(u, i, i + 1, axis=axis) for i in (0, n - 1))
            before, after = (first, last) if self.walls[axis] else (last, first)
            for edge, at in ((before, 0), (after, n + 1)):
                start = [1] * len(self.shape)
                start[axis] = at
                out = jax.lax.dynamic_update_slice(out, edge, start)
        return out

    def around(self, padded: Array, axis: int, step: int) -> Array:
        """Neighbour values along ``axis`` (step = +1 or -1; 0: the cells themselves) from a :meth:`padded` field."""
        where = [slice(1, -1)] * len(self.shape)
        where[axis] = slice(1 + step, padded.shape[axis] - 1 + step)
        return padded[tuple(where)]

    def laplacian_padded(self, padded: Array) -> Array:
        """:meth:`laplacian` from a :meth:`padded` field."""
        total = -2.0 * len(self.shape) * self.around(padded, 0, 0)
        for axis in range(len(self.shape)):
            total = total + self.around(padded, axis, 1) + self.around(padded, axis, -1)
        return total

    def flux_divergence(self, mobility: Array, potential: Array, runs: Array) -> Array:
        """div(M grad mu) with the harmonic mean of M on the faces; face fluxes cancel in pairs, so its sum vanishes.

        The harmonic mean is the resistance of two half cells in series: a crystallized or polymer-free cell stops the
        flux, whatever its neighbour. The mirrored neighbour makes the flux through a wall zero by itself. ``runs`` is
        for :func:`materialize`. ``mobility`` must be positive.
        """
        return self.resisted_flux_divergence(1.0 / mobility, potential, runs)

    def resisted_flux_divergence(self, resistance: Array, potential: Array, runs: Array) -> Array:
        """:meth:`flux_divergence` from 1/M."""
        resistance, mu = materialize(
            runs, lambda r, p: (self.padded(r), self.padded(p)), resistance, potential
        )

        def through_faces(resistance: Array, mu: Array) -> Array:
            r, p = self.around(resistance, 0, 0), self.around(mu, 0, 0)
            total = jnp.zeros_like(p)
            for axis in range(len(self.shape)):
                for sign in (1, -1):
                    total = total + (self.around(mu, axis, sign) - p) / (
                        r + self.around(resistance, axis, sign)
                    )
            return 2.0 * total

        return materialize(runs, through_faces, resistance, mu)

    def forward(self, u: Array) -> Array:
        """Real field to transform space."""
        for axis, c in enumerate(self.cosines):
            if c is not None:
                u = jnp.moveaxis(jnp.tensordot(u, c, axes=([axis], [1])), -1, axis)
        axes = self._periodic_axes
        return jnp.fft.rfftn(u, axes=axes) if axes else u

    def backward(self, v: Array) -> Array:
        """Transform space to real field."""
        axes = self._periodic_axes
        if axes:
            v = jnp.fft.irfftn(v, s=[self.shape[a] for a in axes], axes=axes)
        for axis, c in enumerate(self.cosines):
            if c is not None:
                v = jnp.moveaxis(jnp.tensordot(v, c, axes=([axis], [0])), -1, axis)
        return v


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
    last_periodic = max((i for i, w in enumerate(walls) if not w), default=None)
    eigenvalues = []
    for axis, n in enumerate(grid.shape):
        if walls[axis]:
            angle = np.pi * np.arange(n) / n
        elif axis == last_periodic:  # rfft halves the last transformed axis
            angle = 2 * np.pi * np.arange(n // 2 + 1) / n
        else:
            angle = 2 * np.pi * np.arange(n) / n
        shape = [1] * grid.ndim
        shape[axis] = angle.size
        eigenvalues.append((2.0 - 2.0 * np.cos(angle)).reshape(shape))
    symbol = sum(eigenvalues)
    cosines = tuple(
        jnp.asarray(_cosine_matrix(n), dtype) if w else None for n, w in zip(grid.shape, walls, strict=True)
    )
    return Operators(jnp.asarray(symbol, dtype), cosines, grid.shape, walls)
