"""Run or resume a search to its end, and show its result."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from optuna_dnc._errors import InputError
from optuna_dnc.cli.clock import with_time_limit
from optuna_dnc.cli.engines import prepare, split_engine
from optuna_dnc.cli.importing import with_imports
from optuna_dnc.cli.long_running import long_running

if TYPE_CHECKING:
    from optuna_dnc.search import SearchResult, StagedSearch

SHARE = 0.01
"""Maximum fraction of the search time for its publication."""
EXPECTED = 3.0
"""Seconds of a publication, imports included; see benchmarks/report/dashboard_cost.py."""


def typed(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that were given, with each ``module:Class`` imported."""
    return with_imports({name: value for name, value in options.items() if value is not None})


def show(result: SearchResult, *, as_json: bool) -> None:
    """Print result.json, or the table of a search."""
    from optuna_dnc.cli.result_view import print_result

    if as_json:
        typer.echo(json.dumps(result.summary, indent=2))
    else:
        print_result(result)


def go_on(
    reopened: Callable[..., StagedSearch],
    folder: Path,
    options: dict[str, Any],
    *,
    quiet: bool,
    as_json: bool,
) -> None:
    """Run the search of a folder to its end, and show the result.

    Args:
        reopened: Creates the search from the folder and the options.
        folder: Folder of the run.
        options: Options of the command line, also those of workers; None if not given.
        quiet: Whether to show no progress.
        as_json: Whether to print result.json.

    Raises:
        InputError: The folder holds a trade-off, or the options or the data do not suit.
    """
    given, engine = split_engine(typed(options))
    with long_running():
        search = reopened(folder, progress=not quiet, **with_time_limit(given))
        run_and_show(search, given, engine, as_json=as_json)


def run_and_show(
    search: StagedSearch,
    options: Mapping[str, Any],
    engine: Mapping[str, Any],
    *,
    as_json: bool,
) -> None:
    """Run a search, show its result, and publish it for optuna-dashboard.

    Args:
        search: The search.
        options: Options that the user has given.
        engine: Arguments of :meth:`optuna_dnc.search.StagedSearch.run`. With no workers, the run
            is prepared for those that are started by hand.
        as_json: Whether to print result.json.
    """
    if engine.get("workers") == 0:
        prepare(search, options)
        return
    start = time.monotonic()
    result = search.run(**engine)
    took = time.monotonic() - start
    show(result, as_json=as_json)
    problem = publish_at_end(result.path, options.get("storage"), took)
    if problem is not None:
        typer.echo(f"optuna-dnc: {problem}", err=True)


def publish_at_end(path: Path, storage: str | None, seconds: float) -> str | None:
    """Publish a search for optuna-dashboard, if that takes at most a hundredth of its time.

    Args:
        path: Folder of the run.
        storage: Storage URL of the search, if it has one.
        seconds: Wall time of the search.

    Returns:
        A line that describes the problem, if any; it does not make the search fail.
    """
    if seconds * SHARE < EXPECTED:
        return None
    from optuna_dnc.report.dashboard.publishing import publish  # takes two seconds to import
    from optuna_dnc.runs import open_run
    from optuna_dnc.runs.storage import open_storage

    try:
        search = open_run(path, open_storage(storage or path / "study.db"))
        try:
            publish(search, with_figures=find_spec("plotly") is not None)
        finally:
            search.studies.close()
    except InputError as error:
        return f"the search is complete, but was not published for optuna-dashboard: {error}"
    return None
