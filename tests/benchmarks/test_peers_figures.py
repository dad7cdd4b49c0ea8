"""The figures of ``benchmarks.peers``, on numbers that are worked out by hand."""

from __future__ import annotations

import math
import tarfile
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.peers.contestants.job import Fitted, Job, Question, objective
from benchmarks.peers.csv_tables import CSVTable, read_csv_table
from benchmarks.peers.kept_runs import add_run
from benchmarks.peers.package_tables import PACKAGE_TABLES, package_file
from benchmarks.peers.scores import scores
from benchmarks.peers.summary import summarise

LABELS = Question("classification", 2, baseline=100, seconds=60.0, wc=1.0, seed=0)
VALUES = Question("regression", 1, baseline=100, seconds=60.0, wc=1.0, seed=0)


def scored(question: Question, predicted: np.ndarray, y: np.ndarray) -> dict[str, Any]:
    return scores(question, Fitted(lambda x: predicted, n_bytes=8, n_params=1), y, y)


def test_the_objective_adds_the_price_and_counts_no_error_as_half_a_sample() -> None:
    assert objective(0.09, 1, wc=1.0, baseline=100, n_samples=50) == pytest.approx(-1)
    assert objective(0.0, 0, wc=1.0, baseline=100, n_samples=50) == pytest.approx(-2)


def test_labels_have_accuracy_and_log_loss() -> None:
    figures = scored(LABELS, np.array([[0.5, 0.5], [0.75, 0.25]]), np.array([0, 1]))
    assert figures["accuracy"] == 0.5
    assert figures["log_loss"] == pytest.approx(-(math.log(0.5) + math.log(0.25)) / 2)


def test_the_error_of_values_is_in_units_of_their_variance() -> None:
    y = np.array([0.0, 2.0])
    assert scored(VALUES, np.array([1.0, 1.0]), y)["error"] == 1
    assert "log_loss" not in scored(VALUES, y, y)


@pytest.mark.parametrize("predicted", [np.zeros((2, 1)), np.array([0.0, np.nan])])
def test_predictions_without_meaning_are_refused(predicted: np.ndarray) -> None:
    with pytest.raises(ValueError, match="predictions"):
        scored(VALUES, predicted, np.array([0.0, 2.0]))


def test_a_fifth_is_held_out() -> None:
    job = Job(**vars(LABELS), x=np.zeros((10, 1)), y=np.zeros(10, int))
    train, held = job.holdout()
    assert len(held) == 2
    assert sorted([*train, *held]) == list(range(10))


def run(seed: int, error: float, n_params: int | None, wc: float | None) -> dict[str, Any]:
    figures = {"error": error, "n_params": n_params, "n_bytes": 8, "baseline": 100, "n_test": 50}
    times = {"cpu_seconds": 1.0, "wall_seconds": 1.0}
    return {"seconds": None, "wc": wc, "seed": seed, **figures, **times}


def test_networks_are_ranked_by_objective_and_compared_by_seed(tmp_path: Path) -> None:
    for seed in (0, 1):
        add_run(tmp_path, "t", "ours", run(seed, 0.09 + 0.9 * seed, 1, wc=1.0), {})
        add_run(tmp_path, "t", "engineer", run(seed, 0.9 * seed, 10, wc=1.0), {})
        add_run(tmp_path, "t", "scikit", run(seed, 0.1, 1_000, wc=None), {})
        add_run(tmp_path, "t", "lightgbm", run(seed, 0.0, None, wc=None), {})
    names = ["ours", "engineer", "scikit", "lightgbm"]
    found = summarise(tmp_path, ["t"], names, [60.0], [1.0], seeds=2)
    objectives = {row["contestant"]: row["objective"] for row in found["60 s, wc 1"]}
    assert objectives == {"ours": -0.5, "engineer": -0.479, "scikit": 1.004, "lightgbm": "-"}
    ranks = {row["contestant"]: row["rank by objective"] for row in found["ranks, 60 s, wc 1"]}
    assert ranks == {"ours": 1, "engineer": 2, "scikit": 3, "lightgbm": "-"}
    (row,) = found["ours - best peer network, 60 s, wc 1"]
    assert row == {"table": "t", "best peer": "engineer", "difference": -0.021, "se": 0.021}
    (row,) = found["ours - lightgbm, 60 s, wc 1"]
    assert (row["error %"], row["se %"], row["objective"], row["bytes"]) == (54, 45, "-", 1)


def test_our_weights_are_compared_to_the_smallest(tmp_path: Path) -> None:
    for wc, error, n_params in ((0.0, 0.1, 100), (1.0, 0.15, 5)):
        add_run(tmp_path, "t", "ours", run(0, error, n_params, wc), {})
    found = summarise(tmp_path, ["t"], ["ours"], [60.0], [1.0, 0.0], seeds=1)
    (row,) = found["ours, wc 1 - wc 0, 60 s"]
    assert row == {"table": "t", "params": 0.05, "error %": 5, "se %": "-"}


def test_categories_and_gaps_become_columns_of_their_own(tmp_path: Path) -> None:
    rows = [f"{'' if i % 4 == 0 else i},{'ab '[i % 3].strip()},{i},{i % 2}" for i in range(24)]
    path = tmp_path / "table.csv"
    path.write_text("\n".join(["number,letter,name,label", *rows]))
    x_train, y_train, x_test, _ = read_csv_table(
        path, CSVTable("label", drop=("name",)), test_fraction=0.25, seed=0
    )
    assert (x_train.shape, x_test.shape) == ((18, 5), (6, 5))  # a, b, gap; number, its gap
    assert set(y_train) == {0, 1}
    assert np.array_equal(x_train[:, :3].sum(axis=1), np.ones(18))
    given = x_train[x_train[:, 4] == 0, 3]
    assert set(x_train[x_train[:, 4] == 1, 3]) == {np.median(given)}


def test_files_of_packages_are_read_without_importing_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for package in ("river", "pydataset"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text("raise RuntimeError")
    with tarfile.open(tmp_path / "pydataset/resources.tar.gz", "w:gz") as archive:
        member = tarfile.TarInfo("resources/rdata/csv/Ecdat/Benefits.csv")
        member.size = 2
        archive.addfile(member, BytesIO(b"ui"))
    monkeypatch.syspath_prepend(tmp_path)
    packed = package_file(PACKAGE_TABLES["Benefits"])
    assert isinstance(packed, BytesIO)
    assert packed.read() == b"ui"
    segment = package_file(PACKAGE_TABLES["segment"])
    assert segment == tmp_path / "river/datasets/segment.csv.zip"
