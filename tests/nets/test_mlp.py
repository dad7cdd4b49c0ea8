"""MLPs: parameters, structure, initial weights."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import nn

from optuna_dnc.nets import MLPConfig, MLPFamily, build, mlp
from optuna_dnc.nets.blocks import Dropout
from optuna_dnc.space import CallbackTrial


@pytest.mark.parametrize(("widths", "expected"), [((390, 392), 463_352), ((), 7_850)])
def test_parameter_counts_are_the_published_ones(widths: tuple[int, ...], expected: int) -> None:
    config = MLPConfig(widths)
    assert mlp.n_params(config, (784,), 10) == expected
    built = sum(p.numel() for p in mlp.build(config, (784,), 10).parameters())
    assert built == expected


def test_the_count_for_images_uses_every_dimension() -> None:
    # The original counts one image dimension only.
    assert mlp.n_params(MLPConfig(), (3, 32, 16), 10) == (3 * 32 * 16 + 1) * 10


def test_images_are_flattened() -> None:
    network = mlp.build(MLPConfig((7,)), (3, 4, 5), 2)
    images = torch.randn(6, 3, 4, 5)
    flat = mlp.build(MLPConfig((7,)), (60,), 2)
    flat.load_state_dict({f"{int(k[0]) - 1}{k[1:]}": v for k, v in network.state_dict().items()})
    torch.testing.assert_close(network(images), flat(images.reshape(6, 60)))


def test_images_in_channels_last_format_give_the_same_answer() -> None:
    network = mlp.build(MLPConfig((7,)), (3, 4, 5), 2)
    images = torch.randn(6, 3, 4, 5)
    torch.testing.assert_close(
        network(images.contiguous(memory_format=torch.channels_last)), network(images)
    )


def test_a_hidden_layer_is_linear_then_activation_then_dropout() -> None:
    network = mlp.build(MLPConfig((5, 4), "tanh", 0.3), (8,), 2)
    assert [type(layer) for layer in network] == [
        *(nn.Linear, nn.Tanh, Dropout),
        *(nn.Linear, nn.Tanh, Dropout),
        nn.Linear,
    ]
    assert network[2].p == 0.3


def test_dropout_drops_in_training_and_never_in_evaluation() -> None:
    # The original's MLPs drop at evaluation too.
    network = mlp.build(MLPConfig((200,), dropout=0.5), (8,), 3)
    x = torch.randn(4, 8)
    assert not torch.equal(network(x), network(x))
    network.eval()
    torch.testing.assert_close(network(x), network(x), rtol=0, atol=0)


def test_initial_weights_are_he_normal_and_biases_zero() -> None:
    torch.manual_seed(0)
    layer = mlp.build(MLPConfig((400,)), (500,), 3)[0]
    assert layer.weight.std().item() == pytest.approx(math.sqrt(2 / 500), rel=0.02)
    assert layer.weight.mean().item() == pytest.approx(0, abs=1e-3)
    # A uniform distribution of the same spread ends at 1.73 standard deviations.
    assert layer.weight.abs().max() > 3 * layer.weight.std()
    assert not layer.bias.any()


@pytest.mark.parametrize("option", [{"activation": "sigmoid"}, {"dropout": 0.5}])
def test_networks_without_hidden_layers_are_equal_whatever_the_options(
    option: dict[str, Any],
) -> None:
    assert MLPConfig((), **option) == MLPConfig()
    assert hash(MLPConfig((), **option)) == hash(MLPConfig())


def test_a_network_without_hidden_layers_has_nothing_to_refine() -> None:
    def refuse(name, distribution):
        raise AssertionError(f"{name} was asked")

    family = MLPFamily()
    for refinement in family.refinements:
        assert family.refine(refinement, MLPConfig(), CallbackTrial(refuse)) == MLPConfig()


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"widths": (3, 0)}, r"widths .*at least 1.*\(3, 0\)"),
        ({"widths": (3,), "activation": "rleu"}, "activation 'rleu'.*'relu'"),
        ({"widths": (3,), "dropout": 1.0}, "dropout .*below 1.*1.0"),
        ({"widths": (3,), "dropout": math.nan}, "dropout .*nan"),
    ],
)
def test_a_config_that_is_wrong_is_refused_in_one_line(
    values: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ValueError, match=reason) as caught:
        MLPConfig(**values)
    assert "\n" not in str(caught.value)


def test_build_finds_the_family_by_the_config() -> None:
    assert build(MLPConfig((4,)), (8,), 2)[0].out_features == 4
