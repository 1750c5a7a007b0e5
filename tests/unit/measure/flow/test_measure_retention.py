"""Paths of particles against exact solutions, sieving at known throats, LRV from counts."""

import math
from dataclasses import replace

import numpy as np
import pytest

from percola.errors import InputError
from percola.measure import phantoms
from percola.measure.flow._tracking import STOPPED, find_walls, follow, padded_velocity
from percola.measure.flow.creeping import creeping_flow
from percola.measure.flow.retention import (
    Passage,
    diffusion_m2_s,
    draw_feed,
    pass_through,
    reduction,
    retention,
)

R = 8.0


@pytest.fixture(scope="module")
def tube():
    p = phantoms.tube(R, 8)
    flow = creeping_flow(p.void, p.periodic, 2, p.level, 1e-4, velocity=True)
    walls = find_walls(p.void, p.periodic, p.level)
    velocity = padded_velocity(flow.velocity, p.periodic, 2)
    mean = flow.permeability * p.void.shape[0] * p.void.shape[1] / (math.pi * R**2)
    return p, flow, walls, velocity, mean


def annulus(p, radius, count, seed=0):
    rng = np.random.default_rng(seed)
    angle, rho = rng.uniform(0, 2 * np.pi, count), radius * np.sqrt(rng.random(count))
    c = p.void.shape[0] / 2
    return np.stack([c + rho * np.cos(angle), c + rho * np.sin(angle), np.full(count, 4000.0)], 1), rho


def test_distance_to_the_wall_between_voxels(tube):
    p, _, walls, _, _ = tube
    points, rho = annulus(p, R, 4000)
    points[:, 2] %= 8
    error = walls.clearance(points)[:, 0] - (R - rho)
    # Discs on a curved wall; at the axis the nearest of them counts, 0.2 voxel at worst.
    assert abs(error.mean()) < 0.01
    assert error.std() < 0.02
    assert np.abs(error).max() < 0.35


def test_feed_is_drawn_by_flow(tube):
    _, _, walls, velocity, _ = tube
    feed = draw_feed(velocity, walls, 2, 20_000, 1)
    for radius in (1.0, 2.0, 4.0, 6.0):
        s = radius / R
        ferry = 1 - (1 - (1 - s) ** 2) ** 2
        # Binomial error 0.35 % at worst, grid 0.2 %.
        assert feed.partition(radius) == pytest.approx(ferry, abs=0.012)


def test_advection_keeps_streamlines(tube):
    p, _, walls, velocity, mean = tube
    points, rho = annulus(p, 7.0, 300)
    end = follow(velocity, walls, p.void.shape, p.periodic, 2, points, 0.5, boxes=10**6, limit=100 / mean)
    c = p.void.shape[0] / 2
    after = np.hypot(end.end[:, 0] - c, end.end[:, 1] - c)
    np.testing.assert_allclose(after, rho, atol=0.02)  # straight tube: no sideways motion beyond the solve's
    speed = (end.end[:, 2] - 4000) / end.time / mean
    # Parabola within 1 % of the peak: second order in the voxel.
    np.testing.assert_allclose(speed, 2 * (1 - (rho / R) ** 2), atol=0.03)


