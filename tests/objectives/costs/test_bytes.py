"""Bytes of the saved weights, against numbers computed by hand and a file."""

from __future__ import annotations

from pathlib import Path

from optuna_dnc.nets import MLPConfig, ResNetConfig
from optuna_dnc.nets.registry import FAMILIES
from optuna_dnc.objectives import NetworkSpec, cost_measure
from optuna_dnc.testing import CostContract
from optuna_dnc.training import FitResult
from optuna_dnc.training.weights import save_weights


class TestBytes(CostContract):
    measure = cost_measure("bytes")


def n_bytes(network: NetworkSpec) -> float:
    return cost_measure("bytes").of(network, FitResult("classification"))


def test_a_parameter_has_four_bytes() -> None:
    network = NetworkSpec(FAMILIES["mlp"](), MLPConfig(widths=(4,)), (5,), 3)
    assert n_bytes(network) == 4 * ((5 + 1) * 4 + (4 + 1) * 3)


def test_it_is_the_file_without_its_header(tmp_path: Path) -> None:
    network = NetworkSpec(FAMILIES["resnet"](), ResNetConfig(blocks=(1, 1)), (3, 8, 8), 2)
    path = tmp_path / "model.safetensors"
    save_weights(path, network.module("cpu").state_dict())
    header = 8 + int.from_bytes(path.read_bytes()[:8], "little")
    assert n_bytes(network) == path.stat().st_size - header
