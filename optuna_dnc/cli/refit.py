"""Command ``optuna-dnc refit``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from optuna_dnc._errors import InputError
from optuna_dnc.cli.long_running import long_running
from optuna_dnc.cli.options import DataOfSearch, DataRoot, Device, Quiet, RunFolder
from optuna_dnc.cli.settings_file import parse_values

if TYPE_CHECKING:
    from optuna_dnc.refit import Refit
    from optuna_dnc.search.search_result import SearchResult
    from optuna_dnc.training import FitResult


def refit(
    folder: RunFolder,
    epochs: Annotated[
        int | None, typer.Option(help="Number of epochs (default: the maximum of the search).")
    ] = None,
    training: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="Change a training hyperparameter, such as schedule=cosine, optimizer=sgd, "
            "lr=0.05, mixup=0.2 or augment=true. Repeat for more.",
        ),
    ] = None,
    hold_out: Annotated[
        bool,
        typer.Option(
            "--hold-out",
            help="Train on the training samples only and keep the epoch with the lowest "
            "validation error.",
        ),
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Output folder (default: DIR/refit).")] = None,
    data: DataOfSearch = None,
    data_root: DataRoot = None,
    device: Device = None,
    quiet: Quiet = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print refit.json instead of the table.")
    ] = False,
) -> None:
    """Train the best network of a run again, for longer or with other hyperparameters."""
    from optuna_dnc.cli.bar import counting_bar
    from optuna_dnc.search.search_result import SearchResult

    changes = parse_values(training or [], "--training")
    if "epochs" in changes:
        raise InputError("--training epochs: give it as --epochs.")
    result = SearchResult.load(folder)
    with (
        counting_bar(epochs or result.answer.training.epochs, quiet=quiet) as show,
        long_running(),
    ):
        refitted = result.refit(
            epochs,
            training=changes,
            all_samples=not hold_out,
            out=out,
            data=data,
            data_root=data_root,
            device=device or "auto",
            on_epoch=_on_epoch(show, quiet=quiet, hold_out=hold_out),
        )
    if as_json:
        typer.echo(json.dumps(refitted.summary, indent=2))
    else:
        _print(refitted, result)


def _on_epoch(
    show: Callable[[float, str], None], *, quiet: bool, hold_out: bool
) -> Callable[[FitResult], None]:
    """Return a callback that shows each epoch in the bar, or every tenth as a line."""
    from optuna_dnc.objectives import metric_of

    prints_lines = not quiet and not sys.stderr.isatty()

    def on_epoch(result: FitResult) -> None:
        last = result.epochs[-1]
        losses = f"train loss {last.train_loss:.3g}"
        if hold_out:
            metric = metric_of(result.metric, result.task)
            losses += f", val {metric.heading} {metric.format(last.val_metric)}"
        show(last.number, f"epoch {last.number}: {losses}")
        if prints_lines and last.number % 10 == 0:
            typer.echo(f"Epoch {last.number}: {losses}", err=True)

    return on_epoch


def _print(refit: Refit, result: SearchResult) -> None:
    """Compare the network before and after the refit."""
    from optuna_dnc._formats import quality
    from optuna_dnc.cli.tables import new_console, new_table, print_lines, print_table
    from optuna_dnc.objectives import costs_in_words

    best, search = result.answer, refit.summary["search"]
    kind = best.quality.heading
    table = new_table("", f"test {kind}", f"val {kind}", "samples", "epochs", n_left=1)
    for name, network, n_samples, epochs in (
        ("search", best, search["n_samples"], search["epochs"]),
        ("refit", refit, refit.n_samples, refit.epochs_run),
    ):
        table.add_row(
            name,
            quality(network.quality.test) or "-",
            quality(network.quality.val) or "-",
            f"{n_samples:,}",
            str(epochs),
        )
    console = new_console()
    print_lines(console, [f"{refit.config}: {costs_in_words(refit.costs)}"])
    print_table(console, table)
    print_lines(console, [f"Saved in {refit.path}"])
