"""An ensemble on the terminal: comparison with the best single network, and members."""

from __future__ import annotations

import sys
from collections.abc import Callable

import typer
from rich.table import Table

from optuna_dnc._formats import count, quality
from optuna_dnc.cli.tables import new_console, new_table, one_line, print_lines, print_table
from optuna_dnc.ensemble import Ensemble, MemberProgress
from optuna_dnc.objectives import cost_cells, described_costs
from optuna_dnc.report.formats import number
from optuna_dnc.workers.drivers import awaited


class TrainingLines:
    """Shows the start of workers and the networks in training, in a bar on a terminal or as lines.

    Workers report a training when it has ended.

    Args:
        show: Function of :func:`optuna_dnc.cli.bar.counting_bar`.
        quiet: Whether to print no lines.
    """

    def __init__(self, show: Callable[[float, str], None], *, quiet: bool) -> None:
        self._show = show
        self._prints_lines = not quiet and not sys.stderr.isatty()
        self._last = 0
        self._share = 0.0

    def await_workers(self, n: int, *, are_local: bool) -> None:
        """Show that workers begin, until one has trained a network."""
        self.say(awaited(n, are_local=are_local))

    def say(self, sentence: str) -> None:
        """Show a sentence."""
        self._show(self._share, sentence)
        self._print(sentence)

    def __call__(self, progress: MemberProgress) -> None:
        """Show the progress after an epoch."""
        number, total, description, epoch, epochs = progress
        is_new, self._last = number != self._last, number
        text = (
            f"{'Trained' if is_new and epoch == epochs else 'Training'} network {number}/{total}"
        )
        self._share = (number - 1 + epoch / epochs) / total
        self._show(self._share, text)
        if is_new:
            self._print(f"{text}: {description}")

    def _print(self, line: str) -> None:
        if self._prints_lines:
            typer.echo(line, err=True)


def print_ensemble(ensemble: Ensemble, *, n_requested: int | None) -> None:
    """Print the comparison with the best network, the members, and the folder.

    Args:
        ensemble: The ensemble.
        n_requested: Value of ``--top``; None if it was not given.
    """
    console = new_console()
    if n_requested is not None and ensemble.n_candidates < n_requested:
        trained = count(ensemble.n_candidates, "network")
        print_lines(
            console,
            [f"The search trained only {trained} to the end, fewer than --top {n_requested}."],
        )
    print_table(console, _comparison(ensemble))
    print_table(console, _members(ensemble))
    print_lines(console, [f"Saved in {ensemble.path}"])


def _kind(ensemble: Ensemble) -> str:
    return ensemble.best.quality.heading


def _comparison(ensemble: Ensemble) -> Table:
    kind = _kind(ensemble)
    costs = described_costs(ensemble.best.costs)
    headings = (cost.heading for cost in costs)
    table = new_table("", f"val {kind}", f"test {kind}", *headings, "µs/sample", n_left=1)
    for name, performance in (
        ("best network", ensemble.best),
        (f"ensemble of {count(len(ensemble.members), 'network')}", ensemble.performance),
    ):
        table.add_row(
            name,
            quality(performance.quality.val) or "-",
            quality(performance.quality.test) or "-",
            *cost_cells(performance.costs, costs),
            number(1e6 * performance.seconds_per_sample),
        )
    return table


def _members(ensemble: Ensemble) -> Table:
    costs = [cost for cost in described_costs(ensemble.best.costs) if not cost.of_training]
    headings = ("weight", f"val {_kind(ensemble)}", *(cost.heading for cost in costs))
    table = new_table("from", *headings, "lr", "batch", n_left=1, wide="network")
    for member, weight in zip(ensemble.members, ensemble.weights, strict=True):
        table.add_row(
            member.source,
            f"{weight:.3g}",
            quality(member.quality.val) or "-",
            *cost_cells(member.costs, costs),
            f"{member.training.lr:.2g}",
            str(member.training.batch_size),
            one_line(member.description),
        )
    return table
