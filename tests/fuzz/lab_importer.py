"""A coverage-guided fuzzer of the importer, of our own: mutated files, a corpus that grows with new branches.

    python tests/fuzz/lab_importer.py --count 100000 --seed 1

What it holds the importer to, on every input:

- only ``InputError`` comes out, within a time limit;
- an accepted text table reads the same after re-encoding (UTF-16, UTF-8 with a mark);
- with another separator it reads the same, or is refused;
- with points and commas exchanged it reads the same, or is refused: a decimal comma never becomes a thousands
  separator unnoticed.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import random
import re
import signal
import sys
import time
import traceback
import warnings
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import numpy as np

import percola.lab.importer
from percola.errors import InputError
from percola.lab.importer import decoding, dialect, pipeline
from percola.lab.reading import ReadOptions
from percola.lab.table import Table

FILES = str(Path(percola.lab.importer.__file__).parent)
DATA = Path(__file__).parents[1] / "data" / "lab"
LIMIT_S = 5.0  # a loaded machine is ten times slower than the 20 ms that a small file takes, and more

TOKENS = [
    "1,234", "1.234", "1.234,56", "1,234.56", "1,234,567", "1.234.567", "0,5", "0.5", "12,5", "-12.5", "\u22125,25", "1,5E-3", "1.5D-03", "1 234",
    "1\u202f234,5", "12'345.6", "-", "--", "n/a", "NaN", "Inf", "OVER", "#DIV/0!", "<1", ">300", "12.5 kPa", "12,5 %", "5 %", "00:00:01,5", "10:23:45", "25.11.2026",
    "2026-11-25 10:00", "\uff12\uff15", "Mean", "Mittelwert", "\u5e73\u5747", "[kPa]", "(mm)", "s", "\u00b0C", "Druck [kPa]", "\u5727\u529b(kPa)", "Force, N", "", '"', '"1,5"', "Key: 1,5",
    "[Section]", "# x", "$", "sep=;", "#DECIMAL:COMMA", "Sig1", "1e999", "9" * 40, ",", ".", ";", "\t", "|", "  ", "0", "000", "1.", ",5", "+", "1e", "\ue000", "\u00c2\u00b0C", "Z''", "A",
    "\u6b20\u6e2c", "1,000", "999", "1000", "Specimen 1", "Probe: 2", "TRUE", "x10", "1x10^3",
]  # fmt: skip

SEEDS = [
    "Time (s),Force (N)\n0,0\n0.5,1.25\n1,2.5\n2,3.75\n",
    "Pr\u00fcfer: Meyer\nFl\u00e4che [cm\u00b2];1,2\n\nDruck [kPa];Fluss / l/min\n1,5;2,25\n3,0;4,5\n",
    "Time Force\ns N\n0 0\n1 2\n2 4\n",
    "\u5727\u529b(kPa)\t\u6d41\u91cf\uff08L/min\uff09\n1\t2\n3\t4\n",
    "Pt\tTime\tFreq\tZreal\tZimag\n#\ts\tHz\tohm\tohm\n0\t1\t1E5\t3.2\t-1.1\n1\t2\t1E4\t3.5\t-1.4\n",
    "Specimen;Thickness (um);Force (N)\nA;102;12,5\nB;99;13,1\nMean;100,5;12,8\n",
    "Specimen: 1\nTime,Force\ns,N\n0,0.0\n1,1.1\n\nSpecimen: 2\nTime,Force\ns,N\n0,0.0\n1,1.3\n",
    "A;;B;\nx (mm);F (N);x (mm);F (N)\n1,0;2,0;1,0;3,0\n2,0;2,5;2,0;3,5\n",
    "#FORMAT:NETZSCH5\n#SEPARATOR:SEMICOLON\n#DECIMAL:COMMA\n##Temp./\u00b0C;Time/min;DSC/(mW/mg)\n25,1;0,0;0,12\n26,1;0,2;0,13\n",
    "Version\t1\nSig1\tTime (min)\nSig2\tTemperature (\u00b0C)\nStartOfData\n0.0\t25.1\n0.1\t25.9\n",
    '"Pr\u00fcfzeit";"Standardkraft"\n"s";"N"\n"0,000";"1.234,5"\n"0,100";"2.345,6"\n',
    "time;x\n00:00:00;1,5\n00:00:10;2,5\n00:01:00;3,5\n",
    "a      b     c\n1.0          3.0\n2.0  2.5   3.1\n3.0  2.6   3.3\n",
    "t\tn\n998\t0.5\n999\t0.6\n1,000\t0.7\n1,001\t0.8\n",
]  # fmt: skip


def workbook(rows: list[list[Any]], percent: bool = False) -> bytes:
    """A small XLSX of one sheet: numbers as numbers, all else as inline text; ``percent``: numbers shown in percent."""
    lines = []
    for i, row in enumerate(rows, 1):
        cells = []
        for k, v in enumerate(row):
            at = f"{chr(65 + k)}{i}"
            if isinstance(v, int | float):
                cells.append(
                    f'<c r="{at}"{" s=" + chr(34) + "1" + chr(34) if percent else ""}><v>{v!r}</v></c>'
                )
            elif v:
                text = str(v).replace("&", "&amp;").replace("<", "&lt;")
                cells.append(f'<c r="{at}" t="inlineStr"><is><t>{text}</t></is></c>')
        lines.append(f'<row r="{i}">{"".join(cells)}</row>')
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    pack = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'{head}<Types xmlns="{pack}/content-types"><Default Extension="rels" ContentType="application/'
        f'vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/></Types>',
        "_rels/.rels": f'{head}<Relationships xmlns="{pack}/relationships"><Relationship Id="rId1" Type="{rel}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{head}<workbook {main} xmlns:r="{rel}"><sheets><sheet name="Data" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'{head}<Relationships xmlns="{pack}/relationships"><Relationship Id="rId1" Type="{rel}/worksheet" '
        'Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/styles.xml": f'{head}<styleSheet {main}><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="10"/></cellXfs></styleSheet>',
        "xl/worksheets/sheet1.xml": f'{head}<worksheet {main}><sheetData>{"".join(lines)}</sheetData></worksheet>',
    }  # fmt: skip
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, text in parts.items():
            z.writestr(zipfile.ZipInfo(name), text)
    return out.getvalue()


class Coverage:
    """Which steps from line to line of the importer's files a call takes."""

    def __init__(self) -> None:
        self.seen: set[tuple[int, int, int]] = set()
        self._new = 0
        self._last: dict[int, int] = {}
        self._monitor = getattr(sys, "monitoring", None)

    def __enter__(self) -> Coverage:
        self._new = 0
        if self._monitor is None:
            sys.settrace(self._call)
        else:
            m = self._monitor
            m.use_tool_id(m.PROFILER_ID, "fuzz")
            m.register_callback(m.PROFILER_ID, m.events.LINE, self._line)
            m.set_events(m.PROFILER_ID, m.events.LINE)
        return self

    def __exit__(self, *_: object) -> None:
        if self._monitor is None:
            sys.settrace(None)
        else:
            m = self._monitor
            m.set_events(m.PROFILER_ID, 0)
            m.free_tool_id(m.PROFILER_ID)

    @property
    def new(self) -> int:
        """Steps of the last call that no call took before."""
        return self._new

    def _step(self, code: CodeType, line: int) -> None:
        key = id(code)
        step = (key, self._last.get(key, 0), line)
        self._last[key] = line
        if step not in self.seen:
            self.seen.add(step)
            self._new += 1

    def _line(self, code: CodeType, line: int) -> Any:
        if not code.co_filename.startswith(FILES):
            assert self._monitor is not None
            return self._monitor.DISABLE
        self._step(code, line)
        return None

    def _call(self, frame: FrameType, event: str, _: Any) -> Any:
        if not frame.f_code.co_filename.startswith(FILES):
            return None
        self._step(frame.f_code, -frame.f_lineno)
        return self._local

    def _local(self, frame: FrameType, event: str, _: Any) -> Any:
        if event == "line":
            self._step(frame.f_code, frame.f_lineno)
        return self._local


