"""Options and arguments that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[
    str,
    typer.Argument(
        metavar="DATA",
        help="digits, mnist, fashion-mnist, cifar10, cifar100, or FILE.npz with the arrays "
        "xtr, ytr, xte, yte; without a test set the first two.",
    ),
]
DataOfSearch = Annotated[
    str | None,
    typer.Option(
        metavar="DATA",
        help="The data of the search; may be left out for those that are known by name.",
    ),
]
DataRoot = Annotated[
    Path | None,
    typer.Option(
        help="Folder of torchvision's data sets. Missing ones are downloaded to it.",
        rich_help_panel="Data",
    ),
]
Storage = Annotated[
    str | None, typer.Option(help="Optuna storage URL (default: study.db in the run's folder).")
]
Device = Annotated[str | None, typer.Option(help="auto, cpu or cuda:N (default: auto).")]
Timeout = Annotated[
    float | None,
    typer.Option(
        help="Time limit in seconds. Trainings that cannot finish in time are not started; a "
        "running one is stopped."
    ),
]
Config = Annotated[
    Path | None,
    typer.Option(help="TOML file with these options. The command line takes precedence."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the plan and do nothing.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]
