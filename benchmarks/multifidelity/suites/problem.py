"""What all suites are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from optuna.trial import BaseTrial

Params = Mapping[str, Any]
Visit = Callable[[int, float], None]


class Run(Protocol):
    """Evaluates a configuration."""

    def __call__(self, params: Params, visit: Visit, *, start: int = 0, stop: int) -> float:
        """Call ``visit(resource, loss)`` at every report in (start, stop], return the last loss.

        Whatever ``visit`` raises ends the evaluation.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A deterministic loss to minimise, seen at several resources: epochs or samples."""

    name: str
    suggest: Callable[[BaseTrial], Params]
    run: Run
    final: Callable[[Params], float]
    """What a configuration is worth in the end; nobody pays for it."""
    min_resource: int = 1
    max_resource: int = 27
    reduction_factor: int = 3
    n_full: int = 40
    """Budget of a run, in evaluations at the largest resource."""
    low: float | None = None
    """Loss that counts as no regret; None where the best loss known has to do."""
    high: float | None = None
    """Loss that counts as a regret of 1; None where the median of random search has to do."""
    noisy: bool = False
    """Whether a low report says little: only what the incumbent is worth counts then."""
