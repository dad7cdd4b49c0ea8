"""What all suites are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from optuna.trial import BaseTrial

Params = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A deterministic function to minimise.

    Asking for the parameters and evaluating them are apart, so that a sampler's own time can be
    told from the objective's and the search space can be seen without evaluating anything.
    """

    suite: str
    name: str
    suggest: Callable[[BaseTrial], Params]
    evaluate: Callable[[Params], float]
    find_low: Callable[[], float] | None = None
    """Returns the optimum; None where it is not known and a reference search has to do."""
    find_high: Callable[[], float] | None = None
    """Returns the median of all configurations; None where random ones have to do."""
    log_regret: bool = False
    """Whether the regret is taken between logarithms."""

    def objective(self, trial: BaseTrial) -> float:
        """What ``study.optimize`` takes."""
        return self.evaluate(self.suggest(trial))


@dataclass(frozen=True)
class Reference:
    """Values of a problem that count as no regret and as a regret of 1."""

    low: float
    high: float

    def regret(self, values: np.ndarray, *, log: bool) -> np.ndarray:
        """Return ``(value - low) / (high - low)``, clipped to [0, 1]; same shape as values."""
        low, high = self.low, self.high
        if log:
            low, high, values = np.log(low), np.log(high), np.log(values)
        return np.clip((values - low) / (high - low), 0.0, 1.0)


def remembered(evaluate: Callable[[Params], float]) -> Callable[[Params], float]:
    """Evaluate the same parameters only once in a process."""
    known: dict[tuple[tuple[str, Any], ...], float] = {}

    def look_up(params: Params) -> float:
        key = tuple(sorted(params.items()))
        if key not in known:
            known[key] = evaluate(params)
        return known[key]

    return look_up
