"""Cells of blocks to columns of numbers: one decimal sign for the file, from all of its cells."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from percola.errors import InputError
from percola.lab.importer import headers, numbers
from percola.lab.importer.numbers import Sign
from percola.lab.importer.structure import Block
from percola.lab.table import Column

#: What the decimal sign of a file without any rests on.
WHOLE = "whole numbers only"


def cells_of(block: Block) -> list[list[str]]:
    """The cells of each column."""
    width = len(block.names)
    columns: list[list[str]] = [[] for _ in range(width)]
    for row in block.rows:
        n = len(row)
        for k in range(width):
            columns[k].append(row[k] if k < n else "")
    return columns


def decimal_sign(
    columns: Sequence[Sequence[str]],
    names: Sequence[str],
    separator: str,
    said: str | None,
    where: str,
    around: Sequence[str] = (),
) -> tuple[Sign, str]:
    """The decimal sign of a file and what it rests on.

    Args: columns: tidied cells of all columns. names: for messages. separator: of the cells. said: by a person.
        around: texts of the facts, which may settle what the cells leave open, never contradict them.

    Raises:
        InputError: the cells contradict each other, or do not settle it.
    """
    if said is not None:
        said = {"point": ".", "comma": ","}.get(said, said)
        if said not in (".", ","):
            raise InputError("--decimal", repr(said), "'.' or ','")
        return said, "as said"  # type: ignore[return-value]
    strong: dict[str, tuple[str, str]] = {}
    opens: list[tuple[str, str, str]] = []
    doubted = False
    for name, column in zip(names, columns, strict=True):
        tell, example, loose, mixed = _column_evidence(column)
        for t in tell:
            strong.setdefault(t, (name, example[t]))
        if loose:
            opens.append((loose, name, example[loose]))
            doubted = doubted or mixed
    if "comma" in strong and "point" in strong:
        raise InputError(
            where,
            f"both decimal signs: {strong['comma'][1]!r} in column {strong['comma'][0]!r} and {strong['point'][1]!r} in "
            f"column {strong['point'][0]!r}",
            "one decimal sign",
            "say it: --decimal , or --decimal .",
        )
    if "comma" in strong:
        wrong = next((o for o in opens if o[0] == "point?"), None)
        if wrong:
            raise _open(
                where, wrong, f"{strong['comma'][1]!r} in column {strong['comma'][0]!r} has a decimal comma"
            )
        return ",", f"{strong['comma'][1]} in column {strong['comma'][0] or '1'}"
    if "point" in strong:
        wrong = next((o for o in opens if o[0] == "comma?"), None)
        if wrong:
            raise _open(
                where, wrong, f"{strong['point'][1]!r} in column {strong['point'][0]!r} has a decimal point"
            )
        return ".", f"{strong['point'][1]} in column {strong['point'][0] or '1'}"
    kinds = {o[0] for o in opens}
    if not kinds:
        return ".", WHOLE
    told = {t for text in around for t in [says(numbers.tidy(text))] if t}
    told |= (
        {"comma"}
        if separator == ";" and not told and not doubted
        else {"point"}
        if separator == ","
        else set()
    )
    if kinds == {"comma?"} and told == {"comma"}:
        return ",", "semicolons between the cells" if separator == ";" else "the lines around the table"
    if kinds == {"point?"} and told == {"point"}:
        return ".", "commas between the cells" if separator == "," else "the lines around the table"
    raise _open(
        where, next((o for o in opens if o[0] == "comma?"), opens[0]), "nothing in the file settles it"
    )


def says(text: str) -> str:
    """The decimal sign that a text with one number settles, else ""."""
    number = numbers.look(text)
    if number is None or numbers.is_moment(text):
        return ""
    says = numbers.evidence(number)
    return says if says in ("comma", "point") else ""


def _open(where: str, at: tuple[str, str, str], why: str) -> InputError:
    sign = "comma" if at[0] == "comma?" else "point"
    return InputError(
        where,
        f"{at[2]!r} in column {at[1]!r}: the {sign} may be a decimal sign or separate thousands, and {why}",
        "",
        "say it: --decimal , or --decimal .",
    )


def _column_evidence(cells: Sequence[str]) -> tuple[set[str], dict[str, str], str, bool]:
    """What one column says: settled signs, an example of each, its open sign, and whether it also holds whole
    numbers without a mark (708 beside 1,000), which speaks for thousands.

    A column that holds "12.5" and "1,234" stays open: only "1,234.5" or "1,234,567" prove that its commas group.
    """
    tell: set[str] = set()
    example: dict[str, str] = {}
    loose = ""
    grouped: set[str] = set()
    whole = long = 0
    for cell in cells:
        if "," not in cell and "." not in cell:
            digits = cell.lstrip("+-")
            if digits.isdigit():
                whole += 1
                long += len(digits) > 3
            continue
        if numbers.is_moment(cell):
            continue
        number = numbers.look(cell)
        if number is None or (number.rest and not headers.is_unit(number.rest)):
            continue
        says = numbers.evidence(number)
        if says == "none":
            continue
        example.setdefault(says, cell)
        if says.endswith("?"):
            if loose and loose != says:
                loose = "comma?"  # "1,234" and "1.234" in one column: only a person can tell
            loose = loose or says
        else:
            tell.add(says)
            if number.body.count(",") + number.body.count(".") > 1:
                grouped.add(says)
    if loose:
        sign = "comma" if loose == "comma?" else "point"
        other = "point" if sign == "comma" else "comma"
        if tell == {sign} or (tell == {other} and other in grouped):
            loose = ""
        elif not tell and long:
            # Whole numbers of four digits and more without a mark: the marks are not thousands.
            tell.add(sign)
            example[sign] = example[loose]
            loose = ""
        elif not tell and whole and loose == "point?" and _runs_better_grouped(cells):
            loose = "comma?"
            example["comma?"] = example["point?"]
    return tell, example, loose, whole > 0


def _runs_better_grouped(cells: Sequence[str]) -> bool:
    """Whether the column is a monotone axis only if its marks separate thousands: 998, 999, 1.000, 1.001."""
    plain, grouped = [], []
    for cell in cells:
        number = numbers.look(cell)
        if number is None:
            continue
        a, b = numbers.value(number, "."), numbers.value(number, ",")
        if a is None or b is None:
            return False
        plain.append(a)
        grouped.append(b)
    marked = sum(a != b for a, b in zip(plain, grouped, strict=True))
    if marked < 2 or len(plain) - marked < 2:
        return False  # too few to tell
    with np.errstate(all="ignore"):  # huge numbers are no axis
        x, y = np.diff(plain), np.diff(grouped)
    monotone = bool(np.all(y >= 0) or np.all(y <= 0))
    return monotone and not bool(np.all(x >= 0) or np.all(x <= 0))


def build(
    name: str, unit: str, cells: Sequence[str], tidied: Sequence[str], decimal: Sign, line: int, where: str
) -> tuple[Column, str]:
    """One column and a remark on it ("" for none)."""
    n = len(cells)
    values = np.full(n, np.nan)
    words = False
    marks: set[str] = set()
    times = 0
    bare = 0
    grouped = ""
    for i, cell in enumerate(tidied):
        if not cell or numbers.is_missing(cell):
            continue
        if ":" in cell:
            seconds = numbers.elapsed_s(cell)
            if seconds is not None:
                values[i] = seconds
                times += 1
                continue
        number = numbers.look(cell)
        if number is None and numbers.is_jumble(cell):
            raise InputError(
                where,
                f"{cell[:40]!r} in column {name!r} is several numbers, or none in any notation",
                "one number in a cell",
                "say --separator and --decimal",
            )
        if number is None or numbers.is_moment(cell):
            words = True
            continue
        if number.rest:
            if not headers.is_unit(number.rest):
                words = True
                continue
            marks.add(number.rest)
        else:
            bare += 1
        v = numbers.value(number, decimal)
        if v is None:
            raise InputError(
                where,
                f"{cell!r} in column {name!r} is no number with a decimal {'comma' if decimal == ',' else 'point'}",
                "one decimal sign in the file",
                "say the other: --decimal , or --decimal .",
            )
        if not np.isfinite(v):
            words = True
            continue
        values[i] = v
        if not grouped and not number.exact and len(number.body) > 4:
            grouped = numbers.thousands(number.body, decimal)
    text = tuple(c.replace(numbers.EXACT, "") for c in cells)
    if times:
        if bare or marks:
            return Column(
                name, unit, np.full(n, np.nan), text, line
            ), f"column {name!r}: times and numbers, kept as text"
        return Column(
            name, "s", values, text, line
        ), f"column {name!r}: hours:minutes:seconds read as seconds"
    if marks:
        one = headers.known(headers.clean_unit(next(iter(marks))))
        agrees = len(marks) == 1 and (one == unit or (not unit and not bare))
        if not agrees:
            return (
                Column(name, unit, np.full(n, np.nan), text, line),
                f"column {name!r}: cells with the units {', '.join(sorted(marks))} kept as text",
            )
        return Column(
            name, one, values, text if words else None, line
        ), f"column {name!r}: unit {one} from the cells"
    remark = f"column {name!r}: {grouped} read as separating thousands" if grouped else ""
    return Column(name, unit, values, text if words else None, line), remark
