"""Time from the shell's point of view until `percola --help`, and the help of each verb, is on the screen.

Bound: 0.5 s each (median of several starts; the first, which may compile byte code, is shown apart).

Usage: python benchmarks/command_line.py [--repeats 7] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

BOUND_S = 0.5


def seconds(command: list[str]) -> tuple[float, float]:
    """Wall and processor time of one start; they part where something else uses the machine."""
    start, before = time.perf_counter(), os.times()
    subprocess.run(command, check=True, capture_output=True)
    wall, after = time.perf_counter() - start, os.times()
    busy = after.children_user + after.children_system - before.children_user - before.children_system
    return wall, busy


def verbs() -> list[list[str]]:
    """Every verb of the command line, those of families included."""
    from typer.main import get_command

    from percola.cli.app import app

    found: list[list[str]] = [[]]
    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]
        found.append([name])
        found += [[name, inner] for inner in getattr(command, "commands", {})]
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    rows = []
    for verb in verbs():
        command = [sys.executable, "-m", "percola", *verb, "--help"]
        first, _ = seconds(command)
        walls, busy = zip(*(seconds(command) for _ in range(arguments.repeats)), strict=True)
        rows.append(
            {
                "command": " ".join(["percola", *verb, "--help"]),
                "first_s": first,
                "median_s": statistics.median(walls),
                "processor_s": statistics.median(busy),
            }
        )
    ok = all(row["median_s"] <= BOUND_S for row in rows)
    if arguments.json:
        print(json.dumps({"benchmark": "command_line", "bound_s": BOUND_S, "ok": ok, "rows": rows}, indent=2))
    else:
        for row in rows:
            print(
                f"{row['command']:<32} {row['median_s']:.3f} s "
                f"(first {row['first_s']:.3f} s, processor {row['processor_s']:.3f} s)"
            )
        print(f"all under {BOUND_S} s" if ok else f"some above {BOUND_S} s")
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
