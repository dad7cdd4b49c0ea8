"""Command ``optuna-dnc extend``."""

from __future__ import annotations

from typing import Annotated

import typer

from optuna_dnc.cli.going_on import go_on
from optuna_dnc.cli.options import (
    DataOfSearch,
    DataRoot,
    Device,
    NWorkers,
    OwnNetwork,
    OwnSampler,
    Quiet,
    ResultAsJson,
    RunFolder,
    Scheduler,
    StorageOfSearch,
    WorkersPerGpu,
)


def extend(
    folder: RunFolder,
    n_steps: Annotated[
        int | None,
        typer.Option("--steps", help="Number of Bayesian optimization steps, as in search."),
    ] = None,
    n_startup_trials: Annotated[
        int | None, typer.Option("--startup", help="Number of start-up trials, as in search.")
    ] = None,
    budget: Annotated[
        int | None,
        typer.Option(metavar="EPOCHS", help="Maximum number of epochs, as in search."),
    ] = None,
    timeout: Annotated[
        float | None, typer.Option(help="Time limit in seconds for the additional trials.")
    ] = None,
    storage: StorageOfSearch = None,
    data: DataOfSearch = None,
    data_root: DataRoot = None,
    network: OwnNetwork = None,
    sampler: OwnSampler = None,
    device: Device = None,
    workers: NWorkers = None,
    scheduler: Scheduler = None,
    workers_per_gpu: WorkersPerGpu = None,
    quiet: Quiet = False,
    as_json: ResultAsJson = False,
) -> None:
    """Continue a search with more trials, epochs or time. Its trials are kept."""
    from optuna_dnc.search.choosing import extended_search

    options = {
        "n_steps": n_steps,
        "n_startup_trials": n_startup_trials,
        "budget": budget,
        "storage": storage,
        "data": data,
        "data_root": data_root,
        "network": network,
        "sampler": sampler,
        "device": device,
        "timeout": timeout,
        "workers": workers,
        "scheduler": scheduler,
        "workers_per_gpu": workers_per_gpu,
    }
    go_on(extended_search, folder, options, quiet=quiet, as_json=as_json)
