"""The learning rate over the epochs, as a factor on the rate at the start."""

from __future__ import annotations

import math

DECAY_AT = (0.5, 0.75)
"""Shares of the epochs after which the learning rate is cut."""

DECAY_BY = 0.2
"""Factor of each cut."""


def learning_rate_factor(epochs_done: float, epochs: int) -> float:
    """Two cuts: 0.2 from half of the epochs on, 0.04 from three quarters on.

    Args:
        epochs_done: Epochs already trained when this one starts.
        epochs: Epochs in all. A single one trains at the full rate; milestones rounded down, as
            in the original, would train it at 0.04.
    """
    cuts = sum(epochs_done >= share * epochs for share in DECAY_AT)
    return float(DECAY_BY**cuts)


def cosine_factor(epochs_done: float, epochs: float) -> float:
    """Half a cosine, ``(1 + cos(pi * epochs_done / epochs)) / 2``: from 1 to 0, no restart.

    Args:
        epochs_done: Epochs already trained, with the share of the one that is running.
        epochs: Epochs in all.
    """
    return (1 + math.cos(math.pi * epochs_done / epochs)) / 2


def restarted_cosine_factor(epochs_done: float, period: float, factor: float) -> float:
    """SGDR (arXiv 1608.03983, equation 5): cosines from 1 to 0, each longer than the last.

    Args:
        epochs_done: Epochs already trained, with the share of the one that is running.
        period: Epochs until the first restart.
        factor: Length of a period over that of the one before, at least 1.
    """
    if factor == 1:
        return cosine_factor(epochs_done % period, period)
    # ``period * (factor**k - 1) / (factor - 1)`` epochs end with the k-th period. The tolerance
    # keeps rounding from stretching a period over the restart.
    growth = factor - 1
    restarts = math.floor(math.log1p(epochs_done * growth / period) / math.log(factor) + 1e-9)
    start = period * (factor**restarts - 1) / growth
    return cosine_factor(max(0.0, epochs_done - start), period * factor**restarts)


def first_period(epochs: int, n_periods: int, factor: float) -> float:
    """Length in epochs of the first of ``n_periods`` that fill ``epochs`` exactly.

    A last period that is cut off ends at a high learning rate and wastes the training.
    """
    return epochs / sum(factor**period for period in range(n_periods))
