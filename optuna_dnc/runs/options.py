"""Types of the keyword arguments that set :class:`optuna_dnc.runs.SearchSettings`.

Type checkers cannot read them off the model; a test compares names and types with its fields.
"""

from __future__ import annotations

from typing import Any, Literal

from typing_extensions import TypedDict

from optuna_dnc.runs.settings import GivenNetwork
from optuna_dnc.samplers.registry import SamplerSource


class _EverySearch(TypedDict, total=False):
    penalize: str
    baseline: float | None
    epochs: int
    budget: int | None
    n_startup_trials: int
    n_steps: int
    n_candidates: int
    preset: Literal["default", "deep-n-cheap"]
    patience: int | None
    augment: bool
    bf16: bool
    training_space: dict[str, Any]
    val_fraction: float


class _OneWeight(TypedDict, total=False):
    wc: float
    pruner: Literal["none", "median", "hyperband"]


class _NewNetwork(TypedDict, total=False):
    strategy: str
    space: dict[str, Any]
    batch_size: int
    lr: float


class _LoadedData(TypedDict, total=False):
    max_train: int | None
    task: Literal["classification", "regression"] | None
    seed: int


class _Sampled(TypedDict, total=False):
    sampler: SamplerSource


class TradeoffKeywords(_EverySearch, _NewNetwork, _LoadedData, _Sampled, total=False):
    """Settings of :class:`optuna_dnc.tradeoff.TradeoffSearch`."""


class TransferKeywords(_EverySearch, _OneWeight, _LoadedData, _Sampled, total=False):
    """Settings of :func:`optuna_dnc.transfer.transfer`."""


class EstimatorKeywords(_EverySearch, _OneWeight, _NewNetwork, _Sampled, total=False):
    """Settings of :class:`optuna_dnc.DNCClassifier` and :class:`optuna_dnc.DNCRegressor`."""


class SearchKeywords(_EverySearch, _OneWeight, _NewNetwork, _LoadedData, total=False):
    """Settings of :class:`optuna_dnc.search.StagedSearch`."""

    given: GivenNetwork | None
    shares_trials: bool
