"""Steps of a search that several workers take, one at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.samplers import RandomSampler
from optuna.trial import FrozenTrial

from optuna_dnc import InputError
from optuna_dnc.runs.stage_keys import CORE
from optuna_dnc.runs.workers import Workers
from optuna_dnc.search import SearchResult, StagedSearch
from optuna_dnc.search.reopening import work_once
from optuna_dnc.search.search_run import SearchRun
from tests.searches import STAGES, trials_of

Search = Callable[..., StagedSearch]


def begun(search: StagedSearch) -> None:
    with search.begun():
        pass


def steps(run: SearchRun) -> list[str]:
    outcomes: list[str] = [run.work_or_finish()]
    while outcomes[-1] != "done":
        outcomes.append(run.work_or_finish())
    return outcomes


def test_steps_of_two_workers_in_turn_are_the_search_of_one(
    search: Search, tmp_path: Path
) -> None:
    whole = search(out=tmp_path / "whole" / "run").run()
    begun(search())
    with search().joined() as one, search().joined() as other:
        while "done" not in (one.work_or_finish(), other.work_or_finish()):
            pass
    assert trials_of(tmp_path / "run") == trials_of(whole.path)
    assert SearchResult.load(tmp_path / "run").best.loss == whole.best.loss


def test_a_trial_that_another_worker_has_claimed_without_the_lock_is_left_to_it(
    search: Search, tmp_path: Path
) -> None:
    # A database that was stopped has lost the decision lock.
    def states() -> list[str]:
        return [row[1] for row in trials_of(tmp_path / "run", stages=STAGES[:1])[0]]

    begun(search())
    with search().joined() as one, search().joined() as other:
        lock = other.claims.of(CORE.label).take(0)
        assert lock is not None
        assert one.work_once() == "trained"
        assert states() == ["RUNNING", "COMPLETE"]
        lock.release()
        assert one.work_once() == "trained"
    assert states() == ["COMPLETE", "COMPLETE"]


class Preparing(RandomSampler):
    """Counts the trials that it was to prepare."""

    n_prepared = 0

    def prepare(self, study: optuna.Study) -> None:
        del study
        self.n_prepared += 1


def test_samplers_prepare_trials_outside_the_lock_if_others_may_wait_for_it(
    search: Search,
) -> None:
    sampler = Preparing(seed=0)
    begun(search(sampler=sampler))
    with search(sampler=sampler).joined() as run:
        assert run.work_once() == "trained"
        assert sampler.n_prepared == 0
        with search(sampler=sampler).joined():
            assert run.work_once() == "trained"
            assert sampler.n_prepared == 1


def test_a_plan_that_another_worker_has_made_stale_is_made_again_without_the_lock(
    search: Search,
) -> None:
    class Overtaken(Preparing):
        """The first time, another worker begins a trial meanwhile."""

        def prepare(self, study: optuna.Study) -> None:
            super().prepare(study)
            if self.n_prepared == 1:
                with other.worker.deciding(*other.stages):
                    jobs.append(other._open._queue.next_step())

        def before_trial(self, study: optuna.Study, trial: FrozenTrial) -> None:
            super().before_trial(study, trial)
            prepared_before.append(self.n_prepared)

    prepared_before: list[int] = []
    jobs: list[Any] = []
    sampler = Overtaken(seed=0)
    begun(search(sampler=sampler))
    with search(sampler=sampler).joined() as other:
        other.work_once()
        with search(sampler=sampler).joined() as run:
            assert run.work_once() == "trained"
        jobs[0].leave()
    assert prepared_before == [0, 1, 2]  # of the other worker's trials, and of its own


def test_a_step_needs_no_process_that_stays(search: Search, tmp_path: Path) -> None:
    begun(search())
    outcomes: list[str] = []
    while outcomes[-1:] != ["done"]:
        outcomes.append(work_once(search()))
    assert set(outcomes) == {"trained", "done"}
    assert SearchResult.load(tmp_path / "run").complete


def test_a_step_says_nothing(
    search: Search, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    begun(search())
    capsys.readouterr()
    work_once(search())
    assert capsys.readouterr() == ("", "")


def test_nobody_joins_what_has_not_begun(search: Search, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no search that was started"):
        work_once(search())
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("storage", [None, "sqlite:///{folder}/trials.db"])
def test_a_worker_leaves_the_creation_of_the_database_to_the_search(
    search: Search, tmp_path: Path, storage: str | None
) -> None:
    url = storage and storage.format(folder=tmp_path)
    begun(search(storage=url))
    file = tmp_path / "trials.db" if storage else tmp_path / "run" / "study.db"
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("DELETE FROM alembic_version")  # as it is just before the end
    with pytest.raises(InputError, match="holds no search that was started"):
        work_once(search(storage=url))
    with closing(sqlite3.connect(file)) as connection:
        assert not connection.execute("SELECT * FROM alembic_version").fetchall()


def test_a_claimed_trial_is_left_to_its_worker(search: Search) -> None:
    begun(search())
    with search().joined() as one, search().joined() as other:
        one.work_once()
        with one.worker.deciding(*one.stages):
            job = one._open._queue.next_step()
        try:
            assert other.work_once() == "trained"
            assert other.context.ledger.records[-1].label != job.label
        finally:
            job.leave()


def test_the_trial_of_a_dead_worker_keeps_its_number(search: Search, tmp_path: Path) -> None:
    begun(search())
    with search().joined() as dead:
        dead.work_once()
        with dead.worker.deciding(*dead.stages):
            dead._open._queue.next_step().leave()
    with search().joined() as run:
        assert steps(run)[-1] == "done"
    core, *_ = trials_of(tmp_path / "run")
    assert [state for _, state, *_ in core] == ["COMPLETE"] * 4


def test_a_live_worker_says_what_it_trains(
    search: Search, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(search())
    workers, seen = Workers(tmp_path / "run" / ".workers"), []
    with search().joined() as run:
        run.work_once()
        monkeypatch.setattr(run.context.folder, "check_there", lambda: seen.extend(workers.live()))
        run.work_once()
    doing = [status.doing.trial for status in seen if status.doing is not None]
    assert doing
    assert set(doing) == {"core-architecture/1"}
    assert workers.live() == []
