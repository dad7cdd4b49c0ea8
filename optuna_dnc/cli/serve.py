"""Command ``optuna-dnc serve``."""

from __future__ import annotations

from typing import Annotated

import typer

from optuna_dnc._errors import InputError
from optuna_dnc._extras import missing_packages
from optuna_dnc._web_access import LOOPBACK
from optuna_dnc.cli.options import AllowedHost, Host, Port, RunFolder, UseEnsemble, UseRefit


def serve(
    folder: RunFolder,
    port: Port = 8000,
    host: Host = "127.0.0.1",
    allowed_host: AllowedHost = None,
    most_rows: Annotated[
        int, typer.Option(min=1, max=10**7, help="Maximum number of rows in a request.")
    ] = 10_000,
    ensemble: UseEnsemble = False,
    refit: UseRefit = False,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda:N.")] = "auto",
) -> None:
    """Answer prediction requests over HTTP: POST rows as JSON or CSV to /predict.

    GET / describes the columns that the network takes, GET /health says whether the service is
    running, and GET /openapi.json is its OpenAPI description.
    """
    from optuna_dnc.cli.predict import opened

    try:
        from optuna_dnc.serving import serve as serve_predictions
    except ModuleNotFoundError as error:
        raise InputError(missing_packages("serve needs", [str(error.name)], "serve")) from None

    if host not in LOOPBACK:
        typer.echo(
            "optuna-dnc: the service has no password: anyone who can reach this address can use "
            "it.",
            err=True,
        )
    predictor = opened(folder, ensemble=ensemble, refit=refit).predictor(device)
    serve_predictions(
        predictor,
        folder.resolve().name,
        host=host,
        port=port,
        most_rows=most_rows,
        allowed_hosts=allowed_host or (),
        on_ready=lambda url: typer.echo(f"Predictions of {folder}: {url} (stop with Ctrl-C)"),
    )
