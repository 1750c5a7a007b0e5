"""Saved reading profiles: what a person has said of an instrument's files, kept as TOML and handed on."""

from __future__ import annotations

import os
import re
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from percola.errors import InputError
from percola.lab.reading import ReadOptions

_WORDS = ("encoding", "separator", "decimal", "sheet", "group")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,60}")


@dataclass(frozen=True)
class Profile:
    """A named set of options: ``about`` in words, ``path`` of its file, "" for one that Percola brings."""

    name: str
    options: ReadOptions
    about: str = ""
    path: str = ""


#: Formats as their makers' manuals and public parsers describe them; only what every file of that kind shares.
BUILT_IN: dict[str, Profile] = {
    p.name: p
    for p in (
        Profile(
            "biologic-mpt",
            ReadOptions(encoding="cp1252", separator="tab"),
            "BioLogic EC-Lab text (.mpt): tabs, 'Nb header lines', headers such as freq/Hz, Re(Z)/Ohm, -Im(Z)/Ohm",
        ),
        Profile(
            "gamry-dta",
            ReadOptions(separator="tab"),
            "Gamry Framework (.DTA): tabs, a line ZCURVE TABLE, a header line and a line of units",
        ),
        Profile(
            "instron-bluehill",
            ReadOptions(separator=","),
            "Instron Bluehill raw data (.csv): quoted cells, names, a line of units in brackets, then data",
        ),
        Profile(
            "ta-universal",
            ReadOptions(encoding="utf-16", separator="tab", decimal="."),
            "TA Instruments Universal Analysis text: UTF-16, lines Sig1, Sig2, ... name the columns, StartOfData",
        ),
        Profile(
            "zwick-testxpert",
            ReadOptions(encoding="cp1252", separator=";", decimal=","),
            "ZwickRoell testXpert text with German settings: semicolons, decimal comma, a line of units",
        ),
    )
}


def folder() -> Path:
    """Where profiles are kept: ``$PERCOLA_CONFIG_DIR/profiles``, else below the folder of settings of the system."""
    said = os.environ.get("PERCOLA_CONFIG_DIR")
    if said:
        return Path(said) / "profiles"
    try:
        home = Path.home()
    except RuntimeError:  # no home is known, as under some services
        return Path(".percola") / "profiles"
    if sys.platform == "win32":
        base = Path(os.environ.get("APPDATA") or home / "AppData" / "Roaming")
    elif sys.platform == "darwin":
        base = home / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    return base / "percola" / "profiles"


def profiles() -> dict[str, Profile]:
    """All profiles by name; a saved one takes the place of one of Percola's with the same name."""
    found = dict(BUILT_IN)
    place = folder()
    if place.is_dir():
        for file in sorted(place.glob("*.toml")):
            try:
                found[file.stem] = _read(file)
            except InputError:
                continue  # shown when it is asked for by name
    return found


def load_profile(name_or_path: str | Path) -> Profile:
    """A profile by its name, or from a file.

    Raises:
        InputError: there is none, or its file is not a profile.
    """
    text = str(name_or_path)
    path = Path(name_or_path)
    if text.endswith(".toml") or path.is_file():
        return _read(path)
    saved = folder() / f"{text}.toml"
    if _NAME.fullmatch(text) and saved.is_file():
        return _read(saved)
    if text in BUILT_IN:
        return BUILT_IN[text]
    raise InputError(
        "--profile", f"no profile {text!r}", ", ".join(profiles()), "a name, or a file ending in .toml"
    )


def save_profile(name_or_path: str | Path, options: ReadOptions, about: str = "") -> Path:
    """Keep options under a name, or in a file ending in .toml; returns the file.

    Raises:
        InputError: a name that is no plain word, or a place that cannot be written.
    """
    import tomlkit

    text = str(name_or_path)
    if text.endswith(".toml"):
        path = Path(name_or_path)
    elif _NAME.fullmatch(text):
        path = folder() / f"{text}.toml"
    else:
        raise InputError(
            "profile",
            repr(text),
            "letters, digits, '-', '_' and '.', or a file ending in .toml",
            "choose another name",
        )
    if options.profile is not None:
        options = merged(options)
    document = tomlkit.document()
    document.add(tomlkit.comment("How Percola reads the files of one instrument."))
    document["name"] = path.stem
    if about:
        document["about"] = about
    for word in _WORDS:
        said = getattr(options, word)
        if said is not None:
            document[word] = said
    for word in ("columns", "units"):
        part = tomlkit.table()
        for k, v in getattr(options, word).items():
            part[str(k)] = str(v)
        if part:
            document[word] = part
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(tomlkit.dumps(document), encoding="utf-8")
    except OSError as error:
        raise InputError(
            str(path), f"cannot be written: {error.strerror or error}", "", "choose another place"
        ) from None
    return path


def merged(options: ReadOptions) -> ReadOptions:
    """Options with those of their profile below them: what is said now counts more than what is kept."""
    if options.profile is None:
        return options
    kept = load_profile(options.profile).options
    one: dict[str, Any] = {
        w: getattr(options, w) if getattr(options, w) is not None else getattr(kept, w) for w in _WORDS
    }
    return ReadOptions(
        columns={**kept.columns, **options.columns},
        units={**kept.units, **options.units},
        profile=None,
        **one,
    )


def _read(path: Path) -> Profile:
    where = str(path)
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise InputError(where, "no such profile", ", ".join(BUILT_IN)) from None
    except OSError as error:
        raise InputError(where, f"cannot be read: {error.strerror or error}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(where, f"no TOML: {error}", "a profile written by Percola") from None
    allowed = ("name", "about", *_WORDS, "columns", "units")
    for key, value in data.items():
        if key not in allowed:
            raise InputError(where, f"an unknown entry {key!r}", ", ".join(allowed))
        plain = isinstance(value, dict) and all(isinstance(v, str | int) for v in value.values())
        if (key in ("columns", "units") and not plain) or (
            key not in ("columns", "units") and not isinstance(value, str)
        ):
            raise InputError(
                where, f"{key} = {value!r}", "a text" if key not in ("columns", "units") else "name = text"
            )
    options = ReadOptions(
        columns={k: str(v) for k, v in data.get("columns", {}).items()},
        units={k: str(v) for k, v in data.get("units", {}).items()},
        **{w: data[w] for w in _WORDS if w in data},
    )
    return Profile(data.get("name", path.stem), options, data.get("about", ""), where)
