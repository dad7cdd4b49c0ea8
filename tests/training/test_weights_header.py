"""Headers of weights and of checkpoints that somebody has written by hand."""

from __future__ import annotations

import json
import zlib
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from optuna_dnc import InputError
from optuna_dnc.training.checkpoints import Checkpoint, CheckpointError
from optuna_dnc.training.weights import checksum, read_weights
from optuna_dnc.training.weights_header import ENTRY, layers_in

DEEP = "[" * 100_000 + "]" * 100_000
TENSORS = {"weight": torch.zeros(2, 3)}


@pytest.mark.parametrize("entry", [DEEP, "[]", "3", "", '{"owner": 5}', '{"owner": [], "x": {}}'])
def test_weights_with_an_odd_header_are_damaged(tmp_path: Path, entry: str) -> None:
    file = tmp_path / "model.safetensors"
    save_file(TENSORS, file, metadata={ENTRY: entry})
    with pytest.raises(InputError, match=r"model\.safetensors is damaged"):
        read_weights(file)
    assert layers_in(file) is None


def test_layers_that_are_nested_deep_are_not_drawn(tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    layers = {"layers": DEEP, "layers_checksum": f"{zlib.crc32(DEEP.encode()):08x}"}
    save_file(TENSORS, file, metadata={ENTRY: json.dumps(layers)})
    assert layers_in(file) is None


@pytest.mark.parametrize("facts", [DEEP, "[]", "3", "", "{"])
def test_a_checkpoint_with_odd_facts_is_refused(tmp_path: Path, facts: str) -> None:
    checkpoint = Checkpoint(tmp_path)
    header = {"training": facts, "checksum": checksum(TENSORS, facts)}
    save_file(TENSORS, checkpoint.path, metadata=header)
    with pytest.raises(CheckpointError, match="is damaged"):
        checkpoint.read()
