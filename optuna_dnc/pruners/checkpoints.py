"""Checkpoint folders of configurations that are trained from rung to rung."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from optuna_dnc._arguments import folder_name
from optuna_dnc._errors import InputError


class DamagedCheckpoint(RuntimeError):  # noqa: N818 - says what is wrong, as FileNotFoundError
    """Raised by an objective that cannot read its checkpoint, to be called again from 0."""


@dataclass(frozen=True)
class Budget:
    """What an objective of :func:`~optuna_dnc.pruners.optimize_hyperband` is to train."""

    start: int
    """Resource already spent, 0 for a new configuration."""
    stop: int
    """Train up to here, and save a checkpoint."""
    folder: Path
    """The configuration's checkpoint at ``start``, and the place for the one at ``stop``.

    Empty if ``start`` is 0. Otherwise it is a copy of what the objective left here at ``start``,
    however the training of this rung was interrupted before: do with the files as you like.
    """

    @property
    def epochs(self) -> range:
        """The epochs to train, from ``start + 1`` to ``stop``."""
        return range(self.start + 1, self.stop + 1)


class Checkpoints:
    """One folder per trial and, in it, one per rung: ``PATH/TRIAL/RESOURCE``.

    A rung is trained in its own folder, so that an interrupted training leaves the checkpoint
    that it began with as it was.
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
        """Raise :class:`InputError` if the folder is that of another study, or of something else.

        Args:
            study: See :meth:`belong_to`; None for one that has not begun.
        """
        known = self._known()
        if known and known != study:
            raise self._refused("holds the checkpoints of another study")
        if not known and any(entry != self.own for entry in self.path.iterdir()):
            raise self._refused("is not empty")

    def belong_to(self, study: str) -> None:
        """Claim the folder for a study.

        Args:
            study: What tells the study from all others: those of the same name, and its copies.
        """
        if not self._known():
            self._owner.write_text(study, encoding="utf-8")

    @property
    def _owner(self) -> Path:
        return self.own / "study"

    def _known(self) -> str:
        return self._owner.read_text(encoding="utf-8") if self._owner.exists() else ""

    def _refused(self, reason: str) -> InputError:
        return InputError(
            f"checkpoints: {self.path} {reason}; choose a new folder, or delete this one."
        )

    def folder(self, number: int, resource: int) -> Path:
        """Where a trial's checkpoint at this resource is."""
        return self.path / str(number) / str(resource)

    def exists(self, number: int, resource: int) -> bool:
        """Whether there is anything in that folder."""
        folder = self.folder(number, resource)
        return folder.is_dir() and any(folder.iterdir())

    def prepare(self, number: int, start: int, stop: int) -> Budget:
        """Make the folder for a rung: a copy of the one at ``start``, or empty for 0."""
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
        """Delete what a trial has at other resources."""
        for folder in self.folder(number, resource).parent.glob("*"):
            if folder.name != str(resource):
                shutil.rmtree(folder, ignore_errors=True)

    def delete(self, number: int) -> None:
        """Delete all that a trial has."""
        shutil.rmtree(self.path / str(number), ignore_errors=True)
