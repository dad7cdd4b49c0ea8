"""Interrupted searches under Hyperband go on as if nothing had happened."""

from __future__ import annotations

import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from optuna_dnc.runs import open_run, search_status
from optuna_dnc.search import TrialDone
from optuna_dnc.search.trials import trainer
from tests.interruption import Killed
from tests.processes import Process, command, needs_fork
from tests.search.hyperband import HYPERBAND, WIDE, core_study, run_core, stages_of
from tests.searches import STAGES, Search, Whole, trials_of

Kill = Callable[[int], None]

CORE = STAGES[:1]


def test_a_search_killed_in_several_rungs_resumes_to_the_same_trials(
    search: Search, hyperband_whole: Whole, tmp_path: Path, kill_at_report: Kill
) -> None:
    killed = tmp_path / "killed" / "run"
    for report in (4, 16, 40):
        kill_at_report(report)
        with pytest.raises(Killed):
            search(**HYPERBAND, space=WIDE, out=killed).run()
        search_status(killed)
    kill_at_report(0)
    resumed = search(**HYPERBAND, space=WIDE, out=killed).run()
    assert trials_of(killed) == trials_of(hyperband_whole.path)
    assert resumed.best.test_accuracy == hyperband_whole.result.best.test_accuracy
    names = ("epochs", "n_pruned")
    counted, expected = (
        [[stage[name] for name in names] for stage in stages_of(path)]
        for path in (killed, hyperband_whole.path)
    )
    assert counted == expected


COPIES = {"n_layers": (0, 1), "width": (4, 5), "refinements": ()}
"""Three networks in all, more in a rung."""


def test_copies_of_a_network_take_one_place_of_a_rung(
    search: Search, tmp_path: Path, kill_at_report: Kill
) -> None:
    whole = tmp_path / "run"
    run_core(search, **HYPERBAND, space=COPIES, out=whole)
    core = [r for r in open_run(whole).ledger.records if r.stage == "core-architecture"]
    assert len(core) == 12
    beyond = [r.key for r in core[:9] if max(r.curve) > 1]  # of the first bracket
    assert len(beyond) == len(set(beyond)) > 1
    killed = tmp_path / "killed" / "run"
    kill_at_report(14)
    with pytest.raises(Killed):
        search(**HYPERBAND, space=COPIES, out=killed).run()
    kill_at_report(0)
    run_core(search, **HYPERBAND, space=COPIES, out=killed)
    assert trials_of(killed, stages=CORE) == trials_of(whole, stages=CORE)


def test_who_may_still_go_on_was_not_stopped(search: Search, kill_at_report: Kill) -> None:
    kill_at_report(12)
    with pytest.raises(Killed):
        search(**HYPERBAND, space=WIDE).run()
    opened = open_run(search(**HYPERBAND, space=WIDE).folder.path)
    stage = search_status(opened.path).stages[1]
    assert (stage.n_pruned, stage.n_waiting) == (0, stage.n_trials)
    assert stage.n_waiting > 1


@needs_fork
def test_a_killed_process_resumes_to_the_same_trials(npz: Path, tmp_path: Path) -> None:
    def search(out: Path) -> Process:
        work = command(
            "search", npz, "--pruner", "hyperband", "--epochs", 3, "--budget", 12, "--startup", 2,
            "--steps", 2, "--space", "width=8:64", "--space", "refinements=dropout",
            "--device", "cpu", "--no-floors", "--out", out,
        )  # fmt: skip
        return Process(work, tmp_path)

    killed, whole = tmp_path / "killed" / "run", tmp_path / "whole" / "run"
    process = search(killed)
    for line in process.stderr:
        if line.startswith("core-architecture 3/"):
            break
    process.send(signal.SIGKILL)
    assert process.end().code == -9
    for out in (killed, whole):
        assert search(out).end().code == 0
    assert trials_of(killed) == trials_of(whole)


