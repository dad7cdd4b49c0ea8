"""Command ``optuna-dnc transfer``."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from optuna_dnc._errors import InputError
from optuna_dnc.cli.clock import with_time_limit
from optuna_dnc.cli.long_running import long_running
from optuna_dnc.cli.options import (
    Config,
    DataRoot,
    Device,
    DryRun,
    Log,
    NWorkers,
    Quiet,
    Refit,
    Scheduler,
    Storage,
    Timeout,
    WorkersPerGpu,
)
from optuna_dnc.cli.settings_file import collect
from optuna_dnc.cli.usual_limit import limit_if_long

if TYPE_CHECKING:
    from optuna_dnc.search.search_result import SearchResult
    from optuna_dnc.transfer import TransferComparison


def transfer(
    ctx: typer.Context,
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder of the run that found the network.")
    ],
    data: Annotated[str, typer.Argument(metavar="DATA", help="The new data set, as in search.")],
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the new run (default: runs/NEW-from-OLD, with a number appended if "
            "that holds another search)."
        ),
    ] = None,
    native: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder of a search on DATA to compare with (default: runs/NAME_OF_THE_DATA, if "
            "it exists).",
        ),
    ] = None,
    storage: Storage = None,
    data_root: DataRoot = None,
    device: Device = None,
    timeout: Timeout = None,
    refit: Refit = None,
    log: Log = None,
    workers: NWorkers = None,
    scheduler: Scheduler = None,
    workers_per_gpu: WorkersPerGpu = None,
    config: Config = None,
    dry_run: DryRun = False,
    quiet: Quiet = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the result and the comparison as JSON.")
    ] = False,
) -> None:
    """Search training hyperparameters on DATA for the network of the run in DIR.

    Run the same command again to resume.
    """
    from optuna_dnc.cli.engines import prepare, split_engine
    from optuna_dnc.cli.plan_view import print_plan
    from optuna_dnc.cli.transfer_view import print_transfer
    from optuna_dnc.search.search_result import SearchResult
    from optuna_dnc.transfer import transfer_search
    from optuna_dnc.transfer.comparison import check_same_data

    options = collect(
        {
            **ctx.obj,
            "out": out,
            "storage": storage,
            "data_root": data_root,
            "device": device,
            "timeout": timeout,
            "refit": refit,
            "log": log or None,
            "workers": workers,
            "scheduler": scheduler,
            "workers_per_gpu": workers_per_gpu,
        },
        config,
    )
    options, engine = split_engine(options)
    source = SearchResult.load(folder)
    native_result = None if native is None else SearchResult.load(native)
    with long_running():
        timed = with_time_limit(options)
        prepared = transfer_search(source, data, progress=not quiet, **timed)
        limit_if_long([prepared], options, engine)
        if native_result is not None:
            check_same_data(prepared.identity, native_result)
        if dry_run:
            print_plan(prepared.plan(), as_json=as_json)
            return
        if engine.get("workers") == 0:
            prepare(prepared, options)
            return
        result = prepared.run(**engine)
    comparison = _comparison(result, native_result)
    if as_json:
        compared = None if comparison is None else asdict(comparison)
        typer.echo(json.dumps(result.summary | {"comparison": compared}, indent=2))
    else:
        print_transfer(result, comparison)


def _comparison(result: SearchResult, native: SearchResult | None) -> TransferComparison | None:
    """Compare the result to the given native search, or to the one in the default folder."""
    from optuna_dnc._names import as_folder
    from optuna_dnc.search.search_result import SearchResult
    from optuna_dnc.transfer import compare_with_native

    if native is not None:
        return compare_with_native(result, native)
    try:
        native_result = SearchResult.load(
            Path("runs") / as_folder(result.summary["dataset"], "data set")
        )
        return compare_with_native(result, native_result)
    except InputError:
        return None
