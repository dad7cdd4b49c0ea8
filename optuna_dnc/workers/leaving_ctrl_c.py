"""Module that Dask loads in each local worker: Ctrl-C in the terminal is left to the driver.

The terminal sends SIGINT to all processes; the driver lets its workers end their epoch.
"""

from __future__ import annotations

import signal


def dask_setup(worker: object) -> None:
    """Ignore SIGINT; Dask calls this when the worker starts."""
    del worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)
