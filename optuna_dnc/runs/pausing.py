"""Pause of a run."""

from __future__ import annotations

from pathlib import Path

from optuna.storages import BaseStorage

from optuna_dnc._errors import InputError
from optuna_dnc.runs.run import open_run

_ENDED = ("complete", "chosen")


def pause(path: str | Path, storage: str | BaseStorage | None = None) -> None:
    """Ask all processes of a search to end after their current epoch.

    Finished trials are saved. ``optuna-dnc resume`` goes on with the search, as does its command.

    Args:
        path: Folder of the run.
        storage: Storage of the search; None for study.db in the folder.

    Raises:
        InputError: The folder holds no search, its storage cannot be reached, or it has ended.
    """
    run = open_run(path, storage)
    try:
        if run.state in _ENDED:
            raise InputError(
                f"{run.path} holds a search that has ended; add trials with optuna-dnc extend."
            )
        if run.studies.existing(run.stages[0]) is None:
            raise InputError(f"{run.path} holds a search that has not started; run it first.")
        run.studies.keep_wanted("pause")
    finally:
        if not isinstance(storage, BaseStorage):
            run.studies.close()
