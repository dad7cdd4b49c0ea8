"""The driver of workers: the process that started them, and what it tells its user.

A file beside its entry among the workers stands for it: empty while it wants them to work, then
its wish to stop, and gone once it has ended. So it reaches the workers of every engine in the
midst of a call.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

Wish: TypeAlias = Literal["work", "stop-after-epoch", "stop-at-once"]


@dataclass(frozen=True)
class Driver:
    """A driver, as its workers see it."""

    file: Path

    def wish(self) -> Wish:
        """Return whether workers should run or stop; they should stop if it has ended."""
        try:
            text = self.file.read_text("utf-8")
        except FileNotFoundError:
            return "stop-after-epoch"
        return "work" if not text else "stop-at-once" if "once" in text else "stop-after-epoch"

    def has_ended(self) -> bool:
        """Whether it waits for its workers no more."""
        return not self.file.exists()

    def now(self) -> float:
        """Return the time by the clock of the file system, in seconds since the epoch.

        It is the same for all hosts, whose own clocks may differ by minutes.
        """
        try:
            os.utime(self.file)
            return self.file.stat().st_mtime
        except OSError:  # it has ended, or another user is not allowed to
            return time.time()

    def stop(self, at_once: bool) -> None:
        """Ask the workers to stop."""
        wish: Wish = "stop-at-once" if at_once else "stop-after-epoch"
        self.file.write_text(wish, "utf-8")


@contextmanager
def driving(folder: Path, name: str) -> Iterator[Driver]:
    """Be a driver within the block.

    Args:
        folder: Folder of the run for the files of workers.
        name: Name of this process among the workers. If it dies, they delete its files.
    """
    folder.mkdir(exist_ok=True)
    driver = Driver(folder / f"{name}.driver")
    driver.file.touch()
    try:
        yield driver
    finally:
        # Workers that were asked to stop at once may look after this process has ended.
        if driver.wish() != "stop-at-once":
            driver.file.unlink(missing_ok=True)


STOPPING = "Stopping after this epoch; press Ctrl-C again to stop at once."


class WorkersDisplay(Protocol):
    """A display that tells it."""

    def await_workers(self, n: int, *, are_local: bool) -> None:
        """Show that workers begin, which takes seconds."""

    def say(self, sentence: str) -> None:
        """Show a sentence."""


class NoDisplay:
    """A display that shows nothing."""

    def await_workers(self, n: int, *, are_local: bool) -> None:
        """Do nothing."""

    def say(self, sentence: str) -> None:
        """Do nothing."""


def awaited(n: int, *, are_local: bool) -> str:
    """Return what is awaited in words.

    Args:
        n: Number of workers.
        are_local: Whether they are processes that start now.
    """
    if not are_local:
        return "Waiting for a worker ..."
    return f"Starting {n} worker{'' if n == 1 else 's'} ..."
