"""The networks that an ensemble may take, trained once and kept in its folder."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from optuna_dnc._errors import InputError, shown
from optuna_dnc._files import DamagedFile
from optuna_dnc._names import is_weights_file, weights_file
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.objectives import NetworkMetrics, metrics_from_dict
from optuna_dnc.training import TrainingConfig
from optuna_dnc.training.checkpoints import Checkpoint
from optuna_dnc.training.weights import Weights, read_weights, save_weights


class MemberProgress(NamedTuple):
    """How far the training of the members is."""

    number: int
    """Of this training, counted from 1."""
    n_members: int
    """Trainings in all."""
    description: str
    """The network in a few words."""
    epoch: int
    """Epochs that are trained; all of them where the weights were there already."""
    epochs: int


_NAMES = ("file", "source", "description", "key")

OnMember: TypeAlias = Callable[[MemberProgress], None]


@dataclass(frozen=True, kw_only=True)
class Member(NetworkMetrics):
    """One network of an ensemble, with its costs as the search measured them."""

    file: str
    """Name of its weights in the folder of the ensemble."""
    source: str
    """The trial ``stage/number`` that measured it, or the epoch of a snapshot."""
    description: str
    """The network in a few words."""
    key: str
    """Names network and training; snapshots of one training share it."""
    config: Any
    """The network: ``MLPConfig``, ``CNNConfig`` or the config of your own family."""
    training: TrainingConfig
    """How it was trained."""

    def to_dict(self) -> dict[str, Any]:
        """As ensemble.json holds it."""
        return {
            **{name: getattr(self, name) for name in _NAMES},
            "config": asdict(self.config),
            "training": self.training.model_dump(),
            **self.metrics_to_dict(),
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any], family: NetworkFamily, task: str) -> Member:
        """The inverse of :meth:`to_dict`, also after a way through JSON."""
        config = family.config_from_dict(values["config"])
        training = TrainingConfig(**values["training"])
        if not is_weights_file(values["file"]):
            raise InputError(
                f"the ensemble's member {shown(values['file'])} is no file of its folder; "
                "make the ensemble again."
            )
        return cls(
            **{name: values[name] for name in _NAMES},
            config=config,
            training=training,
            **metrics_from_dict(values, task),
        )


UNFINISHED = ".unfinished"
"""Holds the checkpoints of a folder whose snapshots are being trained."""


@dataclass(frozen=True)
class MemberFiles:
    """Weights of members in the folder of an ensemble, each with whose they are."""

    folder: Path
    search: dict[str, Any]
    """What a training depends on besides network and training: seed and data, as JSON."""

    @staticmethod
    def name(key: str, epoch: int | None = None) -> str:
        """Of the file that holds a configuration's weights, or their snapshot after an epoch."""
        return weights_file(key, epoch)

    def save(self, name: str, key: str, weights: Weights) -> None:
        """Keep weights of the configuration ``key``, all of them or none."""
        save_weights(self.folder / name, weights, self._owner(key))

    def load(self, name: str, key: str) -> Weights | None:
        """The weights of the configuration ``key``; None where they were never kept.

        Nor where they are damaged: a warning says so.

        Raises:
            InputError: The file is of another search.
        """
        path = self.folder / name
        try:
            weights, owner = read_weights(path)
        except FileNotFoundError:
            return None
        except DamagedFile as error:
            warnings.warn(f"{path} was damaged ({error.reason}); trained anew.", stacklevel=2)
            return None
        if owner != self._owner(key):
            raise InputError(
                f"{path} belongs to an ensemble of another search; choose another folder with "
                "out=."
            )
        return weights

    def checkpoint(self, key: str, every: int) -> Checkpoint:
        """Where an interrupted training of the configuration ``key`` goes on from."""
        return Checkpoint(self.folder / UNFINISHED / key[:16], json.loads(self._owner(key)), every)

    def _owner(self, key: str) -> str:
        return json.dumps({"key": key, **self.search}, sort_keys=True)
