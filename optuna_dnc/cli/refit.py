"""``optuna-dnc refit``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from optuna_dnc._errors import InputError
from optuna_dnc.cli.long_running import long_running
from optuna_dnc.cli.options import DataOfSearch, DataRoot, Device, Quiet
from optuna_dnc.cli.settings_file import parse_values

if TYPE_CHECKING:
    from optuna_dnc.refit import Refit
    from optuna_dnc.search.search_result import SearchResult
    from optuna_dnc.training import FitResult


def refit(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The run's folder.")],
    epochs: Annotated[
        int | None, typer.Option(help="Epochs to train; default those of the search.")
    ] = None,
    training: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="Train otherwise than in the search, such as schedule=cosine, optimizer=sgd, "
            "lr=0.05, mixup=0.2 or augment=true; repeat for more.",
        ),
    ] = None,
    hold_out: Annotated[
        bool,
        typer.Option(
            "--hold-out",
            help="Do not train on the validation samples, and keep the epoch with the lowest "
            "validation error.",
        ),
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the network; default DIR/refit.")
    ] = None,
    data: DataOfSearch = None,
    data_root: DataRoot = None,
    device: Device = None,
    quiet: Quiet = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print refit.json instead of the table.")
    ] = False,
) -> None:
    """Train the best network of the search in DIR once more: longer, and on all samples."""
    from optuna_dnc.cli.bar import counting_bar
    from optuna_dnc.search.search_result import SearchResult

    given = parse_values(training or [], "--training")
    if "epochs" in given:
        raise InputError("--training epochs: give it as --epochs.")
    result = SearchResult.load(folder)
    with counting_bar(epochs or result.best.training.epochs, quiet=quiet) as show, long_running():
        found = result.refit(
            epochs,
            training=given,
            all_samples=not hold_out,
            out=out,
            data=data,
            data_root=data_root,
            device=device or "auto",
            on_epoch=_shown(show, quiet=quiet, hold_out=hold_out),
        )
    if as_json:
        typer.echo(json.dumps(found.summary, indent=2))
    else:
        _print(found, result)


def _shown(
    show: Callable[[float, str], None], *, quiet: bool, hold_out: bool
) -> Callable[[FitResult], None]:
    """Shows each epoch: on a terminal in the bar, elsewhere a line now and then."""
    lines = not quiet and not sys.stderr.isatty()

    def on_epoch(result: FitResult) -> None:
        last = result.epochs[-1]
        seen = f"train loss {last.train_loss:.3g}"
        if hold_out:
            seen += f", val error {last.val_error:.4f}"
        show(last.number, f"epoch {last.number}: {seen}")
        if lines and last.number % 10 == 0:
            typer.echo(f"Epoch {last.number}: {seen}", err=True)

    return on_epoch


def _print(found: Refit, result: SearchResult) -> None:
    """The network as the search left it, and as it is now."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    from optuna_dnc.cli.formats import figure
    from optuna_dnc.objectives import costs_in_words

    best, before = result.best, found.summary["search"]
    kind = "acc" if best.val_accuracy is not None else "error"
    table = Table(box=SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    table.add_column("", no_wrap=True)
    for name in (f"test {kind}", f"val {kind}", "samples", "epochs"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_row(
        "search",
        figure(best.test_accuracy, best.test_error) or "-",
        figure(best.val_accuracy, best.val_error),
        f"{before['n_samples']:,}",
        str(before["epochs"]),
    )
    table.add_row(
        "refit",
        figure(found.test_accuracy, found.test_error) or "-",
        figure(found.val_accuracy, found.val_error) or "-",
        f"{found.n_samples:,}",
        str(found.epochs_run),
    )
    console = Console(highlight=False)
    console.print(f"{found.config}: {costs_in_words(found.costs)}", markup=False)
    console.print(table)
    console.print(f"Saved in {found.path}", markup=False, soft_wrap=True)
