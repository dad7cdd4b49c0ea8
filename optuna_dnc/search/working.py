"""One step of a search, for any process that shares its folder."""

from __future__ import annotations

from pathlib import Path

from optuna.storages import BaseStorage
from typing_extensions import Unpack

from optuna_dnc._optuna_log import quiet_optuna
from optuna_dnc.search.reopening import SessionOptions, search_of_run
from optuna_dnc.search.staged_search import StagedSearch
from optuna_dnc.search.stages.worker import Outcome


def work_once(
    run: StagedSearch | str | Path,
    storage: str | BaseStorage | None = None,
    **session: Unpack[SessionOptions],
) -> Outcome:
    """Train one network of a started search, if this process can; the last step ends the search.

    There is no coordinator: any number of processes may call this, on any machine that shares the
    folder, and any of them may die. The trial of a dead one is taken up under its own number. To
    take many steps, open the search once: ``with search.joined() as run: run.work_once()``.

    >>> while (outcome := work_once("runs/digits")) != "done":
    ...     time.sleep(outcome == "wait")

    Args:
        run: The search, or its folder.
        storage: Storage of the search in a folder; None for its study.db.
        **session: Options of :func:`optuna_dnc.search.search_of_run`.

    Returns:
        ``trained``; ``wait`` if only other workers can go on; ``done`` once the result is written.

    Raises:
        InputError: The folder holds no search that was started, or its data cannot be found.
    """
    with quiet_optuna():  # each call opens all studies again
        search = run if isinstance(run, StagedSearch) else search_of_run(run, storage, **session)
        with search.joined() as joined:
            return joined.work_or_finish()
