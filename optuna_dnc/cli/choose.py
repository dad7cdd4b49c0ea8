"""Command ``optuna-dnc choose``."""

from __future__ import annotations

from typing import Annotated

import typer

from optuna_dnc.cli.going_on import show, typed
from optuna_dnc.cli.long_running import long_running
from optuna_dnc.cli.options import (
    DataOfSearch,
    DataRoot,
    Device,
    OwnNetwork,
    OwnSampler,
    ResultAsJson,
    RunFolder,
    StorageOfSearch,
)


def choose(
    folder: RunFolder,
    trial: Annotated[
        str,
        typer.Argument(
            metavar="NETWORK",
            help="A trial as STAGE/NUMBER, such as training/12; the number of a row of "
            "optuna-dnc leaderboard; or best, to go back to the best network.",
        ),
    ],
    storage: StorageOfSearch = None,
    data: DataOfSearch = None,
    data_root: DataRoot = None,
    network: OwnNetwork = None,
    sampler: OwnSampler = None,
    device: Device = None,
    as_json: ResultAsJson = False,
) -> None:
    """Choose another network of a search as its result, and test it.

    The chosen network makes all further predictions. Choose by validation error and cost: the more
    networks you test, the more optimistic the best test result is.
    """
    options = {
        "storage": storage,
        "data": data,
        "data_root": data_root,
        "network": network,
        "sampler": sampler,
        "device": device,
    }
    given = typed(options)
    with long_running():
        from optuna_dnc.search import choose

        result = choose(folder, trial, **given)
    show(result, as_json=as_json)
