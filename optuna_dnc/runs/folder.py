"""Folder of a run: its files, and how they are written so that a crash loses nothing."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from optuna_dnc._errors import InputError
from optuna_dnc._files import (
    DamagedFile,
    check_intact,
    read_json,
    write_json,
)
from optuna_dnc._locks import WORKERS, claimed
from optuna_dnc._names import check_only_files, is_weights_file, weights_file
from optuna_dnc.runs.kept_weights import BYTES_PER_PARAMETER, MOST_BYTES, MOST_KEPT
from optuna_dnc.runs.schema_types import read_stored
from optuna_dnc.runs.schemas import StoredResult

SCHEMA = 1
"""Version of result.json and config.json; see docs/result-files.md."""

TRADEOFF = "tradeoff.json"
"""File by which a folder holds a trade-off."""

ROOM_TO_START = 32 * 2**20
"""Bytes that a search needs besides weights: its database, JSON files, and a reserve."""


class RunFolder:
    """Paths and files of one search. Creates nothing before :meth:`claimed`."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.settings = self.path / "settings.json"
        self.data = self.path / "data.json"
        self.study = self.path / "study.db"
        self.result = self.path / "result.json"
        self.config = self.path / "config.json"
        self.model = self.path / "model.safetensors"
        self.analysis = self.path / "analysis.json"
        self.checkpoints = self.path / "checkpoints"
        self.trainings = self.path / "trainings"
        self.workers = self.path / WORKERS
        self._identity: tuple[int, int] | None = None

    @property
    def name(self) -> str:
        """Name of the folder, with which the names of the studies begin."""
        return self.path.resolve().name

    @property
    def is_stored_elsewhere(self) -> bool:
        """Whether a search was started whose trials are in another storage."""
        # A run that was only prepared has the locks of its workers, which come after its studies.
        has_begun = any(path.exists() for path in (self.result, self.checkpoints, self.workers))
        return self.settings.exists() and has_begun and not self.study.exists()

    def check_free(self) -> None:
        """Raise :class:`InputError` if the folder holds something other than a search."""
        check_free(self.path, "search", holds=self.settings.exists() or self.study.exists())

    def check_room(self, n_params: int) -> None:
        """Raise :class:`InputError` if the disk has too little free space for the run.

        Args:
            n_params: Parameters of the largest network. Its weights may be stored three times:
                the best so far, the one that replaces it, and the final model; besides there are
                those of the front, see :func:`optuna_dnc.runs.kept_weights.keys_to_keep`.
        """
        existing = self.path.resolve()
        while not existing.exists():
            existing = existing.parent
        free = shutil.disk_usage(existing).free
        each = BYTES_PER_PARAMETER * n_params
        needed = ROOM_TO_START + 3 * each + min((MOST_KEPT - 1) * each, MOST_BYTES)
        if free < needed:
            raise InputError(
                f"out: the disk of {self.path} has {free / 2**20:.0f} MiB of free space, a run "
                f"needs up to {needed / 2**20:.0f} MiB; free some space, or choose another folder."
            )

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """Create the folder and hold its lock within the block."""
        with claimed(self.path, "searching", lambda: f"speed it up with {self.joining_command}, "):
            self.join()
            yield

    @property
    def tradeoff(self) -> Path | None:
        """Folder of the trade-off that is in this folder, or of which this is one search."""
        if (self.path / TRADEOFF).exists():
            return self.path
        with suppress(InputError):  # the settings have not been written yet, or are damaged
            return self.path.parent if read_json(self.settings).get("shares_trials") else None
        return None

    @property
    def joining_command(self) -> str:
        """Command that starts another worker of the search, or of the trade-off it belongs to."""
        storage = ["--storage", "URL"] if self.is_stored_elsewhere else []
        return shlex.join(["optuna-dnc", "worker", str(self.tradeoff or self.path), *storage])

    def join(self) -> None:
        """Take part in the run: from now on the folder must not be moved.

        Raises:
            InputError: A folder in it where files are written and deleted has symbolic links.
        """
        check_only_files(self.workers)
        check_only_files(self.trainings.resolve())  # itself may be on another disk
        self._identity = _identity(self.path)

    @contextmanager
    def undone_if_refused(self) -> Iterator[None]:
        """Delete the files that the block has created if it ends with an error.

        Only for a folder that is locked: no other process has created them.
        """
        files = (
            self.settings,
            self.data,
            *(self.path / f"study.db{end}" for end in ("", "-wal", "-shm")),
        )
        missing = [file for file in files if not file.exists()]
        try:
            yield
        except Exception:
            for file in missing:
                with suppress(OSError):
                    file.unlink()
            raise

    def check_there(self) -> None:
        """Raise :class:`InputError` if the folder was deleted or moved since it was locked.

        The storage would not notice: SQLite continues to write to a file that has lost its name.
        """
        if self._identity not in (None, _identity(self.path)):
            raise InputError(
                f"out: {self.path} was deleted or moved while a search was running in it; if it "
                "was moved, move it back, then run the same search again to resume."
            )

    def write_settings(self, identity: Mapping[str, Any]) -> None:
        """Write settings.json unless it exists: it never changes."""
        if not self.settings.exists():
            write_json(self.settings, identity)

    def checkpoint(self, key: str) -> Path:
        """Return the file with the weights of a configuration while it is the best."""
        return self.checkpoints / weights_file(key)

    def keep_only(self, *keys: str) -> None:
        """Delete the weights of all other configurations, and nothing else."""
        kept = [self.checkpoint(key) for key in keys]
        for path in self.checkpoints.glob("*"):
            if is_weights_file(path.name) and path not in kept:
                path.unlink(missing_ok=True)


