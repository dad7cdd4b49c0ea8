"""Completion of commands and options by the shell, and the bare command."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.cli.conftest import Run


def asked(instruction: str, **more: str) -> str:
    """Return what the command prints to a shell that asks it about completion."""
    ended = subprocess.run(
        [sys.executable, "-m", "optuna_dnc"],
        env=os.environ | {"_OPTUNA_DNC_COMPLETE": instruction} | more,
        capture_output=True,
        text=True,
        check=True,
    )
    return ended.stdout


def completed(*words: str) -> list[str]:
    """Return what Bash would offer after these words."""
    line = {"COMP_WORDS": " ".join(("optuna-dnc", *words)), "COMP_CWORD": str(len(words))}
    return asked("complete_bash", **line).split()


def test_the_completion_script_asks_the_command() -> None:
    script = asked("source_bash")
    assert "_OPTUNA_DNC_COMPLETE=complete_bash" in script
    assert script.rstrip().endswith("_optuna_dnc_completion optuna-dnc")


def test_the_command_installs_completion(run: Run) -> None:
    assert "--install-completion" in run("--help").out


def test_a_command_is_completed() -> None:
    assert completed("sea") == ["search"]


def test_an_option_that_is_a_setting_is_completed() -> None:
    assert completed("search", "digits", "--max-p") == ["--max-params"]


def test_the_bare_command_prints_its_help_alone(run: Run) -> None:
    outcome = run()
    assert (outcome.code, outcome.err) == (2, "")
    assert "Commands" in outcome.out


def test_the_package_runs_without_torch() -> None:
    program = (
        "import runpy, sys\n"
        "sys.argv = ['optuna_dnc', '--version']\n"
        "try: runpy.run_module('optuna_dnc', run_name='__main__')\n"
        "except SystemExit as stop: assert not stop.code\n"
        "assert 'torch' not in sys.modules\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.strip()


@pytest.mark.parametrize("command", ["search", "tradeoff", "transfer", "check"])
def test_every_example_is_on_a_line_of_its_own(
    run: Run, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = [line.strip() for line in run(command, "--help").out.splitlines()]
    examples = [line for line in lines if line.startswith(f"optuna-dnc {command} ")]
    assert len(examples) >= 2
    assert not any("│" in line for line in examples)
