"""Whole searches by several workers at once: threads, each with its own connection and locks."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any

import pytest

from optuna_dnc.runs.run import open_run
from optuna_dnc.search import SearchResult, StagedSearch, trials
from optuna_dnc.search.events import TrialDone
from optuna_dnc.training import FitResult
from tests.searches import trials_of

Search = Callable[..., StagedSearch]

TRIALS: dict[str, Any] = {
    "n_startup_trials": 3,
    "n_steps": 3,
    "epochs": 1,
    "space": {"n_layers": (1, 2), "width": (4, 16), "dropout": (0.0, 0.2), "encoding": "none"},
}
PLANS: dict[str, dict[str, Any]] = {
    "staged": TRIALS,
    "joint": TRIALS | {"strategy": "joint", "pruner": "none"},
    "median": TRIALS | {"strategy": "joint", "pruner": "median", "epochs": 3},
    "hyperband": TRIALS | {"strategy": "joint", "pruner": "hyperband", "epochs": 4, "budget": 20},
    "limit": TRIALS | {"max_params": 200},
}


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[str, int]]:
    """How often each network was trained up to an epoch.

    Trainings take turns, since torch has one source of random numbers a process, and then rest, so
    that workers overlap.
    """
    counted: Counter[tuple[str, int]] = Counter()
    turn, fit = Lock(), trials.fit_proposal

    def counting(context: Any, proposal: Any, key: str, *others: Any) -> FitResult:
        with turn:
            result = fit(context, proposal, key, *others)
            counted[key, len(result.epochs)] += 1
        time.sleep(0.03)
        return result

    monkeypatch.setattr(trials, "fit_proposal", counting)
    return counted


def work(search: StagedSearch) -> None:
    """Take part in a search to its end."""
    with search.joined() as run:
        while (outcome := run.work_or_finish()) != "done":
            run.wait_after(outcome)


def work_together(n_workers: int, make: Callable[[], StagedSearch]) -> None:
    with ThreadPoolExecutor(n_workers) as threads:
        for each in [threads.submit(work, make()) for _ in range(n_workers)]:
            each.result()


def check_whole(folder: Path, n_trials: list[int], trained: Counter[tuple[str, int]]) -> None:
    """Check that no trial is lost or doubled, and no network was trained twice."""
    run = open_run(folder, to_read=True)
    for stage, count in zip(run.stages, n_trials, strict=True):
        stored = run.study_of[stage.name].trials
        assert all(trial.state.is_finished() for trial in stored)
        assert [trial.number for trial in stored] == list(range(len(stored)))
        assert len(run.ledger.of_stages(stage.name)) == count, stage.name
    assert set(trained.values()) == {1}
    keys = [record.key for record in run.ledger.records if record.reused_from is None]
    assert len(keys) == len(set(keys))
    assert set(keys) <= {key for key, _ in trained}
    assert SearchResult.load(folder).complete


@pytest.mark.parametrize("n_workers", [2, 8])
@pytest.mark.parametrize("plan", PLANS)
def test_every_stage_has_its_trials_and_no_network_is_trained_twice(
    search: Search,
    tmp_path: Path,
    trained: Counter[tuple[str, int]],
    plan: str,
    n_workers: int,
) -> None:
    seen: list[TrialDone] = []
    with search(**PLANS[plan]).begun():
        pass
    work_together(n_workers, lambda: search(**PLANS[plan]))
    print(trained, seen)
    run = open_run(tmp_path / "run", to_read=True)
    print([(s.name, len(run.study_of[s.name].trials)) for s in run.stages])
    check_whole(tmp_path / "run", [len(run.ledger.of_stages(s.name)) for s in run.stages], trained)


def test_the_second_stage_is_the_same_for_any_number_of_workers(
    search: Search, tmp_path: Path, trained: Counter[tuple[str, int]]
) -> None:
    with search(**TRIALS).begun():
        pass
    with search(**TRIALS).joined() as run:
        for _ in range(6):
            assert run.work_once() == "trained"
    seen = {}
    for n_workers in (1, 2, 4):
        out = tmp_path / str(n_workers) / "run"
        shutil.copytree(tmp_path / "run", out)
        work_together(n_workers, lambda: search(**TRIALS, out=out))
        seen[n_workers] = trials_of(out)[:2]
    assert seen[2] == seen[1]
    assert seen[4] == seen[1]
