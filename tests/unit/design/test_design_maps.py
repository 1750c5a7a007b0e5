"""Maps against full predictions, tables that are swept against recipes that are worked out, windows of a solution."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from percola import recipe as recipes
from percola.design.foretold.maps import BLOCK, Mapper
from percola.design.foretold.pair_window import MOST, pair_window
from percola.design.foretold.predict import predict_features
from percola.design.reduced.features import features_of, swept
from percola.errors import InputError
from percola.judge.window import STEP_K
from percola.recipe import specimens
from percola.recipe.physics import system_from

BASE = "Ex7"


@pytest.fixture(scope="module")
def base():
    return features_of(specimens.load(BASE)[0], BASE)


@pytest.fixture(scope="module")
def system():
    return system_from(specimens.load(BASE)[0])


@pytest.fixture(scope="module")
def some(base, system):
    rng = np.random.default_rng(0)
    return swept(
        base, system, dissolution_K=rng.uniform(413.0, 433.0, 32), weight_fraction=rng.uniform(0.35, 0.5, 32)
    )


def test_maps_against_full_predictions(small, some):
    """Four draws and a linear spread against 80 draws of everything.

    Medians: four draws leave half of the parameters' spread, which is a part of the interval's: within half of the half-width for
    nine in ten. Widths: the spread of four draws has an error of 41 %, the same for all recipes, as the draws are: three in four within
    two of those (a factor of 2.2); where some draws do not demix a normal distribution is none: all within a factor of four.
    """
    m = Mapper(small, some)(some)
    full = predict_features(some, small)
    for j, name in enumerate(
        ("porosity", "average_pore_size", "maximum_pore_size", "water_permeability", "breaking_strength")
    ):
        median, low, high = (
            np.array([getattr(p.readings[name], k) for p in full]) for k in ("median", "low", "high")
        )
        off = np.abs(np.log(m.median[:, j] / median)) / (0.5 * np.log(high / low))
        assert np.quantile(off, 0.9) < 0.5, name
        width = np.log(np.log(m.high[:, j] / m.low[:, j]) / np.log(high / low))
        assert np.quantile(np.abs(width), 0.75) < np.log(2.2), name
        assert np.abs(width).max() < np.log(4.0), name
    closed = np.array([p.classes["non_porous"] for p in full])
    assert np.abs(m.closed_probability - closed).max() < 0.35
    assert np.all((m.closed_probability >= 0) & (m.closed_probability <= 1))
    assert np.all((m.low < m.median) & (m.median < m.high))


def test_blocks_do_not_show(small, some):
    mapper = Mapper(small, some)
    long = some.take(np.arange(BLOCK + 7) % len(some))
    whole, short = mapper(long), mapper(some)
    assert whole.median.shape == (BLOCK + 7, 6)
    np.testing.assert_allclose(whole.median, short.median[np.arange(BLOCK + 7) % len(some)], rtol=1e-8)
    np.testing.assert_allclose(whole.low[-7:], short.low[(np.arange(BLOCK + 7) % len(some))[-7:]], rtol=1e-8)


# --- swept --------------------------------------------------------------------------------------------------


def changed(**cells: str):
    """The base recipe with another T_s, bath or polymer share."""
    r = specimens.load(BASE)[0]
    data = r.model_dump(mode="json", exclude_none=True)
    if "T_s" in cells:
        data["dissolution"]["temperature"] = cells["T_s"]
    if "bath" in cells:
        data["cooling"]["temperature"] = cells["bath"]
    if "parts" in cells:
        data["polymers"][0]["amount"] = cells["parts"]
    return recipes.from_dict(data, "changed")


@pytest.mark.parametrize(
    ("cells", "axes"),
    [
        ({"T_s": "155 degC"}, {"dissolution_K": 428.15}),
        ({"bath": "5 degC"}, {"bath_K": 278.15}),
        ({"parts": "40 parts"}, {"weight_fraction": 40 / (40 + 53.4)}),
    ],
)
def test_swept_against_the_recipe_itself(base, system, small, cells, axes):
    """Numbers of the solution are exact; the curve of cooling is the base's in reduced temperature.

    That leaves out how heat of crystallization and properties at another temperature bend it: times at the same share of cooling
    move by up to 21 % here (crystals warm the wall earlier from a colder T_s), a length by a third of that, well below a departure of 30 %.
    """
    exact = features_of(changed(**cells))
    s = swept(base, system, **{k: np.array([v]) for k, v in axes.items()})
    skip = {"time_s", "cooled", "coldest", "contraction", "bath_unstated", "solvent", "bath_immiscible"}
    for name, value in exact.arrays().items():
        if name not in skip:
            # densities at another T_s or composition move the rest by some parts in a thousand
            np.testing.assert_allclose(s.arrays()[name], value, rtol=3e-3, atol=1e-9, err_msg=name)
    np.testing.assert_allclose(s.contraction, exact.contraction, rtol=0.03)
    np.testing.assert_allclose(s.bath_immiscible, exact.bath_immiscible, atol=1e-3)  # chi at the base's bath
    assert np.allclose(s.coldest, np.minimum.accumulate(s.cooled, axis=1))
    for share in (0.8, 0.5, 0.2):
        t = [float(np.interp(-share, -x.cooled[0], x.time_s[0])) for x in (s, exact)]
        assert t[0] == pytest.approx(t[1], rel=0.25)
    a, b = (
        predict_features(s, small)[0],
        predict_features(replace(exact, bath_unstated=s.bath_unstated), small)[0],
    )
    assert a.readings["porosity"].median == pytest.approx(b.readings["porosity"].median, rel=0.03)
    assert a.readings["average_pore_size"].median == pytest.approx(
        b.readings["average_pore_size"].median, rel=0.08
    )


def test_swept_refuses_what_it_does_not_know(base, system):
    for axes in ({"colour": np.ones(2)}, {}, {"bath_K": np.ones(2), "hold_s": np.ones(3)}):
        with pytest.raises(InputError):
            swept(base, system, **axes)
    with pytest.raises(InputError):
        swept(base, system, weight_fraction=np.array([1.2]))


def test_a_thicker_wall_cools_with_the_square_of_its_thickness(base, system):
    s = swept(base, system, wall_m=2.0 * base.wall_m)
    np.testing.assert_allclose(s.time_s, 4.0 * base.time_s)


# --- window -------------------------------------------------------------------------------------------------


def test_window_of_a_solution(small, base):
    recipe = specimens.load(BASE)[0]
    w = pair_window(recipe, small, base=base)
    assert 0.0 <= w.probability <= 1.0
    assert w.lower_low_K <= w.lower_K <= w.lower_high_K
    assert w.upper_low_K <= w.upper_K <= w.upper_high_K
    if w.probability == 1.0:
        assert w.lower_K < w.upper_K
    np.testing.assert_allclose(np.diff(w.temperatures_K), STEP_K)
    assert w.temperatures_K.size <= MOST
    for curve in (w.porosity, w.extension, w.strength_Pa, w.ratio):
        assert curve.shape == (3, w.temperatures_K.size)
        assert np.all((curve[0] <= curve[1]) & (curve[1] <= curve[2]))
    again = pair_window(recipe, small, base=base)
    np.testing.assert_array_equal(again.porosity, w.porosity)


def test_the_window_belongs_to_the_solution_whatever_its_own_dissolution_temperature(small, base):
    """T_l and T_u of paragraph 19 come from a sweep: a recipe's own T_s enters by its cooling curve alone (crystal heat), which
    moves no limit by more than a step."""
    import dataclasses

    recipe = specimens.load(BASE)[0]
    first = pair_window(recipe, small, base=base)
    other = pair_window(
        recipe, small, base=dataclasses.replace(base, dissolution_K=base.dissolution_K + 10.0)
    )
    np.testing.assert_array_equal(first.temperatures_K, other.temperatures_K)
    assert first.temperatures_K[0] == 373.15
    assert first.temperatures_K.size <= MOST
    assert other.lower_K == first.lower_K
    assert other.upper_K == first.upper_K
