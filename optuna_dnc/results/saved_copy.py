"""Copy of a finished run: the files that predictions and reports need."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from optuna_dnc._disk_errors import disk_problem
from optuna_dnc._drafts import draft_folder
from optuna_dnc._errors import InputError, RunBusyError
from optuna_dnc._locks import is_claimed
from optuna_dnc.runs.folder import RunFolder


def copy_run(source: RunFolder, path: Path) -> None:
    """Copy a finished run to a new folder, which is there as a whole or not at all.

    Args:
        source: Folder of the run. Its checkpoints, reports, refits and ensembles are not copied.
        path: The new folder.

    Raises:
        InputError: ``path`` exists or cannot be written, or a search is running in the source.
    """
    if path.exists():
        raise InputError(f"path: {path} exists and is not overwritten; choose a new folder.")
    if is_claimed(source.path):
        raise RunBusyError(
            f"a search is running in {source.path}; wait for its end before you save its result."
        )
    try:
        with draft_folder(path) as draft:
            for file in (source.settings, source.data, source.config, source.model, source.result):
                if file.exists():
                    shutil.copy2(file, draft)
            if source.study.exists():
                _copy_database(source.study, draft / source.study.name)
            os.rename(draft, path)  # noqa: PTH104 - Path.rename replaces an empty folder, too
    except OSError as error:
        reason = disk_problem(error, path) or error
        raise InputError(f"path: {path} cannot be written ({reason}).") from error


def _copy_database(source: Path, target: Path) -> None:
    """Copy an SQLite file with what is still in its log."""
    with (
        closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as before,
        closing(sqlite3.connect(target)) as after,
    ):
        before.backup(after)
