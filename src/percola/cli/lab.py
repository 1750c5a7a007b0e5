"""``percola lab METHOD FILES``: one verb for each method of the bench, its options made from what the method needs."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import typer.core
import typer.main

from percola.cli.output import console
from percola.errors import InputError

if TYPE_CHECKING:
    from percola.lab.methods import Method
    from percola.lab.reading import ReadOptions
    from percola.lab.setting import Setting

_READING, _WORK, _METHOD = "Reading", "Work", "Method"


class LabGroup(typer.core.TyperGroup):
    """The methods as subcommands; each loads when it is asked for, so that ``percola --help`` stays quick."""

    def list_commands(self, ctx: Any) -> list[str]:
        from percola.lab.methods import METHODS

        return list(METHODS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        from percola.lab.methods import METHODS, method

        return command(method(cmd_name)) if cmd_name in METHODS else None


def command(spec: Method) -> Any:
    """The command line of one method."""
    from percola.cli.app import work

    def verb(**given: Any) -> int:
        return _verb(spec, given)

    parameters = [
        _parameter(
            "files",
            list[Path] | None if spec.files_optional else list[Path],
            typer.Argument(metavar="FILES", help="Files of one specimen or sample.", show_default=False),
            None if spec.files_optional else inspect.Parameter.empty,
        ),
        *(_of_setting(s) for s in spec.settings),
        *_reading(spec),
        _parameter(
            "out",
            Path | None,
            typer.Option(help="Folder for results; bench, if not given.", rich_help_panel=_WORK),
            None,
        ),
        _parameter(
            "beside",
            Path | None,
            typer.Option(
                help="Directory of a simulated run, to be shown beside what is measured.",
                rich_help_panel=_WORK,
            ),
            None,
        ),
        _parameter(
            "info",
            bool,
            typer.Option("--info", help="Only say how the files are understood.", rich_help_panel=_WORK),
            False,
        ),
        _parameter(
            "json",
            bool,
            typer.Option(
                "--json", help="Print one JSON object in SI units on standard output, and nothing else."
            ),
            False,
        ),
    ]
    verb.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    verb.__annotations__ = {p.name: p.annotation for p in parameters}
    verb.__doc__ = f"{spec.help}\n\n{spec.standard}"
    app = typer.Typer(add_completion=False, rich_markup_mode="rich")
    app.command(spec.key)(work(verb))
    found = typer.main.get_command(app)
    found.name = spec.key
    found.short_help = spec.title
    return found


def _parameter(name: str, kind: Any, how: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, how]
    )


def _of_setting(s: Setting) -> inspect.Parameter:
    words = s.help[:1].upper() + s.help[1:]
    if not words.endswith("."):
        words += "."
    if s.many:
        words += " Repeatable."
    if s.default is not None and s.kind != "flag":
        words += f" {s.default}, if not given."
    if s.kind == "flag":
        how = typer.Option(s.option, help=words, rich_help_panel=_METHOD, show_default=False)
        return _parameter(_python(s.name), bool, how, False)
    metavar = "|".join(s.choices) if s.choices else s.kind.upper()
    how = typer.Option(s.option, help=words, rich_help_panel=_METHOD, show_default=False, metavar=metavar)
    return _parameter(_python(s.name), list[str] | None if s.many else str | None, how, None)


def _python(name: str) -> str:
    """A setting may be called as an option of reading or work is; its parameter is then apart."""
    return f"set_{name}"


def _reading(spec: Method) -> list[inspect.Parameter]:
    if spec.not_tables:
        return []
    options = (
        ("column", list[str] | None, 'NAME="header" or NAME=number: which column is what; repeatable.'),
        ("unit", list[str] | None, "NAME=unit, where the file names none; repeatable."),
        ("encoding", str | None, "Of a text file; found out, if not given."),
        ("separator", str | None, "Between cells: comma, semicolon, tab, pipe, space; found out."),
        ("decimal", str | None, "Decimal sign: point or comma; found out."),
        ("sheet", str | None, "Name or number of the sheet of a workbook."),
        ("group", str | None, "Header of the column that tells specimens apart."),
        ("profile", str | None, "Saved way of reading: a name or a file."),
        ("save_profile", str | None, "Keep this way of reading under a name, or in a file."),
    )
    return [
        _parameter(name, kind, typer.Option(help=words, rich_help_panel=_READING, show_default=False), None)
        for name, kind, words in options
    ]


_SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|", "space": " ", "\\t": "\t"}
_DECIMALS = {"point": ".", "comma": ",", "dot": ".", ".": ".", ",": ","}


def read_options(given: Mapping[str, Any]) -> ReadOptions:
    """The options of reading as :class:`ReadOptions`.

    Raises:
        InputError: no equals sign in a pair, or an unknown separator or decimal sign.
    """
    from percola.lab.reading import ReadOptions

    separator, decimal = given.get("separator"), given.get("decimal")
    if separator is not None:
        separator = _SEPARATORS.get(separator, separator)
        if separator not in _SEPARATORS.values():
            raise InputError("--separator", repr(separator), "comma, semicolon, tab, pipe, space")
    if decimal is not None:
        if decimal not in _DECIMALS:
            raise InputError("--decimal", repr(decimal), "point or comma")
        decimal = _DECIMALS[decimal]
    return ReadOptions(
        encoding=given.get("encoding"),
        separator=separator,
        decimal=decimal,
        sheet=given.get("sheet"),
        columns=_pairs(given.get("column"), "--column", 'pressure="Druck"'),
        units=_pairs(given.get("unit"), "--unit", "pressure=kPa"),
        profile=given.get("profile"),
        group=given.get("group"),
    )


def _pairs(texts: Sequence[str] | None, where: str, example: str) -> dict[str, str]:
    out = {}
    for text in texts or ():
        name, equals, value = text.partition("=")
        if not equals or not name.strip() or not value.strip():
            raise InputError(where, repr(text), "NAME=VALUE", f"write for example {where} {example}")
        out[name.strip()] = value.strip().strip('"')
    return out


def _verb(spec: Method, given: Mapping[str, Any]) -> int:
    from percola.cli.faults import DONE
    from percola.cli.output import emit_json, only_json

    with only_json(given["json"]):
        answer = run(spec, given)
    if given["json"]:
        emit_json(answer)
    elif given["info"]:
        show_info(answer)
    else:
        show(answer)
    return DONE


def run(spec: Method, given: Mapping[str, Any]) -> dict[str, Any]:
    """Analyse the files; the answer as plain data in SI."""
    from percola.pipeline import bench

    read = read_options(given)
    settings = {s.name: given.get(_python(s.name)) for s in spec.settings}
    files = [str(f) for f in given["files"] or ()]
    bench.check_files(files)
    if given["info"]:
        return _info(spec, files, read)
    result = bench.analyse_files(spec.key, files, settings, read, out=given["out"], beside=given["beside"])
    saved = given.get("save_profile")
    if saved:
        from percola.lab.reading import save_profile

        saved = str(save_profile(saved, read))
    analysis = result.analyses[0]
    return {
        "method": spec.key,
        "result": str(result.path),
        "report": str(result.path / "report.html"),
        "profile": saved,
        **analysis.to_dict(),
    }


def _info(spec: Method, files: Sequence[str], read: ReadOptions) -> dict[str, Any]:
    """How the files are understood: tables, columns, units, and which columns the method takes."""
    if spec.not_tables:
        raise InputError("--info", f"files of {spec.key} are not tables", "leave it out")
    from percola.lab.importer.names import checked
    from percola.lab.methods import quantities
    from percola.lab.reading import read_tables

    with checked(quantities(spec.key), read):
        tables = [(file, table) for file in files for table in read_tables(file, read, spec.wanted)]
    out = []
    for file, table in tables:
        taken: dict[str, str] = {}
        for wanted in spec.wanted:
            try:
                column = table.find(wanted)
            except InputError as error:
                taken[wanted.name] = f"? {error.found}"
                continue
            if column is not None:
                taken[wanted.name] = column.header
        out.append(
            {
                "file": file,
                "table": table.title,
                "rows": len(table.columns[0].values) if table.columns else 0,
                "columns": [{"header": c.header, "unit": c.unit} for c in table.columns],
                "taken": taken,
                "facts": dict(table.facts),
                "notes": list(table.notes),
            }
        )
    return {"method": spec.key, "tables": out}


def show_info(answer: Mapping[str, Any]) -> None:
    """The same for a person."""
    out = console()
    for t in answer["tables"]:
        out.print(f"{t['file']}{': ' + t['table'] if t['table'] else ''}, {t['rows']} rows", soft_wrap=True)
        for c in t["columns"]:
            uses = [name for name, header in t["taken"].items() if header == c["header"]]
            unit = f" [{c['unit']}]" if c["unit"] else ""
            out.print(
                f"  {c['header'] or '(no header)'}{unit}{' -> ' + ', '.join(uses) if uses else ''}",
                soft_wrap=True,
            )
        for name, words in t["taken"].items():
            if words.startswith("? "):
                out.print(f"  {name}: {words[2:]}", soft_wrap=True)
        for k, v in t["facts"].items():
            out.print(f"  {k}: {v}", soft_wrap=True)
        for note in t["notes"]:
            out.print(f"  note: {note}", soft_wrap=True)


def show(answer: Mapping[str, Any]) -> None:
    """The results for a person; the report holds the figures, how files were understood, and the sources."""
    from rich.table import Table

    from percola.cli.summary import value_in_words
    from percola.report.numbers import label_of, place

    out = console()
    table = Table("Measurement", "Where", "Value", "", box=None, pad_edge=False)
    remarks: dict[str, int] = {}
    for m in answer["measurements"]:
        said = [c["message"] for c in m["checks"] if c["status"] != "pass"]
        if m["value"] is None:
            said.insert(0, m.get("reason") or "no reason given")
        marks = " ".join(f"[{remarks.setdefault(words, len(remarks) + 1)}]" for words in said)
        table.add_row(
            label_of(m["name"], m["evidence"]), place(m["region"], m["evidence"]), value_in_words(m), marks
        )
    out.print(table)
    for words, number in remarks.items():
        out.print(f"[{number}] {words}", soft_wrap=True)
    for c in answer["checks"]:
        if c["status"] != "pass":
            out.print(f"{'Not valid' if c['status'] == 'fail' else 'Check'}: {c['message']}", soft_wrap=True)
    for note in answer["notes"]:
        out.print(f"Note: {note}", soft_wrap=True)
    if answer.get("profile"):
        out.print(f"Saved this way of reading: {answer['profile']}", soft_wrap=True)
    out.print(f"\nReport: {answer['report']}", soft_wrap=True)
