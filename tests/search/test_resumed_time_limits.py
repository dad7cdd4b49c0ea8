"""Searches that end with their time, and go on."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from optuna_dnc.runs import open_run, search_status
from optuna_dnc.search import StagedSearch, TrialDone
from optuna_dnc.training import Epoch, trainer
from tests.interruption import Killed
from tests.searches import FEWEST, Arrays, trials_of

Search = Callable[..., StagedSearch]
EPOCHS = 4


def test_a_time_limit_ends_with_the_best_so_far_and_can_go_on(
    search: Search, whole_search: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    skip_an_hour: Callable[[], None],
) -> None:  # fmt: skip
    def hurry(event: object) -> None:
        if isinstance(event, TrialDone) and event.number == 2:
            skip_an_hour()

    partial = search(timeout=600, on_event=hurry).run()
    assert not partial.complete
    assert json.loads((tmp_path / "run" / "result.json").read_text())["complete"] is False
    assert partial.best.test_accuracy is not None
    assert search_status(tmp_path / "run").state == "stopped"
    monkeypatch.undo()
    assert search().run().complete
    assert trials_of(tmp_path / "run") == trials_of(whole_search)


def _of_trials(epochs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the epochs of trials, without those that are timed to plan the search."""
    return [epoch for epoch in epochs if epoch[0]]


def test_a_training_that_outlasts_the_time_limit_counts_as_it_is_and_is_trained_again(
    search: Search, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    epochs_trained: list[tuple[int, int]], skip_an_hour: Callable[[], None],
) -> None:  # fmt: skip
    epoch = trainer.Trainer.epoch

    def slow(self: trainer.Trainer, done: int) -> Epoch:
        if len(_of_trials(epochs_trained)) == 2 * EPOCHS:  # the first epoch of the third training
            skip_an_hour()
        return epoch(self, done)

    monkeypatch.setattr(trainer.Trainer, "epoch", slow)
    partial = search(timeout=600, epochs=EPOCHS).run()
    assert (partial.complete, len(_of_trials(epochs_trained))) == (False, 2 * EPOCHS + 1)
    stage = partial.summary["stages"][0]
    assert (stage["n_trials"], stage["epochs"]) == (3, 2 * EPOCHS + 1)
    assert search_status(tmp_path / "run").stages[0].n_trials == 2
    monkeypatch.undo()
    search(epochs=EPOCHS).run()
    search(epochs=EPOCHS, out=tmp_path / "other" / "run").run()
    assert trials_of(tmp_path / "run") == trials_of(tmp_path / "other" / "run")


def test_a_cut_training_is_the_answer_if_no_other_has_ended(
    search: Search, monkeypatch: pytest.MonkeyPatch, arrays: Arrays,
    epochs_trained: list[tuple[int, int]], skip_an_hour: Callable[[], None],
) -> None:  # fmt: skip
    epoch = trainer.Trainer.epoch

    def slow(self: trainer.Trainer, done: int) -> Epoch:
        if self.seed and done:  # the second epoch of the first training
            skip_an_hour()
        return epoch(self, done)

    monkeypatch.setattr(trainer.Trainer, "epoch", slow)
    result = search(timeout=600, epochs=EPOCHS).run()
    assert len(_of_trials(epochs_trained)) == 2  # not trained again to the end
    *_, x_test, y_test = arrays
    accuracy = (result.predict(x_test) == y_test).mean()
    assert accuracy == pytest.approx(result.best.test_accuracy)


def test_a_time_limit_too_short_for_anything_still_gives_a_network(search: Search) -> None:
    result = search(timeout=1e-9).run()
    assert result.summary["stages"][0]["n_trials"] == 1
    assert result.best.n_params > 0


def test_further_workers_have_the_time_that_is_left(search: Search) -> None:
    make = functools.partial(search, timeout=1_000.0, **FEWEST)
    make().prepare()
    with make().joined() as run:
        assert run.work_once() == "trained"
        left = run.context.limit.left
        kept = run.studies.time_left()
        assert kept is not None
        assert left <= kept < 1_000
        run.studies.keep_time_left(50.0)
    with make().begun():  # as a choice of another network does
        pass
    with make().joined() as run:
        assert run.context.limit.left <= 50.0
    make().prepare()
    with make().joined() as run:
        assert run.context.limit.left > 900.0


def test_workers_have_the_time_that_a_killed_search_had_left(
    search: Search, tmp_path: Path
) -> None:
    def die(event: object) -> None:
        if isinstance(event, TrialDone):
            raise Killed

    with pytest.raises(Killed):
        search(timeout=1_000.0, **FEWEST, on_event=die).run()
    left = open_run(tmp_path / "run").studies.time_left()
    assert left is not None
    with search(timeout=1_000.0, **FEWEST).joined() as run:
        assert run.context.limit.left <= left < 1_000.0
