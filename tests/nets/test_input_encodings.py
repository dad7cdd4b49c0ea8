"""Encodings of numeric inputs: bins, modules, counts and code."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch

from optuna_dnc import InputError
from optuna_dnc.data import load_dataset, prepare
from optuna_dnc.nets import MLPConfig, MLPFamily
from optuna_dnc.nets.encodings import PiecewiseLinear
from optuna_dnc.nets.numeric_columns import MOST_COLUMNS, bin_edges, numeric_columns
from optuna_dnc.runs.records import configuration_key
from optuna_dnc.space import CallbackTrial, highest_answer
from optuna_dnc.space.grid import grid
from optuna_dnc.testing import FamilyContract
from optuna_dnc.training import TrainingConfig, new_network

RNG = np.random.default_rng(0)


class TestEncodedMLPs(FamilyContract):
    family = MLPFamily(width=(2, 5), n_layers=(0, 1), numeric=(0, 2, 3), most_bins=(9, 3, 40))
    input_shape = (5,)


def test_bins_hold_about_as_many_values_each() -> None:
    values = RNG.normal(size=1000)
    counts, _ = np.histogram(values, bin_edges(values, 8))
    assert len(counts) == 8
    assert counts.max() - counts.min() <= 2


def test_a_frequent_value_leaves_the_other_bins_to_the_rest() -> None:
    values = np.where(np.arange(1000) < 900, 0, np.arange(1000))
    edges = bin_edges(values, 8)
    assert len(edges) == 9
    assert edges[1] > 0


@pytest.mark.parametrize("n_distinct", [1, 2, 5, 8, 9])
def test_edges_are_distinct_and_no_more_than_the_values(n_distinct: int) -> None:
    edges = bin_edges(np.arange(100) % n_distinct, 8)
    assert len(edges) == min(9, n_distinct)
    assert np.all(np.diff(edges) > 0)


def test_numeric_columns_have_more_than_a_few_values() -> None:
    x = np.column_stack([np.arange(90) % 4, np.arange(90) % 5, RNG.normal(size=90)])
    assert numeric_columns(x, 32) == {1: 4, 2: 32}


def test_wide_tables_are_not_encoded() -> None:
    assert len(numeric_columns(RNG.normal(size=(50, MOST_COLUMNS)), 8)) == MOST_COLUMNS
    assert numeric_columns(RNG.normal(size=(50, MOST_COLUMNS + 1)), 8) == {}


def test_the_value_of_a_bin_is_how_far_x_is_into_it() -> None:
    encoding = PiecewiseLinear([1, 3])
    encoding.fit_inputs(torch.tensor([[5.0, 0.0], [6.0, 1.0], [7.0, 3.0], [8.0, 4.0]]))
    x = torch.tensor([[7.0, 2.0], [-9.0, -1.0], [0.5, 5.0]])
    expected = [[7.0, 1.0, 0.5, 0.0], [-9.0, -1.0, 0.0, 0.0], [0.5, 1.0, 1.0, 2.0]]
    torch.testing.assert_close(encoding(x), torch.tensor(expected))


@pytest.mark.parametrize("n_distinct", [1, 2, 3])
def test_other_data_may_have_fewer_values_than_bins(n_distinct: int) -> None:
    encoding = PiecewiseLinear([4])
    values = (torch.arange(12.0) % n_distinct)[:, None]
    encoding.fit_inputs(values)
    encoded = encoding(values)
    assert encoded.shape == (12, 4)
    assert len(encoded.unique(dim=0)) == n_distinct


def test_new_networks_learn_the_bins_from_training_samples() -> None:
    x = RNG.normal(size=(200, 3))
    data = prepare(load_dataset((x, np.arange(200) % 2)))
    family = MLPFamily().suited_to(x)
    config = MLPConfig(encoding="piecewise", encoded=family.numeric, bins=(8, 8, 8))
    encoding = next(new_network(family, config, data, seed=0).children())
    assert isinstance(encoding, PiecewiseLinear)
    shares = encoding(data.train.x).clamp(0, 1).mean(dim=0).view(3, 8)
    assert torch.all(shares.diff(dim=1) < 0)  # each bin begins after the one before
    assert torch.all((shares[:, 0] > 0.9) & (shares[:, -1] < 0.1))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"encoding": "fourier", "encoded": (0,)}, "encoding"),
        ({"encoding": "periodic"}, "encoded must hold indices"),
        ({"encoded": (0,)}, "encoded must hold indices"),
        ({"encoding": "periodic", "encoded": (1, 0)}, "ascending"),
        ({"encoding": "periodic", "encoded": (-1,)}, "ascending"),
        ({"encoding": "periodic", "encoded": (0,), "bins": (3,)}, "bins must hold"),
        ({"encoding": "piecewise", "encoded": (0, 1), "bins": (3,)}, "bins must hold"),
        ({"encoding": "piecewise", "encoded": (0,), "bins": (0,)}, "bins must hold"),
    ],
)
def test_encodings_that_cannot_be_are_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        MLPConfig(**fields)


@pytest.mark.parametrize("shape", [(2,), (1, 4, 4)])
def test_samples_without_the_encoded_inputs_are_refused(shape: tuple[int, ...]) -> None:
    config = MLPConfig(encoding="periodic", encoded=(2,))
    with pytest.raises(InputError, match="encoded must be indices of inputs, got 2"):
        MLPFamily().build(config, shape, 3)


def test_networks_without_encoding_keep_the_key_that_seeds_them() -> None:
    training = TrainingConfig()
    plain = configuration_key("mlp", MLPConfig((4,)), training)
    assert plain == configuration_key("mlp", _OldConfig((4,)), training)
    encoded = MLPConfig((4,), encoding="periodic", encoded=(0,))
    assert configuration_key("mlp", encoded, training) != plain


@dataclass(frozen=True)
class _OldConfig:
    """Fields of a version without encodings."""

    widths: tuple[int, ...]
    activation: str = "relu"
    dropout: float = 0.0


def test_configs_of_versions_without_encodings_are_read() -> None:
    old = {"widths": [4], "activation": "relu", "dropout": 0.1}
    assert MLPFamily().config_from_dict(old) == MLPConfig((4,), "relu", 0.1)


def test_networks_with_different_encodings_have_different_descriptions() -> None:
    few, many = (
        MLPConfig((8,), encoding="piecewise", encoded=(0, 1), bins=(bins, 2)) for bins in (8, 32)
    )
    assert str(few) == "8 relu, dropout 0, 8-bin piecewise inputs"
    assert str(many) == "8 relu, dropout 0, 32-bin piecewise inputs"
    periodic = MLPConfig(encoding="periodic", encoded=(0,))
    assert str(periodic) == "no hidden layer, periodic inputs"


def test_narrower_networks_are_tried_with_encoded_inputs() -> None:
    family = MLPFamily(
        numeric=(0, 1),
        most_bins=(9, 9),
        encoding=("none", "piecewise-8"),
        encoded_width=(1.0, 0.25, 0.0),
    )
    points = grid(partial(family.refine, "encoding", MLPConfig((20, 3), "tanh", 0.1)))
    assert [(point.outcome.encoding, point.outcome.widths) for point in points] == [
        ("none", (20, 3)),
        ("piecewise", (20, 3)),
        ("piecewise", (5, 1)),
        ("piecewise", ()),
    ]
    assert len(grid(partial(family.refine, "encoding", MLPConfig()))) == 2


def test_joint_searches_take_the_widths_as_suggested() -> None:
    family = MLPFamily(numeric=(0,), most_bins=(9,), encoded_width=(1.0, 0.0))
    trial = CallbackTrial(highest_answer)
    assert family.suggest(trial).widths == (400, 400)
    assert "encoded_width" not in trial.params
