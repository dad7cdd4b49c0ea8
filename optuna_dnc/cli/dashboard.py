"""``optuna-dnc dashboard``."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from optuna_dnc._interruption import interruptible


def dashboard(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The run's folder.")],
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port; 0 takes any that is free.")
    ] = 8080,
    host: Annotated[
        str,
        typer.Option(help="Address to listen at; others than 127.0.0.1 let other machines in."),
    ] = "127.0.0.1",
    allowed_host: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Another name under which browsers reach it, such as that of a proxy; repeat for "
            "more. Requests under unknown names are refused.",
        ),
    ] = None,
    storage: Annotated[
        str | None, typer.Option(help="The Optuna storage URL of the search, if it had one.")
    ] = None,
    open_browser: Annotated[
        bool, typer.Option("--open/--no-open", help="Open a browser; default no.")
    ] = False,
) -> None:
    """Look at the search in DIR with optuna-dashboard, also while it runs."""
    # Torch takes seconds to import, --help should not.
    import optuna

    from optuna_dnc.report.dashboard import serve_dashboard

    optuna.logging.set_verbosity(optuna.logging.WARNING)

    def show(url: str) -> None:
        typer.echo(f"{folder} is shown at {url} (Ctrl-C ends it)")
        if open_browser:
            webbrowser.open(url)

    if host not in ("127.0.0.1", "::1", "localhost"):
        _warn(
            "there is no password: whoever can reach this address can change and delete studies."
        )
    with interruptible():
        serve_dashboard(
            folder,
            storage=storage,
            host=host,
            port=port,
            allowed_hosts=allowed_host or (),
            on_ready=show,
            complain=_warn,
        )


def _warn(problem: str) -> None:
    typer.echo(f"optuna-dnc: {problem}", err=True)
