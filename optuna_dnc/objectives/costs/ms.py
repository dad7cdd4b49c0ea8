"""Cost measure ``ms``."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from time import perf_counter

from optuna_dnc.objectives.cost_measure import CostMeasure, Fit, NetworkSpec

WARM_UP = 20
"""Runs before the first that counts: torch chooses kernels and allocates memory in them."""

BATCHES, RUNS = 9, 30
"""Batches of timed runs, and runs in a batch."""

MOST_SECONDS = 1.0
"""Time after which no further batch begins, and the warm-up ends."""


class Ms(CostMeasure):
    """Milliseconds of one sample's way through the network, on one thread of this CPU.

    The lowest of the medians of nine batches of 30 runs. A median ignores runs that were
    interrupted, and the lowest of several ignores batches that other work on the machine slowed
    down as a whole. Weights do not matter, so that the network need not be trained.
    """

    name = "ms"
    unit = "milliseconds per sample"
    symbol = "ms"
    repeats_exactly = False

    def of(self, network: NetworkSpec, fit: Fit) -> float:
        """Time the network on a sample of zeros."""
        import torch

        threads, module = torch.get_num_threads(), network.module("cpu")
        sample = torch.zeros(1, *network.input_shape)
        torch.set_num_threads(1)
        try:
            with torch.inference_mode():
                return 1e3 * lowest_median(lambda: module(sample))
        finally:
            torch.set_num_threads(threads)


def lowest_median(run: Callable[[], object]) -> float:
    """Return the lowest of the medians of batches of runs, in seconds."""
    begun = perf_counter()
    for _ in range(WARM_UP):
        _timed(run)
        if perf_counter() - begun > MOST_SECONDS:
            break
    medians = [_median(run)]
    while len(medians) < BATCHES and perf_counter() - begun < MOST_SECONDS:
        medians.append(_median(run))
    return min(medians)


def _median(run: Callable[[], object]) -> float:
    return statistics.median(_timed(run) for _ in range(RUNS))


def _timed(run: Callable[[], object]) -> float:
    start = perf_counter()
    run()
    return perf_counter() - start
