"""Limit of linear algebra to one thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any

_lock = threading.Lock()
_limit = ExitStack()
_inside = 0


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep NumPy's and SciPy's linear algebra on one thread within the block.

    Threads that share a small matrix spend their time waiting for each other: on busy cores, with
    trainings or other workers, a proposal takes more than twice as long as on one thread
    (``benchmarks/samplers/busy_cores.py``). The limit holds for the whole process; when blocks
    overlap, the last to end restores the former number of threads.
    """
    global _inside
    with _lock:
        if _inside == 0:
            _limit.enter_context(_libraries().limit(limits=1, user_api="blas"))
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                _limit.close()


@cache
def _libraries() -> Any:
    """Return the loaded libraries, once: the search for them takes milliseconds."""
    import scipy.linalg  # noqa: F401 - loads a BLAS of its own, which must be found too
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
