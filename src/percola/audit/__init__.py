"""The audit: arithmetic and physical consistency of reported specimens, found by rule.

The public names load on first use, so that importing the room costs nothing.
"""

from __future__ import annotations

import importlib
from typing import Any

_WHERE = {
    "Audit": "auditing",
    "Finding": "auditing",
    "GRADES": "auditing",
    "Rule": "auditing",
    "audit": "auditing",
    "rules": "auditing",
    "Interval": "interval",
    "printed": "interval",
    "Reported": "specimens",
    "ReportedSpecimen": "specimens",
    "from_file": "specimens",
    "from_rows": "specimens",
    "patent_specimens": "specimens",
    "template": "specimens",
    "to_rows": "specimens",
    "Statement": "statements",
    "patent_statements": "statements",
    "statements_from_text": "statements",
}
__all__ = sorted(_WHERE)


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        module = importlib.import_module(f"percola.audit.{_WHERE[name]}")
        value = getattr(module, name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'percola.audit' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
