"""Three-dimensional runs at the middle of a posterior and at draws of it, beside what the reduced model says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from percola.design.posterior.calibration import Calibration
from percola.design.posterior.priors import priors
from percola.design.reduced.features import Features
from percola.errors import InputError
from percola.measurement import Measurement
from percola.recipe import RecipeError
from percola.thermo.varied import MEMORY_SHIFT, PHYSICAL

if TYPE_CHECKING:
    from percola.pipeline import Estimate, Event

MOST_DRAWS = 32
DIGITS = 6
"""Digits of a deviation: it is part of a run's identity, which must not depend on the last bit."""
REGIONS = ("wall", "core", "section", "")
"""Where a run's value is taken from, the first that has it: that of the whole wall before that of the box."""


@dataclass(frozen=True)
class FullRun:
    """One three-dimensional run.

    Attributes:
        label: "posterior mean" or "draw 1" and so on.
        deviations: of the physical parameters from the tables (:data:`percola.thermo.varied.PHYSICAL`).
        path: its run directory; None where the physics of this draw makes no solution of the recipe.
        opened: "new", "resumed" or "finished" before; "refused".
        measurements: what was measured on it.
        reason: why it was refused.
    """

    label: str
    deviations: Mapping[str, float]
    path: Path | None
    opened: str
    measurements: tuple[Measurement, ...]
    reason: str = ""

    def value(self, name: str) -> float | str | None:
        """The value of a measurement, that of the whole wall where there is one; None where it is not defined."""
        for region in REGIONS:
            for m in self.measurements:
                if m.name == name and m.region == region and m.defined:
                    return m.value
        return None

    def to_dict(self, names: Sequence[str]) -> dict[str, Any]:
        """Plain data for JSON, with the values of ``names`` in SI."""
        return {
            "label": self.label,
            "run": None if self.path is None else str(self.path),
            "opened": self.opened,
            "reason": self.reason,
            "deviations": dict(self.deviations),
            "structure_class": self.value("structure_class"),
            "values": {n: self.value(n) for n in names},
        }


def deviations(calibration: Calibration, f: Features, draw: int | None = None) -> dict[str, float]:
    """Deviations of the physical parameters for a recipe at the posterior's mean or at one of its draws.

    chi_A is the draw's number of standard uncertainties times that of the pair; the crystals of a solution that was not
    extruded saw a temperature lower by ``static_shift_K`` (paragraph 61).

    Args:
        calibration: whose posterior is used.
        f: features of one recipe.
        draw: index into :attr:`~percola.design.posterior.calibration.Calibration.thinned`; None: the mean of all.
    """
    table, draws = calibration.matched(f)
    count = next(iter(draws.values())).shape[0]
    if draw is not None and not 0 <= draw < count:
        raise InputError("draw", str(draw), f"0 to {count - 1}")

    def standardized(name: str) -> Any:
        return draws[name].mean(axis=0) if draw is None else draws[name][draw]

    theta = {p.name: p.mean + p.sd * float(standardized(p.name)) for p in priors()}
    out = {name: theta[name] for name in PHYSICAL if name != "chi_A"}
    out["chi_A"] = float(standardized("chi_A")[int(table.solvent[0])]) * float(f.chi_spread[0])
    if not f.extruded[0]:
        out[MEMORY_SHIFT] = -theta["static_shift_K"]
    return {k: float(f"{v:.{DIGITS}g}") for k, v in sorted(out.items())}


def chosen(calibration: Calibration, count: int, seed: int = 0) -> list[int]:
    """Indices of ``count`` draws, without repetition; the first ones stay as ``count`` grows."""
    there = next(iter(calibration.thinned.values())).shape[0]
    most = min(MOST_DRAWS, there)
    if not 0 <= count <= most:
        raise InputError("--draws", str(count), f"0 to {most}", "each is a three-dimensional run of its own")
    return [int(i) for i in np.random.default_rng([seed, 11]).permutation(there)[:count]]


def need(size: int | None = None) -> Estimate:
    """Time, memory and disk of one run.

    Raises:
        ResourceError: more memory than there is.
    """
    from percola.pipeline import DEFAULT_SIZE, Settings, estimate
    from percola.pipeline.plan import require_memory

    settings = Settings(DEFAULT_SIZE if size is None else size)
    found = estimate(settings)
    require_memory(settings, found)
    return found


def runs(
    source: str,
    calibration: Calibration,
    f: Features,
    draws: int = 2,
    *,
    size: int | None = None,
    seed: int = 0,
    out: Path | None = None,
    progress: Callable[[Event], None] | None = None,
) -> tuple[FullRun, ...]:
    """Run a recipe in three dimensions at the posterior's mean and at draws of it; each resumes where it was stopped.

    Args:
        source: a recipe file or a specimen such as "patent:Ex7".
        calibration: whose posterior is used.
        f: features of the recipe.
        draws: how many beside the mean.
        size: cells along an edge of the box; None: the default of ``percola run``.
        seed: of noise and nuclei of every run, and of the choice of draws.
        out: folder of run directories; ``runs`` by default.
        progress: called with the events of each run.

    Raises:
        PercolaError: what :func:`percola.pipeline.run` refuses.

    Limitations: physical parameters alone move; those of the reduced model that stand for space (length, ratio, flow,
    strength) have no counterpart in the box.
    """
    from percola import pipeline

    picked: list[int | None] = [None, *chosen(calibration, draws, seed)]
    made = []
    for number, draw in enumerate(picked):
        label = "posterior mean" if draw is None else f"draw {number}"
        if progress is not None:
            progress(pipeline.Event("recipe", None, f"3D run {number + 1} of {len(picked)}: {label}"))
        moved = deviations(calibration, f, draw)
        try:
            result = pipeline.run(source, out=out, size=size, seed=seed, progress=progress, deviations=moved)
        except RecipeError as error:
            # The recipe is sound by the tables: with this draw's physics it is not, which is what the draw says of it.
            reason = f"{error.where}: {error.found}"
            made.append(FullRun(label, moved, None, "refused", (), reason))
            continue
        made.append(FullRun(label, moved, result.path, result.opened, result.measurements))
    return tuple(made)
