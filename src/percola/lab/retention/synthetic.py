"""Challenge tests with a known answer: plates, wells, and a counter's size classes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Challenge:
    """A challenge of a filter whose true log reduction value is known.

    Attributes:
        lrv: true value.
        feed_1_ml: true concentration of the feed.
        plated_ml: volume on a plate, or in a well.
        plates: replicates at each dilution.
        filtered_ml: volume of permeate passed through a membrane and counted whole, as one plate more.
        clumps: mean number of units in a clump; 1 for Poisson counts.
    """

    lrv: float = 4.5
    feed_1_ml: float = 2e7
    plated_ml: float = 0.1
    plates: int = 3
    filtered_ml: float = 0.0
    clumps: float = 1.0

    def _count(self, random: np.random.Generator, mean: float) -> int:
        if self.clumps == 1:
            return int(random.poisson(mean))
        return int(random.poisson(random.gamma(mean / (self.clumps - 1), self.clumps - 1)))

    def rows(self, seed: int = 0) -> list[tuple[str, str, str, int]]:
        """(sample, dilution, plated volume in ml, count) of each plate, at the dilution that gives 30 to 300."""
        random = np.random.default_rng(seed)
        out = []
        for name, per_ml in (("feed", self.feed_1_ml), ("permeate", self.feed_1_ml * 10.0**-self.lrv)):
            tenfolds = max(math.ceil(math.log10(max(per_ml * self.plated_ml, 1e-9) / 300)), 0)
            for _ in range(self.plates):
                mean = per_ml * self.plated_ml / 10.0**tenfolds
                out.append((name, f"1e-{tenfolds}", f"{self.plated_ml:g}", self._count(random, mean)))
            if name == "permeate" and self.filtered_ml:
                out.append(
                    (name, "1", f"{self.filtered_ml:g}", self._count(random, per_ml * self.filtered_ml))
                )
        return out

    def write(self, path: str | Path, seed: int = 0) -> Path:
        """The plates as CSV."""
        rows = [f"{a},{b},{c},{n}" for a, b, c, n in self.rows(seed)]
        out = Path(path)
        out.write_text(
            "Sample,Dilution,Plated volume (ml),Count\n" + "\n".join(rows) + "\n", encoding="utf-8"
        )
        return out

    def wells(self, seed: int = 0, count: int = 8, well_ml: float = 0.1) -> list[tuple[str, float, int, int]]:
        """(sample, dilution, wells, infected) of tenfold series that run from all infected to none.

        ``feed_1_ml`` is in 50 % infective doses: one dose in a well infects it with a probability of a half.
        """
        random = np.random.default_rng(seed)
        out = []
        for name, per_ml in (("feed", self.feed_1_ml), ("permeate", self.feed_1_ml * 10.0**-self.lrv)):
            middle = round(math.log10(max(per_ml * well_ml, 1.0)))
            for k in range(max(middle - 3, 0), middle + 4):
                chance = 1 - 0.5 ** (per_ml * well_ml * 10.0**-k)
                out.append((name, 10.0**-k, count, int(random.binomial(count, chance))))
        return out
