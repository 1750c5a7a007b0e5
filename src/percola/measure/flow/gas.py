"""The gas of a porometer: its mean free path, and how it flows in pores about as wide as that.

In a round tube of radius R the velocity profile of a gas of mean free path lambda is, across all regimes and within some
percent (Beskok and Karniadakis 1999), Kn = lambda/R,

    u = -(1/mu) dp/dz (1 + alpha Kn) [ (R^2 - rho^2)/4 + R^2/2 Kn/(1 + Kn) ],   alpha = 128/(15 pi^2) arctan(4 Kn^0.4),

which is Poiseuille's for Kn -> 0 and Knudsen's free flow (64/(3 pi) Kn times Poiseuille's) for Kn -> infinity.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from percola.measure._volume import FloatVolume

GAS_CONSTANT_J_mol_K = 8.31446261815324
"""CODATA 2018, exact."""
ATMOSPHERE_Pa = 101325.0


@dataclass(frozen=True)
class Gas:
    """The gas that dries a porometer's specimen.

    Attributes:
        name: its name.
        viscosity_Pa_s: dilute.
        molar_mass_kg_mol: mean molar mass.
        temperature_K: of the test.
        outlet_pressure_Pa: behind the specimen.
    """

    name: str
    viscosity_Pa_s: float
    molar_mass_kg_mol: float
    temperature_K: float = 298.15
    outlet_pressure_Pa: float = ATMOSPHERE_Pa

    def free_path_m(self, pressure_Pa: float) -> float:
        """Mean free path lambda = mu/p sqrt(pi R T/(2 M)) [m] at the pressure p [Pa]."""
        speed = math.sqrt(math.pi * GAS_CONSTANT_J_mol_K * self.temperature_K / (2 * self.molar_mass_kg_mol))
        return self.viscosity_Pa_s / pressure_Pa * speed

    def free_path_across_m(self, excess_Pa: float) -> float:
        """Mean free path at the mean of the pressures before and behind the specimen [m].

        Viscous flow of an ideal gas goes with the difference of the squares of the pressures, hence with their mean: there
        the constant path is exact; for slip and free flow, whose flux does not depend on the pressure, it is too.
        """
        return self.free_path_m(self.outlet_pressure_Pa + 0.5 * excess_Pa)


AIR = Gas("air", 18.44e-6, 28.9586e-3)
"""Dry air at 25 degC: viscosity of the dilute gas by Lemmon and Jacobsen (2004), whose uncertainty is 1 %."""


@dataclass(frozen=True)
class Slip:
    """What the flow of a rarefied gas through a structure needs beside its viscous conductivity.

    Attributes:
        thickness: local thickness (radius) of the voids [voxel].
        free_path: mean free path [voxel] at the pressure that opens throats of a radius [voxel].
    """

    thickness: FloatVolume
    free_path: Callable[[float], float]

    def conductivity(self, kappa: FloatVolume, free_path: float) -> FloatVolume:
        """The local conductivity [voxel^2] for a mean free path [voxel]; ``kappa`` is the viscous one."""
        return rarefied(kappa, self.thickness, free_path)

    def part(self, box: tuple[slice, slice, slice], order: list[int]) -> Slip:
        """The same of a part of the structure, its axes in another order."""
        return replace(self, thickness=np.ascontiguousarray(np.transpose(self.thickness[box], order)))


def rarefied(kappa: FloatVolume, thickness: FloatVolume, free_path: float) -> FloatVolume:
    """Local conductivity [voxel^2] for a gas: the module's profile with R the local thickness; 0 where ``kappa`` is 0."""
    r = np.maximum(thickness, np.float32(1e-6))
    kn = np.float32(free_path) / r
    alpha = np.float32(128 / (15 * math.pi**2)) * np.arctan(np.float32(4) * kn ** np.float32(0.4))
    out = (1 + alpha * kn) * (kappa + np.float32(0.5) * r * r * kn / (1 + kn))
    return np.where(kappa > 0, out, np.float32(0)).astype(np.float32)
