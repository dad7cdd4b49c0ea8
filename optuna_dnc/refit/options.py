"""The options of a refit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typing_extensions import TypedDict

if TYPE_CHECKING:
    from optuna_dnc.data import DatasetSource
    from optuna_dnc.training import FitResult


class RefitOptions(TypedDict, total=False):
    """Keyword arguments of :func:`optuna_dnc.refit.refit`."""

    training: Mapping[str, Any] | None
    all_samples: bool
    data: DatasetSource | None
    data_root: str | Path | None
    out: str | Path | None
    device: str
    on_epoch: Callable[[FitResult], None] | None
