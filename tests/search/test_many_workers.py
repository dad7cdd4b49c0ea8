"""Whole searches by several workers at once: threads, each with its own connection and locks."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

import pytest
from optuna.trial import TrialState

from optuna_dnc.runs.run import open_run
from optuna_dnc.search import SearchResult, StagedSearch
from optuna_dnc.search.trials import training
from optuna_dnc.training import FitResult
from tests.searches import trials_of

Search = Callable[..., StagedSearch]

SHORT: dict[str, Any] = {
    "n_startup_trials": 3,
    "n_steps": 3,
    "epochs": 1,
    "space": {"n_layers": (1, 2), "width": (4, 16), "dropout": (0.0, 0.2), "encoding": "none"},
}
JOINT = SHORT | {"strategy": "joint"}
STAGED = {"core-architecture": 6, "remaining-architecture": 4, "training": 6}
PLANS: dict[str, tuple[dict[str, Any], dict[str, int]]] = {
    "staged": (SHORT, STAGED),
    "staged, with a limit": (SHORT | {"max_params": 200}, STAGED),
    "joint": (JOINT | {"pruner": "none"}, {"joint": 6}),
    "median": (JOINT | {"pruner": "median", "epochs": 3}, {"joint": 6}),
    "hyperband": (
        JOINT | {"pruner": "hyperband", "epochs": 4, "budget": 20},
        {"pilot": 1, "joint": 8},
    ),
}
"""Settings of a search, and how many trials its stages have."""


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[str, int]]:
    """How often each network was trained up to an epoch; 0 is a training that a pruner stopped.

    Trainings take turns, since torch has one source of random numbers a process, and then rest, so
    that workers overlap.
    """
    counted: Counter[tuple[str, int]] = Counter()
    turn, fit = Lock(), training.fit_proposal

    def counting(context: Any, proposal: Any, key: str, *others: Any) -> FitResult:
        n_epochs = 0
        with turn:
            try:
                result = fit(context, proposal, key, *others)
                n_epochs = len(result.epochs)
            finally:
                counted[key, n_epochs] += 1
        time.sleep(0.03)
        return result

    monkeypatch.setattr(training, "fit_proposal", counting)
    return counted


def work(search: StagedSearch) -> None:
    """Take part in a search to its end."""
    with search.joined() as run:
        while (outcome := run.work_or_finish()) != "done":
            run.wait_after(outcome)


def work_on_two_stages(search: StagedSearch) -> None:
    """Take part until the third stage has begun."""
    with search.joined() as run:
        while run._position < 2:
            run.wait_after(run.work_once())


def work_together(
    n_workers: int,
    make: Callable[[], StagedSearch],
    do: Callable[[StagedSearch], None] = work,
) -> None:
    """Begin a search, and have several workers take part in it."""
    with make().begun():
        pass
    with ThreadPoolExecutor(n_workers) as threads:
        for each in [threads.submit(do, make()) for _ in range(n_workers)]:
            each.result()


def check_whole(folder: Path, n_trials: dict[str, int], trained: Counter[tuple[str, int]]) -> None:
    """Check that no trial is lost or doubled, and that no network was trained twice."""
    run = open_run(folder, to_read=True)
    for stage in run.stages:
        stored = run.study_of[stage.name].trials
        assert all(trial.state.is_finished() for trial in stored)
        assert [trial.number for trial in stored] == list(range(len(stored)))
    counts = {stage.name: len(run.ledger.of_stages(stage.name)) for stage in run.stages}
    assert counts == n_trials
    keys = [record.key for record in run.ledger.records if record.reused_from is None]
    assert len(keys) == len(set(keys))
    assert set(trained.values()) == {1}
    assert set(keys) <= {key for key, _ in trained}
    assert SearchResult.load(folder).complete


@pytest.mark.parametrize(
    ("plan", "n_workers"),
    [("staged", 4), ("staged, with a limit", 2), ("joint", 4), ("median", 4), ("hyperband", 4)],
)
def test_every_stage_has_its_trials_and_no_network_is_trained_twice(
    search: Search,
    tmp_path: Path,
    trained: Counter[tuple[str, int]],
    plan: str,
    n_workers: int,
) -> None:
    settings, n_trials = PLANS[plan]
    work_together(n_workers, partial(search, **settings))
    check_whole(tmp_path / "run", n_trials, trained)


def test_more_workers_than_networks_wait_until_there_is_a_best_one(
    search: Search, tmp_path: Path, trained: Counter[tuple[str, int]]
) -> None:
    work_together(4, partial(search, **SHORT | {"n_startup_trials": 1, "n_steps": 1}))
    check_whole(tmp_path / "run", STAGED | {"core-architecture": 2, "training": 2}, trained)


def test_the_second_stage_is_the_same_for_any_number_of_workers(
    search: Search, tmp_path: Path, trained: Counter[tuple[str, int]]
) -> None:
    with search(**SHORT).begun():
        pass
    with search(**SHORT).joined() as run:
        assert [run.work_once() for _ in range(6)] == ["trained"] * 6
    seen = {}
    for n_workers in (1, 4):
        out = tmp_path / str(n_workers) / "run"
        shutil.copytree(tmp_path / "run", out)
        work_together(n_workers, partial(search, **SHORT, out=out), work_on_two_stages)
        seen[n_workers] = trials_of(out)[:2]
    assert len(seen[1][1]) == STAGED["remaining-architecture"]
    assert seen[4] == seen[1]


def test_with_a_time_limit_nothing_is_lost_or_doubled(
    search: Search, tmp_path: Path, trained: Counter[tuple[str, int]]
) -> None:
    work_together(4, partial(search, **SHORT, timeout=4.0))
    run = open_run(tmp_path / "run", to_read=True)
    is_cut = False
    for stage in run.stages:
        study = run.study_of.get(stage.name)
        stored = [] if study is None else study.trials
        assert [trial.number for trial in stored] == list(range(len(stored)))
        # The first guess of a stage waits for somebody to begin it; on a slow machine, the limit
        # cuts trainings, whose trials wait for the search to go on.
        ended = [trial for trial in stored if trial.state.is_finished()]
        assert len(run.ledger.of_stages(stage.name)) == len(ended)
        is_cut = is_cut or any(trial.state == TrialState.RUNNING for trial in stored)
    assert is_cut or set(trained.values()) == {1}
    assert SearchResult.load(tmp_path / "run").best.loss
