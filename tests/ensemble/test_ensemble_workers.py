"""Members of an ensemble that the workers of an engine train."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from optuna_dnc import InputError
from optuna_dnc._locks import WORKERS, FileLocks
from optuna_dnc.ensemble import Ensemble, MemberProgress
from optuna_dnc.ensemble.members import MemberFiles
from optuna_dnc.ensemble.working import MemberTrainings
from optuna_dnc.runs import open_run
from optuna_dnc.search import SearchResult
from optuna_dnc.workers.drivers import STOPPING
from tests.displays import Noted
from tests.processes import needs_fork
from tests.searches import Arrays

Make = Callable[..., Ensemble]


@pytest.fixture
def make(result: SearchResult, classes: Arrays) -> Make:
    return lambda **options: result.ensemble(3, data=classes, device="cpu", **options)


def weights(ensemble: Ensemble) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in ensemble.path.glob("*.safetensors")}


@needs_fork
@pytest.mark.filterwarnings("ignore:.*use of fork")
def test_another_process_trains_the_same_members_to_the_bit(make: Make, tmp_path: Path) -> None:
    alone = make(out=tmp_path / "alone")
    forked = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(1, mp_context=forked) as executor:
        ensemble = make(executor=executor, workers=2)
    assert len(weights(ensemble)) == 3
    assert weights(ensemble) == weights(alone)
    assert ensemble.members == alone.members
    assert not (ensemble.path / WORKERS).exists()


@pytest.fixture
def threads() -> Any:
    with ThreadPoolExecutor(2) as executor:
        yield executor


def test_each_training_is_reported_once_and_none_is_repeated(
    make: Make, threads: Executor, epochs_trained: list[tuple[int, int]]
) -> None:
    seen: list[MemberProgress] = []
    make(executor=threads, workers=2, on_member=seen.append)
    assert [(progress.number, progress.n_members) for progress in seen] == [(1, 2), (2, 2)]
    assert len(epochs_trained) == len(set(epochs_trained)) == 2 * 4
    make(executor=threads, workers=2, on_member=seen.append)
    assert (len(seen), len(epochs_trained)) == (2, 2 * 4)


def test_no_engine_is_needed_where_all_weights_were_kept(make: Make) -> None:
    alone = make()
    nobody = "tcp://127.0.0.1:9"  # the port is reserved
    display = Noted()
    assert make(executor=nobody, workers=2, display=display).members == alone.members
    assert display == Noted()


def test_it_is_told_that_workers_begin_and_stop(make: Make, threads: Executor) -> None:
    def interrupt(progress: MemberProgress) -> None:
        raise KeyboardInterrupt

    display = Noted()
    with pytest.raises(KeyboardInterrupt):
        make(executor=threads, workers=2, on_member=interrupt, display=display)
    assert (display.awaited, display.sentences) == ([(2, False)], [STOPPING])


def test_a_worker_leaves_a_member_to_the_one_that_trains_it(
    result: SearchResult, classes: Arrays, tmp_path: Path
) -> None:
    run = open_run(result.path, to_read=True)
    records = run.ledger.leaders(2)
    (tmp_path / WORKERS).mkdir()
    files = MemberFiles(tmp_path, {name: run.settings[name] for name in ("data", "seed")})
    options: Any = {"records": records, "files": files, "data": classes, "device": "cpu"}
    options |= {"network": None, "data_root": None, "progress": False}
    with ExitStack() as stack:
        one, other = (
            stack.enter_context(MemberTrainings(result.path, None, **options).joined())
            for _ in range(2)
        )
        claim = FileLocks(tmp_path / WORKERS).take(f"member-{records[0].key[:16]}")
        assert [one.work_once(), one.work_once()] == ["trained", "wait"]
        claim.release()
        assert [one.work_once(), other.work_once()] == ["trained", "done"]


def test_snapshots_are_of_one_training(
    result: SearchResult, classes: Arrays, threads: Executor
) -> None:
    with pytest.raises(InputError, match=r"^workers=2 cannot be used with snapshots"):
        result.ensemble(snapshots=2, data=classes, workers=2)
    assert not (result.path / "ensemble").exists()
