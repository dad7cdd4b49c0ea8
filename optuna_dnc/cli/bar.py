"""A bar that counts on stderr, on a terminal only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn


@contextmanager
def counting_bar(total: float, *, quiet: bool = False) -> Iterator[Callable[[float, str], None]]:
    """Show how much is done while the block lasts, and then nothing of it.

    Args:
        total: What there is to do.
        quiet: Show nothing.

    Yields:
        A function that takes how much of it is done, and what is done at present.
    """
    console = Console(stderr=True, highlight=False)
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=quiet or not console.is_terminal,
    )
    if bar.disable:
        yield lambda done, text: None
        return
    with bar:
        task = bar.add_task("", total=total)
        yield lambda done, text: bar.update(task, completed=done, description=text)
