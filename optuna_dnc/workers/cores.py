"""CPU cores and threads of workers."""

from __future__ import annotations

import os
from collections.abc import Mapping

from joblib import cpu_count

THREADS = "OMP_NUM_THREADS"
"""Variable with the number of threads, which libraries read when they are loaded."""


def threads_each(
    n_workers: int, n_cores: int | None = None, environment: Mapping[str, str] = os.environ
) -> int:
    """Return the number of CPU threads of each worker of a machine.

    The cores are shared equally. ``OMP_NUM_THREADS``, if set, is the largest number.

    Args:
        n_workers: Number of workers on this machine.
        n_cores: Number of cores; None for those that this process may use, by its affinity and
            the limit of its container.
        environment: Environment variables.
    """
    share = max(1, (cpu_count() if n_cores is None else n_cores) // n_workers)
    most = environment.get(THREADS, "").partition(",")[0].strip()
    return min(share, int(most)) if most.isdigit() and int(most) > 0 else share
