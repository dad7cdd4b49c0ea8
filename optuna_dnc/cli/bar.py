"""Progress bar on stderr, only on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn


@contextmanager
def counting_bar(total: float, *, quiet: bool = False) -> Iterator[Callable[[float, str], None]]:
    """Show a progress bar in a context, and remove it at the end.

    Args:
        total: Amount of work.
        quiet: Whether to show nothing.

    Yields:
        A function of the amount that is done and a description of the current step.
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
