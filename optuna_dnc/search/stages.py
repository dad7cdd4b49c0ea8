"""Pilot stage, and the stages of a search in order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from importlib.metadata import EntryPoint

from typing_extensions import override

from optuna_dnc.nets import NetworkFamily
from optuna_dnc.runs.records import Record
from optuna_dnc.runs.settings import SearchSettings
from optuna_dnc.runs.stage_keys import PILOT
from optuna_dnc.runs.strategies import STRATEGIES
from optuna_dnc.samplers.registry import SamplerFactory
from optuna_dnc.search.bayesian_stages import BayesianStage
from optuna_dnc.search.context import SearchContext
from optuna_dnc.search.stage import Stage, StudyOpener, trials_of
from optuna_dnc.search.trials import run_trial


class Pilot(Stage):
    """Pilot of Hyperband: the first proposal of the first stage, trained to the end.

    Its learning curve serves to project the errors of others.

    Args:
        first: First stage of the search.
    """

    key = PILOT

    def __init__(self, first: BayesianStage) -> None:
        self._first = first

    @override
    def most_trials(self, family: NetworkFamily, settings: SearchSettings) -> int:
        return 1

    @override
    def run(self, context: SearchContext, open_study: StudyOpener) -> Iterator[Record]:
        sampler, propose = self._first.proposals(context)
        study = open_study(sampler)
        for params in self._first.first_guesses(context)[:1]:
            study.enqueue_trial(params, skip_if_exists=True)
        spare = partial(self._first.spare, context)
        for trial in trials_of(study, context, 1, spare=spare):
            record = (
                trial
                if isinstance(trial, Record)
                else run_trial(context, study, trial, self.name, propose(trial))
            )
            if record is None:
                continue
            context.objective.learn_from_pilot(record)
            # By its own projection, the pilot has the same loss from the first epoch on.
            context.ledger.add(replace(record, curve={}))
            yield record


def stages_of(settings: SearchSettings, create: SamplerFactory) -> tuple[Stage, ...]:
    """Return the stages of a search in the order in which they run.

    Args:
        settings: Settings of the search.
        create: Factory of the samplers of Bayesian stages.
    """
    stages: list[Stage] = []
    for key in STRATEGIES[settings.strategy].stages:
        stage: type[Stage] = EntryPoint(key.name, key.stage, "").load()
        stages.append(stage(create) if issubclass(stage, BayesianStage) else stage())
    if settings.pruner == "hyperband":
        first = next(stage for stage in stages if isinstance(stage, BayesianStage))
        stages.insert(0, Pilot(first))
    return tuple(stages)
