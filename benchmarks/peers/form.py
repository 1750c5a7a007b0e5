"""Chords, two-point correlation, topology and skeleton beside PoreSpy and scikit-image on the same volume.

    python benchmarks/peers/form.py [--size 128] [--porosity 0.55] [--wavelength 24] [--only NAME] [--peers PYTHON]

Each task runs in a process of its own, twice: the second time is printed, with compilation behind it, ``cold`` is
the first. Peaks are the process's high-water mark, imports included. ``--peers`` names an interpreter that has
the peers, where this one does not; a peer that is found in neither is left out. The volume is handed over as
plain voxels, without a level field, and box faces do not wrap.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

CLOSED = (False, False, False)


def percola_chords(void: Any) -> float:
    """Every line along three axes, both phases; mean void chord, cut ones left out, along z [voxel]."""
    from percola.measure.form.chords import axis_chords

    return [axis_chords(void, 1.0, axis).void.whole_m for axis in range(3)][2]


def porespy_chords(void: Any) -> float:
    import porespy

    means = []
    for axis in range(3):
        # Without spacing the chords come labelled; chord_counts would join those that touch, so count here.
        chords = porespy.filters.apply_chords(void, axis=axis, spacing=0, trim_edges=True)
        lengths = np.bincount(chords.astype(np.int64).ravel())[1:]
        means.append(float(lengths[lengths > 0].mean()))
    return means[2]


def percola_thirteen(void: Any) -> float:
    """Chords in thirteen directions; mean intercept along z [voxel]."""
    from percola.measure.form.isotropy import chord_statistics

    return float(chord_statistics(void).mean_intercept[0, 2])


def percola_axes(void: Any) -> float:
    """S2 along three axes, exact; S2 of void 10 voxels apart, mean of the axes."""
    from percola.measure.form.correlation import axis_correlation

    return float(np.mean([axis_correlation(void, 1.0, axis).s2[10] for axis in range(3)]))


def percola_radial(void: Any) -> float:
    """S2 along three axes and averaged over all directions; S2 of void 10 voxels apart."""
    from percola.measure.form.correlation import axis_correlation, radial_correlation

    for axis in range(3):
        axis_correlation(void, 1.0, axis)
    r = radial_correlation(void, 1.0)
    return float(np.interp(10.0, r.distance_m, r.s2))


def porespy_radial(void: Any) -> float:
    """S2 relative to the porosity, without correction of the edges, times the porosity."""
    import porespy

    found = porespy.metrics.two_point_correlation(void)
    return float(np.interp(10.0, found.distance, found.probability)) * float(void.mean())


def percola_euler(void: Any) -> float:
    from percola.measure.form.topology import euler

    return float(euler(void, CLOSED, 6))


def skimage_euler(void: Any) -> float:
    from skimage.measure import euler_number

    return float(euler_number(void, connectivity=1))


def percola_betti(void: Any) -> float:
    """All six Betti numbers; tunnels of the polymer."""
    from percola.measure.form.topology import betti_numbers

    return float(betti_numbers(void, CLOSED)[1].b1)


def percola_skeleton(void: Any) -> float:
    """Thinning and cleaned graph of the polymer; coordination."""
    from percola.measure.form.skeleton import skeleton_graph

    g = skeleton_graph(~void, 1.0, CLOSED)
    return float(g.degree[(g.degree >= 3) & g.core].mean())


def skimage_skeleton(void: Any) -> float:
    """Thinning alone; voxels of the skeleton."""
    from skimage.morphology import skeletonize

    return float(skeletonize(~void).sum())


def percola_surface(void: Any) -> float:
    from percola.measure.form.descriptors import surface_per_volume

    return surface_per_volume(void, 1.0, CLOSED)


def skimage_surface(void: Any) -> float:
    """Area of the marching-cubes mesh through the voxels."""
    from skimage.measure import marching_cubes, mesh_surface_area

    points, faces, *_ = marching_cubes(void.astype(np.float32), 0.5)
    return float(mesh_surface_area(points, faces)) / void.size


def percola_all(void: Any) -> float:
    """form_measurements: every measurement, skeletons of both phases; number of results."""
    from percola.measure.form import form_measurements

    return float(len(form_measurements(void, 1e-8)))


TASKS: dict[str, dict[str, Callable[[Any], float]]] = {
    "chords": {"percola": percola_chords, "porespy": porespy_chords},
    "thirteen": {"percola": percola_thirteen},
    "two_point_axes": {"percola": percola_axes},
    "two_point": {"percola": percola_radial, "porespy": porespy_radial},
    "euler": {"percola": percola_euler, "skimage": skimage_euler},
    "betti": {"percola": percola_betti},
    "surface": {"percola": percola_surface, "skimage": skimage_surface},
    "skeleton": {"percola": percola_skeleton, "skimage": skimage_skeleton},
    "form": {"percola": percola_all},
}


def make(file: str, size: int, porosity: float, wavelength: float) -> None:
    """Save the volume, in a process of its own: a child's peak of memory begins at its parent's."""
    from percola.measure import phantoms

    np.save(file, phantoms.gaussian_field(size, wavelength, porosity).void)


def child(task: str, who: str, file: str) -> None:
    import resource

    void = np.load(file)
    function = TASKS[task][who]
    walls, cpus, value = [], [], float("nan")
    for _ in range(2):
        wall, cpu = time.perf_counter(), time.process_time()
        value = function(void)
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
    parser.add_argument("--peers", default=sys.executable, help="interpreter that has the peers")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    a = parser.parse_args()
    if a.child and a.child[0] == "make":
        make(a.child[2], a.size, a.porosity, a.wavelength)
        return
    if a.child:
        child(*a.child)
        return
    print(f"{a.size}^3, porosity {a.porosity}, wavelength {a.wavelength} voxels")
    print(f"{'task':16} {'who':8} {'cold s':>8} {'s':>8} {'cpu s':>8} {'peak MB':>8}  value")
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "void.npy")
        sizes = ["--size", str(a.size), "--porosity", str(a.porosity), "--wavelength", str(a.wavelength)]
        subprocess.run([sys.executable, __file__, "--child", "make", "percola", file, *sizes], check=True)
        for task in a.only or TASKS:
            for who in TASKS[task]:
                python = sys.executable if who == "percola" else a.peers
                if who != "percola":
                    try:
                        subprocess.run([python, "-c", f"import {who}"], check=True, capture_output=True)
                    except (subprocess.CalledProcessError, FileNotFoundError):
                        print(f"{task:16} {who:8} not installed")
                        continue
                done = subprocess.run(
                    [python, __file__, "--child", task, who, file], capture_output=True, text=True
                )
                if done.returncode:
                    print(f"{task:16} {who:8} failed: {done.stderr.strip().splitlines()[-1]}")
                    continue
                r = json.loads(done.stdout.strip().splitlines()[-1])
                times = f"{r['cold']:8.2f} {r['wall']:8.3f} {r['cpu']:8.3f} {r['peak_MB']:8.0f}"
                print(f"{task:16} {who:8} {times}  {r['value']:.6g}", flush=True)


if __name__ == "__main__":
    main()
