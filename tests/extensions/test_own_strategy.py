"""A strategy from outside: one stage of its own, a default and a check of the settings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optuna_dnc._errors import InputError
from optuna_dnc.runs import Strategy, open_run, register_strategy
from optuna_dnc.runs.strategies import STRATEGIES
from optuna_dnc.search import StagedSearch
from optuna_dnc.testing import StrategyContract
from tests.extensions.whole_network import STRATEGY


class TestWholeNetwork(StrategyContract):
    strategy = STRATEGY


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(STRATEGIES, "_loaded", dict(STRATEGIES._loaded))
    register_strategy(STRATEGY)


@pytest.fixture
def search(tmp_path: Path) -> Callable[..., StagedSearch]:
    rng = np.random.default_rng(0)
    y = np.arange(40) % 2
    x = rng.normal(size=(40, 5)) + y[:, None]
    few: dict[str, Any] = {"network": "mlp", "epochs": 1, "n_steps": 0, "device": "cpu"}

    def make(**settings: Any) -> StagedSearch:
        chosen = {"strategy": "whole-network"} | few | settings
        return StagedSearch((x, y), out=tmp_path / "run", floors=False, **chosen)

    return make


def test_its_stages_run_and_the_run_can_be_read(search: Callable[..., StagedSearch]) -> None:
    result = search().run()

    assert result.best.stage == "whole-network"
    run = open_run(result.path)
    assert [len(study.trials) for study in run.study_of.values()] == [5]


def test_its_checks_refuse_settings(search: Callable[..., StagedSearch]) -> None:
    with pytest.raises(InputError, match="preset: the published sampler"):
        search(preset="deep-n-cheap")
    with pytest.raises(InputError, match="one of 'staged', 'joint', 'whole-network', got"):
        search(strategy="whole-net")


def test_only_strategies_with_stages_are_registered() -> None:
    with pytest.raises(InputError, match="must be a Strategy with at least one stage"):
        register_strategy(Strategy("empty", ()))
