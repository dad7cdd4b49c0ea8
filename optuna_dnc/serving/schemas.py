"""Schemas of requests and responses of the prediction service."""

from __future__ import annotations

import io
from typing import Any

import pyarrow as pa
from pyarrow import csv
from pydantic import BaseModel

from optuna_dnc.data import Preprocessing


class Rows(BaseModel):
    """Rows to predict."""

    rows: list[dict[str, Any]] | list[Any]
    """Each an object with the columns by name, or an array of the features."""


class Health(BaseModel):
    """Answer of a service that works."""

    status: str
    name: str


class ColumnFacts(BaseModel):
    """A column that the network sees."""

    name: str
    kind: str
    categories: list[str]


class ModelFacts(BaseModel):
    """Inputs and outputs of the network."""

    name: str
    task: str
    columns: list[ColumnFacts] | None
    """For networks of tables."""
    input_shape: list[int]
    """Of a row, for other networks."""
    classes: list[Any] | None
    most_rows: int

    @classmethod
    def of(cls, preprocessing: Preprocessing, name: str, most_rows: int) -> ModelFacts:
        """Describe the input and output of a network."""
        table = preprocessing.table
        columns = None
        if table is not None:
            columns = [
                ColumnFacts(
                    name=column.name,
                    kind=column.kind,
                    categories=[c for c in column.known if c is not None],
                )
                for column in table.used
            ]
        classes = preprocessing.classes
        return cls(
            name=name,
            task=preprocessing.task,
            columns=columns,
            input_shape=list(preprocessing.input_shape),
            classes=None if classes is None else list(classes),
            most_rows=most_rows,
        )


class Predictions(BaseModel):
    """Predictions for the rows of a request, in their order."""

    predictions: list[Any]
    names: list[str] = []
    """Of several labels or targets, in the order of the predictions of a row."""
    probabilities: list[list[float]] | None = None
    """Of the sorted classes, or of the labels, if they were asked for."""
    warnings: list[str] = []

    def to_csv(self) -> bytes:
        """Return the predictions as a CSV file."""
        out = io.BytesIO()
        if self.predictions and isinstance(self.predictions[0], list):
            columns = zip(*self.predictions, strict=True)
            names = self.names or [f"prediction_{i}" for i in range(len(self.predictions[0]))]
            table = {name: list(values) for name, values in zip(names, columns, strict=True)}
        else:
            table = {"prediction": self.predictions}
        csv.write_csv(pa.table(table), out)
        return out.getvalue()
