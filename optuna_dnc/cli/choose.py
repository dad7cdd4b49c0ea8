"""Command ``optuna-dnc choose``."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from optuna_dnc.cli.importing import with_imports
from optuna_dnc.cli.long_running import long_running
from optuna_dnc.cli.options import (
    DataOfSearch,
    DataRoot,
    Device,
    OwnNetwork,
    OwnSampler,
    RunFolder,
    StorageOfSearch,
)


def choose(
    folder: RunFolder,
    trial: Annotated[
        str,
        typer.Argument(
            metavar="NETWORK",
            help="STAGE/NUMBER of a trial, such as training/12; the number of a row of "
            "optuna-dnc leaderboard; or best, the network of the search.",
        ),
    ],
    storage: StorageOfSearch = None,
    data: DataOfSearch = None,
    data_root: DataRoot = None,
    network: OwnNetwork = None,
    sampler: OwnSampler = None,
    device: Device = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print result.json instead of the table.")
    ] = False,
) -> None:
    """Make another network of a search its answer: it is tested, and predicts from then on.

    Choose by validation and cost: each look at the test set makes its best result more optimistic.
    """
    options = {
        "storage": storage,
        "data": data,
        "data_root": data_root,
        "network": network,
        "sampler": sampler,
        "device": device,
    }
    given = with_imports({name: value for name, value in options.items() if value is not None})
    with long_running():
        from optuna_dnc.cli.result_view import print_result
        from optuna_dnc.search import choose

        result = choose(folder, trial, **given)
    if as_json:
        typer.echo(json.dumps(result.summary, indent=2))
    else:
        print_result(result)
