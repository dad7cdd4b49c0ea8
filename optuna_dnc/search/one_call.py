"""A search in one call."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from optuna.storages import BaseStorage
from typing_extensions import Unpack

from optuna_dnc.nets import NetworkFamily
from optuna_dnc.runs.options import SearchKeywords, SearchRunOptions
from optuna_dnc.samplers.registry import SamplerSource
from optuna_dnc.search.events import Listener
from optuna_dnc.search.limits.time_limit import TimeLimit
from optuna_dnc.search.search_result import SearchResult
from optuna_dnc.search.staged_search import StagedSearch
from optuna_dnc.search.stages.stage_run import TrialCallback


class SearchOptions(SearchKeywords, SearchRunOptions, total=False):
    """Keyword arguments of :func:`find_network`."""

    network: str | NetworkFamily | Callable[..., NetworkFamily] | None
    sampler: SamplerSource
    storage: str | BaseStorage | None
    timeout: float | TimeLimit | None
    refit: bool
    floors: bool | None
    progress: bool | None
    callbacks: Sequence[TrialCallback]
    on_event: Listener | None
    notes: dict[str, Any] | None


def find_network(data: Any, y: Any = None, **options: Unpack[SearchOptions]) -> SearchResult:
    """Search for a small, accurate network and return the result.

    >>> result = find_network(x, y, timeout=600)
    >>> result.predict(x_new)

    The arguments are those of :class:`StagedSearch`, which this function runs.
    """
    return StagedSearch(data, y, **options).run()


find_network.__signature__ = inspect.signature(StagedSearch).replace(  # type: ignore[attr-defined]
    return_annotation=SearchResult
)
