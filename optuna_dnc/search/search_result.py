"""Result of a search, with its verbs ``choose``, ``refit`` and ``ensemble``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from typing_extensions import Unpack

from optuna_dnc.nets.registry import FAMILIES, name_in_results
from optuna_dnc.results.finished_search import FinishedSearch

if TYPE_CHECKING:
    from optuna_dnc.ensemble.build import EnsembleOptions
    from optuna_dnc.ensemble.result import Ensemble
    from optuna_dnc.refit.result import Refit
    from optuna_dnc.refit.train import RefitOptions
    from optuna_dnc.runs.options import ChooseOptions


@dataclass(frozen=True, repr=False)
class SearchResult(FinishedSearch):
    """Result of a search, complete or ended by its time limit.

    Loading it does not import torch; predictions, ``refit`` and ``ensemble`` do.
    """

    def ensemble(self, top: int = 5, **options: Unpack[EnsembleOptions]) -> Ensemble:
        """Make an ensemble of several networks of the search.

        Takes the arguments of :func:`optuna_dnc.ensemble.ensemble`.
        """
        from optuna_dnc.ensemble.build import ensemble

        return ensemble(self, top, **options)

    def choose(self, trial: str | int, **options: Unpack[ChooseOptions]) -> SearchResult:
        """Make another network the result, :attr:`answer`; :attr:`best` does not change.

        >>> result = result.choose("training/12")

        Takes the arguments of :func:`optuna_dnc.search.choose`.
        """
        from optuna_dnc import search

        if name_in_results(self.family) not in FAMILIES:
            options.setdefault("network", self.family)
        return search.choose(self.path, trial, **options)

    def refit(self, epochs: int | None = None, **options: Unpack[RefitOptions]) -> Refit:
        """Train the best network once more: for longer, or in another way.

        Takes the arguments of :func:`optuna_dnc.refit.refit`.
        """
        from optuna_dnc.refit.train import refit

        return refit(self, epochs, **options)
