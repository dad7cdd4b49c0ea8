"""Checks of samples and features: number, shape, range, constants and duplicates."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optuna_dnc._errors import listed
from optuna_dnc.checks.report import Finding
from optuna_dnc.data import Dataset, PreparedData, Preprocessing
from optuna_dnc.data.chunks import give_back, row_chunks
from optuna_dnc.data.rounding import within_rounding

FEW_TO_VALIDATE = 100
"""Validation samples below which the standard error of an accuracy of 0.9, ``sqrt(0.9 * 0.1 /
n)``, is above 0.03, so that networks can hardly be compared."""

FAR_OUT = 20
"""Distance from the median, in widths of the central 98 % of values, beyond which a single value
dominates a batch; 20 widths of a normal distribution are 93 standard deviations."""

MOST_ROWS = 10_000
"""Evenly spread samples from which quantiles are computed."""

FEW_ROWS = 1000
"""Evenly spread samples by which features are compared before all samples are."""

BLOCK_VALUES = 2**20
"""Values in memory at once, which bounds memory for any number of features."""

NAMED = 5
"""Features that a message names; the details have all."""


def check_samples(dataset: Dataset, data: PreparedData) -> Finding:
    """Report numbers, shape and dtype; warn if there are too few validation samples."""
    shape = "x".join(map(str, dataset.input_shape))
    kind = "pixels" if dataset.is_image else "features"
    test = f"{data.n_test:,} to test with" if data.n_test else "no test set"
    seen = (
        f"{data.n_train:,} to train on, {data.n_val:,} to validate with, {test}; {shape} {kind}, "
        f"{dataset.x_train.dtype}"
    )
    details = {
        "n_train": data.n_train,
        "n_val": data.n_val,
        "n_test": data.n_test,
        "input_shape": list(dataset.input_shape),
        "dtype": str(dataset.x_train.dtype),
    }
    advice = [doubt] if (doubt := dataset.doubt_about_axes) else []
    if data.n_val < FEW_TO_VALIDATE:
        advice.append(
            "With so few validation samples chance decides between good networks; get more data, "
            "or raise val_fraction=."
        )
    return Finding("samples", seen, "warning" if advice else "ok", " ".join(advice), details)


def check_values(dataset: Dataset) -> Finding:
    """Report the range of raw values; warn of outliers far from all others of their feature."""
    low, high = _extremes(dataset)
    n_missing = _n_missing(dataset)
    missing = f"{n_missing:,} missing ones filled in" if n_missing else "none missing"
    seen = f"from {low.min():.4g} to {high.max():.4g}, {missing}"
    details: dict[str, Any] = {
        "min": float(low.min()),
        "max": float(high.max()),
        "n_missing": n_missing,
    }
    if dataset.is_image:
        return Finding("values", seen, details=details)
    blocks = _spread_rows(dataset, MOST_ROWS)
    quantiles = [np.quantile(rows, (0.01, 0.5, 0.99), axis=0) for rows in blocks]
    lower, middle, upper = np.concatenate(quantiles, axis=1)
    distance, width = np.maximum(high - middle, middle - low), upper - lower
    # Width 0: a feature that is nearly constant, where a rare value is no error.
    far = np.flatnonzero((distance > FAR_OUT * width) & (width > 0))
    details["far_out"] = far.tolist()
    if not len(far):
        return Finding("values", seen, details=details)
    worst = int(far[(distance[far] / width[far]).argmax()])
    advice = (
        f"{_listed(dataset, far)} {_have(far, 'a value', 'values')} far from all others (feature "
        f"{_name(dataset, worst)}: "
        f"98 % lie from {lower[worst]:.4g} to {upper[worst]:.4g}, others reach "
        f"{low[worst]:.4g} and {high[worst]:.4g}); if that stands for a missing value, fill it "
        "in, else clip it or take logarithms."
    )
    return Finding("values", seen, "warning", advice, details)


def check_constant_features(dataset: Dataset) -> Finding:
    """Report features that are constant in training; normal for pixels of images."""
    name = "constant features"
    low, high = _extremes(dataset)
    constant = np.flatnonzero(within_rounding(low, high, dataset.x_train.dtype))
    seen = f"{len(constant)} of {len(low)}"
    details = {"features": constant.tolist()}
    if dataset.is_image or not len(constant):
        return Finding(name, seen, details=details)
    several = len(constant) > 1
    advice = (
        f"{_listed(dataset, constant)} {_have(constant, 'one value', 'one value each')} in all "
        f"training samples and {'cost' if several else 'costs'} parameters for nothing; drop "
        f"{'them' if several else 'it'}."
    )
    return Finding(name, seen, "warning", advice, details)


def check_duplicate_features(dataset: Dataset, data: PreparedData) -> Finding:
    """Report features that duplicate another one, possibly in another unit."""
    what = "duplicate features"
    if dataset.is_image:
        return Finding(what, "not looked for in images")
    # Nothing can be dropped where two columns of a table are missing in the same rows.
    indicators = {*_indicators(dataset)}
    pairs = sorted(_copies(dataset, data.preprocessing))
    copies = [pair for pair in pairs if not indicators.intersection(pair)]
    details = {"pairs": [list(pair) for pair in copies]}
    seen = f"{len(copies)} of {dataset.input_shape[0]}"
    if not copies:
        return Finding(what, seen, details=details)
    name = partial(_name, dataset)
    named = listed([f"{name(copy)} (as {name(original)})" for copy, original in copies], NAMED)
    advice = f"Drop feature {named}: it says nothing that the other does not."
    return Finding(what, seen, "warning", advice, details)


def _copies(dataset: Dataset, how: Preprocessing) -> Iterator[tuple[int, int]]:
    """Yield each feature that duplicates an earlier one, with that one."""
    mean, divisor = np.array(how.x_mean), how.x_divisor
    alike: dict[bytes, list[int]] = {}
    start = 0
    for rows in _spread_rows(dataset, FEW_ROWS):
        stop = start + rows.shape[1]
        values = (rows - mean[start:stop]) / divisor[start:stop]
        for column in range(start, stop):
            if np.isfinite(divisor[column]):  # constant features are another check
                alike.setdefault(_key_of(values[:, column - start]), []).append(column)
        start = stop
    # Features that are equal in a few rows may differ in others.
    for group in alike.values():
        first: dict[bytes, int] = {}
        for column in group if len(group) > 1 else ():
            values = (dataset.x_train[:, column] - mean[column]) / divisor[column]
            give_back(dataset.x_train)
            original = first.setdefault(_key_of(values), column)
            if original != column:
                yield column, original


def _key_of(values: NDArray[np.float64]) -> bytes:
    # Rounded, so that copies in another unit are equal; adding 0.0 turns -0.0 into 0.0.
    rounded = np.round(values, 4).astype(np.float32) + 0.0
    return hashlib.blake2b(np.ascontiguousarray(rounded).data, digest_size=16).digest()


def _extremes(dataset: Dataset) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the lowest and highest raw training value of each feature, ``(features,)`` each."""
    low = high = dataset.x_train[0]
    for _, part in row_chunks(dataset.x_train):
        low, high = np.minimum(low, part.min(axis=0)), np.maximum(high, part.max(axis=0))
    return low.ravel(), high.ravel()


