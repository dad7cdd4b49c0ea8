"""Keep what the dashboard shows up to date while a search goes on, at under 1 % of its time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from optuna.storages import BaseStorage

from optuna_dnc._errors import InputError
from optuna_dnc._locks import is_claimed
from optuna_dnc.report.dashboard.budget import Budget
from optuna_dnc.report.dashboard.publishing import publish
from optuna_dnc.runs import Run, open_run

PAUSE = 20.0
"""Fewest seconds between two publications."""
LOOK = 1.0
"""Seconds after which the end of a search is noticed."""


class Updates:
    """Publishes a search in a thread of its own: now, and whenever trials were added.

    While the search runs only what its :class:`Budget` affords is published; as soon as it ends,
    everything.

    Args:
        search: As it was when the dashboard was started.
        storage: From which it is read again.
        complain: Called with a line for each new problem; publishing is tried again.
    """

    def __init__(self, search: Run, storage: BaseStorage, complain: Callable[[str], None]) -> None:
        self._search = search
        self._storage = storage
        self._complain = complain
        self._problem: str | None = None
        self._budget = Budget()
        self._published: tuple[object, ...] = ()
        self._stopping = threading.Event()
        self._tried = threading.Event()
        self._thread = threading.Thread(target=self._run, name="publishing", daemon=True)

    def start(self, patience: float) -> None:
        """Start, and wait until something is published, at most so many seconds."""
        self._thread.start()
        self._tried.wait(patience)

    def stop(self) -> None:
        """End; a publication that is going on is finished first."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        what = self._affordable(waited=0.0)
        if what is not None:
            self._update(what)
        self._tried.set()
        while (what := self._rest()) is not None:
            self._update(what)

    def _update(self, what: str) -> None:
        """Publish ``notes`` or ``figures`` if anything is new; of a search that ended, all."""
        start = time.perf_counter()
        try:
            search = open_run(self._search.path, self._storage)
            is_running = search.state == "running"
            what = what if is_running else "figures"
            content = (search.state, what, *_progress(search))
            # What has begun again since it was read pays from its budget like any other.
            has_begun = is_running and self._search.state != "running"
            is_new = content != self._published and not has_begun
            if is_new:
                publish(search, with_figures=what == "figures")
                self._published = content
        except InputError as error:
            if str(error) != self._problem:
                self._complain(str(error))
            self._problem = str(error)
            return
        self._problem, self._search = None, search
        if is_running:
            self._budget.spend(what if is_new else None, time.perf_counter() - start)

    def _affordable(self, waited: float) -> str | None:
        """What may be published now, so many seconds after the search was read."""
        if self._search.state != "running":
            return "figures"
        searched = sum(record.seconds for record in self._search.ledger.records) + waited
        kinds = ("figures", "notes")
        return next((kind for kind in kinds if self._budget.affords(kind, searched)), None)

    def _rest(self) -> str | None:
        """Wait until something may be published, and say what; None if there is an end to it.

        Even to look at a search takes time: that it may be looked at is decided before.
        """
        since = time.monotonic()
        while not self._stopping.wait(LOOK):
            waited = time.monotonic() - since
            was_running = self._problem is None and self._search.state == "running"
            if was_running and _has_ended(self._search):
                return "figures"
            if waited >= PAUSE and (what := self._affordable(waited)) is not None:
                return what
        return None


def _progress(search: Run) -> tuple[int, int]:
    records = search.ledger.records
    return len(records), sum(record.measured.epochs_run for record in records)


def _has_ended(search: Run) -> bool:
    """Whether the process that was searching is gone."""
    return not is_claimed(search.path)
