"""Limits in which the quench has a simpler answer."""

from __future__ import annotations

import math

import numpy as np
import pytest

from percola.quench import Bore, Face, HeatProperties, Stage, Wall, cool

HOT, COLD = 428.15, 293.15
RHO, C, K = 1250.0, 1700.0, 0.19
PROPERTIES = HeatProperties(RHO, C, K)
ALPHA = K / (RHO * C)


def test_small_biot_number_is_a_lump():
    """Sheet of 100 um in air, 10 W/(m2.K): Biot number 0.0026, so T falls as exp(-2 h t/(rho c L))."""
    L, film = 100e-6, 10.0
    h = cool(Wall.sheet(L), PROPERTIES, HOT, Stage(Face(COLD, film)))
    t, T = h.core()
    exact = COLD + (HOT - COLD) * np.exp(-2 * film * t / (RHO * C * L))
    # The lump leaves out terms of the order Bi/3 = 0.1 % of the fall; 0.1 K of linear interpolation is not in
    # play here.
    np.testing.assert_allclose(T, exact, atol=2e-3 * (HOT - COLD))


def test_large_biot_number_is_ideal_contact():
    wall = Wall.sheet(100e-6)
    contact = cool(wall, PROPERTIES, HOT, Stage(Face(COLD, math.inf)))
    film = cool(wall, PROPERTIES, HOT, Stage(Face(COLD, 1e7)))
    # Biot number 2600 on the half thickness: slower by 2/Bi, some 0.1 %.
    assert film.cooling_time_s == pytest.approx(contact.cooling_time_s, rel=2e-3)
    assert contact.temperature_K[-1, 0] == COLD
    # One term of the series, 4/pi exp(-pi^2 Fo): 90 % of the fall at Fo = 0.2579 of L^2 (error of one term
    # 1e-8).
    assert contact.cooling_time_s == pytest.approx(
        math.log(40 / math.pi) / math.pi**2 * 100e-6**2 / ALPHA, rel=2e-3
    )


def test_a_wide_fibre_is_a_sheet():
    sheet = cool(Wall.sheet(200e-6), PROPERTIES, HOT, Stage(Face(COLD, 500.0), Face.insulated()))
    fibre = cool(Wall.fibre(0.2, 0.2004), PROPERTIES, HOT, Stage(Face(COLD, 500.0)))
    assert fibre.cooling_time_s == pytest.approx(sheet.cooling_time_s, rel=3e-3)  # L/2a = 1e-3


def test_air_in_the_bore_is_nearly_insulation():
    """All the heat of the bore air is below 0.1 % of the wall's, so the fibre cools as if insulated
    inside."""
    stage = Stage(Face(COLD, 400.0))
    air = cool(Wall.fibre(0.9e-3, 1.7e-3, Bore.air()), PROPERTIES, HOT, stage)
    none = cool(Wall.fibre(0.9e-3, 1.7e-3), PROPERTIES, HOT, stage)
    assert air.cooling_time_s == pytest.approx(none.cooling_time_s, rel=2e-3)
    assert air.bore_temperature_K is not None
    assert air.bore_temperature_K[-1] == pytest.approx(COLD, abs=1.0)  # follows the wall within 0.5 K
    # A bore full of liquid has 0.35 times the heat of the wall to give up and slows the fibre.
    full = cool(Wall.fibre(0.9e-3, 1.7e-3, Bore(1000.0, 1900.0, 0.14)), PROPERTIES, HOT, stage)
    assert full.cooling_time_s > 1.2 * none.cooling_time_s


def test_splitting_a_stage_changes_nothing():
    face = Face(COLD, 400.0)
    whole = cool(Wall.fibre(0.9e-3, 1.7e-3), PROPERTIES, HOT, Stage(face), t_end_s=3.0)
    parts = cool(
        Wall.fibre(0.9e-3, 1.7e-3), PROPERTIES, HOT, [Stage(face, duration_s=0.4), Stage(face)], t_end_s=3.0
    )
    # Different steps: 5 mK each.
    np.testing.assert_allclose(parts.temperature_K[-1], whole.temperature_K[-1], atol=0.02)


def test_steady_state_between_two_media_ends_the_run():
    """A sheet between a roll and air goes to the straight line between them, not to either."""
    L, h_roll, h_air = 500e-6, 900.0, 30.0
    h = cool(
        Wall.sheet(L),
        PROPERTIES,
        HOT,
        Stage(Face(330.0, h_roll), Face(COLD, h_air)),
        within_K=1e-3,
        film_uncertainty=False,
    )
    q = (330.0 - COLD) / (1 / h_roll + L / K + 1 / h_air)
    exact = 330.0 - q / h_roll - q * h.depth_m / K
    np.testing.assert_allclose(
        h.temperature_K[-1], exact, atol=3e-3
    )  # 1e-3 asked for, steps of 5 mK damped out


def test_radiation_doubles_the_cooling_in_still_air():
    """Grey radiation at 0.9 near 360 K is 4 eps sigma T^3 = 7 W/(m2.K) in the middle; exact by quadrature of
    the lump."""
    from scipy.integrate import solve_ivp

    L, film, eps = 100e-6, 8.0, 0.9
    h = cool(Wall.sheet(L), PROPERTIES, HOT, Stage(Face(COLD, film, emissivity=eps)))

    def lump(_, T):
        return -2 * (film * (T - COLD) + eps * 5.670374419e-8 * (T**4 - COLD**4)) / (RHO * C * L)

    t, T = h.core()
    exact = solve_ivp(lump, (0, t[-1]), [HOT], t_eval=t, rtol=1e-9, atol=1e-9).y[0]
    np.testing.assert_allclose(T, exact, atol=3e-3 * (HOT - COLD))  # Bi/3 = 0.2 %, and the lump as above


@pytest.mark.parametrize(
    ("wall", "film", "low_s", "high_s"),
    [
        # physics.md: 0.4 mm from one side 1.6 s (L^2/alpha), 100 um pressed 0.03 s (L^2/4alpha), both in
        # ideal contact.
        (Wall.fibre(0.9e-3, 1.7e-3, Bore.air()), math.inf, 1.0, 2.0),
        (Wall.sheet(100e-6), math.inf, 0.02, 0.04),
        # 100 um in still air, 8 + 7 W/(m2.K): rho c L/(2h) ln 10 = 16 s
        (Wall.sheet(100e-6), 15.0, 13.0, 20.0),
    ],
)
def test_magnitudes(wall, film, low_s, high_s):
    h = cool(wall, PROPERTIES, HOT, Stage(Face(COLD, film)))
    assert low_s < h.cooling_time_s < high_s
    assert len(h.time_s) <= 400
