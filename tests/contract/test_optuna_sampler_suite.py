"""Optuna's own suite for samplers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from optuna.samplers import BaseSampler
from optuna.testing.pytest_samplers import (
    BasicSamplerTestCase,
    RelativeSamplerTestCase,
    SingleOnlySamplerTestCase,
)

from optuna_dnc.samplers import DNCSampler

PRESETS = ["default", "deep-n-cheap"]


class _WholeSuite(BasicSamplerTestCase, RelativeSamplerTestCase, SingleOnlySamplerTestCase):
    """All cases that apply to a single-objective sampler with a relative space."""


@pytest.mark.parametrize("preset", PRESETS)
class TestModel(_WholeSuite):
    """The model answers from the first trial on."""

    @pytest.fixture
    def sampler(self, preset: str) -> Callable[[], BaseSampler]:
        return lambda: DNCSampler(preset=preset, n_startup_trials=0, seed=0)


class TestStartup(_WholeSuite):
    """The Sobol start-up answers; it is the same for all presets."""

    @pytest.fixture
    def sampler(self) -> Callable[[], BaseSampler]:
        return lambda: DNCSampler(seed=0)
