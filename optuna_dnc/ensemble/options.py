"""The options of an ensemble."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from optuna.storages import BaseStorage
from typing_extensions import TypedDict

if TYPE_CHECKING:
    from optuna_dnc.data import DatasetSource
    from optuna_dnc.ensemble.members import OnMember


class EnsembleOptions(TypedDict, total=False):
    """Keyword arguments of :func:`optuna_dnc.ensemble.ensemble`."""

    greedy: bool
    snapshots: int | None
    data: DatasetSource | None
    data_root: str | Path | None
    storage: str | BaseStorage | None
    out: str | Path | None
    device: str
    on_member: OnMember | None
