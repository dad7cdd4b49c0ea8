"""Bars of a search at any width, and where they are shown."""

from __future__ import annotations

import io
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text
from typing_extensions import override

from optuna_dnc._formats import duration, wrapped
from optuna_dnc.runs.workers import WorkerStatus
from optuna_dnc.runs.workers_text import worker_lines

LONGEST_NAME = 22
"""Length of ``remaining-architecture``."""
LONGEST_BAR = 40
SHORTEST_BAR = 4
_WIDE_BAR = 12
"""Shortest bar beside the best network's accuracy and costs, which otherwise take its room."""
_ROOM_FOR_CTRL_C = 3
"""Columns at the end that stay free: ``^C`` would start a new line and tear the bars."""


@dataclass
class Line:
    """Line of a stage or of the whole search."""

    name: str
    total: float
    done: float = 0.0
    best: str = ""
    """Best loss so far."""
    details: str = ""
    """Accuracy and costs of the best network."""
    counts: bool = True
    """Whether ``done`` and ``total`` are numbers of trials."""
    started: float = field(default_factory=time.monotonic)
    took: float | None = None
    """Seconds in all; None while it runs."""
    _ends: float | None = None

    def expect(self, seconds: float | None) -> None:
        """Set the seconds that are left."""
        self._ends = None if seconds is None else time.monotonic() + seconds

    def end(self) -> None:
        """Stop the clock."""
        self.took = time.monotonic() - self.started

    @property
    def count(self) -> str:
        """``12/30``; empty if it does not count trials."""
        return f"{self.done:.0f}/{self.total:.0f}" if self.counts else ""

    @property
    def time(self) -> str:
        """Time left, or the time that it took."""
        if self.took is not None:
            return duration(self.took)
        if self._ends is None:
            return ""
        return f"{duration(max(self._ends - time.monotonic(), 0.0))} left"


class SearchBars:
    """The lines of a search.

    Count, best loss and time left are whole at 60 columns; names and bars take the room that is
    left.
    """

    def __init__(self) -> None:
        self.stages: list[Line] = []
        self.search = Line("whole search", 1.0, counts=False)
        self.shows_search = False
        """Whether there is an estimate for the whole search."""
        self.workers: Sequence[WorkerStatus] = ()
        """Live workers, if there are several."""
        self.awaited = ""
        """What is said until the first of them has begun."""

    def expect(self, seconds: float) -> None:
        """Set the seconds until the search ends."""
        self.shows_search = True
        self.search.done = time.monotonic() - self.search.started
        self.search.total = self.search.done + seconds
        self.search.expect(seconds)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        lines = [*self.stages, *([self.search] if self.shows_search else [])]
        if lines:
            yield self._table(lines, options.max_width - _ROOM_FOR_CTRL_C)
            for text in worker_lines(self.workers):
                yield Text(text, no_wrap=True, overflow="ellipsis")
        if self.awaited:
            yield Text(self.awaited)

    @staticmethod
    def _table(lines: Sequence[Line], width: int) -> Table:
        name = min(LONGEST_NAME, width // 4, max(len(line.name) for line in lines))
        fixed = name + sum(
            1 + max(len(text) for text in texts)
            for texts in zip(*((line.count, line.best, line.time) for line in lines), strict=True)
        )
        details = max(len(line.details) for line in lines)
        has_details = width - fixed - details - 1 >= _WIDE_BAR
        bar = width - fixed - 1 - (details if has_details else 0)
        table = Table.grid(padding=(0, 1))
        for _ in range(5):
            table.add_column(no_wrap=True)
        for line in lines:
            table.add_row(
                Text(line.name[: name - 1] + "…" if len(line.name) > name else line.name),
                ProgressBar(
                    total=max(line.total, 1e-9),
                    completed=line.done,
                    width=min(max(bar, SHORTEST_BAR), LONGEST_BAR),
                ),
                Text(line.count, justify="right"),
                Text(line.best + (line.details if has_details else "")),
                Text(line.time),
            )
        return table


UPDATES_PER_SECOND = 2
"""Drawing takes time from the training, which often has a single core."""


class Screen(ABC):
    """Place that shows sentences and the progress of trials."""

    def __init__(self, bars: SearchBars) -> None:
        self._bars = bars

    @abstractmethod
    def say(self, sentence: str) -> None:
        """Show a sentence."""

    def trial(self, line: str) -> None:
        """Show a trial in words."""
        del line

    def await_workers(self, sentence: str) -> None:
        """Show that workers are starting, until one has started."""
        self._bars.awaited = sentence
        self.update()

    @abstractmethod
    def update(self) -> None:
        """Show the bars as they are now."""

    @abstractmethod
    def close(self) -> None:
        """Show the bars a last time."""


class Lines(Screen):
    """Plain lines, one for each trial, as for files and pipes."""

    def __init__(self, bars: SearchBars, console: Console) -> None:
        super().__init__(bars)
        self._console = console

    @override
    def say(self, sentence: str) -> None:
        self._console.print(sentence, markup=False, soft_wrap=True)

    @override
    def trial(self, line: str) -> None:
        self.say(line)

    @override
    def await_workers(self, sentence: str) -> None:
        self.say(sentence)

    @override
    def update(self) -> None:
        pass

    @override
    def close(self) -> None:
        pass


class Terminal(Screen):
    """Bars at the bottom of a terminal; lines above them are wrapped at words."""

    def __init__(self, bars: SearchBars, console: Console) -> None:
        super().__init__(bars)
        self._console = console
        self._live = Live(
            bars,
            console=console,
            refresh_per_second=UPDATES_PER_SECOND,
            # What callbacks print to a file or pipe must not go to the terminal.
            redirect_stdout=sys.stdout is not None and sys.stdout.isatty(),
        )

    @override
    def say(self, sentence: str) -> None:
        text = "\n".join(wrapped(sentence, self._console.width))
        self._console.print(text, markup=False, soft_wrap=True)

    @override
    def update(self) -> None:
        if self._bars.stages or self._bars.awaited:
            self._live.start()

    @override
    def close(self) -> None:
        # Before version 14.3, rich prints an empty line when it stops what was never shown.
        if self._live.is_started:
            self._live.stop()


class Notebook(Screen):
    """Output of a notebook's cell."""

    def __init__(self, bars: SearchBars) -> None:
        super().__init__(bars)
        self._sentences: list[str] = []
        self._handle: Any = None
        self._drawn = 0.0

    @override
    def say(self, sentence: str) -> None:
        self._sentences.append(sentence)

    @override
    def update(self) -> None:
        if time.monotonic() - self._drawn >= 1 / UPDATES_PER_SECOND:
            self._draw()

    @override
    def close(self) -> None:
        if self._sentences:
            self._draw()

    def _draw(self) -> None:
        # Only where a notebook runs is IPython installed.
        from IPython.display import HTML, display

        self._drawn = time.monotonic()
        console = Console(file=io.StringIO(), record=True, width=100, force_jupyter=False)
        console.print(Group(*map(Text, self._sentences), self._bars))
        code = '<pre style="line-height: 1.3; white-space: pre-wrap">{code}</pre>'
        content = HTML(console.export_html(inline_styles=True, code_format=code))
        if self._handle is None:
            self._handle = display(content, display_id=True)
        else:
            self._handle.update(content)
