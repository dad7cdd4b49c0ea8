"""Checkpoints to resume training from: tensors and metadata, written atomically."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from optuna_dnc._errors import InputError, brief
from optuna_dnc._files import check_regular, parse_json, replace_file
from optuna_dnc.pruners import DamagedCheckpoint
from optuna_dnc.training.weights import checksum, separate

CHECKPOINT_EVERY = 10
"""Epochs between checkpoints of a training on all samples."""

FORMAT = 1
"""Version of the file format."""


class CheckpointError(InputError, DamagedCheckpoint):
    """A checkpoint that cannot be resumed: damaged, or of another training.

    It is always safe to delete it (:meth:`Checkpoint.delete`) and to train from the start, as
    :func:`~optuna_dnc.pruners.optimize_hyperband` does.
    """


@dataclass(frozen=True)
class Checkpoint:
    """The checkpoint of one training: a safetensors file in a folder.

    Facts are JSON in the header of the file, so that facts and tensors are replaced in one step;
    a checksum of both detects damage.
    """

    folder: Path
    """Folder of this training alone; see :meth:`make_folder`."""
    owner: Mapping[str, Any] | None = None
    """Description of the training, as JSON; a checkpoint with another one is refused."""
    every: int | None = None
    """Epochs between checkpoints; None writes one at the end only."""

    def __post_init__(self) -> None:
        if self.every is not None and self.every < 1:
            raise InputError(
                f"checkpoint_every must be at least 1 epoch, got {self.every}; leave it out to "
                "write a checkpoint at the end only."
            )

    @property
    def path(self) -> Path:
        """The file."""
        return Path(self.folder) / "training.safetensors"

    def is_due(self, epoch: int) -> bool:
        """Return whether to write the file after an epoch that is not the last."""
        return self.every is not None and epoch % self.every == 0

    def make_folder(self) -> None:
        """Create the folder if it is missing, once for a training.

        :meth:`write` does not: the folder of a run that was moved meanwhile is not created anew.
        """
        Path(self.folder).mkdir(parents=True, exist_ok=True)

    def exists(self) -> bool:
        """Return whether there is a file, intact or damaged."""
        return self.path.exists()

    def delete(self) -> None:
        """Delete the file, and its folder if that is empty."""
        self.path.unlink(missing_ok=True)
        with suppress(OSError):
            Path(self.folder).rmdir()

    def write(self, tensors: Mapping[str, torch.Tensor], facts: Mapping[str, Any]) -> None:
        """Replace the file atomically.

        If the process is killed or the machine fails, the old file is there or the new one.

        Args:
            tensors: By name, on any device.
            facts: JSON values by name.
        """
        copies = separate(tensors)
        text = json.dumps({"format": FORMAT, **facts}, sort_keys=True)
        header = {"training": text, "checksum": checksum(copies, text)}
        replace_file(self.path, save(copies, metadata=header))

    def read(self) -> tuple[dict[str, torch.Tensor], dict[str, Any]] | None:
        """Return the tensors on the CPU and the facts; None if there is no file.

        Raises:
            CheckpointError: The file is damaged, or of another version.
        """
        try:
            check_regular(self.path)
            with safe_open(self.path, framework="pt") as file:
                header = file.metadata() or {}
                tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
        except FileNotFoundError:
            return None
        except (SafetensorError, OSError, ValueError) as error:
            raise self.error(f"is damaged and cannot be read: {brief(error)}") from None
        text = header.get("training", "")
        if header.get("checksum") != checksum(tensors, text):
            raise self.error("is damaged, or no checkpoint: its checksum is wrong")
        try:
            facts = parse_json(text.encode())
        except ValueError as error:
            raise self.error(f"is damaged: {brief(error)}") from None
        if not isinstance(facts, dict):
            raise self.error("is damaged: it holds no facts")
        if facts.pop("format", None) != FORMAT:
            raise self.error(f"is of another version than the {FORMAT} that this one reads")
        return tensors, facts

    def error(self, reason: str) -> CheckpointError:
        """Return the error for this file; ``reason`` is a predicate, such as ``is damaged``."""
        return CheckpointError(
            f"checkpoint: {self.path} {reason}; delete it to train from the start, or give "
            "another folder."
        )
