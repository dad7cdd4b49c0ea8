"""Values of settings as users may write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from optuna_dnc._errors import InputError
from optuna_dnc.objectives import METRICS, metric_named


def known_metric(name: str) -> str:
    """Return the name of a metric for one of its names."""
    try:
        return metric_named(name).name
    except InputError:
        names = ", ".join(METRICS)
        raise ValueError(f"must be one of {names}, or scikit-learn's name of one") from None


def parsed_class_weight(value: Any) -> Any:
    """Return ``balanced``, or weights by the text of the label, from pairs or a mapping."""
    if isinstance(value, str) and value != "balanced":
        pairs = [pair.rpartition("=") for pair in value.split(",")]
        if not all(label.strip() and weight.strip() for label, _, weight in pairs):
            raise ValueError("must be balanced, or pairs LABEL=WEIGHT with commas between them")
        return {label.strip(): weight.strip() for label, _, weight in pairs}
    if isinstance(value, Mapping):
        return {str(label): weight for label, weight in value.items()}
    return value
