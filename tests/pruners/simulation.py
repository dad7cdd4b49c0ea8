"""Workers that train nothing: they hand the decisions of a schedule back to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from optuna_dnc.pruners.bracket_state import Configuration
from optuna_dnc.pruners.schedule import Done, Promote, Sample, Schedule, Step, Wait

FAILURE = "failure"
CRASH = "crash"

Outcome = float | str


@dataclass
class Simulation:
    """A schedule and the configurations that its workers have made so far."""

    schedule: Schedule
    configurations: list[Configuration] = field(default_factory=list)
    """By slot; the number of a trial is 1000 less its slot."""
    trained: list[tuple[int, int]] = field(default_factory=list)
    """(slot, rung) of every training that ended well or failed."""
    steps: list[Step] = field(default_factory=list)

    def start(self) -> Step:
        """Let a free worker ask what to do, and begin it."""
        step = self.schedule.next_step(self.configurations)
        self.steps.append(step)
        if isinstance(step, Sample):
            slot = len(self.configurations)
            self.configurations.append(Configuration(1000 - slot, slot, running=True))
        elif isinstance(step, Promote):
            slot = 1000 - step.trial
            c = self.configurations[slot]
            assert not c.running
            assert not c.failed
            rung = self.schedule.bracket_of(slot).budgets.index(step.to)
            assert rung == len(c.values)
            self.configurations[slot] = replace(c, rung=rung, running=True)
        return step

    def finish(self, slot: int, outcome: Outcome) -> None:
        """Let the training of a configuration end."""
        c = self.configurations[slot]
        assert c.running
        if outcome != CRASH:
            self.trained.append((slot, c.rung))
        if isinstance(outcome, str):
            c = replace(c, running=False, failed=outcome == FAILURE)
        else:
            c = replace(c, running=False, values=(*c.values, outcome))
        self.configurations[slot] = c

    @property
    def running(self) -> list[int]:
        """Slots that are being trained."""
        return [c.slot for c in self.configurations if c.running]

    def run_alone(self, value: Callable[[int, int], Outcome]) -> Simulation:
        """Let one worker do everything."""
        while not isinstance(self.start(), Done):
            (slot,) = self.running
            self.finish(slot, value(slot, self.configurations[slot].rung))
        return self

    def is_waiting(self) -> bool:
        """Whether a free worker can do nothing."""
        return isinstance(self.start(), (Wait, Done))
