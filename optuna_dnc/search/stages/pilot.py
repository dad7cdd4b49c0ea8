"""Pilot stage, and the stages of a search in order."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from importlib.metadata import EntryPoint

from typing_extensions import override

from optuna_dnc.nets import NetworkFamily
from optuna_dnc.pruners.claims import Claims
from optuna_dnc.pruners.schedule import Done
from optuna_dnc.runs.settings import SearchSettings
from optuna_dnc.runs.stage_keys import PILOT
from optuna_dnc.runs.strategies import STRATEGIES
from optuna_dnc.samplers.registry import SamplerFactory
from optuna_dnc.search.context import SearchContext
from optuna_dnc.search.stages.bayesian_queue import BayesianQueue
from optuna_dnc.search.stages.bayesian_stages import BayesianStage
from optuna_dnc.search.stages.stage import Stage, StudyOpener
from optuna_dnc.search.trials.jobs import JobQueue, Step
from optuna_dnc.search.trials.trial_board import TrialBoard
from optuna_dnc.search.trials.trial_job import TrialFactory


class Pilot(Stage):
    """Pilot of Hyperband: the first proposal of the first stage, trained to the end.

    Its learning curve serves to project the errors of others.
    """

    key = PILOT

    def __init__(self, first: BayesianStage) -> None:
        self._first = first

    @override
    def most_trials(self, family: NetworkFamily, settings: SearchSettings) -> int:
        return 1

    @override
    def jobs(self, context: SearchContext, open_study: StudyOpener, claims: Claims) -> JobQueue:
        sampler, propose = self._first.proposals(context)
        study = open_study(sampler)
        for params in self._first.first_guesses(context)[:1]:
            study.enqueue_trial(params, skip_if_exists=True)
        board = TrialBoard(study, self.key, claims)
        return _PilotQueue(
            context=context,
            factory=TrialFactory(context=context, board=board, stage=self.name),
            propose=propose,
            first=0,
            until=1,
            spare=partial(self._first.spare, context),
        )


class _PilotQueue(BayesianQueue):
    """The pilot; each worker learns from it before the next stage."""

    @override
    def next_step(self) -> Step:
        step = super().next_step()
        if isinstance(step, Done):
            context = self.context
            for record in context.ledger.of_stages(self.factory.stage):
                context.objective.learn_from_pilot(record)
                # By its own projection, the pilot has the same loss from the first epoch on.
                context.ledger.add(replace(record, curve={}))
        return step


def stages_of(settings: SearchSettings, create: SamplerFactory) -> tuple[Stage, ...]:
    """Return the stages of a search in the order in which they run."""
    stages: list[Stage] = []
    for key in STRATEGIES[settings.strategy].stages:
        stage: type[Stage] = EntryPoint(key.name, key.stage, "").load()
        stages.append(stage(create) if issubclass(stage, BayesianStage) else stage())
    if settings.pruner == "hyperband":
        first = next(stage for stage in stages if isinstance(stage, BayesianStage))
        stages.insert(0, Pilot(first))
    return tuple(stages)
