"""Progress of a run on standard error: bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.progress import Progress as Bars

    from percola.pipeline import Event


QUIET_S = 15.0
"""Least time between two plain lines of one stage [s]: a log of some minutes stays a page."""


class Progress:
    """One line for each stage, with a bar where the stage tells its share done.

    Where standard error is no terminal: a plain line when a stage begins, and while it lasts one at most every
    :data:`QUIET_S`. Call it with the events of :func:`percola.pipeline.run`.
    """

    def __init__(self) -> None:
        self._bars: Bars | None = None
        self._tasks: dict[str, Any] = {}
        self._terminal = sys.stderr.isatty()
        self._stage = ""
        self._told_s = 0.0

    def __enter__(self) -> Progress:
        if self._terminal:
            from rich import progress
            from rich.table import Column

            from percola.cli.output import error_console

            # The words give way on a narrow terminal, never the stage, the bar or the clock.
            words = Column(ratio=1, no_wrap=True, overflow="ellipsis")
            self._bars = progress.Progress(
                progress.SpinnerColumn(finished_text="✓"),
                progress.TextColumn("{task.fields[stage]}", table_column=Column(min_width=8, no_wrap=True)),
                progress.BarColumn(bar_width=16, table_column=Column(min_width=16)),
                progress.TaskProgressColumn(table_column=Column(min_width=4, no_wrap=True)),
                progress.TimeElapsedColumn(table_column=Column(min_width=7, no_wrap=True)),
                progress.TextColumn("{task.description}", table_column=words, markup=False),
                console=error_console(),
                expand=True,
            )
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bars is not None:
            self._bars.stop()

    def __call__(self, event: Event) -> None:
        if self._bars is None:
            self._plain(event)
            return
        stage, share, words = event.stage, event.fraction, event.message
        if stage == "recipe":  # what is run, whether it resumes, what it needs: sentences, not a stage
            self._bars.console.print(words)
            return
        if stage not in self._tasks:
            for task in self._tasks.values():  # stages follow one another: the earlier ones are done
                self._bars.update(task, total=1.0, completed=1.0)
            self._tasks[stage] = self._bars.add_task(words, total=None, stage=stage)
        if share is None:
            self._bars.update(self._tasks[stage], description=words)
        else:
            done = min(max(share, 0.0), 1.0)
            self._bars.update(self._tasks[stage], total=1.0, completed=done, description=words)

    def _plain(self, event: Event) -> None:
        stage, share, words = event.stage, event.fraction, event.message
        now = time.monotonic()
        if stage == "recipe":
            line = words
        elif stage != self._stage:
            line = f"{stage}: {words}"
        elif now - self._told_s >= QUIET_S:
            line = f"{stage}{'' if share is None else f' {100 * share:.0f} %'}: {words}"
        else:
            return
        self._stage, self._told_s = stage, now
        print(line, file=sys.stderr, flush=True)
