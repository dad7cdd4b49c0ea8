"""Publication at the end of a search, for other tools that read its storage."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from optuna_dnc._errors import InputError
from optuna_dnc.runs import open_run
from optuna_dnc.runs.storage import open_storage

SHARE = 0.01
"""Maximum fraction of the search time."""
EXPECTED = 3.0
"""Seconds of a publication, imports included; see benchmarks/report/dashboard_cost.py."""


def publish_at_end(path: Path, storage: str | None, seconds: float) -> str | None:
    """Publish a search, if that takes at most a hundredth of the search time.

    Args:
        path: Folder of the run.
        storage: Storage URL of the search, if it has one.
        seconds: Wall time of the search.

    Returns:
        A line that describes the problem, if any; it does not make the search fail.
    """
    if seconds * SHARE < EXPECTED:
        return None
    from optuna_dnc.report.dashboard.publishing import publish  # takes a second to import

    try:
        search = open_run(path, open_storage(storage or path / "study.db"))
        try:
            publish(search, with_figures=find_spec("plotly") is not None)
        finally:
            search.studies.close()
    except InputError as error:
        return f"the search is complete, but was not published for optuna-dashboard: {error}"
    return None