class TooSlow(Exception):  # noqa: N818
    """An input that takes longer than the limit."""


@contextlib.contextmanager
def limit(seconds: float) -> Iterator[None]:
    """Stop what takes too long, where the system has alarms."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def stop(*_: object) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


def read(data: bytes, **said: Any) -> tuple[Table, ...] | None:
    """The tables, or None where they are refused."""
    try:
        return pipeline.tables_of(data, "f.csv", ReadOptions(**said))
    except InputError:
        return None


def numbers_of(tables: tuple[Table, ...]) -> list[list[list[float]]]:
    """The values of every column of every table, a gap as -12345.5."""
    return [[np.nan_to_num(c.values, nan=-12345.5).tolist() for c in t.columns] for t in tables]


def differ(tables: tuple[Table, ...], truth: tuple[Table, ...]) -> bool:
    """Whether a table of the same headers and size has other numbers; another cut into tables is no misreading."""

    def key(t: Table) -> tuple[Any, ...]:
        return tuple(c.header.translate(_SAME) for c in t.columns), len(
            t.columns[0].values
        ) if t.columns else 0

    if [key(t) for t in tables] != [key(t) for t in truth]:
        return False
    return numbers_of(tables) != numbers_of(truth)


_SAME = str.maketrans(",", ".")
_NAMES = {"tab": "\t", "semicolon": ";", "bar": "|", "comma": ","}


def related(data: bytes, tables: tuple[Table, ...], rng: random.Random) -> str:
    """What is wrong with a related file's numbers, "" for nothing."""
    if data.startswith((b"PK", b"\xd0\xcf")):
        return ""
    decoded = decoding.decode(data, "f.csv")
    text = decoded.text
    truth = numbers_of(tables)
    way = rng.randrange(3)
    if way == 0:
        return _recoded(text, truth, rng)
    note = next(n for n in tables[0].notes if n.startswith("separator"))
    used = _NAMES.get(note.split(": ")[1].split(" (")[0])
    if used is None or re.search(r"sep=|SEPARATOR|DECIMAL|\"", text, re.I):
        return ""
    lines = dialect.one_line_end(text).split("\n")
    if way == 1:
        return _separated(lines, used, tables, rng)
    if used in "\t|" and "|" not in text.replace(used, ""):
        swapped = read("\n".join(lines).translate(str.maketrans(",.", ".,")).encode())
        if swapped is not None and differ(swapped, tables):
            return "points and commas exchanged: other numbers"
    return ""


