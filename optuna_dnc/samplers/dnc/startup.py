"""When the start-up of a study ends, and which points of the Sobol sequence its trials take."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import count, islice

from optuna.study import StudyDirection
from optuna.trial import FrozenTrial

from optuna_dnc.samplers.dnc.history import has_finite_loss, is_informative

_MOST = 15
_LEAST = 4
_PER_PARAMETER = 0.5
_SPACE_FILLING = 0.875
_GOLDEN = 0.6180339887498949


def is_starting(
    trials: Sequence[FrozenTrial],
    directions: Sequence[StudyDirection],
    number: int,
    n_startup: int | None,
) -> bool:
    """Return whether a trial takes a point of the Sobol sequence.

    It does until ``n_startup`` trials have ended, however they ended. While none of them has
    worked, seven trials in eight go on with the sequence; the others are left to the model, which
    then looks far from all failures.

    Args:
        trials: Those of the study.
        directions: Those of the study.
        number: Of the trial.
        n_startup: None takes 4 and one more for every two parameters that trials have asked
            for, at most 15: with fewer observations the model knows no more than chance. Once
            one of them has failed it takes 15: where trials work has to be learned as well.
    """
    if n_startup == 0:
        return False
    ended = [t for t in trials if t.state.is_finished() or is_informative(t)]
    works = [is_informative(t) and has_finite_loss(t, directions) for t in ended]
    if n_startup is None:
        n_startup = n_enough(len(asked_names(ended))) if all(works) else _MOST
    if len(ended) < n_startup:
        return True
    if any(works):
        return False
    # Multiples of the golden ratio: every eighth trial would always take the same eighth of the
    # first parameter's range from the sequence.
    return number * _GOLDEN % 1.0 < _SPACE_FILLING


def n_enough(n_parameters: int) -> int:
    """Return after how many observations of so many parameters a surrogate knows something."""
    return min(_MOST, int(_LEAST + _PER_PARAMETER * n_parameters))


def asked_names(trials: Iterable[FrozenTrial]) -> set[str]:
    """Return the parameters of more than one value that trials have asked for."""
    return {name for t in trials for name, d in t.distributions.items() if not d.single()}


def start_index(trials: Iterable[FrozenTrial], trial: FrozenTrial, name: str) -> int:
    """Return which point of the sequence a parameter of a start-up trial is read from.

    Trial k takes point k + 1. A parameter that only some trials have, one of a branch or of a
    layer that not every network has, takes the points in the order in which trials come to have
    it. So what is seen first of a branch is its middle, then points that fill it evenly; of one
    sequence for all, a branch would get whichever points happen to fall into it.

    Args:
        trials: Those of the study.
        trial: The one that asks.
        name: Of the parameter.
    """
    others = [t for t in trials if t.number != trial.number]
    without = [t for t in others if is_informative(t) and name not in t.params]
    known_since = min((t.datetime_complete or _begun(t) for t in without), default=datetime.max)
    if _begun(trial) < known_since:
        return trial.number + 1
    having = [t for t in others if name in t.params]
    # Other workers may have begun before anybody knew.
    taken = {t.number + 1 for t in having if _begun(t) < known_since}
    free = (index for index in count(1) if index not in taken)
    return next(islice(free, len(having) - len(taken), None))


def _begun(trial: FrozenTrial) -> datetime:
    return trial.datetime_start or datetime.min
