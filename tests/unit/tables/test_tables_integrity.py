"""The tables themselves: keys, units, sources, ranges, bounds, trends."""

from __future__ import annotations

import csv
import re
from importlib import resources

import numpy as np
import pytest

from percola import sources, tables
from percola.errors import TableError
from percola.tables import _read
from percola.tables._curve import curve

ALL = _read.rows()
CURVES = sorted((q, k) for (q, k), group in ALL.items() if len(group) > 1)

# Wide enough for any liquid, gas, metal or polymer here, narrow enough to catch a wrong unit.
BOUNDS = {
    "density": (0.4, 8100.0),
    "viscosity": (1e-5, 3.0),
    "heat_capacity": (350.0, 6500.0),
    "thermal_conductivity": (0.02, 70.0),
    "surface_tension": (5e-4, 0.08),
    "boiling_point": (220.0, 800.0),
    "melting_point": (100.0, 360.0),
    "flash_point": (200.0, 520.0),
    "molar_mass": (0.018, 0.6),
    "repeat_unit_molar_mass": (0.028, 0.21),
    "amorphous_unit_volume": (3e-5, 8e-5),
    "hansen_dD": (13e3, 22e3),
    "hansen_dP": (0.0, 22e3),
    "hansen_dH": (0.0, 43e3),
    "hansen_R0": (2e3, 18e3),
    "chi_A": (-2.0, 1.0),
    "chi_B_K": (-300.0, 1500.0),
    "crystal_exclusion": (0.0, 3.0),
    "conductivity": (1e-3, 2.0),
}


def test_keys_are_unique_and_known():
    seen = set()
    for group in ALL.values():
        for row in group:
            point = (row.quantity, row.key, row.T_min_K)
            assert point not in seen, row.where
            seen.add(point)
            for part in row.key.split("|"):
                known = part in _read.entries() or part == "*" or part.startswith("class:")
                assert known, f"{row.where}: {part!r} is not in names.csv"


def test_classes_of_pairs_are_classes_of_liquids():
    classes = {e.chemical_class for e in _read.entries().values()}
    named = {p.removeprefix("class:") for _, k in ALL for p in k.split("|") if p.startswith("class:")}
    assert named <= classes
    liquids = {e.chemical_class for e in _read.entries().values() if e.kind == "liquid"}
    assert liquids <= named, "every liquid has a class default of crystal_exclusion"


def test_every_source_resolves_and_has_words():
    for group in ALL.values():
        for row in group:
            for key in sources.split(row.source):
                assert sources.reference(key).text, row.where


def test_units_are_one_per_quantity():
    units: dict[str, set[str]] = {}
    for group in ALL.values():
        for row in group:
            units.setdefault(row.quantity, set()).add(row.unit)
    assert all(len(u) == 1 for u in units.values()), units


@pytest.mark.parametrize("quantity", sorted(BOUNDS))
def test_values_are_plausible(quantity):
    low, high = BOUNDS[quantity]
    found = [row for (q, _), group in ALL.items() if q == quantity for row in group]
    assert found
    for row in found:
        assert low <= row.value <= high, f"{row.where}: {row.value}"


def test_every_value_has_an_uncertainty_and_estimates_have_wide_ones():
    for group in ALL.values():
        for row in group:
            if row.method == "exact":
                continue
            assert row.uncertainty > 0, row.where
            estimated = row.method in _read.ESTIMATES
            if estimated and row.quantity in ("viscosity", "thermal_conductivity", "heat_capacity"):
                # No estimation method or memory of these is better than 2 %.
                assert row.uncertainty >= 0.02 * row.value, row.where


def _relative_steps(quantity: str, key: str) -> np.ndarray:
    c = curve(quantity, key)
    T = np.linspace(c.T_min_K, c.T_max_K, 60)
    return np.diff(c(T).value) / c(T).value[:-1]


@pytest.mark.parametrize("key", sorted({k for q, k in CURVES if q == "density"}))
def test_density_falls_with_temperature(key):
    assert np.all(_relative_steps("density", key) < (1e-4 if key == "WATER" else 0.0))  # water: 4 degC


@pytest.mark.parametrize("key", sorted({k for q, k in CURVES if q == "viscosity"}))
def test_viscosity_falls_with_temperature_and_that_of_air_rises(key):
    steps = _relative_steps("viscosity", key)
    assert np.all(steps > 0) if key == "AIR" else np.all(steps < 0)


@pytest.mark.parametrize("key", sorted({k for q, k in CURVES if q == "surface_tension"}))
def test_surface_tension_falls_with_temperature(key):
    assert np.all(_relative_steps("surface_tension", key) < 0)


