"""Impedance spectra from the files of instruments.

Read here: Gamry .DTA (ZCURVE), BioLogic EC-Lab .mpt, Scribner ZPlot/ZView .z (also as Autolab writes it), Princeton
Applied Research VersaStudio .par. All else (NOVA, PowerSuite, CH Instruments, plain CSV, workbooks) is a table, read by
the importer of the bench.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from percola.errors import InputError
from percola.lab.analysis import SourceFacts
from percola.lab.eis.spec import SPEC
from percola.lab.eis.spectrum import Spectrum, tidy
from percola.lab.reading import ReadOptions
from percola.lab.table import Column, Table

Floats = npt.NDArray[np.float64]
LARGEST_BYTES = 200_000_000


def read_spectra(path: Path, read: ReadOptions | None = None, imaginary: str = "found") -> list[Spectrum]:
    """The spectra of a file; several where it holds several sweeps.

    Args:
        path: the file.
        read: how tables are to be read.
        imaginary: "found", or "im" or "minus-im" as a person says.

    Raises:
        InputError: no such file, binary formats of instruments, no impedance in it.
    """
    head = _head(path)
    if head.startswith(b"BIO-LOGIC MODULAR FILE") or path.suffix.lower() == ".mpr":
        raise InputError(
            str(path),
            "a binary EC-Lab file (.mpr)",
            "its text form (.mpt)",
            "in EC-Lab: Experiment, Export as Text, with frequency, Re(Z) and -Im(Z)",
        )
    text = (
        None
        if head[:4] == b"PK\x03\x04" or head[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        else _text(path, read)
    )
    if text is not None:
        lines = text.splitlines()
        first = next((line.strip().lstrip("\ufeff") for line in lines if line.strip()), "")
        if first.upper().startswith("EXPLAIN") or re.search(r"^ZCURVE\d*\s+TABLE", text, re.M):
            return _gamry(path, lines, imaginary)
        if first.startswith(("EC-Lab ASCII FILE", "BT-Lab ASCII FILE")):
            return _biologic(path, lines, imaginary)
        if first.startswith("ZPLOT2 ASCII") or re.match(r'"?Z(PlotW|60W) Data File', first):
            return _zplot(path, lines, imaginary)
        if first.startswith("<Application>") or "\n<Segment1>" in text:
            return _versastudio(path, lines, imaginary)
    from percola.lab.reading import read_tables

    found = []
    # By the frequency alone: primes and bars, which tell Z', Z'' and |Z| apart, are looked at here.
    for table in read_tables(path, read or ReadOptions(), SPEC.wanted[:1]):
        found += from_table(table, imaginary)
    return found


def source(spectrum: Spectrum, digest: str) -> SourceFacts:
    """How the file of a spectrum was understood."""
    return SourceFacts(spectrum.path, digest, {"format": spectrum.instrument, **spectrum.understood})


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            head = stream.read(64)
    except FileNotFoundError:
        raise InputError(str(path), "no such file", "an impedance spectrum") from None
    except OSError as error:
        raise InputError(str(path), f"cannot be read: {error.strerror or error}", "a file") from None
    if not head:
        raise InputError(str(path), "an empty file", "an impedance spectrum")
    return head


def _text(path: Path, read: ReadOptions | None) -> str | None:
    """The file as text, None where it is none or too large for an instrument's text form."""
    if path.stat().st_size > LARGEST_BYTES:
        return None
    raw = path.read_bytes()
    if read is not None and read.encoding:
        try:
            return raw.decode(read.encoding)
        except (LookupError, UnicodeDecodeError):
            return None
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            return raw.decode("utf-16")
        except UnicodeDecodeError:
            return None
    if b"\x00" in raw[:4096]:
        return None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


# --- numbers of instrument files -------------------------------------------------------------------------------------


