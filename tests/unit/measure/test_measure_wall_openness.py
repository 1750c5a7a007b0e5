"""The wall as a row of layers: one closed layer closes it; the inside is another question."""

from __future__ import annotations

import math

import pytest

from percola.judge import Status, judge, structure_class
from percola.measure import Layer, WallGeometry, phantoms, wall_through_porosity, water_permeability
from percola.measurement import Measurement

WALL = WallGeometry(1e-4)
SURFACES = {"outer_surface": 2e-6, "inner_surface": 3e-6}


def through(core: float, outer: float, inner: float | None) -> list[Measurement]:
    values = {"core": core, "outer_surface": outer, "inner_surface": inner}
    return [
        Measurement("through_porosity", v, "1", 0.01, region=region)
        for region, v in values.items()
        if v is not None
    ]


def test_open_layers_average_by_thickness() -> None:
    m = wall_through_porosity(through(0.5, 0.3, 0.6), WALL.thickness_m, SURFACES)
    assert m.value == pytest.approx((0.5 * 95 + 0.3 * 2 + 0.6 * 3) / 100)
    assert m.uncertainty == pytest.approx(0.01 * math.sqrt(95**2 + 2**2 + 3**2) / 100)
    assert m.region == "wall"
    assert m.checks[0].status == "pass"
    assert m.evidence["closed"] == []


@pytest.mark.parametrize(
    ("values", "closed"),
    [
        ((0.5, 0.0, 0.4), ["outer surface"]),
        ((0.335, 0.462, 0.0), ["inner surface"]),
        ((0.5, 0.0, 0.0), ["outer surface", "inner surface"]),
        ((0.0, 0.4, 0.4), ["core"]),
    ],
)
def test_one_closed_layer_closes_the_wall(values: tuple[float, float, float], closed: list[str]) -> None:
    m = wall_through_porosity(through(*values), WALL.thickness_m, SURFACES)
    assert m.value == 0.0
    assert m.evidence["closed"] == closed
    assert m.checks[0].status == "warn"
    assert closed[0] in m.checks[0].message


def test_faces_cooled_alike_are_both_closed() -> None:
    m = wall_through_porosity(through(0.5, 0.0, None), WALL.thickness_m, SURFACES, alike=True)
    assert m.evidence["closed"] == ["outer surface", "inner surface"]
    one = wall_through_porosity(through(0.5, 0.0, None), WALL.thickness_m, {"outer_surface": 2e-6})
    assert one.evidence["closed"] == ["outer surface"]


def test_a_closed_face_stops_the_water_and_says_which() -> None:
    p = phantoms.tube(4.0)
    layer = Layer(0.0, 1e-6, "inner")
    found = water_permeability(p.void, p.spacing_m, p.periodic, WALL, layers=[layer])
    core, membrane = found
    assert core.value is not None
    assert core.value > 0
    assert membrane.value == 0.0
    assert [c.message for c in core.checks if c.name == "flow goes through"] == [
        "voids reach from side to side"
    ]
    said = next(c for c in membrane.checks if c.name == "flow goes through")
    assert said.status == "warn"
    assert "inner surface is closed" in said.message


#: A percolation structure inside, as in test_judge.
INSIDE = (
    Measurement("porosity", 0.55, "1", 0.01, region="core"),
    Measurement("isolated_void_fraction", 0.01, "1", region="core"),
    Measurement("polymer_network_share", 0.999, "1", region="core"),
    Measurement("degree_of_anisotropy", 0.08, "1", 0.03, region="polymer"),
    Measurement("saddle_area_fraction", 0.8, "1", region="interface"),
    Measurement("polymer_convex_area_fraction", 0.12, "1", region="interface"),
    Measurement("void_convex_area_fraction", 0.08, "1", region="interface"),
    *(Measurement("core_sphericity", 0.28, "1", region=r) for r in ("polymer", "void")),
    *(Measurement("neck_ratio", 0.78, "1", region=r) for r in ("polymer", "void")),
    Measurement("pore_size_ratio", 1.5, "1", 0.1, region="wall"),
)


def test_a_closed_skin_fails_the_wall_and_leaves_the_class_of_the_inside() -> None:
    """Paragraph 101: non-porous surfaces, and the internal structure of each membrane was the percolation structure."""
    layers = through(0.54, 0.0, 0.5)
    found = [*INSIDE, *layers, wall_through_porosity(layers, WALL.thickness_m, SURFACES)]
    kind = structure_class(found)
    assert kind.value == "percolation"
    assert kind.evidence["membrane"] == "non_porous"
    said = [c for c in kind.checks if c.name == "surface layers"]
    assert "outer surface is closed" in said[0].message
    assert "non-porous" in said[0].message
    # The structure of the inside is that of (A); claim 1 asks besides for voids that lead from side to side.
    assert judge([*found, kind], ["definition_A"], preferred=False)[0].status is Status.PASS
    whole = judge([*found, kind], ["claim_1"], preferred=False)[0]
    assert whole.status is Status.FAIL
    parts = {p.key: p for p in whole.parts}
    assert parts["voids_reach_through"].status is Status.FAIL
    assert "outer surface is closed" in parts["voids_reach_through"].words
    assert [key for key, p in parts.items() if p.status is Status.FAIL] == ["voids_reach_through"]
    # with open faces all holds, and nothing is said of a skin
    layers = through(0.54, 0.5, 0.5)
    found = [*INSIDE, *layers, wall_through_porosity(layers, WALL.thickness_m, SURFACES)]
    kind = structure_class(found)
    assert kind.value == "percolation"
    assert kind.checks == ()
    assert judge([*found, kind], ["definition_A"], preferred=False)[0].status is Status.PASS


def test_an_open_skin_on_a_dense_inside_is_non_porous() -> None:
    layers = through(0.0, 0.4, 0.4)
    inside = [m for m in INSIDE if m.name != "porosity"]
    found = [*inside, Measurement("porosity", 0.42, "1", 0.01, region="core"), *layers]
    found.append(wall_through_porosity(layers, WALL.thickness_m, SURFACES))
    kind = structure_class(found)
    assert kind.value == "non_porous"
    assert kind.checks == ()  # the inside says it all
