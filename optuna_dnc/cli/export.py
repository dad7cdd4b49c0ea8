"""``optuna-dnc export``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The run's folder.")],
    form: Annotated[
        str,
        typer.Option("--format", help="onnx, pt2 (torch.export), python or safetensors."),
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="The file; default export/network.SUFFIX in DIR, or in DIR/refit."),
    ] = None,
    refit: Annotated[
        bool, typer.Option("--refit", help="The network that refit trained in DIR.")
    ] = False,
    data: Annotated[
        str | None,
        typer.Option(
            metavar="DATA",
            help="Compare on samples of these data: a name, or an .npz or .npy file. Left out, on "
            "samples drawn like the training data.",
        ),
    ] = None,
    data_root: Annotated[
        Path | None,
        typer.Option(help="Where torchvision's sets lie: compare on the data of the search."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write the network found in DIR in another format, and compare the file with the network.

    onnx and pt2 hold one graph from raw samples to probabilities or values, safetensors the
    weights with all that describes them, python a readable module that needs no optuna_dnc.
    """
    from optuna_dnc.cli.formats import count
    from optuna_dnc.export import export_model
    from optuna_dnc.refit import Refit
    from optuna_dnc.search.search_result import SearchResult

    found = Refit.load(folder) if refit else SearchResult.load(folder)
    exported = export_model(found, form, out, data=data, data_root=data_root)
    if as_json:
        facts = {
            "format": exported.format,
            "files": [str(file) for file in exported.files],
            "n_bytes": exported.n_bytes,
            "largest_deviation": exported.largest_deviation,
            "n_samples": exported.n_samples,
            "samples": exported.samples,
        }
        typer.echo(json.dumps(facts, indent=2))
        return
    for file in exported.files:
        typer.echo(f"{file}: {count(file.stat().st_size, 'byte')}")
    deviation = exported.largest_deviation
    typer.echo(
        f"Largest deviation from the network {f'{deviation:.1e}' if deviation else 'none'}, on "
        f"{exported.n_samples} {exported.samples}."
    )
