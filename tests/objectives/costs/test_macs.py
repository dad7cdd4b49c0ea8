"""Multiply-accumulates, against numbers computed by hand."""

from __future__ import annotations

from typing import Any

import pytest
from torch import nn

from optuna_dnc.nets import CNNConfig, MLPConfig, ResNetConfig
from optuna_dnc.nets.registry import FAMILIES
from optuna_dnc.objectives import NetworkSpec, cost_measure
from optuna_dnc.testing import CostContract
from optuna_dnc.training import FitResult


class TestMACs(CostContract):
    measure = cost_measure("macs")


class Given:
    """A family of one network."""

    def __init__(self, *layers: nn.Module) -> None:
        self.layers = layers

    def build(self, config: Any, input_shape: tuple[int, ...], n_outputs: int) -> nn.Module:
        return nn.Sequential(*self.layers).to("meta")


def macs(family: Any, config: Any, input_shape: tuple[int, ...], n_outputs: int) -> float:
    network = NetworkSpec(family, config, input_shape, n_outputs)
    return cost_measure("macs").of(network, FitResult("classification"))


def test_linear_layers_multiply_each_input_with_each_output() -> None:
    config = MLPConfig(widths=(4, 6), dropout=0.1)
    assert macs(FAMILIES["mlp"](), config, (5,), 3) == 5 * 4 + 4 * 6 + 6 * 3


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (nn.Conv2d(4, 8, 3), 9 * 4 * 8 * 6 * 6),
        (nn.Conv2d(4, 8, 3, padding=1), 9 * 4 * 8 * 8 * 8),
        (nn.Conv2d(4, 8, 3, padding=1, stride=2), 9 * 4 * 8 * 4 * 4),
        (nn.Conv2d(4, 8, 3, padding=1, groups=2), 9 * 2 * 8 * 8 * 8),
        (nn.Conv2d(4, 4, (1, 5), groups=4, bias=False), 5 * 4 * 8 * 4),
        (nn.Conv2d(4, 8, 3, padding=2, dilation=2), 9 * 4 * 8 * 8 * 8),
    ],
)
def test_convolutions_multiply_their_kernel_at_each_output(
    layer: nn.Module, expected: int
) -> None:
    assert macs(Given(layer), None, (4, 8, 8), 0) == expected


def test_normalization_activations_and_pooling_are_free() -> None:
    layers = (nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.5), nn.MaxPool2d(2), nn.Flatten())
    assert macs(Given(*layers), None, (4, 8, 8), 0) == 0


CONVOLUTION = 9 * 3 * 4 * 64
BRANCHES = 2 * 9 * 4 * 4 * 64 + (9 * 4 * 8 + 9 * 8 * 8) * 16
"""Of a block of four channels on 8 x 8 pixels, and one of eight on 4 x 4."""
PROJECTION = 4 * 8 * 16
HEAD = 8 * 2


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, CONVOLUTION + BRANCHES + PROJECTION + HEAD),
        ({"shortcut": "pool"}, CONVOLUTION + BRANCHES + HEAD),
        ({"regulariser": "shake-shake"}, CONVOLUTION + 2 * BRANCHES + PROJECTION + HEAD),
    ],
)
def test_residual_networks_count_their_branches_and_projections(
    changes: dict[str, Any], expected: int
) -> None:
    config = ResNetConfig(blocks=(1, 1), channels=4, **changes)
    assert macs(FAMILIES["resnet"](), config, (3, 8, 8), 2) == expected


def test_shortcuts_that_add_are_free() -> None:
    plain, shortcut = (
        CNNConfig((4,) * 3, (3,) * 3, ("none",) * 3, (True,) * 3, (0.0,) * 3, shortcuts=at)
        for at in ((), (0,))
    )
    expected = 9 * (3 * 4 + 4 * 4 + 4 * 4) * 64 + 4 * 2
    assert macs(FAMILIES["cnn"](), plain, (3, 8, 8), 2) == expected
    assert macs(FAMILIES["cnn"](), shortcut, (3, 8, 8), 2) == expected
