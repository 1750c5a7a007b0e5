"""The quench converges with second order in space and in time, at the surface as in the core."""

from __future__ import annotations

import math

import numpy as np
import pytest

from percola.quench import CrystallizationHeat, Face, HeatProperties, Stage, Wall, cool
from percola.quench.analytic import slab_temperature_K, tube_temperature_K
from percola.quench.solver import _Integrator, _Problem, cells_through

RHO, C, K = 1100.0, 1800.0, 0.18
ALPHA = K / (RHO * C)
PROPERTIES = HeatProperties(RHO, C, K)
HOT, COLD = 418.15, 293.15


def fitted_order(sizes, errors):
    return float(np.polyfit(np.log(sizes), np.log(errors), 1)[0])


@pytest.mark.parametrize("graded", [False, True])
@pytest.mark.parametrize("geometry", ["sheet", "fibre"])
def test_order_in_space(geometry, graded):
    a, b, ho, hi = 0.45e-3, 0.85e-3, 800.0, 200.0
    L = b - a
    t = 0.1 * L * L / ALPHA
    wall = Wall.sheet(L) if geometry == "sheet" else Wall.fibre(2 * a, 2 * b)
    common = {"diffusivity_m2_s": ALPHA, "outer_h_over_k_1_m": ho / K, "inner_h_over_k_1_m": hi / K,
              "initial_K": HOT, "medium_K": COLD, "terms": 40}  # fmt: skip
    counts = [10, 16, 24, 36, 54]
    interior, surfaces = [], []
    for n in counts:
        # A fixed ratio of face cell to mean cell refines the graded grid by one smooth map.
        face_cell = 0.2 * L / n if graded else None
        # 2e-5 K a step: over about 500 steps still a tenth of the smallest error in space, 0.02 K.
        h = cool(wall, PROPERTIES, HOT, Stage(Face(COLD, ho), Face(COLD, hi)), t_end_s=t, cells=n,
                 face_cell_m=face_cell, tolerance_K=2e-5)  # fmt: skip
        z = h.depth_m
        if geometry == "sheet":
            exact = slab_temperature_K(z, np.array([t]), thickness_m=L, **common)[0]
        else:
            exact = tube_temperature_K(b - z, np.array([t]), inner_radius_m=a, outer_radius_m=b, **common)[0]
        assert h.time_s[-1] == pytest.approx(t, rel=1e-12)
        error = np.abs(h.temperature_K[-1] - exact)
        interior.append(error[1:-1].max())
        surfaces.append(max(error[0], error[-1]))
    size = 1.0 / np.array(counts)
    # Two-sided: 2 in theory; grids this coarse leave a few tenths of the next order in the fit.
    assert 1.8 < fitted_order(size, interior) < 2.3
    assert 1.8 < fitted_order(size, surfaces) < 2.3


def marched(steps, crystals, film, end_s):
    wall = Wall.fibre(0.9e-3, 1.7e-3)
    problem = _Problem(wall, PROPERTIES, crystals, cells_through(wall, 40, None), COLD, HOT)
    solver = _Integrator(problem, HOT)
    solver.begin(Face(COLD, film), None, 0.0)
    dt = end_s / steps
    F, *_ = solver.rates(solver.state.T, 0.0, solver.surfaces)
    G = problem.growth(solver.state.T)[0] if crystals else solver.state.R
    for i in range(steps):
        step = solver.step(i * dt, dt, F, G)
        assert step is not None
        solver.state, solver.surfaces, F, G = step.state, step.surfaces, step.F, step.G
    X = problem.conversion(solver.state.R)[0] if crystals else np.zeros(1)
    return solver.state.T, X


@pytest.mark.parametrize("case", ["constant film", "film law", "crystallization"])
def test_order_in_time(case):
    """Fixed steps on one grid against 16 times as many."""
    film = (lambda t, T: 150.0 * (1 + ((T - COLD) / 100.0) ** 0.25)) if case == "film law" else 200.0

    def growth(T):  # smooth, and fastest where the wall passes: half converted at the end
        return 1.1e-5 * np.exp(-(((np.asarray(T) - 380.0) / 15.0) ** 2))

    crystals = CrystallizationHeat(3e7, 2e14, growth) if case == "crystallization" else None
    end = 1.5
    counts = [20, 28, 40, 56, 80]
    T_exact, X_exact = marched(16 * counts[-1], crystals, film, end)
    errors_T, errors_X = [], []
    for n in counts:
        T, X = marched(n, crystals, film, end)
        errors_T.append(np.max(np.abs(T - T_exact)))
        errors_X.append(np.max(np.abs(X - X_exact)))
    steps = 1.0 / np.array(counts)
    # Two-sided: 2 in theory; fitted over a factor of four.
    assert 1.8 < fitted_order(steps, errors_T) < 2.3
    if crystals:
        assert 0.2 < X_exact.max() < 0.999  # the test is about crystals on their way
        assert 1.8 < fitted_order(steps, errors_X) < 2.3


def test_error_follows_the_tolerance():
    """Local error control: ten times less tolerance takes about 10^(1/3) times more steps and less error."""
    wall, stage = Wall.fibre(0.9e-3, 1.7e-3), Stage(Face(COLD, 2000.0))
    options = {"t_end_s": 1.0, "cells": 60, "face_cell_m": None}
    reference = cool(wall, PROPERTIES, HOT, stage, tolerance_K=1e-6, **options).temperature_K[-1]
    errors, steps = [], []
    for tolerance in (0.3, 0.03, 0.003, 0.0003):
        h = cool(wall, PROPERTIES, HOT, stage, tolerance_K=tolerance, **options)
        errors.append(np.max(np.abs(h.temperature_K[-1] - reference)))
        steps.append(h.steps["accepted"])
    order = fitted_order(np.array([0.3, 0.03, 0.003, 0.0003]), errors)
    # Error of a second-order method under control of its third-order local error goes as tolerance^(2/3).
    assert 0.5 < order < 1.0
    assert errors[-1] < 10 * 0.0003
    growth = (math.log(steps[-1]) - math.log(steps[0])) / math.log(1000)
    assert 0.2 < growth < 0.45  # 1/3 in theory, less the start-up steps
