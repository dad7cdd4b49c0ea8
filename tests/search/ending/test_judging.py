"""The judgement of an answer at the end of a search."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optuna_dnc.data import Dataset
from optuna_dnc.evaluation import Comparison
from optuna_dnc.evaluation.comparison import CONSTANT, LINEAR, NO_TIME, TOO_SHORT
from optuna_dnc.evaluation.floor_times import LOADING_SECONDS, PANEL_SECONDS
from optuna_dnc.search import Event, SearchResult, StagedSearch, TrialDone, setup
from optuna_dnc.search.ending import judging
from optuna_dnc.search.limits import time_limit
from tests.searches import SMALL, Arrays

Search = Callable[..., StagedSearch]

QUICK: dict[str, Any] = SMALL | {
    "floors": True,
    "refit": True,
    "n_steps": 0,
    "n_folds": 1,
    "space": SMALL["space"] | {"refinements": ()},
}


@pytest.fixture(autouse=True, scope="module")
def _there_is_time() -> Iterator[None]:
    """On a busy machine, simple models would be left out."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judging, "seconds_without_limit", lambda searched: 60.0)
        yield


@pytest.fixture(scope="module")
def judged(arrays: Arrays, tmp_path_factory: pytest.TempPathFactory) -> SearchResult:
    """A search whose answer was judged; not to be changed."""
    return StagedSearch(arrays, **QUICK, out=tmp_path_factory.mktemp("judged") / "run").run()


def comparison_of(result: SearchResult) -> Comparison:
    comparison = Comparison.of(result.summary)
    assert comparison is not None
    return comparison


def test_the_panel_is_that_of_the_saved_network_on_the_test_set(
    judged: SearchResult, arrays: Arrays
) -> None:
    comparison = comparison_of(judged)
    assert comparison.part == "test"
    assert comparison.panel is not None
    assert comparison.panel.scores["accuracy"] == pytest.approx(judged.best.test_accuracy)
    assert comparison.panel == judged.evaluate(arrays[2], arrays[3])


def test_simple_models_have_the_training_samples_of_the_network(
    judged: SearchResult, arrays: Arrays
) -> None:
    comparison = comparison_of(judged)
    assert comparison.n_train == judged.summary["refit"]["n_samples"] == 150
    scores = {floor.name: floor.scores["accuracy"] for floor in comparison.floors}
    _, y, _, y_test = arrays
    assert scores[CONSTANT] == pytest.approx(np.mean(y_test == np.bincount(y).argmax()))
    assert scores[LINEAR] > scores[CONSTANT]


def test_simple_models_count_samples_as_the_training_does(arrays: Arrays, tmp_path: Path) -> None:
    x, y, x_test, y_test = arrays
    rare = int(np.bincount(y).argmin())
    weights = np.where(y == rare, 100.0, 0.1)
    of_test = np.where(y_test == rare, 3.0, 1.0)
    dataset = Dataset(
        "x", x, y, x_test, y_test, "classification", weights=weights, test_weights=of_test
    )
    result = StagedSearch(dataset, **QUICK, out=tmp_path / "run").run()
    comparison = comparison_of(result)
    scores = {floor.name: floor.scores["accuracy"] for floor in comparison.floors}
    assert scores[CONSTANT] == pytest.approx(np.average(y_test == rare, weights=of_test))
    assert comparison.headline.startswith("Weighted test accuracy")
    assert comparison.panel is not None
    assert comparison.panel.value == pytest.approx(result.best.test_accuracy)
    right = result.predict(x_test) == y_test
    assert comparison.panel.value == pytest.approx(np.average(right, weights=of_test))


def test_the_result_is_sealed_with_it_and_a_finished_search_stays_as_it_is(
    judged: SearchResult, arrays: Arrays
) -> None:
    judged.check_intact()
    before = (judged.path / "result.json").read_bytes()
    StagedSearch(arrays, **QUICK, out=judged.path).run()
    assert (judged.path / "result.json").read_bytes() == before


def test_without_a_test_set_the_validation_samples_judge_the_network_before(
    search: Search, arrays: Arrays
) -> None:
    result = search(**QUICK | {"data": arrays[:2]}).run()
    assert result.summary["refit"]["is_kept"]
    comparison = comparison_of(result)
    assert (comparison.part, comparison.n_train) == ("validation", 120)
    assert comparison.panel is not None
    assert comparison.panel.n_samples == 30
    assert comparison.panel.value == pytest.approx(result.best.val_accuracy)


def test_each_fold_judges_the_network_that_was_trained_without_it(
    search: Search, arrays: Arrays
) -> None:
    result = search(**QUICK | {"data": arrays[:2], "n_folds": 5}).run()
    comparison = comparison_of(result)
    assert (comparison.part, comparison.n_train, comparison.n_folds) == ("validation", 120, 5)
    assert comparison.headline.startswith("Cross-validation accuracy")
    assert comparison.panel is not None
    assert comparison.panel.n_samples == 150
    assert comparison.panel.value == pytest.approx(result.best.val_accuracy)
    n_most = np.bincount(arrays[1]).max()
    scores = {floor.name: floor.scores["accuracy"] for floor in comparison.floors}
    assert scores[CONSTANT] == pytest.approx(n_most / 150, abs=0.05)  # not always the same class


def test_it_is_said_if_that_network_is_gone(
    search: Search, arrays: Arrays, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judging, "_validation_outputs", lambda context, best: None)
    comparison = comparison_of(search(**QUICK | {"data": arrays[:2]}).run())
    assert comparison.panel is None
    assert "the validation outputs of the network no longer exist" in comparison.gaps[0]