def _number(cell: str, where: str) -> float:
    """A number with a decimal point or, where cells are set apart by tabs, a decimal comma; NaN for an empty cell."""
    cell = cell.strip()
    if not cell:
        return float("nan")
    if "," in cell and "." in cell:
        raise InputError(
            where, f"{cell!r}", "one decimal sign", "export the file without thousands separators"
        )
    try:
        return float(cell.replace(",", "."))
    except ValueError:
        raise InputError(where, f"{cell!r} is no number", "a number", "correct or remove the row") from None


def _rows(rows: list[tuple[int, list[str]]], wanted: dict[str, int], path: Path) -> dict[str, Floats]:
    """Columns by name out of rows of cells (line number, cells)."""
    out: dict[str, list[float]] = {name: [] for name in wanted}
    for line, cells in rows:
        for name, at in wanted.items():
            if at >= len(cells):
                raise InputError(
                    f"{path}, line {line}",
                    f"{len(cells)} columns where the heading promises {at + 1} or more",
                    "complete rows",
                    "the file was cut off: remove its last row, or export it again",
                )
            out[name].append(_number(cells[at], f"{path}, line {line}"))
    return {k: np.array(v, float) for k, v in out.items()}


def _agree(rows: list[tuple[int, list[str]]], got: dict[str, Floats], path: Path) -> None:
    """The modulus that the file holds too must be that of the two parts: a misread sign of decimals would show here."""
    if "modulus" not in got:
        return
    z, there = np.hypot(got["real"], got["imaginary"]), got["modulus"]
    bad = np.nonzero(np.abs(z - there) > 0.02 * np.maximum(z, there))[0]
    if len(bad):
        i = int(bad[0])
        raise InputError(
            f"{path}, line {rows[i][0]}",
            f"|Z| is {there[i]:.6g} ohm, its parts give {z[i]:.6g} ohm",
            "columns that agree",
            "the row was damaged or edited: correct or remove it",
        )


def _comma(rows: list[tuple[int, list[str]]]) -> str:
    return "comma" if any("," in c for _, cells in rows[:5] for c in cells) else "point"


def _missing(path: Path, what: str, there: list[str], remedy: str) -> InputError:
    return InputError(
        str(path), f"no {what}", f"the file has {', '.join(repr(t) for t in there[:12]) or 'none'}", remedy
    )


def _sign(imaginary: str, otherwise: str) -> str:
    return otherwise if imaginary == "found" else imaginary


def _gamry(path: Path, lines: list[str], imaginary: str) -> list[Spectrum]:
    """Gamry .DTA: tab-separated; ``ZCURVE TABLE``, a row of names, a row of units, then rows that begin with a tab."""
    said: dict[str, str] = {}
    for line in lines[:200]:
        cells = line.split("\t")
        if len(cells) >= 3 and cells[0] in ("DATE", "TIME", "PSTAT", "TITLE", "VAC"):
            said[cells[0].lower()] = cells[2].strip()
        if cells[0] == "AREA" and len(cells) >= 3:
            said["area in the file"] = f"{cells[2].strip()} cm2 (often the program's default: not used)"
    found = []
    starts = [i for i, line in enumerate(lines) if re.match(r"ZCURVE\d*\s+TABLE", line)]
    if not starts:
        tables = sorted({m[1] for line in lines if (m := re.match(r"(\w+)\t(?:TABLE)", line))})
        raise _missing(
            path,
            "impedance table (ZCURVE)",
            tables,
            "use a file of a potentiostatic or galvanostatic EIS run",
        )
    for number, start in enumerate(starts, 1):
        names = [c.strip() for c in lines[start + 1].split("\t")] if start + 1 < len(lines) else []
        where = {"frequency": "Freq", "real": "Zreal", "imaginary": "Zimag"}
        for name in where.values():
            if name not in names:
                raise _missing(
                    path, f"column {name} in ZCURVE", names, "export the file again from Gamry Framework"
                )
        rows: list[tuple[int, list[str]]] = []
        for i in range(start + 3, len(lines)):
            cells = lines[i].split("\t")
            if not lines[i].startswith("\t") or len(cells) < 3:
                if lines[i].strip().startswith("EXPERIMENTABORTED"):
                    said["aborted"] = "the run was ended by hand; the points before are used"
                break
            rows.append((i + 1, cells))
        at = {k: names.index(v) for k, v in where.items()}
        if "Zmod" in names:
            at["modulus"] = names.index("Zmod")
        got = _rows(rows, at, path)
        _agree(rows, got, path)
        title = f"sweep {number}" if len(starts) > 1 else ""
        facts = {**said, "decimal sign": _comma(rows), "columns": "Freq, Zreal, Zimag of ZCURVE"}
        found.append(
            tidy(
                str(path),
                title,
                got["frequency"],
                got["real"],
                got["imaginary"],
                instrument="Gamry .DTA",
                understood=facts,
                imaginary_is=_sign(imaginary, "im"),
                header="Zimag",
            )
        )
    return found


