"""Systems out of the tables."""

import numpy as np
import pytest

from percola import tables
from percola.errors import InputError, TableError
from percola.thermo import build_system


def test_one_solvent_one_polymer():
    s = build_system([("PVDF", 362.0, 46.6)], [("DEP", 53.4)])
    p = tables.pair("PVDF", "DEP")
    assert (s.chi_A, s.chi_B_K) == (float(p.chi_A), float(p.chi_B_K))
    # N = M/(rho V1) by hand: 362/1558/(0.22224/1006) = 1052; densities at 150 degC good to 2 %.
    assert np.isclose(s.segments, 1052, rtol=0.02)
    eta = float(tables.liquid("DEP").viscosity_Pa_s(373.15))
    assert np.isclose(
        s.solvent_viscosity_Pa_s(373.15), eta, rtol=0.05
    )  # Vogel's equation through three points
    assert np.isclose(
        s.solvent_properties.density_kg_m3(400.0), float(tables.liquid("DEP").density_kg_m3(400.0)), rtol=0.01
    )
    assert s.melting.Tm0_K == float(tables.polymer("PVDF").equilibrium_melting_temperature_K)
    assert "flory1953" in s.sources


def test_grades_average_by_weight():
    one = build_system([("PVDF", 800.0, 1.0)], [("DEP", 1.0)])
    two = build_system([("PVDF", 400.0, 1.0), ("PVDF", 1200.0, 1.0)], [("DEP", 1.0)])
    assert np.isclose(one.segments, two.segments, rtol=1e-12)
    assert len(two.chains) == 2
    assert np.isclose(one.melting_temperature_K(0.3), two.melting_temperature_K(0.3), rtol=1e-6)
    # The short grade needs no less, the long one no more than its own cloud point.
    phi = 0.3
    short, long = (build_system([("PVDF", m, 1.0)], [("DEP", 1.0)]) for m in (400.0, 1200.0))
    assert short.cloud_point_K(phi) < two.cloud_point_K(phi) < 1.02 * long.cloud_point_K(phi)


def test_mixed_solvent_of_equal_parts_is_that_solvent():
    a = build_system([("PVDF", 362.0, 1.0)], [("DEP", 1.0)])
    b = build_system([("PVDF", 362.0, 1.0)], [("DEP", 0.3), ("DEP", 0.7)])
    assert np.isclose(a.chi_B_K, b.chi_B_K)
    assert np.isclose(a.site_volume_m3, b.site_volume_m3)


def test_resin_lowers_melting_and_takes_its_share():
    s = build_system([("PVDF", 546.0, 24.0)], [("DEP", 68.0)], resin=("PMMA", 100.0, 8.0))
    plain = build_system([("PVDF", 546.0, 24.0)], [("DEP", 68.0)])
    assert 0.65 < s.crystallizable_share < 0.75  # 24 of 32 by weight, the resin is lighter
    assert s.chain_chi[1] < 0
    phi = float(s.volume_fraction(0.32))
    assert s.melting_temperature_K(phi) < plain.melting_temperature_K(phi)
    assert np.isfinite(s.spinodal_temperature_K(phi))


def test_copolymer_melts_lower():
    homo = build_system([("PVDF", 362.0, 1.0)], [("DEP", 1.0)])
    co = build_system([("P(VDF-HFP)", 362.0, 1.0)], [("DEP", 1.0)])
    assert co.melting.Tm0_K < homo.melting.Tm0_K - 3


@pytest.mark.parametrize(
    "solvent", ["DMP", "DBP", "DOP", "ACP", "GBL", "EC", "PC", "MB", "TBP", "TCP", "DOS", "DTDP"]
)
def test_every_solvent_of_the_patent_builds(solvent):
    s = build_system([("PVDF", 362.0, 40.0)], [(solvent, 60.0)])
    assert s.chi_source
    assert 1e-4 < s.solvent_viscosity_Pa_s(423.15) < 1e-2
    assert 300 < float(s.melting_temperature_K(0.3)) < 560


def test_refusals():
    with pytest.raises(InputError, match="kg/mol"):
        build_system([("PVDF", 3.62e5, 1.0)], [("DEP", 1.0)])
    with pytest.raises(InputError, match="no polymer"):
        build_system([], [("DEP", 1.0)])
    with pytest.raises(TableError):
        build_system([("PVDF", 362.0, 1.0)], [("no such liquid", 1.0)])
