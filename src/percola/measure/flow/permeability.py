"""Water permeability of the membrane, paragraph 89(9), from Stokes flow on its structure."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from percola.errors import InputError
from percola.measure._volume import (
    PARA,
    BoolVolume,
    FloatVolume,
    Periodic,
    checked,
    oriented,
    oriented_periodic,
)
from percola.measure.flow.creeping import CreepingFlow, extrapolated_flow
from percola.measure.flow.stokes import StokesFlow, stokes_flow
from percola.measurement import Check, Measurement

WATER_VISCOSITY_Pa_s = 890.0e-6
"""Of liquid water at 298.15 K and 0.1 MPa, uncertainty 1 %: IAPWS R12-08 (Huber et al., J. Phys. Chem. Ref.
Data 38 (2009) 101).
"""
WATER_VISCOSITY_UNCERTAINTY = 0.01
L_M2_H_ATM = 1000.0 * 3600.0 * 101325.0
"""Litres per m^2, hour and atmosphere in one m/(s Pa)."""


FLOW_SOURCES = ("ep1063256", "harlowwelch1965", "cahouetchabard1988", "gibou2002", "richardson1911")
"""Where the method of the Stokes flow comes from."""


@dataclass(frozen=True)
class WallGeometry:
    """The wall that a structure is part of.

    Attributes:
        thickness_m: of the wall.
        geometry: flat sheet or hollow fibre.
        inside_diameter_m, outside_diameter_m: of a fibre.
        specimen_area_m2: area of the specimen in the porometer (bubble point); about that of a 47 mm disc.
    """

    thickness_m: float
    geometry: Literal["sheet", "fibre"] = "sheet"
    inside_diameter_m: float | None = None
    outside_diameter_m: float | None = None
    specimen_area_m2: float = 1.5e-3

    def __post_init__(self) -> None:
        if not (math.isfinite(self.thickness_m) and self.thickness_m > 0):
            raise InputError("wall.thickness_m", f"{self.thickness_m!r}", "a positive number of metres")
        if not (math.isfinite(self.specimen_area_m2) and self.specimen_area_m2 > 0):
            raise InputError("wall.specimen_area_m2", f"{self.specimen_area_m2!r}", "a positive area")
        if self.geometry == "fibre":
            inner, outer = self.inside_diameter_m, self.outside_diameter_m
            if inner is None or outer is None or not 0 < inner < outer:
                raise InputError(
                    "wall",
                    f"fibre of inside {inner!r} and outside {outer!r}",
                    "0 < inside < outside diameter [m]",
                )
        elif self.geometry != "sheet":
            raise InputError("wall.geometry", repr(self.geometry), "'sheet' or 'fibre'")


@dataclass(frozen=True)
class Layer:
    """A surface layer in series with the core: its permeability, thickness and side."""

    permeability_m2: float
    thickness_m: float
    side: Literal["outer", "inner"]


def permeance(
    permeability_m2: float,
    wall: WallGeometry,
    viscosity_Pa_s: float = WATER_VISCOSITY_Pa_s,
    layers: Sequence[Layer] = (),
) -> tuple[float, float]:
    """Flux over pressure difference [m/(s Pa)], on the inner and on the outer area (the same for a sheet).

    Sheet: L = 1/(eta sum t_i/k_i). Fibre, radial flow in rings: L_inner = 2/(eta d_i sum ln(b_j/a_j)/k_j),
        with ring j from
    diameter a_j to b_j; L_outer = L_inner d_i/d_o. For a thin wall both tend to k/(eta t).
    """
    taken = sum(layer.thickness_m for layer in layers)
    if taken >= wall.thickness_m:
        raise InputError("layers", f"{taken:g} m in all", f"less than the wall's {wall.thickness_m:g} m")
    if permeability_m2 <= 0 or any(layer.permeability_m2 <= 0 for layer in layers):
        return 0.0, 0.0
    if wall.geometry == "sheet":
        resistance = (wall.thickness_m - taken) / permeability_m2
        resistance += sum(layer.thickness_m / layer.permeability_m2 for layer in layers)
        value = 1 / (viscosity_Pa_s * resistance)
        return value, value
    inner, outer = wall.inside_diameter_m, wall.outside_diameter_m
    assert inner is not None
    assert outer is not None
    a, b = inner, outer
    resistance = 0.0
    for layer in layers:
        if layer.side == "inner":
            resistance += math.log((a + 2 * layer.thickness_m) / a) / layer.permeability_m2
            a += 2 * layer.thickness_m
        else:
            resistance += math.log(b / (b - 2 * layer.thickness_m)) / layer.permeability_m2
            b -= 2 * layer.thickness_m
    resistance += math.log(b / a) / permeability_m2
    value = 2 / (viscosity_Pa_s * inner * resistance)
    return value, value * inner / outer


def structure_flow(
    void: BoolVolume,
    periodic: Periodic,
    axis: int = 2,
    tolerance: float = 1e-2,
    pressure: FloatVolume | None = None,
    kappa: FloatVolume | None = None,
    most: int = 20_000,
    expected: float | None = None,
    level: FloatVolume | None = None,
    method: Literal["staggered", "lattice boltzmann"] = "staggered",
    velocity: bool = False,
    progress: Callable[[str, float], None] | None = None,
) -> StokesFlow | CreepingFlow:
    """Stokes flow along ``axis``.

    Args:
        tolerance: staggered grid: of the bounds of the permeability (the error is some 20 times smaller); lattice
            Boltzmann: of the permeability.
        most: bound on the steps.
        level: field below 0 in voids, its zero the wall (staggered grid).
        method: ``"staggered"`` (:func:`percola.measure.flow.creeping.extrapolated_flow`), or ``"lattice
            boltzmann"`` (:func:`percola.measure.flow.stokes.stokes_flow`) as an independent check.
        pressure, kappa, expected: start and pace of lattice Boltzmann from a Darcy flow, flow axis last; the
            staggered grid finds its own.
        velocity: keep the velocity field.
        progress: called with words and a share of 0 to 1.
    """
    if method == "lattice boltzmann":
        return stokes_flow(
            oriented(void, axis),
            oriented_periodic(periodic, axis),
            tolerance,
            most,
            pressure=pressure,
            kappa=kappa,
            velocity=velocity,
            expected=expected,
        )
    if method != "staggered":
        raise InputError("method", repr(method), "'staggered' or 'lattice boltzmann'")

    def told(step: int, lower: float, upper: float) -> None:
        # Each step takes about nine tenths off the bracket; the first leaves some 0.1.
        share = max(0.0, 1 - math.log10(max((upper / max(lower, 1e-300) - 1) / tolerance, 1.0)) / 3)
        if progress:
            progress(f"Stokes flow: permeability between {lower:.4g} and {upper:.4g} voxels^2", share)

    return extrapolated_flow(
        void, periodic, axis, level, tolerance, min(most, 60), velocity, told if progress else None
    )


def water_permeability(
    void: BoolVolume,
    spacing_m: float,
    periodic: Periodic,
    wall: WallGeometry,
    axis: int = 2,
    level: FloatVolume | None = None,
    layers: Sequence[Layer] = (),
    flow: StokesFlow | CreepingFlow | None = None,
    scatter: float | None = None,
    pore_radius_voxels: float | None = None,
    region: str = "core",
) -> list[Measurement]:
    """`permeability` of the structure [m^2] and `water_permeability` of the membrane [m/(s Pa)] with water at
    25 degC.

    k by Stokes flow on the structure; L = k/(eta t) for a sheet, L = 2 k/(eta d_i ln(d_o/d_i)) on the inner area
    of a fibre. Uncertainty: sampling (``scatter``), the solve, the voxels (:func:`extrapolated_flow`) and the
    viscosity of water, in quadrature.

    Args: void: True in voids, (nx, ny, nz). spacing_m: edge of a voxel [m]. periodic: whether each axis
        wraps; others are mirrored. wall: thickness and geometry of the membrane. axis: direction through the
        wall. layers: surface layers in series with this structure. flow: a flow already solved
        (:func:`structure_flow`). scatter: relative standard error of k from sub-volumes. pore_radius_voxels:
        mean local thickness (radius) for the error of the voxels of a lattice Boltzmann flow, taken as 0.2/R
        relative; a flow on the staggered grid knows its own.

    Validity: creeping flow; every scale of the wall like this structure. A gauge pressure of 1 kg/cm^2 does
        not change the result.
    Not included: entrance losses, fouling, swelling of the polymer by water.
    """
    checked(void, spacing_m, periodic, level, axis)
    method = PARA + "89(9): Stokes flow on the structure, pure water at 25 degC"
    names = (("permeability", "m^2"), ("water_permeability", "m/(s.Pa)"))
    if void.all():
        why = "there is no polymer: the flow has no walls"
        return [Measurement(n, None, u, method=method, region=region, reason=why) for n, u in names]
    solved = structure_flow(void, periodic, axis, level=level) if flow is None else flow
    k = solved.permeability * spacing_m**2
    if isinstance(solved, CreepingFlow):
        resolution = solved.error
        words = (
            f"between {solved.lower * spacing_m**2:.5g} and {solved.upper * spacing_m**2:.5g} m^2 on this grid "
            f"after {solved.steps} steps"
        )
    else:
        resolution = 0.2 / pore_radius_voxels if pore_radius_voxels else 0.1
        words = f"expected further change {100 * solved.change:.2g} % after {solved.steps} steps"
    numerical = math.hypot(solved.change, resolution)
    relative = math.hypot(scatter or 0.0, numerical)
    inner, outer = permeance(k, wall, layers=layers)
    settled = Check(
        "flow settled",
        "pass" if solved.settled else "warn" if solved.change < 0.1 else "fail",
        words,
    )
    resolved = Check(
        "pores resolved by the voxels",
        "pass" if resolution <= 0.1 else "warn",
        f"error of the voxels {100 * resolution:.2g} % of the permeability",
    )
    opened = Check(
        "flow goes through",
        "pass" if k > 0 else "warn",
        "voids reach from side to side" if k > 0 else "no void reaches from side to side: permeability 0",
    )
    shut = [layer.side for layer in layers if layer.permeability_m2 <= 0]
    passed = opened
    if k > 0 and shut:
        surfaces = " and ".join(f"{side} surface" for side in dict.fromkeys(shut))
        verb = "is" if len(set(shut)) == 1 else "are"
        passed = Check(
            "flow goes through",
            "warn",
            f"the {surfaces} {verb} closed: no water passes the membrane as a whole",
        )
    evidence: dict[str, object] = {
        "uncertainty_common": k * numerical,
        "permeability_m2": k,
        "viscosity_Pa_s": WATER_VISCOSITY_Pa_s,
        "steps": solved.steps,
        "relative_error_sampling": scatter,
        "relative_error_voxels": resolution,
        "relative_error_settling": solved.change,
    }
    if isinstance(solved, CreepingFlow):
        evidence |= {
            "bounds_on_the_grid_m2": [solved.lower * spacing_m**2, solved.upper * spacing_m**2],
            "permeability_on_the_grid_m2": solved.on_grid * spacing_m**2,
            "permeability_on_a_grid_of_double_spacing_m2": None
            if solved.coarse is None
            else solved.coarse * spacing_m**2,
            "hydraulic_radius_of_voids_voxels": solved.radius,
        }
    membrane = {
        **evidence,
        "uncertainty_common": inner * math.hypot(numerical, WATER_VISCOSITY_UNCERTAINTY),
        "geometry": wall.geometry,
        "thickness_m": wall.thickness_m,
        "basis": "inner area" if wall.geometry == "fibre" else "area of the sheet",
        "inner_area_m_sPa": inner,
        "outer_area_m_sPa": outer,
        "L_m2_h_atm": inner * L_M2_H_ATM,
        "outer_L_m2_h_atm": outer * L_M2_H_ATM,
        "layers": [
            {"permeability_m2": y.permeability_m2, "thickness_m": y.thickness_m, "side": y.side}
            for y in layers
        ],
    }
    error = math.hypot(relative, WATER_VISCOSITY_UNCERTAINTY)
    return [
        Measurement(
            "permeability",
            k,
            "m^2",
            k * relative if k else None,
            method,
            region,
            (settled, opened, resolved) if k else (settled, opened),
            evidence,
            FLOW_SOURCES,
        ),
        Measurement(
            "water_permeability",
            inner,
            "m/(s.Pa)",
            inner * error if inner else None,
            method + (", inner area" if wall.geometry == "fibre" else ""),
            "wall",
            (settled, passed),
            membrane,
            (*FLOW_SOURCES, "huber2009"),
        ),
    ]


def relative_scatter(values: Sequence[float]) -> float | None:
    """Standard error of the mean over the mean of sub-volume values; None where it cannot be given."""
    data = np.array(values, float)
    if len(data) < 3 or data.mean() <= 0:
        return None
    return float(data.std(ddof=1) / math.sqrt(len(data)) / data.mean())
