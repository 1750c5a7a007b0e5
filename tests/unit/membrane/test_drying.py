"""Extraction and drying: volume balance, topology, limits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from percola.errors import InputError
from percola.membrane import DryingLaw, collapse_radius_m, dried
from percola.membrane.drying import signed_distance

LAW = DryingLaw(1.0, 1.0, 0.0, 5e7)  # no surface tension: nothing closes
PERIODIC = (True, True, True)


def two_phase(n: int, lean: float, rich: float, share: float, seed: int = 0) -> np.ndarray:
    """A smooth random bicontinuous field with a share of cells near ``lean`` and the others near ``rich``."""
    rng = np.random.default_rng(seed)
    k = 2 * np.pi * np.fft.fftfreq(n)
    k2 = k[:, None, None] ** 2 + k[None, :, None] ** 2 + k[None, None, :] ** 2
    g = np.fft.ifftn(
        np.fft.fftn(rng.standard_normal((n, n, n))) * np.exp(-(((np.sqrt(k2) - 0.5) / 0.12) ** 2))
    ).real
    g = (g - np.quantile(g, share)) / g.std()
    return (lean + (rich - lean) * 0.5 * (1 + np.tanh(3 * g))).astype(np.float32)


@given(
    rich=st.floats(0.4, 0.95),
    share=st.floats(0.25, 0.6),
    seed=st.integers(0, 50),
)
@settings(max_examples=12, deadline=None)
def test_the_volume_balance_is_exact(rich: float, share: float, seed: int) -> None:
    """porosity = f_v/(f_v + v) with f_v the lean share and v the polymer volume; cells shrink with the whole."""
    phi = two_phase(32, 0.01, rich, share, seed)
    s = dried(phi, 1e-8, PERIODIC, LAW)
    v = float(phi.mean(dtype=np.float64))
    expected = s.lean_share / (s.lean_share + v)
    # the level is cut at a quantile of 32768 voxels: exact to a few voxels (ties)
    assert s.porosity == pytest.approx(expected, abs=3e-4)
    assert s.gel_to_membrane == pytest.approx(s.lean_share + v, rel=1e-12)
    assert s.spacing_m == pytest.approx(1e-8 * s.gel_to_membrane ** (1 / 3), rel=1e-12)
    # polymer volume before and after: solid share times volume of the shrunken box
    assert (1 - s.porosity) * (s.spacing_m / 1e-8) ** 3 == pytest.approx(v, rel=2e-3)


def test_a_uniform_gel_dries_to_a_dense_film() -> None:
    rng = np.random.default_rng(1)
    phi = (0.36 + 0.02 * rng.standard_normal((24, 24, 24))).astype(np.float32)
    s = dried(phi, 1e-8, PERIODIC, LAW)
    assert s.porosity == 0.0
    assert s.gel_to_membrane == pytest.approx(0.36, abs=0.001)  # mean of 13824 samples of sd 0.02: 2e-4


def test_dense_struts_of_pure_polymer_do_not_move() -> None:
    """A rich phase that is already all polymer keeps its shape: porosity is the lean share."""
    phi = two_phase(32, 0.0, 1.0, 0.5)
    s = dried(phi, 1e-8, PERIODIC, LAW)
    # the smooth interface holds as much polymer outside as it lacks inside, up to its curvature: 2 %
    assert s.porosity == pytest.approx(s.lean_share, abs=0.02)


def test_pores_finer_than_the_collapse_radius_close() -> None:
    """A fine structure closes under a drying liquid that leaves a coarse one open."""
    phi = two_phase(32, 0.01, 0.6, 0.45)
    law = DryingLaw(1.0, 1.0, 0.028, 5e7)
    fine = dried(phi, 1e-9, PERIODIC, law)
    coarse = dried(phi, 5e-8, PERIODIC, law)
    assert fine.closed_share == 1.0
    assert fine.porosity == 0.0
    assert coarse.closed_share < 0.05
    assert coarse.porosity > 0.4


def test_collapse_radius_scales_as_its_formula() -> None:
    law = DryingLaw(1.0, 1.0, 0.028, 5e7)
    assert collapse_radius_m(law, 1.0, 1.0) == pytest.approx(2 * 0.028 / (0.3 * 5e7), rel=1e-12)
    assert collapse_radius_m(law, 0.25, 1.0) / collapse_radius_m(law, 1.0, 1.0) == pytest.approx(8.0)
    assert collapse_radius_m(law, 1.0, 0.5) / collapse_radius_m(law, 1.0, 1.0) == pytest.approx(2**2.25)
    for bad in (0.0, -1.0, 1.5, float("nan")):
        with pytest.raises(InputError, match="rich_share"):
            collapse_radius_m(law, bad, 0.5)


def test_signed_distance_of_a_sphere_is_its_radius() -> None:
    """Off-centre sphere of smooth profile: the zero level lies at the radius, distances grow one per cell."""
    n, radius = 40, 11.3
    x = np.arange(n) + 0.5
    r = np.sqrt(
        (x[:, None, None] - 19.7) ** 2 + (x[None, :, None] - 20.4) ** 2 + (x[None, None, :] - 20.0) ** 2
    )
    phi = (0.5 * (1 - np.tanh((r - radius) / 2))).astype(np.float32)
    d = signed_distance(phi, 0.5, (False, False, False))
    near = np.abs(r - radius) < 1.0
    # (phi - 1/2)/|grad phi| of a tanh of half width 2 overshoots by x^3/12 and more by central differences: 0.21 at x = 1
    assert np.abs(d[near] - (radius - r)[near]).max() < 0.25
    far = np.abs(r - radius) > 3.0
    # Euclidean distance between voxel centres: half a diagonal (0.87), and at the sphere's centre the smoothing
    # of the cone's tip, 1.6 standard deviations of 0.7 cells
    assert np.abs(d[far] - (radius - r)[far]).max() < 1.2


def test_periodic_distance_sees_through_the_boundary() -> None:
    phi = np.zeros((32, 8, 8), np.float32)
    phi[30:, :, :] = 1.0
    wrapped = signed_distance(phi, 0.5, (True, False, False))
    walled = signed_distance(phi, 0.5, (False, False, False))
    assert wrapped[0, 4, 4] > -1.6
    assert walled[0, 4, 4] < -20


def test_where_crystals_reject_their_solvent_they_are_the_solid():
    """A crystal of psi = 1 whose polymer has a blurred rim: the solid ends with the crystal, and its volume is the polymer's."""
    n, radius = 48, 12.0
    x = np.arange(n) + 0.5 - n / 2
    r = np.sqrt(x[:, None, None] ** 2 + x[None, :, None] ** 2 + x[None, None, :] ** 2)
    psi = (0.5 * (1 - np.tanh((r - radius) / 1.5))).astype(np.float32)
    phi = (0.02 + 0.7 * 0.5 * (1 - np.tanh((r - radius) / 6.0))).astype(np.float32)
    s = dried(phi, 1e-8, PERIODIC, LAW, crystallized=psi)
    share = 4 / 3 * np.pi * radius**3 / n**3
    assert s.lean_share == pytest.approx(1 - share, abs=0.01)  # a cell's width of surface: 0.016
    dry = LAW.dry_volume_per_gel_fraction * float(phi.mean()) / LAW.strut_fraction
    assert s.porosity == pytest.approx(s.lean_share / (s.lean_share + dry), abs=2e-3)
