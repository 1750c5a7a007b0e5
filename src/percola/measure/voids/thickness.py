"""Local thickness: at each point the radius of the largest sphere that fits inside the phase and covers the
point; and the sizes of pores and struts by it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from percola.errors import InputError
from percola.measure._volume import BoolVolume, FloatVolume, Periodic, checked
from percola.measure.voids.distance import distance_map
from percola.measure.voids.spheres import largest_sphere
from percola.measure.voids.voxel import SURFACE, Mode, discretization_m, single_spacing, voxel_distance
from percola.measurement import Check, Measurement

Phase = Literal["void", "polymer"]
_BINS = 60


def local_thickness(cell: NDArray[Any], periodic: Periodic) -> NDArray[Any]:
    """Local thickness as a radius in voxels, 0 outside the phase (Hildebrand and Ruegsegger, J. Microsc. 185
    (1997) 67).

    tau(x) = max over centres c with |x - c| <= R(c) of R(c); every radius that occurs, no size classes.

    Args:
        cell: sphere radii, ``DistanceMap.cell``; or squared distances between voxels, whole numbers
            (:func:`percola.measure.voids.voxel.voxel_distance`), which give squared distances back, a sphere holding the
            voxels nearer to its centre than the nearest voxel outside the phase.
        periodic: whether each axis wraps.

    Exact for the spheres given (equal to trying every sphere on every voxel).
    Limitation (convenience): spheres are centred on voxel centres though a ``cell`` radius was found within half a voxel
        of them: single voxels at the rim of a sphere may get the radius of the next one.
    """
    out = largest_sphere(cell, periodic)
    np.copyto(out, 0, where=cell <= 0)
    return out


@dataclass(frozen=True)
class Sizes:
    """Distribution of the local thickness of one phase by volume, diameters.

    Attributes:
        phase: "void" (pores) or "polymer" (struts).
        diameter_m: edges of equal classes from 0 to the largest diameter [m].
        smaller: share of the phase's volume in places with a diameter below each edge, exact at the edges.
        density_1_m: that share per diameter in each class [1/m], one fewer than the edges.
        mean_m, median_m, d10_m, d90_m: volume-weighted; 10, 50 and 90 % of the volume are below.
        largest_m: diameter of the largest inscribed sphere.
        octants_m: means of the eight octants of the box.
        mode: "subvoxel" or "voxel".
    """

    phase: Phase
    diameter_m: NDArray[np.float64]
    smaller: NDArray[np.float64]
    density_1_m: NDArray[np.float64]
    mean_m: float
    median_m: float
    d10_m: float
    d90_m: float
    largest_m: float
    octants_m: tuple[float, ...]
    mode: Mode


def pore_size_distribution(
    void: BoolVolume,
    spacing_m: float,
    periodic: Periodic,
    level: FloatVolume | None = None,
    phase: Phase = "void",
    mode: Mode | None = None,
    cell: FloatVolume | None = None,
    thickness: FloatVolume | None = None,
) -> Sizes | None:
    """Sizes of the pores ("void") or struts ("polymer") by local thickness; None where the phase, or the other, is missing.

    Args:
        void: True in voids, (nx, ny, nz).
        spacing_m: edge of a voxel [m]; voxels are cubes.
        periodic: whether each axis wraps.
        level: field below zero in voids, its zero the wall ("subvoxel" only).
        phase: which of the two.
        mode: "subvoxel" (the default) or "voxel", see :func:`local_thickness` and
            :func:`percola.measure.voids.voxel.voxel_radius`.
        cell, thickness: ``DistanceMap.cell`` of that phase, or its local thickness in voxels, where at hand ("subvoxel").

    Every radius that occurs counts; nothing is sorted into classes before the shares are taken.
    Reference: Hildebrand and Ruegsegger 1997.
    """
    single_spacing(spacing_m)
    checked(void, spacing_m, periodic, level)
    if phase not in ("void", "polymer"):
        raise InputError("phase", repr(phase), "'void' or 'polymer'")
    if mode not in (None, "subvoxel", "voxel"):
        raise InputError("mode", repr(mode), "'subvoxel' or 'voxel'")
    given = [n for n, a in (("level", level), ("cell", cell), ("thickness", thickness)) if a is not None]
    if mode == "voxel" and given:
        raise InputError("mode", f"'voxel' with {', '.join(given)}", "'subvoxel'", "leave them out")
    for name, a in (("cell", cell), ("thickness", thickness)):
        if a is not None and a.shape != void.shape:
            raise InputError(f"{name}.shape", f"{a.shape}", f"the shape of void, {void.shape}")
    inside = void if phase == "void" else ~void
    if inside.all() or not inside.any():
        return None
    how: Mode = mode or "subvoxel"
    if how == "voxel":
        squared = local_thickness(voxel_distance(inside, periodic), periodic)
        radius = np.sqrt(squared, dtype=np.float32)
        radius -= np.float32(SURFACE)
        del squared
    elif thickness is not None:
        radius = thickness
    else:
        if cell is None:
            sign = None if level is None else (level if phase == "void" else -level)
            cell = distance_map(inside, periodic, sign).cell
        radius = local_thickness(cell, periodic)
    scale = 2 * spacing_m
    octants = [
        scale * float(radius[b][inside[b]].mean(dtype=np.float64))
        for b in _octants(void.shape)
        if inside[b].any()
    ]
    values = np.sort(radius[inside])
    n = len(values)
    edges = np.linspace(0, float(values[-1]) * (1 + 1e-6), _BINS + 1)
    smaller = np.searchsorted(values, edges) / n
    d10, median, d90 = (scale * float(values[min(int(q * n), n - 1)]) for q in (0.1, 0.5, 0.9))
    return Sizes(
        phase,
        edges * scale,
        smaller,
        np.diff(smaller) / np.diff(edges * scale),
        scale * float(values.mean(dtype=np.float64)),
        median,
        d10,
        d90,
        scale * float(values[-1]),
        tuple(octants),
        how,
    )


def _octants(shape: tuple[int, ...]) -> Sequence[tuple[slice, slice, slice]]:
    if min(shape) < 16:
        return []
    halves = [(slice(0, n // 2), slice(n // 2, n)) for n in shape]
    return [(a, b, c) for a in halves[0] for b in halves[1] for c in halves[2]]


def measure_pore_sizes(
    void: BoolVolume,
    spacing_m: float,
    periodic: Periodic,
    level: FloatVolume | None = None,
    mode: Mode | None = None,
    void_cell: FloatVolume | None = None,
    polymer_cell: FloatVolume | None = None,
    void_thickness: FloatVolume | None = None,
    polymer_thickness: FloatVolume | None = None,
    region: str = "core",
) -> list[Measurement]:
    """`mean_pore_diameter` and `mean_strut_diameter`: volume-weighted mean local thickness of voids and polymer [m].

    Args: as :func:`pore_size_distribution`; region: written into the results.

    Uncertainty: standard error over the eight octants of the box, and the lattice's
        (:func:`percola.measure.voids.voxel.discretization_m`, doubled), added in squares.
    Evidence: median, d10, d90, the cumulative and differential distribution by volume, the octants.
    """
    out = []
    for name, phase, word, cell, thickness in (
        ("mean_pore_diameter", "void", "void", void_cell, void_thickness),
        ("mean_strut_diameter", "polymer", "polymer", polymer_cell, polymer_thickness),
    ):
        sizes = pore_size_distribution(
            void, spacing_m, periodic, level, "void" if phase == "void" else "polymer", mode, cell, thickness
        )
        if sizes is None:
            missing = "void" if not void.any() else "polymer"
            why = f"there is no {missing}" + ("" if missing == word else f": nothing bounds the {word}")
            out.append(Measurement(name, None, "m", None, _METHOD, region, citations=_CITED, reason=why))
            continue
        lattice = 2 * discretization_m(spacing_m, level is not None, sizes.mode)
        spread = (
            float(np.std(sizes.octants_m, ddof=1)) / math.sqrt(len(sizes.octants_m))
            if len(sizes.octants_m) > 1
            else 0.0
        )
        voxels = sizes.mean_m / spacing_m
        out.append(
            Measurement(
                name,
                sizes.mean_m,
                "m",
                math.hypot(spread, lattice),
                _METHOD,
                region,
                (
                    Check(
                        "voxels resolve the diameter",
                        "pass" if voxels >= 6 else "warn" if voxels >= 3 else "fail",
                        f"mean diameter of {voxels:.1f} voxels; 6 or more wanted",
                    ),
                ),
                {
                    "value_is": "a diameter, by volume",
                    "mode": sizes.mode,
                    "median_m": sizes.median_m,
                    "d10_m": sizes.d10_m,
                    "d90_m": sizes.d90_m,
                    "largest_m": sizes.largest_m,
                    "octants_m": list(sizes.octants_m),
                    "distribution": {
                        "diameter_m": [float(f"{v:.6g}") for v in sizes.diameter_m],
                        "smaller": [float(f"{v:.6g}") for v in sizes.smaller],
                        "density_1_m": [float(f"{v:.6g}") for v in sizes.density_1_m],
                        "meaning": "edges of classes, share of the volume below each, share per diameter in each class",
                    },
                },
                _CITED,
            )
        )
    return out


_METHOD = "local thickness, largest inscribed sphere covering each point, every radius; mean by volume"
_CITED = ("hildebrand1997", "remythiel2005")
