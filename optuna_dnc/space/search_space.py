"""A search space as an array."""

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
    """Turns parameter dictionaries into rows of positions and back, NaN where inactive.

    A row has one position a parameter, in the order of ``distributions``: the ramp position
    ``(v - low) / (high - low)`` of a number (in the logarithm where the distribution is
    logarithmic), the index of the choice of a categorical parameter. Parameters that do not
    exist in a configuration (Deep-n-Cheap, Dey et al. 2020, arXiv 2004.00974, compares networks
    of different depth) are NaN, so that a row carries its own activity mask.

    A distribution with a single value keeps its column, whose position is 0 where the parameter
    exists: kernels may need the value. :attr:`free` names the others.
    """

    distributions: Mapping[str, BaseDistribution]
    """Distribution of each parameter; a parent comes before its children."""
    conditions: Mapping[str, Condition | tuple[Condition, ...]] = field(default_factory=dict)
    """Condition of each parameter that does not always exist; of several all must hold."""

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
            place = self.position(child)
            for condition in self.requirements(child):
                parent = self.position(condition.parent)
                if parent >= place:
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
    def _positions(self) -> dict[str, int]:
        return {name: place for place, name in enumerate(self.names)}

    def position(self, name: str) -> int:
        """Return the number of a parameter's column; InputError for an unknown name."""
        if name not in self._positions:
            raise unknown_name("parameter", name, self.names)
        return self._positions[name]

    def column(self, name: str) -> Column:
        """Return the codec of a parameter; InputError for an unknown name."""
        return self.columns[self.position(name)]

    def requirements(self, name: str) -> tuple[Condition, ...]:
        """Return the conditions under which a parameter exists, none where it always does."""
        given = self.conditions.get(name, ())
        return (given,) if isinstance(given, Condition) else given

    def exclusive(self, a: str, b: str) -> bool:
        """Say whether no configuration has both parameters: their conditions contradict."""
        return any(
            one.parent == other.parent and one.contradicts(other, self.column(one.parent))
            for one in self._ancestry[a]
            for other in self._ancestry[b]
        )

    def ancestry(self, name: str) -> frozenset[Condition]:
        """Return the conditions of a parameter and of all parameters that these depend on."""
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
        found = ((re.fullmatch(rf"{re.escape(prefix)}_(\d+)", name), name) for name in self.names)
        return dict(sorted((int(match[1]), name) for match, name in found if match))

    def encode(self, params: Sequence[Mapping[str, Any]]) -> Array:
        """Return the positions of n configurations, (n, d) float64.

        Args:
            params: n dictionaries of Python values. What is missing becomes NaN, numbers outside
                the range are clipped, unknown choices and unknown names count as missing.
        """
        rows = np.full((len(params), len(self.names)), np.nan)
        for place, (name, column) in enumerate(zip(self.names, self.columns, strict=True)):
            values = [row.get(name, _MISSING) for row in params]
            present = [value is not _MISSING for value in values]
            rows[present, place] = column.encode(v for v in values if v is not _MISSING)
        return rows

    def sample(self, uniform: Array) -> Array:
        """Map uniform numbers to positions, (n, d) float64 without NaN.

        Every level of a stepped or categorical parameter is equally likely; logarithmic
        parameters are uniform in the logarithm.

        Args:
            uniform: (n, d) float64 in [0, 1).
        """
        rows = np.empty_like(uniform)
        for place, column in enumerate(self.columns):
            rows[:, place] = column.sample(uniform[:, place])
        return rows

    def activate(self, encoded: Array) -> Array:
        """Return a copy with NaN where the conditions say that a parameter does not exist.

        Args:
            encoded: (n, d) float64 positions.
        """
        rows = encoded.copy()
        for place, name in enumerate(self.names):
            rows[~self._should_exist(name, rows), place] = np.nan
        return rows

    def _should_exist(self, name: str, rows: Array) -> NDArray[np.bool_]:
        """Return (n,) bool: whether the conditions of a parameter hold."""
        exists = np.ones(len(rows), dtype=bool)
        for condition in self.requirements(name):
            parent = self.position(condition.parent)
            exists &= condition.holds(self.columns[parent], rows[:, parent])
        return exists

    def expected(self, encoded: Array) -> NDArray[np.bool_]:
        """Return (n, d) bool: whether a parameter exists, by the values of those it depends on.

        Args:
            encoded: (n, d) float64 positions, NaN where inactive.
        """
        columns = [self._should_exist(name, encoded) for name in self.names]
        return np.stack(columns, axis=1) if columns else np.empty((len(encoded), 0), dtype=bool)

    def surprises(self, encoded: Array) -> list[str]:
        """Return the parameters that exist where the conditions deny it, or the other way round.

        Args:
            encoded: (n, d) float64 positions, NaN where inactive.
        """
        surprising = np.any(self.expected(encoded) == np.isnan(encoded), axis=0)
        return [name for name, surprises in zip(self.names, surprising, strict=True) if surprises]

    def raw(self, encoded: Array, name: str) -> Array:
        """Return a parameter's raw values, (n,) float64 in its own unit, NaN where inactive.

        A categorical parameter gives the index of the choice.

        Args:
            encoded: (n, d) float64 positions.
            name: The parameter.
        """
        place = self.position(name)
        return self.columns[place].raw(encoded[:, place])

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
