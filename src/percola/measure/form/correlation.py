"""Two-point correlation: along the axes by exact counting, over all directions by Fourier transform.

S2(r) is the probability that two points r apart both lie in voids; S2(0) = phi, S2(inf) = phi^2. What both
phases share is the autocovariance C(r) = S2(r) - phi^2, normalized chi(r) = C(r)/(phi (1 - phi)): it is the
same for voids and polymer.

Along an axis the pairs are counted, 64 voxels a machine word: the counts are whole numbers, there is no
rounding, no padding and hardly any memory. Over all directions the pairs come from a float32 Fourier transform
in which only the lags asked for are computed.

Slope at the origin (Debye, Anderson and Brumberger 1957): S2'(0) = -S_V/4 for a smooth wall, averaged over all
directions. Voxels sampled along the axes give S2(0) - S2(h) = a/6 h exactly, with a the area of all voxel
faces per volume, which is 3/2 of the true area whatever the resolution (Yeong and Torquato 1998): both say
S_V = 4 (S2(0) - S2(h))/h.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from percola.errors import InputError
from percola.measure import _parallel
from percola.measure._volume import PARA, BoolVolume, Periodic
from percola.measure.form.chords import Spacing, _finite, _tiles, volume_of
from percola.measure.form.isotropy import DIRECTIONS, anisotropy
from percola.measurement import Check, Measurement

_NEIGHBOURS = 1.25
"""Standard errors from tiles are too small by this factor, since neighbouring tiles are not independent: seen in
30 Gaussian fields of 8 and of 12 wavelengths (1.12 to 1.34)."""
_OPPOSED = 1.5
"""In a band-limited field the three axes share a fixed spectrum: what one gains the others lose. Their deviations
from the mean are then up to 3/2 (in variance) of those of independent axes. Both factors were chosen on 30 fields
(there the plain test called a fifth to a third of isotropic boxes anisotropic); on 120 others, of other porosity,
bandwidth and edges, it does so for 3, and stated errors are 1.0 to 1.3 times the scatter."""
_ONES = np.uint64(0x5555555555555555)
_TWOS = np.uint64(0x3333333333333333)
_FOURS = np.uint64(0x0F0F0F0F0F0F0F0F)
_BYTES = np.uint64(0x0101010101010101)


@njit(cache=True, nogil=True)
def _pairs(words, wrap, p0, p1, q0, q1, out):  # type: ignore[no-untyped-def]
    """out[r] = number of voxel pairs r apart along the first axis that are both set, in words p0:p1, q0:q1."""
    n = words.shape[0]
    for r in range(out.shape[0]):
        total = np.int64(0)
        for i in range(n if wrap else n - r):
            j = i + r
            if j >= n:
                j -= n
            for p in range(p0, p1):
                a, b = words[i, p], words[j, p]
                for q in range(q0, q1):
                    v = a[q] & b[q]
                    v = v - ((v >> np.uint64(1)) & _ONES)
                    v = (v & _TWOS) + ((v >> np.uint64(2)) & _TWOS)
                    v = (v + (v >> np.uint64(4))) & _FOURS
                    total += np.int64((v * _BYTES) >> np.uint64(56))
        out[r] = total


def _words(void: BoolVolume, axis: int) -> NDArray[np.uint64]:
    """Voxels packed 64 to a word along another axis, (along ``axis``, lines, words)."""
    pack = 2 if axis != 2 else 0
    bits = np.packbits(void, axis=pack)
    rest = next(ax for ax in range(3) if ax not in (axis, pack))
    bits = np.transpose(bits, (axis, rest, pack))
    whole = np.zeros((*bits.shape[:2], -(-bits.shape[2] // 8) * 8), np.uint8)
    whole[:, :, : bits.shape[2]] = bits
    return whole.view(np.uint64)


@dataclass(frozen=True)
class AxisCorrelation:
    """Pairs of voxels along one axis.

    Attributes:
        axis: 0, 1 or 2.
        both: pairs with both ends in voids, (tiles, lags); a tile is a bundle of lines.
        leading, trailing: voids among the first and among the second ends of all pairs, (tiles, lags).
        pairs: number of pairs, (tiles, lags).
        step_m: edge of a voxel along the axis [m].
    """

    axis: int
    both: NDArray[np.int64]
    leading: NDArray[np.int64]
    trailing: NDArray[np.int64]
    pairs: NDArray[np.int64]
    step_m: float

    @property
    def distance_m(self) -> NDArray[np.float64]:
        """Lags [m]."""
        return np.asarray(np.arange(self.both.shape[1]) * self.step_m, np.float64)

    @property
    def s2(self) -> NDArray[np.float64]:
        """S2 of the voids at each lag."""
        return np.asarray(self.both.sum(0) / self.pairs.sum(0))

    @property
    def covariance(self) -> NDArray[np.float64]:
        """S2 less the product of the void fractions of both ends: the same for voids and polymer, exactly."""
        return _covariance(self, np.arange(len(self.both)))

    @property
    def walls_1_m(self) -> float:
        """Walls met per length, 2 (phi - S2(h))/h, phi the mean of both ends [1/m]."""
        return _walls(self, np.arange(len(self.both)))


def _covariance(a: AxisCorrelation, keep: NDArray[np.intp]) -> NDArray[np.float64]:
    n = a.pairs[keep].sum(0).astype(float)
    return np.asarray(a.both[keep].sum(0) / n - (a.leading[keep].sum(0) / n) * (a.trailing[keep].sum(0) / n))


def _walls(a: AxisCorrelation, keep: NDArray[np.intp]) -> float:
    if a.both.shape[1] < 2:
        return math.nan
    ends = 0.5 * (a.leading[keep, 1].sum() + a.trailing[keep, 1].sum())
    return float(2 * (ends - a.both[keep, 1].sum()) / a.pairs[keep, 1].sum() / a.step_m)


def axis_correlation(
    void: BoolVolume,
    spacing_m: Spacing,
    axis: int,
    periodic: Sequence[bool] = (False, False, False),
    longest: int | None = None,
) -> AxisCorrelation:
    """Pairs at every lag along one axis, counted exactly.

    Args:
        void: True in voids, (nx, ny, nz) or (nx, ny).
        spacing_m: edge of a voxel [m], one or one for each axis.
        axis: 0, 1 or 2.
        periodic: where the axis wraps every lag has all pairs.
        longest: largest lag in voxels; None: half the box.

    Cost: words x lags, n^4/128 operations for half the box; beyond some 2000 voxels along the axis give
    ``longest``.
    """
    void, h, wrap, _ = volume_of(void, spacing_m, periodic)
    if axis not in (0, 1, 2):
        raise InputError("axis", f"{axis!r}", "0, 1 or 2")
    n = void.shape[axis]
    most = n - 1
    lags = n // 2 if longest is None else int(longest)
    if not 0 <= lags <= most:
        raise InputError("longest", f"{longest}", f"0 to {most} voxels along this axis")
    words = _words(void, axis)
    tiles = _tiles(words.shape[1], words.shape[2])
    both = np.zeros((len(tiles), lags + 1), np.int64)

    def work(i: int, _: int) -> None:
        _pairs(words, wrap[axis], *tiles[i], both[i])

    _parallel.run(work, [(i, i + 1) for i in range(len(tiles))])
    count = np.bitwise_count(words)
    pack = 2 if axis != 2 else 0
    width = void.shape[pack]
    leading, trailing, pairs = (np.zeros_like(both) for _ in range(3))
    r = np.arange(lags + 1)
    for i, (p0, p1, q0, q1) in enumerate(tiles):
        planes = count[:, p0:p1, q0:q1].sum((1, 2), dtype=np.int64)
        lines = (p1 - p0) * (min(q1 * 64, width) - q0 * 64)
        if wrap[axis]:
            leading[i] = trailing[i] = planes.sum()
            pairs[i] = n * lines
        else:
            upto = np.concatenate([[0], np.cumsum(planes)])
            leading[i] = upto[n - r]
            trailing[i] = upto[n] - upto[r]
            pairs[i] = (n - r) * lines
    return AxisCorrelation(axis, both, leading, trailing, pairs, h[axis])


def lag_sums(
    field: NDArray[np.float32], periodic: Periodic, longest: tuple[int, int, int]
) -> NDArray[np.float32]:
    """Sum of f(x) f(x + r) over all x, for lags 0..Lx, -Ly..Ly, -Lz..Lz; the rest follows from f(x) f(x + r) =
    f(x + r) f(x). Tests and small volumes; :func:`radial_correlation` keeps only shells.
    """
    parts = list(_lag_slabs(field, periodic, longest))
    return np.concatenate([p for _, p in parts])


def _lag_slabs(field: NDArray[Any], periodic: Periodic, longest: tuple[int, int, int], mean: float = 0.0):  # type: ignore[no-untyped-def]
    """Yield (first x lag, sums) slab by slab. Zeros fill the box up to n + L along axes that do not wrap, so
    that no lag up to L meets its image.
    """
    import scipy.fft

    workers = _parallel.threads()
    nx = field.shape[0]
    lx, ly, lz = longest
    mx, my, mz = (
        n if wrap else scipy.fft.next_fast_len(n + lag, real=(ax == 2))
        for ax, (n, lag, wrap) in enumerate(zip(field.shape, longest, periodic, strict=True))
    )
    spectrum = np.empty((nx, my, mz // 2 + 1), np.complex64)
    for a, b in _parallel.slabs(nx, max(1, nx // 8)):
        rows = field[a:b].astype(np.float32)
        if mean:
            rows -= np.float32(mean)
        flat = scipy.fft.rfft(rows, mz, axis=2, workers=workers)
        spectrum[a:b] = scipy.fft.fft(flat, my, axis=1, overwrite_x=True, workers=workers)
    lags = np.empty((lx + 1, my, mz // 2 + 1), np.complex64) if lx + 1 > nx else spectrum
    for a, b in _parallel.slabs(my, max(1, my // 8)):
        columns = scipy.fft.fft(spectrum[:, a:b], mx, axis=0, workers=workers)
        power = (columns.real**2 + columns.imag**2).astype(np.complex64)
        lags[: lx + 1, a:b] = scipy.fft.ifft(power, axis=0, overwrite_x=True, workers=workers)[: lx + 1]
    for a, b in _parallel.slabs(lx + 1, max(1, (lx + 1) // 8)):
        flat = scipy.fft.ifft(lags[a:b], axis=1, workers=workers)
        flat = flat[:, np.arange(-ly, ly + 1) % my]
        sums = scipy.fft.irfft(flat, mz, axis=2, overwrite_x=True, workers=workers)
        yield a, sums[:, :, np.arange(-lz, lz + 1) % mz]


@dataclass(frozen=True)
class RadialCorrelation:
    """Autocovariance averaged over all directions.

    Attributes:
        distance_m: mean distance of the lags in each shell [m].
        covariance: C(r) = <(I(x) - phi)(I(x + r) - phi)>, C(0) = phi (1 - phi).
        porosity: phi.
        directions_m: distances along the thirteen lattice directions, (13, lags) [m]; nan beyond the last.
        along: C along them, (13, lags).
    """

    distance_m: NDArray[np.float64]
    covariance: NDArray[np.float64]
    porosity: float
    directions_m: NDArray[np.float64]
    along: NDArray[np.float64]

    @property
    def s2(self) -> NDArray[np.float64]:
        """S2 = phi^2 + C."""
        return self.porosity**2 + self.covariance


def radial_correlation(
    void: BoolVolume,
    spacing_m: Spacing,
    periodic: Sequence[bool] = (False, False, False),
    longest_m: float | None = None,
) -> RadialCorrelation:
    """Autocovariance averaged over all directions, in shells as wide as the smallest edge of a voxel.

    Along axes that do not wrap each lag is divided by the pairs it has, and lags of a shell weigh by their
    pairs. Shells are complete up to half the shortest edge of the box, where they end by default.

    Accuracy: rounding of float32, 1e-5 of phi (1 - phi) at 256^3. Of a finite sample the mean is its own:
    all lags read low by about the variance of the sample's porosity.
    Memory: 8 bytes for each of nx (ny + Ly) (nz + Lz)/2 complex numbers, 0.2 GB at 256^3 without wrapping.
    """
    void, h, wrap, _ = volume_of(void, spacing_m, periodic)
    edge = np.array(h)
    used = [ax for ax in range(3) if void.shape[ax] > 1]
    half = min((void.shape[ax] // 2 * h[ax] for ax in used), default=0.0)
    reach = half if longest_m is None else float(longest_m)
    if not 0 <= reach <= half * (1 + 1e-9):
        raise InputError("longest_m", f"{longest_m!r}", f"0 to {half:.3g} m, half the shortest edge")
    longest = tuple(min(void.shape[ax] // 2, math.floor(reach / h[ax] + 1e-9)) for ax in range(3))
    phi = float(void.mean())
    unit = float(min(h[ax] for ax in used)) if used else h[0]
    shells = math.floor(reach / unit + 1e-9) + 1
    total, weight, radius = (np.zeros(shells) for _ in range(3))
    most = max(longest) + 1
    along = np.full((13, most), np.nan)
    y = np.arange(-longest[1], longest[1] + 1)
    z = np.arange(-longest[2], longest[2] + 1)
    count_y = (void.shape[1] if wrap[1] else void.shape[1] - np.abs(y)) * np.ones(len(y))
    count_z = (void.shape[2] if wrap[2] else void.shape[2] - np.abs(z)) * np.ones(len(z))
    count_yz = count_y[:, None] * count_z[None, :]
    r2_yz = (y * edge[1])[:, None] ** 2 + (z * edge[2])[None, :] ** 2
    for first, slab in _lag_slabs(void, wrap, longest, phi):
        for k, sums in enumerate(slab):
            x = first + k
            count_x = void.shape[0] if wrap[0] else void.shape[0] - x
            r = np.sqrt((x * edge[0]) ** 2 + r2_yz)
            index = (r / unit + 0.5).astype(np.int32).ravel()
            pairs = (count_x * count_yz).ravel()
            index[index >= shells] = shells
            twice = 1.0 if x == 0 else 2.0
            total += twice * np.bincount(index, sums.ravel(), shells + 1)[:shells]
            weight += twice * np.bincount(index, pairs, shells + 1)[:shells]
            radius += twice * np.bincount(index, pairs * r.ravel(), shells + 1)[:shells]
            _collect(along, sums, count_x * count_yz, x, longest)
    steps = np.sqrt(((DIRECTIONS * edge) ** 2).sum(1))
    distances = steps[:, None] * np.arange(most)[None, :]
    with np.errstate(invalid="ignore", divide="ignore"):
        return RadialCorrelation(radius / weight, total / weight, phi, distances, along)


def _collect(
    along: NDArray[np.float64],
    sums: NDArray[Any],
    pairs: NDArray[Any],
    x: int,
    longest: tuple[int, int, int],
) -> None:
    """Lags of one x plane that lie on the thirteen directions."""
    ly, lz = longest[1], longest[2]
    for d, (dx, dy, dz) in enumerate(DIRECTIONS):
        if dx < 0:
            dx, dy, dz = -dx, -dy, -dz
        if dx == 0 and x == 0:
            steps = range(min(ly // abs(dy) if dy else lz, lz // abs(dz) if dz else ly) + 1)
        elif dx == 1 and abs(dy * x) <= ly and abs(dz * x) <= lz:
            steps = range(x, x + 1)
        else:
            continue
        for k in steps:
            at = (ly + k * dy, lz + k * dz)
            along[d, k] = sums[at] / pairs[at]


@dataclass(frozen=True)
class Spectrum:
    """Structure factor averaged over shells of wave number.

    Attributes:
        wave_number_1_m: mean of each shell [rad/m].
        power_m3: spectral density of the indicator of voids [m^3].
        modes: independent modes in each shell.
        peak_1_m, peak_error_1_m: wave number of the highest shell, by a parabola through the logarithm [rad/m].
        mean_1_m: first moment over the shells, sum k S/sum S [rad/m].
    """

    wave_number_1_m: NDArray[np.float64]
    power_m3: NDArray[np.float64]
    modes: NDArray[np.float64]
    peak_1_m: float
    peak_error_1_m: float
    mean_1_m: float


def structure_factor(
    void: BoolVolume, spacing_m: Spacing, periodic: Sequence[bool] = (False, False, False)
) -> Spectrum:
    """Spectral density of the void indicator, S(k) = h^3 |F(k)|^2/(N <w^2>), averaged over directions.

    Axes that do not wrap are windowed (w = sin^2), which widens every line to two shells and leaves the peak in
    place; modes then share information, and their number is divided by 1.5 for each such axis.
    The peak is that of the shell average, not of k^2 S. Error of the peak: power of a mode has a standard
    deviation as large as itself (Gaussian field), so log S of a shell of n modes is known to n^(-1/2).
    """
    import scipy.fft

    void, h, wrap, _ = volume_of(void, spacing_m, periodic)
    nx, ny, nz = void.shape
    workers = _parallel.threads()
    windows = []
    for ax, n in enumerate(void.shape):
        w = np.ones(n) if wrap[ax] or n == 1 else np.sin(math.pi * (np.arange(n) + 0.5) / n) ** 2
        windows.append(w.astype(np.float32))
    wx, wy, wz = windows
    # The mean under the window, so that no power at zero leaks into the first shells.
    plane = np.einsum("xyz,z->xy", void, wz, dtype=np.float64) if nz > 1 else void[:, :, 0] * float(wz[0])
    phi = float(np.einsum("xy,x,y->", plane, wx, wy) / (wx.sum() * wy.sum() * wz.sum()))
    spectrum = np.empty((nx, ny, nz // 2 + 1), np.complex64)
    for a, b in _parallel.slabs(nx, max(1, nx // 8)):
        rows = (void[a:b] - np.float32(phi)) * (wx[a:b, None, None] * wy[:, None] * wz)
        flat = scipy.fft.rfft(rows, axis=2, workers=workers)
        spectrum[a:b] = scipy.fft.fft(flat, axis=1, overwrite_x=True, workers=workers)
    kx, ky, kz = (
        2 * math.pi * (np.fft.rfftfreq(n, e) if ax == 2 else np.fft.fftfreq(n, e))
        for ax, (n, e) in enumerate(zip(void.shape, h, strict=True))
    )
    sizes = [n * e for n, e in zip(void.shape, h, strict=True) if n > 1]
    unit = 2 * math.pi / max(sizes) if sizes else 1.0
    top = min((math.pi / e for n, e in zip(void.shape, h, strict=True) if n > 1), default=0.0)
    shells = int(top / unit) + 1
    total, modes, number = (np.zeros(shells + 1) for _ in range(3))
    # Of +k and -k only one is independent; along z the transform holds one of each pair already.
    weight = np.full(len(kz), 2.0)
    weight[0] = 1.0
    if nz % 2 == 0 and nz > 1:
        weight[-1] = 1.0
    for a, b in _parallel.slabs(ny, max(1, ny // 8)):
        columns = scipy.fft.fft(spectrum[:, a:b], axis=0, workers=workers)
        power = columns.real**2 + columns.imag**2
        k = np.sqrt(kx[:, None, None] ** 2 + ky[None, a:b, None] ** 2 + kz[None, None, :] ** 2)
        index = np.minimum((k / unit + 0.5).astype(np.int32), shells).ravel()
        w = np.broadcast_to(weight, k.shape).ravel()
        total += np.bincount(index, power.ravel() * w, shells + 1)
        modes += np.bincount(index, w, shells + 1)
        number += np.bincount(index, w * k.ravel(), shells + 1)
    scale = math.prod(h) / (math.prod(void.shape) * math.prod(float((w * w).mean()) for w in windows))
    used = slice(1, shells)
    with np.errstate(invalid="ignore", divide="ignore"):
        wave, s = (number / modes)[used], (total / modes)[used] * scale
    free = modes[used] / 2
    for ax in range(3):
        if not wrap[ax] and void.shape[ax] > 1:
            free = free / 1.5
    ok = (modes[used] > 0) & np.isfinite(s)
    wave, s, free = wave[ok], s[ok], free[ok]
    peak, error = _peak(wave, s, free)
    mean = float((wave * s).sum() / s.sum()) if s.sum() > 0 else math.nan
    return Spectrum(wave, s, free, peak, error, mean)


def _peak(k: NDArray[np.float64], s: NDArray[np.float64], modes: NDArray[np.float64]) -> tuple[float, float]:
    """Place of the maximum by a weighted parabola through log S over the shells above half of it."""
    if len(k) < 3 or not (s > 0).any():
        return math.nan, math.nan
    top = int(np.argmax(s))
    low = high = top
    while low > 0 and s[low - 1] > 0.5 * s[top]:
        low -= 1
    while high < len(s) - 1 and s[high + 1] > 0.5 * s[top]:
        high += 1
    low, high = min(low, max(top - 1, 0)), max(high, min(top + 1, len(s) - 1))
    if high - low < 2:
        return float(k[top]), math.nan
    # In units of the peak, so that the powers of x are of one size.
    x, y, w = (
        k[low : high + 1] / k[top] - 1,
        np.log(np.maximum(s[low : high + 1], 1e-300)),
        modes[low : high + 1],
    )
    design = np.stack([np.ones_like(x), x, x * x], 1)
    normal = design.T @ (w[:, None] * design)
    inverse = np.linalg.pinv(normal)
    c = inverse @ (design.T @ (w * y))
    if c[2] >= 0 or not x[0] <= -c[1] / (2 * c[2]) <= x[-1]:
        return float(k[top]), math.nan
    gradient = np.array([0.0, -1 / (2 * c[2]), c[1] / (2 * c[2] ** 2)])
    error = math.sqrt(max(float(gradient @ inverse @ gradient), 0.0))
    return float(k[top] * (1 - c[1] / (2 * c[2]))), float(k[top]) * error


def decay_length(
    distance: NDArray[np.float64], covariance: NDArray[np.float64], share: float = math.exp(-1)
) -> float:
    """Distance at which the covariance has fallen to ``share`` of its value at 0, straight between lags; nan
    where it does not within the lags.
    """
    chi = covariance / covariance[0] if covariance[0] > 0 else np.full(len(covariance), np.nan)
    below = np.flatnonzero(chi < share)
    if len(below) == 0 or below[0] == 0:
        return math.nan
    i = int(below[0])
    part = (chi[i - 1] - share) / (chi[i - 1] - chi[i])
    return float(distance[i - 1] + part * (distance[i] - distance[i - 1]))


def first_minimum(distance: NDArray[np.float64], covariance: NDArray[np.float64]) -> tuple[float, float]:
    """Place and normalized depth of the first minimum below 0 (a parabola through three lags); nan without."""
    chi = covariance / covariance[0] if covariance[0] > 0 else np.full(len(covariance), np.nan)
    for i in range(1, len(chi) - 1):
        if chi[i] < 0 and chi[i] <= chi[i - 1] and chi[i] < chi[i + 1]:
            a, b = chi[i - 1] - chi[i], chi[i + 1] - chi[i]
            shift = 0.5 * (a - b) / (a + b)
            return float(distance[i] + shift * (distance[i + 1] - distance[i])), float(
                chi[i] - (a - b) ** 2 / (8 * (a + b))
            )
    return math.nan, math.nan


def axis_length(a: AxisCorrelation) -> tuple[float, float]:
    """1/e length along one axis and its standard error, from leaving out one tile after another [m]."""
    every = np.arange(len(a.both))
    value = decay_length(a.distance_m, _covariance(a, every))
    if len(every) < 4:
        return value, math.nan
    each = np.array([decay_length(a.distance_m, _covariance(a, np.delete(every, i))) for i in every])
    if not np.isfinite(each).all():
        return value, math.nan
    n = len(every)
    return value, _NEIGHBOURS * float(np.sqrt((n - 1) / n * ((each - each.mean()) ** 2).sum()))


_METHOD = PARA + "16 (structure): two-point correlation of voids, S2(r) = P(both ends in voids)"
_CITED = ("ep1063256", "debye1957", "yeong1998", "torquato2002")


def correlation_measurements(
    void: BoolVolume,
    spacing_m: Spacing,
    periodic: Sequence[bool] = (False, False, False),
    region: str = "core",
) -> list[Measurement]:
    """`correlation_length` and `structure_wavelength` [m] of a voxel structure or an image.

    correlation_length: distance at which the autocovariance, averaged over all directions, falls to 1/e (for
    S2 - phi^2 ~ exp(-r/a) it is a). Uncertainty: the mean of the standard errors along the axes.
    structure_wavelength: 2 pi over the wave number at which the structure factor peaks; its uncertainty is
    that of the peak.

    Args:
        void: True in voids, (nx, ny, nz) or (nx, ny).
        spacing_m: edge of a voxel [m], one or one for each axis.
        periodic: whether each axis wraps.
        region: written into the results.

    Evidence: ``radial`` (distance, S2, normalized covariance), ``axes`` (the same along x, y, z with 1/e
    lengths and errors), first zero, first minimum, ``surface_area_per_volume_1_m`` from the slope at 0 (low by
    about (h/l)^2 for chords l), ``debye_length_m`` 4 phi (1 - phi)/S_V, and the anisotropy of 1/e lengths in
    thirteen directions; ``structure_factor``.
    """
    void, h, wrap, _ = volume_of(void, spacing_m, periodic)
    phi = float(void.mean())
    if phi in (0.0, 1.0) or max(void.shape) < 4:
        reason = (
            "there is no polymer" if phi == 1 else "there is no void" if phi == 0 else "the box is too small"
        )
        return [
            Measurement(name, None, "m", None, _METHOD, region, reason=reason, citations=_CITED)
            for name in ("correlation_length", "structure_wavelength")
        ]
    used = [ax for ax in range(3) if void.shape[ax] > 1]
    axes = [axis_correlation(void, h, ax, wrap) for ax in used]
    radial = radial_correlation(void, h, wrap)
    lengths = [axis_length(a) for a in axes]
    value = decay_length(radial.distance_m, radial.covariance)
    errors = [e / v for v, e in lengths if math.isfinite(e) and v > 0]
    error = value * float(np.mean(errors)) if errors and math.isfinite(value) else None
    three = len(used) == 3
    # Walls per length are the mean over the directions of the body: S_V = 2 <N_L> in space; in a plane the
    # length of wall per area is (pi/2) <N_L>.
    walls = float(np.mean([a.walls_1_m for a in axes]))
    surface = (2.0 if three else math.pi / 2) * walls
    minimum, depth = first_minimum(radial.distance_m, radial.covariance)
    chi = radial.covariance / radial.covariance[0]
    evidence: dict[str, Any] = {
        "meaning": "distance at which the autocovariance has fallen to 1/e",
        "radial": {
            "distance_m": _short(radial.distance_m),
            "s2": _short(radial.s2),
            "normalized_covariance": _short(chi),
        },
        "axes": [
            {
                "axis": "xyz"[a.axis],
                "step_m": a.step_m,
                "s2": _short(a.s2),
                "length_1_e_m": _finite(v),
                "standard_error_m": _finite(e),
                "walls_1_m": a.walls_1_m,
            }
            for a, (v, e) in zip(axes, lengths, strict=True)
        ],
        "first_zero_m": _finite(decay_length(radial.distance_m, radial.covariance, 0.0)),
        "first_minimum_m": _finite(minimum),
        "first_minimum_normalized": _finite(depth),
        "half_length_m": _finite(decay_length(radial.distance_m, radial.covariance, 0.5)),
        ("surface_area_per_volume_1_m" if three else "perimeter_per_area_1_m"): surface,
        "surface_meaning": "4 (S2(0) - S2(h))/h over the axes; chords below a voxel are missed: low",
        "debye_length_m": 4 * phi * (1 - phi) / surface if surface > 0 and three else None,
    }
    if three:
        _add_directions(evidence, radial)
    checks = [_isotropy_check(lengths, [a.axis for a in axes])]
    periods = min(void.shape[ax] * h[ax] for ax in used) / value if value > 0 else math.nan
    checks.append(
        Check(
            "box holds many correlation lengths",
            "pass" if periods >= 20 else "warn",
            f"the shortest edge of the box is {periods:.1f} correlation lengths"
            if math.isfinite(periods)
            else "the covariance does not fall to 1/e within half the box",
        )
    )
    ok = math.isfinite(value)
    out = [
        Measurement(
            "correlation_length",
            value if ok else None,
            "m",
            error,
            _METHOD,
            region,
            tuple(checks),
            evidence,
            _CITED,
            "" if ok else "the covariance does not fall to 1/e within half the box",
        )
    ]
    spectrum = structure_factor(void, h, wrap)
    peak = spectrum.peak_1_m
    first = float(spectrum.wave_number_1_m[0]) if len(spectrum.wave_number_1_m) else math.nan
    found = math.isfinite(peak) and peak > 0
    inner = found and peak > 2.5 * first
    out.append(
        Measurement(
            "structure_wavelength",
            2 * math.pi / peak if found else None,
            "m",
            2 * math.pi / peak**2 * spectrum.peak_error_1_m
            if found and math.isfinite(spectrum.peak_error_1_m)
            else None,
            PARA + "16 (structure): peak of the structure factor averaged over directions",
            region,
            (
                Check(
                    "peak inside the spectrum",
                    "pass" if inner else "warn",
                    f"the peak lies at {peak / first:.1f} times the lowest wave number of the box",
                ),
            ),
            {
                "wave_number_1_m": _short(spectrum.wave_number_1_m, 150),
                "power_m3": _short(spectrum.power_m3, 150),
                "modes": _short(spectrum.modes, 150),
                "mean_wave_number_1_m": spectrum.mean_1_m,
                "windowed_axes": ["xyz"[ax] for ax in used if not wrap[ax]],
            },
            _CITED,
            "" if found else "no wave number stands out",
        )
    )
    return out


def _short(values: NDArray[Any], most: int = 260) -> list[float | None]:
    """The first values, six digits, for the evidence."""
    return [float(f"{v:.6g}") if math.isfinite(v) else None for v in np.asarray(values, float)[:most]]


def _add_directions(evidence: dict[str, Any], radial: RadialCorrelation) -> None:
    lengths = np.array(
        [
            decay_length(r[np.isfinite(c)], c[np.isfinite(c)])
            for r, c in zip(radial.directions_m, radial.along, strict=True)
        ]
    )
    evidence["directions"] = DIRECTIONS.tolist()
    evidence["length_1_e_by_direction_m"] = _short(lengths)
    steps = radial.directions_m[:, 1]
    cubic = bool(np.allclose(steps, steps[0] * np.sqrt((DIRECTIONS**2).sum(1))))
    if np.isfinite(lengths).all() and cubic:
        value, principal, vectors = anisotropy(lengths)
        evidence["anisotropy"] = value
        evidence["principal_lengths_m"] = _short(principal)
        evidence["principal_directions"] = [[float(c) for c in vectors[:, i]] for i in range(3)]


def _isotropy_check(lengths: Sequence[tuple[float, float]], axes: Sequence[int]) -> Check:
    """Whether the 1/e lengths along the axes agree within their errors (chi-square, 95 %)."""
    known = [(v, e) for v, e in lengths if math.isfinite(v) and math.isfinite(e) and e > 0]
    words = ", ".join(f"{'xyz'[ax]} {v:.3g} +- {e:.1g} m" for ax, (v, e) in zip(axes, lengths, strict=True))
    if len(known) < 2:
        return Check("axes agree", "warn", f"not known: {words}")
    from scipy.stats import chi2

    v, e = np.array(known).T
    mean = (v / e**2).sum() / (1 / e**2).sum()
    chi = float((((v - mean) / e) ** 2).sum()) / _OPPOSED
    bound = float(chi2.ppf(0.95, len(known) - 1))
    return Check(
        "axes agree",
        "pass" if chi <= bound else "warn",
        f"1/e lengths {words}; chi-square {chi:.2f}, up to {bound:.2f} for an isotropic structure (95 %)",
    )
