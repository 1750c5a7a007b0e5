"""Tortuosity along one axis beside TauFactor and PoreSpy, on the same volume in the same run.

    python benchmarks/peers/tortuosity.py [--size 128] [--porosity 0.55] [--only NAME ...] [--peer-python PYTHON]

Each contender runs in a process of its own; ours twice (``cold`` compiles or loads compiled code), peers once, for they
compile nothing that lasts. ``cpu s`` is the time of all threads together: on a machine that others use too, compare by
it. Peak memory is the process's high-water mark, imports and the volume included; the volume is made once and read from
a file. A peer that is not installed is skipped; ``--peer-python`` names an interpreter that has the peers.

The volume is the seeded band-limited Gaussian field of ``percola.measure.phantoms`` (wavelength 24 voxels), faces closed,
potential fixed on the two z faces half a voxel outside. ``balance`` is the largest relative difference between the
fluxes through planes across z where the contender tells it, else what it was asked to reach. TauFactor's criterion
is asked to be 1e-4 of the same kind (``conv_crit``); PoreSpy's is a relative residual of its solver.

    ours          flux balance 1e-4, upper and lower bound of the value
    ours_level    the same with the walls of the level field between the voxels (nobody else takes one)
    ours_full     the measurement: with the eight octants for the sampling error
    ours_tensor   three axes, face to face
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


def _ours(void: Any, level: Any = None, **more: Any) -> Values:
    from percola.measure.flow.conductivity import conductivity

    found = {m.name: m for m in conductivity(void, 1e-8, CLOSED, level, **more)}
    e = found["relative_conductivity"].evidence
    return {
        "tortuosity": float(found["tortuosity"].value or 0.0),  # type: ignore[arg-type]
        "relative": e["upper_bound"],
        "lower": e["lower_bound"],
        "balance": e["flux_imbalance"],
        "steps": e["iterations"],
    }


def ours(void: Any, level: Any) -> Values:
    return _ours(void, scatter=False)


def ours_level(void: Any, level: Any) -> Values:
    return _ours(void, level, scatter=False)


def ours_full(void: Any, level: Any) -> Values:
    return _ours(void)


def ours_tensor(void: Any, level: Any) -> Values:
    return _ours(void, scatter=False, tensor=True)


def taufactor(void: Any, level: Any) -> Values:
    """Its axis is the first; the volume is turned."""
    import taufactor as tau

    solver = tau.Solver(np.ascontiguousarray(np.moveaxis(void, 2, 0)).astype(np.uint8), device="cpu")
    solver.solve(iter_limit=20000, verbose=False, conv_crit=1e-4)
    value = float(np.asarray(solver.tau).ravel()[0])
    return {"tortuosity": value, "relative": float(void.mean()) / value, "balance": 1e-4}


def porespy(void: Any, level: Any) -> Values:
    import porespy as ps

    found = ps.simulations.tortuosity_fd(void, axis=2)
    return {"tortuosity": float(found.tortuosity), "relative": float(void.mean() / found.tortuosity)}


CONTENDERS: dict[str, tuple[Callable[[Any, Any], Values], bool]] = {
    "ours": (ours, False),
    "ours_level": (ours_level, False),
    "ours_full": (ours_full, False),
    "ours_tensor": (ours_tensor, False),
    "taufactor": (taufactor, True),
    "porespy": (porespy, True),
}


def child(name: str, file: str) -> None:
    function, peer = CONTENDERS[name]
    with np.load(file) as data:
        void, level = data["void"], data["level"] if name == "ours_level" else None
    times = []
    values: Values = {}
    for _ in range(1 if peer else 2):
        wall, cpu = time.perf_counter(), time.process_time()
        values = function(void, level)
        times.append((time.perf_counter() - wall, time.process_time() - cpu))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    print(
        json.dumps(
            {
                "cold": times[0][0],
                "wall": times[-1][0],
                "cpu": times[-1][1],
                "peak_MB": peak,
                "values": values,
            }
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--porosity", type=float, default=0.55)
    parser.add_argument("--wavelength", type=float, default=24.0)
    parser.add_argument("--only", choices=[*CONTENDERS], nargs="+")
    parser.add_argument("--peer-python", default=sys.executable)
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    a = parser.parse_args()
    if a.child:
        child(*a.child)
        return
    from percola.measure import phantoms

    print(f"{a.size}^3, porosity {a.porosity}, wavelength {a.wavelength:g} voxels, along z, faces closed")
    print(f"{'who':12} {'cold s':>8} {'s':>8} {'cpu s':>8} {'peak MB':>8}  value")
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "volume.npz")
        p = phantoms.gaussian_field(a.size, a.wavelength, a.porosity, seed=0)
        np.savez(file, void=p.void, level=p.level)
        del p
        for name in a.only or CONTENDERS:
            python = a.peer_python if CONTENDERS[name][1] else sys.executable
            done = subprocess.run(
                [python, __file__, "--child", name, file], capture_output=True, text=True, check=False
            )
            if done.returncode:
                why = (done.stderr.strip().splitlines() or ["no message"])[-1]
                print(f"{name:12} {'not installed' if 'ModuleNotFoundError' in why else 'failed: ' + why}")
                continue
            r = json.loads(done.stdout.strip().splitlines()[-1])
            times = f"{r['cold']:8.2f} {r['wall']:8.2f} {r['cpu']:8.2f} {r['peak_MB']:8.0f}"
            print(
                f"{name:12} {times}  " + " ".join(f"{k} {v:.6g}" for k, v in r["values"].items()), flush=True
            )


if __name__ == "__main__":
    main()
