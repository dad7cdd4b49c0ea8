"""Search spaces as arrays: encoded positions, NaN where a conditional parameter is inactive."""

from optuna_dnc.space.column import Column
from optuna_dnc.space.condition import Condition
from optuna_dnc.space.infer import Observation, infer_space
from optuna_dnc.space.search_space import SearchSpace
from optuna_dnc.space.trace import (
    CallbackTrial,
    highest_answer,
    lowest_answer,
    trace_space,
)

__all__ = [
    "CallbackTrial",
    "Column",
    "Condition",
    "Observation",
    "SearchSpace",
    "highest_answer",
    "infer_space",
    "lowest_answer",
    "trace_space",
]
