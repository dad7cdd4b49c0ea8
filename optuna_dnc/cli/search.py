"""Command ``optuna-dnc search``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from optuna_dnc.cli.clock import with_time_limit
from optuna_dnc.cli.going_on import run_and_show
from optuna_dnc.cli.long_running import long_running
from optuna_dnc.cli.options import (
    Config,
    Data,
    DataRoot,
    Device,
    DryRun,
    Floors,
    Log,
    NWorkers,
    Quiet,
    Refit,
    ResultAsJson,
    Scheduler,
    Storage,
    Timeout,
    WorkersPerGpu,
)
from optuna_dnc.cli.settings_file import collect
from optuna_dnc.cli.usual_limit import limit_if_long


def search(
    ctx: typer.Context,
    data: Data,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the run (default: runs/NAME_OF_THE_DATA, with a number appended if "
            "that holds another search)."
        ),
    ] = None,
    storage: Storage = None,
    data_root: DataRoot = None,
    device: Device = None,
    timeout: Timeout = None,
    refit: Refit = None,
    floors: Floors = None,
    log: Log = None,
    workers: NWorkers = None,
    scheduler: Scheduler = None,
    workers_per_gpu: WorkersPerGpu = None,
    config: Config = None,
    dry_run: DryRun = False,
    quiet: Quiet = False,
    as_json: ResultAsJson = False,
) -> None:
    """Search for a small, accurate network for DATA. Run the same command again to resume."""
    options = collect(
        {
            **ctx.obj,
            "out": out,
            "storage": storage,
            "data_root": data_root,
            "device": device,
            "timeout": timeout,
            "refit": refit,
            "floors": floors,
            "log": log or None,
            "workers": workers,
            "scheduler": scheduler,
            "workers_per_gpu": workers_per_gpu,
        },
        config,
    )
    _search(data, options, dry_run=dry_run, quiet=quiet, as_json=as_json)


def _search(
    data: str, options: dict[str, Any], *, dry_run: bool, quiet: bool, as_json: bool
) -> None:
    from optuna_dnc.cli.engines import split_engine
    from optuna_dnc.cli.plan_view import print_plan
    from optuna_dnc.search import StagedSearch

    options, engine = split_engine(options)
    with long_running():
        staged = StagedSearch(data, progress=not quiet, **with_time_limit(options))
        limit_if_long([staged], options, engine)
        if dry_run:
            print_plan(staged.plan(), as_json=as_json)
        else:
            run_and_show(staged, options, engine, as_json=as_json)
