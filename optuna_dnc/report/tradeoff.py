"""Write the report of a trade-off."""

from __future__ import annotations

from pathlib import Path

from optuna_dnc._errors import InputError
from optuna_dnc._files import replace_file
from optuna_dnc.report.figures.tradeoff import tradeoff_figures
from optuna_dnc.report.html.page import GENERATOR, render
from optuna_dnc.report.html.tradeoff_content import content
from optuna_dnc.tradeoff import Tradeoff
from optuna_dnc.tradeoff.folder import TradeoffFolder

_HEAD = 1000
"""Bytes in which a report says that it is one."""


def write_tradeoff_report(found: Tradeoff | str | Path) -> Path:
    """Write ``tradeoff.html`` into the folder: one HTML file that needs nothing but itself.

    Args:
        found: A trade-off, or its folder.

    Returns:
        The file.

    Raises:
        InputError: The folder holds no searches, or a file of this name that is no report.
    """
    if not isinstance(found, Tradeoff):
        found = Tradeoff.load(found)
    file = TradeoffFolder(found.path).figures
    if file.exists() and GENERATOR.encode() not in file.read_bytes()[:_HEAD]:
        raise InputError(f"{file} exists and is no report; rename it.")
    page = render(content(found), tradeoff_figures(found), "tradeoff.html")
    try:
        replace_file(file, page.encode())
    except OSError as error:
        raise InputError(f"{file} cannot be written: {error.strerror}.") from None
    return file
