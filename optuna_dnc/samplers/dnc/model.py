"""Interface of the models of a study, and the presets that create them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

from optuna.distributions import BaseDistribution
from optuna.study import Study
from optuna.trial import FrozenTrial

from optuna_dnc.samplers.dnc.deep_n_cheap import DeepNCheapModel
from optuna_dnc.samplers.dnc.explanation import Explanation
from optuna_dnc.samplers.dnc.planner import Planner
from optuna_dnc.space import SearchSpace


class Model(Protocol):
    """A model of one study, which proposes values after the start-up."""

    startup: ClassVar[str]
    """Name of its start-up, see :data:`~optuna_dnc.samplers.dnc.startup.STARTUPS`."""

    def check(self, study: Study) -> None:
        """Raise InputError for a study that the model cannot handle."""
        ...

    def is_starting(self, study: Study, number: int, n_startup: int | None) -> bool:
        """Return whether a trial belongs to the start-up; ``n_startup`` None is the default."""
        ...

    def prepare(self, study: Study, n_startup: int | None) -> None:
        """Plan the next trial, which gets this plan if nothing changes until it begins."""
        ...

    def space(self, study: Study, number: int) -> SearchSpace:
        """Return the space for which the model proposes values to trial ``number``."""
        ...

    def values(
        self, study: Study, trial: FrozenTrial, distributions: Mapping[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return values for the parameters that the trial is expected to need."""
        ...

    def value(
        self, study: Study, trial: FrozenTrial, name: str, distribution: BaseDistribution
    ) -> Any:
        """Return a value for one parameter of the space, given the trial's other values."""
        ...

    def explain(self, study: Study, objective: int) -> Explanation:
        """Return importances and leave-one-out predictions."""
        ...


PRESETS: dict[str, type[Planner | DeepNCheapModel]] = {
    "default": Planner,
    "deep-n-cheap": DeepNCheapModel,
}
