"""The gas of the porometer and its liquids: free path, regimes of flow in a tube, the library."""

from __future__ import annotations

import math

import numpy as np
import pytest

from percola.errors import InputError, TableError
from percola.measure import phantoms
from percola.measure.flow.conduction import conduct
from percola.measure.flow.gas import AIR, ATMOSPHERE_Pa, rarefied
from percola.measure.flow.liquids import ETHANOL, names, wetting_liquid
from percola.measure.flow.porometer import flow_curves, pore_measurements, porometry, prepare

CLOSED = (False, False, False)


def test_free_path_of_air_is_that_of_the_handbooks() -> None:
    # Jennings (J. Aerosol Sci. 19, 159 (1988)) gives 66.35 nm at 25 degC and 101.3 kPa from 18.33 uPa s; within 1 %.
    assert AIR.free_path_m(ATMOSPHERE_Pa) == pytest.approx(66.5e-9, rel=0.01)
    assert AIR.free_path_across_m(2 * ATMOSPHERE_Pa) == pytest.approx(AIR.free_path_m(2 * ATMOSPHERE_Pa))


def tube_ratio(kn: float) -> float:
    """Mean conductivity of the profile over Poiseuille's, integrated over a round section with 2000 rings."""
    radius = np.float32(1.0)
    rho = np.sqrt((np.arange(2000) + 0.5) / 2000)  # rings of equal area
    kappa = (0.25 * (1 - rho**2)).astype(np.float32)
    return float(rarefied(kappa, np.full_like(kappa, radius), kn).mean() * 8)


def test_gas_in_a_tube_goes_from_poiseuille_by_slip_to_free_flow() -> None:
    assert tube_ratio(0.0) == pytest.approx(1.0, rel=1e-4)  # single precision, 2000 rings
    # First order slip, 1 + 4 Kn: second order terms and alpha Kn are below 1 % of it at Kn = 0.005.
    assert tube_ratio(0.005) == pytest.approx(1 + 4 * 0.005, rel=0.01)
    # Free flow (Knudsen): 64/(3 pi) Kn times Poiseuille's; alpha nears its limit as arctan does, 1/(2 pi Kn^0.4) below it,
    # and the rest falls as 1/Kn.
    for kn in (30.0, 300.0, 3000.0):
        assert tube_ratio(kn) / (64 / (3 * math.pi) * kn) == pytest.approx(1.0, abs=0.17 / kn**0.4 + 1 / kn)
    values = [tube_ratio(kn) for kn in np.geomspace(1e-3, 1e2, 40)]
    assert np.all(np.diff(values) > 0)


def test_slip_raises_the_flow_through_a_voxel_tube_as_through_a_round_one() -> None:
    p = phantoms.tube(8.0)
    v = prepare(p.void, p.periodic, p.level)
    viscous = conduct(v.kappa > 0, v.kappa, v.periodic, tolerance=1e-4).conductivity
    for kn in (0.1, 1.0):
        gas = rarefied(v.kappa, v.thickness, kn * 8.0)
        ratio = conduct(gas > 0, gas, v.periodic, tolerance=1e-4).conductivity / viscous
        # The voxels hold the profile at centres, the local thickness is 1 % low: 3 % in the ratio.
        assert ratio == pytest.approx(tube_ratio(kn), rel=0.03)


def test_wet_flow_of_a_bundle_of_tubes_follows_their_rarefied_flows() -> None:
    p = phantoms.tubes((3.0, 4.0, 5.0), 12, spacing_m=1e-8)
    found = porometry(p.void, p.spacing_m, p.periodic, p.level)
    curves = next(m for m in found if m.name == "average_pore_size").evidence["curves"]
    for r, pressure, share in zip(
        curves["radius_m"], curves["pressure_Pa"], curves["wet_over_dry"], strict=True
    ):
        if min(abs(r - 3e-8), abs(r - 4e-8)) < 0.06e-8:
            continue  # within the accuracy of a tube's radius it may be open or not
        path = AIR.free_path_across_m(pressure) / 1e-8
        flow = {a: a**4 * tube_ratio(path / a) for a in (3.0, 4.0, 5.0)}
        open_ = sum(q for a, q in flow.items() if a * 1e-8 >= r)
        # Voxel centres in a circle of 3 voxels misjudge its flow by 10 %: 0.02 of the whole.
        assert share == pytest.approx(open_ / sum(flow.values()), abs=0.03)


