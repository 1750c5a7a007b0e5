"""Rules on statements, each with a pair that agrees and a pair that does not."""

from __future__ import annotations

import pytest

from percola.audit import audit, from_rows, patent_statements, rules, statements_from_text
from percola.errors import InputError

ROWS = [
    {"specimen_id": f"t{i}", "paragraph": f"{i}", "polymer_parts": "40", "solvent1": "DEP", "solvent1_parts": "60",
     "Ts_effective_C": str(140 + 5 * i), "porosity_pct": p, "breaking_extension_pct": x, "ID_mm": "0.80",
     "cooling_medium": "DIDP bath"}
    for i, (p, x) in enumerate([("40.0", "401"), ("54.0", "392"), ("54.5", "383"), ("55.0", "94")])
]  # fmt: skip
WINDOW = 'kind = "window"\nsubject = "T_l"\nedge = "rise"\nfield = "porosity"\nsetting = "dissolution_temperature"\nstep = "5"\nunit = "C"\nseries = ["t0", "t1", "t2", "t3"]\n'
CASES = {
    "said_otherwise_elsewhere": (
        'kind = "specimen_value"\nsubject = "a figure"\nfield = "dissolution_temperature"\nunit = "C"\nvalues = { t1 = "145" }',
        'kind = "specimen_value"\nsubject = "a figure"\nfield = "dissolution_temperature"\nunit = "C"\nvalues = { t1 = "150" }',
    ),
    "window_not_of_its_series": (WINDOW + 'text = "142.5"', WINDOW + 'text = "147.5"'),
    "derived_number_off": (
        'kind = "derived"\nsubject = "x"\nbase = "220"\noffset = "20"\nunit = "C"\ntext = "240"',
        'kind = "derived"\nsubject = "x"\nbase = "220"\noffset = "20"\nunit = "C"\ntext = "230"',
    ),
    "unit_of_nothing": (
        'kind = "unit"\nsubject = "x"\nquantity = "length"\nfield = "average_pore_size"\nnumber = "0.1"\ntext = "um"',
        'kind = "unit"\nsubject = "x"\nquantity = "length"\nfield = "average_pore_size"\nnumber = "0.1"\ntext = "MM"',
    ),
    "mass_as_force": (
        'kind = "unit"\nsubject = "x"\nquantity = "pressure"\nfield = "breaking_strength"\nnumber = "1"\ntext = "kgf/cm2"',
        'kind = "unit"\nsubject = "x"\nquantity = "pressure"\nfield = "breaking_strength"\nnumber = "1"\ntext = "Kg/cm2"',
    ),
    "pressure_basis": (
        'kind = "unit"\nsubject = "x"\nquantity = "permeability"\nfield = "water_permeability"\nnumber = "1"\ntext = "L/m2.h.atm"\nmeasured_at = "1 atm"',
        'kind = "unit"\nsubject = "x"\nquantity = "permeability"\nfield = "water_permeability"\nnumber = "1"\ntext = "L/m2.h.atm"\nmeasured_at = "1 bar"',
    ),
    "method_without_value": (
        'kind = "method"\nsubject = "x"\nfield = "porosity"',
        'kind = "method"\nsubject = "x"\nfield = "bubble_point"',
    ),
    "treatment_differs": (
        'kind = "treatment"\nsubject = "x"\nreading = "a"\n[[statement]]\nparagraph = "2"\nkind = "treatment"\nsubject = "x"\nreading = "a"',
        'kind = "treatment"\nsubject = "x"\nreading = "a"\n[[statement]]\nparagraph = "2"\nkind = "treatment"\nsubject = "x"\nreading = "b"',
    ),
    "term_differs": (
        'kind = "term"\nsubject = "x"\ntext = "a"\n[[statement]]\nparagraph = "2"\nkind = "term"\nsubject = "x"\ntext = "a"',
        'kind = "term"\nsubject = "x"\ntext = "a"\n[[statement]]\nparagraph = "2"\nkind = "term"\nsubject = "x"\ntext = "b"',
    ),
    "comparison_does_not_hold": (
        'kind = "comparison"\nsubject = "drier"\nspecimen = "t0"\nother = "t1"\nfields = ["inside_diameter", "porosity"]\nrelation = "<"',
        'kind = "comparison"\nsubject = "shrunk"\nspecimen = "t0"\nother = "t1"\nfields = ["breaking_extension"]\nrelation = "<"',
    ),
    "setting_not_a_quantity": (
        'kind = "printed"\nsubject = "x"\nspecimens = []\nquantity = "mixing_ratio"\ntext = "1 : 1 by volume"',
        'kind = "printed"\nsubject = "x"\nspecimens = []\nquantity = "mixing_ratio"\ntext = "1 : 1"',
    ),
    "mixture_out_of_range": (
        'kind = "mixture"\nsubject = "x"\nliquids = ["caprolactone", "dioctyl adipate"]\nparts = ["25", "45"]',
        'kind = "mixture"\nsubject = "x"\nliquids = ["caprolactone", "dioctyl adipate"]\nparts = ["45", "25"]',
    ),
    "range_left": (
        'kind = "range"\nsubject = "x"\nfield = "porosity"\nlow = "30"\nhigh = "90"\nunit = "pct"',
        'kind = "range"\nsubject = "x"\nfield = "porosity"\nlow = "50"\nhigh = "90"\nunit = "pct"',
    ),
    "stands_for_another_process": (
        'kind = "process"\nsubject = "x"\nspecimen = "t1"\n[statement.fields]\nsolvent1 = "diethyl phthalate"\ndissolution_temperature = "145 C"',
        'kind = "process"\nsubject = "x"\nspecimen = "t1"\n[statement.fields]\nsolvent1 = "dimethyl phthalate"\ndissolution_temperature = "145 C"',
    ),
}  # fmt: skip
MORE = """
[[statement]]
paragraph = "65"
kind = "range_mixture"
subject = "r"
liquids = ["epsilon-caprolactone", "diethylhexyl adipate"]
low = "20"
high = "40"
"""


