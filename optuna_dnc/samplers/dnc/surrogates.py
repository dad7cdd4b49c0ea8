"""The fitted surrogates of a study: of losses, constraints and failures."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optuna_dnc._arrays import Array
from optuna_dnc.gp.classification import classify, explained_share, fit_classifier
from optuna_dnc.gp.divisibility import Divisibility
from optuna_dnc.gp.fit import fit_hyperparameters
from optuna_dnc.gp.hyperparameters import Hyperparameters
from optuna_dnc.gp.linear_trend import LinearTrend
from optuna_dnc.gp.mixture import KernelTerm
from optuna_dnc.gp.output_transform import OutputTransform, finite
from optuna_dnc.gp.sum_kernel import Points, SumKernel
from optuna_dnc.gp.surrogate import Surrogate
from optuna_dnc.samplers.dnc.digests import digest_of
from optuna_dnc.samplers.dnc.history import History, most_useful
from optuna_dnc.samplers.dnc.shared_fits import SharedFits
from optuna_dnc.samplers.refit_schedule import last_refit
from optuna_dnc.space import SearchSpace

Rows = NDArray[np.intp]
Scale = Callable[[Array], Array]

MOST_ROWS = 1000
"""Most observations that are modeled: the time of exact regression grows with their cube."""
_MOST_ROWS_TO_FIT = 250
_MOST_LABELS = 200
_FAILURE_TERMS: tuple[tuple[KernelTerm, ...], ...] = (
    (LinearTrend(),),
    (LinearTrend(), Divisibility()),
)
"""Further terms of the model of failures; the choice that predicts the known ones best is used."""


class Surrogates:
    """A cache of surrogates whose hyperparameters are refitted on a schedule.

    Entries are identified by the data that they were computed from: the cache only saves time.

    Args:
        terms: Kernel terms that are added to the kernel.
    """

    def __init__(self, terms: Sequence[KernelTerm]) -> None:
        self._terms = tuple(terms)
        self._fitted: dict[str, tuple[bytes, Hyperparameters]] = {}
        self._bases: dict[str, tuple[bytes, Surrogate]] = {}
        self._built: dict[str, tuple[bytes, Surrogate]] = {}
        self._settled: tuple[bytes, Surrogate] | None = None
        """The latent function of failures, as of the last refit."""

    def of_losses(self, history: History, objective: int) -> Surrogate:
        """Return the surrogate of an objective, with values of mean 0 and variance 1.

        Its observations are those of ``history.reduced(1000)``. It predicts the value at the
        largest budget.
        """
        data = _Data(history.space, history.x, history.values[:, objective], history.shortfall)
        settled = np.flatnonzero(history.ended < last_refit(len(history.last)))
        rows = history.useful(MOST_ROWS)
        name = f"loss {objective}"
        return self._build(name, data, rows, settled, _standardized, history.fits)

    def of_constraint(self, history: History, number: int) -> Surrogate:
        """Return the surrogate of a constraint, over its median size; fulfilled at most 0.

        It is of the trials that have set the constraint; there must be some.
        """
        history = history.at(history.last)
        history = history.at(np.flatnonzero(~np.isnan(history.constraints[:, number])))
        values, x, rows = history.constraints[:, number], history.x, history.useful(MOST_ROWS)
        judged = history.infeasible_constraints[:, number]
        if len(known := np.flatnonzero(~np.isnan(judged))):
            numbers = np.concatenate([history.numbers, history.infeasible_numbers[known]])
            order = np.argsort(numbers, kind="stable")
            values = np.concatenate([values, judged[known]])[order]
            x = np.concatenate([x, history.infeasible[known]])[order]
            rows = np.linspace(0, len(x) - 1, min(len(x), MOST_ROWS)).astype(np.intp)
        data = _Data(history.space, x, values, np.zeros(len(x)))
        name, settled = f"constraint {number}", np.arange(last_refit(len(values)))
        return self._build(name, data, rows, settled, _in_units, history.fits)

    def of_failures(self, history: History) -> Surrogate:
        """Return the latent function of failures, see :mod:`optuna_dnc.gp.classification`."""
        history = history.at(history.last)
        order = np.argsort(np.concatenate([history.failed_numbers, history.numbers]))
        x = np.concatenate([history.failed, history.x])[order]
        labels = np.concatenate([np.ones(len(history.failed)), np.zeros(len(history.x))])[order]
        data, settled = _Data(history.space, x, labels, np.zeros(len(x))), last_refit(len(x))
        known = most_useful(labels[:settled], _MOST_LABELS)
        rows = np.concatenate([known, np.arange(settled, len(x))])
        digest = data.digest(rows)
        if self._built.get("failure", (b"",))[0] != digest:
            start = self._settled_failures(data, known, history.fits)
            points = data.points(start.kernel, rows)
            latent = classify(start.kernel, start.theta, points, labels[rows] > 0, start)
            self._built["failure"] = digest, latent
        return self._built["failure"][1]

    def _settled_failures(self, data: _Data, rows: Rows, fits: SharedFits | None) -> Surrogate:
        digest = data.digest(rows)
        if self._settled is None or self._settled[0] != digest:
            fitted = [
                self._classified(f"failure {number}", (*self._terms, *terms), data, rows, fits)
                for number, terms in enumerate(_FAILURE_TERMS)
                if all(term.covers(data.space) for term in terms)
            ]
            self._settled = digest, max(fitted, key=explained_share)
        return self._settled[1]

    def _classified(
        self,
        name: str,
        terms: Sequence[KernelTerm],
        data: _Data,
        rows: Rows,
        fits: SharedFits | None,
    ) -> Surrogate:
        """Return the latent function of failures with certain kernel terms."""
        kernel, labels = data.kernel(terms), data.values[rows] > 0
        points = data.points(kernel, rows)
        theta = self._shared(
            name,
            data.digest(rows),
            kernel,
            fits,
            lambda: fit_classifier(kernel, points, labels),
        )
        return classify(kernel, theta, points, labels)

    def _build(
        self,
        name: str,
        data: _Data,
        rows: Rows,
        settled: Rows,
        scale: Scale,
        fits: SharedFits | None,
    ) -> Surrogate:
        digest = data.digest(rows)
        if name not in self._built or self._built[name][0] != digest:
            theta = self._fit(name, data, settled, scale, fits)
            # The factor of the first rows is extended, as far as they were known at the refit.
            is_settled = np.zeros(len(data.values), dtype=bool)
            is_settled[settled] = True
            n_known = int(np.argmin(np.append(is_settled[rows], False)))
            base = self._base(name, data, rows[:n_known], theta) if n_known else None
            kernel = data.kernel(self._terms) if base is None else base.kernel
            points, y = data.points(kernel, rows), scale(data.values[rows])
            surrogate = Surrogate(kernel, theta, points, y, base=base)
            self._built[name] = digest, surrogate
        return self._built[name][1]

    def _base(self, name: str, data: _Data, rows: Rows, theta: Hyperparameters) -> Surrogate:
        """Return the surrogate of what was known at the last refit, without its values.

        All later ones extend this one, and not each other: rounding is the same in a process that
        joins now.
        """
        digest = data.digest(rows)
        kept = self._bases.get(name)
        if kept is None or kept[0] != digest or kept[1].theta is not theta:
            kernel, unused = data.kernel(self._terms), np.zeros(len(rows))
            points = data.points(kernel, rows)
            base = Surrogate(kernel, theta, points, unused)
            kept = self._bases[name] = digest, base
        return kept[1]

    def _fit(
        self, name: str, data: _Data, settled: Rows, scale: Scale, fits: SharedFits | None
    ) -> Hyperparameters:
        digest = data.digest(settled)
        if name not in self._fitted or self._fitted[name][0] != digest:
            kernel = data.kernel(self._terms)

            def fit() -> Hyperparameters:
                # Scaled by all values: a third of the rows are the best, so theirs would mislead.
                rows = most_useful(data.values[settled], _MOST_ROWS_TO_FIT)
                points = data.points(kernel, settled[rows])
                y = scale(data.values[settled])[rows]
                return fit_hyperparameters(kernel, points, y, np.zeros(len(rows)))

            self._fitted[name] = digest, self._shared(name, digest, kernel, fits, fit)
        return self._fitted[name][1]

    def _shared(
        self,
        name: str,
        data: bytes,
        kernel: SumKernel,
        fits: SharedFits | None,
        fit: Callable[[], Hyperparameters],
    ) -> Hyperparameters:
        """Return a fit, or that of another worker to the same data with the same terms."""
        if fits is None:
            return fit()
        digest = hashlib.blake2b(data + repr(kernel.terms).encode()).digest()
        n_parameters, n_parts = len(kernel.features.names), len(kernel.parts)
        size = n_parameters + n_parts + n_parts + len(kernel.terms) + 1
        values = fits.get(name, digest, size, lambda: fit().values)
        return Hyperparameters.from_values(values, n_parameters, n_parts)


@dataclass(frozen=True)
class _Data:
    """The observations of one surrogate."""

    space: SearchSpace
    x: Array
    values: Array
    shortfall: Array

    def kernel(self, terms: Sequence[KernelTerm]) -> SumKernel:
        return SumKernel(self.space, terms, budgets=bool(np.any(self.shortfall > 0)))

    def points(self, kernel: SumKernel, rows: Rows) -> Points:
        return kernel.points(self.x[rows], self.shortfall[rows])

    def digest(self, rows: Rows) -> bytes:
        """Return a digest of the space and of these rows."""
        arrays = (self.x, self.values, self.shortfall)
        has_low = bool(np.any(self.shortfall > 0))
        return digest_of(self.space, has_low, *(array[rows] for array in arrays))


def _standardized(losses: Array) -> Array:
    """Return losses as they are modeled: finite, transformed, of mean 0 and variance 1."""
    known = finite(losses)
    return OutputTransform.fit(known).apply(known)


def _in_units(values: Array) -> Array:
    """Return values over their median size, clipped at 5 sizes, (n,) float64."""
    sizes = np.abs(values[np.isfinite(values)])
    size = (float(np.median(sizes)) or float(np.max(sizes)) or 1.0) if len(sizes) else 1.0
    with np.errstate(over="ignore"):
        return np.clip(values / size, -5.0, 5.0)
