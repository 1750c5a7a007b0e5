"""Permeability tensor, velocity distribution and hydraulic diameter of a structure."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from percola.measure._volume import BoolVolume, FloatVolume, Periodic, checked, smooth_level
from percola.measure.flow.creeping import CreepingFlow, FaceVelocity, extrapolated_flow
from percola.measure.flow.permeability import FLOW_SOURCES
from percola.measurement import Check, Measurement

_SPEED_BINS = 40
_TOP_SPEED = 8.0


def voxel_velocity(velocity: FaceVelocity) -> tuple[FloatVolume, FloatVolume, FloatVolume]:
    """Velocities at voxel centres: the mean over the two faces of each voxel and direction."""
    half = np.float32(0.5)
    x, y, z = velocity
    return half * (x[1:] + x[:-1]), half * (y[:, 1:] + y[:, :-1]), half * (z[:, :, 1:] + z[:, :, :-1])


def velocity_evidence(velocity: FaceVelocity, void: BoolVolume, axis: int = 2) -> dict[str, Any]:
    """How the flow is spread over the voids.

    Keys: ``hydraulic_tortuosity`` = <|u|>/<u_axis>, the mean length of streamlines over that of the block weighted
    by flow (Duda, Koza and Matyka, Phys. Rev. E 84 (2011) 036319); ``speed_over_mean`` (edges of bins) and
    ``share_of_voids`` (the distribution of |u| over its mean, the last bin open); ``share_of_voids_backwards``;
    ``half_of_flow_in_share_of_voids``: the smallest share of the void volume through which half of the flow goes;
    ``mean_speed_over_superficial``.
    """
    components = voxel_velocity(velocity)
    speed = np.sqrt(sum(np.square(c) for c in components))[void].astype(np.float64)
    along = components[axis][void].astype(np.float64)
    total = float(along.sum())
    if total <= 0 or not speed.size:
        return {}
    mean = float(speed.mean())
    edges = np.linspace(0, _TOP_SPEED, _SPEED_BINS + 1)
    counts, _ = np.histogram(np.minimum(speed / mean, _TOP_SPEED * (1 - 1e-9)), edges)
    falling = np.sort(along)[::-1]
    half = int(np.searchsorted(np.cumsum(falling), 0.5 * total)) + 1
    return {
        "hydraulic_tortuosity": float(speed.sum() / total),
        "speed_over_mean": edges.tolist(),
        "share_of_voids": (counts / speed.size).tolist(),
        "share_of_voids_backwards": float(np.mean(along < 0)),
        "half_of_flow_in_share_of_voids": half / speed.size,
        "mean_speed_over_superficial": mean * void.size / total,
    }


def wall_area(void: BoolVolume, periodic: Periodic, level: FloatVolume | None = None) -> float:
    """Area of the wall over the volume [1/voxel]: each link between polymer and void carries |normal along it|.

    A level field gives areas of smooth walls within 1 %; voxels alone, smoothed, within some 3 %.
    """
    if void.all() or not void.any():
        return 0.0
    field = smooth_level(void, periodic, level)
    total = 0.0
    for c in range(3):
        beyond = np.roll(void, -1, c)
        cut = void != beyond
        if not periodic[c]:
            last: list[Any] = [slice(None)] * 3
            last[c] = -1
            cut[tuple(last)] = False
        here = np.argwhere(cut)
        there = _moved(here, c, 1, void.shape, periodic)
        f, g = field[tuple(here.T)], field[tuple(there.T)]
        part = np.where(f != g, f / np.where(f != g, f - g, 1), 0.5)
        slope = np.empty((3, len(here)), np.float32)
        for a in range(3):
            ends = []
            for at in (here, there):
                up, down = _moved(at, a, 1, void.shape, periodic), _moved(at, a, -1, void.shape, periodic)
                ends.append(field[tuple(up.T)] - field[tuple(down.T)])
            slope[a] = ends[0] + part * (ends[1] - ends[0])
        length = np.sqrt(np.square(slope).sum(0))
        total += float((np.abs(slope[c]) / np.maximum(length, 1e-20)).sum(dtype=np.float64))
    return total / void.size


def _moved(
    at: NDArray[np.intp], axis: int, step: int, shape: tuple[int, ...], periodic: Periodic
) -> NDArray[np.intp]:
    """Indices of the neighbours along an axis; at faces that do not wrap the voxel itself."""
    out = at.copy()
    out[:, axis] += step
    n = shape[axis]
    out[:, axis] = out[:, axis] % n if periodic[axis] else np.clip(out[:, axis], 0, n - 1)
    return out


def permeability_tensor(
    void: BoolVolume,
    spacing_m: float,
    periodic: Periodic,
    level: FloatVolume | None = None,
    axis: int = 2,
    tolerance: float = 1e-3,
    surface_per_volume_1_m: float | None = None,
    region: str = "core",
    progress: Callable[[str, float], None] | None = None,
) -> list[Measurement]:
    """`permeability_tensor` [m^2] and `hydraulic_diameter` [m] from Stokes flow along x, y and z.

    k_ij = viscosity x mean velocity along i/pressure gradient along j.

    Args:
        void: True in voids, (nx, ny, nz). spacing_m: edge of a voxel [m]. periodic: whether each axis wraps.
        level: field below 0 in voids, its zero the wall. axis: whose component is the value.
        tolerance: of the bounds of each diagonal component.
        surface_per_volume_1_m: wall area over total volume for the hydraulic diameter; None: :func:`wall_area`.

    Off-diagonal components are measured between periodic axes only. A scan that does not wrap is closed at the sides
    by planes of symmetry, whose mirror images cancel them: they are None there, and the diagonal is that of the
    structure and its mirror images. For a structure whose axes stand oblique to the faces it then reads low, by
    k_ij^2/k_jj where nothing leaves by the sides.

    Checks: positive eigenvalues; Onsager's symmetry k_ij = k_ji, which the solves do not enforce (the tensor given
    is the mean of both). Uncertainty: of the solve and the voxels; not of sampling.
    Memory: :func:`percola.measure.flow.creeping.memory_bytes` and 12 bytes a voxel.
    """
    checked(void, spacing_m, periodic, level, axis)
    names = "xyz"
    method = "k_ij = viscosity x mean velocity i / pressure gradient j, Stokes flow along x, y and z"
    if void.all():
        why = "there is no polymer: the flow has no walls"
        return [
            Measurement("permeability_tensor", None, "m^2", method=method, region=region, reason=why),
            Measurement("hydraulic_diameter", None, "m", method=_HYDRAULIC, region=region, reason=why),
        ]
    raw: NDArray[np.float64] = np.zeros((3, 3))
    flows: list[CreepingFlow] = []
    speeds: dict[str, Any] = {}
    for j in range(3):
        if progress:
            progress(f"Stokes flow along {names[j]}", j / 3)
        flow = extrapolated_flow(void, periodic, j, level, tolerance, velocity=j == axis)
        raw[:, j] = flow.mean_velocity
        raw[j, j] = flow.permeability
        if flow.velocity is not None and flow.permeability > 0:
            speeds = velocity_evidence(flow.velocity, void, axis)
        flows.append(CreepingFlow(**{**flow.__dict__, "velocity": None}))
    known = np.array([[i == j or (periodic[i] and periodic[j]) for j in range(3)] for i in range(3)])
    raw[~known] = 0
    tensor = (raw + raw.T) / 2
    mean = float(np.trace(tensor)) / 3
    uneven = float(np.abs(raw - raw.T).max() / mean) if mean > 0 else 0.0
    values, vectors = np.linalg.eigh(tensor * spacing_m**2)
    k = float(tensor[axis, axis]) * spacing_m**2
    main = flows[axis]
    relative = math.hypot(main.change, main.error)
    checks = [
        Check(
            "flow settled",
            "pass" if all(f.settled for f in flows) else "warn",
            "bounds within " + ", ".join(f"{100 * _gap(f):.2g} %" for f in flows) + " along x, y, z",
        ),
        Check(
            "flow goes through",
            "pass" if all(f.permeability > 0 for f in flows) else "warn",
            "along "
            + (", ".join(n for n, f in zip(names, flows, strict=True) if f.permeability > 0) or "no axis"),
        ),
        Check(
            "tensor positive",
            "pass" if values[0] > 0 else "warn",
            "eigenvalues " + ", ".join(f"{v:.3g}" for v in values) + " m^2",
        ),
    ]
    if known[~np.eye(3, dtype=bool)].any():
        checks.append(
            Check(
                "tensor symmetric",
                "pass" if uneven < 0.02 else "warn",
                f"largest difference between k_ij and k_ji {100 * uneven:.2g} % of the mean",
            )
        )
    listed = [
        [float(tensor[i, j]) * spacing_m**2 if known[i, j] else None for j in range(3)] for i in range(3)
    ]
    evidence: dict[str, Any] = {
        "axes": list(names),
        "tensor": listed,
        "tensor_as_solved": [
            [float(raw[i, j]) * spacing_m**2 if known[i, j] else None for j in range(3)] for i in range(3)
        ],
        "eigenvalues_m2": values.tolist(),
        "eigenvectors": vectors.T.tolist(),
        "anisotropy": float(values[-1] / values[0]) if values[0] > 0 else None,
        "mean_m2": mean * spacing_m**2,
        "off_diagonal": "measured between periodic axes"
        if known.sum() > 3
        else "not measured: sides are mirrors",
        "relative_error_voxels": [f.error for f in flows],
        "relative_error_settling": [f.change for f in flows],
        "uncertainty_common": k * relative,
        "velocity": speeds,
    }
    found = Measurement(
        "permeability_tensor",
        k,
        "m^2",
        k * relative if k > 0 else None,
        method,
        region,
        tuple(checks),
        evidence,
        (*FLOW_SOURCES, "dudakozamatyka2011"),
    )
    diameter = hydraulic_diameter(
        void,
        spacing_m,
        periodic,
        level,
        surface_per_volume_1_m,
        k,
        relative,
        speeds.get("hydraulic_tortuosity"),
        region,
    )
    return [found, diameter]


def _gap(flow: CreepingFlow) -> float:
    return (flow.upper - flow.lower) / flow.upper if flow.upper > 0 else 0.0


_HYDRAULIC = "4 x porosity / (wall area per volume)"


def hydraulic_diameter(
    void: BoolVolume,
    spacing_m: float,
    periodic: Periodic,
    level: FloatVolume | None = None,
    surface_per_volume_1_m: float | None = None,
    permeability_m2: float | None = None,
    permeability_error: float = 0.0,
    tortuosity: float | None = None,
    region: str = "core",
) -> Measurement:
    """`hydraulic_diameter` [m] = 4 porosity/(wall area per volume), and the Kozeny number in the evidence.

    c = porosity^3/(k S^2), S the wall area over the total volume: 2 for round tubes along the flow, 3 for slits,
    about 5 for beds of grains (Carman, Trans. Inst. Chem. Eng. 15 (1937) 150).

    Args: permeability_m2: for the Kozeny number. permeability_error: its relative error. tortuosity: of the
        streamlines, noted beside.

    All voids and walls count, closed ones too. Uncertainty: a wall misplaced by 0.3 voxel (0.4 without a level field)
        beside 4 porosity/area: tubes of 16 voxels are 3 % off, touching spheres with their cusps 9 % at 32 voxels a cell.
    """
    checked(void, spacing_m, periodic, level)
    porosity = float(void.mean())
    area = surface_per_volume_1_m
    if area is None:
        area = wall_area(void, periodic, level) / spacing_m
    relative = (0.3 if level is not None else 0.4) * spacing_m * area / max(porosity, 1e-12)
    if area <= 0 or porosity <= 0:
        why = "there is no void" if porosity == 0 else "there is no polymer"
        return Measurement("hydraulic_diameter", None, "m", method=_HYDRAULIC, region=region, reason=why)
    value = 4 * porosity / area
    evidence: dict[str, Any] = {
        "porosity": porosity,
        "surface_area_per_volume_1_m": area,
        "uncertainty_common": value * relative,
    }
    if permeability_m2:
        kozeny = porosity**3 / (permeability_m2 * area**2)
        evidence |= {
            "permeability_m2": permeability_m2,
            "kozeny_number": kozeny,
            "kozeny_number_uncertainty": kozeny * math.hypot(permeability_error, 2 * relative),
        }
    if tortuosity is not None:
        evidence["hydraulic_tortuosity"] = tortuosity
    wide = value / spacing_m
    resolved = Check(
        "pores resolved by the voxels",
        "pass" if wide >= 4 else "warn",
        f"hydraulic diameter {wide:.3g} voxels",
    )
    return Measurement(
        "hydraulic_diameter",
        value,
        "m",
        value * relative,
        _HYDRAULIC,
        region,
        (resolved,),
        evidence,
        ("carman1937",),
    )
