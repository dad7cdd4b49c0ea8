"""Files that a training can continue from: tensors with a few facts, all of it or nothing."""

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
from optuna_dnc._files import replace_file
from optuna_dnc.pruners import DamagedCheckpoint
from optuna_dnc.training.weights import checksum, separate

FORMAT = 1
"""Of the files; raised where they change."""


class CheckpointError(InputError, DamagedCheckpoint):
    """A checkpoint that cannot be continued: damaged, or of another training.

    Whoever trains decides what to do; deleting it (:meth:`Checkpoint.delete`) and training from
    the start is always right. That is what :func:`~optuna_dnc.pruners.optimize_hyperband` does.
    """


@dataclass(frozen=True)
class Checkpoint:
    """Where one training keeps what it needs to continue: one safetensors file in a folder.

    The facts are JSON in the file's own header, so that facts and tensors are replaced in one
    step; a checksum of both finds what has changed since they were written.
    """

    folder: Path
    """Of this training alone; made where it is missing."""
    owner: Mapping[str, Any] | None = None
    """What is trained, as JSON: a checkpoint with another owner is refused."""
    every: int | None = None
    """Epochs between checkpoints; None writes one at the end of the training only."""

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

    def exists(self) -> bool:
        """Whether there is something to continue from, or a damaged rest of it."""
        return self.path.exists()

    def delete(self) -> None:
        """Delete the file, and its folder if nothing else is in it."""
        self.path.unlink(missing_ok=True)
        with suppress(OSError):
            Path(self.folder).rmdir()

    def write(self, tensors: Mapping[str, torch.Tensor], facts: Mapping[str, Any]) -> None:
        """Put this content in the place of what was there.

        Whatever ends the process or the machine, the old file is there or the new one.

        Args:
            tensors: By name, on any device.
            facts: What JSON can hold.
        """
        copies = separate(tensors)
        text = json.dumps({"format": FORMAT, **facts}, sort_keys=True)
        header = {"training": text, "checksum": checksum(copies, text)}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(self.path, save(copies, metadata=header))

    def read(self) -> tuple[dict[str, torch.Tensor], dict[str, Any]] | None:
        """The tensors on the CPU, and the facts; None where there is no file.

        Raises:
            CheckpointError: The file is not what :meth:`write` wrote.
        """
        try:
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
        facts: dict[str, Any] = json.loads(text)
        if facts.pop("format", None) != FORMAT:
            raise self.error(f"is of another version than the {FORMAT} that this one reads")
        return tensors, facts

    def error(self, reason: str) -> CheckpointError:
        """The error for a file that ``reason``."""
        return CheckpointError(
            f"checkpoint: {self.path} {reason}; delete it to train from the start, or give "
            "another folder."
        )
