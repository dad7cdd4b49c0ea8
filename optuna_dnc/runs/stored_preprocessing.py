"""Schema of the preprocessing in config.json and ensemble.json."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from optuna_dnc._validation import Whole
from optuna_dnc.data import Task
from optuna_dnc.data.images.image_format import PixelType
from optuna_dnc.data.tables.kind import Kind
from optuna_dnc.runs.schema_types import (
    Count,
    Finite,
    Measured,
    Positive,
    Stored,
)
from optuna_dnc.tasks import learning_task


class StoredNumberFormat(Stored):
    """How the numbers of a column are written in texts."""

    group: Literal["", ",", ".", " ", "'"]
    decimal: Literal[".", ",", ":"]
    sign: Annotated[str, Field(max_length=8)]
    is_before: bool


class StoredColumn(Stored):
    """A column of ``table``."""

    name: str
    kind: Kind
    categories: list[str]
    fill: Finite | None
    has_missing: bool
    embedded: bool
    date_format: str | None
    has_time: bool
    is_float64: bool
    # Early versions had none of these.
    number_format: StoredNumberFormat | None = None
    unseen: list[str] = Field(default_factory=list)
    levels_are_given: bool = False


class StoredTable(Stored):
    """``table`` of ``preprocessing``: the columns of the training data."""

    columns: Annotated[list[StoredColumn], Field(min_length=1)]
    target: list[str]
    apart: list[str]

    @property
    def width(self) -> int:
        """Number of inputs that the columns become."""
        from optuna_dnc.data.tables.table import Table  # arrays need no pyarrow

        return Table.from_dict(self.model_dump()).width


class StoredLogScale(Stored):
    """A target of ``y_logs``, which is learned as a logarithm."""

    mean: Finite
    std: Positive
    low: Finite
    high: Finite


class StoredImages(Stored):
    """``images`` of ``preprocessing``: what files of images become."""

    channels: Literal[1, 3]
    height: Count
    width: Count
    dtype: PixelType
    column: str | None
    target: list[str]


class StoredPreprocessing(Stored):
    """``preprocessing`` of config.json and ensemble.json."""

    task: Task
    input_shape: Annotated[list[Annotated[Whole, Field(ge=1)]], Field(min_length=1, max_length=8)]
    x_mean: Annotated[list[Finite], Field(min_length=1)]
    x_std: list[Annotated[Measured, Field(ge=0)]]
    scale: Positive
    classes: Annotated[list[bool] | list[int] | list[str], Field(min_length=2)] | None
    label_dtype: Annotated[str, Field(pattern=r"^[<>|=]?[biuU]\d{1,6}$")] | None
    y_mean: list[Finite]
    y_std: list[Annotated[Measured, Field(ge=0)]]
    flat_targets: bool
    # Early versions had none of these.
    x_constant: list[Count] = Field(default_factory=list)
    feature_names: list[str] | None = None
    x_clipped: list[Count] = Field(default_factory=list)
    table: StoredTable | None = None
    y_logs: list[StoredLogScale | None] = Field(default_factory=list)
    images: StoredImages | None = None
    label_values: list[bool] | list[int] | list[str] | None = None
    target_names: list[str] | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> StoredPreprocessing:
        if not len(self.x_mean) == len(self.x_std) == self.input_shape[0]:
            raise ValueError("x_mean and x_std must have a value for each feature or channel")
        if any(index >= len(self.x_mean) for index in self.x_constant):
            raise ValueError("x_constant must be indices of features or channels")
        if any(not std and i not in self.x_constant for i, std in enumerate(self.x_std)):
            raise ValueError("x_std must be positive where a feature or channel is not constant")
        if any(index >= len(self.x_mean) for index in self.x_clipped):
            raise ValueError("x_clipped must be indices of features")
        if self.table is not None and self.table.width != len(self.x_mean):
            raise ValueError("table must describe as many inputs as x_mean has values")
        if self.images is not None:
            self._check_images(self.images)
        if self.x_clipped and len(self.input_shape) > 1:
            raise ValueError("x_clipped is for tables, not for images")
        if self.feature_names is not None and len(self.feature_names) != len(self.x_mean):
            raise ValueError("feature_names must have one for each feature")
        are_labels = learning_task(self.task).predicts_labels
        if len(self.y_mean) != len(self.y_std) or bool(self.y_mean) == are_labels:
            raise ValueError("y_mean and y_std must have a value for each target")
        if self.y_logs and len(self.y_logs) != len(self.y_mean):
            raise ValueError("y_logs must be empty, or have an entry for each target")
        if self.target_names is not None and len(self.target_names) != len(self.y_mean):
            raise ValueError("target_names must have one for each target")
        if (self.classes is None) == are_labels:
            raise ValueError("classes must be given for labels, and only there")
        if (self.label_values is None) == (self.task == "multilabel"):
            raise ValueError("label_values must be given for several labels, and only there")
        if self.label_values is not None:
            self._check_values(self.label_values)
        elif self.classes is not None:
            self._check_labels(self.classes)
        elif self.flat_targets and len(self.y_mean) > 1:
            raise ValueError("flat_targets is for a single target")
        return self

    def _check_images(self, images: StoredImages) -> None:
        if [images.channels, images.height, images.width] != self.input_shape:
            raise ValueError("images must have the channels, height and width of input_shape")
        if (images.dtype == "uint8") != (self.scale != 1.0):
            raise ValueError("images must be uint8 where scale is not 1")

    def _check_values(self, values: list[Any]) -> None:
        if len(values) != 2 or not all(isinstance(name, str) for name in self.classes or ()):
            raise ValueError("label_values must be two, and classes the names of the labels")
        self._check_labels(values)

    def _check_labels(self, classes: list[Any]) -> None:
        if any(a >= b for a, b in pairwise(classes)):
            raise ValueError("classes must be ascending")
        try:
            labels = np.array(classes, dtype=self.label_dtype or "").tolist()
        except (TypeError, ValueError, OverflowError):
            labels = []
        # True equals 1.
        if labels != classes or type(labels[0]) is not type(classes[0]):
            raise ValueError("classes and label_dtype do not fit together")
