"""Command ``optuna-dnc pause``."""

from __future__ import annotations

import shlex

import typer

from optuna_dnc.cli.options import RunFolder, StorageOfSearch


def pause(folder: RunFolder, storage: StorageOfSearch = None) -> None:
    """Pause a search: its processes stop after their current epoch. Continue it with resume."""
    # Slow imports, which --help does without.
    import optuna

    from optuna_dnc.runs import pause

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    pause(folder, storage)
    words = ["optuna-dnc", "resume", str(folder), *(["--storage", "URL"] if storage else [])]
    typer.echo(f"Finished trials of {folder} are saved; resume with: {shlex.join(words)}")
