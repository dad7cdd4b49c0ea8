"""Values of settings as users may write them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from optuna_dnc._errors import InputError
from optuna_dnc._limits import LARGEST_FLOAT
from optuna_dnc.objectives import METRICS, metric_named


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
