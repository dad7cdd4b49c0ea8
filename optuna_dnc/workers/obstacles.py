"""Reasons why no worker of an engine takes calls, for engines that know them."""

from __future__ import annotations

import time
import warnings
from typing import Protocol, runtime_checkable

SECONDS_BETWEEN = 10.0
"""Between two questions; an obstacle is told if it is still there at the second one."""


@runtime_checkable
class Engine(Protocol):
    """An engine that knows."""

    def obstacle(self) -> str | None:
        """Return why no worker takes calls, and what to do; None if one may."""


class Obstacles:
    """Warns once if all workers of an engine are kept from taking calls.

    Args:
        engine: Any engine.
    """

    def __init__(self, engine: object) -> None:
        self._engine = engine if isinstance(engine, Engine) else None
        self._was_there = False
        self._due = time.monotonic() + SECONDS_BETWEEN

    def look(self) -> None:
        """Ask the engine, if it is time to."""
        if self._engine is None or time.monotonic() < self._due:
            return
        self._due = time.monotonic() + SECONDS_BETWEEN
        obstacle = self._engine.obstacle()
        if obstacle is not None and self._was_there:
            self._engine = None
            warnings.warn(obstacle, stacklevel=2)
        self._was_there = obstacle is not None
