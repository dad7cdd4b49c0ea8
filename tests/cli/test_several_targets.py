"""Several target columns of a table, and ages as a target, on the command line."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from optuna_dnc.search import SearchResult
from tests.cli.conftest import FAST, Run

TINY = [*FAST, "--startup", "1", "--steps", "0", "-q"]
N = 120


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    size, city = rng.normal(size=N), np.array(["Ulm", "Bonn"])[np.arange(N) % 2]
    rent, age = 500 + 100 * size, 18 + np.arange(N) % 43
    path = tmp_path / "homes.csv"
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["size", "city", "rent", "age", "old", "big"])
        rows.writerows(zip(size, city, rent, age, age > 40, size > 0, strict=True))
    return path


def test_each_target_has_a_column_of_predictions(run: Run, table: Path, tmp_path: Path) -> None:
    targets = ["--target", "rent", "--target", "age"]
    searched = run(
        "search", table, *targets, "--drop", "old,big", "--out", tmp_path / "run", *TINY
    )
    assert searched.code == 0, searched.err
    predicted = run("predict", tmp_path / "run", table, "--out", tmp_path / "p.csv")
    assert predicted.code == 0
    assert "(MSE over the variance of the training targets)" in predicted.err
    with (tmp_path / "p.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == N
    assert set(rows[0]) == {"rent", "age"}
    assert "Columns: rent, age." in run("predict", tmp_path / "run", table).err
    printed = json.loads(run("predict", tmp_path / "run", table, "--json").out)
    assert printed["names"] == ["rent", "age"]
    assert np.shape(printed["predictions"]) == (N, 2)
    panel = SearchResult.load(tmp_path / "run").evaluate(table)
    assert [row[0] for row in panel.target_table()] == ["target", "rent", "age"]
    assert "- 2 targets: rent, age" in (tmp_path / "run" / "card.md").read_text()
    refitted = run("refit", tmp_path / "run", "-q")
    assert refitted.code == 0, refitted.err


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("age", "'age' holds 43 different integers, 18 to 60; give --task classification"),
        ("old,rent", "the targets old have at most two values, and rent more; search yes/no"),
        ("rent,city", "the target 'city' holds strings and 'rent' does not; write yes/no labels"),
        ("rent,old", "or give --task regression to predict all of them as numbers"),
    ],
    ids=["ages", "kinds", "strings", "remedy"],
)
@pytest.mark.parametrize("command", ["search", "check"])
def test_unclear_targets_are_one_line(
    run: Run, table: Path, command: str, target: str, said: str
) -> None:
    done = run(command, table, "--target", target)
    assert done.code == 2
    assert said in done.err
    assert done.err.count("\n") == 1


def test_labels_have_a_column_each_by_name(run: Run, table: Path, tmp_path: Path) -> None:
    targets = ["--target", "old", "--target", "big"]
    out = tmp_path / "run"
    searched = run("search", table, *targets, "--drop", "rent,age", "--out", out, *TINY)
    assert searched.code == 0, searched.err
    assert "Hamming" in searched.out
    file = tmp_path / "p.csv"
    predicted = run("predict", out, table, "--proba", "--out", file)
    assert "Hamming accuracy" in predicted.err
    with file.open() as lines:
        row = next(csv.DictReader(lines))
    assert list(row) == ["old", "big", "probability of old", "probability of big"]
    assert row["old"] in ("true", "false")
    assert json.loads(run("predict", out, table, "--json").out)["names"] == ["old", "big"]
    printed = run("predict", out, table)
    assert set(printed.out.split()) <= {"True", "False"}
    assert len(printed.out.splitlines()) == N


def test_labels_are_predicted_as_numbers_if_asked_to(run: Run, table: Path) -> None:
    done = run("search", table, "--target", "old,big", "--task", "regression", *TINY, "--dry-run")
    assert done.code == 0, done.err


def test_the_check_names_each_target(run: Run, table: Path) -> None:
    checked = run("check", table, "--target", "rent,age", "--drop", "old,big", "--json")
    assert checked.code == 0, checked.err
    assert "2 columns: rent from " in checked.out
    assert "; age from 18 to 60, mean" in checked.out


def test_the_check_counts_each_label(run: Run, table: Path) -> None:
    checked = run("check", table, "--target", "old,big", "--drop", "rent,age", "--json")
    assert checked.code == 0, checked.err
    assert '"task": "multilabel"' in checked.out
    assert "constant prediction" in checked.out
    assert "old:" in checked.out
