"""Folder of a trade-off: one search for each ``wc``, and their summary."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from optuna_dnc._errors import InputError, shown
from optuna_dnc._files import write_sealed
from optuna_dnc.runs.folder import TRADEOFF, check_free
from optuna_dnc.runs.identity import check_same_search
from optuna_dnc.runs.schema_types import read_stored
from optuna_dnc.runs.schemas import StoredTradeoff

SCHEMA = 1
"""Version of tradeoff.json; see docs/tradeoff.md."""


class TradeoffFolder:
    """Paths and files of one trade-off."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.summary = self.path / TRADEOFF
        self.figures = self.path / "tradeoff.html"

    def run(self, wc: float) -> Path:
        """Return the folder of the search with this ``wc``, such as ``wc-0.01``."""
        return self.path / f"wc-{np.format_float_positional(wc, trim='-')}"

    def check_free(self) -> None:
        """Raise :class:`InputError` if the folder holds something other than a trade-off."""
        check_free(self.path, "trade-off", holds=self.summary.exists())

    def read(self) -> dict[str, Any]:
        """Read tradeoff.json; raise :class:`InputError` if it is damaged or of another version."""
        return read_stored(self.summary, StoredTradeoff, SCHEMA)

    def read_same(self, settings: Mapping[str, Any]) -> dict[str, Any] | None:
        """Read tradeoff.json; None if no search was started, so that nothing can be lost.

        Args:
            settings: Those of the trade-off to run.

        Raises:
            InputError: The folder holds searches with other settings.
        """
        if not self.summary.exists() or not self.search_folders():
            return None
        stored = self.read()
        if not isinstance(stored.get("settings"), dict):
            raise InputError(
                f"out: {self.path} holds searches that were run one by one; choose a new folder."
            )
        check_same_search(stored["settings"], settings, str(self.path))
        return stored

    def write(self, content: dict[str, Any]) -> None:
        """Write tradeoff.json atomically."""
        self.path.mkdir(parents=True, exist_ok=True)
        write_sealed(self.summary, {"schema": SCHEMA, **content})

    def search_folders(self) -> list[Path]:
        """Return the folders of searches in this one, sorted."""
        return sorted(path.parent for path in self.path.glob("*/settings.json"))


def checked_weights(values: Any) -> tuple[float, ...]:
    """Return one or several weights of the cost, ascending.

    Raises:
        InputError: A value is not a weight, or is given twice.
    """
    weights: list[float] = []
    is_several = isinstance(values, Iterable) and not isinstance(values, str)
    for value in values if is_several else [values]:
        try:
            weight = float(value)
        except (TypeError, ValueError, OverflowError):
            raise InputError(
                f"wc must be numbers, got {shown(value)}; give weights such as 0 0.1 1."
            ) from None
        if not 0 <= weight < np.inf:
            raise InputError(f"wc must be finite and at least 0, got {shown(value)}; change it.")
        if weight in weights:
            raise InputError(f"wc must be distinct, got {weight:g} twice; drop one.")
        weights.append(weight + 0.0)  # -0.0 is 0
    if not weights:
        raise InputError("wc must hold at least one weight; give some, such as 0 0.1 1.")
    return tuple(sorted(weights))
