"""Workbooks (XLSX, XLS, ODS): sheets to rows, number cells marked as the numbers they are."""

from __future__ import annotations

import datetime
import io
import re
import zipfile
import zlib
from dataclasses import dataclass
from typing import Any

from percola.errors import InputError
from percola.lab.importer.numbers import EXACT

#: Unpacked bytes of a workbook and cells of a sheet that are read at most.
LARGEST_BYTES = 600_000_000
LARGEST_CELLS = 12_000_000


@dataclass(frozen=True)
class Sheet:
    """Rows of one sheet as text; numbers carry :data:`EXACT` before them."""

    name: str
    rows: list[list[str]]
    note: str = ""


#: What zipfile raises on a damaged or encrypted archive.
DAMAGED = (
    zipfile.BadZipFile, zlib.error, OSError, ValueError, KeyError, EOFError, RuntimeError, NotImplementedError,
)  # fmt: skip


def is_workbook(data: bytes, where: str) -> bool:
    """Whether the bytes are a workbook.

    Raises:
        InputError: another archive or document of the same container.
    """
    if data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return True
    if not data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as z:
            names = z.namelist()
            size = sum(i.file_size for i in z.infolist())
    except DAMAGED:
        raise InputError(where, "a damaged workbook or zip archive", "", "save it again") from None
    if size > LARGEST_BYTES:
        raise InputError(
            where,
            f"a workbook of {size / 1e6:.0f} MB unpacked",
            f"up to {LARGEST_BYTES / 1e6:.0f} MB",
            "save the sheet as CSV",
        )
    if (any(n.startswith("xl/") for n in names) or ("content.xml" in names and "mimetype" in names)) and (
        any(n.startswith("xl/worksheets") for n in names)
        or "content.xml" in names
        or "xl/workbook.bin" in names
    ):
        return True
    if any(n.startswith("word/") for n in names):
        raise InputError(where, "a Word document", "a table", "save the table as CSV or XLSX")
    raise InputError(where, "a zip archive", "a text table or a workbook", "unpack it first")


def sheets(data: bytes, where: str, wanted: str | None) -> list[Sheet]:
    """The sheets of a workbook, or the one that is wanted by name or number.

    Raises:
        InputError: damaged, locked, no such sheet, too many cells.
    """
    from python_calamine import CalamineWorkbook

    try:
        book: Any = CalamineWorkbook.from_filelike(io.BytesIO(data))
        names: list[str] = list(book.sheet_names)
    except Exception as error:  # calamine raises errors of several classes of its own on damaged files
        found = (
            "a workbook locked by a password"
            if "assword" in str(error)
            else "a damaged workbook, or no workbook"
        )
        raise InputError(
            where, found, "XLSX, XLS or ODS", "open it and save it again, or export as CSV"
        ) from None
    if wanted is not None:
        if wanted in names:
            chosen = [wanted]
        elif wanted.strip().isdigit() and 1 <= int(wanted) <= len(names):
            chosen = [names[int(wanted) - 1]]
        else:
            raise InputError(
                "--sheet", repr(wanted), ", ".join(map(repr, names)), "a name, or a number from 1"
            )
    else:
        chosen = names
    percent = _percent_cells(data, names)
    out = []
    cells = 0
    for name in chosen:
        try:
            grid = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        except Exception:  # a sheet of a chart only, or a damaged one
            if wanted is not None:
                raise InputError(
                    where, f"sheet {name!r} cannot be read", "", "save it again, or export as CSV"
                ) from None
            continue
        cells += sum(map(len, grid))
        if cells > LARGEST_CELLS:
            raise InputError(
                where, f"more than {LARGEST_CELLS} cells", "", "save the sheet as CSV, or say --sheet"
            )
        marked = percent.get(name, set())
        rows = [[_text(v, (i, k) in marked) for k, v in enumerate(row)] for i, row in enumerate(grid)]
        out.append(Sheet(name, rows, "cells shown in percent are read in percent" if marked else ""))
    if not out:
        raise InputError(where, "no sheet with cells", "", "save the table as a sheet of its own")
    return out


def _text(value: Any, percent: bool) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        if percent:
            # 0.125 shown as 12.5 %: decimal shift, so that no digit is made up.
            shown = f"{float(value) * 100.0:.15g}"
            return f"{EXACT}{shown} %"
        number = float(value)
        return EXACT + (str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number))
    if isinstance(value, datetime.timedelta):
        seconds = value.total_seconds()
        sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
        whole = int(seconds)
        part = f"{seconds - whole:.6f}"[1:].rstrip("0").rstrip(".")
        return f"{sign}{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}{part}"
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return " ".join(str(value).replace(EXACT, "").split())


def _percent_cells(data: bytes, names: list[str]) -> dict[str, set[tuple[int, int]]]:
    """Cells of an XLSX that are shown in percent, sheet -> (row, column) from 0; their values are fractions."""
    if not data.startswith(b"PK"):
        return {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as z:
            inside = set(z.namelist())
            if "xl/styles.xml" not in inside:
                return {}
            styles = z.read("xl/styles.xml").decode("utf-8", "replace")
            special = {
                int(m[1])
                for m in re.finditer(r'<numFmt\b[^>]*numFmtId="(\d+)"[^>]*formatCode="[^"]*%[^"]*"', styles)
            } | {9, 10}
            part = re.search(r"<cellXfs\b.*?</cellXfs>", styles, re.S)
            kinds = re.findall(r'<xf\b[^>]*?numFmtId="(\d+)"', part[0]) if part else []
            wanted = {i for i, k in enumerate(kinds) if int(k) in special}
            if not wanted:
                return {}
            files = _sheet_files(z, inside)
            out: dict[str, set[tuple[int, int]]] = {}
            for name in names:
                if name not in files:
                    continue
                text = z.read(files[name]).decode("utf-8", "replace")
                found = set()
                for m in re.finditer(r"<c\b([^>]*)>", text):
                    style = re.search(r'\bs="(\d+)"', m[1])
                    at = re.search(r'\br="([A-Z]+)(\d+)"', m[1])
                    if style and at and int(style[1]) in wanted:
                        column = 0
                        for letter in at[1]:
                            column = column * 26 + ord(letter) - 64
                        found.add((int(at[2]) - 1, column - 1))
                out[name] = found
            return out
    except DAMAGED:
        return {}


def _sheet_files(z: zipfile.ZipFile, inside: set[str]) -> dict[str, str]:
    """Sheet name -> its file in the archive."""
    import html

    book = z.read("xl/workbook.xml").decode("utf-8", "replace")
    links = z.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
    targets = {}
    for m in re.finditer(r"<Relationship\b[^>]*>", links):
        key, target = re.search(r'\bId="([^"]+)"', m[0]), re.search(r'\bTarget="([^"]+)"', m[0])
        if key and target:
            path = target[1].lstrip("/")
            targets[key[1]] = path if path in inside else "xl/" + path
    out = {}
    for m in re.finditer(r"<sheet\b[^>]*>", book):
        name, key = re.search(r'\bname="([^"]*)"', m[0]), re.search(r'\br:id="([^"]+)"', m[0])
        if name and key and targets.get(key[1]) in inside:
            out[html.unescape(name[1])] = targets[key[1]]
    return out
