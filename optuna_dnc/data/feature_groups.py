"""Groups of the inputs that come from the same column of a table."""

from __future__ import annotations

from dataclasses import dataclass

from optuna_dnc.data.preprocessing import Preprocessing


@dataclass(frozen=True)
class FeatureGroup:
    """Inputs that belong together, such as those of the categories of a column."""

    name: str
    indices: tuple[int, ...]
    """Indices of the inputs, ascending."""


def feature_groups(preprocessing: Preprocessing) -> list[FeatureGroup]:
    """Return the inputs by the columns that they come from, in order; empty for images.

    Inputs of arrays have a group each, by the name of the feature or its number.
    """
    if len(preprocessing.input_shape) != 1:
        return []
    if preprocessing.table is not None:
        names = preprocessing.table.sources
    elif preprocessing.feature_names is not None:
        names = preprocessing.feature_names
    else:
        names = tuple(f"feature {index}" for index in range(preprocessing.input_shape[0]))
    indices: dict[str, list[int]] = {}
    for index, name in enumerate(names):
        indices.setdefault(name, []).append(index)
    return [FeatureGroup(name, tuple(members)) for name, members in indices.items()]
