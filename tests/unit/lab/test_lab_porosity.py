"""Porosity: ways by hand, propagation by Monte Carlo, coverage, checks that must speak, refusals."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from percola.errors import InputError
from percola.lab import analyse
from percola.lab.analysis import Analysis
from percola.lab.porosity import laws
from percola.lab.porosity.method import analyse_tables, liquid_density, polymer_density
from percola.lab.porosity.spec import COLUMNS, SPEC
from percola.lab.porosity.synthetic import Sheet, fibre_volume_m3
from percola.lab.setting import parse_settings
from percola.lab.table import Column, Table
from percola.measurement import Measurement

DATA = Path(__file__).parents[2] / "data" / "lab" / "porosity"
SI = {"mass": "kg", "length": "m", "area": "m2", "volume": "m3", "density": "kg/m3"}


def set_to(**given: Any) -> dict[str, Any]:
    return parse_settings(SPEC.settings, given)


def table(*rows: Mapping[str, float]) -> Table:
    """A table in SI from names of wanted columns; "dry", "wet", "submerged" for the masses."""
    names = list(dict.fromkeys(k for r in rows for k in r))
    full = {k: f"{k}_mass" if k in ("dry", "wet", "submerged") else k for k in names}
    kinds = {w.name: w.kind for w in COLUMNS}
    return Table(
        "memory.csv",
        "",
        tuple(
            Column(full[k], SI[kinds[full[k]]], np.array([r.get(k, math.nan) for r in rows], float))
            for k in names
        ),
    )


def result(a: Analysis) -> tuple[float, float, Measurement]:
    m = a.measurement("porosity")
    assert m is not None
    assert isinstance(m.value, float)
    assert m.uncertainty is not None
    return m.value, m.uncertainty, m


def only(x: Mapping[str, float], *names: str) -> dict[str, float]:
    return {k: x[k] for k in names}


@settings(max_examples=60, deadline=None)
@given(porosity=st.floats(0.05, 0.95), thickness=st.floats(20e-6, 1e-3), polymer=st.floats(900, 2200))
def test_every_way_gives_back_a_perfect_specimen(porosity: float, thickness: float, polymer: float) -> None:
    s = Sheet(porosity=porosity, thickness_m=thickness, polymer_kg_m3=polymer)
    x = s.readings(noise=False)
    d = {"polymer": polymer, "liquid": s.liquid_kg_m3}
    for value in (
        laws.by_wetting({**x, **d}),
        laws.by_dimensions({**only(x, "dry", "length", "width", "thickness"), **d}),
        laws.by_buoyancy(x),
        laws.by_skeleton({"skeletal_volume": x["dry"] / polymer, "envelope_volume": s.volume_m3}),
        laws.by_skeleton({"envelope_density": x["dry"] / s.volume_m3, "skeletal_density": polymer}),
    ):
        assert value == pytest.approx(porosity, abs=1e-12)


def test_shapes_by_hand() -> None:
    assert laws.envelope_m3({"diameter": 0.047, "thickness": 1e-4}) == pytest.approx(
        math.pi * 0.0235**2 * 1e-4
    )
    assert laws.envelope_m3({"area": 2e-3, "thickness": 1e-4}) == pytest.approx(2e-7)
    fibre = {"outside": 1.25e-3, "inside": 0.75e-3, "length": 0.1}
    assert laws.envelope_m3(fibre) == pytest.approx(fibre_volume_m3(0.75e-3, 1.25e-3, 0.1))
    assert laws.faces_m2(fibre) == pytest.approx(math.pi * 2e-3 * 0.1)
    assert laws.faces_m2({"length": 0.05, "width": 0.04, "thickness": 1e-4}) == pytest.approx(2 * 0.05 * 0.04)


def test_a_fibre_weighed_by_hand() -> None:
    # Example 7's diameters; 100 mm of it at 54.6 % and 1788.1 kg/m3 weigh 0.1156 g.
    mass = fibre_volume_m3(0.84e-3, 1.59e-3, 0.1) * (1 - 0.546) * 1788.1
    a = analyse_tables([table({"dry": mass, "length": 0.1, "inside": 0.84e-3, "outside": 1.59e-3})], set_to())
    value, u, m = result(a)
    # Five digits of the density.
    assert value == pytest.approx(0.546, abs=2e-5)
    # By hand: (1 - eps) times the relative errors of density (30/1788), mass, length and area.
    wall = (1.59**2 - 0.84**2) / 4
    area = 0.010 / math.sqrt(3) / 2 * math.hypot(1.59, 0.84) / wall
    density = polymer_density(set_to())
    by_hand = 0.454 * math.hypot(
        density.error / density.value, area, 1e-4 / math.sqrt(3) / 0.1, 1e-7 / math.sqrt(3) / mass
    )
    assert u == pytest.approx(by_hand, rel=1e-3)
    assert m.evidence["way"] == "dimensions"


@pytest.mark.parametrize("way", ["wetting", "dimensions", "archimedes"])
def test_propagation_against_monte_carlo(way: str) -> None:
    s = Sheet(porosity=0.6, thickness_m=60e-6)
    x = s.readings(noise=False)
    a = analyse_tables([table(x)], set_to(liquid="ethanol", way=way, film="0 um"))
    _, u, _ = result(a)
    rng = np.random.default_rng(1)
    n = 200_000
    limits = {"dry": 1e-7, "wet": 1e-7, "submerged": 1e-7, "length": 1e-4, "width": 1e-4, "thickness": 2.5e-6}
    draws: dict[str, Any] = {k: x[k] + rng.uniform(-h, h, n) for k, h in limits.items()}
    for key, d in (
        ("polymer", polymer_density(set_to())),
        ("liquid", liquid_density(set_to(liquid="ethanol"))),
    ):
        draws[key] = d.value + d.error * rng.standard_normal(n)
    law = {"wetting": laws.by_wetting, "dimensions": laws.by_dimensions, "archimedes": laws.by_buoyancy}[way]
    # 4 % of thickness is the largest input: second order below 0.5 %, the draws 0.2 %.
    assert u == pytest.approx(float(np.std(law(draws))), rel=0.01)


@pytest.mark.parametrize("way", ["wetting", "dimensions", "archimedes"])
def test_stated_uncertainty_covers_the_truth_at_its_rate(way: str) -> None:
    d, liquid = polymer_density(set_to()), liquid_density(set_to(liquid="ethanol"))
    inside = 0
    for k in range(200):
        rng = np.random.default_rng(k)
        true = 0.3 + 0.5 * float(rng.random())
        s = Sheet(
            porosity=true, polymer_kg_m3=d.value + d.error * float(rng.standard_normal()),
            liquid_kg_m3=liquid.value + liquid.error * float(rng.standard_normal()), film_m=1e-6 * float(rng.random()),
        )  # fmt: skip
        value, u, _ = result(analyse_tables([table(s.readings(k))], set_to(liquid="ethanol", way=way)))
        inside += abs(value - true) <= 1.96 * u
    # A film anywhere between nothing and its limit stays within 1.73 u, so that wet ways cover up to all.
    assert inside >= 180
    assert way == "archimedes" or inside <= 199


def test_scatter_of_specimens_is_in_the_mean() -> None:
    inside = 0
    for k in range(100):
        rng = np.random.default_rng(k)
        rows = [
            Sheet(porosity=0.6 + 0.03 * float(rng.standard_normal()), polymer_kg_m3=1788.1).readings(
                10 * k + i
            )
            for i in range(5)
        ]
        rows = [only(r, "dry", "wet", "submerged") for r in rows]
        value, u, _ = result(analyse_tables([table(*rows)], set_to()))
        inside += abs(value - 0.6) <= 1.96 * u
    # Student's 95 % of 100: standard deviation 2.2.
    assert 88 <= inside <= 100


def statuses(a: Analysis) -> dict[str, str]:
    m = a.measurement("porosity")
    assert m is not None
    return {c.name: c.status for c in (*m.checks, *a.checks)}


def test_empty_voids_are_seen() -> None:
    rows = [Sheet(filled=0.8, thickness_m=200e-6, polymer_kg_m3=1788.1).readings(i) for i in range(4)]
    a = analyse_tables(
        [table(*rows)], set_to(liquid="ethanol", way="dimensions", polymer_density="1.788 g/cm3")
    )
    _, _, m = result(a)
    check = next(c for c in m.checks if c.name == "dimensions and wetting")
    assert check.status == "warn"
    assert "voids stay empty" in check.message
    filling = next(c for c in m.checks if c.name == "filling")
    assert filling.status == "warn"
    # 80 % were filled; thickness errors of 1 % on 200 um over 0.4 of polymer.
    assert float(filling.message.split("fills ")[1].split(" ")[0]) == pytest.approx(80, abs=4)


def test_liquid_on_the_faces_and_swelling_are_seen() -> None:
    wet = [Sheet(film_m=10e-6, thickness_m=200e-6, polymer_kg_m3=1788.1).readings(i) for i in range(4)]
    a = analyse_tables([table(*wet)], set_to(liquid="ethanol", polymer_density="1.788 g/cm3", way="wetting"))
    check = next(c for c in result(a)[2].checks if c.name == "wetting and dimensions")
    assert check.status == "warn"
    assert "left on the faces" in check.message
    swollen = [Sheet(swelling=0.03, thickness_m=200e-6).readings(i) for i in range(4)]
    assert statuses(analyse_tables([table(*swollen)], set_to(liquid="ethanol")))["swelling"] == "warn"
    plain = [Sheet(thickness_m=200e-6).readings(i) for i in range(4)]
    found = statuses(analyse_tables([table(*plain)], set_to(liquid="ethanol", film="1 um")))
    assert found["swelling"] == "pass"
    assert found["filling"] == "pass"


def test_out_of_range_is_refused_with_the_reason() -> None:
    heavy = {"dry": 1e-3, "length": 0.05, "width": 0.05, "thickness": 1e-4}
    a = analyse_tables([table(heavy)], set_to())
    m = a.measurement("porosity")
    assert m is not None
    assert m.value is None
    assert "above the density of the polymer" in m.reason
    # Beside a good specimen it is left out, and said.
    good = only(Sheet().readings(1), "dry", "length", "width", "thickness")
    both = analyse_tables([table(good, heavy)], set_to())
    assert statuses(both)["range"] == "fail"
    assert result(both)[2].evidence["specimens"] == 1


def test_densities_are_sourced_and_move_with_crystallinity() -> None:
    low, high = polymer_density(set_to(crystallinity="40 %")), polymer_density(set_to(crystallinity="60 %"))
    # 1/rho additive between 1680 and 1925 kg/m3.
    assert 40 < high.value - low.value < 60
    assert "crystallinity" in low.words
    copolymer = polymer_density(set_to(polymer="P(VDF-HFP)", comonomer="8 mol%"))
    assert copolymer.error > 0
    with pytest.raises(InputError, match="--polymer"):
        polymer_density(set_to(polymer="nylonish"))


@pytest.mark.parametrize(
    ("row", "given", "match"),
    [
        ({"dry": 1e-4, "wet": 2e-4}, {}, "--liquid"),
        ({"dry": 1e-4, "wet": 2e-4}, {"liquid": "unobtainium"}, "--liquid"),
        ({"dry": 2e-4, "wet": 1e-4}, {"liquid": "ethanol"}, "exchanged"),
        ({"dry": 1e-4, "wet": 2e-4, "submerged": 1.5e-4}, {"liquid": "ethanol"}, "exchanged"),
        ({"dry": 1e-4, "length": 0.05}, {}, "no way"),
        ({"dry": -1e-4, "length": 0.05, "width": 0.05, "thickness": 1e-4}, {}, "above 0"),
        ({"dry": 1e-4, "length": 0.05, "inside": 2e-3, "outside": 1e-3}, {}, "not below"),
        ({"dry": 1e-4, "length": 0.05, "width": 0.05, "thickness": 1e-4}, {"way": "archimedes"}, "--way"),
    ],
)
def test_refusals_say_what_to_do(row: dict[str, float], given: dict[str, Any], match: str) -> None:
    with pytest.raises(InputError, match=match):
        analyse_tables([table(row)], set_to(**given))


def test_the_example_file() -> None:
    a = analyse("porosity", [DATA / "sheets.csv"], {"liquid": "ethanol"})
    value, u, m = result(a)
    # Made at 60 % with a scatter of 1 %: three standard deviations of the mean of five.
    assert value == pytest.approx(0.60, abs=0.014)
    assert 0 < u < 0.02
    assert set(m.evidence["ways"]) == {"archimedes", "dimensions", "wetting"}
    assert len(a.tables[0].rows) == 5
    assert Analysis.from_dict(a.to_dict()).to_dict() == a.to_dict()


def test_a_liquid_without_density_is_told_in_a_laboratory_s_words() -> None:
    with pytest.raises(InputError) as refused:
        liquid_density(set_to(liquid="galwick"))
    text = str(refused.value)
    assert "names.csv" not in text
    assert "--liquid-density" in text
    assert "ethanol" in text
    assert "surface tension alone" in text


def test_a_slip_of_a_unit_is_said_plainly() -> None:
    # A thickness of 100 um written as 10 um (refused by dimensions), or as 1 mm (96 % by dimensions).
    base = Sheet(polymer_kg_m3=1788.1).readings(1, noise=False)
    for thickness, status in ((10e-6, "fail"), (1e-3, "warn")):
        row = {**only(base, "dry", "wet", "length", "width"), "thickness": thickness}
        _, _, m = result(analyse_tables([table(row, row, row)], set_to(liquid="ethanol", way="wetting")))
        assert m.value == pytest.approx(0.6, abs=0.02)
        far = [c for c in m.checks if "disagree by far" in c.message]
        assert [c.status for c in far] == [status]
        assert "unit" in far[0].message
    thick = {**only(base, "dry", "wet", "length", "width"), "thickness": 0.1}
    a = analyse_tables([table(thick)], set_to(liquid="ethanol"))
    assert statuses(a)["thickness"] == "warn"
