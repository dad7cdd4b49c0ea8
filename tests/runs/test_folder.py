"""Files of a run are replaced in one step."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest
import torch

from optuna_dnc._files import read_json, write_json
from optuna_dnc.training.weights import load_weights, save_weights


def test_a_file_that_cannot_be_written_whole_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "result.json"
    write_json(path, {"best": 1})

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_json(path, {"best": 2})
    assert read_json(path) == {"best": 1}
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix", reason="only POSIX systems open folders")
def test_content_is_on_the_disk_before_the_name_and_the_name_before_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "config.json"
    fsync = os.fsync
    synced: list[tuple[str, bool, bool]] = []

    def watched(descriptor: int) -> None:
        about = os.fstat(descriptor)
        kind = "folder" if stat.S_ISDIR(about.st_mode) else "file"
        synced.append((kind, about.st_size > 0, path.exists()))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    write_json(path, {"schema": 1})
    assert synced == [("file", True, False), ("folder", True, True)]


@pytest.mark.skipif(os.name != "posix", reason="only POSIX systems open folders")
def test_a_file_system_that_syncs_no_folders_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync = os.fsync

    def files_only(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", files_only)
    path = tmp_path / "model.safetensors"
    save_weights(path, {"weight": torch.ones(2)})
    assert load_weights(path)["weight"].tolist() == [1, 1]


def test_weights_that_layers_share_are_written(tmp_path: Path) -> None:
    shared = torch.rand(2, 3)
    save_weights(tmp_path / "w", {"a": shared, "b": shared, "c": shared.T})
    found = load_weights(tmp_path / "w")
    assert torch.equal(found["a"], found["b"])
    assert torch.equal(found["c"], shared.T)
