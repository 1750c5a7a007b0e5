"""One load case of the elastic stiffness beside peers on the same volume in the same run: seconds, memory, the number.

    python benchmarks/peers/stiffness.py [--size 63] [--porosity 0.55] [--wavelength 24] [--peer-python PYTHON]

Each method runs in a process of its own, so that peaks of memory (imports included) do not mix. All give C_zz over the
solid's Young's modulus under unit strain along z with the lateral strains zero, Poisson's ratio 0.35; ``percola E`` is
Young's modulus along z from one solve, which the peers do not offer. Ours runs twice; the second time is printed.

muSpectre (small strain, Fourier, conjugate gradients on the strain) needs an odd edge and some stiffness in the
voids, ``--contrast``. ``basic`` is the fixed-point scheme of Moulinec and Suquet (1998) with NumPy, written here as a
plain reference; its steps grow with the contrast, so give it a mild one. Without muSpectre (in this interpreter or
the one of ``--peer-python``) its line says so.
"""

from __future__ import annotations

import argparse
import importlib
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
from numpy.typing import NDArray

NU = 0.35


def ours(void: NDArray[np.bool_], tolerance: float, released: bool) -> tuple[float, int]:
    from percola.measure.solid._loaded import carrying
    from percola.measure.solid._multigrid import VoxelElasticity

    closure = ("periodic", "periodic", "periodic")
    solid, _ = carrying(~void, closure)
    r = VoxelElasticity(solid, closure, NU).solve(2, released, tolerance)
    return r.energy, r.steps


def muspectre(void: NDArray[np.bool_], tolerance: float, contrast: float) -> tuple[float, int]:
    mu: Any = importlib.import_module("muSpectre")
    n = void.shape[0]
    cell = mu.Cell([n] * 3, [float(n)] * 3, mu.Formulation.small_strain)
    hard = mu.material.MaterialLinearElastic1_3d.make(cell, "solid", 1.0, NU)
    soft = mu.material.MaterialLinearElastic1_3d.make(cell, "void", contrast, NU)
    for i, empty in enumerate(void.ravel(order="F")):
        (soft if empty else hard).add_pixel(i)
    cell.initialise()
    solver = mu.solvers.KrylovSolverCG(cell, tolerance, 5000, mu.Verbosity.Silent)
    strain = np.zeros((3, 3))
    strain[2, 2] = 1.0
    r = mu.solvers.newton_cg(cell, strain, solver, tolerance, tolerance, mu.Verbosity.Silent)
    stress = np.asarray(r.stress).reshape(3, 3, -1, order="F").mean(-1)
    return float(stress[2, 2]), int(r.nb_fev)


def basic(void: NDArray[np.bool_], tolerance: float, contrast: float, most: int = 5000) -> tuple[float, int]:
    """Strain <- strain - Gamma0 stress, Lame constants of the reference at the mean of the two phases."""
    import scipy.fft

    lame, shear = NU / ((1 + NU) * (1 - 2 * NU)), 0.5 / (1 + NU)
    scale = np.where(void, contrast, 1.0)
    l0, m0 = lame * (1 + contrast) / 2, shear * (1 + contrast) / 2
    shape = void.shape
    k = np.meshgrid(
        np.fft.fftfreq(shape[0], 1 / shape[0]),
        np.fft.fftfreq(shape[1], 1 / shape[1]),
        np.arange(shape[2] // 2 + 1.0),
        indexing="ij",
    )
    square = sum(q * q for q in k)
    square[0, 0, 0] = 1.0
    pairs = [(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)]
    strain = np.zeros((6, *shape))
    strain[2] = 1.0
    value = np.inf
    for step in range(1, most + 1):
        trace = strain[0] + strain[1] + strain[2]
        stress = np.stack(
            [scale * (2 * shear * e + (lame * trace if m < 3 else 0.0)) for m, e in enumerate(strain)]
        )
        before, value = value, float(stress[2].mean())
        if abs(value - before) < 0.01 * tolerance * abs(value):
            return value, step
        t = scipy.fft.rfftn(stress, axes=(1, 2, 3), workers=2)
        sigma = {pair: t[m] for m, pair in enumerate(pairs)} | {
            (j, i): t[m] for m, (i, j) in enumerate(pairs)
        }
        force = [sum(sigma[i, j] * k[j] for j in range(3)) for i in range(3)]
        along = sum(f * q for f, q in zip(force, k, strict=True))
        u = [
            f / (m0 * square) - (l0 + m0) / (m0 * (l0 + 2 * m0)) * q * along / square**2
            for f, q in zip(force, k, strict=True)
        ]
        for m, (i, j) in enumerate(pairs):
            move = (u[i] * k[j] + u[j] * k[i]) / 2
            move[0, 0, 0] = 0
            strain[m] -= scipy.fft.irfftn(move, s=shape, workers=2)
    return value, -most


def child(who: str, path: str, tolerance: float, contrast: float) -> None:
    void = np.load(path)
    tasks: dict[str, Callable[[], tuple[float, int]]] = {
        "percola": lambda: ours(void, tolerance, False),
        "percola E": lambda: ours(void, tolerance, True),
        "muSpectre": lambda: muspectre(void, tolerance, contrast),
        "basic": lambda: basic(void, tolerance, contrast),
    }
    wall = cpu = value = 0.0
    steps = 0
    for _ in range(2 if who.startswith("percola") else 1):
        wall, cpu = time.perf_counter(), time.process_time()
        value, steps = tasks[who]()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(json.dumps({"wall": wall, "cpu": cpu, "peak_MB": peak, "value": value, "steps": steps}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=63)
    parser.add_argument("--porosity", type=float, default=0.55)
    parser.add_argument("--wavelength", type=float, default=24.0)
    parser.add_argument("--tolerance", type=float, default=1e-3)
    parser.add_argument("--contrast", type=float, default=1e-3)
    parser.add_argument("--only", action="append", choices=["percola", "percola E", "muSpectre", "basic"])
    parser.add_argument("--peer-python", default=sys.executable)
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    a = parser.parse_args()
    if a.child:
        child(a.child[0], a.child[1], a.tolerance, a.contrast)
        return
    from percola.measure import phantoms

    void = phantoms.gaussian_field(a.size, a.wavelength, a.porosity, seed=0).void
    print(f"{a.size}^3, porosity {a.porosity}, wavelength {a.wavelength} voxels, tolerance {a.tolerance:g}")
    print(f"{'who':10} {'wall s':>8} {'cpu s':>8} {'peak MB':>8} {'steps':>6}  value")
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "void.npy")
        np.save(path, void)
        for who in a.only or ["percola", "percola E", "muSpectre"]:
            python = a.peer_python if who == "muSpectre" else sys.executable
            command = [python, __file__, "--child", who, path]
            command += ["--tolerance", str(a.tolerance), "--contrast", str(a.contrast)]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                lines = done.stderr.strip().splitlines()
                print(f"{who:10} failed: {lines[-1] if lines else done.returncode}")
                continue
            r = json.loads(done.stdout.strip().splitlines()[-1])
            print(
                f"{who:10} {r['wall']:8.2f} {r['cpu']:8.2f} {r['peak_MB']:8.0f} {r['steps']:6d}  {r['value']:.5g}",
                flush=True,
            )


if __name__ == "__main__":
    main()
