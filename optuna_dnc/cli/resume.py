"""Command ``optuna-dnc resume``."""

from __future__ import annotations

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
    TimeLeft,
    WorkersPerGpu,
)


def resume(
    folder: RunFolder,
    storage: StorageOfSearch = None,
    data: DataOfSearch = None,
    data_root: DataRoot = None,
    network: OwnNetwork = None,
    sampler: OwnSampler = None,
    device: Device = None,
    timeout: TimeLeft = None,
    workers: NWorkers = None,
    scheduler: Scheduler = None,
    workers_per_gpu: WorkersPerGpu = None,
    quiet: Quiet = False,
    as_json: ResultAsJson = False,
) -> None:
    """Resume a paused or stopped search with its original settings."""
    from optuna_dnc.search import search_of_run

    options = {
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
    go_on(search_of_run, folder, options, quiet=quiet, as_json=as_json)