@pytest.mark.parametrize("radius", [1.0, 3.0])
def test_finite_spheres_move_faster_and_spread_as_taylor_and_aris(tube, radius):
    p, _, walls, velocity, mean = tube
    s = radius / R
    count = 600
    points, _ = annulus(p, R - radius, count, 5)
    d = mean * R / 5
    time = 15 * R**2 / d
    end = follow(
        velocity, walls, p.void.shape, p.periodic, 2, points, radius, d, boxes=10**6, limit=time, seed=2
    )
    z = end.end[:, 2] - 4000
    # Mean of 2 (1 - rho^2/R^2) over rho <= R - a: 1 + 2 s - s^2 (DiMarzio and Guttman).
    expected = 1 + 2 * s - s**2
    found = z.mean() / end.time.mean() / mean
    scatter = z.std() / math.sqrt(count) / time / mean
    assert found == pytest.approx(
        expected, abs=3 * scatter + 0.005 * expected
    )  # 0.3 % low by the steps at the wall
    # Taylor and Aris: the profile seen has the amplitude U (1 - s)^2 in a tube of radius R - a.
    peclet = mean * (1 - s) ** 2 * (R - radius) / d
    spread = z.var() / (2 * time) / d
    # Variance of 600 values: 5.8 %; three of them and what the start leaves.
    assert spread == pytest.approx(1 + peclet**2 / 48, rel=0.19)
    rho = np.hypot(*(end.end[:, :2] - p.void.shape[0] / 2).T) / (R - radius)
    assert rho.max() < 1.03
    assert (rho**2).mean() == pytest.approx(0.5, abs=4 * 0.29 / math.sqrt(count))  # even over the section


def test_free_diffusion():
    # No wall within reach: one polymer voxel far away in a wide box, no flow.
    void = np.ones((40, 40, 40), bool)
    void[0, 0, 0] = False
    walls = find_walls(void, (True,) * 3)
    still = tuple(np.zeros([41 if a == 0 else 42 for a in range(3)], np.float32) for _ in range(3))
    start = np.full((4000, 3), 20.0)
    d, time = 0.5, 20.0
    end = follow(still, walls, void.shape, (True,) * 3, 2, start, 0.1, d, boxes=10**6, limit=time, seed=7)
    moved = end.end - start
    np.testing.assert_allclose(end.time, time)
    # Mean square displacement 6 D t; its error sqrt(2/3/N) = 1.3 %, three of them.
    assert (moved**2).sum(1).mean() == pytest.approx(6 * d * time, rel=0.04)
    assert np.abs(moved.mean(0)).max() < 4 * math.sqrt(2 * d * time / 4000)


def test_absorbing_tube_is_gormley_and_kennedy(tube):
    p, _, walls, velocity, mean = tube
    count = 4000
    feed = draw_feed(velocity, walls, 2, count, 1)
    d = mean * R / 50
    end = follow(
        velocity, walls, p.void.shape, p.periodic, 2, feed.points, 0.02, d, capture=True, boxes=10, seed=3
    )
    for m in (1, 2, 5, 10):
        x = d * 8 * m / (mean * R**2)
        exact = (
            0.81905 * math.exp(-3.6568 * x)
            + 0.09753 * math.exp(-22.305 * x)
            + 0.0325 * math.exp(-56.96 * x)
            + 0.01544 * math.exp(-107.6 * x)
        )
        share = float((end.reached >= m).mean())
        # Three binomial errors and 1 % for the radius of 0.02 voxel, the grid and diffusion along the tube.
        assert share == pytest.approx(exact, abs=3 * math.sqrt(exact * (1 - exact) / count) + 0.01 * exact)


def test_interception_holds_at_the_inlet_only(tube):
    p, _, walls, velocity, _ = tube
    feed = draw_feed(velocity, walls, 2, 2000, 4)
    begin = feed.points[feed.clearance >= 2.0]
    end = follow(velocity, walls, p.void.shape, p.periodic, 2, begin, 2.0, capture=True, boxes=8)
    # Streamlines are straight: only those that start within 0.02 voxel of touching may drift to the wall.
    assert (end.reached >= 8).mean() > 0.99


@pytest.mark.parametrize("brownian", [False, True])
def test_necklace_sieves_at_its_throat(brownian):
    p = phantoms.necklace(3.0, 5.0, 16, 1)
    flow = creeping_flow(p.void, p.periodic, 2, p.level, 1e-3, velocity=True)
    walls = find_walls(p.void, p.periodic, p.level)
    passed = {}
    for radius in (2.0, 2.75, 3.1, 3.5):
        d = diffusion_m2_s(2e-8 * radius) if brownian else 0.0
        found = pass_through(
            flow,
            walls,
            p.void.shape,
            p.periodic,
            1e-8,
            2e-8 * radius,
            1e-3,
            d,
            2,
            40,
            2,
            porosity=float(p.void.mean()),
        )
        passed[radius] = found.reached
    # The throat is found 0.02 to 0.08 voxel narrow; a slid sphere needs 0.1 voxel of play.
    assert passed[2.0] == (40, 40)
    assert passed[2.75] == (40, 40)
    assert passed[3.1] == (0, 0)
    assert passed[3.5] == (0, 0)


