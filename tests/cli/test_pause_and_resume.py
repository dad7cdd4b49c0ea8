"""Searches are paused and resumed on the command line."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from optuna_dnc.runs.ledger import Ledger
from optuna_dnc.runs.records import Record
from tests.cli.conftest import FASTEST, Outcome, Run

Write = Callable[..., Path]
Pausing = Callable[[], AbstractContextManager[list[Outcome]]]

OWN = """
from optuna.samplers import RandomSampler
from optuna_dnc.nets import MLPFamily

class Family(MLPFamily):
    name = "own"

class Sampler(RandomSampler):
    pass
"""


@pytest.fixture
def pausing(run: Run) -> Pausing:
    """A block in which a search is paused after its first trial; lists what that printed."""
    add = Ledger.add

    @contextmanager
    def block() -> Iterator[list[Outcome]]:
        paused: list[Outcome] = []

        def adding(self: Ledger, record: Record) -> None:
            add(self, record)
            patch.undo()
            paused.append(run("pause", "run"))

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Ledger, "add", adding)
            yield paused

    return block


def test_a_search_is_paused_shown_as_paused_and_resumed(
    run: Run, npz: Write, pausing: Pausing
) -> None:
    with pausing() as paused:
        searched = run("search", npz(), *FASTEST, "-q", "--out", "run")
    assert paused[0].code == 0
    assert "resume with: optuna-dnc resume run" in paused[0].out
    assert searched.code == 0
    assert "Paused. Finished trials are saved; run the same command again" in searched.err
    assert run("status", "run").out.startswith("run: paused; ")
    resumed = run("resume", "run", "--device", "cpu", "-q")
    assert resumed.code == 0
    assert resumed.out.rstrip().endswith("Saved in run")
    assert json.loads(run("status", "run", "--json").out)["state"] == "complete"


def test_a_search_with_own_parts_names_what_resume_needs(
    run: Run, npz: Write, pausing: Pausing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", sys.path[:])
    (tmp_path / "own_parts.py").write_text(OWN)
    parts = ["--network", "own_parts:Family", "--sampler", "own_parts:Sampler"]
    with pausing():
        run("search", npz(), *FASTEST, *parts, "-q", "--out", "run")
    refused = run("resume", "run")
    assert refused.code == 2
    assert "which is not registered; give it with --network." in refused.err
    assert run("resume", "run", *parts, "-q").code == 0


@pytest.mark.parametrize("command", ["pause", "resume"])
def test_a_folder_without_a_search_is_refused(run: Run, command: str) -> None:
    outcome = run(command, "nothing")
    assert (outcome.code, outcome.out) == (2, "")
    assert "give the folder of a search" in outcome.err


def test_what_is_complete_is_not_paused_and_resuming_shows_it(
    run: Run, in_finished_search: None
) -> None:
    assert "has ended" in run("pause", "run").err
    assert run("resume", "run", "-q").out.rstrip().endswith("Saved in run")


def test_a_complete_search_is_extended(run: Run, in_finished_search: None) -> None:
    before = json.loads(run("status", "run", "--json").out)["stages"][0]["n_trials"]
    assert run("extend", "run", "--steps", "2", "-q").code == 0
    assert json.loads(run("status", "run", "--json").out)["stages"][0]["n_trials"] == before + 1


@pytest.mark.parametrize("command", [("resume", "run"), ("extend", "run", "--steps", "2")])
def test_what_goes_on_takes_workers_as_search_does(
    run: Run, in_finished_search: None, tmp_path: Path, command: tuple[str, ...]
) -> None:
    refused = run(*command, "--scheduler", "tcp://127.0.0.1:1")
    assert (refused.code, refused.out) == (2, "")
    assert "--scheduler needs --workers" in refused.err
    prepared = run(*command, "--workers", "0", "-q")
    assert prepared.code == 0
    assert f"optuna-dnc worker {tmp_path / 'run'}" in prepared.out


def test_extend_says_what_must_be_raised(run: Run, in_finished_search: None) -> None:
    nothing, less = run("extend", "run"), run("extend", "run", "--steps", "0")
    assert (nothing.code, less.code) == (2, 2)
    assert "--steps must be at least 1, as in the search so far, got 0; raise it." in less.err
    assert "raise --steps, --startup or --budget, or give --timeout." in nothing.err
