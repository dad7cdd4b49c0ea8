"""Leaderboard as a table of plain text that fits a width."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from optuna_dnc.objectives import cost_cells, described_cost, described_costs
from optuna_dnc.runs.leaderboard_row import LeaderboardRow

WIDTH = 100
"""Default maximum width in columns."""
_LEAST_OF_NETWORK = 24
"""Columns of the network below which other columns are left out."""
_GAP = "  "
_MARKS = {"finished": " ", "stopped early": "~", "waiting for promotion": "~", "failed": "!"}

Rows = Sequence[LeaderboardRow]
Column = tuple[str, list[str]]
"""Heading and cells."""


def text_table(rows: Rows, penalize: str, width: int = WIDTH) -> str:
    """Return a table with a legend; without some columns if the width is too small for all.

    Args:
        rows: The rows, best first.
        penalize: Name of the penalized cost, which is never left out.
        width: Maximum width in columns.
    """
    if not rows:
        return "no network has been trained yet"
    columns, optional = _columns(rows, penalize)
    while optional and width - _width_of(columns) < _LEAST_OF_NETWORK:
        columns.remove(optional.pop())
    room = max(width - _width_of(columns), 1)
    networks = ["network", *(_cut(row.network, room) for row in rows)]
    aligned = [_aligned(column) for column in columns]
    lines = (_GAP.join(cells).rstrip() for cells in zip(*aligned, networks, strict=True))
    return "\n".join([*lines, *_legend(rows, penalize)])


def _columns(rows: Rows, penalize: str) -> tuple[list[Column], list[Column]]:
    """Return the columns, and those of them that can be left out, the first one first kept."""
    costs = described_costs(dict.fromkeys(name for row in rows for name in row.costs))
    cells = zip(*(cost_cells(row.costs, costs) for row in rows), strict=True)
    of_cost = {
        cost.name: (cost.heading, list(column)) for cost, column in zip(costs, cells, strict=True)
    }
    metric = rows[0].score.described
    trainings = ("trainings", [str(row.n_trainings) for row in rows])
    trial = ("trial", [row.record.label for row in rows])
    columns = [
        ("", [f"{row.rank}{'*' if row.on_front else _MARKS[row.state]}" for row in rows]),
        ("loss", [f"{row.loss:.3f}" for row in rows]),
        (f"val {metric.heading}", [row.score.format(percent=True) for row in rows]),
        *of_cost.values(),
        trainings,
        trial,
    ]
    others = [column for name, column in of_cost.items() if name != penalize]
    return columns, [*others, trainings, trial]


def _width_of(columns: list[Column]) -> int:
    return sum(max(map(len, (heading, *cells))) + len(_GAP) for heading, cells in columns)


def _aligned(column: Column) -> list[str]:
    heading, cells = column
    width = max(map(len, (heading, *cells)))
    return [cell.rjust(width) for cell in (heading, *cells)]


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _legend(rows: Rows, penalize: str) -> Iterator[str]:
    if any(row.on_front for row in rows):
        yield f"* on the Pareto front of error and {described_cost(penalize).unit}"
    states = {_MARKS[row.state] for row in rows}
    if "~" in states:
        yield "~ training not finished: ranked after the others"
    if "!" in states:
        yield "! no usable network: diverged or out of memory"
