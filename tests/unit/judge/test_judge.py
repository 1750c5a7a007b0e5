"""Definitions as data, operators just inside and just outside each edge, UNDECIDED, classes."""

from __future__ import annotations

import dataclasses
import itertools
import json

import pytest

from percola.errors import InputError
from percola.judge import Status, Verdict, definitions, judge, structure_class
from percola.judge.definitions import CLASSES, Criterion, parse
from percola.judge.operators import join, judge_criterion, probability
from percola.measurement import Check, Measurement

RULES = definitions()

#: A membrane like Example 7 as the patent reports it, with a network structure.
GOOD = {
    "porosity": (0.546, 0.01, "1"),
    "through_porosity": (0.54, 0.01, "1"),
    "isolated_void_fraction": (0.01, None, "1"),
    "network_connectivity": (0.999, None, "1"),
    "degree_of_anisotropy": (0.08, 0.03, "1"),
    "saddle_area_fraction": (0.8, 0.02, "1"),
    "polymer_convex_area_fraction": (0.12, 0.02, "1"),
    "void_convex_area_fraction": (0.08, 0.02, "1"),
    "core_sphericity@polymer": (0.27, None, "1"),
    "core_sphericity@void": (0.29, None, "1"),
    "neck_ratio@polymer": (0.77, None, "1"),
    "neck_ratio@void": (0.80, None, "1"),
    "pore_size_ratio": (1.5, 0.1, "1"),
    "average_pore_size": (0.14e-6, 0.005e-6, "m"),
    "weight_average_molecular_weight": (362.0, 5.0, "kg/mol"),
}


def measured(**changes: tuple[float | str | None, float | None, str]) -> list[Measurement]:
    """The membrane above with some values changed; ``name@region`` where a measurement has one for each
    phase."""
    out = []
    for key, (value, sigma, unit) in {**GOOD, **changes}.items():
        name, _, region = key.partition("@")
        out.append(Measurement(name, value, unit, sigma, region=region))
    return out


#: What the shape descriptors read on joined spheres (polymer) and in cells (void), from the phantoms.
PARTICLES = {
    "saddle_area_fraction": (0.25, 0.02, "1"),
    "polymer_convex_area_fraction": (0.7, 0.02, "1"),
    "core_sphericity@polymer": (0.9, None, "1"),
    "neck_ratio@polymer": (0.35, None, "1"),
}
HALF_ROUND = {**PARTICLES, "polymer_convex_area_fraction": (0.45, 0.02, "1")}
CELLS = {
    "saddle_area_fraction": (0.25, 0.02, "1"),
    "polymer_convex_area_fraction": (0.01, 0.01, "1"),
    "void_convex_area_fraction": (0.7, 0.02, "1"),
    "core_sphericity@void": (0.9, None, "1"),
    "neck_ratio@void": (0.35, None, "1"),
}


def only(verdicts: tuple[Verdict, ...], key: str) -> Verdict:
    return next(v for v in verdicts if v.key == key)


def test_example_7_is_the_percolation_structure() -> None:
    assert structure_class(measured()).value == "percolation"
    verdicts = judge(measured())
    assert only(verdicts, "definition_A").status is Status.PASS
    assert only(verdicts, "claim_1").status is Status.PASS
    assert only(verdicts, "claim_4").status is Status.FAIL  # 0.14 um is above 0.1 um
    assert only(verdicts, "claim_2").status is Status.UNDECIDED  # no surface was measured
    part = next(p for p in only(verdicts, "definition_A").parts if p.key == "pore_size_ratio")
    assert part.margin == pytest.approx(0.5)
    assert part.margin_sigma == pytest.approx(5.0)
    assert "claim 1 (A)" in part.source


def numeric() -> list[Criterion]:
    return [c for c in RULES.criteria.values() if not c.words]


