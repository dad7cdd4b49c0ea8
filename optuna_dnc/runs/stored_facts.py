"""Schema of the facts about a search that are kept with its studies."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, ValidationError

from optuna_dnc._validation import Real, Whole, sentence
from optuna_dnc.runs.schema_types import Count, Json, Name, Positive, Stored, Text


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
    session: Json | None = None
    time_plan: Json | None = None
    cross_validation: Json | None = None


def fact_problem(name: str, value: Any) -> str | None:
    """Return what is wrong with a fact; None if it matches the schema."""
    try:
        StoredFacts.model_validate({name: value})
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        return sentence(detail, ".".join(map(str, detail["loc"])), advice=False)
    return None
