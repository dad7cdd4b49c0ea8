"""Dask clusters, with real processes."""

from __future__ import annotations

import gc
import os
import re
import signal
import time
from collections.abc import Iterator
from concurrent.futures import Executor
from functools import partial
from pathlib import Path

import pytest

from optuna_dnc._errors import InputError
from optuna_dnc.workers import dask_clusters
from optuna_dnc.workers.dask_clusters import DaskExecutor, cluster_at, local_cluster
from optuna_dnc.workers.in_flight import InFlight, Outcome

pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Executor]:
    with local_cluster([{"MINE": "a"}, {"MINE": "b"}]) as executor:
        yield executor


def variable(name: str, number: int) -> str:
    return os.environ[name]


def test_each_worker_has_its_variables(cluster: Executor) -> None:
    seen = {cluster.submit(variable, "MINE", number).result(timeout=30) for number in range(8)}
    assert seen <= {"a", "b"}


def has_torch_and_ignores_ctrl_c(number: int) -> tuple[bool, bool]:
    import sys

    return "torch" in sys.modules, signal.getsignal(signal.SIGINT) == signal.SIG_IGN


def test_workers_import_no_torch_by_themselves_and_leave_ctrl_c_to_the_driver(
    cluster: Executor,
) -> None:
    # Else their GPU would be chosen too late.
    assert cluster.submit(has_torch_and_ignores_ctrl_c, 0).result(timeout=30) == (False, True)


def die_once(mark: str, number: int) -> Outcome:
    if Path(mark).exists():
        Path(mark).unlink()
        os.kill(os.getpid(), signal.SIGKILL)
    return "done"


def test_a_worker_that_is_killed_is_replaced(cluster: Executor, tmp_path: Path) -> None:
    (tmp_path / "mark").touch()
    InFlight(partial(die_once, str(tmp_path / "mark")), 2, cluster).run()
    assert not (tmp_path / "mark").exists()


def pid(number: int) -> int:
    return os.getpid()


def test_a_killed_worker_that_starts_slowly_is_not_given_up() -> None:
    config = pytest.importorskip("dask.config")
    with (
        config.set({"distributed.deploy.lost-worker-timeout": "1 ms"}),
        local_cluster([{}]) as executor,
    ):
        first = executor.submit(pid, 0).result(timeout=60)
        os.kill(first, signal.SIGKILL)
        assert executor.submit(pid, 1).result(timeout=60) != first


@pytest.mark.parametrize(
    ("n_workers", "message"),
    [
        (0, "has no workers, and the search waits for one; start some by 'dask worker tcp://"),
        (1, r"All 1 workers .* are paused, .* \(memory_limit of 32.00 MiB\).* --memory-limit"),
    ],
)
def test_a_cluster_that_takes_no_calls_says_what_to_do(n_workers: int, message: str) -> None:
    distributed = pytest.importorskip("distributed")
    local = {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"}
    scheduler = {"cls": distributed.Scheduler, "options": {**local, "port": 0}}
    worker = {"cls": distributed.Worker, "options": {**local, "memory_limit": 2**25}}
    with (
        distributed.SpecCluster(
            dict.fromkeys(range(n_workers), worker), scheduler, silence_logs="CRITICAL"
        ) as cluster,
        cluster_at(cluster.scheduler_address) as executor,
    ):
        assert isinstance(executor, DaskExecutor)
        end = time.monotonic() + 30
        while (obstacle := executor.obstacle()) is None and time.monotonic() < end:
            time.sleep(0.05)
    assert obstacle is not None
    assert re.search(message, obstacle)


@pytest.mark.filterwarnings("error")  # of a port that another cluster uses
def test_two_clusters_do_not_disturb_each_other() -> None:
    with local_cluster([]), local_cluster([]) as executor:
        assert isinstance(executor, DaskExecutor)
        # Nobody has to start workers of a local cluster.
        assert str(executor.obstacle()).startswith("All workers have died and are being started")


def test_workers_of_ones_own_take_calls(cluster: Executor) -> None:
    assert isinstance(cluster, DaskExecutor)
    assert cluster.obstacle() is None


def test_a_scheduler_that_does_not_answer_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_clusters, "PATIENCE", 0.2)
    with (
        pytest.raises(InputError, match=r"^scheduler 'tcp://127.0.0.1:1' cannot be reached"),
        cluster_at("tcp://127.0.0.1:1"),
    ):
        pass


@pytest.mark.parametrize("address", ["login1", "", "xx://login1:8786"])
@pytest.mark.filterwarnings("error")  # of a client that tries to connect on and on
def test_what_is_no_address_is_refused_at_once(address: str) -> None:
    with pytest.raises(InputError, match="as in tcp://HOST:8786"), cluster_at(address):
        pass
    gc.collect()


def test_without_dask_the_message_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_clusters.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"optuna-dnc\[workers\]"), local_cluster([{}]):
        pass
