"""Chains of the posterior, each in a process of its own: progress, cancelling, and going on where a stopped run left off."""

from __future__ import annotations

import concurrent.futures as futures
import multiprocessing
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from percola.design.posterior.inference import Problem
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

    from percola.design.posterior.inference import flat_sites, slope

    x = jnp.zeros(flat_sites(p.solvents)[1])
    jax.block_until_ready(slope(p, x))
    start = time.perf_counter()
    for _ in range(5):
        jax.block_until_ready(slope(p, x))
    each = (time.perf_counter() - start) / 5
    rounds = -(-settings.chains // max(1, min(os.cpu_count() or 1, settings.chains)))
    return 30.0 + rounds * (settings.warmup + settings.samples) * LEAPFROGS * each


@lru_cache(maxsize=4)
def _sampler(warmup: int, samples: int) -> Any:
    from percola.design.posterior.inference import Sampler

    return Sampler(warmup, samples)


@dataclass(frozen=True)
class Job:
    """One chain to sample: a problem, settings, seed, start, and the name under which it is kept."""

    problem: Problem
    settings: SamplingSettings
    seed: int
    start: Mapping[str, Any]
    name: str


Chain = tuple[dict[str, np.ndarray], dict[str, Any]]


def _run(job: Job, keep: str | None) -> Chain:
    """Sample one chain, or take it from where a stopped run kept it."""
    path = None if keep is None else Path(keep) / f"{job.name}.npz"
    if path is not None and path.exists():
        with np.load(path, allow_pickle=False) as saved:
            draws = {k: saved[k] for k in saved.files if not k.startswith("_")}
            return draws, {"divergences": int(saved["_divergences"]), "steps": float(saved["_steps"])}
    sampler = _sampler(job.settings.warmup, job.settings.samples)
    draws, statistics = sampler(job.problem, job.seed, job.start)
    if path is not None:
        aside = path.with_name(path.stem + ".part.npz")
        arrays: dict[str, Any] = {
            **draws,
            "_divergences": np.asarray(statistics["divergences"]),
            "_steps": np.asarray(statistics["steps"]),
        }
        np.savez_compressed(aside, **arrays)
        os.replace(aside, path)
    return draws, statistics


def run_jobs(
    jobs: Sequence[Job],
    progress: Progress | None = None,
    keep: Path | None = None,
    expected_s: float | None = None,
    what: str = "chains",
) -> list[Chain]:
    """Sample several chains, each process one after another; results in the order of the jobs.

    Args:
        progress: told of (words, share done).
        keep: directory for finished chains, from which a stopped run goes on.
        expected_s: for the share done while the first chains run.
        what: the jobs in a word.
    """
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
    saved = None if keep is None else str(keep)
    workers = max(1, min(os.cpu_count() or 1, len(jobs)))
    began = time.monotonic()
    results: dict[int, Chain] = {}
    context = multiprocessing.get_context("spawn")
    with futures.ProcessPoolExecutor(workers, mp_context=context) as pool:
        numbers = {pool.submit(_run, job, saved): i for i, job in enumerate(jobs)}
        try:
            waiting = set(numbers)
            while waiting:
                done, waiting = futures.wait(waiting, timeout=2.0, return_when=futures.FIRST_COMPLETED)
                for job in done:
                    results[numbers[job]] = job.result()
                if progress is not None:
                    share = len(results) / len(jobs)
                    if expected_s:
                        share = max(share, min((time.monotonic() - began) / expected_s, 0.99))
                    progress(f"{len(results)} of {len(jobs)} {what}", share)
        except BaseException:
            for process in list(getattr(pool, "_processes", {}).values()):
                process.terminate()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [results[i] for i in range(len(jobs))]


def sample(
    p: Problem,
    settings: SamplingSettings,
    start: Mapping[str, Any],
    progress: Progress | None = None,
    keep: Path | None = None,
    expected_s: float | None = None,
) -> Chain:
    """Draws of all chains, shape (chains, samples, ...) each, and statistics of sampling; arguments as in :func:`run_jobs`."""
    began = time.monotonic()
    jobs = [Job(p, settings, settings.seed + 1000 * i, start, f"chain-{i}") for i in range(settings.chains)]
    found = run_jobs(jobs, progress, keep, expected_s)
    draws = {k: np.stack([d[k] for d, _ in found]) for k in found[0][0]}
    statistics = {
        "divergences": sum(s["divergences"] for _, s in found),
        "leapfrogs": float(np.mean([s["steps"] for _, s in found])),
        "seconds": time.monotonic() - began,
        **convergence(draws),
    }
    return draws, statistics


def convergence(draws: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Largest split R-hat and smallest effective sample size over all parameters (Gelman et al. 2013)."""
    from numpyro.diagnostics import effective_sample_size, split_gelman_rubin

    worst, least, who = 1.0, np.inf, ""
    for name, value in draws.items():
        r = float(np.max(split_gelman_rubin(value)))
        n = float(np.min(effective_sample_size(value)))
        if r > worst:
            worst, who = r, name
        least = min(least, n)
    return {"r_hat": worst, "r_hat_of": who, "effective_draws": least}
