"""Repeated publication of a running search, within a time budget."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from optuna.storages import BaseStorage

from optuna_dnc._errors import InputError
from optuna_dnc._locks import is_claimed
from optuna_dnc.report.dashboard.publishing import publish
from optuna_dnc.runs import Run, open_run

PAUSE = 20.0
"""Minimum seconds between two publications."""
LOOK = 1.0
"""Seconds between two checks whether the search has ended."""


class Updates:
    """Thread that publishes a search at the start and whenever there are new trials.

    During the search it publishes what its :class:`Budget` allows, and at the end everything.

    Args:
        search: The search when the dashboard was started.
        storage: Storage from which the search is read again.
        on_problem: Called with a line for each new problem; publishing is retried.
    """

    def __init__(
        self, search: Run, storage: BaseStorage, on_problem: Callable[[str], None]
    ) -> None:
        self._search = search
        self._storage = storage
        self._on_problem = on_problem
        self._problem: str | None = None
        self._budget = Budget()
        self._published: tuple[object, ...] = ()
        self._stopping = threading.Event()
        self._tried = threading.Event()
        self._thread = threading.Thread(target=self._run, name="publishing", daemon=True)

    def start(self, patience: float) -> None:
        """Start, and wait for the first publication for at most ``patience`` seconds."""
        self._thread.start()
        self._tried.wait(patience)

    def stop(self) -> None:
        """Stop after the current publication, if any."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        what = self._affordable(waited=0.0)
        if what is not None:
            self._update(what)
        self._tried.set()
        while (what := self._wait()) is not None:
            self._update(what)

    def _update(self, what: str) -> None:
        """Publish ``notes`` or ``figures`` if anything is new; everything after the end."""
        start = time.perf_counter()
        try:
            search = open_run(self._search.path, self._storage)
            is_running = search.is_live
            what = what if is_running else "figures"
            content = (search.state, what, *_progress(search))
            # A search that was resumed since it was last read has to wait for its budget.
            was_resumed = is_running and not self._search.is_live
            is_new = content != self._published and not was_resumed
            if is_new:
                publish(search, with_figures=what == "figures")
                self._published = content
        except InputError as error:
            if str(error) != self._problem:
                self._on_problem(str(error))
            self._problem = str(error)
            return
        self._problem, self._search = None, search
        if is_running:
            self._budget.spend(what if is_new else None, time.perf_counter() - start)

    def _affordable(self, waited: float) -> str | None:
        """Return what may be published ``waited`` seconds after the search was read."""
        if not self._search.is_live:
            return "figures"
        search_seconds = sum(record.seconds for record in self._search.ledger.records) + waited
        kinds = ("figures", "notes")
        return next((kind for kind in kinds if self._budget.affords(kind, search_seconds)), None)

    def _wait(self) -> str | None:
        """Wait until something may be published and return what; None after :meth:`stop`.

        Reading the search takes time as well, so that the budget decides before reading.
        """
        since = time.monotonic()
        while not self._stopping.wait(LOOK):
            waited = time.monotonic() - since
            was_running = self._problem is None and self._search.is_live
            if was_running and _has_ended(self._search):
                return "figures"
            if waited >= PAUSE and (what := self._affordable(waited)) is not None:
                return what
        return None


def _progress(search: Run) -> tuple[int, int]:
    records = search.ledger.records
    return len(records), sum(record.measured.epochs_run for record in records)


def _has_ended(search: Run) -> bool:
    """Return whether no process is running the search."""
    return not is_claimed(search.path)


SHARE = 0.0075
"""Fraction of the search time. It leaves a margin to a hundredth for publications that take longer
than expected. Notes without figures may use half of it, so that figures get their turn."""
FIRST = {"notes": 1.0, "figures": 2.0}
"""Expected seconds of the first publication on a machine that is busy with the search; see
benchmarks/report/dashboard_cost.py."""


class Budget:
    """Time spent on publishing, and the expected time of the next publication.

    The next publication is expected to take as long as the last one, but at least :data:`FIRST`,
    because a busy machine may be slow again.
    """

    def __init__(self) -> None:
        self._spent = {"notes": 0.0, "figures": 0.0}
        self._expected = dict(FIRST)

    def affords(self, content: str, search_seconds: float) -> bool:
        """Return whether a publication would stay within the budget.

        Args:
            content: ``notes``, or ``figures``, which include the notes.
            search_seconds: Duration of the search so far.
        """
        allowed, expected = SHARE * search_seconds, self._expected[content]
        if content == "notes" and self._spent["notes"] + expected > allowed / 2:
            return False
        return sum(self._spent.values()) + expected <= allowed

    def spend(self, content: str | None, seconds: float) -> None:
        """Record the duration of a publication, or of a check that found nothing new (None)."""
        self._spent[content or "notes"] += seconds
        if content is not None:
            self._expected[content] = max(seconds, FIRST[content])
