"""The order in which trials ask for their parameters, also on storages that forget it.

Columns of the learned space, conditions and ranges that depend on earlier values rest on that
order. Optuna's gRPC proxy returns the parameters of a trial in any order, another one in every
process. So trials note theirs, unless it follows from what earlier ones noted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial

NOTE = "dnc:asked"
"""The system attribute with a list of names."""
Names = tuple[str, ...]


@dataclass(frozen=True)
class Asked:
    """What a trial asked for, in that order."""

    params: dict[str, Any]
    """Values by name."""
    distributions: dict[str, BaseDistribution]
    """Distributions by name."""


class AskedOrders:
    """Tells in which order trials asked, by what they noted and by nothing else.

    A trial without a note asked as the first trial that noted all its parameters, and more. Where
    there is none, parameters come by how many trials have them, then by name: what exists by the
    value of another parameter is rarer than that one.
    """

    def __init__(self) -> None:
        self._noted: dict[int, Names] = {}
        self._silent: dict[int, frozenset[str]] = {}
        self._counts: Counter[str] = Counter()
        self._orders: dict[frozenset[str], Names] = {}
        self._has_guessed = False

    def learn(self, trials: Iterable[FrozenTrial]) -> bool:
        """Take in trials; returns whether the order of one taken in before has changed."""
        new = {t.number: (_note(t), frozenset(t.distributions)) for t in trials}
        noted = {number: note for number, (note, _) in new.items() if note is not None}
        silent = {number: names for number, (note, names) in new.items() if note is None}
        self._noted = dict(sorted({**self._noted, **noted}.items()))
        self._silent = {n: names for n, names in self._silent.items() if n not in noted} | silent
        known = self._orders
        self._orders = dict(known)
        for names in silent.values():
            self._orders.setdefault(names, ())
        if noted or self._has_guessed or len(self._orders) > len(known):
            self._counts = Counter(name for names in self._silent.values() for name in names)
            self._has_guessed = any(self._noted_order(names) is None for names in self._orders)
            self._orders = {names: self._order(names) for names in self._orders}
        return any(self._orders[names] != order for names, order in known.items())

    def names(self, trial: FrozenTrial) -> Names:
        """Return a trial's parameters in the order asked."""
        note = _note(trial)
        if note is not None:
            return note
        names = frozenset(trial.distributions)
        return self._orders.get(names) or self._order(names)

    def of(self, trial: FrozenTrial) -> Asked:
        """Return what a trial asked for, in the order asked."""
        names = self.names(trial)
        return Asked(
            {name: trial.params[name] for name in names},
            {name: trial.distributions[name] for name in names},
        )

    def follows(self, names: Sequence[str]) -> bool:
        """Say whether the order of a trial follows from the notes of others."""
        order = self._noted_order(frozenset(names))
        return order is not None and [*order] == [*names]

    def _noted_order(self, names: frozenset[str]) -> Names | None:
        for note in self._noted.values():
            if names.issubset(note):
                return tuple(name for name in note if name in names)
        return None

    def _order(self, names: frozenset[str]) -> Names:
        by_count = sorted(names, key=lambda name: (-self._counts[name], name))
        return self._noted_order(names) or tuple(by_count)


def _note(trial: FrozenTrial) -> Names | None:
    """Return what a trial noted, None if that is not about the parameters that it has."""
    note = trial.system_attrs.get(NOTE)
    if not isinstance(note, list) or set(note) != set(trial.distributions):
        return None
    return tuple(note)