def found(text: str, rows: list[dict[str, str]] | None = None) -> set[str]:
    return {f.rule for f in audit(from_rows(rows or ROWS), statements_from_text(text)).findings}


@pytest.mark.parametrize("key", CASES)
def test_agreeing_and_disagreeing(key):
    right, wrong = (MORE + '[[statement]]\nparagraph = "9"\n' + text for text in CASES[key])
    assert key not in found(right)
    assert key in found(wrong)


def pair(kind: str, a: str, b: str) -> str:
    return "".join(f'[[statement]]\nparagraph = "{i}"\nkind = "{kind}"\n{t}\n' for i, t in enumerate((a, b)))


def test_two_statements_on_one_subject():
    assert "definition_differs" not in found(pair("definition", *2 * ('subject = "T"\nreading = "fall"',)))
    assert "definition_differs" in found(
        pair("definition", 'subject = "T"\nreading = "fall"', 'subject = "T"\nreading = "rise"')
    )
    one = 'subject = "D"\ntext = "JP-A-7-1"'
    assert "citation_differs" not in found(pair("citation", one, one))
    assert "citation_differs" in found(pair("citation", one, 'subject = "D"\ntext = "JP-A-1"'))
    assert "two_names" not in found(pair("name", *2 * ('subject = "s"\ntext = "dioctyl adipate"',)))
    assert "two_names" in found(
        pair(
            "name", 'subject = "s"\ntext = "dioctyl adipate"', 'subject = "s"\ntext = "diethylhexyl adipate"'
        )
    )


@pytest.mark.parametrize(
    ("number", "broken", "open_"), [("0.8", False, False), ("1.0", False, True), ("1.2", True, False)]
)
def test_relation_broken_and_undecided(number, broken, open_):
    text = 'kind = "relation"\nsubject = "smaller"\nmedia = ["DIDP"]\nfield = "surface_to_internal_pore_ratio"\nrelation = "<"\nnumber = "1"'
    keys = found(f'[[statement]]\nparagraph = "79"\n{text}', [{**ROWS[0], "sem_surface_to_internal": number}])
    assert ("relation_broken" in keys, "relation_undecided" in keys) == (broken, open_)


