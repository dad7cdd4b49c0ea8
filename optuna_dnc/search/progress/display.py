"""Progress of a search: bars on a terminal and in a notebook, otherwise plain lines on stderr."""

from __future__ import annotations

import math
import time
from contextlib import ExitStack
from types import TracebackType

from rich.console import Console

from optuna_dnc._formats import count, duration, named_quality
from optuna_dnc._optuna_log import quiet_optuna
from optuna_dnc.objectives import costs_in_short
from optuna_dnc.runs.records import Record
from optuna_dnc.search.events import (
    Event,
    FoldDone,
    SearchStarted,
    StageDone,
    StageStarted,
    TrialDone,
    WorkersSeen,
)
from optuna_dnc.search.progress.bars import Line, Lines, Notebook, Screen, SearchBars, Terminal
from optuna_dnc.workers.drivers import awaited

PATIENCE = 30.0
"""Seconds after which to say that no worker of an engine has begun."""


class Progress:
    """Display of the events of a search.

    Args:
        shown: Whether to show them; None for terminals and notebooks alone.
    """

    def __init__(self, shown: bool | None = None) -> None:
        console = Console(stderr=True, highlight=False)
        is_interactive = console.is_terminal or console.is_jupyter
        self._shown = is_interactive if shown is None else shown
        self._quiet = ExitStack()
        self._bars = SearchBars()
        self._awaited_since = time.monotonic()
        self._screen: Screen
        if console.is_jupyter:
            self._screen = Notebook(self._bars)
        else:
            kind = Terminal if console.is_terminal else Lines
            self._screen = kind(self._bars, console)

    def __enter__(self) -> Progress:
        if self._shown:
            self._quiet.enter_context(quiet_optuna())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._quiet.close()
        self._bars.workers, self._bars.awaited = (), ""
        for line in (*self._bars.stages[-1:], self._bars.search):
            if line.took is None:
                line.end()
        if kind is None:
            self._bars.search.done = self._bars.search.total
        self._screen.close()

    def say(self, sentence: str) -> None:
        """Show a sentence."""
        if self._shown:
            self._screen.say(sentence)

    def await_workers(self, n: int, *, are_local: bool) -> None:
        """Show that the workers of a search are starting, until one has started.

        Args:
            n: Number of workers.
            are_local: Whether they are processes that start now.
        """
        if self._shown:
            self._screen.await_workers(awaited(n, are_local=are_local))

    def on_event(self, event: Event) -> None:
        """Show one event."""
        if not self._shown:
            return
        if isinstance(event, SearchStarted):
            self._on_started(event)
        elif isinstance(event, StageStarted):
            if self._bars.stages and self._bars.stages[-1].took is None:
                self._bars.stages[-1].end()  # its time was up
            self._bars.stages.append(Line(event.stage, event.n_trials))
        elif isinstance(event, TrialDone):
            self._on_trial(event)
        elif isinstance(event, StageDone):
            stage = self._bars.stages[-1]
            stage.done = stage.total = event.n_trials
            stage.end()
        elif isinstance(event, FoldDone):
            self._on_fold(event)
        elif isinstance(event, WorkersSeen):
            self._on_workers(event)
        self._screen.update()

    def _on_started(self, event: SearchStarted) -> None:
        self._awaited_since = time.monotonic()
        reason = f" ({event.reason})" if event.reason else ""
        self._screen.say(f"Network family: {event.network}{reason}.")
        self._screen.say(
            f"{event.samples_in_words}. "
            f"Run folder: {event.folder}{'' if event.beside is None else f' ({event.beside})'}"
        )
        for line in event.columns:
            self._screen.say(line)
        for warning in event.warnings:
            self._screen.say(f"Warning: {warning}")
        if event.n_measured:
            self._screen.say(f"Resuming after {count(event.n_measured, 'finished trial')}.")

    def _on_trial(self, event: TrialDone) -> None:
        stage = self._bars.stages[-1]
        stage.done, stage.total = event.number, event.n_trials
        stage.expect(event.stage_seconds_left)
        if event.best is not None:
            stage.best = f"best {event.best.loss:.3f}"
            stage.details = f", {_quality_and_costs(event.best)}"
        if event.seconds_left is not None:
            self._bars.expect(event.seconds_left)
        self._screen.trial(_line_of(event))

    def _on_workers(self, event: WorkersSeen) -> None:
        self._bars.workers = event.workers
        if event.workers:
            self._awaited_since, self._bars.awaited = math.inf, ""
        elif time.monotonic() - self._awaited_since > PATIENCE:
            self._awaited_since = math.inf
            self._screen.say("No worker has begun yet; still waiting for one.")

    def _on_fold(self, event: FoldDone) -> None:
        if event.number == 1:
            self._bars.stages.append(Line("cross-validation", event.n_trainings))
        line = self._bars.stages[-1]
        line.done = event.number
        if event.number == event.n_trainings:
            line.end()
        if event.seconds_left is not None:
            self._bars.expect(event.seconds_left)
        self._screen.trial(
            f"cross-validation {event.number}/{event.n_trainings}: {event.record.description}, "
            f"error {event.error:.4f}{_left(event)}"
        )


def _line_of(event: TrialDone) -> str:
    reused = " (reused)" if event.record.reused_from else ""
    best = "" if event.best is None else f"; best loss {event.best.loss:.3f}"
    return (
        f"{event.stage} {event.number}/{event.n_trials}: {figures(event.record)}{reused}"
        f"{best}{_left(event)}"
    )


def _left(event: TrialDone | FoldDone) -> str:
    return "" if event.seconds_left is None else f", {duration(event.seconds_left)} left"


def figures(record: Record) -> str:
    """Describe the loss, quality and costs of a trial."""
    status = "" if record.measured.status == "ok" else f", {record.measured.status}"
    if record.pruned:
        status += f", stopped after {count(record.measured.epochs_run, 'epoch')}"
    return f"loss {record.loss:.3f}, {_quality_and_costs(record)}{status}"


def _quality_and_costs(record: Record) -> str:
    measured = record.measured
    quality = named_quality(measured.score)
    return f"{quality}, {costs_in_short(measured.costs)}"
