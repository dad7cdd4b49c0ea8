"""The searches that the parts of the benchmark share, and where they are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch

from optuna_dnc.data import Dataset, load_dataset

DATASETS = ("letter", "fashion-mnist")
PENALTIES = ("n_params", "t_epoch")
WCS = (0.0, 0.01, 0.1, 1.0, 10.0)


@dataclass(frozen=True)
class Settings:
    """What the parts are given."""

    data: Path
    """Folder of the real data sets."""
    runs: Path
    """Folder of the searches; they are resumed, not repeated."""
    epochs: int
    """Epochs of a training in a search."""
    startup: int
    """Start-up trials of stages 1 and 3, and steps of each."""
    seeds: int
    """Repetitions of what does not need a whole search."""
    final_epochs: int
    """Epochs with which what a search found on Fashion-MNIST is trained again."""
    penalties: Sequence[str]
    """What the trade-off is searched for."""

    def search(self) -> dict[str, Any]:
        """Options of :class:`optuna_dnc.search.StagedSearch` that all searches have."""
        return {
            "network": "mlp",
            "epochs": self.epochs,
            "n_startup_trials": self.startup,
            "n_steps": self.startup,
            # No network above 317,000 parameters on Fashion-MNIST, and small first layers, so
            # that there are networks below a linear one's 7,850.
            "space": {"width": (5, 280)},
            "seed": 0,
            "device": "cpu",
        }

    def dataset(self, name: str) -> Dataset:
        """One of :data:`DATASETS`."""
        return self._loaded[name]

    @cached_property
    def _loaded(self) -> dict[str, Dataset]:
        torch.set_num_threads(1)
        return {
            "letter": load_dataset(self.data / "letter.npz"),
            "fashion-mnist": load_dataset("fashion-mnist", data_root=self.data / "torchvision"),
        }
