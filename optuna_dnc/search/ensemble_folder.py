"""The folder of an ensemble: whether it may be used."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from optuna_dnc._errors import InputError
from optuna_dnc.search.ensemble import FILE, read_ensemble
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
        check_same_search(read_ensemble(folder).get("settings", {}), settings, str(folder))
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
