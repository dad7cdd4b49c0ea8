"""State that the stages of a search share: data, settings, objective, records, deadline."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from optuna_dnc.data import PreparedData
from optuna_dnc.evaluation.floor_times import judging_seconds
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.objectives import CostMeter, Measurement, NetworkSpec
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.runs.kept_weights import Candidate, candidates_of, keys_to_keep
from optuna_dnc.runs.ledger import Ledger
from optuna_dnc.runs.records import Record, configuration_key
from optuna_dnc.runs.settings import SearchSettings
from optuna_dnc.search.at_the_end import ensemble_within, seconds_of_tests
from optuna_dnc.search.contenders import SHARE_OF_TIME, affordable, contenders, seconds_for
from optuna_dnc.search.limits.cost_limits import Limits
from optuna_dnc.search.limits.time_limit import TimeLimit
from optuna_dnc.search.objective import Objective
from optuna_dnc.search.pausing import PauseSwitch
from optuna_dnc.training import TrainingConfig

_MARGIN = 1.2
"""Time kept for the final training over its estimate."""


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

    def crash_of(self, search: SearchContext, config: Mapping[str, Any]) -> str | None:
        """Return why a network crashes the process, if it does and is therefore given up."""
        crash = search.ledger.crash_of(config)
        return None if crash is None else crash.meaning

    def leads(self, search: SearchContext, measured: Measurement) -> bool:
        """Return whether a network is better than all measured before."""
        best, rank = search.ledger.best, search.objective.rank
        return best is None or rank(measured) < rank(best.measured)

    def keeps(self, search: SearchContext, key: str, measured: Measurement) -> bool:
        """Return whether to save the weights of a network that was just trained."""
        return self.leads(search, measured) or search.joins_front(key, measured)

    def seconds_at_end(self, search: SearchContext, training: float) -> float:
        """Estimate the seconds from a training of a search, given its own, to the result."""
        return search.seconds_at_end(training)

    def keep_leaders(self, search: SearchContext) -> None:
        """Delete the weights of all networks but the best and those on the front."""
        if search.ledger.best is not None:
            search.folder.keep_only(*search.keys_to_keep(), *search.keys_ahead())

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
    cost_limits: Limits
    limit: TimeLimit = field(default_factory=TimeLimit)
    """Wall-clock time that is left."""
    full_epochs: int = 0
    """Epochs of a training without a time limit; the settings may have fewer, as planned."""
    refit: bool = True
    """Whether the best network is trained on all samples at the end."""
    floors: bool = False
    """Whether the best network is judged at the end, beside simple models."""
    cost_scales: Mapping[str, float] = field(default_factory=dict)
    """Factors that turn timed costs into those of the worker that began the search, by name."""
    ahead: Ledger = field(default_factory=Ledger)
    """Trainings that workers did ahead; no trial has asked for them yet."""
    pause: PauseSwitch = field(default_factory=PauseSwitch)
    """Whether the user wants a pause."""
    peers: Peers = field(default_factory=Peers)
    """The searches that share their trials with this one."""
    running: Mapping[str, str] = field(default_factory=dict)
    """Keys of the configurations that workers are training, by trial."""
    folds: Sequence[Callable[[], PreparedData]] = ()
    """Other splits of the training samples, or other divisions into folds, on which leading
    networks are compared; empty for no comparison."""

    def __post_init__(self) -> None:
        self.peers.join(self)

    def seconds_at_end(self, training: float = 0.0) -> float:
        """Estimate the time from the last stage to the result.

        Args:
            training: Seconds of a training that is to begin: its network may become the best.
        """
        best = self.ledger.best
        if best is None or not best.measured.epochs_run:
            return 0.0
        known = self.ledger.cross_validation
        comparison = seconds_for(self._compared_within(math.inf), len(self.folds), known)
        return comparison + self.seconds_after_choice(best, training)

    def seconds_after_choice(
        self, record: Record, training: float = 0.0, *, is_reserve: bool = True
    ) -> float:
        """Estimate the time for the final training of a network, its tests and judgement.

        Args:
            record: Record of the network.
            training: Seconds of a training whose network may become the answer instead.
            is_reserve: Whether it is kept free, so that it must not be too short.
        """
        if not self.refit:
            return self.seconds_to_judge(record)
        data, folds = self.data, self.ledger.cross_validation.of(record.key)
        of_other = training * (data.n_train + data.n_val) / data.n_train
        n_members = self.settings.n_members or 1
        _, own = ensemble_within(self.limit, n_members, record, data, folds)
        last = _MARGIN * max(own, of_other) if is_reserve else own
        return last + self.seconds_to_judge(record)

    def seconds_to_judge(self, record: Record) -> float:
        """Estimate the time for the tests of a network, its analysis and judgement."""
        seconds = seconds_of_tests(record, self.data, 2 if self.refit else 1)
        limit = self.limit.seconds, self.limit.slowdown
        return seconds + (judging_seconds(self.data, *limit) if self.floors else 0.0)

    def to_compare(self, growth: float = 1.0) -> list[Record]:
        """Return the leading networks to cross-validate, the best first.

        There are none if the validation samples decide well enough, or if there is no time.
        ``growth`` is the expected length of the search over that so far.
        """
        networks = contenders(self.ledger, self.data)
        at_end = max((self.seconds_after_choice(record) for record in networks), default=0.0)
        return self._compared_within(self.limit.left - at_end, growth)

    def _compared_within(self, seconds: float, growth: float = 1.0) -> list[Record]:
        if not self.folds:
            return []
        if self.limit.is_set:
            seconds = min(seconds, SHARE_OF_TIME * self.limit.seconds)
        leaders, known = contenders(self.ledger, self.data), self.ledger.cross_validation
        n_epochs = growth * sum(record.trained_epochs for record in self.ledger.records)
        return affordable(leaders, len(self.folds), known, n_epochs, seconds)

    def cost_meter(self, config: Any) -> CostMeter:
        """Return the meter of a network's costs on the data."""
        network = NetworkSpec(self.family, config, self.data.input_shape, self.data.n_outputs)
        limited = self.limited_costs(config)
        names = (self.settings.penalize, *limited)
        return CostMeter(network, *names, known=limited, scales=self.cost_scales)

    def limited_costs(self, config: Any) -> dict[str, float]:
        """Return the costs of a network that have a limit."""
        bounds = self.cost_limits.bounds
        known = self.ledger.costs_of(asdict(config)) if "ms" in bounds else None
        return self.cost_limits.costs(config, known)

    def default_training(self, config: Any) -> TrainingConfig:
        """Return the training of a network in stages 1 and 2, without a searched learning rate."""
        n_params = self.family.n_params(config, self.data.input_shape, self.data.n_outputs)
        return self.settings.training(self.family.default_weight_decay(n_params))

    def key(self, proposal: Proposal) -> str:
        """Return the hash of a network with its training."""
        return configuration_key(self.family.name, *proposal)

    def keys_to_keep(self, *others: Candidate) -> list[str]:
        """Return the keys of the networks whose weights are kept, with others that may join."""
        ledger, best = self.ledger, self.ledger.best
        known = candidates_of(ledger.records, self.settings.penalize)
        return keys_to_keep([*known, *others], None if best is None else best.key)

    def joins_front(self, key: str, measured: Measurement) -> bool:
        """Return whether the weights of a network would be kept."""
        loss, penalize = self.objective.loss(measured), self.settings.penalize
        return key in self.keys_to_keep(Candidate.of(key, loss, measured, penalize))

    def keep_leader(self) -> None:
        """Delete the weights that are not kept, of each search that shares trials.

        Those that other workers may have just saved stay; the worker holds the decision lock.
        """
        self.folder.check_there()
        self.peers.keep_leaders(self)

    def keys_ahead(self) -> set[str]:
        """Return the keys of networks that may become the best when their trials are told."""
        best = self.ledger.best
        done = (record for record in self.ahead.records if best and record.rank < best.rank)
        return {*self.running.values(), *(record.key for record in done)}

    def trains_elsewhere(self, key: str, trial: str) -> bool:
        """Return whether another trial than ``stage/number`` is training a configuration."""
        return any(each == key for label, each in self.running.items() if label != trial)

    def end(self, record: Record) -> None:
        """Add the record of a trial, which is no longer running."""
        self.ledger.add(record)
        self.running = {k: key for k, key in self.running.items() if k != record.label}
        self.keep_leader()
