"""The file of a checkpoint: all of it or nothing, and nothing else is taken for one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from optuna_dnc._errors import InputError
from optuna_dnc.training import Checkpoint, CheckpointError
from optuna_dnc.training.checkpoints import FORMAT

TENSORS = {
    "weight": torch.randn(3, 4, 2, 2).contiguous(memory_format=torch.channels_last),
    "step": torch.tensor(7.0),
    "state": torch.arange(9, dtype=torch.uint8),
    "half": torch.randn(5).bfloat16(),
    "none": torch.zeros(0, 3),
    "flags": torch.tensor([True, False]),
}


@pytest.fixture
def checkpoint(tmp_path: Path) -> Checkpoint:
    checkpoint = Checkpoint(tmp_path / "trial 3" / "7")
    checkpoint.make_folder()
    return checkpoint


def assert_damaged(checkpoint, reason="checkpoint: "):
    with pytest.raises(CheckpointError, match=reason) as caught:
        checkpoint.read()
    message = str(caught.value)
    assert str(checkpoint.path) in message
    assert "delete it to train from the start" in message
    assert "\n" not in message


def test_what_was_written_is_read(checkpoint: Checkpoint) -> None:
    assert not checkpoint.exists()
    assert checkpoint.read() is None
    checkpoint.write(TENSORS, {"best": 3})
    tensors, facts = checkpoint.read()
    assert checkpoint.exists()
    assert facts == {"best": 3}
    assert tensors.keys() == TENSORS.keys()
    for name, tensor in TENSORS.items():
        assert tensors[name].dtype == tensor.dtype
        assert torch.equal(tensors[name], tensor)


def test_tensors_that_share_memory_are_written_each(checkpoint: Checkpoint) -> None:
    shared = torch.randn(4)
    checkpoint.write({"a": shared, "b": shared[:2]}, {})
    tensors, _ = checkpoint.read()
    assert torch.equal(tensors["b"], shared[:2])


def test_the_last_one_written_counts_and_it_is_the_only_file(checkpoint: Checkpoint) -> None:
    for best in (1, 2):
        checkpoint.write(TENSORS, {"best": best})
    assert checkpoint.read()[1] == {"best": 2}
    assert [path.name for path in checkpoint.folder.iterdir()] == ["training.safetensors"]


@pytest.mark.parametrize("killed_in", ["write", "replace"])
def test_a_write_that_fails_leaves_the_old_one(
    checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch, killed_in: str
) -> None:
    checkpoint.write(TENSORS, {"best": 1})

    def fail(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    if killed_in == "write":
        monkeypatch.setattr("os.fsync", fail)
    else:
        monkeypatch.setattr("pathlib.Path.replace", fail)
    with pytest.raises(OSError, match="No space"):
        checkpoint.write(TENSORS, {"best": 2})
    monkeypatch.undo()
    assert checkpoint.read()[1] == {"best": 1}
    assert len(list(checkpoint.folder.iterdir())) == 1


def test_the_draft_of_a_killed_process_is_no_checkpoint(checkpoint: Checkpoint) -> None:
    checkpoint.write(TENSORS, {"best": 1})
    content = checkpoint.path.read_bytes()
    checkpoint.path.with_name(".training.safetensors.draft").write_bytes(content[:50])
    assert checkpoint.read()[1] == {"best": 1}
    checkpoint.write(TENSORS, {"best": 2})
    assert checkpoint.read()[1] == {"best": 2}


@pytest.mark.parametrize("share", [0.0, 0.001, 0.1, 0.5, 0.99])
def test_a_torn_file_is_refused(checkpoint: Checkpoint, share: float) -> None:
    checkpoint.write(TENSORS, {"best": 1})
    content = checkpoint.path.read_bytes()
    checkpoint.path.write_bytes(content[: int(share * len(content))])
    assert_damaged(checkpoint, "is damaged")


def test_any_byte_that_changed_is_noticed(checkpoint: Checkpoint) -> None:
    checkpoint.write(TENSORS, {"best": 1})
    content = bytearray(checkpoint.path.read_bytes())
    for place in range(0, len(content), 7):
        changed = bytearray(content)
        changed[place] ^= 1
        checkpoint.path.write_bytes(changed)
        assert_damaged(checkpoint)


def test_another_safetensors_file_is_refused(checkpoint: Checkpoint) -> None:
    save_file({"weight": torch.ones(3)}, checkpoint.path)
    assert_damaged(checkpoint, "is damaged, or no checkpoint")


def test_a_folder_in_its_place_is_refused(checkpoint: Checkpoint) -> None:
    checkpoint.path.mkdir(parents=True)
    assert_damaged(checkpoint)


def test_a_file_of_another_version_is_refused(
    checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("optuna_dnc.training.checkpoints.FORMAT", FORMAT + 1)
    checkpoint.write(TENSORS, {})
    monkeypatch.undo()
    assert_damaged(checkpoint, f"another version than the {FORMAT}")


def test_delete_takes_the_folder_only_where_it_is_empty(checkpoint: Checkpoint) -> None:
    checkpoint.delete()  # nothing there
    checkpoint.make_folder()
    checkpoint.write(TENSORS, {})
    checkpoint.delete()
    assert not checkpoint.folder.exists()
    checkpoint.make_folder()
    checkpoint.write(TENSORS, {})
    (checkpoint.folder / "notes").touch()
    checkpoint.delete()
    assert not checkpoint.exists()
    assert (checkpoint.folder / "notes").exists()


def test_the_file_is_plain_safetensors_with_json(checkpoint: Checkpoint) -> None:
    checkpoint.write(TENSORS, {"best": 1})
    content = checkpoint.path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    assert json.loads(header["__metadata__"]["training"]) == {"best": 1, "format": FORMAT}


def test_no_epochs_between_checkpoints_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="checkpoint_every must be at least 1 epoch, got 0"):
        Checkpoint(tmp_path, every=0)
