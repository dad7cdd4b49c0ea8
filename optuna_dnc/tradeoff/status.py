"""Status of a trade-off, read from the folders of its searches without changing them."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.runs.life_cycle import LIVE, State
from optuna_dnc.runs.run import Run, open_run
from optuna_dnc.runs.status import SearchStatus, status_of_run
from optuna_dnc.runs.workers import WorkerStatus
from optuna_dnc.tradeoff.folder import TradeoffFolder


@dataclass(frozen=True)
class TradeoffStatus:
    """Status of a trade-off."""

    path: Path
    state: State
    """State of all searches together, as of one of them."""
    searches: tuple[SearchStatus, ...]
    """Searches that have begun, by ``wc``."""
    not_begun: tuple[str, ...]
    """Names of the folders of the others."""
    seconds_left: float | None
    """Estimated seconds until the searches end; None if none is running, or unknown."""
    workers: tuple[WorkerStatus, ...]
    """Live workers, each once, with what it trains for any of the searches."""

    @property
    def is_live(self) -> bool:
        """Whether a process works on it."""
        return self.state in LIVE

    @property
    def n_ended(self) -> int:
        """Number of searches that have ended."""
        return sum(search.has_ended for search in self.searches)

    @property
    def n_searches(self) -> int:
        """Number of searches."""
        return len(self.searches) + len(self.not_begun)


def tradeoff_status(path: str | Path) -> TradeoffStatus:
    """Return the status of a trade-off.

    Args:
        path: Folder of the trade-off.

    Raises:
        InputError: The folder holds no trade-off, or a file is damaged.
    """
    folder = TradeoffFolder(path)
    weights = folder.read().get("wc") or ()
    folders = {*map(folder.run, weights), *folder.search_folders()}
    runs = [open_run(each, to_read=True) for each in folders if _has_begun(RunFolder(each))]
    runs.sort(key=lambda run: run.settings["wc"])
    searches = tuple(map(_status, runs))
    not_begun = sorted(each.name for each in folders - {run.path for run in runs})
    state = _state(searches, is_whole=not not_begun)
    return TradeoffStatus(
        path=folder.path,
        state=state,
        searches=searches,
        not_begun=tuple(not_begun),
        seconds_left=None if not_begun or state not in LIVE else _seconds_left(runs),
        workers=each_once(worker for search in searches for worker in search.workers),
    )


def _has_begun(folder: RunFolder) -> bool:
    return folder.settings.exists() and (folder.study.exists() or folder.result.exists())


def _status(run: Run) -> SearchStatus:
    """Return the status of a search; one that has ended is open for those that learn from it."""
    status = status_of_run(run)
    if not (run.settings["shares_trials"] and run.summary and run.summary["complete"]):
        return status
    return replace(status, state="chosen" if run.summary.get("chosen") else "complete")


def _state(searches: Sequence[SearchStatus], *, is_whole: bool) -> State:
    """Return the state of all searches together: what is left to do for any of them."""
    states = {search.state for search in searches if not search.has_ended}
    if not states:
        return "new" if not searches else "complete" if is_whole else "stopped"
    if states & {*LIVE}:
        is_at_its_end = is_whole and states == {"finishing"}
        return "pausing" if "pausing" in states else "finishing" if is_at_its_end else "running"
    known: tuple[State, ...] = ("paused", "failed", "stopped")
    return next((state for state in known if state in states), "new")


def _seconds_left(runs: Sequence[Run]) -> float | None:
    """Estimate the seconds until all searches have ended, which run in turn; None if unknown."""
    left = [run for run in runs if not (run.summary and run.summary["complete"])]
    known = [seconds for run in left if (seconds := run.ledger.expected_trial) is not None]
    typical = statistics.fmean(known) if known else math.inf
    total, limits = 0.0, []
    for run in left:
        outlook = run.studies.outlook()
        if outlook is None:
            return None
        seconds = outlook.of_stages(run.ledger)
        if seconds is None:  # it has no trial of its own yet
            n_left = outlook.trials_left(run.ledger)
            seconds = math.inf if n_left is None else n_left and n_left * typical
        total += seconds + outlook.to_result  # the results are written after all stages
        if outlook.ends_at is not None:
            limits.append(max(outlook.ends_at - time.time(), 0.0))
    least = min([total, *limits])
    return least if math.isfinite(least) else None


def each_once(workers: Iterable[WorkerStatus]) -> tuple[WorkerStatus, ...]:
    """Return the workers of all searches, each once: as it is in the one that it trains for."""
    seen: dict[tuple[str, int], WorkerStatus] = {}
    for worker in workers:
        process = worker.host, worker.pid
        if process not in seen or worker.doing is not None:
            seen[process] = worker
    return tuple(seen.values())


def start_time(path: Path) -> datetime:
    """Return when the first trial of a search started: it learns from those that began before."""
    studies = open_run(path, to_read=True).study_of.values()
    trials = [trial for study in studies for trial in study.get_trials(deepcopy=False)]
    return min(trial.datetime_start for trial in trials if trial.datetime_start is not None)
