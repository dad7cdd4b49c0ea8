"""Plan of a search on the terminal, for ``--dry-run``."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import asdict
from typing import Any

import typer

from optuna_dnc._formats import count, duration
from optuna_dnc.cli.tables import new_console, new_table, print_table
from optuna_dnc.runs import SearchSettings
from optuna_dnc.search import Plan


def print_plan(plan: Plan, *, as_json: bool) -> None:
    """Print the resolved settings, the search spaces and the number of training runs."""
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
    typer.echo(f"Data set: {plan.identity['dataset']}")
    for line in plan.column_lines:
        typer.echo(line)
    if plan.reason:
        typer.echo(f"Reason for the network: {plan.reason}")
    _print_settings(plan.identity, hidden)
    space = {name: values for name, values in plan.space.items() if values not in ((), [], None)}
    _section(f"Search space of {plan.identity['network']} (--space NAME=...)", space)
    if plan.cut:
        _section("Parameters whose range the limits narrow", plan.cut)
    training = "the training" if is_joint else "stage 3"
    _section(f"Search space of {training} (--training-space NAME=...)", plan.training_space)
    trainings = {
        stage.name: f"{stage.n_trainings} ({count(stage.n_epochs, 'epoch')})"
        for stage in plan.stages
    }
    _section("Maximum number of training runs", trainings)
    typer.echo(f"  total: {plan.n_trainings} ({count(plan.n_epochs, 'epoch')})")
    typer.echo(f"Largest network: {plan.largest}, {plan.largest_n_params:,} parameters")
    typer.echo(f"Estimated time: {duration(plan.seconds)}, from a few timed batches")
    typer.echo(f"Folder: {plan.folder} (nothing was written)")


def _print_settings(identity: Mapping[str, Any], hidden: Collection[str]) -> None:
    """Print the settings as options, with the first words of their help."""
    console = new_console()
    table = new_table("setting", "value", n_left=2, wide="what it is")
    for field in SearchSettings.options():
        if field.name in identity and field.name not in hidden:
            words = re.split(r"[.:;](?: |$)", field.description.replace("``", ""))[0]
            table.add_row(f"--{field.option}", _shown(identity[field.name]), words)
    print_table(console, table)


def _shown(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "-", True: "yes", False: "no"}[value]
    return str(value)


def _section(title: str, values: dict[str, Any]) -> None:
    typer.echo(title)
    for name, value in values.items():
        shown = ", ".join(map(str, value)) if isinstance(value, tuple | list) else value
        typer.echo(f"  {name}: {shown}")
