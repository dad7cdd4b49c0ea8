"""When to do again what takes long and changes little."""

from __future__ import annotations


def checkpoint(n: int) -> int:
    """Return the last number up to n of a series whose steps grow with it: 1, 2, ... 8, 9, 10, ...

    What is computed from the first ``checkpoint(n)`` observations holds for an eighth more of
    them, and is the same in every process, whichever proposals it made before.
    """
    reached = min(n, 1)
    while reached + max(reached // 8, 1) <= n:
        reached += max(reached // 8, 1)
    return reached
