"""Epoch budget of a Bayesian stage, and the Hyperband brackets that fit into it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

from optuna_dnc.pruners.brackets import bracket_cost, hyperband_brackets

SHARE_OF_FULL_TRAINING = 3
"""Hyperband gets one epoch in so many of those that the same number of full trainings takes."""


@dataclass(frozen=True)
class HyperbandPlan:
    """What a budget pays for, to the last network that is trained to its end."""

    min_resource: int
    """Epochs of the lowest rung."""
    n_iterations: int
    """How often the brackets are begun."""
    epochs: int
    """Epochs that are trained in all, at most the budget."""
    n_trials: int
    """Networks that are begun."""


def default_budget(n_trainings: int, epochs: int) -> int:
    """Return a third of the epochs of ``n_trainings`` full training runs, at least one bracket."""
    whole_bracket = bracket_cost(hyperband_brackets(epochs)[0])
    return max(n_trainings * epochs // SHARE_OF_FULL_TRAINING, whole_bracket)


def hyperband_plan(budget: int, epochs: int) -> HyperbandPlan:
    """Plan the brackets, one after the other and again from the first, as far as they pay.

    The lowest rung is one epoch, or as many as it takes for the first bracket to fit into the
    budget. What would be trained after the last network that comes to its end is left out: no
    network could be chosen for it.

    Args:
        budget: Epochs that may be trained, at least ``epochs``.
        epochs: Of a full training.
    """
    least = 1
    while bracket_cost(hyperband_brackets(epochs, min_resource=least)[0]) > budget:
        least += 1
    brackets = hyperband_brackets(epochs, min_resource=least)
    plan = HyperbandPlan(least, 1, 0, 0)
    # All but the last of those that are paid for whole: a large budget pays for millions.
    whole = max(0, budget // sum(map(bracket_cost, brackets)) - 1)
    spent = whole * sum(map(bracket_cost, brackets))
    begun = whole * sum(bracket.n_configurations for bracket in brackets)
    for iteration in count(whole + 1):
        for bracket in brackets:
            before = 0
            for places, until in bracket.rungs:
                for _ in range(places):
                    spent += until - before
                    begun += before == 0
                    if spent > budget:
                        return plan
                    if until == epochs:
                        plan = HyperbandPlan(least, iteration, spent, begun)
                before = until
    raise AssertionError("the loop has no end")
