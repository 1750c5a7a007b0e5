"""Structures with known answers, for tests, benchmarks and for calibrating what a method reads on a real
scan.

Every phantom carries a smooth ``level`` field (void where it is below zero, in voxels from the interface
wherever the shape allows a distance) beside its voxels, so that the bias of the voxels and of the sub-voxel
interface can be told apart.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from percola.errors import InputError

BoolVolume = NDArray[np.bool_]
FloatVolume = NDArray[np.float32]


@dataclass(frozen=True)
class Phantom:
    """A voxel structure whose measurements are known in closed form.

    Attributes:
        void: True in voids, shape (nx, ny, nz).
        level: continuous field, void where negative, same shape.
        spacing_m: edge of a voxel [m].
        periodic: whether each axis wraps.
        known: exact values by name, SI units in the names.
    """

    void: BoolVolume
    level: FloatVolume
    spacing_m: float
    periodic: tuple[bool, bool, bool]
    known: Mapping[str, float] = field(default_factory=dict)


def _phantom(
    level: NDArray[np.floating],
    spacing_m: float,
    periodic: tuple[bool, bool, bool],
    known: Mapping[str, float],
) -> Phantom:
    level = np.ascontiguousarray(level, dtype=np.float32)
    return Phantom(level < 0, level, spacing_m, periodic, dict(known))


def _centres(
    shape: tuple[int, int, int],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Voxel centres in voxels, broadcastable over (x, y, z)."""
    x, y, z = (np.asarray(np.arange(n) + 0.5, dtype=np.float64) for n in shape)
    return x[:, None, None], y[None, :, None], z[None, None, :]


def slit(
    gap_voxels: float, length: int = 8, wall_voxels: int = 2, spacing_m: float = 1e-8, tilt: bool = False
) -> Phantom:
    """Two parallel plates normal to x, flow along z: k = h^2/12 within the gap, throat radius h/2.

    With ``tilt`` the plates stand at 45 degrees between x and y (gap measured across them).
    """
    if tilt:
        n = 2 * math.ceil((gap_voxels + 2 * wall_voxels) / math.sqrt(2.0))
        x, y, _ = _centres((n, n, length))
        # Periodic along both axes: the plates repeat every n voxels along x + y.
        s = (np.mod(x + y + 0.0 * np.zeros((1, 1, length)), n) - n / 2) / math.sqrt(2.0)
        level = np.abs(s) - gap_voxels / 2
        return _phantom(level, spacing_m, (True, True, True), {"throat_radius_m": gap_voxels / 2 * spacing_m})
    n = math.ceil(gap_voxels) + 2 * wall_voxels
    x, _, _ = _centres((n, 4, length))
    level = np.broadcast_to(np.abs(x - n / 2) - gap_voxels / 2, (n, 4, length))
    h = gap_voxels * spacing_m
    known = {
        "throat_radius_m": h / 2,
        "gap_permeability_m2": h**2 / 12,
        "porosity": gap_voxels / n,
        "permeability_m2": h**2 / 12 * gap_voxels / n,
        "mean_chord_across_m": h,
    }
    return _phantom(level, spacing_m, (False, True, True), known)


def duct(width_voxels: int, length: int = 4, wall_voxels: int = 2, spacing_m: float = 1e-8) -> Phantom:
    """A square duct along z: k = 0.0351443 h^2 within the duct (series solution of White, Viscous Fluid
    Flow).
    """
    n = width_voxels + 2 * wall_voxels
    x, y, _ = _centres((n, n, length))
    level = np.maximum(np.abs(x - n / 2), np.abs(y - n / 2)) - width_voxels / 2 + np.zeros((1, 1, length))
    h = width_voxels * spacing_m
    area = width_voxels**2 / n**2
    known = {
        "throat_radius_m": h / 2,
        "duct_permeability_m2": duct_permeability(1.0) * h**2,
        "permeability_m2": duct_permeability(1.0) * h**2 * area,
        "porosity": area,
    }
    return _phantom(level, spacing_m, (True, True, True), known)


def duct_permeability(width_m: float, terms: int = 60) -> float:
    """Permeability of a square duct, mean velocity times viscosity over pressure gradient [m^2].

    k = h^2/12 [1 - (192/pi^5) sum_{odd n} tanh(n pi/2)/n^5]; White, Viscous Fluid Flow, 3rd ed., eq. 3-48.
    """
    n = np.arange(1, 2 * terms, 2, dtype=float)
    return float(width_m**2 / 12 * (1 - 192 / math.pi**5 * np.sum(np.tanh(n * math.pi / 2) / n**5)))


