"""Percola's measurements beside PoreSpy's on the same volume in the same run: seconds, peak memory and the
number itself.

    python benchmarks/measure_vs_peers.py [--size 128] [--porosity 0.55] [--wavelength 24] [--only NAME]

Each method runs in a process of its own, so that peaks of memory (the process's high-water mark, imports
included) do not mix, and
twice inside it: the second time is printed, with compilation behind it; ``cold`` is the first. Without
    PoreSpy only our own column appears.
The volume is the seeded band-limited Gaussian field of ``percola.measure.phantoms``. PoreSpy gets the voxels
(it takes no level field), we get
both: "ours" is on voxels too where the column says so.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np


def volume(size: int, porosity: float, wavelength: float) -> Any:
    from percola.measure import phantoms

    return phantoms.gaussian_field(size, wavelength, porosity, seed=0)


CLOSED = (False, False, False)


def ours_bubble(p: Any) -> float:
    """Bubble-point radius with distance map, sub-voxel from the level field [voxel]."""
    from percola.measure.voids.distance import distance_map
    from percola.measure.voids.widest import widest_path

    return widest_path(distance_map(p.void, CLOSED, p.level).cell, CLOSED).radius


def ours_bubble_voxels(p: Any) -> float:
    """Bubble-point radius with distance map from voxels alone [voxel]."""
    from percola.measure.voids.distance import distance_map
    from percola.measure.voids.widest import widest_path

    return widest_path(distance_map(p.void, CLOSED).cell, CLOSED).radius


def porespy_bubble(p: Any) -> float:
    """find_porosity_threshold: largest whole radius that percolates."""
    import porespy

    return float(porespy.metrics.find_porosity_threshold(p.void, axis=2).R)


def ours_access(p: Any) -> float:
    """Access radius of every voxel; mean over the voids [voxel]."""
    from percola.measure.voids.distance import distance_map
    from percola.measure.voids.widest import widest_path

    access = widest_path(distance_map(p.void, CLOSED, p.level).cell, CLOSED, access=True).access
    return float(access[p.void].mean())  # type: ignore[index]


def porespy_access(p: Any) -> float:
    """qbip: invasion percolation, sizes."""
    import porespy

    inlets = np.zeros_like(p.void)
    inlets[:, :, 0] = True
    result = porespy.simulations.qbip(p.void, inlets=inlets)
    sizes = result.im_size if hasattr(result, "im_size") else result.im_seq
    return float(np.asarray(sizes)[p.void].mean())


def ours_thickness(p: Any) -> float:
    """Local thickness, every radius; mean over the voids [voxel]."""
    from percola.measure.voids.distance import distance_map
    from percola.measure.voids.thickness import local_thickness

    return float(local_thickness(distance_map(p.void, CLOSED, p.level).cell, CLOSED)[p.void].mean())


def porespy_thickness(p: Any) -> float:
    import porespy

    return float(porespy.filters.local_thickness(p.void)[p.void].mean())


def ours_chords(p: Any) -> float:
    """Chords of both phases in thirteen directions; mean void chord along z [voxel]."""
    from percola.measure.form.isotropy import chord_statistics

    return float(chord_statistics(p.void).mean_intercept[0, 2])


def porespy_chords(p: Any) -> float:
    """apply_chords and chord_counts along three axes; mean along the last."""
    import porespy

    mean = 0.0
    for axis in range(3):
        chords = porespy.filters.apply_chords(p.void, axis=axis, spacing=0, trim_edges=True)
        mean = float(np.mean(porespy.metrics.chord_counts(chords)))
    return mean


def ours_permeability(p: Any) -> float:
    """Stokes flow to 0.2 % [voxel^2], started from the Darcy flow (included)."""
    from percola.measure.flow.conduction import conduct
    from percola.measure.flow.porometer import prepare
    from percola.measure.flow.stokes import stokes_flow

    voids = prepare(p.void, p.periodic, p.level)
    darcy = conduct(p.void, voids.kappa, voids.periodic, tolerance=5e-3)
    return stokes_flow(p.void, p.periodic, 2e-3, pressure=darcy.pressure, kappa=voids.kappa).permeability


def ours_half_dry(p: Any) -> float:
    """Half-dry mean flow radius [voxel], wet and dry flow on the structure (no peer offers it)."""
    from percola.measure.flow.porometer import flow_curves, prepare

    voids = prepare(p.void, p.periodic, p.level)
    return flow_curves(voids.distance.cell, voids.kappa, voids.periodic).mean_flow_radius


def ours_tortuosity(p: Any) -> float:
    """Effective conductivity of the voids, walls insulating, to 1e-4."""
    from percola.measure.flow.conduction import conduct

    return conduct(p.void, np.ones(p.void.shape, np.float32), CLOSED, tolerance=1e-4).conductivity


def ours_everything(p: Any) -> float:
    """measure_structure: every measurement with the extrapolation to a wall; number of results."""
    import percola.measure as measure

    wall = measure.WallGeometry(100e-6)
    return float(len(measure.measure_structure(p.void, p.spacing_m, p.periodic, p.level, wall)))


TASKS: dict[str, tuple[Callable[[Any], float], Callable[[Any], float] | None]] = {
    "bubble": (ours_bubble, porespy_bubble),
    "bubble_voxels": (ours_bubble_voxels, porespy_bubble),
    "access": (ours_access, porespy_access),
    "thickness": (ours_thickness, porespy_thickness),
    "chords": (ours_chords, porespy_chords),
    "permeability": (ours_permeability, None),
    "half_dry": (ours_half_dry, None),
    "conduction": (ours_tortuosity, None),
    "everything": (ours_everything, None),
}


def child(task: str, side: int, size: int, porosity: float, wavelength: float) -> None:
    function = TASKS[task][side]
    assert function is not None
    p = volume(size, porosity, wavelength)
    walls, cpus = [], []
    value = float("nan")
    for _ in range(2):
        wall, cpu = time.perf_counter(), time.process_time()
        value = function(p)
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(json.dumps({"cold": walls[0], "wall": walls[1], "cpu": cpus[1], "peak_MB": peak, "value": value}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--porosity", type=float, default=0.55)
    parser.add_argument("--wavelength", type=float, default=24.0)
    parser.add_argument("--only", choices=[*TASKS], action="append")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    a = parser.parse_args()
    if a.child:
        child(a.child[0], int(a.child[1]), a.size, a.porosity, a.wavelength)
        return
    peers = importlib.util.find_spec("porespy") is not None
    found = "found" if peers else "not installed"
    print(f"{a.size}^3, porosity {a.porosity}, wavelength {a.wavelength} voxels; PoreSpy {found}")
    print(f"{'task':16} {'who':8} {'cold s':>8} {'s':>8} {'cpu s':>8} {'peak MB':>8}  value")
    for task in a.only or TASKS:
        for side, who in ((0, "percola"), (1, "porespy")):
            if TASKS[task][side] is None or (side == 1 and not peers):
                continue
            command = [sys.executable, __file__, "--child", task, str(side), "--size", str(a.size)]
            command += ["--porosity", str(a.porosity), "--wavelength", str(a.wavelength)]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                print(f"{task:16} {who:8} failed: {done.stderr.strip().splitlines()[-1]}")
                continue
            r = json.loads(done.stdout.strip().splitlines()[-1])
            times = f"{r['cold']:8.2f} {r['wall']:8.2f} {r['cpu']:8.2f} {r['peak_MB']:8.0f}"
            print(f"{task:16} {who:8} {times}  {r['value']:.5g}")


if __name__ == "__main__":
    main()
