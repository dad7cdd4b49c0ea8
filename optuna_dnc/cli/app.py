"""The commands together, and how every one of them ends."""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Sequence

import typer

from optuna_dnc._errors import InputError, cut
from optuna_dnc._version import __version__
from optuna_dnc.cli.check import check
from optuna_dnc.cli.dashboard import dashboard
from optuna_dnc.cli.ensemble import ensemble
from optuna_dnc.cli.export import export
from optuna_dnc.cli.predict import predict
from optuna_dnc.cli.refit import refit
from optuna_dnc.cli.report import report
from optuna_dnc.cli.search import search
from optuna_dnc.cli.status import status
from optuna_dnc.cli.tradeoff import SeveralWeights, tradeoff
from optuna_dnc.cli.transfer import transfer

BAD_INPUT = 2

app = typer.Typer(
    name="optuna-dnc",
    help="Find neural networks that are good and cheap.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(search)
app.command()(status)
app.command()(predict)
app.command()(check)
app.command()(report)
app.command()(dashboard)
app.command()(refit)
app.command()(ensemble)
app.command()(export)
app.command(cls=SeveralWeights)(tradeoff)
app.command()(transfer)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _all_commands(
    version: bool = typer.Option(
        False, "--version", callback=_show_version, is_eager=True, help="Show the version."
    ),
) -> None:
    """Find neural networks that are good and cheap."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0 on success, 2 on bad input with one line on stderr."""
    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *where: _tell(str(message))
        try:
            code = app(args=arguments, standalone_mode=False, prog_name="optuna-dnc")
        except InputError as error:
            _fail(str(error))
        except typer.TyperException as error:
            _fail(re.sub(r"'.{81,}'", lambda found: cut(found[0]), error.format_message()))
    sys.exit(code or 0)


def _fail(message: str) -> None:
    _tell(message)
    sys.exit(BAD_INPUT)


def _tell(message: str) -> None:
    typer.echo(f"optuna-dnc: {' '.join(message.split())}", err=True)
