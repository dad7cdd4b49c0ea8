"""Grid of all combinations of the choices of a define-by-run function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.trial import BaseTrial

from optuna_dnc._errors import InputError
from optuna_dnc.space import CallbackTrial


@dataclass(frozen=True)
class GridPoint:
    """One combination of choices, and the result of the function."""

    choices: dict[str, tuple[Any, ...]]
    """Choices of each parameter."""
    params: dict[str, Any]
    """Chosen value of each parameter."""
    outcome: Any


def grid(define: Callable[[BaseTrial], Any]) -> list[GridPoint]:
    """Run ``define`` once for each combination of its categorical choices.

    The last parameter suggested varies fastest; choices may depend on earlier values.

    Args:
        define: Uses ``trial.suggest_categorical`` only.

    Returns:
        The points in order; empty if ``define`` suggests nothing.
    """
    points: list[GridPoint] = []
    wanted: list[int] = []
    while True:
        answered: list[tuple[int, int]] = []

        def answer(
            name: str,
            distribution: BaseDistribution,
            wanted: list[int] = wanted,
            answered: list[tuple[int, int]] = answered,
        ) -> Any:
            if not isinstance(distribution, CategoricalDistribution):
                raise InputError(f"{name!r} of a grid must be asked for by suggest_categorical.")
            index = wanted[len(answered)] if len(answered) < len(wanted) else 0
            answered.append((index, len(distribution.choices)))
            return distribution.choices[index]

        trial = CallbackTrial(answer)
        outcome = define(trial)
        if not answered:
            return []
        choices = {
            name: distribution.choices
            for name, distribution in trial.distributions.items()
            if isinstance(distribution, CategoricalDistribution)
        }
        points.append(GridPoint(choices, dict(trial.params), outcome))
        while answered and answered[-1][0] + 1 == answered[-1][1]:
            answered.pop()
        if not answered:
            return points
        wanted = [index for index, _ in answered]
        wanted[-1] += 1
