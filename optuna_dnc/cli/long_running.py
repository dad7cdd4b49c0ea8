"""Set-up of the commands that train: signals, memory, logging."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from optuna_dnc._interruption import Interrupted, interruptible

INTERRUPTED = 130
TERMINATED = 143
PAUSED = 0
"""Exit code of a pause, which the user asked for."""


class Resumable(Exception):  # noqa: N818 - no error: the user has stopped the command
    """The same command resumes where this one was stopped.

    Args:
        exit_code: Exit code of the process.
    """

    def __init__(self, exit_code: int) -> None:
        super().__init__("Paused" if exit_code == PAUSED else "Interrupted")
        self.exit_code = exit_code


@contextmanager
def long_running(*, at_once: bool = True) -> Iterator[None]:
    """Silence Optuna's log, limit memory, and raise :class:`Resumable` at an interruption.

    A pause counts as one.

    Args:
        at_once: False to end at the first signal after the epoch of a training.
    """
    # Slow imports, which --help does without.
    import optuna

    from optuna_dnc.search.pausing import Paused
    from optuna_dnc.training import keep_freed_memory

    keep_freed_memory()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with _interruptible(at_once):
        try:
            yield
        except Paused:
            raise Resumable(PAUSED) from None


@contextmanager
def _interruptible(at_once: bool) -> Iterator[None]:
    try:
        with interruptible(at_once=at_once):
            yield
    except KeyboardInterrupt as stop:
        is_term = isinstance(stop, Interrupted) and stop.number == signal.SIGTERM
        raise Resumable(TERMINATED if is_term else INTERRUPTED) from None
