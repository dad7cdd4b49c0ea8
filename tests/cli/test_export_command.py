"""``optuna-dnc export``: what it prints, and what it refuses."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from optuna_dnc.cli import main
from tests.cli.conftest import FASTEST, Run
from tests.searches import made_once


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    def make(folder: Path) -> None:
        with pytest.raises(SystemExit):
            main(["search", "digits", *FASTEST, "-q", "--out", str(folder / "run")])

    return made_once(tmp_path_factory, "exporting", make)


@pytest.fixture(autouse=True)
def _copied(finished: Path, tmp_path: Path) -> None:
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)


def test_it_says_what_was_written_and_how_well_it_agrees(run: Run) -> None:
    outcome = run("export", "run", "--format", "python", "--out", "new/net.py")
    code, weights, takes, deviation = outcome.out.splitlines()
    assert code == f"new/net.py: {Path('new/net.py').stat().st_size:,} bytes"
    assert weights.startswith("new/net_weights.safetensors: ")
    assert takes == "Input: raw samples (n, 1, 8, 8) float32."
    assert deviation.startswith("Largest deviation from the network: ")
    assert deviation.endswith(", on 256 samples of digits.")


def test_json(run: Run) -> None:
    np.savez("mine.npz", x=np.zeros((3, 1, 8, 8)))
    answer = run("export", "run", "--format", "safetensors", "--data", "mine.npz", "--json").out
    facts = json.loads(answer)
    assert facts["files"] == ["run/export/network.safetensors"]
    assert (facts["n_samples"], facts["samples"]) == (3, "samples of mine.npz")
    assert facts["takes"].startswith("normalized samples (n, 1, 8, 8) float32")
    assert facts["largest_deviation"] < 1e-6


def test_a_second_export_overwrites_nothing(run: Run) -> None:
    run("export", "run", "--format", "safetensors")
    before = Path("run/export/network.safetensors").stat()
    outcome = run("export", "run", "--format", "safetensors")
    assert (outcome.code, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert "exists and is not overwritten" in outcome.err
    assert Path("run/export/network.safetensors").stat().st_mtime_ns == before.st_mtime_ns


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run"], "--format"),
        (["run", "--format", "tflite"], "allowed are onnx, pt2, python, safetensors"),
        (["run", "--format", "pt2", "--data", "nothing.npz"], "does not exist"),
        (["run", "--format", "python", "--out", "run/result.json/net.py"], "cannot be written"),
        (["nothing", "--format", "onnx"], "nothing does not exist; give the folder"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(
    run: Run, arguments: list[str], words: str
) -> None:
    outcome = run("export", *arguments)
    assert (outcome.code, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert words in outcome.err
    assert not Path("run/export").exists()
