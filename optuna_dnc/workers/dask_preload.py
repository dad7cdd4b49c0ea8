"""Module that Dask loads in each local worker."""

from __future__ import annotations

import logging
import signal


def dask_setup(worker: object) -> None:
    """Leave Ctrl-C and messages to the driver; Dask calls this when the worker starts.

    The terminal sends SIGINT to all of its processes, and the driver lets its workers end their
    epoch. When the driver has ended, each worker would print that it has lost its connection.
    """
    del worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
