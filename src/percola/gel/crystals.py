"""The non-conserved half of the gel on its own: Allen-Cahn rate of the crystallized fraction."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax

from percola.gel.operators import Operators

Array = Any


def allen_cahn_rate(psi: Array, lap: Array, well: Array, drive: Array, *, quintic: bool = False) -> Array:
    """lap psi - w g'(psi) + drive p'(psi), the rate of the crystallized fraction over its kinetic coefficient.

    g = psi^2 (1 - psi)^2 is the double well. p tilts it: psi^2 (3 - 2 psi), for which a flat front keeps its profile at any
    drive below the limit w/3 of metastability, or ``quintic``, psi^3 (10 - 15 psi + 6 psi^2), for which there is no
    such limit and a front keeps its profile to first order in the drive only (PFHub benchmark 8).

    Args:
        psi: crystallized fraction, 0..1.
        lap: its Laplacian.
        well: w [1/cell^2].
        drive: height of the tilt [1/cell^2], a number or a field.

    Reference: Allen and Cahn, Acta Metall. 27, 1085 (1979); Wu et al., Comput. Mater. Sci. 193, 110371 (2021), Eq. 5.
    """
    bell = psi * (1.0 - psi)
    tilt = 30.0 * drive * bell if quintic else 6.0 * drive
    return lap + bell * (tilt - 2.0 * well * (1.0 - 2.0 * psi))


@partial(jax.jit, static_argnames=("quintic",))
def grow(
    ops: Operators,
    psi: Array,
    rate: Array,
    well: Array,
    drive: Array,
    dt: Array,
    steps: Array,
    *,
    quintic: bool = False,
) -> Array:
    """``psi`` after ``steps`` explicit steps of d psi/dt = rate * :func:`allen_cahn_rate`, as the gel takes them.

    Stable for rate * dt <= 1/(2 ndim), in cells.
    """

    def once(_: Array, p: Array) -> Array:
        return p + dt * rate * allen_cahn_rate(p, ops.laplacian(p), well, drive, quintic=quintic)

    return jax.lax.fori_loop(0, steps, once, psi)
