"""The whole of ``percola measure`` on a grey volume, every method along one flow axis, in a process of its own.

    python benchmarks/measure_scan.py [--size 256] [--porosity 0.55] [--only NAME]

The volume is the seeded Gaussian field of ``percola.measure.phantoms`` seen by an imperfect instrument: grey values from 40 to
200 across the wall, blurred over about a voxel, with noise of 6 grey values, 8 bit, as an ImageJ TIFF stack. Printed: seconds of
each group, seconds and peak memory of the whole (imports, reading, segmentation, influence of the threshold and report
included; kernels compiled before, on a volume of 40 voxels). Bound: 240 s on 2 cores for 256 voxels along an edge, and for other sizes that in proportion
to the voxels; 20 GB at 512.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SECONDS_AT_256 = 240.0


def write_volume(path: Path, size: int, porosity: float, wavelength: float) -> None:
    """A grey stack of a Gaussian field with blur and noise, voxels of 10 nm."""
    import numpy as np
    import tifffile

    from percola.measure import phantoms

    p = phantoms.gaussian_field(size, wavelength, porosity, seed=0)
    rng = np.random.default_rng(1)
    grey = 120 + 80 * np.tanh(p.level / 1.2)
    grey += rng.normal(0, 6, grey.shape)
    stack = np.clip(np.round(grey), 0, 255).astype(np.uint8).transpose(2, 1, 0)
    tifffile.imwrite(
        path,
        stack,
        imagej=True,
        resolution=(100.0, 100.0),
        metadata={"unit": "um", "spacing": 0.01, "axes": "ZYX"},
    )


def measure(path: Path, out: Path, only: list[str]) -> tuple[float, float, dict[str, float]]:
    """(seconds, peak GB, seconds of each stage) of one run of the verb."""
    command = [sys.executable, "-m", "percola", "measure", str(path), "--out", str(out), "--fresh", "--json"]
    for name in only:
        command += ["--only", name]
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    if done.returncode:
        print(done.stdout[-2000:], done.stderr[-2000:])
        raise SystemExit(1)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
    manifest = json.loads((Path(json.loads(done.stdout)["run"]) / "manifest.json").read_text())
    return seconds, peak, manifest["timings"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--porosity", type=float, default=0.55)
    parser.add_argument("--wavelength", type=float, default=24.0)
    parser.add_argument("--only", action="append", default=[])
    a = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "volume.tif"
        write_volume(path, 40, a.porosity, 12.0)
        measure(path, Path(folder) / "warm", a.only)
        write_volume(path, a.size, a.porosity, a.wavelength)
        seconds, peak, stages = measure(path, Path(folder) / "out", a.only)
    for name, each in stages.items():
        print(f"{name:28} {each:8.1f} s")
    bound = SECONDS_AT_256 * (a.size / 256) ** 3
    print(f"{a.size}^3, porosity {a.porosity}: {seconds:.0f} s (bound {bound:.0f}), peak {peak:.2f} GB")
    within = (seconds <= bound or bool(a.only)) and (a.size < 512 or peak <= 20)
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())
