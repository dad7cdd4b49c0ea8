"""Command ``optuna-dnc kubernetes``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optuna_dnc._errors import InputError
from optuna_dnc.cli.tradeoff_folders import holds_tradeoff


def kubernetes(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="Folder of the run, as the pods see it.")
    ],
    workers: Annotated[int, typer.Option(help="Number of pods.")],
    image: Annotated[str, typer.Option(help="Container image with optuna-dnc.")],
    claim: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="ReadWriteMany PersistentVolumeClaim with the folder of the run and its data.",
        ),
    ] = "optuna-dnc",
    mount: Annotated[
        str,
        typer.Option(
            help="Where pods mount the claim; RUN and the data are relative to this folder."
        ),
    ] = "/work",
    secret: Annotated[
        str | None,
        typer.Option(
            metavar="NAME[/KEY]",
            help="Secret with the storage URL (default key: storage). Required without --storage.",
        ),
    ] = None,
    storage: Annotated[
        str | None,
        typer.Option(
            help="Storage URL without a password, such as that of a journal file below --mount."
        ),
    ] = None,
    gpus: Annotated[int, typer.Option(help="Number of GPUs per pod; a worker uses one.")] = 0,
    cpu: Annotated[str, typer.Option(help="Number of cores and of threads per pod.")] = "2",
    memory: Annotated[str, typer.Option(help="Memory per pod.")] = "4Gi",
    name: Annotated[
        str | None, typer.Option(help="Name of the Job (default: optuna-dnc-RUN).")
    ] = None,
    namespace: Annotated[str | None, typer.Option(help="Namespace of the Job.")] = None,
    timeout: Annotated[
        float | None,
        typer.Option(help="Seconds after which a worker stops, at the end of an epoch."),
    ] = None,
) -> None:
    """Print a Kubernetes Job whose pods are workers of a search.

    Pipe it into kubectl apply -f -. Nothing is sent to a cluster.
    """
    import yaml

    _check_storage_of(Path(run))
    from optuna_dnc.kubernetes import WorkerJob, job_manifest

    job = WorkerJob(
        run=run,
        image=image,
        workers=workers,
        claim=claim,
        mount=mount,
        secret=secret,
        storage=storage,
        gpus=gpus,
        cpu=cpu,
        memory=memory,
        name=name,
        namespace=namespace,
        timeout=timeout,
    )
    typer.echo(yaml.safe_dump(job_manifest(job), sort_keys=False), nl=False)


def _check_storage_of(folder: Path) -> None:
    """Check that pods can reach the trials of a run, if its folder is also here.

    Raises:
        InputError: They are in SQLite files: each pod would end with exit code 2.
    """
    from optuna_dnc.runs.folder import RunFolder

    if holds_tradeoff(folder, None):
        raise InputError(
            f"{folder} holds a trade-off, whose searches have SQLite files, which pods cannot "
            "share; run it on one machine with optuna-dnc tradeoff --workers N."
        )
    if RunFolder(folder).study.exists():
        raise InputError(
            f"The trials of {folder} are in its study.db, an SQLite file, which pods cannot "
            "share; start a search in a new folder with --storage or the variable "
            "OPTUNA_DNC_STORAGE, and with --workers 0."
        )
