"""Parameter importances, and leave-one-out predictions against observations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optuna_dnc._arrays import Array
from optuna_dnc.gp.output_transform import OutputTransform
from optuna_dnc.gp.surrogate import Surrogate
from optuna_dnc.space import SearchSpace

_SAMPLES = 512
_TWO_SIDED_95 = 1.96


@dataclass(frozen=True)
class CheckedTrial:
    """A trial and its prediction from all others, in the unit of the objective."""

    number: int
    observed: float
    predicted: float
    low: float
    """Lower end of the 95 % prediction interval."""
    high: float
    """Upper end of the 95 % prediction interval."""
    z: float
    """(observed - predicted) / standard deviation, on the scale of the model."""


@dataclass(frozen=True)
class Explanation:
    """Importances of the parameters, and the accuracy of the surrogate."""

    importances: dict[str, float]
    """Total Sobol indices by name, largest first: the share of the predicted variance over the
    whole space that a parameter causes, alone or with others."""
    trials: tuple[CheckedTrial, ...]
    """Leave-one-out predictions by trial number."""

    @property
    def coverage(self) -> float:
        """Share of trials inside their interval; about 0.95 if the surrogate is calibrated."""
        return float(np.mean([t.low <= t.observed <= t.high for t in self.trials]))

    @property
    def rank_correlation(self) -> float:
        """Spearman correlation of predicted and observed values; 0 if all are equal."""
        from scipy.stats import spearmanr

        predicted = [t.predicted for t in self.trials]
        observed = [t.observed for t in self.trials]
        if len(set(predicted)) == 1 or len(set(observed)) == 1:
            return 0.0
        return float(spearmanr(predicted, observed).statistic)

    def __str__(self) -> str:
        lines = [
            f"{len(self.trials)} trials, each predicted from the others: "
            f"rank correlation {self.rank_correlation:.2f}, "
            f"{self.coverage:.0%} inside their 95 % interval",
            "parameter            importance",
            *(f"{name:<20} {share:10.3f}" for name, share in self.importances.items()),
        ]
        return "\n".join(lines)

    def plot(self) -> object:
        """Return a matplotlib figure: predicted with 95 % intervals against observed values."""
        try:
            from matplotlib.figure import Figure
        except ImportError:
            raise ImportError("plot needs matplotlib; run: pip install matplotlib") from None

        figure = Figure(figsize=(5, 4.5), layout="constrained")
        axes = figure.add_subplot()
        observed = np.array([t.observed for t in self.trials])
        mean = np.array([t.predicted for t in self.trials])
        below = np.maximum(mean - [t.low for t in self.trials], 0.0)
        above = np.maximum([t.high for t in self.trials] - mean, 0.0)
        axes.errorbar(observed, mean, yerr=[below, above], fmt="o", ms=4, lw=0.8, color="#0072B2")
        ends = [observed.min(), observed.max()]
        axes.plot(ends, ends, color="#444444", lw=1)
        axes.set_xlabel("observed")
        axes.set_ylabel("predicted from the other trials, with 95 % interval")
        axes.set_title(f"rank correlation {self.rank_correlation:.2f}, {self.coverage:.0%} inside")
        return figure


def explain(
    surrogate: Surrogate, space: SearchSpace, numbers: list[int], losses: Array, sign: float
) -> Explanation:
    """Return importances and leave-one-out predictions.

    Args:
        surrogate: Regression of the transformed losses.
        space: The space of the configurations.
        numbers: n trial numbers.
        losses: (n,) float64, finite, to be minimized.
        sign: -1 for an objective to be maximized, else 1.
    """
    trials = _leave_one_out(surrogate, numbers, losses, sign)
    return Explanation(_importances(surrogate, space), trials)


def _leave_one_out(
    surrogate: Surrogate, numbers: list[int], losses: Array, sign: float
) -> tuple[CheckedTrial, ...]:
    """Return the prediction of every observation from all others, with the same hyperparameters.

    The estimated mean leaves the observation out as well, see :meth:`Surrogate.leave_one_out`.
    """
    transform = OutputTransform.fit(losses)
    mean, sd = surrogate.leave_one_out
    ends = [sign * transform.undo(mean + z * sd) for z in (0.0, -_TWO_SIDED_95, _TWO_SIDED_95)]
    predicted, one, other = ends
    z = sign * (surrogate.y - mean) / sd
    columns = (sign * losses, predicted, np.minimum(one, other), np.maximum(one, other), z)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return tuple(CheckedTrial(number, *row) for number, row in zip(numbers, rows, strict=True))


def _importances(surrogate: Surrogate, space: SearchSpace) -> dict[str, float]:
    """Return total Sobol indices of the predicted mean, by name, largest first.

    ``E[(f(x) - f(x with parameter j resampled))**2] / (2 Var f)`` (Jansen 1999), over random
    configurations of the space.
    """
    rng = np.random.default_rng(0)
    full = space.sample(rng.random((_SAMPLES, len(space.names))))
    resampled = space.sample(rng.random((_SAMPLES, len(space.names))))

    def mean(rows: Array) -> Array:
        return surrogate.predict(surrogate.kernel.points(space.activate(rows)))[0]

    base = mean(full)
    variance = float(np.var(base)) or 1.0
    shares = {}
    for name in space.free:
        changed = full.copy()
        changed[:, space.position(name)] = resampled[:, space.position(name)]
        shares[name] = float(np.mean((mean(changed) - base) ** 2) / (2 * variance))
    return dict(sorted(shares.items(), key=lambda item: -item[1]))
