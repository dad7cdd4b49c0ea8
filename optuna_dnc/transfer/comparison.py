"""Comparison of a transfer with a native search of the same data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optuna_dnc._errors import InputError
from optuna_dnc.objectives import NetworkMetrics
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.runs.identity import changes
from optuna_dnc.runs.run import read_settings
from optuna_dnc.runs.settings import SearchSettings
from optuna_dnc.search.search_result import SearchResult


@dataclass(frozen=True, kw_only=True)
class Standing(NetworkMetrics):
    """Outcome of one of the two searches."""

    path: str
    description: str
    loss: float
    """Loss with the ``wc`` and the baseline of the native search, for both."""
    n_trained: int
    epochs: int
    search_seconds: float


@dataclass(frozen=True)
class TransferComparison:
    """Outcomes of a transfer and of a native search of the same data."""

    transferred: Standing
    native: Standing
    wc: float
    penalize: str
    differences: tuple[str, ...]
    """Settings of training and data that differ, ``name X there, Y here``."""


def compare_with_native(
    transferred: SearchResult, native: SearchResult | str | Path
) -> TransferComparison:
    """Compare a transfer with a search of the same data.

    The validation samples are the same if seed and ``val_fraction`` are; the test set always is.
    Both losses use the ``wc`` and the baseline of the native search.

    Args:
        transferred: Result of :func:`optuna_dnc.transfer.transfer`.
        native: Result of a search of the same data, or its folder.

    Raises:
        InputError: The native search is of other data.
    """
    home = SearchResult.of(native)
    check_same_data(read_settings(RunFolder(transferred.path)), home)
    fields = SearchSettings.options("transfer")
    must_agree = [field.name for field in fields if field.setting.must_agree]
    return TransferComparison(
        transferred=_standing(transferred, home.summary),
        native=_standing(home, home.summary),
        wc=home.summary["wc"],
        penalize=home.summary["penalize"],
        differences=tuple(
            f"{name} {there} there, {here} here"
            for name, there, here in changes(_of(home, must_agree), _of(transferred, must_agree))
        ),
    )


def _of(result: SearchResult, names: list[str]) -> dict[str, Any]:
    return {name: result.summary["settings"].get(name) for name in names}


def check_same_data(identity: Mapping[str, Any], native: SearchResult) -> None:
    """Raise :class:`InputError` unless a native search is of the same data and task."""
    theirs = read_settings(RunFolder(native.path))
    if theirs["data"] != identity["data"]:
        raise InputError(
            f"native: {native.path} is a search on other data ({native.summary['dataset']}) than "
            f"the transfer's ({identity['dataset']}); give one on the same data."
        )
    if theirs["task"] != identity["task"]:
        raise InputError(
            f"native: {native.path} is a {theirs['task']}, the transfer a {identity['task']}; "
            "give one of the same task."
        )


def _standing(result: SearchResult, objective: dict[str, Any]) -> Standing:
    best, stages = result.answer, result.summary["stages"]
    return Standing(
        path=str(result.path),
        description=str(best.config),
        quality=best.quality,
        costs=best.costs,
        loss=_loss(result, objective),
        n_trained=sum(stage["n_trained"] for stage in stages),
        epochs=sum(stage.get("epochs", 0) for stage in stages),
        search_seconds=result.summary["search_seconds"],
    )


def _loss(result: SearchResult, objective: dict[str, Any]) -> float:
    """Return the loss of the best network with another ``wc`` and baseline."""
    best, own = result.best, result.summary
    names = ("wc", "penalize", "baseline")
    if all(own[name] == objective[name] for name in names):
        return best.loss
    # The error as in the loss: not below what the validation samples resolve.
    error = 10**best.loss - own["wc"] * best.costs[own["penalize"]] / own["baseline"]
    cost = best.costs[objective["penalize"]] / objective["baseline"]
    return math.log10(max(error, 0.0) + objective["wc"] * cost)
