"""Parameters of the surface model, their priors, and what the patent's nine media say of them.

Inference by importance sampling: global parameters from the prior (a scrambled Sobol sequence, fixed seed), each medium's own
errors of chi summed out for each of them, weights by the likelihood. No tuning, no chains, the same numbers every time; and
leaving a medium out is only another product of the same numbers.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import log_ndtr, ndtri
from scipy.stats import qmc

from percola.design.surface.march import LayerParameters, SurfaceCase, layer
from percola.errors import InputError

FloatArray = npt.NDArray[np.float64]

SEED = 1063256
OPENING_SPREAD = 0.5
"""Standard deviation of ln(hole/skin) at which a skin opens: holes wider than one to two thicknesses do (Taylor and Michael 1973)."""
LEAST_LEAN_SHARE = 0.0301
"""Below this share voids between overlapping spheres do not hang together (Rintoul 2000): a closed surface."""


@dataclass(frozen=True)
class Prior:
    """Prior of one parameter: normal in ``ln`` of it, or half-normal in it.

    Attributes:
        name, unit, meaning: for people.
        centre: median (for ``half``: 0).
        spread: standard deviation of the logarithm (for ``half``: of the value).
        source: why, with keys of the bibliography.
        half: whether it is half-normal.
    """

    name: str
    unit: str
    meaning: str
    centre: float
    spread: float
    source: str
    half: bool = False

    def at(self, u: FloatArray) -> FloatArray:
        """Quantile at ``u`` in (0, 1)."""
        if self.half:
            return np.asarray(self.spread * ndtri(0.5 + 0.5 * u))
        return np.asarray(self.centre * np.exp(self.spread * ndtri(u)))


PRIORS = (
    Prior(
        "alpha",
        "1",
        "factor on the interactions that come from Hansen parameters, shared by all media",
        1.0,
        1.0 / 3.0,
        "alpha = 0.6 +- 0.2 over many solutions (lindvig2002)",
    ),
    Prior(
        "opening",
        "1",
        "thickness of a skin, in sizes of the hole that its rich phase can make until arrest, at which it opens",
        1.0,
        2.1,
        "one to two (taylormichael1973); the mobility of the rich phase is known to exp(-(2.7 +- 1) phi/(1 - phi)), a factor of 8 in the size of a hole at phi = 0.88 (yasuda1968)",
    ),
    Prior(
        "wall_sites",
        "1",
        "lattice sites of a sharp face that decide together which phase covers them",
        4.0,
        1.0,
        "the width of the interface squared: from one site to 15, interfaces of 0.7 to 2.8 nm on sites of 0.7 nm (mclean1957 for the law)",
    ),
    Prior(
        "view",
        "1",
        "pore size seen on a surface over that seen on a section through the same structure",
        1.0,
        0.24,
        "a plane cuts spheres at pi/4 of their diameter on the average, so 1.27 if a surface shows them whole (underwood1970)",
    ),
    Prior(
        "depth_m",
        "m",
        "depth of the layer whose pores are seen",
        5.5e-7,
        0.85,
        "0.1 to 3 um are stated as the thickness of the surface layer (ep1063256, paragraph 44)",
    ),
    Prior(
        "scatter",
        "1",
        "standard deviation of ln(ratio) that the model does not explain",
        0.0,
        0.25,
        "one specimen each, image analysis of micrographs (ep1063256, paragraph 89)",
        half=True,
    ),
)
NAMES = tuple(p.name for p in PRIORS)


@dataclass(frozen=True)
class Observation:
    """One row of ``surface_observations.csv``: a medium and the reported ratio, or a closed surface.

    Attributes:
        specimen, medium, kind: of the patent; ``kind`` is liquid or air.
        ratio: surface over internal pore size; None where the surface is closed.
        half_digit: half of the last digit reported.
        closed: whether the surface is non-porous.
        paragraph: of the source.
    """

    specimen: str
    medium: str
    kind: str
    ratio: float | None
    half_digit: float
    closed: bool
    paragraph: str


def patent_observations() -> tuple[Observation, ...]:
    """The nine media of paragraphs 99 to 101 of EP 1 063 256."""
    text = resources.files("percola.design").joinpath("data", "surface_observations.csv")
    rows = csv.DictReader(text.read_text(encoding="utf-8").splitlines())
    return tuple(
        Observation(
            r["specimen"],
            r["medium"],
            r["kind"],
            float(r["ratio"]) if r["ratio"] else None,
            float(r["half_digit"] or 0.0),
            r["closed"] == "1",
            r["paragraph"],
        )
        for r in rows
    )


@dataclass(frozen=True)
class Raw:
    """What does not depend on opening, wall_sites, view and scatter: arrays of any shape.

    Attributes:
        ln_size: ln of (L_surface/L_core) (1 - P_core).
        share: lean share of the layer, without the wall.
        wall: wall_kT times the contrast of the phases; see :class:`percola.design.surface.march.Layer`.
        ln_cover: ln(skin/hole); minus infinity where there is no skin.
        demixed: whether the layer has two phases.
        inside: whether the core has: without pores inside there is no ratio.
    """

    ln_size: FloatArray
    share: FloatArray
    wall: FloatArray
    ln_cover: FloatArray
    demixed: npt.NDArray[np.bool_]
    inside: bool = True


def raw(case: SurfaceCase, p: LayerParameters) -> Raw:
    """March face and core of a case; the core, which no parameter here touches, once."""
    one, zero = np.ones(1), np.zeros(1)
    core = layer(case, LayerParameters(one * 1e-6, one, zero, zero), face=False)
    face = layer(case, p)
    inside = bool(core.demixed[0] and core.length_m[0] > 0)
    inner_m = float(core.length_m[0]) if inside else 1.0
    with np.errstate(divide="ignore"):
        size = np.log(np.maximum(face.length_m, 1e-12) / inner_m) + np.log1p(-core.lean_share[0])
        cover = np.log(face.skin_m) - np.log(np.maximum(face.hole_m, 1e-13))
    return Raw(size, face.lean_share, face.wall_kT * face.contrast, cover, face.demixed, inside)


def outcome(
    r: Raw, opening: FloatArray, wall_sites: FloatArray, view: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """(ln ratio of surface to internal pores, log of the probability that the surface is closed); broadcasts.

    The share of lean phase on a sharp wall follows McLean's isotherm: odds(P_wall) = odds(P) exp(-wall_sites w (phi_rich -
    phi_lean)). A skin closes where it is thicker than ``opening`` times the hole that its own rich phase can make.
    """
    share = np.clip(r.share, 1e-6, 1.0 - 1e-6)
    odds = share / (1.0 - share) * np.exp(np.clip(-wall_sites * r.wall, -30.0, 30.0))
    at_wall = odds / (1.0 + odds)
    ln_ratio = r.ln_size + np.log(1.0 + odds) + np.log(view)
    score = np.where(np.isfinite(r.ln_cover), (r.ln_cover - np.log(opening)) / OPENING_SPREAD, -30.0)
    score = np.where(r.demixed & (at_wall > LEAST_LEAN_SHARE), score, 30.0)
    return ln_ratio, np.asarray(log_ndtr(np.clip(score, -30.0, 30.0)))


def ln_likelihood(
    o: Observation, ln_ratio: FloatArray, ln_closed: FloatArray, scatter: FloatArray
) -> FloatArray:
    """Log likelihood of one observation.

    A reported ratio: lognormal about the model with ``scatter`` and the rounding of its digits in squares, times the
    probability of an open surface. A closed one: the probability that it is. One specimen in fifty is left to slips
    (a surface called by the wrong name), so that nothing is impossible.
    """
    slip = 0.02
    closed = (1.0 - 2.0 * slip) * np.exp(ln_closed) + slip
    if o.closed:
        return np.asarray(np.log(closed))
    assert o.ratio is not None
    spread = np.hypot(scatter, o.half_digit / math.sqrt(3.0) / o.ratio)
    z = (math.log(o.ratio) - ln_ratio) / spread
    return np.asarray(np.log1p(-closed) - 0.5 * z * z - np.log(spread) - 0.5 * math.log(2.0 * math.pi))


def _sobol(dimensions: int, power: int, seed: int) -> FloatArray:
    u = qmc.Sobol(dimensions, scramble=True, rng=np.random.default_rng(seed)).random_base2(power)
    return np.asarray(np.clip(u, 1e-9, 1.0 - 1e-9))


@dataclass(frozen=True)
class Sample:
    """Prior draws with every medium marched: what posterior, leave-one-out and prior predictions are made of.

    Attributes:
        parameters: name to array (K, J): alpha and depth vary along K only.
        scores: (media, K, M, 2): own errors of chi with polymer and solvent, standard normal.
        ln_ratio, ln_closed: for each medium, arrays (K, J, M).
        ln_like: (media, K, J), own errors summed out.
        inner: (media, K, J, M), the likelihood before that.
    """

    parameters: Mapping[str, FloatArray]
    scores: FloatArray
    ln_ratio: tuple[FloatArray, ...]
    ln_closed: tuple[FloatArray, ...]
    ln_like: FloatArray
    inner: FloatArray


def sample(
    observations: Sequence[Observation],
    cases: Sequence[SurfaceCase],
    *,
    power: int = 9,
    inner_power: int = 5,
    own: int = 24,
    seed: int = SEED,
) -> Sample:
    """Draw from the prior and march: 2^power (alpha, depth) x 2^inner_power others x ``own`` errors of each medium."""
    K, J = 2**power, 2**inner_power
    outer = _sobol(2, power, seed)
    by_name = {p.name: p for p in PRIORS}
    alpha, depth = by_name["alpha"].at(outer[:, 0]), by_name["depth_m"].at(outer[:, 1])
    rest = [n for n in NAMES if n not in ("alpha", "depth_m")]
    rng = np.random.default_rng([seed, 1])
    # the others: one sequence over all K J pairs
    u = _sobol(len(rest), power + inner_power, seed + 1)[rng.permutation(K * J)].reshape(K, J, len(rest))
    parameters = {n: by_name[n].at(u[:, :, i]) for i, n in enumerate(rest)}
    parameters["alpha"] = np.broadcast_to(alpha[:, None], (K, J))
    parameters["depth_m"] = np.broadcast_to(depth[:, None], (K, J))
    scores = rng.standard_normal((len(observations), K, own, 2))
    ratios, closures, likes, inner = [], [], [], []
    for i, (o, case) in enumerate(zip(observations, cases, strict=True)):
        shape = (K, own)
        p = LayerParameters(
            np.broadcast_to(depth[:, None], shape).ravel(),
            np.broadcast_to(alpha[:, None], shape).ravel(),
            scores[i, :, :, 0].ravel(),
            scores[i, :, :, 1].ravel(),
        )
        r = raw(case, p)
        if not r.inside:
            raise InputError(
                f"observation of {o.medium}",
                "a solution that sets before it demixes",
                "membranes with pores inside",
                "leave it out: there is nothing to compare the surface with",
            )
        shape3 = (K, 1, own)
        wide = Raw(
            r.ln_size.reshape(shape3),
            r.share.reshape(shape3),
            np.asarray(r.wall).reshape(shape3),
            r.ln_cover.reshape(shape3),
            r.demixed.reshape(shape3),
        )
        ln_ratio, ln_closed = outcome(
            wide,
            parameters["opening"][:, :, None],
            parameters["wall_sites"][:, :, None],
            parameters["view"][:, :, None],
        )
        ln_closed = np.broadcast_to(ln_closed, ln_ratio.shape)
        like = ln_likelihood(o, ln_ratio, ln_closed, parameters["scatter"][:, :, None])
        top = like.max(axis=-1, keepdims=True)
        likes.append(np.log(np.mean(np.exp(like - top), axis=-1)) + top[..., 0])
        ratios.append(ln_ratio)
        closures.append(ln_closed)
        inner.append(like)
    return Sample(parameters, scores, tuple(ratios), tuple(closures), np.array(likes), np.array(inner))


def weights(s: Sample, keep: Sequence[bool]) -> FloatArray:
    """Normalized importance weights (K, J) from the observations that are kept; none kept: the prior."""
    total = np.zeros(s.ln_like.shape[1:]) + sum(s.ln_like[i] for i, k in enumerate(keep) if k)
    w = np.exp(total - total.max())
    return np.asarray(w / w.sum())


@dataclass(frozen=True)
class Foretold:
    """A prediction out of weighted draws.

    Attributes:
        ratio: median of the ratio if the surface is open.
        ln_sd: half the width of the central 68.3 % of its logarithm, scatter included.
        closed_probability: mean over the draws.
        low, high: 5 % and 95 % of the ratio of an open surface.
    """

    ratio: float
    ln_sd: float
    closed_probability: float
    low: float
    high: float

    def to_dict(self) -> dict[str, float]:
        """Plain data."""
        return dict(self.__dict__)


def summary(ln_ratio: FloatArray, ln_closed: FloatArray, scatter: FloatArray, weight: FloatArray) -> Foretold:
    """Median, spread and closure of weighted draws (flat arrays); the scatter enters by nine quantiles of a normal."""
    closed = float(np.sum(weight * np.exp(ln_closed)) / np.sum(weight))
    w = weight * np.maximum(-np.expm1(ln_closed), 1e-12)
    z = ndtri((np.arange(9) + 0.5) / 9.0)
    values = (ln_ratio[:, None] + scatter[:, None] * z[None, :]).ravel()
    w9 = np.repeat(w, 9)
    order = np.argsort(values, kind="stable")
    c = np.cumsum(w9[order])
    q = np.exp(values[order][np.searchsorted(c, np.array([0.5, 0.1587, 0.8413, 0.05, 0.95]) * c[-1])])
    return Foretold(float(q[0]), float(0.5 * np.log(q[2] / q[1])), closed, float(q[3]), float(q[4]))


def foretold(s: Sample, i: int, keep: Sequence[bool]) -> Foretold:
    """Prediction for medium ``i`` from the observations that are kept; if its own is, its own errors are weighted too."""
    w = weights(s, keep)[:, :, None]
    if keep[i]:
        like = s.inner[i]
        own = np.exp(like - like.max(axis=-1, keepdims=True))
        own = own / own.sum(axis=-1, keepdims=True)
    else:
        own = np.full(s.inner[i].shape, 1.0 / s.inner[i].shape[-1])
    scatter = np.broadcast_to(s.parameters["scatter"][:, :, None], own.shape)
    flat = (w * own).ravel()
    some = flat > flat.max() * 1e-6
    return summary(
        s.ln_ratio[i].ravel()[some], s.ln_closed[i].ravel()[some], scatter.ravel()[some], flat[some]
    )


def kendall(ranks: Sequence[float], reported: Sequence[float]) -> float:
    """Kendall's tau-b between predicted and reported, ties counted."""
    from scipy.stats import kendalltau

    return float(kendalltau(ranks, reported).statistic)


