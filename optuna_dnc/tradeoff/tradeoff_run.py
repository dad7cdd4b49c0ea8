"""Execution of a trade-off: stage after stage, in each one search after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from typing_extensions import override

from optuna_dnc.pruners.claims import Claims
from optuna_dnc.search.context import SearchContext
from optuna_dnc.search.limits.time_limit import StageTimeIsUp, TimeIsUp
from optuna_dnc.search.search_run import SearchRun, Steps
from optuna_dnc.search.stages.forecast import outlook_of
from optuna_dnc.search.stages.stage import Stage
from optuna_dnc.search.stages.stage_run import StageRun
from optuna_dnc.search.stages.worker import DONE, Outcome, Worker
from optuna_dnc.tradeoff.pool import (
    SHARE_AFTER_LEARNING,
    Pool,
    learn_from_others,
    take_over_best,
)
from optuna_dnc.tradeoff.result import Tradeoff


@dataclass(frozen=True)
class _Part:
    """A stage of one search."""

    stage: Stage
    run: SearchRun
    weight: float
    """Share of the time, relative to those of the other parts."""


class TradeoffRun(Steps[Tradeoff]):
    """Searches of a trade-off, as one of its workers runs them: all of them are open.

    All workers go through the same sequence of parts, each a stage of one search, and each part
    begins when those before it have ended: a search learns from those before it. What they decide
    follows from the trials, so that it does not matter which worker does it.

    Args:
        open_runs: Searches that have not ended, in their order.
        runs: All searches, in the order in which they have begun.
        pool: What they share.
        load: Loads the result from the folder.
    """

    def __init__(
        self,
        open_runs: Sequence[SearchRun],
        runs: Sequence[SearchRun],
        pool: Pool,
        load: Callable[[], Tradeoff],
    ) -> None:
        self.open_runs = open_runs
        self.runs = runs
        self._pool = pool
        self._load = load
        self._parts = [
            _Part(stage, run, stage.time_share * _share(run, runs))
            for stages in zip(*(run.stages for run in open_runs), strict=True)
            for stage, run in zip(stages, open_runs, strict=True)
        ]
        self._position = 0
        self._stage_run: StageRun | None = None
        self._is_complete = True

    @property
    def worker(self) -> Worker:
        """This worker, in the search that it has worked on last."""
        last = max(0, min(self._position, len(self._parts) - 1))
        return (self._parts[last].run if self._parts else self.runs[0]).worker

    @property
    def context(self) -> SearchContext:
        """State of that search."""
        return self.worker.context

    @property
    @override
    def claims(self) -> Claims:
        """Claims of the first search."""
        return self.runs[0].claims

    @override
    def wait(self) -> None:
        self.worker.wait()

    @override
    def work_once(self) -> Outcome:
        """Train a network of the first part that has not ended, if this worker can.

        With a time limit, each part gets a share of the time that is left, by its number of
        trials.
        """
        while self._position < len(self._parts):
            part = self._parts[self._position]
            try:
                outcome = DONE if self._is_left() else self._work_on(part)
            except StageTimeIsUp:
                self._is_complete &= part.stage.has_enough(part.run.context)
            except TimeIsUp:
                self._is_complete = False
                self._close()
                self._position = len(self._parts)
                break
            else:
                if outcome != DONE:
                    return outcome
            self._end(part)
        return DONE

    @override
    def _finish(self) -> Tradeoff:
        """Write the results of all searches that have any network, and of the whole."""
        self._read_all()
        for run in self.open_runs:
            if run.context.ledger.records:
                run.end(complete=self._is_complete)
        result = self._load()
        result.save()
        return result

    def close(self) -> None:
        """Leave the open stage, if any."""
        self._close()

    def _work_on(self, part: _Part) -> Outcome:
        if self._stage_run is None:
            self._stage_run = self._begun(part)
        return self._stage_run.work_once()

    def _begun(self, part: _Part) -> StageRun:
        if self._position == 0:
            self._keep_outlooks()
        left = sum(other.weight for other in self._parts[self._position :])
        part.run.context.limit.begin_part(part.weight / left)
        self._read_all()
        with part.run.deciding():
            learn_from_others(part.run, self.runs, part.stage)
        return part.run.opened(part.stage)

    def _keep_outlooks(self) -> None:
        """Store what is expected of all searches, for those that look while the first one runs."""
        for run in self.open_runs:
            outlook = outlook_of(run.context, run.stages, run.stages[0])
            run.studies.keep_outlook(outlook)

    def _end(self, part: _Part) -> None:
        self._close()
        self._position += 1
        if part.run is self.open_runs[-1]:
            self._read_all()
            for run in self.open_runs:
                with run.deciding():
                    take_over_best(run, self.runs, part.stage, self._pool)

    def _is_left(self) -> bool:
        """Return whether the time of the part is up for others, which train for a later one."""
        part, *later = self._parts[self._position :]
        if not part.run.context.limit.is_set or not part.run.worker.has_company():
            return False
        return any(other.run.worker.is_training(other.stage) for other in later)

    def _read_all(self) -> None:
        """Read what other workers have added to any search."""
        for run in self.runs:
            with run.deciding():
                pass

    def _close(self) -> None:
        if self._stage_run is not None:
            self._stage_run.close()
            self._stage_run = None


def _share(run: SearchRun, runs: Sequence[SearchRun]) -> float:
    return 1 if run is runs[0] else 1 / SHARE_AFTER_LEARNING
