"""What a family of the user's own gets for free."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import nn

from optuna_dnc._errors import InputError
from optuna_dnc.nets import CNNFamily, MLPFamily, NetworkFamily
from optuna_dnc.nets.configs import config_from_dict
from optuna_dnc.nets.registry import family_of_result
from optuna_dnc.space import CallbackTrial, highest_answer


@dataclass(frozen=True)
class BottleneckConfig:
    rank: int


class Bottleneck(NetworkFamily):
    name = "bottleneck"
    config_type = BottleneckConfig
    rank: tuple[int, int] = (1, 4)

    def suggest_core(self, trial):
        return BottleneckConfig(trial.suggest_int("rank", *self.rank))

    def build(self, config, input_shape, n_outputs):
        return nn.Sequential(
            nn.Linear(input_shape[0], config.rank, bias=False),
            nn.BatchNorm1d(config.rank),
            nn.Linear(config.rank, n_outputs),
        )


def test_parameters_are_counted_without_drawing_any() -> None:
    state = torch.get_rng_state()
    assert Bottleneck().n_params(BottleneckConfig(3), (10,), 2) == 30 + 6 + 8
    assert torch.equal(torch.get_rng_state(), state)


def test_only_what_is_trained_is_counted() -> None:
    class Frozen(Bottleneck):
        def build(self, config, input_shape, n_outputs):
            module = super().build(config, input_shape, n_outputs)
            module[0].requires_grad_(False)
            return module

    assert Frozen().n_params(BottleneckConfig(3), (10,), 2) == 6 + 8


def test_its_results_are_not_read_as_those_of_a_built_in_family() -> None:
    with pytest.raises(InputError, match=r"'bottleneck' is not a registered .* family="):
        family_of_result("bottleneck", {})
    assert family_of_result("mlp", {"width": (1, 2)}) == MLPFamily(width=(1, 2))


def test_its_largest_network_is_found() -> None:
    assert Bottleneck(rank=(2, 9)).largest() == BottleneckConfig(9)


def test_without_refinements_the_whole_network_is_the_core() -> None:
    assert Bottleneck().suggest(CallbackTrial(highest_answer)) == BottleneckConfig(4)
    with pytest.raises(InputError, match="'bottleneck' has no refinement 'dropout'"):
        Bottleneck().refine("dropout", BottleneckConfig(1), CallbackTrial(highest_answer))


def test_it_takes_any_input_and_no_weight_decay_unless_it_says_otherwise() -> None:
    Bottleneck().check_input((1, 2, 3))
    assert Bottleneck().default_weight_decay(10**9) == 0


def test_its_wrong_ranges_are_refused_in_one_line() -> None:
    with pytest.raises(InputError, match=r"'rnk' is unknown.*'rank'"):
        Bottleneck(rnk=(1, 2))  # type: ignore[call-arg]


def test_a_field_too_many_in_json_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(InputError, match=r"MLPConfig field 'width' .*Did you mean 'widths'"):
        MLPFamily().config_from_dict({"width": [3]})


def test_a_field_too_few_in_json_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="CNNConfig needs the field 'channels'"):
        CNNFamily().config_from_dict({})
    assert config_from_dict(BottleneckConfig, {"rank": 2}) == BottleneckConfig(2)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("widths", "abc"),
        ("widths", 5),
        ("widths", [3.5]),
        ("widths", [True]),
        ("widths", [[3]]),
        ("activation", []),
        ("activation", 3),
        ("dropout", "0.2"),
        ("dropout", None),
    ],
)
def test_a_field_of_another_type_is_refused_by_name(
    field: str, value: int | list[Any] | str | None
) -> None:
    with pytest.raises(InputError, match=f"MLPConfig field '{field}'"):
        MLPFamily().config_from_dict({"widths": [3], field: value})


def test_types_that_pydantic_does_not_know_are_left_to_the_family() -> None:
    @dataclass(frozen=True)
    class Config:
        layer: NoSuchType  # type: ignore[name-defined]  # noqa: F821

    assert config_from_dict(Config, {"layer": 3}).layer == 3
