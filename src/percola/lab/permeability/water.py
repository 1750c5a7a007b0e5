"""Viscosity and density of liquid water near atmospheric pressure."""

from __future__ import annotations

import math

from percola.errors import InputError

REFERENCE_K = 298.15
"""25 degC, at which paragraph 89(9) measures."""
LOWEST_K, HIGHEST_K = 273.15, 373.15
_VISCOSITY = ((280.68, -1.9), (511.45, -7.7), (61.131, -19.6), (0.45903, -40.0))
_DENSITY = (999.83952, 16.945176, -7.9870401e-3, -46.170461e-6, 105.56302e-9, -280.54253e-12)


def _checked(temperature_K: float) -> float:
    if not (math.isfinite(temperature_K) and LOWEST_K <= temperature_K <= HIGHEST_K):
        raise InputError(
            "temperature of the water",
            f"{temperature_K - 273.15:.4g} degC",
            "0 to 100 degC: liquid water at atmospheric pressure",
            "check the column and its unit, or say --temperature",
        )
    return temperature_K


def viscosity_Pa_s(temperature_K: float) -> float:
    """Dynamic viscosity of liquid water at 0.1 MPa [Pa s].

    eta = 1e-6 sum a_i (T/300 K)^b_i

    Args: temperature_K: 273.15 to 373.15 K.
    Validity: within 1 % (IAPWS); eta(20 degC) = 1.0016 mPa s, eta(25 degC) = 0.8900 mPa s.
    Reference: IAPWS SR6-08(2011), eq. for the viscosity; Pátek and others (2009).

    >>> round(viscosity_Pa_s(298.15) * 1e3, 4)
    0.89
    """
    t = _checked(temperature_K) / 300.0
    return 1e-6 * sum(a * t**b for a, b in _VISCOSITY)


def viscosity_ratio(temperature_K: float, error_K: float = 0.0) -> tuple[float, float]:
    """eta(T)/eta(25 degC), by which a flux at T is multiplied, and its standard deviation.

    The error contains the temperature's (2.2 % a kelvin near 25 degC), and of the correlation 0.05 % for each kelvin
    away from 25 degC, at most the 1 % that it is good for: errors of one curve at two near temperatures are nearly
    the same and cancel in the ratio.
    """
    ratio = viscosity_Pa_s(temperature_K) / viscosity_Pa_s(REFERENCE_K)
    t = temperature_K / 300.0
    slope = sum(a * b * t ** (b - 1) for a, b in _VISCOSITY) * 1e-6 / 300.0 / viscosity_Pa_s(REFERENCE_K)
    curve = min(0.0005 * abs(temperature_K - REFERENCE_K), 0.01)
    return ratio, math.hypot(slope * error_K, ratio * curve)


def density_kg_m3(temperature_K: float) -> float:
    """Density of air-free water at 101 325 Pa [kg/m3].

    rho = (a0 + a1 t + ... + a5 t^5)/(1 + 0.01687985 t), t in degC

    Args: temperature_K: 273.15 to 373.15 K.
    Validity: 0.001 % against the IAPWS formulation between 0 and 40 degC.
    Reference: Kell (1975).

    >>> round(density_kg_m3(293.15), 2)
    998.2
    """
    t = _checked(temperature_K) - 273.15
    return sum(a * t**i for i, a in enumerate(_DENSITY)) / (1.0 + 16.879850e-3 * t)
