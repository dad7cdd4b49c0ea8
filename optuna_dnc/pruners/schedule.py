"""The next step of a worker, as a pure function of the progress of all configurations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, starmap

from optuna_dnc.pruners.bracket_state import Configuration, RungState, rung_states
from optuna_dnc.pruners.brackets import Bracket, bracket_cost


@dataclass(frozen=True)
class Promote:
    """Train a configuration to its next rung, or repeat interrupted training."""

    trial: int
    """Number of its trial."""
    to: int
    """The resource of the rung to reach."""


@dataclass(frozen=True)
class Sample:
    """Train a new configuration in the next slot."""

    bracket: int
    """Position of its bracket in the schedule, from 0."""
    budget: int
    """The resource of the rung to reach."""


@dataclass(frozen=True)
class Wait:
    """Nothing can be trained before another worker has finished."""


@dataclass(frozen=True)
class Done:
    """Everything has been trained."""


Step = Promote | Sample | Wait | Done


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """Runs brackets of successive halving with promotion, for any number of workers.

    New configurations fill the first rungs of the brackets in order; the slot of a configuration
    is its position in that order. A worker takes the earliest bracket in which it can do
    something: it first repeats interrupted trainings, then promotes, from the highest rung down
    and the best first, then begins new configurations.

    - Synchronous (the default; Li et al. 2018, Algorithm 1): when a rung is full and trained, its
      best configurations fill the next rung. Meanwhile other workers begin the next bracket.
    - Asynchronous (ASHA, Li et al. 2020, arXiv 1810.05934, Algorithm 2): a configuration is
      promoted as soon as it is among the best ``floor(k / eta)`` of the k that have arrived at
      its rung. Unlike in the paper, a rung never gets more configurations than the table says,
      and it is filled as soon as the rung below is full and trained.

    A failed configuration ranks last. Neither it nor one whose value is not finite is ever
    promoted; if too few others are left, the next rung stays smaller. Equal values are ranked by
    slot.
    """

    brackets: Sequence[Bracket]
    """In the order in which they are filled, repeated for several iterations."""
    reduction_factor: int
    """eta, at least 2; only asynchronous promotion uses it."""
    maximize: bool = False
    asynchronous: bool = False

    @property
    def n_configurations(self) -> int:
        """Number of configurations in all brackets."""
        return sum(b.n_configurations for b in self.brackets)

    def bracket_of(self, slot: int) -> Bracket:
        """Return the bracket that a slot belongs to."""
        ends = accumulate(b.n_configurations for b in self.brackets)
        return next(b for b, end in zip(self.brackets, ends, strict=True) if slot < end)

    def next_step(self, configurations: Iterable[Configuration]) -> Step:
        """Return the next step of a free worker.

        Args:
            configurations: All configurations that have a slot; slots have no gaps.
        """
        all_over = True
        for index, (bracket, members) in enumerate(self._members(configurations)):
            interrupted = [c for c in members if c.is_interrupted]
            if interrupted:
                first = max(interrupted, key=lambda c: c.rung)
                return Promote(first.trial, bracket.budgets[first.rung])
            states = self._states(bracket, members)
            best = [state.promotable[0] for state in states if state.promotable]
            if best:
                return Promote(best[-1].trial, bracket.budgets[best[-1].rung + 1])
            if len(members) < bracket.n_configurations:
                return Sample(index, bracket.budgets[0])
            all_over &= states[-1].is_over
        return Done() if all_over else Wait()

    def dropped(self, configurations: Iterable[Configuration]) -> list[int]:
        """Return the trials that have not failed and will never be trained again.

        A configuration is dropped as soon as that is certain: also before its rung is full, if
        enough better ones have arrived to fill the next rung.
        """
        return [
            c.trial
            for bracket, members in self._members(configurations)
            for state in self._states(bracket, members)
            for c in state.dropped
        ]

    def spent(self, configurations: Iterable[Configuration]) -> int:
        """Return the total resource spent; rungs that are running or failed count in full."""
        return sum(starmap(self._spent_by, self._members(configurations)))

    def owed(self, configurations: Iterable[Configuration], slot: int) -> int:
        """Return the most resource that the brackets before that of a slot may still take.

        It is nothing for those in which no configuration is being trained.
        """
        ends = accumulate(b.n_configurations for b in self.brackets)
        return sum(
            bracket_cost(bracket) - self._spent_by(bracket, members)
            for end, (bracket, members) in zip(ends, self._members(configurations), strict=True)
            if end <= slot and any(c.running for c in members)
        )

    def _spent_by(self, bracket: Bracket, members: Iterable[Configuration]) -> int:
        return sum(
            bracket.spent(c.rung + 1 if c.running or c.failed else len(c.values)) for c in members
        )

    def _members(
        self, configurations: Iterable[Configuration]
    ) -> list[tuple[Bracket, list[Configuration]]]:
        by_slot = sorted(configurations, key=lambda c: c.slot)
        ends = accumulate(b.n_configurations for b in self.brackets)
        return [
            (bracket, by_slot[end - bracket.n_configurations : end])
            for bracket, end in zip(self.brackets, ends, strict=True)
        ]

    def _states(self, bracket: Bracket, members: list[Configuration]) -> list[RungState]:
        return list(
            rung_states(
                bracket,
                members,
                reduction_factor=self.reduction_factor,
                maximize=self.maximize,
                asynchronous=self.asynchronous,
            )
        )
