"""The command says what it needs, and who can reach it."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from tests.cli.conftest import Run


def test_packages_that_are_missing_are_named() -> None:
    program = (
        "import sys; sys.modules['grpc'] = None\n"
        "from optuna_dnc.cli import main\n"
        "main(['katib', '--port', '0'])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == (
        "optuna-dnc: katib needs grpc, which is not installed; run: "
        "pip install 'optuna-dnc[katib]'\n"
    )


def test_an_address_that_others_can_reach_is_told(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("grpc_health")
    from optuna_dnc.katib import SuggestionServer

    def wait(server: Any) -> None:
        assert server.address.startswith("0.0.0.0:")

    monkeypatch.setattr(SuggestionServer, "wait", wait)
    outcome = run("katib", "--port", "0", "--host", "0.0.0.0")
    assert outcome.code == 0
    assert "anyone who can reach this address can use it" in outcome.err
    assert "Suggestions for Katib: 0.0.0.0:" in outcome.out


def test_a_host_that_is_not_here_is_refused(run: Run) -> None:
    pytest.importorskip("grpc_health")
    outcome = run("katib", "--host", "nowhere.invalid")
    assert outcome.code == 2
    assert "--host: 'nowhere.invalid' is not an IP address or name of this machine" in outcome.err
