"""Start-up of the branches of a conditional space that have had too few trials."""

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
"""A categorical parameter, the position of a choice, and the parameters that it activates."""


def branch_start(
    space: SearchSpace, tried: Array, number: int, seed: int, n_stale: int
) -> dict[str, float]:
    """Return positions that a trial takes from the start-up of a branch; empty for most trials.

    A branch is a choice of a categorical parameter on which other parameters depend, such as one
    of several models. If its first points are bad, the surrogate would avoid the whole branch for
    long. So each branch has a start-up of its own, of one point plus two for each of its
    parameters: the middle of their ranges, then points of the Sobol sequence. Every fourth trial
    goes to the branch with the smallest completed share of its start-up, if any is incomplete.
    After every 10 trials without an improvement the start-ups grow by their length.

    Args:
        space: The space.
        tried: (n, d) float64 configurations that ended or are running, NaN where inactive.
        number: Number of the trial.
        seed: Seed of the shift of the sequence.
        n_stale: Number of trials after the best one.
    """
    if number % _PERIOD != _PERIOD - 1:
        return {}
    shares = [(_share_of_start(space, tried, branch), branch) for branch in _branches(space)]
    share, (parent, position, children) = min(
        shares, key=lambda pair: pair[0], default=(math.inf, ("", 0.0, []))
    )
    if share >= 1 + n_stale // _PATIENCE:
        return {}
    # Parameters of only some configurations of the branch are left to the surrogate.
    own = [c for c in children if {r.parent for r in space.requirements(c)} == {parent}]
    return {parent: position, **{name: _next_point(space, tried, name, seed) for name in own}}


def _share_of_start(space: SearchSpace, tried: Array, branch: Branch) -> float:
    parent, position, children = branch
    n_tried = int(np.sum(tried[:, space.position(parent)] == position))
    return n_tried / (1 + _PER_PARAMETER * len(children))


def _next_point(space: SearchSpace, tried: Array, name: str, seed: int) -> float:
    column = space.position(name)
    index = 1 + int(np.sum(~np.isnan(tried[:, column])))
    position = start_coordinate(index, column, seed)
    return float(space.columns[column].sample(np.array([position]))[0])


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
