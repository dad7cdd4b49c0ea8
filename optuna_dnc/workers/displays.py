"""What the driver of workers tells its user, whatever they work on."""

from __future__ import annotations

from typing import Protocol

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
