"""``--dry-run``: what a search would do."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import typer

from optuna_dnc.search import Plan


def print_plan(plan: Plan, *, as_json: bool) -> None:
    """Print the resolved settings, the space and the number of trainings."""
    if as_json:
        content = asdict(plan) | {"folder": str(plan.folder), "n_trainings": plan.n_trainings}
        typer.echo(json.dumps(content, indent=2))
        return
    settings = {
        name: value
        for name, value in plan.identity.items()
        if name not in ("space", "training_space")
    }
    _section("Settings", settings)
    if plan.reason:
        typer.echo(f"  network chosen: {plan.reason}")
    _section(f"Space of {plan.identity['network']} (--space NAME=...)", plan.space)
    _section("Space of stage 3 (--training-space NAME=...)", plan.training_space)
    _section("Trainings, at most", {stage.name: stage.n_trainings for stage in plan.stages})
    typer.echo(f"  in all: {plan.n_trainings}")
    typer.echo(f"Largest network: {plan.largest}, {plan.largest_n_params:,} parameters")
    typer.echo(f"Folder: {plan.folder} (nothing was written)")


def _section(title: str, values: dict[str, Any]) -> None:
    typer.echo(title)
    for name, value in values.items():
        shown = ", ".join(map(str, value)) if isinstance(value, tuple | list) else value
        typer.echo(f"  {name}: {shown}")
