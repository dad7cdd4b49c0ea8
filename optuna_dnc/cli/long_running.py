"""Set-up of the commands that train: signals, memory, logging."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from optuna_dnc._interruption import Interrupted, interruptible

INTERRUPTED = 130
TERMINATED = 143


@contextmanager
def long_running() -> Iterator[None]:
    """Silence Optuna's log, limit memory, and explain how to resume after an interruption."""
    # Slow imports, which --help does without.
    import optuna

    from optuna_dnc.training import keep_freed_memory

    keep_freed_memory()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with _interruptible():
        yield


@contextmanager
def _interruptible() -> Iterator[None]:
    try:
        with interruptible():
            yield
    except KeyboardInterrupt as stop:
        typer.echo(
            "Interrupted. Finished trials are saved; run the same command again to resume.",
            err=True,
        )
        is_term = isinstance(stop, Interrupted) and stop.number == signal.SIGTERM
        raise typer.Exit(TERMINATED if is_term else INTERRUPTED) from None
