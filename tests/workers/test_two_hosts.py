"""Workers on two hosts: the second one has namespaces of its own for host name and network."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from platform import node

import pytest

from optuna_dnc.search import StagedSearch
from tests.servers import QUOTED, Server

Search = Callable[..., StagedSearch]

NAME = "second-host"
_ON_IT = [
    *("unshare", "--uts", "--net", "sh", "-c"),
    *('echo "$0" > /proc/sys/kernel/hostname && exec "$@"', NAME),
]


@pytest.fixture(scope="module")
def second_host() -> list[str]:
    """Start of a command line that runs a command there; skips the test where none may be."""
    try:
        tried = subprocess.run([*_ON_IT, "uname", "-n"], capture_output=True, text=True)
    except OSError as error:
        pytest.skip(f"unshare cannot be run ({error.strerror})")
    if tried.stdout.strip() != NAME:
        pytest.skip(f"namespaces are not allowed ({tried.stderr.strip()})")
    return _ON_IT


@contextmanager
def worker_on(host: list[str], *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [*host, sys.executable, "-m", "optuna_dnc", "worker", *arguments]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        try:
            yield process
        finally:
            process.kill()


def test_workers_of_two_hosts_share_a_search(
    search: Search, npz: Path, tmp_path: Path, postgres: Server, second_host: list[str]
) -> None:
    # Its Unix socket is a file, and reaches over networks.
    where = f"host={postgres.folder}&port={postgres.port}"
    url = f"postgresql+psycopg://optuna:{QUOTED}@/runs?{where}"
    folder = tmp_path / "two-hosts"
    with search(data=npz, out=folder, storage=url).begun() as run:
        assert run.work_once() == "trained"
        with worker_on(second_host, str(folder), "--storage", url) as other:
            while len(run.context.ledger.records) < 2:
                assert other.poll() is None, other.communicate()[1]
                time.sleep(0.05)
                with run.deciding():
                    pass
            result = run.complete()
            said = other.communicate(timeout=60)[1]
        assert other.returncode == 0, said
    assert {each["host"] for each in result.summary["workers"]} == {node(), NAME}
    records = run.context.ledger.records
    own = [record.key for record in records if record.reused_from is None]
    assert len(own) == len(set(own))
    for stage in run.stages:
        numbers = [record.trial_number for record in run.context.ledger.of_stages(stage.name)]
        assert sorted(numbers) == list(range(len(numbers)))


def test_sqlite_is_refused_on_the_second_host(
    search: Search, npz: Path, tmp_path: Path, second_host: list[str]
) -> None:
    folder = tmp_path / "run"
    with (
        search(data=npz).begun(),
        worker_on(second_host, str(folder)) as other,
    ):
        said = other.communicate(timeout=60)[1]
    assert other.returncode == 2
    assert f"SQLite file of host {node()}" in said
    assert f"here from {NAME}" in said
    assert "PostgreSQL" in said