def _biologic(path: Path, lines: list[str], imaginary: str) -> list[Spectrum]:
    """EC-Lab .mpt: "Nb header lines : N"; line N holds the names, tab-separated; -Im(Z) is what it writes."""
    count = next(
        (int(m[1]) for line in lines[:6] if (m := re.match(r"\s*Nb header lines\s*:\s*(\d+)", line))), None
    )
    if count is None or not 1 <= count <= len(lines):
        raise InputError(
            str(path),
            "no count of header lines (Nb header lines)",
            "an EC-Lab text file",
            "export it again as text",
        )
    names = [c.strip() for c in lines[count - 1].split("\t")]
    said: dict[str, str] = {"header lines": str(count)}
    for line in lines[:count]:
        if m := re.match(r"\s*(Acquisition started on|Electrode surface area|Device)\s*:\s*(.+?)\s*$", line):
            said[m[1].lower()] = m[2]
    if "electrode surface area" in said:
        said["electrode surface area"] += " (often the program's default: not used)"
    at: dict[str, int] = {}
    for i, name in enumerate(names):
        key = re.sub(r"\s+", "", name).lower()
        for wanted, words in (
            ("frequency", ("freq/hz",)),
            ("real", ("re(z)/ohm",)),
            ("imaginary", ("-im(z)/ohm", "im(z)/ohm")),
            ("cycle", ("cyclenumber",)),
            ("modulus", ("|z|/ohm",)),
        ):
            if key in words and wanted not in at:
                at[wanted] = i
    for wanted, label in (("frequency", "freq/Hz"), ("real", "Re(Z)/Ohm"), ("imaginary", "-Im(Z)/Ohm")):
        if wanted not in at:
            raise _missing(
                path,
                f"column {label}",
                [n for n in names if n],
                "export it again from EC-Lab with that variable",
            )
    rows = [(i + 1, lines[i].split("\t")) for i in range(count, len(lines)) if lines[i].strip()]
    got = _rows(rows, at, path)
    _agree(rows, got, path)
    minus = names[at["imaginary"]].lstrip().startswith("-")
    cycles = got.get("cycle", np.ones(len(got["frequency"])))
    # Rows of a direct-current step before the sweep have frequency 0.
    swept = got["frequency"] != 0
    said["decimal sign"] = _comma(rows)
    said["columns"] = ", ".join(names[at[k]] for k in ("frequency", "real", "imaginary"))
    if not swept.all():
        said["rows left out"] = f"{int((~swept).sum())} rows at frequency 0 (direct current)"
    numbers = sorted({float(c) for c in cycles[swept]})
    found = []
    for number in numbers:
        mine = swept & (cycles == number)
        found.append(
            tidy(
                str(path),
                f"cycle {number:g}" if len(numbers) > 1 else "",
                got["frequency"][mine],
                got["real"][mine],
                got["imaginary"][mine],
                instrument="BioLogic EC-Lab .mpt",
                understood=said,
                imaginary_is=_sign(imaginary, "minus-im" if minus else "im"),
                header=names[at["imaginary"]],
            )
        )
    if not found:
        raise InputError(
            str(path), "no rows with a frequency above 0", "an impedance spectrum", "export it again"
        )
    return found


