"""Several workers take part in the searches of a trade-off."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import Self

from optuna_dnc import InputError
from optuna_dnc._locks import WORKERS
from optuna_dnc.loggers import LoggedTrial, TrialLogger
from optuna_dnc.loggers.trial_logger import LOGGERS
from optuna_dnc.runs import open_run
from optuna_dnc.runs.records import is_shared
from optuna_dnc.search import Event, StageDone, StageStarted, TrialDone
from optuna_dnc.search.events import WorkersSeen
from optuna_dnc.search.limits.time_limit import TimeIsUp
from optuna_dnc.search.stages.stage_run import StageRun
from optuna_dnc.tradeoff import Tradeoff, tradeoff
from optuna_dnc.tradeoff.reopening import tradeoff_of_folder
from optuna_dnc.tradeoff.tradeoff_run import TradeoffRun
from optuna_dnc.workers import in_flight, work_requests
from optuna_dnc.workers.drivers import STOPPING
from tests.displays import Noted
from tests.processes import needs_fork
from tests.searches import trials_of
from tests.tradeoff.tradeoffs import small, three_classes, train_small

TWO: dict[str, Any] = {"wc": (0.0, 1.0), "refit": False}


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Tradeoff:
    """What one worker does; not to be changed."""
    return train_small(tmp_path_factory.mktemp("alone") / "run", **TWO)


def joined(stack: ExitStack, out: Path, **changes: Any) -> TradeoffRun:
    return stack.enter_context(small(out, **TWO | changes).joined())


def same_trials(found: Path, expected: Tradeoff) -> bool:
    return all(
        trials_of(found / result.path.name) == trials_of(result.path)
        for result in expected.results.values()
    )


def trained_keys(folder: Path) -> list[str]:
    records = [
        record
        for path in sorted(folder.glob("wc-*"))
        for record in open_run(path, to_read=True).ledger.records
    ]
    return [record.key for record in records if record.reused_from is None]


def test_two_workers_in_turn_have_the_trials_of_one(alone: Tradeoff, tmp_path: Path) -> None:
    out = tmp_path / "run"
    small(out, **TWO).prepare()
    with ExitStack() as stack:
        workers = [joined(stack, out) for _ in range(2)]
        while "done" not in [worker.work_or_finish() for worker in workers]:
            pass
    assert same_trials(out, alone)
    found = Tradeoff.load(out)
    assert found.complete
    assert found.summary["points"][0]["loss"] == alone.summary["points"][0]["loss"]


def test_a_search_begins_a_stage_when_those_before_it_have_ended(tmp_path: Path) -> None:
    out = tmp_path / "run"
    small(out, **TWO).prepare()
    with ExitStack() as stack:
        one, other = (joined(stack, out) for _ in range(2))
        for _ in range(2):
            one.work_once()
        with one.worker.deciding(*one._stage_run.stages):
            last = one._stage_run._queue.next_step()  # of three trials, which another one trains
        assert [other.work_once() for _ in range(2)] == ["wait", "wait"]
        assert other.context.settings.wc == 1.0
        last.leave()
        assert other.work_once() == "trained"  # it takes up the trial
        assert other.work_once() == "trained"
        assert other.context.settings.wc == 0.0


@needs_fork
@pytest.mark.filterwarnings("ignore:.*use of fork")
def test_processes_train_no_network_twice(alone: Tradeoff, tmp_path: Path) -> None:
    forked = multiprocessing.get_context("fork")
    executors: list[Executor] = []

    def create() -> Executor:
        executors.append(ProcessPoolExecutor(2, mp_context=forked))
        return executors[-1]

    found = small(tmp_path / "run", **TWO).run(create, workers=2)
    assert len(executors) == 1
    keys = trained_keys(found.path)
    assert len(keys) == len(set(keys))
    for wc, result in found.results.items():
        counts = [len(stage) for stage in trials_of(result.path)]
        assert result.complete
        assert counts[0] == len(trials_of(alone.results[wc].path)[0])


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Two threads of this process, which take turns."""
    monkeypatch.setattr(in_flight, "TICK", 0.01)
    monkeypatch.setattr(work_requests, "LOOK", 0.01)
    with ThreadPoolExecutor(2) as executor:
        yield executor


def test_the_driver_emits_the_events_of_all_searches(
    alone: Tradeoff, tmp_path: Path, threads: Executor
) -> None:
    events: list[tuple[float, Event]] = []

    def note(wc: float, event: Event) -> None:
        events.append((wc, event))

    found = tradeoff(
        three_classes(), TWO["wc"], out=tmp_path / "run", refit=False, device="cpu",
        network="mlp", epochs=2, n_startup_trials=2, n_steps=1,
        space={
            "width": (4, 64), "activation": ("relu", "tanh"), "dropout": 0.2, "encoding": "none"
        },
        executor=threads, workers=2, on_event=note,
    )  # fmt: skip
    assert same_trials(found.path, alone)  # threads take turns
    kinds = (StageStarted, StageDone)
    for wc, result in found.results.items():
        of_search = [event for each, event in events if each == wc]
        done = [event.record.label for event in of_search if isinstance(event, TrialDone)]
        order = [type(event) for event in of_search if isinstance(event, kinds)]
        assert order == [StageStarted, StageDone] * 3
        records = open_run(result.path, to_read=True).ledger.records
        assert done == [record.label for record in records if not record.shared]
    seen = [event.workers for _, event in events if isinstance(event, WorkersSeen)]
    assert max(map(len, seen)) == 1  # one process is one worker, in all searches
    assert not list(found.path.glob(f"*/{WORKERS}/*.driver"))