def _recoded(text: str, truth: list[list[list[float]]], rng: random.Random) -> str:
    try:
        other = text.encode(rng.choice(["utf-16", "utf-8-sig"]))
    except UnicodeEncodeError:
        return ""
    again = read(other)
    if again is None or numbers_of(again) != truth:
        return "re-encoded: " + ("refused" if again is None else "other numbers")
    return ""


def _separated(lines: list[str], used: str, tables: tuple[Table, ...], rng: random.Random) -> str:
    target = rng.choice([s for s in "\t;|" if s != used])
    if not any(target in line for line in lines):
        quoted = any("," in c for line in lines for c in dialect.split(line, used)) and used == ","
        if not quoted:
            moved = read("\n".join(target.join(dialect.split(line, used)) for line in lines).encode())
            if moved is not None and differ(moved, tables):
                return f"separator {used!r} to {target!r}: other numbers"
    return ""


@dataclass
class Fuzzer:
    """Mutates files of the corpus. ``failures``: (what, input)."""

    seed: int = 1
    corpus: list[bytes] = field(default_factory=list)
    failures: list[tuple[str, bytes]] = field(default_factory=list)
    accepted: int = 0
    refused: int = 0
    tried: int = 0

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self.coverage = Coverage()
        self.kinds: set[str] = set()
        self.slowest = 0.0
        self.show: Callable[[str], None] | None = None
        for text in SEEDS:
            self.corpus.append(text.encode("utf-8"))
        for text, encoding in zip(
            SEEDS[:6], ("utf-16", "cp1252", "utf-16-le", "cp932", "utf-16-be", "utf-8-sig"), strict=True
        ):
            self.corpus.append(text.encode(encoding, "replace"))
        self.corpus.append(
            workbook([["Druck [kPa]", "Fluss [l/min]"], [1.5, 2.5], [2.5, 3.5], ["1,5", "n/a"]])
        )
        self.corpus.append(
            workbook([["Key", "1,5 mm"], [], ["t", "e"], ["s", "%"], [1, 0.5], [2, 0.25]], percent=True)
        )
        for file in sorted(DATA.rglob("*")):
            if file.is_file() and file.suffix.lower() in (
                ".csv",
                ".txt",
                ".tsv",
                ".dta",
                ".mpt",
                ".z",
                ".dat",
            ):
                lines = file.read_bytes().split(b"\n")
                kept = lines if len(lines) < 24 else lines[:16] + lines[-3:]
                self.corpus.append(b"\n".join(kept)[:2000])

    def run(self, count: int, show: Callable[[str], None] | None = None) -> None:
        """Try so many inputs."""
        self.show = show
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            self._run(count)

    def _run(self, count: int) -> None:
        show = self.show
        for data in list(self.corpus):
            self.tried = 0
            self.one(data)
        for i in range(count):
            data = self.mutate(self.pick())
            if self.one(data) and len(data) < 8000:
                self.corpus.append(data)
            if show and (i + 1) % 5000 == 0:
                show(
                    f"{i + 1} inputs, {self.accepted} accepted, {self.refused} refused, {len(self.coverage.seen)} steps, "
                    f"{len(self.corpus)} in the corpus, slowest {self.slowest:.2f} s, {len(self.failures)} failures"
                )

    def pick(self) -> bytes:
        """A file of the corpus, the newer ones more often."""
        n = len(self.corpus)
        return self.corpus[
            max(self.rng.randrange(n), self.rng.randrange(n))
            if self.rng.random() < 0.5
            else self.rng.randrange(n)
        ]

    def one(self, data: bytes) -> bool:
        """Try one input; whether it took new steps."""
        start = time.process_time()
        new = 0
        try:
            with limit(LIMIT_S):
                # Tracing takes most of the time, so that one input of six is traced.
                if self.tried % 6 == 0:
                    with self.coverage:
                        tables = read(data)
                    new = self.coverage.new
                else:
                    tables = read(data)
                self.tried += 1
                if tables is None:
                    self.refused += 1
                else:
                    self.accepted += 1
                    wrong = related(data, tables, self.rng)
                    if wrong:
                        self.fail(wrong, data)
        except TooSlow:
            self.fail("too slow", data)
        except Exception as error:
            at = traceback.extract_tb(error.__traceback__)[-1]
            self.fail(f"{type(error).__name__} in {Path(at.filename).name}:{at.lineno}: {error}", data)
        self.slowest = max(self.slowest, time.process_time() - start)
        return new > 0

    def fail(self, what: str, data: bytes) -> None:
        """Keep a failure, three of each kind at most."""
        kind = re.sub(r"\d+", "0", what)[:60]
        if sum(1 for w, _ in self.failures if re.sub(r"\d+", "0", w)[:60] == kind) < 3:
            self.failures.append((what, data))
            if self.show:
                self.show(f"FAILED {what}\n   {data[:1500]!r}")
        self.kinds.add(kind)

    def mutate(self, data: bytes) -> bytes:
        """One to five changes to a file."""
        if data.startswith(b"PK"):
            return self.mutate_workbook(data)
        for _ in range(self.rng.choice([1, 1, 1, 2, 2, 3, 5])):
            data = self.change(data)
        return data[:20000]

    def change(self, data: bytes) -> bytes:
        """One change: to bytes, or to the lines and cells of the text."""
        rng = self.rng
        if rng.random() < 0.2 or not data:
            return self.change_bytes(data)
        try:
            encoding = decoding.decode(data, "f").encoding
            text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else encoding, "replace")
        except (InputError, UnicodeError):
            return self.change_bytes(data)
        lines = text.split("\n")
        i = rng.randrange(len(lines))
        separator = max("\t;,| ", key=lambda s: text.count(s))
        cells = lines[i].split(separator)
        k = rng.randrange(len(cells))
        way = rng.randrange(17)
        if way < 5:
            cells[k] = rng.choice(TOKENS)
            lines[i] = separator.join(cells)
        elif way == 5:
            cells[k] += rng.choice(TOKENS)
            lines[i] = separator.join(cells)
        elif way == 6:
            del cells[k]
            lines[i] = separator.join(cells)
        elif way == 7:
            cells.insert(k, rng.choice(TOKENS))
            lines[i] = separator.join(cells)
        elif way == 8:
            lines.insert(rng.randrange(len(lines) + 1), lines[i])
        elif way == 9:
            del lines[i]
        elif way == 10:
            lines.insert(
                i, rng.choice(["", rng.choice(TOKENS), separator.join(rng.choices(TOKENS, k=len(cells)))])
            )
        elif way == 11:
            return text.replace(separator, rng.choice("\t;,| ")).encode("utf-8", "replace")
        elif way == 12:
            a, b = rng.choice(
                [
                    (",", "."),
                    (".", ","),
                    ("\n", "\r\n"),
                    ("\n", "\r"),
                    ('"', ""),
                    (" ", "\u00a0"),
                    ("0", "\uff10"),
                    ("-", "\u2212"),
                ]
            )
            return text.replace(a, b).encode("utf-8", "replace")
        elif way == 13:
            other = rng.choice(
                [
                    "utf-8-sig",
                    "utf-16",
                    "utf-16-le",
                    "utf-16-be",
                    "cp1252",
                    "cp932",
                    "euc_jp",
                    "latin-1",
                    "utf-8",
                ]
            )
            return text.encode(other, "replace")
        elif way == 14:
            column = [line.split(separator) for line in lines]
            word = rng.choice(TOKENS)
            for row in column:
                if len(row) > k:
                    row[k] = rng.choice([word, row[k]])
            lines = [separator.join(row) for row in column]
        elif way == 15:
            other_text = self.pick()
            cut = rng.randrange(len(lines))
            return "\n".join(lines[:cut]).encode("utf-8", "replace") + b"\n" + other_text
        else:
            column = [line.split(separator) for line in lines]
            lines = [separator.join(f'"{c}"' for c in row) for row in column]
        return "\n".join(lines).encode("utf-8", "replace")

    def change_bytes(self, data: bytes) -> bytes:
        """One change to bytes."""
        rng = self.rng
        raw = bytearray(data)
        at = rng.randrange(len(raw) + 1)
        way = rng.randrange(6)
        if way == 0 and raw:
            raw[at % len(raw)] = rng.randrange(256)
        elif way == 1:
            raw[at:at] = bytes([rng.choice([0, 9, 10, 13, 32, 34, 44, 46, 59, 0x80, 0xB0, 0xB5, 0xE4, 0xFF])])
        elif way == 2:
            del raw[at : at + rng.choice([1, 2, 8, 64])]
        elif way == 3:
            raw[at:at] = raw[max(0, at - rng.choice([1, 4, 32])) : at]
        elif way == 4:
            raw = raw[:at]
        else:
            b = rng.randrange(len(raw) + 1)
            raw = raw[min(at, b) :] + raw[: min(at, b)]
        return bytes(raw)

    def mutate_workbook(self, data: bytes) -> bytes:
        """A change to a part of a workbook, or to its bytes."""
        rng = self.rng
        if rng.random() < 0.2:
            return self.change_bytes(data)
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as z:
                parts = {n: z.read(n) for n in z.namelist()}
        except (
            zipfile.BadZipFile,
            OSError,
            NotImplementedError,
            RuntimeError,
            EOFError,
            ValueError,
            zipfile.zlib.error,
        ):  # type: ignore[attr-defined]
            return self.change_bytes(data)
        if not parts:
            return data
        name = rng.choice([*parts, *["xl/worksheets/sheet1.xml"] * 6])
        part = parts.get(name, b"")
        values = list(re.finditer(rb">([^<>]+)<", part))
        if values and rng.random() < 0.8:
            m = rng.choice(values)
            token = rng.choice(TOKENS).replace("&", "").replace("<", "&lt;").encode()
            part = part[: m.start(1)] + token + part[m.end(1) :]
        else:
            part = self.change_bytes(part)
        parts[name] = part
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
            for n, p in parts.items():
                z.writestr(zipfile.ZipInfo(n), p)
        return out.getvalue()


def main() -> int:
    """Run from the command line; 1 where something was found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=10000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="folder for the inputs that failed")
    said = parser.parse_args()
    fuzzer = Fuzzer(said.seed)
    fuzzer.run(said.count, lambda line: print(line, flush=True))
    for i, (_, data) in enumerate(fuzzer.failures):
        if said.keep:
            said.keep.mkdir(parents=True, exist_ok=True)
            (said.keep / f"failure_{i}.bin").write_bytes(data)
    print(
        f"{said.count} inputs, seed {said.seed}: {fuzzer.accepted} accepted, {fuzzer.refused} refused, "
        f"{len(fuzzer.coverage.seen)} steps, {len(fuzzer.corpus)} in the corpus, slowest {fuzzer.slowest:.2f} s CPU, "
        f"{len(fuzzer.failures)} failures"
    )
    return 1 if fuzzer.failures else 0


if __name__ == "__main__":
    sys.exit(main())
