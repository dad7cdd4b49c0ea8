"""Section and figures of the report about how good a network is."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optuna_dnc.evaluation import Comparison, Floor, panel_of
from optuna_dnc.report import write_report
from optuna_dnc.report.figures import confusion, figures, predictions
from optuna_dnc.report.html.evaluation import evaluation_content
from optuna_dnc.runs import Run


def judged(run: Run, comparison: Comparison | None) -> Run:
    """The run with this evaluation."""
    stored = None if comparison is None else comparison.to_dict()
    return dataclasses.replace(run, summary={**(run.summary or {}), "evaluation": stored})


def of_classes(labels: tuple[Any, ...], n: int = 200) -> Comparison:
    rng = np.random.default_rng(0)
    true = rng.integers(0, len(labels), n)
    proba = rng.dirichlet(np.ones(len(labels)), n)
    proba[np.arange(n), true] += 0.5
    panel = panel_of(true, proba / 1.5, labels)
    floors = (Floor("linear model", {"accuracy": 0.995, "log_loss": 0.1}, 0.1),)
    skipped = {"gradient boosting": "it was late"}
    return Comparison(part="test", n_train=90, panel=panel, floors=floors, skipped=skipped)


def of_targets(n_targets: int) -> Comparison:
    true = np.random.default_rng(0).normal(size=(50, n_targets))
    panel = panel_of(true, true + 0.1, None)
    return Comparison(part="validation", n_train=90, panel=panel)


def test_a_search_that_was_not_judged_has_neither(finished: Run) -> None:
    for run in (finished, judged(finished, None)):
        assert evaluation_content(run) is None
        assert confusion(run) is None
        assert predictions(run) == {}


def test_a_network_without_time_for_its_metrics_says_so(finished: Run) -> None:
    run = judged(finished, dataclasses.replace(of_classes(("a", "b")), panel=None, floors=()))
    content = evaluation_content(run)
    assert content is not None
    assert content["rows"] == []
    assert content["remarks"] == ["Not compared with gradient boosting: it was late."]
    assert confusion(run) is None
    assert predictions(run) == {}


def test_the_page_has_metrics_beside_those_of_simple_models(finished: Run, tmp_path: Path) -> None:
    run = judged(finished, of_classes(("<b>", "no")))
    page = write_report(run, tmp_path / "report.html").read_text()
    start = page.index("How good it is")
    section = page[start : page.index("</section>", start)]
    for said in ("Test accuracy", "99.5 %", "behind linear model", "it was late", "macro F1"):
        assert said in section
    assert "confusion" in figures(run)


def test_the_matrix_has_the_share_of_each_row_and_the_numbers(finished: Run) -> None:
    comparison = of_classes(("a", "b", "c"))
    figure = confusion(judged(finished, comparison))
    assert figure is not None
    assert comparison.panel is not None
    matrix = np.array(comparison.panel.confusion)
    (heatmap,) = figure.data
    assert np.allclose(heatmap.z, matrix / matrix.sum(axis=1, keepdims=True), atol=1e-3)
    assert heatmap.text[0][0] == f"{matrix[0, 0]:,}"
    assert list(figure.layout.yaxis.ticktext) == ["a", "b", "c"]


@pytest.mark.parametrize(("n_classes", "is_drawn"), [(13, True), (30, True), (31, False)])
def test_many_classes_have_no_numbers_and_too_many_no_figure(
    finished: Run, n_classes: int, is_drawn: bool
) -> None:
    figure = confusion(judged(finished, of_classes(tuple(range(n_classes)), 2_000)))
    assert (figure is not None) is is_drawn
    assert figure is None or figure.data[0].texttemplate is None


def test_each_of_several_targets_has_a_figure(finished: Run) -> None:
    assert list(predictions(judged(finished, of_targets(1)))) == ["predictions"]
    drawn = predictions(judged(finished, of_targets(2)))
    assert list(drawn) == ["predictions-0", "predictions-1"]
    diagonal, points = drawn["predictions-1"].data
    assert diagonal.x == diagonal.y
    assert len(points.x) == len(points.y) == 50


def test_targets_are_in_a_table_of_their_own(finished: Run) -> None:
    content = evaluation_content(judged(finished, of_targets(2)))
    assert content is not None
    assert [row[0] for row in content["targets"]] == ["target", "0", "1"]
    assert "There is no test set" in content["remarks"][0]


def test_targets_have_their_names_where_they_have_some(finished: Run) -> None:
    true = np.random.default_rng(0).normal(size=(50, 2))
    panel = panel_of(true, true + 0.1, None, targets=("rent", "age"))
    run = judged(finished, Comparison(part="validation", n_train=90, panel=panel))
    content = evaluation_content(run)
    assert content is not None
    assert [row[0] for row in content["targets"]] == ["target", "rent", "age"]
    title = predictions(run)["predictions-1"].layout.title.text
    assert title == "Predicted and true values of age"
