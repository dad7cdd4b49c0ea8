"""Between a running training and its checkpoint."""

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


def save_training(checkpoint: Checkpoint, trainer: Trainer, result: FitResult) -> None:
    """Write what is needed to go on after the last epoch of ``result``."""
    tensors = trainer.state()
    # In float64, as they were computed; JSON has no NaN, which a diverged epoch holds.
    tensors["epochs"] = torch.tensor(result.epochs, dtype=torch.float64)
    best = result.best.number if result.best else 0
    # After the best epoch, its weights are the model's.
    if best and best != result.epochs[-1].number:
        tensors |= {f"best.{name}": tensor for name, tensor in result.weights.items()}
    facts = {"identity": _identity(checkpoint, trainer), "best": best}
    checkpoint.write(tensors, facts)


def resume_training(checkpoint: Checkpoint, trainer: Trainer) -> FitResult | None:
    """Put ``trainer`` where the checkpoint was written; None where there is none.

    Raises:
        CheckpointError: The checkpoint is damaged, or of another training.
    """
    found = checkpoint.read()
    if found is None:
        return None
    tensors, facts = found
    difference = next(_differences(facts["identity"], _identity(checkpoint, trainer)), None)
    if difference is not None:
        raise checkpoint.error(f"is of another training: {difference}")
    state = {
        name: tensor
        for name, tensor in tensors.items()
        if name != "epochs" and not name.startswith("best.")
    }
    unlike = _outline(state) ^ _outline(trainer.state())
    if unlike:
        raise checkpoint.error(f"is of another network: {shown(min(unlike)[0])} differs")
    trainer.load_state(state)
    epochs = [Epoch(int(number), *values) for number, *values in tensors["epochs"].tolist()]
    result = FitResult(trainer.data.task, epochs)
    if facts["best"]:
        result.best = epochs[facts["best"] - 1]
        prefix = "model." if result.best is epochs[-1] else "best."
        result.weights = {
            name.removeprefix(prefix): tensor
            for name, tensor in tensors.items()
            if name.startswith(prefix)
        }
    return result


def epochs_of(checkpoint: Checkpoint) -> int:
    """Epochs that a checkpoint has trained; 0 where there is none. A damaged one is deleted."""
    try:
        found = checkpoint.read()
    except CheckpointError:
        checkpoint.delete()
        return 0
    return 0 if found is None else len(found[0]["epochs"])


def _outline(tensors: Mapping[str, torch.Tensor]) -> set[tuple[str, str]]:
    """Name, and shape with dtype, of each tensor."""
    return {(name, f"{tuple(t.shape)} {t.dtype}") for name, t in tensors.items()}


def _identity(checkpoint: Checkpoint, trainer: Trainer) -> dict[str, Any]:
    """What must be equal for the continued training to be the one that was stopped, as JSON."""
    identity = {
        "owner": checkpoint.owner,
        "training": trainer.config.model_dump(),
        "seed": trainer.seed,
        "data": _data_identity(trainer.data),
        # Generators of another kind of device cannot take over the state.
        "device": trainer.data.device.type,
    }
    as_json: dict[str, Any] = json.loads(json.dumps(identity))
    return as_json


def _data_identity(data: PreparedData) -> dict[str, Any]:
    """Tells data sets and splits apart by their targets, which are small."""
    return {
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


def _differences(stored: Any, expected: Any, name: str = "") -> Iterator[str]:
    """In words, where two parsed JSON values differ."""
    if isinstance(stored, Mapping) and isinstance(expected, Mapping):
        for key in sorted({*stored, *expected}):
            inner = f"{name}.{key}" if name else str(key)
            yield from _differences(stored.get(key), expected.get(key), inner)
    elif stored != expected:
        yield f"its {name} is {shown(stored)}, not {shown(expected)}"
