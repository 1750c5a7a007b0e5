"""What a run will do and cost: settings, boxes, cell sizes, time and memory, before any work is done."""

from __future__ import annotations

import contextlib
import math
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from percola.errors import InputError, ResourceError
from percola.gel.problem import Forecast, GelPhysics, scales
from percola.grid import Boundary, Grid

DEFAULT_SIZE = 100
"""Cells along an edge of the core's box: six structure lengths across at about eighteen cells each."""

PORES_ACROSS = 5.8
"""Forecast structure lengths along an edge of the box. The forecast is some 10 % long, so that six or more stand there."""
CELLS_PER_LENGTH = (12.0, 30.0)
"""Fewest and most cells for one structure length: coarser loses the structure, finer only costs."""
SMALLEST_LENGTH_M = 1.5e-7
"""Structure length below which nothing finer is resolved: its pores (about a third of it) close on drying."""
NUCLEI_ACROSS = 2.0
"""Nuclei spacings that the box should hold, where the cells allow it: the coarse structures vary between nuclei."""
SPHERES_ACROSS = 3.5
"""Nuclei spacings along an edge where crystals collect the polymer and there is no other length. More would leave too few
cells for the necks between them."""


@dataclass(frozen=True)
class Settings:
    """How a recipe is run; part of the run's identity.

    Attributes:
        size: cells along an edge of the core's box.
        seed: of noise and nuclei.
        dtype: "float32" or "float64".
        dims: 3, or 2 for teaching and quick looks.
        realizations: independent boxes of the core.
    """

    size: int = DEFAULT_SIZE
    seed: int = 0
    dtype: str = "float32"
    dims: int = 3
    realizations: int = 1

    def __post_init__(self) -> None:
        if not 32 <= self.size <= 1024:
            raise InputError(
                "--size", str(self.size), "32 to 1024 cells along an edge", f"{DEFAULT_SIZE} is the default"
            )
        if self.dtype not in ("float32", "float64"):
            raise InputError("--dtype", repr(self.dtype), "float32 or float64")
        if self.dims not in (2, 3):
            raise InputError("--dims", str(self.dims), "3, or 2 for teaching and quick looks")
        if not 1 <= self.realizations <= 64:
            raise InputError("--realizations", str(self.realizations), "1 to 64")
        if not 0 <= self.seed < 2**31:
            raise InputError("--seed", str(self.seed), "0 to 2147483647")

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Estimate:
    """What a run needs, before it starts.

    Attributes:
        seconds: on this machine with nothing else running, typically within a factor of two.
        memory_bytes: peak.
        disk_bytes: of the run directory.
    """

    seconds: float
    memory_bytes: int
    disk_bytes: int

    @property
    def words(self) -> str:
        """The needs in a sentence, with what they depend on."""
        time = f"{self.seconds:.0f} s" if self.seconds < 100 else f"{self.seconds / 60:.0f} min"
        return (
            f"Needs about {time} with nothing else running - up to three times that where the gel sets slowly or not at all "
            f"(strong solvents, hot dissolution), some 20 s less once kernels are compiled - "
            f"{self.memory_bytes / 2**30:.1f} GiB of memory, {self.disk_bytes / 2**20:.0f} MiB of disk."
        )


# Measured on runs with cold caches on two cores, peak of the process: 681, 754, 1064 and 3123 MiB for 48, 64, 100 and 256 cells along an
# edge (the last with the gel cut short). Small boxes pay for buffers that do not grow with them, large ones for their cells.
_MEMORY = ((635 * 2**20, 450), (950 * 2**20, 150))
"""(bytes, bytes a cell of the core's box) in float32; the smaller of both lines holds."""
_DOUBLE_BYTES = 260
"""More for each cell in float64: the gel's fields; measuring stays as it is."""
_BYTES_KEPT = 8
"""Structure of a further box of the core while the others are solved and measured [bytes a cell]: void and level."""

# The same runs and CE7, CE8, CE9, CE2: 2.1e-8 to 2.7e-8 s for a cell and step of the core on two cores, 700 to 1500 steps where the
# gel sets, up to 4000 (the bound of the solver) where it does not.
_SECONDS_PER_CELL_STEP = 2.4e-8
_TYPICAL_STEPS = 1400
_MEASURING_SECONDS_PER_CELL = 1.2e-5
_BOX_SECONDS = 4.0  # compiling the steps of one box
_FIXED_SECONDS = (
    23.0  # imports, phase diagram, quench, report (13), kernels of the measurements compiled once (10)
)


