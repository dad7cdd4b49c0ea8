"""What the trials of a search have measured, so that nothing is trained twice."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from optuna.trial import FrozenTrial

from optuna_dnc.objectives import Measurement
from optuna_dnc.training import TrainingConfig


@dataclass(frozen=True)
class Record:
    """A finished trial."""

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
    """The trial (``stage/number``) whose training this one took over."""
    seconds: float
    """Wall time of the trial."""

    @property
    def rank(self) -> tuple[bool, float]:
        """What records are compared by: no loss makes up for having no network."""
        return (not self.measured.is_usable, self.loss)

    @property
    def place(self) -> str:
        """``stage/number``."""
        return f"{self.stage}/{self.trial_number}"

    def to_attributes(self) -> dict[str, Any]:
        """The user attributes of the trial, apart from those that Optuna holds itself."""
        own = {
            "stage": self.stage,
            "network": self.description,
            "config": self.config,
            "training": self.training,
            "key": self.key,
            "seconds": self.seconds,
        }
        if self.reused_from is not None:
            own["reused_from"] = self.reused_from
        return own | self.measured.to_attributes()

    @classmethod
    def from_trial(cls, trial: FrozenTrial) -> Record:
        """Read a complete trial."""
        attributes = trial.user_attrs
        assert trial.value is not None
        return cls(
            stage=attributes["stage"],
            trial_number=trial.number,
            loss=trial.value,
            config=attributes["config"],
            training=attributes["training"],
            description=attributes["network"],
            key=attributes["key"],
            measured=Measurement.from_attributes(attributes),
            reused_from=attributes.get("reused_from"),
            seconds=attributes["seconds"],
        )


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


class Ledger:
    """The records of one search, by configuration; the first of each is the one that trained."""

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self.records: list[Record] = []
        self._first: dict[str, Record] = {}
        for record in records:
            self.add(record)

    def add(self, record: Record) -> None:
        """Add a finished trial."""
        self.records.append(record)
        self._first.setdefault(record.key, record)

    def find(self, key: str) -> Record | None:
        """The record of this configuration, if it was measured."""
        return self._first.get(key)

    def of_stages(self, *names: str) -> list[Record]:
        """The records of some stages, in the order in which they were added."""
        return [record for record in self.records if record.stage in names]

    @property
    def best(self) -> Record:
        """The lowest loss; the earliest where several are equal."""
        return min(self.records, key=lambda record: record.rank)

    def leaders(self, count: int) -> list[Record]:
        """The best configurations, best first, each once."""
        return sorted(self._first.values(), key=lambda record: record.rank)[:count]

    @property
    def typical_training(self) -> float | None:
        """Median wall time in seconds of the trials that trained; None before the first."""
        seconds = [record.seconds for record in self.records if record.reused_from is None]
        return statistics.median(seconds) if seconds else None
