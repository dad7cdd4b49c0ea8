"""A search on the workers of an engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
import pytest

from optuna_dnc._errors import InputError
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.runs.run import open_run
from optuna_dnc.runs.workers import Workers
from optuna_dnc.search import SearchResult, StagedSearch
from optuna_dnc.search.events import Event, StageDone, StageStarted, TrialDone, WorkersSeen
from optuna_dnc.search.running_with import engine_for, request_of
from optuna_dnc.workers import in_flight, work_requests
from optuna_dnc.workers.drivers import NoDisplay
from tests.interruption import Killed
from tests.searches import SMALL, Arrays

Search = Callable[..., StagedSearch]


@pytest.fixture
def threads() -> Iterator[Executor]:
    """Two threads of this process, which take turns."""
    with ThreadPoolExecutor(2) as executor:
        yield executor


@dataclass(frozen=True)
class Ended:
    """A search that two threads have run; not to be changed."""

    result: SearchResult
    events: list[Event]
    called_back: list[tuple[str, int]]
    executors: list[Executor]
    """Executors that were created."""


@pytest.fixture(scope="module")
def ended(arrays: Arrays, tmp_path_factory: pytest.TempPathFactory) -> Ended:
    events: list[Event] = []
    called_back: list[tuple[str, int]] = []

    def note(study: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
        called_back.append((study.study_name, trial.number))

    out = tmp_path_factory.mktemp("workers") / "run"
    search = StagedSearch(arrays, **SMALL, out=out, on_event=events.append, callbacks=[note])
    executors: list[Executor] = []

    def create() -> Executor:
        executors.append(ThreadPoolExecutor(2))
        return executors[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(in_flight, "TICK", 0.01)
        patch.setattr(work_requests, "LOOK", 0.01)
        return Ended(search.run(create, workers=2), events, called_back, executors)


def counts(result: SearchResult) -> list[int]:
    return [stage["n_trials"] for stage in result.summary["stages"]]


def test_it_has_as_many_trials_as_with_one_worker(ended: Ended, whole_search: Path) -> None:
    assert counts(ended.result) == counts(SearchResult.load(whole_search))
    assert ended.result.complete


def test_no_network_is_trained_twice(ended: Ended) -> None:
    records = open_run(ended.result.path, to_read=True).ledger.records
    trained = [record.key for record in records if record.reused_from is None]
    assert len(trained) == len(set(trained))


def test_the_driver_emits_the_events_of_all_trials(ended: Ended) -> None:
    kinds = (StageStarted, StageDone)
    order = [type(event) for event in ended.events if isinstance(event, kinds)]
    done = [event for event in ended.events if isinstance(event, TrialDone)]
    assert order == [StageStarted, StageDone] * 3
    assert len(done) == sum(counts(ended.result))
    assert len(done) == len(ended.called_back) == len(set(ended.called_back))


def test_an_executor_given_as_a_function_is_created_once(ended: Ended) -> None:
    (executor,) = ended.executors
    with pytest.raises(RuntimeError, match="shutdown"):
        executor.submit(print)


def test_optuna_is_silent_in_the_driver(search: Search, threads: Executor) -> None:
    optuna.logging.set_verbosity(optuna.logging.INFO)
    with engine_for(search().opener, threads, 2, 1, NoDisplay()):
        assert optuna.logging.get_verbosity() == optuna.logging.WARNING
    assert optuna.logging.get_verbosity() == optuna.logging.INFO


def test_the_driver_shows_its_workers_and_not_itself(ended: Ended) -> None:
    shown = [event.workers for event in ended.events if isinstance(event, WorkersSeen)]
    assert max(map(len, shown)) == 1  # one session a process
    assert not any(worker.drives for workers in shown for worker in workers)


def test_a_search_that_has_ended_starts_no_workers(ended: Ended, arrays: Arrays) -> None:
    def start() -> Executor:
        raise AssertionError("started")

    again = StagedSearch(arrays, **SMALL, out=ended.result.path)
    assert again.run(start, workers=2).best == ended.result.best
    with pytest.raises(InputError, match="workers must be an int of at least 1, got 0"):
        again.run(workers=0)


def test_all_workers_have_left_in_the_end(ended: Ended) -> None:
    folder = RunFolder(ended.result.path).workers
    assert Workers(folder).live() == []
    assert sorted(path.name for path in folder.iterdir()) == ["decision", "endings", "finish"]


def test_the_result_says_where_it_was_trained(ended: Ended) -> None:
    (place,) = ended.result.summary["workers"]
    assert (place["device"], place["threads"], place["joined"]) == ("cpu", 1, 1)


def test_it_resumes_what_one_worker_has_begun(
    search: Search, threads: Executor, kill_at_report: Callable[[int], None]
) -> None:
    kill_at_report(3)
    with pytest.raises(Killed):
        search().run()
    kill_at_report(0)
    assert search().run(threads, workers=2).complete


def test_data_and_parts_that_the_folder_does_not_note_are_sent(
    search: Search, npz: Path, tmp_path: Path
) -> None:
    driver: Any = None
    elsewhere = search(storage="trials.journal").opener
    stored = request_of(elsewhere, driver, is_local=False).storage
    assert stored == f"journal://{Path.cwd()}/trials.journal"
    in_memory = request_of(search().opener, driver, is_local=True)
    noted = request_of(search(data=npz).opener, driver, is_local=True)
    assert in_memory.data is not None
    assert (noted.data, noted.options["network"], noted.options["sampler"]) == (None, None, None)


def test_a_local_worker_sees_its_own_gpu_only(search: Search) -> None:
    opener = search().opener
    object.__setattr__(opener, "given_device", "cuda:1")
    driver: Any = None
    assert request_of(opener, driver, is_local=True).options["device"] == "cuda"
    assert request_of(opener, driver, is_local=False).options["device"] == "cuda:1"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"workers": 0}, r"^workers must be an int of at least 1, got 0"),
        ({"workers": 2, "workers_per_gpu": 0}, r"^workers_per_gpu must be an int of at least 1"),
        ({"executor": 3, "workers": 2}, r"^executor must be a concurrent.futures.Executor"),
    ],
)
def test_wrong_arguments_are_refused_before_anything_is_written(
    search: Search, tmp_path: Path, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        search().run(**arguments)
    assert not (tmp_path / "run").exists()


def test_a_storage_in_memory_is_refused(search: Search, threads: Executor) -> None:
    storage = optuna.storages.InMemoryStorage()
    with pytest.raises(InputError, match=r"^storage: .* InMemoryStorage; give the URL"):
        search(storage=storage).run(threads, workers=2)
