"""``optuna-dnc predict``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from optuna_dnc._errors import InputError


def predict(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The run's folder.")],
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE.npz", help="Samples in an array x, or xte; raw, like the training data."
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="Write an .npz with the array predictions instead of printing."),
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda:N.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False,
) -> None:
    """Predict with the network found in DIR: one label or value a line."""
    import numpy as np

    from optuna_dnc.data import read_samples
    from optuna_dnc.search import SearchResult

    if out is not None and out.exists():
        raise InputError(f"--out: {out} exists and is not overwritten; choose another name.")
    if out is not None and out.suffix != ".npz":
        raise InputError(f"--out: {out} must end in .npz.")
    predictions = SearchResult.load(folder).predict(read_samples(file), device=device)
    if out is not None:
        np.savez_compressed(out, predictions=predictions)
        typer.echo(f"{len(predictions)} predictions written to {out}")
    elif as_json:
        typer.echo(json.dumps(predictions.tolist()))
    else:
        for value in predictions.tolist():
            typer.echo(value if not isinstance(value, list) else " ".join(map(str, value)))
