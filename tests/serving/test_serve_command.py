"""The command serves until it is interrupted."""

from __future__ import annotations

import json
import signal
import socket
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.processes import Process, command, needs_fork


@needs_fork
@pytest.mark.filterwarnings("ignore:.*use of fork")
def test_a_client_in_another_process(searched: Any, arrays: Any, tmp_path: Path) -> None:
    server = Process(command("serve", searched, "--port", 0), tmp_path)
    try:
        line = server.stdout.readline()
        url = line.split(": ")[1].split()[0]
        body = json.dumps({"rows": arrays[2][:3].tolist()}).encode()
        headers = {"content-type": "application/json"}
        request = urllib.request.Request(f"{url}predict", body, headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert len(json.load(answer)["predictions"]) == 3
    finally:
        server.send(signal.SIGINT)
        ended = server.end()
    assert (ended.code, ended.err) == (130, "")


def test_a_port_in_use_is_named(searched: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from optuna_dnc.cli import main

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SystemExit) as ended:
            main(["serve", str(searched), "--port", str(port)])
    assert ended.value.code == 2
    assert f"--port: {port} is in use on 127.0.0.1" in capsys.readouterr().err
