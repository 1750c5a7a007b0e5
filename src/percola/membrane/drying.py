"""Extraction and drying: the lean phase becomes void, the swollen polymer-rich phase collapses onto its polymer.

The volatile liquid replaces the solvent without moving the gel. When it evaporates, a polymer-rich phase of volume share
f_r that holds the polymer volume v shrinks to that volume; the resolved pores f_v = 1 - f_r keep theirs, so that

    V_dry/V_gel = f_v + v/s        porosity = f_v/(f_v + v/s)

with s the share of polymer in the dry strut. A gel that has set before it demixed has no resolved pores, f_v = 0, and
dries to a dense film. Struts shrink from their surface, which keeps how they are connected: the interface is moved along
the signed distance until the share of void is the one that the volume balance asks for, and the cells shrink with the
whole. Pores whose capillary pressure on drying exceeds the collapse stress of the network close (see
:func:`collapse_radius_m`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from percola.errors import InputError

FloatField = npt.NDArray[np.float32]
BoolField = npt.NDArray[np.bool_]


TERRACE_CELLS = 0.7
"""Standard deviation of the smoothing that takes the voxel terraces out of the distance [cells]."""


@dataclass(frozen=True)
class DryingLaw:
    """What drying needs to know.

    Attributes:
        dry_volume_per_gel_fraction: dry polymer volume for each unit of polymer fraction of the gel: (dry polymer volume
            per volume of gel at room temperature)/(mean polymer fraction of the field).
        strut_fraction: s, polymer volume share of a dry strut (1: dense).
        surface_tension_N_m: of the liquid that evaporates.
        strut_yield_Pa: yield stress of the strut's polymer.
    """

    dry_volume_per_gel_fraction: float
    strut_fraction: float
    surface_tension_N_m: float
    strut_yield_Pa: float


@dataclass(frozen=True)
class Structure:
    """Voxel structure of one region of the dry membrane.

    Attributes:
        void: True where there is no polymer, shape (nx, ny, nz).
        level: signed distance to the polymer surface [cells], negative in the void, same shape.
        spacing_m: edge of a voxel.
        periodic: per axis.
        region: "core", "outer_surface" or "inner_surface".
        gel_to_membrane: V_dry/V_gel of this region.
        lean_share: f_v, share of the gel that was polymer-lean.
        rich_fraction: mean polymer fraction of the polymer-rich phase of the gel.
        closed_share: share of the gel's lean phase that closed by capillary collapse.
    """

    void: BoolField
    level: FloatField
    spacing_m: float
    periodic: tuple[bool, bool, bool]
    region: str
    gel_to_membrane: float
    lean_share: float
    rich_fraction: float
    closed_share: float

    @property
    def porosity(self) -> float:
        return float(self.void.mean())


def collapse_radius_m(law: DryingLaw, rich_share: float, rich_polymer: float) -> float:
    """Radius below which a pore closes while the gel dries [m].

    2 gamma/r = 0.3 sigma_y v^(9/4) f_r^(3/2): capillary pressure of the receding liquid against the plastic collapse stress
    of an open-cell network whose struts, a share f_r of the gel, are themselves swollen to the polymer fraction v. The
    strength of a swollen network falls as v^(9/4), as its modulus does.

    Args:
        law: drying liquid and dry yield stress.
        rich_share: f_r, volume share of the polymer-rich phase.
        rich_polymer: v, dry polymer volume per volume of the polymer-rich phase.

    Validity: order of magnitude. Cellular-solid scaling is meant for f_r < 0.3 and is used up to 1 here; the yield of the
    swollen strut is a scaling law through the dry value.
    References: Gibson and Ashby, Cellular Solids (1997), Eq. (5.27); de Gennes, Scaling Concepts (1979), ch. V.
    """
    for name, value in (("rich_share", rich_share), ("rich_polymer", rich_polymer)):
        if not 0.0 < value <= 1.0:
            raise InputError(name, f"{value:g}", "in (0, 1]")
    return 2.0 * law.surface_tension_N_m / (0.3 * law.strut_yield_Pa * rich_polymer**2.25 * rich_share**1.5)


def signed_distance(phi: FloatField, threshold: float, periodic: tuple[bool, ...]) -> FloatField:
    """Distance to the surface phi = threshold [cells], positive where phi is above.

    Within 1.5 cells of the surface the distance is (phi - threshold)/|grad phi|, which locates it between cells; beyond, it
    is the exact Euclidean distance between cell centres.
    """
    import edt
    from scipy.ndimage import gaussian_filter

    above = phi > threshold
    if not above.any():
        return np.full(phi.shape, -float(max(phi.shape)), np.float32)
    if above.all():
        return np.full(phi.shape, float(max(phi.shape)), np.float32)
    pad = [(min(24, n) if p else 0,) * 2 for n, p in zip(phi.shape, periodic, strict=True)]
    wide = np.pad(above, pad, mode="wrap") if any(p[0] for p in pad) else above
    inner = tuple(slice(p[0], p[0] + n) for p, n in zip(pad, phi.shape, strict=True))
    wide = np.ascontiguousarray(wide)
    inside = edt.edt(wide, black_border=False, parallel=2)[inner]
    outside = edt.edt(~wide, black_border=False, parallel=2)[inner]
    # distances run to the nearest cell centre of the other phase, half a cell beyond the face between them
    far = np.where(above, inside - 0.5, 0.5 - outside).astype(np.float32)
    slope = np.zeros(phi.shape, np.float32)
    for axis, wraps in enumerate(periodic):
        up = np.roll(phi, -1, axis)
        down = np.roll(phi, 1, axis)
        step = 0.5 * (up - down)
        if not wraps:
            ends = [slice(None)] * phi.ndim
            for end, near in ((0, 1), (-1, -2)):
                ends[axis] = slice(end, None) if end == -1 else slice(0, 1)
                at_end = tuple(ends)
                other = [slice(None)] * phi.ndim
                other[axis] = slice(near, near + 1)
                sign = 1.0 if end == 0 else -1.0
                step[at_end] = sign * (phi[tuple(other)] - phi[at_end])
        slope += step * step
    np.sqrt(slope, out=slope)
    np.maximum(slope, 1e-6, out=slope)
    near_surface = (phi - np.float32(threshold)) / slope
    band = (np.abs(far) < 1.5) & (np.abs(near_surface) < 1.5)
    # voxel distances come in steps: the composition, which rises inwards, tells cells of one step apart
    stepped = far + np.float32(0.2) * (phi - np.float32(threshold))
    level = np.where(band, near_surface, stepped).astype(np.float32)
    # distances between voxel centres stand in terraces; drying moves the surface onto them
    modes = ["wrap" if wraps else "nearest" for wraps in periodic]
    return np.asarray(gaussian_filter(level, TERRACE_CELLS, mode=modes), np.float32)


def dried(
    polymer_fraction: FloatField,
    spacing_m: float,
    periodic: tuple[bool, bool, bool],
    law: DryingLaw,
    region: str = "core",
    crystallized: FloatField | None = None,
) -> Structure:
    """The dry structure of a gel.

    Args:
        polymer_fraction: phi of the gel, shape (nx, ny, nz).
        spacing_m: cell of the gel [m].
        periodic: per axis.
        law: volumes and drying liquid.
        region: label carried along.
        crystallized: psi of the gel, where the crystals reject their solvent: they are the solid then, and what the spent
            solution still holds is laid down on them. Otherwise the solid is what holds more than half of the composition
            in which most polymer sits.

    Limitations: shrinkage is isotropic; struts thin evenly from their surface; no cracks, no skin from drying.
    """
    if polymer_fraction.ndim != 3:
        raise InputError("polymer_fraction", f"{polymer_fraction.ndim} axes", "3 axes (x, y, z)")
    phi = np.asarray(polymer_fraction, np.float32)
    mean = float(phi.mean(dtype=np.float64))
    # the composition in which most polymer sits: the mean itself in a uniform gel, the rich phase in a demixed one
    rich = float((phi.astype(np.float64) ** 2).mean()) / mean
    if crystallized is None:
        level = signed_distance(phi, 0.5 * rich, periodic)
    else:
        level = signed_distance(np.asarray(crystallized, np.float32), 0.5, periodic)
    lean = level < 0
    lean_share = float(lean.mean())
    dry = law.dry_volume_per_gel_fraction * mean / law.strut_fraction
    closed = 0.0
    if lean_share > 0.0:
        swollen = min(law.dry_volume_per_gel_fraction * rich, 1.0)
        radius = collapse_radius_m(law, 1.0 - lean_share, swollen) / spacing_m
        if radius > 0.5:
            kept = _opened(lean, radius, periodic)
            closed = 1.0 - float(kept.mean()) / lean_share
            level = _without_closed(level, lean, kept, periodic)
            lean_share = float(kept.mean())
    ratio = lean_share + dry
    porosity = lean_share / ratio
    if lean_share == 0.0:
        shifted = np.abs(level) + np.float32(1.0)
    else:
        cut = np.quantile(level, porosity)
        shifted = (level - np.float32(cut)).astype(np.float32)
    scale = ratio ** (1.0 / 3.0)
    return Structure(
        void=shifted < 0,
        level=shifted,
        spacing_m=spacing_m * scale,
        periodic=periodic,
        region=region,
        gel_to_membrane=ratio,
        lean_share=lean_share,
        rich_fraction=rich,
        closed_share=closed,
    )


def _without_closed(
    level: FloatField, lean: BoolField, kept: BoolField, periodic: tuple[bool, ...]
) -> FloatField:
    """The signed distance once some pores have closed: solid cells count from the pores that are left.

    Next to those (within 1.5 cells) the surface stays where the composition put it.
    """
    import edt

    pad = [(min(24, n) if p else 0,) * 2 for n, p in zip(lean.shape, periodic, strict=True)]
    inner = tuple(slice(p[0], p[0] + n) for p, n in zip(pad, lean.shape, strict=True))
    solid = np.ascontiguousarray(np.pad(~kept, pad, mode="wrap"))
    if solid.all():
        return np.maximum(level, np.float32(0.5))
    far = np.asarray(edt.edt(solid, black_border=False, parallel=2)[inner], np.float32) - np.float32(0.5)
    near = (far < 1.5) & ~lean
    return np.where(kept, level, np.where(near, np.maximum(level, np.float32(0.01)), far))


def _opened(lean: BoolField, radius_cells: float, periodic: tuple[bool, ...]) -> BoolField:
    """Cells of the void that a ball of the radius can cover (morphological opening by two distance maps)."""
    import edt

    pad = [(min(24, n) if p else 0,) * 2 for n, p in zip(lean.shape, periodic, strict=True)]
    inner = tuple(slice(p[0], p[0] + n) for p, n in zip(pad, lean.shape, strict=True))
    wide = np.ascontiguousarray(np.pad(lean, pad, mode="wrap"))
    centres = edt.edt(wide, black_border=False, parallel=2) >= radius_cells
    if not centres.any():
        return np.zeros(lean.shape, bool)
    reach = edt.edt(np.ascontiguousarray(~centres), black_border=False, parallel=2) < radius_cells
    return np.asarray((reach & wide)[inner])
