"""Search space whose configurations are rows of an array."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution

from optuna_dnc._arrays import Array
from optuna_dnc._errors import InputError, shown, unknown_name
from optuna_dnc.space.column import Column
from optuna_dnc.space.condition import Condition

_MISSING = object()


@dataclass(frozen=True)
class SearchSpace:
    """A codec between parameter dictionaries and rows of positions, NaN where inactive.

    A row has one position a parameter, in the order of ``distributions``: the ramp position
    ``(v - low) / (high - low)`` of a number (of logarithms where the distribution is
    logarithmic), the index of the choice of a categorical parameter. Parameters that do not
    exist in a configuration (Deep-n-Cheap, Dey et al. 2020, arXiv 2004.00974, compares networks
    of different depth) are NaN, so that a row includes its activity mask.

    A distribution with a single value keeps its column, whose position is 0 where the parameter
    exists: kernels may need the value. :attr:`free` has the names of all others.
    """

    distributions: Mapping[str, BaseDistribution]
    """Distribution of each parameter; a parent comes before its children."""
    conditions: Mapping[str, Condition | tuple[Condition, ...]] = field(default_factory=dict)
    """Condition of each parameter that does not always exist; all of several must hold."""

    def __post_init__(self) -> None:
        if not isinstance(self.distributions, Mapping):
            raise InputError(
                f"distributions must be a mapping of names to Optuna distributions, got "
                f"{type(self.distributions).__name__}; write {{'x': FloatDistribution(0, 1)}}."
            )
        for name, distribution in self.distributions.items():
            if not isinstance(distribution, BaseDistribution):
                raise InputError(
                    f"distributions[{name!r}] must be an Optuna distribution, got "
                    f"{shown(distribution)}; build one from optuna.distributions."
                )
        object.__setattr__(self, "distributions", dict(self.distributions))
        object.__setattr__(self, "conditions", dict(self.conditions))
        for child in self.conditions:
            position = self.position(child)
            for condition in self.requirements(child):
                parent = self.position(condition.parent)
                if parent >= position:
                    raise InputError(
                        f"conditions[{child!r}] names the parent {condition.parent!r}, which "
                        f"must come before it; reorder distributions."
                    )
                condition.check(child, self.columns[parent])

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters, one a column."""
        return tuple(self.distributions)

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The codecs of the parameters."""
        return tuple(Column(distribution) for distribution in self.distributions.values())

    @cached_property
    def free(self) -> tuple[str, ...]:
        """Names of the parameters that have more than one value."""
        return tuple(n for n, d in self.distributions.items() if not d.single())

    @cached_property
    def identity(self) -> bytes:
        """The distributions and conditions as text, for digests."""
        return repr((self.distributions, self.conditions)).encode()

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {name: position for position, name in enumerate(self.names)}

    def position(self, name: str) -> int:
        """Return the index of a parameter's column; InputError for an unknown name."""
        if name not in self._positions:
            raise unknown_name("parameter", name, self.names)
        return self._positions[name]

    def column(self, name: str) -> Column:
        """Return the codec of a parameter; InputError for an unknown name."""
        return self.columns[self.position(name)]

    def requirements(self, name: str) -> tuple[Condition, ...]:
        """Return the conditions under which a parameter exists, none where it always does."""
        conditions = self.conditions.get(name, ())
        return (conditions,) if isinstance(conditions, Condition) else conditions

    def exclusive(self, a: str, b: str) -> bool:
        """Return whether no configuration has both parameters: their conditions contradict."""
        return any(
            one.parent == other.parent and one.contradicts(other, self.column(one.parent))
            for one in self._ancestry[a]
            for other in self._ancestry[b]
        )

    def ancestry(self, name: str) -> frozenset[Condition]:
        """Return the conditions of a parameter and of all its ancestors."""
        return self._ancestry[name]

    @cached_property
    def _ancestry(self) -> dict[str, frozenset[Condition]]:
        """All conditions that a parameter and its ancestors need, by name."""
        known: dict[str, frozenset[Condition]] = {}
        for name in self.names:  # parents come first
            direct = self.requirements(name)
            known[name] = frozenset(direct).union(*(known[c.parent] for c in direct))
        return known

    def members(self, prefix: str) -> dict[int, str]:
        """Return the parameters ``prefix_0``, ``prefix_1``, ... by their number, in order."""
        pattern = re.compile(rf"{re.escape(prefix)}_(\d+)")
        matches = ((pattern.fullmatch(name), name) for name in self.names)
        return dict(sorted((int(match[1]), name) for match, name in matches if match))

    def encode(self, params: Sequence[Mapping[str, Any]]) -> Array:
        """Return the positions of n configurations, (n, d) float64.

        Args:
            params: n dictionaries of Python values. Missing names and unknown choices become
                NaN, numbers outside the range are clipped, unknown names are ignored.
        """
        rows = np.full((len(params), len(self.names)), np.nan)
        for index, (name, column) in enumerate(zip(self.names, self.columns, strict=True)):
            values = [row.get(name, _MISSING) for row in params]
            present = [value is not _MISSING for value in values]
            rows[present, index] = column.encode(v for v in values if v is not _MISSING)
        return rows

    def sample(self, uniform: Array) -> Array:
        """Map uniform numbers to positions, (n, d) float64 without NaN.

        Every level of a stepped or categorical parameter is equally likely; logarithmic
        parameters are uniform in the logarithm.

        Args:
            uniform: (n, d) float64 in [0, 1).
        """
        rows = np.empty_like(uniform)
        for index, column in enumerate(self.columns):
            rows[:, index] = column.sample(uniform[:, index])
        return rows

    def activate(self, encoded: Array) -> Array:
        """Return a copy with NaN where the conditions of a parameter do not hold.

        Args:
            encoded: (n, d) float64 positions.
        """
        rows = encoded.copy()
        for index, name in enumerate(self.names):
            if name in self.conditions:
                rows[~self._should_exist(name, rows), index] = np.nan
        return rows

    def _should_exist(self, name: str, rows: Array) -> NDArray[np.bool_]:
        """Return (n,) bool: whether the conditions of a parameter hold."""
        exists = np.ones(len(rows), dtype=bool)
        for condition in self.requirements(name):
            parent = self.position(condition.parent)
            exists &= condition.holds(self.columns[parent], rows[:, parent])
        return exists

    def expected(self, encoded: Array) -> NDArray[np.bool_]:
        """Return whether each parameter should exist by its conditions, (n, d) bool.

        Args:
            encoded: (n, d) float64 positions, NaN where inactive.
        """
        columns = [self._should_exist(name, encoded) for name in self.names]
        return np.stack(columns, axis=1) if columns else np.empty((len(encoded), 0), dtype=bool)

    def surprises(self, encoded: Array) -> list[str]:
        """Return the names of parameters whose existence contradicts their conditions in any row.

        Args:
            encoded: (n, d) float64 positions, NaN where inactive.
        """
        surprising = np.any(self.expected(encoded) == np.isnan(encoded), axis=0)
        return [name for name, surprises in zip(self.names, surprising, strict=True) if surprises]

    def raw(self, encoded: Array, name: str) -> Array:
        """Return the raw values of a parameter, (n,) float64 in its own unit, NaN where inactive.

        A categorical parameter gives the index of the choice.

        Args:
            encoded: (n, d) float64 positions.
            name: Name of the parameter.
        """
        index = self.position(name)
        return self.columns[index].raw(encoded[:, index])

    def decode(self, row: Array) -> dict[str, Any]:
        """Return the Python values of one row; parameters that are NaN are left out.

        Args:
            row: (d,) float64 positions.
        """
        return {
            name: column.decode(float(position))
            for name, column, position in zip(self.names, self.columns, row, strict=True)
            if not np.isnan(position)
        }
