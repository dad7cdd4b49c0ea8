"""Checkpoints of configurations that are trained from rung to rung."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from optuna_dnc._arguments import folder_name
from optuna_dnc._errors import DamagedCheckpoint as DamagedCheckpoint  # its public place
from optuna_dnc._errors import InputError


@dataclass(frozen=True)
class Budget:
    """The training of a configuration from one rung to the next, with its checkpoint."""

    start: int
    """Resource already spent; 0 for a new configuration."""
    stop: int
    """Resource to reach, cumulative; save a checkpoint there."""
    folder: Path
    """The checkpoint at ``start``, and the folder for the one at ``stop``.

    Empty if ``start`` is 0. Otherwise a copy of the checkpoint at ``start``, which stays as it
    was even if this training is interrupted: the files may be changed and deleted.
    """

    @property
    def epochs(self) -> range:
        """The epochs to train, from ``start + 1`` to ``stop``."""
        return range(self.start + 1, self.stop + 1)


class Checkpoints:
    """Folder of all checkpoints of a study: ``PATH/TRIAL/RESOURCE``.

    Each rung is trained in a folder of its own, so that an interrupted training cannot change
    the checkpoint that it began with.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        # An objective may change the working directory.
        self.path = Path(folder_name("checkpoints", path)).absolute()
        self.own = self.path / ".optuna-dnc"
        if self.path.is_dir() and not self.own.exists() and any(self.path.iterdir()):
            raise self._refused("is not empty")
        try:
            self.own.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"checkpoints: {self.path} cannot be made a folder: {error.strerror}; choose "
                "another."
            ) from None
        if not os.access(self.own, os.W_OK | os.X_OK):
            raise InputError(
                f"checkpoints: {self.own} cannot be written; choose another folder, or ask for "
                "permission."
            )

    def check_free_for(self, study: str | None) -> None:
        """Raise :class:`InputError` if the folder belongs to another study, or holds other files.

        Args:
            study: See :meth:`belong_to`; None for a study that has not begun.
        """
        owner = self._read_owner()
        if owner and owner != study:
            raise self._refused("holds the checkpoints of another study")
        if not owner and any(entry != self.own for entry in self.path.iterdir()):
            raise self._refused("is not empty")

    def belong_to(self, study: str) -> None:
        """Claim the folder for a study.

        Args:
            study: An identifier that neither copies nor namesakes of the study have.
        """
        if not self._read_owner():
            self._owner_file.write_text(study, encoding="utf-8")

    @property
    def _owner_file(self) -> Path:
        return self.own / "study"

    def _read_owner(self) -> str:
        file = self._owner_file
        return file.read_text(encoding="utf-8") if file.exists() else ""

    def _refused(self, reason: str) -> InputError:
        return InputError(
            f"checkpoints: {self.path} {reason}; choose a new folder, or delete this one."
        )

    def folder(self, number: int, resource: int) -> Path:
        """Return the folder of a trial's checkpoint at a resource."""
        return self.path / str(number) / str(resource)

    def exists(self, number: int, resource: int) -> bool:
        """Whether a trial has a checkpoint at a resource: any file in its folder."""
        folder = self.folder(number, resource)
        return folder.is_dir() and any(folder.iterdir())

    def prepare(self, number: int, start: int, stop: int) -> Budget:
        """Create the folder for a rung: a copy of the one at ``start``, or empty for 0."""
        folder = self.folder(number, stop)
        shutil.rmtree(folder, ignore_errors=True)
        # Not with its parents: a folder that was deleted meanwhile stays deleted.
        folder.parent.mkdir(exist_ok=True)
        if start:
            shutil.copytree(self.folder(number, start), folder, symlinks=True)
        else:
            folder.mkdir()
        return Budget(start, stop, folder)

    def keep_only(self, number: int, resource: int) -> None:
        """Delete a trial's checkpoints at all other resources."""
        for folder in self.folder(number, resource).parent.glob("*"):
            if folder.name != str(resource):
                shutil.rmtree(folder, ignore_errors=True)

    def delete(self, number: int) -> None:
        """Delete all checkpoints of a trial."""
        shutil.rmtree(self.path / str(number), ignore_errors=True)
