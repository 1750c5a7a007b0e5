"""Whatever table a program writes is read back exactly, or refused: never as other numbers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from percola.errors import InputError
from percola.lab.reading import ReadOptions, read_tables

UNITS = ("kPa", "mm", "N", "°C", "l/min", "%", "s", "mW/mg", "kgf/cm²", "Ohm")
NAMES = ("Druck", "Fluß", "Time", "Force", "Température", "Weg", "Z'", "heat flow", "Extension 1", "load")
JAPANESE = ("圧力", "流量", "時間", "荷重", "温度", "変位", "強度", "電圧", "抵抗", "長さ")


@dataclass(frozen=True)
class Written:
    """A table as a program writes it, and its true numbers."""

    data: bytes
    values: list[list[float]]
    separator: str
    decimal: str
    names: list[str]
    plainly: bool  # whether anybody would expect it to be read


def group(digits: str, mark: str) -> str:
    """Digits in groups of three."""
    head = len(digits) % 3
    parts = ([digits[:head]] if head else []) + [digits[i : i + 3] for i in range(head, len(digits), 3)]
    return mark.join(parts)


def shown(value: float, style: str, decimal: str, thousands: str) -> str:
    """A number in a notation; its true value is that of ``float(format(value, style))``."""
    text = format(value, style)
    sign, text = ("-", text[1:]) if text.startswith("-") else ("", text)
    mantissa, e, exponent = text.partition("e")
    whole, point, part = mantissa.partition(".")
    if thousands and not e:
        whole = group(whole, thousands)
    return sign + whole + (decimal + part if point else "") + (("E" + exponent) if e else "")


@st.composite
def tables(draw: st.DrawFn) -> Written:
    """Any table in any dialect."""
    encoding = draw(
        st.sampled_from(
            ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "cp932", "euc_jp"]
        )
    )
    separator = draw(st.sampled_from(["\t", ";", ",", "|", " ", "   "]))
    decimal = draw(st.sampled_from([".", ","]))
    width = draw(st.integers(1, 5))
    rows = draw(st.integers(1, 9))
    marks = ["", "", "", ".", ",", " ", "\u202f", "\u00a0", "'"]
    thousands = draw(
        st.sampled_from([m for m in marks if m not in (decimal,) and (m != " " or separator.strip())])
    )
    if separator == ";" and thousands == ",":
        thousands = (
            ""  # "1,234;5,678" is read with a decimal comma, as semicolons say; see the limits in the docs
        )
    styles = [
        draw(st.sampled_from([".0f", ".1f", ".2f", ".3f", ".4f", ".6g", ".3e", ".15g"])) for _ in range(width)
    ]
    big = draw(st.sampled_from([1.0, 10.0, 1e3, 1e5, 1e7]))
    numbers = st.floats(-big, big, allow_nan=False).filter(lambda v: v == 0.0 or abs(v) > 1e-12)
    values = [[float(format(draw(numbers), s)) for s in styles] for _ in range(rows)]
    japanese = encoding in ("cp932", "euc_jp")
    western = encoding == "cp1252"
    if japanese or (western and thousands == "\u202f"):
        thousands = "" if thousands in ("\u202f", "\u00a0") else thousands
    names = list(draw(st.permutations(JAPANESE if japanese else NAMES)))[:width]
    units = list(draw(st.permutations([u for u in UNITS if not (japanese and "²" in u)])))[:width]
    placing = draw(
        st.sampled_from(["none", "brackets", "round", "stroke", "row", "row in brackets", "comma"])
    )
    quoted = draw(st.booleans()) if separator.strip() or separator == "\t" else False
    needed = separator == "," and (decimal == "," or thousands == ",")
    fair = not (needed and not quoted)
    cut = {
        "none": "{n}",
        "brackets": "{n} [{u}]",
        "round": "{n} ({u})",
        "stroke": "{n} / {u}",
        "comma": "{n}, {u}",
    }
    head = [cut.get(placing, "{n}").format(n=n, u=u) for n, u in zip(names, units, strict=True)]
    if not separator.strip() and separator != "\t":
        head = [h.replace(" ", "") for h in head]  # a word with a space in it is two between spaces
    if separator == "," and placing == "comma" and not quoted:
        head = list(names)
    lines = [separator.join(f'"{h}"' if quoted else h for h in head)]
    if placing.startswith("row"):
        line = [f"({u})" if "brackets" in placing else u for u in units]
        lines.append(separator.join(f'"{u}"' if quoted else u for u in line))
    for row in values:
        cells = [shown(v, s, decimal, thousands) for v, s in zip(row, styles, strict=True)]
        lines.append(separator.join(f'"{c}"' if quoted else c for c in cells))
    above = draw(st.sampled_from(["none", "colon", "cells", "blank", "hash"]))
    facts = {
        "none": [],
        "colon": ["Operator: Meyer", "Date: 2026-11-25", ""],
        "cells": [f"Operator{separator}Meyer", f"Sample{separator}No 7", ""] if separator.strip() else [],
        "blank": ["", ""],
        "hash": ["# exported by a program", "# run 12"],
    }[above]
    if draw(st.booleans()) and separator in ("\t", ";", "|"):
        lines = [line + separator for line in lines]
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    text = end.join(facts + lines) + (end if draw(st.booleans()) else "")
    settled = any(s in (".1f", ".2f", ".4f") for s in styles)
    plainly = fair and thousands == "" and width > 1 and rows > 2 and separator in ("\t", ";") and settled
    return Written(text.encode(encoding, "replace"), values, separator, decimal, names, plainly)


def check(written: Written, tmp: Path, options: ReadOptions) -> bool:
    """Whether the table was read; fails where it was read as other numbers."""
    path = tmp / "t.csv"
    path.write_bytes(written.data)
    try:
        found = read_tables(path, options)
    except InputError:
        return False
    assert len(found) == 1, [t.notes for t in found]
    got = [c for c in found[0].columns if len(c.values) and c.text is None]
    assert [c.values.tolist() for c in got] == [list(c) for c in zip(*written.values, strict=True)], found[
        0
    ].notes
    return True


@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(written=tables())
def test_exact_or_refused(written: Written, tmp_path_factory: pytest.TempPathFactory) -> None:
    tmp = tmp_path_factory.getbasetemp()
    done = check(written, tmp, ReadOptions())
    # Tabs or semicolons, several columns, no thousands, and a column that does not have three decimals leave
    # nothing open: a refusal would be a fault.
    assert done or not written.plainly


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(written=tables())
def test_said_is_never_misread(written: Written, tmp_path_factory: pytest.TempPathFactory) -> None:
    """With the decimal sign said, every table is read exactly or refused."""
    check(written, tmp_path_factory.getbasetemp(), ReadOptions(decimal=written.decimal))
