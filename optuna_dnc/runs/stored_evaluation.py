"""Schema of the evaluation in result.json."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from optuna_dnc.data import Task
from optuna_dnc.runs.schema_types import Count, Finite, Name, Seconds, Stored, Text

Scores = dict[Name, Finite]


class StoredFloor(Stored):
    """One of the ``floors``: a simple model."""

    name: Name
    scores: Scores
    seconds: Seconds


class StoredPanel(Stored):
    """``panel``: the metrics of the network."""

    task: Task
    n_samples: Count
    metric: Name
    interval: Annotated[list[Finite], Field(min_length=2, max_length=2)] | None
    is_weighted: bool = False  # not in early versions
    scores: Scores
    classes: list[bool] | list[int] | list[str] | None
    confusion: list[list[Count]] | None
    by_target: list[Scores]
    targets: list[Name] = Field(default_factory=list)  # not in early versions
    points: list[list[Annotated[list[Finite], Field(min_length=2, max_length=2)]]]

    @model_validator(mode="after")
    def _fits_together(self) -> StoredPanel:
        if self.metric not in self.scores:
            raise ValueError("metric must be one of the scores")
        if self.confusion is not None:
            n_classes = len(self.classes or ())
            lengths = {len(self.confusion), *map(len, self.confusion)}
            if lengths != {n_classes}:
                raise ValueError("confusion must have a row and a column for each class")
        return self


class StoredEvaluation(Stored):
    """``evaluation`` of result.json."""

    part: Literal["test", "validation"]
    n_train: Count
    panel: StoredPanel | None
    floors: list[StoredFloor]
    skipped: dict[Name, Text]