@pytest.mark.parametrize("key", sorted({k for q, k in CURVES if q == "heat_capacity"}))
def test_heat_capacity_rises_with_temperature(key):
    # Water falls by 0.9 % from 0 degC to its minimum near 35 degC, which is 12 of the 60 steps.
    assert np.all(_relative_steps("heat_capacity", key) > (-2e-3 if key == "WATER" else 0.0))


def test_every_liquid_of_the_patent_has_all_properties_over_its_range():
    for key in tables.liquids():
        liquid = tables.liquid(key)
        for quantity in ("density", "viscosity", "heat_capacity", "thermal_conductivity", "surface_tension"):
            low, high = liquid.temperature_range_K(quantity)
            assert low <= 273.2, (key, quantity)  # the coldest bath of the patent, 0 degC
            assert high >= 313.0, (key, quantity)
        assert all(h.unit == "Pa^0.5" for h in liquid.hansen_Pa05)
        assert float(liquid.boiling_point_K) > float(liquid.melting_point_K)


@pytest.mark.parametrize(
    "key",
    [
        "DMP",
        "DEP",
        "DBP",
        "DOP",
        "DIDP",
        "DTDP",
        "MB",
        "EB",
        "DOS",
        "DOA",
        "TOTM",
        "TBP",
        "TCP",
        "ACP",
        "CL",
        "CLAM",
        "GBL",
        "EC",
        "PC",
    ],
)
def test_process_solvents_reach_260_degC(key):
    liquid = tables.liquid(key)
    for quantity in ("density", "viscosity", "heat_capacity", "thermal_conductivity"):
        assert liquid.temperature_range_K(quantity)[1] >= 533.15, quantity


def test_molar_masses_follow_from_the_formulas():
    weights = {
        "H": 1.008,
        "C": 12.011,
        "N": 14.007,
        "O": 15.999,
        "F": 18.998,
        "P": 30.974,
        "S": 32.066,
        "Cl": 35.453,
    }
    for key in tables.liquids():
        formula = _read.entries()[key].formula
        parts = re.findall(r"([A-Z][a-z]?)(\d*)", formula)
        mass = sum(weights[e] * int(n or 1) for e, n in parts) / 1000
        # Atomic weights are rounded to five digits.
        assert float(tables.liquid(key).molar_mass_kg_mol) == pytest.approx(mass, rel=5e-5), key


def test_cas_numbers_have_valid_check_digits():
    for e in _read.entries().values():
        for cas in (e.cas, *(a for a in e.aliases if a.count("-") == 2 and a.replace("-", "").isdigit())):
            if not cas:
                continue
            digits = [int(c) for c in cas.replace("-", "")]
            check = sum(i * d for i, d in enumerate(reversed(digits[:-1]), start=1)) % 10
            assert check == digits[-1], f"{e.key}: {cas}"


# --- the reader refuses what it cannot stand for

GOOD = {
    "key": "DEP",
    "value": "1",
    "unit": "K",
    "uncertainty": "0.1",
    "T_min_K": "",
    "T_max_K": "",
    "method": "measured",
    "source": "percola",
}


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("value", ""),
        ("value", "n/a"),
        ("value", "nan"),
        ("unit", "degC"),
        ("uncertainty", "-1"),
        ("uncertainty", "x0.5"),
        ("uncertainty", ""),
        ("method", "guess"),
        ("source", " "),
        ("T_min_K", "warm"),
    ],
)
def test_bad_rows_are_refused_with_their_place(column, text):
    with pytest.raises(TableError, match=r"file\.csv, line 7"):
        _read.read_row({**GOOD, column: text}, "q", "file.csv, line 7")


def test_reversed_range_and_missing_column_are_refused():
    with pytest.raises(TableError, match="above"):
        _read.read_row({**GOOD, "T_min_K": "400", "T_max_K": "300"}, "q", "f")
    with pytest.raises(TableError, match="missing"):
        _read.read_row({k: v for k, v in GOOD.items() if k != "unit"}, "q", "f")


def test_factor_uncertainty_is_its_logarithm():
    row = _read.read_row({**GOOD, "value": "1e22", "uncertainty": "x10"}, "q", "f")
    assert row.factor == 10
    assert row.uncertainty == pytest.approx(1e22 * np.log(10))


def test_files_have_the_columns_of_the_agreement():
    for file in resources.files("percola.tables").joinpath("data").iterdir():
        if file.name.endswith(".csv") and file.name != "names.csv":
            header = next(csv.reader(file.read_text(encoding="utf-8").splitlines()))
            assert [c for c in header if c not in ("quantity", "note")] == list(_read.COLUMNS), file.name
