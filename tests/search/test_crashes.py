"""Networks that end the whole process are tried twice; the search goes on without them."""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import optuna
import pytest
import torch
from optuna.trial import BaseTrial, TrialState
from torch import nn

from optuna_dnc import InputError
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.runs import search_status
from optuna_dnc.search import SearchResult, StagedSearch
from optuna_dnc.search.ending import answering
from optuna_dnc.search.trials import attempts
from optuna_dnc.search.trials import training as trials_module
from tests.processes import exit_code, fork, needs_fork
from tests.searches import Arrays

pytestmark = [
    needs_fork,
    pytest.mark.filterwarnings("ignore:.*use of fork"),
]

WIDTHS = (2, 5)
DEADLY = 4  # the first network of a search


@dataclass(frozen=True)
class Config:
    width: int


class Layers(nn.Module):
    """A small network that may do something before its n-th batch."""

    def __init__(self, config: Config, n_in: int, n_out: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(n_in, config.width), nn.ReLU(), nn.Linear(config.width, n_out)
        )
        self.is_deadly = config.width == DEADLY
        self.n_seen = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.is_deadly and (self.training or Family.measured):
            self.n_seen += 1
            if self.n_seen == Family.after:
                Family.ending()
        return self.layers(x)


class Family(NetworkFamily):
    """Networks of which one width is deadly."""

    name: ClassVar[str] = "deadly"
    config_type: ClassVar[type[Any]] = Config
    ending: ClassVar[Callable[[], object]] = staticmethod(lambda: None)
    after: ClassVar[int] = 1
    measured: ClassVar[bool] = False
    """Whether they are deadly outside of trainings, too."""

    def suggest_core(self, trial: BaseTrial) -> Config:
        return Config(trial.suggest_int("width", *WIDTHS))

    def build(self, config: Config, input_shape: tuple[int, ...], n_outputs: int) -> nn.Module:
        (n_in,) = input_shape
        return Layers(config, n_in, n_outputs)


def send(number: int) -> Callable[[], None]:
    return lambda: os.kill(os.getpid(), number)


ENDINGS: dict[str, tuple[Callable[[], object], int, str]] = {
    "segfault": (lambda: ctypes.string_at(0), -signal.SIGSEGV, "segmentation fault in string_at"),
    "SIGABRT": (os.abort, -signal.SIGABRT, "aborted in "),
    "SIGFPE": (send(signal.SIGFPE), -signal.SIGFPE, "floating"),
    "SIGKILL": (send(signal.SIGKILL), -signal.SIGKILL, "perhaps out of memory"),
    "exit": (lambda: os._exit(3), 3, "without a trace"),
}


Search = Callable[..., int]


