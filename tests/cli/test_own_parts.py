"""``--network module:Class`` and ``--sampler module:Class``: what the user types is imported."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import FAST, Run

FAMILY = """
from typing import ClassVar
from optuna_dnc.nets import MLPFamily

class Wide(MLPFamily):
    name: ClassVar[str] = "wide"
"""


@pytest.fixture(autouse=True)
def _own_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """The current folder is among the modules for one test only."""
    monkeypatch.setattr(sys, "path", sys.path[:])


def test_classes_are_imported_from_the_current_folder_and_from_packages(
    run: Run, npz: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "wide_networks.py").write_text(FAMILY)
    parts = ["--network", "wide_networks:Wide", "--sampler", "optuna.samplers:RandomSampler"]

    assert run("search", npz(), *parts, *FAST, "-q", "--out", "run").code == 0

    stored = json.loads((tmp_path / "run" / "settings.json").read_text())
    assert stored["network"] == "wide"
    assert stored["space"]["width"] == [4, 8]
    assert stored["sampler"] == "optuna.samplers._random:RandomSampler"
    refused = run("search", npz(), *FAST, "-q", "--out", "run", "--network", "wide_networks:Wide")
    assert refused.code == 2
    assert 'sampler was "optuna.samplers._random:RandomSampler", now "dnc"' in refused.err


@pytest.mark.parametrize(
    ("option", "spec", "reason"),
    [
        ("--network", "no_such_module:Wide", "module 'no_such_module' cannot be imported"),
        ("--network", "optuna:NoSuchClass", "'optuna' has no 'NoSuchClass'"),
        ("--network", "optuna:Trial", "network"),
        ("--network", "optuna:", "must be a name or module:Class"),
        ("--sampler", "optuna.trial:FrozenTrial", "must be an Optuna sampler"),
        ("--sampler", "no such:module", "must be a name or module:Class"),
    ],
)
def test_what_cannot_be_imported_is_refused_in_one_line(
    run: Run, npz: Callable[..., Path], option: str, spec: str, reason: str
) -> None:
    outcome = run("search", npz(), option, spec, "--dry-run")

    assert outcome.code == 2
    assert reason in outcome.err
    assert outcome.err.count("\n") == 1


def test_names_in_files_are_not_imported(
    run: Run, npz: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "trap.py").write_text("raise SystemExit('imported')")
    (tmp_path / "options.toml").write_text('sampler = "trap:Sampler"\n')

    outcome = run("search", npz(), "--config", "options.toml", "--dry-run")

    assert outcome.code == 2
    assert "sampler 'trap:Sampler' is not a registered name" in outcome.err
    assert "trap" not in sys.modules


@pytest.mark.usefixtures("in_finished_search")
def test_names_in_a_runs_folder_are_not_imported(run: Run, tmp_path: Path) -> None:
    (tmp_path / "trap.py").write_text("raise SystemExit('imported')")
    sys.path.append("")
    settings = tmp_path / "run" / "settings.json"
    stored = json.loads(settings.read_text())
    settings.write_text(json.dumps(stored | {"sampler": "trap:Sampler", "network": "trap:Net"}))

    run("status", "run")
    run("transfer", "run", "digits", "--dry-run")

    assert "trap" not in sys.modules
