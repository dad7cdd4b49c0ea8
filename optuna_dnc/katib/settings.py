"""Algorithm settings of a Katib experiment."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Annotated, Any

from optuna.samplers import BaseSampler
from pydantic import Field

from optuna_dnc._errors import InputError, shown
from optuna_dnc._limits import LARGEST_INT, MOST_CANDIDATES
from optuna_dnc._validation import CheckedModel
from optuna_dnc.katib.parameter import Parameter
from optuna_dnc.samplers import DNCSampler


class AlgorithmSettings(CheckedModel):
    """Arguments of :class:`~optuna_dnc.samplers.DNCSampler` that an experiment may set."""

    seed: Annotated[int, Field(ge=0, le=LARGEST_INT)]
    n_startup_trials: Annotated[int, Field(ge=0, le=LARGEST_INT)] | None = None
    n_candidates: Annotated[int, Field(ge=1, le=MOST_CANDIDATES)] = 1000
    preset: str = "default"
    startup: str | None = None

    def sampler(self, parameters: tuple[Parameter, ...]) -> BaseSampler:
        """Return the sampler of a space."""
        space = {parameter.name: parameter.distribution for parameter in parameters}
        return DNCSampler(search_space=space, **self.model_dump())


def read_settings(experiment: Mapping[str, Any]) -> AlgorithmSettings:
    """Read the algorithm settings of an experiment.

    Without a seed, its name is one: requests that are repeated get equal suggestions.

    Args:
        experiment: Message ``Experiment`` as a dictionary.

    Raises:
        InputError: A setting is unknown, not valid, or there twice.
    """
    algorithm = experiment.get("spec", {}).get("algorithm", {})
    values: dict[str, str] = {}
    for setting in algorithm.get("algorithm_settings", ()):
        name = setting["name"]
        if name in values:
            raise InputError(f"setting {shown(name)} occurs twice; drop one of them.")
        values[name] = setting["value"]
    return AlgorithmSettings(**{"seed": zlib.crc32(experiment["name"].encode()), **values})
