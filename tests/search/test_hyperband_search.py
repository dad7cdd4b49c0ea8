"""Stages 1 and 3 under Hyperband."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from math import log10
from pathlib import Path

import pytest
import torch

from optuna_dnc.objectives import penalized_loss
from optuna_dnc.runs import open_run
from optuna_dnc.runs.stage_keys import CORE
from optuna_dnc.search import StagedSearch, TrialDone
from optuna_dnc.search.trials import trainer
from optuna_dnc.training import TrainingConfig
from tests.search.hyperband import HYPERBAND, WIDE, core_study, stages_of
from tests.searches import Whole, trials_of

Search = Callable[..., StagedSearch]
Kill = Callable[[int], None]


def test_the_brackets_are_exact_and_no_epoch_is_trained_twice(hyperband_whole: Whole) -> None:
    core, _, training = trials_of(hyperband_whole.path)
    for trials in (core, training):
        assert Counter(state for _, state, *_ in trials) == {"COMPLETE": 2, "PRUNED": 10}
        assert Counter(max(reports) for *_, reports, _, _ in trials) == {1: 6, 3: 4, 9: 2}
        for *_, reports, _, _ in trials[trials is core :]:
            assert list(reports) == list(range(1, max(reports) + 1))
    taken_over = core[0][4]
    assert max(Counter(hyperband_whole.epochs_trained).values()) == 1
    stages = stages_of(hyperband_whole.path)
    assert sum(int(stage["epochs"]) for stage in stages) == len(hyperband_whole.epochs_trained)
    assert [stages[n]["epochs"] for n in (0, 1, 3)] == [9, 36 - max(taken_over), 36]
    assert [stage["n_pruned"] for stage in stages] == [0, 10, 0, 10]


def test_losses_are_projected_to_the_end_by_the_pilots_curve(hyperband_whole: Whole) -> None:
    pilot, core = trials_of(hyperband_whole.path, stages=("0-pilot", "1-core-architecture"))
    assert pilot[0][5] == core[0][5]
    assert set(core[0][4].values()) == {pilot[0][3]}  # its loss at any epoch is its loss
    trial = next(t for t in core[1:] if t[1] == "PRUNED")
    last = max(trial[4])
    attributes = core_study(hyperband_whole.path.parent).trials[trial[0]].user_attrs
    cost = 0.1 * attributes["n_params"] / hyperband_whole.result.summary["baseline"]
    pilots_cost = 10 ** pilot[0][3] - pilot[0][6]
    errors = [10**loss - pilots_cost for _, loss in sorted(pilot[0][4].items())]
    left = errors[-1] / errors[last - 1]
    assert 10 ** trial[3] == pytest.approx(
        attributes["error"] * left + cost,
        rel=1e-5,  # the pilot's curve has six digits
    )


def test_the_loss_of_a_finished_network_is_the_measured_one(search: Search) -> None:
    result = search(**HYPERBAND, penalize="t_epoch", wc=10.0, space=WIDE).run()
    finished = [r for r in open_run(result.path).ledger.records if not r.pruned]
    assert len(finished) > 4
    for record in finished:
        complexity = record.measured.costs["t_epoch"] / result.summary["baseline"]
        loss = penalized_loss(record.measured.error, complexity, result.summary["wc"], n_val=30)
        assert record.loss == pytest.approx(loss)


@pytest.fixture
def promise(search: Search) -> Iterator[Callable[..., float]]:
    """The loss expected of an error of a training so far, seen through a pilot without errors."""
    with search(**HYPERBAND, wc=0.0).begun() as run:
        while not run.context.ledger.records:
            run.work_once()
        pilot = run.context.ledger.records[0]
        run.context.objective.learn_from_pilot(
            replace(pilot, epochs={"val_error": [0.5, 0.3, 0.2, 0.1, *[0.0] * 5]})
        )

        def expected(error: float, epochs_run: int, *, patience: int | None = None) -> float:
            measured = replace(
                pilot.measured, error=error, epochs_run=epochs_run, best_epoch=epochs_run - 1
            )
            return run.context.objective.projected_loss(
                measured, TrainingConfig(epochs=9, patience=patience)
            )

        yield expected


def test_what_patience_has_ended_is_not_expected_to_get_better(
    promise: Callable[..., float],
) -> None:
    measured = log10(0.2)
    assert promise(0.2, 4) == promise(0.2, 4, patience=2) < measured
    assert promise(0.2, 4, patience=1) == promise(0.2, 9) == pytest.approx(measured)


def test_good_networks_differ_at_a_rung_though_the_pilot_makes_no_errors(
    promise: Callable[..., float],
) -> None:
    promises = [promise(error, 1) for error in (0.1, 0.2, 0.4)]
    assert promises == sorted(set(promises))


def test_only_networks_that_were_trained_to_the_end_are_ranked(hyperband_whole: Whole) -> None:
    result = hyperband_whole.result
    names = [stage["name"] for stage in stages_of(hyperband_whole.path)]
    labels = [f"{number}-{name}" for number, name in enumerate(names)]
    trials = {
        (name, trial[0]): trial
        for name, stage in zip(names, trials_of(hyperband_whole.path, stages=labels), strict=True)
        for trial in stage
    }
    for leader in result.summary["leaders"]:
        assert trials[leader["stage"], leader["trial_number"]][1] == "COMPLETE"
    complete = [trial[3] for trial in trials.values() if trial[1] == "COMPLETE"]
    assert result.best.loss == min(complete)


def test_a_stopped_trial_has_the_attributes_of_the_others(hyperband_whole: Whole) -> None:
    study = core_study(hyperband_whole.path.parent)
    complete = [t for t in study.trials if t.state.name == "COMPLETE"]
    stopped = [t for t in study.trials[1:] if t.state.name == "PRUNED"]
    assert {t.user_attrs["status"] for t in complete} == {"ok"}
    for trial in stopped:
        assert set(trial.user_attrs) == set(complete[-1].user_attrs) - {"reused_from"}
        assert trial.user_attrs["status"] == "pruned"
        assert trial.user_attrs["epochs_run"] == max(trial.intermediate_values)
        assert trial.value == trial.intermediate_values[max(trial.intermediate_values)]


def test_checkpoints_go_when_their_stage_is_over(
    hyperband_watched: tuple[Whole, list[bool]],
) -> None:
    whole, seen = hyperband_watched
    assert any(seen)
    assert not (whole.path / "trainings").exists()


def test_what_is_known_is_not_trained_again_at_any_rung(
    search: Search, tmp_path: Path, epochs_trained: list[tuple[int, int]]
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        search(
            pruner="hyperband", epochs=9, budget=54,
            space={"n_layers": (1, 1), "width": (4, 6), "refinements": ()}, lr=0.01,
        ).run()  # fmt: skip
    study = core_study(tmp_path)
    complete = {t.user_attrs["key"]: t for t in study.trials if t.state.name == "COMPLETE"}
    reused = [t for t in study.trials if t.user_attrs.get("reused_from")]
    assert len(reused) > 1
    for trial in reused:
        stage, _, number = trial.user_attrs["reused_from"].rpartition("/")
        if stage != "pilot":
            curve = study.trials[int(number)].intermediate_values
            assert trial.intermediate_values == {e: curve[e] for e in trial.intermediate_values}
    # Each network is trained to the end at most once.
    last = Counter(seed for seed, epoch in epochs_trained if epoch == 9)
    assert complete
    assert max(last.values()) == 1


@pytest.mark.parametrize(("budget", "first", "spent"), [(9, 9, 9), (15, 3, 15), (21, 1, 21)])
def test_a_small_budget_raises_the_lowest_rung(
    search: Search, tmp_path: Path, budget: int, first: int, spent: int
) -> None:
    search(pruner="hyperband", epochs=9, budget=budget, space=WIDE).run()
    core, _, training = trials_of(tmp_path / "run")
    for trials in (core, training):
        assert min(max(reports) for *_, reports, _, _ in trials) == first
        assert "COMPLETE" in {state for _, state, *_ in trials}
    _, first_stage, _, last_stage = stages_of(tmp_path / "run")
    assert first_stage["epochs"] == spent - max(core[0][4])  # the first network is the pilot's
    assert last_stage["epochs"] == spent


def test_running_out_of_memory_is_recorded_and_the_brackets_go_on(
    search: Search, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train = trainer.train_network

    def only_one_layer(family, config, *rest, **named):
        if len(config.widths) != 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return train(family, config, *rest, **named)

    monkeypatch.setattr(trainer, "train_network", only_one_layer)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        result = search(**HYPERBAND, space={"refinements": ()}).run()
    study = core_study(tmp_path)
    assert "out-of-memory" in {t.user_attrs["status"] for t in study.trials}
    assert len(result.best.config.widths) == 1


def test_a_pilot_that_leaves_no_network_hides_no_other(
    search: Search, monkeypatch: pytest.MonkeyPatch, skip_an_hour: Callable[[], None]
) -> None:
    train, calls = trainer.train_network, 0

    def first_fails(*arguments, **named):
        nonlocal calls
        calls += 1
        if calls == 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return train(*arguments, **named)

    def hurry(event: object) -> None:
        if isinstance(event, TrialDone) and (event.stage, event.number) == (CORE.name, 3):
            skip_an_hour()

    monkeypatch.setattr(trainer, "train_network", first_fails)
    partial = search(**HYPERBAND, space=WIDE, timeout=600, on_event=hurry).run()
    assert not partial.complete
    assert partial.best.val_error < 1
