"""Compare a built wheel with the source tree: every file of the package must be inside, data above all.

Usage: python wheel_holds_data.py WHEEL SRC/percola
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

# At least one file of each kind must exist, so that an empty tree cannot pass.
REQUIRED = (
    "tables/data/*.csv",
    "judge/**/*.toml",
    "report/**/*.html*",
    "references.bib",
    "recipe/**/*.toml",
    "py.typed",
)
NOT_SHIPPED = {".pyc", ".nbi", ".nbc"}


def main(wheel: Path, package: Path) -> int:
    inside = set(zipfile.ZipFile(wheel).namelist())
    source = [p for p in sorted(package.rglob("*")) if p.is_file() and p.suffix not in NOT_SHIPPED]
    missing = [p for p in source if f"percola/{p.relative_to(package).as_posix()}" not in inside]
    for path in missing:
        print(f"not in the wheel: {path}")
    absent = [pattern for pattern in REQUIRED if not any(package.glob(pattern))]
    for pattern in absent:
        print(f"no such file in the source tree: {pattern}")
    print(f"{wheel.name}: {len(source) - len(missing)} of {len(source)} package files inside")
    return 1 if missing or absent else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