@pytest.mark.parametrize("criterion", numeric(), ids=lambda c: c.key)
def test_just_inside_and_just_outside_each_edge(criterion: Criterion) -> None:
    sides = {"at_least": (1, -1), "above": (1, -1), "at_most": (-1, 1), "below": (-1, 1)}
    edges = (
        [(criterion.low, 1, -1), (criterion.high, -1, 1)]
        if criterion.operator == "between"
        else [(criterion.value, *sides[criterion.operator])]
    )
    for edge, inside, outside in edges:
        assert edge is not None
        step = 1e-6 * (abs(edge) or 1.0)
        region = criterion.regions[0] if criterion.regions else "core"

        def verdict(value: float, sigma: float | None, region: str = region) -> Verdict:
            m = Measurement(criterion.measurement[0], value, criterion.unit, sigma, region=region)
            return judge_criterion(criterion, [m], RULES.confidence)

        if criterion.spread:  # a threshold that is not sharp: decided beyond 1.645 times its spread
            assert verdict(edge + inside * 1.66 * criterion.spread, None).status is Status.PASS
            assert verdict(edge + inside * 1.63 * criterion.spread, None).status is Status.UNDECIDED
            assert verdict(edge + outside * 1.66 * criterion.spread, None).status is Status.FAIL
            continue
        assert verdict(edge + inside * step, None).status is Status.PASS
        assert verdict(edge + outside * step, None).status is Status.FAIL
        assert verdict(edge + inside * step, 10 * step).status is Status.UNDECIDED
        # 95 % of a normal distribution lie beyond 1.645 standard deviations: decided at 1.66, not at 1.63.
        for sigmas, status in ((1.66, Status.PASS), (1.63, Status.UNDECIDED)):
            assert verdict(edge + inside * sigmas * step, step).status is status
        assert verdict(edge + outside * 1.66 * step, step).status is Status.FAIL
        at_edge = Status.FAIL if criterion.operator in ("above", "below") else Status.PASS
        assert verdict(edge, None).status is at_edge


def test_probability_is_that_of_the_normal_distribution() -> None:
    from scipy.stats import norm

    between = RULES.criteria["preferred_porosity"]
    expected = norm.cdf(0.9, 0.85, 0.04) - norm.cdf(0.3, 0.85, 0.04)
    assert probability(between, 0.85, 0.04) == pytest.approx(expected, abs=1e-12)  # two libraries' erf


def test_surface_claims_ask_for_one_side_only() -> None:
    def sides(outer: float, inner: float) -> list[Measurement]:
        name = "surface_to_internal_pore_ratio"
        return [
            *measured(),
            Measurement(name, outer, "1", 0.02, region="outer_surface"),
            Measurement(name, inner, "1", 0.02, region="inner_surface"),
        ]

    def statuses(outer: float, inner: float) -> tuple[Status, Status]:
        verdicts = judge(sides(outer, inner))
        return only(verdicts, "claim_2").status, only(verdicts, "claim_3").status

    assert statuses(1.2, 0.8) == (Status.PASS, Status.PASS)
    assert statuses(1.2, 1.3) == (Status.PASS, Status.FAIL)
    assert statuses(0.5, 0.6) == (Status.FAIL, Status.PASS)
    assert statuses(1.0, 0.6) == (Status.UNDECIDED, Status.PASS)


def test_the_wall_goes_before_the_core() -> None:
    extra = Measurement("pore_size_ratio", 3.0, "1", 0.1, region="wall")
    verdict = only(judge([*measured(), extra]), "definition_A")
    assert verdict.status is Status.FAIL


def test_the_box_does_not_stand_in_for_a_wall_that_could_not_be_told() -> None:
    unknown = Measurement(
        "pore_size_ratio", None, "1", region="wall", reason="most sub-volumes are not crossed"
    )
    box = [m for m in measured() if m.name != "pore_size_ratio"]
    box.append(Measurement("pore_size_ratio", 1.0, "1", 0.01, region="core"))
    assert only(judge(box), "definition_A").status is Status.PASS
    assert only(judge([*box, unknown]), "definition_A").status is Status.UNDECIDED


def test_missing_undefined_and_invalid_measurements_do_not_pass() -> None:
    without = [m for m in measured() if m.name != "pore_size_ratio"]
    assert only(judge(without), "definition_A").status is Status.UNDECIDED
    undefined = Measurement("pore_size_ratio", None, "1", reason="no void leads through")
    verdict = only(judge([*without, undefined]), "definition_A")
    assert verdict.status is Status.UNDECIDED
    assert "no void leads through" in verdict.words
    bad = Measurement("pore_size_ratio", 1.2, "1", 0.1, checks=(Check("size", "fail", "box too small"),))
    verdict = only(judge([*without, bad]), "definition_A")
    assert verdict.status is Status.UNDECIDED
    assert "box too small" in verdict.words
    # Nothing reaches through: fails, although the ratio does not exist.
    closed = [m for m in without if m.name != "through_porosity"]
    closed += [undefined, Measurement("through_porosity", 0.0, "1", 0.0)]
    assert only(judge(closed), "claim_1").status is Status.FAIL
    # (A) asks that voids intercommunicate, the body of the claim that they lead through.
    assert "voids_reach_through" not in {p.key for p in only(judge(closed), "definition_A").parts}
    unmeasured = only(judge([], preferred=True), "preferred_thickness")
    assert unmeasured.status is Status.UNDECIDED
    assert [m.name for m in unmeasured.missing] == ["thickness"]


def test_wrong_unit_is_refused() -> None:
    with pytest.raises(InputError, match="average_pore_size"):
        judge(measured(average_pore_size=(0.14, 0.005, "um")))


