"""A run from somebody else may have symbolic links, pipes, devices: they are left alone."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from optuna_dnc import InputError
from optuna_dnc._locks import WORKERS, claimed, is_claimed, try_lock
from optuna_dnc._names import check_only_files
from optuna_dnc.report.dashboard import actions
from optuna_dnc.report.dashboard.actions import Actions
from optuna_dnc.runs import search_status
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.search import SearchResult


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """A folder outside of the run, whose files look like those of a run."""
    folder = tmp_path / "theirs"
    (folder / "9").mkdir(parents=True)
    for name in ("thesis.json", "worker-thesis", "thesis.txt", "9/thesis.txt"):
        (folder / name).write_text("years of work")
    return folder


def check_untouched(folder: Path) -> None:
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) == 4
    assert {path.read_text() for path in files} == {"years of work"}


def test_status_deletes_nothing_elsewhere(ended: Path, theirs: Path) -> None:
    shutil.rmtree(ended / WORKERS, ignore_errors=True)
    (ended / WORKERS).symlink_to(theirs)
    with pytest.raises(InputError, match=r"\.workers is a symbolic link, .* delete it"):
        search_status(ended)
    check_untouched(theirs)


def test_whoever_claims_a_folder_deletes_nothing_elsewhere(tmp_path: Path, theirs: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / WORKERS).symlink_to(theirs)
    with pytest.raises(InputError, match="is a symbolic link"), claimed(run, "searching"):
        pass
    assert not is_claimed(run)
    check_untouched(theirs)


@pytest.mark.parametrize(
    "name", ["model.safetensors", "config.json", "study.db", ".workers/a.json"]
)
@pytest.mark.parametrize("is_pipe", [True, False])
def test_a_pipe_or_a_device_is_not_read(ended: Path, name: str, is_pipe: bool) -> None:
    file = ended / name
    file.parent.mkdir(exist_ok=True)
    file.unlink(missing_ok=True)
    if is_pipe:
        os.mkfifo(file)
    else:
        file.symlink_to("/dev/zero")
    if name.startswith("."):
        with pytest.raises(InputError, match=r"a pipe|symbolic link"):
            RunFolder(ended).join()
        search_status(ended)  # which takes it for a dead worker's file, and deletes it
        RunFolder(ended).join()
    elif name == "study.db":
        with pytest.raises(InputError, match="not a regular file"):
            search_status(ended)
    else:
        with pytest.raises(InputError, match="not a regular file"):
            SearchResult.load(ended).predictor()


@pytest.mark.parametrize("link", ["trainings/1-joint/9", "trainings/1-joint", ".workers/endings"])
def test_nor_does_who_joins_a_search(tmp_path: Path, theirs: Path, link: str) -> None:
    path = tmp_path / "run" / link
    path.parent.mkdir(parents=True)
    path.symlink_to(theirs)
    with pytest.raises(InputError, match=f"{path.name} is a symbolic link"):
        RunFolder(tmp_path / "run").join()
    check_untouched(theirs)


def test_the_folders_of_a_run_may_be_on_another_disk(tmp_path: Path) -> None:
    run, disk = tmp_path / "run", tmp_path / "disk"
    for name in ("trainings", "checkpoints"):
        (disk / name).mkdir(parents=True)
        run.mkdir(exist_ok=True)
        (run / name).symlink_to(disk / name)
    (tmp_path / "linked").symlink_to(run)
    RunFolder(tmp_path / "linked").join()


def test_a_lock_empties_no_other_file(tmp_path: Path, theirs: Path) -> None:
    for name in ("thesis.txt", "missing"):
        lock = tmp_path / f"{name}.lock"
        lock.symlink_to(theirs / name)
        with pytest.raises(OSError, match="symbolic link"):
            try_lock(lock)
    check_untouched(theirs)


def test_the_log_of_an_action_replaces_a_link(
    tmp_path: Path, theirs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import optuna

    (tmp_path / actions.LOG).symlink_to(theirs / "thesis.txt")
    monkeypatch.setattr(actions, "PROGRAM", ("true",))
    Actions(tmp_path, optuna.storages.InMemoryStorage(), is_in_file=True).resume()
    check_untouched(theirs)


def test_a_circle_of_links_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").symlink_to(tmp_path)
    with pytest.raises(InputError, match="b is a symbolic link"):
        check_only_files(tmp_path / "a")
    check_only_files(tmp_path / "missing")
