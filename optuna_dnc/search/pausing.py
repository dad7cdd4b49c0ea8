"""Pause of a running search, which any process may ask for in its storage."""

from __future__ import annotations

import time

from optuna_dnc.runs.study_facts import StudyFacts

SECONDS_BETWEEN = 1.0
"""Seconds between two looks during a training: an epoch may take a millisecond."""

PAUSED = "the search was paused; resume it with optuna-dnc resume, or run it again."


class Paused(Exception):  # noqa: N818 - no error: the user wants the search to pause
    """The search ends as it is, because a pause is wanted; it can be resumed.

    As after Ctrl-C, finished trials are saved, and no result is written.
    """

    def __init__(self, message: str = PAUSED) -> None:
        super().__init__(message)  # in args, so that it comes out of other processes

    def __reduce__(self) -> tuple[type[Paused], tuple[()]]:
        """Return how to create it in the process of a driver."""
        return Paused, ()


class PauseSwitch:
    """Looks whether a pause is wanted.

    Args:
        studies: Studies of the search; None for a search that is never paused.
    """

    def __init__(self, studies: StudyFacts | None = None) -> None:
        self._studies = studies
        self._looked = -SECONDS_BETWEEN

    def check(self) -> None:
        """Raise :class:`Paused` if a pause was requested; call it before training."""
        self._looked = time.monotonic()
        if self._studies is not None and self._studies.wanted() == "pause":
            raise Paused

    def check_again(self) -> None:
        """The same after an epoch; looks at most once a second."""
        if time.monotonic() - self._looked >= SECONDS_BETWEEN:
            self.check()
