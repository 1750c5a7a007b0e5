"""Parameters of the reduced model with their priors, each with its reason and source (``data/priors.toml``)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources


@dataclass(frozen=True)
class Prior:
    """Normal prior of one parameter.

    Attributes:
        name, unit, meaning, reason: as they say.
        mean, sd: of the normal distribution.
        source: keys of ``references.bib``; "percola" where it is our own estimate.
    """

    name: str
    mean: float
    sd: float
    unit: str
    meaning: str
    source: str
    reason: str


@dataclass(frozen=True)
class Scale:
    """Log-normal prior of the scales of departures and scatter: median of each quantity and sd of the logarithm."""

    name: str
    quantities: tuple[float, ...]
    sd: float
    meaning: str
    source: str
    reason: str


@lru_cache(maxsize=1)
def _read() -> tuple[tuple[Prior, ...], dict[str, Scale]]:
    text = (
        resources.files("percola.design").joinpath("data").joinpath("priors.toml").read_text(encoding="utf-8")
    )
    raw = tomllib.loads(text)
    priors = tuple(Prior(**p) for p in raw["parameter"])
    scales = {s["name"]: Scale(**{**s, "quantities": tuple(s["quantities"])}) for s in raw["scale"]}
    return priors, scales


def priors() -> tuple[Prior, ...]:
    """Priors of every parameter that all recipes share; chi_A of each solvent is normal with its own table's uncertainty."""
    return _read()[0]


def scales() -> dict[str, Scale]:
    """Priors of departures, scatter and their reach."""
    return _read()[1]


def digest_text() -> str:
    """The numbers of all priors as text: part of a calibration's identity (their reasons are not)."""
    rows = [f"{p.name} {p.mean!r} {p.sd!r}" for p in priors()]
    rows += [f"{s.name} {s.quantities!r} {s.sd!r}" for s in scales().values()]
    return "\n".join(rows)
