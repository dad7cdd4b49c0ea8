"""``optuna-dnc ensemble``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from optuna_dnc._errors import InputError
from optuna_dnc.cli.long_running import long_running
from optuna_dnc.cli.options import DataOfSearch, DataRoot, Device, Quiet

TOP = 5


def ensemble(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The run's folder.")],
    top: Annotated[
        int | None,
        typer.Option(
            help=f"Leading networks to take, or with --greedy to choose from; default {TOP}."
        ),
    ] = None,
    greedy: Annotated[
        bool,
        typer.Option(
            "--greedy",
            help="Choose networks and weights by the validation data (Caruana et al. 2004).",
        ),
    ] = False,
    snapshots: Annotated[
        int | None,
        typer.Option(
            metavar="M",
            help="Instead of the leaders: M snapshots of the best network, trained once more with "
            "a cyclic learning rate.",
        ),
    ] = None,
    data: DataOfSearch = None,
    data_root: DataRoot = None,
    storage: Annotated[
        str | None, typer.Option(help="The Optuna storage URL of the search, if it had one.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the ensemble; default DIR/ensemble.")
    ] = None,
    device: Device = None,
    quiet: Quiet = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print ensemble.json instead of the table.")
    ] = False,
) -> None:
    """Let several networks of the search in DIR predict together, and compare with the best one.

    Networks whose weights the search did not keep are trained again, once.
    """
    if snapshots is not None and top is not None:
        raise InputError(
            "--top is for leaders, and --snapshots takes none; leave one of them out."
        )
    from optuna_dnc.cli.bar import counting_bar
    from optuna_dnc.cli.ensemble_view import TrainingLines, print_ensemble
    from optuna_dnc.search.search_result import SearchResult

    result = SearchResult.load(folder)
    with counting_bar(1, quiet=quiet) as show, long_running():
        made = result.ensemble(
            TOP if top is None else top,
            greedy=greedy,
            snapshots=snapshots,
            data=data,
            data_root=data_root,
            storage=storage,
            out=out,
            device=device or "auto",
            on_member=TrainingLines(show, quiet=quiet),
        )
    if as_json:
        typer.echo(json.dumps(made.summary, indent=2))
    else:
        print_ensemble(made, wanted=top)
