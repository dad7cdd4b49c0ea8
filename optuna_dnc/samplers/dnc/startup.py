"""Start-up of a study: its length, and the points of the Sobol sequence that its trials take."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import count, islice
from typing import TypeAlias

from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

from optuna_dnc.samplers.dnc.failed_values import failed_by_value
from optuna_dnc.samplers.dnc.history import is_informative
from optuna_dnc.samplers.dnc.reading import read_agreed, read_trials
from optuna_dnc.samplers.dnc.sobol_start import sobol_point, start_coordinate

_MOST = 15
_LEAST = 4
_PER_PARAMETER = 0.5
_LEAST_ENDED = 0.5
_SPACE_FILLING = 0.875
_GOLDEN = 0.6180339887498949
_SEED_ATTRIBUTE = "dnc:start_seed"
"""System attribute of a study with the seed that shifts its start-up, for all workers."""

Startup: TypeAlias = Callable[[Study, FrozenTrial, str, int, int], float]
"""Position in [0, 1) of a parameter of a trial, by its name, its coordinate and a seed."""


def sobol(study: Study, trial: FrozenTrial, name: str, coordinate: int, seed: int) -> float:
    """Return a coordinate of point k + 1 for trial k, as Deep-n-Cheap."""
    del study, name, seed
    return float(sobol_point(trial.number + 1, coordinate + 1)[coordinate])


def shifted_sobol(
    study: Study, trial: FrozenTrial, name: str, coordinate: int, seed: int
) -> float:
    """Return a coordinate of a shifted point, see :func:`start_index`."""
    index = start_index(read_trials(study), trial, name)
    return start_coordinate(index, coordinate, read_agreed(study, _SEED_ATTRIBUTE, seed))


STARTUPS: dict[str, Startup] = {"shifted-sobol": shifted_sobol, "sobol": sobol}


def is_starting(
    trials: Sequence[FrozenTrial],
    directions: Sequence[StudyDirection],
    number: int,
    n_startup: int | None,
) -> bool:
    """Return whether a trial takes a point of the Sobol sequence.

    It does until ``n_startup`` trials have begun and half as many have ended, in any state: with
    several workers, to wait for all would put off the model by as many trials as are running.
    While no ended trial has succeeded, seven trials in eight continue the sequence; the others are
    left to the model, which then looks far from all failures.

    Args:
        trials: All trials of the study.
        directions: Directions of the study.
        number: Number of the trial.
        n_startup: Number of trials. None takes 4 plus one for every two parameters that trials
            have had, at most 15: with fewer observations the model is no better than chance. Once
            a trial has failed it takes 15: the region of failure has to be learned as well.
    """
    if n_startup == 0:
        return False
    ended = [t for t in trials if t.state.is_finished() or is_informative(t)]
    no_value = failed_by_value(trials, directions)
    succeeded = [t for t in ended if is_informative(t) and t.number not in no_value]
    most = _MOST if n_startup is None else n_startup
    if len(ended) < most:
        if n_startup is None and len(succeeded) == len(ended):
            most = n_enough(len(_free_names(ended)))
        running = [t for t in trials if t.state == TrialState.RUNNING and t.number < number]
        if len(ended) + len(running) < most or len(ended) < _LEAST_ENDED * most:
            return True
    if succeeded:
        return False
    # Multiples of the golden ratio: every eighth trial would always take the same eighth of the
    # first parameter's range from the sequence.
    return number * _GOLDEN % 1.0 < _SPACE_FILLING


def n_enough(n_parameters: int) -> int:
    """Return the number of observations from which a surrogate is better than chance."""
    return min(_MOST, int(_LEAST + _PER_PARAMETER * n_parameters))


def _free_names(trials: Iterable[FrozenTrial]) -> set[str]:
    """Return the parameters of trials that have more than one value."""
    return {name for t in trials for name, d in t.distributions.items() if not d.single()}


def start_index(trials: Iterable[FrozenTrial], trial: FrozenTrial, name: str) -> int:
    """Return the index of the point that a parameter of a start-up trial is read from.

    Trial k takes point k + 1. A parameter that only some trials have, as that of a branch or of a
    layer that not every network has, takes the points one after the other as trials get it: the
    middle of the branch first, then points that fill it evenly. From one sequence for all, a
    branch would get an arbitrary subset of the points.

    Args:
        trials: All trials of the study.
        trial: The trial.
        name: Name of the parameter.
    """
    others = [t for t in trials if t.number != trial.number]
    without = [t for t in others if is_informative(t) and name not in t.params]
    known_since = min((t.datetime_complete or _begun(t) for t in without), default=datetime.max)
    if _begun(trial) < known_since:
        return trial.number + 1
    having = [t for t in others if name in t.params]
    # Trials of other workers may have begun before the parameter was known to be conditional.
    taken = {t.number + 1 for t in having if _begun(t) < known_since}
    free = (index for index in count(1) if index not in taken)
    return next(islice(free, len(having) - len(taken), None))


def _begun(trial: FrozenTrial) -> datetime:
    return trial.datetime_start or datetime.min
