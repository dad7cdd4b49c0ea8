"""The stages in which a sampler proposes every network."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from itertools import takewhile
from typing import Any

import optuna
from optuna.pruners import MedianPruner
from optuna.samplers import BaseSampler
from optuna.trial import TrialState

from optuna_dnc.nets import NetworkFamily
from optuna_dnc.runs.records import Record
from optuna_dnc.runs.settings import SearchSettings
from optuna_dnc.runs.stage_keys import CORE, JOINT
from optuna_dnc.samplers.registry import SamplerFactory
from optuna_dnc.search.hyperband import hyperband_trials
from optuna_dnc.search.runner import Proposal, TrialRunner
from optuna_dnc.search.stage import Stage, StudyOpener, trials_of
from optuna_dnc.search.stage_samplers import architecture_sampler
from optuna_dnc.search.trials import run_trial
from optuna_dnc.training import JointTrainingSpace

Proposer = Callable[[optuna.Trial], Proposal]
"""Asks a trial for its suggestions."""

SHARE_AFTER_LEARNING = 4
SHARE_WITHOUT = 2
"""Of searches that share trials, all but the first have one in so many of their own: the former
in a stage in which they have taken over trials, the latter in others."""


class BayesianStage(Stage):
    """Proposes one network after the other and learns from all before.

    With Hyperband the budget of epochs decides how many networks there are. Else there are
    ``n_startup_trials + n_steps``, or fewer: no training is started that could take the stage
    beyond its budget.

    Args:
        create: Creates the sampler.
    """

    def __init__(self, create: SamplerFactory) -> None:
        self._create = create

    @abstractmethod
    def proposals(self, runner: TrialRunner) -> tuple[BaseSampler, Proposer]:
        """Prepare the stage's sampler, and what its trials are asked."""

    def first_guesses(self, runner: TrialRunner) -> list[dict[str, Any]]:
        """Parameters that were good elsewhere; they are proposed first, instead of a start-up."""
        del runner
        return []

    def learns_from(self, runner: TrialRunner, record: Record) -> bool:
        return True

    def most_trials(self, family: NetworkFamily, settings: SearchSettings) -> int:
        plan = settings.hyperband
        return settings.n_bayesian_trials if plan is None else plan.n_trials

    def n_trials(self, runner: TrialRunner) -> int:
        n_trials = self.most_trials(runner.family, runner.settings)
        if runner.pool.neighbour(runner) is None:
            return n_trials
        return -(-n_trials // (SHARE_AFTER_LEARNING if self._n_learned(runner) else SHARE_WITHOUT))

    def _n_learned(self, runner: TrialRunner) -> int:
        """Trials of other searches that were taken over before the first of its own."""
        records = runner.ledger.of_stages(self.name)
        return sum(1 for _ in takewhile(lambda record: record.shared, records))

    def most_epochs(self, family: NetworkFamily, settings: SearchSettings) -> int:
        if settings.hyperband is not None:
            return settings.hyperband.epochs
        everything = super().most_epochs(family, settings)
        return everything if settings.budget is None else min(everything, settings.budget)

    def epochs_left(self, runner: TrialRunner, n_done: int) -> int:
        left = self.most_epochs(runner.family, runner.settings)
        left -= runner.ledger.trained_epochs(self.name)
        if runner.settings.hyperband is not None:
            return max(left, 0)
        return min(max(left, 0), super().epochs_left(runner, n_done))

    def run(self, runner: TrialRunner, open_study: StudyOpener) -> Iterator[Record]:
        sampler, propose = self.proposals(runner)
        study = open_study(sampler)
        if all(trial.state == TrialState.WAITING for trial in study.get_trials(deepcopy=False)):
            for params in self.first_guesses(runner):
                study.enqueue_trial(params, skip_if_exists=True)
        if runner.settings.hyperband is not None:
            return hyperband_trials(runner, study, self, propose, runner.settings.hyperband)
        return self._one_by_one(runner, study, propose)

    def _one_by_one(
        self, runner: TrialRunner, study: optuna.Study, propose: Proposer
    ) -> Iterator[Record]:
        settings = runner.settings
        may_stop = settings.pruner == "median"
        if may_stop:
            study.pruner = MedianPruner()

        def is_in_budget() -> bool:
            most = runner.ledger.trained_epochs(self.name) + settings.epochs
            return settings.budget is None or most <= settings.budget

        first = self._n_learned(runner)
        last = first + self.n_trials(runner)
        for trial in trials_of(study, runner, last, first=first, may_go_on=is_in_budget):
            if isinstance(trial, Record):
                yield trial
                continue
            proposal = propose(trial)
            record = run_trial(runner, study, trial, self.name, proposal, may_stop=may_stop)
            if record is not None:
                yield record


class CoreArchitecture(BayesianStage):
    """Stage 1: depth and widths by Bayesian optimisation."""

    key = CORE

    def proposals(self, runner: TrialRunner) -> tuple[BaseSampler, Proposer]:
        def propose(trial: optuna.Trial) -> Proposal:
            config = runner.family.suggest_core(trial)
            return Proposal(config, runner.default_training(config))

        family, settings = runner.family, runner.settings
        return architecture_sampler(self._create, family, family.suggest_core, settings), propose


class JointSearch(BayesianStage):
    """Network and training at once, after Zela et al. (arXiv 1807.06906)."""

    key = JOINT

    def proposals(self, runner: TrialRunner) -> tuple[BaseSampler, Proposer]:
        space = JointTrainingSpace(**runner.settings.training_space)
        base = runner.settings.training(0.0)
        task, input_shape = runner.data.task, runner.data.input_shape

        def propose(trial: optuna.trial.BaseTrial) -> Proposal:
            return Proposal(
                runner.family.suggest(trial),
                space.suggest(trial, base, task=task, input_shape=input_shape),
            )

        sampler = architecture_sampler(self._create, runner.family, propose, runner.settings)
        return sampler, propose
