"""Command ``optuna-dnc report``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optuna_dnc.cli.options import RunFolder, StorageOfSearch


def report(
    folder: RunFolder,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Output file (default: DIR/report.html).")
    ] = None,
    images: Annotated[
        str | None,
        typer.Option(
            metavar="png|svg",
            help="Also write every figure as an image to DIR/figures/. Needs Chrome or Chromium.",
        ),
    ] = None,
    storage: StorageOfSearch = None,
) -> None:
    """Write a report on a finished, stopped or running search as one HTML file."""
    # Slow imports, which --help does without.
    import gc

    import optuna

    from optuna_dnc.report.figures.images import check_format, write_images
    from optuna_dnc.report.report import write_report
    from optuna_dnc.runs import open_run

    # Keeps the garbage collector from scanning all modules again and again while trials are read.
    gc.freeze()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    if images is not None:
        check_format(images)
    search = open_run(folder, storage, to_read=True)
    typer.echo(f"Report written to {write_report(search, out)}")
    if images is not None:
        written = write_images(search, images)
        typer.echo(f"{len(written)} figures written to {written[0].parent}")
