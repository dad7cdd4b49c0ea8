"""What a worker does next, from what is known of all configurations. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from optuna_dnc.pruners.bracket_state import Configuration, RungState, rung_states
from optuna_dnc.pruners.brackets import Bracket


@dataclass(frozen=True)
class Promote:
    """Train a configuration on, or once more where its training was interrupted."""

    trial: int
    """Number of its trial."""
    to: int
    """The resource at which it stops next."""


@dataclass(frozen=True)
class Sample:
    """Train a new configuration, which takes the next slot."""

    bracket: int
    """Position of its bracket in the schedule, from 0."""
    budget: int
    """The resource at which it stops next."""


@dataclass(frozen=True)
class Wait:
    """Nothing can be done before another worker has finished what it is training."""


@dataclass(frozen=True)
class Done:
    """Everything has been trained."""


Step = Promote | Sample | Wait | Done


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """Runs brackets of successive halving with promotion, for any number of workers.

    Configurations take the brackets' places in the first rungs one after another; the slot of a
    configuration is its place in that order. A worker goes on with the earliest bracket in which
    there is something to do. In a bracket, what was interrupted comes first, then promotions,
    from the highest rung down and the best first, then new configurations.

    - Synchronous (the default; Li et al. 2018, Algorithm 1): when all places of a rung have been
      trained, the best of them go on, as many as the next rung has places. Meanwhile other
      workers begin the next bracket.
    - Asynchronous (ASHA, Li et al. 2020, arXiv 1810.05934, Algorithm 2): a configuration goes
      on as soon as it is among the best ``floor(k / eta)`` of the k that have arrived at its
      rung. Unlike there, no more go on than the next rung has places, so the table holds, and
      when all places of a rung have been trained the next rung is filled.

    A failed configuration has arrived with the worst value. It never goes on, and neither does a
    value that is not finite; if too few are left the next rung stays smaller. Equal values are
    ordered by slot.
    """

    brackets: Sequence[Bracket]
    """In the order in which they are filled, repeated for several iterations."""
    reduction_factor: int
    """eta, at least 2; only asynchronous promotion uses it."""
    maximize: bool = False
    asynchronous: bool = False

    @property
    def n_configurations(self) -> int:
        """How many configurations there are in all brackets."""
        return sum(b.n_configurations for b in self.brackets)

    def bracket_of(self, slot: int) -> Bracket:
        """Return the bracket that a slot belongs to."""
        ends = accumulate(b.n_configurations for b in self.brackets)
        return next(b for b, end in zip(self.brackets, ends, strict=True) if slot < end)

    def next_step(self, configurations: Iterable[Configuration]) -> Step:
        """Return what a free worker does next.

        Args:
            configurations: All that have a slot; slots have no gaps.
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
        """Return the trials that will never be trained again, though they have not failed.

        A configuration is dropped as soon as that is certain: also while others of its rung are
        still to come, when as many as there are places left are already better.
        """
        return [
            c.trial
            for bracket, members in self._members(configurations)
            for state in self._states(bracket, members)
            for c in state.dropped
        ]

    def spent(self, configurations: Iterable[Configuration]) -> int:
        """Return the resource that all have had, rungs under way and failed ones in full."""
        return sum(
            bracket.spent(c.rung + 1 if c.running or c.failed else len(c.values))
            for bracket, members in self._members(configurations)
            for c in members
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
