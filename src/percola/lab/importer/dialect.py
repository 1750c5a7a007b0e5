"""Lines to cells: which separator the file uses, by how evenly and how numerically it splits the lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from percola.lab.importer import numbers

#: In the order in which they are believed where several fit equally well.
SEPARATORS = ("\t", ";", "|", ",", "  ", " ")
WORDS = {
    "\t": "tab",
    ";": "semicolon",
    "|": "bar",
    ",": "comma",
    " ": "spaces",
    "  ": "two spaces or more",
    "": "none",
    "sheet": "cells of a sheet",
    "fixed": "columns of fixed width",
}
_TWO = re.compile(r"[ \t]{2,}|\t")
_ONE = re.compile(r"[ \t]+")


_PADDING = re.compile(r"\0+(?![\w.,+-])")
HINT = re.compile(r"(?:\ufeff)?sep=(\\t|[,;|\t])", re.I)


def one_line_end(text: str) -> str:
    """Text with one kind of line end; "\\r\\r\\n" is one end."""
    if "\r" in text:
        text = text.replace("\r\r\n", "\n").replace("\r\n", "\n").replace("\r", "\n")
    if not text.isascii() or "\x0c" in text:
        text = text.replace("\u2028", "\n").replace("\u0085", "\n").replace("\x0c", "\n")
    if "\0" in text:
        # Padding of records and of cells; a zero within a number is damage, and the cell no number any more.
        text = _PADDING.sub("", text).replace("\0", "\ufffd")
    return text.rstrip("\x1a")


def split(line: str, separator: str) -> list[str]:
    """The cells of a line, quotes taken off."""
    if separator in (" ", "  "):
        stripped = line.strip(" \t")
        if not stripped:
            return [""]
        if '"' in stripped:
            return _quoted(_ONE.sub(" ", stripped), " ") if separator == " " else _TWO.split(stripped)
        return (_ONE if separator == " " else _TWO).split(stripped)
    if not separator:
        return [_unquoted(line.strip())]
    if '"' in line:
        return _quoted(line, separator)
    return [c.strip() for c in line.split(separator)]


def _quoted(line: str, separator: str) -> list[str]:
    cells: list[str] = []
    i, n = 0, len(line)
    while True:
        while i < n and line[i] == " " and separator != " ":
            i += 1
        if i < n and line[i] == '"':
            j, parts = i + 1, []
            closed = False
            while j < n:
                if line[j] == '"':
                    if j + 1 < n and line[j + 1] == '"':
                        parts.append('"')
                        j += 2
                        continue
                    closed = True
                    break
                parts.append(line[j])
                j += 1
            end = line.find(separator, j)
            if closed:
                rest = line[j + 1 : end if end >= 0 else n]
                cells.append(("".join(parts) + rest).strip())
            else:  # a stray quote, an inch sign: not a quoted cell
                end = line.find(separator, i)
                cells.append(line[i : end if end >= 0 else n].strip())
        else:
            end = line.find(separator, i)
            cells.append(line[i : end if end >= 0 else n].strip())
        if end < 0:
            return cells
        i = end + 1


def join_quoted(lines: Sequence[str], start: int, separator: str) -> list[tuple[int, str]]:
    """Lines with their numbers, those of a quoted cell that runs over line ends made one."""
    out: list[tuple[int, str]] = []
    opens = re.compile(rf'(?:^|{re.escape(separator or ",")})\s*"')
    i = start
    while i < len(lines):
        line = lines[i]
        number = i + 1
        if line.count('"') % 2 and opens.search(line):
            for j in range(i + 1, min(i + 5, len(lines))):
                if lines[j].count('"') % 2:
                    line = " ".join(lines[i : j + 1])
                    i = j
                    break
        out.append((number, line))
        i += 1
    return out


def fixed_width(lines: Sequence[str]) -> list[list[str]] | None:
    """Cells of lines whose columns stand at fixed places, found from the places that are blank in every row of
    numbers; None where there are none, or where a cell would be cut."""
    data = [
        line for line in lines
        if line.strip() and sum(map(numeric, _ONE.split(line.strip()))) * 2 > len(_ONE.split(line.strip()))
    ]  # fmt: skip
    if len(data) < 3 or any("\t" in line for line in data):
        return None
    size = max(map(len, data))
    filled = [False] * (size + 1)
    for line in data:
        for k, sign in enumerate(line):
            if sign != " ":
                filled[k] = True
    edges = [k for k in range(size + 1) if not filled[k] and (k == 0 or filled[k - 1])]
    starts = [0, *[e for e in edges if 0 < e < size]]
    if len(starts) < 2:
        return None
    spans = list(zip(starts, [*starts[1:], None], strict=True))
    cells_of_data = [[line[a:b].strip() for a, b in spans] for line in data]
    # Every cell is one word, and at least one row fills all of them: else the places are chance.
    if any(" " in c for row in cells_of_data for c in row) or not any(all(r) for r in cells_of_data):
        return None
    out = []
    for line in lines:
        cut = any(a and a < len(line) and line[a] != " " and line[a - 1] != " " for a, _ in spans)
        out.append([line.strip()] if cut else [line[a:b].strip() for a, b in spans])
    return out


def _unquoted(cell: str) -> str:
    return cell[1:-1].strip() if len(cell) > 1 and cell[0] == cell[-1] == '"' else cell


def numeric(cell: str) -> bool:
    """Whether a cell is a number in some notation (with or without a unit)."""
    return numbers.look(numbers.tidy(cell)) is not None


def find_separator(lines: Sequence[str]) -> str:
    """The separator of the table in the lines; "" where every line is one cell."""
    sample = [line for line in lines if line.strip()]
    if len(sample) > 600:
        sample = sample[:300] + sample[len(sample) // 2 : len(sample) // 2 + 150] + sample[-150:]
    best, best_score = "", 0.0
    for separator in SEPARATORS:
        score = _score(sample, separator)
        # A separator further down the order has to be clearly better, spaces far better: they stand in words and dates too.
        better = 1.15 if separator.strip(" ") else 1.8 if best in (",", "  ") else 4.0
        if score > best_score * better + 1e-9:
            best, best_score = separator, score
    return best


def _score(sample: Sequence[str], separator: str) -> float:
    if separator.strip(" ") and not any(separator in line for line in sample):
        return 0.0
    shares: Counter[int] = Counter()
    totals: Counter[int] = Counter()
    hundredths = 100
    spaced = not separator.strip(" ")
    for line in sample:
        cells = split(line, separator)
        if len(cells) < 2:
            continue
        good = full = 0
        for cell in cells:
            tidied = numbers.tidy(cell)
            if not tidied:
                continue
            full += 1
            if numbers.look(tidied) or numbers.is_moment(tidied) or numbers.is_missing(tidied):
                good += 1
            elif numbers.is_jumble(tidied):
                good -= 1  # pieces of several numbers: this separator is no separator
        if spaced and good * 2 < full:
            continue  # words between spaces say nothing
        totals[len(cells)] += 1
        if full:
            shares[len(cells)] += round(hundredths * max(good, 0) / full)
    if not totals:
        return 0.0
    # Lines with one count of cells, weighed by how numeric they are; a little for words alone.
    return max(shares[n] / hundredths + 0.05 * totals[n] for n in totals) / len(sample)
