"""A calibration: specimens, the posterior drawn from them, what it learned, and how it predicts what it has not seen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property, lru_cache
from importlib import resources
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from percola._version import __version__
from percola.audit.interval import Interval
from percola.audit.specimens import Reported
from percola.design.posterior.inference import Problem, modes, problem
from percola.design.posterior.leave_out import LeftOut, leave_one_out
from percola.design.posterior.observations import Observations
from percola.design.posterior.pareto import RELIABLE
from percola.design.posterior.priors import digest_text, priors
from percola.design.posterior.sampling import Job, SamplingSettings, convergence, estimate_s, run_jobs, sample
from percola.design.reduced.features import Features
from percola.errors import InputError

FloatArray = npt.NDArray[np.float64]
Progress = Callable[[str, float], None]

FORMAT = 1
ANEW = SamplingSettings(warmup=200, samples=250, chains=2)
"""Sampling without a specimen: two chains from draws of the whole posterior that lie apart."""
KEPT = 400
"""Draws that predictions use: every so many of all."""
STARTS = 12
"""Ascents from draws of the prior before sampling; about six in ten reach the highest mode on the patent's specimens."""
CONVERGED = 1.05
"""R-hat of predicted readings up to which chains count as agreeing (Vehtari et al. 2021 ask for 1.01 with thousands of draws)."""


@dataclass(frozen=True)
class Learned:
    """What the data added to one parameter.

    Attributes:
        name, unit, meaning, source, reason: of the prior.
        prior_mean, prior_sd, mean, sd: before and after.
        r_hat: agreement of the chains.
    """

    name: str
    unit: str
    meaning: str
    source: str
    reason: str
    prior_mean: float
    prior_sd: float
    mean: float
    sd: float
    r_hat: float

    @property
    def learned(self) -> float:
        """1 - sd/prior sd: 0 where the data say nothing, 1 where they settle it."""
        return 1.0 - self.sd / self.prior_sd

    @property
    def moved(self) -> float:
        """Shift of the mean in standard deviations of the prior."""
        return (self.mean - self.prior_mean) / self.prior_sd

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "name": self.name,
            "unit": self.unit,
            "meaning": self.meaning,
            "source": self.source,
            "reason": self.reason,
            "prior": {"mean": self.prior_mean, "sd": self.prior_sd},
            "posterior": {"mean": self.mean, "sd": self.sd},
            "learned": self.learned,
            "moved": self.moved,
            "r_hat": self.r_hat,
        }


