"""Command ``optuna-dnc pause``."""

from __future__ import annotations

import shlex

import typer

from optuna_dnc.cli import options
from optuna_dnc.cli.options import StorageOfSearch
from optuna_dnc.cli.tradeoff_folders import holds_tradeoff


def pause(folder: options.RunFolder, storage: StorageOfSearch = None) -> None:
    """Pause a search: its processes stop after their current epoch. Continue it with resume.

    A trade-off is paused as a whole, and continued by its own command.
    """
    # Slow imports, which --help does without.
    import optuna

    from optuna_dnc.runs import pause
    from optuna_dnc.runs.folder import RunFolder
    from optuna_dnc.runs.run import read_settings
    from optuna_dnc.tradeoff.pausing import pause_tradeoff

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    saved = f"Finished trials of {folder} are saved"
    if is_shared := holds_tradeoff(folder, storage):
        pause_tradeoff(folder)
    else:
        pause(folder, storage)
        is_shared = read_settings(RunFolder(folder))["shares_trials"]
    if is_shared:
        typer.echo(f"{saved}; resume with the same optuna-dnc tradeoff command.")
        return
    words = ["optuna-dnc", "resume", str(folder), *(["--storage", "URL"] if storage else [])]
    typer.echo(f"{saved}; resume with: {shlex.join(words)}")
