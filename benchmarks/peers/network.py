"""Pore network of Percola beside PoreSpy's snow2 with OpenPNM, on the same volume in the same run.

    python benchmarks/peers/network.py [--size 128] [--porosity 0.55] [--wavelength 24]

Each runs in a process of its own, twice inside it; the second time is printed (``cold`` is the first), CPU seconds beside
wall seconds, and the peak of memory with imports. Permeabilities are over that of Stokes flow on the same voxels. Without
PoreSpy or OpenPNM their rows are left out. At the end Percola's own network is loaded into OpenPNM, where that is
installed, and solved there.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import resource
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any


def volume(size: int, porosity: float, wavelength: float) -> Any:
    from percola.measure import phantoms

    return phantoms.gaussian_field(size, wavelength, porosity, seed=0)


CLOSED = (False, False, False)


def percola_network(p: Any, level: bool = True) -> dict[str, float]:
    from percola.measure.voids.network import pore_network

    n = pore_network(p.void, 1.0, CLOSED, p.level if level else None)
    return {
        "pores": n.pores,
        "throats": n.throats,
        "coordination": float(n.coordination(openings=False).mean()),
        "pore_radius": float(n.pore_radius_m.mean()),
        "throat_radius": float(n.throat_radius_m.mean()),
        "k": n.permeability_m2(),
    }


def percola_voxels(p: Any) -> dict[str, float]:
    return percola_network(p, level=False)


def snow2_openpnm(p: Any) -> dict[str, float]:
    """snow2 as its guide has it, conduits as pyramids and cuboids, flow along z."""
    import numpy as np
    import openpnm
    import porespy

    warnings.filterwarnings("ignore")
    porespy.settings.tqdm["disable"] = True
    # 3 voxels of boundary on the two faces of the flow.
    found = porespy.networks.snow2(p.void, boundary_width=[0, 0, 3])
    net = openpnm.io.network_from_porespy(found.network)
    inner = net["pore.all"] & ~net["pore.boundary"] if "pore.boundary" in net else net["pore.all"]
    conns = net["throat.conns"]
    both = inner[conns].all(axis=1)
    # snow2 leaves pieces of the voids that hang on nothing; they make the matrix singular.
    health = openpnm.utils.check_network_health(net)
    openpnm.topotools.trim(network=net, pores=health["disconnected_pores"])
    net.add_model_collection(openpnm.models.collections.geometry.cubes_and_cuboids)
    for name in ("pore.diameter", "throat.diameter"):
        net.pop(name, None)
    del net.models["pore.diameter@all"], net.models["throat.diameter@all"]
    net["pore.diameter"] = net["pore.equivalent_diameter"]
    net["throat.diameter"] = net["throat.inscribed_diameter"]
    net["throat.spacing"] = net["throat.total_length"]
    net.add_model(
        propname="throat.hydraulic_size_factors",
        model=openpnm.models.geometry.hydraulic_size_factors.pyramids_and_cuboids,
    )
    net.regenerate_models()
    phase = openpnm.phase.Phase(network=net)
    phase["pore.viscosity"] = 1.0
    phase.add_model(
        propname="throat.hydraulic_conductance",
        model=openpnm.models.physics.hydraulic_conductance.generic_hydraulic,
    )
    flow = openpnm.algorithms.StokesFlow(network=net, phase=phase)
    flow.set_value_BC(pores=net.pores("zmin"), values=1.0)
    flow.set_value_BC(pores=net.pores("zmax"), values=0.0)
    flow.run()
    n = p.void.shape
    k = float(flow.rate(pores=net.pores("zmin"))[0]) * n[2] / (n[0] * n[1])
    count = np.bincount(conns[both].ravel(), minlength=len(inner))[inner]
    data = found.network
    return {
        "pores": int(inner.sum()),
        "throats": int(both.sum()),
        "coordination": float(count.mean()),
        "pore_radius": float(data["pore.inscribed_diameter"][inner].mean() / 2),
        "throat_radius": float(data["throat.inscribed_diameter"][both].mean() / 2),
        "k": k,
    }


def stokes(p: Any) -> dict[str, float]:
    from percola.measure.flow.permeability import structure_flow

    return {"k": structure_flow(p.void, CLOSED, 2).permeability}


def ours_in_openpnm(p: Any) -> dict[str, float]:
    """Percola's network, what of it goes through, loaded by OpenPNM without change and solved there."""
    import openpnm

    from percola.measure.voids.network import pore_network

    warnings.filterwarnings("ignore")
    own = pore_network(p.void, 1.0, CLOSED, p.level)
    net = openpnm.io.network_from_porespy(own.to_openpnm(through=True))
    phase = openpnm.phase.Phase(network=net)
    phase["throat.hydraulic_conductance"] = net["throat.hydraulic_conductance_times_viscosity"]
    flow = openpnm.algorithms.StokesFlow(network=net, phase=phase)
    flow.set_value_BC(pores=net.pores("zmin"), values=1.0)
    flow.set_value_BC(pores=net.pores("zmax"), values=0.0)
    flow.run()
    n = p.void.shape
    k = float(flow.rate(pores=net.pores("zmin"))[0]) * n[2] / (n[0] * n[1])
    return {"pores": int(net.num_pores("internal")), "k": k}


