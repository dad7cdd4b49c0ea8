"""Signals that ask a long computation to stop, none of which is lost.

A signal handler that raises interrupts whatever runs, at once. But what it raises is printed and
dropped where Python calls back from C: in weakref callbacks, finalizers, hooks of the garbage
collector. So the request is remembered as well, and raised again where somebody looks for it.
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
    """SIGINT (Ctrl-C) or SIGTERM."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise :class:`Interrupted` at SIGINT and SIGTERM while the block lasts.

    A second signal ends the process at once. Signals that the process was started to ignore, as a
    background job of a shell ignores SIGINT, are ignored.
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
    """Raise :class:`Interrupted` if a signal has asked for it, and what that raised was lost."""
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
    """End the process as the signal does, without a word and without cleaning up.

    Whoever asks twice does not want to wait, and what is on the disk stands any end.
    """
    del frame
    os._exit(128 + number)
