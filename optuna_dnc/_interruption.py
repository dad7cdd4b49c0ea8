"""Interruption of long computations by signals, none of which is lost.

A handler that raises interrupts any code at once. But in callbacks from C (weakref callbacks,
finalizers, hooks of the garbage collector) Python prints and drops the exception. So the request
is also stored, and raised again by :func:`check_interrupted`.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

_SIGNALS = (signal.SIGINT, signal.SIGTERM)

_SHOW_CURSOR = b"\x1b[?25h"

_requested: int | None = None


class Interrupted(KeyboardInterrupt):
    """Interruption by SIGINT (Ctrl-C) or SIGTERM."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


@contextmanager
def interruptible(*, at_once: bool = True) -> Iterator[None]:
    """Raise :class:`Interrupted` at SIGINT and SIGTERM within the block.

    A second signal ends the process at once. Signals that the process ignores from its start, such
    as SIGINT in background jobs of a shell, stay ignored.

    Args:
        at_once: False to raise from :func:`check_interrupted` alone, as after the epoch of a
            training.
    """
    global _requested
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, _interrupt if at_once else _request)
    try:
        yield
    finally:
        _requested = None
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


def check_interrupted() -> None:
    """Raise :class:`Interrupted` if it was requested and has not been raised, or was lost."""
    if _requested is not None:
        raise Interrupted(_requested)


def is_interruption_requested() -> bool:
    """Whether :func:`check_interrupted` would raise."""
    return _requested is not None


def request_interruption(number: int | None = signal.SIGINT) -> None:
    """Have :func:`check_interrupted` raise from now on, in all threads; None for no longer."""
    global _requested
    _requested = number


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    _request(number, frame)
    raise Interrupted(number)


def _request(number: int, frame: FrameType | None) -> None:
    del frame
    if _requested is not None:
        end_at_once(number)
    request_interruption(number)


def end_at_once(number: int, frame: FrameType | None = None) -> NoReturn:
    """End the process with the exit code of the signal, without cleanup.

    A second request should not wait, and files are consistent at any time. Only the cursor comes
    back, which bars on a terminal hide.
    """
    del frame
    if sys.stderr is not None and sys.stderr.isatty():
        os.write(2, _SHOW_CURSOR)
    os._exit(128 + number)
