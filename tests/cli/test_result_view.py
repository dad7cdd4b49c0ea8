"""The table of the leading networks."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from optuna_dnc.cli.result_view import leaders_table
from optuna_dnc.cli.tables import EXPENDABLE, WIDTH, print_table
from optuna_dnc.nets import CNNConfig

LEADER: dict[str, Any] = {
    "loss": -1.7064,
    "network": "62 tanh, dropout 0.1, periodic inputs",
    "training": {"lr": 1.234e-4, "weight_decay": 1e-4, "batch_size": 1024},
    "error": 0.0123,
    "val_accuracy": 0.9877,
    "t_epoch": 0.123,
    "n_params": 2399,
}


@pytest.mark.parametrize(
    ("width", "dropped"),
    [
        (60, ["decay", "batch", "lr", "s/epoch"]),
        (80, ["decay", "batch", "lr", "s/epoch"]),
        (90, ["decay", "batch", "lr"]),
        (100, ["decay"]),
        (120, []),
    ],
)
def test_other_columns_are_dropped_before_networks_are_cut(width: int, dropped: list[str]) -> None:
    screen = io.StringIO()
    print_table(Console(file=screen, width=width), leaders_table([LEADER]))
    heading, _, row = (line.rstrip() for line in screen.getvalue().splitlines() if line.strip())
    assert [name for name in EXPENDABLE[:4] if name not in heading] == dropped
    assert ("62 tanh, dropout 0.1, per" if width == 60 else LEADER["network"]) in row
    assert max(map(len, (heading, row))) <= width


FIGURES = ["-1.706", "12,345,678", "1.23e-05", "0.00012", "0.0001", "1024"]


@pytest.mark.parametrize(("accuracy", "shown"), [(0.9777, "0.9777"), (None, "0.9999")])
def test_a_long_description_is_cut_to_the_width_and_no_figure_is(
    accuracy: float | None, shown: str
) -> None:
    n = 12
    network = CNNConfig(
        channels=(16, 32, 64, *(512,) * (n - 3)),
        kernel_sizes=(3, 5) * (n // 2),
        batch_norm=(True,) * n,
        dropout=(0.1, 0.3) * (n // 2),
        downsampling=("none",) * n,
        shortcuts=(0, 2, 4),
    )
    assert len(str(network)) > WIDTH
    leader = {
        "loss": -1.7064,
        "network": str(network),
        "training": {"lr": 1.234e-4, "weight_decay": 1e-4, "batch_size": 1024},
        "error": 1.2342e-04,
        "val_accuracy": accuracy,
        "t_epoch": 1.234e-05,
        "n_params": 12_345_678,
    }
    screen = io.StringIO()
    Console(file=screen, width=WIDTH).print(leaders_table([leader] * 10))
    lines = screen.getvalue().splitlines()
    assert max(map(len, lines)) <= WIDTH
    last = lines[-1] if lines[-1].strip() else lines[-2]
    assert last.split()[:8] == ["10", FIGURES[0], shown, *FIGURES[1:]]
    assert last.split()[8].startswith("16-32-64")
