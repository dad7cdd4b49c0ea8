"""The driver of workers: the process that started them, and may stop them, on any machine.

A file in the run's folder stands for it: empty while it wants them to work, then its wish to
stop, and gone once it has ended. So it reaches the workers of every engine in the midst of a call.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias
from uuid import uuid4

Wish: TypeAlias = Literal["work", "stop-after-epoch", "stop-at-once"]


_PREFIX = "driver-"


@dataclass(frozen=True)
class Driver:
    """A driver, as its workers see it."""

    file: Path

    def wish(self) -> Wish:
        """Return what it wants; that workers stop, if it has ended."""
        try:
            text = self.file.read_text("utf-8")
        except FileNotFoundError:
            return "stop-after-epoch"
        return "work" if not text else "stop-at-once" if "once" in text else "stop-after-epoch"

    def has_ended(self) -> bool:
        """Whether it waits for its workers no more."""
        return not self.file.exists()

    def stop(self, at_once: bool) -> None:
        """Ask the workers to stop."""
        wish: Wish = "stop-at-once" if at_once else "stop-after-epoch"
        self.file.write_text(wish, "utf-8")


@contextmanager
def driving(folder: Path) -> Iterator[Driver]:
    """Be the driver within the block; files of dead ones are deleted.

    Args:
        folder: Folder of the run for the files of workers.
    """
    folder.mkdir(exist_ok=True)
    for file in folder.glob(f"{_PREFIX}*"):
        file.unlink(missing_ok=True)
    driver = Driver(folder / f"{_PREFIX}{uuid4().hex[:12]}")
    driver.file.touch()
    try:
        yield driver
    finally:
        # Workers that were asked to stop at once may look after this process has ended.
        if driver.wish() != "stop-at-once":
            driver.file.unlink(missing_ok=True)
