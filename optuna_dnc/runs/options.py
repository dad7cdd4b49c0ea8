"""Types of keyword arguments: settings of searches, and where and how a run is computed.

Type checkers cannot derive the settings from :class:`optuna_dnc.runs.SearchSettings`; a test
compares names and types with its fields.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

from optuna.storages import BaseStorage
from typing_extensions import TypedDict, get_type_hints

from optuna_dnc._setting_fields import Setting
from optuna_dnc.data.tables.keywords import TableKeywords
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.runs.setting_rules import GivenNetwork
from optuna_dnc.samplers.registry import SamplerSource
from optuna_dnc.tasks import Task


class RunOptions(TypedDict, total=False):
    """Where a run is stored and computed, whatever it computes."""

    data_root: str | Path | None
    out: str | Path | None
    device: str


class SearchRunOptions(RunOptions, total=False):
    """Where a search is stored and computed, and where its trials are logged."""

    log: str | Sequence[str]


class PartOptions(TypedDict, total=False):
    """What no file of a run can hold, and where it is computed."""

    data: Any
    network: NetworkFamily | Callable[..., NetworkFamily] | None
    sampler: SamplerSource | None
    data_root: str | Path | None
    device: str


class ChooseOptions(PartOptions, total=False):
    """Keyword arguments of :func:`optuna_dnc.search.choose`."""

    storage: str | BaseStorage | None


class _EverySearch(TypedDict, total=False):
    penalize: str
    baseline: float | None
    max_params: int | None
    max_macs: int | None
    max_bytes: int | None
    max_ms: float | None
    epochs: int
    budget: int | None
    n_startup_trials: int | None
    n_steps: int | None
    n_candidates: int
    preset: Literal["default", "quick", "medium", "best", "deep-n-cheap"]
    recipe: Literal["default", "deep-n-cheap"]
    patience: int | None
    augment: bool
    bf16: bool
    metric: str | None
    class_weight: str | dict[Any, float] | None
    training_space: dict[str, Any]
    val_fraction: float
    n_folds: int | None
    scaling: Literal["by-kind", "standard"]
    target_transform: Literal["auto", "none", "log"]


class _OneWeight(TypedDict, total=False):
    wc: float
    pruner: Literal["none", "median", "hyperband"]


class _NewNetwork(TypedDict, total=False):
    strategy: str
    space: dict[str, Any]
    batch_size: int | None
    lr: float | None


class _LoadedData(TypedDict, total=False):
    max_train: int | None
    task: Task | None
    seed: int


class _OneAnswer(TypedDict, total=False):
    n_members: int | None


class _Sampled(TypedDict, total=False):
    sampler: SamplerSource


class TradeoffKeywords(
    _EverySearch, _NewNetwork, _LoadedData, _Sampled, TableKeywords, total=False
):
    """Settings of :class:`optuna_dnc.tradeoff.TradeoffSearch`."""


class TransferKeywords(
    _EverySearch, _OneWeight, _LoadedData, _Sampled, TableKeywords, total=False
):
    """Settings of :func:`optuna_dnc.transfer.transfer`."""


class EstimatorKeywords(_EverySearch, _OneWeight, _NewNetwork, _OneAnswer, _Sampled, total=False):
    """Settings of :class:`optuna_dnc.DNCClassifier` and :class:`optuna_dnc.DNCRegressor`."""


class SearchKeywords(
    _EverySearch, _OneWeight, _NewNetwork, _OneAnswer, _LoadedData, TableKeywords, total=False
):
    """Settings of :class:`optuna_dnc.search.StagedSearch`."""

    given: GivenNetwork | None
    shares_trials: bool


Function = TypeVar("Function", bound=Callable[..., Any])


class InWords:
    """Default that depends on the data or on other settings, described in words."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return f"<{self._text}>"


def with_settings(keywords: type[Any], *models: type[Any]) -> Callable[[Function], Function]:
    """Replace ``**settings`` in the signature of a function by their names and defaults.

    Type checkers read ``Unpack[keywords]`` instead; the function itself stays as it is.

    Args:
        keywords: The ``TypedDict`` of the settings.
        models: The models that have them as fields, annotated with ``Setting``.
    """

    def decorate(function: Function) -> Function:
        signature = inspect.signature(function)
        explicit = [
            parameter
            for parameter in signature.parameters.values()
            if parameter.kind is not inspect.Parameter.VAR_KEYWORD
        ]
        known = {parameter.name for parameter in explicit}
        hints = get_type_hints(keywords)
        settings = [
            inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hints[name]
            )
            for model in models
            for name, default in _defaults(model).items()
            if name in hints and name not in known
        ]
        described: Any = function
        described.__signature__ = signature.replace(parameters=[*explicit, *settings])
        return function

    return decorate


def _defaults(model: type[Any]) -> dict[str, Any]:
    """Return the defaults of the fields that users can set, by name."""
    defaults = {}
    for name, field in model.model_fields.items():
        setting = next((item for item in field.metadata if isinstance(item, Setting)), None)
        if setting is not None:
            default = field.get_default(call_default_factory=True)
            defaults[name] = default if setting.default is None else InWords(setting.default)
    return defaults
