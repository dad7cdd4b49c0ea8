"""Extension of a search with more trials, epochs or time."""

from __future__ import annotations

from pathlib import Path

from optuna.storages import BaseStorage
from typing_extensions import Unpack

from optuna_dnc._errors import InputError, RunBusyError
from optuna_dnc._locks import is_claimed
from optuna_dnc.runs.growth import GROWABLE, grown, store_growth
from optuna_dnc.search.reopening import SessionOptions, search_of_run
from optuna_dnc.search.search_result import SearchResult
from optuna_dnc.search.staged_search import StagedSearch


class ExtendOptions(SessionOptions, total=False):
    """Keyword arguments of :func:`extend`."""

    storage: str | BaseStorage | None
    n_steps: int | None
    n_startup_trials: int | None
    budget: int | None


def extend(path: str | Path, **options: Unpack[ExtendOptions]) -> SearchResult:
    """Raise the limits of a search and continue it; see :func:`extended_search`."""
    return extended_search(path, **options).run()


def extended_search(
    path: str | Path,
    storage: str | BaseStorage | None = None,
    *,
    n_steps: int | None = None,
    n_startup_trials: int | None = None,
    budget: int | None = None,
    **session: Unpack[SessionOptions],
) -> StagedSearch:
    """Raise the limits of a search; its other settings never change.

    All trials are kept. If stage 1 now finds a better network, stages 2 and 3 run for it. A choice
    by hand is reset, because there may be a better network. The command that started the search
    still resumes it.

    >>> extended_search("runs/digits", n_steps=40).run()

    Args:
        path: Folder of the run; no process may work on it.
        storage: Storage of the search; None for study.db in the folder.
        n_steps: New number of Bayesian steps of a stage, at least as many as before; None to leave
            it.
        n_startup_trials: The same of start-up trials.
        budget: The same of epochs.
        **session: See :func:`optuna_dnc.search.search_of_run`. ``timeout`` is for the additional
            trials.

    Raises:
        InputError: A value is lower than before, nothing is raised, or the search cannot be
            opened.
    """
    asked = dict(zip(GROWABLE, (n_steps, n_startup_trials, budget), strict=True))
    more = {name: value for name, value in asked.items() if value is not None}
    if not more and session.get("timeout") is None:
        raise InputError(
            "Nothing is added: raise n_steps=, n_startup_trials= or budget=, or give timeout=."
        )
    search = search_of_run(path, storage, **session)
    if is_claimed(search.folder.path):
        raise RunBusyError(
            f"{search.folder.path} is in use; pause it first with optuna-dnc pause."
        )
    settings = grown(search.settings, more)
    with search.begun() as run:
        store_growth(search.folder, run.studies, settings)
    session["data"] = search.dataset
    return search_of_run(path, storage, **session)
