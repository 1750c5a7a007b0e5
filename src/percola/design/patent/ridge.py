"""The peer: a ridge regression of each quantity on recipe variables, what a spreadsheet would do.

    w = argmin sum_i (y_i - m - x_i . w)^2 + lambda w . w

on standardized variables, y the natural logarithm of a quantity (porosity too). The penalty is chosen by leave-one-out within
the specimens fitted (closed form, e_i/(1 - h_ii)), never on the specimen tested. Intervals: Student's t over the same inner
leave-one-out residuals.

References: hoerlkennard1970; allen1974 (prediction sum of squares).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from percola.design.reduced.features import Features
from percola.errors import InputError

FloatArray = npt.NDArray[np.float64]

PENALTIES = tuple(float(x) for x in np.geomspace(1e-2, 1e2, 17))
LEVEL = 0.90
FEWEST = 4
"""Specimens below which nothing is fitted."""


@dataclass(frozen=True)
class RidgePrediction:
    """One specimen as the regression foretells it from others: median, 90 % interval [SI], penalty chosen, specimens fitted."""

    median: float
    low: float
    high: float
    penalty: float
    fitted: int

    def to_dict(self) -> dict[str, float]:
        """Plain data."""
        return dict(self.__dict__)


def variables(f: Features) -> tuple[FloatArray, tuple[str, ...]]:
    """Recipe variables, shape (n, k), and their names: T_s, solvent volume fraction, ln Mw, process, resin, stretching,
    liquid bath, and one indicator for each solvent but the most frequent.
    """
    columns = [
        ("dissolution temperature", f.dissolution_K),
        ("solvent volume fraction", 1.0 - f.phi),
        ("ln molar mass", np.log(f.molar_mass_kg_mol)),
        ("extruder", f.extruded),
        ("resin", f.resin),
        ("residual strain", f.residual_strain),
        ("liquid bath", f.liquid_bath),
    ]
    seen = np.bincount(f.solvent, minlength=len(f.solvents))
    common = int(np.argmax(seen))
    columns += [
        (f"solvent {name}", (f.solvent == i).astype(float))
        for i, name in enumerate(f.solvents)
        if i != common and seen[i]
    ]
    return np.stack([np.asarray(c, float) for _, c in columns], axis=1), tuple(n for n, _ in columns)


def _scaled(x: FloatArray) -> tuple[FloatArray, FloatArray]:
    mean, sd = x.mean(axis=0), x.std(axis=0)
    return mean, np.where(sd > 1e-9 * np.maximum(np.abs(mean), 1.0), sd, np.inf)


def _inner(x: FloatArray, y: FloatArray, penalty: float) -> FloatArray:
    """Leave-one-out residuals within the specimens fitted, of the centred and scaled problem."""
    mean, sd = _scaled(x)
    a = (x - mean) / sd
    n = y.size
    hat = a @ np.linalg.solve(a.T @ a + penalty * np.eye(a.shape[1]), a.T) + 1.0 / n
    return np.asarray((y - hat @ y) / np.maximum(1.0 - np.diag(hat), 1e-6))


def fitted(
    x: FloatArray, y: FloatArray, at: FloatArray, penalties: tuple[float, ...] = PENALTIES
) -> tuple[FloatArray, FloatArray, float]:
    """(prediction, standard deviation of a prediction, penalty) at new points.

    Args:
        x, y: variables (n, k) and values (n,) fitted.
        at: points (m, k).
        penalties: candidates; the one of the least inner prediction sum of squares is taken.
    """
    if y.size < FEWEST:
        raise InputError("ridge regression", f"{y.size} specimens", f"at least {FEWEST}")
    residuals = [_inner(x, y, p) for p in penalties]
    best = int(np.argmin([float(r @ r) for r in residuals]))
    mean, sd = _scaled(x)
    a, level = (x - mean) / sd, float(y.mean())
    w = np.linalg.solve(a.T @ a + penalties[best] * np.eye(a.shape[1]), a.T @ (y - level))
    spread = float(np.sqrt(np.mean(residuals[best] ** 2)))
    return level + (at - mean) / sd @ w, np.full(at.shape[0], spread), penalties[best]


def interval(value: float, spread: float, n: int) -> tuple[float, float, float]:
    """(median, low, high) of exp(value), Student's t with n - 1 degrees of freedom, 90 %."""
    from scipy.stats import t

    half = float(t.ppf(0.5 + 0.5 * LEVEL, n - 1)) * spread
    return float(np.exp(value)), float(np.exp(value - half)), float(np.exp(value + half))


def left_out(
    f: Features,
    index: npt.NDArray[np.int64],
    value: FloatArray,
    groups: npt.NDArray[np.int64] | None = None,
    penalties: tuple[float, ...] = PENALTIES,
) -> list[RidgePrediction | None]:
    """Each specimen of ``index`` foretold from the others.

    Args:
        f: features of all specimens.
        index: specimens that have the quantity, shape (m,).
        value: its values [SI], positive, shape (m,).
        groups: one number for each of f; with it, all of the same group are left out together.
        penalties: to choose from, within the specimens fitted.

    Returns:
        One prediction for each; None where too few are left to fit.
    """
    x = variables(f)[0][index]
    y = np.log(np.asarray(value, float))
    out: list[RidgePrediction | None] = []
    for i in range(y.size):
        keep = np.arange(y.size) != i if groups is None else groups[index] != groups[index[i]]
        if keep.sum() < FEWEST:
            out.append(None)
            continue
        # variables that vary among the others only: an indicator of the one left out tells nothing
        m, s, penalty = fitted(x[keep], y[keep], x[[i]], penalties)
        out.append(
            RidgePrediction(*interval(float(m[0]), float(s[0]), int(keep.sum())), penalty, int(keep.sum()))
        )
    return out


def new(f: Features, index: npt.NDArray[np.int64], value: FloatArray, at: Features) -> list[RidgePrediction]:
    """Recipes of another table foretold from the specimens of ``index``; solvents are matched by name."""
    from percola.design.reduced.features import joined

    both = joined([f.take(np.arange(len(f))), at])
    x = variables(both)[0]
    y = np.log(np.asarray(value, float))
    m, s, penalty = fitted(x[index], y, x[len(f) :])
    return [
        RidgePrediction(*interval(float(a), float(b), y.size), penalty, int(y.size))
        for a, b in zip(m, s, strict=True)
    ]


__all__ = ["LEVEL", "PENALTIES", "RidgePrediction", "fitted", "interval", "left_out", "new", "variables"]
