"""Time limit of a search: wall-clock seconds, including the steps after the last stage."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from optuna_dnc._arguments import at_least_zero
from optuna_dnc._errors import InputError
from optuna_dnc.runs.recipe import PRESET_SECONDS
from optuna_dnc.search.limits.busy_machine import CpuTime, slowdown_since

SHARE_KEPT = 0.01
SECONDS_KEPT = 0.4
"""Kept for the end of the process: files are written, the result is shown, torch is unloaded. On a
busy machine it takes longer."""

MOST_KEPT = 2.0
"""Most of these seconds."""

MOST_LATE = 1.0
SHARE_LATE = 0.03
"""Seconds and share of the limit for the first training of a search that begins too late: after
a single step, a network is no answer."""


class TimeIsUp(Exception):  # noqa: N818 - no error: the time limit ends the search
    """No further training would end in time."""


class StageTimeIsUp(TimeIsUp):
    """No further training would end in the time of its stage; there is time for the next one."""


@dataclass
class TimeLimit:
    """Wall-clock time that a search may take; the time before it starts counts, too."""

    seconds: float = math.inf
    """Seconds in all; infinity for no limit."""
    used_before: float = 0.0
    """Seconds that had passed when the limit was created, as for imports."""

    def __post_init__(self) -> None:
        self.seconds = at_least_zero("timeout", self.seconds)
        if self.seconds == 0:
            raise InputError(f"timeout must be above 0 seconds, got {self.seconds}; raise it.")
        # The time before counts from the start of the process: by then it has used a CPU.
        self._start = CpuTime() if self.used_before else CpuTime.now()
        at_end = min(SECONDS_KEPT * self.slowdown, MOST_KEPT)
        kept = at_end + SHARE_KEPT * self.seconds if self.is_set else 0.0
        self._end = time.monotonic() + max(self.seconds - self.used_before - kept, 0.0)
        self.least_reserved = 0.0
        """Seconds to reserve at least, also before anything is known about the best network."""
        self.reserved = 0.0
        """Seconds of :attr:`left` that trainings must leave to the end of the search."""
        self._part_end = math.inf

    def begin(self, seconds: float, used_before: float) -> None:
        """Begin anew: with other seconds, and the time that has passed since the command began."""
        self.seconds, self.used_before = seconds, used_before
        self.__post_init__()

    @classmethod
    def of(
        cls, timeout: float | TimeLimit | None, preset: object = None, used_before: float = 0.0
    ) -> TimeLimit:
        """Return the limit of a search.

        Args:
            timeout: Seconds, or a limit that has begun; None for that of the preset.
            preset: Preset of the search; without ``timeout``, some have a limit.
            used_before: Seconds that have passed already.
        """
        if isinstance(timeout, TimeLimit):
            return timeout
        seconds = PRESET_SECONDS.get(str(preset)) if timeout is None else timeout
        return cls() if seconds is None else cls(seconds, used_before)

    @property
    def is_set(self) -> bool:
        """Whether there is a limit."""
        return math.isfinite(self.seconds)

    @property
    def slowdown(self) -> float:
        """How many times as long as on a quiet machine computations have taken so far."""
        return slowdown_since(self._start)

    @property
    def left(self) -> float:
        """Seconds until the end."""
        return self._end - time.monotonic()

    @property
    def left_to_train(self) -> float:
        """Seconds until the training runs of the search must have ended."""
        return self.left - max(self.reserved, self.least_reserved)

    @property
    def grace(self) -> float:
        """Seconds that a training has in any case if the search has no network yet."""
        return min(MOST_LATE, SHARE_LATE * self.seconds)

    def end_within(self, seconds: float) -> None:
        """End the time in so many seconds at the latest."""
        self._end = min(self._end, time.monotonic() + seconds)

    def begin_part(self, share: float) -> None:
        """Give the next part of the search a share of the time that is left to train."""
        self._part_end = time.monotonic() + share * self.left_to_train

    @property
    def left_in_part(self) -> float:
        """Seconds until the part of the search should end; never more than to train."""
        return min(self._part_end - time.monotonic(), self.left_to_train)

    def is_over(self) -> bool:
        """Return whether no time is left to train."""
        return self.left_to_train <= 0
