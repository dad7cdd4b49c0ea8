"""Progress and result of a trade-off on the terminal."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rich.table import Table

from optuna_dnc._formats import count, duration, quality
from optuna_dnc.cli.tables import new_console, new_table, one_line, print_lines, print_table
from optuna_dnc.objectives import cost_cells, costs_from_dict, described_costs, metrics_from_dict
from optuna_dnc.search import Event, SearchStarted, StageDone, StageStarted, TrialDone
from optuna_dnc.search.progress.display import Progress
from optuna_dnc.tradeoff import Tradeoff


class TradeoffProgress:
    """Callback that shows the events of interleaved searches.

    Args:
        progress: Display that the searches share.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._has_started = False

    def __call__(self, wc: float, event: Event) -> None:
        """Show one event of the search with this ``wc``."""
        if isinstance(event, SearchStarted):
            if self._has_started:
                return
            self._has_started = True
            event = replace(event, folder=event.folder.parent)
        elif isinstance(event, TrialDone):
            # The estimate of one search does not include the others.
            event = replace(event, stage=f"wc {wc:g} {event.stage}", seconds_left=None)
        elif isinstance(event, StageStarted | StageDone):
            event = replace(event, stage=f"wc {wc:g} {event.stage}")
        self._progress.on_event(event)


def print_tradeoff(tradeoff: Tradeoff, figures: Path | str, *, resumable: bool) -> None:
    """Print a row for each wc, a summary, and where the results are.

    Args:
        tradeoff: The trade-off.
        figures: File with the figures, or why it could not be written.
        resumable: Whether the same command again resumes the searches.
    """
    console = new_console()
    print_table(console, _table(tradeoff))
    summary = tradeoff.summary
    lines = [
        f"{count(summary['n_trained'], 'training')} for {count(summary['epochs'], 'epoch')} "
        f"in total, in {duration(summary['search_seconds'])}.",
    ]
    if not tradeoff.complete:
        command = "the same command" if resumable else "the command that started each"
        lines.append(f"Not all searches are complete; run {command} again to resume.")
    print_lines(console, [*lines, f"Saved in {tradeoff.path}", f"Figures: {figures}"])


def _table(tradeoff: Tradeoff) -> Table:
    points = tradeoff.summary["points"]
    costs = described_costs(costs_from_dict(points[0]))
    qualities = [metrics_from_dict(point, tradeoff.summary["task"])["quality"] for point in points]
    headings = (
        "wc",
        "loss",
        f"val {qualities[0].heading}",
        "test",
        *(cost.heading for cost in costs),
        "trained",
        "time",
    )
    table = new_table(*headings, wide="network")
    for point, of_point in zip(points, qualities, strict=True):
        table.add_row(
            f"{point['wc']:g}",
            f"{point['loss']:.3f}",
            quality(of_point.val),
            quality(of_point.test),
            *cost_cells(costs_from_dict(point), costs),
            str(point["n_trained"]),
            duration(point["search_seconds"]),
            one_line(point["description"]),
        )
    return table
