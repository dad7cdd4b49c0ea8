"""A display of workers that notes what it is told."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Noted:
    """What a display of workers was told."""

    sentences: list[str] = field(default_factory=list)
    awaited: list[tuple[int, bool]] = field(default_factory=list)
    """Number of workers, and whether they are local."""

    def await_workers(self, n: int, *, are_local: bool) -> None:
        """Note it."""
        self.awaited.append((n, are_local))

    def say(self, sentence: str) -> None:
        """Note it."""
        self.sentences.append(sentence)
