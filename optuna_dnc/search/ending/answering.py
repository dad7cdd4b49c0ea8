"""Final network of a search: trained on all samples, tested and saved."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Any

from optuna_dnc._errors import InputError
from optuna_dnc._files import DamagedFile, write_json
from optuna_dnc.objectives import Quality
from optuna_dnc.results.best_model import BestModel
from optuna_dnc.results.trained_network import network_description
from optuna_dnc.runs.records import Record
from optuna_dnc.search.context import SearchContext
from optuna_dnc.search.ending.analysis import Trained, write_analysis
from optuna_dnc.search.ending.refitting import refitted
from optuna_dnc.search.trials.trainer import keep_weights, retrain
from optuna_dnc.training import TrainingConfig
from optuna_dnc.training.calibration import calibrated, temperature_of
from optuna_dnc.training.train import on_test_set
from optuna_dnc.training.weights import Weights, load_weights, save_weights
from optuna_dnc.training.weights_header import temperature_in


@dataclass(frozen=True)
class Answer:
    """Network of a search with its final weights and its quality on the test set."""

    model: BestModel
    weights: Weights
    """Weights to be saved."""
    searched: Weights
    """Those of the search, whose training has not seen the validation samples."""
    refit: dict[str, Any] | None
    """Entry ``refit`` of result.json: its training on all samples; None if there was none."""


def answer_of(context: SearchContext, record: Record) -> Answer:
    """Train a network of the search on all samples, if that is wanted, calibrate and test it.

    Its weights are trained again with the same seed if they were not kept. Its probabilities are
    calibrated by the temperature of the networks of the search: it has seen all samples.

    Raises:
        InputError: The training gives no usable network.
    """
    family, data = context.family, context.data
    config = family.config_from_dict(record.config)
    weights = searched = _weights_of(context, record)
    temperature = _temperature_of(context, record, searched)
    test = on_test_set(family, config, weights, data)
    last = refitted(context, record) if context.refit else None
    costs = record.measured.costs
    entry = None
    if last is not None:
        before = Quality(record.measured.score, test)
        entry = last.to_dict() | {"before": before.to_dict()}
    if last is not None and last.is_kept:
        weights = last.weights
        if last.config != config:
            config, costs = last.config, last.costs
            temperature = 1.0  # a mean of networks is less confident than each of them
    weights = calibrated(family, config, data, weights, temperature)
    test = on_test_set(family, config, weights, data)
    model = BestModel(
        config=config,
        training=TrainingConfig(**record.training),
        loss=context.objective.loss(replace(record.measured, costs=costs)),
        quality=Quality(record.measured.score, test),
        costs=costs,
        stage=record.stage,
        trial_number=record.trial_number,
    )
    return Answer(model, weights, searched, entry)


def save_answer(context: SearchContext, record: Record, answer: Answer) -> None:
    """Write weights, analysis and config.json: what predictions need besides result.json."""
    folder = context.folder
    save_weights(folder.model, answer.weights)
    saved = Trained(answer.model.config, answer.weights)
    write_analysis(context, record, answer.searched, saved)
    config = network_description(context.family, answer.model.config, context.data)
    write_json(folder.config, config)


def _weights_of(context: SearchContext, record: Record) -> Weights:
    """Return the kept weights; train the network again if they are missing or damaged."""
    checkpoint = context.peers.checkpoint(context, record.key)
    if checkpoint is not None:
        try:
            return load_weights(checkpoint)
        except DamagedFile as error:
            warnings.warn(
                f"{checkpoint} is damaged ({error.reason}); its network is trained again.",
                stacklevel=2,
            )
            checkpoint.unlink()
    result = retrain(context, record)
    if not result.weights:
        raise InputError(
            f"no network could be trained: all trials ended as {record.measured.status}. Lower "
            "the learning rate or the size of the networks, or check the scale of the data."
        )
    keep_weights(context, record.key, context.family.config_from_dict(record.config), result)
    return result.weights


def _temperature_of(context: SearchContext, record: Record, weights: Weights) -> float:
    """Return the temperature that was kept with the weights.

    Files of earlier versions have none; then it is that of the network of the first fold.
    """
    checkpoint = context.peers.checkpoint(context, record.key)
    kept = None if checkpoint is None else temperature_in(checkpoint)
    if kept is not None:
        return kept
    config = context.family.config_from_dict(record.config)
    return temperature_of(context.family, config, context.data, [weights])
