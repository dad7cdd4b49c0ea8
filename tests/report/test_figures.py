"""All figures together, on searches of every kind and in every state."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np
import pytest
from plotly import graph_objects as go

from optuna_dnc.nets import MLPFamily
from optuna_dnc.objectives import unusable
from optuna_dnc.report.figures import figures
from optuna_dnc.runs import Record, Run, open_run
from optuna_dnc.runs.ledger import Ledger
from optuna_dnc.training.weights import load_weights, save_weights
from tests.report.conftest import Search


def with_records(search: Run, records: Iterable[Record]) -> Run:
    """The same search with other records."""
    return dataclasses.replace(search, ledger=Ledger(records))


def named(figure: go.Figure, name: str) -> Any:
    """The trace that the legend calls so."""
    return next(trace for trace in figure.data if trace.name == name)


@pytest.fixture(scope="module")
def joint(run_search: Search) -> Run:
    """Network and training at once, under Hyperband."""
    return open_run(run_search(strategy="joint", sampler="bohb", epochs=9, budget=21))


@pytest.fixture(scope="module")
def joint_figures(joint: Run) -> dict[str, go.Figure]:
    return figures(joint)


def test_a_finished_search_has_every_figure_under_an_html_id(finished: Run) -> None:
    names = list(figures(finished))
    assert names == [
        "cost",
        "network",
        "course",
        "learning-curves",
        "feature-importance",
        "parameters-core-architecture",
        "parameters-training",
        "options",
        "time-spent",
    ]
    assert all(re.fullmatch(r"[a-z][a-z-]*", name) for name in names)


def test_all_have_a_title_and_the_same_look(finished: Run) -> None:
    drawn = list(figures(finished).values())
    assert all(figure.layout.title.text for figure in drawn)
    assert all(figure.layout.template == drawn[0].layout.template for figure in drawn)


def test_options_of_another_searchs_grid_are_not_drawn(
    finished: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = finished.study_of["remaining-architecture"]
    trials = study.get_trials()
    trials[-1].user_attrs["shared"] = True
    monkeypatch.setattr(study, "get_trials", lambda **_: trials)
    assert sum(len(trace.x) for trace in figures(finished)["options"].data) == len(trials) - 1


def test_a_stopped_search_has_what_there_is_to_see(stopped: Run) -> None:
    drawn = figures(stopped)
    assert {"cost", "network", "course", "learning-curves", "options"} <= drawn.keys()
    assert "parameters-training" not in drawn


def test_a_search_without_trials_has_none(run_search: Search) -> None:
    assert figures(open_run(run_search(stop_after=0))) == {}


def test_a_single_trial_is_seen(run_search: Search) -> None:
    search = open_run(run_search(stop_after=1))
    drawn = figures(search)
    assert list(drawn) == ["cost", "network", "course", "learning-curves", "time-spent"]
    assert drawn["cost"].layout.xaxis.range[0] < drawn["cost"].layout.xaxis.range[1]


def test_trainings_that_diverged_are_seen_and_are_no_networks(finished: Run) -> None:
    measured = unusable("classification", {"n_params": 100, "t_epoch": 0.1}, "diverged")
    failed = [
        dataclasses.replace(record, measured=measured, epochs={}, curve={})
        for record in finished.ledger.records
    ]
    drawn = figures(with_records(finished, failed))
    assert not {"cost", "network", "learning-curves"} & drawn.keys()
    assert len(named(drawn["course"], "diverged or out of memory").x) == len(failed)


def test_what_is_not_finite_is_left_out(finished: Run) -> None:
    broken = [
        dataclasses.replace(
            record,
            loss=math.nan,
            measured=dataclasses.replace(record.measured, error=math.inf),
            epochs={name: [None, math.nan] for name in record.epochs},
        )
        for record in finished.ledger.records[1:3]
    ]
    first, *_, last = finished.ledger.records
    drawn = figures(with_records(finished, [first, *broken, last]))
    text = "".join(figure.to_json() for figure in drawn.values())
    assert "NaN" not in text
    assert "Infinity" not in text


def test_a_regression_is_drawn_by_its_error(run_search: Search) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 4)).astype(np.float32)
    y = x[:, 0] - x[:, 1]
    search = open_run(run_search((x[:150], y[:150], x[150:], y[150:]), wc=0.0, stop_after=4))
    cost = figures(search)["cost"]
    assert cost.layout.title.text == "Error against cost"
    low, high = cost.layout.yaxis.range
    assert low < high, "lower errors are further down"
    line = named(cost, "equal loss, wc 0")
    assert len(set(line.y)) == 1, "without a penalty the cost does not matter"


def test_brackets_are_those_that_the_stored_trials_went_through(
    joint_figures: dict[str, go.Figure],
) -> None:
    longest = named(joint_figures["brackets"], "halved twice")
    assert list(longest.x) == ["1", "3", "9"]
    assert list(longest.y) == [9, 3, 1]


def test_stopped_trials_and_the_pilot_are_told_apart(
    joint: Run, joint_figures: dict[str, go.Figure]
) -> None:
    stopped = named(joint_figures["course"], "stopped early")
    assert len(stopped.x) == sum(record.pruned for record in joint.ledger.records)
    assert len(named(joint_figures["cost"], "0 pilot").x) == 1


def test_who_may_still_go_on_was_not_stopped(joint: Run) -> None:
    interrupted = with_records(
        joint,
        [dataclasses.replace(record, waits=record.pruned) for record in joint.ledger.records],
    )
    for name in ("course", "cost"):
        labels = {trace.name for trace in figures(interrupted)[name].data}
        assert "waiting for promotion" in labels
        assert "stopped early" not in labels


def test_a_joint_search_shows_network_and_training_together(
    joint_figures: dict[str, go.Figure],
) -> None:
    axes = {note.text for note in joint_figures["parameters-joint"].layout.annotations}
    assert {"<b>width_0</b>", "<b>lr</b>", "<b>schedule</b>"} <= axes


def test_importance_is_told_of_stages_with_trials_enough(
    joint_figures: dict[str, go.Figure],
) -> None:
    shares = [share for bars in joint_figures["importance"].data for share in bars.x]
    assert len(shares) >= 3
    assert all(0 <= share <= 1 for share in shares)


def test_searches_that_recorded_no_epochs_show_the_loss_that_was_reported(
    finished: Run,
) -> None:
    old = [dataclasses.replace(record, epochs={}) for record in finished.ledger.records]
    curves = figures(with_records(finished, old))["learning-curves"]
    best = finished.ledger.best
    assert best is not None
    assert list(curves.data[0].x) == sorted(best.curve)
    assert "loss of the search" in curves.layout.yaxis.title.text


def test_a_leader_that_was_known_before_has_the_curves_of_its_training(
    finished: Run,
) -> None:
    best = finished.ledger.best
    assert best is not None
    again = dataclasses.replace(
        best, trial_number=99, loss=best.loss - 1, reused_from=best.label, epochs={}, key="0" * 64
    )
    drawn = figures(with_records(finished, [*finished.ledger.records, again]))
    assert len(drawn["learning-curves"].data[0].x) == 2


def test_an_architecture_has_one_curve_that_of_its_best_training(finished: Run) -> None:
    curves = figures(finished)["learning-curves"]
    finished_rows = [row for row in finished.leaderboard if row.state == "finished"]
    names = [trace.name for trace in curves.data if trace.yaxis == "y2"]
    assert names == [f"no. {row.rank}" for row in finished_rows[:5]]


def test_a_figure_of_many_parameters_fits_on_a_page_beside_another(
    joint_figures: dict[str, go.Figure],
) -> None:
    figure = joint_figures["parameters-joint"]
    assert sum("<b>" in note.text for note in figure.layout.annotations) > 10
    assert figure.layout.height < 900


def test_labels_of_rows_do_not_touch_marks(finished: Run) -> None:
    drawn = figures(finished)["options"]
    largest = max(trace.marker.size for trace in drawn.data)
    labels = [note for note in drawn.layout.annotations if note.yshift]
    assert len(labels) == sum(len(trace.x) for trace in drawn.data)
    for label in labels:
        assert label.yshift - 0.65 * label.font.size > largest / 2


class Renamed(MLPFamily):
    """A family that is not built in; its name would be HTML."""

    name: ClassVar[str] = "<i>own</i>"


def test_a_family_of_ones_own_is_drawn_as_it_was_built(run_search: Search) -> None:
    family = Renamed(n_layers=(1, 1), width=(4, 8))
    few = {"epochs": 1, "n_startup_trials": 1, "n_steps": 0}
    search = open_run(run_search(network=family, space={}, **few))
    assert any(word in text for text in _layers(search) for word in ("relu", "tanh", "sigmoid"))


def test_weights_of_earlier_versions_are_drawn_by_their_shapes_or_as_the_family_builds_them(
    run_search: Search,
) -> None:
    family = Renamed(n_layers=(1, 1), width=(4, 8))
    few = {"epochs": 1, "n_startup_trials": 1, "n_steps": 0}
    search = open_run(run_search(network=family, space={}, **few))
    (weights,) = search.folder.checkpoints.iterdir()
    save_weights(weights, load_weights(weights))
    assert _layers(search) == ["<b>linear</b>"] * 2
    assert any("dropout" in text for text in _layers(search, family))


def _layers(search: Run, family: MLPFamily | None = None) -> list[str]:
    notes = figures(search, family=family)["network"].layout.annotations
    return [note.text for note in notes if "linear" in note.text]
