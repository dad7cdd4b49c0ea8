"""Publish a search that has just ended, for whoever looks at its storage without us."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from optuna_dnc._errors import InputError
from optuna_dnc.runs import open_run
from optuna_dnc.runs.storage import open_storage

SHARE = 0.01
"""Of the time of the search."""
EXPECTED = 3.0
"""Seconds that it takes, with the libraries that it imports; see
benchmarks/report/dashboard_cost.py."""


def publish_at_end(path: Path, storage: str | None, seconds: float) -> str | None:
    """Publish, if that takes less than a hundredth of what this run of the search has taken.

    Args:
        path: The run's folder.
        storage: URL, as given to the search.
        seconds: Wall time of the run.

    Returns:
        What went wrong, in a line; a search that has ended does not fail for it.
    """
    if seconds * SHARE < EXPECTED:
        return None
    from optuna_dnc.report.dashboard.publishing import publish  # takes a second to import

    try:
        search = open_run(path, open_storage(storage or path / "study.db"))
        publish(search, with_figures=importlib.util.find_spec("plotly") is not None)
    except InputError as error:
        return f"the search has ended, but was not published for optuna-dashboard: {error}"
    return None
