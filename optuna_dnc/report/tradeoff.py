"""Report of a trade-off as one HTML file."""

from __future__ import annotations

from pathlib import Path

from optuna_dnc.report.figures.tradeoff import tradeoff_figures
from optuna_dnc.report.html.page import check_replaceable, render, write_page
from optuna_dnc.report.html.tradeoff_content import tradeoff_content
from optuna_dnc.tradeoff import Tradeoff
from optuna_dnc.tradeoff.folder import TradeoffFolder


def write_tradeoff_report(tradeoff: Tradeoff | str | Path) -> Path:
    """Write ``tradeoff.html``, one self-contained HTML file, to the folder of a trade-off.

    Args:
        tradeoff: A trade-off, or its folder.

    Returns:
        The written file.

    Raises:
        InputError: The folder contains no searches, or a file of this name that is not a report.
    """
    if not isinstance(tradeoff, Tradeoff):
        tradeoff = Tradeoff.load(tradeoff)
    file = TradeoffFolder(tradeoff.path).figures
    check_replaceable(file)
    page = render(tradeoff_content(tradeoff), tradeoff_figures(tradeoff), "tradeoff.html")
    return write_page(file, page)