def test_a_finished_search_is_not_trained_again(
    search: Search, hyperband_whole: Whole, tmp_path: Path, epochs_trained: list[tuple[int, int]]
) -> None:
    shutil.copytree(hyperband_whole.path, tmp_path / "run")
    before = trials_of(tmp_path / "run")
    assert search(**HYPERBAND, space=WIDE).run().best == hyperband_whole.result.best
    assert trials_of(tmp_path / "run") == before
    assert epochs_trained == []


def test_a_damaged_checkpoint_is_trained_again_to_the_same_trials(
    search: Search, hyperband_whole: Whole, tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged" / "run"
    spoiled: list[Path] = []

    def spoil(trial: TrialDone) -> None:
        for path in (damaged / "trainings").rglob("training.safetensors"):
            path.write_bytes(path.read_bytes()[:-4])
            spoiled.append(path)

    with pytest.warns(UserWarning, match="is damaged .* trained from the start"):
        run_core(search, **HYPERBAND, space=WIDE, out=damaged, on_trial=spoil)
    assert spoiled
    assert trials_of(damaged, stages=CORE) == trials_of(hyperband_whole.path, stages=CORE)


def test_other_errors_lose_no_trial(
    search: Search, hyperband_whole: Whole, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken" / "run"
    train = trainer.train_network
    calls = 0

    def fails_once(*arguments, **named):
        nonlocal calls
        calls += 1
        if calls == 11:
            raise ZeroDivisionError
        return train(*arguments, **named)

    monkeypatch.setattr(trainer, "train_network", fails_once)
    with pytest.raises(ZeroDivisionError):
        search(**HYPERBAND, space=WIDE, out=broken).run()
    run_core(search, **HYPERBAND, space=WIDE, out=broken)
    assert trials_of(broken, stages=CORE) == trials_of(hyperband_whole.path, stages=CORE)


@pytest.mark.parametrize("n_trials", [0, 9])
def test_a_time_limit_ends_with_a_network_and_can_go_on(
    search: Search,
    hyperband_whole: Whole,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    n_trials: int,
) -> None:
    clock = time.monotonic
    skipped = 0.0 if n_trials else 3600.0
    start = clock()
    monkeypatch.setattr(time, "monotonic", lambda: clock() + (skipped if clock() > start else 0))

    def hurry(event: object) -> None:
        nonlocal skipped
        if isinstance(event, TrialDone) and event.number == n_trials:
            skipped = 3600

    timeout = 600 if n_trials else 1e-9
    partial = search(**HYPERBAND, space=WIDE, timeout=timeout, on_event=hurry).run()
    monkeypatch.undo()
    assert not partial.complete
    assert partial.best.test_accuracy is not None
    assert partial.summary["leaders"][0]["loss"] == partial.best.loss
    if n_trials:
        assert "COMPLETE" in {trial.state.name for trial in core_study(tmp_path).trials}
    assert search_status(tmp_path / "run").saved is not None
    assert search(**HYPERBAND, space=WIDE).run().complete
    if n_trials:  # no time at all allows small networks only
        assert trials_of(tmp_path / "run") == trials_of(hyperband_whole.path)


def test_stages_go_on_from_the_pilot_if_the_first_had_no_time_for_a_whole_training(
    search: Search, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, skipped = time.monotonic, 0.0
    monkeypatch.setattr(time, "monotonic", lambda: clock() + skipped)

    def hurry(event: object) -> None:
        nonlocal skipped
        if isinstance(event, TrialDone) and event.stage == "core-architecture":
            skipped = 350.0  # more than the share of the stage, and less than that of all

    space = WIDE | {"dropout": (0.0, 0.2), "refinements": ("dropout",)}
    partial = search(**HYPERBAND, space=space, timeout=600, on_event=hurry).run()
    monkeypatch.undo()
    assert not partial.complete
    assert {trial.state.name for trial in core_study(tmp_path).trials} == {"PRUNED", "WAITING"}
    stages = {stage["name"]: stage["n_trials"] for stage in partial.summary["stages"]}
    assert stages["remaining-architecture"] > 0
    assert stages["training"] > 0
    assert partial.best.test_accuracy is not None
