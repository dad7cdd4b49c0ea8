"""How much of a running search's time publishing may take."""

from __future__ import annotations

SHARE = 0.0075
"""Of the search's time, so that it stays below a hundredth where a publication takes longer than
expected; half of it for notes without figures, so that figures have their turn."""
FIRST = {"notes": 1.0, "figures": 2.0}
"""Seconds that the first publication is expected to take on a machine that is busy with the
search; see benchmarks/report/dashboard_cost.py."""


class Budget:
    """Adds up what was spent, and expects the next publication to take as long as the last.

    But no less than the first was expected to take: a machine that is busy may be slow again.
    """

    def __init__(self) -> None:
        self._spent = {"notes": 0.0, "figures": 0.0}
        self._expected = dict(FIRST)

    def affords(self, what: str, searched: float) -> bool:
        """Whether publishing would keep to the share.

        Args:
            what: ``notes``, or ``figures``, which are published with the notes.
            searched: Seconds that the search has taken.
        """
        allowed, expected = SHARE * searched, self._expected[what]
        if what == "notes" and self._spent["notes"] + expected > allowed / 2:
            return False
        return sum(self._spent.values()) + expected <= allowed

    def spend(self, what: str | None, seconds: float) -> None:
        """Take down what a publication has taken, or a look that found nothing to publish."""
        self._spent[what or "notes"] += seconds
        if what is not None:
            self._expected[what] = max(seconds, FIRST[what])
