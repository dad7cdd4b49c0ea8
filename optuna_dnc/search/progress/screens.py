"""Where the progress of a search is shown."""

from __future__ import annotations

import io
import sys
import time
from abc import ABC, abstractmethod
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text
from typing_extensions import override

from optuna_dnc._formats import wrapped
from optuna_dnc.search.progress.bars import SearchBars

UPDATES_PER_SECOND = 2
"""Drawing takes time from the training, which often has a single core."""


class Screen(ABC):
    """Place that shows sentences and the progress of trials.

    Args:
        bars: The bars.
    """

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
