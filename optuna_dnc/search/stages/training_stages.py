"""Training hyperparameters: stage 3, for one network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import optuna
from optuna.samplers import BaseSampler
from typing_extensions import override

from optuna_dnc._optuna_log import quiet_optuna
from optuna_dnc.runs.records import Record
from optuna_dnc.runs.stage_keys import CORE, REMAINING, TRAINING
from optuna_dnc.samplers.dnc.startup import n_enough
from optuna_dnc.search.context import Proposal, SearchContext
from optuna_dnc.search.stages.bayesian_queue import Proposer
from optuna_dnc.search.stages.bayesian_stages import BayesianStage
from optuna_dnc.search.stages.longer_training import LongerTraining
from optuna_dnc.search.stages.stage import best_of, proposal_of
from optuna_dnc.search.stages.stage_samplers import training_sampler
from optuna_dnc.search.trials.trial_job import TrialFactory
from optuna_dnc.training import TrainingConfig, TrainingSpace

SHARE_OF_GUESSES = 3
"""One in so many own trials of a search that shares them is a guess from another network."""


class TrainingHyperparameters(BayesianStage):
    """Stage 3: learning rate, weight decay and batch size by Bayesian optimization.

    If the earlier stages go on later and find a better network, the stage begins anew with it.
    """

    key = TRAINING
    time_share = 3.0

    def start(self, context: SearchContext) -> Proposal:
        """Return the network whose training is searched, with its training so far."""
        return proposal_of(context, best_of(context, CORE, REMAINING))

    @override
    def learns_from(self, context: SearchContext, record: Record) -> bool:
        config: Any = context.family.config_from_dict(record.config)
        return bool(config == self.start(context).config)

    @override
    def _first(self, context: SearchContext) -> int:
        own = [record for record in context.ledger.of_stages(self.name) if not record.shared]
        if not own:
            return super()._first(context)
        present, read = self.start(context).config, context.family.config_from_dict
        numbers = [r.trial_number for r in own if read(r.config) != present]
        return max(numbers) + 1 if numbers else super()._first(context)

    @override
    def first_guesses(self, context: SearchContext) -> list[dict[str, Any]]:
        """Return training hyperparameters to start from.

        That of the incumbent, whose result is known, unless the recipe is the published one or
        Hyperband has places for few networks. If
        this search shares trials with another that has another network, its best trainings: the
        best of all, and the best start-up trials, because the last trials are all alike.
        """
        other = context.peers.neighbor(context)
        settings = context.settings
        if other is None and not settings.is_published and settings.pruner != "hyperband":
            return [_as_params(_space(context), self.start(context).training.model_dump())]
        if other is None or self._n_learned(context):
            return []
        n_known = self._n_learned(other) + self.n_trials(other)
        in_order = sorted(other.ledger.of_stages(self.name), key=lambda r: r.trial_number)
        known = in_order[:n_known]
        n_startup = len(self.first_guesses(other)) or _n_startup(other)
        count = -(-self.n_trials(context) // SHARE_OF_GUESSES)
        if not known:
            return []
        best, *others = sorted(known, key=lambda record: record.rank)
        startup = [record for record in others if record in known[:n_startup]]
        chosen = [best, *startup[: count - 1]]
        return [_as_params(_space(context), record.training) for record in chosen]

    @override
    def proposals(self, context: SearchContext) -> tuple[BaseSampler, Proposer]:
        space, settings = _space(context), context.settings
        start = self.start(context)
        guesses = self.first_guesses(context)
        if guesses and context.peers.neighbor(context) is not None:
            settings = settings.model_copy(update={"n_startup_trials": len(guesses)})

        def propose(trial: optuna.Trial) -> Proposal:
            return Proposal(start.config, space.suggest(trial, start.training))

        return training_sampler(self._create, space, settings), propose

    @override
    def longer(
        self, context: SearchContext, factory: TrialFactory, propose: Proposer
    ) -> LongerTraining:
        def params(record: Record) -> Mapping[str, Any]:
            return _as_params(_space(context), record.training)

        return LongerTraining(context=context, factory=factory, suggest=propose, params=params)

    @override
    def ahead(self, context: SearchContext) -> Iterator[Proposal]:
        if context.settings.pruner != "none" or context.ledger.of_stages(self.name):
            return  # it may stop trainings that are done in full here, or it has begun before
        sampler, propose = self.proposals(context)
        with quiet_optuna():
            study = optuna.create_study(sampler=sampler)
        for params in self.first_guesses(context):
            study.enqueue_trial(params)
        for _ in range(_n_startup(context)):
            yield propose(study.ask())


class TransferredTraining(TrainingHyperparameters):
    """Stage 3 for the network of another run; its training there is tried first.

    Optimizer, schedule and regularization are those of the source.
    """

    @override
    def start(self, context: SearchContext) -> Proposal:
        settings = context.settings
        given = settings.given
        assert given is not None, "settings with this strategy have a network"
        requested = {name: getattr(settings, name) for name in ("patience", "augment", "bf16")}
        training = TrainingConfig(**given.training).over(settings.epochs)
        return Proposal(
            context.family.config_from_dict(given.config), training.model_copy(update=requested)
        )

    @override
    def first_guesses(self, context: SearchContext) -> list[dict[str, Any]]:
        return [_as_params(_space(context), self.start(context).training.model_dump())]


def _n_startup(context: SearchContext) -> int:
    """Return the number of start-up trials."""
    given = context.settings.n_random_trials
    return n_enough(len(_space(context).model_dump())) if given is None else given


def _space(context: SearchContext) -> TrainingSpace:
    space = context.settings.training_ranges()
    assert isinstance(space, TrainingSpace), "a joint search has no third stage"
    return space


def _as_params(space: TrainingSpace, training: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of a trial that suggest this training, clipped to the ranges."""
    return {
        name: min(max(training[name], low), high)
        for name, (low, high) in space.model_dump().items()
    }
