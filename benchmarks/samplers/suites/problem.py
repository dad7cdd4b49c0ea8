"""What all suites are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

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


def remembered(evaluate: Callable[[Params], float]) -> Callable[[Params], float]:
    """Evaluate the same parameters only once in a process."""
    known: dict[tuple[tuple[str, Any], ...], float] = {}

    def look_up(params: Params) -> float:
        key = tuple(sorted(params.items()))
        if key not in known:
            known[key] = evaluate(params)
        return known[key]

    return look_up
