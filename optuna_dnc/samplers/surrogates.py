"""The fitted surrogates of a study: losses, constraints, failures."""

from __future__ import annotations

import hashlib
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
from optuna_dnc.samplers.history import History, finite, most_useful
from optuna_dnc.space import SearchSpace

Array = NDArray[np.float64]
Rows = NDArray[np.intp]
Scale = Callable[[Array], Array]

_PARTIAL_NOISE = 0.1
"""Noise variance of the estimated loss of a PRUNED trial; losses have variance 1."""
_LABEL_NOISE = 0.01
_FAILED_NOISE = 0.1
"""Noise variance of the loss that stands for a failure; larger than that, it tells nothing."""
MOST_ROWS = 1000
"""More observations than this are not modelled: the exact regression grows with the cube."""
_MOST_ROWS_TO_FIT = 250


class Surrogates:
    """Builds surrogates; hyperparameters are fitted at checkpoints and kept until the next.

    What is kept is told apart by the data it was computed from, so that it only saves time.

    Args:
        terms: Kernel terms that are added to the kernel.
    """

    def __init__(self, terms: Sequence[KernelTerm]) -> None:
        self._terms = tuple(terms)
        self._fitted: dict[str, tuple[bytes, Hyperparameters]] = {}
        self._built: dict[str, tuple[bytes, Surrogate]] = {}

    def of_losses(self, history: History, objective: int) -> Surrogate:
        """Return the surrogate of an objective, with values of mean 0 and variance 1.

        Its observations are those of ``history.reduced(1000)``.
        """
        noise = np.where(history.partial, _PARTIAL_NOISE, 0.0)
        losses = history.values[:, objective]
        rows = history.useful(MOST_ROWS)
        name = f"loss {objective}"
        return self._build(name, history.space, history.x, losses, noise, rows, normalised)

    def of_constraint(self, history: History, number: int) -> Surrogate:
        """Return the surrogate of a constraint, in units of its size; fulfilled at most 0."""
        values, none = history.constraints[:, number], np.zeros(len(history.x))
        rows = history.useful(MOST_ROWS)
        name = f"constraint {number}"
        return self._build(name, history.space, history.x, values, none, rows, _in_units)

    def of_failures(self, history: History) -> Surrogate:
        """Return the surrogate of failing: 1 where trials fail, 0 where they do not."""
        order = np.argsort(np.concatenate([history.failed_numbers, history.numbers]))
        x = np.concatenate([history.failed, history.x])[order]
        failed = [np.ones(len(history.failed)), np.zeros(len(history.x))]
        labels = np.concatenate(failed)[order]
        noise = np.full(len(x), _LABEL_NOISE)
        rows = np.linspace(0, len(x) - 1, min(len(x), MOST_ROWS)).astype(np.intp)
        return self._build("failure", history.space, x, labels, noise, rows, np.copy)

    def _build(
        self, name: str, space: SearchSpace, x: Array, values: Array, noise: Array, rows: Rows,
        scale: Scale,
    ) -> Surrogate:  # fmt: skip
        data = _digest(space, x[rows], values[rows], noise[rows])
        if name not in self._built or self._built[name][0] != data:
            theta = self._fit(name, space, x, values, noise, scale)
            kernel = SumKernel(space, self._terms)
            points, y = kernel.points(x[rows]), scale(values[rows])
            self._built[name] = data, Surrogate(kernel, theta, points, y, noise[rows])
        return self._built[name][1]

    def _fit(
        self, name: str, space: SearchSpace, x: Array, values: Array, noise: Array, scale: Scale
    ) -> Hyperparameters:
        rows = most_useful(values[: checkpoint(len(values))], _MOST_ROWS_TO_FIT)
        data = _digest(space, x[rows], values[rows], noise[rows])
        if name not in self._fitted or self._fitted[name][0] != data:
            kernel = SumKernel(space, self._terms)
            points, y = kernel.points(x[rows]), scale(values[rows])
            self._fitted[name] = data, fit_hyperparameters(kernel, points, y, noise[rows])
        return self._fitted[name][1]


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


def normalised(losses: Array) -> Array:
    """Return losses as they are modelled: finite, transformed, of mean 0 and variance 1."""
    known = finite(losses.copy())
    return OutputTransform.fit(known).apply(known)


def _in_units(values: Array) -> Array:
    sizes = np.abs(values[np.isfinite(values)])
    size = (float(np.median(sizes)) or float(np.max(sizes)) or 1.0) if len(sizes) else 1.0
    return np.clip(values / size, -5.0, 5.0)


def _digest(space: SearchSpace, *arrays: Array) -> bytes:
    digest = hashlib.blake2b(repr((space.distributions, space.conditions)).encode())
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.digest()
