"""The fitted surrogates of a study: losses, constraints, failures."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from optuna_dnc.gp.fit import fit_hyperparameters
from optuna_dnc.gp.hyperparameters import Hyperparameters
from optuna_dnc.gp.kernel_term import KernelTerm
from optuna_dnc.gp.output_transform import OutputTransform
from optuna_dnc.gp.sum_kernel import SumKernel
from optuna_dnc.gp.surrogate import Surrogate
from optuna_dnc.samplers.checkpoints import checkpoint
from optuna_dnc.samplers.history import History, most_useful

Array = NDArray[np.float64]
Scale = Callable[[Array], Array]

_PARTIAL_NOISE = 0.1
"""Noise variance of the estimated loss of a PRUNED trial; losses have variance 1."""
_FAILED_NOISE = 0.1
"""Noise variance of the loss that stands for a failure; larger than that, it tells nothing."""
_MOST_ROWS_TO_FIT = 250


class Surrogates:
    """Builds surrogates; hyperparameters are fitted at checkpoints and kept until the next.

    Args:
        terms: Kernel terms that are added to the kernel.
    """

    def __init__(self, terms: Sequence[KernelTerm]) -> None:
        self._terms = tuple(terms)
        self._fitted: dict[str, tuple[object, Hyperparameters]] = {}

    def of_losses(self, history: History, objective: int) -> Surrogate:
        """Return the surrogate of an objective, with values of mean 0 and variance 1."""
        noise = np.where(history.partial, _PARTIAL_NOISE, 0.0)
        losses = history.values[:, objective]
        return self._build(f"loss {objective}", history, history.x, losses, noise, _normalised)

    def of_constraint(self, history: History, number: int) -> Surrogate:
        """Return the surrogate of a constraint, in units of its size; fulfilled at most 0."""
        values = history.constraints[:, number]
        none = np.zeros(len(values))
        return self._build(f"constraint {number}", history, history.x, values, none, _in_units)

    def of_failures(self, history: History) -> Surrogate:
        """Return the surrogate of failing: 1 where trials fail, 0 where they do not."""
        x = np.concatenate([history.failed, history.x])
        labels = np.concatenate([np.ones(len(history.failed)), np.zeros(len(history.x))])
        return self._build("failure", history, x, labels, np.full(len(x), 0.01), np.copy)

    def _build(
        self, name: str, history: History, x: Array, values: Array, noise: Array, scale: Scale
    ) -> Surrogate:
        kernel = SumKernel(history.space, self._terms)
        n = checkpoint(len(values))
        key = (history.space, n)
        known = self._fitted.get(name)
        if known is None or known[0] != key:
            rows = most_useful(values[:n], _MOST_ROWS_TO_FIT)
            theta = fit_hyperparameters(
                kernel, kernel.points(x[rows]), scale(values[rows]), noise[rows]
            )
            self._fitted[name] = known = (key, theta)
        return Surrogate(kernel, known[1], kernel.points(x), scale(values), noise)


def with_pending(surrogate: Surrogate, pending: Array) -> Surrogate:
    """Return the surrogate as if the pending configurations had given what it expects of them."""
    if len(pending) == 0:
        return surrogate
    expected, _ = surrogate.predict(surrogate.kernel.points(pending))
    return _extended(surrogate, pending, expected, 0.0)


def with_failed(surrogate: Surrogate, failed: Array) -> Surrogate:
    """Return the surrogate as if the failed configurations had given the worst loss seen."""
    if len(failed) == 0:
        return surrogate
    worst = np.full(len(failed), float(surrogate.y.max()))
    return _extended(surrogate, failed, worst, _FAILED_NOISE)


def _extended(surrogate: Surrogate, x: Array, y: Array, noise: float) -> Surrogate:
    kernel = surrogate.kernel
    return Surrogate(
        kernel,
        surrogate.theta,
        kernel.points(np.concatenate([surrogate.x.x, x])),
        np.concatenate([surrogate.y, y]),
        np.concatenate([surrogate.extra_noise, np.full(len(x), noise)]),
    )


def _normalised(losses: Array) -> Array:
    return OutputTransform.fit(losses).apply(losses)


def _in_units(values: Array) -> Array:
    size = float(np.median(np.abs(values))) or float(np.max(np.abs(values))) or 1.0
    return np.clip(values / size, -5.0, 5.0)