def tube(
    radius_voxels: float,
    length: int = 16,
    margin_voxels: int = 3,
    spacing_m: float = 1e-8,
    offset_voxels: tuple[float, float] = (0.0, 0.0),
) -> Phantom:
    """A round tube along z: k = R^2/8 within the tube, throat radius R."""
    n = 2 * math.ceil(radius_voxels) + 2 * margin_voxels
    x, y, _ = _centres((n, n, length))
    level = np.hypot(x - n / 2 - offset_voxels[0], y - n / 2 - offset_voxels[1]) - radius_voxels
    area = math.pi * radius_voxels**2 / n**2
    r = radius_voxels * spacing_m
    known = {
        "throat_radius_m": r,
        "tube_permeability_m2": r**2 / 8,
        "permeability_m2": r**2 / 8 * area,
        "porosity": area,
    }
    return _phantom(level + np.zeros((1, 1, length)), spacing_m, (True, True, True), known)


def tubes(
    radii_voxels: tuple[float, ...], length: int = 16, margin_voxels: int = 3, spacing_m: float = 1e-8
) -> Phantom:
    """Straight round tubes of different radii side by side along x, all along z: a bundle with known flow
    curves.
    """
    width = 2 * math.ceil(max(radii_voxels)) + 2 * margin_voxels
    n = width * len(radii_voxels)
    x, y, _ = _centres((n, width, length))
    level = np.full((n, width, length), np.inf)
    for i, r in enumerate(radii_voxels):
        level = np.minimum(level, np.hypot(x - (i + 0.5) * width, y - width / 2) - r)
    area = math.pi * sum(r**2 for r in radii_voxels) / (n * width)
    known = {
        "throat_radius_m": max(radii_voxels) * spacing_m,
        "permeability_m2": math.pi / 8 * sum(r**4 for r in radii_voxels) / (n * width) * spacing_m**2,
        "porosity": area,
    }
    return _phantom(level, spacing_m, (True, True, True), known)


def necklace(
    throat_voxels: float,
    belly_voxels: float,
    period_voxels: int = 32,
    beads: int = 2,
    spacing_m: float = 1e-8,
    offset_voxels: tuple[float, float] = (0.0, 0.0),
) -> Phantom:
    """A tube along z whose radius swings between throat and belly as a cosine; bubble-point radius is the
    throat's.

    ``level`` is rho - R(z), which crosses zero at the wall but is no distance: its slope is 1 across the
    throat.
    """
    n = 2 * math.ceil(belly_voxels) + 6
    length = period_voxels * beads
    x, y, z = _centres((n, n, length))
    mean, swing = (throat_voxels + belly_voxels) / 2, (belly_voxels - throat_voxels) / 2
    radius = mean + swing * np.cos(2 * math.pi * z / period_voxels)
    level = np.hypot(x - n / 2 - offset_voxels[0], y - n / 2 - offset_voxels[1]) - radius
    volume = math.pi * (mean**2 + swing**2 / 2) * length
    known = {"throat_radius_m": throat_voxels * spacing_m, "porosity": volume / (n * n * length)}
    return _phantom(level, spacing_m, (True, True, True), known)


