"""The membrane as a body: sheet or hollow fibre, its sizes from die or press and volume balance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from percola.errors import InputError
from percola.membrane.drying import Structure
from percola.membrane.stretching import Draw


@dataclass(frozen=True)
class Membrane:
    """A dry membrane.

    Attributes:
        structures: core realizations and surface layers.
        geometry: "sheet" or "fibre".
        thickness_m: of the dry wall.
        inside_diameter_m, outside_diameter_m: of a fibre, else None.
        volume_ratio: V_membrane/V_solution at the die or press, stretching apart.
        size_uncertainty: relative standard uncertainty of the lengths (draw-down between die and bath is not known).
    """

    structures: tuple[Structure, ...]
    geometry: Literal["sheet", "fibre"]
    thickness_m: float
    inside_diameter_m: float | None
    outside_diameter_m: float | None
    volume_ratio: float
    size_uncertainty: float = 0.05

    def region(self, name: str) -> tuple[Structure, ...]:
        """All structures of one region."""
        return tuple(s for s in self.structures if s.region == name)


def membrane(
    structures: tuple[Structure, ...],
    geometry: Literal["sheet", "fibre"],
    thickness_m: float,
    inner_radius_m: float | None,
    outer_radius_m: float | None,
    cooling_ratio: float,
    draws: tuple[Draw, ...] = (),
) -> Membrane:
    """Sizes of the dry wall from those of the liquid one.

    Every length shrinks by (V_membrane/V_solution)^(1/3): cooling contracts the solution (``cooling_ratio``), drying the gel
    (mean of the core's ``gel_to_membrane``). Draws act on the axial (x) and lateral lengths as in :class:`Draw`.

    Args:
        structures: dry structures; at least one of the core.
        geometry: "sheet" or "fibre".
        thickness_m, inner_radius_m, outer_radius_m: of the liquid wall.
        cooling_ratio: V_gel at room temperature over V_solution at the die.
        draws: stretchings of gel and membrane, already applied to the structures.

    Limitation: isotropic shrinkage. Fibres held at constant length shrink more across, less along.
    """
    core = [s for s in structures if s.region == "core"]
    if not core:
        raise InputError("structures", "no core", "at least one structure of the core")
    ratio = cooling_ratio * sum(s.gel_to_membrane for s in core) / len(core)
    scale = ratio ** (1.0 / 3.0)
    across = scale
    for draw in draws:
        across *= draw.stretch_ratios[2]
    if geometry == "fibre":
        if inner_radius_m is None or outer_radius_m is None:
            raise InputError("inner_radius_m, outer_radius_m", "missing", "both radii of a fibre")
        inside, outside = 2.0 * inner_radius_m * across, 2.0 * outer_radius_m * across
        return Membrane(structures, geometry, 0.5 * (outside - inside), inside, outside, ratio)
    return Membrane(structures, geometry, thickness_m * across, None, None, ratio)
