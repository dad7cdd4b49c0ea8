"""One bracket under way: who may go on, who is dropped, and is it over?"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from optuna_dnc.pruners.brackets import Bracket


@dataclass(frozen=True)
class Configuration:
    """What is known of one configuration."""

    trial: int
    """Number of its trial."""
    slot: int
    """Its place in the order of all configurations, from 0; decides the bracket, and ties."""
    rung: int = 0
    """The rung that it was last sent to, from 0."""
    values: tuple[float, ...] = ()
    """Its value at each rung that it has finished: ``rung`` of them, or one more."""
    running: bool = False
    """Whether a worker is training it."""
    failed: bool = False
    """Whether it is out of the race, at the rung that it was last sent to."""

    @property
    def is_waiting(self) -> bool:
        """Whether it has finished its rung and nothing has been decided since."""
        return not self.running and not self.failed and len(self.values) > self.rung

    @property
    def is_interrupted(self) -> bool:
        """Whether it was sent to a rung, has not finished it, and nobody is training it."""
        return not self.running and not self.failed and len(self.values) == self.rung

    def has_reached(self, rung: int) -> bool:
        """Whether it needs no more training in this rung: it has finished it, or failed there."""
        return len(self.values) > rung or (self.failed and self.rung == rung)


@dataclass(frozen=True)
class RungState:
    """What follows from the configurations that were sent to one rung."""

    promotable: tuple[Configuration, ...]
    """Those that may go on now, the best first."""
    dropped: tuple[Configuration, ...]
    """Those that have finished this rung and will never go on."""
    is_over: bool
    """Whether all that will ever be sent to this rung have finished it or failed."""


def rung_states(
    bracket: Bracket,
    members: Iterable[Configuration],
    *,
    reduction_factor: int,
    maximize: bool,
    asynchronous: bool,
) -> Iterator[RungState]:
    """Yield the state of each rung of a bracket, see :class:`~optuna_dnc.pruners.Schedule`."""
    sent = tuple(members)
    expected, no_more_come = bracket.n_configurations, True
    places_above = [n for n, _ in bracket.rungs[1:]] + [0]
    for i, places in enumerate(places_above):
        reached = [c for c in sent if c.has_reached(i)]
        promoted = tuple(c for c in sent if c.rung > i)
        is_over = no_more_come and len(sent) == len(reached) == expected
        if is_over:
            allowed = places
        else:
            allowed = min(len(reached) // reduction_factor, places) if asynchronous else 0
        ranked = _ranked(reached, i, maximize=maximize)
        best = [c for c in ranked[:allowed] if c.rung == i and c.is_waiting]
        waiting = [c for c in ranked if c.rung == i and c.is_waiting]
        # Whoever is behind as many as there are places left stays behind: later arrivals only
        # lengthen the queue, and places go to its head.
        dropped = waiting[places - len(promoted) :]
        dropped += [c for c in reached if c.is_waiting and not math.isfinite(c.values[i])]
        yield RungState(
            promotable=tuple(best[: allowed - len(promoted)]),
            dropped=tuple(dropped) if places else (),
            is_over=is_over,
        )
        sent, expected, no_more_come = promoted, min(places, len(ranked)), is_over


def _ranked(reached: Iterable[Configuration], rung: int, *, maximize: bool) -> list[Configuration]:
    """Those with a finite value at a rung and still in the race, the best first, then by slot."""
    sign = -1.0 if maximize else 1.0
    able = (
        c for c in reached if not (c.failed and c.rung == rung) and math.isfinite(c.values[rung])
    )
    return sorted(able, key=lambda c: (sign * c.values[rung], c.slot))
