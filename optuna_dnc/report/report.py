"""Report of a search as one HTML file."""

from __future__ import annotations

from pathlib import Path

from optuna.storages import BaseStorage

from optuna_dnc._errors import InputError
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.report.figures import figures
from optuna_dnc.report.html.content import content
from optuna_dnc.report.html.page import check_replaceable, render, write_page
from optuna_dnc.runs import Run, open_run
from optuna_dnc.search.search_result import SearchResult

NAME = "report.html"


def write_report(
    search: str | Path | Run | SearchResult,
    out: str | Path | None = None,
    *,
    storage: str | BaseStorage | None = None,
    family: NetworkFamily | None = None,
) -> Path:
    """Write a report on a running, stopped or complete search as one HTML file.

    The file is self-contained: it includes the code that draws its figures and loads nothing.

    Example:
        >>> write_report("runs/digits")

    Args:
        search: Folder of the run, or the run or its result.
        out: Output file; ``report.html`` in the folder of the run by default. An existing report
            is replaced atomically; any other existing file is left alone.
        storage: Storage of the search; None for ``study.db`` in the folder of the run.
        family: Custom network family of a search that was run with a version that did not keep
            the layers of its networks.

    Returns:
        The written file.

    Raises:
        InputError: The folder contains no search, or the file cannot be written. Nothing has been
            written then.
    """
    if isinstance(search, SearchResult):
        family = family or search.family
    path = search.path if isinstance(search, SearchResult) else search
    opened = path if isinstance(path, Run) else open_run(path, storage, to_read=True)
    file = opened.path / NAME if out is None else Path(out)
    _check_location(file)
    if out is not None:
        check_replaceable(file)
    return write_page(file, render(content(opened), figures(opened, family=family)))


def _check_location(file: Path) -> None:
    if file.is_dir():
        raise InputError(f"out: {file} is a folder; give a file.")
    if not file.parent.is_dir():
        raise InputError(f"out: there is no folder {file.parent}; create it, or choose another.")
