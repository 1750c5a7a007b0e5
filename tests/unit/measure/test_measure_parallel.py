"""Threads of the measuring methods."""

from __future__ import annotations

import pytest

from percola.measure import _parallel


def test_tasks_inside_tasks_do_not_wait_for_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERCOLA_THREADS", "2")

    def inner(a: int, b: int) -> int:
        return b - a

    def outer(a: int, b: int) -> int:
        return sum(_parallel.run(inner, _parallel.slabs(b - a, 4)))

    # More outer tasks than threads, each with tasks of its own: with a pool that waits for itself this never ends.
    assert sum(_parallel.run(outer, _parallel.slabs(100, 8))) == 100


def test_slabs_cover_a_range_once() -> None:
    edges = _parallel.slabs(37, 8)
    assert [i for a, b in edges for i in range(a, b)] == list(range(37))