def test_held_without_diffusion_is_told():
    p = phantoms.necklace(3.0, 5.0, 16, 1)
    flow = creeping_flow(p.void, p.periodic, 2, p.level, 1e-3, velocity=True)
    walls = find_walls(p.void, p.periodic, p.level)
    velocity = padded_velocity(flow.velocity, p.periodic, 2)
    c = p.void.shape[0] / 2
    start = np.array([[c, c, 8.0], [c + 0.5, c, 8.0]])
    end = follow(velocity, walls, p.void.shape, p.periodic, 2, start, 3.3)
    assert np.all(end.outcome == STOPPED)
    assert np.all(end.end[:, 2] < 16)


def test_mirror_images_continue_the_flow():
    p = phantoms.gaussian_field(20, 10, 0.7, seed=2)
    closed, doubled = (False, False, False), (False, False, True)
    flow = creeping_flow(p.void, closed, 2, p.level, 1e-4, velocity=True)
    walls = find_walls(p.void, closed, p.level)
    twice = np.concatenate([p.void, p.void[:, :, ::-1]], 2)
    level = np.concatenate([p.level, p.level[:, :, ::-1]], 2)
    long = creeping_flow(twice, doubled, 2, level, 1e-4, velocity=True)
    long_walls = find_walls(twice, doubled, level)
    start = draw_feed(padded_velocity(flow.velocity, closed, 2), walls, 2, 200, 1).points
    one = follow(
        padded_velocity(flow.velocity, closed, 2), walls, p.void.shape, closed, 2, start, 0.3, boxes=2
    )
    two = follow(
        padded_velocity(long.velocity, doubled, 2), long_walls, twice.shape, doubled, 2, start, 0.3, boxes=1
    )
    both = (one.reached == 2) & (two.reached == 1)
    assert both.mean() > 0.9
    # The same streamlines through the block and its image: apart by what the two solves differ in.
    assert np.median(np.abs(one.end[both, :2] - two.end[both, :2])) < 0.05
    assert np.median(np.abs(one.time[both] / two.time[both] - 1)) < 0.02


def passage(reached, fed=1000, entering=1000, blocked=False):
    return Passage(1e-8, fed, entering, reached, 0, 0, 0, blocked, 1.0, 1.0, None)


def test_reduction_from_counts():
    half = reduction(passage((500, 250, 125)), 10)
    assert half.value == pytest.approx(10 * math.log10(2))
    assert not half.bound
    # Binomial: the first copy's and nine times that of 375 of 750.
    expected = math.hypot(math.sqrt(1 / 1000), 9 * math.sqrt(1 / 750)) / math.log(10)
    assert half.error == pytest.approx(expected, rel=0.02)
    none = reduction(passage((0, 0)), 10)
    assert none.bound
    assert none.value == pytest.approx(-math.log10(1 - 0.05 ** (1 / 1000)))
    free = reduction(passage((1000, 1000)), 100)
    assert free.value == 0
    assert 0 < free.error < 0.05  # no loss seen among 1000 does not mean none
    assert reduction(passage((0,), blocked=True), 5).value == math.inf
    slow = reduction(replace(passage((900,)), expired=100), 1)
    assert slow.value == pytest.approx(-math.log10(0.9))
    assert slow.late == 0
    assert slow.error > slow.value / 2