def test_unknown_key_is_refused() -> None:
    with pytest.raises(InputError, match="definition_Z"):
        judge(measured(), ["definition_Z"])


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("percolation", {}),
        ("coarse", {"pore_size_ratio": (2.94, 0.2, "1")}),  # Comparative Example 8
        ("non_porous", {"porosity": (0.42, 0.01, "1"), "through_porosity": (0.0, 0.0, "1")}),  # CE 7
        ("spherical_particles", PARTICLES),
        ("cellular", CELLS),
        # Closed cells are a foam above one half of void, separate pores in a dense body below.
        ("cellular", {**CELLS, "porosity": (0.8, 0.01, "1"), "through_porosity": (0.0, 0.0, "1")}),
        ("non_porous", {**CELLS, "porosity": (0.4, 0.01, "1"), "through_porosity": (0.0, 0.0, "1")}),
        ("undecided", {"pore_size_ratio": (2.0, 0.2, "1")}),
        ("undecided", {"saddle_area_fraction": (0.46, 0.01, "1")}),
        ("undecided", {"degree_of_anisotropy": (0.6, 0.05, "1")}),
        # Round caps alone tell particles; without them the bodies must be round.
        ("spherical_particles", {**PARTICLES, "core_sphericity@polymer": (0.30, None, "1")}),
        ("undecided", {**HALF_ROUND, "core_sphericity@polymer": (0.44, None, "1")}),
        ("spherical_particles", {**HALF_ROUND, "core_sphericity@polymer": (0.9, None, "1")}),
        (
            "undecided",
            {**PARTICLES, "core_sphericity@polymer": (0.30, None, "1"), "porosity": (0.85, 0.01, "1")},
        ),
    ],
)
def test_classes(kind: str, changes: dict[str, tuple[float, float, str]]) -> None:
    found = structure_class(measured(**changes))
    assert found.value == kind
    assert found.evidence["words"]
    assert {r["key"] for r in found.evidence["reasons"]} >= {"class_saddle", "class_ratio"}


def test_undecided_says_what_is_possible() -> None:
    straddling = measured(pore_size_ratio=(2.0, 0.2, "1"))
    found = structure_class(straddling)
    assert found.evidence["possible"] == ["percolation", "coarse"]
    # Particles and cells are excluded all the same, so only the ratio leaves (A) open.
    parts = {p.key: p.status for p in only(judge(straddling), "definition_A").parts}
    assert [key for key, s in parts.items() if s is Status.UNDECIDED] == ["pore_size_ratio"]


def test_no_two_classes_at_once() -> None:
    """Every corner of the questions that make the classes: never two classes, never an open question."""
    corners = {
        "porosity": (0.3, 0.8),
        "through_porosity": (0.0, 0.28),
        "saddle_area_fraction": (0.2, 0.8),
        "core_sphericity@polymer": (0.25, 0.9),
        "core_sphericity@void": (0.25, 0.9),
        "neck_ratio@polymer": (0.3, 0.9),
        "neck_ratio@void": (0.3, 0.9),
        "polymer_convex_area_fraction": (0.1, 0.7),
        "void_convex_area_fraction": (0.1, 0.7),
        "pore_size_ratio": (1.5, 3.0),
        "network_connectivity": (0.5, 1.0),
    }
    seen = set()
    for values in itertools.product(*corners.values()):
        changes = {n: (v, None, GOOD[n][2]) for n, v in zip(corners, values, strict=True)}
        found = structure_class(measured(**changes))
        assert found.value != "undecided" or len(found.evidence["possible"]) == 0
        seen.add(found.value)
    assert seen == {*CLASSES, "undecided"}


def test_three_valued_join() -> None:
    P, F, U, N = Status.PASS, Status.FAIL, Status.UNDECIDED, Status.NOT_APPLICABLE
    for statuses in itertools.product((P, F, U), repeat=2):
        # De Morgan: all(...) is the negation of any(negations).
        negated = join([s.negated() for s in statuses], "any").negated()
        assert join(statuses, "all") is negated
    assert join([P, N], "all") is U
    assert join([F, N], "all") is F
    assert join([], "all") is U


def test_verdicts_survive_json() -> None:
    verdict = only(judge(measured()), "claim_1")
    data = json.loads(json.dumps(verdict.to_dict(), allow_nan=False))
    back = Verdict.from_dict(data)
    assert back.to_dict() == verdict.to_dict()
    assert dataclasses.replace(back, measurements=(), parts=()) == dataclasses.replace(
        verdict, measurements=(), parts=()
    )


