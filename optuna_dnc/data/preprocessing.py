"""Preprocessing of raw data to network inputs, and decoding of network outputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import MISSING, asdict, dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from optuna_dnc._errors import InputError
from optuna_dnc.data.arrays import as_labels, as_samples
from optuna_dnc.data.chunks import Rows
from optuna_dnc.data.column_scaling import Scaling, scaling_by_kind
from optuna_dnc.data.dataset import Dataset
from optuna_dnc.data.feature_checks import check_input
from optuna_dnc.data.frames import column_order, is_arrow_table
from optuna_dnc.data.images.image_format import ImageFormat, format_of_arrays
from optuna_dnc.data.label_checks import Task
from optuna_dnc.data.label_coding import LabelCoding, coding_of, labels_of
from optuna_dnc.data.normalization import denormalized, feature_moments, normalize_into
from optuna_dnc.data.tables.fitting import as_fitted, fitted
from optuna_dnc.data.target_scaling import LogScale, TargetScaling, TargetTransform

if TYPE_CHECKING:
    from optuna_dnc.data.images.image_files import ImageFiles
    from optuna_dnc.data.tables.table import Table

Scalar = TypeVar("Scalar", bound=np.generic)


@dataclass(frozen=True)
class Preprocessing:
    """Input: `z = (x * scale - x_mean) / x_std`; targets of a regression: `(y - y_mean) / y_std`.

    All of it is plain Python and goes through JSON unchanged. The statistics come from the
    training part alone, without validation and test samples.

    x_mean, x_std: one value a feature, or a channel for images, in units of `x * scale`: mean and
    standard deviation, or in tables the center and the spread of `scaling_by_kind`; x_clipped:
    indices of the features that are clipped smoothly, `z / sqrt(1 + (z / 3)**2)`; scale: 1/255 for
    uint8 images, else 1; classes: the sorted labels, whose index is the network's output, or the
    names of several yes/no labels (None for regression); label_dtype: NumPy dtype of the values of
    y; label_values: those for a yes/no label that is not there, and for one that is (None for
    other tasks); y_mean, y_std: one value a target column, in the user's
    unit (empty for classification), y_std 0 for a constant target; y_logs: the scales of targets
    that are learned as logarithms, None for others (empty if none is); flat_targets: whether the
    user's y was (N,); x_constant: indices of the features, or channels, with one value in training
    but for rounding. They become 0 whatever their value is later: the network has learned nothing
    from them. feature_names, target_names: names of the features, and of several targets of a
    regression, if the data had any; table: the columns that features are encoded from, where the
    data came as a table. The last features, with the codes of embedded columns, stay as they are.
    images: format of the images, where they came as files.
    """

    task: Task
    input_shape: tuple[int, ...]
    x_mean: tuple[float, ...]
    x_std: tuple[float, ...]
    scale: float
    classes: tuple[int | bool | str, ...] | None
    label_dtype: str | None
    y_mean: tuple[float, ...]
    y_std: tuple[float, ...]
    flat_targets: bool
    x_constant: tuple[int, ...] = ()
    feature_names: tuple[str, ...] | None = None
    x_clipped: tuple[int, ...] = ()
    table: Table | None = None
    y_logs: tuple[LogScale | None, ...] = ()
    images: ImageFormat | None = None
    label_values: tuple[int | bool | str, int | bool | str] | None = None
    target_names: tuple[str, ...] | None = None

    @classmethod
    def fit(
        cls,
        dataset: Dataset,
        train_idx: NDArray[np.int64],
        scaling: Scaling = "by-kind",
        target_transform: TargetTransform = "none",
    ) -> Preprocessing:
        """Take the statistics of the training samples `train_idx`, (n,) int64.

        scaling: of the columns of tables; channels of images are always standardized.
        target_transform: `log` to learn the logarithms of targets.
        """
        table = fitted(dataset.table, dataset.x_train, train_idx)
        x = as_fitted(dataset.x_train, dataset.table, table)
        scale = 1 / 255 if dataset.is_image and x.dtype == np.uint8 else 1.0
        moments = feature_moments(x, train_idx, scale)
        mean, std, clipped = moments.mean, moments.std, np.empty(0, dtype=np.int64)
        if scaling == "by-kind" and not dataset.is_image:
            mean, std, clipped = scaling_by_kind(x, train_idx, moments)
        constant = np.flatnonzero(moments.constant)
        if n_codes := len(dataset.n_codes):
            first = len(mean) - n_codes
            mean[first:], std[first:] = 0.0, 1.0
            clipped, constant = clipped[clipped < first], constant[constant < first]
        targets = TargetScaling()
        if dataset.task == "regression":
            targets = TargetScaling.fit(dataset, train_idx, target_transform)
        return cls(
            task=dataset.task,
            input_shape=dataset.input_shape,
            x_mean=tuple(mean.tolist()),
            x_std=tuple(std.tolist()),
            scale=scale,
            y_mean=targets.mean,
            y_std=targets.std,
            flat_targets=dataset.y_train.ndim == 1,
            x_constant=tuple(constant.tolist()),
            feature_names=dataset.feature_names,
            x_clipped=tuple(clipped.tolist()),
            table=table,
            y_logs=targets.logs,
            images=dataset.images,
            target_names=dataset.target_names if dataset.task == "regression" else None,
            **labels_of(dataset),
        )

    @property
    def n_outputs(self) -> int:
        """Number of outputs of the network: of classes, labels, or target columns."""
        return len(self.y_mean) if self.classes is None else len(self.classes)

    @cached_property
    def x_divisor(self) -> NDArray[np.float64]:
        """Divisor of the features: `x_std`, or infinity for constant ones."""
        divisor = np.array(self.x_std)
        divisor[list(self.x_constant)] = np.inf
        return _read_only(divisor)

    @property
    def y_divisor(self) -> NDArray[np.float64]:
        """Divisor of the targets: `y_std`, or 1 for constant ones."""
        return self.targets.divisor

    @cached_property
    def targets(self) -> TargetScaling:
        """Scaling of the targets of a regression."""
        return TargetScaling(self.y_mean, self.y_std, self.y_logs)

    @cached_property
    def _x_mean(self) -> NDArray[np.float64]:
        return _read_only(np.array(self.x_mean))

    @cached_property
    def _coding(self) -> LabelCoding | None:
        return coding_of(self.classes, self.label_values, self.label_dtype)

    @property
    def output_names(self) -> tuple[str, ...]:
        """Names of several yes/no labels, or of the target columns; empty if unknown."""
        names = self.target or self.target_names or ()
        return names if self.label_values is None else tuple(map(str, self.classes or ()))

    def transform(self, x: Any) -> torch.Tensor:
        """Return the network input for raw `x`, both (n, *input_shape); float32, on the CPU."""
        array = self.checked(x)
        out = torch.empty(array.shape, dtype=torch.float32)
        self.write(out, array)
        return out

    def checked(self, x: Any) -> NDArray[Any]:
        """Return raw `x` as a checked array (n, *input_shape), which `write` takes.

        The columns of a data frame are matched by name where training had one, and encoded where
        it was a table: then x may also be a mapping of columns, or a list of rows by name. Arrays
        count by position. Images may be files, see `files_in`.
        """
        if (files := self.files_in(x)) is not None:
            x = files.read(self.images or format_of_arrays(self.input_shape, self.scale))
        elif self.table is not None:
            x = self.table.inputs_of(x, "x")
        elif is_arrow_table(x):
            from optuna_dnc.data.tables.values import number_columns  # arrays need no pyarrow

            x = self.in_order(number_columns(x), x.column_names)
        array = as_samples(x, "x", self.feature_names)
        names, is_table = self.feature_names, self.table is not None
        check_input(array, self.input_shape, self.scale, names, is_table=is_table)
        return array

    def files_in(self, x: Any) -> ImageFiles | None:
        """Return images that are given as files; None if x is anything else.

        x: the path of an image or a folder, a list of paths, or a table with a column of paths.
        """
        if isinstance(x, np.ndarray | torch.Tensor):
            return None
        from optuna_dnc.data.images.folders import files_given  # arrays need no pyarrow

        return files_given(x, None if self.images is None else self.images.column)

    def labels_in(self, x: Any) -> NDArray[Any] | None:
        """Return the labels of data frames and of files of images; None if they have none.

        Raises:
            InputError: Some are missing, or of another type than in training.
        """
        from optuna_dnc.data.given_labels import labels_given  # arrays need no pyarrow

        return labels_given(x, self.target, self.classes)

    @property
    def target(self) -> tuple[str, ...]:
        """Columns of a table that are predicted; empty if the data were not a table."""
        described = self.table or self.images
        return () if described is None else described.target

    def in_order(self, x: NDArray[Any], names: Sequence[str], what: str = "x") -> NDArray[Any]:
        """Return an array (n, features) with columns of these names in the order of training."""
        if self.feature_names is None:
            return x
        order = column_order(names, self.feature_names, what)
        return x if order is None else x[:, order]

    def write(self, out: torch.Tensor, x: Rows, rows: NDArray[np.int64] | None = None) -> None:
        """Write the network input for checked `x[rows]` to `out`, (n, *input_shape) float32."""
        normalize_into(
            out,
            x,
            rows=rows,
            scale=self.scale,
            mean=self._x_mean,
            std=self.x_divisor,
            clipped=self.x_clipped,
        )

    def raw(self, inputs: torch.Tensor) -> NDArray[np.float64]:
        """Return the encoded values of a table for network inputs, both (n, features).

        It inverts `write`, up to rounding. Constant features have their value in training.
        """
        return denormalized(inputs, self._x_mean, np.array(self.x_std), self.x_clipped)

    def encode_targets(self, y: Any) -> torch.Tensor:
        """Return class indices (n,) int64, or indicators or standardized targets (n, k) float32.

        y: (n,) labels, or (n, k) of several; for regression (n,) or (n, k) in the user's unit.
        """
        array = as_labels(y, "y")
        if self._coding is None:
            return self.targets.encode(array, flat=self.flat_targets)
        return self._coding.encode(array)

    def decode(self, outputs: torch.Tensor) -> NDArray[Any]:
        """Return labels in their original dtype, or targets in their unit, shaped as y was.

        outputs: (n, n_outputs) probabilities or standardized targets, on any device.
        """
        if outputs.ndim != 2 or outputs.shape[1] != self.n_outputs:
            raise InputError(
                f"outputs have shape {tuple(outputs.shape)}; expected is (N, {self.n_outputs})."
            )
        if self._coding is not None:
            return self._coding.decode(outputs)
        values = self.targets.decode(outputs)
        return values[:, 0] if self.flat_targets else values

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain Python that `json` writes without loss."""
        return {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in asdict(self).items()
        }

    @classmethod
    def from_dict(cls, saved: dict[str, Any]) -> Preprocessing:
        """Create it from the fields of `to_dict`, also after they were stored as JSON."""
        names = {field.name for field in fields(cls)}
        # Older versions had fewer fields.
        needed = {field.name for field in fields(cls) if field.default is MISSING}
        wrong = (needed - set(saved)) | (set(saved) - names)
        if wrong:
            raise InputError(
                f"preprocessing has missing or unknown keys {sorted(wrong)}; "
                f"it needs exactly {sorted(names)}."
            )
        values: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in saved.items()
        }
        if values.get("table") is not None:
            from optuna_dnc.data.tables.table import Table  # arrays need no pyarrow

            values["table"] = Table.from_dict(values["table"])
        values["y_logs"] = tuple(log and LogScale(**log) for log in values.get("y_logs", ()))
        if values.get("images") is not None:
            values["images"] = ImageFormat.from_dict(values["images"])
        return cls(**values)


def _read_only(array: NDArray[Scalar]) -> NDArray[Scalar]:
    """Return an array that is kept, and therefore must not be written to."""
    array.flags.writeable = False
    return array
