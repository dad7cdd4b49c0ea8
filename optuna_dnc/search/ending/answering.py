"""Final network of a search: trained again on all samples, tested and saved."""

from __future__ import annotations

import shutil
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch

from optuna_dnc._errors import InputError, brief
from optuna_dnc._files import DamagedFile, write_json
from optuna_dnc._interruption import check_interrupted
from optuna_dnc.objectives import Quality, is_out_of_memory
from optuna_dnc.objectives.score import standard_error
from optuna_dnc.results.best_model import BestModel
from optuna_dnc.results.trained_network import network_description
from optuna_dnc.runs.records import Record, training_seed
from optuna_dnc.search.at_the_end import ensemble_within, least_refit_seconds, refit_epochs
from optuna_dnc.search.context import SearchContext
from optuna_dnc.search.ending.analysis import Trained, write_analysis
from optuna_dnc.search.trials.attempts import Attempts, Crashed
from optuna_dnc.search.trials.trainer import keep_weights, retrain
from optuna_dnc.training import CheckpointError, FitResult, TrainingConfig
from optuna_dnc.training.all_samples import train_on_all
from optuna_dnc.training.calibration import calibrated, temperature_of
from optuna_dnc.training.checkpoints import CHECKPOINT_EVERY, Checkpoint
from optuna_dnc.training.evaluation import evaluate
from optuna_dnc.training.scoring import Scorer
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


FOLDER = "refit"
"""Folder of the checkpoint among those of trainings."""

WORSE_BY = 2.0
"""Standard errors by which the error may be above that of the search on samples that the network
has now been trained on: a training that failed is off by more."""


@dataclass(frozen=True)
class Refitted:
    """Best network of a search, trained on all samples."""

    config: Any
    """Config of the network, or of the ensemble of such networks."""
    weights: Weights
    is_kept: bool
    """Whether it replaces the network of the search. It does not if the training has failed: if it
    diverged, or if the network is worse on the validation samples although it has seen them."""
    n_samples: int
    """Number of training samples, validation samples included."""
    epochs: int
    """Number of epochs trained."""
    seconds: float
    """Wall time of the training."""
    costs: dict[str, float]
    """Costs of the network and of this training, by name."""

    def to_dict(self) -> dict[str, Any]:
        """Return the entry ``refit`` of result.json, without the quality before."""
        names = ("is_kept", "n_samples", "epochs", "seconds")
        return {name: getattr(self, name) for name in names}


def refitted(context: SearchContext, record: Record) -> Refitted | None:
    """Train a network on all samples, with its training and seed of the search.

    Where the answer is to be an ensemble, several networks are trained at once. Their training
    may need more memory than any trial: if it runs out of memory, or ends the process twice, it is
    left out.

    Returns:
        None if there is no time.
    """
    folds = context.ledger.cross_validation.of(record.key)
    if context.limit.left < least_refit_seconds(record, context.data, folds):
        return None
    family = context.family
    wanted = context.settings.n_members or 1
    n_members, _ = ensemble_within(context.limit, wanted, record, context.data, folds)
    config = family.with_members(family.config_from_dict(record.config), n_members)
    owner = {"network": family.name, "config": asdict(config)}
    checkpoint = Checkpoint(context.folder.trainings / FOLDER, owner, CHECKPOINT_EVERY)

    def check(result: FitResult) -> None:
        del result
        check_interrupted()
        context.pause.check_again()

    def train(on_batch: Callable[[], None]) -> tuple[torch.nn.Module, FitResult]:
        return train_on_all(
            family,
            config,
            context.data,
            TrainingConfig(**record.training),
            seed=training_seed(context.settings.seed, record.key),
            stop_at=refit_epochs(record, folds),
            on_epoch=check,
            on_batch=on_batch,
            is_late=lambda: context.limit.left <= 0,
            checkpoint=checkpoint,
        )

    context.folder.check_there()
    start = time.monotonic()
    name = f"{FOLDER}-{record.key[:16]}-{n_members}"  # another one may have enough memory
    attempts = Attempts(context.folder.workers, name)
    result, failure = FitResult(context.data.task), ""
    try:
        with attempts.of_training("The final training, on all samples,") as on_batch:
            try:
                network, result = train(on_batch)
            except CheckpointError:
                checkpoint.delete()
                network, result = train(on_batch)
    except Crashed as crashed:
        failure = f"it ended the process twice ({crashed})"
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        failure = f"it ran out of memory ({brief(error)})"
    shutil.rmtree(checkpoint.folder, ignore_errors=True)
    with suppress(OSError):
        context.folder.trainings.rmdir()
    if failure:
        warnings.warn(
            f"The final training, on all samples, is left out because {failure}; the answer is "
            "the network as the search trained it.",
            stacklevel=2,
        )
        result = FitResult(context.data.task)
    elif result.is_cut:
        return None
    is_usable = bool(result.epochs) and result.epochs[-1].is_usable
    return Refitted(
        config=config,
        weights=result.weights,
        is_kept=is_usable and _is_as_good(context, record, network),
        n_samples=context.data.n_train + context.data.n_val,
        epochs=len(result.epochs),
        seconds=time.monotonic() - start,
        costs=dict(record.measured.costs) if failure else context.cost_meter(config)(result),
    )


def _is_as_good(context: SearchContext, record: Record, network: torch.nn.Module) -> bool:
    data, before = context.data, record.measured.error
    scorer = Scorer.of(data)
    error = evaluate(network, data.val, data.task, data.device, scorer).error
    is_share = scorer.metric.worst <= 1
    return error <= before + WORSE_BY * standard_error(before, data.n_val, is_share=is_share)
