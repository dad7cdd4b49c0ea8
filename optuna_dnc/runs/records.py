"""What the trials of a search have measured, so that nothing is trained twice."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from optuna.trial import FrozenTrial, TrialState

from optuna_dnc._names import checked_key
from optuna_dnc.objectives import Measurement
from optuna_dnc.training import TrainingConfig

PRUNED = "pruned"
"""Status, as the trial records it, of a network that was stopped while nothing was wrong."""


CRASHED = "crashed"
"""Status of a network that has ended the process."""

LAST_WRITTEN = "seconds"
"""Of the attributes of a trial; some storages write them one by one."""


@dataclass(frozen=True)
class Record:
    """A trial that has been trained, to the end or so far."""

    stage: str
    trial_number: int
    loss: float
    """log10, see :func:`optuna_dnc.objectives.penalized_loss`."""
    config: dict[str, Any]
    """The network, as JSON holds it."""
    training: dict[str, Any]
    """The training hyperparameters, as JSON holds them."""
    description: str
    """The network in a few words."""
    key: str
    """Names the network with its training; equal for equal configurations."""
    measured: Measurement
    reused_from: str | None
    """The trial (``stage/number``, of another search ``folder/stage/number``) whose training this
    one took over."""
    seconds: float
    """Wall time of the trial."""
    pruned: bool = False
    """Whether it was stopped before its last epoch, or waits there to be trained on."""
    waits: bool = False
    """Whether it may be trained on."""
    curve: Mapping[int, float] = field(default_factory=dict)
    """Loss after each epoch, counted from 1, as far as it was reported."""
    epochs: Mapping[str, list[float | None]] = field(default_factory=dict)
    """``train_loss``, ``val_loss`` and ``val_error`` of each epoch; empty where it was reused
    within one search."""
    shared: bool = False
    """Whether another search of a trade-off has proposed and trained it."""

    @property
    def rank(self) -> tuple[bool, bool, float]:
        """What records are compared by: no loss makes up for having no network.

        Nor for being stopped: losses after different numbers of epochs are not alike.
        """
        return (self.pruned, not self.measured.is_usable, self.loss)

    @property
    def was_stopped(self) -> bool:
        """Whether it will not be trained to its last epoch."""
        return self.pruned and not self.waits

    @property
    def trained_epochs(self) -> int:
        """Epochs that this trial trained itself."""
        return 0 if self.reused_from else self.measured.epochs_run

    def loss_at(self, epoch: int) -> float:
        """Loss after so many epochs, or after the last one where training ended before."""
        reported = [step for step in self.curve if step <= epoch]
        return self.curve[max(reported)] if reported else self.loss

    @property
    def place(self) -> str:
        """``stage/number``."""
        return f"{self.stage}/{self.trial_number}"

    def to_attributes(self) -> dict[str, Any]:
        """The user attributes of the trial, apart from those that Optuna holds itself."""
        own: dict[str, Any] = {
            "stage": self.stage,
            "network": self.description,
            "config": self.config,
            "training": self.training,
            "key": self.key,
        }
        if self.epochs:
            own["epochs"] = self.epochs
        if self.reused_from is not None:
            own["reused_from"] = self.reused_from
        if self.shared:
            own["shared"] = True
        own |= self.measured.to_attributes()
        if self.pruned and self.measured.status == "ok":
            own["status"] = PRUNED
        return {**own, LAST_WRITTEN: self.seconds}

    @classmethod
    def from_trial(cls, trial: FrozenTrial) -> Record:
        """Read a trial that is complete, was pruned, or waits between two rungs."""
        attributes = trial.user_attrs
        curve = trial.intermediate_values
        measured = dict(attributes)
        if measured["status"] == PRUNED:
            measured["status"] = "ok"
        return cls(
            stage=attributes["stage"],
            trial_number=trial.number,
            loss=curve[max(curve)] if trial.value is None else trial.value,
            config=attributes["config"],
            training=attributes["training"],
            description=attributes["network"],
            key=checked_key(attributes["key"]),
            measured=Measurement.from_attributes(measured),
            reused_from=attributes.get("reused_from"),
            seconds=attributes["seconds"],
            pruned=trial.state != TrialState.COMPLETE,
            waits=not trial.state.is_finished(),
            curve=curve,
            epochs=attributes.get("epochs", {}),
            shared=attributes.get("shared", False),
        )


@dataclass(frozen=True)
class Crash:
    """A trial whose network has ended the process too often to be tried again; it is FAIL."""

    stage: str
    trial_number: int
    config: dict[str, Any]
    """The network, as JSON holds it."""
    training: dict[str, Any]
    """The training hyperparameters, as JSON holds them."""
    description: str
    """The network in a few words."""
    key: str
    """As that of a :class:`Record`."""
    meaning: str
    """What the process died of, as far as it is known."""

    @property
    def place(self) -> str:
        """``stage/number``."""
        return f"{self.stage}/{self.trial_number}"

    def to_attributes(self) -> dict[str, Any]:
        """The user attributes of the trial."""
        return {
            "stage": self.stage,
            "network": self.description,
            "config": self.config,
            "training": self.training,
            "key": self.key,
            "status": CRASHED,
            "crash": self.meaning,
        }

    @classmethod
    def from_trial(cls, trial: FrozenTrial) -> Crash:
        """Read a trial for which :meth:`is_one` holds."""
        attributes = trial.user_attrs
        return cls(
            stage=attributes["stage"],
            trial_number=trial.number,
            config=attributes["config"],
            training=attributes["training"],
            description=attributes["network"],
            key=checked_key(attributes["key"]),
            meaning=attributes["crash"],
        )

    @staticmethod
    def is_one(trial: FrozenTrial) -> bool:
        """Whether a trial crashed; others that are FAIL were given up by somebody else."""
        return trial.state == TrialState.FAIL and trial.user_attrs.get("status") == CRASHED


def configuration_key(network: str, config: Any, training: TrainingConfig) -> str:
    """64 hexadecimal digits that name a network and how it is trained."""
    content = {
        "network": network,
        "config": dataclasses.asdict(config),
        "training": training.model_dump(),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def training_seed(seed: int, key: str) -> int:
    """A seed for one training, the same wherever in the search the configuration comes up."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{key}".encode()).digest()[:6], "big")
