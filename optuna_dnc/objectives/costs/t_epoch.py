"""Cost measure ``t_epoch``."""

from __future__ import annotations

from optuna_dnc.objectives.cost_measure import CostMeasure, Fit, NetworkSpec


class TEpoch(CostMeasure):
    """Seconds of training per epoch: the median, the first epoch left out if there are more."""

    name = "t_epoch"
    unit = "seconds per epoch"
    symbol = "s/epoch"
    repeats_exactly = False
    of_training = True

    def of(self, network: NetworkSpec, fit: Fit) -> float:
        """Take the seconds of the epochs so far."""
        return fit.t_epoch
