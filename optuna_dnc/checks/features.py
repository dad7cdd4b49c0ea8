"""Checks of the samples: how many, of what shape, and what their features are worth."""

from __future__ import annotations

import hashlib
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optuna_dnc.checks.report import Finding
from optuna_dnc.data import Dataset, PreparedData

FEW_TO_VALIDATE = 100
"""Validation samples below which an accuracy of 0.9 is known to no better than 0.03 (one standard
error, ``sqrt(0.9 * 0.1 / n)``), so that networks can hardly be told apart."""

FAR_OUT = 20
"""Distance from the median, over the width that 98 % of the values keep to, beyond which one value
outweighs all others of a batch; 20 widths of a normal distribution are 93 standard deviations."""

MOST_ROWS = 10_000
"""Samples, evenly spread, that quantiles are taken of."""

NAMED = 5
"""Features that a line names; the details have all."""


def check_samples(dataset: Dataset, data: PreparedData) -> Finding:
    """Numbers, shape and dtype; warns where validation has too few samples."""
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
            "or raise val_fraction (--val-fraction)."
        )
    return Finding("samples", seen, "warning" if advice else "ok", " ".join(advice), details)


def check_values(dataset: Dataset) -> Finding:
    """Range of the raw values; warns of single values far from all others of their feature."""
    x = _columns(dataset)
    low, high = x.min(axis=0), x.max(axis=0)
    seen = f"from {low.min():.4g} to {high.max():.4g}, none missing"
    details: dict[str, Any] = {"min": float(low.min()), "max": float(high.max()), "n_missing": 0}
    if dataset.is_image:
        return Finding("values", seen, details=details)
    rows = x[:: -(-len(x) // MOST_ROWS)].astype(np.float64)
    lower, middle, upper = np.quantile(rows, (0.01, 0.5, 0.99), axis=0)
    distance, width = np.maximum(high - middle, middle - low), upper - lower
    # Nearly always one value, width 0: what is rare there is no error.
    far = np.flatnonzero((distance > FAR_OUT * width) & (width > 0))
    details["far_out"] = far.tolist()
    if not len(far):
        return Finding("values", seen, details=details)
    worst = int(far[(distance[far] / width[far]).argmax()])
    advice = (
        f"{_listed(far)} {_have(far, 'a value', 'values')} far from all others (feature {worst}: "
        f"98 % lie from {lower[worst]:.4g} to {upper[worst]:.4g}, others reach "
        f"{low[worst]:.4g} and {high[worst]:.4g}); if that stands for a missing value, fill it "
        "in, else clip it or take logarithms."
    )
    return Finding("values", seen, "warning", advice, details)


def check_constant_features(dataset: Dataset) -> Finding:
    """Features with one value in all training samples. In images such pixels are normal."""
    name = "constant features"
    x = _columns(dataset)
    constant = np.flatnonzero(x.min(axis=0) == x.max(axis=0))
    seen = f"{len(constant)} of {x.shape[1]}"
    details = {"features": constant.tolist()}
    if dataset.is_image or not len(constant):
        return Finding(name, seen, details=details)
    several = len(constant) > 1
    advice = (
        f"{_listed(constant)} {_have(constant, 'one value', 'one value each')} in all training "
        f"samples and {'cost' if several else 'costs'} parameters for nothing; drop "
        f"{'them' if several else 'it'}."
    )
    return Finding(name, seen, "warning", advice, details)


def check_duplicate_features(dataset: Dataset, data: PreparedData) -> Finding:
    """Features that are another one again, perhaps in another unit."""
    name = "duplicate features"
    if dataset.is_image:
        return Finding(name, "not looked for in images")
    how = data.preprocessing
    x = dataset.x_train
    first: dict[bytes, int] = {}
    copies: list[tuple[int, int]] = []
    for column in range(x.shape[1]):
        values = (x[:, column] - how.x_mean[column]) / how.x_std[column]
        if not values.any():
            continue  # constant, which is another check
        key = _key_of(values)
        if first.setdefault(key, column) != column:
            copies.append((column, first[key]))
    details = {"pairs": [list(pair) for pair in copies]}
    seen = f"{len(copies)} of {x.shape[1]}"
    if not copies:
        return Finding(name, seen, details=details)
    named = ", ".join(f"{copy} (as {original})" for copy, original in copies[:NAMED])
    more = f" and {len(copies) - NAMED} more" if len(copies) > NAMED else ""
    advice = f"Drop feature {named}{more}: it says nothing that the other does not."
    return Finding(name, seen, "warning", advice, details)


def _key_of(values: NDArray[np.float64]) -> bytes:
    # Rounded, so that a copy in another unit is one; 0.0 takes the sign from -0.0.
    rounded = np.round(values, 4).astype(np.float32) + 0.0
    return hashlib.blake2b(np.ascontiguousarray(rounded).data, digest_size=16).digest()


def _columns(dataset: Dataset) -> NDArray[np.generic]:
    """The training samples as ``(n, features)``, raw; a view where possible."""
    x = dataset.x_train
    return x.reshape(len(x), math.prod(x.shape[1:]))


def _listed(features: NDArray[np.int64]) -> str:
    named = ", ".join(map(str, features[:NAMED]))
    more = f" and {len(features) - NAMED} more" if len(features) > NAMED else ""
    return f"{'Features' if len(features) > 1 else 'Feature'} {named}{more}"


def _have(features: NDArray[np.int64], one: str, many: str) -> str:
    return f"have {many}" if len(features) > 1 else f"has {one}"
