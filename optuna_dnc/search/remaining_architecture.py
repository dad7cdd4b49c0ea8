"""Remaining architecture: stage 2, a sequence of small grids."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import optuna
from typing_extensions import override

from optuna_dnc.nets import NetworkFamily
from optuna_dnc.runs.records import Record
from optuna_dnc.runs.settings import SearchSettings
from optuna_dnc.runs.stage_keys import CORE, REMAINING
from optuna_dnc.search.context import Proposal, SearchContext
from optuna_dnc.search.stage import Stage, StudyOpener, best_of, trials_of
from optuna_dnc.search.stage_samplers import PlannedSampler
from optuna_dnc.search.trials import run_trial
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
    def run(self, context: SearchContext, open_study: StudyOpener) -> Iterator[Record]:
        sampler = PlannedSampler()
        study = open_study(sampler)
        incumbent = best_of(context, CORE)
        position = 0
        for refinement in context.family.refinements:
            start = context.family.config_from_dict(incumbent.config)
            for point in _grid_of(context.family, refinement, start):
                if not context.cost_limits.keeps_counted(point.outcome):
                    continue
                position += 1
                sampler.plan = point.params
                for trial in trials_of(study, context, position, first=position - 1):
                    record = (
                        trial
                        if isinstance(trial, Record)
                        else self._run(context, study, trial, refinement, point, incumbent)
                    )
                    if record is None:
                        continue
                    # Only a strictly better network replaces the incumbent.
                    if record.rank < incumbent.rank:
                        incumbent = record
                    yield record

    def _run(
        self,
        context: SearchContext,
        study: optuna.Study,
        trial: optuna.Trial,
        refinement: str,
        point: GridPoint,
        incumbent: Record,
    ) -> Record | None:
        for name, choices in point.choices.items():
            trial.suggest_categorical(name, choices)
        trial.set_user_attr("refinement", refinement)
        config = point.outcome
        published = context.settings.is_published
        training = (
            context.default_training(config) if published else TrainingConfig(**incumbent.training)
        )
        return run_trial(context, study, trial, self.name, Proposal(config, training))


def _grid_of(family: NetworkFamily, refinement: str, config: Any) -> list[GridPoint]:
    return grid(partial(family.refine, refinement, config))


def _n_points(family: NetworkFamily, config: Any) -> int:
    return sum(len(_grid_of(family, refinement, config)) for refinement in family.refinements)
