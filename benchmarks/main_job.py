"""Wall time and peak memory of the main job, `percola run patent:Ex7`, from start to report with cold caches.

Bounds (2 cores): 120 s and 2.5 GB at the default size; 12 GB at 256^3.

Usage: python benchmarks/main_job.py [--recipe patent:Ex7] [--size N] [--cores 2] [--repeats 1] [--warm]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

BOUND_S = 120.0
BOUND_BYTES = 2.5e9
BOUND_BYTES_256 = 12e9


def tree_rss_bytes(pid: int) -> int:
    """Resident memory [B] of a process and its descendants, from /proc; 0 where there is no /proc."""
    parents: dict[int, list[int]] = {}
    rss: dict[int, int] = {}
    page = os.sysconf("SC_PAGE_SIZE")
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # the process has gone meanwhile
            continue
        child = int(stat.parent.name)
        parents.setdefault(int(fields[1]), []).append(child)
        rss[child] = int(fields[21]) * page
    total, queue = 0, [pid]
    while queue:
        one = queue.pop()
        total += rss.get(one, 0)
        queue += parents.get(one, [])
    return total


def run_once(command: list[str], folder: Path, cores: int, warm: bool) -> dict[str, float | int]:
    """One run of ``command`` in ``folder``; returns seconds, peak bytes and the exit code."""
    environment = dict(os.environ)
    if not warm:
        # Kernels, compiled programs, fonts: everything a new machine would not have.
        for name in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "MPLCONFIGDIR", "JAX_COMPILATION_CACHE_DIR"):
            environment[name] = str(folder / name.lower())
    if hasattr(os, "sched_setaffinity"):
        chosen = sorted(os.sched_getaffinity(0))[:cores]
        os.sched_setaffinity(0, chosen)
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True)
    peak = 0
    ended = threading.Event()

    def sample() -> None:
        nonlocal peak
        while not ended.wait(0.1):
            peak = max(peak, tree_rss_bytes(process.pid))

    sampler = threading.Thread(target=sample, daemon=True)
    if Path("/proc/self/stat").exists():
        sampler.start()
    output = process.stdout.read() if process.stdout else ""
    # wait4 knows the exact peak of the process itself; sampling adds children that run at the same time.
    if hasattr(os, "wait4"):
        _, status, usage = os.wait4(process.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        process.returncode = code
        peak = max(peak, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024))
    else:
        code = process.wait()
    seconds = time.perf_counter() - start
    ended.set()
    if code != 0:
        print(output[-2000:], file=sys.stderr)
    result: dict[str, float | int] = {"seconds": seconds, "peak_bytes": peak, "exit_code": code}
    try:
        timings = json.loads(output).get("timings", {})
        result.update({f"stage {name}": value for name, value in timings.items()})
    except (ValueError, AttributeError):
        pass
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipe", default="patent:Ex7")
    parser.add_argument("--size", type=int)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--warm", action="store_true", help="use the caches of this account")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    command = [sys.executable, "-m", "percola", "run", arguments.recipe, "--json"]
    if arguments.size:
        command += ["--size", str(arguments.size)]
    runs = []
    for _ in range(arguments.repeats):
        with tempfile.TemporaryDirectory(prefix="percola-benchmark-") as folder:
            runs.append(run_once(command, Path(folder), arguments.cores, arguments.warm))
    seconds = max(r["seconds"] for r in runs)
    peak = max(r["peak_bytes"] for r in runs)
    bound_s = BOUND_S if arguments.size is None else None
    bound_bytes = BOUND_BYTES if arguments.size is None else BOUND_BYTES_256
    ok = (
        all(r["exit_code"] == 0 for r in runs)
        and peak <= bound_bytes
        and (bound_s is None or seconds <= bound_s)
    )
    result = {
        "benchmark": "main_job",
        "command": " ".join(["percola", *command[3:]]),
        "machine": f"{platform.machine()}, {arguments.cores} cores, Python {platform.python_version()}",
        "caches": "warm" if arguments.warm else "cold",
        "seconds": seconds,
        "bound_seconds": bound_s,
        "peak_bytes": peak,
        "bound_bytes": bound_bytes,
        "ok": ok,
        "runs": runs,
    }
    if arguments.json:
        print(json.dumps(result, indent=2))
    else:
        allowed = f" (at most {bound_s:.0f} s)" if bound_s else ""
        print(
            f"{result['command']}: {seconds:.1f} s{allowed}, "
            f"{peak / 1e9:.2f} GB (at most {bound_bytes / 1e9:.1f} GB)"
        )
        for name, value in runs[-1].items():
            if name.startswith("stage "):
                print(f"  {name[6:]:<20} {value:8.1f} s")
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
