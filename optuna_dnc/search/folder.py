"""A run's folder: what lies where, and how it is written so that a crash loses nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save

from optuna_dnc._errors import InputError, brief, shown
from optuna_dnc._full_disk import is_disk_full
from optuna_dnc._parsing import parse_json, read_bounded
from optuna_dnc.search.claims import claimed
from optuna_dnc.search.database import url_to_look_at
from optuna_dnc.training.checkpoints import replace_file, separate

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

    @property
    def name(self) -> str:
        """The folder's own name, which names the studies."""
        return self.path.resolve().name

    @property
    def is_stored_elsewhere(self) -> bool:
        """Whether a search has measured something, and its trials are not here."""
        has_begun = self.result.exists() or self.checkpoints.exists()
        return self.settings.exists() and has_begun and not self.study.exists()

    @property
    def storage_url(self) -> str:
        """Optuna storage in the folder itself, to look at."""
        return url_to_look_at(self.study)

    def check_free(self) -> None:
        """Raise :class:`InputError` where the folder holds something that is no search."""
        if self.path.exists() and not self.path.is_dir():
            raise InputError(f"out: {self.path} is a file; choose a folder for the run.")
        if not self.settings.exists() and self.path.is_dir() and any(self._contents()):
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

    def claimed(self) -> AbstractContextManager[None]:
        """Create the folder and hold its lock while the block lasts."""
        return claimed(self.path, "searching")

    def checkpoint(self, key: str) -> Path:
        """Where the weights of a configuration are kept while it leads."""
        return self.checkpoints / f"{key[:16]}.safetensors"

    def save_checkpoint(self, key: str, weights: dict[str, torch.Tensor]) -> None:
        """Keep the weights of a configuration."""
        self.checkpoints.mkdir(exist_ok=True)
        save_weights(self.checkpoint(key), weights)

    def keep_only(self, *keys: str) -> None:
        """Delete the checkpoints of every other configuration."""
        kept = [self.checkpoint(key) for key in keys]
        for path in self.checkpoints.glob("*"):
            if path not in kept:
                path.unlink()


def save_weights(path: Path, weights: dict[str, torch.Tensor]) -> None:
    """Write a state dict, all of it or none."""
    # Not save_file, which makes files that only their owner can read.
    replace_file(path, save(separate(weights)))


def load_weights(path: Path) -> dict[str, torch.Tensor]:
    """Read a state dict onto the CPU."""
    weights: dict[str, torch.Tensor] = load_file(path)
    return weights


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON object, all of it or none."""
    replace_file(path, (json.dumps(content, indent=2) + "\n").encode())


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object."""
    try:
        content = parse_json(read_bounded(path))
    except FileNotFoundError:
        raise InputError(
            f"{path.parent} holds no {path.name}; give the folder of a search."
        ) from None
    except (ValueError, OSError) as error:
        raise InputError(f"{path} is damaged ({brief(error)}); {_remedy(path)}.") from None
    if not isinstance(content, dict):
        raise InputError(f"{path} is damaged (it holds no JSON object); {_remedy(path)}.")
    return content


def _remedy(damaged: Path) -> str:
    if damaged == RunFolder(damaged.parent).result:
        return "move it away and start the search again, which writes it anew"
    return "restore it from a copy"


def read_versioned(path: Path, schema: int) -> dict[str, Any]:
    """Read a JSON object; raises :class:`InputError` for one of another version."""
    content = read_json(path)
    # True is 1 in Python, and so is 1.0.
    if type(content.get("schema")) is not int or content["schema"] != schema:
        raise InputError(
            f"{path} has schema {shown(content.get('schema'))}, and this version reads {schema}; "
            "use the version of optuna_dnc that wrote it."
        )
    return content


@contextmanager
def full_disk_told(folder: Path) -> Iterator[None]:
    """Say in one sentence that the disk of ``folder`` is full, where that ends the block."""
    try:
        yield
    except Exception as error:
        if not is_disk_full(error):
            raise
        raise InputError(
            f"out: no room left on the disk of {folder}, or it fails; mend it, and the same "
            "command goes on from here."
        ) from error
