"""Command ``optuna-dnc ensemble``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from optuna_dnc._errors import InputError
from optuna_dnc.cli.long_running import long_running
from optuna_dnc.cli.options import (
    DataOfSearch,
    DataRoot,
    Device,
    NTrainings,
    Quiet,
    RunFolder,
    Scheduler,
    StorageOfSearch,
    WorkersPerGpu,
)

TOP = 5


def ensemble(
    folder: RunFolder,
    top: Annotated[
        int | None,
        typer.Option(
            help=f"Number of best networks to combine, or to choose from with --greedy (default: "
            f"{TOP})."
        ),
    ] = None,
    greedy: Annotated[
        bool,
        typer.Option(
            "--greedy",
            help="Choose networks and weights that minimize the validation error (Caruana et al. "
            "2004).",
        ),
    ] = False,
    snapshots: Annotated[
        int | None,
        typer.Option(
            metavar="M",
            help="Combine M snapshots of the best network instead, from a new training run "
            "with a cyclic learning rate.",
        ),
    ] = None,
    data: DataOfSearch = None,
    data_root: DataRoot = None,
    storage: StorageOfSearch = None,
    out: Annotated[
        Path | None, typer.Option(help="Output folder (default: DIR/ensemble).")
    ] = None,
    device: Device = None,
    workers: NTrainings = None,
    scheduler: Scheduler = None,
    workers_per_gpu: WorkersPerGpu = None,
    quiet: Quiet = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print ensemble.json instead of the table.")
    ] = False,
) -> None:
    """Build an ensemble of the networks of a run and compare it with the best network.

    Networks whose weights were not kept are trained again, once.
    """
    if snapshots is not None and top is not None:
        raise InputError("--top and --snapshots are mutually exclusive; leave one of them out.")
    from optuna_dnc.cli.bar import counting_bar
    from optuna_dnc.cli.engines import split_engine
    from optuna_dnc.cli.ensemble_view import TrainingLines, print_ensemble
    from optuna_dnc.search.search_result import SearchResult

    options = {"workers": workers, "scheduler": scheduler, "workers_per_gpu": workers_per_gpu}
    _, engine = split_engine({name: value for name, value in options.items() if value is not None})
    result = SearchResult.load(folder)
    with counting_bar(1, quiet=quiet) as show, long_running():
        lines = TrainingLines(show, quiet=quiet)
        built = result.ensemble(
            TOP if top is None else top,
            greedy=greedy,
            snapshots=snapshots,
            data=data,
            data_root=data_root,
            storage=storage,
            out=out,
            device=device or "auto",
            **engine,
            on_member=lines,
            display=lines,
        )
    if as_json:
        typer.echo(json.dumps(built.summary, indent=2))
    else:
        print_ensemble(built, n_requested=top)