def sphere_array(
    lattice: str, cell_voxels: int, solid_fraction: float | None = None, spacing_m: float = 1e-8
) -> Phantom:
    """Solid spheres on a simple (``"sc"``), body-centred (``"bcc"``) or face-centred (``"fcc"``) cubic
    lattice, one cell.

    Without ``solid_fraction`` the spheres touch. k = L^3/(6 pi a K N), with N spheres a cell and the drag K
    of Zick and Homsy, J. Fluid Mech. 115 (1982) 13, held in ``known["permeability_m2"]`` where tabulated.
    """
    sites = {
        "sc": [(0.0, 0.0, 0.0)],
        "bcc": [(0.0, 0.0, 0.0), (0.5, 0.5, 0.5)],
        "fcc": [(0.0, 0.0, 0.0), (0.5, 0.5, 0.0), (0.5, 0.0, 0.5), (0.0, 0.5, 0.5)],
    }
    if lattice not in sites:
        raise InputError("lattice", repr(lattice), "'sc', 'bcc' or 'fcc'")
    touching = {"sc": math.pi / 6, "bcc": math.pi * math.sqrt(3) / 8, "fcc": math.pi * math.sqrt(2) / 6}[
        lattice
    ]
    fraction = touching if solid_fraction is None else solid_fraction
    if not 0 < fraction <= touching + 1e-9:
        raise InputError(
            "solid_fraction", f"{fraction:g}", f"above 0 and at most {touching:.4f} (touching spheres)"
        )
    n, count = cell_voxels, len(sites[lattice])
    radius = (3 * fraction / (4 * math.pi * count)) ** (1 / 3)  # in cells
    level = np.full((n, n, n), -np.inf)
    centres = _centres((n, n, n))
    for site in sites[lattice]:
        deltas = [np.mod(c / n - s + 0.5, 1.0) - 0.5 for c, s in zip(centres, site, strict=True)]
        level = np.maximum(level, radius - np.sqrt(sum(d**2 for d in deltas)))
    known = {"porosity": 1 - fraction, "sphere_radius_m": radius * n * spacing_m}
    drag = ZICK_HOMSY_DRAG.get(lattice, {}).get(round(fraction, 3))
    if drag is not None:
        known["permeability_m2"] = (n * spacing_m) ** 2 / (6 * math.pi * radius * drag * count)
    return _phantom(level * n, spacing_m, (True, True, True), known)


ZICK_HOMSY_DRAG: Mapping[str, Mapping[float, float]] = {
    "sc": {0.027: 2.008, 0.064: 2.810, 0.125: 4.292, 0.216: 7.442, 0.343: 15.4, 0.45: 28.1, 0.524: 42.1},
    "bcc": {0.68: 162.9},
    "fcc": {0.74: 435.0},
}
"""Drag of one sphere over Stokes's, by lattice and solid fraction; Zick and Homsy, J. Fluid Mech. 115 (1982)
13, table 2.
"""


_SURFACES: Mapping[str, tuple[Callable[..., NDArray[np.float64]], float, int]] = {
    "gyroid": (
        lambda x, y, z: np.sin(x) * np.cos(y) + np.sin(y) * np.cos(z) + np.sin(z) * np.cos(x),
        1.5,
        8 - 12,
    ),
    "primitive": (lambda x, y, z: np.cos(x) + np.cos(y) + np.cos(z), 1.32, 1 - 3),
    "diamond": (
        lambda x, y, z: (
            np.sin(x) * np.sin(y) * np.sin(z)
            + np.sin(x) * np.cos(y) * np.cos(z)
            + np.cos(x) * np.sin(y) * np.cos(z)
            + np.cos(x) * np.cos(y) * np.sin(z)
        ),
        1.5,
        8 - 16,
    ),
}
"""Level-set surfaces: the function of angles, its mean slope on the surface per radian (scales the field to voxels), and the
Euler number of one labyrinth a cubic cell: nodes less bonds of its graph (gyroid: 8 nodes of 3 bonds; primitive: 1 of 6; diamond: 8
of 4)."""


def level_set(
    surface: str, cell_voxels: int, offset: float = 0.0, cells: int = 1, spacing_m: float = 1e-8
) -> Phantom:
    """A triply periodic level-set surface, "gyroid", "primitive" (Schwarz P) or "diamond" (Schwarz D), void below ``offset``.

    Known: the Euler number of either labyrinth, and at offset 0 the porosity one half, by the symmetry that swaps them.
    """
    if surface not in _SURFACES:
        raise InputError("surface", repr(surface), ", ".join(_SURFACES))
    function, slope, euler = _SURFACES[surface]
    n = cell_voxels * cells
    x, y, z = (2 * math.pi * c / cell_voxels for c in _centres((n, n, n)))
    level = (function(x, y, z) - offset) * cell_voxels / (2 * math.pi * slope)
    known = {"euler_number": float(euler * cells**3)}
    if offset == 0.0:
        known["porosity"] = 0.5
    return _phantom(level, spacing_m, (True, True, True), known)


def gyroid(cell_voxels: int, porosity_level: float = 0.0, cells: int = 1, spacing_m: float = 1e-8) -> Phantom:
    """The gyroid of :func:`level_set`, sin x cos y + sin y cos z + sin z cos x = c; void below c."""
    return level_set("gyroid", cell_voxels, porosity_level, cells, spacing_m)


