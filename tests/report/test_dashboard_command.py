"""``optuna-dnc dashboard`` from start to Ctrl-C, and with wrong inputs."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from optuna_dnc.cli import main
from optuna_dnc.report import dashboard
from optuna_dnc.report.dashboard.server import DashboardServer

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in this process; gives the exit code and what is on stderr."""

    def command(*arguments: object) -> tuple[int, str]:
        with pytest.raises(SystemExit) as stop:
            main(["dashboard", *map(str, arguments)])
        return int(stop.value.code or 0), capsys.readouterr().err

    return command


def test_it_says_where_it_is_answers_and_ends_with_ctrl_c(
    finished_copy: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[bytes] = []

    def visit(url: str) -> None:
        with urllib.request.urlopen(f"{url}api/studies") as answer:
            answers.append(answer.read())
        os.kill(os.getpid(), signal.SIGINT)

    serve = DashboardServer.serve_forever

    def serve_a_visitor(server: DashboardServer) -> None:
        threading.Thread(target=visit, args=(server.url,)).start()
        serve(server)

    monkeypatch.setattr(DashboardServer, "serve_forever", serve_a_visitor)
    # Background jobs of a shell ignore it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(SystemExit) as stop:
            main(["dashboard", str(finished_copy), "--port", "0"])
    finally:
        signal.signal(signal.SIGINT, before)
    screen = capsys.readouterr()
    assert (stop.value.code or 0, screen.err) == (0, "")
    assert f"Dashboard of {finished_copy}: http://127.0.0.1:" in screen.out
    assert b"run/3-training" in answers[0]


def test_a_port_in_use_is_one_line_and_nothing_is_published(finished_copy: Path, run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        code, error = run(finished_copy, "--port", port)
    assert code == 2
    assert error == (
        f"optuna-dnc: --port: {port} is in use on 127.0.0.1; choose another, "
        f"such as --port {port + 1}.\n"
    )
    assert not (finished_copy / "artifacts").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--host", "192.0.2.7", "--port", "0"), "'192.0.2.7' is not an address of this machine"),
        (
            ("--host", "no.such.host.invalid", "--port", "0"),
            "is not an IP address or name of this",
        ),
        (("--port", "70000"), "--port"),
        (("--storage", "sqlite:////nowhere/at/all.db"), "cannot be reached"),
    ],
)
def test_wrong_options_are_one_line(
    finished_copy: Path, run: Run, arguments: tuple[str, ...], message: str
) -> None:
    code, error = run(finished_copy, *arguments)
    assert code == 2
    assert message in error.splitlines()[-1]


def test_a_folder_without_a_search_is_one_line(tmp_path: Path, run: Run) -> None:
    assert run(tmp_path) == (
        2,
        f"optuna-dnc: {tmp_path} holds no settings.json; give the folder of a search.\n",
    )


def test_without_plotly_it_says_what_to_install(
    finished_copy: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("optuna_dnc.report")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "plotly", None)
    code, error = run(finished_copy)
    assert code == 2
    assert error.endswith("pip install 'optuna-dnc[report]'\n")
    assert not (finished_copy / "artifacts").exists()


def test_who_opens_it_to_others_is_warned(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, Any] = {}
    monkeypatch.setattr(dashboard, "serve_dashboard", lambda path, **given: asked.update(given))
    assert run(tmp_path) == (0, "")
    assert asked["host"] == "127.0.0.1"
    code, error = run(tmp_path, "--host", "0.0.0.0")
    assert code == 0
    assert "no password" in error
