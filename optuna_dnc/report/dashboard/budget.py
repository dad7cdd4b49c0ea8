"""Time budget of publishing during a search."""

from __future__ import annotations

SHARE = 0.0075
"""Fraction of the search time. It leaves a margin to a hundredth for publications that take longer
than expected. Notes without figures may use half of it, so that figures get their turn."""
FIRST = {"notes": 1.0, "figures": 2.0}
"""Expected seconds of the first publication on a machine that is busy with the search; see
benchmarks/report/dashboard_cost.py."""


class Budget:
    """Time spent on publishing, and the expected time of the next publication.

    The next publication is expected to take as long as the last one, but at least :data:`FIRST`,
    because a busy machine may be slow again.
    """

    def __init__(self) -> None:
        self._spent = {"notes": 0.0, "figures": 0.0}
        self._expected = dict(FIRST)

    def affords(self, content: str, search_seconds: float) -> bool:
        """Return whether a publication would stay within the budget.

        Args:
            content: ``notes``, or ``figures``, which include the notes.
            search_seconds: Duration of the search so far.
        """
        allowed, expected = SHARE * search_seconds, self._expected[content]
        if content == "notes" and self._spent["notes"] + expected > allowed / 2:
            return False
        return sum(self._spent.values()) + expected <= allowed

    def spend(self, content: str | None, seconds: float) -> None:
        """Record the duration of a publication, or of a check that found nothing new (None)."""
        self._spent[content or "notes"] += seconds
        if content is not None:
            self._expected[content] = max(seconds, FIRST[content])
