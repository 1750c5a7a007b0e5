"""The figures of the how-to pages of the bench, made by the examples of those pages.

Each page makes an analysis ``found``; its first panel, or the one named in :data:`CHOSEN`, is drawn.

Usage: python docs/images/lab.py [METHOD ...]
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path

PAGES = Path(__file__).resolve().parents[1] / "how-to" / "lab"
CHOSEN = {"dsc": "crystallization_dissolution", "eis": "nyquist_intercept"}
TARGET = Path(__file__).resolve().parent / "lab"


def main(methods: list[str]) -> int:
    """Play the Python blocks of the pages and draw what came out."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    from PIL import Image

    from percola.lab.methods import METHODS
    from percola.plot import lab, style

    TARGET.mkdir(exist_ok=True)
    for method in methods or list(METHODS):
        page = PAGES / f"{method}.md"
        home = os.getcwd()
        names: dict[str, object] = {"__name__": "example"}
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            for block in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.S):
                exec(compile(block, str(page), "exec"), names)
            os.chdir(home)
        panels = {p.key: p for p in names["found"].panels}  # type: ignore[attr-defined]
        chosen = panels[CHOSEN.get(method, next(iter(panels)))]
        with matplotlib.rc_context(style.RC):
            _, ax = plt.subplots(figsize=(6.2, 4.0), layout="constrained")
            lab.panel(chosen, ax)
            plt.savefig(TARGET / f"{method}.png", dpi=110)
            plt.close()
        with Image.open(TARGET / f"{method}.png") as picture:
            small = picture.convert("RGB").quantize(96)
        small.save(TARGET / f"{method}.png", optimize=True)
        print(TARGET / f"{method}.png")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
