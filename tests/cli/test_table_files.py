"""A CSV file in, predictions for a CSV file out."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from pyarrow import csv, parquet

from optuna_dnc.nets import MLPFamily
from tests.cli.conftest import FASTEST, Run
from tests.data.tables.test_table_dataset import people


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    csv.write_csv(people(160), "people.csv")
    csv.write_csv(people(40, seed=1), "test.csv")
    return tmp_path


def searched(run: Run, *options: str) -> None:
    outcome = run("search", "people.csv", "--out", "out", *options, *FASTEST)
    assert outcome.code == 0, outcome.err


def test_a_search_says_what_its_columns_are_and_predicts_by_name(run: Run, folder: Path) -> None:
    outcome = run("search", "people.csv", "--target", "rich", "--test", "test.csv", *FASTEST)
    assert outcome.code == 0, outcome.err
    assert "category: job (3), clinic (12)" in outcome.err
    summary = json.loads(Path("runs/people/result.json").read_text())
    table = people(40, seed=1)
    parquet.write_table(table.select(table.column_names[::-1]), "shuffled.parquet")
    predicted = run("predict", "runs/people", "shuffled.parquet")
    assert f"Accuracy {summary['best']['test_accuracy']:.4f} on the 40 labels" in predicted.err
    csv.write_csv(table.drop_columns(["rich"]), "unlabeled.csv")
    csv.write_csv(table.set_column(6, "rich", pa.nulls(40)), "empty.csv")
    for name in ("unlabeled.csv", "empty.csv"):
        unlabeled = run("predict", "runs/people", name)
        assert (unlabeled.out, unlabeled.err) == (predicted.out, "")
    some = pc.if_else(pc.greater(table["age"], 40), table["rich"], None)
    csv.write_csv(table.set_column(6, "rich", some), "some.csv")
    predicted_some = run("predict", "runs/people", "some.csv")
    assert predicted_some.out == predicted.out
    assert "Accuracy not shown: the target 'rich' has missing values: " in predicted_some.err


def test_predictions_know_the_encoding_of_the_data(run: Run, folder: Path) -> None:
    rows = Path("people.csv").read_text().replace("nurse", "infirmière")
    Path("people.csv").write_text(rows, "latin-1")
    searched(run, "--target", "rich", "--encoding", "latin-1")
    assert (
        "infirmière"
        in json.loads(Path("out/config.json").read_text())["preprocessing"]["table"]["columns"][1][
            "categories"
        ]
    )
    outcome = run("predict", "out", "people.csv")
    assert (outcome.code, len(outcome.out.splitlines())) == (0, 160), outcome.err


def test_the_score_of_predictions_has_the_weights_of_the_file(run: Run, folder: Path) -> None:
    searched(run, "--target", "rich", "--weights", "weight", "--test", "test.csv")
    summary = json.loads(Path("out/result.json").read_text())
    said = run("predict", "out", "test.csv").err
    score = f"Accuracy {summary['best']['test_accuracy']:.4f} on the 40 labels of the file"
    assert f"{score}; weighted by weight." in said
    csv.write_csv(csv.read_csv("test.csv").drop_columns(["weight"]), "none.csv")
    said = run("predict", "out", "none.csv").err
    assert "labels of the file; without the weights of the search, weight." in said


def test_predictions_are_written_as_a_table_with_the_name_of_the_target(
    run: Run, folder: Path
) -> None:
    searched(run, "--target", "pay", "--target", "weight")
    assert run("predict", "out", "test.csv", "--out", "p.csv").code == 0
    written = csv.read_csv("p.csv")
    assert (written.column_names, written.num_rows) == (["pay", "weight"], 40)
    searched_again = run("predict", "out", "test.csv", "--out", "p.csv")
    assert (searched_again.code, "exists and is not overwritten" in searched_again.err) == (
        2,
        True,
    )


def test_probabilities_are_columns_of_classes(run: Run, folder: Path) -> None:
    searched(run, "--target", "rich")
    assert run("predict", "out", "test.csv", "--out", "p.parquet", "--proba").code == 0
    written = parquet.read_table("p.parquet")
    assert written.column_names == ["rich", "probability of no", "probability of yes"]
    yes = np.asarray(written["probability of yes"])
    assert ((yes > 0.5) == (np.asarray(written["rich"]) == "yes")).all()


def test_later_commands_find_the_data_again(run: Run, folder: Path) -> None:
    searched(run, "--target", "rich", "--drop", "day,weight", "--kind", "age=category")
    assert run("refit", "out", "--device", "cpu").code == 0
    Path("people.csv").rename("moved.csv")
    lost = run("ensemble", "out", "--top", "2")
    assert lost.code == 2
    assert "people.csv, which no longer exists; give the same data again with --data" in lost.err
    assert run("ensemble", "out", "--top", "2", "--data", "moved.csv").code == 0


def test_changed_data_are_not_taken_for_the_same(run: Run, folder: Path) -> None:
    searched(run, "--target", "rich")
    csv.write_csv(people(150), "people.csv")
    outcome = run("refit", "out")
    assert (outcome.code, "holds other samples than those" in outcome.err) == (2, True)


def test_the_plan_has_the_columns(run: Run, folder: Path) -> None:
    outcome = run("search", "people.csv", "--target", "rich", "--dry-run", "--json", *FASTEST)
    columns = {column["name"]: column["kind"] for column in json.loads(outcome.out)["columns"]}
    assert columns["day"] == "date"
    assert columns["age"] == "numeric"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "--target: people needs the column that is to be predicted; give --target COLUMN"),
        (["--target", "poor"], "--target: column 'poor' is unknown; allowed are"),
        (["--target", "rich", "--kind", "age"], "--kind 'age' must be COLUMN=KIND"),
        (["--target", "rich", "--kind", "age=old"], "--kind must be one of numeric"),
        (["--target", "rich", "--test", "none.csv"], "none.csv does not exist"),
        (["--target", "rich", "--test-fraction", "1.5"], "--test-fraction must be below 1"),
        (["--target", "day"], "the target 'day' holds date32"),
    ],
)
def test_bad_options_are_one_line_and_write_nothing(
    run: Run, folder: Path, options: list[str], words: str
) -> None:
    outcome = run("search", "people.csv", *options)
    assert (outcome.code, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert words in outcome.err
    assert not Path("runs").exists()


def test_samples_of_a_table_for_a_network_of_arrays(run: Run, folder: Path) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(80, 2)), rng.integers(0, 2, 80)
    np.savez("d.npz", xtr=x, ytr=y, feature_names=["a", "b"])
    assert run("search", "d.npz", "--out", "out", *FASTEST).code == 0
    np.savez("x.npz", x=x)
    Path("x.csv").write_text("b,a\n" + "".join(f"{b!r},{a!r}\n" for a, b in x.tolist()))
    assert run("predict", "out", "x.csv").out == run("predict", "out", "x.npz").out


def test_a_dry_run_shows_the_space_that_can_be_set(run: Run, folder: Path) -> None:
    options = ("search", "people.csv", "--target", "rich", "--dry-run")
    plan = json.loads(run(*options, "--json").out)
    assert set(plan["space"]) & set(MLPFamily.learned) == set()
    shown = run(*options).out
    assert "\n  width: 4, 400\n" in shown
    assert "most_bins" not in shown
