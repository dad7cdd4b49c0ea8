"""Facts about a search that it measures once and keeps with its studies, and their schema."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Annotated, Any

from pydantic import Field, ValidationError, model_validator

from optuna_dnc._limits import MOST_EPOCHS
from optuna_dnc._validation import Int, Real, Whole, sentence
from optuna_dnc.runs.cross_validation import CrossValidation
from optuna_dnc.runs.life_cycle import Outlook, Wanted
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
from optuna_dnc.runs.workers import WorkerStatus


class StudyFacts(ABC):
    """Base class of :class:`optuna_dnc.runs.studies.Studies`: attributes of the first study."""

    @abstractmethod
    def _attribute(self, name: str) -> Any:
        """Return an attribute of the first study; None if it is missing."""

    @abstractmethod
    def _keep(self, name: str, value: Any) -> None:
        """Store an attribute of the first study."""

    def keep_settings(self, identity: dict[str, Any]) -> None:
        """Store the identity of the search."""
        self._keep("settings", identity)

    def baseline(self) -> float | None:
        """Return the cost that counts as 1, if it was measured."""
        value: float | None = self._attribute("baseline")
        return value

    def keep_baseline(self, value: float) -> None:
        """Store the cost that counts as 1."""
        self._keep("baseline", value)

    def time_plan(self) -> dict[str, Any] | None:
        """Return the plan of a search with a time limit, if it was stored."""
        values: dict[str, Any] | None = self._attribute("time_plan")
        return values

    def keep_time_plan(self, values: dict[str, Any]) -> None:
        """Store the plan of a search with a time limit."""
        self._keep("time_plan", values)

    def cross_validation(self) -> CrossValidation:
        """Return the cross-validation of the leading networks, as far as it was stored."""
        values = self._attribute("cross_validation")
        return CrossValidation() if values is None else CrossValidation.from_dict(values)

    def keep_cross_validation(self, known: CrossValidation) -> None:
        """Store the cross-validation of the leading networks."""
        self._keep("cross_validation", known.to_dict())

    def constant_loss(self) -> float | None:
        """Return the training loss of the best constant prediction, if it was stored."""
        value: float | None = self._attribute("constant_loss")
        return value

    def keep_constant_loss(self, value: float) -> None:
        """Store the training loss of the best constant prediction, unless it is stored."""
        if self.constant_loss() is None:
            self._keep("constant_loss", value)

    def shapes(self) -> tuple[tuple[int, ...], int] | None:
        """Return the shape of one sample and the number of outputs, if they were stored."""
        input_shape = self._attribute("input_shape")
        return None if input_shape is None else (tuple(input_shape), self._attribute("n_outputs"))

    def keep_shapes(self, input_shape: tuple[int, ...], n_outputs: int) -> None:
        """Store the shape of one sample and the number of outputs."""
        self._keep("input_shape", list(input_shape))
        self._keep("n_outputs", n_outputs)

    def workers(self) -> list[dict[str, Any]]:
        """Return where the search was trained: host, device, threads and number of workers."""
        return list(self._attribute("workers") or [])

    def note_worker(self, worker: WorkerStatus) -> None:
        """Count a worker among those of the search; the caller holds the decision lock."""
        place = {"host": worker.host, "device": worker.device, "threads": worker.threads}
        known = {tuple(each[name] for name in place): each["joined"] for each in self.workers()}
        here = tuple(place.values())
        known[here] = known.get(here, 0) + 1
        self._keep(
            "workers",
            [{**dict(zip(place, where, strict=True)), "joined": n} for where, n in known.items()],
        )

    def outlook(self) -> Outlook | None:
        """Return what is expected of the search, if it was stored."""
        values = self._attribute("outlook")
        return None if values is None else Outlook.from_dict(values)

    def keep_outlook(self, outlook: Outlook) -> None:
        """Store what is expected of the search."""
        self._keep("outlook", outlook.to_dict())

    def wanted(self) -> Wanted:
        """Return whether the search should run or pause, even if no process works on it."""
        return "pause" if self._attribute("wanted") == "pause" else "run"

    def keep_wanted(self, wanted: Wanted) -> None:
        """Store whether the search should run or pause, unless that is stored."""
        if self.wanted() != wanted:
            self._keep("wanted", wanted)

    def session(self) -> dict[str, Any]:
        """Return options of the last run of the search, other than settings; empty if not stored.

        These are arguments of :class:`optuna_dnc.search.StagedSearch`, as JSON.
        """
        stored = self._attribute("session") or {}
        return {name: stored[name] for name in StoredSession.model_fields if name in stored}

    def keep_session(self, options: dict[str, Any]) -> None:
        """Store how the search is run, unless that is stored."""
        if self.session() != options:
            self._keep("session", options)

    def keep_running(self, session: dict[str, Any]) -> None:
        """Store that the search runs from now on, with its whole time limit, and how."""
        self.keep_wanted("run")
        self.keep_session(session)
        self.keep_time_left(None)

    def time_left(self) -> float | None:
        """Return the seconds of its time limit that a search has left for further workers.

        None if it has no limit, or if no training has ended since it was started or resumed.
        """
        seconds: float | None = self._attribute("time_left")
        return seconds

    def keep_time_left(self, seconds: float | None) -> None:
        """Store the seconds that a search has left; None for its whole time limit."""
        if self.time_left() != seconds:
            self._keep("time_left", seconds)


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
    time_left: Seconds | None = None
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
