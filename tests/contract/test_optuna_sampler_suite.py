"""Optuna's own suite for samplers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from optuna.samplers import BaseSampler
from optuna.testing.pytest_samplers import (
    BasicSamplerTestCase,
    MultiObjectiveSamplerTestCase,
    RelativeSamplerTestCase,
    SingleOnlySamplerTestCase,
)

from optuna_dnc.samplers import BOHBSampler, DNCSampler


class TestDefault(BasicSamplerTestCase, RelativeSamplerTestCase, MultiObjectiveSamplerTestCase):
    """The model answers from the first trial on."""

    @pytest.fixture
    def sampler(self) -> Callable[[], BaseSampler]:
        return lambda: DNCSampler(n_startup_trials=0, seed=0)


class TestStartup(BasicSamplerTestCase, RelativeSamplerTestCase, MultiObjectiveSamplerTestCase):
    """The Sobol start-up answers; it is the same for all presets."""

    @pytest.fixture
    def sampler(self) -> Callable[[], BaseSampler]:
        return lambda: DNCSampler(seed=0)


class TestPublished(BasicSamplerTestCase, RelativeSamplerTestCase, SingleOnlySamplerTestCase):
    """The published algorithm knows one objective only."""

    @pytest.fixture
    def sampler(self) -> Callable[[], BaseSampler]:
        return lambda: DNCSampler(preset="deep-n-cheap", n_startup_trials=0, seed=0)


class TestBOHB(BasicSamplerTestCase, RelativeSamplerTestCase, SingleOnlySamplerTestCase):
    """The density estimates answer as soon as they can, never chance."""

    @pytest.fixture
    def sampler(self) -> Callable[[], BaseSampler]:
        return lambda: BOHBSampler(n_min=2, random_fraction=0.0, seed=0)


class TestBOHBDefaults(BasicSamplerTestCase, RelativeSamplerTestCase, SingleOnlySamplerTestCase):
    """A third of the trials is drawn uniformly."""

    @pytest.fixture
    def sampler(self) -> Callable[[], BaseSampler]:
        return lambda: BOHBSampler(seed=0)
