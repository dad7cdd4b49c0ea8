"""A sampler from outside: one class, tested by its contract, in a search and its settings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from optuna.samplers import BaseSampler, RandomSampler

from optuna_dnc._errors import InputError
from optuna_dnc.runs import open_run
from optuna_dnc.runs.command import search_command
from optuna_dnc.samplers import SamplerRequest, register_sampler
from optuna_dnc.samplers.registry import SAMPLERS
from optuna_dnc.search import StagedSearch
from optuna_dnc.testing import SamplerContract
from tests.extensions.uniform import uniform


class TestUniform(SamplerContract):
    def make_sampler(self, request: SamplerRequest) -> BaseSampler:
        return uniform(request)


@pytest.fixture
def search(tmp_path: Path) -> Callable[..., StagedSearch]:
    rng = np.random.default_rng(0)
    y = np.arange(40) % 2
    x = rng.normal(size=(40, 5)) + y[:, None]
    few: dict[str, Any] = {
        "network": "mlp",
        "epochs": 1,
        "n_startup_trials": 1,
        "n_steps": 0,
        "space": {"width": (2, 50), "n_layers": (1, 1), "refinements": ()},
        "device": "cpu",
        "floors": False,
    }

    def make(sampler: Any) -> StagedSearch:
        return StagedSearch((x, y), sampler=sampler, out=tmp_path / "run", **few)

    return make


def test_a_sampler_of_ones_own_proposes_and_its_name_is_kept(
    search: Callable[..., StagedSearch],
) -> None:
    result = search(uniform).run()

    run = open_run(result.path)
    name = f"{uniform.__module__}:uniform"
    assert run.settings["sampler"] == name
    (trial,) = run.study_of["core-architecture"].trials
    expected = RandomSampler(seed=0)._rng.rng.random_sample()
    # In the logarithm; Optuna adds half a step at both ends.
    assert trial.params["width_0"] == round(1.5 * (50.5 / 1.5) ** expected)
    assert search_command(run.settings) is None
    with pytest.raises(InputError, match=f'sampler was "{name}", now "dnc"'):
        search("dnc").run()


def test_a_registered_sampler_is_taken_by_name(
    search: Callable[..., StagedSearch], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SAMPLERS, "_loaded", dict(SAMPLERS._loaded))
    register_sampler("uniform", RandomSampler)
    prepared = search("uniform")

    assert prepared.identity["sampler"] == "uniform"
    assert "--sampler uniform" in str(search_command(prepared.identity))


def test_an_unknown_sampler_is_refused_with_those_that_there_are(
    search: Callable[..., StagedSearch],
) -> None:
    with pytest.raises(InputError, match=r"sampler 'bob' is unknown; .*Did you mean 'bohb'"):
        search("bob")
