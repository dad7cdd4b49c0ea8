"""Ensembles of equal networks."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from optuna_dnc._errors import InputError
from optuna_dnc.nets import MLPConfig, MLPFamily, ResNetFamily
from optuna_dnc.nets.stacking import NetworkStack

FAMILY = MLPFamily()
SINGLE = MLPConfig((6,), "tanh", n_codes=(4,))
ENSEMBLE = replace(SINGLE, members=3)
SHAPE, N_OUTPUTS = (5,), 3


def test_outputs_are_the_mean_of_those_of_its_networks() -> None:
    network = FAMILY.build(ENSEMBLE, SHAPE, N_OUTPUTS).eval()
    x = torch.randint(0, 4, (7, *SHAPE)).float()
    outputs = torch.stack([member(x) for member in network.members])
    assert outputs.std(0).min() > 0
    torch.testing.assert_close(network(x), outputs.mean(0))


@pytest.mark.parametrize("config", [SINGLE, replace(SINGLE, n_codes=())])
def test_all_its_networks_count(config: MLPConfig) -> None:
    ensemble = replace(config, members=3)
    for count in (FAMILY.n_params, FAMILY.n_macs, FAMILY.n_bytes):
        one, three = (count(each, SHAPE, N_OUTPUTS) for each in (config, ensemble))
        assert three == (None if one is None else 3 * one)
    built = FAMILY.build(ensemble, SHAPE, N_OUTPUTS)
    assert sum(p.numel() for p in built.parameters()) == FAMILY.n_params(
        ensemble, SHAPE, N_OUTPUTS
    )


def test_it_is_described_by_its_size_and_its_networks() -> None:
    assert str(ENSEMBLE) == f"3 of {SINGLE}"
    assert FAMILY.describe(ENSEMBLE).startswith("An ensemble: the mean of the outputs of 3")
    assert FAMILY.describe(ENSEMBLE).endswith(FAMILY.describe(SINGLE))


def test_a_stack_trains_each_network_of_each_ensemble() -> None:
    ensembles = [FAMILY.build(ENSEMBLE, SHAPE, N_OUTPUTS).eval() for _ in range(2)]
    stack = NetworkStack(ensembles)
    x = torch.randint(0, 4, (6, 7, *SHAPE)).float()
    members = [member for ensemble in ensembles for member in ensemble.members]
    expected = torch.stack([member(own) for member, own in zip(members, x, strict=True)])
    torch.testing.assert_close(stack(x.flatten(0, 1)), expected.flatten(0, 1))


@pytest.mark.parametrize("members", [0, 101, 2.0])
def test_numbers_of_networks_are_checked(members: int) -> None:
    with pytest.raises(InputError, match="members must be"):
        replace(SINGLE, members=members)


def test_families_without_ensembles_refuse_them() -> None:
    family = ResNetFamily()
    config = family.largest()
    assert family.with_members(config, 1) == config
    with pytest.raises(InputError, match="has no ensembles"):
        family.with_members(config, 2)
