"""What single kernel terms say about configurations that differ in kind."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from optuna_dnc import InputError
from optuna_dnc.gp import (
    GrowthRamp,
    KernelTerm,
    LayerRamp,
    Mixture,
    Ramp,
    TotalRamp,
    default_terms,
    ramp_kernel,
)
from optuna_dnc.space import SearchSpace

FAR = math.exp(-4.5)
SPACE = SearchSpace(
    {
        "optimizer": CategoricalDistribution(["adam", "sgd", "lamb"]),
        "weight_decay": FloatDistribution(1e-6, 1e-3, log=True),
        "width_0": IntDistribution(20, 400),
        "width_1": IntDistribution(20, 400),
    }
)
CNN = SearchSpace(
    {
        "n_layers": IntDistribution(1, 6),
        "channels": IntDistribution(16, 64),
        **{f"growth_{i}": FloatDistribution(1, 2) for i in range(1, 6)},
    }
)


def similarity(term, a, b, space=SPACE):
    return term.matrix(space.encode([a]), space.encode([b]), space, 3.0).item()


def test_choices_are_equal_or_omega_apart() -> None:
    term = Ramp("optimizer")
    assert similarity(term, {"optimizer": "sgd"}, {"optimizer": "sgd"}) == 1
    assert similarity(term, {"optimizer": "adam"}, {"optimizer": "sgd"}) == pytest.approx(FAR)
    assert similarity(term, {"optimizer": "adam"}, {"optimizer": "lamb"}) == pytest.approx(FAR)


def test_inactive_on_one_side_is_omega_apart_and_on_both_is_equal() -> None:
    assert similarity(Ramp("width_0"), {"width_0": 20}, {}) == pytest.approx(FAR)
    assert similarity(Ramp("width_0"), {}, {}) == 1


def test_weight_decay_below_its_lowest_decade_counts_as_zero() -> None:
    term = Ramp("weight_decay", zero_below=1e-5)
    assert similarity(term, {"weight_decay": 0}, {"weight_decay": 9e-6}) == 1
    exact = ramp_kernel(-6, -5, -6, -3)
    assert similarity(term, {"weight_decay": 2e-6}, {"weight_decay": 1e-5}) == pytest.approx(exact)


def test_networks_without_layers_are_alike() -> None:
    assert similarity(LayerRamp("width"), {}, {}) == 1
    assert similarity(TotalRamp("width"), {}, {}) == 1


def test_a_layer_that_one_network_has_counts_in_the_mean_of_the_longer() -> None:
    a, b = {"width_0": 100}, {"width_0": 100, "width_1": 300}
    assert similarity(LayerRamp("width"), a, b) == pytest.approx((1 + FAR) / 2)


@pytest.mark.parametrize(
    "term", [LayerRamp("width"), TotalRamp("width"), Ramp("width_1")], ids=str
)
def test_values_that_many_networks_share_are_compared_as_if_each_were_alone(
    term: KernelTerm,
) -> None:
    rng = np.random.default_rng(0)
    sizes = rng.choice([20, 50, 400], (30, 2)).tolist()
    networks = [{"width_0": a, "width_1": b} for a, b in sizes]
    networks[::5] = [{}, {"width_0": 50}, {}, {"width_0": 20}, {"width_1": 20}, {}]
    matrix = term.matrix(SPACE.encode(networks[:20]), SPACE.encode(networks), SPACE, 3.0)
    alone = [[similarity(term, a, b) for b in networks] for a in networks[:20]]
    np.testing.assert_array_equal(matrix, alone)


def test_a_list_may_have_no_members_yet() -> None:
    assert similarity(LayerRamp("kernel"), {"width_0": 20}, {}) == 1
    assert similarity(TotalRamp("kernel"), {"width_0": 20}, {}) == 1


def channels_by_hand(config):
    channels = [config["channels"]]
    for i in range(1, config["n_layers"]):
        channels.append(int(min(128, math.floor(channels[-1] * config[f"growth_{i}"] + 0.5))))
    return channels


def test_growth_ramp_is_the_layer_formula_on_channels() -> None:
    rng = np.random.default_rng(1)
    x = CNN.sample(rng.random((30, len(CNN.names))))
    term = GrowthRamp(maximum=128)
    matrix, found = term.matrix(x, x, CNN, 3.0), term.channels(x, CNN)
    networks = [channels_by_hand(CNN.decode(row)) for row in x]
    for row, channels in zip(found, networks, strict=True):
        assert row[~np.isnan(row)].tolist() == channels
    for i, a in enumerate(networks):
        for j, b in enumerate(networks):
            total: Any = FAR * abs(len(a) - len(b))
            for layer, (c1, c2) in enumerate(zip(a, b, strict=False)):
                low, high = 16, min(64 * 2**layer, 128)
                total += ramp_kernel(c1, c2, low, high, root=min(layer + 1, 4))
            assert matrix[i, j] == pytest.approx(total / max(len(a), len(b)), rel=1e-12)


def test_growth_ramp_works_with_a_fixed_number_of_layers_and_channels() -> None:
    space = SearchSpace(
        {
            "n_layers": IntDistribution(2, 2),
            "channels": IntDistribution(16, 16),
            "growth_1": FloatDistribution(1, 2),
        }
    )
    fixed = {"n_layers": 2, "channels": 16}
    found = similarity(GrowthRamp(), fixed | {"growth_1": 1.0}, fixed | {"growth_1": 2.0}, space)
    assert found == pytest.approx((1 + FAR) / 2)


def test_default_terms_cover_what_is_left_and_skip_what_cannot_vary() -> None:
    space = SearchSpace({**SPACE.distributions, "fixed": IntDistribution(1, 1)})
    given = TotalRamp("width")
    assert default_terms(space, [given]) == (given, Ramp("optimizer"), Ramp("weight_decay"))


def test_a_term_for_a_parameter_that_is_not_there_is_an_error() -> None:
    with pytest.raises(InputError, match="weight_decay"):
        default_terms(SPACE, [Ramp("weight_decey")])
    with pytest.raises(InputError, match="channels"):
        default_terms(SPACE, [GrowthRamp()])


def test_weights_are_normalised() -> None:
    terms = [Ramp("width_0"), Ramp("width_1")]
    a, b = {"width_0": 20, "width_1": 20}, {"width_0": 400, "width_1": 20}
    x1, x2 = SPACE.encode([a]), SPACE.encode([b])
    found = Mixture(terms=terms, weights=[3, 1]).matrix(x1, x2, SPACE)
    assert found.item() == pytest.approx(0.75 * FAR + 0.25)


@pytest.mark.parametrize("weights", [[1], [1, -1], [0, 0], [1, math.nan]])
def test_bad_weights_are_refused(weights: list[Any]) -> None:
    with pytest.raises(InputError, match="weights"):
        Mixture(terms=[Ramp("width_0"), Ramp("width_1")], weights=weights)
