"""Drafts of files: whose they are, how old, and when they are deleted."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from optuna_dnc._drafts import create_draft, draft_folder, sweep_drafts
from optuna_dnc._files import replace_file


def _renamed(draft: Path, old: object, new: object) -> Path:
    """The draft as another process, machine or time would have named it."""
    assert f"-{old}-" in draft.name
    return draft.rename(draft.with_name(draft.name.replace(f"-{old}-", f"-{new}-")))


def _ended_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_draft_of_a_process_that_has_ended_is_deleted_by_the_next_write(tmp_path: Path) -> None:
    draft = _renamed(create_draft(tmp_path / "result.json"), os.getpid(), _ended_process())
    replace_file(tmp_path / "result.json", b"{}")
    assert not draft.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["result.json"]


def test_a_folder_of_a_process_that_has_ended_is_deleted_by_the_next(tmp_path: Path) -> None:
    with draft_folder(tmp_path / "copy") as draft:
        (draft / "weights").write_bytes(b"half")
        left = _renamed(draft, os.getpid(), _ended_process())
    with draft_folder(tmp_path / "copy") as draft:
        assert list(tmp_path.iterdir()) == [draft]
        assert not left.exists()
    assert list(tmp_path.iterdir()) == []


def test_a_draft_of_a_process_that_lives_stays_for_a_day(tmp_path: Path) -> None:
    draft = _renamed(create_draft(tmp_path / "result.json"), os.getpid(), os.getppid())
    sweep_drafts(tmp_path)
    assert draft.exists()
    now = draft.name.split("-")[-2]
    draft = _renamed(draft, now, int(time.time()) - 100_000)
    sweep_drafts(tmp_path)
    assert not draft.exists()


def test_a_draft_of_an_earlier_process_with_this_number_is_deleted(tmp_path: Path) -> None:
    draft = create_draft(tmp_path / "result.json")
    draft = _renamed(draft, draft.name.split("-")[-2], int(time.time()) - 10_000)
    sweep_drafts(tmp_path)
    assert not draft.exists()


def test_a_draft_of_another_machine_stays_for_a_day(tmp_path: Path) -> None:
    draft = create_draft(tmp_path / "result.json")
    name = draft.name.replace(".draft-", ".draft-elsewhere").replace(
        f"-{os.getpid()}-", f"-{_ended_process()}-"
    )
    draft = draft.rename(tmp_path / name)
    sweep_drafts(tmp_path)
    assert draft.exists()


def test_files_of_other_people_are_no_drafts(tmp_path: Path) -> None:
    for name in (".draft-of-my-thesis", ".notes.draft", "a.draft-host-1-1-0", ".git"):
        (tmp_path / name).write_text("mine")
    sweep_drafts(tmp_path)
    assert len(list(tmp_path.iterdir())) == 4


def test_a_draft_is_never_opened_through_a_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("secrets.token_hex", lambda n: "0" * 2 * n)
    monkeypatch.setattr(time, "time", lambda: 2e9)
    create_draft(tmp_path / "result.json").unlink()
    victim = tmp_path / "thesis.txt"
    victim.write_text("years of work")
    draft = create_draft(tmp_path / "result.json")
    draft.unlink()
    draft.symlink_to(victim)
    with pytest.raises(FileExistsError):
        replace_file(tmp_path / "result.json", b"{}")
    assert victim.read_text() == "years of work"
    assert draft.is_symlink()


def test_names_of_any_length_have_drafts(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 250 + ".npz")
    replace_file(path, b"content")
    assert path.read_bytes() == b"content"
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]