def gaussian_field(
    shape: tuple[int, int, int] | int,
    wavelength_voxels: float = 16.0,
    porosity: float = 0.6,
    bandwidth: float = 0.2,
    seed: int = 0,
    spacing_m: float = 1e-8,
    stretch: tuple[float, float, float] = (1.0, 1.0, 1.0),
) -> Phantom:
    """A seeded periodic band-limited Gaussian random field cut at the quantile of the porosity: bicontinuous,
    isotropic.

    The spectrum is a Gaussian shell of relative width ``bandwidth`` about 2 pi/wavelength (Cahn's picture of
    early spinodal demixing, J. Chem. Phys. 42 (1965) 93). ``stretch`` lengthens the wavelength along each
    axis. Known for the infinite field, with u the cut and k2 the mean square wave number (Adler, The Geometry
    of Random Fields, 1981): Euler density (k2/3)^(3/2) (u^2 - 1) exp(-u^2/2)/(2 pi)^2 of either phase,
    surface per volume (2/pi) (k2/3)^(1/2) exp(-u^2/2).
    """
    size = (shape, shape, shape) if isinstance(shape, int) else shape
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal(size, dtype=np.float32)
    import scipy.fft

    spectrum = scipy.fft.rfftn(noise)
    del noise
    kx = np.fft.fftfreq(size[0])[:, None, None] * stretch[0]
    ky = np.fft.fftfreq(size[1])[None, :, None] * stretch[1]
    kz = np.fft.rfftfreq(size[2])[None, None, :] * stretch[2]
    k = np.sqrt(kx**2 + ky**2 + kz**2).astype(np.float32)
    k0 = 1 / wavelength_voxels
    amplitude = np.exp(-((k - k0) ** 2) / (2 * (bandwidth * k0) ** 2)).astype(np.float32)
    amplitude[0, 0, 0] = 0
    spectrum *= amplitude
    values = scipy.fft.irfftn(spectrum, s=size).astype(np.float32)
    del spectrum
    values /= values.std()
    cut = float(np.quantile(values, porosity))
    # Slope of a unit Gaussian field normal to its level set is about sqrt(k2/3) times sqrt(8/pi).
    weight = amplitude.astype(float) ** 2
    k2 = float((weight * (2 * math.pi * k.astype(float)) ** 2).sum() / weight.sum())
    slope = math.sqrt(k2 / 3) * math.sqrt(8 / math.pi)
    euler = (k2 / 3) ** 1.5 / (2 * math.pi) ** 2 * (cut**2 - 1) * math.exp(-(cut**2) / 2)
    surface = 2 * math.sqrt(k2 / 3) / math.pi * math.exp(-(cut**2) / 2)
    known = {
        "porosity": porosity,
        "euler_density_void_voxels": euler,
        "surface_per_volume_voxels": surface,
        "wavelength_m": wavelength_voxels * spacing_m,
        # Cauchy: mean chord = 4 phi/S_V.
        "mean_void_chord_m": 4 * porosity / surface * spacing_m,
    }
    return _phantom((values - cut) / slope, spacing_m, (True, True, True), known)


def layered(
    thicknesses_voxels: tuple[int, ...], size: int = 16, normal: int = 2, spacing_m: float = 1e-8
) -> Phantom:
    """Layers, solid first, alternating with void, stacked along ``normal``: voids are closed along it, open
    across.
    """
    n = sum(thicknesses_voxels)
    edges = np.cumsum((0, *thicknesses_voxels))
    position = np.arange(n) + 0.5
    index = np.searchsorted(edges, position, side="right") - 1
    to_edge = np.abs(position[:, None] - edges[None, :]).min(axis=1)
    line = np.where(index % 2 == 0, to_edge, -to_edge)
    shape = [size, size, size]
    shape[normal] = n
    view = [1, 1, 1]
    view[normal] = n
    level = np.broadcast_to(line.reshape(view), shape)
    known = {"porosity": sum(thicknesses_voxels[1::2]) / n}
    return _phantom(level, spacing_m, (True, True, True), known)