def _zplot(path: Path, lines: list[str], imaginary: str) -> list[Spectrum]:
    """ZPlot and ZView .z: data after "End Comments" (tabs) or after a row of names in quotation marks (commas).

    Columns are fixed: frequency, amplitude, bias, time, Z', Z'', GD, error, range.
    """
    start = next((i + 1 for i, line in enumerate(lines) if line.strip() == "End Comments"), None)
    if start is None:
        start = next(
            (i + 1 for i, line in enumerate(lines) if re.match(r'\s*"?\s*Freq', line) and "Z'" in line), None
        )
    if start is None:
        raise InputError(
            str(path),
            "no data: neither 'End Comments' nor a row of column names",
            "a ZPlot or ZView file",
            "save it again from ZView as text",
        )
    said: dict[str, str] = {}
    for line in lines[:start]:
        if m := re.match(r"\s*(Date|Time|Measured Data)\S*:\s*(.+?)\s*$", line):
            said.setdefault(m[1].lower(), m[2])
    rows: list[tuple[int, list[str]]] = []
    by_tab = False
    for i in range(start, len(lines)):
        line = lines[i].strip()
        if not line:
            continue
        if re.match(r'"?\s*Freq', line) or line.startswith(("Z Plot", '"')):
            continue
        by_tab = "\t" in line
        cells = line.split("\t") if by_tab else re.split(r"\s*,\s*", line)
        if len(cells) < 6:
            raise InputError(
                f"{path}, line {i + 1}",
                f"{len(cells)} columns",
                "frequency, amplitude, bias, time, Z', Z''",
                "the file was cut off or is not a ZPlot file",
            )
        if not by_tab and len(cells) > 10:
            raise InputError(
                f"{path}, line {i + 1}",
                f"{len(cells)} columns set apart by commas: decimal commas among separators",
                "9 columns",
                "save it with decimal points",
            )
        rows.append((i + 1, cells))
    got = _rows(rows, {"frequency": 0, "real": 4, "imaginary": 5}, path)
    said |= {"decimal sign": _comma(rows), "columns": "1 (frequency), 5 (Z'), 6 (Z'')"}
    return [
        tidy(
            str(path),
            "",
            got["frequency"],
            got["real"],
            got["imaginary"],
            instrument="Scribner ZPlot/ZView .z",
            understood=said,
            imaginary_is=_sign(imaginary, "im"),
            header="Z''",
        )
    ]


def _versastudio(path: Path, lines: list[str], imaginary: str) -> list[Spectrum]:
    """VersaStudio .par: <Segment...> with "Definition=" naming the columns, rows set apart by commas."""
    found: list[Spectrum] = []
    names: list[str] = []
    rows: list[tuple[int, list[str]]] = []
    inside = ""

    def close() -> None:
        wanted = {"frequency": "frequency(hz)", "real": "zreal", "imaginary": "zimag"}
        keys = [re.sub(r"\s+", "", n).lower() for n in names]
        if not rows or any(w not in keys for w in wanted.values()):
            return
        got = _rows(rows, {k: keys.index(v) for k, v in wanted.items()}, path)
        if not (got["frequency"] > 0).any():
            return
        facts = {"segment": inside, "columns": "Frequency(Hz), Z Real, Z Imag", "decimal sign": "point"}
        swept = got["frequency"] > 0
        found.append(
            tidy(
                str(path),
                inside,
                got["frequency"][swept],
                got["real"][swept],
                got["imaginary"][swept],
                instrument="VersaStudio .par",
                understood=facts,
                imaginary_is=_sign(imaginary, "im"),
                header="Z Imag",
            )
        )

    for i, line in enumerate(lines):
        text = line.strip()
        if m := re.fullmatch(r"<(Segment\d+)>", text):
            inside, names, rows = m[1], [], []
        elif inside and text == f"</{inside}>":
            close()
            inside = ""
        elif inside and text.startswith("Definition="):
            names = [c.strip() for c in text.removeprefix("Definition=").split(",")]
        elif inside and names and re.match(r"[-+\d.]", text) and "=" not in text:
            cells = text.split(",")
            if abs(len(cells) - len(names)) > 1:
                raise InputError(
                    f"{path}, line {i + 1}",
                    f"{len(cells)} columns where the heading promises {len(names)}",
                    "complete rows with decimal points",
                    "save the file with decimal points",
                )
            rows.append((i + 1, cells))
    if inside:
        close()
    if not found:
        raise InputError(
            str(path),
            "no impedance in any segment",
            "Frequency(Hz), Z Real, Z Imag",
            "use a file of an EIS experiment",
        )
    if len(found) == 1:
        import dataclasses

        return [dataclasses.replace(found[0], title="")]
    return found


