"""``optuna-dnc choose`` and what the other commands say and do then."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run

pytestmark = pytest.mark.usefixtures("in_finished_search")


@pytest.fixture
def other(run: Run) -> str:
    """The trial of another network than the best."""
    rows = json.loads(run("leaderboard", "run", "--json").out)
    return str(next(row["trial"] for row in rows[1:] if row["state"] == "finished"))


def test_the_network_is_shown_tested_and_predicts(run: Run, other: str) -> None:
    outcome = run("choose", "run", other, "--device", "cpu")
    assert outcome.code == 0
    assert "Chosen network: " in outcome.out
    assert "2 networks were evaluated on the test set." in outcome.out
    status = run("status", "run").out
    assert status.startswith("run: chosen; ")
    assert "Saved network (chosen by hand): test acc" in status
    assert json.loads(run("status", "run", "--json").out)["n_test_evaluations"] == 2
    assert run("predict", "run", "data.npz").code == 0
    assert run("export", "run", "--format", "safetensors").code == 0


def test_the_report_is_about_the_chosen_network(run: Run, other: str, tmp_path: Path) -> None:
    run("choose", "run", other, "--device", "cpu")
    assert run("report", "run").code == 0
    page = (tmp_path / "run" / "report.html").read_text()
    assert "It was chosen by hand" in page
    assert "2 networks were tested" in page


def test_it_is_trained_again_by_refit(run: Run, other: str) -> None:
    run("choose", "run", other, "--device", "cpu")
    config = json.loads(run("choose", "run", other, "--json").out)["chosen"]["config"]
    refit = json.loads(run("refit", "run", "--epochs", "1", "-q", "--json").out)
    assert refit["asked"]["config"] == config


def test_best_goes_back(run: Run, other: str) -> None:
    run("choose", "run", other, "--device", "cpu")
    assert "Best network: " in run("choose", "run", "best", "--device", "cpu").out
    assert run("status", "run").out.startswith("run: complete; ")


def test_what_is_no_network_is_refused_in_one_line(run: Run) -> None:
    outcome = run("choose", "run", "training/999")
    assert (outcome.code, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert "give STAGE/NUMBER" in outcome.err
