"""A search is paused from elsewhere, and goes on from its folder."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from optuna_dnc import InputError
from optuna_dnc.runs import pause, search_status
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.search import Paused, StagedSearch, TrialDone, search_of_run
from optuna_dnc.search import pausing as pausing_module
from optuna_dnc.training import Epoch, trainer
from tests.interruption import Killed
from tests.searches import SMALL, Arrays, trials_of

Search = Callable[..., StagedSearch]


def after(n_trials: int, path: Path, seen: list[str]) -> Callable[[object], None]:
    """Pause the search after so many trials, and note its states."""
    number = 0

    def on_event(event: object) -> None:
        nonlocal number
        number += isinstance(event, TrialDone)
        if number == n_trials and isinstance(event, TrialDone):
            seen.append(search_status(path).state)
            pause(path)
            seen.append(search_status(path).state)

    return on_event


def test_a_search_that_is_paused_in_every_stage_goes_on_to_the_same_trials(
    search: Search, whole_search: Path, npz: Path, tmp_path: Path
) -> None:
    path = tmp_path / "paused" / "run"
    for n_trials in (1, 4, 4):
        states = list[str]()
        with pytest.raises(Paused):
            search(data=npz, out=path, on_event=after(n_trials, path, states)).run()
        assert states == ["running", "pausing"]
        assert search_status(path).state == "paused"
        assert not RunFolder(path).result.exists()
    search_of_run(path).run()
    assert search_status(path).state == "complete"
    assert trials_of(path) == trials_of(whole_search)


def test_the_command_of_the_search_goes_on_with_it_as_well(search: Search, tmp_path: Path) -> None:
    path = tmp_path / "run"
    with pytest.raises(Paused):
        search(on_event=after(2, path, [])).run()
    assert search().run().complete


def test_a_pause_ends_a_long_training_after_its_epoch(
    search: Search, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, epochs, epoch = tmp_path / "run", list[int](), trainer.Trainer.epoch

    def pausing(self: trainer.Trainer, done: int) -> Epoch:
        epochs.append(done + 1)
        if len(epochs) == 7:
            pause(path)
        return epoch(self, done)

    monkeypatch.setattr(trainer.Trainer, "epoch", pausing)
    monkeypatch.setattr(pausing_module, "SECONDS_BETWEEN", 0.0)
    with pytest.raises(Paused):
        search(epochs=5, patience=None).run()
    assert epochs == [1, 2, 3, 4, 5, 1, 2]


def test_hyperband_goes_on_from_its_checkpoint(search: Search, npz: Path, tmp_path: Path) -> None:
    changes: dict[str, Any] = {"pruner": "hyperband", "epochs": 3, "budget": 12, "data": npz}
    path, whole = tmp_path / "paused" / "run", tmp_path / "whole" / "run"
    with pytest.raises(Paused):
        search(out=path, on_event=after(2, path, []), **changes).run()
    search_of_run(path).run()
    search(out=whole, **changes).run()
    assert trials_of(path) == trials_of(whole)


def test_a_pause_after_the_last_trial_comes_before_the_folds(
    search: Search, whole_search: Path, npz: Path, tmp_path: Path
) -> None:
    n_trials = sum(stage.n_trials for stage in search_status(whole_search).stages)
    path, states = tmp_path / "paused" / "run", list[str]()
    with pytest.raises(Paused):
        search(data=npz, out=path, on_event=after(n_trials, path, states)).run()
    assert states == ["finishing", "pausing"]
    assert search_of_run(path).run().complete
    assert trials_of(path) == trials_of(whole_search)


def test_a_paused_search_has_the_time_that_was_left(
    search: Search, npz: Path, tmp_path: Path, skip_an_hour: Callable[[], None]
) -> None:
    path = tmp_path / "run"
    pausing = after(1, path, [])

    def on_event(event: object) -> None:
        pausing(event)
        if isinstance(event, TrialDone):
            skip_an_hour()

    with pytest.raises(Paused):
        search(data=npz, on_event=on_event, timeout=7200.0).run()
    assert 3000 < search_of_run(path).session["timeout"] < 3600


def test_what_has_ended_or_not_begun_is_not_paused(ended: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="give the folder of a search"):
        pause(tmp_path / "other")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(InputError, match="has ended; add trials with optuna-dnc extend"):
        pause(ended)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_pause_of_a_stopped_search_is_kept(arrays: Arrays, tmp_path: Path) -> None:
    def stop(event: object) -> None:
        if isinstance(event, TrialDone):
            raise Killed

    with pytest.raises(Killed):
        StagedSearch(arrays, **SMALL, out=tmp_path / "run", on_event=stop).run()
    assert search_status(tmp_path / "run").state == "stopped"
    pause(tmp_path / "run")
    assert search_status(tmp_path / "run").state == "paused"


def test_a_pause_comes_out_of_the_process_of_a_worker() -> None:
    assert str(pickle.loads(pickle.dumps(Paused()))) == str(Paused())
