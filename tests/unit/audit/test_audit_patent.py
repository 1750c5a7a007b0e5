"""What the audit finds in EP 1 063 256 A1: facts of the patent that we have read ourselves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from percola import sources
from percola.audit import GRADES, audit, from_rows, patent_specimens, patent_statements, rules, to_rows
from percola.audit.operators import OPERATORS
from percola.errors import InputError


@pytest.fixture(scope="module")
def found():
    return audit(patent_specimens(), patent_statements())


# Rule, specimen ("" for the source itself), a piece of the words.
KNOWN = [
    ("porosity_above_solvent", "Ex12", "67 %"),
    ("flux_above_average_pore", "Ex10", "2900"),
    ("flux_above_average_pore", "Ex17", "3500"),
    ("flux_above_printed_pore", "Ex15", "2200"),
    ("flux_above_printed_pore", "Ex16", "2800"),
    ("flux_above_average_pore", "Ex21", "2400"),
    ("ratio_not_of_its_pores", "Ex15", "1.22"),
    ("ratio_not_of_its_pores", "Ex15", "cut off in place of rounded would explain it"),
    ("stretching_balance", "Ex16", "1.28"),
    ("said_otherwise_elsewhere", "CE7", "135 °C"),
    ("window_not_of_its_series", "CE7", "137.5"),
    ("definition_differs", "", "claim 8"),
    ("derived_number_off", "", "240 °C"),
    ("unit_of_nothing", "", "MM"),
    ("effect_goes_the_other_way", "Ex16", "107"),
    ("treatment_differs", "", "the solvent alone in para. 19"),
    ("term_differs", "", "miscible solvent (para. 80)"),
    ("term_differs", "", "completion (para. 60)"),
    ("porous_surface_with_skin", "Ex6-water", "adhesive tape"),
    ("comparative_meets_definition", "CE5-DTDP", "surface is called non-porous"),
    ("repeated_row", "Ex17", "8 of 9"),
    ("axial_length_in_series", "CE7", "0.687"),
    ("axial_length_of_die", "Ex12", "1.43"),
    ("axial_length_of_die", "Ex17", "0.469"),
    ("trend_break", "CE7", "156"),
    ("support_thinner", "CE10", "76 µm"),
    ("solvent_freezes", "CE3", "ethylene carbonate"),
    ("solvent_freezes", "CE10", "ethylene carbonate"),
    ("independent_pores_emptied", "CE7", "42 %"),
    ("interior_follows_medium", "Ex6-water", "0.04"),
    ("stands_for_another_process", "CE11", "epsilon-caprolactam"),
    ("citation_differs", "", "JP-A-265674"),
    ("comparison_does_not_hold", "CE7", "1.60 mm"),
    ("zero_without_limit", "CE7", "zero"),
    ("oriented_yet_isotropic", "Ex16", "28 %"),
    ("gap_in_numbering", "CE7", "Comparative Example 6"),
    ("two_names", "", "ioctyl adipate"),
    ("mass_as_force", "", "Kg/cm2"),
    ("pressure_basis", "", "3.3 %"),
    ("method_without_value", "", "Bubble point"),
    ("relation_undecided", "Ex6-DIDP", "0.95"),
    ("setting_not_a_quantity", "Ex1b", "150%"),
    ("setting_not_a_quantity", "Ex13", "ether"),
    ("setting_not_a_quantity", "Ex13", "several"),
    ("stretching_without_result", "Ex3", "no residual strain"),
    ("composition_moves_with_solvent", "Ex3", "36.4 %"),
    ("composition_moves_with_solvent", "CE2", "42.1 %"),
    ("not_stated", "Ex7", "cooling medium"),
    ("not_stated", "Ex7", "Area"),
    ("field_of_view_too_small", "", "1.6 µm"),
    ("ranges_do_not_meet", "", "20 kgf/cm²"),
    ("component_above_boiling_point", "Ex21", "245 °C"),
    ("above_flash_point", "Ex3", "acetophenone"),
]


@pytest.mark.parametrize(("rule", "specimen", "words"), KNOWN)
def test_known_finding(found, rule, specimen, words):
    hits = [f for f in found.by_rule(rule) if (specimen in f.specimens if specimen else not f.specimens)]
    assert any(words in f.words for f in hits)


# Places that look like faults and are none: no rule may name them.
CLEAN = [
    ("ratio_not_of_its_pores", "CE8"),  # 0.53/0.18 = 2.94
    ("ratio_not_of_its_pores", "Ex10"),  # 0.23/0.18 = 1.278, printed 1.27: digits explain it
    ("ratio_not_of_its_pores", "Ex12"),  # 0.49/0.34 = 1.441, printed 1.43: digits explain it
    ("porosity_above_hot_solvent", "Ex12"),  # 67.0 of 67.2 %: the hot solution holds molten polymer besides
    ("porosity_above_solvent", "Ex7"),  # 54.6 % of 64.6 %
    ("flux_above_printed_pore", "Ex7"),  # 300 of 510 on the inner area, capillaries as printed
    (
        "flux_above_maximum_pore",
        "Ex17",
    ),  # 3500 of 3400: the capillary of F316's constant is 1.4 times as wide
    ("flux_above_average_pore", "Ex12"),  # 4300 of 3970 to 4090: within 2 sigma of the viscosity
    ("conductivity_above_bound", "Ex13"),  # 0.8 of 2.2 mS/cm and more
    ("support_thinner", "Ex13"),  # 100 over 87 um: swollen
    ("solvent_boils", "Ex21"),  # the mixture stays near one atmosphere within 2 sigma
    ("said_otherwise_elsewhere", "Ex1a"),  # Fig. 5B, 155 degC
    ("implausible_number", "Ex12, average pore size"),
    ("pores_without_flux", "CE7"),  # zero, but no pore size and not called percolation
    ("unknown_substance", "Ex21"),
    ("treatment_differs", "treatment iv), what is removed"),
    ("mixture_out_of_range", "Ex21"),  # 25 : 45 is 35.7 % of 20 to 40 %
]


@pytest.mark.parametrize(("rule", "specimen"), CLEAN)
def test_what_is_no_fault_is_not_found(found, rule, specimen):
    assert any(specimen in who for who in found.ran[rule]), "it was looked at"
    assert not [f for f in found.by_rule(rule) if specimen in f.specimens]


def test_list_on_the_page_is_the_list_of_the_audit(found):
    """docs/how-to/audit.md shows the summary between two marks: it is pasted by a machine, never typed."""
    page = (Path(__file__).parents[3] / "docs" / "how-to" / "audit.md").read_text(encoding="utf-8")
    shown = page.split("<!-- summary of the patent -->\n```text\n")[1].split("\n```")[0]
    assert shown == found.summary()


def test_at_least_twenty_above_ambiguous(found):
    assert sum(found.counts[g] for g in GRADES[:3]) >= 20
    assert len(found.findings) == sum(found.counts.values()) >= 50


def test_upper_bound_of_the_window_is_recomputed(found):
    """T_u = 152.5 degC follows from the breaking extensions, so that it is no finding; T_l has no step at 135."""
    assert "T_u" in found.ran["window_not_of_its_series"]
    assert len(found.by_rule("window_not_of_its_series")) == 1


def test_reserved_results_are_never_used(found):
    reserved = {s.id for s in patent_specimens() if s.reserved}
    about_results = {"flux_at_most", "repeated_row", "trend_break", "zero"}
    for r in rules():
        if r.operator in about_results:
            assert not any(i in reserved for f in found.by_rule(r.key) for i in f.specimens)


def test_findings_are_complete_and_plain(found):
    data = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert data["counts"] == found.counts
    for f in found.findings:
        assert f.numbers, f.rule
        assert f.paragraphs, f.rule
        assert f.consequence, f.rule
        assert "{" not in f.words + f.consequence, f.rule
        assert str(f).startswith(f.grade)


def test_table_alone_finds_the_same_without_statements():
    """The way through a CSV loses nothing that a table can hold."""
    direct = {(f.rule, f.specimens) for f in audit(patent_specimens()).findings}
    rows = {(f.rule, f.specimens) for f in audit(from_rows(to_rows(patent_specimens()))).findings}
    assert rows == direct
    assert len(direct) >= 25


def test_rules_are_sound_data():
    keys = [r.key for r in rules()]
    assert len(keys) == len(set(keys))
    for r in rules():
        assert r.grade in GRADES
        assert r.operator in OPERATORS, r.key
        assert r.title, r.key
        assert r.equation, r.key
        for key in r.source.split(";"):
            assert key == "percola" or sources.reference(key).key == key
        for other in filter(None, r.get("unless", "").split(";")):
            assert keys.index(other) < keys.index(r.key), "the rule that takes precedence comes first"


def test_audit_refuses_nothing_to_look_at():
    with pytest.raises(InputError):
        audit([])
    with pytest.raises(InputError):
        audit([*patent_specimens(), patent_specimens()[0]])


def test_what_was_not_looked_at_is_said(found):
    assert "bubble_point_not_of_its_pore" in found.not_run
    assert "bubble point" in found.missing["bubble_point_not_of_its_pore"]
    assert audit(from_rows([{"specimen_id": "a", "operator": "me"}])).unread_columns == ("operator",)
