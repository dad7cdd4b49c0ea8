"""Command ``optuna-dnc export``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from optuna_dnc.cli.options import AsJson, RunFolder


def export(
    folder: RunFolder,
    form: Annotated[
        str,
        typer.Option("--format", help="onnx, pt2 (torch.export), python or safetensors."),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            help="Output file (default: export/network.SUFFIX in DIR, DIR/refit or DIR/ensemble)."
        ),
    ] = None,
    refit: Annotated[
        bool, typer.Option("--refit", help="Export the network that optuna-dnc refit trained.")
    ] = False,
    ensemble: Annotated[
        bool,
        typer.Option("--ensemble", help="Export the ensemble as one graph, in onnx or pt2."),
    ] = False,
    data: Annotated[
        str | None,
        typer.Option(
            metavar="DATA",
            help="Data set or file with samples on which to compare the outputs (default: the "
            "table of the search, or random samples with the statistics of the training data).",
        ),
    ] = None,
    data_root: Annotated[
        Path | None,
        typer.Option(
            help="Folder of torchvision data sets. If given, outputs are compared on samples of "
            "the search."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Export the network of a run and check that the file gives the same outputs.

    onnx and pt2 contain one graph that maps raw samples, or the codes of a table's columns, to
    probabilities or values. safetensors contains the weights and a description of the network.
    python is a readable module that does not need optuna_dnc and takes rows by column name.
    """
    from optuna_dnc._formats import count
    from optuna_dnc.cli.predict import opened
    from optuna_dnc.export import export_model

    network = opened(folder, ensemble=ensemble, refit=refit)
    exported = export_model(network, form, out, data=data, data_root=data_root)
    if as_json:
        facts = {
            "format": exported.format,
            "files": [str(file) for file in exported.files],
            "n_bytes": exported.n_bytes,
            "largest_deviation": exported.largest_deviation,
            "n_samples": exported.n_samples,
            "samples": exported.samples,
            "takes": exported.takes,
        }
        typer.echo(json.dumps(facts, indent=2))
        return
    for file in exported.files:
        typer.echo(f"{file}: {count(file.stat().st_size, 'byte')}")
    typer.echo(f"Input: {exported.takes}.")
    deviation = exported.largest_deviation
    typer.echo(
        f"Largest deviation from the network: {f'{deviation:.1e}' if deviation else 'none'}, on "
        f"{exported.n_samples} {exported.samples}."
    )
