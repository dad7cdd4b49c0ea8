"""What surrounds every command that trains."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from optuna_dnc._errors import InputError
from optuna_dnc._interruption import Interrupted, interruptible
from optuna_dnc.cli.settings_file import option_of

INTERRUPTED = 130
TERMINATED = 143

ARGUMENT = re.compile(r"\b([a-z_]+)=(?=[\s,;)]|\.(?!\.)|$)")
"""An argument in a message, ``out=``, without a value."""


@contextmanager
def long_running() -> Iterator[None]:
    """Train without Optuna's log and with little memory, and end with a word on how to go on.

    Messages call settings what they are called on the command line.
    """
    # Torch takes seconds to import, --help should not.
    import optuna

    from optuna_dnc.training import keep_freed_memory

    keep_freed_memory()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with _option_names(), _interruptible():
        yield


@contextmanager
def _option_names() -> Iterator[None]:
    """Call arguments of Python what they are on the command line: ``n_steps:``, ``out=``."""
    from optuna_dnc.runs.settings import SearchSettings

    try:
        yield
    except InputError as error:
        message = ARGUMENT.sub(lambda argument: f"--{option_of(argument[1])}", str(error))
        for field in SearchSettings.options():
            if field.setting.option is not None:
                message = message.replace(f"{field.name}:", f"--{field.option}:")
        raise type(error)(message) from error


@contextmanager
def _interruptible() -> Iterator[None]:
    try:
        with interruptible():
            yield
    except KeyboardInterrupt as stop:
        typer.echo(
            "Interrupted. What was measured is kept; the same command goes on from here.",
            err=True,
        )
        is_term = isinstance(stop, Interrupted) and stop.number == signal.SIGTERM
        raise typer.Exit(TERMINATED if is_term else INTERRUPTED) from None
