"""Time limit of searches that would take hours, and whose user has given none."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from optuna_dnc.runs import recipe
from optuna_dnc.runs.run import open_run
from tests.cli.conftest import Run

Write = Callable[..., Path]

HOURS = "--epochs", "1000000"
NOTE = "This would take about "


def plan(run: Run, *options: object) -> tuple[float, str]:
    """Estimated seconds of a search, and what the command says beside its plan."""
    outcome = run("search", *options, "--dry-run", "--json")
    assert outcome.code == 0, outcome.err
    return json.loads(outcome.out)["seconds"], outcome.err


def test_a_search_of_hours_gets_ten_minutes_and_says_so(run: Run, npz: Write) -> None:
    seconds, said = plan(run, npz(), *HOURS)
    assert seconds == recipe.PRESET_SECONDS["medium"] == 600
    assert NOTE in said
    assert "--timeout inf" in said


def test_a_search_of_minutes_has_none(run: Run, npz: Write) -> None:
    seconds, said = plan(run, npz())
    assert 0 < seconds < 600
    assert NOTE not in said


@pytest.mark.parametrize(
    "chosen",
    [("--timeout", "inf"), ("--workers", "0"), ("--preset", "deep-n-cheap")],
    ids=lambda options: options[0],
)
def test_it_takes_as_long_as_its_user_has_chosen(
    run: Run, npz: Write, chosen: tuple[str, str]
) -> None:
    seconds, said = plan(run, npz(), *HOURS, *chosen)
    assert seconds > 3600
    assert NOTE not in said


def test_a_budget_of_epochs_takes_its_time(run: Run, npz: Write) -> None:
    budget = "--budget", "10000000", "--strategy", "joint"
    assert NOTE not in plan(run, npz(), *HOURS, *budget)[1]


def test_the_search_ends_in_time_and_its_workers_know_the_limit(
    run: Run, npz: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(recipe.PRESET_SECONDS, "medium", 3.0)
    outcome = run("search", npz(), *HOURS, "--out", "run", "--quiet", "--no-floors")
    assert outcome.code == 0, outcome.err
    assert "The search stopped at the time limit" in outcome.out
    assert open_run(tmp_path / "run", to_read=True).studies.session()["timeout"] == 3.0


def test_a_tradeoff_has_the_time_of_its_searches(
    run: Run, npz: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(recipe.PRESET_SECONDS, "medium", 2.0)
    weights = "--wc", "0", "--wc", "1"
    outcome = run("tradeoff", npz(), *HOURS, *weights, "--out", "run", "--quiet")
    assert outcome.code == 0, outcome.err
    assert "a time limit of 4 s" in outcome.err
    for folder in (tmp_path / "run").glob("wc*"):
        assert open_run(folder, to_read=True).studies.session()["timeout"] == 4.0
