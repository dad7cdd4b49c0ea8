"""The rows of a study's trials, each encoded once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.trial import FrozenTrial

from optuna_dnc.samplers.dnc.asked_order import AskedOrders
from optuna_dnc.samplers.refit_schedule import checkpoint
from optuna_dnc.space import SearchSpace
from optuna_dnc.space.infer import asked_ranks, with_conditions
from optuna_dnc.space.merge import MergedDistributions

Array = NDArray[np.float64]


_KEPT_SPACES = 4
Key = tuple[int, datetime | None, int]


def _key(trial: FrozenTrial) -> Key:
    """Tell trials apart, also after a study was deleted and its numbers were given again.

    A trial that runs may get more parameters.
    """
    return trial.number, trial.datetime_complete or trial.datetime_start, len(trial.params)


class EncodedTrials:
    """Encodes trials, and learns the space from them where it is not given.

    Remembering only saves time: what it returns depends on the trials alone. Conditions are
    those of the first :func:`checkpoint` trials unless a later one contradicts them.

    Args:
        given: The space; None infers it.
    """

    def __init__(self, given: SearchSpace | None) -> None:
        self._given = given
        self._forget()

    def _forget(self) -> None:
        self.space = SearchSpace({}) if self._given is None else self._given
        self._numbers: set[int] = set()
        self._orders = AskedOrders()
        self._merged = MergedDistributions()
        self._flat = self.space
        self._rows: dict[Key, Array] = {}
        self._asked: dict[Key, Array] = {}
        self._first_asked: dict[str, float] = {}
        self.changing: frozenset[str] = frozenset()
        """Parameters whose range was not the same in all trials."""
        self._conditional: dict[tuple[int, Key], SearchSpace] = {}

    def learn(self, trials: Sequence[FrozenTrial]) -> Array:
        """Take in trials, by number, and return their rows, (n, d) float64."""
        numbers = {t.number for t in trials}
        if not self._numbers <= numbers:  # one that ran, and counted, has failed
            self._forget()
        latest = max(self._numbers, default=-1)
        self._numbers = numbers
        new = [t for t in trials if _key(t) not in self._rows]
        if self._orders.learn(new):
            self._forget()
            self._orders.learn(trials)
            new = list(trials)
            self._numbers, latest = numbers, -1
        changes = [self._merged.add(self._orders.of(trial)) for trial in new]
        is_late = any(trial.number < latest for trial in new)
        if self._given is None and (any(changes) or is_late) and self._changes_space(trials):
            self._rows.clear()
            self._conditional.clear()
            new = list(trials)
        for trial, row in zip(new, self._flat.encode([t.params for t in new]), strict=True):
            self._rows[_key(trial)] = row
        self._note_order_and_ranges(new)
        if not trials:
            return np.empty((0, len(self.space.names)))
        rows = np.array([self._rows[_key(t)] for t in trials])
        if self._given is not None or not np.isnan(rows).any():
            self.space = self._flat
            return rows
        self.space = self._with_conditions(trials, rows)
        return rows[:, [self._flat.position(name) for name in self.space.names]]

    def _changes_space(self, trials: Sequence[FrozenTrial]) -> bool:
        union = self._merged.union()
        # By trial, not as they came in: another process may meet them in another order.
        names = dict.fromkeys(name for t in trials for name in self._orders.names(t))
        space = {name: union[name] for name in names if name in union}
        if list(space.items()) == list(self._flat.distributions.items()):
            return False
        self._flat = SearchSpace(space)
        return True

    def asked(self, trial: FrozenTrial) -> dict[str, Any]:
        """Return the parameters of a trial in the order asked."""
        return self._orders.of(trial).params

    def asked_at(self, name: str) -> float:
        """Return the earliest place at which a parameter was asked; infinity if it never was."""
        return self._first_asked.get(name, math.inf)

    def _note_order_and_ranges(self, new: Sequence[FrozenTrial]) -> None:
        ranks = asked_ranks(self._flat, [self._orders.of(trial) for trial in new])
        for trial, asked in zip(new, ranks, strict=True):
            self._asked[_key(trial)] = asked
        for place, (name, distribution) in enumerate(self._flat.distributions.items()):
            asked = ranks[:, place][~np.isnan(ranks[:, place])]
            if len(asked):
                self._first_asked[name] = min(self.asked_at(name), float(asked.min()))
            if any(t.distributions.get(name, distribution) != distribution for t in new):
                self.changing |= {name}

    def _with_conditions(self, trials: Sequence[FrozenTrial], rows: Array) -> SearchSpace:
        for n in (checkpoint(len(trials)), len(trials)):
            key = n, _key(trials[n - 1])
            if key not in self._conditional:
                while len(self._conditional) > _KEPT_SPACES:
                    self._conditional.pop(next(iter(self._conditional)))
                asked = np.array([self._asked[_key(t)] for t in trials[:n]])
                self._conditional[key] = with_conditions(self._flat, rows[:n], asked)
            space = self._conditional[key]
            ordered = rows[:, [self._flat.position(name) for name in space.names]]
            # What nothing explains is missing now and then; that is no news.
            early = ordered[:n]
            unexplained = {
                name
                for name in space.surprises(early)
                if not np.isnan(early[:, space.position(name)]).all()
            }
            if n == len(trials) or unexplained.issuperset(space.surprises(ordered[n:])):
                return space
        raise AssertionError("the last space is of all trials")
