"""Residual networks: published parameter counts, and what no config may say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from optuna_dnc._errors import InputError
from optuna_dnc.nets import ResNetConfig, ResNetFamily, network_family, resnet
from optuna_dnc.nets.resnet_config import block_shapes

CIFAR = (3, 32, 32)


def wide(depth, widening, **changes):
    """WRN-depth-widening of arXiv 1605.07146."""
    return ResNetConfig(((depth - 4) // 6,) * 3, widening=widening, **changes)


PUBLISHED = [
    (wide(28, 10), 36.5),
    (wide(16, 8), 11.0),
    (wide(40, 1), 0.6),
    (wide(22, 8), 17.2),
    (wide(40, 2), 2.2),
    (wide(40, 4), 8.9),
    # Pre-activation ResNet-110 and ResNet-164 of arXiv 1603.05027.
    (ResNetConfig((18,) * 3), 1.7),
    (ResNetConfig((18,) * 3, block="bottleneck"), 1.7),
    # Shake-shake 26 2x32d and 2x96d of arXiv 1705.07485.
    (ResNetConfig((4,) * 3, widening=2, regulariser="shake-shake"), 2.9),
    (ResNetConfig((4,) * 3, widening=6, regulariser="shake-shake"), 26.2),
]


@pytest.mark.parametrize(("config", "millions"), PUBLISHED, ids=str)
def test_parameter_counts_are_the_published_ones(config: ResNetConfig, millions: float) -> None:
    count = resnet.n_params(config, CIFAR, 10)
    assert round(count / 1e6, 1) == millions
    assert ResNetFamily().n_params(config, CIFAR, 10) == count


@pytest.mark.parametrize(
    "config",
    [
        wide(16, 2),
        wide(10, 1, shortcut="pool"),
        ResNetConfig((1, 2), block="bottleneck", regulariser="shake-shake", channels=7),
        ResNetConfig((2, 1, 1, 1), block="bottleneck", shortcut="pool", dropout=0.2),
    ],
    ids=str,
)
def test_the_count_is_that_of_the_network(config: ResNetConfig) -> None:
    built = sum(p.numel() for p in resnet.build(config, (1, 8, 8), 10).parameters())
    assert resnet.n_params(config, (1, 8, 8), 10) == built


def test_stages_double_the_channels_and_halve_the_image() -> None:
    shapes = block_shapes(ResNetConfig((2, 1, 2), widening=3, channels=8))
    assert [tuple(shape) for shape in shapes] == [
        (8, 24, 24, 1),
        (24, 24, 24, 1),
        (24, 48, 48, 2),
        (48, 96, 96, 2),
        (96, 96, 96, 1),
    ]
    assert [shape.keeps_shape for shape in shapes] == [False, True, False, False, True]
    assert [shape.n_out for shape in block_shapes(ResNetConfig((1, 1), block="bottleneck"))] == [
        64,
        128,
    ]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"blocks": ()}, "blocks must name one to 4 stages"),
        ({"blocks": (1,) * 5}, "blocks must name one to 4 stages"),
        ({"blocks": (2, 0)}, "blocks must be whole numbers of at least 1"),
        ({"blocks": (1.5,)}, "blocks must be whole numbers of at least 1"),
        ({"widening": 0}, "widening must be whole numbers of at least 1"),
        ({"channels": 1.5}, "channels must be whole numbers of at least 1"),
        ({"block": "botleneck"}, "block 'botleneck' .*Did you mean 'bottleneck'"),
        ({"shortcut": "none"}, "shortcut 'none' .*pool, projection"),
        ({"regulariser": "shake_drop"}, "regulariser 'shake_drop' .*Did you mean 'shake-drop'"),
        ({"dropout": 1.0}, "dropout must be at least 0 and below 1, got 1.0"),
        ({"death_rate": 1.1}, "death_rate must be from 0 to 1, got 1.1"),
    ],
)
def test_a_config_that_is_wrong_is_refused_in_one_line(
    changes: dict[str, Any], reason: str
) -> None:
    with pytest.raises(InputError, match=reason) as caught:
        ResNetConfig(**changes)
    assert "\n" not in str(caught.value)


def test_equal_networks_have_equal_configs() -> None:
    assert ResNetConfig(death_rate=0.2) == ResNetConfig(death_rate=0.7)
    assert ResNetConfig(regulariser="shake-drop", death_rate=0.0) == ResNetConfig()
    dropping = ResNetConfig(regulariser="shake-drop")
    assert dropping.death_rate == 0.5
    assert dropping != replace(dropping, death_rate=0.4)


def test_a_config_says_what_it_is_in_one_line() -> None:
    assert str(wide(28, 10)) == "4-4-4 basic, width 10"
    everything = ResNetConfig(
        (1, 2),
        channels=8,
        block="bottleneck",
        shortcut="pool",
        dropout=0.25,
        regulariser="shake-drop",
    )
    assert str(everything) == (
        "1-2 bottleneck, width 1, 8 channels, pool shortcuts, drop 0.25, shake-drop 0.5"
    )


@pytest.mark.parametrize(
    "call",
    [
        lambda: resnet.build(ResNetConfig(), (64,), 10),
        lambda: ResNetFamily().check_input((64,)),
    ],
)
def test_flat_samples_are_refused_and_pointed_to_the_mlp(call: Callable[..., Any]) -> None:
    with pytest.raises(InputError, match=r"'resnet' needs images .*\(64,\).*'mlp'"):
        call()


def test_the_family_is_found_by_its_name_and_takes_any_image() -> None:
    family = network_family("resnet", {"blocks": (1, 2)})
    assert isinstance(family, ResNetFamily)
    family.check_input((1, 1, 1))


def test_weight_decay_starts_at_a_million_parameters() -> None:
    assert ResNetFamily().default_weight_decay(999_999) == 0
    assert ResNetFamily().default_weight_decay(36_500_000) == pytest.approx(3.65e-4)
