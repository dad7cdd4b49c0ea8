"""Tables and lines on the terminal, with rich."""

from __future__ import annotations

from collections.abc import Iterable

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.measure import Measurement
from rich.table import Column, Table
from rich.text import Text

from optuna_dnc._formats import wrapped

WIDTH = 100
"""Maximum width of a table in columns."""

LEAST_WIDE = 16
MOST_WIDE = 40
"""Minimum width of the wide column, and the width for which other columns are dropped.

In narrower columns, the descriptions of two networks often look the same.
"""


EXPENDABLE = ("decay", "batch", "lr", "s/epoch", "µs/sample", "time", "trained", "weight")
"""Headings of columns that are dropped where a table is too wide, the first one first."""


def new_console() -> Console:
    """Return a console for standard output that is at most :data:`WIDTH` columns wide."""
    console = Console(highlight=False)
    console.width = min(console.width, WIDTH) if console.is_terminal else WIDTH
    return console


def new_table(*headings: str, n_left: int = 0, wide: str | None = None) -> Table:
    """Return an empty table.

    Args:
        headings: Headings of the columns, which are never wrapped.
        n_left: Number of leading columns that are aligned left; the others are aligned right.
        wide: Heading of a last column that takes the remaining width.
    """
    table = Table(box=SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    for i, heading in enumerate(headings):
        table.add_column(heading, justify="left" if i < n_left else "right", no_wrap=True)
    if wide is not None:
        table.add_column(wide, ratio=1, min_width=LEAST_WIDE)
    return table


def print_table(console: Console, table: Table) -> None:
    """Print a table, without the :data:`EXPENDABLE` columns for which there is no room."""
    columns = list(table.columns)
    columns[-1].min_width = _wanted_width(columns[-1])
    unbounded = console.options.update(width=10 * WIDTH)
    for heading in EXPENDABLE:
        least = Measurement.get(console, unbounded, table).minimum
        if least <= console.width:
            break
        columns = [column for column in columns if column.header != heading]
        narrower = Table(*columns, box=table.box, padding=table.padding, pad_edge=table.pad_edge)
        narrower.rows.extend(table.rows)
        table = narrower
    columns[-1].min_width = LEAST_WIDE if columns[-1].ratio else None
    console.print(table)


def _wanted_width(column: Column) -> int | None:
    """Return the width in which the texts of a wide column are whole, within the bounds."""
    if not column.ratio:
        return None
    texts = (cell for cell in column.cells if isinstance(cell, Text) and cell.no_wrap)
    longest = max((text.cell_len for text in texts), default=0)
    return min(max(longest, LEAST_WIDE), MOST_WIDE) + 1  # rich leaves out the edge


def one_line(text: str) -> Text:
    """Return a cell of the wide column that is truncated instead of wrapped."""
    # rich shrinks only columns that may wrap, so that the cell has to forbid it.
    return Text(text, no_wrap=True, overflow="ellipsis")


def print_lines(console: Console, lines: Iterable[str]) -> None:
    """Print plain lines, wrapped at words on a terminal and as they are elsewhere."""
    for line in lines:
        text = "\n".join(wrapped(line, console.width)) if console.is_terminal else line
        console.print(text, markup=False, soft_wrap=True)