_FACE_CENTRES = [(0.125, 0.125, 0.125), (0.625, 0.625, 0.125), (0.625, 0.125, 0.625), (0.125, 0.625, 0.625)]
# Sites in a cubic cell and distance of nearest neighbours in cells.
_PACKINGS: Mapping[str, tuple[list[tuple[float, float, float]], float]] = {
    "sc": ([(0.5, 0.5, 0.5)], 1.0),
    "bcc": ([(0.25, 0.25, 0.25), (0.75, 0.75, 0.75)], math.sqrt(3) / 2),
    "diamond": (
        [*_FACE_CENTRES, *[(x + 0.25, y + 0.25, z + 0.25) for x, y, z in _FACE_CENTRES]],
        math.sqrt(3) / 4,
    ),
}


def particles(
    cell_voxels: int,
    cells: int = 2,
    overlap: float = 1.06,
    lattice: str = "sc",
    jitter: float = 0.0,
    seed: int = 0,
    spacing_m: float = 1e-8,
) -> Phantom:
    """Solid spheres on a lattice, swollen by ``overlap`` so that neighbours join by necks: connected
    spherical particles.

    ``jitter`` displaces the centres by that part of the cell. The neck of two equal spheres of radius a whose
    centres are d apart has the radius sqrt(a^2 - d^2/4).
    """
    if lattice not in _PACKINGS:
        raise InputError("lattice", repr(lattice), "'sc', 'bcc' or 'diamond'")
    sites, distance = _PACKINGS[lattice]
    radius = overlap * distance / 2 * cell_voxels
    level = _sphere_union(cell_voxels, cells, sites, radius, jitter, seed)
    neck = math.sqrt(max(radius**2 - (distance * cell_voxels / 2) ** 2, 0.0))
    known = {"sphere_radius_m": radius * spacing_m, "solid_neck_radius_m": neck * spacing_m}
    return _phantom(level, spacing_m, (True, True, True), known)


def cells(
    cell_voxels: int,
    cells: int = 2,
    overlap: float = 1.06,
    lattice: str = "sc",
    jitter: float = 0.0,
    seed: int = 0,
    spacing_m: float = 1e-8,
) -> Phantom:
    """The negative of :func:`particles`: spherical pores that open into each other through windows of known
    radius.
    """
    inverse = particles(cell_voxels, cells, overlap, lattice, jitter, seed, spacing_m)
    known = {
        "sphere_radius_m": inverse.known["sphere_radius_m"],
        "throat_radius_m": inverse.known["solid_neck_radius_m"],
    }
    return _phantom(-inverse.level, spacing_m, (True, True, True), known)


def isolated_pores(cell_voxels: int, cells: int = 2, radius: float = 0.3, spacing_m: float = 1e-8) -> Phantom:
    """Separate spherical pores, one a cubic cell, of the given radius in cells: nothing reaches from side to
    side.
    """
    if not 0 < radius < 0.5:
        raise InputError("radius", f"{radius:g}", "between 0 and 0.5 cells", "larger spheres would touch")
    level = -_sphere_union(cell_voxels, cells, [(0.5, 0.5, 0.5)], radius * cell_voxels, 0.0, 0)
    return _phantom(level, spacing_m, (True, True, True), {"porosity": 4 / 3 * math.pi * radius**3})


def _sphere_union(
    cell_voxels: int,
    cells: int,
    sites: list[tuple[float, float, float]],
    radius: float,
    jitter: float,
    seed: int,
) -> NDArray[np.float64]:
    """Depth inside the union of spheres (positive inside), in voxels; periodic."""
    rng = np.random.default_rng(seed)
    n = cell_voxels * cells
    level = np.full((n, n, n), -np.inf)
    axes = [np.arange(n) + 0.5] * 3
    reach = min(math.ceil(radius) + cell_voxels, n // 2)
    for i in range(cells):
        for j in range(cells):
            for k in range(cells):
                for site in sites:
                    centre = np.add(site, (i, j, k)) * cell_voxels
                    centre = centre + jitter * cell_voxels * rng.uniform(-1, 1, 3)
                    deltas = [np.mod(a - c + n / 2, n) - n / 2 for a, c in zip(axes, centre, strict=True)]
                    near = [np.flatnonzero(np.abs(d) <= reach) for d in deltas]
                    dx, dy, dz = (d[m] for d, m in zip(deltas, near, strict=True))
                    depth = radius - np.sqrt(
                        dx[:, None, None] ** 2 + dy[None, :, None] ** 2 + dz[None, None, :] ** 2
                    )
                    block = np.ix_(*near)
                    level[block] = np.maximum(level[block], depth)
    return level