# --- plain tables ----------------------------------------------------------------------------------------------------

_PRIMES = str.maketrans(
    {"’": "'", "′": "'", "´": "'", "`": "'", "″": "''", "”": "''", '"': "''", "−": "-", "–": "-"}
)


def _key(header: str) -> str:
    """A header reduced to what tells impedance columns apart: signs and primes stay, units in brackets go."""
    text = unicodedata.normalize("NFKC", header).translate(_PRIMES).casefold()
    text = re.sub(
        r"[(\[{<]\s*(m|k|g)?(ohms?|ω|hz|deg|degrees?|rad|°|a|b)[.·*]?(cm\^?2|cm²)?\s*[)\]}>]", "", text
    )
    text = re.sub(r"(/|\sin\s|,\s*)\s*(m|k|g)?(ohms?|ω|hz|deg(rees?)?|°|rad)\s*$", "", text.strip())
    return re.sub(r"[\s_.\[\]{}]+", "", text)


_FREQUENCY = re.compile(r"(freq|f$|frequenz|frequency|f\(|周波数|測定周波数)")
_REAL = re.compile(
    r"(z'|re\(?z\)?|zre(al)?|zr|real\(?z?\)?|z\(?re(al)?\)?|realpart.*|realteil.*|zreal|実部|実数部|抵抗成分|rs|r)$"
)
_IMAGINARY = re.compile(
    r"(z''|z″|im\(?z\)?|zim(ag|g|aginary)?|zi|imag(inary)?\(?z?\)?|z\(?im(ag)?\)?|imaginarypart.*|imagin(ä|ae)rteil.*|虚部|虚数部|x|xs)$"
)
_MODULUS = re.compile(
    r"(\|z\||\|zmod\||zmod|\|impedance\||impedance|z|mod(ulus)?(ofz)?|magnitude|betrag|impedanz|絶対値|インピーダンス)$"
)
_PHASE = re.compile(r"(phase(angle|\(z\)|ofz)?|zphz|theta|θ|φ|ph|phasenwinkel|位相(角)?)$")
_MINUS = re.compile(r"^(-|neg(ative)?|minus)")


def _pick(table: Table, name: str, pattern: re.Pattern[str]) -> tuple[Column | None, bool]:
    """The column of a quantity, and whether its header says that the sign is turned."""
    wanted = next(w for w in SPEC.wanted if w.name == name)
    if name in table.columns_given:
        column = table.find(wanted)
        assert column is not None
        return column, bool(_MINUS.match(_key(column.header)))
    hits = [c for c in table.columns if pattern.match(_MINUS.sub("", _key(c.header)))]
    if name == "frequency":
        hits = [c for c in hits if not re.search(r"(range|limit|bereich)", _key(c.header))]
    if len(hits) > 1:
        raise InputError(
            table.where,
            f"{len(hits)} columns could be the {wanted.help}: {', '.join(repr(c.header) for c in hits)}",
            "one",
            f'say which: --column {name}="{hits[0].header}"',
        )
    return (hits[0], bool(_MINUS.match(_key(hits[0].header)))) if hits else (None, False)


