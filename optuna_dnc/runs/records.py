"""Records of measured and of rejected trials; no configuration is measured twice."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState
from typing_extensions import override

from optuna_dnc._names import UNNAMED_AT_DEFAULT, checked_key
from optuna_dnc.objectives import Measurement
from optuna_dnc.training import TrainingConfig

PRUNED = "pruned"
"""Status of a trial whose training was stopped without a failure."""

CRASHED = "crashed"
"""Status of a trial whose network crashed the process."""

_MEASURED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.WAITING)

ORIGIN = "origin"
"""Attribute of a trial of stage 2: the trial of stage 1 whose network it refines."""

LAST_WRITTEN = "seconds"
"""Attribute that is stored last; some storages write attributes one by one."""


@dataclass(frozen=True, kw_only=True)
class Proposed:
    """Trial whose network was proposed."""

    stage: str
    trial_number: int
    config: dict[str, Any]
    """Config of the network, as JSON."""
    description: str
    """Description of the network."""

    @property
    def label(self) -> str:
        """Name of the trial, ``stage/number``."""
        return f"{self.stage}/{self.trial_number}"

    def to_attributes(self) -> dict[str, Any]:
        """Return the user attributes of the trial."""
        return {"stage": self.stage, "network": self.description, "config": self.config}


def _proposed(trial: FrozenTrial) -> dict[str, Any]:
    """Return the fields of :class:`Proposed`."""
    attributes = trial.user_attrs
    return {
        "stage": attributes["stage"],
        "trial_number": trial.number,
        "config": attributes["config"],
        "description": attributes["network"],
    }


@dataclass(frozen=True, kw_only=True)
class Accepted(Proposed):
    """Trial whose network kept all limits, with its training."""

    training: dict[str, Any]
    """Training hyperparameters, as JSON."""
    key: str
    """Hash of network and training."""

    @override
    def to_attributes(self) -> dict[str, Any]:
        own = {"training": self.training, "key": self.key}
        return {**super().to_attributes(), **own}


def _accepted(trial: FrozenTrial) -> dict[str, Any]:
    """Return the fields of :class:`Accepted`."""
    attributes = trial.user_attrs
    key = checked_key(attributes["key"])
    return {**_proposed(trial), "training": attributes["training"], "key": key}


@dataclass(frozen=True, kw_only=True)
class Record(Accepted):
    """Record of a trial that was trained, to the end or so far."""

    loss: float
    """log10, see :func:`optuna_dnc.objectives.penalized_loss`."""
    measured: Measurement
    reused_from: str | None
    """Trial whose training was reused: ``stage/number``, or ``folder/stage/number`` of another
    search."""
    seconds: float
    """Wall time of the trial in seconds."""
    pruned: bool = False
    """Whether it was stopped before its last epoch, or waits to be resumed."""
    waits: bool = False
    """Whether its training may be resumed."""
    curve: Mapping[int, float] = field(default_factory=dict)
    """Reported losses by epoch, from 1."""
    epochs: Mapping[str, list[float | None]] = field(default_factory=dict)
    """``train_loss``, ``val_loss`` and ``val_error`` of each epoch; empty if the training of
    another trial of the search was reused."""
    shared: bool = False
    """Whether another search of a trade-off proposed and trained it."""
    origin: str | None = None
    """Trial of stage 1 whose network it refines, ``stage/number``; None in other stages."""

    @property
    def rank(self) -> tuple[bool, bool, float, float]:
        """Sort key, lower is better: finished before stopped, usable before failed, then loss.

        Losses after different numbers of epochs cannot be compared. Of equal losses, the lower
        validation loss is better.
        """
        return (self.pruned, not self.measured.is_usable, self.loss, self.measured.tie_breaker)

    @property
    def was_stopped(self) -> bool:
        """Whether it will never be trained to its last epoch."""
        return self.pruned and not self.waits

    @property
    def trained_epochs(self) -> int:
        """Number of epochs that this trial trained itself."""
        return 0 if self.reused_from else self.measured.epochs_run

    def loss_at(self, epoch: int) -> float:
        """Return the loss after an epoch, or after the last one if training ended before."""
        reported = [step for step in self.curve if step <= epoch]
        return self.curve[max(reported)] if reported else self.loss

    @override
    def to_attributes(self) -> dict[str, Any]:
        own = super().to_attributes()
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
        """Create the record of a trial that is COMPLETE, PRUNED, or WAITING between two rungs."""
        attributes = trial.user_attrs
        curve = trial.intermediate_values
        measured = dict(attributes)
        if measured["status"] == PRUNED:
            measured["status"] = "ok"
        return cls(
            **_accepted(trial),
            loss=curve[max(curve)] if trial.value is None else trial.value,
            measured=Measurement.from_attributes(measured),
            reused_from=attributes.get("reused_from"),
            seconds=attributes["seconds"],
            pruned=trial.state != TrialState.COMPLETE,
            waits=not trial.state.is_finished(),
            curve=curve,
            epochs=attributes.get("epochs", {}),
            shared=attributes.get("shared", False),
            origin=attributes.get(ORIGIN),
        )


@dataclass(frozen=True, kw_only=True)
class Crash(Accepted):
    """Trial that was given up because its network crashed the process; its state is FAIL."""

    meaning: str
    """Cause of the crash, as far as it is known."""

    @override
    def to_attributes(self) -> dict[str, Any]:
        return {**super().to_attributes(), "status": CRASHED, "crash": self.meaning}

    @classmethod
    def from_trial(cls, trial: FrozenTrial) -> Crash:
        """Create it from a trial for which :meth:`is_one` is true."""
        return cls(**_accepted(trial), meaning=trial.user_attrs["crash"])

    @staticmethod
    def is_one(trial: FrozenTrial) -> bool:
        """Return whether a trial crashed; other trials fail for other reasons."""
        return trial.state == TrialState.FAIL and trial.user_attrs.get("status") == CRASHED


def is_shared(trial: FrozenTrial) -> bool:
    """Return whether a trial was taken over from another search of a trade-off."""
    return bool(trial.user_attrs.get("shared"))


def is_measured(trial: FrozenTrial) -> bool:
    """Return whether a trial has a whole record; a WAITING one may have been interrupted."""
    if trial.state not in _MEASURED:
        return False
    has_loss = trial.value is not None or bool(trial.intermediate_values)
    return has_loss and LAST_WRITTEN in trial.user_attrs


def configuration_key(network: str, config: Any, training: TrainingConfig) -> str:
    """Return the SHA-256 of a network and its training, 64 hexadecimal digits."""
    content = {
        "network": network,
        "config": _named_fields(config),
        "training": training.model_dump(),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _named_fields(config: Any) -> dict[str, Any]:
    """Return the fields of a config without those that are newer than others and at their default.

    Keys seed trainings: a field that is added must not change the results of older networks.
    """
    values = dataclasses.asdict(config)
    for known in dataclasses.fields(config):
        if known.metadata.get(UNNAMED_AT_DEFAULT) and values[known.name] == known.default:
            del values[known.name]
    return values


def training_seed(seed: int, key: str) -> int:
    """Return the seed of a training, which depends on its configuration and the search's seed."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{key}".encode()).digest()[:6], "big")


