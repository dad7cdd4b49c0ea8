"""Files that are written whole, and digests that find what has changed."""

from __future__ import annotations

import errno
import json
import os
import random
import re
from pathlib import Path

import pytest
import torch

from optuna_dnc import InputError
from optuna_dnc._disk_errors import disk_errors_reported, disk_problem
from optuna_dnc._files import (
    DamagedFile,
    check_intact,
    check_sealed,
    digest,
    digest_of,
    read_json,
    read_sealed,
    replace_file,
    sealed,
    write_json,
    write_sealed,
)
from optuna_dnc.training.weights import load_weights, save_weights


def _flip(path: Path, content: bytes, bit: int) -> None:
    """Write content with another bit over a file, which some file systems are slow to truncate."""
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    with path.open("r+b") as file:
        file.write(changed)


@pytest.mark.parametrize("number", [errno.EIO, errno.EACCES, errno.ENOENT, errno.ENOSPC])
@pytest.mark.parametrize("call", ["open", "fsync", "replace"])
def test_an_error_of_a_write_names_the_file_and_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, call: str
) -> None:
    path = tmp_path / "result.json"
    replace_file(path, b"old")

    def fail(*arguments: object, **named: object) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(Path if call == "replace" else os, call, fail)
        told = pytest.raises(InputError, match=f"result.json: {os.strerror(number)}")
        with told, disk_errors_reported(tmp_path):
            replace_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_errors_that_are_none_of_the_disk_are_left_alone() -> None:
    for error in (
        ConnectionRefusedError(111, "refused"),
        TimeoutError(110, "late"),
        KeyError("a"),
    ):
        assert disk_problem(error) is None


def test_content_is_equal_after_a_way_through_a_file(tmp_path: Path) -> None:
    content = {"a": (1, 2.5e-300), "b": {"c": None, "ü": -0.0}, "n": float("inf")}
    write_sealed(tmp_path / "a.json", {"schema": 1, **content})
    assert read_sealed(tmp_path / "a.json", 1)["b"] == content["b"]
    assert digest_of(content) == digest_of(json.loads(json.dumps(content)))


def test_a_flipped_bit_of_a_sealed_object_is_found_or_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    write_sealed(path, {"schema": 1, "error": 0.125, "names": ["a", "bc"], "whole": True})
    content, known = path.read_bytes(), read_json(path)
    for bit in range(8 * len(content)):
        _flip(path, content, bit)
        try:
            found = read_sealed(path, 1)
        except InputError:
            continue
        rest = {name: value for name, value in found.items() if name in known}
        assert rest == {name: known[name] for name in rest}
        assert found.keys() - {"sha256"} >= known.keys() - {"sha256"}


def test_objects_of_earlier_versions_have_no_digest(tmp_path: Path) -> None:
    (tmp_path / "result.json").write_text('{"schema": 1, "wc": 0.1}')
    assert read_sealed(tmp_path / "result.json", 1)["wc"] == 0.1
    check_sealed(tmp_path / "result.json", {"wc": 1})
    with pytest.raises(DamagedFile):
        check_sealed(tmp_path / "result.json", sealed({"wc": 1}) | {"wc": 2})


def test_a_file_that_is_not_the_one_that_was_kept_is_named(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"weights")
    digests = {path.name: digest(path)}
    check_intact(path, digests)
    check_intact(tmp_path / "other", digests)
    path.write_bytes(b"weighty")
    with pytest.raises(DamagedFile, match=r"model\.safetensors is damaged .*; buy another"):
        check_intact(path, digests, "buy another")
    path.unlink()
    with pytest.raises(DamagedFile, match="No such file"):
        check_intact(path, digests)


def test_a_flipped_bit_of_weights_is_found(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    weights = {"w": torch.randn(4, 3), "n": torch.tensor(7), "half": torch.ones(2).bfloat16()}
    save_weights(path, weights, "owner")
    content = path.read_bytes()
    generator = random.Random(0)
    for bit in generator.sample(range(8 * len(content)), 150):
        _flip(path, content, bit)
        try:
            found = load_weights(path)
        except DamagedFile:
            continue
        assert {name: tensor.tolist() for name, tensor in found.items()} == {
            name: tensor.tolist() for name, tensor in weights.items()
        }


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_truncated_weights_are_found(tmp_path: Path, share: float) -> None:
    path = tmp_path / "weights.safetensors"
    save_weights(path, {"w": torch.ones(50)})
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(DamagedFile, match="is damaged"):
        load_weights(path)


def test_weights_of_earlier_versions_have_no_checksum(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    save_file({"w": torch.ones(2)}, tmp_path / "w.safetensors")
    assert load_weights(tmp_path / "w.safetensors")["w"].tolist() == [1, 1]


def test_what_is_no_folder_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="nothing does not exist; give the folder of a search"):
        read_json(tmp_path / "nothing" / "settings.json")
    with pytest.raises(InputError, match="file is a file; give the folder of a search"):
        read_json(tmp_path / "file" / "settings.json")


def test_in_a_folder_of_several_searches_one_of_them_is_named(tmp_path: Path) -> None:
    for name in ("wc-1", "wc-0.1"):
        (tmp_path / name).mkdir()
        write_json(tmp_path / name / "result.json", {})
    message = f"give the folder of a search, such as {tmp_path / 'wc-0.1'}."
    with pytest.raises(InputError, match=re.escape(message)):
        read_json(tmp_path / "result.json")
