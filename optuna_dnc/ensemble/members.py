"""Members of an ensemble, and the files with their weights."""

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
    """Progress of the training of the members."""

    number: int
    """Number of this training, from 1."""
    n_members: int
    """Number of trainings."""
    description: str
    """Description of the network."""
    epoch: int
    """Epochs trained so far."""
    epochs: int
    """Epochs in total."""


_NAMES = ("file", "source", "description", "key")

OnMember: TypeAlias = Callable[[MemberProgress], None]


@dataclass(frozen=True, kw_only=True)
class Member(NetworkMetrics):
    """One network of an ensemble, with its costs as measured by the search."""

    file: str
    """Name of the file with its weights in the folder of the ensemble."""
    source: str
    """Trial ``stage/number`` that measured it, or ``epoch N`` for a snapshot."""
    description: str
    """Description of the network."""
    key: str
    """Hash of network and training; snapshots of one training share it."""
    config: Any
    """Config of the network, such as an ``MLPConfig``."""
    training: TrainingConfig
    """Training hyperparameters."""

    def to_dict(self) -> dict[str, Any]:
        """Return an entry of ``members`` of ensemble.json."""
        return {
            **{name: getattr(self, name) for name in _NAMES},
            "config": asdict(self.config),
            "training": self.training.model_dump(),
            **self.metrics_to_dict(),
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any], family: NetworkFamily, task: str) -> Member:
        """Create it from what :meth:`to_dict` returned, also if that was stored as JSON."""
        config = family.config_from_dict(values["config"])
        training = TrainingConfig(**values["training"])
        if not is_weights_file(values["file"]):
            raise InputError(
                f"file of a member must be a name such as 0123456789abcdef.safetensors, got "
                f"{shown(values['file'])}; make the ensemble again."
            )
        return cls(
            **{name: values[name] for name in _NAMES},
            config=config,
            training=training,
            **metrics_from_dict(values, task),
        )


UNFINISHED = ".unfinished"
"""Folder of the checkpoints while snapshots are trained."""


@dataclass(frozen=True)
class MemberFiles:
    """Files of members' weights in the folder of an ensemble; each file names its owner."""

    folder: Path
    search: dict[str, Any]
    """Seed and data of the search, as JSON: weights depend on them, too."""

    @staticmethod
    def name(key: str, epoch: int | None = None) -> str:
        """Return the name of the file with a configuration's weights, or their snapshot."""
        return weights_file(key, epoch)

    def save(self, name: str, key: str, weights: Weights) -> None:
        """Save the weights of the configuration ``key`` atomically."""
        save_weights(self.folder / name, weights, self._owner(key))

    def load(self, name: str, key: str) -> Weights | None:
        """Load the weights of the configuration ``key``.

        Returns:
            None if they were never saved, or, with a warning, if they are damaged.

        Raises:
            InputError: The file is of another search.
        """
        path = self.folder / name
        try:
            weights, owner = read_weights(path)
        except FileNotFoundError:
            return None
        except DamagedFile as error:
            warnings.warn(
                f"{path} is damaged ({error.reason}); it is trained again.", stacklevel=2
            )
            return None
        if owner != self._owner(key):
            raise InputError(
                f"{path} belongs to an ensemble of another search; choose another folder with "
                "out=."
            )
        return weights

    def checkpoint(self, key: str, every: int) -> Checkpoint:
        """Return the checkpoint from which the training of ``key`` resumes."""
        return Checkpoint(self.folder / UNFINISHED / key[:16], json.loads(self._owner(key)), every)

    def _owner(self, key: str) -> str:
        return json.dumps({"key": key, **self.search}, sort_keys=True)
