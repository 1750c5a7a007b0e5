"""Run the phase field from start to arrest: chunks, seeds, diagnostics, checkpoints, and outcomes that are values."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from percola.gel.model import free_energy
from percola.gel.problem import Problem, stamp_seeds
from percola.gel.stepper import CHUNK_FULL, NOT_FINITE, REACHED, STEP_TOO_SMALL, State, advance

FloatArray = npt.NDArray[np.float64]

_REMEDY = {
    "arrested": "",
    "end_of_history": "",
    "not_finite": "a field became infinite or NaN; run again with dtype float64, or a larger --size (finer cells)",
    "step_too_small": "the step fell below its minimum; run again with dtype float64 or a smaller error tolerance",
    "too_many_steps": "the step budget ran out before the gel arrested; raise max_steps",
    "cancelled": "run the same command again: it resumes from the last checkpoint",
}


@dataclass(frozen=True)
class Sample:
    """Diagnostics at one time.

    Attributes:
        time_s, temperature_K, dt_s: clock.
        energy: free energy per site [kT].
        mean_fraction: mean polymer fraction (mass).
        structure_length_m: 2 pi over the first moment of the structure factor.
        contrast: standard deviation of phi.
        crystallinity: polymer-weighted mean of psi where phi exceeds half of its mean.
        phi_low, phi_high: 1st and 99th percentile of phi.
    """

    time_s: float
    temperature_K: float
    dt_s: float
    energy: float
    mean_fraction: float
    structure_length_m: float
    contrast: float
    crystallinity: float
    phi_low: float
    phi_high: float


@dataclass(frozen=True)
class Gel:
    """The gel at the end of a run, or where it stopped.

    Attributes:
        polymer_fraction: phi, shape of the grid.
        crystallized: psi, same shape.
        outcome: "arrested", "end_of_history", "not_finite", "step_too_small", "too_many_steps" or "cancelled".
        remedy: what to do where the outcome is a failure, else "".
        samples: diagnostics along the way.
        steps, rejected: accepted and rejected steps.
        problem: the problem solved.
        seeds: number of crystallites placed.
    """

    polymer_fraction: npt.NDArray[Any]
    crystallized: npt.NDArray[Any]
    outcome: str
    remedy: str
    samples: tuple[Sample, ...]
    steps: int
    rejected: int
    problem: Problem
    seeds: int

    @property
    def solved(self) -> bool:
        return self.outcome in ("arrested", "end_of_history")


@dataclass(frozen=True)
class Checkpoint:
    """All that is needed to go on exactly where a run stopped (arrays of the stepper's state, and the record)."""

    arrays: dict[str, npt.NDArray[Any]]
    samples: tuple[Sample, ...]
    seeded: bool
    noisy: bool
    chunk_index: int


@jax.jit
def _structure_length_cells(phi: Any) -> Any:
    """2 pi / <k> with <k> = sum k S / sum S over the isotropic structure factor, in cells."""
    delta = phi - jnp.mean(phi)
    s = jnp.abs(jnp.fft.rfftn(delta)) ** 2
    k2 = jnp.zeros(())
    for axis, n in enumerate(phi.shape):
        last = axis == phi.ndim - 1
        k = 2 * np.pi * (np.fft.rfftfreq(n) if last else np.fft.fftfreq(n))
        shape = [1] * phi.ndim
        shape[axis] = k.size
        k2 = k2 + jnp.asarray(k.reshape(shape), phi.dtype) ** 2
    weight = np.full(phi.shape[-1] // 2 + 1, 2.0)
    weight[0] = 1.0
    if phi.shape[-1] % 2 == 0:
        weight[-1] = 1.0
    s = s * jnp.asarray(weight, phi.dtype)
    return 2 * np.pi * jnp.sum(s) / jnp.maximum(jnp.sum(jnp.sqrt(k2) * s), 1e-30)


def structure_length_m(phi: npt.NDArray[Any], spacing_m: float) -> float:
    """Structure length 2 pi/<k> of a field [m], <k> the first moment of its structure factor.

    Periodic axes are assumed; on walls the even image would be needed and the value is approximate.
    """
    return float(_structure_length_cells(jnp.asarray(phi))) * spacing_m


_energy = jax.jit(free_energy)


def _sample(problem: Problem, s: State) -> Sample:
    # one device-to-host copy each; the reductions of record are in float64
    phi = np.asarray(s.phi)
    psi = np.asarray(s.psi)
    stride = max(1, phi.size // 200_000)
    low, high = np.percentile(phi.ravel()[::stride], [1.0, 99.0])
    mean = float(phi.mean(dtype=np.float64))
    crystallinity = 0.0
    if psi.shape == phi.shape:  # of the polymer that is in reach of a crystal: the lean phase never sets
        rich = phi * (phi > 0.5 * mean)
        crystallinity = float((psi * rich).mean(dtype=np.float64)) / float(rich.mean(dtype=np.float64))
    sch = problem.model.schedule
    return Sample(
        time_s=float(s.time),
        temperature_K=float(np.interp(float(s.time), np.asarray(sch.time_s), np.asarray(sch.temperature_K))),
        dt_s=float(s.dt_last),
        energy=float(_energy(problem.model, problem.operators, s.phi, s.psi, s.time)) / phi.size,
        mean_fraction=mean,
        structure_length_m=structure_length_m(phi, problem.grid.spacing_m),
        contrast=float(phi.std(dtype=np.float64)),
        crystallinity=crystallinity,
        phi_low=float(low),
        phi_high=float(high),
    )


def solve(
    problem: Problem,
    *,
    progress: Callable[[float, Sample], bool | None] | None = None,
    checkpoint: Callable[[Checkpoint], None] | None = None,
    resume: Checkpoint | None = None,
    chunk: int = 40,
    max_steps: int = 20_000,
    arrested_at: float = 0.985,
) -> Gel:
    """Integrate until the gel is crystallized through, or to the end of the temperature history.

    Args:
        problem: what to solve.
        progress: called after every chunk with the share done (0..1) and the latest sample; returning False cancels.
        checkpoint: called after every chunk with all that a resumed run needs.
        resume: continue from here; the result equals that of an uninterrupted run bit for bit (same machine, same versions).
        chunk: steps between samples.
        max_steps: budget of step trials.
        arrested_at: polymer-weighted crystallinity at which nothing moves any more.
    """
    kind = np.dtype(problem.dtype)
    walls = problem.operators.walls
    if resume is None:
        state = problem.state
        samples: list[Sample] = []
        seeded = noisy = False
        index = 0
    else:
        state = State(**{k: jnp.asarray(v) for k, v in resume.arrays.items()})
        samples = list(resume.samples)
        seeded, noisy = resume.seeded, resume.noisy
        index = resume.chunk_index
    outcome = ""
    if not samples:
        samples.append(_sample(problem, state))
    while not outcome:
        if not seeded and _due(state, problem.seed_time_s):
            psi = stamp_seeds(np.asarray(state.psi), problem.seed_positions, walls, problem.seed_radius_cells)
            state = _disturbed(state, problem, psi=jnp.asarray(psi, kind))
            seeded = True
        if not noisy and _due(state, problem.noise_time_s):
            state = _disturbed(state, problem, phi=state.phi + jnp.asarray(problem.noise, kind))
            noisy = True
        events = [
            time
            for time, happened in ((problem.seed_time_s, seeded), (problem.noise_time_s, noisy))
            if not happened and math.isfinite(time)
        ]
        until = min([problem.end_time_s, *events])
        state = advance(
            problem.model, problem.operators, problem.tolerance, state, jnp.asarray(until), jnp.asarray(chunk)
        )
        status = int(state.status)
        index += 1
        sample = _sample(problem, state)
        samples.append(sample)
        trials = int(state.steps) + int(state.rejected)
        if status == NOT_FINITE or not math.isfinite(sample.energy):
            outcome = "not_finite"
        elif status == STEP_TOO_SMALL:
            outcome = "step_too_small"
        elif seeded and (sample.crystallinity >= arrested_at or _at_rest(samples, problem.model.rejecting)):
            outcome = "arrested"
        elif status == REACHED and until == problem.end_time_s:
            outcome = "end_of_history"
        elif trials >= max_steps:
            outcome = "too_many_steps"
        elif status not in (REACHED, CHUNK_FULL):  # pragma: no cover - the stepper has no other status
            outcome = "not_finite"
        if checkpoint is not None and not outcome:
            arrays = {k: np.asarray(v) for k, v in _fields(state).items()}
            checkpoint(Checkpoint(arrays, tuple(samples), seeded, noisy, index))
        if progress is not None:
            done = max(
                sample.crystallinity / arrested_at,
                _time_share(float(state.time), problem),
            )
            if progress(min(done, 1.0), sample) is False and not outcome:
                outcome = "cancelled"
    return Gel(
        polymer_fraction=np.asarray(state.phi),
        crystallized=np.asarray(state.psi),
        outcome=outcome,
        remedy=_REMEDY[outcome],
        samples=tuple(samples),
        steps=int(state.steps),
        rejected=int(state.rejected),
        problem=problem,
        seeds=len(problem.seed_positions) if seeded else 0,
    )


def _at_rest(samples: list[Sample], rejecting: bool) -> bool:
    """Whether the gel is crystallized for the most part and nothing has moved for six chunks.

    Next to the lean phase, which does not crystallize, psi stays below 1: fine structures end at 0.94 to 0.97, crystals
    that have used up their solution at 0.84 to 0.9 (their rims, several cells wide, are counted for what they are), and
    what still moves then is polymer that the rims let go.
    """
    window, least = (4, 0.8) if rejecting else (7, 0.9)
    if len(samples) < window or samples[-1].crystallinity < least:
        return False
    then, now = samples[-window], samples[-1]
    still = now.crystallinity - then.crystallinity < 2e-3
    moved = abs(now.structure_length_m - then.structure_length_m) / now.structure_length_m
    return still and (rejecting or moved <= 5e-3)


def _due(s: State, time_s: float) -> bool:
    return math.isfinite(time_s) and float(s.time) >= time_s * (1.0 - 1e-9)


def _disturbed(s: State, problem: Problem, **fields: Any) -> State:
    """The state after an event: new fields, no memory of the motion before, a small first step."""
    values = _fields(s) | fields
    values["change"] = jnp.zeros_like(s.phi)
    values["dt"] = jnp.asarray(problem.first_step_s, jnp.float64)
    values["dt_last"] = jnp.asarray(1e9 * problem.first_step_s, jnp.float64)
    return State(**values)


def _fields(s: State) -> dict[str, Any]:
    return {name: getattr(s, name) for name in s.__dataclass_fields__}


def _time_share(t: float, problem: Problem) -> float:
    """Share of the history gone, in log time: late steps are long."""
    start = float(np.asarray(problem.model.schedule.time_s)[0])
    span = max(problem.end_time_s - start, 1e-12)
    return math.log1p(1e3 * max(t - start, 0.0) / span) / math.log1p(1e3)
