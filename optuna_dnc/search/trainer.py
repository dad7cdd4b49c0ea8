"""Train the networks of a search, and train them again where their weights are not kept."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from optuna_dnc.pruners import Budget
from optuna_dnc.runs.records import Record, training_seed
from optuna_dnc.search.context import Proposal, SearchContext
from optuna_dnc.training import FitResult, TrainingConfig, train_network
from optuna_dnc.training.weights import Weights, save_weights


def fit_proposal(
    context: SearchContext,
    proposal: Proposal,
    key: str,
    on_epoch: Callable[[FitResult], None] | None = None,
    on_batch: Callable[[], None] = lambda: None,
    budget: Budget | None = None,
) -> FitResult:
    """Train a network; its seed follows from the search's seed and the configuration.

    Args:
        context: The search.
        proposal: The network and how to train it.
        key: Of the proposal, see :meth:`SearchContext.key`.
        on_epoch: Called after each epoch.
        on_batch: Called after each batch.
        budget: Which epochs to train, from the checkpoint of those before; None for all.
    """
    return train_network(
        context.family,
        proposal.config,
        context.data,
        proposal.training,
        seed=training_seed(context.settings.seed, key),
        on_epoch=on_epoch,
        on_batch=on_batch,
        stop_at=None if budget is None else budget.stop,
        checkpoint=None if budget is None else budget.folder,
    )


def retrain(context: SearchContext, record: Record) -> FitResult:
    """Train a recorded configuration again: same seed, same weights on the same machine."""
    config = context.family.config_from_dict(record.config)
    return fit_proposal(context, Proposal(config, TrainingConfig(**record.training)), record.key)


def provisional_best(context: SearchContext) -> Record:
    """Train the most promising network to the end where no trial was, and keep its weights.

    The study is not told, so that a search that goes on is not changed by it.
    """
    record = context.ledger.most_promising
    result = retrain(context, record)
    measured = result.measurement(record.measured.n_params)
    if measured.is_usable:
        keep_weights(context, record.key, result.weights)
    loss = context.objective.loss(measured)
    return dataclasses.replace(record, loss=loss, measured=measured, pruned=False)


def keep_weights(context: SearchContext, key: str, weights: Weights) -> None:
    """Keep the weights of a configuration in the run's folder."""
    context.folder.checkpoints.mkdir(exist_ok=True)
    save_weights(context.folder.checkpoint(key), weights)
