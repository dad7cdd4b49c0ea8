"""Latency of one sample."""

from __future__ import annotations

from itertools import accumulate, cycle, islice

import pytest
import torch

from optuna_dnc.objectives import cost_measure
from optuna_dnc.objectives.costs import ms
from optuna_dnc.testing import CostContract
from optuna_dnc.training import FitResult

NETWORK = CostContract.networks[1]


class TestMs(CostContract):
    measure = cost_measure("ms")


def test_the_quietest_batch_decides_and_single_interruptions_do_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    busy, quiet = [5e-3] * ms.RUNS, [2e-3, 1e-3, 1e-3, 9e-3, 1e-3] * (ms.RUNS // 5)
    seconds = [9e-3] * ms.WARM_UP + busy + quiet + busy * ms.BATCHES
    # Each run reads the clock twice; checks of the time that is left read it, too.
    clock = iter(accumulate(seconds, initial=0.0))
    now = [0.0]

    def run() -> None:
        now[0] = next(clock)

    next(clock)
    monkeypatch.setattr(ms, "perf_counter", lambda: now[0])
    assert ms.lowest_median(run) == pytest.approx(1e-3)


def test_slow_networks_do_not_take_all_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    hours = iter(islice(cycle([3600.0]), 10_000))
    now = [0.0]
    n_runs = [0]

    def run() -> None:
        n_runs[0] += 1
        now[0] += next(hours)

    monkeypatch.setattr(ms, "perf_counter", lambda: now[0])
    assert ms.lowest_median(run) == 3600
    assert n_runs[0] == 1 + ms.RUNS


def test_it_leaves_the_number_of_threads_as_it_was() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        cost_measure("ms").of(NETWORK, FitResult("classification"))
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