def test_slip_barely_moves_the_mean_flow_pore_but_raises_the_gas_flow() -> None:
    p = phantoms.gaussian_field(48, 14.0, 0.6, seed=2)
    v = prepare(p.void, CLOSED, p.level)
    plain = flow_curves(v.distance.cell, v.kappa, v.periodic)
    slip = v.slip(1e-8, ETHANOL, AIR)
    real = flow_curves(v.distance.cell, v.kappa, v.periodic, slip=slip)
    # Both ratios compare like with like: what is left is that narrow pores gain a little more.
    assert real.mean_flow_radius == pytest.approx(plain.mean_flow_radius, rel=0.01)
    assert real.dry_conductivity == pytest.approx(plain.dry_conductivity, rel=1e-6)
    assert min(real.dry) > 1.2 * real.dry_conductivity
    # Lower pressure, longer path, more slip: the radii fall, the pressures rise, the conductivity falls.
    assert np.all(np.diff(real.dry) < 0)
    found = {m.name: m for m in pore_measurements(real, 1e-8, ETHANOL)}
    curves = found["average_pore_size"].evidence["curves"]
    assert np.all(np.array(curves["wet"]) <= np.array(curves["dry"]))
    assert np.all(np.diff(curves["wet"]) > 0)


def test_more_points_of_the_wet_curve_stand_where_it_climbs() -> None:
    p = phantoms.gaussian_field(48, 10.0, 0.5, seed=1)
    v = prepare(p.void, CLOSED, p.level)
    few = flow_curves(v.distance.cell, v.kappa, v.periodic)
    many = flow_curves(v.distance.cell, v.kappa, v.periodic, more=6)

    def widest_gap(curves) -> float:  # type: ignore[no-untyped-def]
        return float(np.diff([0.0, *curves.wet_share, 1.0]).max())

    assert many.mean_flow_radius == few.mean_flow_radius
    assert len(many.radius) > len(few.radius)
    assert widest_gap(many) <= widest_gap(few)
    assert np.all(np.diff(many.wet_share) > -2e-3)  # the tolerance of the flow solves


def test_library_of_liquids_states_tension_and_source() -> None:
    for name in names():
        liquid = wetting_liquid(name)
        assert 0.015 < liquid.surface_tension_N_m < 0.0725
        assert liquid.uncertainty_N_m > 0
        assert liquid.source
    assert wetting_liquid("Ethanol") == ETHANOL
    assert (
        wetting_liquid("isopropanol").surface_tension_N_m == wetting_liquid("2-propanol").surface_tension_N_m
    )
    # The table's own ethanol (another source) and the standard's agree within their uncertainties.
    table = wetting_liquid("ethanol", 298.2)
    assert abs(table.surface_tension_N_m - ETHANOL.surface_tension_N_m) < 2 * math.hypot(
        table.uncertainty_N_m, ETHANOL.uncertainty_N_m
    )
    warm = wetting_liquid("water", 323.15)
    assert warm.surface_tension_N_m < wetting_liquid("water").surface_tension_N_m


def test_liquids_that_cannot_be_used_are_refused() -> None:
    with pytest.raises(InputError, match="ethanol"):
        wetting_liquid("etanol")
    with pytest.raises(InputError, match="90 degrees"):
        wetting_liquid("water", contact_angle_rad=math.radians(110))
    with pytest.raises(InputError, match="15 to 30"):
        wetting_liquid("porefil", 350.0)
    with pytest.raises(TableError):
        wetting_liquid("water", 1000.0)
