"""Saving a training run to its checkpoint, and resuming it."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

import torch

from optuna_dnc._errors import shown
from optuna_dnc.data import PreparedData
from optuna_dnc.training.checkpoints import Checkpoint, CheckpointError
from optuna_dnc.training.fit_result import Epoch, FitResult
from optuna_dnc.training.trainer import Trainer

BEST = "best"
"""First word of the names of the weights after the best epoch."""


def save_training(checkpoint: Checkpoint, trainer: Trainer, result: FitResult) -> None:
    """Write the state after the last epoch of ``result``."""
    tensors = trainer.state()
    # As a float64 tensor: JSON has no NaN, which a diverged epoch has.
    tensors["epochs"] = torch.tensor(result.epochs, dtype=torch.float64)
    best = result.best.number if result.best else 0
    # After the best epoch, its weights are the model's, unless they are averaged or of a stack.
    is_other = trainer.average is not None or trainer.n_networks > 1
    if best and (best != result.epochs[-1].number or is_other):
        every = result.weights, *result.weights_of_folds
        tensors |= {
            prefix + name: tensor
            for prefix, weights in zip(_prefixes(trainer), every, strict=True)
            for name, tensor in weights.items()
        }
    facts = {"identity": _identity(checkpoint, trainer), "best": best}
    checkpoint.write(tensors, facts)


def resume_training(checkpoint: Checkpoint, trainer: Trainer) -> FitResult | None:
    """Restore the state of ``trainer`` and return its epochs; None without a checkpoint.

    Raises:
        CheckpointError: The checkpoint is damaged, or of another training.
    """
    content = checkpoint.read()
    if content is None:
        return None
    tensors, facts = content
    difference = next(_differences(facts["identity"], _identity(checkpoint, trainer)), None)
    if difference is not None:
        raise checkpoint.error(f"belongs to other training settings: {difference}")
    state = {
        name: tensor
        for name, tensor in tensors.items()
        if name != "epochs" and not name.startswith(BEST)
    }
    unlike = _outline(state) ^ _outline(trainer.state())
    if unlike:
        raise checkpoint.error(f"belongs to another network: {shown(min(unlike)[0])} differs")
    trainer.load_state(state)
    epochs = [Epoch(int(number), *values) for number, *values in tensors["epochs"].tolist()]
    result = FitResult(trainer.data.task, epochs, metric=trainer.data.metric)
    if facts["best"]:
        result.best = epochs[facts["best"] - 1]
        is_stored = any(name.startswith(BEST) for name in tensors)
        prefixes = _prefixes(trainer) if is_stored else ["model."]
        result.weights, *others = (_of_prefix(tensors, prefix) for prefix in prefixes)
        # Checkpoints of earlier versions have the network of the first fold alone.
        result.weights_of_folds = [weights for weights in others if weights]
    return result


def _prefixes(trainer: Trainer) -> list[str]:
    """Return what the names of the weights after the best epoch begin with, for each network."""
    others = range(1, len(trainer.samples.networks))
    return [f"{BEST}.", *(f"{BEST}-{number}." for number in others)]


def _of_prefix(tensors: Mapping[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }


def epochs_of(checkpoint: Checkpoint) -> int:
    """Return the epochs of a checkpoint, 0 if there is none; delete a damaged one."""
    try:
        content = checkpoint.read()
    except CheckpointError:
        checkpoint.delete()
        return 0
    return 0 if content is None else len(content[0]["epochs"])


def _outline(tensors: Mapping[str, torch.Tensor]) -> set[tuple[str, str]]:
    """Return name, shape and dtype of each tensor."""
    return {(name, f"{tuple(t.shape)} {t.dtype}") for name, t in tensors.items()}


def _identity(checkpoint: Checkpoint, trainer: Trainer) -> dict[str, Any]:
    """Return what identifies a training, as JSON; it has to be equal to resume."""
    identity = {
        "owner": checkpoint.owner,
        "training": trainer.config.model_dump(),
        "seed": trainer.seed,
        "data": _data_identity(trainer.data),
        # The state of generators does not transfer to another kind of device.
        "device": trainer.data.device.type,
    }
    as_json: dict[str, Any] = json.loads(json.dumps(identity))
    return as_json


def _data_identity(data: PreparedData) -> dict[str, Any]:
    """Return what identifies a data set and its split: sizes, and checksums of the targets."""
    identity = {
        "name": data.name,
        "task": data.task,
        "input_shape": data.input_shape,
        "n_outputs": data.n_outputs,
        "n_train": len(data.train),
        "n_val": len(data.val),
        "targets": [
            zlib.crc32(part.y.cpu().contiguous().numpy().data) for part in (data.train, data.val)
        ],
    }
    # Left out at their defaults: checkpoints of earlier versions have none of them.
    if data.metric is not None:
        identity["metric"] = data.metric
    if data.training_weights is not None:
        identity["weights"] = zlib.crc32(data.training_weights.cpu().numpy().data)
    if data.folds:
        identity["folds"] = [zlib.crc32(fold.cpu().numpy().data) for fold in data.folds]
    return identity


def _differences(stored: Any, expected: Any, name: str = "") -> Iterator[str]:
    """Yield descriptions of the differences of two parsed JSON values."""
    if isinstance(stored, Mapping) and isinstance(expected, Mapping):
        for key in sorted({*stored, *expected}):
            inner = f"{name}.{key}" if name else str(key)
            yield from _differences(stored.get(key), expected.get(key), inner)
    elif stored != expected:
        yield f"its {name} is {shown(stored)}, not {shown(expected)}"
