"""All measurements in one call, surfaces, and averages over realizations."""

import json
import subprocess
import sys

import numpy as np
import pytest

import percola.measure as measure
from percola.errors import InputError
from percola.measure import phantoms
from percola.measurement import Check, Measurement

WALL = measure.WallGeometry(350e-6, "fibre", 0.8e-3, 1.5e-3)


@pytest.fixture(scope="module")
def all_of_it():
    p = phantoms.gaussian_field(48, 12, 0.6, seed=1, spacing_m=20e-9)
    said = []
    found = measure.measure_structure(
        p.void, p.spacing_m, p.periodic, p.level, WALL, progress=lambda what, part: said.append((what, part))
    )
    return p, found, said


def test_every_name_is_given_once_per_region(all_of_it):
    _, found, said = all_of_it
    keys = [(m.name, m.region) for m in found]
    assert len(set(keys)) == len(keys)
    assert {m.name for m in found} == set(measure.NAMES)
    assert ("maximum_pore_size", "core") in keys
    assert ("maximum_pore_size", "wall") in keys
    parts = [part for _, part in said]
    assert parts == sorted(parts)
    assert parts[-1] == 1.0


def test_all_of_it_is_json(all_of_it):
    _, found, _ = all_of_it
    text = json.dumps([m.to_dict() for m in found], allow_nan=False)
    again = [Measurement.from_dict(d) for d in json.loads(text)]
    assert [m.value for m in again] == [m.value for m in found]


def test_deterministic(all_of_it):
    p, found, _ = all_of_it
    again = measure.measure_structure(p.void, p.spacing_m, p.periodic, p.level, WALL)
    assert [m.value for m in again] == [m.value for m in found]
    assert [m.uncertainty for m in again] == [m.uncertainty for m in found]


def test_wall_and_box_are_told_apart(all_of_it):
    _, found, _ = all_of_it
    ratio = {m.region: m for m in found if m.name == "pore_size_ratio"}
    assert ratio["core"].value >= 1.0
    assert ratio["wall"].uncertainty > 0
    sizes = {(m.name, m.region): m for m in found}
    effect = sizes["maximum_pore_size", "wall"].evidence["size_effect"]
    assert len(effect["sub_cube_edge_m"]) == len(effect["by_edge"]) == 3
    # A homogeneous wall hundreds of periods thick has its bubble point near the critical radius.
    assert sizes["maximum_pore_size", "wall"].evidence["throat_radius_m"] == pytest.approx(
        effect["critical_radius_m"], rel=0.05
    )


def test_only_what_is_asked():
    p = phantoms.gaussian_field(24, 10, 0.6)
    found = measure.measure_structure(p.void, 1e-8, p.periodic, p.level, which=["porosity", "euler_number"])
    assert [m.name for m in found] == ["porosity", "euler_number"]
    with pytest.raises(InputError, match="pore_syze"):
        measure.measure_structure(p.void, 1e-8, p.periodic, which=["pore_syze"])


@pytest.mark.parametrize("kind", ["void", "polymer", "isolated"])
@pytest.mark.parametrize("wall", [None, WALL])
def test_degenerate_structures_give_results(kind, wall):
    if kind == "isolated":
        p = phantoms.isolated_pores(16, 1)
        void, level = p.void, p.level
    else:
        void, level = np.full((16, 16, 16), kind == "void"), None
    found = measure.measure_structure(void, 1e-8, (True, True, True), level, wall)
    for m in found:
        assert m.defined or m.reason, m.name
    value = {(m.name, m.region): m.value for m in found}
    assert value["maximum_pore_size", "core"] is None
    assert value["pore_size_ratio", "core"] is None
    if kind == "isolated":
        assert value["permeability", "core"] == 0.0
    json.dumps([m.to_dict() for m in found], allow_nan=False)


