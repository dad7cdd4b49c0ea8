"""A search runs, resumes and outlasts a restart in every storage, and tells no password."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.storages import BaseStorage, JournalStorage

from optuna_dnc import InputError
from optuna_dnc._optuna_compat import engine_of
from optuna_dnc.cli import main
from optuna_dnc.runs import open_run, servers, sharing
from optuna_dnc.runs.storage import open_storage
from optuna_dnc.search import SearchResult, StagedSearch
from tests.interruption import Killed
from tests.processes import exit_code, fork, needs_fork
from tests.searches import trials_of
from tests.servers import PASSWORD, QUOTED, Server, free_port

PROXY = """
import sys, optuna
storage = optuna.storages.InMemoryStorage()
optuna.storages.run_grpc_proxy_server(storage, host="127.0.0.1", port=int(sys.argv[1]))
"""
KINDS = ["postgres", "mariadb", "redis_server", "journal", "grpc"]


@pytest.fixture(autouse=True)
def _no_other_worker_has_to_settle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("optuna_dnc.runs.database_locks.SETTLE", 0.0)


@pytest.fixture(scope="module")
def grpc_url() -> Iterator[str]:
    """The URL of a gRPC proxy, in a process of its own."""
    pytest.importorskip("grpc")
    port = free_port()
    process = subprocess.Popen([sys.executable, "-c", PROXY, str(port)], stderr=subprocess.DEVNULL)
    yield f"grpc://127.0.0.1:{port}"
    process.kill()
    process.wait()


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of each kind of storage."""
    if request.param == "journal":
        return f"journal://{tmp_path}/trials.journal"
    if request.param == "grpc":
        address: str = request.getfixturevalue("grpc_url")
        return address
    server: Server = request.getfixturevalue(request.param)
    return server.url


