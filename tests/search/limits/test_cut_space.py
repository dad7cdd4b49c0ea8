"""Search spaces that are cut to the networks within a limit: what samplers propose there."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, IntDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.trial import BaseTrial, TrialState

from optuna_dnc.nets import network_family
from optuna_dnc.runs.records import REJECTED
from optuna_dnc.samplers import BOHBSampler, DNCSampler
from optuna_dnc.search.limits.cost_limits import Limits
from optuna_dnc.search.limits.cut_space import PATIENCE, CutSpace

FAMILIES: list[tuple[str, dict[str, Any], tuple[int, ...], dict[str, float]]] = [
    ("mlp", {}, (64,), {"n_params": 5000}),
    ("cnn", {"n_layers": (2, 6)}, (1, 16, 16), {"n_params": 30_000, "macs": 4e6}),
    ("resnet", {"blocks": (1, 3)}, (3, 16, 16), {"bytes": 400_000}),
]


def dnc(space: CutSpace) -> BaseSampler:
    return DNCSampler(
        search_space=space, n_startup_trials=6, n_candidates=60, startup="sobol", seed=1
    )


def published(space: CutSpace) -> BaseSampler:
    return DNCSampler(search_space=space, n_startup_trials=6, preset="deep-n-cheap", seed=1)


def bohb(space: CutSpace) -> BaseSampler:
    return BOHBSampler(search_space=space, n_min=3, seed=1)


def proposals(
    space: Callable[[BaseTrial], Any], sampler: BaseSampler, n: int
) -> tuple[optuna.Study, list[Any]]:
    """Tell each proposal a loss that prefers large networks."""
    study, configs = optuna.create_study(sampler=sampler), []
    for _ in range(n):
        trial = study.ask()
        configs.append(space(trial))
        study.tell(trial, -sum(v for v in trial.params.values() if isinstance(v, int | float)))
    return study, configs


@pytest.mark.parametrize("sampler", [dnc, published, bohb])
@pytest.mark.parametrize(("name", "ranges", "shape", "bounds"), FAMILIES)
def test_our_samplers_propose_only_networks_that_fit(
    name: str,
    ranges: dict[str, Any],
    shape: tuple[int, ...],
    bounds: dict[str, float],
    sampler: Callable[[CutSpace], BaseSampler],
) -> None:
    family = network_family(name, ranges)
    limits = Limits(family, shape, 10, bounds)
    space = limits.space(family.suggest_core)
    assert space is not None
    _, configs = proposals(space, sampler(space), 12)
    costs = [limits.costs(config) for config in configs]
    assert max(map(limits.excess, costs)) <= 0
    # They also reach near the limit.
    assert max(map(limits.excess, costs)) > math.log10(0.6)


def mlps(n_inputs: int, n_outputs: int, most: int, **ranges: Any) -> tuple[CutSpace, Any]:
    family = network_family("mlp", ranges)
    space = Limits(family, (n_inputs,), n_outputs, {"n_params": most}).space(family.suggest_core)
    assert space is not None
    return space, family


def test_a_range_ends_where_the_smallest_network_that_has_the_parameter_fits() -> None:
    space, family = mlps(64, 10, 5000)
    most = {
        name: d.high for name, d in space.distributions.items() if isinstance(d, IntDistribution)
    }
    for widths in ((most["width_0"],), (20, most["width_1"])):
        config = family.suggest_core(optuna.trial.FixedTrial({"n_layers": 0})).__class__(widths)
        larger = config.__class__((*widths[:-1], widths[-1] + 1))
        assert family.n_params(config, (64,), 10) <= 5000 < family.n_params(larger, (64,), 10)
    assert "n_layers" not in most


def test_a_hidden_layer_that_is_cheaper_than_none_is_found() -> None:
    space, _ = mlps(100, 100, 9000)
    assert space.smallest.widths
    low = space.distributions["n_layers"]
    assert isinstance(low, IntDistribution)
    assert (low.low, low.high) == (1, 2)


def test_choices_that_never_fit_are_left_out() -> None:
    family = network_family("cnn", {"n_layers": (1, 2), "kernel_size": (1, 3, 7)})
    space = Limits(family, (3, 8, 8), 2, {"n_params": 1000}).space(family.suggest_core)
    assert space is not None
    assert space.distributions["kernel_0"] == CategoricalDistribution((1, 3))


def test_other_samplers_get_fixed_ranges_until_too_many_proposals_were_rejected() -> None:
    space, _ = mlps(64, 10, 5000, n_layers=(2, 2))
    ranges = space.distributions["width_1"]
    study, _ = proposals(space, RandomSampler(seed=0), 5)
    assert {trial.distributions["width_1"] for trial in study.trials} == {ranges}
    for _ in range(PATIENCE):
        trial = study.ask()
        trial.set_user_attr("status", REJECTED)
        study.tell(trial, state=TrialState.PRUNED)
    trial = study.ask()
    space(trial)
    assert study.trials[-1].distributions["width_1"] != ranges
