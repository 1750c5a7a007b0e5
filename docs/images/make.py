"""The picture of the README from a run directory: structure and section as the report draws them.

Usage: python docs/images/make.py runs/ID [docs/images/membrane.png]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

WIDTH_PX, HEIGHT_PX, GAP_PX = 1600, 620, 24


def main(run: Path, target: Path) -> int:
    """Set the box and the computed micrograph of the core's section side by side."""
    from PIL import Image

    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    page = Image.new("RGB", (WIDTH_PX, HEIGHT_PX), "white")
    left = 0
    for name in ("box.png", "sem-core.png"):
        picture = Image.open(run / "figures" / name).convert("RGB")
        scale = min((WIDTH_PX - GAP_PX) / 2 / picture.width, HEIGHT_PX / picture.height)
        picture = picture.resize(
            (round(picture.width * scale), round(picture.height * scale)), Image.Resampling.LANCZOS
        )
        page.paste(picture, (left, (HEIGHT_PX - picture.height) // 2))
        left += picture.width + GAP_PX
    page = page.crop((0, 0, left - GAP_PX, HEIGHT_PX))
    page.save(target, optimize=True)
    print(
        f"{target}: {manifest.get('source')}, size {manifest.get('size')}, "
        f"seed {manifest.get('seed')}, run {run.name}"
    )
    return 0


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        print(__doc__)
        sys.exit(2)
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2] if len(sys.argv) == 3 else "docs/images/membrane.png")))
