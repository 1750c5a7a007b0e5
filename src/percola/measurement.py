"""`Measurement`: one result with its unit, uncertainty, method, evidence and validity checks.

The type is the same whether the value came from a simulation, a scan or an instrument file, so that simulated and
measured results stand on one axis.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

CheckStatus = Literal["pass", "warn", "fail"]


@dataclass(frozen=True)
class Check:
    """One validity check of a measurement: what was asked, and how it came out, in words with numbers."""

    name: str
    status: CheckStatus
    message: str

    def to_dict(self) -> dict[str, Any]:
        return {"name": self.name, "status": self.status, "message": self.message}


@dataclass(frozen=True)
class Measurement:
    """A named result in SI units.

    Attributes:
        name: the name in ``docs/measurements``, e.g. ``"porosity"``.
        value: the number (SI), a word for classes, or None where the quantity is not defined for this structure.
        unit: SI unit as text, ``"1"`` for a pure number, ``""`` for a class.
        uncertainty: one standard deviation in the same unit, or None where none can be given.
        method: patent item and standard, e.g. ``"EP 1063256 para. 89(5); ASTM F316, half-dry"``.
        region: which part of the membrane: ``"core"``, ``"section"``, ``"surface"``, ``"outer_surface"``,
            ``"inner_surface"``, ``"wall"`` (extrapolated to the whole wall) or ``""``.
        checks: validity checks.
        evidence: small JSON-like data behind the number (curves, sub-volume values, notes).
        citations: keys of ``references.bib``.
        reason: why ``value`` is None, in words.
    """

    name: str
    value: float | str | None
    unit: str
    uncertainty: float | None = None
    method: str = ""
    region: str = ""
    checks: tuple[Check, ...] = ()
    evidence: Mapping[str, Any] = field(default_factory=dict)
    citations: tuple[str, ...] = ()
    reason: str = ""

    @property
    def defined(self) -> bool:
        """Whether there is a value: a finite number or a word."""
        if isinstance(self.value, str):
            return True
        return self.value is not None and math.isfinite(self.value)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; NaN and infinities never leave this type."""
        out: dict[str, Any] = {
            "name": self.name,
            "value": self.value if self.defined else None,
            "unit": self.unit,
            "uncertainty": self.uncertainty,
            "method": self.method,
            "region": self.region,
            "checks": [c.to_dict() for c in self.checks],
            "evidence": dict(self.evidence),
            "citations": list(self.citations),
        }
        if self.reason:
            out["reason"] = self.reason
        return out

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Measurement:
        """The inverse of :meth:`to_dict`."""
        return Measurement(
            name=data["name"],
            value=data["value"],
            unit=data["unit"],
            uncertainty=data.get("uncertainty"),
            method=data.get("method", ""),
            region=data.get("region", ""),
            checks=tuple(Check(**c) for c in data.get("checks", ())),
            evidence=data.get("evidence", {}),
            citations=tuple(data.get("citations", ())),
            reason=data.get("reason", ""),
        )
