"""A network from elsewhere beside one that was searched on the data itself."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optuna_dnc._errors import InputError
from optuna_dnc.objectives import NetworkMetrics
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.runs.run import read_settings
from optuna_dnc.runs.settings import SearchSettings
from optuna_dnc.search.search_result import SearchResult


@dataclass(frozen=True, kw_only=True)
class Standing(NetworkMetrics):
    """What one of the two came to."""

    path: str
    description: str
    loss: float
    """With the ``wc`` and the baseline of the native search, for both."""
    n_trained: int
    epochs: int
    search_seconds: float


@dataclass(frozen=True)
class TransferComparison:
    """A transfer and a native search of the same data."""

    transferred: Standing
    native: Standing
    wc: float
    penalize: str
    differences: tuple[str, ...]
    """Settings of training and data in which the two differ, ``name X there, Y here``."""


def compare_with_native(
    transferred: SearchResult, native: SearchResult | str | Path
) -> TransferComparison:
    """Compare a transfer with a search of the same data.

    Validation accuracies are of one split if seed and share are equal; the test set is the same
    in any case. The losses are both taken with the native search's ``wc`` and baseline.

    Args:
        transferred: What :func:`optuna_dnc.transfer.transfer` returned.
        native: A finished search of the same data, or its folder.

    Raises:
        InputError: It is a search of other data.
    """
    home = native if isinstance(native, SearchResult) else SearchResult.load(native)
    check_same_data(read_settings(RunFolder(transferred.path)), home)
    ours, theirs = transferred.summary["settings"], home.summary["settings"]
    fields = SearchSettings.options("transfer")
    must_agree = [field.name for field in fields if field.setting.must_agree]
    return TransferComparison(
        transferred=_standing(transferred, home.summary),
        native=_standing(home, home.summary),
        wc=home.summary["wc"],
        penalize=home.summary["penalize"],
        differences=tuple(
            f"{name} {theirs.get(name)} there, {ours.get(name)} here"
            for name in must_agree
            if theirs.get(name) != ours.get(name)
        ),
    )


def check_same_data(identity: Mapping[str, Any], native: SearchResult) -> None:
    """Raise :class:`InputError` unless a native search was given the same arrays.

    Args:
        identity: Of the transfer, see :attr:`StagedSearch.identity`.
        native: The search to compare with.
    """
    theirs = read_settings(RunFolder(native.path))
    if theirs["data"] != identity["data"]:
        raise InputError(
            f"native: {native.path} is a search of other data ({native.summary['dataset']}) than "
            f"the transfer's ({identity['dataset']}); give one of the same data."
        )
    if theirs["task"] != identity["task"]:
        raise InputError(
            f"native: {native.path} is a {theirs['task']}, the transfer a {identity['task']}; "
            "give one of the same task."
        )


def _standing(result: SearchResult, objective: dict[str, Any]) -> Standing:
    best, stages = result.best, result.summary["stages"]
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
    """The loss that the best network has with another ``wc`` and baseline."""
    best, own = result.best, result.summary
    names = ("wc", "penalize", "baseline")
    if all(own[name] == objective[name] for name in names):
        return best.loss
    # The error as the loss has it: not below what the validation set resolves.
    error = 10**best.loss - own["wc"] * best.costs[own["penalize"]] / own["baseline"]
    cost = best.costs[objective["penalize"]] / objective["baseline"]
    return math.log10(max(error, 0.0) + objective["wc"] * cost)