def test_thresholds_are_those_of_the_patent_in_si() -> None:
    """Conversions of the figures as written: 1 kgf/cm2 = 98066.5 Pa; 1 atm = 101325 Pa."""
    c = RULES.criteria
    flux = 1e-3 / (3600 * 101325)
    assert c["preferred_bubble_point"].low == pytest.approx(98066.5)
    assert c["preferred_bubble_point"].high == pytest.approx(20 * 98066.5)
    assert c["preferred_breaking_strength"].value == pytest.approx(50 * 98066.5)
    # Seven digits stand in the file.
    assert c["preferred_water_permeability"].low == pytest.approx(200 * flux, rel=1e-6)
    assert c["preferred_water_permeability"].high == pytest.approx(1e4 * flux, rel=1e-6)
    assert c["pore_size_ratio"].value == 2.0
    assert c["pore_size_ratio"].threshold_from == "patent"
    for criterion in c.values():
        assert criterion.threshold_from == "patent" or len(criterion.reason) > 40


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ("schema_version = 2\nconfidence = 0.95", "schema_version"),
        ("schema_version = 1\nconfidence = 1.5", "confidence"),
        ('schema_version = 1\nconfidence = 0.95\n[[criterion]]\nkey = "a"\ncolour = 1', "colour"),
        ('schema_version = 1\nconfidence = 0.95\n[[criterion]]\nkey = "a"', "has no title"),
        (
            'schema_version = 1\nconfidence = 0.95\n[[combination]]\nkey = "a"\ntitle = "t"\n'
            'operator = "all"\nof = ["b"]\nsource = "s"',
            "'b'",
        ),
    ],
)
def test_broken_definitions_are_refused(broken: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        parse(broken)


BASE = 'key="a"\ntitle="t"\nmeasurement="m"\nsource="s"\nthreshold_from="patent"\n'


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ('operator="at_most"\nunit="1"', "value"),
        ('operator="between"\nlow=2.0\nhigh=1.0\nunit="1"', "not below"),
        ('operator="one_of"\nunit="1"\nwords=["x"]', "unit"),
        ('operator="at_most"\nvalue=1.0', "unit"),
        ('operator="nearly"\nvalue=1.0\nunit="1"', "operator"),
    ],
)
def test_thresholds_that_do_not_fit_are_refused(fields: str, words: str) -> None:
    text = f"schema_version = 1\nconfidence = 0.95\n[[criterion]]\n{BASE}{fields}\n"
    with pytest.raises(InputError, match=words):
        parse(text)


def test_our_own_threshold_needs_a_reason() -> None:
    own = BASE.replace("patent", "percola") + 'operator="at_most"\nvalue=1.0\nunit="1"'
    with pytest.raises(InputError, match="reason"):
        parse(f"schema_version = 1\nconfidence = 0.95\n[[criterion]]\n{own}\n")


def test_an_open_class_says_what_is_asked_in_words() -> None:
    """The saddles of Example 7 at the default size: inside the spread of our own threshold."""
    found = structure_class(measured(saddle_area_fraction=(0.471, None, "1")))
    assert found.value == "undecided"
    assert found.evidence["possible"] == ["percolation"]
    assert found.evidence["open"] == ["class_saddle"]
    words = found.evidence["words"]
    assert words.startswith("could be percolation; open: the interface is largely saddle-shaped")
    assert "0.471" in words
    assert "at least 0.45 is asked" in words
    assert "good to ±0.04" in words
    # Definition (A) asks for nothing that is open here.
    verdict = only(judge(measured(saddle_area_fraction=(0.471, None, "1"))), "definition_A")
    assert verdict.status is Status.PASS
    assert not set(found.evidence["open"]) & {p.key for p in verdict.parts}


def test_a_failed_check_of_the_ratio_leaves_class_and_verdict_open_with_its_reason() -> None:
    rest = [m for m in measured() if m.name != "pore_size_ratio"]
    beyond = Check("flow of the rich phase", "fail", "beyond the diffusive model")
    found = [*rest, Measurement("pore_size_ratio", 1.0, "1", 0.02, region="wall", checks=(beyond,))]
    kind = structure_class(found)
    assert kind.evidence["possible"] == ["percolation", "coarse"]
    assert "beyond the diffusive model" in kind.evidence["words"]
    verdict = only(judge(found), "definition_A")
    assert verdict.status is Status.UNDECIDED
    assert "beyond the diffusive model" in verdict.words


def test_a_lower_bound_can_fail_but_not_pass_an_upper_limit() -> None:
    def with_ratio(value: float) -> tuple[Verdict, ...]:
        others = [m for m in measured() if m.name != "pore_size_ratio"]
        bound = Measurement(
            "pore_size_ratio", value, "1", 0.05, region="wall", evidence={"lower_bound": "without defects"}
        )
        return judge([*others, bound], ["pore_size_ratio"], preferred=False)

    within, beyond = (only(with_ratio(v), "pore_size_ratio") for v in (1.2, 2.6))
    assert within.status is Status.UNDECIDED
    assert "a lower bound (without defects)" in within.words
    assert beyond.status is Status.FAIL
