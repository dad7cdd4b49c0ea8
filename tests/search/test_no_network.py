"""A search in which no training gives a network ends with what went wrong and what to do."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from optuna_dnc import InputError
from optuna_dnc.cli import main
from optuna_dnc.nets.mlp import MLPFamily
from optuna_dnc.report.report import write_report
from optuna_dnc.runs import search_status
from optuna_dnc.search import StagedSearch, setup
from optuna_dnc.search.trials import trainer
from optuna_dnc.training import train_network

Search = Callable[..., StagedSearch]


class TooLarge(torch.nn.Module):
    """Takes more memory than any machine has."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.empty(2**50) * self.weight


class NoNumber(TooLarge):
    """Gives NaN."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.new_full((len(x), 3), math.nan) * self.weight


@pytest.fixture
def every_network_is(monkeypatch: pytest.MonkeyPatch) -> Callable[[type[TooLarge]], None]:
    def replace(module: type[TooLarge]) -> None:
        monkeypatch.setattr(MLPFamily, "build", lambda *arguments: module())

    return replace


SETTINGS: list[dict[str, Any]] = [
    {},
    {"pruner": "hyperband", "epochs": 3},
    {"pruner": "median"},
    {"strategy": "joint", "pruner": "none"},
    {"timeout": 0.001},
    {"pruner": "hyperband", "epochs": 3, "timeout": 0.001},
    {"penalize": "t_epoch", "baseline": 1.0},
]


TOO_LARGE = (TooLarge, "ran out of memory", "allow smaller networks with space=")
NO_NUMBER = (NoNumber, "diverged", "lower the learning rate")


@pytest.mark.parametrize(
    ("module", "what", "advice", "changes"),
    [
        *((*TOO_LARGE, changes) for changes in SETTINGS),
        *((*NO_NUMBER, changes) for changes in SETTINGS[:3]),  # pruners meet NaN, too
    ],
    ids=str,
)
def test_it_says_what_became_of_the_trials_and_what_to_do(
    search: Search,
    every_network_is: Callable[[type[TooLarge]], None],
    module: type[TooLarge],
    what: str,
    advice: str,
    changes: dict[str, Any],
) -> None:
    every_network_is(module)
    with pytest.raises(
        InputError, match=rf"no network could be trained: of \d+ trials? \d+ {what}"
    ) as first:
        search(**changes).run()
    assert advice in str(first.value)
    assert "\n" not in str(first.value)


def test_its_trials_are_kept_and_it_says_the_same_again_at_once(
    search: Search,
    every_network_is: Callable[[type[TooLarge]], None],
    epochs_trained: list[tuple[int, int]],
    tmp_path: Path,
) -> None:
    every_network_is(TooLarge)
    messages = []
    for _ in range(2):
        epochs_trained.clear()
        with pytest.raises(InputError) as caught:
            search().run()
        messages.append(str(caught.value))
    assert messages[0] == messages[1]
    assert epochs_trained == []
    assert search_status(tmp_path / "run").stages[0].n_trials == 4
    assert not (tmp_path / "run" / "result.json").exists()
    pytest.importorskip("plotly")
    assert write_report(tmp_path / "run").exists()


def test_the_command_line_ends_with_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*arguments: object, **named: object) -> None:
        raise MemoryError

    monkeypatch.setattr(trainer, "train_network", fail)
    arguments = ["search", "digits", "--network", "mlp", "--startup", "1", "--steps", "1"]
    with pytest.raises(SystemExit) as stop:
        main([*arguments, "--out", str(tmp_path / "run"), "--device", "cpu", "--quiet"])
    assert stop.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("optuna-dnc: no network could be trained")


def test_memory_that_is_short_elsewhere_is_one_line(
    search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object, **named: object) -> None:
        torch.empty(2**50)

    monkeypatch.setattr("optuna_dnc.training.train.evaluate", fail)
    with pytest.raises(InputError, match="ran out of memory outside of training"):
        search().run()


def test_one_network_that_fits_is_enough(search: Search, monkeypatch: pytest.MonkeyPatch) -> None:
    n_tried = 0

    def mostly_fail(*arguments: Any, **named: Any) -> Any:
        nonlocal n_tried
        n_tried += 1
        if n_tried != 2:
            raise MemoryError
        return train_network(*arguments, **named)

    monkeypatch.setattr(trainer, "train_network", mostly_fail)
    assert search().run().best.trial_number == 1


def test_a_largest_network_that_cannot_be_timed_is_told(
    search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup, "time_epoch", lambda *given: torch.empty(2**40, 2**40))
    with pytest.raises(InputError, match="does not fit into memory, so its cost"):
        search(penalize="t_epoch").run()
