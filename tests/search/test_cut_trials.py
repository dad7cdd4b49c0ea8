"""Trials whose training a time limit has cut are trained to their end when the search goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from optuna_dnc.runs import open_run
from optuna_dnc.search import StagedSearch
from optuna_dnc.training import Epoch, trainer

Search = Callable[..., StagedSearch]


def states(folder: Path) -> list[str]:
    """The states of the trials of stage 1."""
    return [trial.state.name for trial in open_run(folder).study_of["core-architecture"].trials]


def test_a_search_whose_only_training_was_cut_goes_on(search: Search, tmp_path: Path) -> None:
    lone = {"n_startup_trials": 1, "n_steps": 0}
    cut = search(**lone, timeout=1e-9).run()
    assert not cut.complete
    assert states(tmp_path / "run") == ["RUNNING"]
    whole = search(**lone).run()
    assert whole.complete
    assert states(tmp_path / "run") == ["COMPLETE"]
    assert search(**lone).run().best == whole.best


def test_a_search_has_all_its_trials_in_the_end(
    search: Search, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    skip_an_hour: Callable[[], None],
) -> None:  # fmt: skip
    epoch, n_first = trainer.Trainer.epoch, 0

    def slow(self: trainer.Trainer, done: int) -> Epoch:
        nonlocal n_first
        n_first += self.seed > 0 and not done  # networks that are only timed have seed 0
        if n_first == 2:
            skip_an_hour()
        return epoch(self, done)

    monkeypatch.setattr(trainer.Trainer, "epoch", slow)
    assert not search(timeout=600).run().complete
    assert states(tmp_path / "run") == ["COMPLETE", "RUNNING"]
    monkeypatch.undo()
    assert search().run().complete
    assert states(tmp_path / "run") == ["COMPLETE"] * 4
