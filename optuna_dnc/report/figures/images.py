"""Export of figures as images, for slides and papers."""

from __future__ import annotations

import importlib
from pathlib import Path

from optuna_dnc._drafts import draft_folder
from optuna_dnc._errors import InputError, unknown_name
from optuna_dnc._extras import missing_package
from optuna_dnc._names import check_only_files
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.report.figures import figures
from optuna_dnc.runs import Run

FOLDER = "figures"
FORMATS = ("png", "svg")
WIDTH = 900
"""Width of a figure in pixels; png images have twice as many."""


def check_format(image_format: str) -> None:
    """Raise :class:`InputError` unless it is one of :data:`FORMATS`."""
    if image_format not in FORMATS:
        raise unknown_name("images", image_format, FORMATS)


def write_images(
    search: Run, image_format: str = "png", *, family: NetworkFamily | None = None
) -> list[Path]:
    """Write every figure to ``figures/`` in the run's folder; existing images are replaced.

    Args:
        search: The search.
        image_format: ``png`` or ``svg``.
        family: As for :func:`optuna_dnc.report.figures.figures`.

    Returns:
        The written files.

    Raises:
        InputError: There is no data yet, kaleido or the browser that it needs is missing, or the
            folder cannot be written.
    """
    check_format(image_format)
    drawn = figures(search, family=family)
    if not drawn:
        raise InputError(f"{search.path} contains no finished trials yet; run the search first.")
    try:
        importlib.import_module("kaleido")
    except ModuleNotFoundError as error:
        raise missing_package(error, "images of figures") from None
    folder = search.path / FOLDER
    check_only_files(folder)
    try:
        folder.mkdir(exist_ok=True)
        with draft_folder(folder / "images") as drafts:
            names = [f"{name}.{image_format}" for name in drawn]
            _draw(list(drawn.values()), [drafts / name for name in names])
            return [(drafts / name).replace(folder / name) for name in names]
    except OSError as error:
        raise InputError(f"images: {folder} cannot be written: {error.strerror}.") from None


def _draw(drawn: list[object], files: list[Path]) -> None:
    from plotly import io  # needs kaleido, unlike the figures

    try:
        io.write_images(fig=drawn, file=files, width=WIDTH, scale=2)
    except RuntimeError as error:
        if "Chrome" not in str(error):
            raise
        raise InputError(
            "images: plotly needs Chrome or Chromium, and there is none; install it, for example "
            "with plotly_get_chrome, or leave images out."
        ) from None