def effective(weight: FloatArray) -> float:
    """Effective number of draws, 1/sum w^2."""
    return float(1.0 / np.sum(weight**2))


def resampled(s: Sample, keep: Sequence[bool], count: int) -> dict[str, FloatArray]:
    """``count`` equal draws by systematic resampling: parameters, and own scores of each medium as (media, count, 2)."""
    w = weights(s, keep).ravel()
    picks = np.searchsorted(np.cumsum(w), (np.arange(count) + 0.5) / count)
    picks = np.minimum(picks, w.size - 1)
    out = {n: np.asarray(s.parameters[n]).ravel()[picks] for n in NAMES}
    J = s.ln_like.shape[2]
    k, j = np.divmod(picks, J)
    rng = np.random.default_rng([SEED, 2])
    own = []
    for i, used in enumerate(keep):
        like = s.inner[i][k, j] if used else np.zeros((count, s.inner.shape[-1]))
        p = np.exp(like - like.max(axis=-1, keepdims=True))
        c = np.cumsum(p / p.sum(axis=-1, keepdims=True), axis=-1)
        m = np.minimum((c < rng.random((count, 1))).sum(axis=-1), c.shape[-1] - 1)
        own.append(s.scores[i, k, m])
    out["scores"] = np.array(own)
    return out


def dumped(data: Mapping[str, Any]) -> str:
    """JSON with five digits, one line for each list; no number that is not finite."""

    def plain(x: Any) -> Any:
        if isinstance(x, np.ndarray):
            return plain(x.tolist())
        if isinstance(x, Mapping):
            return {k: plain(v) for k, v in x.items()}
        if isinstance(x, list | tuple):
            return [plain(v) for v in x]
        if isinstance(x, float):
            if not math.isfinite(x):
                raise InputError("surface calibration", f"{x}", "finite numbers")
            return float(f"{x:.5g}")
        return x

    def lines(x: Any, depth: int) -> str:
        if not isinstance(x, dict) or not x:
            return json.dumps(x)
        pad = " " * (depth + 1)
        return "{\n" + ",\n".join(f"{pad}{json.dumps(k)}: {lines(v, depth + 1)}" for k, v in x.items()) + "}"

    return lines(plain(data), 0)


__all__ = [
    "NAMES",
    "PRIORS",
    "Foretold",
    "Observation",
    "Prior",
    "Raw",
    "Sample",
    "effective",
    "foretold",
    "kendall",
    "ln_likelihood",
    "outcome",
    "patent_observations",
    "raw",
    "resampled",
    "sample",
    "summary",
    "weights",
]
