"""Learning rate schedules, as factors on the initial rate."""

from __future__ import annotations

import math

DECAY_AT = (0.5, 0.75)
"""Shares of the epochs after which the learning rate is cut."""

DECAY_BY = 0.2
"""Factor of each cut."""

WARMUP_FROM = 0.1
"""Factor at the first step of a warm-up: at 0, that would do nothing."""


def learning_rate_factor(epochs_done: float, epochs: int) -> float:
    """Return the factor of two cuts: 0.2 from half of the epochs, 0.04 from three quarters.

    Args:
        epochs_done: Epochs already trained when this one starts.
        epochs: Epochs in all. A single epoch trains at the full rate; milestones rounded down,
            as in the original, would train it at 0.04.
    """
    cuts = sum(epochs_done >= share * epochs for share in DECAY_AT)
    return float(DECAY_BY**cuts)


def cosine_factor(epochs_done: float, epochs: float) -> float:
    """Return ``(1 + cos(pi * epochs_done / epochs)) / 2``: from 1 to 0, no restart.

    Args:
        epochs_done: Epochs already trained, including the share of the running one.
        epochs: Epochs in all.
    """
    return (1 + math.cos(math.pi * epochs_done / epochs)) / 2


def warmup_factor(epochs_done: float) -> float:
    """Return the factor of a linear warm-up from 0.1 to 1 over the first epoch, then 1.

    Args:
        epochs_done: Epochs already trained, including the share of the running one.
    """
    return min(1.0, WARMUP_FROM + (1 - WARMUP_FROM) * epochs_done)


def restarted_cosine_factor(epochs_done: float, period: float, factor: float) -> float:
    """Return the factor of SGDR (arXiv 1608.03983, equation 5): cosines with restarts.

    Args:
        epochs_done: Epochs already trained, including the share of the running one.
        period: Epochs until the first restart.
        factor: Ratio of the length of a period to that of the previous one, at least 1.
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
    """Return the length in epochs of the first of ``n_periods`` that fill ``epochs`` exactly.

    A truncated last period would end the training at a high learning rate.
    """
    return epochs / sum(factor**period for period in range(n_periods))
