"""Split, normalize and place a data set, once for a search or for each cross-validation fold."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from optuna_dnc._errors import InputError
from optuna_dnc.data.class_balance import ClassWeight, class_weights
from optuna_dnc.data.column_scaling import Scaling
from optuna_dnc.data.dataset import Dataset
from optuna_dnc.data.devices import fits_on, resolve_device
from optuna_dnc.data.memory import free_memory, gibibytes
from optuna_dnc.data.prepared_data import PreparedData, Samples
from optuna_dnc.data.preprocessing import Preprocessing
from optuna_dnc.data.split import fold_rows, split_rows
from optuna_dnc.data.tables.fitting import Gaps, as_fitted
from optuna_dnc.data.target_scaling import TargetTransform


def prepare(
    dataset: Dataset,
    *,
    val_fraction: float = 0.2,
    seed: int = 0,
    device: str | torch.device = "cpu",
    channels_last: bool = True,
    scaling: Scaling = "by-kind",
    target_transform: TargetTransform = "none",
    metric: str | None = None,
    class_weight: ClassWeight = None,
    n_folds: int = 1,
) -> PreparedData:
    """Hold out `val_fraction` of the training samples, normalize by the rest, and place all.

    scaling: `by-kind` to scale the columns of tables by what they hold, `standard` for all to
    mean 0 and standard deviation 1.

    target_transform: `log` to learn the logarithms of the targets of a regression.

    channels_last: keep images in torch's channels-last memory format, in which convolutions are
    faster; `batches` keeps it. For networks that flatten color images, False saves a copy of
    each batch.

    metric, class_weight: see `PreparedData`; class_weight may be `balanced`, or weights by the
    text of the label, 1 where one is missing.

    n_folds: folds of a cross-validation, each of `val_fraction` of the samples; fewer if there are
    no more, see `fold_rows`. The normalization stays that of the first.
    """
    split = Split.of(
        dataset,
        val_fraction=val_fraction,
        seed=seed,
        scaling=scaling,
        target_transform=target_transform,
    )
    data = split.placed(device, channels_last=channels_last)
    weights = class_weights(
        class_weight, data.train.y, data.train.weights, data.preprocessing.classes
    )
    folds = split.folds(n_folds, seed=seed, device=data.train.x.device)
    return replace(data, metric=metric, class_weights=weights, folds=folds)


@dataclass(frozen=True, eq=False)
class Split:
    """Rows of a data set to train on and to validate with, before they are copied."""

    dataset: Dataset
    train: NDArray[np.int64]
    """Rows of the training samples, sorted."""
    val: NDArray[np.int64]
    test: NDArray[np.int64] | None
    """None for all test samples."""
    preprocessing: Preprocessing

    @classmethod
    def of(
        cls,
        dataset: Dataset,
        *,
        val_fraction: float,
        seed: int,
        scaling: Scaling = "by-kind",
        target_transform: TargetTransform = "none",
    ) -> Split:
        """Hold out `val_fraction` of the training samples, and take the statistics of the rest.

        A data set that says which samples validate is split by that. Samples of weight 0 are
        left out.
        """
        train, val = split_rows(dataset, fraction=val_fraction, seed=seed)
        preprocessing = Preprocessing.fit(dataset, train, scaling, target_transform)
        return cls(dataset, train, val, None, preprocessing)

    def placed(
        self, device: str | torch.device, *, channels_last: bool, only_labels: bool = False
    ) -> PreparedData:
        """Normalize the samples and place them.

        only_labels: leave out the inputs, which become (n, 0), if only the number of samples and
        their labels are needed.
        """
        dataset, target = self.dataset, resolve_device(device)
        n_test = dataset.n_test if self.test is None else len(self.test)
        n_values = (len(self.train) + len(self.val) + n_test) * math.prod(dataset.input_shape)
        home = target if fits_on(target, 4 * n_values) else torch.device("cpu")
        if home.type == "cpu" and not only_labels:
            _check_memory(dataset.name, 4 * n_values)

        def place(
            x: NDArray[Any],
            y: NDArray[Any],
            rows: NDArray[np.int64] | None,
            weights: torch.Tensor | None = None,
            gaps: Gaps | None = None,
        ) -> Samples:
            n = len(x) if rows is None else len(rows)
            labels = self.preprocessing.encode_targets(y if rows is None else y[rows]).to(home)
            weights = None if weights is None else weights.to(home)
            if only_labels:
                return Samples(torch.empty((n, 0), device=home), labels, weights)
            shape = (n, *dataset.input_shape)
            out = _empty(shape, home, channels_last=channels_last and dataset.is_image)
            encoded = as_fitted(x, dataset.table, self.preprocessing.table, gaps)
            self.preprocessing.write(out, encoded, rows)
            return Samples(out, labels, weights)

        train_weights, val_weights, test_weights = self._weights()
        train = place(dataset.x_train, dataset.y_train, self.train, train_weights)
        return PreparedData(
            name=dataset.name,
            task=dataset.task,
            input_shape=dataset.input_shape,
            n_outputs=self.preprocessing.n_outputs,
            train=train,
            val=place(dataset.x_train, dataset.y_train, self.val, val_weights),
            test=(
                place(dataset.x_test, dataset.y_test, self.test, test_weights, dataset.test_gaps)
                if n_test
                else Samples(train.x[:0], train.y[:0])
            ),
            preprocessing=self.preprocessing,
            device=target,
        )

    def folds(self, n_folds: int, *, seed: int, device: torch.device) -> tuple[torch.Tensor, ...]:
        """Return the folds of `PreparedData`; none for a single one."""
        if n_folds == 1:
            return ()
        rows = fold_rows(self.dataset, self.train, len(self.val), seed=seed)
        if not rows:
            return ()
        first = np.arange(len(self.train), len(self.train) + len(self.val))
        others = (np.searchsorted(self.train, part) for part in rows[: n_folds - 1])
        return tuple(torch.from_numpy(part).to(device) for part in (first, *others))

    def _weights(self) -> tuple[torch.Tensor | None, ...]:
        """Return the weights of all parts as float32, 1 for the mean of the training samples."""
        weights, of_test = self.dataset.weights, self.dataset.test_weights
        if weights is None:
            return None, None, None
        if of_test is not None and self.test is not None:
            of_test = of_test[self.test]
        mean = weights[self.train].mean()
        parts = (weights[self.train], weights[self.val], of_test)
        return tuple(None if w is None else torch.from_numpy(w / mean).float() for w in parts)


def _check_memory(name: str, n_bytes: int) -> None:
    """Raise if the memory cannot hold the normalized samples."""
    free = free_memory()
    if free is not None and n_bytes > free:
        raise InputError(
            f"{name} takes {gibibytes(n_bytes)} as the float32 that networks are trained on, and "
            f"{gibibytes(free)} of memory are free; give fewer samples with max_train=N, where "
            f"N is at most {free / n_bytes:.0%} of them, or smaller ones."
        )


def _empty(shape: tuple[int, ...], home: torch.device, *, channels_last: bool) -> torch.Tensor:
    """Return an uninitialized float32 tensor.

    NumPy asks the system for huge pages and torch does not: touching hundreds of megabytes for
    the first time takes a quarter as long.
    """
    n, *sample = shape
    stored = (n, *sample[1:], sample[0]) if channels_last else shape
    if home.type == "cpu":
        tensor = torch.from_numpy(np.empty(stored, dtype=np.float32))
    else:
        tensor = torch.empty(stored, dtype=torch.float32, device=home)
    return tensor.movedim(-1, 1) if channels_last else tensor


def other_folds(
    dataset: Dataset,
    *,
    n_folds: int,
    val_fraction: float,
    seed: int,
    scaling: Scaling = "by-kind",
) -> list[Callable[[], Split]]:
    """Return cross-validation splits with other validation samples than those of `Split.of`.

    The parts are those of `fold_rows`, at most ``n_folds`` with the first, and the
    statistics of the preprocessing are those of each training part. Each split is created when it
    is called.
    """
    kept, first = split_rows(dataset, fraction=val_fraction, seed=seed)
    rows = np.union1d(kept, first)

    def fold(val: NDArray[np.int64]) -> Split:
        train = np.setdiff1d(rows, val)
        return Split(dataset, train, val, None, Preprocessing.fit(dataset, train, scaling))

    parts = fold_rows(dataset, kept, len(first), seed=seed)
    return [partial(fold, part) for part in parts[: n_folds - 1]]


def repeated_folds(
    dataset: Dataset, number: int, *, n_folds: int, val_fraction: float, seed: int
) -> tuple[NDArray[np.int64], ...]:
    """Return other folds of the samples that a search cross-validates on.

    Folds are indices in `PreparedData.pool`, disjoint as those of the search, and drawn anew for
    each repetition, by its ``number`` from 1.
    """
    kept, first = split_rows(dataset, fraction=val_fraction, seed=seed)
    pool = np.concatenate([kept, first])
    in_order = np.argsort(pool)
    rows = pool[in_order]
    parts = fold_rows(dataset, rows, len(first), seed=seed + number)
    return tuple(in_order[np.searchsorted(rows, part)] for part in parts[:n_folds])
