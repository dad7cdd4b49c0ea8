"""A search at work, stage by stage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from optuna_dnc.data.class_balance import class_warnings
from optuna_dnc.runs.studies import Studies
from optuna_dnc.runs.trial_digests import trial_digests
from optuna_dnc.search.events import Event, SearchStarted, StageDone, StageStarted, TrialDone
from optuna_dnc.search.finish import write_result
from optuna_dnc.search.runner import TimeIsUp, TrialRunner
from optuna_dnc.search.search_result import SearchResult
from optuna_dnc.search.stage import Stage


@dataclass(frozen=True, kw_only=True)
class SearchRun:
    """A search whose folder is claimed and whose studies are open."""

    runner: TrialRunner
    studies: Studies
    stages: Sequence[Stage]
    dataset: str
    """Its name."""
    emit: Callable[[Event], None]
    notes: dict[str, Any] = field(default_factory=dict)
    """What result.json is to hold besides."""

    def start(self, reason: str | None) -> None:
        """Say what is searched, and why this network family if nobody named it."""
        runner = self.runner
        self.emit(
            SearchStarted(
                network=runner.family.name,
                reason=reason,
                n_train=len(runner.data.train),
                n_val=len(runner.data.val),
                folder=runner.folder.path,
                n_measured=len(runner.ledger.records),
                warnings=tuple(class_warnings(runner.data)),
            )
        )

    def to_the_end(self) -> SearchResult:
        """Run all stages, as far as time allows, and write the result."""
        try:
            for stage in self.stages:
                self.run_stage(stage)
        except TimeIsUp:
            return self.end(complete=False)
        return self.end(complete=True)

    def run_stage(self, stage: Stage) -> None:
        """Run or go on with one stage.

        Raises:
            TimeIsUp: No further training would end before the deadline.
        """
        runner = self.runner
        n_trials = stage.n_trials(runner)
        self.emit(StageStarted(stage.name, n_trials))
        number = 0
        trials = stage.run(runner, partial(self.studies.open, stage.key))
        for number, record in enumerate(trials, start=1):
            self.emit(
                TrialDone(
                    stage=stage.name,
                    number=number,
                    n_trials=max(n_trials, number),
                    record=record,
                    best=runner.ledger.best,
                    seconds_left=self._seconds_left(stage, number),
                )
            )
        self.emit(StageDone(stage.name, number))

    def end(self, *, complete: bool) -> SearchResult:
        """Save the best network so far, and what was found."""
        return write_result(
            self.runner,
            self.stages,
            self.dataset,
            complete,
            self.notes,
            trial_digests(self.studies),
        )

    def _seconds_left(self, stage: Stage, n_done: int) -> float | None:
        runner = self.runner
        later = sum(
            other.most_epochs(runner.family, runner.settings)
            for other in self.stages
            if other.key.number > stage.key.number
        )
        epochs = stage.epochs_left(runner, n_done) + later
        return runner.seconds_for(epochs / runner.settings.epochs)