TASKS: dict[str, tuple[Callable[[Any], dict[str, float]], tuple[str, ...]]] = {
    "stokes": (stokes, ()),
    "percola": (percola_network, ()),
    "percola, voxels only": (percola_voxels, ()),
    "snow2 + OpenPNM": (snow2_openpnm, ("porespy", "openpnm")),
    "percola in OpenPNM": (ours_in_openpnm, ("openpnm",)),
}


def child(task: str, size: int, porosity: float, wavelength: float) -> None:
    function = TASKS[task][0]
    p = volume(size, porosity, wavelength)
    walls, cpus = [], []
    found: dict[str, float] = {}
    for _ in range(1 if task == "stokes" else 2):
        wall, cpu = time.perf_counter(), time.process_time()
        found = function(p)
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(json.dumps({"cold": walls[0], "wall": walls[-1], "cpu": cpus[-1], "peak_MB": peak, **found}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--porosity", type=float, default=0.55)
    parser.add_argument("--wavelength", type=float, default=24.0)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    a = parser.parse_args()
    if a.child:
        child(a.child, a.size, a.porosity, a.wavelength)
        return
    print(f"{a.size}^3, porosity {a.porosity}, wavelength {a.wavelength} voxels; k over Stokes flow")
    head = f"{'who':22} {'cold s':>7} {'s':>7} {'cpu s':>7} {'peak MB':>8} {'pores':>6} {'throats':>7} {'coord':>6}"
    print(head + f" {'r pore':>7} {'r throat':>8} {'k':>8} {'k/Stokes':>8}")
    reference = float("nan")
    for task, (_, needs) in TASKS.items():
        if any(importlib.util.find_spec(name) is None for name in needs):
            print(f"{task:22} left out: {' and '.join(needs)} not installed")
            continue
        command = [sys.executable, __file__, "--child", task, "--size", str(a.size)]
        command += ["--porosity", str(a.porosity), "--wavelength", str(a.wavelength)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            print(f"{task:22} failed: {done.stderr.strip().splitlines()[-1]}")
            continue
        r = json.loads(done.stdout.strip().splitlines()[-1])
        if task == "stokes":
            reference = r["k"]
        row = f"{task:22} {r['cold']:7.2f} {r['wall']:7.2f} {r['cpu']:7.2f} {r['peak_MB']:8.0f}"
        for key, width, digits in (
            ("pores", 6, 0),
            ("throats", 7, 0),
            ("coordination", 6, 2),
            ("pore_radius", 7, 2),
        ):
            row += f" {r[key]:{width}.{digits}f}" if key in r else " " * (width + 1)
        row += f" {r['throat_radius']:8.2f}" if "throat_radius" in r else " " * 9
        print(row + f" {r['k']:8.4g} {r['k'] / reference:8.3f}")


if __name__ == "__main__":
    main()
