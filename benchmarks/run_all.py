"""Every benchmark of this folder, one after the other; ends with 1 if any is outside of its bound.

Usage: python benchmarks/run_all.py [NAME ...]
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path


def main(chosen: list[str]) -> int:
    """Run the scripts whose name is in ``chosen`` (all, where it is empty)."""
    folder = Path(__file__).resolve().parent
    scripts = [
        p for p in sorted(folder.glob("*.py")) if p.name != "run_all.py" and not p.name.startswith("_")
    ]
    unknown = set(chosen) - {p.stem for p in scripts}
    if unknown:
        print(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(p.stem for p in scripts)}")
        return 2
    outside = []
    for script in scripts:
        if chosen and script.stem not in chosen:
            continue
        print(f"== {script.stem}", flush=True)
        start = time.perf_counter()
        code = subprocess.run([sys.executable, str(script)], check=False).returncode
        print(
            f"   {time.perf_counter() - start:.0f} s, {'within' if code == 0 else 'OUTSIDE of'} its bound\n",
            flush=True,
        )
        if code != 0:
            outside.append(script.stem)
    print(f"outside: {', '.join(outside)}" if outside else "all within their bounds")
    return 1 if outside else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
