"""State that the stages of a search share: data, settings, objective, records, deadline."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
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
from optuna_dnc.search.limits import Limits
from optuna_dnc.search.objective import Objective
from optuna_dnc.training import TrainingConfig


class TimeIsUp(Exception):  # noqa: N818 - no error: the time limit ends the search
    """No further training would end before the deadline."""


class Proposal(NamedTuple):
    """A network and its training, to be measured by a trial."""

    config: Any
    """Config of the network."""
    training: TrainingConfig
    """Training hyperparameters."""


class Peers:
    """Searches that share their trials: here none but the search itself.

    :class:`optuna_dnc.tradeoff.pool.Pool` overrides all methods for searches that differ in
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
        """Return another search's record of a configuration, with the loss at this ``wc``."""
        del search, key
        return None

    def crash_of(self, search: SearchContext, key: str) -> str | None:
        """Return why a configuration crashes the process, if it does; it is given up then."""
        crash = search.ledger.crash_of(key)
        return None if crash is None else crash.meaning

    def leads(self, search: SearchContext, measured: Measurement) -> bool:
        """Return whether a network is better than all measured before."""
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
        """Return the file with the weights of a configuration; None if they were not kept."""
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
    limits: Limits
    deadline: float | None
    """Deadline on the clock of ``time.monotonic()``; None for none."""
    peers: Peers = field(default_factory=Peers)
    """The searches that share their trials with this one."""

    def __post_init__(self) -> None:
        self.peers.join(self)

    def check_time(self, epochs: int | None = None, begun: Record | None = None) -> None:
        """Check that another training would end before the deadline.

        The first training of a search always runs, so that there is a network in the end.

        Args:
            epochs: Epochs of the training; None for all.
            begun: Record of the training so far, if it is resumed.

        Raises:
            TimeIsUp: It would not.
            KeyboardInterrupt: A signal has requested to stop.
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
        """Estimate the wall time of full trainings; None before the first epoch."""
        if self.settings.pruner == "none":
            typical = self.ledger.typical_training
        else:
            epoch = self.ledger.typical_epoch
            typical = None if epoch is None else epoch * self.settings.epochs
        return None if typical is None else typical * n_trainings

    @property
    def is_late(self) -> bool:
        """Whether the deadline has passed and there is a network."""
        has_passed = self.deadline is not None and time.monotonic() >= self.deadline
        return has_passed and bool(self.ledger.records)

    def cost_meter(self, config: Any) -> CostMeter:
        """Return the meter of a network's costs on the data."""
        network = NetworkSpec(self.family, config, self.data.input_shape, self.data.n_outputs)
        limited = self.limited_costs(config)
        return CostMeter(network, self.settings.penalize, *limited, known=limited)

    def limited_costs(self, config: Any) -> dict[str, float]:
        """Return the costs of a network that have a limit."""
        bounds = self.limits.bounds
        known = self.ledger.costs_of(asdict(config)) if "ms" in bounds else None
        return self.limits.costs(config, known)

    def default_training(self, config: Any) -> TrainingConfig:
        """Return the training of a network in stages 1 and 2."""
        n_params = self.family.n_params(config, self.data.input_shape, self.data.n_outputs)
        return self.settings.training(self.family.default_weight_decay(n_params))

    def key(self, proposal: Proposal) -> str:
        """Return the hash of a network with its training."""
        return configuration_key(self.family.name, *proposal)

    def keep_leader(self) -> None:
        """Delete the weights of all networks but the best of each search that shares trials."""
        self.folder.check_there()
        self.peers.keep_leaders(self)
