"""Search strategies: stages, defaults, and the settings they accept."""

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
    """Search strategy: its stages, and the settings they accept.

    To add one, write its stages as subclasses of :class:`optuna_dnc.search.stages.stage.Stage` or
    ``BayesianStage``, and register a ``Strategy`` with their keys by :func:`register_strategy`.
    """

    name: str
    stages: tuple[StageKey, ...]
    """Stages in the order in which they run; with Hyperband a pilot precedes them."""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """Defaults of settings that differ with this strategy."""
    validate: Callable[[str, Any], None] = _accept
    """Called with name and value of each setting that is not the default; raises ``ValueError`` if
    the strategy does not accept it."""
    joint: bool = False
    """Whether network and training are searched together: ``training_space`` then has the ranges
    of ``JointTrainingSpace``, otherwise of ``TrainingSpace``."""
    takes_network: bool = False
    """Whether it starts from the network of another run."""

    @property
    def searches_training(self) -> bool:
        """Whether batch size and learning rate are searched in all its stages."""
        return self.joint or self.takes_network


def _needs_ranges(strategy: str, name: str) -> None:
    if name in ("batch_size", "lr"):
        raise ValueError(
            f"must be the default in a {strategy} search, which searches it; give its range as "
            f"training_space {name}=LOW:HIGH"
        )


def _validate_joint(name: str, value: Any) -> None:
    _needs_ranges("joint", name)
    if name == "preset" and value == "deep-n-cheap":
        raise ValueError(
            "must be 'default' in a joint search: the published sampler needs strategy 'staged'; "
            "choose one of them"
        )


def _validate_transfer(name: str, value: Any) -> None:
    del value
    _needs_ranges("transfer", name)


STAGED = Strategy("staged", (CORE, REMAINING, TRAINING))
"""Deep-n-Cheap's three stages."""

JOINT_STRATEGY = Strategy(
    "joint",
    (JOINT,),
    defaults={"pruner": "hyperband", "epochs": 30, "patience": None},
    validate=_validate_joint,
    joint=True,
)
"""Joint search of network and training."""

TRANSFER = Strategy(
    "transfer",
    (replace(TRAINING, stage="optuna_dnc.search.stages.training_stages:TransferredTraining"),),
    validate=_validate_transfer,
    takes_network=True,
)
"""Stage 3 alone, for the network of another run."""


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
    """Register a strategy under its name, by which searches then take it.

    For every process, declare it as an entry point of the group ``optuna_dnc.strategies``.

    Raises:
        InputError: The name is taken, or the object is not a :class:`Strategy` with stages.
    """
    STRATEGIES.register(_check(shown(strategy), strategy).name, strategy)


def stage_keys(strategy: str, pruner: str) -> tuple[StageKey, ...]:
    """Return the stages of a search in the order in which they run."""
    keys = STRATEGIES[strategy].stages
    return (PILOT, *keys) if pruner == "hyperband" else keys
