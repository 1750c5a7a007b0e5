"""The reader of references.bib."""

from __future__ import annotations

import pytest

from percola import sources
from percola.errors import TableError


def test_every_entry_has_a_title_a_year_and_a_place():
    for key, r in sources.references().items():
        assert r.fields.get("title"), key
        assert r.fields.get("year", "").isdigit(), key
        assert any(r.fields.get(f) for f in ("journal", "booktitle", "publisher", "howpublished")), key
        assert "{" not in r.text, key


@pytest.mark.parametrize(
    "key",
    [
        "ep1063256",
        "astmf316",
        "astme128",
        "astmd882",
        "flory1953",
        "huggins1942",
        "hansen2007",
        "cahnhilliard1958",
        "lauritzenhoffman1960",
        "nakamura1972",
        "nakamura1973",
        "avrami1939",
        "muthukumar2016",
        "ziabicki1996",
        "jokisaari2017",
        "wuwarren2021",
        "siggia1979",
        "nishiwang1975",
        "yadavmaiti2008",
        "dikshitnandi1998",
        "zickhomsy1982",
        "nakagawaishida1973",
        "liu2013",
        "yasuda1968",
        "degennes1980",
        "lifshitzslyozov1961",
        "strang1968",
    ],
)
def test_keys_that_others_rely_on(key):
    assert sources.reference(key).key == key


def test_text_and_cite():
    text = sources.reference("cahnhilliard1958").text
    assert "John W. Cahn and John E. Hilliard (1958)" in text
    assert "258-267" in text
    assert sources.cite("flory1953;flory1953; hansen2007") == [
        sources.reference("flory1953").text,
        sources.reference("hansen2007").text,
    ]
    assert len(sources.cite(["flory1953;hansen2007", "ep1063256"])) == 3


def test_unknown_key_suggests():
    with pytest.raises(TableError, match="flory1953"):
        sources.reference("flory1935")


def test_parse_subset():
    text = (
        '% no\n@article{a, title = {A {B} c}, year = "1999",\n pages={1--2}}\n'
        "junk @book{b, title={x}, year={2000},}"
    )
    found = sources.parse(text)
    assert found["a"].fields["title"] == "A B c"
    assert found["a"].fields["year"] == "1999"
    assert found["b"].kind == "book"


@pytest.mark.parametrize("text", ["@a{k, title = {x}", "@a{k, title = x}", "@a{k, t={1}} @b{k, t={2}}"])
def test_parse_refuses(text):
    with pytest.raises(TableError):
        sources.parse(text)
