"""``optuna-dnc refit``, and what predicts and exports its network."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.sealing import rewrite

pytestmark = pytest.mark.usefixtures("in_finished_search")


def test_it_compares_with_the_search(run: Run, tmp_path: Path) -> None:
    outcome = run("refit", "run", "--data", "data.npz", "--epochs", "20")
    assert outcome.code == 0
    assert outcome.err.startswith("Epoch 10: train loss ")
    written = json.loads((tmp_path / "run" / "refit" / "refit.json").read_text())
    result = json.loads((tmp_path / "run" / "result.json").read_text())
    best, last = result["best"], result["refit"]
    rows = {line.split()[0]: line.split()[1:] for line in outcome.out.splitlines() if line.strip()}
    assert rows["search"] == [
        f"{best['test_accuracy']:.4f}",
        f"{best['val_accuracy']:.4f}",
        str(last["n_samples"]),
        str(last["epochs"]),
    ]
    assert rows["refit"] == [f"{written['measured']['test_accuracy']:.4f}", "-", "90", "20"]
    assert outcome.out.splitlines()[-1] == "Saved in run/refit"


def test_hold_out_json_and_quiet(run: Run) -> None:
    outcome = run(
        "refit", "run", "--data", "data.npz", "--hold-out", "--json", "-q",
        "--training", "schedule=cosine", "--training", "mixup=0.2",
    )  # fmt: skip
    assert outcome.err == ""
    told = json.loads(outcome.out)
    assert told["measured"]["n_samples"] == 72
    assert 0 <= told["measured"]["val_error"] <= 1
    assert (told["asked"]["training"]["schedule"], told["asked"]["training"]["mixup"]) == (
        "cosine",
        0.2,
    )


def test_it_is_what_refit_predicts_and_exports(run: Run, tmp_path: Path) -> None:
    run("refit", "run", "--data", "data.npz", "--epochs", "20", "-q")
    found = json.loads((tmp_path / "run" / "refit" / "refit.json").read_text())["measured"]
    predicted = run("predict", "run", "data.npz", "--refit")
    assert f"Accuracy {found['test_accuracy']:.4f} on the 30 labels" in predicted.err
    exported = run("export", "run", "--refit", "--format", "python")
    assert exported.out.startswith("run/refit/export/network.py")
    assert f"test accuracy {found['test_accuracy']:.4f}" in " ".join(
        (tmp_path / "run" / "refit" / "export" / "network.py").read_text().split()
    )


def test_what_the_search_has_found_since_is_told_in_one_line(run: Run, tmp_path: Path) -> None:
    run("refit", "run", "--data", "data.npz", "--epochs", "1", "-q")
    result = tmp_path / "run" / "result.json"
    rewrite(result, lambda summary: summary["best"]["config"].update(widths=[3]))
    outcome = run("predict", "run", "data.npz", "--refit", "--json")
    assert outcome.code == 0
    assert len(json.loads(outcome.out)) == 30
    assert outcome.err.startswith("optuna-dnc: run/refit holds an earlier best network than run")
    assert outcome.err.count("\n") == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["refit", "run", "--training", "lr"], "--training 'lr' must be NAME=VALUE."),
        (["refit", "run", "--training", "epochs=3"], "--training epochs: give it as --epochs."),
        (["predict", "run", "data.npz", "--refit"], "train one with: optuna-dnc refit run"),
        (["predict", "run", "data.npz", "--refit", "--ensemble"], "leave one of them out"),
    ],
)
def test_bad_input(run: Run, arguments: list[str], message: str) -> None:
    outcome = run(*arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert message in outcome.err
    assert len(outcome.err.splitlines()) == 1


def test_data_that_are_not_found_again(run: Run) -> None:
    noted = Path("run/data.json")
    rewrite(noted, lambda content: content.update(source="/gone/data.npz"))
    outcome = run("refit", "run")
    assert (outcome.code, outcome.out) == (2, "")
    assert "/gone/data.npz, which no longer exists; give the same" in outcome.err
    noted.unlink()  # as in runs of earlier versions
    assert "data: the search in run was run on 'data'" in run("refit", "run").err