@pytest.fixture
def run(arrays: Arrays, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Search:
    """Run the search in a process whose deadly networks end so; gives the exit code."""

    def once(
        ending: Callable[[], object] = lambda: None, *, after: int = 1, **changes: Any
    ) -> int:
        monkeypatch.setattr(Family, "ending", staticmethod(ending))
        monkeypatch.setattr(Family, "after", after)
        settings: dict[str, Any] = {"epochs": 2, "n_startup_trials": 2, "n_steps": 0} | changes
        search = StagedSearch(
            arrays,
            network=Family(),
            out=tmp_path / "run",
            device="cpu",
            batch_size=32,
            training_space={"batch_size": (32, 32)},
            floors=False,
            **{"refit": False} | settings,
        )
        return exit_code(fork(search.run))

    return once


def trials(folder: Path, state: TrialState) -> list[optuna.trial.FrozenTrial]:
    storage = f"sqlite:///{folder}/study.db"
    return [
        trial
        for name in optuna.get_all_study_names(storage)
        for trial in optuna.load_study(study_name=name, storage=storage).trials
        if trial.state == state
    ]


@pytest.mark.parametrize("name", ENDINGS)
def test_a_network_that_ends_the_process_is_given_up_after_two_attempts(
    run: Search, tmp_path: Path, name: str
) -> None:
    ending, code, meaning = ENDINGS[name]
    assert [run(ending), run(ending), run(ending)] == [code, code, 0]
    failed = trials(tmp_path / "run", TrialState.FAIL)
    assert {trial.params["width"] for trial in failed} == {DEADLY}
    assert {trial.user_attrs["status"] for trial in failed} == {"crashed"}
    assert all(meaning in trial.user_attrs["crash"] for trial in failed)
    assert not trials(tmp_path / "run", TrialState.RUNNING)
    stages = search_status(tmp_path / "run").stages
    assert sum(stage.n_crashed for stage in stages) == len(failed)
    result = SearchResult.load(tmp_path / "run", family=Family())
    assert result.complete
    assert result.config.width != DEADLY
    assert not list((tmp_path / "run").glob(".attempt*"))
    # What is known now costs no attempt: the same search returns at once.
    assert run(ending) == 0


@pytest.mark.parametrize("pruner", ["median", "hyperband"])
def test_so_it_is_where_trainings_may_be_stopped(run: Search, tmp_path: Path, pruner: str) -> None:
    ending, code, _ = ENDINGS["segfault"]
    codes = [run(ending, pruner=pruner, epochs=3, budget=12) for _ in range(3)]
    assert codes == [code, code, 0]
    assert trials(tmp_path / "run", TrialState.FAIL)
    assert SearchResult.load(tmp_path / "run", family=Family()).complete


def test_a_network_that_ends_the_process_when_its_costs_are_timed_is_given_up(
    run: Search, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Family, "measured", True)
    ending, code, meaning = ENDINGS["segfault"]
    assert [run(ending, max_ms=1e3) for _ in range(3)] == [code, code, 0]
    failed = trials(tmp_path / "run", TrialState.FAIL)
    assert {trial.params["width"] for trial in failed} == {DEADLY}
    assert all(meaning in trial.user_attrs["crash"] for trial in failed)
    assert SearchResult.load(tmp_path / "run", family=Family()).complete


@pytest.mark.parametrize("name", ["segfault", "SIGKILL"])
def test_a_final_training_that_ends_the_process_twice_is_left_out(
    run: Search, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    ending, code, _ = ENDINGS[name]

    def deadly(*arguments: Any, on_batch: Callable[[], None], **options: Any) -> Any:
        on_batch()
        ending()

    monkeypatch.setattr(answering, "train_on_all", deadly)
    assert [run(refit=True) for _ in range(3)] == [code, code, 0]
    result = SearchResult.load(tmp_path / "run", family=Family())
    assert result.complete
    assert result.summary["refit"]["is_kept"] is False
    assert result.best.test_error == result.summary["refit"]["before"]["test_error"]
    assert not list((tmp_path / "run" / ".workers").glob("refit*"))
    assert run(refit=True) == 0  # at once


def test_a_final_training_without_enough_memory_is_left_out(
    run: Search, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_large(*arguments: Any, **options: Any) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(answering, "train_on_all", too_large)
    assert run(refit=True) == 0
    result = SearchResult.load(tmp_path / "run", family=Family())
    assert result.summary["refit"]["is_kept"] is False


def test_who_ends_the_process_himself_does_not_end_the_network(
    run: Search, tmp_path: Path
) -> None:
    # If one of them counted, the second attempt would end the network.
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT) * 2:
        assert run(send(number)) != 0
    assert run() == 0
    assert not trials(tmp_path / "run", TrialState.FAIL)


def test_who_kills_it_at_other_moments_does_not_end_the_network(
    run: Search, tmp_path: Path
) -> None:
    for after in (1, 2, 1, 3):
        assert run(send(signal.SIGKILL), after=after) == -signal.SIGKILL
    assert run() == 0
    assert not trials(tmp_path / "run", TrialState.FAIL)


def test_a_machine_that_was_started_anew_does_not_end_the_network(
    run: Search, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for boot in range(3):
        monkeypatch.setattr(attempts, "node", lambda boot=boot: f"machine after boot {boot}")
        assert run(send(signal.SIGKILL)) == -signal.SIGKILL
    assert run() == 0
    assert not trials(tmp_path / "run", TrialState.FAIL)


def test_the_kernels_killing_for_memory_is_told(
    run: Search, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n_kills in range(2):
        monkeypatch.setattr(attempts, "_oom_kills", lambda n_kills=n_kills: n_kills)
        assert run(send(signal.SIGKILL), after=1 + n_kills) == -signal.SIGKILL
    monkeypatch.setattr(attempts, "_oom_kills", lambda: 2)
    assert run() == 0
    (failed, *_) = trials(tmp_path / "run", TrialState.FAIL)
    assert failed.user_attrs["crash"] == "out of memory: killed by the system"


def test_a_damaged_mark_of_an_attempt_counts_as_none(run: Search, tmp_path: Path) -> None:
    for content in (b"", b"\0" * 8, b"\0" * 8 + b"[1]", b"\0" * 8 + b"{}", b"x"):
        assert run(send(signal.SIGKILL)) == -signal.SIGKILL
        (mark,) = (tmp_path / "run" / ".workers").glob("*.attempt")
        mark.write_bytes(content)
    assert run() == 0
    assert not trials(tmp_path / "run", TrialState.FAIL)


def test_a_network_that_was_given_up_is_not_tried_with_another_training(
    search: Callable[..., StagedSearch], monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    def crashes(context: Any, trial: optuna.Trial, proposal: Any, **options: Any) -> Any:
        tried.append((proposal.config, proposal.training.lr))
        raise attempts.Crashed("segmentation fault")

    monkeypatch.setattr(trials_module, "_train", crashes)
    with pytest.warns(UserWarning, match="is given up"), pytest.raises(InputError):
        search(space={"n_layers": (1, 1), "width": (6, 6)}).run()
    assert len(tried) == 1
