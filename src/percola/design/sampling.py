"""Chains of the posterior, each in a process of its own: progress, cancelling, and going on where a stopped run left off."""

from __future__ import annotations

import concurrent.futures as futures
import multiprocessing
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from percola.design.inference import Problem
from percola.errors import InputError

Progress = Callable[[str, float], None]

LEAPFROGS = 31
"""Gradient evaluations of an iteration, typically."""


@dataclass(frozen=True)
class SamplingSettings:
    """How the posterior is sampled; part of a calibration's identity.

    Attributes:
        warmup: iterations in which step and scales adapt.
        samples: draws of each chain.
        chains: independent chains.
        seed: of all random numbers.
    """

    warmup: int = 400
    samples: int = 500
    chains: int = 2
    seed: int = 0

    def __post_init__(self) -> None:
        for name, low, high in (("warmup", 20, 20000), ("samples", 20, 20000), ("chains", 1, 64)):
            value = getattr(self, name)
            if not low <= value <= high:
                raise InputError(f"--{name}", str(value), f"{low} to {high}")
        if not 0 <= self.seed < 2**31:
            raise InputError("--seed", str(self.seed), "0 to 2147483647")

    def to_dict(self) -> dict[str, int]:
        """Plain data for JSON."""
        return asdict(self)


def estimate_s(p: Problem, settings: SamplingSettings) -> float:
    """Wall time that sampling will take [s], from one gradient timed on this machine; good to a factor of two."""
    import jax
    import jax.numpy as jnp

    from percola.design.inference import log_likelihood, sample_sites

    z: dict[str, Any] = {k: jnp.zeros(shape) for k, shape in sample_sites(p.solvents).items()}
    z["own"] = jnp.asarray(0.25)
    gradient = jax.jit(jax.grad(lambda q: log_likelihood(p, q)))
    jax.block_until_ready(gradient(z))
    start = time.perf_counter()
    for _ in range(5):
        jax.block_until_ready(gradient(z))
    each = (time.perf_counter() - start) / 5
    rounds = -(-settings.chains // max(1, min(os.cpu_count() or 1, settings.chains)))
    return 30.0 + rounds * (settings.warmup + settings.samples) * LEAPFROGS * each


def _chain(
    p: Problem, settings: SamplingSettings, number: int, start: Mapping[str, Any], keep: str | None
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    from percola.design.inference import chain_of_draws

    path = None if keep is None else Path(keep) / f"chain-{number}.npz"
    if path is not None and path.exists():
        with np.load(path, allow_pickle=False) as saved:
            draws = {k: saved[k] for k in saved.files if not k.startswith("_")}
            return draws, {"divergences": int(saved["_divergences"]), "steps": float(saved["_steps"])}
    draws, statistics = chain_of_draws(
        p, settings.warmup, settings.samples, settings.seed + 1000 * number, start
    )
    if path is not None:
        aside = path.with_name(path.stem + ".part.npz")
        np.savez_compressed(
            aside, **draws, _divergences=statistics["divergences"], _steps=statistics["steps"]
        )
        os.replace(aside, path)
    return draws, statistics


def sample(
    p: Problem,
    settings: SamplingSettings,
    start: Mapping[str, Any],
    progress: Progress | None = None,
    keep: Path | None = None,
    expected_s: float | None = None,
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Draws of all chains, shape (chains, samples, ...) each, and statistics of sampling.

    Args:
        p: the problem.
        settings: of sampling.
        start: values of the standardized parameters to start from.
        progress: told of (words, share done).
        keep: directory for finished chains, from which a stopped run goes on.
        expected_s: for the share done while chains run.
    """
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
    saved = None if keep is None else str(keep)
    workers = max(1, min(os.cpu_count() or 1, settings.chains))
    began = time.monotonic()
    results: dict[int, tuple[dict[str, np.ndarray], dict[str, Any]]] = {}
    context = multiprocessing.get_context("spawn")
    with futures.ProcessPoolExecutor(workers, mp_context=context) as pool:
        jobs = {
            pool.submit(_chain, p, settings, number, start, saved): number
            for number in range(settings.chains)
        }
        try:
            waiting = set(jobs)
            while waiting:
                done, waiting = futures.wait(waiting, timeout=2.0, return_when=futures.FIRST_COMPLETED)
                for job in done:
                    results[jobs[job]] = job.result()
                if progress is not None:
                    share = len(results) / settings.chains
                    if expected_s:
                        share = max(share, min((time.monotonic() - began) / expected_s, 0.99))
                    progress(f"{len(results)} of {settings.chains} chains done", share)
        except BaseException:
            for process in list(getattr(pool, "_processes", {}).values()):
                process.terminate()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    ordered = [results[i] for i in range(settings.chains)]
    draws = {k: np.stack([d[k] for d, _ in ordered]) for k in ordered[0][0]}
    statistics = {
        "divergences": sum(s["divergences"] for _, s in ordered),
        "leapfrogs": float(np.mean([s["steps"] for _, s in ordered])),
        "seconds": time.monotonic() - began,
        **convergence(draws),
    }
    return draws, statistics


def convergence(draws: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Largest split R-hat and smallest effective sample size over all parameters (Vehtari et al. 2021)."""
    from numpyro.diagnostics import effective_sample_size, split_gelman_rubin

    worst, least, who = 1.0, np.inf, ""
    for name, value in draws.items():
        r = float(np.max(split_gelman_rubin(value)))
        n = float(np.min(effective_sample_size(value)))
        if r > worst:
            worst, who = r, name
        least = min(least, n)
    return {"r_hat": worst, "r_hat_of": who, "effective_draws": least}
