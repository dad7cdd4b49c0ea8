"""``optuna-dnc status``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from optuna_dnc.runs import SearchStatus


def status(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The run's folder.")],
    storage: Annotated[
        str | None, typer.Option(help="The Optuna storage URL of the search, if it had one.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show how far the search in DIR is, and its best network so far."""
    import optuna

    from optuna_dnc.runs import search_status

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    state = search_status(folder, storage)
    if as_json:
        typer.echo(json.dumps(_as_dict(state), indent=2))
    else:
        _print(state)


def _print(state: SearchStatus) -> None:
    from optuna_dnc.cli.formats import accuracy_or_error, count, tested
    from optuna_dnc.objectives import costs_in_short

    settings = state.settings
    typer.echo(
        f"{state.path}: {state.state}; {settings['network']} on {settings['dataset']}, "
        f"wc {settings['wc']:g} on {settings['penalize']}"
    )
    for stage in state.stages:
        best = "" if stage.best_loss is None else f", best loss {stage.best_loss:.3f}"
        stopped = f", {stage.n_pruned} of them stopped early" if stage.n_pruned else ""
        waiting = f", {stage.n_waiting} waiting to go on" if stage.n_waiting else ""
        crashed = f", {stage.n_crashed} besides crashed" if stage.n_crashed else ""
        epochs = count(stage.epochs, "epoch")
        typer.echo(
            f"  {stage.name}: {count(stage.n_trials, 'trial')}{stopped}{waiting}{crashed}, "
            f"{epochs}{best}"
        )
    if state.best is not None and state.best.measured.is_usable:
        measured = state.best.measured
        typer.echo(
            f"Best so far: {state.best.description}; "
            f"{accuracy_or_error(measured.val_accuracy, measured.error)}, "
            f"{costs_in_short(measured.costs)}"
        )
        for sentence in state.diagnosis:
            typer.echo(f"  {sentence}")
    saved = state.saved
    if saved is not None:
        test = tested(saved.test_accuracy, saved.test_error)
        typer.echo(f"Saved network: {test}, {costs_in_short(saved.costs)}: {saved.description}")


def _as_dict(state: SearchStatus) -> dict[str, Any]:
    from dataclasses import asdict

    best, saved = state.best, state.saved
    return {
        "path": str(state.path),
        "state": state.state,
        "stages": [asdict(stage) for stage in state.stages],
        "best": best and asdict(best) | {"measured": best.measured.to_attributes()},
        "saved": saved and saved.to_dict(),
        "diagnosis": state.diagnosis,
        "settings": state.settings,
    }
