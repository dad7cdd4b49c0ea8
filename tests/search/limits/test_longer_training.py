"""Longer training of the best network, where a time limit has shortened all trainings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from optuna_dnc.runs import open_run
from optuna_dnc.runs.records import Record
from optuna_dnc.search import StagedSearch, time_check
from optuna_dnc.search.limits import pace as training_pace
from optuna_dnc.search.trials import training
from tests.interruption import Killed
from tests.searches import SMALL

Search = Callable[..., StagedSearch]

pytestmark = pytest.mark.usefixtures("time_stands_still")

SPACE = SMALL["space"] | {"n_layers": (1, 1), "width": (4, 40), "refinements": ()}
FULL = 60
"""Epochs of a training without a time limit, for few samples."""


@pytest.fixture
def search(arrays: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Search:
    """A search with a limit whose plan has few epochs, although its trainings take no time."""
    monkeypatch.setattr(training_pace, "time_epoch", lambda *a, **k: 10.0)

    def make(**changes: Any) -> StagedSearch:
        settings = SMALL | {"n_startup_trials": 2, "n_steps": 0, "space": SPACE}
        settings |= {"out": tmp_path / "run", "timeout": 60.0}
        del settings["epochs"]
        return StagedSearch(arrays, **(settings | changes))

    return make


def planned(folder: Path) -> int:
    """Return the epochs of trainings as planned for the limit."""
    epochs: int = open_run(folder).studies.time_plan()["epochs"]
    assert 1.5 * epochs < FULL
    return epochs


def trained(folder: Path) -> list[Record]:
    """Return the records of trials that have not reused a training."""
    return [record for record in open_run(folder).ledger.records if not record.reused_from]


def test_the_best_network_is_trained_for_longer(search: Search) -> None:
    result = search().run()
    *others, last = trained(result.path)
    best = min(others, key=lambda record: record.rank)
    assert {record.training["epochs"] for record in others} == {planned(result.path)}
    assert last.training == best.training | {"epochs": FULL}
    assert last.config == best.config
    assert last.stage == "training"
    assert last.measured.epochs_run > planned(result.path)
    # It is the answer only if it is better.
    answer = min(last, best, key=lambda record: record.rank)
    assert result.best.quality.val.error == answer.measured.error


def test_a_network_that_would_overfit_is_not(
    search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time_check, "could_learn_more", lambda *a, **k: False)
    result = search().run()
    assert {r.training["epochs"] for r in trained(result.path)} == {planned(result.path)}


@pytest.mark.parametrize("strategy", ["staged", "joint"])
def test_time_is_kept_only_where_a_longer_training_follows(
    search: Search, monkeypatch: pytest.MonkeyPatch, strategy: Any
) -> None:
    monkeypatch.setattr(time_check, "could_learn_more", lambda *a, **k: True)
    search(strategy=strategy).prepare()
    with search(strategy=strategy).joined() as run:
        assert run.work_once() == "trained"
        is_kept = time_check.to_train_longer(run.context) is not None
    assert is_kept == (strategy == "staged")


def test_epochs_that_the_user_gives_are_kept(search: Search) -> None:
    result = search(epochs=9).run()
    assert {record.training["epochs"] for record in trained(result.path)} == {9}


def test_a_budget_of_epochs_is_kept(search: Search) -> None:
    result = search(budget=FULL).run()
    assert {r.training["epochs"] for r in trained(result.path)} == {planned(result.path)}


def test_a_longer_training_that_was_killed_is_resumed_once(
    search: Search, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fit, keys = training.fit_proposal, []

    def killed(context: Any, proposal: Any, key: str, *rest: Any) -> Any:
        if proposal.training.epochs == FULL:
            keys.append(key)
            if len(keys) == 1:
                raise Killed
        return fit(context, proposal, key, *rest)

    monkeypatch.setattr(training, "fit_proposal", killed)
    with pytest.raises(Killed):
        search().run()
    for _ in range(2):
        result = search().run()
        assert result.path == tmp_path / "run"
        assert [r.training["epochs"] for r in trained(result.path)].count(FULL) == 1
    assert keys[1:] == keys[:1]
    assert result.complete
