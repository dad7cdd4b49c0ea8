"""The built-in strategies that start from data meet their contract."""

from __future__ import annotations

from optuna_dnc.runs.strategies import JOINT_STRATEGY, STAGED
from optuna_dnc.testing import StrategyContract


class TestStaged(StrategyContract):
    strategy = STAGED


class TestJoint(StrategyContract):
    strategy = JOINT_STRATEGY
    settings = StrategyContract.settings | {"pruner": "none"}
