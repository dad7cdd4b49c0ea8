"""Options and arguments that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

RunFolder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the run.")]
Data = Annotated[
    str,
    typer.Argument(
        metavar="DATA",
        help="A CSV, Parquet or Arrow file with --target; a folder of images; an .npz file with "
        "the arrays xtr, ytr, xte and yte (xte and yte, the test set, are optional); or one of "
        "digits, mnist, fashion-mnist, cifar10 and cifar100.",
    ),
]
DataOfSearch = Annotated[
    str | None,
    typer.Option(
        metavar="DATA",
        help="Data of the search. Only needed if they were in memory or their file has moved.",
    ),
]
DataRoot = Annotated[
    Path | None,
    typer.Option(
        help="Folder with torchvision data sets. Missing ones are downloaded to it.",
        rich_help_panel="Data",
    ),
]
STORAGE_VARIABLE = "OPTUNA_DNC_STORAGE"
"""Environment variable with a storage URL, which lists of processes do not show."""
Storage = Annotated[
    str | None,
    typer.Option(
        help="Optuna storage URL (default: study.db in the folder of the run). Put a URL with a "
        "password into the environment variable: other users can see the command line.",
        envvar=STORAGE_VARIABLE,
    ),
]


def _of_this_run(context: typer.Context, storage: str | None) -> str | None:
    """Ignore the variable if the trials are in the folder of the run or trade-off."""
    source = context.get_parameter_source("storage")
    if source is None or source.name != "ENVIRONMENT":
        return storage
    folder: Path | None = context.params.get("folder")
    own = ("study.db", "tradeoff.json")
    has_own = folder is not None and any((folder / name).exists() for name in own)
    return None if has_own else storage


StorageOfSearch = Annotated[
    str | None,
    typer.Option(
        help="Optuna storage URL, if the search was run with one.",
        envvar=STORAGE_VARIABLE,
        callback=_of_this_run,
    ),
]
Device = Annotated[str | None, typer.Option(help="auto, cpu or cuda:N (default: auto).")]
Timeout = Annotated[
    float | None,
    typer.Option(
        help="Time limit of the whole command in seconds. The search plans the network sizes, the "
        "epochs and the number of training runs accordingly (default: none, but ten minutes for "
        "each search that would take more than half an hour; inf: none)."
    ),
]
TimeLeft = Annotated[
    float | None,
    typer.Option(
        help="Time limit in seconds (default: what was left of the search's limit when it was "
        "paused, or all of it if it was stopped otherwise)."
    ),
]
OwnNetwork = Annotated[
    str | None,
    typer.Option(
        metavar="MODULE:CLASS", help="Network family of the search, if it is one of your own."
    ),
]
OwnSampler = Annotated[
    str | None,
    typer.Option(metavar="MODULE:CLASS", help="Sampler of the search, if it is one of your own."),
]
Refit = Annotated[
    bool | None,
    typer.Option(
        " /--no-refit",
        help="Keep the network as the search trained it. By default, it is trained again on all "
        "samples, including the validation samples.",
    ),
]
Log = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME",
        help="Log trials to mlflow, tensorboard or wandb, whose package must be installed. Repeat "
        "for more.",
    ),
]
Floors = Annotated[
    bool | None,
    typer.Option(
        "--floors/--no-floors",
        help="At the end, compare the network with a constant guess, a linear model and gradient "
        "boosting on the same samples (default: yes; no with the published recipe).",
    ),
]
Config = Annotated[
    Path | None,
    typer.Option(help="TOML file with these options. The command line takes precedence."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the plan without running it.")]
NWorkers = Annotated[
    int | None,
    typer.Option(
        "--workers",
        min=0,
        metavar="N",
        help="Number of networks to train at a time, each in its own process (default: 1). With "
        "0, the run is only prepared; start workers with optuna-dnc worker.",
        rich_help_panel="Workers",
    ),
]
NTrainings = Annotated[
    int | None,
    typer.Option(
        "--workers",
        min=1,
        metavar="N",
        help="Number of networks to train at a time, each in its own process (default: 1).",
        rich_help_panel="Workers",
    ),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        metavar="tcp://HOST:PORT",
        help="Use the workers of the Dask cluster with this scheduler instead of local ones.",
        rich_help_panel="Workers",
    ),
]
WorkersPerGpu = Annotated[
    int | None,
    typer.Option(
        min=1,
        metavar="K",
        help="Number of local workers that share a GPU and its memory (default: 1).",
        rich_help_panel="Workers",
    ),
]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 selects a free one.")]
Host = Annotated[
    str,
    typer.Option(help="Address to listen on. Other machines can connect unless it is 127.0.0.1."),
]
AllowedHost = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME",
        help="Another host name to accept, such as that of a proxy; requests for other names "
        "are refused. Repeat for more.",
    ),
]
UseEnsemble = Annotated[bool, typer.Option("--ensemble", help="Use the ensemble of the run.")]
UseRefit = Annotated[
    bool, typer.Option("--refit", help="Use the network that optuna-dnc refit trained.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ResultAsJson = Annotated[
    bool, typer.Option("--json", help="Print result.json instead of the table.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Do not show progress.")]
