"""Result of a transfer on the terminal, with a comparison to a native search."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from optuna_dnc._formats import duration, quality
from optuna_dnc.cli.result_view import print_result
from optuna_dnc.cli.tables import new_console, new_table, one_line, print_lines, print_table
from optuna_dnc.objectives import CostMeasure, cost_cells, described_costs
from optuna_dnc.search.search_result import SearchResult
from optuna_dnc.transfer import TransferComparison
from optuna_dnc.transfer.comparison import Standing


def print_transfer(result: SearchResult, comparison: TransferComparison | None) -> None:
    """Print the result, the origin of the network, and the comparison.

    Args:
        result: Result of the search of the training.
        comparison: Comparison with a native search; None if there is no such search.
    """
    print_result(result)
    origin = result.summary["transferred_from"]
    console = new_console()
    print_lines(console, [f"The network was found on {origin['dataset']} ({origin['path']})."])
    if comparison is None:
        return
    print_table(console, _table(comparison))
    objective = f"wc {comparison.wc:g} on {comparison.penalize}"
    lines = [f"Both losses use {objective} and the baseline of {comparison.native.path}."]
    if comparison.differences:
        lines.append(f"Differences: {'; '.join(comparison.differences)}.")
    print_lines(console, lines)


def _table(comparison: TransferComparison) -> Table:
    kind = comparison.native.quality.heading
    costs = described_costs(comparison.native.costs)
    headings = (f"test {kind}", f"val {kind}", "loss", *(cost.heading for cost in costs))
    table = new_table("", *headings, "trained", "time", n_left=1, wide="network")
    table.add_row("transferred", *_cells(comparison.transferred, costs))
    table.add_row("native", *_cells(comparison.native, costs))
    return table


def _cells(standing: Standing, costs: list[CostMeasure]) -> list[str | Text]:
    return [
        quality(standing.quality.test),
        quality(standing.quality.val),
        f"{standing.loss:.3f}",
        *cost_cells(standing.costs, costs),
        str(standing.n_trained),
        duration(standing.search_seconds),
        one_line(standing.description),
    ]