@pytest.mark.parametrize("shape", [(4, 4, 4), (5, 7, 30), (30, 6, 9)])
def test_small_and_uneven_boxes(shape):
    void = np.random.default_rng(0).random(shape) > 0.4
    found = measure.measure_structure(void, 1e-8, (False, True, False), None, WALL)
    for m in found:
        assert m.defined or m.reason, m.name


def test_axis():
    p = phantoms.tube(5, 16)
    void, level = np.moveaxis(p.void, 2, 0).copy(), np.moveaxis(p.level, 2, 0).copy()
    wanted = ["maximum_pore_size", "permeability", "local_thickness"]
    along = measure.measure_structure(p.void, 1e-8, p.periodic, p.level, which=wanted)
    turned = measure.measure_structure(void, 1e-8, p.periodic, level, which=wanted, axis=0)
    for a, b in zip(along, turned, strict=True):
        # Single precision sums in another order; the search for sphere centres too: 0.02 voxel of 5.
        assert a.value == pytest.approx(b.value, rel=5e-3)


def test_refused_input():
    p = phantoms.gaussian_field(16, 8, 0.6)
    for bad in (
        {"void": p.void.astype(np.uint8)},
        {"void": p.void[0]},
        {"spacing_m": -1.0},
        {"level": p.level[:-1]},
        {"level": -p.level},
        {"level": np.where(p.void, np.nan, p.level)},
        {"axis": 3},
    ):
        arguments = {"void": p.void, "spacing_m": 1e-8, "periodic": p.periodic, **bad}
        with pytest.raises(InputError):
            measure.measure_structure(**arguments)


def test_surface_slab():
    p = phantoms.gaussian_field((48, 48, 24), 12, 0.6, seed=2)
    section = measure.sem_section_pore_size(p.void, p.spacing_m, p.periodic, p.level)
    found = {
        m.name: m for m in measure.measure_surface(p.void, p.spacing_m, p.periodic, p.level, section=section)
    }
    assert found["surface_to_internal_pore_ratio"].region == "outer_surface"
    # A cut through the structure: its openings are of the size of its sections, within the choice of depth.
    assert 0.5 < found["surface_to_internal_pore_ratio"].value < 1.6
    skin = p.void.copy()
    skin[:, :, :3] = False
    closed = {m.name: m for m in measure.measure_surface(skin, p.spacing_m, p.periodic, section=section)}
    assert closed["sem_average_pore_size"].value is None
    assert closed["surface_to_internal_pore_ratio"].value is None


def make(value, uncertainty=None, name="x", region="core", **rest):
    return Measurement(name, value, "m", uncertainty, "", region, **rest)


def test_combine_numbers():
    found = measure.combine([[make(1.0, 0.1)], [make(2.0, 0.1)], [make(3.0, 0.1)]])
    assert found[0].value == 2.0
    assert found[0].uncertainty == pytest.approx(
        1 / np.sqrt(3)
    )  # between realizations beats 0.1/sqrt(3) within
    assert found[0].evidence["realizations"] == [1.0, 2.0, 3.0]
    same = measure.combine([[make(2.0, 0.3)], [make(2.0, 0.3)]])
    assert same[0].uncertainty == pytest.approx(0.3 / np.sqrt(2))


def test_combine_words_gaps_and_checks():
    bad, good = Check("c", "fail", "m"), Check("c", "pass", "m")
    found = measure.combine(
        [
            [make("a", name="k"), make(None, reason="why"), make(1.0, name="z", checks=(good,))],
            [make("b", name="k"), make(None, reason="why"), make(1.0, name="z", checks=(bad,))],
            [make("b", name="k"), make(4.0), make(1.0, name="z")],
        ]
    )
    by = {m.name: m for m in found}
    assert by["k"].value == "b"
    assert by["x"].value is None
    assert by["x"].reason == "why"
    assert by["z"].checks[0].status == "fail"
    assert measure.combine([]) == []


def test_importing_the_room_is_cheap():
    code = "import sys, percola.measure; print('numba' in sys.modules, 'scipy' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.split() == ["False", "False"]
