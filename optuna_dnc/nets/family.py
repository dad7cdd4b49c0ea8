"""What every network family has to say about itself, and what it gets in return."""

from __future__ import annotations

import dataclasses
import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, ClassVar, get_type_hints

import torch
from optuna.trial import BaseTrial
from pydantic import PydanticUserError, TypeAdapter, ValidationError
from torch import nn

from optuna_dnc._errors import InputError, shown, unknown_name
from optuna_dnc._validation import CheckedModel, sentence
from optuna_dnc.space import AnsweringTrial, highest_answer


class NetworkFamily(CheckedModel, ABC):
    """A kind of network with the ranges in which it is searched.

    Subclass it to search networks of your own: name the family, say which frozen dataclass
    holds one network's configuration, suggest one, and build one. The ranges are the fields of
    the class. Everything else has a default.

    The search has two parts, as in Deep-n-Cheap: the *core* (what is suggested together, by
    Bayesian optimisation) and *refinements* (small grids, one after the other). A family that
    names no refinements is searched by its core alone.
    """

    name: ClassVar[str]
    config_type: ClassVar[type[Any]]
    channels_last: ClassVar[bool] = False
    """Whether images are kept in channels-last memory format, as convolutions want them."""
    refinements: tuple[str, ...] = ()
    """Names of the grids of stage 2, in the order in which they are searched."""

    @abstractmethod
    def suggest_core(self, trial: BaseTrial) -> Any:
        """Suggest the core of a network and fill the rest with defaults."""

    @abstractmethod
    def build(self, config: Any, input_shape: tuple[int, ...], n_outputs: int) -> nn.Module:
        """Build the network of ``config``.

        Args:
            config: One network.
            input_shape: Shape of one sample, ``(features,)`` or ``(channels, height, width)``.
            n_outputs: Number of classes, or of regression targets.

        Returns:
            A module that maps ``(n, *input_shape)`` float32 to ``(n, n_outputs)`` float32.
        """

    def refine(self, refinement: str, config: Any, trial: BaseTrial) -> Any:
        """Suggest the options of one refinement, and put them into ``config``.

        Only ``trial.suggest_categorical`` may be used: stage 2 tries every combination.
        """
        raise InputError(f"network {self.name!r} has no refinement {shown(refinement)}.")

    def suggest(self, trial: BaseTrial) -> Any:
        """Suggest a whole network at once: the core, then every refinement."""
        config = self.suggest_core(trial)
        for refinement in self.refinements:
            config = self.refine(refinement, config, trial)
        return config

    def n_params(self, config: Any, input_shape: tuple[int, ...], n_outputs: int) -> int:
        """Number of trainable parameters; this default builds without allocating memory."""
        with torch.device("meta"):
            module = self.build(config, input_shape, n_outputs)
        return sum(p.numel() for p in module.parameters() if p.requires_grad)

    def check_input(self, input_shape: tuple[int, ...]) -> None:
        """Raise :class:`InputError` where some network of the space cannot take the input."""
        del input_shape

    def default_weight_decay(self, n_params: int) -> float:
        """Weight decay of stages 1 and 2, where it is not searched."""
        del n_params
        return 0.0

    def largest(self) -> Any:
        """The largest network of the core: every answer is the highest of its range."""
        return self.suggest_core(AnsweringTrial(highest_answer))

    def largest_for(self, input_shape: tuple[int, ...], n_outputs: int) -> Any:
        """The network of the core with the most parameters on such data: :meth:`largest`,
        unless a family knows that it depends on the data."""
        del input_shape, n_outputs
        return self.largest()

    def most_params(self, input_shape: tuple[int, ...], n_outputs: int) -> int:
        """Number of trainable parameters of :meth:`largest_for`."""
        return self.n_params(self.largest_for(input_shape, n_outputs), input_shape, n_outputs)

    def config_from_dict(self, values: dict[str, Any]) -> Any:
        """The config that ``dataclasses.asdict`` and JSON made ``values`` of."""
        return config_from_dict(self.config_type, values)


def whole_numbers(name: str, values: Iterable[int]) -> tuple[int, ...]:
    """The values as a tuple, after a check that each is a whole number of at least 1."""
    numbers = tuple(values)
    if any(not isinstance(number, int) or number < 1 for number in numbers):
        raise InputError(f"{name} must be whole numbers of at least 1, got {shown(numbers)}.")
    return numbers


def config_from_dict(config_type: type[Any], values: dict[str, Any]) -> Any:
    """Make a config of parsed JSON; lists become the tuples that frozen dataclasses hold."""
    fields = dataclasses.fields(config_type)
    known = [field.name for field in fields]
    for name in values:
        if name not in known:
            raise unknown_name(f"{config_type.__name__} field", name, known)
    for field in fields:
        absent = dataclasses.MISSING
        if field.name not in values and field.default is field.default_factory is absent:
            raise InputError(f"{config_type.__name__} needs the field {field.name!r}; add it.")
    _check_types(config_type, values)
    return config_type(
        **{
            key: tuple(value) if isinstance(value, list) else value
            for key, value in values.items()
        }
    )


def _check_types(config_type: Any, values: Mapping[str, Any]) -> None:
    """Refuse fields of other types than the dataclass declares: it would fail on them later."""
    for name, adapter in _types_of(config_type).items():
        if name not in values:
            continue
        try:
            adapter.validate_json(json.dumps(values[name]), strict=True)
        except ValidationError as error:
            detail = error.errors(include_url=False)[0]
            item = [str(part) for part in detail["loc"]]
            what = f"{config_type.__name__} field {name!r}"
            raise InputError(f"{sentence(detail, what, item)}; change it.") from None


@lru_cache
def _types_of(config_type: type[Any]) -> dict[str, TypeAdapter[Any]]:
    """What each field may hold; nothing for types that pydantic does not know."""
    try:
        hints = get_type_hints(config_type, include_extras=True)
        names = [field.name for field in dataclasses.fields(config_type) if field.init]
        return {name: TypeAdapter(hints[name]) for name in names}
    except (NameError, TypeError, PydanticUserError):
        return {}
