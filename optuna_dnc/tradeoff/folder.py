"""The folder of a trade-off: a search for each ``wc``, and what all of them came to."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from optuna_dnc._errors import InputError, shown
from optuna_dnc._files import read_sealed, write_sealed
from optuna_dnc.runs.schema_types import check_schema
from optuna_dnc.runs.schemas import StoredTradeoff

SCHEMA = 1
"""Version of tradeoff.json; see docs/tradeoff.md."""


class TradeoffFolder:
    """Paths and files of one trade-off. Creates nothing before :meth:`claim`."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.summary = self.path / "tradeoff.json"
        self.figures = self.path / "tradeoff.html"

    def run(self, wc: float) -> Path:
        """The folder of the search with this ``wc``, such as ``wc-0.01``."""
        return self.path / f"wc-{np.format_float_positional(wc, trim='-')}"

    def check_free(self) -> None:
        """Raise :class:`InputError` where the folder holds something that is no trade-off."""
        if self.path.exists() and not self.path.is_dir():
            raise InputError(f"out: {self.path} is a file; choose a folder for the trade-off.")
        # A process that was killed in its first write has left a draft, no more.
        has_files = self.path.is_dir() and any(
            not entry.name.startswith(".") for entry in self.path.iterdir()
        )
        if has_files and not self.summary.exists():
            raise InputError(
                f"out: {self.path} is not empty and holds no trade-off; choose a new folder."
            )

    def read(self) -> dict[str, Any]:
        """Read tradeoff.json; raises :class:`InputError` for a damaged or a newer one."""
        content = read_sealed(self.summary, SCHEMA)
        check_schema(self.summary, content, StoredTradeoff)
        return content

    def write(self, content: dict[str, Any]) -> None:
        """Write tradeoff.json, all of it or none."""
        self.path.mkdir(parents=True, exist_ok=True)
        write_sealed(self.summary, {"schema": SCHEMA, **content})

    def search_folders(self) -> list[Path]:
        """Folders in this one that hold a search."""
        return sorted(path.parent for path in self.path.glob("*/settings.json"))


def checked_weights(values: Any) -> tuple[float, ...]:
    """One weight of the cost or several, ascending.

    Raises:
        InputError: One is no weight, or given twice.
    """
    weights: list[float] = []
    is_several = isinstance(values, Iterable) and not isinstance(values, str)
    for value in values if is_several else [values]:
        try:
            weight = float(value)
        except (TypeError, ValueError):
            raise InputError(
                f"wc: {shown(value)} is not a number; give weights of the cost such as 0 0.1 1."
            ) from None
        if not 0 <= weight < np.inf:
            raise InputError(f"wc must be finite and at least 0, got {shown(value)}; change it.")
        if weight in weights:
            raise InputError(f"wc {weight:g} is given twice; give each weight once.")
        weights.append(weight + 0.0)  # -0.0 is 0
    if not weights:
        raise InputError("wc: give at least one weight of the cost, such as 0 0.1 1.")
    return tuple(sorted(weights))