REJECTED = "beyond a limit"
"""Status of a trial whose network exceeded a limit."""


@dataclass(frozen=True, kw_only=True)
class Rejection(Proposed):
    """Trial that was not trained because its network exceeds a limit; its state is PRUNED."""

    costs: Mapping[str, float]
    """Limited costs of the network by name."""
    excess: float
    """log10 of the largest ratio of a cost and its limit."""

    @override
    def to_attributes(self) -> dict[str, Any]:
        own = {"costs": dict(self.costs), "excess": self.excess, "status": REJECTED}
        return {**super().to_attributes(), **own}

    @classmethod
    def from_trial(cls, trial: FrozenTrial) -> Rejection:
        """Create it from a trial for which :func:`is_rejected` is true."""
        attributes = trial.user_attrs
        return cls(**_proposed(trial), costs=attributes["costs"], excess=attributes["excess"])


def is_rejected(trial: FrozenTrial) -> bool:
    """Return whether a trial was not trained because its network exceeds a limit."""
    return trial.state == TrialState.PRUNED and trial.user_attrs.get("status") == REJECTED


def n_rejected_last(study: Study) -> int:
    """Count the rejected proposals since the last one that was trained."""
    return sum(1 for _ in takewhile(is_rejected, _finished_latest_first(study)))


def _finished_latest_first(study: Study) -> Iterator[FrozenTrial]:
    trials = reversed(study.get_trials(deepcopy=False))
    return (trial for trial in trials if trial.state.is_finished())
