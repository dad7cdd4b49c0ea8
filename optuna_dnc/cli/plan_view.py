"""Plan of a search on the terminal, for ``--dry-run``."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import typer

from optuna_dnc.report.formats import count, duration
from optuna_dnc.runs import SearchSettings
from optuna_dnc.search import Plan


def print_plan(plan: Plan, *, as_json: bool) -> None:
    """Print the resolved settings, the search spaces and the number of trainings."""
    if as_json:
        content = asdict(plan)
        del content["column_lines"]
        content |= {
            "folder": str(plan.folder),
            "n_trainings": plan.n_trainings,
            "n_epochs": plan.n_epochs,
        }
        typer.echo(json.dumps(content, indent=2))
        return
    is_joint = plan.identity["strategy"] == "joint"
    hidden = {"space", "training_space"} | ({"batch_size", "lr"} if is_joint else set())
    shown = {field.name for field in SearchSettings.options()} | {"dataset"}
    settings = {n: value for n, value in plan.identity.items() if n in shown - hidden}
    _section("Settings", settings)
    for line in plan.column_lines:
        typer.echo(line)
    if plan.reason:
        typer.echo(f"  reason for the network: {plan.reason}")
    _section(f"Search space of {plan.identity['network']} (--space NAME=...)", plan.space)
    if plan.cut:
        _section("Parameters whose range the limits narrow", plan.cut)
    training = "the training" if is_joint else "stage 3"
    _section(f"Search space of {training} (--training-space NAME=...)", plan.training_space)
    trainings = {
        stage.name: f"{stage.n_trainings} ({count(stage.n_epochs, 'epoch')})"
        for stage in plan.stages
    }
    _section("Maximum number of trainings", trainings)
    typer.echo(f"  total: {plan.n_trainings} ({count(plan.n_epochs, 'epoch')})")
    typer.echo(f"Largest network: {plan.largest}, {plan.largest_n_params:,} parameters")
    typer.echo(f"Estimated time: {duration(plan.seconds)}, from a few timed batches")
    typer.echo(f"Folder: {plan.folder} (nothing was written)")


def _section(title: str, values: dict[str, Any]) -> None:
    typer.echo(title)
    for name, value in values.items():
        shown = ", ".join(map(str, value)) if isinstance(value, tuple | list) else value
        typer.echo(f"  {name}: {shown}")
