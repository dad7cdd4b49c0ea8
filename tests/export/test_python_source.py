"""The code that is written for a network: it is formatted, and it is that network."""

from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from optuna_dnc.export.literals import assignment
from optuna_dnc.export.python_format import handed_over
from optuna_dnc.nets import (
    CNNConfig,
    CNNFamily,
    MLPConfig,
    MLPFamily,
    NetworkFamily,
    NetworkSource,
    ResNetConfig,
    ResNetFamily,
    build,
)
from optuna_dnc.testing.family_contract import code_of_source, network_of_source

SIX_LAYERS: dict[str, Any] = {
    "kernel_sizes": (3, 5, 1, 3, 3, 3),
    "downsampling": ("none", "pool", "none", "stride", "none", "pool"),
    "batch_norm": (True, False) * 3,
    "dropout": (0.1, 0.0, 0.0, 0.3, 0.0, 0.0),
}

NETWORKS: list[tuple[Any, tuple[int, ...]]] = [
    (MLPConfig(), (4,)),
    (MLPConfig((5,), "tanh", 0.3), (1, 2, 2)),
    (MLPConfig((5, 6), "sigmoid"), (4,)),
    (MLPConfig((5,), encoding="piecewise", encoded=(0, 2), bins=(3, 8)), (4,)),
    (MLPConfig(encoding="periodic", encoded=(1,)), (3,)),
    (MLPConfig((5,), dropout=0.3, members=3), (1, 2, 2)),
    (MLPConfig(encoding="periodic", encoded=(1,), members=2), (3,)),
    (MLPConfig((4,), "tanh", 0.2, "periodic", tuple(range(2, 42))), (43,)),
    (CNNConfig(channels=(4, 4, 9, 7, 12, 12), shortcuts=(0, 1, 2, 3), **SIX_LAYERS), (3, 15, 13)),
    (CNNConfig(channels=(4,) * 6, activation="tanh", **SIX_LAYERS), (1, 9, 8)),
    *(
        (ResNetConfig((1, 2), 2, 4, block, shortcut, dropout, regulariser, 0.7), (2, 7, 9))
        for block, shortcut, dropout, regulariser in itertools.product(
            ("basic", "bottleneck"),
            ("projection", "pool"),
            (0.0, 0.2),
            ("none", "shake-shake", "shake-drop"),
        )
    ),
]


FAMILIES: dict[type[Any], type[NetworkFamily]] = {
    CNNConfig: CNNFamily,
    MLPConfig: MLPFamily,
    ResNetConfig: ResNetFamily,
}


def source_of(config: Any, shape: tuple[int, ...]) -> NetworkSource:
    source = FAMILIES[type(config)]().source(config, shape, 3)
    assert source is not None
    return source


@pytest.mark.parametrize(("config", "shape"), NETWORKS, ids=str)
def test_the_code_is_the_network(config: Any, shape: tuple[int, ...]) -> None:
    ours = build(config, shape, 3).train()
    ours(torch.randn(8, *shape))  # moves the statistics of batch norms
    theirs = network_of_source(source_of(config, shape))
    theirs.load_state_dict(handed_over(ours, theirs))
    x = torch.randn(5, *shape)
    with torch.inference_mode():
        torch.testing.assert_close(theirs.eval()(x), ours.eval()(x), atol=1e-6, rtol=0)


@pytest.mark.parametrize("width", [88, 99])
def test_the_code_is_formatted(width: int, tmp_path: Path) -> None:
    for number, (config, shape) in enumerate(NETWORKS):
        (tmp_path / f"{number}.py").write_text(code_of_source(source_of(config, shape)))
    command = [sys.executable, "-m", "ruff", "format", "--isolated", f"--line-length={width}"]
    outcome = subprocess.run([*command, "--check", tmp_path], capture_output=True, text=True)
    assert outcome.returncode == 0, outcome.stdout


@pytest.mark.parametrize(
    "values", [[1, 2], ["a", 'b"c', "ü\n"], [True], [f"name {i}" for i in range(40)], [1e-7]]
)
def test_values_survive_the_code(values: list[Any]) -> None:
    names: dict[str, Any] = {}
    code = assignment("LABELS", values)
    exec(code, names)
    assert names["LABELS"] == values
    assert max(map(len, code.splitlines())) <= 88
