"""Threads for kernels that release the interpreter's lock.

Kernels are compiled without Numba's parallel mode: that costs several seconds of compile time a kernel, while
slabs handed to threads cost nothing. The slabs are the same whatever the number of threads, so results do not
depend on it.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

T = TypeVar("T")
_NAME = "percola-measure"


def threads() -> int:
    """Number of threads: ``PERCOLA_THREADS`` or the cores this process may use."""
    asked = os.environ.get("PERCOLA_THREADS", "")
    if asked.isdigit() and int(asked) > 0:
        return int(asked)
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


@cache
def _pool(workers: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(workers, thread_name_prefix=_NAME)


def slabs(total: int, pieces: int = 16) -> list[tuple[int, int]]:
    """Split ``range(total)`` into at most ``pieces`` ranges of nearly equal length."""
    pieces = max(1, min(pieces, total))
    edges = [total * i // pieces for i in range(pieces + 1)]
    return [(a, b) for a, b in itertools.pairwise(edges) if b > a]


def run(task: Callable[[int, int], T], ranges: Sequence[tuple[int, int]]) -> list[T]:
    """Call ``task(start, stop)`` on every range, results in the order of the ranges.

    Inside a task it runs one range after the other: the pool would wait for itself.
    """
    workers = threads()
    if workers == 1 or len(ranges) == 1 or threading.current_thread().name.startswith(_NAME):
        return [task(a, b) for a, b in ranges]
    return list(_pool(workers).map(lambda r: task(*r), ranges))
