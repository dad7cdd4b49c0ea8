"""The end of a transfer on the screen: its result, beside a native search."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from optuna_dnc.cli.formats import add_costs, duration, figure
from optuna_dnc.cli.result_view import WIDTH, print_result
from optuna_dnc.objectives import CostMeasure, cost_cells, described_costs
from optuna_dnc.search.search_result import SearchResult
from optuna_dnc.transfer import TransferComparison
from optuna_dnc.transfer.comparison import Standing


def print_transfer(result: SearchResult, comparison: TransferComparison | None) -> None:
    """Print what a search prints, where the network is from, and the comparison."""
    print_result(result)
    origin = result.summary["transferred_from"]
    console = Console(highlight=False)
    console.width = min(console.width, WIDTH) if console.is_terminal else WIDTH
    console.print(
        f"The network was found on {origin['dataset']} ({origin['path']}).",
        markup=False,
        soft_wrap=True,
    )
    if comparison is None:
        return
    console.print(_table(comparison))
    objective = f"wc {comparison.wc:g} on {comparison.penalize}"
    lines = [f"Both losses are with {objective} and the baseline of {comparison.native.path}."]
    if comparison.differences:
        lines.append(f"Not alike: {'; '.join(comparison.differences)}.")
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)


def _table(comparison: TransferComparison) -> Table:
    table = Table(box=SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    table.add_column("")
    is_accuracy = comparison.native.val_accuracy is not None
    what = "acc" if is_accuracy else "error"
    for heading in (f"test {what}", f"val {what}", "loss"):
        table.add_column(heading, justify="right", no_wrap=True)
    costs = described_costs(comparison.native.costs)
    add_costs(table, costs)
    for heading in ("trained", "time"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("network", ratio=1)
    table.add_row("transferred", *_figures(comparison.transferred, costs))
    table.add_row("native", *_figures(comparison.native, costs))
    return table


def _figures(standing: Standing, costs: list[CostMeasure]) -> list[str | Text]:
    return [
        figure(standing.test_accuracy, standing.test_error),
        figure(standing.val_accuracy, standing.val_error),
        f"{standing.loss:.3f}",
        *cost_cells(standing.costs, costs),
        str(standing.n_trained),
        duration(standing.search_seconds),
        Text(standing.description, no_wrap=True, overflow="ellipsis"),
    ]
