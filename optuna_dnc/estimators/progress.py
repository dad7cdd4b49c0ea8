"""Progress messages of a verbose estimator."""

from __future__ import annotations

from rich.console import Console

from optuna_dnc.objectives import costs_in_words
from optuna_dnc.runs.records import Record
from optuna_dnc.search import Event, SearchStarted, StageDone, TrialDone


class Progress:
    """Prints a line per stage to stderr with ``verbose=1``, and a line per trial with 2."""

    def __init__(self, verbose: int) -> None:
        self._verbose = int(verbose)
        self._console = Console(stderr=True, highlight=False)
        self._best: Record | None = None

    def __call__(self, event: Event) -> None:
        """Print an event of the search."""
        if self._verbose < 1:
            return
        if isinstance(event, SearchStarted):
            self._say(f"Network {event.network}: {event.samples_in_words}, folder {event.folder}")
            for warning in event.warnings:
                self._say(f"Warning: {warning}")
        elif isinstance(event, TrialDone):
            self._best = event.best
            if self._verbose > 1:
                self._say(f"{event.stage} {event.number}/{event.n_trials}: {_text(event.record)}")
        elif isinstance(event, StageDone):
            best = "" if self._best is None else f"; best so far: {_text(self._best)}"
            self._say(f"{event.stage}, trials: {event.n_trials}{best}")

    def _say(self, line: str) -> None:
        self._console.print(line, markup=False, soft_wrap=True)


def _text(record: Record) -> str:
    score = record.measured.score
    return (
        f"{record.description}, validation {score.described.title} {score.format()}, "
        f"{costs_in_words(record.measured.costs)}"
    )
