"""Interruption of long computations by signals, none of which is lost.

A handler that raises interrupts any code at once. But in callbacks from C (weakref callbacks,
finalizers, hooks of the garbage collector) Python prints and drops the exception. So the request
is also stored, and raised again by :func:`check_interrupted`.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

_SIGNALS = (signal.SIGINT, signal.SIGTERM)

_requested: int | None = None


class Interrupted(KeyboardInterrupt):
    """Interruption by SIGINT (Ctrl-C) or SIGTERM."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise :class:`Interrupted` at SIGINT and SIGTERM within the block.

    A second signal ends the process at once. Signals that the process ignores from its start, such
    as SIGINT in background jobs of a shell, stay ignored.
    """
    global _requested
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, _interrupt)
    try:
        yield
    finally:
        _requested = None
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


def check_interrupted() -> None:
    """Raise :class:`Interrupted` if a signal has requested it and its exception was lost."""
    if _requested is not None:
        raise Interrupted(_requested)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    global _requested
    del frame
    if _requested is not None:
        end_at_once(number)
    _requested = number
    raise Interrupted(number)


def end_at_once(number: int, frame: FrameType | None = None) -> NoReturn:
    """End the process with the exit code of the signal, without cleanup.

    A second request should not wait, and files are consistent at any time.
    """
    del frame
    os._exit(128 + number)
