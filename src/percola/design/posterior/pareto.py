"""Importance weights from posterior draws, smoothed by a Pareto tail, and how far to trust them.

References: Vehtari, Simpson, Gelman, Yao and Gabry, J. Mach. Learn. Res. 25 (2024) 72; Zhang and Stephens, Technometrics 51
(2009) 316.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

RELIABLE = 0.616
"""Largest shape of the tail at which smoothed weights are to be trusted: min(0.7, 1 - 1/log10 S), here for the 400 draws that
leave-outs use (Vehtari et al. 2024)."""


def pareto_shape(excess: npt.ArrayLike) -> tuple[float, float]:
    """(k, sigma) of a generalized Pareto distribution from sorted positive excesses (Zhang and Stephens 2009)."""
    x = np.sort(np.asarray(excess, float))
    n = x.size
    if n < 5 or x[-1] <= 0.0:
        return -math.inf, 0.0
    grid = 30 + int(math.sqrt(n))
    quarter = x[max(int(n / 4 + 0.5) - 1, 0)]
    b = 1.0 - np.sqrt(grid / (np.arange(1, grid + 1) - 0.5))
    b = b / (3.0 * max(quarter, 1e-300)) + 1.0 / x[-1]
    k = np.log1p(-b[:, None] * x).mean(axis=1)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ln_like = n * (np.log(-b / k) - k - 1.0)
        weight = 1.0 / np.exp(ln_like[None, :] - ln_like[:, None]).sum(axis=1)
    keep = weight > 10.0 * np.finfo(float).eps
    weight = weight[keep] / weight[keep].sum()
    best = float((b[keep] * weight).sum())
    shape = float(np.log1p(-best * x).mean())
    sigma = -shape / best
    # weakly informative prior of Vehtari et al. for small samples
    return (n * shape + 5.0) / (n + 10.0), sigma


def smoothed(ln_ratio: npt.ArrayLike) -> tuple[FloatArray, float]:
    """(normalized weights, k) of importance ratios given as logarithms.

    k above :data:`RELIABLE` means that the draws do not cover what they are weighted towards: sample anew.
    """
    ln = np.asarray(ln_ratio, float)
    ln = ln - ln.max()
    n = ln.size
    tail = int(min(0.2 * n, 3.0 * math.sqrt(n)))
    if tail < 5:
        w = np.exp(ln)
        return w / w.sum(), math.inf
    order = np.argsort(ln)
    cut = math.exp(ln[order[-tail - 1]])
    excess = np.exp(ln[order[-tail:]]) - cut
    k, sigma = pareto_shape(excess)
    w = np.exp(ln)
    if math.isfinite(k) and sigma > 0.0:
        p = (np.arange(1, tail + 1) - 0.5) / tail
        q = -sigma * np.log1p(-p) if abs(k) < 1e-8 else sigma * np.expm1(-k * np.log1p(-p)) / k
        w[order[-tail:]] = np.minimum(cut + q, 1.0)
    return w / w.sum(), k
