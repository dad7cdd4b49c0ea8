"""The report of a trade-off is one file that says and draws what was found."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from optuna_dnc import InputError
from optuna_dnc.report.figures.tradeoff import all_networks, by_wc, trained_networks
from optuna_dnc.report.html.tradeoff_content import tradeoff_content
from optuna_dnc.report.tradeoff import write_tradeoff_report
from optuna_dnc.tradeoff import Tradeoff
from tests.tradeoff.tradeoffs import train_small


@pytest.fixture(scope="session")
def found(tmp_path_factory: pytest.TempPathFactory) -> Tradeoff:
    return train_small(tmp_path_factory.mktemp("found") / "run", wc=(0.0, 1.0), seed=1)


def test_the_page_needs_nothing_but_itself(found: Tradeoff, tmp_path: Path) -> None:
    copied = shutil.copytree(found.path, tmp_path / "run")
    page = write_tradeoff_report(copied).read_text()
    assert len(page) < 6_000_000
    without_plotly = re.sub(r"<script>/\*\*.*?</script>", "", page, flags=re.DOTALL)
    assert len(without_plotly) < 100_000
    assert not re.search(r"(src|href|url)\s*[=(]", without_plotly)
    for result in found.results.values():
        assert f"{result.best.n_params:,}" in page
    assert "complete" in page
    assert write_tradeoff_report(copied).read_text() == page


def test_a_file_of_the_same_name_is_left_alone(found: Tradeoff, tmp_path: Path) -> None:
    copied = shutil.copytree(found.path, tmp_path / "run")
    (copied / "tradeoff.html").write_text("years of work")
    with pytest.raises(InputError, match=r"tradeoff\.html exists and is not a report"):
        write_tradeoff_report(copied)
    assert (copied / "tradeoff.html").read_text() == "years of work"


def test_the_figure_by_wc_draws_what_was_found(found: Tradeoff) -> None:
    figure = by_wc(found)
    test, _, n_params, t_epoch, seconds = figure.data
    bests = [result.best for result in found.results.values()]
    assert test.y == pytest.approx([100 * best.test_accuracy for best in bests], rel=1e-3)
    assert n_params.y == pytest.approx([best.n_params for best in bests], rel=1e-3)
    assert t_epoch.y == pytest.approx([best.t_epoch for best in bests], rel=1e-3)
    assert list(seconds.x) == ["0", "1"]


def test_every_training_is_drawn_once_and_nothing_beats_the_front(found: Tradeoff) -> None:
    trained = trained_networks(found)
    assert sum(map(len, trained.values())) == found.summary["n_trained"]
    figure = all_networks(found)
    front = next(trace for trace in figure.data if trace.name == "Pareto front")
    marks = [trace for trace in figure.data if trace.name in ("wc 0", "wc 1")]
    points = np.array([point for trace in marks for point in zip(trace.x, trace.y, strict=True)])
    for cost, error in zip(front.x, front.y, strict=True):
        assert not ((points < (cost, error)).all(axis=1)).any()
    assert np.all(np.diff(front.x) > 0)
    assert np.all(np.diff(front.y) < 0)


def test_the_table_of_the_front_has_each_architecture_once(found: Tradeoff) -> None:
    lines = tradeoff_content(found)["front"]
    sizes = [int(line["costs"][0].replace(",", "")) for line in lines]
    assert sizes == sorted(set(sizes))
    accuracies = [float(line["val"].rstrip("%")) for line in lines]
    assert accuracies == sorted(accuracies)
    assert len({line["description"] for line in lines}) == len(lines)


def test_a_regression_is_drawn_by_its_r2(found: Tradeoff) -> None:
    points = [point | {"val_accuracy": None, "test_accuracy": None, "metric": "r2"}
              for point in found.summary["points"]]  # fmt: skip
    numbers = replace(found, summary=found.summary | {"task": "regression", "points": points})
    figure = by_wc(numbers)
    assert figure.data[0].y == pytest.approx([1 - p["test_error"] for p in points], rel=1e-3)
    assert "R2" in figure.layout.annotations[0].text
    assert "test R2 " in tradeoff_content(numbers)["sentences"][0]
