"""The only composer: a recipe in, a run directory out.

    recipe -> thermo -> quench -> gel -> membrane -> measure -> judge -> report

Every stage is a function of the room that owns it; here they are put in a row, recorded, resumed and announced.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from percola.pipeline.main import Event, RunResult, run
    from percola.pipeline.plan import DEFAULT_SIZE, Estimate, Settings, estimate

_HOMES = {
    "DEFAULT_SIZE": "plan",
    "Estimate": "plan",
    "Event": "main",
    "RunResult": "main",
    "Settings": "plan",
    "estimate": "plan",
    "run": "main",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(f"percola.pipeline.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = ["DEFAULT_SIZE", "Estimate", "Event", "RunResult", "Settings", "estimate", "run"]
