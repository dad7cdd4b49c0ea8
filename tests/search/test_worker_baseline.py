"""Timed costs of workers on unlike machines are comparable."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from optuna_dnc._errors import InputError
from optuna_dnc.nets import MLPFamily
from optuna_dnc.objectives import CostMeter, NetworkSpec
from optuna_dnc.runs import SearchSettings
from optuna_dnc.search import setup as module
from optuna_dnc.search.setup import check_shared_gpu, cost_scales, worker_baseline

FAMILY: Any = MLPFamily()


@pytest.fixture(autouse=True)
def _this_machine_takes_6_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "first_baseline", lambda settings, family, data: 6.0)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"penalize": "t_epoch"}, 6.0),
        ({"penalize": "ms"}, 6.0),
        ({"penalize": "n_params"}, 2.0),
        ({"penalize": "t_epoch", "baseline": 2.0}, 2.0),
    ],
)
def test_a_worker_measures_timed_baselines_itself(
    changes: dict[str, Any], expected: float
) -> None:
    settings = SearchSettings(network="mlp", **changes)
    assert worker_baseline(settings, FAMILY, None, 2.0) == expected


def test_a_cost_is_in_seconds_of_the_first_worker() -> None:
    settings = SearchSettings(network="mlp", penalize="t_epoch")
    scales = cost_scales(settings, FAMILY, None, 2.0)
    config = FAMILY.largest_for((5,), 3)
    fit: Any = SimpleNamespace(t_epoch=0.3)
    costs = CostMeter(NetworkSpec(FAMILY, config, (5,), 3), "t_epoch", scales=scales)(fit)
    assert costs["t_epoch"] == pytest.approx(0.1)  # three times as slow here


def test_counted_costs_have_no_factor() -> None:
    settings = SearchSettings(network="mlp", penalize="n_params")
    assert cost_scales(settings, FAMILY, None, 2.0) == {}


def test_workers_that_share_a_gpu_cannot_time() -> None:
    check_shared_gpu("n_params", 4)
    check_shared_gpu("t_epoch", 1)
    with pytest.raises(InputError, match=r"^workers_per_gpu=2 .* penalize='t_epoch'"):
        check_shared_gpu("t_epoch", 2)
