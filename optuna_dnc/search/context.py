"""A search at work, as its stages see it: data, settings, objective, folder, records, deadline."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from optuna_dnc._interruption import check_interrupted
from optuna_dnc.data import PreparedData
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.objectives import CostMeter, Measurement, NetworkSpec
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.runs.ledger import Ledger
from optuna_dnc.runs.records import Record, configuration_key
from optuna_dnc.runs.settings import SearchSettings
from optuna_dnc.search.objective import Objective
from optuna_dnc.training import TrainingConfig


class TimeIsUp(Exception):  # noqa: N818 - no error: the search ends as it was asked to
    """No further training would end before the deadline."""


class Proposal(NamedTuple):
    """A network and its training, which a trial measures."""

    config: Any
    """The network."""
    training: TrainingConfig
    """How to train it."""


class Peers:
    """A search without others.

    :class:`optuna_dnc.tradeoff.pool.Pool` overrides every method for searches that differ in
    ``wc`` alone.
    """

    def join(self, search: SearchContext) -> None:
        """Add a search that begins."""

    @property
    def first(self) -> SearchContext | None:
        """The search that joined first, whose data and baseline the others share."""
        return None

    def neighbor(self, search: SearchContext) -> SearchContext | None:
        """Return the earlier search with the next ``wc``."""
        del search
        return None

    def n_own_trials(self, search: SearchContext, n_trials: int, n_learned: int) -> int:
        """Return how many of a stage's trials a search trains itself.

        Args:
            search: The search.
            n_trials: Trials of the stage in a search without others.
            n_learned: Trials of other searches that it has taken over in this stage.
        """
        del search, n_learned
        return n_trials

    def find(self, search: SearchContext, key: str) -> Record | None:
        """Return what another search has trained of a configuration, as ``search`` sees it."""
        del search, key
        return None

    def crash_of(self, search: SearchContext, key: str) -> str | None:
        """Return why a configuration is given up: it has ended the process too often."""
        crash = search.ledger.crash_of(key)
        return None if crash is None else crash.meaning

    def leads(self, search: SearchContext, measured: Measurement) -> bool:
        """Return whether a network is better than all that were measured before."""
        best = search.ledger.best
        if best is None or not best.measured.is_usable:
            return True
        return search.objective.loss(measured) < search.objective.loss(best.measured)

    def keep_leaders(self, search: SearchContext) -> None:
        """Delete the weights of all networks but the best."""
        best = search.ledger.best
        if best is not None:
            search.folder.keep_only(best.key)

    def checkpoint(self, search: SearchContext, key: str) -> Path | None:
        """Return where the weights of a configuration are, if they were kept."""
        path = search.folder.checkpoint(key)
        return path if path.exists() else None


@dataclass
class SearchContext:
    """The state that the stages of a search share."""

    family: NetworkFamily
    data: PreparedData
    settings: SearchSettings
    objective: Objective
    folder: RunFolder
    ledger: Ledger
    deadline: float | None
    """On the clock of ``time.monotonic()``; None has no end."""
    peers: Peers = field(default_factory=Peers)
    """The searches that share their trials with this one."""

    def __post_init__(self) -> None:
        self.peers.join(self)

    def check_time(self, epochs: int | None = None, begun: Record | None = None) -> None:
        """Raise :class:`TimeIsUp` if another training would not end before the deadline.

        KeyboardInterrupt if a signal has asked to stop.

        The first training of a search always runs, so that there is a network at the end.

        Args:
            epochs: Of the training; None for all.
            begun: The training as far as it has come, if it goes on.
        """
        check_interrupted()
        seconds = self.seconds_for(1 if epochs is None else epochs / self.settings.epochs)
        if begun is not None and epochs is not None and begun.trained_epochs:
            seconds = begun.seconds / begun.trained_epochs * epochs
        if self.deadline is None or seconds is None:
            return
        if time.monotonic() + seconds > self.deadline:
            raise TimeIsUp

    def seconds_for(self, n_trainings: float) -> float | None:
        """Estimate the wall time of so many full trainings; None before the first epoch."""
        if self.settings.pruner == "none":
            typical = self.ledger.typical_training
        else:
            epoch = self.ledger.typical_epoch
            typical = None if epoch is None else epoch * self.settings.epochs
        return None if typical is None else typical * n_trainings

    @property
    def is_late(self) -> bool:
        """Whether the deadline has passed and there is a network already."""
        has_passed = self.deadline is not None and time.monotonic() >= self.deadline
        return has_passed and bool(self.ledger.records)

    def cost_meter(self, config: Any) -> CostMeter:
        """Return what measures the costs of a network on the data."""
        network = NetworkSpec(self.family, config, self.data.input_shape, self.data.n_outputs)
        return CostMeter(network, self.settings.penalize)

    def default_training(self, config: Any) -> TrainingConfig:
        """Return how stages 1 and 2 train a network."""
        n_params = self.family.n_params(config, self.data.input_shape, self.data.n_outputs)
        return self.settings.training(self.family.default_weight_decay(n_params))

    def key(self, proposal: Proposal) -> str:
        """Name a network with its training; equal for equal ones."""
        return configuration_key(self.family.name, *proposal)

    def keep_leader(self) -> None:
        """Delete the weights of all networks but the best, of each search that shares trials."""
        self.folder.check_there()
        self.peers.keep_leaders(self)
