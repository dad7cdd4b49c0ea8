"""Threads that work on the same study."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait


def in_threads(work: Callable[[], None], n_threads: int, stop: Callable[[], None]) -> None:
    """Call a function in each of several threads, and wait for their end.

    Args:
        work: The function.
        n_threads: Number of threads.
        stop: Asks the others to end, after an error in one of them or Ctrl-C in this thread.

    Raises:
        Exception: What one of the threads has raised.
    """
    with ThreadPoolExecutor(n_threads) as pool:
        calls = [pool.submit(work) for _ in range(n_threads)]
        try:
            first = wait(calls, return_when=FIRST_EXCEPTION).done
            if any(call.exception() for call in first):
                stop()
            wait(calls)
        except BaseException:
            stop()
            raise
    for call in calls:
        call.result()
