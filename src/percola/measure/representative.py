"""Representative volume: every result against the edge of the sub-volume it is measured on, and the size at which it
can be trusted.

A mean over a volume V of a random structure scatters with the variance D^2(V) = D0^2 A/V once V is large against the
range of its correlations; A is the integral range (Lantuejoul 1991). So scatter falls as L^(-3/2) for what is additive,
and near enough for what is not (Kanit et al. 2003). Fitted to the scatter of independent sub-cubes this gives the edge
at which one cube tells the result to a wanted error, and how many smaller ones would do.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from percola.errors import InputError
from percola.measure._volume import BoolVolume, FloatVolume, Periodic, checked
from percola.measure.form.isotropy import degree_of_anisotropy
from percola.measurement import Check, Measurement

FloatArray = NDArray[np.float64]
Measure = Callable[[BoolVolume, float, Periodic, FloatVolume | None], list[Measurement]]

WANTED_ERROR = 0.05
"""Default of ``wanted``: relative standard deviation at which a result counts as known."""

ABSOLUTE_ERROR = {"degree_of_anisotropy": 0.05}
"""Results whose error is asked for in their own unit, because they may be zero (an isotropic structure)."""

LEAST_EDGE = 8
"""Smallest edge of a sub-cube in voxels."""

_CITED = ("lantuejoul1991", "kanit2003")
_METHOD = "independent sub-cubes; scatter fitted by K L^(-3/2)"


@dataclass(frozen=True)
class RepresentativeStudy:
    """One result against the edge of the sub-volume.

    Attributes:
        name, region, unit: of the result studied.
        edges_m: edges of the sub-cubes, rising; the last entry is the whole volume with the edge V^(1/3).
        counts: sub-cubes measured with a value, of each edge.
        undefined: sub-cubes without a value, of each edge.
        mean, scatter: mean and standard deviation (nan for fewer than two) of the sub-cubes.
        values: all values, by edge.
        fit: ``K`` (scatter^2 times volume), ``relative_error_of_K``, ``edges_m`` used, ``exponent`` and
            ``exponent_uncertainty`` of scatter ~ L^-exponent; empty where none could be made.
        wanted: error asked for, relative unless ``absolute``.
        absolute: whether ``wanted`` is in the unit of the result.
        result: `representative_edge` [m].
    """

    name: str
    region: str
    unit: str
    edges_m: tuple[float, ...]
    counts: tuple[int, ...]
    undefined: tuple[int, ...]
    mean: tuple[float, ...]
    scatter: tuple[float, ...]
    values: tuple[tuple[float, ...], ...]
    fit: dict[str, Any]
    wanted: float
    absolute: bool
    result: Measurement

    def volumes_needed(self, edge_m: float) -> int | None:
        """Independent volumes of this edge whose mean is known to the wanted error; None without a fit."""
        if not self.fit:
            return None
        if self.fit["K"] == 0:
            return 1
        return _volumes(self.fit, edge_m)


def default_edges(shape: Sequence[int]) -> list[int]:
    """Edges of sub-cubes in voxels: the shortest side over 8, 6, 4, 3 and 2, none below 8 voxels."""
    n = min(shape)
    return sorted({n // part for part in (8, 6, 4, 3, 2) if n // part >= LEAST_EDGE})


def sub_cubes(
    shape: Sequence[int], edge: int, most: int | None, rng: np.random.Generator
) -> list[tuple[slice, slice, slice]]:
    """Places of sub-cubes that do not overlap, spread evenly over the volume; ``most`` of them drawn by ``rng``."""
    starts = []
    for n in shape:
        count = n // edge
        rest = n - count * edge
        # Equal gaps between, none at the faces unless there is one cube only.
        gaps = [rest * (2 * i + 1) // (2 * count) for i in range(count)]
        starts.append([i * edge + g for i, g in enumerate(gaps)])
    every = [(x, y, z) for x in starts[0] for y in starts[1] for z in starts[2]]
    if most is not None and len(every) > most:
        every = [every[i] for i in sorted(rng.choice(len(every), most, replace=False).tolist())]
    return [(slice(x, x + edge), slice(y, y + edge), slice(z, z + edge)) for x, y, z in every]


def quick_measure(
    void: BoolVolume, spacing_m: float, periodic: Periodic, level: FloatVolume | None = None
) -> list[Measurement]:
    """`porosity`, `surface_area_per_volume`, `mean_void_chord` and `degree_of_anisotropy` from voxels alone, in a
    few seconds for 256^3: the default set of :func:`representative`.

    Surface per volume is twice the walls crossed per length on lines along x, y and z (Cauchy and Crofton; exact for
    isotropic structures, and lines along axes meet the same walls on voxels as off them), the mean chord of the voids
    4 porosity/surface. Faces do not wrap.
    """
    checked(void, spacing_m, periodic, level)
    porosity = float(void.mean())
    walls, length = 0, 0
    for ax in range(3):
        if void.shape[ax] > 1:
            walls += int(np.count_nonzero(np.diff(void, axis=ax)))
            length += void.size // void.shape[ax] * (void.shape[ax] - 1)
    surface = 2 * walls / length / spacing_m if length else 0.0
    method = "lines along x, y and z through every voxel"
    out = [
        Measurement("porosity", porosity, "1", method="voxels counted"),
        Measurement("surface_area_per_volume", surface, "1/m", method=method, region="interface"),
        Measurement(
            "mean_void_chord",
            4 * porosity / surface if surface > 0 else None,
            "m",
            method=method,
            region="void",
            reason="" if surface > 0 else "no line meets a wall",
        ),
    ]
    if min(void.shape) >= LEAST_EDGE:
        out += degree_of_anisotropy(void, spacing_m, periodic)
    return out


def representative(
    void: BoolVolume,
    spacing_m: float,
    periodic: Periodic,
    measure: Measure | None = None,
    *,
    sizes: Sequence[int] | None = None,
    level: FloatVolume | None = None,
    names: Collection[str] | None = None,
    seed: int = 0,
    most_per_size: int | None = 8,
    wanted: float = WANTED_ERROR,
    absolute: Mapping[str, float] = ABSOLUTE_ERROR,
    voxel_budget: int | None = None,
) -> list[RepresentativeStudy]:
    """Every result of ``measure`` against the edge of the sub-volume, and the edge at which each can be trusted.

    Variance between independent cubes of edge L is fitted by
        scatter^2 L^3 = K (1 parameter) or K + B/L (what pairs across the cubes' faces take away, where the data ask for it)
    by maximum likelihood (nu s^2/sigma^2 has a chi-square distribution with nu = cubes - 1), over the largest sizes that
    agree with it (deviance at 1 %; cubes within the range of correlations are left out, smallest first). One cube of edge
        (K + B/L)/L^3 = (wanted mean)^2
    is known to the wanted relative standard deviation; of smaller ones with edge l, (K + B/l)/l^3/(wanted mean)^2 do. Cubes also read
    with a bias (edges cut chords and paths): the smallest edge from which on all means agree with that of the whole
    volume within ``wanted`` and two standard errors. `representative_edge` is the larger of both.

    Args:
        void: True in voids, (nx, ny, nz).
        spacing_m: edge of a voxel [m].
        periodic: whether each axis wraps (the whole volume only; sub-cubes never).
        measure: gives the results, called with (void, spacing_m, periodic, level); None: :func:`quick_measure`.
        sizes: edges in voxels; None: :func:`default_edges`.
        level: field below zero in voids, handed on cut.
        names: results wanted; None: all that are numbers.
        seed: of the draw of sub-cubes.
        most_per_size: sub-cubes of each size; None: all that fit. 8 know a scatter to 27 %, and cost at most 8/8 of the
            whole at half its edge; take None for quick measures.
        wanted: relative error.
        absolute: error in the unit of the result, by name, where a relative one has no meaning. The degree of anisotropy
            reads high on small cubes: more of them do not help, larger ones do.
        voxel_budget: most voxels measured in all; where it is exceeded the sizes that cost most are given fewer cubes (at
            least 3), then left out, largest first, the whole volume too.

    Validity: cubes of several structure periods; one stationary structure. A volume that is graded makes the scatter of
        its parts: look at a profile first.
    Limitations: sub-cubes of different sizes overlap, so their scatters are not independent and the error of K is
        somewhat larger than stated; neighbours in a scan that are alike (L not large against the
        correlations) read the scatter low. Results that are extremes or thresholds (bubble point, percolation) do not fall
        as L^(-3/2): see the exponent in the fit and ``measure.flow.wall``.
    References: Lantuejoul 1991; Kanit et al. 2003.
    """
    checked(void, spacing_m, periodic, level)
    if not (math.isfinite(wanted) and 0 < wanted < 1):
        raise InputError("wanted", f"{wanted!r}", "between 0 and 1")
    if most_per_size is not None and most_per_size < 2:
        raise InputError("most_per_size", f"{most_per_size}", "at least 2, or None for all")
    n = min(void.shape)
    if sizes is None:
        edges = default_edges(void.shape)
    else:
        bad = [s for s in sizes if not (isinstance(s, int | np.integer) and LEAST_EDGE <= s <= n)]
        if bad:
            raise InputError("sizes", f"{bad}", f"whole numbers of voxels from {LEAST_EDGE} to {n}")
        edges = sorted({int(s) for s in sizes})
    rng = np.random.default_rng(seed)
    places = {edge: sub_cubes(void.shape, edge, most_per_size, rng) for edge in edges}
    places = {edge: found for edge, found in places.items() if len(found) > 1}
    whole = (slice(None),) * 3
    plan: list[tuple[float, list[tuple[slice, slice, slice]]]] = [(float(e), p) for e, p in places.items()]
    plan.append((void.size ** (1 / 3), [whole]))
    plan = _within(plan, void.size, voxel_budget)
    take = quick_measure if measure is None else measure
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for i, (_, cubes) in enumerate(plan):
        for cube in cubes:
            all_ = cube == whole
            part = void if all_ else np.ascontiguousarray(void[cube])
            cut = None if level is None else level if all_ else np.ascontiguousarray(level[cube])
            results = take(part, spacing_m, periodic if all_ else (False, False, False), cut)
            for m in results:
                if isinstance(m.value, str) or (names is not None and m.name not in names):
                    continue
                one = found.setdefault(
                    (m.name, m.region),
                    {"unit": m.unit, "values": [[] for _ in plan], "undefined": [0] * len(plan)},
                )
                if m.defined:
                    one["values"][i].append(float(m.value))  # type: ignore[arg-type]
                else:
                    one["undefined"][i] += 1
    missing = sorted(set(names or ()) - {name for name, _ in found})
    if missing:
        known = ", ".join(sorted({name for name, _ in found})) or "none"
        raise InputError("names", ", ".join(missing), f"results of the measure: {known}")
    edges_m = tuple(e * spacing_m for e, _ in plan)
    scan_m = void.size ** (1 / 3) * spacing_m
    return [
        _study(name, region, one, edges_m, [len(c) for _, c in plan], wanted, absolute.get(name), scan_m)
        for (name, region), one in found.items()
    ]


def _within(
    plan: list[tuple[float, list[tuple[slice, slice, slice]]]], size: int, budget: int | None
) -> list[tuple[float, list[tuple[slice, slice, slice]]]]:
    """The plan cut down to the budget of voxels: fewer cubes of the costliest sizes, then none of the largest."""
    if budget is None:
        return plan

    def cost(entry: tuple[float, list[Any]]) -> float:
        return entry[0] ** 3 * len(entry[1])

    plan = list(plan)
    while len(plan) > 1 and sum(map(cost, plan)) > budget:
        thick = [i for i, p in enumerate(plan) if len(p[1]) > 3]
        if thick:
            i = max(thick, key=lambda j: cost(plan[j]))
            plan[i] = (plan[i][0], plan[i][1][:-1])
        else:
            plan.pop()
    return plan


def _study(
    name: str,
    region: str,
    one: dict[str, Any],
    edges_m: tuple[float, ...],
    asked: list[int],
    wanted: float,
    absolute: float | None,
    scan_m: float,
) -> RepresentativeStudy:
    values = [np.array(v, float) for v in one["values"]]
    mean = [float(v.mean()) if len(v) else math.nan for v in values]
    scatter = [float(v.std(ddof=1)) if len(v) > 1 else math.nan for v in values]
    counts = [len(v) for v in values]
    fit, result = _judge(
        name, region, edges_m, mean, scatter, counts, one["undefined"], wanted, absolute, scan_m
    )
    return RepresentativeStudy(
        name=name,
        region=region,
        unit=one["unit"],
        edges_m=edges_m,
        counts=tuple(counts),
        undefined=tuple(one["undefined"]),
        mean=tuple(mean),
        scatter=tuple(scatter),
        values=tuple(tuple(float(x) for x in v) for v in values),
        fit=fit,
        wanted=wanted if absolute is None else absolute,
        absolute=absolute is not None,
        result=result,
    )


def _judge(
    name: str,
    region: str,
    edges_m: tuple[float, ...],
    mean: list[float],
    scatter: list[float],
    counts: list[int],
    undefined: list[int],
    wanted: float,
    absolute: float | None,
    scan_m: float,
) -> tuple[dict[str, Any], Measurement]:
    """The fit and `representative_edge`."""

    def curve(numbers: Sequence[float]) -> list[float | None]:
        return [float(x) if math.isfinite(x) else None for x in numbers]

    evidence: dict[str, Any] = {
        "of": name,
        "of_region": region,
        "edge_m": list(edges_m),
        "sub_volumes": counts,
        "undefined": undefined,
        "mean": curve(mean),
        "scatter": curve(scatter),
        "wanted_error": wanted if absolute is None else absolute,
        "wanted_error_is": "relative" if absolute is None else "absolute",
        "scan_edge_m": scan_m,
    }

    def none(why: str) -> tuple[dict[str, Any], Measurement]:
        return {}, Measurement(
            "representative_edge", None, "m", None, _METHOD, name, (), evidence, _CITED, why
        )

    usable = [
        i
        for i in range(len(edges_m))
        if counts[i] >= 3 and undefined[i] <= counts[i] and math.isfinite(scatter[i]) and edges_m[i] < scan_m
    ]
    if len(usable) < 2:
        return none("fewer than two sizes with three sub-volumes or more: the volume is too small")
    best = next(mean[i] for i in reversed(range(len(mean))) if math.isfinite(mean[i]))
    scale = abs(best)
    if absolute is not None:
        scale, wanted = 1.0, absolute
    if all(scatter[i] == 0 for i in usable):
        spread = max(abs(mean[i] - best) for i in usable)
        if spread == 0:
            smallest = edges_m[usable[0]]
            check = Check("every sub-volume alike", "pass", "no scatter at any size")
            flat: dict[str, Any] = {"K": 0.0, "edge_m": smallest, "edges_m": [edges_m[i] for i in usable]}
            return flat, Measurement(
                "representative_edge",
                smallest,
                "m",
                None,
                _METHOD,
                name,
                (check,),
                {**evidence, "note": "the smallest size studied; smaller ones may do"},
                _CITED,
            )
    if scale == 0:
        return none("the result is zero: no relative error can be asked for")
    fit = _fit(edges_m, scatter, counts, usable)
    target = (wanted * scale) ** 2
    single = _edge(fit["K"], fit["B_m"], target)
    fit["edge_m"] = single
    fit["target"] = target
    # Bias: the smallest edge from which on every mean agrees with the best.
    known = [i for i in range(len(edges_m)) if math.isfinite(mean[i]) and undefined[i] <= counts[i]]
    agreed = edges_m[known[-1]]
    biases: dict[int, float] = {}
    settled = True
    for i in reversed(known):
        error = scatter[i] / math.sqrt(counts[i]) if math.isfinite(scatter[i]) else 0.0
        biases[i] = (mean[i] - best) / scale
        if abs(biases[i]) <= wanted + 2 * error / scale:
            if settled:
                agreed = edges_m[i]
        else:
            settled = False
    edge = max(single, agreed)
    smallest = edges_m[known[0]]
    error_scan = math.sqrt(max(fit["K"] + fit["B_m"] / scan_m, 0.0) / scan_m**3) / scale
    evidence |= {
        "fit": {k: v for k, v in fit.items() if k != "edge_m"},
        "edge_by_scatter_m": single,
        "edge_by_bias_m": agreed,
        "bias": [biases.get(i) for i in range(len(edges_m))],
        "error_of_the_scan": error_scan,
        "volumes_needed": [{"edge_m": e, "volumes": _volumes(fit, e)} for e in edges_m if e < single],
        "law": "scatter^2 L^3 = K + B/L; K in (unit of the result)^2 m^3",
    }
    large = Check(
        "the scan is large enough",
        "pass" if edge <= scan_m else "fail",
        f"one cube of {edge:.3g} m is known to {_error(wanted, absolute)}; the scan of {scan_m:.3g} m (edge of the cube of its "
        f"volume) is known to {_error(error_scan, absolute)}"
        + (
            ""
            if edge <= scan_m
            else f": it is too small, {math.ceil((edge / scan_m) ** 3)} such scans would do"
        ),
    )
    doubt = fit["exponent_uncertainty"] or 0.0
    expected = abs(fit["exponent"] - 1.5) <= 2 * doubt + 0.3
    law = Check(
        "scatter falls as L^(-3/2)",
        "pass" if expected else "warn",
        f"exponent {fit['exponent']:.2f} +- {doubt:.2f} over edges "
        f"{fit['edges_m'][0]:.3g} to {fit['edges_m'][-1]:.3g} m",
    )
    cubes = Check(
        "enough sub-volumes",
        "pass" if fit["relative_error_of_K"] <= 0.5 else "warn",
        f"{sum(counts[i] for i in usable)} sub-volumes; K is known to {100 * fit['relative_error_of_K']:.0f} %",
    )
    free = Check(
        "sub-volumes agree with the whole",
        "pass" if agreed < scan_m else "warn",
        f"from an edge of {agreed:.3g} m on"
        if agreed < scan_m
        else "none does: the value is a lower bound, the whole may be too small itself",
    )
    checks = [large, free, law, cubes]
    if sum(undefined):
        checks.append(
            Check(
                "a value in every sub-volume",
                "warn",
                f"{sum(undefined)} sub-volumes gave no value: they are left out",
            )
        )
    # What the second parameter does to the edge counts too: which of the two laws holds is not certain.
    other = _edge(fit["K_alone"], 0.0, target)
    known_to = (
        math.hypot(single * fit["relative_error_of_K"] / 3, (single - other) / 2)
        if single >= agreed
        else None
    )
    if edge <= smallest * (1 + 1e-9) and single < smallest:
        evidence["note"] = "by scatter a smaller edge than any studied would do; not shown free of bias"
    return fit, Measurement(
        "representative_edge", edge, "m", known_to, _METHOD, name, tuple(checks), evidence, _CITED
    )


def _edge(k: float, b_m: float, target: float) -> float:
    """Edge at which (K + B/L)/L^3 has come down to the target."""
    if k <= 0:
        return 0.0
    scale = (k / target) ** (1 / 3)
    # In x = L/scale: x^4 - x - B/(K scale) = 0, the largest root.
    roots = np.roots([1.0, 0.0, 0.0, -1.0, -b_m / (k * scale)])
    real = roots[np.abs(roots.imag) < 1e-9].real
    return float(real.max()) * scale if len(real) and real.max() > 0 else scale


def _volumes(fit: Mapping[str, Any], edge_m: float) -> int:
    """Volumes of this edge whose mean is known to the target."""
    return max(1, math.ceil((fit["K"] + fit["B_m"] / edge_m) / edge_m**3 / fit["target"] - 1e-9))


def _error(value: float, absolute: float | None) -> str:
    return f"{100 * value:.2g} %" if absolute is None else f"+- {value:.2g}"


def _fit(
    edges_m: tuple[float, ...], scatter: list[float], counts: list[int], usable: list[int]
) -> dict[str, Any]:
    """K of scatter^2 L^3 = K or K + B/L by maximum likelihood (nu s^2/sigma^2 is chi-square), and the free exponent."""
    from scipy.stats import chi2

    for first in range(len(usable)):
        used = usable[first:]
        nu = np.array([counts[i] - 1 for i in used], float)
        edge = np.array([edges_m[i] for i in used])
        y = np.array([scatter[i] ** 2 for i in used]) * edge**3
        k, b = float((nu * y).sum() / nu.sum()), 0.0
        error = math.sqrt(2 / float(nu.sum()))
        last = len(used) <= 2
        if k == 0 or last:
            break
        misfit, freedom = _deviance(y, np.full(len(y), k), nu), len(y) - 1
        two = _two(y, nu, edge)
        # One more parameter must earn its place (Akaike).
        if two is not None and misfit - two[3] > 2:
            k, b, error, misfit, freedom = *two, len(y) - 2
        if misfit <= chi2.isf(0.01, freedom):
            break
    variance = y / edge**3
    x = np.log(edge)
    keep = variance > 0
    exponent, uncertainty = 1.5, math.inf
    if keep.sum() >= 2:
        z = 0.5 * np.log(variance[keep])
        w = 2 * nu[keep]  # the variance of ln s is about 1/(2 nu)
        centre = float((w * x[keep]).sum() / w.sum())
        spread = float((w * (x[keep] - centre) ** 2).sum())
        exponent = -float((w * (x[keep] - centre) * z).sum() / spread)
        uncertainty = math.sqrt(1 / spread)
    return {
        "K": k,
        "B_m": b,
        "K_alone": float((nu * y).sum() / nu.sum()),
        "relative_error_of_K": error,
        "edges_m": [edges_m[i] for i in used],
        "exponent": exponent,
        "exponent_uncertainty": uncertainty if math.isfinite(uncertainty) else None,
    }


def _deviance(y: FloatArray, model: FloatArray, nu: FloatArray) -> float:
    """Twice the log-likelihood below that of a perfect fit."""
    ratio = np.maximum(y / model, 1e-12)
    return float((nu * (ratio - 1 - np.log(ratio))).sum())


def _two(y: FloatArray, nu: FloatArray, edge: FloatArray) -> tuple[float, float, float, float] | None:
    """K, B, relative error of K and deviance of y = K + B/L (Fisher scoring); None where it leads to no positive K."""
    design = np.stack([np.ones(len(y)), edge.mean() / edge], 1)
    model = np.maximum(y, 1e-6 * y.max())
    for _ in range(50):
        weight = nu / (2 * model**2)
        information = design.T @ (weight[:, None] * design)
        if not np.linalg.cond(information) < 1e12:  # sizes without scatter beside others: no two parameters
            return None
        p = np.linalg.solve(information, design.T @ (weight * y))
        fresh = design @ p
        if (fresh <= 0).any() or p[0] <= 0:
            return None
        done = bool(np.abs(fresh / model - 1).max() < 1e-9)
        model = fresh
        if done:
            break
    error = math.sqrt(float(np.linalg.inv(information)[0, 0])) / float(p[0])
    if error > 0.5:
        return None
    return float(p[0]), float(p[1] * edge.mean()), error, _deviance(y, model, nu)
