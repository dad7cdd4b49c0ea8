"""A run's folder: what lies where, and how it is written so that a crash loses nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from optuna_dnc._errors import InputError
from optuna_dnc._files import (
    DamagedFile,
    check_intact,
    is_sealed,
    read_json,
    read_versioned,
    write_json,
)
from optuna_dnc._locks import claimed
from optuna_dnc._names import is_weights_file, weights_file
from optuna_dnc.runs.schema_types import check_schema
from optuna_dnc.runs.schemas import StoredResult

SCHEMA = 1
"""Version of result.json and config.json; see docs/result-files.md."""

ROOM_TO_START = 32 * 2**20
"""Bytes that a search needs besides weights: the study's database, JSON files, and some air."""


class RunFolder:
    """Paths and files of one search. Creates nothing before :meth:`claimed`."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.settings = self.path / "settings.json"
        self.study = self.path / "study.db"
        self.result = self.path / "result.json"
        self.config = self.path / "config.json"
        self.model = self.path / "model.safetensors"
        self.checkpoints = self.path / "checkpoints"
        self.trainings = self.path / "trainings"
        self._identity: tuple[int, int] | None = None

    @property
    def name(self) -> str:
        """The folder's own name, which names the studies."""
        return self.path.resolve().name

    @property
    def is_stored_elsewhere(self) -> bool:
        """Whether a search has measured something, and its trials are not here."""
        has_begun = self.result.exists() or self.checkpoints.exists()
        return self.settings.exists() and has_begun and not self.study.exists()

    def check_free(self) -> None:
        """Raise :class:`InputError` where the folder holds something that is no search."""
        if self.path.exists() and not self.path.is_dir():
            raise InputError(f"out: {self.path} is a file; choose a folder for the run.")
        is_search = self.settings.exists() or self.study.exists()
        if not is_search and self.path.is_dir() and any(self._contents()):
            raise InputError(
                f"out: {self.path} is not empty and holds no search; choose a new folder."
            )

    def _contents(self) -> Iterator[Path]:
        # A run that was killed before it wrote its settings has left its lock and a draft.
        return (entry for entry in self.path.iterdir() if not entry.name.startswith("."))

    def check_room(self, n_params: int) -> None:
        """Raise :class:`InputError` where the disk has no room for the run.

        Args:
            n_params: Parameters of the largest network, whose weights may be held three times:
                the best so far, the one that replaces it, and the final model.
        """
        place = self.path.resolve()
        while not place.exists():
            place = place.parent
        free = shutil.disk_usage(place).free
        needed = ROOM_TO_START + 3 * 4 * n_params
        if free < needed:
            raise InputError(
                f"out: no room on the disk of {self.path}: {free / 2**20:.0f} MiB are free and a "
                f"run needs up to {needed / 2**20:.0f} MiB; free some, or choose another folder."
            )

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """Create the folder and hold its lock while the block lasts."""
        with claimed(self.path, "searching"):
            self._identity = _identity(self.path)
            yield

    @contextmanager
    def undone_if_refused(self) -> Iterator[None]:
        """Delete what the block has created in the folder, if it ends with an error.

        To be used while the folder is claimed: what is new there is nobody else's.
        """
        files = (self.settings, *(self.path / f"study.db{end}" for end in ("", "-wal", "-shm")))
        missing = [file for file in files if not file.exists()]
        try:
            yield
        except Exception:
            for file in missing:
                with suppress(OSError):
                    file.unlink()
            raise

    def check_there(self) -> None:
        """Raise :class:`InputError` where the folder was deleted or moved since it was claimed.

        The storage would not say so: SQLite goes on writing to a file that has lost its name.
        """
        if self._identity not in (None, _identity(self.path)):
            raise InputError(
                f"out: {self.path} was deleted or moved while a search was at work in it; where "
                "it was moved, move it back, and the same command goes on from there."
            )

    def write_settings(self, identity: Mapping[str, Any]) -> None:
        """Write settings.json, unless it is there: it never changes."""
        if not self.settings.exists():
            write_json(self.settings, identity)

    def checkpoint(self, key: str) -> Path:
        """Where the weights of a configuration are kept while it leads."""
        return self.checkpoints / weights_file(key)

    def keep_only(self, *keys: str) -> None:
        """Delete the checkpoints of every other configuration, and nothing else."""
        kept = [self.checkpoint(key) for key in keys]
        for path in self.checkpoints.glob("*"):
            if is_weights_file(path.name) and path not in kept:
                path.unlink(missing_ok=True)


def read_stored_settings(folder: RunFolder) -> dict[str, Any]:
    """What settings.json holds, as it was written.

    Raises:
        InputError: The folder holds no search, or the file is damaged.
    """
    settings = read_json(folder.settings)
    check_intact(folder.settings, digests_in(sealed_summary(folder) or {}))
    return settings


def read_summary(folder: RunFolder) -> dict[str, Any]:
    """Read result.json; raises :class:`InputError` for a damaged one or another version."""
    summary = read_versioned(folder.result, SCHEMA)
    check_schema(folder.result, summary, StoredResult)
    return summary


def sealed_summary(folder: RunFolder) -> dict[str, Any] | None:
    """What result.json holds; None where it is missing, damaged or of another version."""
    try:
        summary = read_summary(folder)
    except InputError:
        return None
    return summary if is_sealed(summary) else None


def check_version(folder: RunFolder) -> None:
    """Raise :class:`InputError` where result.json is of another version, and may not be replaced.

    A damaged one may.
    """
    with suppress(DamagedFile):
        if folder.result.exists():
            read_summary(folder)


def digests_in(summary: Mapping[str, Any]) -> Mapping[str, Any]:
    """SHA-256 of files that an answer rests on, by name; empty in summaries of old versions."""
    files = summary.get("files")
    return files if isinstance(files, dict) else {}


def _identity(path: Path) -> tuple[int, int] | None:
    """Tells a folder from one that took its place; None where there is none."""
    try:
        about = path.stat()
    except OSError:
        return None
    return about.st_dev, about.st_ino
