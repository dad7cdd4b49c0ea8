"""``optuna-dnc search``."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from optuna_dnc.cli.importing import with_imports
from optuna_dnc.cli.long_running import long_running
from optuna_dnc.cli.settings_file import collect


def search(
    data: Annotated[
        str,
        typer.Argument(
            metavar="DATA",
            help="digits, mnist, fashion-mnist, cifar10, cifar100, or FILE.npz with the arrays "
            "xtr, ytr, xte, yte; without a test set the first two.",
        ),
    ],
    network: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|MODULE:CLASS",
            help="mlp, cnn, resnet, or a network family of your own; chosen by the data if left "
            "out.",
        ),
    ] = None,
    strategy: Annotated[
        str | None,
        typer.Option(help="staged, or joint: network and training in one search; default staged."),
    ] = None,
    sampler: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|MODULE:CLASS",
            help="What proposes networks: dnc, bohb, or a sampler such as "
            "optuna.samplers:TPESampler; default dnc.",
        ),
    ] = None,
    pruner: Annotated[
        str | None,
        typer.Option(
            help="What stops poor trainings of stages 1 and 3, or of the joint search: none, "
            "median or hyperband. Left out, a staged search has none and a joint one hyperband."
        ),
    ] = None,
    budget: Annotated[
        int | None,
        typer.Option(
            metavar="EPOCHS",
            help="Epochs that stage 1, stage 3 or the joint search may train in all, at least "
            "--epochs; hyperband's first network, its pilot, is not counted. Left out, hyperband "
            "gets a third of what full trainings take.",
        ),
    ] = None,
    wc: Annotated[
        float | None, typer.Option(help="Weight of the cost against the error; default 0.1.")
    ] = None,
    penalize: Annotated[
        str | None,
        typer.Option(
            help="The cost measure, such as n_params, macs, bytes or t_epoch; default n_params."
        ),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(help="Epochs of each training; default 30.")
    ] = None,
    startup: Annotated[
        int | None,
        typer.Option(help="Start-up trials of stages 1 and 3, or the joint search; default 15."),
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(
            help="Bayesian optimisation steps of stages 1 and 3, or the joint search; default 15."
        ),
    ] = None,
    candidates: Annotated[
        int | None, typer.Option(help="Points that each step chooses from; default 1000.")
    ] = None,
    preset: Annotated[
        str | None, typer.Option(help="The sampler: default, or deep-n-cheap as published.")
    ] = None,
    space: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=RANGE",
            help="A range of the network family, such as n_layers=2:4 or activation=relu,tanh; "
            "repeat for more. --dry-run lists all.",
        ),
    ] = None,
    training_space: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=RANGE",
            help="A range of stage 3 or of the joint search's training, such as lr=1e-4:1e-2; "
            "repeat for more.",
        ),
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option(help="Batch size of stages 1 and 2; default 256.")
    ] = None,
    lr: Annotated[
        float | None, typer.Option(help="Learning rate of stages 1 and 2; default 0.001.")
    ] = None,
    patience: Annotated[
        int | None,
        typer.Option(help="Stop a training after so many epochs without improvement."),
    ] = None,
    augment: Annotated[
        bool | None,
        typer.Option("--augment/--no-augment", help="Crop and flip images; default no."),
    ] = None,
    bf16: Annotated[
        bool | None,
        typer.Option("--bf16/--no-bf16", help="Train in bfloat16; changes results; default no."),
    ] = None,
    baseline: Annotated[
        float | None,
        typer.Option(help="Cost that counts as 1; the largest network's if left out."),
    ] = None,
    val_fraction: Annotated[
        float | None, typer.Option(help="Share of the training data for validation; default 0.2.")
    ] = None,
    max_train: Annotated[
        int | None, typer.Option(help="Use at most so many training samples.")
    ] = None,
    task: Annotated[
        str | None,
        typer.Option(help="classification or regression; told from the labels if left out."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Of everything that is drawn; default 0.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The run's folder; default runs/NAME_OF_THE_DATA.")
    ] = None,
    storage: Annotated[
        str | None, typer.Option(help="Optuna storage URL; default OUT/study.db.")
    ] = None,
    data_root: Annotated[
        Path | None, typer.Option(help="Where torchvision's data sets lie or are put.")
    ] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu or cuda:N; default auto.")] = None,
    timeout: Annotated[
        float | None,
        typer.Option(
            help="Seconds; no training is started that would end later, and one that is under way "
            "then is stopped."
        ),
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="TOML file with these options; the command line wins.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be done, and do nothing.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print result.json instead of the table.")
    ] = False,
) -> None:
    """Search a small, accurate network for DATA; the same command again resumes."""
    given: dict[str, Any] = {
        "network": network,
        "strategy": strategy,
        "sampler": sampler,
        "pruner": pruner,
        "budget": budget,
        "wc": wc,
        "penalize": penalize,
        "epochs": epochs,
        "startup": startup,
        "steps": steps,
        "candidates": candidates,
        "preset": preset,
        "space": space,
        "training_space": training_space,
        "batch_size": batch_size,
        "lr": lr,
        "patience": patience,
        "augment": augment,
        "bf16": bf16,
        "baseline": baseline,
        "val_fraction": val_fraction,
        "max_train": max_train,
        "task": task,
        "seed": seed,
        "out": out,
        "storage": storage,
        "data_root": data_root,
        "device": device,
        "timeout": timeout,
    }
    options = collect(with_imports(given), config)
    _search(data, options, dry_run=dry_run, quiet=quiet, as_json=as_json)


def _search(
    data: str, options: dict[str, Any], *, dry_run: bool, quiet: bool, as_json: bool
) -> None:
    from optuna_dnc.cli.plan_view import print_plan
    from optuna_dnc.cli.progress import Progress
    from optuna_dnc.cli.result_view import print_result
    from optuna_dnc.report.dashboard.publishing_at_end import publish_at_end
    from optuna_dnc.search import StagedSearch

    with Progress(quiet=quiet) as progress, long_running():
        staged = StagedSearch(data, on_event=progress.on_event, **options)
        if dry_run:
            print_plan(staged.plan(), as_json=as_json)
            return
        start = time.monotonic()
        result = staged.run()
        took = time.monotonic() - start
    if as_json:
        typer.echo(json.dumps(result.summary, indent=2))
    else:
        print_result(result)
    problem = publish_at_end(result.path, options.get("storage"), took)
    if problem is not None:
        typer.echo(f"optuna-dnc: {problem}", err=True)