def _spread_rows(dataset: Dataset, most: int) -> Iterator[NDArray[np.float64]]:
    """Yield evenly spread training samples, a block of features at a time, ``(rows, block)``."""
    x = dataset.x_train
    step = -(-len(x) // most)
    width = max(1, BLOCK_VALUES // most)
    for start in range(0, x.shape[1], width):
        yield x[::step, start : start + width].astype(np.float64)
        give_back(x)


def _indicators(dataset: Dataset) -> list[int]:
    """Return the indices of the inputs that are 1 where a value of a table is missing."""
    return [] if dataset.table is None else dataset.table.indicators


def _n_missing(dataset: Dataset) -> int:
    return sum(int(dataset.x_train[:, index].sum()) for index in _indicators(dataset))


def _name(dataset: Dataset, feature: int) -> str:
    """Return the name of a feature, or its index if it has none."""
    names = dataset.feature_names
    return str(feature) if names is None else repr(names[feature])


def _listed(dataset: Dataset, features: NDArray[np.int64]) -> str:
    named = listed([_name(dataset, feature) for feature in features.tolist()], NAMED)
    return f"{'Features' if len(features) > 1 else 'Feature'} {named}"


def _have(features: NDArray[np.int64], one: str, many: str) -> str:
    return f"have {many}" if len(features) > 1 else f"has {one}"
