"""What to do when the surrogate promises improvements that do not come.

On a plateau, or in a branch that was not tuned yet, the surrogate is too sure of what it knows:
expected improvement then proposes the neighbours of the best for ever. So the improvement that is
sought is raised, which leads further and further away, and set back, because it may have been
right after all.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_PATIENCE = 20
_STEP = 0.02
_N_STEPS = 10
_ABOUT_AS_GOOD = 0.01


def sought_improvement(n_trials: int) -> float:
    """Return the least improvement that is sought when the last one was so many trials ago.

    0 for 20 trials, then in turns ``0, 0.02, 0.04, ... 0.18`` standard deviations of the losses as
    they are modelled.
    """
    return _STEP * (max(n_trials - _PATIENCE, 0) % _N_STEPS)


def trials_since_best(
    expected: NDArray[np.float64], numbers: NDArray[np.intp], finished: NDArray[np.intp]
) -> int:
    """Return how many trials came after the first that is about as good as the best.

    Args:
        expected: (n, objectives) what trials are expected to give, less noise, in standard
            deviations. With several objectives there is no best, and 0 is returned.
        numbers: (n,) numbers of these trials, ascending.
        finished: Numbers of all that finished, some maybe more than once.
    """
    if expected.shape[1] > 1:
        return 0
    first = numbers[np.argmax(expected[:, 0] <= expected.min() + _ABOUT_AS_GOOD)]
    return int(np.sum(np.unique(finished) > first))
