"""Searches that share their trials."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optuna_dnc.objectives import Measurement
from optuna_dnc.runs.records import Record

if TYPE_CHECKING:
    from optuna_dnc.search.context import SearchContext


class Peers:
    """Searches that share their trials: here none but the search itself.

    :class:`optuna_dnc.tradeoff.pool.Pool` overrides all methods for searches that differ in
    ``wc`` alone.
    """

    def join(self, search: SearchContext) -> None:
        """Add a search that begins."""

    @property
    def first(self) -> SearchContext | None:
        """The search that joined first, whose data and baseline the others share."""
        return None

    def neighbor(self, search: SearchContext) -> SearchContext | None:
        """Return the earlier search with the next ``wc``."""
        del search
        return None

    def n_own_trials(self, search: SearchContext, n_trials: int, n_learned: int) -> int:
        """Return how many of a stage's trials a search trains itself.

        Args:
            search: The search.
            n_trials: Trials of the stage in a search without others.
            n_learned: Trials of other searches that it has taken over in this stage.
        """
        del search, n_learned
        return n_trials

    def find(self, search: SearchContext, key: str) -> Record | None:
        """Return another search's record of a configuration, with the loss at this ``wc``."""
        del search, key
        return None

    def crash_of(self, search: SearchContext, config: Mapping[str, Any]) -> str | None:
        """Return why a network crashes the process, if it does; it is given up then."""
        crash = search.ledger.crash_of(config)
        return None if crash is None else crash.meaning

    def leads(self, search: SearchContext, measured: Measurement) -> bool:
        """Return whether a network is better than all measured before."""
        best, rank = search.ledger.best, search.objective.rank
        return best is None or rank(measured) < rank(best.measured)

    def keeps(self, search: SearchContext, key: str, measured: Measurement) -> bool:
        """Return whether to save the weights of a network that was just trained."""
        return self.leads(search, measured) or search.joins_front(key, measured)

    def seconds_at_end(self, search: SearchContext) -> float:
        """Estimate the seconds from the last training of a search to its result."""
        return search.seconds_at_end()

    def keep_leaders(self, search: SearchContext) -> None:
        """Delete the weights of all networks but the best and those on the front."""
        if search.ledger.best is not None:
            search.folder.keep_only(*search.keys_to_keep(), *search.keys_ahead())

    def checkpoint(self, search: SearchContext, key: str) -> Path | None:
        """Return the file with the weights of a configuration; None if they were not kept."""
        path = search.folder.checkpoint(key)
        return path if path.exists() else None