def _in_si(table: Table, name: str, column: Column) -> Floats:
    from percola.lab.table import to_si

    wanted = next(w for w in SPEC.wanted if w.name == name)
    unit = _unit(table, wanted, column)
    return to_si(column.values, unit, wanted, table.where, column.header)


def _unit(table: Table, wanted: Any, column: Column) -> str:
    if not column.unit and wanted.name not in table.units_given and column.header not in table.units_given:
        # The importer may have left the unit in the header: "Zre (ohms)".
        text = unicodedata.normalize("NFKC", column.header)
        m = re.search(
            r"[(\[/]\s*(mohm|kohm|Mohm|ohms?|[mkM]?Ω|[mkM]?Hz|deg(?:rees)?|°|rad)\s*[)\]]?\s*$", text, re.I
        )
        if m:
            word = m[1].replace("Ω", "ohm").replace("°", "deg")
            return (
                "ohm"
                if word.lower() in ("ohm", "ohms")
                else "deg"
                if word.lower().startswith("deg")
                else word
            )
    unit = table.unit_of(wanted, column)
    return {"ohms": "ohm", "Ohms": "ohm", "OHM": "ohm", "°": "deg", "degrees": "deg", "degree": "deg"}.get(
        unit, unit
    )


def from_table(table: Table, imaginary: str = "found") -> list[Spectrum]:
    """The spectrum of a plain table: frequency with Z' and Z'', or with |Z| and phase.

    Raises:
        InputError: columns or units that are not there or not clear.
    """
    frequency, _ = _pick(table, "frequency", _FREQUENCY)
    if frequency is None:
        raise table.lacks(SPEC.wanted[0])
    real, _ = _pick(table, "real", _REAL)
    imag, minus = _pick(table, "imaginary", _IMAGINARY)
    modulus, phase = None, None
    if real is None or imag is None:
        modulus, _ = _pick(table, "modulus", _MODULUS)
        phase, minus = _pick(table, "phase", _PHASE)
        if modulus is None or phase is None:
            lacking = next(w for w in SPEC.wanted if w.name == ("imaginary" if real is not None else "real"))
            raise table.lacks(lacking)
    said = {"table": "; ".join(table.notes)} if table.notes else {}
    f = _in_si(table, "frequency", frequency)
    if real is not None and imag is not None:
        re_, im_ = _in_si(table, "real", real), _in_si(table, "imaginary", imag)
        header = imag.header
        said["columns"] = f"{frequency.header}, {real.header}, {imag.header}"
    else:
        assert modulus is not None
        assert phase is not None
        z = _in_si(table, "modulus", modulus)
        if (z < 0).any():
            raise InputError(table.where, f"column {modulus.header!r} has negative moduli", "|Z| above 0")
        angle = _angle(table, phase)
        re_, im_ = z * np.cos(angle), z * np.sin(angle)
        header = phase.header
        said["columns"] = f"{frequency.header}, {modulus.header}, {phase.header}"
    sign = _sign(imaginary, "says-minus" if minus else "unknown")
    return [tidy(table.path, table.title, f, re_, im_, understood=said, imaginary_is=sign, header=header)]


def _angle(table: Table, phase: Column) -> Floats:
    wanted = next(w for w in SPEC.wanted if w.name == "phase")
    try:
        return _in_si(table, "phase", phase)
    except InputError:
        said = phase.unit or table.units_given.get("phase") or table.units_given.get(phase.header)
        # Beyond pi/2 no passive cell goes in radians: such numbers are degrees.
        if said or not float(np.nanmax(np.abs(phase.values))) > 3.2:
            raise
    from percola.units import from_unit

    return np.asarray(from_unit(phase.values, "deg", wanted.kind), float)
