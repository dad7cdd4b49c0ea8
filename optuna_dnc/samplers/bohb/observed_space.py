"""The search space that the trials of a study show."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock

from optuna.trial import FrozenTrial

from optuna_dnc._optuna_compat import trial_id
from optuna_dnc.space import SearchSpace
from optuna_dnc.space.merge import MergedDistributions


class ObservedSpace:
    """The union of the distributions of a study's trials, each read once, without conditions.

    Names are sorted, so that the space depends on the trials alone and not on the order in which
    they were read.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._merged = MergedDistributions()
        self._n_params: dict[int, int] = {}
        self._space = SearchSpace({})

    def after(self, trials: Iterable[FrozenTrial]) -> SearchSpace:
        """Return the space after these trials."""
        with self._lock:
            changes = []
            for trial in trials:
                key, n = trial_id(trial), len(trial.distributions)
                if self._n_params.get(key) != n:  # a running trial may get more parameters
                    self._n_params[key] = n
                    changes.append(self._merged.add(trial))
            if any(changes):
                self._space = SearchSpace(dict(sorted(self._merged.union().items())))
            return self._space
