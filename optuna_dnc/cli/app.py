"""The command line: its commands, error messages and exit codes."""

from __future__ import annotations

import gc
import inspect
import re
import shlex
import signal
import sys
import traceback
import warnings
from collections.abc import Sequence
from functools import cache
from typing import Any

import typer

from optuna_dnc._disk_errors import disk_problem
from optuna_dnc._errors import InputError, cut, printable, with_short_words
from optuna_dnc._interruption import end_at_once
from optuna_dnc._passwords import without_passwords
from optuna_dnc._version import __version__
from optuna_dnc.cli.check import check
from optuna_dnc.cli.choose import choose
from optuna_dnc.cli.clock import start_clock
from optuna_dnc.cli.dashboard import dashboard
from optuna_dnc.cli.ensemble import ensemble
from optuna_dnc.cli.export import export
from optuna_dnc.cli.extend import extend
from optuna_dnc.cli.katib import katib
from optuna_dnc.cli.kubernetes import kubernetes
from optuna_dnc.cli.leaderboard import leaderboard
from optuna_dnc.cli.long_running import INTERRUPTED, Resumable
from optuna_dnc.cli.option_names import with_option_names
from optuna_dnc.cli.pause import pause
from optuna_dnc.cli.predict import predict
from optuna_dnc.cli.refit import refit
from optuna_dnc.cli.report import report
from optuna_dnc.cli.resume import resume
from optuna_dnc.cli.search import search
from optuna_dnc.cli.serve import serve
from optuna_dnc.cli.settings_command import SettingsCommand
from optuna_dnc.cli.standard_streams import OutputClosed, standard_streams
from optuna_dnc.cli.status import status
from optuna_dnc.cli.tradeoff import SeveralWeights, tradeoff
from optuna_dnc.cli.transfer import transfer
from optuna_dnc.cli.worker import worker

UNEXPECTED = 1
BAD_INPUT = 2
PIPE_CLOSED = 141
"""Exit code of processes that SIGPIPE ends."""
_EXAMPLES = {
    "search": (
        "people.csv --target income --test people_test.csv",
        "digits",
        "data.npz --wc 0.01 --epochs 100 --out runs/small",
        "digits --space n_layers=1:3 --space width=16:128",
        "cifar10 --network resnet --strategy joint",
        "digits --dry-run",
        "digits --workers 4",
    ),
    "tradeoff": ("digits", "data.npz --wc 0 0.1 1 --epochs 10", "runs/digits-tradeoff"),
    "transfer": ("runs/digits data.npz", "runs/digits data.npz --epochs 60 --dry-run"),
    "kubernetes": ("runs/digits --workers 8 --image team/optuna-dnc:1.0 --secret search",),
    "check": ("people.csv --target income", "digits", "data.npz --task regression --json"),
}


def _examples(command: str) -> str:
    """Return the examples at the end of a command's help, one per paragraph."""
    lines = (f"optuna-dnc {command} {example}" for example in _EXAMPLES[command])
    return "\n\n".join(("Examples:", *lines))


app = typer.Typer(
    name="optuna-dnc",
    help="Find neural networks that are accurate and cheap.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(cls=SettingsCommand, epilog=_examples("search"))(search)
app.command()(status)
app.command()(pause)
app.command()(resume)
app.command()(worker)
app.command()(extend)
app.command()(choose)
app.command()(leaderboard)
app.command()(predict)
app.command(cls=SettingsCommand, epilog=_examples("check"))(check)
app.command()(report)
app.command()(dashboard)
app.command()(serve)
app.command()(refit)
app.command()(ensemble)
app.command()(export)
app.command(cls=SeveralWeights, epilog=_examples("tradeoff"))(tradeoff)
app.command(cls=SettingsCommand, epilog=_examples("transfer"))(transfer)
app.command(epilog=_examples("kubernetes"))(kubernetes)
app.command()(katib)


def _unwrapped(command: object) -> str:
    """Return the docstring of a command with one line per paragraph; Typer keeps line breaks."""
    return re.sub(r"(?<!\n)\n(?!\n)", " ", inspect.getdoc(command) or "")


for _command in app.registered_commands:
    _command.help = _unwrapped(_command.callback)


def _show_version(is_requested: bool) -> None:
    if is_requested:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _all_commands(
    version: bool = typer.Option(
        False, "--version", callback=_show_version, is_eager=True, help="Show the version."
    ),
) -> None:
    """Find neural networks that are accurate and cheap."""


@cache
def commands() -> Any:
    """Return the group of all commands; Typer builds it from their signatures at each call."""
    return typer.main.get_command(app)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0 on success, 2 on bad input with one line on stderr."""
    start_clock(with_process=arguments is None)
    with standard_streams(), warnings.catch_warnings():
        warnings.showwarning = lambda message, *where: _print_error(
            with_option_names(str(message), _params_of(arguments))
        )
        code = _run(arguments)
        if code == INTERRUPTED and arguments is None:
            # Another Ctrl-C while Python exits would print a traceback.
            signal.signal(signal.SIGINT, end_at_once)
    if arguments is None:
        # The last collection of garbage takes a fifth of a command that mostly imports.
        gc.freeze()
    sys.exit(code)


def _run(arguments: Sequence[str] | None) -> int:
    try:
        code = commands()(args=arguments, standalone_mode=False, prog_name="optuna-dnc")
        if sys.stdout is not None:
            sys.stdout.flush()
    except InputError as error:
        return _failed(with_option_names(str(error), _params_of(arguments)))
    except typer.TyperException as error:
        message = error.format_message()
        if not message:  # without a command: the help has been printed
            return BAD_INPUT
        return _failed(re.sub(r"'.{81,}'", lambda match: cut(match[0]), message))
    except Resumable as stopped:
        command = without_passwords(shlex.join(["optuna-dnc", *_words(arguments)]))
        typer.echo(
            f"{stopped}. Finished trials are saved; run the same command again to resume: "
            f"{command}",
            err=True,
        )
        return stopped.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except OutputClosed:
        return PIPE_CLOSED
    except Exception as error:
        from optuna_dnc.runs.storage import storage_problem  # imports SQLAlchemy

        problem = disk_problem(error) or storage_problem(error)
        if problem is None:
            # As Python shows it, but without passwords.
            typer.echo(without_passwords(traceback.format_exc()), err=True, nl=False)
            return UNEXPECTED
        return _failed(f"{problem}; remove the cause, then run the same command again.")
    return code or 0


def _params_of(arguments: Sequence[str] | None) -> Sequence[Any]:
    """Return the options and arguments of the command that ran."""
    known = commands().commands
    command = next((known[word] for word in _words(arguments) if word in known), None)
    return command.params if command is not None else ()


def _words(arguments: Sequence[str] | None) -> Sequence[str]:
    """Return the command line without the name of the program."""
    return sys.argv[1:] if arguments is None else arguments


def _failed(message: str) -> int:
    _print_error(message)
    return BAD_INPUT


def _print_error(message: str) -> None:
    typer.echo(
        f"optuna-dnc: {with_short_words(without_passwords(' '.join(printable(message).split())))}",
        err=True,
    )