def test_results_are_reproducible_and_complete(monkeypatch):
    p = phantoms.gaussian_field(24, 12, 0.65, seed=3, spacing_m=5e-9)
    values = []
    for n in ("1", "2"):
        monkeypatch.setenv("PERCOLA_THREADS", n)
        found = retention(
            p.void,
            p.spacing_m,
            p.periodic,
            p.level,
            particle_diameters_m=(20e-9, 10e-9, 200e-9),
            particles=60,
            flux_m_s=1e-3,
            thickness_m=1e-6,
            contact="capture",
        )
        values.append([m.to_dict() for m in found])
    assert values[0] == values[1]
    lrv, cutoff = found
    assert lrv.name == "lrv"
    assert [row["diameter_m"] for row in lrv.evidence["lrv_curve"]] == [10e-9, 20e-9, 200e-9]
    assert lrv.evidence["reference_diameter_m"] == 20e-9
    assert lrv.evidence["lrv_curve"][2]["sieved"]
    assert lrv.evidence["lrv_curve"][0]["lrv"] > 0
    assert lrv.evidence["copies_in_wall"] == pytest.approx(1e-6 / (24 * 5e-9))
    assert 0 < cutoff.value <= lrv.evidence["widest_sphere_diameter_m"]


def test_sieved_and_empty_structures():
    p = phantoms.tube(4, 4)
    found = retention(p.void, 1e-8, p.periodic, p.level, particle_diameters_m=(120e-9,), particles=20)
    assert found[0].value is None
    assert "wide" in found[0].reason
    assert found[1].value == pytest.approx(80e-9, rel=0.03)  # the tube's own diameter
    for void in (np.ones((6, 6, 6), bool), np.zeros((6, 6, 6), bool), phantoms.isolated_pores(12, 1).void):
        assert all(m.value is None and m.reason for m in retention(void, 1e-8, (True,) * 3))


@pytest.mark.parametrize(
    "wrong",
    [
        {"particle_diameters_m": (0.0,)},
        {"temperature_K": -1.0},
        {"contact": "stick"},
        {"pressure_Pa": 1e5},
        {"particles": 1},
        {"flux_m_s": math.nan},
    ],
)
def test_bad_arguments(wrong):
    p = phantoms.tube(3, 4)
    with pytest.raises(InputError):
        retention(p.void, 1e-8, p.periodic, **wrong)


def test_stokes_einstein():
    # A sphere of 20 nm in water at 25 degC: 2.45e-11 m^2/s, as in tables of dynamic light scattering.
    assert diffusion_m2_s(20e-9) == pytest.approx(2.45e-11, rel=0.01)


def test_each_size_has_a_result_and_checks_of_its_own_and_the_cut_off_knows_its_bracket():
    p = phantoms.gaussian_field(24, 10, 0.6, spacing_m=5e-9)
    found = retention(
        p.void,
        p.spacing_m,
        p.periodic,
        p.level,
        particle_diameters_m=(4e-9, 25e-9, 200e-9),
        particles=40,
        brownian=False,
        each=True,
    )
    *sizes, cutoff = found
    assert [m.region for m in sizes] == ["particles of 4 nm", "particles of 25 nm", "particles of 200 nm"]
    rows = sizes[0].evidence["lrv_curve"]
    assert [m.value for m in sizes] == [r["lrv"] for r in rows]
    resolved = [
        next(c.status for c in m.checks if c.name == "particle resolved by the voxels") for m in sizes
    ]
    assert resolved == ["warn", "pass", "pass"]  # two voxels are 10 nm
    assert all("lrv_curve" not in m.evidence for m in sizes[1:])
    # The cut-off lies between two sizes followed, or between the largest that passes and the widest sphere: a uniform
    # distribution over that interval has its width over the square root of 12.
    widest = cutoff.evidence["widest_sphere_diameter_m"]
    ends = sorted([0.0, *(d for d in (4e-9, 25e-9) if d < widest), widest])
    low = max(e for e in ends if e < cutoff.value)
    high = min(e for e in ends if e >= cutoff.value)
    assert cutoff.uncertainty >= (high - low) / math.sqrt(12) * (1 - 1e-9)
