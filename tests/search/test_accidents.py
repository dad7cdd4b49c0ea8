"""Folders that vanish, disks that fail, and processes that are killed at awkward moments."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import pytest

from optuna_dnc import InputError, _files
from optuna_dnc._drafts import create_draft
from optuna_dnc.refit import Refit, train
from optuna_dnc.runs import studies
from optuna_dnc.search import SearchResult, StagedSearch, TrialDone
from optuna_dnc.tradeoff import Tradeoff, TradeoffSearch
from tests.interruption import Killed
from tests.searches import FEWEST, SMALL, Arrays, trials_of

Search = Callable[..., StagedSearch]


def _after(n_trials: int, act: Callable[[], object]) -> Callable[[object], None]:
    seen = 0

    def on_event(event: object) -> None:
        nonlocal seen
        seen += isinstance(event, TrialDone)
        if seen == n_trials:
            act()

    return on_event


@pytest.mark.parametrize("how", ["deleted", "moved"])
def test_a_folder_that_vanishes_is_told_and_stays_away(
    search: Search, whole_search: Path, tmp_path: Path, how: str
) -> None:
    run, moved = tmp_path / "run", tmp_path / "moved"
    act = (lambda: shutil.rmtree(run)) if how == "deleted" else (lambda: run.rename(moved))
    with pytest.raises(InputError, match="was deleted or moved while"):
        search(on_event=_after(2, act)).run()
    assert not run.exists()
    if how == "moved":
        moved.rename(run)
    search().run()
    assert trials_of(run) == trials_of(whole_search)


@pytest.mark.parametrize("number", [errno.EIO, errno.EACCES])
def test_an_error_of_the_disk_names_the_file_and_the_search_goes_on(
    search: Search,
    whole_search: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
) -> None:
    def fail(path: Path) -> Path:
        if "checkpoints" in path.parts:
            raise OSError(number, os.strerror(number))
        return create_draft(path)

    with monkeypatch.context() as patch:
        patch.setattr(_files, "create_draft", fail)
        cause = rf"run/checkpoints/\w+\.safetensors: {os.strerror(number)}\).*to resume"
        with pytest.raises(InputError, match=cause):
            search().run()
    search().run()
    assert trials_of(tmp_path / "run") == trials_of(whole_search)


def test_a_tradeoff_killed_in_its_first_write_begins(
    arrays: Arrays, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*arguments: object, **named: object) -> None:
        raise Killed

    begin = TradeoffSearch(arrays, wc=(0.1,), out=tmp_path / "t", **SMALL | FEWEST)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", killed)
        patch.setattr(Path, "unlink", killed)
        with pytest.raises(Killed):
            begin.run()
    (draft,) = (tmp_path / "t").iterdir()
    draft.rename(draft.with_name(draft.name.replace(f"-{os.getpid()}-", "-99999999-")))
    TradeoffSearch(arrays, wc=(0.1,), out=tmp_path / "t", **SMALL | FEWEST).run()
    assert {path.name for path in (tmp_path / "t").iterdir()} == {"tradeoff.json", "wc-0.1"}
    assert Tradeoff.load(tmp_path / "t").complete


@pytest.mark.parametrize("step", ["rmtree", "write_card"])
def test_the_last_steps_of_a_killed_refit_are_done_by_the_next_call(
    result: SearchResult,
    classes: Arrays,
    monkeypatch: pytest.MonkeyPatch,
    epochs_trained: list[Any],
    step: str,
) -> None:
    def killed(*arguments: object, **named: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(train.shutil if step == "rmtree" else Refit, step, killed)
        with pytest.raises(Killed):
            result.refit(2, data=classes)
    assert (result.path / "refit" / ".unfinished").exists()
    epochs_trained.clear()
    result.refit(2, data=classes)
    assert not epochs_trained
    assert (result.path / "refit" / "card.md").exists()
    assert not (result.path / "refit" / ".unfinished").exists()


def test_snapshots_go_on_from_the_last_one(
    result: SearchResult, classes: Arrays, epochs_trained: list[Any], tmp_path: Path
) -> None:
    whole = result.ensemble(snapshots=4, data=classes, out=tmp_path / "whole")
    epochs_trained.clear()

    def kill(progress: Any) -> None:
        if progress.epoch == 3:
            raise Killed

    with pytest.raises(Killed):
        result.ensemble(snapshots=4, data=classes, on_member=kill)
    assert [epoch for _, epoch in epochs_trained] == [1, 2, 3]
    epochs_trained.clear()
    again = result.ensemble(snapshots=4, data=classes)
    assert [epoch for _, epoch in epochs_trained] == [3, 4]
    for member in whole.members:
        assert (again.path / member.file).read_bytes() == (whole.path / member.file).read_bytes()
    assert not (again.path / ".unfinished").exists()


def test_checkpoints_of_former_leaders_go_with_the_next_call(search: Search, ended: Path) -> None:
    stale = ended / "checkpoints" / "0123456789abcdef.safetensors"
    stale.write_bytes(b"left by a process that was killed")
    search().run()
    assert not stale.exists()


@pytest.mark.parametrize("is_written", [False, True], ids=["created", "written"])
def test_of_two_folders_of_one_name_that_begin_at_once_one_goes_on(
    search: Search, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_written: bool
) -> None:
    url = f"sqlite:///{tmp_path}/shared.db"
    claim = studies.Studies.claim
    second: list[str] = []

    def claim_later(self: studies.Studies, *arguments: Any) -> None:
        # The other one has looked and found nothing; now the first is quicker.
        monkeypatch.setattr(studies.Studies, "claim", claim)
        if is_written:
            search(**FEWEST, storage=url, out=tmp_path / "a" / "run").run()
        else:
            optuna.create_study(storage=url, study_name="run/1-core-architecture")
        try:
            claim(self, *arguments)
        except InputError as error:
            second.append(str(error))
            raise

    monkeypatch.setattr(studies.Studies, "claim", claim_later)
    with pytest.raises(InputError, match="another search has just created the study"):
        search(**FEWEST, storage=url, out=tmp_path / "b" / "run").run()
    assert len(second) == 1
    assert not (tmp_path / "b").exists()


def test_a_study_without_its_settings_is_waited_for(
    search: Search, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path}/shared.db"
    search(**FEWEST, storage=url, out=tmp_path / "a" / "run").run()
    study = optuna.load_study(study_name="run/1-core-architecture", storage=url)
    settings = study.user_attrs["settings"]
    slept = 0

    def settings_after_a_while(self: studies.Studies) -> dict[str, Any] | None:
        return settings if slept > 1 else None

    def sleep(seconds: float) -> None:
        nonlocal slept
        slept += 1

    monkeypatch.setattr(studies.Studies, "settings", settings_after_a_while)
    monkeypatch.setattr(studies.time, "sleep", sleep)
    with pytest.raises(InputError, match=r"belongs to the same search in .*a/run"):
        search(**FEWEST, storage=url, out=tmp_path / "b" / "run").run()
