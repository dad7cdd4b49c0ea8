"""The folder of an ensemble: whether it may be used, and by one process at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from optuna_dnc._errors import InputError
from optuna_dnc.search.ensemble import FILE
from optuna_dnc.search.folder import is_disk_full, read_json
from optuna_dnc.search.identity import check_same_search


def check_usable(folder: Path, settings: dict[str, Any]) -> None:
    """Refuse a folder that holds something else, or the ensemble of another search.

    Args:
        folder: Of the ensemble; may be missing.
        settings: What settings.json of the search holds.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"out: {folder} is a file; choose a folder for the ensemble.")
    if (folder / FILE).exists():
        check_same_search(read_json(folder / FILE).get("settings", {}), settings, str(folder))
    elif folder.exists() and any(_foreign(folder)):
        raise InputError(
            f"out: {folder} is not empty and holds no ensemble; choose another folder."
        )


def _foreign(folder: Path) -> Iterator[Path]:
    # A process that was killed before it wrote ensemble.json has left the weights of members.
    return (
        entry
        for entry in folder.iterdir()
        if not entry.name.startswith(".") and entry.suffix != ".safetensors"
    )


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Create the folder and hold its lock, which ends with the process whatever ends it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / ".lock", timeout=0)
        lock.acquire()
    except Timeout:
        raise InputError(
            f"out: another process is making an ensemble in {folder}; wait for it to end, or "
            "choose another folder."
        ) from None
    except OSError as error:
        raise InputError(f"out: {folder} cannot be written: {error.strerror}.") from None
    try:
        yield
    except Exception as error:
        if not is_disk_full(error):
            raise
        raise InputError(
            f"out: no room left on the disk of {folder}, or it fails; mend it, and the same "
            "command goes on from here."
        ) from error
    finally:
        lock.release()
