"""Fibre and sheet in still liquid: the layer of liquid takes heat as it must, at first and in the end."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.linalg import solve_banded

from percola.quench import Face, HeatProperties, Stage, StillLayer, Wall, cool
from percola.quench.analytic import cylinder_conduction

HOT, COLD = 418.15, 293.15
RHO, C, K = 1250.0, 1700.0, 0.19
# Near a phthalate at 60 degC.
OIL_K, OIL_C = 0.13, 950.0 * 1800.0
OIL = StillLayer(OIL_K, OIL_C)


def together(radius, edges_wall, edges_liquid, times):
    """Backward Euler on both bodies at once with Richardson extrapolation; its own code, uniform in nothing
    else."""
    r = np.concatenate((edges_wall, edges_liquid[1:]))
    rc = 0.5 * (r[1:] + r[:-1])
    weight = (lambda x: x) if radius else np.ones_like
    inside = rc < edges_wall[-1]
    capacity = np.where(inside, RHO * C, OIL_C) * weight(rc) * np.diff(r)
    k = np.where(inside, K, OIL_K)
    half = 0.5 * np.diff(r) / k
    g = weight(r[1:-1]) / (half[:-1] + half[1:])
    core = np.interp(0.5 * (edges_wall[0] + edges_wall[-1]), rc, np.arange(len(rc)))

    def run(splits):
        T = np.where(inside, HOT, COLD).astype(float)
        out = []
        for a, b in itertools.pairwise(times):
            dt = (b - a) / splits
            band = np.zeros((3, len(T)))
            band[1] = capacity / dt
            band[1, :-1] += g
            band[1, 1:] += g
            band[0, 1:] = band[2, :-1] = -g
            for _ in range(splits):
                T = solve_banded((1, 1), band, capacity / dt * T)
            out.append(np.interp(core, np.arange(len(T)), T))
        return np.array(out)

    return 2 * run(2) - run(1)


@pytest.mark.parametrize("geometry", ["fibre", "sheet"])
def test_wall_and_liquid_together(geometry):
    """A layer so thick that its far edge is not felt is liquid without end: the same as another code's two
    bodies."""
    times = np.concatenate(([0.0], np.logspace(-4, np.log10(20.0), 400)))
    if geometry == "fibre":
        a, b = 0.45e-3, 0.85e-3
        edges = np.linspace(a, b, 121), b + 1.7e-6 * (1.04 ** np.arange(220) - 1) / 0.04
        wall, inner = Wall.fibre(2 * a, 2 * b), None
        film = OIL_K / (b * np.log((edges[1][-1]) / b))
    else:
        a, b = 0.0, 100e-6
        edges = np.linspace(a, b, 121), b + 0.8e-6 * (1.04 ** np.arange(220) - 1) / 0.04
        wall, inner = Wall.sheet(b), Face.insulated()
        film = OIL_K / (edges[1][-1] - b)
    exact = together(b if geometry == "fibre" else 0.0, *edges, times)
    h = cool(wall, HeatProperties(RHO, C, K), HOT, Stage(Face(COLD, film, still=OIL), inner), t_end_s=20.0)
    ratios = []
    for fraction in (0.1, 0.3, 0.5, 0.7):
        goal = HOT - fraction * (HOT - COLD)
        i = int(np.argmax(exact < goal))
        assert i > 0
        t_exact = np.interp(-goal, -exact[i - 1 : i + 1], times[i : i + 2])
        ratios.append(h.time_at_temperature_s(h.core_depth_m, goal) / t_exact)
    # The other code's 400 steps over 5 decades with linear interpolation and both grids: 1 %.
    np.testing.assert_allclose(ratios, 1.0, atol=0.01)


def test_layer_ends_as_its_film():
    """Once warmed through, exactly h (T_s - T_m) crosses the layer: a sheet held hot at its other face."""
    L, film = 200e-6, 300.0
    h = cool(
        Wall.sheet(L),
        HeatProperties(RHO, C, K),
        HOT,
        Stage(Face(COLD, film, still=OIL), Face(HOT, np.inf)),
        within_K=1e-5,
    )
    q = (HOT - COLD) / (1 / film + L / K)
    assert h.temperature_K[-1, 0] == pytest.approx(
        COLD + q / film, abs=2e-3
    )  # 1e-5 K asked for, steps damped out
    tube = cool(
        Wall.fibre(0.9e-3, 1.7e-3),
        HeatProperties(RHO, C, K),
        HOT,
        Stage(Face(COLD, film, still=OIL), Face(HOT, np.inf)),
        within_K=1e-5,
    )
    b, a = 0.85e-3, 0.45e-3
    q = (HOT - COLD) / (1 / film + b * np.log(b / a) / K)
    assert tube.temperature_K[-1, 0] == pytest.approx(COLD + q / film, abs=2e-3)


def test_surface_jumps_to_the_contact_temperature():
    """Two half spaces in contact: T_s between them by their effusivities, at once and for as long as neither
    feels its end."""
    h = cool(Wall.fibre(0.9e-3, 1.7e-3), HeatProperties(RHO, C, K), HOT, Stage(Face(COLD, 280.0, still=OIL)))
    e_wall, e_oil = np.sqrt(K * RHO * C), np.sqrt(OIL_K * OIL_C)
    contact = (e_wall * HOT + e_oil * COLD) / (e_wall + e_oil)
    t, T = h.outer(0.0)
    for when in (1e-5, 1e-4, 1e-3):
        # Cell of 0.25 um against sqrt(alpha t) = 0.9 um at 1e-5 s, then curvature, sqrt(alpha t)/b = 1 % of
        # the jump.
        assert np.interp(when, t, T) == pytest.approx(contact, abs=1.5)


def test_layer_conserves_heat_over_two_baths():
    bath = Face(COLD, 280.0, still=OIL)
    heat = cool(
        Wall.fibre(0.9e-3, 1.7e-3),
        HeatProperties(RHO, C, K),
        HOT,
        [Stage(bath, duration_s=0.7), Stage(Face(300.0, 15.0), duration_s=0.5), Stage(bath)],
    ).heat
    assert abs(heat["imbalance"]) < 2e-9 * heat["removed"]  # rounding over some 400 steps


def test_isothermal_fibre_loses_heat_as_carslaw_and_jaeger():
    """A fibre of very large heat capacity and conductivity against the exact flux from a cylinder at one
    temperature."""
    b = 0.85e-3
    block = HeatProperties(1e6, 1e6, 1e3)
    for end in (0.01, 0.3, 3.0):
        h = cool(
            Wall.fibre(0.9e-3, 2 * b),
            block,
            HOT,
            Stage(Face(COLD, 30.0, still=OIL)),
            t_end_s=end,
            face_cell_m=1e-6,
            tolerance_K=1e-3,
        )
        tau = np.geomspace(1e-9, OIL_K / OIL_C * end / b**2, 4001)
        mean = np.trapezoid([cylinder_conduction(x) * x for x in tau], np.log(tau)) / (tau[-1] - tau[0])
        exact = mean * OIL_K / b * (HOT - COLD) * end
        # Nu of the steady film is 0.39, a layer of some 160 radii, not felt; surface within 0.2 K; cells of 1
        # um in 20 um.
        assert h.heat["removed"] == pytest.approx(exact, rel=0.01)


def test_conduction_from_a_cylinder_against_its_series():
    """Quadrature against both expansions of Carslaw and Jaeger (1959), section 13.5, equations 9 and 10."""
    for tau in (2e-3, 1e-2, 3e-2):
        early = 1 / np.sqrt(np.pi * tau) + 0.5 - 0.25 * np.sqrt(tau / np.pi) + tau / 8
        assert cylinder_conduction(tau) == pytest.approx(early, rel=2e-4)  # next term 0.04 tau^1.5
    for tau in (1e5, 1e7):
        x = np.log(4 * tau) - 2 * np.euler_gamma
        late = 2 * (1 / x - np.euler_gamma / x**2)
        assert cylinder_conduction(tau) == pytest.approx(
            late, rel=2 / x**2
        )  # next term (gamma^2 - pi^2/6)/x^3, relative
