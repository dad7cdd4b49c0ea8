"""Limit of linear algebra to one thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

_lock = threading.Lock()
_former: list[tuple[Any, int]] = []
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
            for library in _libraries():
                if (n_threads := library.get_num_threads()) != 1:
                    _former.append((library, n_threads))
                    library.set_num_threads(1)
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            while _inside == 0 and _former:
                library, n_threads = _former.pop()
                library.set_num_threads(n_threads)


@cache
def _libraries() -> list[Any]:
    """Return the loaded libraries, once: the search for them takes milliseconds.

    They are set one by one, since ``limit`` of threadpoolctl describes each of them first.
    """
    import scipy.linalg  # noqa: F401 - loads a BLAS of its own, which must be found too
    from threadpoolctl import ThreadpoolController

    found: list[Any] = ThreadpoolController().select(user_api="blas").lib_controllers
    return found