@dataclass(frozen=True)
class Calibration:
    """A posterior with what it rests on.

    Attributes:
        name: for people.
        observations: specimens calibrated on.
        draws: standardized parameters by site, shape (chains, samples, ...).
        settings: of sampling.
        statistics: divergences, R-hat, effective draws, seconds.
        left_out: each specimen predicted from the others; empty where it was not asked for.
        version: of Percola that made it.
    """

    name: str
    observations: Observations
    draws: Mapping[str, np.ndarray]
    settings: SamplingSettings
    statistics: Mapping[str, Any]
    left_out: tuple[LeftOut, ...] = ()
    version: str = __version__
    notes: tuple[str, ...] = field(default=())

    @property
    def id(self) -> str:
        """Short hash of specimens, priors and settings: what the draws follow from."""
        return identity(self.observations, self.settings)

    @cached_property
    def problem(self) -> Problem:
        """The likelihood's arrays."""
        return problem(self.observations)

    @property
    def solvents(self) -> tuple[str, ...]:
        """Solvents that were seen."""
        return self.observations.features.solvents

    @cached_property
    def thinned(self) -> dict[str, np.ndarray]:
        """At most :data:`KEPT` draws of all chains, evenly taken, shape (draws, ...)."""
        flat = {k: v.reshape(-1, *v.shape[2:]) for k, v in self.draws.items()}
        count = next(iter(flat.values())).shape[0]
        pick = np.unique(np.linspace(0, count - 1, min(KEPT, count)).astype(int))
        return {k: v[pick] for k, v in flat.items()}

    def middle(self) -> dict[str, np.ndarray]:
        """Mean of every standardized parameter: the centre of the posterior."""
        return {k: v.reshape(-1, *v.shape[2:]).mean(axis=0) for k, v in self.draws.items()}

    def matched(self, f: Features) -> tuple[Features, dict[str, np.ndarray]]:
        """A table numbered after this calibration's solvents, and draws that hold the solvents it has not seen.

        chi of an unseen solvent is drawn from its prior, the same for one name whatever else is in the table.
        """
        new = [s for s in f.solvents if s not in self.solvents]
        all_of_them = (*self.solvents, *new)
        number = np.array([all_of_them.index(s) for s in f.solvents])
        table = replace(f, solvent=number[f.solvent], solvents=all_of_them)
        draws = dict(self.thinned)
        if new:
            count = draws["chi_A"].shape[0]
            columns = []
            for s in new:
                seed = int.from_bytes(hashlib.sha256(s.encode()).digest()[:4], "big")
                columns.append(np.random.default_rng(seed).standard_normal(count))
            draws["chi_A"] = np.concatenate([draws["chi_A"], np.stack(columns, axis=1)], axis=1)
        return table, draws

    def learned(self) -> tuple[Learned, ...]:
        """Prior and posterior of every shared parameter and of chi with each solvent."""
        from numpyro.diagnostics import split_gelman_rubin

        def r_hat(value: np.ndarray) -> float:
            return float(split_gelman_rubin(value)) if value.shape[1] >= 4 else float("nan")

        out = []
        for p in priors():
            z = self.draws[p.name]
            out.append(
                Learned(
                    p.name, p.unit, p.meaning, p.source, p.reason, p.mean, p.sd,
                    float(p.mean + p.sd * z.mean()), float(p.sd * z.std()), r_hat(z),
                )
            )  # fmt: skip
        f = self.observations.features
        for i, solvent in enumerate(self.solvents):
            z = self.draws["chi_A"][:, :, i]
            own = f.chi_spread[f.solvent == i]
            if not own.size:  # of no specimen
                continue
            spread = float(own[0])
            out.append(
                Learned(
                    f"chi_A of {solvent}", "1", f"interaction of PVDF with {solvent}, from the tables' value",
                    "percola", "uncertainty of the pair in the tables", 0.0, spread,
                    float(spread * z.mean()), float(spread * z.std()), r_hat(z),
                )
            )  # fmt: skip
        return tuple(out)

    def correlations(self, least: float = 0.6) -> tuple[tuple[str, str, float], ...]:
        """Pairs of parameters that the data tell only together, strongest first."""
        names = [p.name for p in priors()] + [f"chi_A of {s}" for s in self.solvents]
        flat = [self.draws[p.name].ravel() for p in priors()]
        flat += [self.draws["chi_A"][:, :, i].ravel() for i in range(len(self.solvents))]
        c = np.corrcoef(np.array(flat))
        pairs = [
            (names[i], names[j], float(c[i, j]))
            for i in range(len(names))
            for j in range(i)
            if abs(c[i, j]) >= least
        ]
        return tuple(sorted(pairs, key=lambda x: -abs(x[2])))

    def converged(self) -> bool:
        """Whether the chains agree on what is predicted: readings of recipes that were not calibrated on (:func:`agreement`)."""
        told = self.statistics.get("readings_r_hat", self.statistics.get("r_hat", np.inf))
        return float(told) <= CONVERGED

    # --- on disk ---

    def save(self, path: Path) -> None:
        """One ``.npz`` file: numbers as arrays, the rest as JSON."""
        f = self.observations.features
        o = self.observations
        arrays: dict[str, Any] = {f"draw.{k}": v.astype(np.float32) for k, v in self.draws.items()}
        arrays |= {f"feature.{k}": v for k, v in f.arrays().items()}
        for key in ("specimen", "quantity", "value", "digit_sd", "stated_sd", "doubt"):
            arrays[f"reading.{key}"] = getattr(o, key)
        for key in ("ratio_at_most_two", "impermeable", "cluster", "reserved"):
            arrays[f"specimen.{key}"] = getattr(o, key)
        head = {
            "format": FORMAT,
            "name": self.name,
            "version": self.version,
            "id": self.id,
            "settings": self.settings.to_dict(),
            "statistics": dict(self.statistics),
            "solvents": f.solvents,
            "names": o.names,
            "origin": o.origin,
            "classes": o.classes,
            "text": o.text,
            "recipes": [r.model_dump_json() for r in o.recipes],
            "reported": [{k: _reported_dict(v) for k, v in r.items()} for r in o.reported],
            "observation_notes": o.notes,
            "notes": self.notes,
            "left_out": [_left_out_dict(x) for x in self.left_out],
        }
        arrays["head"] = np.frombuffer(json.dumps(head, default=str).encode(), np.uint8)
        from percola.store.atomic import resources as guarded

        aside = path.with_name(path.name + ".aside.npz")
        with guarded(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            np.savez_compressed(aside, **arrays)
            aside.replace(path)

    @staticmethod
    def load(path: Path | Any) -> Calibration:
        """What :meth:`save` wrote.

        Raises:
            InputError: no such file, or not a calibration.
        """
        where = str(path)
        try:
            with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
                data = {k: file[k] for k in file.files}
            head = json.loads(bytes(data["head"]).decode())
        except FileNotFoundError:
            raise InputError(
                where, "no such file", "a calibration (.npz)", "make one: percola calibrate"
            ) from None
        except (ValueError, KeyError, OSError, EOFError, BadZipFile) as error:
            raise InputError(
                where, f"not a calibration ({type(error).__name__})", "a file of percola calibrate"
            ) from None
        if head.get("format") != FORMAT:
            raise InputError(
                where, f"format {head.get('format')!r}", str(FORMAT), "calibrate again with this version"
            )
        try:
            return Calibration._from(head, data)
        except (KeyError, TypeError, ValueError, AttributeError):
            said = str(head.get("version", "unknown"))[:20]
            raise InputError(
                where,
                f"made by Percola {said} in a form that this version does not read",
                f"a calibration of Percola {__version__}",
                "calibrate again with this version",
            ) from None

    @staticmethod
    def _from(head: Mapping[str, Any], data: Mapping[str, np.ndarray]) -> Calibration:
        from percola.recipe.model import Recipe

        features = Features(
            **{k.removeprefix("feature."): v for k, v in data.items() if k.startswith("feature.")},
            solvents=tuple(head["solvents"]),
            names=tuple(head["names"]),
        )
        observations = Observations(
            features=features,
            recipes=tuple(Recipe.model_validate_json(r) for r in head["recipes"]),
            names=tuple(head["names"]),
            origin=tuple(head["origin"]),
            **{k.removeprefix("reading."): v for k, v in data.items() if k.startswith("reading.")},
            text=tuple(head["text"]),
            classes=tuple(head["classes"]),
            **{k.removeprefix("specimen."): v for k, v in data.items() if k.startswith("specimen.")},
            reported=tuple({k: _reported_from(v) for k, v in r.items()} for r in head["reported"]),
            notes=tuple(head["observation_notes"]),
        )
        draws = {
            k.removeprefix("draw."): v.astype(np.float64) for k, v in data.items() if k.startswith("draw.")
        }
        return Calibration(
            name=head["name"],
            observations=observations,
            draws=draws,
            settings=SamplingSettings(**head["settings"]),
            statistics=head["statistics"],
            left_out=tuple(_left_out_from(x) for x in head["left_out"]),
            version=head["version"],
            notes=tuple(head["notes"]),
        )


def agreement(
    p: Problem, known: Observations, draws: Mapping[str, np.ndarray], each: int = 150
) -> dict[str, float]:
    """Largest R-hat and fewest effective draws over predicted readings: the specimens' recipes, each as a new batch.

    Parameters that the data tell only together drift along their valley, and chains may differ in them while they say the same
    of every recipe; predictions rest on the latter. Split R-hat of ranks (Vehtari et al. 2021), since readings near a cliff have
    heavy tails; pores and flow only of recipes that are open rather than closed.

    Args:
        p, known: what was calibrated on.
        draws: shape (chains, samples, ...).
        each: draws taken of each chain, evenly.

    Limitations: well below the window, where solutions set while they are held, chains agree less.
    """
    import jax.numpy as jnp
    from numpyro.diagnostics import effective_sample_size, split_gelman_rubin
    from scipy.special import ndtr, ndtri
    from scipy.stats import rankdata

    from percola.design.posterior.conditional import Target, sample_many
    from percola.design.posterior.inference import OPEN_WIDTH, features_table
    from percola.design.reduced.nearness import square_distance

    f = known.features
    square = jnp.asarray(square_distance(f, f))
    chains, samples = draws["own"].shape
    pick = np.unique(np.linspace(0, samples - 1, min(each, samples)).astype(int))
    target = Target(features_table(f), square, jnp.zeros_like(square))
    found = [sample_many(p, {k: v[i][pick] for k, v in draws.items()}, target, 0) for i in range(chains)]
    truth = np.stack([np.asarray(s.truth) for s in found])  # (chains, draws, recipes, readings)
    through = np.stack(
        [ndtr(np.asarray(s.open) / OPEN_WIDTH) * ndtr(np.asarray(s.wide) / OPEN_WIDTH) for s in found]
    ).mean(axis=(0, 1))
    worst, least = 1.0, np.inf
    for i in range(truth.shape[2]):
        for q in range(truth.shape[3]):
            if q in (1, 2, 3) and through[i] < 0.5:
                continue
            x = truth[:, :, i, q]
            z = ndtri((rankdata(x.ravel()) - 0.375) / (x.size + 0.25)).reshape(x.shape)
            worst = max(worst, float(split_gelman_rubin(z)))
            least = min(least, float(effective_sample_size(z)))
    return {"readings_r_hat": worst, "readings_effective_draws": least}


def _reported_dict(r: Reported) -> dict[str, Any]:
    ends = None if r.interval is None else [str(r.interval.low), str(r.interval.high)]
    return {**r.__dict__, "interval": ends}


def _reported_from(d: Mapping[str, Any]) -> Reported:
    ends = d["interval"]
    interval = None if ends is None else Interval(Fraction(ends[0]), Fraction(ends[1]))
    return Reported(**{**d, "interval": interval})


def _left_out_dict(x: LeftOut) -> dict[str, Any]:
    return {
        "name": x.name,
        "k": None if np.isnan(x.k) else float(np.clip(x.k, -1e3, 1e3)),
        "r_hat": None if np.isnan(x.r_hat) else x.r_hat,
        "median": x.median.tolist(),
        "low": x.low.tolist(),
        "high": x.high.tolist(),
        "ln_sd": x.ln_sd.tolist(),
        "probabilities": dict(x.probabilities),
    }


def _left_out_from(d: Mapping[str, Any]) -> LeftOut:
    k = float("nan") if d["k"] is None else float(d["k"])
    median, low, high, ln_sd = (np.array(d[key], float) for key in ("median", "low", "high", "ln_sd"))
    agree = float("nan") if d.get("r_hat") is None else float(d["r_hat"])
    return LeftOut(d["name"], k, median, low, high, ln_sd, d["probabilities"], agree)


def identity(o: Observations, settings: SamplingSettings) -> str:
    """Short hash of what a posterior follows from."""
    text = json.dumps([o.digest(), settings.to_dict(), digest_text(), FORMAT], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def calibrate(
    observations: Observations,
    settings: SamplingSettings | None = None,
    name: str = "",
    leave_out: bool = True,
    anew: bool = True,
    progress: Progress | None = None,
    keep: Path | None = None,
) -> Calibration:
    """The posterior of the reduced model given specimens.

    Args:
        observations: specimens with readings; reserved ones are left aside.
        settings: of sampling.
        name: for people.
        leave_out: predict each specimen from the others.
        anew: sample the posterior anew without a specimen where reweighting cannot be trusted (k > 0.7; about a minute each on
            a free core).
        progress: told of (words, share done).
        keep: directory from which a stopped calibration goes on.

    Raises:
        InputError: no readings.
    """
    settings = settings or SamplingSettings()
    known = observations.known()
    if known.value.size == 0:
        raise InputError(
            "data", "no results", "at least one reported number", "see percola calibrate --template"
        )
    p = problem(known)
    expected = estimate_s(p, settings)
    if progress is not None:
        progress(f"sampling takes about {max(1, round(expected / 60))} min", 0.0)

    def part(low: float, high: float) -> Progress | None:
        if progress is None:
            return None
        tell = progress
        return lambda words, share: tell(words, low + (high - low) * share)

    folder = None if keep is None else keep / identity(known, settings)
    if progress is not None:
        progress("ascents to where the specimens can be explained", 0.0)
    start = modes(p, STARTS, settings.seed)[0]
    draws, statistics = sample(p, settings, start, part(0.02, 0.6 if leave_out else 1.0), folder, expected)
    if settings.samples >= 50:
        statistics |= agreement(p, known, draws)
    found = Calibration(name or "calibration", known, draws, settings, statistics)
    if not leave_out:
        return found

    out = leave_one_out(known, p, found.thinned, settings.seed, None, part(0.6, 0.65))
    unsure = [i for i, x in enumerate(out) if x.k > RELIABLE] if anew else []
    if unsure:
        flat = {k: v.reshape(-1, *v.shape[2:]) for k, v in found.draws.items()}
        count = flat["own"].shape[0]
        starts = [
            {k: v[int(count * (n + 0.5) / ANEW.chains)] for k, v in flat.items()} for n in range(ANEW.chains)
        ]
        jobs = [
            Job(p.without(i), ANEW, settings.seed + 17 * i + 7919 * n, start, f"without-{known.names[i]}-{n}")
            for i in unsure
            for n, start in enumerate(starts)
        ]
        chains = run_jobs(jobs, part(0.65, 0.97), folder, None, "chains without a specimen")
        fresh, agree = {}, {}
        for at, i in enumerate(unsure):
            mine = [d for d, _ in chains[at * ANEW.chains : (at + 1) * ANEW.chains]]
            fresh[i] = {k: np.concatenate([d[k] for d in mine]) for k in mine[0]}
            agree[i] = convergence({k: np.stack([d[k] for d in mine]) for k in mine[0]})["r_hat"]
        again = leave_one_out(known, p, found.thinned, settings.seed, fresh, part(0.97, 1.0), unsure)
        out = [
            replace(again[unsure.index(i)], r_hat=agree[i]) if i in unsure else x for i, x in enumerate(out)
        ]
    return Calibration(found.name, known, draws, settings, statistics, tuple(out))


@lru_cache(maxsize=1)
def patent() -> Calibration:
    """The calibration on the specimens of EP 1 063 256 that comes with Percola.

    Raises:
        InputError: the package lacks it.
    """
    return Calibration.load(resources.files("percola.design").joinpath("data").joinpath("patent.npz"))
