"""Bayesian stages: a sampler proposes each network."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from functools import partial
from itertools import takewhile
from typing import Any

import optuna
from optuna.pruners import MedianPruner
from optuna.samplers import BaseSampler
from optuna.trial import TrialState
from typing_extensions import override

from optuna_dnc._optuna_compat import enqueued_params
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.pruners.claims import Claims
from optuna_dnc.runs.records import Record
from optuna_dnc.runs.settings import SearchSettings
from optuna_dnc.runs.stage_keys import CORE, JOINT
from optuna_dnc.samplers.registry import SamplerFactory
from optuna_dnc.search.context import Proposal, SearchContext
from optuna_dnc.search.stages.bayesian_queue import BayesianQueue, Proposer
from optuna_dnc.search.stages.hyperband import HyperbandQueue
from optuna_dnc.search.stages.longer_training import LongerTraining
from optuna_dnc.search.stages.stage import Stage, StudyOpener
from optuna_dnc.search.stages.stage_samplers import architecture_sampler, from_trial
from optuna_dnc.search.trials.jobs import JobQueue
from optuna_dnc.search.trials.trial_board import TrialBoard
from optuna_dnc.search.trials.trial_job import TrialFactory
from optuna_dnc.training import JointTrainingSpace

MOST_IN_TIME = 300
"""Trials of a stage whose number only a time limit bounds: more would choose by chance among
networks that are equally good on the validation samples."""


class BayesianStage(Stage):
    """Stage whose sampler proposes each network, and learns from all earlier ones.

    With Hyperband, the budget of epochs determines the number of networks. Otherwise there are
    ``n_startup_trials + n_steps``, or fewer: no training is started that could exceed the budget.
    """

    def __init__(self, create: SamplerFactory) -> None:
        self._create = create

    @abstractmethod
    def proposals(self, context: SearchContext) -> tuple[BaseSampler, Proposer]:
        """Create the stage's sampler, and the function that turns a trial into a proposal."""

    def first_guesses(self, context: SearchContext) -> list[dict[str, Any]]:
        """Return parameters that were good elsewhere; they replace the start-up trials."""
        del context
        return []

    def longer(
        self, context: SearchContext, factory: TrialFactory, propose: Proposer
    ) -> LongerTraining | None:
        """Return the longer training of the best network after all trials, if there is one."""
        del context, factory, propose
        return None

    def spare(self, context: SearchContext) -> Mapping[str, Any]:
        """Return the parameters of the network that is most likely to keep the limits."""
        del context
        return {}

    @override
    def learns_from(self, context: SearchContext, record: Record) -> bool:
        return True

    @override
    def most_trials(self, family: NetworkFamily, settings: SearchSettings) -> int:
        plan = settings.hyperband
        return settings.n_bayesian_trials if plan is None else plan.n_trials

    @override
    def has_enough(self, context: SearchContext) -> bool:
        done = context.ledger.of_stages(self.name)
        n_done = len(done) and len(done) - self._first(context) + self._n_learned(context)
        return n_done >= self.most_trials(context.family, context.settings)

    @override
    def n_trials(self, context: SearchContext) -> int:
        n_trials = self.most_trials(context.family, context.settings)
        if context.limit.is_set and context.settings.may_go_on:
            n_trials = MOST_IN_TIME
        n_learned = self._n_learned(context)
        n_before = 0 if context.settings.hyperband else self._first(context) - n_learned
        return n_before + context.peers.n_own_trials(context, n_trials, n_learned)

    def _first(self, context: SearchContext) -> int:
        """Return the number of the first trial that counts and that the sampler learns from."""
        return self._n_learned(context)

    def _n_learned(self, context: SearchContext) -> int:
        """Count the trials of other searches that were added before the first own one."""
        records = context.ledger.of_stages(self.name)
        return sum(1 for _ in takewhile(lambda record: record.shared, records))

    @override
    def most_epochs(self, family: NetworkFamily, settings: SearchSettings) -> int:
        if settings.hyperband is not None:
            return settings.hyperband.epochs
        everything = super().most_epochs(family, settings)
        return everything if settings.budget is None else min(everything, settings.budget)

    @override
    def jobs(self, context: SearchContext, open_study: StudyOpener, claims: Claims) -> JobQueue:
        sampler, propose = self.proposals(context)
        first, n_learned = self._first(context), self._n_learned(context)
        n_before = first if first > n_learned else 0
        study = open_study(from_trial(sampler, n_before))
        trials = study.get_trials(deepcopy=False)[n_before:]
        if all(trial.state == TrialState.WAITING for trial in trials):
            known = [enqueued_params(trial) for trial in trials]
            for params in self.first_guesses(context):
                if params not in known:
                    study.enqueue_trial(params)
                    known.append(params)
        plan = context.settings.hyperband
        if plan is not None:
            return HyperbandQueue(context, study, self, propose, plan, claims)
        may_stop = context.settings.pruner == "median"
        if may_stop:
            study.pruner = MedianPruner()
        factory = TrialFactory(
            context=context,
            board=TrialBoard(study, self.key, claims),
            stage=self.name,
            may_stop=may_stop,
        )
        longer = self.longer(context, factory, propose)
        return BayesianQueue(
            context=context,
            factory=factory,
            propose=propose if longer is None else longer.propose,
            first=first,
            until=n_learned + self.n_trials(context),
            spare=partial(self.spare, context),
            longer=longer,
        )


class CoreArchitecture(BayesianStage):
    """Stage 1: depth and widths by Bayesian optimization, with the learning rate.

    A rate that is the same for all networks suits some sizes only, and the others would be ranked
    undertrained. The published recipe has one, 0.001.
    """

    key = CORE
    time_share = 5.0

    @override
    def proposals(self, context: SearchContext) -> tuple[BaseSampler, Proposer]:
        settings = context.settings
        rates = settings.training_ranges().lr
        suggest = context.cost_limits.cut(context.family.suggest_core)

        def propose(trial: optuna.trial.BaseTrial) -> Proposal:
            config = suggest(trial)
            training = context.default_training(config)
            if settings.searches_lr:
                lr = trial.suggest_float("lr", *rates, log=True)
                training = training.model_copy(update={"lr": lr})
            return Proposal(config, training)

        sampler = architecture_sampler(self._create, context.family, propose, settings)
        return sampler, propose

    @override
    def spare(self, context: SearchContext) -> Mapping[str, Any]:
        return context.cost_limits.spare(context.family.suggest_core)


class JointSearch(BayesianStage):
    """Joint search of network and training, after Zela et al. (arXiv 1807.06906)."""

    key = JOINT

    @override
    def proposals(self, context: SearchContext) -> tuple[BaseSampler, Proposer]:
        space = JointTrainingSpace(**context.settings.training_space)
        base = context.settings.training(0.0)
        task, input_shape = context.data.task, context.data.input_shape
        suggest = context.cost_limits.cut(context.family.suggest)

        def propose(trial: optuna.trial.BaseTrial) -> Proposal:
            return Proposal(
                suggest(trial),
                space.suggest(trial, base, task=task, input_shape=input_shape),
            )

        sampler = architecture_sampler(self._create, context.family, propose, context.settings)
        return sampler, propose

    @override
    def spare(self, context: SearchContext) -> Mapping[str, Any]:
        return context.cost_limits.spare(context.family.suggest)
