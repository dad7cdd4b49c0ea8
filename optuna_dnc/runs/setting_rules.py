"""Rules for values and combinations of the settings of a search."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationInfo, field_validator, model_validator

from optuna_dnc._errors import InputError
from optuna_dnc._limits import LARGEST_FLOAT
from optuna_dnc._validation import CheckedModel
from optuna_dnc.objectives import METRICS, metric_named
from optuna_dnc.runs.limits import named_limits
from optuna_dnc.runs.recipe import PUBLISHED, with_dependent_defaults
from optuna_dnc.runs.strategies import STRATEGIES

FEWEST_EPOCHS_TO_HALVE = 3


class GivenNetwork(CheckedModel):
    """Network of another run, whose training is searched."""

    dataset: str
    """Name of the data set of that run."""
    data: str
    """Fingerprint of that data set."""
    config: dict[str, Any]
    """Config of the network, as JSON."""
    training: dict[str, Any]
    """Best training there, as far as it applies to other data; it is tried first."""


class SettingRules(CheckedModel):
    """Base class of :class:`optuna_dnc.runs.SearchSettings`, whose fields these rules check."""

    @model_validator(mode="before")
    @classmethod
    def _dependent_defaults(cls, values: dict[str, Any]) -> dict[str, Any]:
        return with_dependent_defaults(values)

    @field_validator("strategy", check_fields=False)
    @classmethod
    def _is_known(cls, strategy: str, info: ValidationInfo) -> str:
        if strategy not in STRATEGIES:
            chosen = [name for name in STRATEGIES if not STRATEGIES[name].takes_network]
            raise ValueError(f"must be one of {', '.join(map(repr, chosen))}")
        if STRATEGIES[strategy].takes_network != (info.data.get("given") is not None):
            raise ValueError(
                "must be 'transfer' for the network of another run, and only then; use transfer() "
                "or optuna-dnc transfer DIR DATA"
            )
        return strategy

    @field_validator("epochs", check_fields=False)
    @classmethod
    def _enough_to_halve(cls, epochs: int, info: ValidationInfo) -> int:
        if info.data.get("pruner") == "hyperband" and epochs < FEWEST_EPOCHS_TO_HALVE:
            raise ValueError(
                f"must be at least {FEWEST_EPOCHS_TO_HALVE} with pruner 'hyperband', which stops "
                "networks after a third of them; raise it, or choose pruner 'none'"
            )
        return epochs

    @field_validator("budget", check_fields=False)
    @classmethod
    def _enough_for_one(cls, budget: int | None, info: ValidationInfo) -> int | None:
        epochs = info.data.get("epochs", 1)
        if budget is not None and budget < epochs:
            raise ValueError(
                f"must be at least the {epochs} epochs of one training run; raise it, or lower "
                "epochs"
            )
        return budget

    @field_validator("n_folds", check_fields=False)
    @classmethod
    def _few_enough(cls, n_folds: int | None, info: ValidationInfo) -> int | None:
        fraction = info.data.get("val_fraction")
        if n_folds is None or fraction is None:
            return n_folds
        most = max(1, round(1 / fraction))
        if n_folds > most:
            raise ValueError(
                f"must be at most {most} with val_fraction {fraction:g}, the share of the samples "
                "in each fold; lower val_fraction, or the number of folds"
            )
        return n_folds

    @field_validator("n_members", check_fields=False)
    @classmethod
    def _within_limits(cls, n_members: int | None, info: ValidationInfo) -> int | None:
        limits = named_limits(info.data)
        if limits and n_members is not None and n_members > 1:
            raise ValueError(
                f"must be 1 with {' and '.join(limits)}: limits hold for a single network; leave "
                "one of them out"
            )
        return n_members

    @field_validator("*")
    @classmethod
    def _suits_strategy(cls, value: Any, info: ValidationInfo) -> Any:
        name, strategy = str(info.field_name), info.data.get("strategy")
        if strategy is not None and value != cls.model_fields[name].default:
            STRATEGIES[strategy].validate(name, value)
        return value

    @field_validator("preset", check_fields=False)
    @classmethod
    def _published_alone(cls, preset: str, info: ValidationInfo) -> str:
        if preset == PUBLISHED:
            if info.data.get("sampler") != "dnc":
                raise ValueError(
                    "the published sampler needs sampler 'dnc'; choose that, or leave preset at "
                    "'default'"
                )
            if info.data.get("pruner") == "hyperband":
                raise ValueError(
                    "the published sampler learns from networks that were trained to the end, "
                    "and Hyperband gives few; choose pruner 'none' or 'median', or leave preset "
                    "at 'default'"
                )
        return preset


def known_metric(name: str) -> str:
    """Return the name of a metric for one of its names."""
    try:
        return metric_named(name).name
    except InputError:
        names = ", ".join(METRICS)
        raise ValueError(f"must be one of {names}, or scikit-learn's name of one") from None


def parsed_class_weight(value: Any) -> str | dict[str, float]:
    """Return ``balanced``, or weights by the text of the label, from pairs or a mapping."""
    if isinstance(value, str) and value == "balanced":
        return value
    given = value
    if isinstance(value, str):
        pairs = [pair.rpartition("=") for pair in value.split(",")]
        given = {label.strip(): weight for label, _, weight in pairs}
    if not isinstance(given, Mapping) or not given or "" in given:
        raise ValueError("must be balanced, or pairs LABEL=WEIGHT with commas between them")
    return {str(label): _weight(label, weight) for label, weight in given.items()}


def _weight(label: object, value: Any) -> float:
    try:
        weight = float(value)
    except (TypeError, ValueError):
        weight = math.nan
    if not 0 < weight <= LARGEST_FLOAT:
        raise ValueError(f"must have weights above 0, and that of {label!r} is {value!r}")
    return weight
