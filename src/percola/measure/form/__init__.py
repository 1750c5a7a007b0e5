"""The form of the structure: lines and sections, directions, surfaces and branches."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from percola.measurement import Measurement

CHORDS = ("mean_void_chord", "mean_polymer_chord")
CORRELATION = ("correlation_length", "structure_wavelength")
TOPOLOGY = (
    *(f"{phase}_betti_{k}" for phase in ("void", "polymer") for k in range(3)),
    "connectivity_density",
)
SKELETON = (
    "strut_coordination",
    "branch_point_density",
    "strut_length",
    "channel_coordination",
    "channel_length",
)
NAMES = (*CHORDS, *CORRELATION, *TOPOLOGY, *SKELETON)
"""Every name that :func:`form_measurements` can give."""


def form_measurements(
    void: NDArray[Any],
    spacing_m: float | Sequence[float],
    periodic: Sequence[bool] = (False, False, False),
    level: NDArray[Any] | None = None,
    which: Collection[str] | None = None,
) -> list[Measurement]:
    """Chords, two-point correlation, Betti numbers and skeleton of one voxel structure or image.

    Args:
        void: True in voids, (nx, ny, nz) or (nx, ny).
        spacing_m: edge of a voxel [m], one or one for each axis.
        periodic: whether each axis wraps.
        level: field below 0 in voids; places the ends of chords between voxel centres.
        which: names wanted (:data:`NAMES`); None: all.

    Structures of one phase, and what an image cannot tell, are results without a value that say why.
    """
    from percola.errors import InputError
    from percola.measure.form.chords import chord_measurements
    from percola.measure.form.correlation import correlation_measurements
    from percola.measure.form.skeleton import skeleton_measurements
    from percola.measure.form.topology import topology_measurements

    wanted = set(NAMES if which is None else which)
    unknown = sorted(wanted - set(NAMES))
    if unknown:
        raise InputError("which", ", ".join(unknown), "one or more of " + ", ".join(NAMES))
    out: list[Measurement] = []
    if wanted & set(CHORDS):
        out += chord_measurements(void, spacing_m, periodic, level)
    if wanted & set(CORRELATION):
        out += correlation_measurements(void, spacing_m, periodic)
    if wanted & set(TOPOLOGY):
        out += topology_measurements(void, spacing_m, periodic)
    if wanted & {"strut_coordination", "branch_point_density", "strut_length"}:
        out += skeleton_measurements(void, spacing_m, periodic, ("polymer",))
    if wanted & {"channel_coordination", "branch_point_density", "channel_length"}:
        out += skeleton_measurements(void, spacing_m, periodic, ("void",))
    return [m for m in out if m.name in wanted]


__all__ = ["CHORDS", "CORRELATION", "NAMES", "SKELETON", "TOPOLOGY", "form_measurements"]
