"""The names of our custom plots, and the order in which they are shown."""

from __future__ import annotations

PREFIX = "dnc-"
"""Of all names, so that they are nobody else's."""
ORDER = (
    "cost",
    "network",
    "course",
    "learning-curves",
    "importance",
    "parameters",
    "options",
    "brackets",
    "time-spent",
)
"""How the names go on; several may begin alike."""


def place(name: str) -> tuple[int, str]:
    """Where a plot stands among the others; those that are not known come last."""
    kinds = (i for i, kind in enumerate(ORDER) if name.startswith(f"{PREFIX}{kind}"))
    return next(kinds, len(ORDER)), name
