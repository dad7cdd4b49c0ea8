"""Scaling of the targets of a regression, as numbers or as logarithms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from optuna_dnc._errors import InputError
from optuna_dnc._units import common_unit
from optuna_dnc.data.dataset import Dataset
from optuna_dnc.data.feature_checks import MOST_TARGET, check_finite, check_numeric
from optuna_dnc.data.normalization import feature_moments

TargetTransform: TypeAlias = Literal["none", "log"]
"""Whether targets are learned as numbers or as logarithms."""

SKEWED = 0.5
"""Skewness above which a distribution counts as moderately skewed (Bulmer 1979, chapter 4)."""

_LESS = 0.75
"""Maximum ratio of the skewness of logarithms to that of targets; 1 for targets far from 0."""

_BEYOND = 1.0
"""Standard deviations of the logarithms by which predictions may leave the range of training:
``exp`` would turn a small error into a huge number."""


@dataclass(frozen=True)
class LogScale:
    """Scale of a target that is learned as ``z = (log(y) - mean) / std``.

    All of it is plain Python and goes through JSON unchanged.
    """

    mean: float
    std: float
    """Above 0."""
    low: float
    """Least logarithm that is predicted."""
    high: float
    """Largest logarithm that is predicted."""

    @classmethod
    def of(cls, y: NDArray[Any]) -> LogScale | None:
        """Return the scale of training targets, (n,) above 0; None if they are constant."""
        logs = np.log(y.astype(np.float64))
        mean, std = float(logs.mean()), float(logs.std())
        if logs.min() == logs.max():
            return None
        beyond = _BEYOND * std
        return cls(mean, std, float(logs.min()) - beyond, float(logs.max()) + beyond)


def suits_log(y: NDArray[Any]) -> bool:
    """Return whether targets, (N,) or (N, k), are positive and skewed, but less as logarithms."""
    from scipy.stats import skew  # takes 0.3 s to load

    columns = y.reshape(len(y), -1).astype(np.float64)
    if len(y) < 2 or columns.min() <= 0 or (columns == columns[0]).all(axis=0).any():
        return False
    skewness = skew(columns / common_unit(columns))
    left = np.abs(skew(np.log(columns)))
    return bool(np.all((skewness > SKEWED) & (left < _LESS * skewness)))


def check_positive(y: NDArray[Any], where: str) -> None:
    """Raise :class:`InputError` unless all targets have a logarithm."""
    lowest = float(y.min(initial=np.inf))
    if lowest <= 0:
        raise InputError(
            f"target_transform 'log' needs targets above 0, but {where} has {lowest:g}; choose "
            "'none', or add a constant to them."
        )


@dataclass(frozen=True)
class TargetScaling:
    """Map of targets to outputs of a network: ``z = (y - mean) / std``, or that of logarithms.

    mean, std: one value a target, in its unit; std 0 for a constant one. logs: their scales where
    they are learned as logarithms; empty if none is.
    """

    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    logs: tuple[LogScale | None, ...] = ()

    @classmethod
    def fit(
        cls, dataset: Dataset, rows: NDArray[np.int64], transform: TargetTransform
    ) -> TargetScaling:
        """Take the statistics of the training samples ``rows``, (n,).

        Raises:
            InputError: A target has no logarithm.
        """
        y = dataset.y_train.reshape(dataset.n_train, -1)
        of_y = feature_moments(y, rows, 1.0)
        logs: tuple[LogScale | None, ...] = ()
        if transform == "log":
            for part in (dataset.y_train, dataset.y_test):
                check_positive(part, dataset.name)
            pairs = zip(y.T, of_y.constant, strict=True)
            logs = tuple(None if is_one else LogScale.of(column[rows]) for column, is_one in pairs)
        std = np.where(of_y.constant, 0.0, of_y.std)
        return cls(tuple(of_y.mean.tolist()), tuple(std.tolist()), logs)

    @property
    def divisor(self) -> NDArray[np.float64]:
        """Divisor of the targets: ``std``, or 1 for constant ones."""
        std = np.array(self.std)
        return np.where(std == 0, 1.0, std)

    @property
    def center(self) -> NDArray[np.float64]:
        """Mean of the targets, or of their logarithms if those are learned."""
        return self._learned("mean", self.mean)

    @property
    def spread(self) -> NDArray[np.float64]:
        """Standard deviation of the same; 0 for a constant target."""
        return self._learned("std", self.std)

    @property
    def logged(self) -> NDArray[np.intp]:
        """Indices of the targets that are learned as logarithms."""
        return np.flatnonzero([log is not None for log in self.logs])

    @property
    def bounds(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Least and largest logarithms that are predicted, of the targets of :attr:`logged`."""
        logs = [log for log in self.logs if log is not None]
        return np.array([log.low for log in logs]), np.array([log.high for log in logs])

    def encode(self, y: NDArray[Any], *, flat: bool) -> torch.Tensor:
        """Return targets as a network learns them, (n, k) float32.

        Args:
            y: ``(n, k)``, or ``(n,)`` if ``flat``.
            flat: Whether the training targets were ``(n,)``.

        Raises:
            InputError: They are not like the training targets.
        """
        check_numeric(y, "y")
        columns = y[:, None] if y.ndim == 1 else y  # (n,) beside (n, 1) would broadcast to (n, n)
        if columns.ndim != 2 or columns.shape[1] != len(self.mean):
            wanted = "(N,)" if flat else f"(N, {len(self.mean)})"
            raise InputError(f"y has shape {y.shape}; expected is {wanted}, reshape it.")
        check_finite(columns, "y", most=MOST_TARGET)
        values = columns.astype(np.float64)
        if len(self.logged):
            check_positive(values[:, self.logged], "y")
            values[:, self.logged] = np.log(values[:, self.logged])
        spread = np.where(self.spread == 0, 1.0, self.spread)
        return torch.from_numpy(((values - self.center) / spread).astype(np.float32))

    def decode(self, outputs: torch.Tensor) -> NDArray[np.float64]:
        """Return outputs (n, k), on any device, in the unit of the targets."""
        values = outputs.detach().to("cpu", torch.float64).numpy() * self.spread + self.center
        if len(self.logged):
            values[:, self.logged] = np.exp(np.clip(values[:, self.logged], *self.bounds))
        decoded: NDArray[np.float64] = values
        return decoded

    def relative(self, outputs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return outputs (n, k) as ``(y - mean) / std``, also if logarithms were learned."""
        if not len(self.logged):
            return outputs
        values = self.decode(torch.from_numpy(outputs))
        relative: NDArray[np.float64] = (values - np.array(self.mean)) / self.divisor
        return relative

    def _learned(self, name: str, values: tuple[float, ...]) -> NDArray[np.float64]:
        logs = self.logs or [None] * len(values)
        pairs = zip(values, logs, strict=True)
        return np.array([value if log is None else getattr(log, name) for value, log in pairs])
