"""Schema of the facts about a search that are kept with its studies."""

from __future__ import annotations

import math
from typing import Annotated, Any

from pydantic import Field, ValidationError, model_validator

from optuna_dnc._limits import MOST_EPOCHS
from optuna_dnc._validation import Int, Real, Whole, sentence
from optuna_dnc.runs.schema_types import (
    Count,
    Json,
    Measured,
    Name,
    Positive,
    Seconds,
    Stored,
    Text,
)


class StoredIdentity(Stored):
    """``settings``; those that may be raised are compared as numbers."""

    n_steps: Count | None = None
    n_startup_trials: Count | None = None
    budget: Real | None = None


class StoredPlace(Stored):
    """``folder``."""

    host: Text
    path: Text


class StoredWorkers(Stored):
    """One of the ``workers``."""

    host: Text
    device: Name
    threads: Count
    joined: Count


class StoredStageOutlook(Stored, extra="forbid"):
    """One of the ``stages`` of ``outlook``."""

    n_trials: Whole | None
    n_epochs: Whole | None = None


class StoredOutlook(Stored):
    """``outlook``."""

    stages: dict[Name, StoredStageOutlook]
    ends_at: Real | None
    to_result: Seconds = 0.0
    stages_end_at: Real | None = None


class StoredSession(Stored):
    """``session``: arguments of :class:`optuna_dnc.search.StagedSearch`."""

    data_root: Text | None = None
    timeout: Annotated[Measured, Field(gt=0)] | None = None
    refit: bool = True
    floors: bool = False
    log: list[Name] = Field(default_factory=list)
    notes: Json = Field(default_factory=dict)


class StoredTimePlan(Stored, extra="forbid"):
    """``time_plan``."""

    epochs: Annotated[Int, Field(ge=1, le=MOST_EPOCHS)]
    measure: Name
    most: Annotated[Measured, Field(gt=0)] | None
    evaluation: Measured = 0.0
    """Below 0 in searches of earlier versions whose time was up."""


class StoredFolds(Stored):
    """``cross_validation``: trainings by the keys of configurations."""

    folds: dict[Name, list[Annotated[list[Measured], Field(min_length=3, max_length=3)]]]
    """Error, best epoch, and seconds."""
    compared: list[Name]
    chosen: Name | None
    n_folds: Count

    @model_validator(mode="after")
    def _fits_together(self) -> StoredFolds:
        for _, epoch, seconds in (fold for known in self.folds.values() for fold in known):
            if not (float(epoch).is_integer() and epoch >= 0 and 0 <= seconds < math.inf):
                raise ValueError("folds must be errors, epochs, and seconds")
        if not {*self.compared} <= {*self.folds} or self.chosen not in (None, *self.compared):
            raise ValueError("the networks compared must be trained, and the one chosen compared")
        fewest = min((len(self.folds[key]) for key in self.compared), default=0)
        if not int(self.chosen is not None) <= self.n_folds <= fewest:
            raise ValueError("n_folds must be what all networks compared were trained on")
        return self


class StoredFacts(Stored):
    """User attributes of the first study of a search."""

    settings: StoredIdentity | None = None
    folder: StoredPlace | None = None
    baseline: Positive | None = None
    constant_loss: Real | None = None
    input_shape: list[Annotated[Whole, Field(ge=1)]] | None = None
    n_outputs: Annotated[Whole, Field(ge=1)] | None = None
    workers: list[StoredWorkers] | None = None
    outlook: StoredOutlook | None = None
    session: StoredSession | None = None
    time_plan: StoredTimePlan | None = None
    cross_validation: StoredFolds | None = None


def fact_problem(name: str, value: Any) -> str | None:
    """Return what is wrong with a fact; None if it matches the schema."""
    try:
        StoredFacts.model_validate({name: value})
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        return sentence(detail, ".".join(map(str, detail["loc"])), advice=False)
    return None