@pytest.mark.parametrize(("strength", "hit"), [("120", False), ("116", False), ("107", True)])
def test_effect(strength, hit):
    base = {**ROWS[0], "breaking_strength_kgf_cm2": "115"}
    after = {
        **base,
        "specimen_id": "x",
        "inherits_from": "t0",
        "stretch": "uniaxial",
        "breaking_strength_kgf_cm2": strength,
    }
    text = '[[statement]]\nparagraph = "82"\nkind = "effect"\nsubject = "stronger"\nfield = "breaking_strength"\nrelation = ">"'
    assert ("effect_goes_the_other_way" in found(text, [base, after])) == hit


def test_field_of_view_and_ranges():
    view = '[[statement]]\nparagraph = "1"\nkind = "field_of_view"\nsubject = "SEM"\nfield = "average_pore_size"\nside = "16"\nunit = "um"\ncrossings = 10\n'
    pores = '[[statement]]\nparagraph = "2"\nkind = "range"\nsubject = "pores"\nfield = "average_pore_size"\nlow = "{}"\nhigh = "{}"\nunit = "um"\n'
    assert "field_of_view_too_small" not in found(view + pores.format("0.1", "1.5"))
    assert "field_of_view_too_small" in found(view + pores.format("0.1", "1.7"))
    more = (
        '[[statement]]\nparagraph = "3"\nkind = "range"\nsubject = "bp"\nfield = "bubble_point"\nlow = "1"\nhigh = "20"\nunit = "kgf_cm2"\n'
        '[[statement]]\nparagraph = "4"\nkind = "range"\nsubject = "r"\nfield = "pore_size_ratio"\nlow = "1"\nhigh = "2.0"\nunit = ""\n'
    )
    # 2.86 * 0.022 N/m / (2 * 20 kgf/cm2) = 0.016 um
    assert "ranges_do_not_meet" not in found(more + pores.format("0.017", "1"))
    assert "ranges_do_not_meet" in found(more + pores.format("0.015", "1"))


def test_figures_without_counterpart():
    def figures(text: str, drawn: str) -> str:
        return (
            f'[[statement]]\nparagraph = "1"\nkind = "figure"\nsubject = "t"\nwhere = "text"\nfigures = [{text}]\n'
            f'[[statement]]\nparagraph = "2"\nkind = "figure"\nsubject = "d"\nwhere = "drawing"\nfigures = [{drawn}]\n'
        )

    assert "figures_without_counterpart" not in found(figures('"1", "2"', '"1", "2"'))
    assert "figures_without_counterpart" in found(figures('"1", "2"', '"1"'))
    assert "figures_without_counterpart" in found(figures('"1"', '"1", "2"'))


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("[[statement", "not TOML"),
        ("statement = 3", r"no \[\[statement\]\]"),
        ('[[statement]]\nkind = "rumour"', "rumour"),
        ('[[statement]]\nkind = "name"\nparagraph = "1"\nsubject = "x"', "without text"),
    ],
)
def test_statements_that_cannot_be_read_are_refused(text, match):
    with pytest.raises(InputError, match=match):
        statements_from_text(text)


def test_no_sentence_of_the_patent_is_copied():
    """Facts in our own words: subjects are short."""
    assert all(len(s.subject.split()) <= 14 for s in patent_statements())


def test_every_rule_is_tested_here_or_beside():
    """A rule without a test of both sides does not stand: its key is named in a module of this folder."""
    from pathlib import Path

    text = "".join(p.read_text(encoding="utf-8") for p in Path(__file__).parent.glob("test_audit_*.py"))
    assert not [r.key for r in rules() if f'"{r.key}"' not in text and f"test_{r.key}" not in text]