def check_free(folder: Path, content: str, *, holds: bool, leftover: str = "") -> None:
    """Raise :class:`InputError` if a folder is a file or holds something else.

    Hidden files do not count: an interrupted process leaves its lock and a draft.

    Args:
        folder: The folder; may be missing.
        content: What is to be written there, such as ``search``.
        holds: Whether the folder holds such content already.
        leftover: Suffix of other files that an interrupted process leaves.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"out: {folder} is a file; choose a folder for the {content}.")
    if not holds and folder.is_dir():
        visible = (entry for entry in folder.iterdir() if not entry.name.startswith("."))
        if any(not leftover or entry.suffix != leftover for entry in visible):
            raise occupied(folder, content)


def occupied(folder: Path, content: str) -> InputError:
    """Return the error for a folder that holds something else."""
    return InputError(f"out: {folder} is not empty and holds no {content}; choose a new folder.")


def read_stored_settings(folder: RunFolder) -> dict[str, Any]:
    """Read settings.json and check that it is intact.

    Raises:
        InputError: The folder holds no search, or the file is damaged.
    """
    settings = read_json(folder.settings)
    check_intact(folder.settings, digests_in(intact_summary(folder) or {}))
    return settings


def read_summary(folder: RunFolder) -> dict[str, Any]:
    """Read result.json.

    Raises:
        InputError: It is missing, damaged or of another version.
    """
    if folder.settings.exists() and not folder.result.exists():
        remedy = f"end its search with optuna-dnc resume {folder.path}"
        if folder.tradeoff is not None:
            remedy = (
                "it is one search of a trade-off, which the same optuna-dnc tradeoff command ends"
            )
        raise InputError(f"{folder.path} holds no result yet; {remedy}.")
    return read_stored(folder.result, StoredResult, SCHEMA)


def intact_summary(folder: RunFolder) -> dict[str, Any] | None:
    """Return the content of result.json; None if it is missing, damaged or of another version."""
    try:
        return read_summary(folder)
    except InputError:
        return None


def check_version(folder: RunFolder) -> None:
    """Raise :class:`InputError` if result.json is of another version and must not be replaced.

    A damaged one may be replaced.
    """
    with suppress(DamagedFile):
        if folder.result.exists():
            read_summary(folder)


def digests_in(summary: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the SHA-256 of other files by name; old versions stored none."""
    files = summary.get("files")
    return files if isinstance(files, dict) else {}


def _identity(path: Path) -> tuple[int, int] | None:
    """Return device and inode of a folder; None if it is missing."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