def estimate(settings: Settings, regions: int = 3) -> Estimate:
    """Time, memory and disk of a run with ``settings`` and so many regions (core and surface layers)."""
    core = settings.size**settings.dims
    surface = math.prod(surface_grid(settings, 1.0).shape) * (regions - 1)
    cells = core * settings.realizations + surface
    factor = 1.8 if settings.dtype == "float64" else 1.0
    cores = min(max(os.cpu_count() or 1, 1), 8)
    gel = cells * _TYPICAL_STEPS * _SECONDS_PER_CELL_STEP * factor * 2.0 / cores
    boxes = settings.realizations + regions - 1
    measuring = _MEASURING_SECONDS_PER_CELL * core * settings.realizations * 2.0 / cores
    more = _BYTES_KEPT * (settings.realizations - 1) + (_DOUBLE_BYTES if settings.dtype == "float64" else 0)
    return Estimate(
        seconds=_FIXED_SECONDS + boxes * _BOX_SECONDS + gel + (measuring if settings.dims == 3 else 0.0),
        memory_bytes=int(min(base + core * each for base, each in _MEMORY) + core * more),
        disk_bytes=int(cells * 16 * factor + 32 * 2**20),
    )


def available_memory_bytes() -> int | None:
    """Memory that this process may still take; None where the system does not say."""
    candidates: list[int] = []
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
        if limit.isdigit():
            candidates.append(int(limit) - int(Path("/sys/fs/cgroup/memory.current").read_text()))
    except OSError:
        pass
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                candidates.append(int(line.split()[1]) * 1024)
    except OSError:
        pass
    if not candidates and hasattr(os, "sysconf"):
        with contextlib.suppress(ValueError, OSError):
            candidates.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    return min(candidates) if candidates else None


def require_memory(settings: Settings, need: Estimate) -> None:
    """Refuse a run that would not fit, naming a size that would.

    Raises:
        ResourceError: more memory needed than there is.
    """
    there = available_memory_bytes()
    if there is None or need.memory_bytes <= there:
        return
    fits = settings.size
    while fits > 32:
        fits -= 16
        smaller = Settings(fits, settings.seed, settings.dtype, settings.dims, settings.realizations)
        if estimate(smaller).memory_bytes <= there:
            break
    raise ResourceError(
        f"--size {settings.size}",
        f"needs about {need.memory_bytes / 2**30:.1f} GiB of memory, {there / 2**30:.1f} GiB are available",
        f"a size of at most {fits}" if fits > 32 else "a machine with more memory",
        f"run again with --size {fits}" if fits > 32 else "",
    )


def cell_size_m(physics: GelPhysics, expected: Forecast, cells: int, thickness_m: float) -> float:
    """Edge of a cell [m] for a box of ``cells`` along an edge.

    The box is to hold :data:`PORES_ACROSS` of the structure lengths forecast, each of at least the fewest
    :data:`CELLS_PER_LENGTH`; where crystals are far apart it grows, within that limit, to hold a few of them. A solution
    that does not demix is scaled to its nuclei instead, at most to half of the wall. The physical interface is the lower
    bound.
    """
    fewest, most = CELLS_PER_LENGTH
    spacing = expected.nuclei_spacing_m
    if expected.length_m > 0.0 or not physics.exclusion > 0.0:
        length = max(expected.length_m, SMALLEST_LENGTH_M)
        h = length / min(max(cells / PORES_ACROSS, fewest), most)
        h = max(h, min(length / fewest, NUCLEI_ACROSS * spacing / cells))
    else:
        h = min(SPHERES_ACROSS * spacing, 0.5 * thickness_m) / cells
    # never finer than the physical interface
    finest = h / scales(physics, 1e-6, expected.reference_chi).widening * (1e-6 / h)
    return max(h, 1.05 * finest)


def core_grid(settings: Settings, spacing_m: float) -> Grid:
    """The core's box, periodic along every axis."""
    boundaries: list[Boundary] = ["periodic"] * settings.dims
    return Grid((settings.size,) * settings.dims, spacing_m, tuple(boundaries))


def surface_grid(settings: Settings, spacing_m: float) -> Grid:
    """Half the core's edge, walls in z."""
    n = max(32, 2 * math.ceil(settings.size / 4))
    boundaries: list[Boundary] = ["periodic"] * settings.dims
    boundaries[-1] = "wall"
    return Grid((n,) * settings.dims, spacing_m, tuple(boundaries))
