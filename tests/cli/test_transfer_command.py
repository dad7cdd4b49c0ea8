"""``optuna-dnc transfer``: what it prints and refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.cli.conftest import FAST, Run
from tests.cli.test_bad_input import assert_refused

Write = Callable[..., Path]
PLAIN = ["--space", "dropout=0.2", "--space", "activation=relu"]


def _other(tmp_path: Path, arrays: dict[str, np.ndarray]) -> Path:
    wider: dict[str, Any] = {
        key: np.pad(x, ((0, 0), (0, 3))) if x.ndim > 1 else x for key, x in arrays.items()
    }
    np.savez(tmp_path / "other.npz", **wider)
    return tmp_path / "other.npz"


def test_a_network_moves_to_other_data_and_meets_a_native_search(
    run: Run, npz: Write, arrays: dict[str, np.ndarray], tmp_path: Path
) -> None:
    run("search", npz(), *FAST, *PLAIN, "--out", "source", "--quiet")
    other = _other(tmp_path, arrays)
    plan = run("transfer", "source", other, "--dry-run")
    assert "training: 3 (3 epochs)" in plan.out
    assert not (tmp_path / "runs").exists()

    (tmp_path / "settings.toml").write_text("steps = 4\n")
    longer = run("transfer", "source", other, "--config", "settings.toml", "--dry-run")
    assert "training: 6 (6 epochs)" in longer.out
    alone = run("transfer", "source", other, "--device", "cpu")
    assert alone.code == 0
    assert "training 3/3: loss" in alone.err
    assert alone.out.splitlines()[-2:] == [
        "Saved in runs/other-from-data",
        "The network was found on data (source).",
    ]
    assert run("status", "runs/other-from-data").code == 0
    assert len(run("predict", "runs/other-from-data", other).out.split()) == 30

    run("search", other, *FAST, *PLAIN, "--quiet", "--seed", "4")
    beside = run("transfer", "source", other, "--device", "cpu", "--quiet")
    words = [line.split()[0] for line in beside.out.splitlines() if line.strip()]
    assert {"transferred", "native"} <= set(words)
    assert "the baseline of runs/other." in beside.out
    assert "Differences: seed 4 there, 0 here." in beside.out
    named = run("transfer", "source", other, "--native", "runs/other", "--json", "--quiet")
    comparison = json.loads(named.out)["comparison"]
    assert comparison["native"]["path"] == "runs/other"

    files = {path: path.read_bytes() for path in (tmp_path / "runs").rglob("*.json")}
    refused = run("transfer", "source", other, "--native", "source", "--quiet")
    assert_refused(refused, "source is a search on other data")
    named_folder = ["--out", "runs/other-from-data", "--quiet"]
    refused = run("transfer", "source", other, "--epochs", "5", *named_folder)
    assert_refused(refused, "epochs was 1, now 5", "--out")
    refused = run("search", other, "--out", "runs/other-from-data")
    assert_refused(refused, "holds another search")
    assert files == {path: path.read_bytes() for path in (tmp_path / "runs").rglob("*.json")}


def test_wrong_input_is_one_line(run: Run, npz: Write, tmp_path: Path) -> None:
    data = npz()
    assert_refused(run("transfer", "nothing", data), "nothing does not exist")
    (tmp_path / "empty").mkdir()
    assert_refused(run("transfer", "empty", data), "empty holds no result.json")
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "result.json").write_text("{]")
    assert_refused(run("transfer", "damaged", data), "result.json is damaged")
    assert_refused(run("transfer", "empty"), "DATA")
    assert_refused(run("search", data, "--strategy", "transfer"), "optuna-dnc transfer DIR DATA")
    assert not (tmp_path / "runs").exists()


def test_workers_that_are_started_by_hand_run_a_prepared_transfer(
    run: Run, npz: Write, arrays: dict[str, np.ndarray], tmp_path: Path
) -> None:
    run("search", npz(), *FAST, *PLAIN, "--out", "source", "--quiet")
    other = _other(tmp_path, arrays)
    options = ("--device", "cpu", "--out", "moved")
    prepared = run("transfer", "source", other, *options, "--workers", 0)
    assert prepared.out.splitlines()[-1].strip().startswith("optuna-dnc worker ")
    assert run("worker", "moved").code == 0
    assert json.loads((tmp_path / "moved" / "result.json").read_text())["complete"]
