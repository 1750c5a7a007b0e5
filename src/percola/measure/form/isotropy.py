"""Isotropy of both phases: chords in thirteen directions, fabric tensors and a degree of anisotropy with its
confidence.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from percola.measure import _parallel
from percola.measure._volume import PARA, BoolVolume, Periodic, checked
from percola.measure.form.chords import _along
from percola.measure.voids.connectivity import _blocks
from percola.measurement import Check, Measurement

DIRECTIONS = np.array(
    [
        (1, 0, 0),
        (0, 1, 0),
        (0, 0, 1),
        (1, 1, 0),
        (1, -1, 0),
        (1, 0, 1),
        (1, 0, -1),
        (0, 1, 1),
        (0, 1, -1),
        (1, 1, 1),
        (1, 1, -1),
        (1, -1, 1),
        (-1, 1, 1),
    ],
    np.int64,
)
"""The thirteen lattice directions: axes, face diagonals, body diagonals."""


@njit(cache=True, nogil=True)
def _sweep(v, sa, sb, out):  # type: ignore[no-untyped-def]
    """Runs on all lines of the direction (1, sa, sb), plane after plane of the first axis.

    out[phase] = steps in the phase, walls met, whole chords, their length and squared length. Only walls and
    the two ends of lines cost more than a comparison: the place of the last wall of each line is kept under
    the position that the line has, or would have with wrapping, on plane 0 (-1 - place: the line's begin, no
    wall). A line that enters takes the place of one that has just left.
    """
    n, na, nb = v.shape
    last = np.empty((na, nb), np.int32)
    q0, q1 = max(0, sb), min(nb, nb + sb)
    for i in range(n):
        kb = (-sb * i) % nb
        for p in range(na):
            ka = (p - sa * i) % na
            here = v[i, p]
            pp = p - sa
            fresh = i == 0 or pp < 0 or pp >= na
            for q in range(0 if fresh else (q1 if sb < 0 else 0), nb if fresh else (nb if sb < 0 else q0)):
                last[ka, (q + kb) % nb] = -1 - i
            if not fresh:
                before = v[i - 1, pp]
                for q in range(q0, q1):
                    if here[q] != before[q - sb]:
                        k = (q + kb) % nb
                        phase = 1 if here[q] else 0
                        s = last[ka, k]
                        if s >= 0:
                            run = i - s
                            out[phase, 0] += run
                            out[phase, 2] += 1
                            out[phase, 3] += run
                            out[phase, 4] += float(run) * run
                        else:
                            out[phase, 0] += i + 1 + s
                        out[phase, 1] += 1
                        last[ka, k] = i
            leave = i == n - 1 or p + sa < 0 or p + sa >= na
            for q in range(0 if leave or sb < 0 else nb - sb, nb if leave or sb >= 0 else -sb):
                s = last[ka, (q + kb) % nb]
                out[0 if here[q] else 1, 0] += i + 2 + s if s < 0 else i + 1 - s


def _lines(void: BoolVolume, direction: NDArray[np.int64], out: NDArray[np.float64]) -> None:
    """Sums of :func:`_sweep` for one of the thirteen directions."""
    dx, dy, dz = (int(d) for d in direction)
    if dx:
        _sweep(void, dy * dx, dz * dx, out)
    elif dy:
        _sweep(np.transpose(void, (1, 0, 2)), 0, dz * dy, out)
    else:
        sums, number = np.zeros((2, 8)), np.zeros((2, 1), np.int64)
        nothing = np.zeros((1, 1, 1), np.float32)
        _along(void, nothing, False, 0, void.shape[0], 0, void.shape[1], False, sums, number, 1)
        out[:, 0] = sums[:, 0]
        out[:, 1] = sums[:, 1].sum() / 4  # every wall ends a run on either side: shared out evenly
        out[:, 2:] = sums[:, 2:5]


@dataclass(frozen=True)
class ChordStatistics:
    """Chords of void (row 0) and polymer (row 1) in the thirteen directions, in voxels.

    Attributes:
        mean_intercept: phase length over half the walls met (no edge bias), (2, 13).
        weighted_chord: length-weighted mean of the whole chords, <l^2>/<l>, (2, 13).
    """

    mean_intercept: NDArray[np.float64]
    weighted_chord: NDArray[np.float64]


def chord_statistics(void: BoolVolume) -> ChordStatistics:
    """Chords of both phases along every line of the thirteen lattice directions; edges do not wrap.

    mean_intercept reads high along diagonals, where a step is longer and thin features are stepped over: the
        bias has the
    symmetry of the cube and does not enter a tensor of rank two.
    """
    void = np.ascontiguousarray(void)
    sums = np.zeros((13, 2, 5))

    def work(i: int, _: int) -> None:
        _lines(void, DIRECTIONS[i], sums[i])

    _parallel.run(work, [(i, i + 1) for i in range(13)])
    steps = np.sqrt((DIRECTIONS**2).sum(1))
    walls = sums[:, 0, 1] + sums[:, 1, 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        intercept = 2 * sums[:, :, 0] / walls[:, None] * steps[:, None]
        weighted = sums[:, :, 4] / sums[:, :, 3] * steps[:, None]
    return ChordStatistics(intercept.T, weighted.T)


def fabric_tensor(lengths: NDArray[np.float64]) -> NDArray[np.float64]:
    """Symmetric tensor M with 1/L(n)^2 = n.M.n fitted to lengths in the thirteen directions, M in 1/length^2.

    Harrigan and Mann, J. Mater. Sci. 19 (1984) 761.
    """
    n = DIRECTIONS / np.sqrt((DIRECTIONS**2).sum(1))[:, None]
    x, y, z = n.T
    design = np.stack([x * x, y * y, z * z, 2 * x * y, 2 * x * z, 2 * y * z], 1)
    a, *_ = np.linalg.lstsq(design, 1 / lengths**2, rcond=None)
    return np.array([[a[0], a[3], a[4]], [a[3], a[1], a[5]], [a[4], a[5], a[2]]])


def anisotropy(lengths: NDArray[np.float64]) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """Degree of anisotropy 1 - L_min/L_max of the principal lengths, those lengths (falling) and their
    directions (columns).
    """
    values, vectors = np.linalg.eigh(fabric_tensor(lengths))
    principal = 1 / np.sqrt(np.maximum(values, 1e-30))
    return float(1 - principal[-1] / principal[0]), principal, vectors


@dataclass(frozen=True)
class AnisotropySample:
    """What one box tells of isotropy: its chords, those of its octants, and the edge of its voxels."""

    whole: ChordStatistics
    octants: tuple[ChordStatistics, ...]
    spacing_m: float


def anisotropy_sample(void: BoolVolume, spacing_m: float) -> AnisotropySample | None:
    """Chords of one box; None where it has one phase only."""
    if void.all() or not void.any():
        return None
    octants = [chord_statistics(void[b]) for b in _blocks(void.shape)] if min(void.shape) >= 24 else []
    return AnisotropySample(chord_statistics(void), tuple(octants), spacing_m)


def degree_of_anisotropy(
    void: BoolVolume, spacing_m: float, periodic: Periodic, axis: int = 2, draws: int = 400
) -> list[Measurement]:
    """`degree_of_anisotropy` of the voids and of the polymer, with the value that an isotropic structure of
    this size would show.

    DA = 1 - L_min/L_max, principal lengths of the tensor fitted to the length-weighted mean chord <l^2>/<l>
    of the phase in 13 directions (0: isotropic). The mean intercept length, 2 phi/N_L, meets the same walls
    from either side and has one tensor for both phases; it stands in the evidence.

    A finite isotropic sample never reads 0. ``isotropic_95`` in the evidence is the 95th percentile of DA for
    an isotropic structure with the scatter that the eight octants show about their mean (seeded resampling);
    the uncertainty is the standard deviation of DA over resampled octants.
    """
    checked(void, spacing_m, periodic, axis=axis)
    sample = anisotropy_sample(void, spacing_m)
    if sample is None:
        return no_anisotropy("there is no polymer" if void.all() else "there is no void")
    return pooled_anisotropy([sample], draws)


METHOD = PARA + "16: isotropic network; tensor of chord lengths in 13 directions (Harrigan and Mann 1984)"


def no_anisotropy(reason: str) -> list[Measurement]:
    """`degree_of_anisotropy` of a structure that has none, with the reason."""
    return [
        Measurement("degree_of_anisotropy", None, "1", method=METHOD, region=r, reason=reason)
        for r in ("void", "polymer")
    ]


def pooled_anisotropy(samples: Sequence[AnisotropySample], draws: int = 400) -> list[Measurement]:
    """:func:`degree_of_anisotropy` of one structure seen in several independent boxes.

    DA is never negative, so a mean of the boxes' DA would stay high however many there are. The chords are
    averaged instead, direction by direction, and DA is taken of the mean; the octants of all boxes give its
    scatter.
    """
    scale = [s.spacing_m / samples[0].spacing_m for s in samples]
    spacing_m = samples[0].spacing_m
    weighted = np.mean([f * s.whole.weighted_chord for f, s in zip(scale, samples, strict=True)], axis=0)
    intercepts = np.mean([f * s.whole.mean_intercept for f, s in zip(scale, samples, strict=True)], axis=0)
    octants = [f * o.weighted_chord for f, s in zip(scale, samples, strict=True) for o in s.octants]
    octant_intercepts = [f * o.mean_intercept for f, s in zip(scale, samples, strict=True) for o in s.octants]
    out = []
    for row, phase in enumerate(("void", "polymer")):
        lengths = weighted[row]
        if not np.isfinite(lengths).all():
            reason = f"no whole chord of the {phase} in some direction: the box is too small"
            out.append(
                Measurement("degree_of_anisotropy", None, "1", method=METHOD, region=phase, reason=reason)
            )
            continue
        value, principal, vectors = anisotropy(lengths)
        intercept, intercept_principal, intercept_vectors = anisotropy(intercepts[row])
        evidence: dict[str, object] = {
            "principal_lengths_m": [float(p * spacing_m) for p in principal],
            "principal_directions": [[float(c) for c in vectors[:, i]] for i in range(3)],
            "chord_by_direction_m": [float(c * spacing_m) for c in lengths],
            "directions": DIRECTIONS.tolist(),
            "mean_intercept_anisotropy": intercept,
            "mean_intercept_principal_m": [float(p * spacing_m) for p in intercept_principal],
            "mean_intercept_principal_directions": [
                [float(c) for c in intercept_vectors[:, i]] for i in range(3)
            ],
            "mean_intercept_by_direction_m": [float(c * spacing_m) for c in intercepts[row]],
            "boxes": len(samples),
        }
        for key, each in (
            ("chord_error_by_direction_m", [o[row] for o in octants]),
            ("mean_intercept_error_by_direction_m", [o[row] for o in octant_intercepts]),
        ):
            known = np.array([e for e in each if np.isfinite(e).all()])
            if len(known) >= 4:
                sd = known.std(0, ddof=1) / math.sqrt(len(known))
                evidence[key] = [float(e * spacing_m) for e in sd]
        parts = np.array([o[row] for o in octants if np.isfinite(o[row]).all()])
        error = None
        checks: tuple[Check, ...] = ()
        if len(parts) >= 4:
            deviation = (parts - parts.mean(0)) * math.sqrt(len(parts) / (len(parts) - 1)) / len(parts)
            rng = np.random.default_rng(0)
            # An isotropic structure of this size: one length in all directions (each class of the cube its
            # own) plus scatter.
            level = _by_class(lengths)
            null = np.empty(draws)
            spread = np.empty(draws)
            for i in range(draws):
                noise = (rng.choice((-1.0, 1.0), len(parts))[:, None] * deviation).sum(0)
                null[i] = anisotropy(np.maximum(level + noise, 0.1 * level))[0]
                spread[i] = anisotropy(np.maximum(lengths + noise, 0.1 * lengths))[0]
            bound = float(np.quantile(null, 0.95))
            error = float(spread.std())
            evidence["isotropic_95"] = bound
            evidence["isotropic_mean"] = float(null.mean())
            checks = (
                Check(
                    "isotropic within confidence",
                    "pass" if value <= bound else "warn",
                    f"{value:.3f}; an isotropic sample of this size reads up to {bound:.3f} (95 %)",
                ),
            )
        out.append(Measurement("degree_of_anisotropy", value, "1", error, METHOD, phase, checks, evidence))
    return out


def _by_class(lengths: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over axes, face diagonals and body diagonals, each put back in its place."""
    out = np.empty(13)
    for part in (slice(0, 3), slice(3, 9), slice(9, 13)):
        out[part] = lengths[part].mean()
    return out
