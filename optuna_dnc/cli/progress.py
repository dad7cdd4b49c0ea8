"""Progress of a search on stderr: a bar on a terminal, otherwise plain lines."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn
from rich.progress import Progress as Bar

from optuna_dnc.objectives import costs_in_short
from optuna_dnc.report.formats import accuracy_or_error, count, duration
from optuna_dnc.runs import Record
from optuna_dnc.search import Event, FoldDone, SearchStarted, StageDone, StageStarted, TrialDone


class Progress:
    """Display of the events of a search.

    Args:
        quiet: Whether to show nothing.
    """

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._console = Console(stderr=True, highlight=False)
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TextColumn("{task.fields[best]}"),
            console=self._console,
            disable=quiet or not self._console.is_terminal,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Before version 14.3, rich prints an empty line when it stops a bar that was never shown.
        if not self._bar.disable:
            self._bar.stop()

    def on_event(self, event: Event) -> None:
        """Show one event."""
        if self._quiet:
            return
        if isinstance(event, SearchStarted):
            self._on_started(event)
        elif isinstance(event, StageStarted):
            self._bar.start()
            self._task = self._bar.add_task(event.stage, total=event.n_trials, best="")
        elif isinstance(event, TrialDone):
            self._on_trial(event)
        elif isinstance(event, FoldDone):
            self._on_fold(event)
        elif isinstance(event, StageDone) and self._task is not None:
            self._bar.update(self._task, total=event.n_trials)

    def _on_started(self, event: SearchStarted) -> None:
        reason = f" ({event.reason})" if event.reason else ""
        self._print(f"Network family: {event.network}{reason}.")
        self._print(
            f"{event.n_train:,} training and {event.n_val:,} validation samples. "
            f"Run folder: {event.folder}"
        )
        for line in event.columns:
            self._print(line)
        for warning in event.warnings:
            self._print(f"Warning: {warning}")
        if event.n_measured:
            self._print(f"Resuming after {count(event.n_measured, 'finished trial')}.")

    def _on_trial(self, event: TrialDone) -> None:
        left = "" if event.seconds_left is None else f", {duration(event.seconds_left)} left"
        if self._task is not None:
            self._bar.update(
                self._task,
                completed=event.number,
                total=event.n_trials,
                best=("" if event.best is None else f"best {_figures(event.best)}") + left,
            )
        if not self._console.is_terminal:
            reused = " (reused)" if event.record.reused_from else ""
            best = "" if event.best is None else f"; best loss {event.best.loss:.3f}"
            self._print(
                f"{event.stage} {event.number}/{event.n_trials}: {_figures(event.record)}{reused}"
                f"{best}{left}"
            )

    def _on_fold(self, event: FoldDone) -> None:
        if event.number == 1:
            self._task = self._bar.add_task("cross-validation", total=event.n_trainings, best="")
        if self._task is not None:
            self._bar.update(self._task, completed=event.number)
        if not self._console.is_terminal:
            accuracy = None if event.record.measured.val_accuracy is None else 1 - event.error
            self._print(
                f"cross-validation {event.number}/{event.n_trainings}: "
                f"{event.record.description}, {accuracy_or_error(accuracy, event.error)}"
            )

    def _print(self, line: str) -> None:
        self._console.print(line, markup=False, soft_wrap=True)


def _figures(record: Record) -> str:
    measured = record.measured
    status = "" if measured.status == "ok" else f", {measured.status}"
    if record.pruned:
        status += f", stopped after {count(measured.epochs_run, 'epoch')}"
    return (
        f"loss {record.loss:.3f}, {accuracy_or_error(measured.val_accuracy, measured.error)}, "
        f"{costs_in_short(measured.costs)}{status}"
    )
