"""Order in which the parameters of trials are suggested, also on storages that forget it.

The columns of a learned space, its conditions, and ranges that depend on earlier values rest on
that order. Optuna's gRPC proxy returns the parameters of a trial in an arbitrary order that
differs from process to process. So trials note their order, unless it follows from earlier notes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial

NOTE = "dnc:asked"
"""System attribute of a trial with a list of names."""
Names = tuple[str, ...]


@dataclass(frozen=True)
class Suggested:
    """The parameters of a trial in the order of suggestion."""

    params: dict[str, Any]
    """Values by name."""
    distributions: dict[str, BaseDistribution]
    """Distributions by name."""


class SuggestOrders:
    """The orders of suggestion of a study's trials, derived from their notes alone.

    A trial without a note follows the first note that has all its parameters. Without such a
    note, parameters are sorted by the number of trials that have them, then by name: a
    conditional parameter is rarer than its parent.
    """

    def __init__(self) -> None:
        self._noted: dict[int, Names] = {}
        self._silent: dict[int, frozenset[str]] = {}
        self._counts: Counter[str] = Counter()
        self._orders: dict[frozenset[str], Names] = {}
        self._has_guessed = False

    def learn(self, trials: Iterable[FrozenTrial]) -> bool:
        """Add trials; return whether the order of an earlier one has changed."""
        new = {t.number: (_note(t), frozenset(t.distributions)) for t in trials}
        noted = {number: note for number, (note, _) in new.items() if note is not None}
        silent = {number: names for number, (note, names) in new.items() if note is None}
        self._noted = dict(sorted({**self._noted, **noted}.items()))
        for number in new.keys() & self._silent.keys():
            self._counts.subtract(self._silent.pop(number))
        self._silent |= silent
        self._counts.update(name for names in silent.values() for name in names)
        known = self._orders
        self._orders = dict(known)
        for names in silent.values():
            self._orders.setdefault(names, ())
        if noted or self._has_guessed or len(self._orders) > len(known):
            self._has_guessed = any(self._noted_order(names) is None for names in self._orders)
            self._orders = {names: self._order(names) for names in self._orders}
        return any(self._orders[names] != order for names, order in known.items())

    def names(self, trial: FrozenTrial) -> Names:
        """Return the names of a trial's parameters in the order of suggestion."""
        note = _note(trial)
        if note is not None:
            return note
        names = frozenset(trial.distributions)
        return self._orders.get(names) or self._order(names)

    def of(self, trial: FrozenTrial) -> Suggested:
        """Return the parameters of a trial in the order of suggestion."""
        names = self.names(trial)
        return Suggested(
            {name: trial.params[name] for name in names},
            {name: trial.distributions[name] for name in names},
        )

    def follows(self, names: Sequence[str]) -> bool:
        """Return whether the order of a trial follows from the notes of others."""
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
    """Return the note of a trial; None without one, or if its names are not the parameters."""
    note = trial.system_attrs.get(NOTE)
    if not isinstance(note, list) or set(note) != set(trial.distributions):
        return None
    return tuple(note)
