"""Remaining architecture: stage 2, a sequence of small grids."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import optuna
from optuna.trial import FrozenTrial
from typing_extensions import override

from optuna_dnc.nets import NetworkFamily
from optuna_dnc.pruners.claims import Claims
from optuna_dnc.pruners.schedule import Done, Wait
from optuna_dnc.runs.records import Record
from optuna_dnc.runs.settings import SearchSettings
from optuna_dnc.runs.stage_keys import CORE, REMAINING
from optuna_dnc.search.context import Proposal, SearchContext
from optuna_dnc.search.jobs import JobQueue, Step
from optuna_dnc.search.stage import Stage, StudyOpener, best_of
from optuna_dnc.search.stage_samplers import PlannedSampler
from optuna_dnc.search.trial_board import TrialBoard
from optuna_dnc.search.trial_job import TrialFactory
from optuna_dnc.space.grid import GridPoint, grid
from optuna_dnc.training import TrainingConfig


class RemainingArchitecture(Stage):
    """Stage 2: a greedy sequence of small grids, each starting from the best network so far.

    No pruner stops its trainings: a grid has few points, its choice is final, and its options
    change the shape of the learning curve. Dropout, for one, learns slowly and ends better.
    """

    key = REMAINING
    time_share = 2.0

    @override
    def most_trials(self, family: NetworkFamily, settings: SearchSettings) -> int:
        # The deepest network has the most options.
        return _n_points(family, family.largest())

    @override
    def n_trials(self, context: SearchContext) -> int:
        best = best_of(context, CORE)
        return _n_points(context.family, context.family.config_from_dict(best.config))

    @override
    def jobs(self, context: SearchContext, open_study: StudyOpener, claims: Claims) -> JobQueue:
        sampler = PlannedSampler()
        board = TrialBoard(open_study(sampler), self.key, claims)
        factory = TrialFactory(context=context, board=board, stage=self.name)
        return _GridQueue(context, factory, sampler)


@dataclass(frozen=True)
class _GridQueue(JobQueue):
    """Points of the grids, each a trial whose number is its position among all points.

    The points of one grid may be trained at once. The next grid starts from the best network when
    all of them have ended, so that the result does not depend on the number of workers.
    """

    context: SearchContext
    factory: TrialFactory
    sampler: PlannedSampler

    @override
    def is_training(self) -> bool:
        return self.factory.board.is_training()

    @override
    def next_step(self) -> Step:
        context, trials = self.context, self.factory.board.trials()
        incumbent = best_of(context, CORE)
        number = 0
        for refinement in context.family.refinements:
            start, candidates, n_busy = incumbent, [], 0
            for point in self._points(refinement, start):
                trial = trials[number] if number < len(trials) else None
                number += 1
                if trial is not None and trial.state.is_finished():
                    candidates.append(
                        context.ledger.of_trial(f"{self.factory.stage}/{number - 1}")
                    )
                    continue
                step = self._begun(trial, refinement, point, start)
                if step is not None:
                    return step
                n_busy += 1
            if n_busy:
                return Wait()
            for record in candidates:
                # Only a strictly better network replaces the incumbent.
                if record is not None and record.rank < incumbent.rank:
                    incumbent = record
        return Done()

    def _points(self, refinement: str, start: Record) -> Iterator[GridPoint]:
        config = self.context.family.config_from_dict(start.config)
        for point in _grid_of(self.context.family, refinement, config):
            if self.context.cost_limits.keeps_counted(point.outcome):
                yield point

    def _begun(
        self,
        trial: FrozenTrial | None,
        refinement: str,
        point: GridPoint,
        start: Record,
    ) -> Step | None:
        """Begin the trial of a point; None if it is left to another worker."""
        board = self.factory.board
        if trial is not None and (board.is_taken(trial) or self.factory.is_parked(trial)):
            return None
        self.context.check_time()
        self.sampler.plan = point.params

        def propose(trial: optuna.Trial) -> Proposal:
            for name, choices in point.choices.items():
                trial.suggest_categorical(name, choices)
            trial.set_user_attr("refinement", refinement)
            config = point.outcome
            published = self.context.settings.is_published
            return Proposal(
                config,
                self.context.default_training(config)
                if published
                else TrainingConfig(**start.training),
            )

        return self.factory.begin(trial, propose)


def _grid_of(family: NetworkFamily, refinement: str, config: Any) -> list[GridPoint]:
    return grid(partial(family.refine, refinement, config))


def _n_points(family: NetworkFamily, config: Any) -> int:
    return sum(len(_grid_of(family, refinement, config)) for refinement in family.refinements)
