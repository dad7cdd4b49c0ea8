"""Tests of digits with leading zeros, which are codes and no numbers."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optuna_dnc.data import load_dataset

ZIPS = ["00501", "02139", "10001", "94016", "60601"]
N = 60


def _frame(zips: list[str] = ZIPS) -> pd.DataFrame:
    x = np.random.default_rng(0).normal(size=N)
    codes = [zips[i % len(zips)] for i in range(N)]
    return pd.DataFrame({"zip": codes, "x": x, "y": np.where(x > 0, "high", "low")})


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "jsonl"])
def test_codes_of_a_file_are_categories_with_their_zeros(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"people.{ending}"
    frame = _frame()
    if ending == "jsonl":
        frame.to_json(path, orient="records", lines=True)
    else:
        frame.to_csv(path, index=False)
    table = load_dataset(path, target="y").table
    assert table is not None
    assert table.columns[0].kind == "category"
    assert table.columns[0].categories == tuple(sorted(ZIPS))


def test_codes_late_in_a_file_are_found(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    rows = ["zip,x,y", *(f"{10_000 + i % 7},{i},{i % 2}" for i in range(100_000))]
    path.write_text("\n".join([*rows, *["00501,1,1"] * 3]))
    table = load_dataset(path, target="y").table
    assert table is not None
    assert "00501" in table.columns[0].categories


@pytest.mark.parametrize("numbers", [["01", "02", "12"], ["0", "10", "200"], ["007.5", "0", "12"]])
def test_other_numbers_stay_numbers(numbers: list[str]) -> None:
    table = load_dataset(_frame(numbers), target="y").table
    assert table is not None
    assert table.columns[0].kind in ("numeric", "ordered")


def test_a_kind_that_is_given_counts() -> None:
    dataset = load_dataset(_frame(), target="y", kind={"zip": "numeric"})
    assert dataset.x_train[0, 0] == 501


def test_target_with_codes_has_classes_with_their_zeros(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    _frame(["001", "002", "010"]).drop(columns="y").to_csv(path, index=False)
    dataset = load_dataset(path, target="zip")
    assert list(dataset.classes) == ["001", "002", "010"]
    assert load_dataset(path, target="zip", task="regression").y_train.max() == 10


def test_codes_may_order_rows_in_time(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    _frame().assign(day=[f"{i:03d}" for i in range(N)]).to_csv(path, index=False)
    times = load_dataset(path, target="y", time_split="day").times
    assert times is not None
    assert times.tolist() == list(range(N))
