"""The positions of a study's trials, each encoded once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
from optuna.trial import FrozenTrial

from optuna_dnc._arrays import Array
from optuna_dnc.samplers.dnc.suggest_order import SuggestOrders
from optuna_dnc.samplers.refit_schedule import last_refit
from optuna_dnc.space import SearchSpace
from optuna_dnc.space.infer import suggest_ranks, with_conditions
from optuna_dnc.space.merge import MergedDistributions

_KEPT_SPACES = 4
Key = tuple[int, datetime | None, int]


def _key(trial: FrozenTrial) -> Key:
    """Return what identifies a trial, also after a study was deleted and its ids were reused.

    The number of parameters is part of it, because a running trial may get more.
    """
    return trial.number, trial.datetime_complete or trial.datetime_start, len(trial.params)


class EncodedTrials:
    """A cache of encoded trials that learns their space if none is given.

    The cache only saves time: results depend on the trials alone. Conditions are those of the
    first :func:`last_refit` trials unless a later one contradicts them.

    Args:
        fixed_space: The space; None infers it.
    """

    def __init__(self, fixed_space: SearchSpace | None) -> None:
        self._fixed_space = fixed_space
        self._forget()

    def _forget(self) -> None:
        self.space = SearchSpace({}) if self._fixed_space is None else self._fixed_space
        self._numbers: set[int] = set()
        self._orders = SuggestOrders()
        self._merged = MergedDistributions()
        self._flat = self.space
        self._rows: dict[Key, Array] = {}
        self._ranks: dict[Key, Array] = {}
        self._first_rank: dict[str, float] = {}
        self.changing: frozenset[str] = frozenset()
        """Parameters whose range was not the same in all trials."""
        self._conditional: dict[tuple[int, Key], SearchSpace] = {}

    def learn(self, trials: Sequence[FrozenTrial]) -> Array:
        """Add trials, by number, and return their positions, (n, d) float64."""
        numbers = {t.number for t in trials}
        if not self._numbers <= numbers:  # a running trial that counted has failed
            self._forget()
        latest = max(self._numbers, default=-1)
        self._numbers = numbers
        keys = [_key(trial) for trial in trials]
        new = [t for t, key in zip(trials, keys, strict=True) if key not in self._rows]
        if self._orders.learn(new):
            self._forget()
            self._orders.learn(trials)
            new = list(trials)
            self._numbers, latest = numbers, -1
        changes = [self._merged.add(self._orders.of(trial)) for trial in new]
        is_late = any(trial.number < latest for trial in new)
        if self._fixed_space is None and (any(changes) or is_late) and self._changes_space(trials):
            self._rows.clear()
            self._conditional.clear()
            new = list(trials)
        for trial, row in zip(new, self._flat.encode([t.params for t in new]), strict=True):
            self._rows[_key(trial)] = row
        self._note_order_and_ranges(new)
        if not trials:
            return np.empty((0, len(self.space.names)))
        rows = np.array([self._rows[key] for key in keys])
        if self._fixed_space is not None or not np.isnan(rows).any():
            self.space = self._flat
            return rows
        self.space = self._with_conditions(trials, rows)
        return rows[:, [self._flat.position(name) for name in self.space.names]]

    def _changes_space(self, trials: Sequence[FrozenTrial]) -> bool:
        union = self._merged.union()
        # By trial number: another process may have read the trials in another order.
        names = dict.fromkeys(name for t in trials for name in self._orders.names(t))
        space = {name: union[name] for name in names if name in union}
        if list(space.items()) == list(self._flat.distributions.items()):
            return False
        self._flat = SearchSpace(space)
        return True

    def params(self, trial: FrozenTrial) -> dict[str, Any]:
        """Return the parameters of a trial in the order of suggestion."""
        return self._orders.of(trial).params

    def first_rank(self, name: str) -> float:
        """Return the lowest rank of a parameter in any order of suggestion; infinity if none."""
        return self._first_rank.get(name, math.inf)

    def _note_order_and_ranges(self, new: Sequence[FrozenTrial]) -> None:
        ranks = suggest_ranks(self._flat, [self._orders.of(trial) for trial in new])
        for trial, row in zip(new, ranks, strict=True):
            self._ranks[_key(trial)] = row
        for column, (name, distribution) in enumerate(self._flat.distributions.items()):
            known = ranks[:, column][~np.isnan(ranks[:, column])]
            if len(known):
                self._first_rank[name] = min(self.first_rank(name), float(known.min()))
            if any(t.distributions.get(name, distribution) != distribution for t in new):
                self.changing |= {name}

    def _with_conditions(self, trials: Sequence[FrozenTrial], rows: Array) -> SearchSpace:
        for n in (last_refit(len(trials)), len(trials)):
            key = n, _key(trials[n - 1])
            if key not in self._conditional:
                while len(self._conditional) > _KEPT_SPACES:
                    self._conditional.pop(next(iter(self._conditional)))
                ranks = np.array([self._ranks[_key(t)] for t in trials[:n]])
                self._conditional[key] = with_conditions(self._flat, rows[:n], ranks)
            space = self._conditional[key]
            ordered = rows[:, [self._flat.position(name) for name in space.names]]
            # A parameter whose absence no condition explained early may be absent later, too:
            # that contradicts nothing.
            early = ordered[:n]
            unexplained = {
                name
                for name in space.surprises(early)
                if not np.isnan(early[:, space.position(name)]).all()
            }
            if n == len(trials) or unexplained.issuperset(space.surprises(ordered[n:])):
                return space
        raise AssertionError("the last space is of all trials")
