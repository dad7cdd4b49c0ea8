"""The state of a bracket: which configurations are promotable, and which are dropped."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from optuna_dnc.pruners.brackets import Bracket


@dataclass(frozen=True)
class Configuration:
    """The progress of one configuration in its bracket."""

    trial: int
    """Number of its trial."""
    slot: int
    """Its position in the order of all configurations, from 0; decides the bracket, and ties."""
    rung: int = 0
    """The rung that it was last promoted to, from 0."""
    values: tuple[float, ...] = ()
    """Its value at each rung that it has finished: ``rung`` of them, or one more."""
    running: bool = False
    """Whether a worker is training it."""
    failed: bool = False
    """Whether it has failed, at the rung that it was last promoted to."""

    @property
    def is_waiting(self) -> bool:
        """Whether it has finished its rung and was not promoted since."""
        return not self.running and not self.failed and len(self.values) > self.rung

    @property
    def is_interrupted(self) -> bool:
        """Whether it has not finished its rung, and no worker is training it."""
        return not self.running and not self.failed and len(self.values) == self.rung

    def has_reached(self, rung: int) -> bool:
        """Whether it has finished a rung, or failed there."""
        return len(self.values) > rung or (self.failed and self.rung == rung)


@dataclass(frozen=True)
class RungState:
    """The decisions at one rung of a bracket."""

    promotable: tuple[Configuration, ...]
    """Configurations to promote now, the best first."""
    dropped: tuple[Configuration, ...]
    """Configurations that have finished this rung and will never be promoted."""
    is_over: bool
    """Whether all configurations that will ever be in this rung have finished it or failed."""


def rung_states(
    bracket: Bracket,
    members: Iterable[Configuration],
    *,
    reduction_factor: int,
    maximize: bool,
    asynchronous: bool,
) -> Iterator[RungState]:
    """Yield the state of each rung of a bracket, see :class:`~optuna_dnc.pruners.Schedule`."""
    entered = tuple(members)
    expected, no_more_come = bracket.n_configurations, True
    next_sizes = [n for n, _ in bracket.rungs[1:]] + [0]
    for i, next_size in enumerate(next_sizes):
        reached = [c for c in entered if c.has_reached(i)]
        promoted = tuple(c for c in entered if c.rung > i)
        is_over = no_more_come and len(entered) == len(reached) == expected
        if is_over:
            allowed = next_size
        else:
            allowed = min(len(reached) // reduction_factor, next_size) if asynchronous else 0
        ranked = _ranked(reached, i, maximize=maximize)
        best = [c for c in ranked[:allowed] if c.rung == i and c.is_waiting]
        waiting = [c for c in ranked if c.rung == i and c.is_waiting]
        # Later arrivals can only push a configuration further down the ranking: one beyond the
        # free part of the next rung never gets in.
        dropped = waiting[next_size - len(promoted) :]
        dropped += [c for c in reached if c.is_waiting and not math.isfinite(c.values[i])]
        yield RungState(
            promotable=tuple(best[: allowed - len(promoted)]),
            dropped=tuple(dropped) if next_size else (),
            is_over=is_over,
        )
        entered, expected, no_more_come = promoted, min(next_size, len(ranked)), is_over


def _ranked(reached: Iterable[Configuration], rung: int, *, maximize: bool) -> list[Configuration]:
    """Configurations with a finite value at a rung, the best first, equal ones by slot."""
    sign = -1.0 if maximize else 1.0
    finite = (
        c for c in reached if not (c.failed and c.rung == rung) and math.isfinite(c.values[rung])
    )
    return sorted(finite, key=lambda c: (sign * c.values[rung], c.slot))
