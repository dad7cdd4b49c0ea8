"""Ranges that follow the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest
from optuna.distributions import BaseDistribution
from torch import nn

from optuna_dnc import InputError
from optuna_dnc.nets import CNNFamily, MLPFamily, NetworkFamily, ResNetFamily
from optuna_dnc.space import CallbackTrial, highest_answer, lowest_answer


def images(n: int, *shape: int) -> np.ndarray:
    return np.zeros((n, *shape), dtype=np.uint8)


def from_narrow_to_wide(name: str, distribution: BaseDistribution) -> Any:
    return (lowest_answer if name == "channels" else highest_answer)(name, distribution)


@pytest.mark.parametrize(
    ("side", "n_halvings"),
    [(2, 0), (4, 0), (7, 0), (8, 1), (15, 1), (16, 2), (28, 2), (32, 3), (224, 5)],
)
def test_images_are_halved_as_often_as_they_can_be(side: int, n_halvings: int) -> None:
    family = CNNFamily().suited_to(images(3_000, 1, side, side + 4))
    assert family.n_layers == (2, 2 + 2 * n_halvings)
    growing = family.suggest_core(CallbackTrial(from_narrow_to_wide))
    assert sum(kind != "none" for kind in growing.downsampling) == n_halvings
    family.check_input((1, side, side + 4))
    for config in (growing, family.largest()):
        assert family.n_macs(config, (1, side, side + 4), 3) > 0


@pytest.mark.parametrize(
    ("n_train", "widest"), [(10, 16), (1_999, 16), (2_000, 32), (19_999, 32), (20_000, 64)]
)
def test_few_images_have_narrow_networks(n_train: int, widest: int) -> None:
    family = CNNFamily().suited_to(images(n_train, 1, 8, 8))
    assert family.channels == (8, widest)
    assert family.max_channels == max(family.largest().channels[-1], 8 * widest)


def test_ranges_that_are_given_stay() -> None:
    given = {"n_layers": (3, 4), "channels": (6, 12), "activation": "tanh"}
    family = CNNFamily(**given).suited_to(images(30_000, 1, 16, 16))
    assert (family.n_layers, family.channels) == ((3, 4), (6, 12))
    assert family.activation == ("tanh",)
    assert family.max_channels == 8 * 12
    assert family.n_halvings == 2


def test_halvings_above_given_channels_stay() -> None:
    family = CNNFamily(downsample_above=(12, 24)).suited_to(images(3_000, 1, 16, 16))
    assert (family.downsample_above, family.n_halvings) == ((12, 24), None)


def test_small_images_cannot_be_halved_so_often() -> None:
    deep = CNNFamily(n_layers=(4, 4), n_halvings=3)
    deep.check_input((1, 8, 9))
    with pytest.raises(InputError, match=r"n_halvings must be at most 2 for images of 7 x 9, got"):
        deep.check_input((1, 7, 9))
    # Not before the first layer.
    CNNFamily(n_layers=(3, 3), n_halvings=3).check_input((1, 7, 9))


def test_the_first_layer_sees_the_whole_image() -> None:
    family = CNNFamily().suited_to(images(3_000, 1, 32, 32))
    growing = family.suggest_core(CallbackTrial(from_narrow_to_wide))
    for config in (growing, family.largest()):
        assert config.downsampling[:2] == ("none", "pool")


def test_a_family_without_ranges_for_data_stays() -> None:
    family = ResNetFamily(channels=8)
    assert family.suited_to(images(100, 1, 32, 32)) == family


def test_a_cnn_suits_no_vectors() -> None:
    with pytest.raises(InputError, match=r"'cnn' needs images"):
        CNNFamily().suited_to(np.zeros((10, 4), dtype=np.float32))


def test_widths_of_mlps_are_searched_in_the_logarithm() -> None:
    family = MLPFamily().suited_to(images(100, 1, 8, 8))
    assert (family.width, family.log_width) == ((4, 400), True)
    given = MLPFamily(width=(20, 30), log_width=False).suited_to(images(100, 1, 8, 8))
    assert (given.width, given.log_width) == ((20, 30), False)


@dataclass(frozen=True)
class WidthConfig:
    width: int


class ByData(NetworkFamily):
    """A family from outside whose networks may be as wide as there are samples."""

    name: ClassVar[str] = "by-data"
    config_type: ClassVar[type[Any]] = WidthConfig
    most: int = 5
    least: int = 1

    def suggest_core(self, trial: Any) -> WidthConfig:
        return WidthConfig(trial.suggest_int("width", self.least, self.most))

    def build(self, config: Any, input_shape: tuple[int, ...], n_outputs: int) -> nn.Module:
        return nn.Sequential(nn.Linear(input_shape[0], config.width), nn.Linear(config.width, 1))

    def ranges_for(self, n_train: int, input_shape: tuple[int, ...]) -> dict[str, Any]:
        return {"most": n_train, "least": input_shape[0]}


def test_a_family_of_ones_own_can_follow_the_data() -> None:
    x = np.zeros((40, 3), dtype=np.float32)
    assert ByData().suited_to(x) == ByData(most=40, least=3)
    assert ByData(most=9).suited_to(x) == ByData(most=9, least=3)