@pytest.fixture
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder whose name no other test uses: it begins the names of the studies."""
    return tmp_path / request.node.name.replace("[", "-").rstrip("]")


def test_a_killed_search_is_resumed_and_has_the_trials_of_one_in_its_own_file(
    url: str,
    whole_search: Path,
    folder: Path,
    search: Callable[..., StagedSearch],
    kill_at_report: Callable[[int], None],
) -> None:
    kill_at_report(5)
    with pytest.raises(Killed):
        search(storage=url, out=folder).run()
    kill_at_report(0)
    result = search(storage=url, out=folder).run()
    assert result.best.loss == SearchResult.load(whole_search).best.loss
    assert trials_of(folder, open_storage(url)) == trials_of(whole_search)
    assert open_run(folder, url, to_read=True).state == "complete"


@needs_fork
@pytest.mark.filterwarnings("ignore:.*use of fork")
def test_the_locks_of_a_killed_process_do_not_hold_up_its_resumption(
    postgres: Server,
    whole_search: Path,
    npz: Path,
    folder: Path,
    search: Callable[..., StagedSearch],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def die() -> None:
        report, n_reports = optuna.Trial.report, 0

        def dying(self: optuna.Trial, value: float, step: int) -> None:
            nonlocal n_reports
            report(self, value, step)
            n_reports += 1
            if n_reports == 7:
                os.kill(os.getpid(), signal.SIGKILL)

        monkeypatch.setattr(optuna.Trial, "report", dying)
        search(data=npz, storage=postgres.url, out=folder).run()

    assert exit_code(fork(die)) == -signal.SIGKILL
    search(data=npz, storage=postgres.url, out=folder).run()
    assert trials_of(folder, open_storage(postgres.url)) == trials_of(whole_search)


def test_a_file_of_sqlite_is_not_joined_from_another_host(
    folder: Path,
    search: Callable[..., StagedSearch],
    kill_at_report: Callable[[int], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kill_at_report(1)
    with pytest.raises(Killed):
        search(out=folder).run()
    monkeypatch.setattr(sharing, "node", lambda: "other")
    with pytest.raises(InputError, match="SQLite does not work from several hosts"):
        search(out=folder).joined().__enter__()


def test_a_search_outlasts_a_restart_of_its_server(
    database_server: Server,
    whole_search: Path,
    folder: Path,
    search: Callable[..., StagedSearch],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    report, seen = optuna.Trial.report, 0

    def restarting(self: optuna.Trial, value: float, step: int) -> None:
        nonlocal seen
        seen += 1
        if seen == 6:
            database_server.stop()
            threading.Timer(0.1, database_server.start).start()
        report(self, value, step)

    monkeypatch.setattr(optuna.Trial, "report", restarting)
    result = search(storage=database_server.url, out=folder).run()
    assert seen > 6
    assert result.best.loss == SearchResult.load(whole_search).best.loss
    assert trials_of(folder, open_storage(database_server.url)) == trials_of(whole_search)


def test_a_server_that_stays_away_ends_the_search_with_one_line(
    redis_server: Server,
    folder: Path,
    search: Callable[..., StagedSearch],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("optuna_dnc._retrying.PATIENCE", 0.2)
    report = optuna.Trial.report

    def stopping(self: optuna.Trial, value: float, step: int) -> None:
        redis_server.stop()
        report(self, value, step)

    try:
        with monkeypatch.context() as patch:
            patch.setattr(optuna.Trial, "report", stopping)
            with pytest.raises(InputError, match=r"^storage: it stopped responding .* to resume"):
                search(storage=redis_server.url, out=folder).run()
    finally:
        redis_server.start()
    assert search(storage=redis_server.url, out=folder).run().complete


@pytest.mark.parametrize("kind", ["postgres", "redis_server"])
def test_nothing_has_the_password_of_a_server(
    request: pytest.FixtureRequest,
    kind: str,
    npz: Path,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server: Server = request.getfixturevalue(kind)
    monkeypatch.setenv("OPTUNA_DNC_STORAGE", server.url)
    small = [
        "--epochs",
        "1",
        "--startup",
        "1",
        "--steps",
        "1",
        "--space",
        "width=4:8",
        "--no-floors",
    ]
    printed = io.StringIO()
    for arguments in (
        ["search", npz, "--network", "mlp", *small, "--device", "cpu", "--out", folder],
        ["status", folder],
        ["search", npz, "--network", "mlp", *small, "--epochs", "2", "--out", folder],
        ["status", folder, "--storage", server.url.replace("/runs", "/none").replace("/0", "/a")],
    ):
        with redirect_stdout(printed), redirect_stderr(printed), pytest.raises(SystemExit):
            main([str(argument) for argument in arguments])
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {"result.json", "settings.json"} <= {path.name for path in files}
    texts = [printed.getvalue().encode(), *(path.read_bytes() for path in files)]
    for form in (PASSWORD, QUOTED):
        assert not any(form.encode() in text for text in texts)


def test_the_variable_does_not_concern_a_run_with_a_file_of_its_own(
    whole_search: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPTUNA_DNC_STORAGE", "redis://127.0.0.1:1/0")
    with pytest.raises(SystemExit) as stop:
        main(["status", str(whole_search)])
    assert stop.value.code == 0
    with pytest.raises(SystemExit) as stop:
        main(["status", str(whole_search), "--storage", "redis://127.0.0.1:1/0"])
    assert stop.value.code == 2
    assert "cannot be reached" in capsys.readouterr().err


def test_several_that_open_a_new_database_at_once_create_its_tables(
    database_server: Server,
) -> None:
    engine = engine_of(open_storage(database_server.url))
    assert engine is not None
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("CREATE DATABASE runs_fresh")
    opened: list[Any] = []

    def open_it() -> None:
        try:
            opened.append(open_storage(f"{database_server.url}_fresh").get_all_studies())
        except InputError as error:
            opened.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert opened == [[]] * 4


@pytest.mark.parametrize(
    ("url", "module", "extra"),
    [
        ("postgresql+psycopg://h/d", "psycopg", "postgresql"),
        ("mysql+pymysql://h/d", "pymysql", "mysql"),
        ("redis://h", "redis", "redis"),
        ("grpc://h", "grpc", "grpc"),
    ],
)
def test_a_missing_driver_is_named_with_the_command_that_installs_it(
    url: str, module: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(InputError, match="which is not installed") as caught:
        open_storage(url)
    assert f"pip install 'optuna-dnc[{extra}]'" in str(caught.value)


@pytest.mark.parametrize(
    ("scheme", "module", "reason"),
    [
        ("postgresql+psycopg", "psycopg", "connection failed"),
        ("mysql+pymysql", "pymysql", "Can't connect to MySQL server"),
    ],
)
def test_the_reason_of_the_driver_is_told(scheme: str, module: str, reason: str) -> None:
    pytest.importorskip(module)
    with pytest.raises(InputError, match="onnection refused") as caught:
        open_storage(f"{scheme}://me:pw@127.0.0.1:{free_port()}/runs")
    assert reason in str(caught.value)
    assert "sqlalche" not in str(caught.value)


def test_a_proxy_that_does_not_answer_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("grpc")
    monkeypatch.setattr(servers, "PATIENCE", 0.1)
    with pytest.raises(InputError, match=r"cannot be reached \(no answer within 0.1 seconds\)"):
        open_storage(f"grpc://127.0.0.1:{free_port()}")


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_a_journal_of_redis_is_one_of_optuna_without_its_pickles(redis_server: Server) -> None:
    import redis

    study = optuna.create_study(storage=open_storage(redis_server.url), study_name="pickles")
    for number in range(101):
        study.add_trial(optuna.trial.create_trial(value=number))
    with redis.Redis.from_url(redis_server.url) as client:
        assert client.get(":snapshot") is None
    theirs: BaseStorage = JournalStorage(
        optuna.storages.journal.JournalRedisBackend(redis_server.url)
    )
    read = optuna.load_study(study_name="pickles", storage=theirs).trials
    assert [trial.value for trial in read] == [*range(101)]
