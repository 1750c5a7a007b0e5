"""Predictions: CPU time of one recipe warm, and recipes a second in a table, against their bounds.

    python benchmarks/predict.py [CALIBRATION]

CPU time of the process, so that other work on the machine does not count; the ratio to the bound decides. The calibration is that
of the package, or the file given.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np

ONE_S = 1.0
"""Bound for everything that is said of one recipe, warm."""
RATE_1_s = 10_000.0
"""Bound for a table on two cores."""
TABLE = 20_000
CORES = 2


def cpu_s(work: Callable[[], object], repeats: int = 3) -> float:
    """Least CPU time of some repeats [s]."""
    least = float("inf")
    for _ in range(repeats):
        start = time.process_time()
        work()
        least = min(least, time.process_time() - start)
    return least


def main(arguments: list[str]) -> int:
    """Print a line for each part; 1 if a bound is not met."""
    from percola.design import output
    from percola.design.foretold import beyond
    from percola.design.foretold.pair_window import pair_window
    from percola.design.foretold.predict import predict_features
    from percola.design.posterior.calibration import patent
    from percola.design.reduced.features import features_of, swept
    from percola.pipeline import physics
    from percola.recipe import resolve
    from percola.recipe.physics import system_from

    calibration = output.load_calibration(arguments[0]) if arguments else patent()
    recipe, _ = resolve("patent:Ex7")

    def anew() -> object:
        physics._COOLED.clear()
        return features_of(recipe, "Ex7")

    f = features_of(recipe, "Ex7")
    prediction = predict_features(f, calibration)[0]
    parts: dict[str, Callable[[], object]] = {
        "check of the recipe": lambda: output.checked("patent:Ex7"),
        "features (the quench)": anew,
        "prediction": lambda: predict_features(f, calibration),
        "surface": lambda: beyond.surface(recipe),
        "temperatures of the solution": lambda: beyond.temperatures(recipe, f, calibration),
        "window": lambda: pair_window(recipe, calibration, 0, f),
    }
    for work in parts.values():
        work()  # compiles
    assert prediction.readings
    for name, work in parts.items():
        print(f"  {name:30} {cpu_s(work):.3f} s CPU")

    def all_of_it() -> object:
        physics._COOLED.clear()
        return output.foretell("patent:Ex7", calibration)

    whole = cpu_s(all_of_it)
    print(f"one recipe, all of it: {whole:.2f} s CPU, {whole / ONE_S:.2f} of the bound of {ONE_S:g} s")
    met = whole <= ONE_S

    rng = np.random.default_rng(0)
    axes = {
        "dissolution_K": rng.uniform(405.0, 435.0, TABLE),
        "weight_fraction": rng.uniform(0.25, 0.5, TABLE),
    }
    table = swept(f, system_from(recipe), **axes)
    from percola.design.foretold.maps import Mapper

    mapper = Mapper(calibration, table)
    mapper(table)  # compiles
    spent = cpu_s(lambda: mapper(swept(f, system_from(recipe), **axes)), 2)
    rate = TABLE / spent * CORES
    print(
        f"table of {TABLE}: {spent:.2f} s CPU, {rate:.0f} recipes a second on {CORES} cores at full use, "
        f"{rate / RATE_1_s:.2f} times the bound of {RATE_1_s:g}"
    )
    return 0 if met and rate >= RATE_1_s else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
