"""The survey: which groups run, what they hand on, and what becomes of those that cannot be measured."""

from __future__ import annotations

import dataclasses
import json
import math

import numpy as np
import pytest

from percola.errors import InputError, SolveError
from percola.measure import phantoms
from percola.measure import survey as room
from percola.measure.survey import GROUPS, Group, Options, Progress, Structure, chosen, needs, survey
from percola.measurement import Measurement

FIELD = phantoms.gaussian_field(16, wavelength_voxels=8, porosity=0.6, seed=3)
EDGES = (1e-8, 1e-8, 1e-8)
QUICK = ("openness", "sections", "chords")


def structure(**more: object) -> Structure:
    given = {"void": FIELD.void, "spacing_m": EDGES, "periodic": (False,) * 3, "level": None, **more}
    return Structure(**given)  # type: ignore[arg-type]


def test_names_and_keys_are_unique_and_the_estimates_positive() -> None:
    names = [n for g in GROUPS for n in g.names]
    assert len(names) == len(set(names))
    keys = [g.key for g in GROUPS]
    assert len(keys) == len(set(keys))
    assert not set(keys) & set(names) - {g.key for g in GROUPS if g.key in g.names}
    for group in GROUPS:
        assert group.names
        assert group.seconds > 0
        assert group.bytes_per_voxel > 0


def test_chosen_by_name_or_key() -> None:
    assert chosen(None) == GROUPS
    assert [g.key for g in chosen(["porosity", "chords"])] == ["openness", "chords"]
    with pytest.raises(InputError, match="did you mean porosity"):
        chosen(["porositty"])


def test_each_group_gives_the_names_it_announces() -> None:
    for group in chosen((*QUICK, "correlation", "topology", "pores", "conductivity")):
        found = {m.name for m in survey(structure(), only=[group.key])}
        assert found <= set(group.names), group.key
        assert found, group.key


def test_a_name_asked_for_comes_alone() -> None:
    assert {m.name for m in survey(structure(), only=["porosity", "mean_void_chord"])} == {
        "porosity",
        "mean_void_chord",
    }


def test_progress_grows_to_one_and_names_the_group() -> None:
    seen: list[tuple[str, float]] = []
    survey(structure(), only=QUICK, progress=lambda words, share: seen.append((words, share)))
    shares = [share for _, share in seen]
    assert shares == sorted(shares)
    assert seen[0][1] == 0.0
    assert seen[-1] == ("done", 1.0)
    for group in chosen(QUICK):
        assert any(words.startswith(group.title) for words, _ in seen)


def test_finished_groups_are_handed_on_and_not_done_again() -> None:
    kept: dict[str, list[Measurement]] = {}
    seconds: list[float] = []

    def finished(key: str, found: list[Measurement], took: float) -> None:
        kept[key] = found
        seconds.append(took)

    whole = survey(structure(), only=QUICK, finished=finished)
    assert list(kept) == [g.key for g in chosen(QUICK)]
    assert whole == [m for found in kept.values() for m in found]
    assert min(seconds) > 0
    again: list[str] = []
    done = {k: v for k, v in kept.items() if k != "chords"}
    rest = survey(structure(), only=QUICK, done=done, finished=lambda key, *_: again.append(key))
    assert again == ["chords"]
    assert [m.to_dict() for m in rest] == [m.to_dict() for m in whole]


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    def method(s: Structure, o: Options, progress: Progress) -> list[Measurement]:
        raise SolveError("flow", "did not converge", "", "more steps")

    group = Group("broken", "what fails", ("first_broken", "second_broken"), method)
    monkeypatch.setattr(room, "GROUPS", (group, *GROUPS))


@pytest.mark.usefixtures("broken")
def test_a_group_that_fails_says_so_and_the_others_go_on() -> None:
    found = survey(structure(), only=["broken", "porosity"])
    assert [m.name for m in found] == ["first_broken", "second_broken", "porosity"]
    assert found[-1].defined
    for m in found[:2]:
        assert not m.defined
        assert "did not converge" in m.reason
        assert "more steps" in m.reason


def test_images_and_voxels_that_are_no_cubes_say_what_they_lack() -> None:
    image = structure(void=FIELD.void[:, :, :1])
    flat = structure(spacing_m=(1e-8, 1e-8, 2e-8))
    assert image.planar
    assert not flat.cubic
    for which, fit in ((image, lambda g: g.planar), (flat, lambda g: not g.cubic)):
        for group in GROUPS:
            why = room.unfit(group, which)
            assert bool(why) is not fit(group), group.key
            if why:
                found = survey(which, only=[group.key])
                assert [m.name for m in found] == list(group.names)
                assert all(m.reason == why for m in found)
    assert "20 nm" in room.unfit(next(g for g in GROUPS if g.cubic), flat)


@pytest.mark.parametrize("shape", [(3, 16, 16), (16, 16, 2), (3, 16, 1)])
def test_too_small_is_refused(shape: tuple[int, int, int]) -> None:
    with pytest.raises(InputError, match="at least 4"):
        survey(structure(void=np.ones(shape, bool)))


def test_arrays_that_are_no_structure() -> None:
    with pytest.raises(InputError):
        survey(structure(void=FIELD.void.astype(np.uint8)))
    with pytest.raises(InputError):
        survey(structure(level=np.zeros((4, 4, 4), np.float32)))
    with pytest.raises(InputError):
        survey(structure(), Options(axis=3))


@pytest.mark.parametrize("void", [np.ones((8, 8, 8), bool), np.zeros((8, 8, 8), bool)], ids=["void", "solid"])
def test_one_phase_gives_results(void: np.ndarray) -> None:
    only = (
        *QUICK,
        "correlation",
        "isotropy",
        "topology",
        "skeleton",
        "shape",
        "pores",
        "network",
        "conductivity",
    )
    for m in survey(structure(void=void), only=only):
        assert m.defined or m.reason, m.name
        assert not isinstance(m.value, float) or math.isfinite(m.value), m.name
        json.dumps(m.to_dict(), allow_nan=False)


def test_the_middle_of_a_structure() -> None:
    s = structure(periodic=(True, True, True), level=FIELD.level)
    assert s.central(16) is s
    part = s.central(6)
    assert part.void.shape == (6, 6, 6)
    assert part.periodic == (False, False, False)  # a part of a period does not wrap
    np.testing.assert_array_equal(part.void, FIELD.void[5:11, 5:11, 5:11])
    np.testing.assert_array_equal(part.void, part.level < 0)
    slab = structure(void=FIELD.void[:, :, :4], periodic=(True, True, True)).central(8)
    assert slab.void.shape == (8, 8, 4)
    assert slab.periodic == (False, False, True)


def test_needs_grow_with_the_volume_and_with_what_is_asked() -> None:
    small, large = needs((64, 64, 64)), needs((256, 256, 256))
    assert large[0] > small[0]
    assert large[1] > small[1]
    assert needs((256, 256, 256), ["porosity"]) < large
    assert needs((256, 256, 1))[0] < needs((256, 256, 256))[0]
    # Linear in voxels to 512^3 at most: what works on a middle part stops growing.
    huge = needs((512, 512, 512))
    assert huge[0] <= 8.01 * large[0]
    assert huge[1] <= 8.01 * large[1]


def test_the_seed_decides_what_is_drawn_and_nothing_else() -> None:
    one, two = (survey(structure(), Options(seed=seed), QUICK) for seed in (0, 1))
    assert [m.to_dict() for m in one] == [m.to_dict() for m in two]
    assert dataclasses.replace(Options(), seed=1) != Options()
