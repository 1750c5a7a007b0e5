"""The space of the voids beside PoreSpy and localthickness, on the same volume in the same run.

    python benchmarks/peers/voids.py [--size 128] [--porosity 0.55] [--only NAME ...] [--peer-python PYTHON]

Each task of each contender runs in a process of its own, three times; the first (``cold``) compiles or loads compiled code,
the best of the others is printed. ``cpu s`` is the time of all threads together: on a machine that others use too, compare
by it. Peak memory is the process's high-water mark, imports and the volume itself included; the volume is made once and
read from a file, so that making it does not count. A peer that is not installed is skipped; ``--peer-python`` names an
interpreter of another environment that has the peers.

The volume is the seeded band-limited Gaussian field of ``percola.measure.phantoms`` (wavelength 24 voxels), faces closed.
PoreSpy's radii are whole numbers of voxels; its sizes=25 uses 25 of them. Ours are all there are. "voxel" is our mode of
whole squared distances, "subvoxel" the one with a wall between voxels, from voxels alone or with the level field.
Every task includes its distance map. Values are radii in voxels (or fractions), as each contender means them.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

CLOSED = (False, False, False)
Values = dict[str, float]


# Ours.
def distance_voxel(void: Any, level: Any) -> Values:
    from percola.measure.voids.voxel import voxel_distance

    return {"largest": float(voxel_distance(void, CLOSED).max()) ** 0.5}


def distance_subvoxel(void: Any, level: Any) -> Values:
    from percola.measure.voids.distance import distance_map

    return {"largest": float(distance_map(void, CLOSED).cell.max())}


def distance_level(void: Any, level: Any) -> Values:
    from percola.measure.voids.distance import distance_map

    return {"largest": float(distance_map(void, CLOSED, level).cell.max())}


def bubble_voxel(void: Any, level: Any) -> Values:
    from percola.measure.voids.voxel import voxel_distance
    from percola.measure.voids.widest import widest_path

    return {"radius": widest_path(voxel_distance(void, CLOSED), CLOSED).radius}


def bubble_level(void: Any, level: Any) -> Values:
    from percola.measure.voids.distance import distance_map
    from percola.measure.voids.widest import widest_path

    return {"radius": widest_path(distance_map(void, CLOSED, level).cell, CLOSED).radius}


def access_voxel(void: Any, level: Any) -> Values:
    from percola.measure.voids.voxel import voxel_distance
    from percola.measure.voids.widest import widest_path

    access = widest_path(voxel_distance(void, CLOSED), CLOSED, access=True).access
    return {"mean": float(np.sqrt(access[void], dtype=np.float32).mean(dtype=float))}  # type: ignore[index]


def access_level(void: Any, level: Any) -> Values:
    from percola.measure.voids.distance import distance_map
    from percola.measure.voids.widest import widest_path

    access = widest_path(distance_map(void, CLOSED, level).cell, CLOSED, access=True).access
    return {"mean": float(access[void].mean(dtype=float))}  # type: ignore[index]


def _intrusion(**arguments: Any) -> Values:
    from percola.measure.voids.intrusion import intrusion

    found = intrusion(spacing_m=1.0, periodic=CLOSED, **arguments)
    half = int(np.searchsorted(found.saturation, 0.5 * found.saturation[-1]))
    out = {"median": float(found.radius_m[half]), "radii": float(len(found.radius_m))}
    if found.saturation_trapping is not None:
        out["residual"] = 1 - float(found.saturation_trapping[-1])
    return out


def intrusion_voxel(void: Any, level: Any) -> Values:
    return _intrusion(void=void, mode="voxel")


def intrusion_level(void: Any, level: Any) -> Values:
    return _intrusion(void=void, level=level)


def trapping_voxel(void: Any, level: Any) -> Values:
    return _intrusion(void=void, mode="voxel", trapping=True)


def thickness_voxel(void: Any, level: Any) -> Values:
    from percola.measure.voids.thickness import pore_size_distribution

    sizes = pore_size_distribution(void, 1.0, CLOSED, mode="voxel")
    return {"mean": sizes.mean_m / 2}  # type: ignore[union-attr]


def struts_voxel(void: Any, level: Any) -> Values:
    from percola.measure.voids.thickness import pore_size_distribution

    sizes = pore_size_distribution(void, 1.0, CLOSED, phase="polymer", mode="voxel")
    return {"mean": sizes.mean_m / 2}  # type: ignore[union-attr]


def thickness_level(void: Any, level: Any) -> Values:
    from percola.measure.voids.thickness import pore_size_distribution

    sizes = pore_size_distribution(void, 1.0, CLOSED, level)
    return {"mean": sizes.mean_m / 2}  # type: ignore[union-attr]


# Peers.
def edt_distance(void: Any, level: Any) -> Values:
    import edt

    return {"largest": float(edt.edt(void, parallel=2).max())}


def porespy_bubble(void: Any, level: Any) -> Values:
    import porespy

    return {"radius": float(porespy.metrics.find_porosity_threshold(void, axis=2).R)}


def porespy_access(void: Any, level: Any) -> Values:
    import porespy

    inlets = np.zeros_like(void)
    inlets[:, :, 0] = True
    found = porespy.simulations.qbip(void, inlets=inlets)
    return {"steps": float(len(np.unique(np.asarray(found.im_seq)[void])))}


def porespy_porosimetry(void: Any, level: Any) -> Values:
    import porespy

    inlets = np.zeros_like(void)
    inlets[:, :, 0] = True
    sizes = porespy.filters.porosimetry(void, inlets=inlets, sizes=25)
    reached = np.asarray(sizes)[void]
    return {
        "median": float(np.median(reached[reached > 0])),
        "radii": float(len(np.unique(reached[reached > 0]))),
    }


def porespy_drainage(void: Any, level: Any) -> Values:
    import porespy

    inlets = np.zeros_like(void)
    inlets[:, :, 0] = True
    found = porespy.simulations.drainage(void, inlets=inlets)
    return {"radii": float(len(np.unique(np.asarray(found.im_seq)[void])))}


def porespy_thickness(void: Any, level: Any) -> Values:
    import porespy

    return {"mean": float(np.asarray(porespy.filters.local_thickness(void))[void].mean())}


def porespy_struts(void: Any, level: Any) -> Values:
    import porespy

    return {"mean": float(np.asarray(porespy.filters.local_thickness(~void))[~void].mean())}


def localthickness_thickness(void: Any, level: Any) -> Values:
    import localthickness

    return {"mean": float(localthickness.local_thickness(void, scale=1)[void].mean())}


Task = Callable[[Any, Any], Values]
TASKS: dict[str, list[tuple[str, Task]]] = {
    "distance": [
        ("ours, voxel", distance_voxel),
        ("ours, subvoxel", distance_subvoxel),
        ("ours, level", distance_level),
        ("edt", edt_distance),
    ],
    "bubble": [("ours, voxel", bubble_voxel), ("ours, level", bubble_level), ("porespy", porespy_bubble)],
    "access": [
        ("ours, voxel", access_voxel),
        ("ours, level", access_level),
        ("porespy qbip", porespy_access),
    ],
    "intrusion": [
        ("ours, voxel", intrusion_voxel),
        ("ours, trapping", trapping_voxel),
        ("ours, level", intrusion_level),
        ("porespy porosim.", porespy_porosimetry),
        ("porespy drainage", porespy_drainage),
    ],
    "thickness": [
        ("ours, voxel", thickness_voxel),
        ("ours, level", thickness_level),
        ("porespy", porespy_thickness),
        ("localthickness", localthickness_thickness),
    ],
    "struts": [("ours, voxel", struts_voxel), ("porespy", porespy_struts)],
}


MAKE = """
import sys
import numpy as np
from percola.measure import phantoms
size, wavelength, porosity, folder = sys.argv[1:]
p = phantoms.gaussian_field(int(size), float(wavelength), float(porosity), seed=0)
np.save(folder + "/void.npy", p.void)
np.save(folder + "/level.npy", p.level)
"""


def child(task: str, which: int, folder: Path, repeats: int) -> None:
    void, level = np.load(folder / "void.npy"), None
    name, function = TASKS[task][which]
    if name.endswith("level"):
        level = np.load(folder / "level.npy")
    times: list[tuple[float, float]] = []
    values: Values = {}
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        values = function(void, level)
        times.append((time.perf_counter() - wall, time.process_time() - cpu))
    unit = 1e6 if sys.platform == "darwin" else 1e3  # bytes there, kilobytes elsewhere
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    later = times[1:] or times
    best = {"wall": min(t[0] for t in later), "cpu": min(t[1] for t in later)}
    print(json.dumps({"cold": times[0][0], **best, "peak_MB": peak, "values": values}))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--porosity", type=float, default=0.55)
    parser.add_argument("--wavelength", type=float, default=24.0)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", choices=[*TASKS], action="append")
    parser.add_argument("--peer-python", default=sys.executable)
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    a = parser.parse_args()
    if a.child:
        child(a.child[0], int(a.child[1]), Path(a.child[2]), a.repeats)
        return
    with tempfile.TemporaryDirectory() as folder:
        # In a process of its own: a child's peak of memory begins with what its parent holds.
        making = [str(a.size), str(a.wavelength), str(a.porosity), folder]
        subprocess.run([sys.executable, "-c", MAKE, *making], check=True)
        print(f"{a.size}^3, porosity {a.porosity}, wavelength {a.wavelength:g} voxels")
        print(f"{'task':10} {'who':17} {'cold s':>8} {'s':>8} {'cpu s':>8} {'peak MB':>8}  values")
        for task in a.only or TASKS:
            for i, (name, _) in enumerate(TASKS[task]):
                python = sys.executable if name.startswith("ours") else a.peer_python
                command = [python, __file__, "--child", task, str(i), folder, "--repeats", str(a.repeats)]
                done = subprocess.run(command, capture_output=True, text=True)
                if done.returncode:
                    why = (done.stderr.strip().splitlines() or ["no message"])[-1]
                    missing = "ModuleNotFoundError" in why
                    print(f"{task:10} {name:17} {'not installed' if missing else 'failed: ' + why}")
                    continue
                r = json.loads(done.stdout.strip().splitlines()[-1])
                times = f"{r['cold']:8.2f} {r['wall']:8.2f} {r['cpu']:8.2f} {r['peak_MB']:8.0f}"
                print(
                    f"{task:10} {name:17} {times}  "
                    + " ".join(f"{k} {v:.5g}" for k, v in r["values"].items()),
                    flush=True,
                )


if __name__ == "__main__":
    main()
