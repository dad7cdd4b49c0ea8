"""Command ``optuna-dnc leaderboard``."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from optuna_dnc.cli.options import AsJson, RunFolder, StorageOfSearch


def leaderboard(
    folder: RunFolder,
    n: Annotated[
        int | None,
        typer.Option("-n", "--rows", metavar="N", help="Number of rows (default: all)."),
    ] = None,
    storage: StorageOfSearch = None,
    as_json: AsJson = False,
) -> None:
    """Show the networks of a search, one row for each architecture with its best training."""
    # Slow imports, which --help does without.
    import optuna

    from optuna_dnc.cli.tables import new_console
    from optuna_dnc.runs import open_run

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    board = open_run(folder, storage, to_read=True).leaderboard.first(n)
    if as_json:
        typer.echo(json.dumps([row.to_dict() for row in board], indent=2))
    else:
        typer.echo(board.to_text(new_console().width))
