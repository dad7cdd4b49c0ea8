"""Selection of the networks of an ensemble, and their weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

ErrorOf: TypeAlias = Callable[[NDArray[np.float64], NDArray[Any]], float]

GREEDY_STEPS = 50
"""Largest number of networks that greedy selection adds, as in auto-sklearn."""


def ensemble_error(scores: NDArray[np.float64], targets: NDArray[Any]) -> float:
    """Return the share of wrong labels, or the mean squared error of standardized targets.

    Args:
        scores: ``(n, n_outputs)``; the largest of a row is its label in classification.
        targets: ``(n,)`` integers for classification, ``(n, n_outputs)`` floats for regression.
    """
    if targets.ndim == 1:
        return float(np.mean(scores.argmax(axis=1) != targets))
    return float(np.mean((scores - targets) ** 2))


def ensemble_loss(scores: NDArray[np.float64], targets: NDArray[Any]) -> float:
    """Return cross-entropy, or mean squared error, of several labels that of probabilities."""
    if targets.ndim > 1:
        return ensemble_error(scores, targets)
    of_targets = scores[np.arange(len(targets)), targets]
    return float(-np.log(np.maximum(of_targets, np.finfo(np.float64).tiny)).mean())


def soft_voting(n_networks: int) -> tuple[float, ...]:
    """Return equal weights that sum to 1."""
    return (1 / n_networks,) * n_networks


def greedy_selection(
    votes: NDArray[np.float64],
    targets: NDArray[Any],
    costs: Sequence[int],
    n_steps: int = GREEDY_STEPS,
    *,
    error: ErrorOf = ensemble_error,
) -> tuple[float, ...]:
    """Select an ensemble from a library of networks (Caruana et al., ICML 2004, section 2).

    It starts with the ``N`` best networks on the validation data, with the ``N`` of the lowest
    joint error. Each step adds, with replacement, the network that gives the lowest error; the
    best of all these nested ensembles is returned. Ties are broken by cross-entropy, then by
    cost. With a few hundred validation samples most errors are equal: if the cost alone decided,
    the result would often be a single, worse network.

    Args:
        votes: ``(m, n, n_outputs)`` votes of each network for the validation samples.
        targets: See :func:`ensemble_error`.
        costs: ``m`` costs, such as numbers of parameters; a network counts once.
        n_steps: Number of networks that are added.
        error: Error of scores and targets, lower is better.

    Returns:
        ``m`` weights that sum to 1; networks that were not selected have 0.
    """
    selection = best = _sorted_start(votes, targets, costs, error)
    for _ in range(n_steps):
        options = (selection.with_network(i) for i in range(len(votes)))
        selection = min(options, key=lambda option: option.rank)
        best = min(best, selection, key=lambda option: option.rank)
    counts = np.bincount(best.chosen, minlength=len(votes))
    return tuple((counts / counts.sum()).tolist())


@dataclass(frozen=True, eq=False)
class _Selection:
    """Multiset of networks of the library."""

    votes: NDArray[np.float64]
    targets: NDArray[Any]
    costs: Sequence[int]
    chosen: tuple[int, ...]
    total: NDArray[np.float64]
    """Sum of the votes of the chosen networks."""
    error: ErrorOf

    @cached_property
    def rank(self) -> tuple[float, float, int]:
        """Error, loss and cost; lower is better."""
        scores = self.total / len(self.chosen)
        cost = sum(self.costs[i] for i in set(self.chosen))
        return self.error(scores, self.targets), ensemble_loss(scores, self.targets), cost

    def with_network(self, i: int) -> _Selection:
        """Return the selection with one more network."""
        total = self.total + self.votes[i]
        return replace(self, chosen=(*self.chosen, i), total=total)


def _sorted_start(
    votes: NDArray[np.float64], targets: NDArray[Any], costs: Sequence[int], error: ErrorOf
) -> _Selection:
    def alone(i: int) -> _Selection:
        return _Selection(votes, targets, costs, (i,), votes[i], error)

    best, *others = sorted(range(len(votes)), key=lambda i: alone(i).rank)
    nested = [alone(best)]
    for i in others:
        nested.append(nested[-1].with_network(i))
    return min(nested, key=lambda selection: selection.rank)
