"""Training of the networks of a search, also again if their weights were not kept."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from optuna_dnc.nets.layers import Layer, grouped, layers_of_module, layers_of_weights
from optuna_dnc.pruners import Budget
from optuna_dnc.runs.drawing import layers_to_json
from optuna_dnc.runs.records import Record, training_seed
from optuna_dnc.search.context import Proposal, SearchContext
from optuna_dnc.training import FitResult, TrainingConfig, train_network
from optuna_dnc.training.calibration import temperature_of, validation_outputs
from optuna_dnc.training.weights import Weights, save_weights


def fit_proposal(
    context: SearchContext,
    proposal: Proposal,
    key: str,
    on_epoch: Callable[[FitResult], None] | None = None,
    on_batch: Callable[[], None] = lambda: None,
    budget: Budget | None = None,
    is_late: Callable[[], bool] = lambda: False,
) -> FitResult:
    """Train a network with a seed that depends on the search's seed and the configuration.

    Args:
        context: State of the search.
        proposal: Network and training.
        key: Key of the proposal, see :meth:`SearchContext.key`.
        on_epoch: Called after each epoch.
        on_batch: Called after each batch.
        budget: Epochs to train, with the checkpoint to resume from; None for all.
        is_late: See :func:`optuna_dnc.training.fit`.
    """
    return train_network(
        context.family,
        proposal.config,
        context.data,
        proposal.training,
        seed=training_seed(context.settings.seed, key),
        on_epoch=on_epoch,
        on_batch=on_batch,
        is_late=is_late,
        stop_at=None if budget is None else budget.stop,
        checkpoint=None if budget is None else budget.folder,
    )


def retrain(
    context: SearchContext, record: Record, is_late: Callable[[], bool] = lambda: False
) -> FitResult:
    """Train a recorded configuration again: same seed, same weights on the same machine.

    Args:
        context: State of the search.
        record: Record of the configuration.
        is_late: See :func:`optuna_dnc.training.fit`; by default it is trained to the end, because
            the weights after fewer epochs are not those that were measured.
    """
    proposal = Proposal(_config(context, record), TrainingConfig(**record.training))
    return fit_proposal(context, proposal, record.key, is_late=is_late)


def provisional_best(context: SearchContext) -> Record:
    """Train the most promising network to the end if no trial was, and keep its weights.

    The study does not record it, so that it does not change a search that is resumed.
    """
    record = context.ledger.most_promising
    result = retrain(context, record, context.limit.is_over)
    costs = context.cost_meter(context.family.config_from_dict(record.config))
    measured = result.measurement(costs(result))
    if measured.is_usable:
        keep_weights(context, record.key, _config(context, record), result)
    loss = context.objective.loss(measured)
    return dataclasses.replace(record, loss=loss, measured=measured, pruned=False)


def _config(context: SearchContext, record: Record) -> Any:
    return context.family.config_from_dict(record.config)


def keep_weights(context: SearchContext, key: str, config: Any, result: FitResult) -> None:
    """Save the weights of a network in the run's folder.

    Their file has the layers for the report, the temperature of the probabilities and, without a
    test set, the outputs for all validation samples, by which the network is judged.
    """
    layers = layers_to_json(grouped(_layers(context, config, result.weights)))
    every = result.weights, *result.weights_of_folds
    family, data = context.family, context.data
    outputs = None if data.n_test else validation_outputs(family, config, data, every)
    temperature = temperature_of(family, config, data, every, outputs)
    path = context.folder.checkpoint(key)
    path.parent.mkdir(exist_ok=True)
    save_weights(path, result.weights, layers=layers, temperature=temperature, outputs=outputs)


def _layers(context: SearchContext, config: Any, weights: Weights) -> list[Layer]:
    data = context.data
    try:
        return layers_of_module(context.family, config, data.input_shape, data.n_outputs)
    except Exception:
        # A module of the user's own may fail when it is traced; the search continues.
        return layers_of_weights(weights)
