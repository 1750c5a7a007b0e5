"""From tables to wet and dry runs in SI: which columns, which run, which pressure; asks where a file leaves it open."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from percola.errors import InputError
from percola.lab.porometry.curves import Run, State
from percola.lab.porometry.spec import (
    DRY_FLOW,
    DRY_PRESSURE,
    FLOW,
    PRESSURE,
    RUN,
    TIME,
    WET_FLOW,
    WET_PRESSURE,
)
from percola.lab.setting import asked_for
from percola.lab.table import Column, Table, to_si
from percola.lab.wanted import Wanted
from percola.measure.flow.gas import ATMOSPHERE_Pa

Floats = npt.NDArray[np.float64]
_WET = ("wet", "nass", "nasse", "benetzt", "feucht", "湿", "濡", "ウェット", "ウエット", "ぬれ")
_DRY = ("dry", "trocken", "乾", "ドライ")
_HALF = ("half", "halb", "semi", "半", "1/2", "ハーフ", "filter flow", "cumulative", "distribution", "%")
_PRESSURE = ("pressure", "press.", "druck", "圧", "delta p", "δp")
_FLOW = ("flow", "fluss", "strom", "流量", "durchsatz")
_ABSOLUTE = ("absolute", "absolut", "psia", "bara", "kpaa", "絶対")
_GAUGE = ("gauge", "gage", "psig", "barg", "kpag", "überdruck", "ueberdruck", "ゲージ")
_DIFFERENTIAL = ("differ", "psid", "bard", "drop", "δp", "delta p", "差圧", "圧力差")
_PRESSURE_UNIT = re.compile(
    r"^(psi|m?bar|[khm]?pa|torr|mmhg)\s*[(\[]?\s*(a|g|d|abs\.?|absolute?|gauge|gage|diff\.?|differential)\s*[)\]]?$",
    re.I,
)
_STANDARD_UNIT = re.compile(
    r"^(?:(?P<s>s)(?P<a>ccm|lpm|lm|cc/min|cm3/min|l/min|ml/min)|(?P<n>n)(?P<b>ml/min|l/min|cm3/min|ml|l)(?P<c>/min)?"
    r"|(?P<d>ml/min|l/min|cm3/min|cc/min)\s*\(?(?:std|stp|ntp|n|standard)\.?\)?)$"
)
_LIQUID_FACTS = ("liquid", "fluid", "wetting liquid", "wetting fluid", "test liquid", "wetting agent", "benetzungsflüssigkeit",
                 "flüssigkeit", "testflüssigkeit", "湿潤液", "試液", "液体", "浸液")  # fmt: skip
_TENSION_FACTS = ("surface tension", "oberflächenspannung", "表面張力")
_TEMPERATURE_FACTS = ("temperature", "test temperature", "temperatur", "messtemperatur", "温度", "測定温度")
_AREA_FACTS = (
    "sample area",
    "area",
    "specimen area",
    "test area",
    "fläche",
    "probenfläche",
    "面積",
    "試料面積",
)


@dataclass(frozen=True)
class Taken:
    """What the files of one specimen hold.

    Attributes:
        wet, dry: runs; pressures are differences across the specimen [Pa].
        notes: what was understood, in sentences.
        facts: liquid, surface_tension, temperature, area as texts, where the files state them.
        flow_conditions: "standard", "outlet", "inlet" or "" where nothing says it.
        pressure_kind: "differential", "gauge" or "absolute" as read.
        by_content: whether wet and dry were told apart by the flow only.
    """

    wet: Run | None
    dry: Run | None
    notes: tuple[str, ...]
    facts: Mapping[str, str]
    flow_conditions: str
    pressure_kind: str
    by_content: bool


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().replace("_", " ").split())


def _has(text: str, words: Sequence[str]) -> bool:
    return any(w in text for w in words)


def state_of(text: str) -> State:
    """Wet, dry, or "" where a text says neither or both (a half-dry curve is neither)."""
    folded = _folded(text)
    if _has(folded, _HALF):
        return ""
    wet, dry = _has(folded, _WET), _has(folded, _DRY)
    return "wet" if wet and not dry else "dry" if dry and not wet else ""


def _pick(table: Table, wanted: Wanted, state: State, words: Sequence[str]) -> Column | None:
    """The pressure or flow column of a run, by what its header says of both."""
    if wanted.name in table.columns_given:
        return table.find(wanted)
    found = [
        c
        for c in table.columns
        if state_of(c.header) == state and _has(_folded(c.header), words) and c.unit.strip() != "%"
    ]
    if len(found) > 1:
        raise InputError(
            table.where,
            f"{len(found)} columns could be the {wanted.help}: {', '.join(repr(c.header) for c in found)}",
            "one",
            f'say which: --column {wanted.name}="{found[0].header}"',
        )
    return found[0] if found else None


def _plain_column(table: Table, wanted: Wanted, words: Sequence[str]) -> Column | None:
    """The one column of pressure or flow in a table that does not name runs."""
    if wanted.name in table.columns_given:
        return table.find(wanted)
    found = [
        c
        for c in table.columns
        if _has(_folded(c.header), words)
        and not _has(_folded(c.header), _HALF)
        and c.unit.strip() != "%"
        and not _has(_folded(c.header), ("bubble", "temperature"))
    ]
    return found[0] if len(found) == 1 else table.find(wanted)


def unit_text(table: Table, wanted: Wanted, column: Column) -> str:
    """The unit of a column, also where it stands in the header in a spelling of its own."""
    bare = replace(wanted, default_unit=wanted.default_unit)
    if not (table.units_given.get(wanted.name) or table.units_given.get(column.header) or column.unit):
        bracket = re.search(r"[(\[](.+?)[)\]]\s*$", unicodedata.normalize("NFKC", column.header))
        if bracket:
            return bracket[1].strip()
    return table.unit_of(bare, column)


def pressure_unit(unit: str) -> tuple[str, str]:
    """(unit without gauge or absolute, kind or ""): ``psig`` -> (psi, gauge).

    >>> pressure_unit("barg")
    ('bar', 'gauge')
    """
    text = unicodedata.normalize("NFKC", unit).strip()
    match = _PRESSURE_UNIT.match(text)
    kind = ""
    if match:
        kind = {"a": "absolute", "g": "gauge", "d": "differential"}[match[2][0].lower()]
        text = match[1]
    low = text.lower()
    spelt = {
        "psi": "psi",
        "bar": "bar",
        "mbar": "mbar",
        "kpa": "kPa",
        "mpa": "MPa",
        "hpa": "hPa",
        "pa": "Pa",
        "torr": "torr",
        "mmhg": "mmHg",
    }
    # MPA in capitals is a megapascal; "mPa" stays what it says and is refused as no likely unit further on.
    return (spelt.get(low, text) if text != "mPa" else text), kind


def flow_unit(unit: str) -> tuple[str, bool]:
    """(unit, whether at standard conditions): ``sccm`` -> (ml/min, True)."""
    text = unicodedata.normalize("NFKC", unit).strip().lower().replace("³", "3").replace(" ", "")
    match = _STANDARD_UNIT.match(text)
    if match:
        inner = match["a"] or match["b"] or match["d"] or ""
        per = {"ccm": "ml/min", "lpm": "l/min", "lm": "l/min", "cc/min": "ml/min"}
        inner = per.get(inner, inner)
        return (inner if "/" in inner else inner + (match["c"] or "/min")), True
    return {"cc/min": "ml/min", "ccm": "ml/min", "lpm": "l/min", "ccpm": "ml/min"}.get(text, unit if not unit.isupper() else text), False  # fmt: skip


def _pressures(table: Table, wanted: Wanted, column: Column) -> tuple[Floats, str]:
    unit, kind = pressure_unit(unit_text(table, wanted, column))
    kind = kind or kind_in(column.header)
    return to_si(column.values, unit, wanted, table.where, column.header), kind


def kind_in(header: str) -> str:
    """What a header says the pressure is: absolute, gauge, differential, or ""."""
    text = _folded(header)
    return (
        "absolute" if _has(text, _ABSOLUTE)
        else "gauge" if _has(text, _GAUGE)
        else "differential" if _has(text, _DIFFERENTIAL)
        else ""
    )  # fmt: skip


def _flows(table: Table, wanted: Wanted, column: Column) -> tuple[Floats, str]:
    unit, standard = flow_unit(unit_text(table, wanted, column))
    standard = standard or _has(_folded(column.header), ("standard", "sccm", "slpm", "norm"))
    values = to_si(column.values, unit, wanted, table.where, column.header)
    return values, "standard" if standard else ""


def _made(
    table: Table, state: State, pressure: Floats, flow: Floats, time: Floats | None, keep: npt.NDArray[np.bool_] | None = None
) -> Run:  # fmt: skip
    use = np.isfinite(pressure) & np.isfinite(flow)
    if keep is not None:
        use &= keep
    lost = int(
        np.count_nonzero((np.isfinite(pressure) ^ np.isfinite(flow)) & (True if keep is None else keep))
    )
    if not np.any(use):
        raise InputError(table.where, "no row with both a pressure and a flow", "two rows or more")
    notes = (f"{lost} rows with a pressure or a flow alone left out",) if lost else ()
    return Run(state, pressure[use], flow[use], None if time is None else time[use], table.where, notes)


@dataclass(frozen=True)
class Found:
    """Runs of a table, with the kinds of pressure and the flow conditions that it names ("" where it does not)."""

    runs: tuple[Run, ...]
    kinds: tuple[str, ...]
    conditions: tuple[str, ...]


def runs_of(table: Table) -> Found:
    """The runs of one table, with what they say of pressure and flow."""
    runs: list[Run] = []
    kinds: list[str] = []
    conditions: list[str] = []
    states: tuple[tuple[State, Wanted, Wanted], ...] = (
        ("wet", WET_PRESSURE, WET_FLOW),
        ("dry", DRY_PRESSURE, DRY_FLOW),
    )
    time_column = (
        table.find(TIME)
        if any(_has(_folded(c.header), ("time", "zeit", "時間")) for c in table.columns)
        else None
    )
    time = None
    if time_column is not None and (time_column.unit or "time" in table.units_given):
        time = to_si(
            time_column.values, table.unit_of(TIME, time_column), TIME, table.where, time_column.header
        )
    for state, wanted_p, wanted_q in states:
        q_column = _pick(table, wanted_q, state, _FLOW)
        if q_column is None:
            continue
        p_column = _pick(table, wanted_p, state, _PRESSURE) or _plain_pressure(table)
        if p_column is None:
            raise table.lacks(wanted_p)
        p, kind = _pressures(table, wanted_p, p_column)
        q, condition = _flows(table, wanted_q, q_column)
        runs.append(_made(table, state, p, q, time))
        kinds.append(kind)
        conditions.append(condition)
    if runs:
        return Found(tuple(runs), tuple(kinds), tuple(conditions))
    p_column, q_column = _plain_column(table, PRESSURE, _PRESSURE), _plain_column(table, FLOW, _FLOW)
    if p_column is None:
        raise table.lacks(PRESSURE)
    if q_column is None:
        raise table.lacks(FLOW)
    p, kind = _pressures(table, PRESSURE, p_column)
    q, condition = _flows(table, FLOW, q_column)
    words = _labels(table)
    if words is not None:
        marks = [state_of(w) for w in words]
        for state in ("wet", "dry"):
            keep = np.array([m == state for m in marks])
            if keep.any():
                runs.append(_made(table, state, p, q, time, keep))
    if not runs:
        whole = _made(table, _named(table), p, q, time)
        runs = list(_rises(whole))
    return Found(tuple(runs), (kind,) * len(runs), (condition,) * len(runs))


def _plain_pressure(table: Table) -> Column | None:
    """A pressure column that belongs to both runs."""
    found = [c for c in table.columns if _has(_folded(c.header), _PRESSURE) and not _has(_folded(c.header), _HALF) and not state_of(c.header)]  # fmt: skip
    if "pressure" in table.columns_given or not found:
        return table.find(PRESSURE) if "pressure" in table.columns_given else None
    if len(found) > 1:
        return table.find(PRESSURE)
    return found[0]


def _labels(table: Table) -> tuple[str, ...] | None:
    """The column of words that says wet or dry, by its name or because its cells do."""
    if RUN.name in table.columns_given:
        return table.take_text(RUN)
    for c in table.columns:
        if c.text is not None and {"wet", "dry"} & {state_of(w) for w in c.text}:
            return c.text
    return None


def _named(table: Table) -> State:
    """Wet or dry by the title of the table, a fact about it, or the name of the file."""
    facts = [f"{k} {v}" for k, v in table.facts.items() if _has(_folded(k), ("run", "curve", "state", "kurve", "lauf", "zustand", "状態", "曲線"))]  # fmt: skip
    stem = re.split(r"[\\/]", table.path)[-1]
    for text in (table.title, *facts, stem):
        state = state_of(text)
        if state:
            return state
    return ""


def _rises(run: Run) -> tuple[Run, ...]:
    """The run cut where the pressure begins anew (falls by more than half of its range)."""
    p = run.pressure_Pa
    span = float(p.max() - p.min())
    cuts = [0]
    top = float(p[0])
    for i, value in enumerate(p):
        if top - value > 0.5 * span:
            cuts.append(i)
            top = float(value)
        top = max(top, float(value))
    cuts.append(len(p))
    parts = []
    for a, b in itertools.pairwise(cuts):
        if b - a < 2:
            continue
        # A fall read on the way down belongs to no rise: it starts at the lowest pressure after the cut.
        low = a + int(np.argmin(p[a:b]))
        keep = np.zeros(len(p), bool)
        keep[(low if a else a) : b] = True
        parts.append(run.kept(keep))
    return tuple(x for x in parts if len(x.pressure_Pa) > 1) or (run,)


def take(tables: Sequence[Table], settings: Mapping[str, Any]) -> Taken:
    """Wet and dry run of one specimen.

    Raises:
        InputError: columns, units, the kind of pressure or the order of runs that the files leave open.
    """
    runs: list[Run] = []
    kinds: set[str] = set()
    conditions: set[str] = set()
    refused: InputError | None = None
    for t in tables:
        try:
            found = runs_of(t)
        except InputError as error:
            # A sheet of remarks beside the readings is no reason to stop, as long as others hold runs.
            refused = refused or error
            continue
        runs += found.runs
        kinds |= {k for k in found.kinds if k}
        conditions |= {c for c in found.conditions if c}
    if not runs:
        assert refused is not None
        raise refused
    where = tables[0].path
    for r in runs:
        _checked(r)
    notes: list[str] = [n for r in runs for n in r.notes]
    wet = [r for r in runs if r.state == "wet"]
    dry = [r for r in runs if r.state == "dry"]
    unnamed = [r for r in runs if not r.state]
    by_content = False
    if len(unnamed) == 1 and len(wet) + len(dry) == 1:
        state: State = "dry" if wet else "wet"
        (dry if wet else wet).append(replace(unnamed[0], state=state))
        notes.append(f"The run that nothing names was taken as the {state} one, as the other is named.")
    elif len(unnamed) == 2 and not wet and not dry:
        first, second, by_content, note = _told_apart(unnamed, settings.get("order"), where)
        wet, dry = [first], [second]
        notes.append(note)
    elif len(unnamed) == 1 and not wet and not dry:
        wet = [replace(unnamed[0], state="wet")]
        notes.append(
            "One run, taken as wet: it gives the bubble point; the half-dry method needs a dry run as well."
        )
    elif unnamed:
        raise InputError(
            where,
            f"{len(unnamed)} runs that nothing names wet or dry",
            "one wet and one dry run",
            "name them in a column (wet, dry), in the titles of the tables or in the names of the files",
        )
    if len(wet) > 1 or len(dry) > 1:
        raise InputError(
            where,
            f"{len(wet)} wet and {len(dry)} dry runs",
            "one of each: the files of one specimen",
            "give the files of one specimen at a time",
        )
    one_wet, one_dry = (x[0] if x else None for x in (wet, dry))
    kind = _kind(settings, kinds, [r for r in (one_wet, one_dry) if r is not None], where)
    moved = [None if r is None else _difference(r, kind, settings, where) for r in (one_wet, one_dry)]
    if kind == "absolute":
        notes.append(
            f"Absolute pressures: {settings['outlet_pressure'] / 1e3:.5g} kPa behind the specimen subtracted."
        )
    if len(conditions) > 1:
        notes.append("Wet and dry flow are stated at different conditions.")
    condition = settings.get("flow_conditions") or (next(iter(conditions)) if len(conditions) == 1 else "")
    return Taken(moved[0], moved[1], tuple(notes), facts_of(tables), condition, kind, by_content)


def _checked(run: Run) -> None:
    p = run.pressure_Pa
    if len(p) < 2:
        raise InputError(run.source, f"{len(p)} reading in the {run.state or 'one'} run", "two or more")
    if float(p.min()) < -0.02 * float(p.max()):
        raise InputError(
            run.source,
            f"a pressure of {p.min() / 1e3:.4g} kPa",
            "pressures that are not negative",
            "is another column meant? --column pressure=...",
        )
    if float(p.max()) > 1e8:
        raise InputError(
            run.source,
            f"a pressure of {p.max() / 1e6:.4g} MPa",
            "what a porometer reaches (below 100 MPa)",
            "is the unit right? --unit pressure=...",
        )
    if float(p.max()) <= float(p.min()):
        raise InputError(run.source, "a pressure that does not change", "a rise of the pressure")


def _told_apart(runs: Sequence[Run], order: str | None, where: str) -> tuple[Run, Run, bool, str]:
    a, b = runs
    if order:
        first, second = (a, b) if order == "wet-dry" else (b, a)
        return (
            replace(first, state="wet"),
            replace(second, state="dry"),
            False,
            f"Order of the runs as given: {order}.",
        )
    top = min(float(a.pressure_Pa.max()), float(b.pressure_Pa.max()))
    low = max(float(a.pressure_Pa.min()), float(b.pressure_Pa.min()))
    grid = np.linspace(low, top, 60)
    qa, qb = (np.interp(grid, np.sort(r.pressure_Pa), r.flow_m3_s[np.argsort(r.pressure_Pa)]) for r in (a, b))
    share = np.divide(qa - qb, np.maximum(np.abs(qa), np.abs(qb)), out=np.zeros_like(qa), where=np.maximum(np.abs(qa), np.abs(qb)) > 0)  # fmt: skip
    less_a, less_b = int(np.count_nonzero(share < -0.2)), int(np.count_nonzero(share > 0.2))
    if max(less_a, less_b) < 6 or min(less_a, less_b) > 0.2 * max(less_a, less_b):
        raise asked_for(
            "order",
            f"{where} holds two runs that nothing names, and their flows do not tell which is wet",
            "wet-dry",
        )
    first, second = (a, b) if less_a > less_b else (b, a)
    words = "first" if less_a > less_b else "second"
    return (
        replace(first, state="wet"),
        replace(second, state="dry"),
        True,
        f"Nothing names the two runs; the {words} passes less gas at low pressure and was taken as wet.",
    )


def _kind(settings: Mapping[str, Any], kinds: set[str], runs: Sequence[Run], where: str) -> str:
    given = settings.get("pressure_kind")
    if given:
        return str(given)
    if len(kinds) == 1:
        return next(iter(kinds))
    if len(kinds) > 1:
        raise asked_for("pressure_kind", f"{where} names pressures {' and '.join(sorted(kinds))}", "gauge")
    if min(float(r.pressure_Pa.min()) for r in runs) < 0.7 * ATMOSPHERE_Pa:
        # An absolute pressure before a specimen that vents to air is never so low.
        return "differential"
    raise asked_for(
        "pressure_kind",
        f"the pressures in {where} start above 70 kPa and nothing says whether they are absolute",
        "gauge",
    )


def _difference(run: Run, kind: str, settings: Mapping[str, Any], where: str) -> Run:
    p = run.pressure_Pa
    if kind == "absolute":
        behind = settings.get("outlet_pressure")
        if behind is None:
            raise asked_for("outlet_pressure", f"the pressures in {where} are absolute", "101.3 kPa")
        p = p - behind
        if float(p.max()) <= 0:
            raise InputError("--outlet-pressure", f"{behind / 1e3:.5g} kPa, above every pressure in {where}", "the absolute pressure behind the specimen")  # fmt: skip
    lag = settings.get("response_time")
    if lag:
        if run.time_s is None:
            raise InputError(
                "--response-time", f"{where} has no column of times with a unit", "a column such as time (s)"
            )
        p = p - lag * np.gradient(p, run.time_s)
    return replace(run, pressure_Pa=p)


def facts_of(tables: Sequence[Table]) -> dict[str, str]:
    """Liquid, surface tension, temperature and area as the files state them."""
    out: dict[str, str] = {}
    for name, words in (
        ("liquid", _LIQUID_FACTS),
        ("surface_tension", _TENSION_FACTS),
        ("temperature", _TEMPERATURE_FACTS),
        ("area", _AREA_FACTS),
    ):
        for t in tables:
            fact = t.fact(words)
            if fact:
                out[name] = fact.strip()
                break
    return out
