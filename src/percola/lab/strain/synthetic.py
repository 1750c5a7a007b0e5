"""Specimens of known residual strain under a ruler."""

from __future__ import annotations

import numpy as np


def readings(
    strain: float = 0.28,
    length_m: float = 0.1,
    step_m: float = 0.5e-3,
    seed: int = 0,
    width_strain: float | None = None,
    width_m: float = 0.05,
) -> dict[str, float]:
    """Lengths (and widths) before and after to the nearest step of the ruler [m].

    The true length is anywhere within ten steps of ``length_m``, so that the rounding of before and after are unrelated.
    """
    rng = np.random.default_rng(seed)

    def seen(v: float) -> float:
        return round(v / step_m) * step_m

    true = length_m + step_m * float(rng.uniform(-10, 10))
    out = {"before": seen(true), "after": seen(true * (1 + strain))}
    if width_strain is not None:
        wide = width_m + step_m * float(rng.uniform(-10, 10))
        out |= {"width_before": seen(wide), "width_after": seen(wide * (1 + width_strain))}
    return out


def specimens_csv(
    strain: float = 0.28, n: int = 5, seed: int = 1, scatter: float = 0.01, drawn: float = 1.5
) -> str:
    """A table as a laboratory keeps it [mm]: drawn to ``drawn`` times the length, relaxed to ``strain``."""
    rng = np.random.default_rng(seed)
    rows = ["Specimen,Length before (mm),Drawn length (mm),Length after (mm)"]
    for i in range(n):
        r = readings(strain + scatter * float(rng.standard_normal()), seed=100 * seed + i)
        rows.append(
            f"{i + 1},{1e3 * r['before']:.1f},{round(2e3 * drawn * r['before']) / 2:.1f},{1e3 * r['after']:.1f}"
        )
    return "\n".join(rows) + "\n"
