"""Command ``optuna-dnc status``."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from optuna_dnc.cli.options import AsJson, RunFolder, StorageOfSearch

if TYPE_CHECKING:
    from optuna_dnc.runs import SearchStatus


def status(
    folder: RunFolder,
    storage: StorageOfSearch = None,
    as_json: AsJson = False,
) -> None:
    """Show the progress of a search and its best network so far."""
    with _collector_paused():
        import optuna

        from optuna_dnc.runs import search_status

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        status = search_status(folder, storage)
    if as_json:
        typer.echo(json.dumps(_as_dict(status), indent=2))
    else:
        _print(status)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Pause the garbage collector, which takes an eighth of a command that mostly imports."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _print(status: SearchStatus) -> None:
    from optuna_dnc.evaluation import Comparison
    from optuna_dnc.objectives import costs_in_short
    from optuna_dnc.report.formats import accuracy_or_error, count, tested
    from optuna_dnc.runs.limits import named_limits

    settings = status.settings
    limits = "".join(f", {name} {limit:g}" for name, limit in named_limits(settings).items())
    typer.echo(
        f"{status.path}: {status.state}; {settings['network']} on {settings['dataset']}, "
        f"wc {settings['wc']:g} on {settings['penalize']}{limits}"
    )
    for stage in status.stages:
        best = "" if stage.best_loss is None else f", best loss {stage.best_loss:.3f}"
        stopped = f", {stage.n_pruned} of them stopped early" if stage.n_pruned else ""
        waiting = f", {stage.n_waiting} waiting for promotion" if stage.n_waiting else ""
        crashed = f", {stage.n_crashed} more crashed" if stage.n_crashed else ""
        rejected = f", {stage.n_rejected} more beyond a limit" if stage.n_rejected else ""
        epochs = count(stage.epochs, "epoch")
        typer.echo(
            f"  {stage.name}: {count(stage.n_trials, 'trial')}{stopped}{waiting}{crashed}"
            f"{rejected}, {epochs}{best}"
        )
    if status.best is not None and status.best.measured.is_usable:
        measured = status.best.measured
        typer.echo(
            f"Best so far: {status.best.description}; "
            f"{accuracy_or_error(measured.val_accuracy, measured.error)}, "
            f"{costs_in_short(measured.costs)}"
        )
        for sentence in status.diagnosis:
            typer.echo(f"  {sentence}")
    saved = status.saved
    if saved is not None:
        test = tested(saved.test_accuracy, saved.test_error)
        typer.echo(f"Saved network: {test}, {costs_in_short(saved.costs)}: {saved.description}")
    comparison = Comparison.of({"evaluation": status.evaluation})
    if comparison is not None:
        for sentence in comparison.lines(settings["wc"]):
            typer.echo(f"  {sentence}")


def _as_dict(status: SearchStatus) -> dict[str, Any]:
    from dataclasses import asdict

    best, saved = status.best, status.saved
    return {
        "path": str(status.path),
        "state": status.state,
        "stages": [asdict(stage) for stage in status.stages],
        "best": best and asdict(best) | {"measured": best.measured.to_attributes()},
        "saved": saved and saved.to_dict(),
        "evaluation": status.evaluation,
        "diagnosis": status.diagnosis,
        "settings": status.settings,
    }
