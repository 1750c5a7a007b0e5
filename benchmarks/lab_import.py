"""A trace of a million rows through the importer: CPU time and peak memory above import, in a process of its own.

    python benchmarks/lab_import.py

Bounds to compare with, run in the same way: pandas where it is installed (no dependency of Percola), and the csv
module with ``float`` of the standard library.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROWS = 1_000_000

_RUN = """
import json, resource, sys, time
from pathlib import Path
name, path, decimal = sys.argv[1:4]
scale = 1e-6 if sys.platform == "darwin" else 1e-3  # ru_maxrss is in bytes there, in kB elsewhere
if name == "percola":
    from percola.lab.reading import read_tables
    import percola.lab.importer.pipeline
elif name == "pandas":
    import pandas
else:
    import csv
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale
start = time.process_time()
if name == "percola":
    total = float(sum(c.values.sum() for c in read_tables(Path(path))[0].columns))
elif name == "pandas":
    frame = pandas.read_csv(path, sep=";", decimal=decimal)
    total = float(frame.to_numpy().sum())
else:
    total = 0.0
    with open(path, newline="") as f:
        lines = csv.reader(f, delimiter=";")
        next(lines)
        kept = [tuple(float(c.replace(",", ".")) for c in row) for row in lines]
    total = sum(map(sum, kept))
spent = time.process_time() - start
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale
print(json.dumps({"cpu_s": spent, "above_import_MB": after - before, "sum": total}))
"""


def write(path: Path, decimal: str, encoding: str = "utf-8", rows: int = ROWS, step: int = 20_000) -> float:
    """A trace of time, force and extension, a few lines at a time: what the parent holds counts as a child's peak.

    Returns the sum of all its numbers.
    """
    rng = np.random.default_rng(1)
    total = 0.0
    with open(path, "w", encoding=encoding, newline="\n") as out:
        out.write("Time [s];Force [N];Extension [mm]\n")
        for a in range(0, rows, step):
            n = np.arange(a, min(a + step, rows))
            trace = np.column_stack([n * 0.01, 100.0 + 20.0 * rng.standard_normal(n.size), n * 8e-5])
            lines = [f"{t:.2f};{f:.4f};{e:.5f}" for t, f, e in trace]
            total += sum(float(c) for line in lines for c in line.split(";"))
            text = "\n".join(lines) + "\n"
            out.write(text.replace(".", ",") if decimal == "," else text)
    return total


def main() -> None:
    """Print one line for each reader and file."""
    with tempfile.TemporaryDirectory() as folder:
        for decimal, encoding in ((".", "utf-8"), (",", "utf-8"), (",", "utf-16")):
            path = Path(folder) / f"trace_{encoding}_{'comma' if decimal == ',' else 'point'}.csv"
            total = write(path, decimal, encoding)
            print(f"decimal {decimal!r}, {encoding}, {path.stat().st_size / 1e6:.1f} MB, {ROWS} rows x 3")
            for name in ("percola", "pandas", "csv") if encoding == "utf-8" else ("percola",):
                done = subprocess.run(
                    [sys.executable, "-c", _RUN, name, str(path), decimal], capture_output=True, text=True
                )
                if done.returncode:
                    print(f"  {name:8} not here: {done.stderr.strip().splitlines()[-1]}")
                    continue
                got = json.loads(done.stdout)
                same = abs(got["sum"] - total) <= 1e-9 * abs(total)
                print(
                    f"  {name:8} {got['cpu_s']:.2f} s CPU, {got['above_import_MB']:.0f} MB above import"
                    f"{'' if same else ', WRONG SUM'}"
                )


if __name__ == "__main__":
    main()