def test_a_regression_is_judged_in_the_unit_of_its_targets(search: Search, arrays: Arrays) -> None:
    x, _, x_test, _ = arrays
    data = (x, 100 + 10 * x[:, 0], x_test, 100 + 10 * x_test[:, 0])
    result = search(**QUICK | {"data": data}).run()
    panel = comparison_of(result).panel
    assert panel is not None
    errors = result.predict(x_test) - data[3]
    assert panel.value == pytest.approx(np.sqrt(np.mean(errors**2)), rel=1e-4)
    assert panel.points[0][0][0] == pytest.approx(data[3][0], rel=1e-4)


def test_an_answer_is_not_judged_if_the_user_does_not_want_it(at_its_end: Search) -> None:
    assert "evaluation" not in at_its_end(**QUICK | {"floors": False}).run().summary


@pytest.mark.parametrize(
    ("floors", "preset", "judges"),
    [
        (None, "default", True),
        (None, "deep-n-cheap", False),
        (True, "deep-n-cheap", True),
        (False, "default", False),
    ],
)
def test_the_published_recipe_is_judged_only_if_asked(
    search: Search, floors: bool | None, preset: Any, judges: bool
) -> None:
    with search(**QUICK | {"floors": floors, "preset": preset}).begun() as run:
        assert run.context.floors is judges


def test_an_older_result_is_judged_without_a_training(
    search: Search, at_its_end: Search, arrays: Arrays, epochs_trained: list[tuple[int, int]]
) -> None:
    at_its_end(**QUICK | {"floors": False}).run()
    epochs_trained.clear()
    assert comparison_of(search(**QUICK).run()).panel is not None
    assert epochs_trained == []


class Clock:
    """Time that passes only when it is told to."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time_limit, "time", clock)
    monkeypatch.setattr(time_limit, "slowdown_since", lambda start: 1.0)
    return clock


def test_a_short_time_limit_leaves_no_time_and_a_later_run_makes_up_for_it(
    search: Search, clock: Clock
) -> None:
    first = comparison_of(search(**QUICK, timeout=0.8).run())
    assert first.panel is None
    assert set(first.skipped.values()) == {TOO_SHORT}
    assert comparison_of(search(**QUICK).run()).panel is not None


@pytest.mark.parametrize("seconds", [5.0, 12.0])
def test_short_limits_leave_time_for_simple_models(
    search: Search, clock: Clock, seconds: float
) -> None:
    comparison = comparison_of(search(**QUICK, timeout=seconds).run())
    assert comparison.panel is not None
    assert {CONSTANT, LINEAR} <= {floor.name for floor in comparison.floors}


def test_a_later_run_with_less_time_takes_nothing_away(
    search: Search, at_its_end: Search, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judging, "floors_on", lambda *_: ((), {LINEAR: NO_TIME}))
    first = at_its_end(**QUICK).run().summary["evaluation"]
    assert first["panel"] is not None
    assert search(**QUICK, timeout=20.0).run().summary["evaluation"] == first


def test_nothing_begins_after_the_end_of_a_time_limit(
    search: Search, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = judging.judged

    def late(*arguments: Any) -> SearchResult:
        clock.now = 1e6
        return judge(*arguments)

    monkeypatch.setattr("optuna_dnc.search.ending.finish.judged", late)
    result = search(**QUICK, timeout=100.0).run()
    comparison = comparison_of(result)
    assert comparison.panel is None
    assert set(comparison.skipped.values()) == {NO_TIME}
    assert result.model() is not None


def test_the_time_left_includes_the_judgement(search: Search) -> None:
    left: list[float | None] = []

    def note(event: Event) -> None:
        if isinstance(event, TrialDone):
            left.append(event.seconds_left)

    search(**QUICK, on_event=note).run()
    assert (left[-1] or 0.0) >= LOADING_SECONDS + PANEL_SECONDS


def test_a_time_limit_has_seconds_reserved_and_scikit_learn_loaded(
    search: Search, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[float] = []
    monkeypatch.setattr(setup, "load_models", loaded.append)

    search(**QUICK | {"floors": False}).run()
    with search(**QUICK, timeout=100.0).begun() as run:
        reserved = run.context.seconds_at_end()
        run.context.floors = False
        assert reserved > run.context.seconds_at_end() + PANEL_SECONDS
    assert loaded == [100.0]


def test_it_is_saved_before_it_is_judged(
    at_its_end: Search, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def interrupted(*arguments: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(judging, "floors_on", interrupted)
    with pytest.raises(KeyboardInterrupt):
        at_its_end(**QUICK).run()
    saved = json.loads((tmp_path / "run" / "result.json").read_text())
    assert saved["complete"]
    assert "evaluation" not in saved
    assert SearchResult.load(tmp_path / "run").model() is not None


def test_result_json_has_no_matrix_of_many_classes(
    at_its_end: Search, arrays: Arrays, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judging, "MOST_CLASSES", 2)
    panel = comparison_of(at_its_end(**QUICK).run()).panel
    assert panel is not None
    assert panel.confusion is None
    assert panel.classes == (0, 1, 2)


def test_without_a_limit_the_seconds_follow_the_search(
    at_its_end: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judging, "seconds_without_limit", lambda searched: -1.0)
    comparison = comparison_of(at_its_end(**QUICK).run())
    assert comparison.floors == ()
    assert set(comparison.skipped.values()) == {judging.TOO_LONG}
    assert not comparison.lacks_time
