"""Cross-validation of the leading networks of a search: what was measured, and what it decided."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from optuna_dnc.runs.records import Record


class Fold(NamedTuple):
    """Training of a network on the samples outside of a fold."""

    error: float
    """Error on the fold, ``f_p``."""
    best_epoch: int
    """Epoch whose weights are kept, from 1; 0 if none was usable."""
    seconds: float
    """Wall time of the training."""


@dataclass(frozen=True)
class CrossValidation:
    """Trainings of leading networks on other folds, by the keys of their configurations.

    The first fold of all is the validation set of the search, on which its trials were measured.
    """

    folds: Mapping[str, Sequence[Fold]] = field(default_factory=dict)
    """Trainings of each network on folds 2, 3..."""
    compared: tuple[str, ...] = ()
    """Networks of the last comparison, best loss in the search first."""
    chosen: str | None = None
    """The first of them, or another one that is clearly better; None before a comparison."""
    n_folds: int = 0
    """Folds of the last comparison, besides the first."""

    def of(self, key: str) -> Sequence[Fold]:
        """Return the training runs of a configuration."""
        return self.folds.get(key, ())

    def added(self, key: str, fold: Fold) -> CrossValidation:
        """Return it with another training."""
        return replace(self, folds={**self.folds, key: (*self.of(key), fold)})

    def errors(self, record: Record) -> list[float]:
        """Return the errors of a network on the folds of the last comparison and on the first."""
        others = self.of(record.key)[: self.n_folds]
        return [record.measured.error, *(fold.error for fold in others)]

    def mean_error(self, record: Record) -> float:
        """Return the mean of :meth:`errors`."""
        return statistics.fmean(self.errors(record))

    def standard_error(self, record: Record) -> float:
        """Return the standard error of :meth:`mean_error`."""
        errors = self.errors(record)
        return statistics.stdev(errors) / math.sqrt(len(errors))

    def to_dict(self) -> dict[str, Any]:
        """Return the fields, as JSON."""
        return {
            "folds": {key: [list(fold) for fold in folds] for key, folds in self.folds.items()},
            "compared": list(self.compared),
            "chosen": self.chosen,
            "n_folds": self.n_folds,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> CrossValidation:
        """Create it from what :meth:`to_dict` returned.

        Raises:
            ValueError: The values are damaged.
        """
        folds = {
            key: tuple(
                Fold(float(error), int(epoch), float(seconds)) for error, epoch, seconds in stored
            )
            for key, stored in values["folds"].items()
        }
        compared, chosen = tuple(values["compared"]), values["chosen"]
        if not {*compared} <= {*folds} or (chosen is not None and chosen not in compared):
            raise ValueError(
                "the networks of the cross-validation are not those that were trained"
            )
        return cls(folds, compared, chosen, int(values["n_folds"]))
