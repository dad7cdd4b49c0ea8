"""Command ``optuna-dnc dashboard``."""

from __future__ import annotations

import webbrowser
from typing import Annotated

import typer

from optuna_dnc._interruption import interruptible
from optuna_dnc._web_access import LOOPBACK
from optuna_dnc.cli.options import AllowedHost, Host, Port, RunFolder, StorageOfSearch


def dashboard(
    folder: RunFolder,
    port: Port = 8080,
    host: Host = "127.0.0.1",
    allowed_host: AllowedHost = None,
    storage: StorageOfSearch = None,
    open_browser: Annotated[
        bool, typer.Option("--open/--no-open", help="Open a browser.")
    ] = False,
) -> None:
    """Show a finished, stopped or running search in optuna-dashboard."""
    # Slow imports, which --help does without.
    import optuna

    from optuna_dnc.report.dashboard import serve_dashboard

    optuna.logging.set_verbosity(optuna.logging.WARNING)

    def show(url: str) -> None:
        typer.echo(f"Dashboard of {folder}: {url} (stop with Ctrl-C)")
        if open_browser:
            webbrowser.open(url)

    if host not in LOOPBACK:
        _warn(
            "the dashboard has no password: anyone who can reach this address can change and "
            "delete studies."
        )
    with interruptible():
        serve_dashboard(
            folder,
            storage=storage,
            host=host,
            port=port,
            allowed_hosts=allowed_host or (),
            on_ready=show,
            on_problem=_warn,
        )


def _warn(problem: str) -> None:
    typer.echo(f"optuna-dnc: {problem}", err=True)
