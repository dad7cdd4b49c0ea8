"""``optuna-dnc report``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The run's folder.")],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The file; default DIR/report.html.")
    ] = None,
    images: Annotated[
        str | None,
        typer.Option(
            metavar="png|svg",
            help="Write every figure to DIR/figures/ as well; needs Chrome or Chromium.",
        ),
    ] = None,
    storage: Annotated[
        str | None, typer.Option(help="The Optuna storage URL of the search, if it had one.")
    ] = None,
) -> None:
    """Write what the search in DIR found as one HTML file, also while it runs."""
    # Torch takes seconds to import, --help should not.
    import gc

    import optuna

    from optuna_dnc.report.figures.images import check_format, write_images
    from optuna_dnc.report.report import write_report
    from optuna_dnc.runs import open_run

    # Reading many trials would have all that was imported searched for garbage again and again.
    gc.freeze()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    if images is not None:
        check_format(images)
    search = open_run(folder, storage, to_read=True)
    typer.echo(f"Report written to {write_report(search, out)}")
    if images is not None:
        written = write_images(search, images)
        typer.echo(f"{len(written)} figures written to {written[0].parent}")
