"""What a network is taken to be made of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
import torch
from optuna.trial import BaseTrial
from torch import nn

from optuna_dnc.nets import (
    CNNConfig,
    CNNFamily,
    MLPConfig,
    MLPFamily,
    NetworkFamily,
    ResNetConfig,
    ResNetFamily,
)
from optuna_dnc.nets.layers import (
    Layer,
    grouped,
    layers_of_module,
    layers_of_weights,
)
from optuna_dnc.report.figures.network import MOST_ROWS, drawn_layers, network
from optuna_dnc.runs import open_run
from tests.report.conftest import Search, classes

IMAGE = (3, 16, 16)


def cnn(n: int, shortcuts: tuple[int, ...] = ()) -> CNNConfig:
    return CNNConfig(
        channels=(8,) * n,
        kernel_sizes=(3,) * n,
        downsampling=("none", "pool", *["none"] * (n - 2)),
        batch_norm=(True,) * n,
        dropout=(0.1,) * n,
        shortcuts=shortcuts,
    )


@dataclass(frozen=True)
class Config:
    """Of a family of one's own."""

    width: int = 8


class Skipping(nn.Module):
    """A shortcut that only the outermost forward knows of."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Linear(4, width)
        self.second = nn.Linear(width, width)
        self.head = nn.Linear(width, 3)
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.first(x).relu()
        x = x + self.second(x) * self.scale
        outputs: torch.Tensor = self.head(x)
        return outputs


class Own(NetworkFamily):
    """A family of one's own."""

    name: ClassVar[str] = "own"
    config_type: ClassVar[type[Any]] = Config

    def suggest_core(self, trial: BaseTrial) -> Config:
        return Config(trial.suggest_int("width", 4, 8))

    def build(self, config: Config, input_shape: tuple[int, ...], n_outputs: int) -> nn.Module:
        return Skipping(config.width)


@pytest.mark.parametrize(
    ("family", "config", "shape"),
    [
        (MLPFamily(), MLPConfig((30, 20), "tanh", 0.2), (1, 8, 8)),
        (MLPFamily(), MLPConfig(()), (6,)),
        (CNNFamily(), cnn(9, (0, 4)), IMAGE),
        (ResNetFamily(), ResNetConfig((2, 1), channels=4, block="bottleneck"), IMAGE),
        (ResNetFamily(), ResNetConfig((1,), channels=4, regulariser="shake-shake"), IMAGE),
    ],
    ids=["mlp", "no-hidden-layer", "cnn", "resnet", "shake-shake"],
)
def test_no_parameter_is_lost(family: NetworkFamily, config: Any, shape: tuple[int, ...]) -> None:
    layers = layers_of_module(family, config, shape, 10)
    assert sum(layer.n_params for layer in layers) == family.n_params(config, shape, 10)
    assert layers[0].shape == shape
    assert layers[-1].shape == (10,)


def test_an_mlp_is_its_linear_layers() -> None:
    layers = layers_of_module(MLPFamily(), MLPConfig((30,), "tanh", 0.2), (1, 8, 8), 10)
    assert layers == [
        Layer("input", ("flatten",), (1, 8, 8)),
        Layer("linear", ("tanh", "dropout 0.2"), (30,), 1950),
        Layer("linear", (), (10,), 310),
    ]


def test_shortcuts_of_a_cnn_lead_to_the_layers_where_they_are_added() -> None:
    layers = layers_of_module(CNNFamily(), cnn(9, (0, 4)), IMAGE, 10)
    # Row 0 is the input, so that layer i is row i + 1.
    assert {i: layer.shortcuts for i, layer in enumerate(layers) if layer.shortcuts} == {
        3: (1,),
        7: (5,),
    }


def test_residual_blocks_are_one_layer_each_and_equal_ones_one_row() -> None:
    config = ResNetConfig((3, 1), channels=4, shortcut="pool")
    rows = grouped(layers_of_module(ResNetFamily(), config, IMAGE, 10))
    blocks = [row for row in rows if row.name == "residual block"]
    assert [row.times for row in blocks] == [3, 1]
    assert blocks[0].details == ("2 conv 3×3", "shortcut")
    assert not any(row.shortcuts for row in rows)


def test_a_network_of_ones_own_is_read_as_it_runs() -> None:
    layers = layers_of_module(Own(), Config(8), (4,), 3)
    assert [layer.name for layer in layers] == [
        "input", "linear", "linear", "linear", "other weights",
    ]  # fmt: skip
    assert layers[1].details == ("relu",)
    assert layers[2].shortcuts == (1,)


def test_weights_alone_tell_of_layers_and_parameters() -> None:
    network = nn.Sequential(nn.Conv2d(3, 8, 5), nn.BatchNorm2d(8), nn.Flatten(), nn.Linear(8, 2))
    layers = layers_of_weights(dict(reversed(network.state_dict().items())))
    assert [(layer.name, layer.shape) for layer in layers] == [
        ("conv 5×5", ()),
        ("linear", (2,)),
    ]
    assert sum(x.n_params for x in layers) == sum(p.numel() for p in network.parameters())


def test_layers_with_a_shortcut_are_not_joined_to_others() -> None:
    equal = Layer("conv 3×3", shape=(8, 4, 4), n_params=10)
    rows = grouped([equal, equal, equal, Layer("conv 3×3", (), (8, 4, 4), 10, shortcuts=(1,))])
    assert [row.times for row in rows] == [1, 1, 1, 1]
    assert rows[3].shortcuts == (1,)


def test_of_a_deep_network_the_middle_is_left_out_and_counted() -> None:
    layers = [Layer(f"linear {i}", shape=(i,), n_params=10) for i in range(100)]
    figure = drawn_layers(layers, 1000)
    texts = [note.text for note in figure.layout.annotations]
    assert sum("linear" in text for text in texts) == MOST_ROWS
    assert f"… {100 - MOST_ROWS} more layers, {10 * (100 - MOST_ROWS)} parameters" in texts


def test_the_network_of_a_search_that_has_not_ended_has_the_sizes_of_its_data(
    run_search: Search,
) -> None:
    space = {"n_layers": (2, 2), "channels": (4, 6)}
    folder = run_search(
        classes((3, 8, 8), n=60), name="images", stop_after=1, network="cnn", space=space
    )
    assert not (folder / "config.json").exists()
    figure = network(open_run(folder))
    assert figure is not None
    texts = [note.text for note in figure.layout.annotations]
    assert any("3 × 8 × 8" in text for text in texts)
    assert any(re.search(r"output \d × 4 × 4", text) for text in texts)
