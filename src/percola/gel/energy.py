"""Bulk free energies of the phase field, as small pytrees with value, slope and curvature.

Energies are per lattice site in units of kT (Flory-Huggins) or dimensionless (benchmark wells).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

Array = Any

LOG_EDGE = 0.005
"""The logarithm of the polymer fraction is continued by its C2 Taylor parabola below LOG_EDGE/N (at most 1e-3).

The curvature met there is then at most 1/LOG_EDGE whatever the chain length, and the binodal, spinodal and interfacial
tension move by less than 1 % (checked in ``tests/claims/test_gel_energy.py``). The logarithm of the solvent fraction is
continued below 1e-3.
"""
_SOLVENT_EDGE = 1.0e-3


# ln(1 + x) = x - x^2/2 + x^3 P(x) for 1 + x between 2^-1/2 and 2^1/2 (S. L. Moshier, Cephes, logf.c), highest power first
_LOG_SERIES = (
    7.0376836292e-2,
    -1.1514610310e-1,
    1.1676998740e-1,
    -1.2420140846e-1,
    1.4249322787e-1,
    -1.6668057665e-1,
    2.0000714765e-1,
    -2.4999993993e-1,
    3.3333331174e-1,
)
_LN2_HIGH, _LN2_LOW = 0.693359375, -2.12194440e-4  # the first exact in eleven bits


def log_positive(x: Array) -> Array:
    """ln x of positive normal numbers, to a rounding error.

    In single precision without the branches for zero, infinity and subnormal numbers that the library's logarithm carries
    along in every cell; half of the time of the chemical potential is in its logarithms.
    """
    if x.dtype != jnp.float32:
        return jnp.log(x)
    bits = jax.lax.bitcast_convert_type(x, jnp.int32)
    exponent = (bits - 0x3F3504F3) >> 23  # 0 at 2^-1/2
    f = jax.lax.bitcast_convert_type(bits - (exponent << 23), jnp.float32) - 1.0
    series = jnp.full_like(f, _LOG_SERIES[0])
    for coefficient in _LOG_SERIES[1:]:
        series = series * f + coefficient
    square = f * f
    e = exponent.astype(jnp.float32)
    return (f + (f * square * series + e * _LN2_LOW - 0.5 * square)) + e * _LN2_HIGH


def log_extended(x: Array, edge: Array | float) -> tuple[Array, Array]:
    """(x ln x, ln x + 1) with ln continued C1 (so that x ln x is C2) below ``edge``.

    Below the edge, x ln x is its second-order Taylor polynomial about the edge; the slope is therefore linear and the
    curvature constant, and small negative overshoots of a field stay harmless.
    """
    safe = jnp.maximum(x, edge)
    log_safe = log_positive(safe)
    below = x - safe  # zero above the edge
    slope = log_safe + 1.0 + below / edge
    value = safe * log_safe + below * (log_safe + 1.0) + 0.5 * below * below / edge
    return value, slope


@partial(jax.tree_util.register_dataclass, data_fields=["segments"], meta_fields=[])
@dataclass(frozen=True)
class FloryHuggins:
    """f = phi/N ln phi + (1 - phi) ln(1 - phi) + chi phi (1 - phi), per lattice site in kT.

    Attributes:
        segments: N, polymer volume over site volume.

    Reference: Flory, Principles of Polymer Chemistry (1953), ch. XII.
    """

    segments: Array

    @property
    def edge(self) -> Array:
        """Polymer fraction below which its logarithm is continued."""
        return jnp.minimum(LOG_EDGE / self.segments, 1.0e-3)

    def value(self, phi: Array, chi: Array) -> Array:
        a, _ = log_extended(phi, self.edge)
        b, _ = log_extended(1.0 - phi, _SOLVENT_EDGE)
        return a / self.segments + b + chi * phi * (1.0 - phi)

    def slope(self, phi: Array, chi: Array) -> Array:
        _, a = log_extended(phi, self.edge)
        _, b = log_extended(1.0 - phi, _SOLVENT_EDGE)
        return a / self.segments - b + chi * (1.0 - 2.0 * phi)


@partial(jax.tree_util.register_dataclass, data_fields=["height", "low", "high"], meta_fields=[])
@dataclass(frozen=True)
class QuarticWell:
    """f = rho (c - c_a)^2 (c_b - c)^2, the well of PFHub benchmark 1 (Jokisaari et al. 2017, Eq. 2)."""

    height: Array
    low: Array
    high: Array

    def value(self, c: Array, chi: Array = 0.0) -> Array:
        return self.height * (c - self.low) ** 2 * (self.high - c) ** 2

    def slope(self, c: Array, chi: Array = 0.0) -> Array:
        return 2.0 * self.height * (c - self.low) * (self.high - c) * (self.high + self.low - 2.0 * c)
