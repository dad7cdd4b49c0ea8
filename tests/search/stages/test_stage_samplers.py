"""How the stages compare networks."""

from __future__ import annotations

import numpy as np
import optuna
import pytest
from optuna.trial import create_trial

from optuna_dnc import DNCSampler
from optuna_dnc.gp import Mixture, default_terms
from optuna_dnc.nets import CNNFamily, MLPFamily, NetworkFamily
from optuna_dnc.runs.settings import SearchSettings
from optuna_dnc.samplers import sobol_point
from optuna_dnc.samplers.preparing import prepare
from optuna_dnc.samplers.registry import SAMPLERS
from optuna_dnc.search.stages.stage_samplers import architecture_sampler, from_trial
from optuna_dnc.space import trace_space


def similarity(family: NetworkFamily, preset: str, *networks: dict[str, float]) -> float:
    space = trace_space(family.suggest_core)
    terms = default_terms(space, family.kernel_terms(preset))
    encoded = space.encode(networks)
    return float(Mixture(terms=terms).matrix(encoded[:1], encoded[1:], space)[0, 0])


def widths(*nodes: int) -> dict[str, float]:
    return {"n_layers": len(nodes), **{f"width_{i}": width for i, width in enumerate(nodes)}}


def test_the_order_of_two_widths_matters_by_default_and_not_in_the_published_kernel() -> None:
    wide_first, wide_last = widths(380, 20), widths(20, 380)
    assert similarity(MLPFamily(), "deep-n-cheap", wide_first, wide_last) == pytest.approx(1)
    assert similarity(MLPFamily(), "default", wide_first, wide_last) < 0.9


def test_the_published_mlp_kernel_is_that_of_the_reference() -> None:
    assert similarity(
        MLPFamily(), "deep-n-cheap", widths(50, 60), widths(400, 400)
    ) == pytest.approx(0.5103125139, abs=1e-9)


def test_the_published_cnn_kernel_compares_channels_layer_by_layer() -> None:
    family = CNNFamily(n_layers=(1, 2), growth=(1, 2))
    one = {"n_layers": 1.0, "channels": 16}
    two = {"n_layers": 2, "channels": 16, "growth_1": 2.0}
    missing = np.exp(-(3**2) / 2)
    assert similarity(family, "deep-n-cheap", one, two) == pytest.approx((1 + missing) / 2)


def test_the_published_stage_one_begins_with_one_sequence_for_all_layers() -> None:
    family = MLPFamily(n_layers=(0, 2), width=(20, 400))
    settings = SearchSettings(network="mlp", preset="deep-n-cheap")
    study = optuna.create_study(
        sampler=architecture_sampler(SAMPLERS["dnc"], family, family.suggest_core, settings)
    )

    def objective(trial: optuna.Trial) -> float:
        family.suggest_core(trial)
        return float(trial.number)

    study.optimize(objective, n_trials=15)
    for trial in study.trials:
        _, *places = sobol_point(trial.number + 1, 1 + trial.params["n_layers"])
        asked = [trial.params[f"width_{layer}"] for layer in range(len(places))]
        assert asked == [20 + int(381 * place) for place in places]


def test_stage_one_begins_as_the_sampler_does() -> None:
    family = MLPFamily(n_layers=(0, 2), width=(20, 400))
    settings = SearchSettings(network="mlp", seed=3)
    of_search = architecture_sampler(SAMPLERS["dnc"], family, family.suggest_core, settings)
    kernels = family.kernel_terms(settings.preset)
    sampler = DNCSampler(search_space=family.suggest_core, kernels=kernels, seed=3)

    def objective(trial: optuna.Trial) -> float:
        return float(sum(family.suggest_core(trial).widths))

    proposed = []
    for each in (of_search, sampler):
        study = optuna.create_study(sampler=each)
        study.optimize(objective, n_trials=8)
        proposed.append([trial.params for trial in study.trials])
    assert proposed[0] == proposed[1]


def test_a_sampler_from_a_later_trial_begins_anew() -> None:
    def define(trial: optuna.trial.BaseTrial) -> float:
        return trial.suggest_float("x", 0, 1)

    sampler = DNCSampler(search_space=define, n_startup_trials=3, seed=0)
    study = optuna.create_study(sampler=from_trial(sampler, 8))
    distributions = dict(trace_space(define).distributions)
    for _ in range(8):
        study.add_trial(create_trial(value=0.0, params={"x": 0.5}, distributions=distributions))
    spaces = []
    for _ in range(4):
        trial = study.ask()
        spaces.append(set(trial.relative_params))
        study.tell(trial, define(trial))
    assert spaces == [set(), set(), set(), {"x"}]


def test_a_sampler_that_knows_later_trials_only_prepares_the_next_of_them() -> None:
    def objective(trial: optuna.Trial) -> float:
        return trial.suggest_float("x", 0, 1)

    def study_of() -> optuna.Study:
        sampler = from_trial(DNCSampler(seed=0, n_startup_trials=2), 3)
        study = optuna.create_study(sampler=sampler)
        study.optimize(objective, n_trials=6)
        return study

    study, other = study_of(), study_of()
    prepare(study.sampler, study)
    assert objective(study.ask()) == objective(other.ask())
