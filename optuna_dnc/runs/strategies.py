"""Search strategies: the stages of a search, its defaults and what its settings may be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from optuna_dnc._errors import InputError, shown
from optuna_dnc._registry import Registry
from optuna_dnc.runs.stage_keys import CORE, JOINT, PILOT, REMAINING, TRAINING, StageKey


def _accept(name: str, value: Any) -> None:
    del name, value


@dataclass(frozen=True)
class Strategy:
    """A way to search: which stages there are, and which settings they take.

    To add one, write its stages as subclasses of :class:`optuna_dnc.search.stage.Stage` or
    ``BayesianStage``, and pass their keys to :func:`register_strategy` in one object of this
    class.
    """

    name: str
    stages: tuple[StageKey, ...]
    """In the order in which they run; a pilot stage is added before them with Hyperband."""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """Settings whose default is another one with this strategy."""
    validate: Callable[[str, Any], None] = _accept
    """Called with the name and the value of each setting that is not at its default; raises
    ``ValueError`` if the strategy cannot use it."""
    joint: bool = False
    """Whether network and training are searched together: the ranges of the training are then
    those of ``JointTrainingSpace``, else of ``TrainingSpace``."""
    takes_network: bool = False
    """Whether it starts from a network that was found on other data."""


def _needs_ranges(strategy: str, name: str) -> None:
    if name in ("batch_size", "lr"):
        raise ValueError(
            f"a {strategy} search looks for it; give its range as training_space {name}=LOW:HIGH"
        )


def _validate_joint(name: str, value: Any) -> None:
    _needs_ranges("joint", name)
    if name == "preset" and value == "deep-n-cheap":
        raise ValueError(
            "the published sampler needs strategy 'staged'; choose that, or leave preset at "
            "'default'"
        )


def _validate_transfer(name: str, value: Any) -> None:
    del value
    _needs_ranges("transfer", name)


STAGED = Strategy("staged", (CORE, REMAINING, TRAINING))
"""Deep-n-Cheap's three stages."""

JOINT_STRATEGY = Strategy(
    "joint",
    (JOINT,),
    defaults={"pruner": "hyperband"},
    validate=_validate_joint,
    joint=True,
)
"""Network and training in one search."""

TRANSFER = Strategy(
    "transfer",
    (replace(TRAINING, stage="optuna_dnc.search.training_stages:TransferredTraining"),),
    validate=_validate_transfer,
    takes_network=True,
)
"""The third stage alone, for a network that was found on other data."""


def _check(name: str, strategy: Any) -> Strategy:
    if not isinstance(strategy, Strategy) or not strategy.stages:
        raise InputError(
            f"strategy {shown(name)} must be a Strategy with at least one stage, got "
            f"{shown(strategy)}; change it."
        )
    return strategy


STRATEGIES = Registry[Strategy](
    "strategy",
    "optuna_dnc.strategies",
    {
        "staged": "optuna_dnc.runs.strategies:STAGED",
        "joint": "optuna_dnc.runs.strategies:JOINT_STRATEGY",
        "transfer": "optuna_dnc.runs.strategies:TRANSFER",
    },
    _check,
)


def register_strategy(strategy: Strategy) -> None:
    """Register a strategy under its name; searches take it by name from then on.

    For every process, declare it as an entry point of the group ``optuna_dnc.strategies``.

    Raises:
        InputError: The name is taken, or it is no :class:`Strategy` with stages.
    """
    STRATEGIES.register(_check(shown(strategy), strategy).name, strategy)


def stage_keys(strategy: str, pruner: str) -> tuple[StageKey, ...]:
    """Return the stages of a search in the order in which they run."""
    keys = STRATEGIES[strategy].stages
    return (PILOT, *keys) if pruner == "hyperband" else keys
