"""The result of a search, with what can be made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from typing_extensions import Unpack

from optuna_dnc.results.finished_search import FinishedSearch

if TYPE_CHECKING:
    from optuna_dnc.ensemble.options import EnsembleOptions
    from optuna_dnc.ensemble.result import Ensemble
    from optuna_dnc.refit.options import RefitOptions
    from optuna_dnc.refit.result import Refit


@dataclass(frozen=True)
class SearchResult(FinishedSearch):
    """A finished search, or the state in which a time limit ended it.

    Reading it does not import torch; its verbs do.
    """

    def ensemble(self, top: int = 5, **options: Unpack[EnsembleOptions]) -> Ensemble:
        """Let several networks of the search predict together.

        Takes the arguments of :func:`optuna_dnc.ensemble.ensemble`.
        """
        from optuna_dnc.ensemble.build import ensemble

        return ensemble(self, top, **options)

    def refit(self, epochs: int | None = None, **options: Unpack[RefitOptions]) -> Refit:
        """Train the best network once more, before it is used: longer, or on all samples.

        Takes the arguments of :func:`optuna_dnc.refit.refit`.
        """
        from optuna_dnc.refit.train import refit

        return refit(self, epochs, **options)
