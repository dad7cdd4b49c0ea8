"""Pause of a run, which any process may ask for."""

from __future__ import annotations

from pathlib import Path

from optuna.storages import BaseStorage

from optuna_dnc._errors import InputError
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.runs.life_cycle import ENDED
from optuna_dnc.runs.run import Run, open_run


def pause(path: str | Path, storage: str | BaseStorage | None = None) -> None:
    """Ask all processes of a search to end after their current epoch.

    Finished trials are saved. ``optuna-dnc resume`` goes on with the search, as does its command.
    The searches of a trade-off are paused together.

    Args:
        path: Folder of the run.
        storage: Storage of the search; None for study.db in the folder.

    Raises:
        InputError: The folder holds no search, its storage cannot be reached, or it has ended.
    """
    run = open_run(path, storage)
    try:
        if run.state in ENDED:
            more = "trials with optuna-dnc extend"
            if run.settings["shares_trials"]:
                more = "values of wc to its trade-off"
            raise InputError(f"{run.path} holds a search that has ended; add {more}.")
        if run.studies.existing(run.stages[0]) is None:
            raise InputError(f"{run.path} holds a search that has not started; run it first.")
        run.studies.keep_wanted("pause")
    finally:
        if not isinstance(storage, BaseStorage):
            run.studies.close()
    if run.settings["shares_trials"]:
        _pause_others(run)


def _pause_others(run: Run) -> None:
    """Pause the other searches of a trade-off: the workers go from one to the next."""
    for file in sorted(run.path.parent.glob("*/settings.json")):
        other = RunFolder(file.parent)
        if other.path == run.path or not other.study.exists():
            continue
        opened = open_run(other.path)
        try:
            is_left = opened.settings["shares_trials"] and opened.state not in ENDED
            if is_left and opened.studies.existing(opened.stages[0]) is not None:
                opened.studies.keep_wanted("pause")
        finally:
            opened.studies.close()
