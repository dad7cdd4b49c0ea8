"""Keywords of functions that load tables, for type checkers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from typing_extensions import TypedDict

from optuna_dnc.data.tables.kind import Kind


class TableKeywords(TypedDict, total=False):
    """Fields of :class:`optuna_dnc.data.tables.DataOptions`."""

    target: str | Sequence[str]
    test: Any
    test_fraction: float | None
    drop: str | Sequence[str]
    features: str | Sequence[str]
    kind: Mapping[str, Kind | Sequence[str]]
    weights: str | None
    group: str | None
    time_split: str | None
    drop_unlabeled: bool
    encoding: str
    image: str | None
    image_size: str | int | Sequence[int] | None
