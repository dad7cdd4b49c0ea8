"""A parameter of a Katib experiment, whose values are texts, and its Optuna distribution."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution


@dataclass(frozen=True)
class ListedNumbers:
    """The numbers of a discrete parameter."""

    texts: tuple[str, ...]
    """Ascending."""

    def text(self, position: int) -> str:
        """Return the number at a position."""
        return self.texts[position]

    def position(self, text: str) -> int:
        """Return the position of a number, or raise ValueError."""
        return self.texts.index(text)


@dataclass(frozen=True)
class SteppedNumbers:
    """The numbers of a double parameter with a step, exact in decimal digits."""

    low: Decimal
    step: Decimal

    def text(self, position: int) -> str:
        """Return the number at a position."""
        return str(float(self.low + position * self.step))

    def position(self, text: str) -> int:
        """Return the position of a number, or raise ValueError."""
        number = float(text)
        position = round((number - float(self.low)) / float(self.step))
        if float(self.text(position)) != number:
            raise ValueError(f"{text} is not a multiple of the step")
        return position


@dataclass(frozen=True)
class Parameter:
    """A parameter of an experiment."""

    name: str
    distribution: BaseDistribution
    numbers: ListedNumbers | SteppedNumbers | None = None
    """Numbers whose positions are the values of the distribution; None if the values are."""

    def text(self, value: Any) -> str:
        """Return a value of the distribution as Katib writes it."""
        return str(value) if self.numbers is None else self.numbers.text(int(value))

    def value(self, text: str) -> Any:
        """Return the value of the distribution for a string of Katib.

        Raises:
            ValueError: It is no number, or none of the choices. Ranges are not checked.
            OverflowError: It is too large.
        """
        if self.numbers is not None:
            return self.numbers.position(text)
        if isinstance(self.distribution, CategoricalDistribution):
            return self.distribution.choices[self.distribution.choices.index(text)]
        return int(text) if isinstance(self.distribution, IntDistribution) else float(text)
