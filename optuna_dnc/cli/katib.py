"""Command ``optuna-dnc katib``."""

from __future__ import annotations

import typer

from optuna_dnc._errors import InputError
from optuna_dnc._extras import missing_packages
from optuna_dnc._interruption import interruptible
from optuna_dnc._web_access import LOOPBACK
from optuna_dnc.cli.options import Host, Port


def katib(port: Port = 6789, host: Host = "127.0.0.1") -> None:
    """Serve the suggestions of DNCSampler to Katib over gRPC.

    The service keeps no state: each request holds the whole experiment.
    """
    try:
        from optuna_dnc.katib import SuggestionServer
    except ModuleNotFoundError as error:
        raise InputError(missing_packages("katib needs", [str(error.name)], "katib")) from None

    if host not in LOOPBACK:
        typer.echo(
            "optuna-dnc: the service has no password: anyone who can reach this address can use "
            "it.",
            err=True,
        )
    with interruptible(), SuggestionServer(host=host, port=port) as server:
        typer.echo(f"Suggestions for Katib: {server.address} (stop with Ctrl-C)")
        server.wait()
