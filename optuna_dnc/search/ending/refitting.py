"""Final training of a search: the best network on all samples, including validation samples."""

from __future__ import annotations

import shutil
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

import torch

from optuna_dnc._errors import brief
from optuna_dnc._interruption import check_interrupted
from optuna_dnc.objectives import is_out_of_memory
from optuna_dnc.objectives.score import standard_error
from optuna_dnc.runs.records import Record, training_seed
from optuna_dnc.search.at_the_end import ensemble_within, least_refit_seconds, refit_epochs
from optuna_dnc.search.context import SearchContext
from optuna_dnc.search.trials.attempts import Attempts, Crashed
from optuna_dnc.training import CheckpointError, FitResult, TrainingConfig
from optuna_dnc.training.all_samples import train_on_all
from optuna_dnc.training.checkpoints import CHECKPOINT_EVERY, Checkpoint
from optuna_dnc.training.evaluation import evaluate
from optuna_dnc.training.scoring import Scorer
from optuna_dnc.training.weights import Weights

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
