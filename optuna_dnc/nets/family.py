"""Base class of network families."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from numpy.typing import NDArray
from optuna.trial import BaseTrial
from typing_extensions import Self

from optuna_dnc._errors import InputError, shown
from optuna_dnc._markdown import fields
from optuna_dnc._validation import CheckedModel
from optuna_dnc.gp import KernelTerm
from optuna_dnc.nets.configs import config_from_dict
from optuna_dnc.nets.source import NetworkSource
from optuna_dnc.space import CallbackTrial, highest_answer

if TYPE_CHECKING:
    from torch import nn


class NetworkFamily(CheckedModel, ABC):
    """A kind of network and the ranges in which it is searched.

    Subclass it to search networks of your own: set the name and the frozen dataclass of a
    network's configuration, and write :meth:`suggest_core` and :meth:`build`. The ranges are the
    fields of the class. Everything else has a default.

    The search has two parts, as in Deep-n-Cheap: the *core* (suggested together, by Bayesian
    optimization) and *refinements* (small grids, one after the other). A family without
    refinements is searched by its core alone.

    Pass the family to :class:`optuna_dnc.search.StagedSearch`, name its class on the command line
    as ``--network module:Class``, or give it a name: with :func:`register_family`, or for every
    process with an entry point of the group ``optuna_dnc.families``.

    >>> @dataclass(frozen=True)
    ... class LowRankConfig:
    ...     rank: int
    >>> class LowRank(NetworkFamily):
    ...     name = "low-rank"
    ...     config_type = LowRankConfig
    ...     rank: tuple[int, int] = (1, 16)
    ...
    ...     def suggest_core(self, trial):
    ...         return LowRankConfig(trial.suggest_int("rank", *self.rank))
    ...
    ...     def build(self, config, input_shape, n_outputs):
    ...         first = nn.Linear(math.prod(input_shape), config.rank, bias=False)
    ...         return nn.Sequential(nn.Flatten(), first, nn.Linear(config.rank, n_outputs))
    """

    name: ClassVar[str]
    config_type: ClassVar[type[Any]]
    convolutional: ClassVar[bool] = False
    """Whether the networks convolve images: these are then kept in channels-last memory format,
    and trainings use all threads."""
    stackable: ClassVar[bool] = False
    """Whether :class:`optuna_dnc.nets.stacking.NetworkStack` trains several networks in little
    more time than one. If so, trials on small data are cross-validations by default."""
    ensembles: ClassVar[bool] = False
    """Whether :meth:`with_members` makes ensembles."""
    learned: ClassVar[tuple[str, ...]] = ()
    """Names of the fields that the data set, not the user."""
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
        """Suggest the options of one refinement and return ``config`` with them.

        Only ``trial.suggest_categorical`` may be used: stage 2 tries every combination.
        """
        raise InputError(f"network {self.name!r} has no refinement {shown(refinement)}.")

    def suggest(self, trial: BaseTrial) -> Any:
        """Suggest a whole network: the core, then every refinement."""
        config = self.suggest_core(trial)
        for refinement in self.refinements:
            config = self.refine(refinement, config, trial)
        return config

    def kernel_terms(self, preset: str) -> Sequence[KernelTerm]:
        """Return the terms of the sampler's kernel that compare networks of this family.

        Parameters of :meth:`suggest_core` that no term covers get a ramp kernel each.

        Args:
            preset: The sampler's preset, ``default`` or ``deep-n-cheap``.
        """
        del preset
        return ()

    def describe(self, config: Any) -> str:
        """Describe a network in Markdown; by default, list its fields."""
        return fields(dataclasses.asdict(config))

    def source(
        self, config: Any, input_shape: tuple[int, ...], n_outputs: int
    ) -> NetworkSource | None:
        """Write the code of a network, for ``optuna-dnc export --format python``.

        Args:
            config: One network.
            input_shape: As for :meth:`build`.
            n_outputs: As for :meth:`build`.

        Returns:
            None, the default, if the family does not write code.
        """
        del config, input_shape, n_outputs
        return None

    def n_params(self, config: Any, input_shape: tuple[int, ...], n_outputs: int) -> int:
        """Count the trainable parameters; the default builds the network without memory."""
        import torch

        with torch.device("meta"):
            module = self.build(config, input_shape, n_outputs)
        return sum(p.numel() for p in module.parameters() if p.requires_grad)

    def n_macs(self, config: Any, input_shape: tuple[int, ...], n_outputs: int) -> int | None:
        """Count the multiply-accumulates of one sample's way through a network from its config.

        Returns:
            None, the default, to have the network built and run without memory, which is slow.
        """
        del config, input_shape, n_outputs
        return None

    def n_bytes(self, config: Any, input_shape: tuple[int, ...], n_outputs: int) -> int | None:
        """Count the bytes of all parameters and buffers of a network from its config.

        Returns:
            None, the default, to have the network built without memory, which is slow.
        """
        del config, input_shape, n_outputs
        return None

    def ranges_for(self, n_train: int, input_shape: tuple[int, ...]) -> Mapping[str, Any]:
        """Return the ranges of searches by the default recipe, where they are not the defaults.

        Args:
            n_train: Number of training samples.
            input_shape: Shape of one sample.
        """
        del n_train, input_shape
        return {}

    def suited_to(self, x: NDArray[Any]) -> Self:
        """Return the family with ranges that depend on the data, except those that were given.

        Called once before a search by the registered name of the family, unless its recipe is the
        published one or its network is given. Override it where a space has to know more of the
        data than :meth:`ranges_for`. What is learned must be in fields, named by :attr:`learned`:
        results are loaded by them.

        Args:
            x: Raw training samples ``(n, *input_shape)``.
        """
        given = {name: getattr(self, name) for name in self.model_fields_set}
        return type(self)(**{**self.ranges_for(len(x), x.shape[1:]), **given})

    def for_classes(self, n_classes: int | None) -> Self:
        """Return the family for so many classes; by default, the family itself.

        Called like :meth:`suited_to`, and before a transfer. Override it where a network needs
        fewer weights for two classes than for two targets: two logits say no more than their
        difference. What is set must be in fields, named by :attr:`learned`.

        Args:
            n_classes: Number of classes; None if the targets are no classes.
        """
        del n_classes
        return self

    def embedding(self, n_codes: tuple[int, ...]) -> Self:
        """Return the family for inputs of which the last hold the codes of categories.

        Called before a search if the data are a table with columns of many categories. The last
        inputs are whole numbers below ``n_codes``, and 0 stands for all other categories. The
        numbers must be in fields, named by :attr:`learned`.

        Raises:
            InputError: The family has no embeddings; this is the default.
        """
        raise InputError(
            f"network {self.name!r} has no embeddings of categories, which the table needs for "
            f"{len(n_codes)} of its columns with many categories; leave them out "
            "with drop=, or choose network='mlp'."
        )

    def moved_to(self, config: Any, x: NDArray[Any], n_codes: tuple[int, ...]) -> tuple[Self, Any]:
        """Return family and network for other data: what belongs to single columns follows them.

        Called before a transfer. Override it if configs depend on which columns hold what.

        Args:
            config: Network that was found on some data.
            x: Raw training samples of the other data.
            n_codes: As for :meth:`embedding`, of the other data.

        Raises:
            InputError: The other data need embeddings, and the family has none.
        """
        del x
        return (self.embedding(n_codes) if n_codes else self), config

    def with_members(self, config: Any, n_members: int) -> Any:
        """Return the config of an ensemble of such networks, or of one of its members.

        Override it, and set :attr:`ensembles`, if :meth:`build` can return a
        :class:`optuna_dnc.nets.stacking.DeepEnsemble`.

        Args:
            config: One network, or an ensemble.
            n_members: Number of networks; 1 for a member.
        """
        if n_members > 1:
            raise InputError(f"network {self.name!r} has no ensembles.")
        return config

    def check_input(self, input_shape: tuple[int, ...]) -> None:
        """Raise :class:`InputError` if some network of the space cannot take the input."""
        del input_shape

    def default_weight_decay(self, n_params: int) -> float:
        """Return the weight decay of stages 1 and 2, where it is not searched."""
        del n_params
        return 0.0

    def largest(self) -> Any:
        """Return the largest network of the core: every suggestion is the highest of its range."""
        return self.suggest_core(CallbackTrial(highest_answer))

    def largest_for(self, input_shape: tuple[int, ...], n_outputs: int) -> Any:
        """Return the network of the core with the most parameters on such data.

        The default is :meth:`largest`; override it where the answer depends on the data.
        """
        del input_shape, n_outputs
        return self.largest()

    def most_params(self, input_shape: tuple[int, ...], n_outputs: int) -> int:
        """Count the trainable parameters of :meth:`largest_for`."""
        return self.n_params(self.largest_for(input_shape, n_outputs), input_shape, n_outputs)

    def config_from_dict(self, values: dict[str, Any]) -> Any:
        """Return the config that ``dataclasses.asdict`` and JSON turned into ``values``."""
        return config_from_dict(self.config_type, values)
