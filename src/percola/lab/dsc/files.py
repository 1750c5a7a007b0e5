"""Calorimeter files: texts in several segments as the programs of instruments export them, everything else by the
table importer.

Read here, because one file holds several blocks or says in its header how the curve is meant:

- Netzsch Proteus text or CSV: ``#KEY:VALUE`` lines, columns after ``##``; ``#EXO:1`` is exothermic up, ``-1`` down;
- TA Universal Analysis: ``Sig1`` ... ``StartOfData``, rows of -1 between segments, ``Exotherm Up``;
- TA TRIOS text or CSV: blocks after ``[step]``;
- PerkinElmer Pyris ASCII: blocks after ``1) DSC ...``; min, mW and degC by the format;
- Mettler STARe text: ``Index  t  Ts  Tr  Value`` with a row of units.

A mangled degree sign does not matter: of a unit of temperature the last letter counts.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from percola.errors import InputError
from percola.lab.dsc.spec import HEAT_FLOW, SPEC, TEMPERATURE, TIME
from percola.lab.reading import ReadOptions

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Recording:
    """One record of a file, in SI.

    Attributes:
        path, title: where it stands.
        time_s: rising from 0 [s], or None.
        temperature_K: [K].
        heat_flow: as in the file, [W] or with ``specific`` [W/kg].
        specific: whether per mass.
        exo: "up", "down", or None where the file does not say; ``exo_from``: the words that say it.
        mass_kg: of the sample, None where the file does not say.
        understood: how the file was read, for people.
    """

    path: str
    title: str
    time_s: Floats | None
    temperature_K: Floats
    heat_flow: Floats
    specific: bool
    exo: str | None = None
    exo_from: str = ""
    mass_kg: float | None = None
    understood: dict[str, str] = field(default_factory=dict)


def read_recordings(path: Path, read: ReadOptions) -> list[Recording]:
    """The records of a file.

    Raises:
        InputError: no file, no such columns, an unknown unit, time that goes back.
    """
    raw = _bytes(path)
    told = bool(read.columns or read.units or read.sheet or read.profile)
    if not told and not raw.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        text, encoding = _decoded(raw, path, read)
        for name, sign, reader in _READERS:
            if sign.search(text):
                found = [replace(r, understood={"format": name, "encoding": encoding, **r.understood})
                         for r in reader(path, text)]  # fmt: skip
                return [_checked(r) for r in found]
    return [_checked(r) for r in _tables(path, raw, read)]


def exo_in(text: str) -> tuple[str | None, str]:
    """Which way exothermic points according to the words of a header, and the words; None where they do not say.

    >>> exo_in("Curve: ^exo")
    ('up', '^exo')
    >>> exo_in("Exotherm Direction: Down")[0]
    'down'
    """
    found: dict[str, str] = {}
    for direction, pattern in (("up", _UP), ("down", _DOWN)):
        match = pattern.search(text)
        if match:
            found[direction] = " ".join(match[0].split())
    if len(found) == 1:
        return next(iter(found.items()))
    return None, ""


def mass_in(text: str) -> float | None:
    """Sample mass that the lines of a header say, with its unit [kg]; None where they do not."""
    match = _MASS.search(text)
    if not match:
        return None
    unit = (match["before"] or match["after"] or "").replace("µ", "u").replace("μ", "u")
    if not unit:
        return None
    value = float(match["value"].replace(",", "."))
    return value * {"g": 1e-3, "mg": 1e-6, "ug": 1e-9}[unit] if value > 0 else None


_ARROW_UP, _ARROW_DOWN = "\N{UPWARDS ARROW}", "\N{DOWNWARDS ARROW}"
_EXO, _ENDO = r"exo(?:therm)?(?:ic|e|al)?\b", r"endo(?:therm)?(?:ic|e|al)?\b"
_BETWEEN = r"[ \t]*(?:direction|is|nach)?[\s:=,;()\"-]*"
_UP = re.compile(
    rf"\^[ \t]*exo|{_ARROW_UP}[ \t]*exo|\b{_EXO}{_BETWEEN}(?:up\b|oben\b|{_ARROW_UP})|\b{_ENDO}{_BETWEEN}(?:down\b|unten\b|{_ARROW_DOWN})"
    "|発熱.{0,4}上|吸熱.{0,4}下",
    re.I,
)
_DOWN = re.compile(
    rf"{_ARROW_DOWN}[ \t]*exo|\b{_EXO}{_BETWEEN}(?:down\b|unten\b|{_ARROW_DOWN})|\b{_ENDO}{_BETWEEN}(?:up\b|oben\b|{_ARROW_UP})|\^[ \t]*endo"
    "|発熱.{0,4}下|吸熱.{0,4}上",
    re.I,
)
_MASS = re.compile(
    r"(?:sample[ _]*(?:mass|weight|size)|^size|probenmasse|probeneinwaage|einwaage|試料(?:重量|質量|量)|サンプル(?:重量|質量|量))"
    r"[ \t]*[/(\[]?[ \t]*(?P<before>mg|g|[uµμ]g)?[ \t)\]]*[:=,;\t ]+[ \t\"]*(?P<value>[0-9]+(?:[.,][0-9]+)?)[ \t\",;]*"
    r"(?P<after>mg|g|[uµμ]g)?\b",
    re.I | re.M,
)
_STARE_MASS = re.compile(r"^Sample:?\s*\n?.*?,\s*(?P<value>[0-9]+(?:[.,][0-9]+)?)\s*mg", re.I | re.M)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise InputError(str(path), "no such file", "a file of a calorimeter") from None
    except OSError as error:
        raise InputError(str(path), f"cannot be read: {error.strerror or error}", "a readable file") from None


def _decoded(raw: bytes, path: Path, read: ReadOptions) -> tuple[str, str]:
    names = [read.encoding] if read.encoding else []
    if not names:
        if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
            names = ["utf-16"]
        elif raw[:400].count(b"\0") > 50:
            names = ["utf-16-le" if raw[1:2] == b"\0" else "utf-16-be"]
        else:
            names = ["utf-8-sig", "cp1252", "latin-1"]
    for name in names:
        try:
            return raw.decode(name), name
        except UnicodeDecodeError:
            continue
        except LookupError:
            raise InputError(
                "--encoding", repr(name), "the name of an encoding, such as utf-8, cp1252, cp932"
            ) from None
    raise InputError(str(path), f"is not {names[0]} text", "", "say its encoding: --encoding")


def _matrix(lines: Sequence[str], separator: str | None, comma: bool, where: str) -> Floats:
    """Rows of numbers; empty cells are NaN, rows that are no numbers are left out, too many of them refused."""
    rows = [line for line in lines if line.strip()]
    if comma:
        rows = [line.replace(",", ".") for line in rows]
    if not rows:
        return np.empty((0, 0))
    try:
        return np.loadtxt(io.StringIO("\n".join(rows)), delimiter=separator, ndmin=2, comments=None)
    except ValueError:
        pass
    width = max(len(line.split(separator)) for line in rows[:50])
    out, bad = [], 0
    for line in rows:
        cells = line.split(separator)[:width]
        try:
            values = [float(c) if c.strip() else math.nan for c in cells]
        except ValueError:
            bad += 1
            continue
        out.append(values + [math.nan] * (width - len(values)))
    if bad > max(3, 0.01 * len(rows)):
        raise InputError(
            where,
            f"{bad} of {len(rows)} rows are not numbers",
            "rows of numbers",
            "is the decimal sign right?",
        )
    return np.array(out, float)


def _block(body: str, separator: str | None, comma: bool, where: str) -> Floats:
    """As :func:`_matrix` for one long block, without a list of its lines where all rows are numbers."""
    try:
        return np.loadtxt(
            io.StringIO(body.replace(",", ".") if comma else body),
            delimiter=separator,
            ndmin=2,
            comments=None,
        )
    except ValueError:
        lines = [line for line in body.splitlines() if not line.lstrip().startswith("#")]
        return _matrix(lines, separator, comma, where)


def _comma(lines: Sequence[str], separator: str | None) -> bool:
    """Whether numbers have a decimal comma: commas and no points in the first rows, where the comma parts no cells."""
    if separator == ",":
        return False
    part = "".join(lines[:200])
    return "," in part and "." not in part


def temperature_unit(unit: str) -> str:
    """degC, K or degF by the last letter of a unit, however its degree sign came through; "" for none."""
    last = re.sub(r"[^A-Za-z]", "", unit)[-1:].upper()
    return {"C": "degC", "K": "K", "F": "degF"}.get(last, "")


def _take(
    path: Path,
    title: str,
    names: Sequence[str],
    units: Sequence[str],
    data: Floats,
    blocks: Sequence[int] = (),
) -> Recording:
    """Time, temperature and heat flow out of a matrix of one or several blocks."""
    where = f"{path} ({title})" if title else str(path)
    if data.shape[1] < len(names) and len(data):
        raise InputError(
            where,
            f"{data.shape[1]} columns of numbers under {len(names)} headers",
            "one for each",
            "is the separator right?",
        )
    plain = [re.sub(r"[\W_]+", "", n.casefold()) for n in names]

    def column(*starts: str) -> int | None:
        for s in starts:
            for i, p in enumerate(plain):
                if p.startswith(s):
                    return i
        return None

    at_t = column("time", "zeit", "t") if "t" in plain else column("time", "zeit", "時間")
    at_T = column("sampletemperature", "sampletemp", "ts", "temperature", "temp", "probentemp", "tr")
    at_q = column(
        "unsubtractedheatflow", "heatflownormalized", "heatflow", "dsc", "value", "wärmestrom", "wärmefluss"
    )
    if at_T is None or at_q is None or not len(data):
        what = "temperature" if at_T is None else "heat flow" if at_q is None else "rows"
        raise InputError(
            where, f"no {what} among {', '.join(repr(n) for n in names)}", "time, temperature and heat flow",
            'say which it is: --column heat_flow="header"',
        )  # fmt: skip
    unit_T = temperature_unit(units[at_T])
    if not unit_T:
        raise InputError(
            where, f"column {names[at_T]!r} has no unit", "degC, K, degF", "say it: --unit temperature=degC"
        )
    temperature = _si(data[:, at_T], unit_T, "temperature", where, names[at_T])
    flow, specific = heat_flow_si(data[:, at_q], units[at_q], where, names[at_q])
    time = None
    if at_t is not None:
        if not units[at_t]:
            raise InputError(
                where, f"column {names[at_t]!r} has no unit", "s, min, h", "say it: --unit time=min"
            )
        time = _si(data[:, at_t], units[at_t], "time", where, names[at_t])
        time = _continued(time, blocks)
    understood = {
        "columns": ", ".join(f"{names[i]} [{units[i]}]" for i in (at_t, at_T, at_q) if i is not None),
    }
    return Recording(str(path), title, time, temperature, flow, specific, understood=understood)


def _si(values: Floats, unit: str, kind: str, where: str, header: str) -> Floats:
    from percola.units import KINDS, from_unit

    try:
        return np.asarray(from_unit(values, unit, kind), float)
    except InputError:
        raise InputError(
            where, f"column {header!r} is in {unit!r}, which is no unit of {kind.replace('_', ' ')}",
            ", ".join(KINDS[kind].units), f"say its unit: --unit {kind}=...",
        ) from None  # fmt: skip


def heat_flow_si(values: Floats, unit: str, where: str, header: str) -> tuple[Floats, bool]:
    """Heat flow in W, or in W/kg and True.

    Raises:
        InputError: no unit, a voltage (not calibrated), something else.
    """
    from percola.units import from_unit

    bare = re.sub(r"[()\[\]\s]", "", unit).replace("µ", "u").replace("μ", "u").replace("^-1", "-1")
    bare = re.sub(r"(?<=W)[.*]?g-1$", "/g", re.sub(r"(?<=W)[.*]?mg-1$", "/mg", bare))
    if not bare:
        raise InputError(
            where, f"column {header!r} has no unit", "mW, W, W/g, mW/mg", "say it: --unit heat_flow=mW"
        )
    if re.fullmatch(r"[mu]?V(/m?g)?", bare):
        raise InputError(
            where, f"column {header!r} is in {unit!r}: a signal that is not calibrated", "mW, W, W/g, mW/mg",
            "export it again with the sensitivity calibration applied",
        )  # fmt: skip
    for kind, specific in (("heat_flow", False), ("specific_heat_flow", True)):
        try:
            return np.asarray(from_unit(values, bare, kind), float), specific
        except InputError:
            continue
    raise InputError(
        where, f"column {header!r} is in {unit!r}, which is no unit of heat flow", "mW, W, W/g, mW/mg",
        "say its unit: --unit heat_flow=mW",
    )  # fmt: skip


def _continued(time: Floats, blocks: Sequence[int]) -> Floats:
    """Time of blocks that each begin at 0 carried on."""
    out = np.array(time, float)
    for start in blocks:
        if 0 < start < len(out) and out[start] < out[start - 1]:
            step = out[start + 1] - out[start] if start + 1 < len(out) else 1.0
            out[start:] += out[start - 1] - out[start] + max(float(step), 1e-9)
    return out


def _checked(r: Recording) -> Recording:
    """Finite rows with time that rises, from 0."""
    good = np.isfinite(r.temperature_K) & np.isfinite(r.heat_flow)
    if r.time_s is not None:
        good &= np.isfinite(r.time_s)
    where = f"{r.path} ({r.title})" if r.title else r.path
    if int(good.sum()) < 20:
        raise InputError(where, f"{int(good.sum())} rows with temperature and heat flow", "20 or more")
    understood = dict(r.understood)
    if not good.all():
        understood["rows left out"] = f"{int((~good).sum())} of {len(good)} without a number"
    time, temperature, flow = r.time_s, r.temperature_K[good], r.heat_flow[good]
    if time is not None:
        time = time[good] - time[good][0]
        back = np.flatnonzero(np.diff(time) < 0)
        if len(back):
            raise InputError(
                where, f"time goes back at row {int(back[0]) + 2} and {len(back) - 1} more", "time that rises",
                "one file for each measurement, rows in order",
            )  # fmt: skip
    if temperature.min() < 0 or temperature.max() > 3000:
        raise InputError(
            where, f"temperatures from {temperature.min():.0f} K to {temperature.max():.0f} K", "0 K to 3000 K",
            "is the unit right? --unit temperature=degC",
        )  # fmt: skip
    return replace(r, time_s=time, temperature_K=temperature, heat_flow=flow, understood=understood)


def _netzsch(path: Path, text: str) -> list[Recording]:
    at = re.search(r"^[ \t]*##.*$", text, re.M)
    assert at is not None
    head = [re.sub(r"^#([^:]*):[,;\t]?", r"#\1:", line.strip()) for line in text[: at.start()].splitlines()]
    facts = {}
    for line in head:
        key, _, value = line.lstrip("#").partition(":")
        facts[key.strip().upper()] = value.strip().strip(",;")
    names = {"SEMICOLON": ";", "COMMA": ",", "TAB": "\t"}
    header, body = at[0].strip().lstrip("#"), text[at.end() :]
    separator = names.get(facts.get("SEPARATOR", "").upper()) or next((s for s in ";\t," if s in header), ";")
    comma = facts.get("DECIMAL", "").upper() == "COMMA"
    if "DECIMAL" not in facts:
        comma = _comma(body[:20000].splitlines(), separator)
    if comma and separator == ",":
        raise InputError(
            str(path),
            "commas part the cells and are the decimal sign",
            "one of the two",
            "export it with semicolons",
        )
    cells = [c.strip() for c in header.split(separator)]
    columns = [c.partition("/")[0].strip() for c in cells]
    units = [c.partition("/")[2].strip() for c in cells]
    units = [u[1:-1] if u.startswith("(") and u.endswith(")") else u for u in units]
    data = _block(body, separator, comma, str(path))
    r = _take(path, facts.get("SAMPLE", ""), columns, units, data)
    exo, words = None, ""
    if facts.get("EXO", "").replace("+", "") in ("1", "-1"):
        exo = "up" if facts["EXO"].replace("+", "") == "1" else "down"
        words = f"#EXO:{facts['EXO']}"
    mass = mass_in("\n".join(line.lstrip("#") for line in head))
    understood = {**r.understood, "instrument": facts.get("INSTRUMENT", "")}
    return [replace(r, exo=exo, exo_from=words, mass_kg=mass, understood=understood)]


def _universal(path: Path, text: str) -> list[Recording]:
    lines = text.splitlines()
    at = max(i for i, line in enumerate(lines) if line.strip() == "StartOfData")
    head = "\n".join(lines[:at])
    found = re.findall(r"^Sig(\d+)\s+(.*?)\s*$", head, re.M)
    names, units = [], []
    for _, label in sorted(found, key=lambda f: int(f[0])):
        match = re.match(r"(.*?)\s*\(([^)]*)\)\s*$", label)
        names.append(match[1] if match else label)
        units.append(match[2] if match else "")
    data = _matrix(lines[at + 1 :], None, _comma(lines[at + 1 :], None), str(path))
    if not data.size or data.shape[1] < len(names):
        raise InputError(
            str(path), f"{data.shape[1]} columns where {len(names)} signals are named", "one for each"
        )
    # A row whose first signal is a negative whole number parts segments.
    mark = (
        (data[:, 0] < 0) & (data[:, 0] == np.round(data[:, 0]))
        if names[0].casefold().startswith("time")
        else None
    )
    blocks = []
    if mark is not None and mark.any():
        keep = np.cumsum(~mark)
        blocks = sorted({int(keep[i]) for i in np.flatnonzero(mark)} - {0})
        data = data[~mark]
    sample = re.search(r"^Sample\s+(.*?)\s*$", head, re.M)
    r = _take(path, sample[1] if sample else "", names, units, data[:, : len(names)], blocks)
    exo, words = exo_in(head)
    return [replace(r, exo=exo, exo_from=words, mass_kg=mass_in(head))]


def _trios(path: Path, text: str) -> list[Recording]:
    lines = text.splitlines()
    starts = [i for i, line in enumerate(lines) if line.strip().strip('",') == "[step]"]
    head = "\n".join(lines[: starts[0]])
    separator = "\t" if any("\t" in line for line in lines[starts[0] : starts[0] + 6]) else ","
    names: list[str] = []
    units: list[str] = []
    parts = []
    for a, b in zip(starts, [*starts[1:], len(lines)], strict=True):
        block = [line for line in lines[a + 1 : b] if line.strip(' ,\t"')]
        if len(block) < 4:
            continue
        these = [c.strip().strip('"') for c in block[1].split(separator)]
        while these and not these[-1]:
            these.pop()
        if names and these != names:
            raise InputError(
                str(path), "steps with different columns", "one set of columns", "export all steps alike"
            )
        names = these
        units = [c.strip().strip('"') for c in block[2].split(separator)] + [""] * len(these)
        rows = _matrix(block[3:], separator, _comma(block[3:], separator), str(path))
        if rows.size:
            parts.append(rows[:, : len(names)])
    if not parts:
        raise InputError(str(path), "no rows after [step]", "a TRIOS export with data")
    blocks = np.cumsum([len(p) for p in parts])[:-1].tolist()
    sample = re.search(r"^Sample name[\t,](.*?)\s*$", head, re.M | re.I)
    r = _take(path, sample[1].strip(",") if sample else "", names, units, np.vstack(parts), blocks)
    exo, words = exo_in(head)
    return [replace(r, exo=exo, exo_from=words, mass_kg=mass_in(head))]


_PYRIS_BLOCK = re.compile(r"^\d+\)\s*DSC\b.*$", re.M)


def _pyris(path: Path, text: str) -> list[Recording]:
    lines = text.splitlines()
    starts = [i for i, line in enumerate(lines) if _PYRIS_BLOCK.match(line)]
    names: list[str] = []
    parts = []
    for a, b in zip(starts, [*starts[1:], len(lines)], strict=True):
        body = a + 1
        while body < b and not re.match(r"^\s*-?\d+[.,]\d", lines[body]):
            body += 1
        if not names:
            above = [[c.strip() for c in line.split("\t")] for line in lines[a + 1 : body]]
            wide = max(len(row) for row in above)
            rows = [row + [""] * (wide - len(row)) for row in above]
            names = [" ".join(filter(None, cells)).strip() for cells in zip(*rows, strict=True)]
            names = names[1:] if not names[0] else names
        end = body
        while end < b and re.match(r"^\s*-?\d+[.,]\d", lines[end]):
            end += 1
        block = lines[body:end]
        if block:
            parts.append(_matrix([line.strip() for line in block], "\t", _comma(block, "\t"), str(path)))
    if not parts:
        raise InputError(str(path), "no rows of data", "a Pyris export with data")
    data = np.vstack([p[:, : len(names)] for p in parts])
    units = [
        "min" if n.casefold().startswith("time") else "degC" if "temperature" in n.casefold() else "mW"
        for n in names
    ]
    blocks = np.cumsum([len(p) for p in parts])[:-1].tolist()
    head = "\n".join(lines[: starts[0]])
    sample = re.search(r"^Sample ID:\s*(.*?)\s*$", head, re.M)
    r = _take(path, sample[1] if sample else "", names, units, data, blocks)
    exo, words = exo_in(head)
    return [replace(r, exo=exo, exo_from=words, mass_kg=mass_in(head))]


_STARE_HEAD = re.compile(r"^\s*Index\s+t\b.*\bValue\b.*$", re.M)


def _stare(path: Path, text: str) -> list[Recording]:
    lines = text.splitlines()
    starts = [i for i, line in enumerate(lines) if _STARE_HEAD.match(line)]
    names = lines[starts[0]].split()
    units: list[str] = []
    parts = []
    for a in starts:
        if lines[a].split() != names:
            raise InputError(str(path), "curves with different columns", "one set of columns")
        found = re.findall(r"\[([^\]]*)\]", lines[a + 1])
        units = [""] * (len(names) - len(found)) + found
        body = []
        for line in lines[a + 2 :]:
            if not re.match(r"^\s*-?\d", line):
                break
            body.append(line)
        parts.append(_matrix(body, None, _comma(body, None), str(path)))
    data = np.vstack([p[:, : len(names)] for p in parts])
    blocks = np.cumsum([len(p) for p in parts])[:-1].tolist()
    head = "\n".join(line for line in lines if not re.match(r"^\s*-?\d", line))
    r = _take(path, "", names, units, data, blocks)
    exo, words = exo_in(head)
    mass = mass_in(head)
    if mass is None:
        match = _STARE_MASS.search(head)
        mass = float(match["value"].replace(",", ".")) * 1e-6 if match else None
    return [replace(r, exo=exo, exo_from=words, mass_kg=mass)]


_READERS = (
    ("Netzsch Proteus", re.compile(r"^#[^#\n]*:.*\n(?s:.*?)^##", re.M), _netzsch),
    ("TA Universal Analysis", re.compile(r"^Sig1\s(?s:.*)^StartOfData\s*$", re.M), _universal),
    ("TA TRIOS", re.compile(r"^\"?\[step\]", re.M), _trios),
    ("PerkinElmer Pyris", re.compile(r"^\d+\)\s*DSC\b(?s:.*)Unsubtracted", re.M), _pyris),
    ("Mettler STARe", _STARE_HEAD, _stare),
)


def _tables(path: Path, raw: bytes, read: ReadOptions) -> list[Recording]:
    from percola.lab.reading import read_tables
    from percola.lab.table import Table

    def one(table: Table) -> Recording:
        column = table.find(HEAT_FLOW)
        if column is None:
            raise table.lacks(HEAT_FLOW)
        given = table.units_given.get(HEAT_FLOW.name) or table.units_given.get(column.header) or column.unit
        flow, specific = heat_flow_si(column.values, given, table.where, column.header)
        words = [f"{k}: {v}" for k, v in table.facts.items()] + [c.header for c in table.columns]
        head = "\n".join(words)
        exo, why = exo_in(head)
        understood = {"columns": ", ".join(f"{c.header} [{c.unit}]" for c in table.columns), **{
            f"note {i}": n for i, n in enumerate(table.notes, 1)
        }}  # fmt: skip
        return Recording(
            str(path), table.title, table.take_or_none(TIME), table.take(TEMPERATURE), flow, specific, exo, why,
            mass_in(head), understood,
        )  # fmt: skip

    tables = read_tables(path, read, SPEC.wanted)
    usable = [t for t in tables if t.find(HEAT_FLOW) is not None and t.find(TEMPERATURE) is not None]
    records = [one(t) for t in (usable or tables[:1])]
    if len(records) > 1:
        others = "\n".join(f"{k}: {v}" for t in tables for k, v in t.facts.items()) + "\n".join(
            f"{a} {b}" for t in tables if t not in usable for a, b in _pairs(t)
        )
        exo, why = exo_in(others)
        mass = mass_in(others)
        records = [
            replace(r, exo=r.exo or exo, exo_from=r.exo_from or why, mass_kg=r.mass_kg or mass)
            for r in records
        ]
        joined = _joined(records)
        return joined
    return records


def _pairs(table: object) -> list[tuple[str, str]]:
    columns = getattr(table, "columns", ())
    if len(columns) < 2:
        return []
    a, b = (c.text or tuple(str(v) for v in c.values) for c in columns[:2])
    return list(zip(a, b, strict=False))


def _joined(records: list[Recording]) -> list[Recording]:
    """Sheets or tables that are the steps of one measurement: each begins where the one before ended."""
    out = [records[0]]
    for r in records[1:]:
        before = out[-1]
        follows = (
            r.time_s is not None
            and before.time_s is not None
            and r.specific == before.specific
            and np.isfinite(r.time_s).any()
            and np.isfinite(before.time_s).any()
            and 0 <= np.nanmin(r.time_s) - np.nanmax(before.time_s) < 60.0
        )
        if follows and r.time_s is not None and before.time_s is not None:
            out[-1] = replace(
                before,
                title="",
                time_s=np.concatenate((before.time_s, r.time_s)),
                temperature_K=np.concatenate((before.temperature_K, r.temperature_K)),
                heat_flow=np.concatenate((before.heat_flow, r.heat_flow)),
            )
        else:
            out.append(r)
    return out
