"""Row of a leaderboard: an architecture with its best training run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from optuna_dnc.objectives import Score
from optuna_dnc.runs.records import Record

State = Literal["finished", "stopped early", "waiting for promotion", "failed"]


@dataclass(frozen=True, repr=False)
class LeaderboardRow:
    """One architecture of a search with its best training."""

    rank: int
    """Position, from 1."""
    record: Record
    """Record of the best training."""
    trials: tuple[str, ...]
    """Trials ``stage/number`` with this architecture, in the order in which they ran."""
    n_trainings: int
    """Number of different trainings."""
    on_front: bool
    """Whether no other finished network is both better and cheaper: it lies on the Pareto front
    of validation error and penalized cost."""

    @property
    def network(self) -> str:
        """Description of the network."""
        return self.record.description

    @property
    def described(self) -> str:
        """Description of the network, with its state unless its best training has finished."""
        return self.network if self.state == "finished" else f"{self.network} ({self.state})"

    @property
    def config(self) -> dict[str, Any]:
        """Config of the network, as JSON."""
        return self.record.config

    @property
    def training(self) -> dict[str, Any]:
        """Hyperparameters of the best training, as JSON."""
        return self.record.training

    @property
    def loss(self) -> float:
        """``log10(error + wc * complexity)`` of the best training."""
        return self.record.loss

    @property
    def val_error(self) -> float:
        """Validation error of the best training."""
        return self.record.measured.error

    @property
    def val_accuracy(self) -> float | None:
        """Validation accuracy, a fraction; None for regression."""
        return self.record.measured.val_accuracy

    @property
    def score(self) -> Score:
        """Validation score of the best training, with the value of the metric."""
        return self.record.measured.score

    @property
    def costs(self) -> Mapping[str, float]:
        """Costs by name, such as ``n_params``."""
        return self.record.measured.costs

    @property
    def state(self) -> State:
        """Whether the best training has finished.

        Losses after different numbers of epochs cannot be compared: networks whose training was
        stopped are ranked after those that were trained to the end.
        """
        return state_of(self.record)

    def to_dict(self) -> dict[str, Any]:
        """Return the row as JSON, with one key per cost: a row of a data frame."""
        return dict(self.costs) | {
            "rank": self.rank,
            "network": self.network,
            "loss": self.loss,
            "val_error": self.val_error,
            "val_accuracy": self.val_accuracy,
            "metric": self.score.metric,
            "val_metric": self.score.value,
            "on_front": self.on_front,
            "state": self.state,
            "epochs": self.record.measured.epochs_run,
            "n_trainings": self.n_trainings,
            "trial": self.record.label,
            "trials": list(self.trials),
            "config": self.config,
            "training": self.training,
        }

    def __repr__(self) -> str:
        quality = f"val_{self.score.metric}={self.score.format()}"
        return (
            f"LeaderboardRow(rank={self.rank}, {self.network}, loss={self.loss:.3f}, {quality}, "
            f"n_params={self.costs['n_params']:,}, n_trainings={self.n_trainings}, "
            f"on_front={self.on_front}, state={self.state!r})"
        )


def state_of(record: Record) -> State:
    """Return whether a training run has finished; a failure takes precedence."""
    if not record.measured.is_usable:
        return "failed"
    if not record.pruned:
        return "finished"
    return "waiting for promotion" if record.waits else "stopped early"
