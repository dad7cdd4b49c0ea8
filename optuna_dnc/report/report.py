"""Write the report of a search."""

from __future__ import annotations

from pathlib import Path

from optuna.storages import BaseStorage

from optuna_dnc._errors import InputError
from optuna_dnc._files import replace_file
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.report.figures import figures
from optuna_dnc.report.html.content import content
from optuna_dnc.report.html.page import GENERATOR, render
from optuna_dnc.runs import Run, open_run
from optuna_dnc.search.search_result import SearchResult

NAME = "report.html"
_HEAD = 1000
"""Bytes in which a report says that it is one."""


def write_report(
    search: str | Path | Run | SearchResult,
    out: str | Path | None = None,
    *,
    storage: str | BaseStorage | None = None,
    family: NetworkFamily | None = None,
) -> Path:
    """Write what a search found, so far or in the end, as one HTML file.

    The file holds everything, also what draws the figures, and fetches nothing.

    >>> write_report("runs/digits")

    Args:
        search: The run's folder, or the search, running, stopped or complete.
        out: The file; ``report.html`` in the run's folder if left out. A report that is there is
            replaced in one step, anything else is left alone.
        storage: As given to the search; None for the study.db of the folder.
        family: Of a search of a family of your own, to draw its network as it is built.

    Returns:
        The file.

    Raises:
        InputError: The folder holds no search, or the file cannot be written. Nothing has been
            written then.
    """
    if isinstance(search, SearchResult):
        family = family or search.family
    path = search.path if isinstance(search, SearchResult) else search
    opened = path if isinstance(path, Run) else open_run(path, storage, to_read=True)
    file = opened.path / NAME if out is None else Path(out)
    _check_free(file, is_ours=out is None)
    page = render(content(opened), figures(opened, family=family))
    try:
        replace_file(file, page.encode())
    except OSError as error:
        raise InputError(f"out: {file} cannot be written: {error.strerror}.") from None
    return file


def _check_free(file: Path, *, is_ours: bool) -> None:
    if file.is_dir():
        raise InputError(f"out: {file} is a folder; give the name of a file.")
    if not file.parent.is_dir():
        raise InputError(f"out: there is no folder {file.parent}; make it, or choose another.")
    if is_ours or not file.exists():
        return
    with file.open("rb") as existing:
        if GENERATOR.encode() not in existing.read(_HEAD):
            raise InputError(f"out: {file} exists and is no report; choose another name.")
