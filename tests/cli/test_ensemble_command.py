"""``optuna-dnc ensemble``: what it shows, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from optuna_dnc.cli.ensemble_view import TrainingLines
from optuna_dnc.ensemble import MemberProgress
from optuna_dnc.training import Epoch, trainer
from tests.cli.conftest import Run
from tests.cli.test_bad_input import assert_refused

pytestmark = pytest.mark.usefixtures("in_finished_search")


def test_it_compares_with_the_best_network(run: Run, tmp_path: Path) -> None:
    outcome = run("ensemble", "run", "--data", "data.npz", "--top", "3")
    assert outcome.code == 0
    lines = outcome.out.splitlines()
    best = json.loads((tmp_path / "run" / "result.json").read_text())["best"]
    row = next(line for line in lines if line.lstrip().startswith("best network")).split()
    assert row[2:5] == [
        f"{best['val_accuracy']:.4f}",
        f"{best['test_accuracy']:.4f}",
        f"{best['n_params']:,}",
    ]
    assert any("ensemble of 3 networks" in line for line in lines)
    assert lines[-1] == "Saved in run/ensemble"
    assert max(map(len, lines)) <= 100
    assert "Training network 2/3: " in outcome.err
    assert "\x1b" not in outcome.out + outcome.err


def test_workers_are_awaited_and_report_what_they_have_trained(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = TrainingLines(lambda done, text: None, quiet=False)
    lines.await_workers(2, are_local=True)
    lines(MemberProgress(1, 2, "8 relu", 4, 4))
    lines(MemberProgress(2, 2, "4 tanh", 1, 4))
    lines(MemberProgress(2, 2, "4 tanh", 4, 4))
    assert capsys.readouterr().err.splitlines() == [
        "Starting 2 workers ...",
        "Trained network 1/2: 8 relu",
        "Training network 2/2: 4 tanh",
    ]


def test_json_and_quiet(run: Run, tmp_path: Path) -> None:
    outcome = run("ensemble", "run", "--data", "data.npz", "--greedy", "--json", "-q")
    assert outcome.err == ""
    written = (tmp_path / "run" / "ensemble" / "ensemble.json").read_text()
    assert json.loads(outcome.out) == json.loads(written)
    assert json.loads(written)["selection"] == "greedy"


def test_snapshots(run: Run) -> None:
    out = run("ensemble", "run", "--data", "data.npz", "--snapshots", "2").out
    assert "epoch 2" in out
    assert "epoch 4" in out


def test_fewer_leaders_than_asked_for_are_told(run: Run) -> None:
    out = run("ensemble", "run", "--data", "data.npz", "--top", "500").out
    assert out.startswith("The search trained only ")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--top", "0"], "at least 1"),
        (["--top", "2", "--snapshots", "2"], "leave one of them out"),
        (["--snapshots", "9"], "at most 4"),
        (["--data", "digits"], "holds other samples"),
        (["--storage", "sqlite:////no/such/place.db"], "cannot be reached"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(
    run: Run, tmp_path: Path, options: list[str], words: str
) -> None:
    outcome = run("ensemble", "run", *options)
    assert (outcome.code, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert words in outcome.err
    assert not (tmp_path / "run" / "ensemble").exists()


def test_a_folder_without_a_search(run: Run) -> None:
    outcome = run("ensemble", ".")
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert "holds no result.json" in outcome.err


def test_ctrl_c_keeps_what_was_trained(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    epoch = trainer.Trainer.epoch
    trained: list[int] = []

    def interrupted(self: trainer.Trainer, done: int) -> Epoch:
        trained.append(done)
        if len(trained) == 6:  # in the second network
            raise KeyboardInterrupt
        return epoch(self, done)

    monkeypatch.setattr(trainer.Trainer, "epoch", interrupted)
    outcome = run("ensemble", "run", "--data", "data.npz", "--top", "3", "-q")
    assert (outcome.code, outcome.err.count("\n")) == (130, 1)
    assert outcome.err.startswith("Interrupted. Finished trials are saved")
    assert run("ensemble", "run", "--data", "data.npz", "--top", "3", "-q").code == 0
    assert len(trained) == 6 + 4


def test_what_workers_cannot_do_is_refused_in_one_line(run: Run) -> None:
    refused = run("ensemble", "run", "--data", "data.npz", "--scheduler", "tcp://127.0.0.1:1")
    assert_refused(refused, "--scheduler needs --workers")
    refused = run("ensemble", "run", "--data", "data.npz", "--snapshots", "2", "--workers", "2")
    assert_refused(refused, "--workers 2 cannot be used with snapshots")
