"""Base class of cost measures, and the networks that they measure."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

if TYPE_CHECKING:
    from torch import nn


class Family(Protocol):
    """The part of :class:`optuna_dnc.nets.NetworkFamily` that cost measures use."""

    def build(self, config: Any, input_shape: tuple[int, ...], n_outputs: int) -> nn.Module:
        """Build the network of ``config``."""

    def n_params(self, config: Any, input_shape: tuple[int, ...], n_outputs: int) -> int:
        """Count the trainable parameters of ``config``."""


class Fit(Protocol):
    """The part of :class:`optuna_dnc.training.FitResult` that cost measures use."""

    @property
    def t_epoch(self) -> float:
        """Typical seconds of training per epoch; 0 before the first epoch."""


@dataclass(frozen=True)
class NetworkSpec:
    """An untrained network of a search, with the shape of its data."""

    family: Family
    """Network family of the config."""
    config: Any
    """The network, such as an ``MLPConfig``."""
    input_shape: tuple[int, ...]
    """Shape of one sample, ``(features,)`` or ``(channels, height, width)``."""
    n_outputs: int
    """Number of classes, or of regression targets."""

    def counted(self, name: Literal["n_macs", "n_bytes"]) -> int | None:
        """Return a count that the family makes from the config alone; None if it does not."""
        count = getattr(self.family, name, None)
        return None if count is None else count(self.config, self.input_shape, self.n_outputs)

    def module(self, device: str = "meta") -> nn.Module:
        """Build the network in eval mode; on the default device it takes no memory."""
        import torch

        with torch.device(device):
            return self.family.build(self.config, self.input_shape, self.n_outputs).eval()


class CostMeasure(ABC):
    """Base class of cost measures, the ``f_c`` of :func:`penalized_loss` before it is normalized.

    Subclass it, name it, say its unit and implement :meth:`of`; then register the class with
    :func:`register_cost`, or as an entry point of the group ``optuna_dnc.costs``. Its name is then
    a value of ``penalize``.

    Example:
        >>> @register_cost
        ... class NTensors(CostMeasure):
        ...     name = "n_tensors"
        ...     unit = "parameter tensors"
        ...
        ...     def of(self, network, fit):
        ...         return len(list(network.module().parameters()))
    """

    name: ClassVar[str]
    """Lower-case letters, digits and underscores, as ``penalize`` takes it."""
    unit: ClassVar[str]
    """A plural noun: ``parameters`` of "3 times fewer parameters"."""
    symbol: ClassVar[str] = ""
    """Short form of the unit for tables, such as ``s/epoch``; the unit if left out."""
    repeats_exactly: ClassVar[bool] = True
    """Whether the same network has the same cost each time: counted rather than timed."""
    of_training: ClassVar[bool] = False
    """Whether the cost is of the training, not of the network: measured after each epoch, and
    once for several networks of one training."""

    @abstractmethod
    def of(self, network: NetworkSpec, fit: Fit) -> float:
        """Measure a network.

        Args:
            network: The network, untrained.
            fit: Its training so far.

        Returns:
            A finite number of at least 0, in :attr:`unit`.
        """

    def of_largest(self, network: NetworkSpec, fit: Fit) -> float:
        """Measure the largest network of the space, whose cost counts as 1.

        Args:
            network: The network of the space with the most parameters.
            fit: Times a few batches of it when ``fit.t_epoch`` is read, and only then.

        Returns:
            A finite number above 0, in :attr:`unit`.
        """
        return self.of(network, fit)

    @property
    def heading(self) -> str:
        """Heading of a table's column."""
        return self.symbol or self.unit

    def format(self, value: float) -> str:
        """Write a cost without its unit: whole from 100 on, with three digits below."""
        return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"

    def in_words(self, value: float) -> str:
        """Write a cost with its unit."""
        return f"{self.format(value)} {self.unit}"

    def in_short(self, value: float) -> str:
        """Write a cost with the short form of its unit."""
        return f"{self.format(value)} {self.heading}"