def test_the_driver_tells_that_workers_begin_and_stop(tmp_path: Path, threads: Executor) -> None:
    def interrupt(wc: float, event: Event) -> None:
        if isinstance(event, WorkersSeen):
            raise KeyboardInterrupt

    display = Noted()
    searches = small(tmp_path / "run", **TWO, on_event=interrupt)
    with pytest.raises(KeyboardInterrupt):
        searches.run(threads, workers=2, display=display)
    assert (display.awaited, display.sentences) == ([(2, False)], [STOPPING])


def test_no_worker_is_awaited_where_all_searches_have_ended(
    tmp_path: Path, threads: Executor
) -> None:
    train_small(tmp_path / "run", **TWO, n_steps=0)
    display = Noted()
    small(tmp_path / "run", **TWO, n_steps=0).run(threads, workers=2, display=display)
    assert display == Noted()


@pytest.mark.parametrize("n_workers", [1, 2])
def test_every_trial_and_result_is_logged_once(
    n_workers: int, tmp_path: Path, threads: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged: list[str] = []

    class Names(TrialLogger):
        @classmethod
        def of_run(cls, folder: Path, dataset: str) -> Self:
            return cls()

        def log(self, trial: LoggedTrial) -> None:
            logged.append(trial.name)

    monkeypatch.setitem(LOGGERS._loaded, "names", Names)
    searches = small(tmp_path / "run", **TWO, log="names")
    found = searches.run(threads if n_workers > 1 else None, workers=n_workers)
    expected = [
        f"{result.path.name}/{name}"
        for result in found.results.values()
        for name in (*_trained(result.path), f"result/{result.best.trial_number}")
    ]
    assert sorted(logged) == sorted(expected)


def _trained(folder: Path) -> list[str]:
    """Trials of a search that are not taken over from others."""
    run = open_run(folder, to_read=True)
    return [
        f"{study.study_name.rpartition('/')[2]}/{trial.number}"
        for study in run.study_of.values()
        for trial in study.trials
        if not is_shared(trial)
    ]


def test_what_one_worker_has_ended_is_not_begun_by_others(
    alone: Tradeoff, threads: Executor, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    train_small(out, **TWO)
    files = {path: path.read_bytes() for path in out.rglob("*.json")}
    assert small(out, **TWO).run(threads, workers=2).complete
    assert files == {path: path.read_bytes() for path in out.rglob("*.json")}


def test_another_process_finds_the_searches_in_the_folder(tmp_path: Path) -> None:
    first = small(tmp_path / "run", **TWO)
    first.prepare()
    again = tradeoff_of_folder(tmp_path / "run", data=three_classes(), device="cpu", refit=False)
    assert list(again.searches) == [0.0, 1.0]
    for wc, search in again.searches.items():
        assert search.identity == first.searches[wc].identity


def test_a_tradeoff_that_is_just_being_started_is_not_joined(tmp_path: Path) -> None:
    small(tmp_path / "run", **TWO).prepare()
    (tmp_path / "run" / "wc-0" / "settings.json").unlink()  # as before the last search begins
    with pytest.raises(InputError, match="have not all been started"):
        tradeoff_of_folder(tmp_path / "run")


def test_searches_that_were_run_one_by_one_are_not_joined(tmp_path: Path) -> None:
    found = train_small(tmp_path / "run", **TWO, n_steps=0)
    (found.path / "tradeoff.json").unlink()
    Tradeoff.load(found.path).save()
    with pytest.raises(InputError, match="run one by one"):
        tradeoff_of_folder(found.path)


def test_a_stage_that_others_have_left_for_the_next_search_is_over(tmp_path: Path) -> None:
    out = tmp_path / "run"
    small(out, **TWO).prepare()
    with ExitStack() as stack:
        one, other = (joined(stack, out, timeout=600) for _ in range(2))
        assert [one.work_once(), other.work_once()] == ["trained", "trained"]
        first, second, *_ = one._parts
        one._end(first)  # as if its time were up; a third trial is left
        later = one._begun(second)
        with one.worker.deciding(*later.stages):
            running = later._queue.next_step()
        assert other.work_once() == "wait"
        assert other.context.settings.wc == 0.0
        running.leave()
        later.close()


def test_a_time_limit_ends_all_searches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "run"
    small(out, **TWO).prepare()
    with ExitStack() as stack:
        run = joined(stack, out)
        run.work_once()
        _raise_once(monkeypatch, TimeIsUp)
        assert run.work_or_finish() == "done"
    found = Tradeoff.load(out)
    assert (found.complete, list(found.results)) == (False, [1.0])


def _raise_once(patch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    step: Callable[[StageRun], Any] = StageRun.work_once
    left = [error()]

    def work_once(self: StageRun) -> Any:
        if left:
            raise left.pop()
        return step(self)

    patch.setattr(StageRun, "work_once", work_once)


def test_a_worker_has_the_time_and_the_options_of_the_searches(tmp_path: Path) -> None:
    small(tmp_path / "run", **TWO, timeout=1_000.0).prepare()
    with tradeoff_of_folder(tmp_path / "run", data=three_classes()).joined() as run:
        context = run.worker.context
        assert context.limit.left < context.limit.seconds == 1_000.0
        assert not context.refit


def test_a_worker_of_an_extended_trade_off_has_its_new_time(tmp_path: Path) -> None:
    train_small(tmp_path / "run", **TWO, timeout=1_000.0)
    small(tmp_path / "run", **TWO | {"wc": (0.0, 1.0, 10.0)}, timeout=2_000.0).prepare()
    with tradeoff_of_folder(tmp_path / "run", data=three_classes()).joined() as run:
        assert 1_000.0 < run.worker.context.limit.left < 2_000.0
