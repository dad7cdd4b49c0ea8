"""Branches of a conditional space that were tried too little to be judged."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from optuna_dnc._arrays import Array
from optuna_dnc.samplers.dnc.sobol_start import start_coordinate
from optuna_dnc.space import SearchSpace

_PERIOD = 4
_PATIENCE = 10
_PER_PARAMETER = 2

Branch = tuple[str, float, list[str]]
"""A categorical parameter, the position of a choice, the parameters that this choice brings."""


def branch_start(
    space: SearchSpace, tried: Array, number: int, seed: int, n_stale: int
) -> dict[str, float]:
    """Return positions that a trial takes from the start-up of a branch; none in most trials.

    A branch is a choice of a categorical parameter by which others exist, such as one of several
    models. Where its first points are bad the surrogate would leave it for long, whatever else
    it holds. So each branch has a start-up of its own, of one point and two more for each of its
    parameters: the middle of their ranges, then points of the Sobol sequence. Every fourth trial
    goes to the branch that has had the smallest share of its start-up, as long as there is one.
    After every 10 trials without an improvement the start-ups grow by their length.

    Args:
        space: The space.
        tried: (n, d) float64 configurations that ended or are running, NaN where inactive.
        number: Of the trial.
        seed: Shifts the sequence.
        n_stale: How many trials came after the best one.
    """
    if number % _PERIOD != _PERIOD - 1:
        return {}
    shares = [(_share_of_start(space, tried, branch), branch) for branch in _branches(space)]
    share, (parent, position, children) = min(
        shares, key=lambda pair: pair[0], default=(math.inf, ("", 0.0, []))
    )
    if share >= 1 + n_stale // _PATIENCE:
        return {}
    # What a branch has only for some of its configurations is left to the surrogate.
    own = [c for c in children if {r.parent for r in space.requirements(c)} == {parent}]
    return {parent: position, **{name: _next_point(space, tried, name, seed) for name in own}}


def _share_of_start(space: SearchSpace, tried: Array, branch: Branch) -> float:
    parent, position, children = branch
    n_tried = int(np.sum(tried[:, space.position(parent)] == position))
    return n_tried / (1 + _PER_PARAMETER * len(children))


def _next_point(space: SearchSpace, tried: Array, name: str, seed: int) -> float:
    place = space.position(name)
    index = 1 + int(np.sum(~np.isnan(tried[:, place])))
    position = start_coordinate(index, place, seed)
    return float(space.columns[place].sample(np.array([position]))[0])


def _branches(space: SearchSpace) -> Iterator[Branch]:
    for parent in space.free:
        column = space.column(parent)
        if not column.is_categorical or space.requirements(parent):
            continue
        deciding = {
            name: [c for c in space.ancestry(name) if c.parent == parent and not c.is_existence]
            for name in space.free
        }
        dependent = {name: conditions for name, conditions in deciding.items() if conditions}
        for level in column.levels() if dependent else ():
            at_level = np.array([level])
            children = [
                name
                for name, conditions in dependent.items()
                if all(condition.holds(column, at_level)[0] for condition in conditions)
            ]
            yield parent, float(level), children
